//! Authenticated encryption: AES-GCM and ChaCha20-Poly1305 by the library that does all else, the rarer ones by a file each
//! or by crates of their own.

mod draft_chacha;

use aes_gcm::AeadInOut;
use aes_gcm::AesGcm;
use aes_gcm::KeyInit;
use aes_gcm::aead::Nonce;
use aes_gcm::aead::consts::U8;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::consts::U16;
use aes_gcm::aes::Aes128;
use aes_gcm::aes::Aes256;
use aria::Aria128;
use aria::Aria256;
use aws_lc_rs::aead;
use camellia::Camellia128;
use camellia::Camellia256;
use ccm::Ccm;

use self::draft_chacha::DraftChaCha20Poly1305;

/// The AEAD of a cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aead {
    Aes128Ccm,
    /// With a tag of 64 bits.
    Aes128Ccm8,
    Aes128Gcm,
    Aes256Ccm,
    /// With a tag of 64 bits.
    Aes256Ccm8,
    Aes256Gcm,
    Aria128Gcm,
    Aria256Gcm,
    Camellia128Gcm,
    Camellia256Gcm,
    ChaCha20Poly1305,
    /// As it was before its RFC: the suites 0xCC13 to 0xCC15.
    ChaCha20Poly1305Draft,
}

/// What a nonce of TLS 1.2 is made of; those of TLS 1.3 are all masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NonceKind {
    /// Four secret bytes, and eight in each record
    /// (RFC 5288, section 3; RFC 6655, section 3).
    Explicit,
    /// Twelve secret bytes, masked with the record's number (RFC 7905, section 2).
    Masked,
    /// The record's number and nothing secret (draft-agl-tls-chacha20poly1305-04, section 5).
    Sequence,
}

impl Aead {
    pub(crate) fn key_len(self) -> usize {
        match self {
            Self::Aes128Ccm
            | Self::Aes128Ccm8
            | Self::Aes128Gcm
            | Self::Aria128Gcm
            | Self::Camellia128Gcm => 16,
            Self::Aes256Ccm
            | Self::Aes256Ccm8
            | Self::Aes256Gcm
            | Self::Aria256Gcm
            | Self::Camellia256Gcm
            | Self::ChaCha20Poly1305
            | Self::ChaCha20Poly1305Draft => 32,
        }
    }

    pub(crate) fn tag_len(self) -> usize {
        match self {
            Self::Aes128Ccm8 | Self::Aes256Ccm8 => 8,
            _ => MAX_TAG_LEN,
        }
    }

    pub(crate) fn nonce_kind(self) -> NonceKind {
        match self {
            Self::ChaCha20Poly1305 => NonceKind::Masked,
            Self::ChaCha20Poly1305Draft => NonceKind::Sequence,
            _ => NonceKind::Explicit,
        }
    }
}

/// The ciphertext or its tag is not what the key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadTag;

/// One key of one direction.
pub(crate) struct AeadKey {
    key: Key,
    tag_len: usize,
}

enum Key {
    /// What nearly all servers choose.
    Library(aead::LessSafeKey),
    Other(Box<dyn Detached>),
}

impl AeadKey {
    /// `key` has the length that `aead` asks for.
    pub(crate) fn new(aead: Aead, key: &[u8]) -> Self {
        let library = |algorithm| {
            let key = aead::UnboundKey::new(algorithm, key);
            Key::Library(aead::LessSafeKey::new(key.expect(KEY_LEN_INVARIANT)))
        };
        let tag_len = aead.tag_len();
        let key = match aead {
            Aead::Aes128Ccm => other::<Ccm<Aes128, U16, U12>>(key),
            Aead::Aes128Ccm8 => other::<Ccm<Aes128, U8, U12>>(key),
            Aead::Aes128Gcm => library(&aead::AES_128_GCM),
            Aead::Aes256Ccm => other::<Ccm<Aes256, U16, U12>>(key),
            Aead::Aes256Ccm8 => other::<Ccm<Aes256, U8, U12>>(key),
            Aead::Aes256Gcm => library(&aead::AES_256_GCM),
            Aead::Aria128Gcm => other::<AesGcm<Aria128, U12>>(key),
            Aead::Aria256Gcm => other::<AesGcm<Aria256, U12>>(key),
            Aead::Camellia128Gcm => other::<AesGcm<Camellia128, U12>>(key),
            Aead::Camellia256Gcm => other::<AesGcm<Camellia256, U12>>(key),
            Aead::ChaCha20Poly1305 => library(&aead::CHACHA20_POLY1305),
            Aead::ChaCha20Poly1305Draft => Key::Other(Box::new(DraftChaCha20Poly1305::new(key))),
        };
        Self { key, tag_len }
    }

    pub(crate) fn tag_len(&self) -> usize {
        self.tag_len
    }

    /// Encrypts `buffer` from `start` on and appends the tag.
    pub(crate) fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        additional: &[u8],
        buffer: &mut Vec<u8>,
        start: usize,
    ) {
        let plaintext = buffer.get_mut(start..).expect("start is within the buffer");
        match &self.key {
            Key::Library(key) => {
                let nonce = aead::Nonce::assume_unique_for_key(nonce);
                let tag = key
                    .seal_in_place_separate_tag(nonce, aead::Aad::from(additional), plaintext)
                    .expect("records are far shorter than an AEAD's limit");
                buffer.extend_from_slice(tag.as_ref());
            }
            Key::Other(key) => {
                let tag = key.seal(&nonce, additional, plaintext);
                buffer.extend_from_slice(&tag);
            }
        }
    }

    /// Decrypts in place; the plaintext is the front of `ciphertext`.
    pub(crate) fn open<'a>(
        &self,
        nonce: [u8; NONCE_LEN],
        additional: &[u8],
        ciphertext: &'a mut [u8],
    ) -> Result<&'a mut [u8], BadTag> {
        match &self.key {
            Key::Library(key) => {
                let nonce = aead::Nonce::assume_unique_for_key(nonce);
                key.open_in_place(nonce, aead::Aad::from(additional), ciphertext)
                    .map_err(|_| BadTag)
            }
            Key::Other(key) => {
                let length = ciphertext.len().checked_sub(self.tag_len).ok_or(BadTag)?;
                let (text, tag) = ciphertext.split_at_mut(length);
                key.open(&nonce, additional, text, tag)?;
                Ok(text)
            }
        }
    }
}

fn other<A: Detached + KeyInit + 'static>(key: &[u8]) -> Key {
    Key::Other(Box::new(A::new_from_slice(key).expect(KEY_LEN_INVARIANT)))
}

/// Encryption in place, with the tag apart.
trait Detached: Send + Sync {
    fn seal(&self, nonce: &[u8; NONCE_LEN], additional: &[u8], text: &mut [u8]) -> Vec<u8>;

    fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        additional: &[u8],
        text: &mut [u8],
        tag: &[u8],
    ) -> Result<(), BadTag>;
}

impl<A: AeadInOut<NonceSize = U12> + Send + Sync> Detached for A {
    fn seal(&self, nonce: &[u8; NONCE_LEN], additional: &[u8], text: &mut [u8]) -> Vec<u8> {
        self.encrypt_inout_detached(&Nonce::<A>::from(*nonce), additional, text.into())
            .expect("records are far shorter than an AEAD's limit")
            .to_vec()
    }

    fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        additional: &[u8],
        text: &mut [u8],
        tag: &[u8],
    ) -> Result<(), BadTag> {
        let tag = tag.try_into().map_err(|_| BadTag)?;
        self.decrypt_inout_detached(&Nonce::<A>::from(*nonce), additional, text.into(), tag)
            .map_err(|_| BadTag)
    }
}

/// The nonce of record `sequence` where it is masked with the IV
/// (RFC 9846, Per-Record Nonce; RFC 7905, section 2).
pub(crate) fn masked_nonce(iv: &[u8; NONCE_LEN], sequence: u64) -> [u8; NONCE_LEN] {
    let mut nonce = *iv;
    for (byte, mask) in nonce.iter_mut().skip(4).zip(sequence.to_be_bytes()) {
        *byte ^= mask;
    }
    nonce
}

const KEY_LEN_INVARIANT: &str = "keys are cut to the length the AEAD asks for";
/// Bytes of the longest tags.
const MAX_TAG_LEN: usize = 16;
/// All AEADs of TLS have nonces of 96 bits, but for the draft's, which is 64 of them after zeros.
pub(crate) const NONCE_LEN: usize = 12;

#[cfg(test)]
mod tests {
    use openssl::cipher::Cipher;
    use openssl::cipher_ctx::CipherCtx;

    use super::*;
    use crate::crypto::random::Random;
    use crate::testing::hex;

    #[test]
    fn known_answers() {
        let sunscreen: &[u8] =
            b"Ladies and Gentlemen of the class of '99: If I could offer you only one \
            tip for the future, sunscreen would be it.";
        let cases = [
            // McGrew and Viega, “The Galois/Counter Mode of Operation”, test case 4.
            (
                Aead::Aes128Gcm,
                hex("feffe9928665731c6d6a8f9467308308"),
                hex("cafebabefacedbaddecaf888"),
                hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
                hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                     1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"),
                hex("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e\
                     21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091\
                     5bc94fbc3221a5db94fae95ae7121a47"),
            ),
            // The same, test case 16.
            (
                Aead::Aes256Gcm,
                hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
                hex("cafebabefacedbaddecaf888"),
                hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
                hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                     1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"),
                hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                     8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
                     76fc6ece0f4e1768cddf8853bb2d551b"),
            ),
            // NIST SP 800-38C, example 3.
            (
                Aead::Aes128Ccm8,
                hex("404142434445464748494a4b4c4d4e4f"),
                hex("101112131415161718191a1b"),
                hex("000102030405060708090a0b0c0d0e0f10111213"),
                hex("202122232425262728292a2b2c2d2e2f3031323334353637"),
                hex("e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951"),
            ),
            // GCM-Camellia of its authors, test cases 4 and 16, by way of nettle's gcm-test.c.
            (
                Aead::Camellia128Gcm,
                hex("feffe9928665731c6d6a8f9467308308"),
                hex("cafebabefacedbaddecaf888"),
                hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
                hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                     1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"),
                hex("d0d94a13b632f337a0cc9955b94fa020c815f903aab12f1efaf2fe9d90f729a6\
                     cccbfa986ef2ff2c33de418d9a2529091cf18fe652c1cfde13f82606\
                     9f458869431576ea6a095456ec6b8101"),
            ),
            (
                Aead::Camellia256Gcm,
                hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
                hex("cafebabefacedbaddecaf888"),
                hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
                hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                     1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"),
                hex("ad142c11579dd95e41f3c1f324dabc255864d920f1b65759d8f560d4948d4477\
                     58dfdcf77aa9f62581c7ff572a037f810cb1a9c4b3ca6ed638179b77\
                     4e4b178d8fe26fdc95e2e7246dd94bec"),
            ),
            // draft-agl-tls-chacha20poly1305-04, section 7.
            (
                Aead::ChaCha20Poly1305Draft,
                hex("4290bcb154173531f314af57f3be3b5006da371ece272afa1b5dbdd1100a1007"),
                hex("00000000cd7cf67be39c794a"),
                hex("87e229d4500845a079c0"),
                hex("86d09974840bded2a5ca"),
                hex("e3e446f7ede9a19b62a4677dabf4e3d24b876bb284753896e1d6"),
            ),
            // RFC 8439 §2.8.2.
            (
                Aead::ChaCha20Poly1305,
                hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
                hex("070000004041424344454647"),
                hex("50515253c0c1c2c3c4c5c6c7"),
                sunscreen.to_vec(),
                hex("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6\
                     3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36\
                     92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc\
                     3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd060\
                     0691"),
            ),
        ];
        for (aead, key, nonce, additional, plaintext, expected) in cases {
            let key = AeadKey::new(aead, &key);
            let nonce: [u8; NONCE_LEN] = nonce.try_into().expect("96 bits");
            let mut buffer = plaintext.clone();
            key.seal(nonce, &additional, &mut buffer, 0);
            assert_eq!(buffer, expected, "{aead:?}");
            assert_eq!(key.open(nonce, &additional, &mut buffer).as_deref(), Ok(&plaintext[..]));
            let mut tampered = expected;
            tampered[0] ^= 1;
            assert_eq!(key.open(nonce, &additional, &mut tampered), Err(BadTag));
        }
    }

    #[test]
    fn ccm_and_aria_agree_with_another_library() {
        let cases = [
            (Aead::Aes128Ccm, "aes-128-ccm"),
            (Aead::Aes128Ccm8, "aes-128-ccm"),
            (Aead::Aes256Ccm, "aes-256-ccm"),
            (Aead::Aes256Ccm8, "aes-256-ccm"),
            (Aead::Aria128Gcm, "aria-128-gcm"),
            (Aead::Aria256Gcm, "aria-256-gcm"),
        ];
        let mut random = Random::seeded(13);
        for (aead, name) in cases {
            let theirs = Cipher::fetch(None, name, None).expect("built in");
            for length in [0, 1, 15, 16, 17, 255, 16_384] {
                let mut key = vec![0; aead.key_len()];
                random.fill(&mut key);
                let (nonce, additional): ([u8; NONCE_LEN], [u8; 13]) =
                    (random.array(), random.array());
                let mut plaintext = vec![0; length];
                random.fill(&mut plaintext);
                let mut context = CipherCtx::new().expect("a context");
                context.encrypt_init(Some(&theirs), None, None).expect("begins");
                if name.ends_with("ccm") {
                    context.set_tag_length(aead.tag_len()).expect("set");
                }
                context.set_iv_length(NONCE_LEN).expect("set");
                context.encrypt_init(None, Some(&key), Some(&nonce)).expect("begins");
                if name.ends_with("ccm") {
                    context.set_data_len(length).expect("set");
                }
                context.cipher_update(&additional, None).expect("takes it");
                let mut expected = Vec::new();
                context.cipher_update_vec(&plaintext, &mut expected).expect("encrypts");
                context.cipher_final_vec(&mut expected).expect("ends");
                let mut tag = vec![0; aead.tag_len()];
                context.tag(&mut tag).expect("a tag");
                let mut sealed = b"before".to_vec();
                sealed.extend_from_slice(&plaintext);
                let key = AeadKey::new(aead, &key);
                key.seal(nonce, &additional, &mut sealed, 6);
                assert_eq!(sealed[6..], [expected, tag].concat(), "{name} {length}");
                let opened = key.open(nonce, &additional, &mut sealed[6..]);
                assert_eq!(opened.as_deref(), Ok(&plaintext[..]), "{name} {length}");
                let short = key.open(nonce, &additional, &mut sealed[..aead.tag_len() - 1]);
                assert_eq!(short, Err(BadTag));
            }
        }
    }
}
