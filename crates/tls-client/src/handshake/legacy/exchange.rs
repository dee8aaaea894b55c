//! The premaster secret and the ClientKeyExchange that makes the server know it.

use tlscensus_tls_wire::handshake::ClientKeyExchange;
use tlscensus_tls_wire::handshake::ServerParameters;
use tlscensus_tls_wire::registry::NamedGroup;

use crate::connection::Connection;
use crate::crypto::der::SubjectPublicKeyInfo;
use crate::crypto::ffdh::Refusal;
use crate::crypto::ffdh::ServerShare;
use crate::crypto::modular::trimmed;
use crate::crypto::rsa::PublicKey;
use crate::failure::Failure;
use crate::handshake::legacy::ExpectDone;
use crate::suite::KeyExchange;
use crate::suite::LegacySuite;

/// What the server's key exchange message gave.
pub(super) enum ServerKey {
    /// A value in a finite field.
    Field { prime: Vec<u8>, generator: Vec<u8>, public: Vec<u8> },
    /// A point on a named curve.
    Point { group: NamedGroup, point: Vec<u8> },
    /// A key to encrypt to.
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
}

impl ServerKey {
    /// `None` for a key that is not for computing with.
    pub(super) fn of(parameters: &ServerParameters<'_>) -> Option<Self> {
        match parameters {
            ServerParameters::Dhe { prime, generator, public } => Some(Self::Field {
                prime: prime.to_vec(),
                generator: generator.to_vec(),
                public: public.to_vec(),
            }),
            ServerParameters::Ecdhe { group, point } => {
                Some(Self::Point { group: *group, point: point.to_vec() })
            }
            ServerParameters::ExportRsa { modulus, exponent } => {
                Some(Self::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec() })
            }
            _ => None,
        }
    }
}

impl ExpectDone {
    /// The premaster secret, and the body of our ClientKeyExchange.
    pub(super) fn exchange(
        &self,
        suite: LegacySuite,
        connection: &mut Connection,
    ) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        match (suite.key_exchange, &self.server_key) {
            (KeyExchange::Dh, _) => {
                let share = self.certified_key().and_then(|key| key.ffdh());
                let share = share.ok_or_else(|| self.shared.not_completable())?;
                self.agree_in_field(&share, connection)
            }
            (KeyExchange::Dhe, Some(ServerKey::Field { prime, generator, public })) => {
                self.agree_in_field(&ServerShare { prime, generator, public }, connection)
            }
            (KeyExchange::Ecdhe, Some(ServerKey::Point { group, point })) => {
                self.agree(*group, point)
            }
            (KeyExchange::Ecdh, _) => {
                let key = self.certified_key().and_then(|key| Some((key.named_group()?, key.key)));
                let (group, point) = key.ok_or_else(|| self.shared.not_completable())?;
                self.agree(group, point)
            }
            (KeyExchange::Rsa, Some(ServerKey::Rsa { modulus, exponent })) => {
                let key = PublicKey { modulus: trimmed(modulus), exponent: trimmed(exponent) };
                self.transport(Some(key), connection)
            }
            (KeyExchange::Rsa, None) => {
                self.transport(self.certified_key().and_then(|key| key.rsa()), connection)
            }
            _ => Err(self.shared.not_completable()),
        }
    }

    fn certified_key(&self) -> Option<SubjectPublicKeyInfo<'_>> {
        SubjectPublicKeyInfo::of_certificate(&self.leaf)
    }

    /// By agreement in a finite field. The secret loses its leading zeros (RFC 5246, section 8.1.2).
    fn agree_in_field(
        &self,
        share: &ServerShare<'_>,
        connection: &mut Connection,
    ) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        let agreement = share.agree(&mut connection.random).map_err(|refusal| match refusal {
            Refusal::LongPrime => self.shared.not_completable(),
            _ => Failure::illegal(refusal.field()),
        })?;
        let premaster = trimmed(&agreement.secret);
        if premaster.is_empty() {
            // In no field is a power zero.
            return Err(Failure::illegal("dh_p"));
        }
        let mut body = Vec::new();
        ClientKeyExchange::Dhe { public: &agreement.public }.encode(&mut body);
        Ok((premaster.to_vec(), body))
    }

    /// By agreement on a curve.
    fn agree(&self, group: NamedGroup, point: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        let private = self.shared.keys.private();
        let share = private.share(group).ok_or_else(|| self.shared.not_completable())?;
        let premaster = private.agree(group, point).map_err(|_| Failure::illegal("ECPoint"))?;
        let mut body = Vec::new();
        ClientKeyExchange::Ecdhe { point: share }.encode(&mut body);
        Ok((premaster, body))
    }

    /// By encryption to the server's key.
    fn transport(
        &self,
        key: Option<PublicKey<'_>>,
        connection: &mut Connection,
    ) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        let mut premaster: [u8; PREMASTER_LEN] = connection.random.array();
        // The version that was offered, not the one agreed on: it shows the server that nobody changed our hello.
        premaster[..2].copy_from_slice(&self.shared.offered_version.0.to_be_bytes());
        let encrypted = key
            .and_then(|key| key.encrypt(&premaster, &mut connection.random))
            .ok_or_else(|| self.shared.not_completable())?;
        let mut body = Vec::new();
        match self.shared.rules.has_length_of_encrypted_secret() {
            true => ClientKeyExchange::Rsa { encrypted: &encrypted },
            false => ClientKeyExchange::Raw(&encrypted),
        }
        .encode(&mut body);
        Ok((premaster.to_vec(), body))
    }
}

/// Version and random of a premaster secret that is encrypted to the server.
const PREMASTER_LEN: usize = 48;
