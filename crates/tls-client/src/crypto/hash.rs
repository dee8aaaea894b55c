//! Hashes, HMAC keys and the running hash of a handshake.

use aws_lc_rs::digest;
use aws_lc_rs::hmac;

/// The hash of a cipher suite: of its PRF or HKDF and of its transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
}

impl Hash {
    pub(crate) fn output_len(self) -> usize {
        self.digest_algorithm().output_len()
    }

    pub(crate) fn hmac_algorithm(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
        }
    }

    /// The hash of `data`.
    pub(crate) fn of(self, data: &[u8]) -> digest::Digest {
        digest::digest(self.digest_algorithm(), data)
    }

    fn digest_algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
        }
    }
}

/// The handshake so far while the hash is not yet known: the ClientHello, verbatim.
#[derive(Debug)]
pub(crate) struct TranscriptBuffer(Vec<u8>);

impl TranscriptBuffer {
    /// A transcript that begins with `message`, header included.
    pub(crate) fn new(message: Vec<u8>) -> Self {
        Self(message)
    }

    /// Once the suite is known.
    pub(crate) fn start(&self, hash: Hash) -> Transcript {
        let mut transcript = Transcript::new(hash);
        transcript.add(&self.0);
        transcript
    }

    /// Once a HelloRetryRequest is read: the first ClientHello counts by its hash only
    /// (RFC 9846, The Transcript Hash).
    pub(crate) fn start_after_retry(&self, hash: Hash) -> Transcript {
        let first_hello = hash.of(&self.0);
        let length = u8::try_from(hash.output_len()).expect("a hash is shorter than 256 bytes");
        let mut transcript = Transcript::new(hash);
        transcript.add(&[MESSAGE_HASH, 0, 0, length]);
        transcript.add(first_hello.as_ref());
        transcript
    }
}

/// The running hash over all handshake messages of both sides, headers included.
#[derive(Clone)]
pub(crate) struct Transcript {
    context: digest::Context,
}

impl Transcript {
    fn new(hash: Hash) -> Self {
        Self { context: digest::Context::new(hash.digest_algorithm()) }
    }

    pub(crate) fn add(&mut self, message: &[u8]) {
        self.context.update(message);
    }

    /// The hash of everything added so far.
    pub(crate) fn current(&self) -> digest::Digest {
        self.context.clone().finish()
    }
}

/// The synthetic handshake type that stands for the first ClientHello.
const MESSAGE_HASH: u8 = 254;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_is_the_hash_of_the_concatenation() {
        for hash in [Hash::Sha256, Hash::Sha384] {
            let mut transcript = TranscriptBuffer::new(b"one".to_vec()).start(hash);
            transcript.add(b"two");
            assert_eq!(transcript.current().as_ref(), hash.of(b"onetwo").as_ref());
            transcript.add(b"three");
            assert_eq!(transcript.current().as_ref(), hash.of(b"onetwothree").as_ref());
        }
    }

    #[test]
    fn after_a_retry_the_first_hello_is_a_synthetic_message() {
        let hash = Hash::Sha256;
        let transcript = TranscriptBuffer::new(b"hello".to_vec()).start_after_retry(hash);
        let synthetic = [&[0xfe, 0, 0, 32], hash.of(b"hello").as_ref()].concat();
        assert_eq!(transcript.current().as_ref(), hash.of(&synthetic).as_ref());
    }
}
