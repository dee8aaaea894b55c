//! Which primitives a cipher suite asks for, where this client has them all.

use tlscensus_tls_wire::registry;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::SuiteParameters;

use crate::crypto::aead::Aead;
use crate::crypto::cbc::BlockCipher;
use crate::crypto::hash::Hash;
use crate::crypto::mac::Mac;
use crate::rules::Rules;

/// A suite of TLS 1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suite13 {
    pub(crate) aead: Aead,
    pub(crate) hash: Hash,
}

impl Suite13 {
    /// `None` where the suite is not of TLS 1.3 or has parts we lack.
    pub(crate) fn of(suite: CipherSuite) -> Option<Self> {
        let parameters = suite.parameters()?;
        if parameters.key_exchange != registry::KeyExchange::Any {
            return None;
        }
        Some(Self { aead: aead(parameters)?, hash: hash(parameters)? })
    }
}

/// A suite of SSL 3 to TLS 1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LegacySuite {
    pub(crate) key_exchange: KeyExchange,
    pub(crate) bulk: Bulk,
    pub(crate) hash: Hash,
}

/// How the premaster secret of such a suite comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyExchange {
    Ecdhe,
    Rsa,
}

/// How records of such a suite are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bulk {
    Aead(Aead),
    Block { cipher: BlockCipher, mac: Mac },
}

impl LegacySuite {
    /// `None` where the suite is not of that version or has parts we lack.
    pub(crate) fn of(suite: CipherSuite, rules: Rules) -> Option<Self> {
        let parameters = suite.parameters()?;
        let key_exchange = match parameters.key_exchange {
            registry::KeyExchange::Ecdhe => KeyExchange::Ecdhe,
            registry::KeyExchange::Rsa if !parameters.export => KeyExchange::Rsa,
            _ => return None,
        };
        let bulk = match aead(parameters) {
            Some(_) if !rules.has_aeads() => return None,
            Some(aead) => Bulk::Aead(aead),
            None => cbc(parameters)?,
        };
        Some(Self { key_exchange, bulk, hash: hash(parameters)? })
    }
}

/// Whether a server sends a certificate, by its suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateDue {
    Always,
    /// Nothing is known of the suite, or it leaves the choice.
    Maybe,
    Never,
}

impl CertificateDue {
    pub(crate) fn of(suite: CipherSuite) -> Self {
        match suite.parameters().map(|parameters| parameters.authentication) {
            Some(registry::Authentication::Anon) => Self::Never,
            Some(
                registry::Authentication::Dss
                | registry::Authentication::Ecdsa
                | registry::Authentication::Rsa,
            ) => Self::Always,
            _ => Self::Maybe,
        }
    }
}

/// Whether a server sends a ServerKeyExchange, by its suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerKeyDue {
    Always,
    /// As the server likes, or we cannot compute the suite anyway.
    Maybe,
    Never,
}

impl ServerKeyDue {
    pub(crate) fn of(suite: Option<LegacySuite>) -> Self {
        match suite.map(|suite| suite.key_exchange) {
            Some(KeyExchange::Ecdhe) => Self::Always,
            Some(KeyExchange::Rsa) => Self::Never,
            None => Self::Maybe,
        }
    }
}

fn aead(parameters: &SuiteParameters) -> Option<Aead> {
    match (parameters.cipher, parameters.bits) {
        (registry::Cipher::AesGcm, 128) => Some(Aead::Aes128Gcm),
        (registry::Cipher::AesGcm, 256) => Some(Aead::Aes256Gcm),
        (registry::Cipher::Chacha20Poly1305, _) => Some(Aead::ChaCha20Poly1305),
        _ => None,
    }
}

fn cbc(parameters: &SuiteParameters) -> Option<Bulk> {
    let cipher = match (parameters.cipher, parameters.bits) {
        (registry::Cipher::AesCbc, 128) => BlockCipher::Aes128,
        (registry::Cipher::AesCbc, 256) => BlockCipher::Aes256,
        _ => return None,
    };
    let mac = match parameters.mac {
        registry::Mac::Md5 => Mac::Md5,
        registry::Mac::Sha => Mac::Sha1,
        registry::Mac::Sha256 => Mac::Sha256,
        registry::Mac::Sha384 => Mac::Sha384,
        _ => return None,
    };
    Some(Bulk::Block { cipher, mac })
}

fn hash(parameters: &SuiteParameters) -> Option<Hash> {
    match parameters.hash {
        registry::Hash::Sha256 => Some(Hash::Sha256),
        registry::Hash::Sha384 => Some(Hash::Sha384),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tlscensus_tls_wire::registry::Version;

    use super::*;

    const TLS_1_2: Rules = Rules { version: Version::TLS_1_2 };

    #[test]
    fn suites_become_primitives_or_nothing() {
        let chacha = CipherSuite::TLS_CHACHA20_POLY1305_SHA256;
        let expected = Suite13 { aead: Aead::ChaCha20Poly1305, hash: Hash::Sha256 };
        assert_eq!(Suite13::of(chacha), Some(expected));
        assert_eq!(LegacySuite::of(chacha, TLS_1_2), None);

        let cbc = CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384;
        let expected = LegacySuite {
            key_exchange: KeyExchange::Ecdhe,
            bulk: Bulk::Block { cipher: BlockCipher::Aes256, mac: Mac::Sha384 },
            hash: Hash::Sha384,
        };
        assert_eq!(LegacySuite::of(cbc, TLS_1_2), Some(expected));
        assert_eq!(Suite13::of(cbc), None);

        for lacking in [
            CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256,
            CipherSuite::TLS_RSA_WITH_RC4_128_SHA,
            CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
            CipherSuite(0x9999),
        ] {
            assert_eq!(
                (LegacySuite::of(lacking, TLS_1_2), Suite13::of(lacking)),
                (None, None),
                "{lacking}"
            );
        }
    }
}
