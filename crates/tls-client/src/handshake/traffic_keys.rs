//! From a traffic secret of TLS 1.3 to what protects the records of its direction.

use crate::crypto::aead::Aead;
use crate::crypto::mac::Mac;
use crate::crypto::schedule::TrafficSecret;
use crate::protection::Aead13;
use crate::protection::Integrity13;
use crate::protection::Opener;
use crate::protection::Sealer;
use crate::suite::Bulk13;

/// How the records are protected that the owner of `secret` sends to us.
pub(super) fn opener<Traffic>(bulk: Bulk13, secret: &TrafficSecret<Traffic>) -> Opener {
    match bulk {
        Bulk13::Aead(aead) => Opener::Aead13(encryption(aead, secret)),
        Bulk13::Integrity(mac) => Opener::Integrity13(Box::new(authentication(mac, secret))),
    }
}

/// How our records are protected, where `secret` is ours.
pub(super) fn sealer<Traffic>(bulk: Bulk13, secret: &TrafficSecret<Traffic>) -> Sealer {
    match bulk {
        Bulk13::Aead(aead) => Sealer::Aead13(encryption(aead, secret)),
        Bulk13::Integrity(mac) => Sealer::Integrity13(Box::new(authentication(mac, secret))),
    }
}

fn encryption<Traffic>(aead: Aead, secret: &TrafficSecret<Traffic>) -> Aead13 {
    Aead13::new(aead, secret.key(aead.key_len()).as_ref(), secret.iv())
}

fn authentication<Traffic>(mac: Mac, secret: &TrafficSecret<Traffic>) -> Integrity13 {
    Integrity13::new(mac, secret.key(mac.len()).as_ref(), secret.long_iv().as_ref())
}
