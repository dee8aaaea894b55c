//! ChaCha20-Poly1305 as servers had it from 2013 to 2016: draft-agl-tls-chacha20poly1305-04, section 5.
//!
//! What differs from RFC 8439 is what is authenticated:
//!
//! ```text
//!   draft     additional data | its length | ciphertext | its length
//!   RFC 8439  additional data | padding | ciphertext | padding | both lengths
//! ```

use chacha20::ChaCha20;
use chacha20::KeyIvInit;
use chacha20::cipher::StreamCipher;
use chacha20::cipher::StreamCipherSeek;
use poly1305::Poly1305;
use poly1305::universal_hash::KeyInit;

use super::BadTag;
use super::Detached;
use super::NONCE_LEN;

/// One key.
pub(super) struct DraftChaCha20Poly1305(chacha20::Key);

impl DraftChaCha20Poly1305 {
    pub(super) fn new(key: &[u8]) -> Self {
        Self(key.try_into().expect("keys are cut to the length the AEAD asks for"))
    }

    /// The keystream from the second block on, and the authenticator that the first one keys.
    fn start(&self, nonce: &[u8; NONCE_LEN]) -> (ChaCha20, Poly1305) {
        // The draft's nonce has 64 bits and its counter as many: the same blocks as with zeros before the nonce.
        let mut cipher = ChaCha20::new(&self.0, &(*nonce).into());
        let mut key = poly1305::Key::default();
        cipher.apply_keystream(&mut key);
        cipher.seek(CHACHA20_BLOCK_LEN);
        (cipher, Poly1305::new(&key))
    }
}

impl Detached for DraftChaCha20Poly1305 {
    fn seal(&self, nonce: &[u8; NONCE_LEN], additional: &[u8], text: &mut [u8]) -> Vec<u8> {
        let (mut cipher, authenticator) = self.start(nonce);
        cipher.apply_keystream(text);
        authenticator.compute_unpadded(&authenticated(additional, text)).to_vec()
    }

    fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        additional: &[u8],
        text: &mut [u8],
        tag: &[u8],
    ) -> Result<(), BadTag> {
        let (mut cipher, authenticator) = self.start(nonce);
        let expected = authenticator.compute_unpadded(&authenticated(additional, text));
        if expected.as_slice() != tag {
            return Err(BadTag);
        }
        cipher.apply_keystream(text);
        Ok(())
    }
}

fn authenticated(additional: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    let length = |part: &[u8]| u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes();
    [additional, &length(additional), ciphertext, &length(ciphertext)].concat()
}

const CHACHA20_BLOCK_LEN: u64 = 64;
