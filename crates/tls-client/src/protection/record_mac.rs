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
    kind: Kind,
    /// The key, not what a library makes of it: that is twenty times as long, and records are few.
    secret: HashOutput,
}

enum Kind {
    Hmac(Mac),
    Ssl3(OldHash),
}

impl RecordMac {
    /// `key` is as long as the MAC.
    pub(crate) fn new(rules: Rules, mac: Mac, key: &[u8]) -> Self {
        let kind = match mac.old_hash() {
            Some(hash) if !rules.has_hmac() => Kind::Ssl3(hash),
            _ => Kind::Hmac(mac),
        };
        Self { kind, secret: HashOutput::new(&[key]) }
    }

    pub(super) fn len(&self) -> usize {
        self.secret.as_ref().len()
    }

    /// The MAC of a record with this content.
    pub(super) fn of(&self, record: &Header, content: &[u8]) -> HashOutput {
        let additional = record.additional_data(content.len());
        let secret = self.secret.as_ref();
        match &self.kind {
            Kind::Hmac(mac) => HmacKey::new(*mac, secret).sign(&[&additional, content]),
            Kind::Ssl3(hash) => {
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
        let split = protected.len().checked_sub(self.len()).ok_or(OpenError::BadMac)?;
        let (content, tag) = protected.split_at(split);
        if self.of(record, content).as_ref() != tag {
            return Err(OpenError::BadMac);
        }
        Ok(content)
    }
}
