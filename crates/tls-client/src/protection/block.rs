//! CBC records of SSL 3 to TLS 1.2 (RFC 6101, section 5.2.3.2; RFC 2246, RFC 4346 and RFC 5246, section 6.2.3.2), and with
//! the MAC outside (RFC 7366). Not in constant time: this client protects nobody's secrets.
//!
//! ```text
//!   MAC within   [IV since 1.1] enc( content | MAC | padding | its length )
//!   MAC outside  [IV since 1.1] enc( content | padding | its length ) | MAC
//! ```

use crate::crypto::block::BlockCipher;
use crate::crypto::block::MAX_BLOCK_LEN;
use crate::crypto::cbc::CbcDecryptor;
use crate::crypto::cbc::CbcEncryptor;
use crate::crypto::random::Random;
use crate::protection::Header;
use crate::protection::OpenError;
use crate::protection::RecordMac;
use crate::protection::put_header;
use crate::rules::Rules;

/// Whether the MAC is inside the encryption or around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MacOrder {
    MacThenEncrypt,
    EncryptThenMac,
}

/// What one direction needs.
pub(crate) struct BlockKeys<'a> {
    pub(crate) rules: Rules,
    pub(crate) cipher: BlockCipher,
    pub(crate) key: &'a [u8],
    /// Of the first record, where records do not bring their own; else empty.
    pub(crate) iv: &'a [u8],
    pub(crate) mac: RecordMac,
    pub(crate) mac_order: MacOrder,
}

/// A block of the cipher before the one to come: of these bytes, as many as a block of it has.
type Block = [u8; MAX_BLOCK_LEN];

/// The sending direction.
pub(crate) struct BlockSealer {
    encryptor: CbcEncryptor,
    block_len: usize,
    mac: RecordMac,
    mac_order: MacOrder,
    ivs: Ivs,
}

/// Where the IV of a record comes from.
enum Ivs {
    /// Out of thin air, and on the wire.
    Explicit(Random),
    /// The last block of the record before.
    Chained(Block),
}

impl BlockSealer {
    pub(crate) fn new(keys: BlockKeys<'_>, iv_seed: u64) -> Self {
        let ivs = match keys.rules.has_explicit_ivs() {
            true => Ivs::Explicit(Random::seeded(iv_seed)),
            false => Ivs::Chained(first_iv(keys.iv)),
        };
        Self {
            encryptor: CbcEncryptor::new(keys.cipher, keys.key),
            block_len: keys.cipher.block_len(),
            mac: keys.mac,
            mac_order: keys.mac_order,
            ivs,
        }
    }

    /// Whether who watches could choose content for a known IV, if content were not cut after its first byte.
    pub(super) fn has_chained_ivs(&self) -> bool {
        matches!(self.ivs, Ivs::Chained(_))
    }

    pub(super) fn seal(&mut self, record: &Header, fragment: &[u8], out: &mut Vec<u8>) {
        let (inner_mac, outer_mac) = match self.mac_order {
            MacOrder::MacThenEncrypt => (self.mac.len(), 0),
            MacOrder::EncryptThenMac => (0, self.mac.len()),
        };
        let content = fragment.len() + inner_mac;
        let padding = self.block_len - 1 - content % self.block_len;
        let padding_byte = u8::try_from(padding).expect("shorter than a block");
        let blocks = content + padding + 1;
        let (iv, on_wire): (Block, _) = match &mut self.ivs {
            Ivs::Explicit(random) => (random.array(), self.block_len),
            Ivs::Chained(last) => (*last, 0),
        };
        let iv = iv.get(..self.block_len).expect("a block is no longer than the longest");
        put_header(record.content_type, record.version, on_wire + blocks + outer_mac, out);
        let start = out.len();
        out.extend_from_slice(iv.get(..on_wire).unwrap_or_default());
        out.extend_from_slice(fragment);
        if self.mac_order == MacOrder::MacThenEncrypt {
            out.extend_from_slice(self.mac.of(record, fragment).as_ref());
        }
        out.resize(start + on_wire + blocks, padding_byte);
        let encrypted = out.get_mut(start + on_wire..).unwrap_or_default();
        self.encryptor.encrypt(iv, encrypted);
        if let Ivs::Chained(last) = &mut self.ivs {
            *last = last_block(encrypted, self.block_len).expect("there is padding at least");
        }
        if self.mac_order == MacOrder::EncryptThenMac {
            let tag = self.mac.of(record, out.get(start..).unwrap_or_default());
            out.extend_from_slice(tag.as_ref());
        }
    }
}

/// The receiving direction.
pub(crate) struct BlockOpener {
    rules: Rules,
    decryptor: CbcDecryptor,
    block_len: usize,
    mac: RecordMac,
    mac_order: MacOrder,
    /// The last block so far, where the next record does not bring an IV.
    chained: Option<Block>,
}

impl BlockOpener {
    pub(crate) fn new(keys: BlockKeys<'_>) -> Self {
        Self {
            rules: keys.rules,
            decryptor: CbcDecryptor::new(keys.cipher, keys.key),
            block_len: keys.cipher.block_len(),
            mac: keys.mac,
            mac_order: keys.mac_order,
            chained: (!keys.rules.has_explicit_ivs()).then(|| first_iv(keys.iv)),
        }
    }

    pub(super) fn open<'a>(
        &mut self,
        record: &Header,
        body: &'a mut [u8],
    ) -> Result<&'a [u8], OpenError> {
        let encrypted = match self.mac_order {
            MacOrder::MacThenEncrypt => body,
            MacOrder::EncryptThenMac => {
                let length = self.mac.check(record, body)?.len();
                body.get_mut(..length).unwrap_or_default()
            }
        };
        let chained;
        let (iv, blocks) = match &mut self.chained {
            Some(last) => {
                chained = *last;
                *last = last_block(encrypted, self.block_len).ok_or(OpenError::BadMac)?;
                (chained.get(..self.block_len).unwrap_or_default(), encrypted)
            }
            None => {
                let split = encrypted.split_at_mut_checked(self.block_len);
                let (iv, blocks) = split.ok_or(OpenError::BadMac)?;
                (&*iv, blocks)
            }
        };
        let plaintext = self.decryptor.decrypt(iv, blocks).ok_or(OpenError::BadMac)?;
        let content = self.without_padding(plaintext).ok_or(OpenError::BadMac)?;
        match self.mac_order {
            MacOrder::MacThenEncrypt => self.mac.check(record, content),
            MacOrder::EncryptThenMac => Ok(content),
        }
    }

    /// The last byte counts the padding before it. What stands there is anything in SSL 3, but less than a block.
    fn without_padding<'a>(&self, plaintext: &'a [u8]) -> Option<&'a [u8]> {
        let padding = plaintext.last()?;
        let end = plaintext.len().checked_sub(usize::from(*padding) + 1)?;
        let (content, bytes) = plaintext.split_at(end);
        let good = match self.rules.has_uniform_padding() {
            true => bytes.iter().all(|byte| byte == padding),
            false => bytes.len() <= self.block_len,
        };
        good.then_some(content)
    }
}

fn first_iv(iv: &[u8]) -> Block {
    last_block(iv, iv.len()).expect("cut to the length asked for")
}

fn last_block(encrypted: &[u8], block_len: usize) -> Option<Block> {
    let last = encrypted.get(encrypted.len().checked_sub(block_len)?..)?;
    let mut block = [0; MAX_BLOCK_LEN];
    block.get_mut(..block_len)?.copy_from_slice(last);
    Some(block)
}
