//! What the shared secret of TLS 1.3 leads to, in both readings of one that begins with zeros.

use tlscensus_tls_wire::registry::NamedGroup;

use crate::connection::OtherReading;
use crate::crypto::hash::Hash;
use crate::crypto::schedule::BothSides;
use crate::crypto::schedule::Handshake;
use crate::crypto::schedule::KeySchedule;
use crate::handshake::traffic_keys::opener;
use crate::handshake::traffic_keys::sealer;
use crate::suite::Bulk13;

/// The stage of the handshake itself.
pub(super) struct Secrets {
    pub(super) schedule: KeySchedule<Handshake>,
    pub(super) traffic: BothSides<Handshake>,
}

impl Secrets {
    /// `transcript` is the hash through the ServerHello.
    pub(super) fn new(
        hash: Hash,
        shared_secret: &[u8],
        pre_shared_key: Option<&[u8]>,
        transcript: &[u8],
    ) -> Self {
        let schedule = match pre_shared_key {
            Some(key) => KeySchedule::with_key(hash, key).into_handshake(shared_secret),
            None => KeySchedule::without_key(hash, shared_secret),
        };
        let traffic = schedule.traffic(transcript);
        Self { schedule, traffic }
    }

    /// How records would be protected by them.
    pub(super) fn as_other_reading(&self, bulk: Bulk13) -> OtherReading {
        OtherReading {
            opener: opener(bulk, &self.traffic.server),
            sealer: sealer(bulk, &self.traffic.client),
        }
    }
}

/// The secret as those read it who leave its leading zeros off. That was right up to TLS 1.2 (RFC 5246, section 8.1.2), and in
/// TLS 1.3 it is wrong (RFC 9846, section 7.4.1), yet Java did it for years (JDK-8328046): one handshake in 256. `None` where
/// there is but one reading.
///
/// Rows do not tell of it: of 256 visits 255 cannot say whether a server does it, so a column would be unknown nearly always.
pub(super) fn without_zeros(group: NamedGroup, shared_secret: &[u8]) -> Option<&[u8]> {
    let zeros = shared_secret.iter().take_while(|byte| **byte == 0).count();
    let (_, number) = shared_secret.split_at(zeros);
    (group.is_finite_field() && zeros > 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fields_have_two_readings() {
        let (field, curve) = (NamedGroup::FFDHE2048, NamedGroup::X25519);
        for (group, secret, other) in [
            (field, &[0, 0, 1, 0][..], Some(&[1, 0][..])),
            (field, &[1, 0], None),
            (field, &[], None),
            (curve, &[0, 1], None),
        ] {
            assert_eq!(without_zeros(group, secret), other, "{group} {secret:?}");
        }
    }
}
