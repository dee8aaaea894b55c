//! Hashes, HMAC keys and the running hash of a handshake.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use md5::Digest;
use md5::Md5;

use crate::crypto::mac::SSL3_PAD_1;
use crate::crypto::mac::SSL3_PAD_2;
use crate::crypto::mac::ssl3_pad;

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

    /// The hash of the empty string.
    pub(crate) fn of_nothing(self) -> &'static [u8] {
        static SHA256: LazyLock<digest::Digest> = LazyLock::new(|| Hash::Sha256.of(b""));
        static SHA384: LazyLock<digest::Digest> = LazyLock::new(|| Hash::Sha384.of(b""));
        match self {
            Self::Sha256 => SHA256.as_ref(),
            Self::Sha384 => SHA384.as_ref(),
        }
    }

    fn digest_algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
        }
    }
}

/// The hashes that the versions before TLS 1.2 are made of, whatever the suite says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OldHash {
    Md5,
    Sha1,
}

impl OldHash {
    /// The hash of the concatenation of `parts`.
    pub(crate) fn of(self, parts: &[&[u8]]) -> HashOutput {
        match self {
            Self::Md5 => {
                let mut context = Md5::new();
                parts.iter().for_each(|part| context.update(part));
                HashOutput::new(&[&context.finalize()])
            }
            Self::Sha1 => {
                let mut context = digest::Context::new(SHA1);
                parts.iter().for_each(|part| context.update(part));
                HashOutput::new(&[context.finish().as_ref()])
            }
        }
    }
}

/// A hash or a MAC, without a place on the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HashOutput {
    bytes: [u8; MAX_HASH_LEN],
    len: usize,
}

impl HashOutput {
    /// The concatenation of `parts`, which are the outputs of one hash or two.
    pub(crate) fn new(parts: &[&[u8]]) -> Self {
        let mut output = Self { bytes: [0; MAX_HASH_LEN], len: 0 };
        for part in parts {
            let end = output.len + part.len();
            let place = output.bytes.get_mut(output.len..end);
            place.expect("no hash is longer").copy_from_slice(part);
            output.len = end;
        }
        output
    }
}

impl AsRef<[u8]> for HashOutput {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
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

    /// Once suite and version are known, for the versions before TLS 1.3. Without a hash: MD5 and SHA-1.
    pub(crate) fn start_legacy(&self, hash: Option<Hash>) -> LegacyTranscript {
        let mut transcript = match hash {
            Some(hash) => LegacyTranscript::One(Transcript::new(hash)),
            None => LegacyTranscript::Md5Sha1(Md5Sha1::new()),
        };
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

/// The running hash of the versions before TLS 1.3.
#[derive(Clone)]
pub(crate) enum LegacyTranscript {
    /// TLS 1.2: that of the suite.
    One(Transcript),
    /// Before it.
    Md5Sha1(Md5Sha1),
}

impl LegacyTranscript {
    pub(crate) fn add(&mut self, message: &[u8]) {
        match self {
            Self::One(transcript) => transcript.add(message),
            Self::Md5Sha1(both) => both.add(message),
        }
    }

    /// The hash of everything added so far.
    pub(crate) fn current(&self) -> HashOutput {
        match self {
            Self::One(transcript) => HashOutput::new(&[transcript.current().as_ref()]),
            Self::Md5Sha1(both) => both.current(),
        }
    }
}

/// MD5 and SHA-1 side by side.
#[derive(Clone)]
pub(crate) struct Md5Sha1 {
    md5: Md5,
    sha1: digest::Context,
}

impl Md5Sha1 {
    fn new() -> Self {
        Self { md5: Md5::new(), sha1: digest::Context::new(SHA1) }
    }

    fn add(&mut self, message: &[u8]) {
        self.md5.update(message);
        self.sha1.update(message);
    }

    fn current(&self) -> HashOutput {
        let (md5, sha1) = (self.md5.clone().finalize(), self.sha1.clone().finish());
        HashOutput::new(&[&md5, sha1.as_ref()])
    }

    /// Both hashes with the sender and the master secret in them (RFC 6101, section 5.6.9).
    pub(crate) fn ssl3_finished(&self, sender: &[u8; 4], master_secret: &[u8]) -> HashOutput {
        let mut inner = self.clone();
        inner.add(sender);
        inner.add(master_secret);
        inner.md5.update(ssl3_pad(OldHash::Md5, SSL3_PAD_1));
        inner.sha1.update(ssl3_pad(OldHash::Sha1, SSL3_PAD_1));
        let (md5, sha1) = (inner.md5.finalize(), inner.sha1.finish());
        let outer = |hash: OldHash, inner: &[u8]| {
            hash.of(&[master_secret, ssl3_pad(hash, SSL3_PAD_2), inner])
        };
        let (md5, sha1) = (outer(OldHash::Md5, &md5), outer(OldHash::Sha1, sha1.as_ref()));
        HashOutput::new(&[md5.as_ref(), sha1.as_ref()])
    }
}

/// The longest here is that of SHA-384.
const MAX_HASH_LEN: usize = 48;
/// The synthetic handshake type that stands for the first ClientHello.
const MESSAGE_HASH: u8 = 254;
const SHA1: &digest::Algorithm = &digest::SHA1_FOR_LEGACY_USE_ONLY;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

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

    /// RFC 1321, appendix A.5; FIPS 180-1, appendix A.
    #[test]
    fn before_tls12_a_transcript_has_two_hashes() {
        let mut transcript = TranscriptBuffer::new(b"a".to_vec()).start_legacy(None);
        transcript.add(b"bc");
        let md5 = hex("900150983cd24fb0d6963f7d28e17f72");
        let sha1 = hex("a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(transcript.current().as_ref(), [md5.clone(), sha1.clone()].concat());
        assert_eq!(OldHash::Md5.of(&[b"ab", b"", b"c"]).as_ref(), md5);
        assert_eq!(OldHash::Sha1.of(&[b"ab", b"", b"c"]).as_ref(), sha1);
        let since = TranscriptBuffer::new(b"abc".to_vec()).start_legacy(Some(Hash::Sha256));
        assert_eq!(since.current().as_ref(), Hash::Sha256.of(b"abc").as_ref());
    }

    #[test]
    fn after_a_retry_the_first_hello_is_a_synthetic_message() {
        let hash = Hash::Sha256;
        let transcript = TranscriptBuffer::new(b"hello".to_vec()).start_after_retry(hash);
        let synthetic = [&[0xfe, 0, 0, 32], hash.of(b"hello").as_ref()].concat();
        assert_eq!(transcript.current().as_ref(), hash.of(&synthetic).as_ref());
    }
}
