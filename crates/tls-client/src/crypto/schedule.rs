//! The key schedule of TLS 1.3 as types: each stage can derive only the secrets that exist at it
//! (RFC 9846, section 7.1).
//!
//! ```text
//! KeySchedule<Early> ─ shared secret ─► KeySchedule<Handshake> ─► KeySchedule<Master>
//!                                         │ client, server           │ client, server
//!                                         ▼                          ▼
//!                                     TrafficSecret<Handshake>    TrafficSecret<Application>
//!                                     (keys, Finished)            (keys, update)
//! ```

use std::marker::PhantomData;
use std::sync::LazyLock;

use aws_lc_rs::hmac;

use crate::crypto::hash::Hash;

/// Before any shared secret.
pub(crate) enum Early {}
/// The secrets of the handshake itself.
pub(crate) enum Handshake {}
/// After the handshake.
pub(crate) enum Master {}
/// Traffic after the handshake.
pub(crate) enum Application {}

/// One stage of the schedule.
pub(crate) struct KeySchedule<Stage> {
    hash: Hash,
    secret: hmac::Key,
    stage: PhantomData<Stage>,
}

impl KeySchedule<Early> {
    /// A schedule without a pre-shared key.
    fn new(hash: Hash) -> Self {
        let zeros = &ZEROS[..hash.output_len()];
        Self::extract(hash, &hmac_key(hash, zeros), zeros)
    }

    /// A schedule that begins with the key of an earlier connection.
    pub(crate) fn with_key(hash: Hash, key: &[u8]) -> Self {
        Self::extract(hash, &hmac_key(hash, &ZEROS[..hash.output_len()]), key)
    }

    /// The proof that we have that key; `transcript` is the hash up to the proofs.
    pub(crate) fn binder(&self, transcript: &[u8]) -> hmac::Tag {
        let secret = self.traffic_secret::<Handshake>(b"res binder", self.hash.of_nothing());
        secret.verify_data(transcript)
    }

    pub(crate) fn into_handshake(self, shared_secret: &[u8]) -> KeySchedule<Handshake> {
        KeySchedule::extract(self.hash, &self.next_salt(), shared_secret)
    }
}

impl KeySchedule<Handshake> {
    /// The stage after [`KeySchedule::new`], where everything before the shared secret is the same for all connections.
    pub(crate) fn without_key(hash: Hash, shared_secret: &[u8]) -> Self {
        static SHA256: LazyLock<hmac::Key> =
            LazyLock::new(|| KeySchedule::<Early>::new(Hash::Sha256).next_salt());
        static SHA384: LazyLock<hmac::Key> =
            LazyLock::new(|| KeySchedule::<Early>::new(Hash::Sha384).next_salt());
        let salt = match hash {
            Hash::Sha256 => &SHA256,
            Hash::Sha384 => &SHA384,
        };
        Self::extract(hash, salt, shared_secret)
    }

    /// Both sides' handshake traffic secrets; `transcript` is the hash through ServerHello.
    pub(crate) fn traffic(&self, transcript: &[u8]) -> BothSides<Handshake> {
        BothSides {
            client: self.traffic_secret(b"c hs traffic", transcript),
            server: self.traffic_secret(b"s hs traffic", transcript),
        }
    }

    pub(crate) fn into_master(self) -> KeySchedule<Master> {
        KeySchedule::extract(self.hash, &self.next_salt(), &ZEROS[..self.hash.output_len()])
    }
}

impl KeySchedule<Master> {
    /// Both sides' application traffic secrets; `transcript` is the hash through the server's Finished.
    pub(crate) fn traffic(&self, transcript: &[u8]) -> BothSides<Application> {
        BothSides {
            client: self.traffic_secret(b"c ap traffic", transcript),
            server: self.traffic_secret(b"s ap traffic", transcript),
        }
    }
}

impl KeySchedule<Master> {
    /// What tickets of the server are good for; `transcript` is the hash through our Finished.
    pub(crate) fn resumption(&self, transcript: &[u8]) -> ResumptionSecret {
        let secret = expand_label(&self.secret, b"res master", transcript, self.hash.output_len());
        let secret = hmac_key(self.hash, secret.as_ref());
        ResumptionSecret { hash: self.hash, secret }
    }
}

/// Where the keys of later connections come from.
pub(crate) struct ResumptionSecret {
    hash: Hash,
    secret: hmac::Key,
}

impl ResumptionSecret {
    /// The key of the ticket with this nonce; `None` for a nonce longer than any server's.
    pub(crate) fn key(&self, nonce: &[u8]) -> Option<hmac::Tag> {
        let key = || expand_label(&self.secret, b"resumption", nonce, self.hash.output_len());
        (nonce.len() <= MAX_NONCE_LEN).then(key)
    }

    pub(crate) fn hash(&self) -> Hash {
        self.hash
    }
}

impl<Stage> KeySchedule<Stage> {
    fn extract(hash: Hash, salt: &hmac::Key, input: &[u8]) -> Self {
        let secret = hmac::sign(salt, input);
        Self { hash, secret: hmac_key(hash, secret.as_ref()), stage: PhantomData }
    }

    /// “derived”: the salt of the next stage.
    fn next_salt(&self) -> hmac::Key {
        let nothing = self.hash.of_nothing();
        let salt = expand_label(&self.secret, b"derived", nothing, self.hash.output_len());
        hmac_key(self.hash, salt.as_ref())
    }

    fn traffic_secret<Traffic>(&self, label: &[u8], transcript: &[u8]) -> TrafficSecret<Traffic> {
        let secret = expand_label(&self.secret, label, transcript, self.hash.output_len());
        TrafficSecret::new(self.hash, secret.as_ref())
    }
}

/// The same secret of both sides.
pub(crate) struct BothSides<Traffic> {
    pub(crate) client: TrafficSecret<Traffic>,
    pub(crate) server: TrafficSecret<Traffic>,
}

/// What protects one direction of traffic.
pub(crate) struct TrafficSecret<Traffic> {
    hash: Hash,
    secret: hmac::Key,
    traffic: PhantomData<Traffic>,
}

impl<Traffic> TrafficSecret<Traffic> {
    fn new(hash: Hash, secret: &[u8]) -> Self {
        Self { hash, secret: hmac_key(hash, secret), traffic: PhantomData }
    }

    /// The first `length` bytes of the write key.
    pub(crate) fn key(&self, length: usize) -> TrafficKey {
        let tag = expand_label(&self.secret, b"key", b"", length);
        TrafficKey { tag, length }
    }

    pub(crate) fn iv(&self) -> [u8; IV_LEN] {
        let tag = expand_label(&self.secret, b"iv", b"", IV_LEN);
        let mut iv = [0; IV_LEN];
        iv.copy_from_slice(&tag.as_ref()[..IV_LEN]);
        iv
    }

    /// The IV of a suite without encryption, as long as the hash (RFC 9150, section 6).
    pub(crate) fn long_iv(&self) -> hmac::Tag {
        expand_label(&self.secret, b"iv", b"", self.hash.output_len())
    }
}

impl TrafficSecret<Handshake> {
    /// The verify_data of this side's Finished over `transcript`.
    pub(crate) fn verify_data(&self, transcript: &[u8]) -> hmac::Tag {
        let finished_key = expand_label(&self.secret, b"finished", b"", self.hash.output_len());
        let key = hmac_key(self.hash, finished_key.as_ref());
        hmac::sign(&key, transcript)
    }
}

impl TrafficSecret<Application> {
    /// The secret after a KeyUpdate.
    pub(crate) fn updated(&self) -> Self {
        let secret = expand_label(&self.secret, b"traffic upd", b"", self.hash.output_len());
        Self::new(self.hash, secret.as_ref())
    }
}

/// Key bytes of an AEAD.
pub(crate) struct TrafficKey {
    tag: hmac::Tag,
    length: usize,
}

impl AsRef<[u8]> for TrafficKey {
    fn as_ref(&self) -> &[u8] {
        &self.tag.as_ref()[..self.length]
    }
}

fn hmac_key(hash: Hash, key: &[u8]) -> hmac::Key {
    hmac::Key::new(hash.hmac_algorithm(), key)
}

/// HKDF-Expand-Label. Nothing in TLS asks for more than one hash of output, so one HMAC block is all of it;
/// the caller takes the first `length` bytes.
fn expand_label(secret: &hmac::Key, label: &[u8], context: &[u8], length: usize) -> hmac::Tag {
    let [high, low] = u16::try_from(length).expect("lengths of keys are small").to_be_bytes();
    let full_label_len = u8::try_from(LABEL_PREFIX.len() + label.len()).expect("labels are short");
    let context_len = u8::try_from(context.len()).expect("a context is a hash or empty");
    let mut info = [0; MAX_INFO_LEN];
    let mut end = 0;
    for part in
        [&[high, low, full_label_len], LABEL_PREFIX, label, &[context_len], context, &[FIRST_BLOCK]]
    {
        info[end..end + part.len()].copy_from_slice(part);
        end += part.len();
    }
    hmac::sign(secret, &info[..end])
}

const LABEL_PREFIX: &[u8] = b"tls13 ";
const FIRST_BLOCK: u8 = 1;
/// Longest label ("tls13 " and 12 letters) and context (a SHA-384) with their lengths and the block counter.
const MAX_INFO_LEN: usize = 128;
const IV_LEN: usize = 12;
/// Of a ticket: as long as a hash. Servers count with one byte or eight.
const MAX_NONCE_LEN: usize = 48;
const ZEROS: [u8; 48] = [0; 48];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    /// RFC 8448 §3, “Simple 1-RTT Handshake”.
    #[test]
    fn the_schedule_gives_the_keys_of_rfc_8448() {
        let shared = hex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d");
        let through_server_hello =
            hex("860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8");
        let through_server_finished =
            hex("9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13");

        let schedule = KeySchedule::without_key(Hash::Sha256, &shared);
        let handshake = schedule.traffic(&through_server_hello);
        assert_eq!(handshake.server.key(16).as_ref(), hex("3fce516009c21727d0f2e4e86ee403bc"));
        assert_eq!(handshake.server.iv().as_slice(), hex("5d313eb2671276ee13000b30"));
        assert_eq!(handshake.client.key(16).as_ref(), hex("dbfaa693d1762c5b666af5d950258d01"));
        assert_eq!(handshake.client.iv().as_slice(), hex("5bd3c71b836e0b76bb73265f"));
        assert_eq!(
            handshake.client.verify_data(&through_server_finished).as_ref(),
            hex("a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61")
        );

        let application = schedule.into_master().traffic(&through_server_finished);
        assert_eq!(application.client.key(16).as_ref(), hex("17422dda596ed5d9acd890e3c63f5051"));
        assert_eq!(application.client.iv().as_slice(), hex("5b78923dee08579033e523d9"));
        assert_eq!(application.server.key(16).as_ref(), hex("9f02283b6c9c07efc26bb9f2ac92e356"));
        assert_eq!(application.server.iv().as_slice(), hex("cf782b88dd83549aadf1e984"));
    }

    /// RFC 8448 §4, “Resumed 0-RTT Handshake”.
    #[test]
    fn the_binder_of_rfc_8448() {
        let secret = hex("7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c");
        let hash = Hash::Sha256;
        let secret = hmac_key(hash, &secret);
        let key = ResumptionSecret { hash, secret }.key(&[0, 0]).expect("short");
        let expected = hex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3");
        assert_eq!(key.as_ref(), expected);
        let transcript = hex("63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14");
        let expected = hex("3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d");
        let early = KeySchedule::<Early>::with_key(hash, key.as_ref());
        assert_eq!(early.binder(&transcript).as_ref(), expected);
    }
}
