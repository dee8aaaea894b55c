//! AES in CBC mode and the HMACs that go with it. Not in constant time: this client protects nobody's secrets.

use aws_lc_rs::cipher;
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;

/// The block cipher of a CBC suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockCipher {
    Aes128,
    Aes256,
}

impl BlockCipher {
    pub(crate) fn key_len(self) -> usize {
        match self {
            Self::Aes128 => cipher::AES_128_KEY_LEN,
            Self::Aes256 => cipher::AES_256_KEY_LEN,
        }
    }

    fn key(self, key: &[u8]) -> cipher::UnboundCipherKey {
        let algorithm = match self {
            Self::Aes128 => &cipher::AES_128,
            Self::Aes256 => &cipher::AES_256,
        };
        cipher::UnboundCipherKey::new(algorithm, key)
            .expect("keys are cut to the length the cipher asks for")
    }
}

/// The HMAC of a CBC suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mac {
    Sha1,
    Sha256,
    Sha384,
}

impl Mac {
    pub(crate) fn len(self) -> usize {
        self.algorithm().tag_len()
    }

    pub(crate) fn key(self, key: &[u8]) -> hmac::Key {
        hmac::Key::new(self.algorithm(), key)
    }

    fn algorithm(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
        }
    }
}

/// HMAC over the concatenation of `parts`.
pub(crate) fn mac(key: &hmac::Key, parts: [&[u8]; 2]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    context.sign()
}

/// The encrypting half.
pub(crate) struct CbcEncryptor(cipher::EncryptingKey);

impl CbcEncryptor {
    pub(crate) fn new(cipher: BlockCipher, key: &[u8]) -> Self {
        Self(cipher::EncryptingKey::cbc(cipher.key(key)).expect("AES has a CBC mode"))
    }

    /// `blocks` is a whole number of blocks.
    pub(crate) fn encrypt(&self, iv: [u8; BLOCK_LEN], blocks: &mut [u8]) {
        let context = cipher::EncryptionContext::Iv128(FixedLength::from(iv));
        self.0.less_safe_encrypt(blocks, context).expect("the caller pads to whole blocks");
    }
}

/// The decrypting half.
pub(crate) struct CbcDecryptor(cipher::DecryptingKey);

impl CbcDecryptor {
    pub(crate) fn new(cipher: BlockCipher, key: &[u8]) -> Self {
        Self(cipher::DecryptingKey::cbc(cipher.key(key)).expect("AES has a CBC mode"))
    }

    /// `None` where `blocks` is not a whole number of blocks.
    pub(crate) fn decrypt<'a>(
        &self,
        iv: [u8; BLOCK_LEN],
        blocks: &'a mut [u8],
    ) -> Option<&'a mut [u8]> {
        let context = cipher::DecryptionContext::Iv128(FixedLength::from(iv));
        self.0.decrypt(blocks, context).ok()
    }
}

/// Blocks of AES.
pub(crate) const BLOCK_LEN: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    /// NIST SP 800-38A, F.2.1 and F.2.5, first two blocks.
    #[test]
    fn cbc_gives_the_vectors_of_sp_800_38a() {
        let cases = [
            (
                BlockCipher::Aes128,
                "2b7e151628aed2a6abf7158809cf4f3c",
                "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2",
            ),
            (
                BlockCipher::Aes256,
                "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d",
            ),
        ];
        let iv = hex("000102030405060708090a0b0c0d0e0f").try_into().expect("a block");
        let plaintext = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
        for (cipher, key, expected) in cases {
            let mut blocks = plaintext.clone();
            CbcEncryptor::new(cipher, &hex(key)).encrypt(iv, &mut blocks);
            assert_eq!(blocks, hex(expected), "{cipher:?}");
            let decryptor = CbcDecryptor::new(cipher, &hex(key));
            assert_eq!(decryptor.decrypt(iv, &mut blocks).as_deref(), Some(&plaintext[..]));
            assert_eq!(decryptor.decrypt(iv, &mut blocks[..17]), None);
        }
    }

    /// RFC 2202 §3 and RFC 4231 §4.3, test case 2.
    #[test]
    fn macs_give_the_vectors_of_their_rfcs() {
        let cases = [
            (Mac::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (Mac::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                Mac::Sha384,
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
                 8e2240ca5e69e2c78b3239ecfab21649",
            ),
        ];
        for (algorithm, expected) in cases {
            let tag = mac(&algorithm.key(b"Jefe"), [b"what do ya want ", b"for nothing?"]);
            assert_eq!(tag.as_ref(), hex(expected), "{algorithm:?}");
            assert_eq!(algorithm.len(), tag.as_ref().len());
        }
    }
}
