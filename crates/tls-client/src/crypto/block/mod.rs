//! The block ciphers of CBC suites, and their keys as the CBC mode sees them. Not in constant time: this client protects
//! nobody's secrets.

use aria::Aria128;
use aria::Aria256;
use aws_lc_rs::cipher;
use camellia::Camellia128;
use camellia::Camellia256;
use des::Des;
use des::TdesEde3;
use des::cipher::Array;
use des::cipher::BlockCipherDecrypt;
use des::cipher::BlockCipherEncrypt;
use des::cipher::KeyInit;
use idea::Idea;
use rc2::Rc2;

/// The block cipher of a CBC suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockCipher {
    Aes128,
    Aes256,
    Aria128,
    Aria256,
    Camellia128,
    Camellia256,
    Des,
    Idea,
    /// With as many effective bits as the key has: of the suites with RC2, all of them for export, only the *secret* part of
    /// the key is shorter (RFC 2246, section 6.3.1, and OpenSSL 0.9 to 1.0).
    Rc2,
    TripleDes,
}

impl BlockCipher {
    /// Bytes of a key, parity bits included.
    pub(crate) fn key_len(self) -> usize {
        match self {
            Self::Des => 8,
            Self::Aes128 | Self::Aria128 | Self::Camellia128 | Self::Idea | Self::Rc2 => 16,
            Self::TripleDes => 24,
            Self::Aes256 | Self::Aria256 | Self::Camellia256 => 32,
        }
    }

    /// Bytes of a block and of an IV, at most [`MAX_BLOCK_LEN`].
    pub(crate) fn block_len(self) -> usize {
        match self {
            Self::Des | Self::Idea | Self::Rc2 | Self::TripleDes => 8,
            Self::Aes128
            | Self::Aes256
            | Self::Aria128
            | Self::Aria256
            | Self::Camellia128
            | Self::Camellia256 => MAX_BLOCK_LEN,
        }
    }

    /// `key` has the length that [`key_len`](Self::key_len) says.
    pub(crate) fn key(self, key: &[u8]) -> BlockKey {
        match self {
            Self::Aes128 => library_key(&cipher::AES_128, key),
            Self::Aes256 => library_key(&cipher::AES_256, key),
            Self::Aria128 => own_key::<Aria128>(key),
            Self::Aria256 => own_key::<Aria256>(key),
            Self::Camellia128 => own_key::<Camellia128>(key),
            Self::Camellia256 => own_key::<Camellia256>(key),
            Self::Des => own_key::<Des>(key),
            Self::Idea => own_key::<Idea>(key),
            Self::Rc2 => BlockKey::Chained(Box::new(Rc2::new_with_eff_key_len(key, 8 * key.len()))),
            Self::TripleDes => own_key::<TdesEde3>(key),
        }
    }
}

/// A key, by who chains its blocks.
pub(crate) enum BlockKey {
    /// The library.
    Library(cipher::UnboundCipherKey),
    /// This file.
    Chained(Box<dyn Chain>),
}

fn library_key(algorithm: &'static cipher::Algorithm, key: &[u8]) -> BlockKey {
    let key = cipher::UnboundCipherKey::new(algorithm, key);
    BlockKey::Library(key.expect("keys are cut to the length the cipher asks for"))
}

fn own_key<C: Chain + KeyInit + 'static>(key: &[u8]) -> BlockKey {
    let key = C::new_from_slice(key).expect("keys are cut to the length the cipher asks for");
    BlockKey::Chained(Box::new(key))
}

/// Blocks in a row, each masked with the ciphertext before it.
pub(crate) trait Chain: Send + Sync {
    /// `iv` is one block long, and `blocks` any number of blocks.
    fn encrypt(&self, iv: &[u8], blocks: &mut [u8]);
    /// The same.
    fn decrypt(&self, iv: &[u8], blocks: &mut [u8]);
}

impl<C: BlockCipherEncrypt + BlockCipherDecrypt + Send + Sync> Chain for C {
    fn encrypt(&self, iv: &[u8], blocks: &mut [u8]) {
        let mut previous = Array::try_from(iv).expect("an IV is a block");
        for bytes in blocks.chunks_exact_mut(C::block_size()) {
            let block = <&mut Array<u8, C::BlockSize>>::try_from(bytes).expect("cut to a block");
            mask(block, &previous);
            self.encrypt_block(block);
            previous = block.clone();
        }
    }

    fn decrypt(&self, iv: &[u8], blocks: &mut [u8]) {
        let mut previous = Array::try_from(iv).expect("an IV is a block");
        for bytes in blocks.chunks_exact_mut(C::block_size()) {
            let block = <&mut Array<u8, C::BlockSize>>::try_from(bytes).expect("cut to a block");
            let ciphertext = block.clone();
            self.decrypt_block(block);
            mask(block, &previous);
            previous = ciphertext;
        }
    }
}

fn mask(block: &mut [u8], with: &[u8]) {
    block.iter_mut().zip(with).for_each(|(byte, with)| *byte ^= with);
}

/// No cipher of TLS has longer blocks.
pub(crate) const MAX_BLOCK_LEN: usize = 16;
