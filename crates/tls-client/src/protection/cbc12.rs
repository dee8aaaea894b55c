//! CBC records of TLS 1.2 (RFC 5246, section 6.2.3.2), and with the
//! MAC outside (RFC 7366). Not in constant time: this client protects nobody's secrets.

use aws_lc_rs::hmac;

use crate::crypto::cbc::BLOCK_LEN;
use crate::crypto::cbc::BlockCipher;
use crate::crypto::cbc::CbcDecryptor;
use crate::crypto::cbc::CbcEncryptor;
use crate::crypto::cbc::Mac;
use crate::crypto::cbc::mac;
use crate::crypto::random::Random;
use crate::protection::Header;
use crate::protection::OpenError;
use crate::protection::put_header;

/// Whether the MAC is inside the encryption or around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MacOrder {
    MacThenEncrypt,
    EncryptThenMac,
}

/// What one direction needs.
pub(crate) struct CbcKeys {
    pub(crate) cipher: BlockCipher,
    pub(crate) key: Vec<u8>,
    pub(crate) mac: Mac,
    pub(crate) mac_key: Vec<u8>,
    pub(crate) mac_order: MacOrder,
}

/// The sending direction.
pub(crate) struct Cbc12Sealer {
    encryptor: CbcEncryptor,
    mac_key: hmac::Key,
    mac_len: usize,
    mac_order: MacOrder,
    ivs: Random,
}

impl Cbc12Sealer {
    pub(crate) fn new(keys: &CbcKeys, iv_seed: u64) -> Self {
        Self {
            encryptor: CbcEncryptor::new(keys.cipher, &keys.key),
            mac_key: keys.mac.key(&keys.mac_key),
            mac_len: keys.mac.len(),
            mac_order: keys.mac_order,
            ivs: Random::seeded(iv_seed),
        }
    }

    pub(super) fn seal(&mut self, record: &Header, fragment: &[u8], out: &mut Vec<u8>) {
        let iv: [u8; BLOCK_LEN] = self.ivs.array();
        let mut blocks = fragment.to_vec();
        if self.mac_order == MacOrder::MacThenEncrypt {
            let additional = record.additional_data(fragment.len());
            blocks.extend_from_slice(mac(&self.mac_key, [&additional, fragment]).as_ref());
        }
        let padding = BLOCK_LEN - 1 - blocks.len() % BLOCK_LEN;
        let padding_byte = u8::try_from(padding).expect("shorter than a block");
        blocks.resize(blocks.len() + padding + 1, padding_byte);
        self.encryptor.encrypt(iv, &mut blocks);

        let mac_len = match self.mac_order {
            MacOrder::MacThenEncrypt => 0,
            MacOrder::EncryptThenMac => self.mac_len,
        };
        let length = BLOCK_LEN + blocks.len() + mac_len;
        put_header(record.content_type, record.version, length, out);
        let start = out.len();
        out.extend_from_slice(&iv);
        out.extend_from_slice(&blocks);
        if self.mac_order == MacOrder::EncryptThenMac {
            let additional = record.additional_data(BLOCK_LEN + blocks.len());
            let encrypted = out.get(start..).unwrap_or_default();
            let tag = mac(&self.mac_key, [&additional, encrypted]);
            out.extend_from_slice(tag.as_ref());
        }
    }
}

/// The receiving direction.
pub(crate) struct Cbc12Opener {
    decryptor: CbcDecryptor,
    mac_key: hmac::Key,
    mac_len: usize,
    mac_order: MacOrder,
}

impl Cbc12Opener {
    pub(crate) fn new(keys: &CbcKeys) -> Self {
        Self {
            decryptor: CbcDecryptor::new(keys.cipher, &keys.key),
            mac_key: keys.mac.key(&keys.mac_key),
            mac_len: keys.mac.len(),
            mac_order: keys.mac_order,
        }
    }

    pub(super) fn open<'a>(
        &self,
        record: &Header,
        body: &'a mut [u8],
    ) -> Result<&'a [u8], OpenError> {
        let encrypted = match self.mac_order {
            MacOrder::MacThenEncrypt => body,
            MacOrder::EncryptThenMac => self.check_outer_mac(record, body)?,
        };
        let (iv, blocks) =
            encrypted.split_first_chunk_mut::<BLOCK_LEN>().ok_or(OpenError::BadMac)?;
        let plaintext = self.decryptor.decrypt(*iv, blocks).ok_or(OpenError::BadMac)?;
        let content = without_padding(plaintext).ok_or(OpenError::BadMac)?;
        match self.mac_order {
            MacOrder::MacThenEncrypt => self.check_inner_mac(record, content),
            MacOrder::EncryptThenMac => Ok(content),
        }
    }

    fn check_outer_mac<'a>(
        &self,
        record: &Header,
        body: &'a mut [u8],
    ) -> Result<&'a mut [u8], OpenError> {
        let split = body.len().checked_sub(self.mac_len).ok_or(OpenError::BadMac)?;
        let (encrypted, tag) = body.split_at_mut(split);
        let additional = record.additional_data(encrypted.len());
        if mac(&self.mac_key, [&additional, encrypted]).as_ref() != tag {
            return Err(OpenError::BadMac);
        }
        Ok(encrypted)
    }

    fn check_inner_mac<'a>(
        &self,
        record: &Header,
        content: &'a [u8],
    ) -> Result<&'a [u8], OpenError> {
        let split = content.len().checked_sub(self.mac_len).ok_or(OpenError::BadMac)?;
        let (fragment, tag) = content.split_at(split);
        let additional = record.additional_data(fragment.len());
        if mac(&self.mac_key, [&additional, fragment]).as_ref() != tag {
            return Err(OpenError::BadMac);
        }
        Ok(fragment)
    }
}

/// Every padding byte has the value of the last one, which does not count itself.
fn without_padding(plaintext: &[u8]) -> Option<&[u8]> {
    let padding = plaintext.last()?;
    let end = plaintext.len().checked_sub(usize::from(*padding) + 1)?;
    let (content, bytes) = plaintext.split_at(end);
    bytes.iter().all(|byte| byte == padding).then_some(content)
}
