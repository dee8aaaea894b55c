//! AEAD records of TLS 1.2: GCM and CCM with part of the nonce on the wire
//! (RFC 5288, RFC 6655), ChaCha20-Poly1305 without
//! (RFC 7905).

use crate::crypto::aead::Aead;
use crate::crypto::aead::AeadKey;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::aead::NonceKind;
use crate::crypto::aead::masked_nonce;
use crate::protection::Header;
use crate::protection::OpenError;
use crate::protection::put_header;

/// One direction's key and nonce construction.
pub(crate) struct Aead12 {
    key: AeadKey,
    nonces: Nonces,
}

enum Nonces {
    /// A secret salt and eight bytes in each record.
    Explicit { salt: [u8; SALT_LEN] },
    /// The record's number masked with a secret IV.
    Masked { iv: [u8; NONCE_LEN] },
}

impl Aead12 {
    /// `iv` has the length that [`fixed_iv_len`](Self::fixed_iv_len) says.
    pub(crate) fn new(aead: Aead, key: &[u8], iv: &[u8]) -> Self {
        let nonces = match aead.nonce_kind() {
            NonceKind::Explicit => {
                Nonces::Explicit { salt: iv.try_into().expect("cut to the length asked for") }
            }
            NonceKind::Masked => {
                Nonces::Masked { iv: iv.try_into().expect("cut to the length asked for") }
            }
            NonceKind::Sequence => Nonces::Masked { iv: [0; NONCE_LEN] },
        };
        Self { key: AeadKey::new(aead, key), nonces }
    }

    /// Bytes of the key block that are this direction's IV.
    pub(crate) fn fixed_iv_len(aead: Aead) -> usize {
        match aead.nonce_kind() {
            NonceKind::Explicit => SALT_LEN,
            NonceKind::Masked => NONCE_LEN,
            NonceKind::Sequence => 0,
        }
    }

    pub(super) fn seal(&self, record: &Header, fragment: &[u8], out: &mut Vec<u8>) {
        let explicit = record.sequence.to_be_bytes();
        let (nonce, on_wire) = match &self.nonces {
            Nonces::Explicit { salt } => (explicit_nonce(salt, explicit), &explicit[..]),
            Nonces::Masked { iv } => (masked_nonce(iv, record.sequence), &[][..]),
        };
        let length = on_wire.len() + fragment.len() + self.key.tag_len();
        put_header(record.content_type, record.version, length, out);
        out.extend_from_slice(on_wire);
        let start = out.len();
        out.extend_from_slice(fragment);
        let additional = record.additional_data(fragment.len());
        self.key.seal(nonce, &additional, out, start);
    }

    pub(super) fn open<'a>(
        &self,
        record: &Header,
        body: &'a mut [u8],
    ) -> Result<&'a [u8], OpenError> {
        let (nonce, ciphertext) = match &self.nonces {
            Nonces::Explicit { salt } => {
                let (explicit, ciphertext) =
                    body.split_first_chunk_mut::<EXPLICIT_LEN>().ok_or(OpenError::BadMac)?;
                (explicit_nonce(salt, *explicit), ciphertext)
            }
            Nonces::Masked { iv } => (masked_nonce(iv, record.sequence), body),
        };
        let tag_len = self.key.tag_len();
        let length = ciphertext.len().checked_sub(tag_len).ok_or(OpenError::BadMac)?;
        self.key
            .open(nonce, &record.additional_data(length), ciphertext)
            .map(|plaintext| &*plaintext)
            .map_err(|_| OpenError::BadMac)
    }
}

fn explicit_nonce(salt: &[u8; SALT_LEN], explicit: [u8; EXPLICIT_LEN]) -> [u8; NONCE_LEN] {
    let mut nonce = [0; NONCE_LEN];
    nonce[..SALT_LEN].copy_from_slice(salt);
    nonce[SALT_LEN..].copy_from_slice(&explicit);
    nonce
}

const EXPLICIT_LEN: usize = 8;
const SALT_LEN: usize = 4;
