//! Which primitives a cipher suite asks for, where this client has them all.

use tlscensus_tls_wire::registry;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::SuiteParameters;

use crate::crypto::aead::Aead;
use crate::crypto::block::BlockCipher;
use crate::crypto::hash::Hash;
use crate::crypto::mac::Mac;
use crate::rules::Rules;

/// A suite of TLS 1.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suite13 {
    pub(crate) bulk: Bulk13,
    pub(crate) hash: Hash,
}

impl Suite13 {
    /// `None` where the suite is not of TLS 1.3 or has parts we lack.
    pub(crate) fn of(suite: CipherSuite) -> Option<Self> {
        let parameters = suite.parameters()?;
        if parameters.key_exchange != registry::KeyExchange::Any {
            return None;
        }
        let bulk = match (aead(suite, parameters), parameters.cipher, parameters.mac) {
            (Some(aead), _, _) => Bulk13::Aead(aead),
            (None, registry::Cipher::Null, registry::Mac::Sha256) => Bulk13::Integrity(Mac::Sha256),
            (None, registry::Cipher::Null, registry::Mac::Sha384) => Bulk13::Integrity(Mac::Sha384),
            _ => return None,
        };
        Some(Self { bulk, hash: hash(parameters)? })
    }
}

/// How records of such a suite are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bulk13 {
    Aead(Aead),
    /// Authenticated and not encrypted (RFC 9150).
    Integrity(Mac),
}

/// A suite of SSL 3 to TLS 1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LegacySuite {
    pub(crate) key_exchange: KeyExchange,
    pub(crate) bulk: Bulk,
    pub(crate) hash: Hash,
    /// Bytes of a key that are secret, where the suite is for export.
    pub(crate) export_key_len: Option<usize>,
}

/// How the premaster secret of such a suite comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyExchange {
    /// In the finite field of the certificate's key.
    Dh,
    /// In a finite field of the server's choice, signed or anonymous.
    Dhe,
    /// By the curve of the certificate's key.
    Ecdh,
    /// By a curve of the server's choice, signed or anonymous.
    Ecdhe,
    /// By encryption to the certificate's key, or in suites for export to a shorter one.
    Rsa,
}

/// How records of such a suite are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bulk {
    Aead(Aead),
    Block { cipher: BlockCipher, mac: Mac },
    Null { mac: Mac },
    Rc4 { mac: Mac },
}

impl LegacySuite {
    /// `None` where the suite is not of that version or has parts we lack.
    pub(crate) fn of(suite: CipherSuite, rules: Rules) -> Option<Self> {
        let parameters = suite.parameters()?;
        let key_exchange = match parameters.key_exchange {
            registry::KeyExchange::Dh => KeyExchange::Dh,
            registry::KeyExchange::Dhe => KeyExchange::Dhe,
            registry::KeyExchange::Ecdh => KeyExchange::Ecdh,
            registry::KeyExchange::Ecdhe => KeyExchange::Ecdhe,
            registry::KeyExchange::Rsa => KeyExchange::Rsa,
            _ => return None,
        };
        let bulk = match (aead(suite, parameters), parameters.cipher) {
            (Some(_), _) if !rules.has_aeads() => return None,
            (Some(aead), _) => Bulk::Aead(aead),
            (None, registry::Cipher::Null) => Bulk::Null { mac: mac(parameters, rules)? },
            (None, registry::Cipher::Rc4) => Bulk::Rc4 { mac: mac(parameters, rules)? },
            (None, _) => {
                Bulk::Block { cipher: block_cipher(parameters)?, mac: mac(parameters, rules)? }
            }
        };
        let export_key_len = parameters.export.then(|| export_key_len(parameters));
        Some(Self { key_exchange, bulk, hash: hash(parameters)?, export_key_len })
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
        let export = suite.is_some_and(|suite| suite.export_key_len.is_some());
        match suite.map(|suite| suite.key_exchange) {
            Some(KeyExchange::Dhe | KeyExchange::Ecdhe) => Self::Always,
            Some(KeyExchange::Dh | KeyExchange::Ecdh | KeyExchange::Rsa) if !export => Self::Never,
            // A certificate whose key is short enough for export needs no other.
            _ => Self::Maybe,
        }
    }
}

fn aead(suite: CipherSuite, parameters: &SuiteParameters) -> Option<Aead> {
    use registry::Cipher;
    Some(match (parameters.cipher, parameters.bits) {
        (Cipher::AesCcm, 128) => Aead::Aes128Ccm,
        (Cipher::AesCcm, 256) => Aead::Aes256Ccm,
        (Cipher::AesCcm8, 128) => Aead::Aes128Ccm8,
        (Cipher::AesCcm8, 256) => Aead::Aes256Ccm8,
        (Cipher::AesGcm, 128) => Aead::Aes128Gcm,
        (Cipher::AesGcm, 256) => Aead::Aes256Gcm,
        (Cipher::AriaGcm, 128) => Aead::Aria128Gcm,
        (Cipher::AriaGcm, 256) => Aead::Aria256Gcm,
        (Cipher::CamelliaGcm, 128) => Aead::Camellia128Gcm,
        (Cipher::CamelliaGcm, 256) => Aead::Camellia256Gcm,
        (Cipher::Chacha20Poly1305, _) if BEFORE_RFC_7905.contains(&suite) => {
            Aead::ChaCha20Poly1305Draft
        }
        (Cipher::Chacha20Poly1305, _) => Aead::ChaCha20Poly1305,
        _ => return None,
    })
}

/// Those of draft-agl-tls-chacha20poly1305, which were in use before there were others.
const BEFORE_RFC_7905: [CipherSuite; 3] = [
    CipherSuite::TLS_DHE_RSA_WITH_CHACHA20_POLY1305_OLD_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_OLD_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_OLD_SHA256,
];

fn block_cipher(parameters: &SuiteParameters) -> Option<BlockCipher> {
    use registry::Cipher;
    Some(match (parameters.cipher, parameters.bits) {
        (Cipher::AesCbc, 128) => BlockCipher::Aes128,
        (Cipher::AesCbc, 256) => BlockCipher::Aes256,
        (Cipher::AriaCbc, 128) => BlockCipher::Aria128,
        (Cipher::AriaCbc, 256) => BlockCipher::Aria256,
        (Cipher::CamelliaCbc, 128) => BlockCipher::Camellia128,
        (Cipher::CamelliaCbc, 256) => BlockCipher::Camellia256,
        // For export, 16 bits of the key are known to everybody.
        (Cipher::DesCbc, _) => BlockCipher::Des,
        (Cipher::IdeaCbc, _) => BlockCipher::Idea,
        (Cipher::Rc2Cbc, _) => BlockCipher::Rc2,
        (Cipher::SeedCbc, _) => BlockCipher::Seed,
        (Cipher::TripleDesEdeCbc, _) => BlockCipher::TripleDes,
        _ => return None,
    })
}

fn mac(parameters: &SuiteParameters, rules: Rules) -> Option<Mac> {
    let mac = match parameters.mac {
        registry::Mac::Md5 => Mac::Md5,
        registry::Mac::Sha => Mac::Sha1,
        registry::Mac::Sha256 => Mac::Sha256,
        registry::Mac::Sha384 => Mac::Sha384,
        _ => return None,
    };
    // The MAC of SSL 3 is not defined for the hashes that came later.
    (rules.has_hmac() || mac.old_hash().is_some()).then_some(mac)
}

/// Secret bytes of a key for export: DES with its 56 bits has a byte for every seven.
fn export_key_len(parameters: &SuiteParameters) -> usize {
    match (parameters.cipher, parameters.bits) {
        (_, 40) => 5,
        (registry::Cipher::DesCbc, _) => 8,
        _ => 7,
    }
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
        let bulk = Bulk13::Aead(Aead::ChaCha20Poly1305);
        let expected = Suite13 { bulk, hash: Hash::Sha256 };
        assert_eq!(Suite13::of(chacha), Some(expected));
        assert_eq!(LegacySuite::of(chacha, TLS_1_2), None);

        let cbc = CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384;
        let expected = LegacySuite {
            key_exchange: KeyExchange::Ecdhe,
            bulk: Bulk::Block { cipher: BlockCipher::Aes256, mac: Mac::Sha384 },
            hash: Hash::Sha384,
            export_key_len: None,
        };
        assert_eq!(LegacySuite::of(cbc, TLS_1_2), Some(expected));
        assert_eq!(Suite13::of(cbc), None);

        for lacking in [
            CipherSuite::TLS_PSK_WITH_AES_128_CBC_SHA,
            CipherSuite::TLS_KRB5_WITH_RC4_128_SHA,
            CipherSuite::TLS_SRP_SHA_WITH_AES_128_CBC_SHA,
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
