//! What authenticates records before TLS 1.3 where the cipher does not: HMAC, and the MAC of SSL 3.

use crate::crypto::hash::HashOutput;
use crate::crypto::hash::OldHash;
use crate::crypto::mac::HmacKey;
use crate::crypto::mac::Mac;
use crate::crypto::mac::ssl3_mac;
use crate::protection::Header;
use crate::protection::OpenError;
use crate::rules::Rules;

/// One direction's MAC with its key.
pub(crate) struct RecordMac {
    len: usize,
    kind: Kind,
}

enum Kind {
    Hmac(HmacKey),
    Ssl3 { hash: OldHash, secret: Vec<u8> },
}

impl RecordMac {
    pub(crate) fn new(rules: Rules, mac: Mac, key: &[u8]) -> Self {
        let kind = match mac.old_hash() {
            Some(hash) if !rules.has_hmac() => Kind::Ssl3 { hash, secret: key.to_vec() },
            _ => Kind::Hmac(HmacKey::new(mac, key)),
        };
        Self { len: mac.len(), kind }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The MAC of a record with this content.
    pub(super) fn of(&self, record: &Header, content: &[u8]) -> HashOutput {
        let additional = record.additional_data(content.len());
        match &self.kind {
            Kind::Hmac(key) => key.sign(&[&additional, content]),
            Kind::Ssl3 { hash, secret } => {
                // SSL 3 leaves the version out.
                let (before, rest) = additional.split_at(9);
                ssl3_mac(*hash, secret, &[before, &rest[2..], content])
            }
        }
    }

    /// The content of a record that ends with its MAC.
    pub(super) fn check<'a>(
        &self,
        record: &Header,
        protected: &'a [u8],
    ) -> Result<&'a [u8], OpenError> {
        let split = protected.len().checked_sub(self.len).ok_or(OpenError::BadMac)?;
        let (content, tag) = protected.split_at(split);
        if self.of(record, content).as_ref() != tag {
            return Err(OpenError::BadMac);
        }
        Ok(content)
    }
}
