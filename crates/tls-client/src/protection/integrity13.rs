//! Records of TLS 1.3 that are authenticated and not encrypted (RFC 9150, section 5): the content and its type in the clear,
//! behind them an HMAC.

use tlscensus_tls_wire::registry::ContentType;

use crate::crypto::hash::HashOutput;
use crate::crypto::mac::HmacKey;
use crate::crypto::mac::Mac;
use crate::protection::Header;
use crate::protection::OpenError;
use crate::protection::put_header;
use crate::protection::tls13::LEGACY_VERSION;
use crate::protection::tls13::OPAQUE_TYPE;
use crate::protection::tls13::additional_data;
use crate::protection::tls13::content_and_type;

/// One direction's key and IV.
pub(crate) struct Integrity13 {
    mac: Mac,
    /// As long as the MAC.
    key: HashOutput,
    /// The same.
    iv: HashOutput,
}

impl Integrity13 {
    /// `key` and `iv` have the length of the MAC.
    pub(crate) fn new(mac: Mac, key: &[u8], iv: &[u8]) -> Self {
        Self { mac, key: HashOutput::new(&[key]), iv: HashOutput::new(&[iv]) }
    }

    fn hmac(&self) -> HmacKey {
        HmacKey::new(self.mac, self.key.as_ref())
    }

    pub(super) fn seal(&self, record: &Header, fragment: &[u8], out: &mut Vec<u8>) {
        let inner = [fragment, &[record.content_type.0]].concat();
        let length = inner.len() + self.mac.len();
        let header = additional_data(OPAQUE_TYPE, LEGACY_VERSION, length);
        let tag = self.hmac().sign(&[&self.nonce(record.sequence), &header, &inner]);
        put_header(OPAQUE_TYPE, LEGACY_VERSION, length, out);
        out.extend_from_slice(&inner);
        out.extend_from_slice(tag.as_ref());
    }

    pub(super) fn open<'a>(
        &self,
        record: &Header,
        body: &'a [u8],
    ) -> Result<(ContentType, &'a [u8]), OpenError> {
        let header = additional_data(record.content_type, record.version, body.len());
        let length = body.len().checked_sub(self.mac.len()).ok_or(OpenError::BadMac)?;
        let (inner, tag) = body.split_at(length);
        let expected = self.hmac().sign(&[&self.nonce(record.sequence), &header, inner]);
        if expected.as_ref() != tag {
            return Err(OpenError::BadMac);
        }
        content_and_type(inner)
    }

    /// The IV with the record's number over its end.
    fn nonce(&self, sequence: u64) -> Vec<u8> {
        let mut nonce = self.iv.as_ref().to_vec();
        let number = sequence.to_be_bytes();
        nonce.iter_mut().rev().zip(number.iter().rev()).for_each(|(byte, part)| *byte ^= part);
        nonce
    }
}
