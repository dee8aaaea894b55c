//! Cipher block chaining with any block cipher.

use aws_lc_rs::cipher;
use aws_lc_rs::iv::FixedLength;

use crate::crypto::block::BlockCipher;
use crate::crypto::block::BlockKey;
use crate::crypto::block::MAX_BLOCK_LEN;
use crate::crypto::block::Permutation;

/// The encrypting half.
#[expect(clippy::large_enum_variant, reason = "its user is in a box already")]
pub(crate) enum CbcEncryptor {
    /// AES.
    Library(cipher::EncryptingKey),
    /// All others.
    Other(Box<dyn Permutation>),
}

impl CbcEncryptor {
    pub(crate) fn new(cipher: BlockCipher, key: &[u8]) -> Self {
        match cipher.key(key) {
            BlockKey::Library(key) => {
                Self::Library(cipher::EncryptingKey::cbc(key).expect("AES has a CBC mode"))
            }
            BlockKey::Other(key) => Self::Other(key),
        }
    }

    /// `iv` is a block and `blocks` a whole number of them.
    pub(crate) fn encrypt(&self, iv: &[u8], blocks: &mut [u8]) {
        match self {
            Self::Library(key) => {
                let context = cipher::EncryptionContext::Iv128(library_iv(iv));
                key.less_safe_encrypt(blocks, context).expect("the caller pads to whole blocks");
            }
            Self::Other(key) => chain(iv, blocks, |previous, block| {
                mask(block, previous);
                key.encrypt(block);
                previous.copy_from_slice(block);
            }),
        }
    }
}

/// The decrypting half.
#[expect(clippy::large_enum_variant, reason = "its user is in a box already")]
pub(crate) enum CbcDecryptor {
    /// AES.
    Library(cipher::DecryptingKey),
    /// All others.
    Other(Box<dyn Permutation>),
}

impl CbcDecryptor {
    pub(crate) fn new(cipher: BlockCipher, key: &[u8]) -> Self {
        match cipher.key(key) {
            BlockKey::Library(key) => {
                Self::Library(cipher::DecryptingKey::cbc(key).expect("AES has a CBC mode"))
            }
            BlockKey::Other(key) => Self::Other(key),
        }
    }

    /// `iv` is a block. `None` where `blocks` is not a whole number of them.
    pub(crate) fn decrypt<'a>(&self, iv: &[u8], blocks: &'a mut [u8]) -> Option<&'a [u8]> {
        match self {
            Self::Library(key) => {
                let context = cipher::DecryptionContext::Iv128(library_iv(iv));
                key.decrypt(blocks, context).ok().map(|plaintext| &*plaintext)
            }
            Self::Other(key) if blocks.len().is_multiple_of(iv.len()) => {
                chain(iv, blocks, |previous, block| {
                    let mut ciphertext = [0; MAX_BLOCK_LEN];
                    let (ciphertext, _) = ciphertext.split_at_mut(block.len());
                    ciphertext.copy_from_slice(block);
                    key.decrypt(block);
                    mask(block, previous);
                    previous.copy_from_slice(ciphertext);
                });
                Some(blocks)
            }
            Self::Other(_) => None,
        }
    }
}

/// Gives each block to `step` together with the one that masks it, which `step` then replaces with the next.
fn chain(iv: &[u8], blocks: &mut [u8], mut step: impl FnMut(&mut [u8], &mut [u8])) {
    let mut previous = [0; MAX_BLOCK_LEN];
    let (previous, _) = previous.split_at_mut(iv.len());
    previous.copy_from_slice(iv);
    for block in blocks.chunks_exact_mut(iv.len()) {
        step(previous, block);
    }
}

fn mask(block: &mut [u8], with: &[u8]) {
    block.iter_mut().zip(with).for_each(|(byte, with)| *byte ^= with);
}

fn library_iv(iv: &[u8]) -> FixedLength<LIBRARY_BLOCK_LEN> {
    FixedLength::from(<[u8; LIBRARY_BLOCK_LEN]>::try_from(iv).expect("an IV is a block"))
}

/// Of AES.
const LIBRARY_BLOCK_LEN: usize = 16;

#[cfg(test)]
mod tests {
    use openssl::cipher::Cipher;
    use openssl::cipher_ctx::CipherCtx;
    use openssl::provider::Provider;

    use super::*;
    use crate::crypto::random::Random;
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
        let iv = hex("000102030405060708090a0b0c0d0e0f");
        let plaintext = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
        for (cipher, key, expected) in cases {
            let mut blocks = plaintext.clone();
            CbcEncryptor::new(cipher, &hex(key)).encrypt(&iv, &mut blocks);
            assert_eq!(blocks, hex(expected), "{cipher:?}");
            let decryptor = CbcDecryptor::new(cipher, &hex(key));
            assert_eq!(decryptor.decrypt(&iv, &mut blocks), Some(&plaintext[..]));
        }
    }

    /// One block with an IV of zeros is the bare cipher, for which the documents give vectors.
    #[test]
    fn ciphers_give_the_vectors_of_their_documents() {
        let cases = [
            // RFC 5794, appendix A.1 and A.3.
            (
                BlockCipher::Aria128,
                "000102030405060708090a0b0c0d0e0f",
                "00112233445566778899aabbccddeeff",
                "d718fbd6ab644c739da95f3be6451778",
            ),
            (
                BlockCipher::Aria256,
                "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                "00112233445566778899aabbccddeeff",
                "f92bd7c79fb72e2f2b8f80c1972d24fc",
            ),
            // RFC 3713, appendix A.
            (
                BlockCipher::Camellia128,
                "0123456789abcdeffedcba9876543210",
                "0123456789abcdeffedcba9876543210",
                "67673138549669730857065648eabe43",
            ),
            (
                BlockCipher::Camellia256,
                "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff",
                "0123456789abcdeffedcba9876543210",
                "9acc237dff16d76c20ef7c919e3a7509",
            ),
            // RFC 2268, section 5: 128 bits of key, all of them effective.
            (
                BlockCipher::Rc2,
                "88bca90e90875a7f0f79c384627bafb2",
                "0000000000000000",
                "2269552ab0f85ca6",
            ),
            // RFC 4269, appendix B.1.
            (
                BlockCipher::Seed,
                "00000000000000000000000000000000",
                "000102030405060708090a0b0c0d0e0f",
                "5ebac6e0054e166819aff1cc6d346cdb",
            ),
        ];
        for (cipher, key, plaintext, expected) in cases {
            let mut block = hex(plaintext);
            CbcEncryptor::new(cipher, &hex(key)).encrypt(&vec![0; block.len()], &mut block);
            assert_eq!(block, hex(expected), "{cipher:?}");
        }
    }

    #[test]
    fn every_cipher_agrees_with_another_library() {
        let _legacy = Provider::try_load(None, "legacy", true).expect("the old ciphers are built");
        let cases = [
            (BlockCipher::Aes128, "aes-128-cbc"),
            (BlockCipher::Aes256, "aes-256-cbc"),
            (BlockCipher::Aria128, "aria-128-cbc"),
            (BlockCipher::Aria256, "aria-256-cbc"),
            (BlockCipher::Camellia128, "camellia-128-cbc"),
            (BlockCipher::Camellia256, "camellia-256-cbc"),
            (BlockCipher::Des, "des-cbc"),
            (BlockCipher::Idea, "idea-cbc"),
            (BlockCipher::Rc2, "rc2-cbc"),
            (BlockCipher::Seed, "seed-cbc"),
            (BlockCipher::TripleDes, "des-ede3-cbc"),
        ];
        let mut random = Random::seeded(11);
        for (cipher, name) in cases {
            let length = cipher.block_len();
            let theirs = Cipher::fetch(None, name, None).expect("built in");
            for blocks in [0, 1, 2, 3, 17] {
                let mut key = vec![0; cipher.key_len()];
                let mut iv = vec![0; length];
                let mut plaintext = vec![0; blocks * length];
                [&mut key, &mut iv, &mut plaintext]
                    .into_iter()
                    .for_each(|bytes| random.fill(bytes));
                let mut ours = plaintext.clone();
                CbcEncryptor::new(cipher, &key).encrypt(&iv, &mut ours);
                let mut context = CipherCtx::new().expect("a context");
                context.encrypt_init(Some(&theirs), Some(&key), Some(&iv)).expect("begins");
                context.set_padding(false);
                let mut expected = Vec::new();
                context.cipher_update_vec(&plaintext, &mut expected).expect("encrypts");
                assert_eq!(ours, expected, "{name}");
                let decryptor = CbcDecryptor::new(cipher, &key);
                assert_eq!(decryptor.decrypt(&iv, &mut ours), Some(&plaintext[..]), "{name}");
                assert_eq!(decryptor.decrypt(&iv, &mut vec![0; length + 1]), None, "{name}");
            }
        }
    }
}
