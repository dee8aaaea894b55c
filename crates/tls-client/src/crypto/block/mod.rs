//! The block ciphers of CBC suites, and their keys as CBC sees them. Not in constant time: this client protects
//! nobody's secrets.

mod seed;

use aria::Aria128;
use aria::Aria256;
use aws_lc_rs::cipher;
use camellia::Camellia128;
use camellia::Camellia256;
use des::Des;
use des::TdesEde3;
use des::cipher::BlockCipherDecrypt;
use des::cipher::BlockCipherEncrypt;
use des::cipher::KeyInit;
use idea::Idea;
use rc2::Rc2;

use self::seed::Seed;

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
    Seed,
    TripleDes,
}

impl BlockCipher {
    /// Bytes of a key, parity bits included.
    pub(crate) fn key_len(self) -> usize {
        match self {
            Self::Des => 8,
            Self::Aes128
            | Self::Aria128
            | Self::Camellia128
            | Self::Idea
            | Self::Rc2
            | Self::Seed => 16,
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
            | Self::Camellia256
            | Self::Seed => MAX_BLOCK_LEN,
        }
    }

    /// `key` has the length that [`key_len`](Self::key_len) says.
    pub(crate) fn key(self, key: &[u8]) -> BlockKey {
        match self {
            Self::Aes128 => library_key(&cipher::AES_128, key),
            Self::Aes256 => library_key(&cipher::AES_256, key),
            Self::Aria128 => other_key::<Aria128>(key),
            Self::Aria256 => other_key::<Aria256>(key),
            Self::Camellia128 => other_key::<Camellia128>(key),
            Self::Camellia256 => other_key::<Camellia256>(key),
            Self::Des => other_key::<Des>(key),
            Self::Idea => other_key::<Idea>(key),
            Self::Rc2 => BlockKey::Other(Box::new(Rc2::new_with_eff_key_len(key, 8 * key.len()))),
            Self::Seed => BlockKey::Other(Box::new(Seed::new(key))),
            Self::TripleDes => other_key::<TdesEde3>(key),
        }
    }
}

/// A key, by who knows the cipher.
pub(crate) enum BlockKey {
    /// The library.
    Library(cipher::UnboundCipherKey),
    /// A crate or a file of its own.
    Other(Box<dyn Permutation>),
}

fn library_key(algorithm: &'static cipher::Algorithm, key: &[u8]) -> BlockKey {
    let key = cipher::UnboundCipherKey::new(algorithm, key);
    BlockKey::Library(key.expect("keys are cut to the length the cipher asks for"))
}

fn other_key<C: Permutation + KeyInit + 'static>(key: &[u8]) -> BlockKey {
    let key = C::new_from_slice(key).expect("keys are cut to the length the cipher asks for");
    BlockKey::Other(Box::new(key))
}

/// A cipher with its key.
pub(crate) trait Permutation: Send + Sync {
    /// `block` has the length that the cipher's [`block_len`](BlockCipher::block_len) says.
    fn encrypt(&self, block: &mut [u8]);
    /// The same.
    fn decrypt(&self, block: &mut [u8]);
}

impl<C: BlockCipherEncrypt + BlockCipherDecrypt + Send + Sync> Permutation for C {
    fn encrypt(&self, block: &mut [u8]) {
        self.encrypt_block(block.try_into().expect("cut to a block"));
    }

    fn decrypt(&self, block: &mut [u8]) {
        self.decrypt_block(block.try_into().expect("cut to a block"));
    }
}

/// No cipher of TLS has longer blocks.
pub(crate) const MAX_BLOCK_LEN: usize = 16;
