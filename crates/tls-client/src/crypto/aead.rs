//! Authenticated encryption: AES-GCM and ChaCha20-Poly1305.

use aws_lc_rs::aead;

/// The AEAD of a cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aead {
    Aes128Gcm,
    Aes256Gcm,
    ChaCha20Poly1305,
}

impl Aead {
    pub(crate) fn key_len(self) -> usize {
        self.algorithm().key_len()
    }

    fn algorithm(self) -> &'static aead::Algorithm {
        match self {
            Self::Aes128Gcm => &aead::AES_128_GCM,
            Self::Aes256Gcm => &aead::AES_256_GCM,
            Self::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
        }
    }
}

/// The ciphertext or its tag is not what the key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadTag;

/// One key of one direction.
pub(crate) struct AeadKey(aead::LessSafeKey);

impl AeadKey {
    /// `key` has the length that `aead` asks for.
    pub(crate) fn new(aead: Aead, key: &[u8]) -> Self {
        let key = aead::UnboundKey::new(aead.algorithm(), key)
            .expect("keys are cut to the length the AEAD asks for");
        Self(aead::LessSafeKey::new(key))
    }

    /// Encrypts `buffer` from `start` on and appends the tag.
    pub(crate) fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        additional: &[u8],
        buffer: &mut Vec<u8>,
        start: usize,
    ) {
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        let plaintext = buffer.get_mut(start..).expect("start is within the buffer");
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, aead::Aad::from(additional), plaintext)
            .expect("records are far shorter than an AEAD's limit");
        buffer.extend_from_slice(tag.as_ref());
    }

    /// Decrypts in place; the plaintext is the front of `ciphertext`.
    pub(crate) fn open<'a>(
        &self,
        nonce: [u8; NONCE_LEN],
        additional: &[u8],
        ciphertext: &'a mut [u8],
    ) -> Result<&'a mut [u8], BadTag> {
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        self.0.open_in_place(nonce, aead::Aad::from(additional), ciphertext).map_err(|_| BadTag)
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

/// All AEADs of TLS have nonces of 96 bits.
pub(crate) const NONCE_LEN: usize = 12;
/// All AEADs here have tags of 128 bits.
pub(crate) const TAG_LEN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
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
}
