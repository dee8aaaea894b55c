//! Keys and certificates for the servers.

use std::sync::OnceLock;

use rcgen::CertificateParams;
use rcgen::KeyPair;
use rcgen::RsaKeySize;

use crate::support::NAME;

/// A self-signed certificate with its key.
pub(crate) struct Identity {
    pub(crate) certificate: Vec<u8>,
    /// PKCS#8.
    pub(crate) key: Vec<u8>,
}

/// The kinds of key a server can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Rsa2048,
    P256,
    P384,
    P521,
    Ed25519,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Rsa2048, Self::P256, Self::P384, Self::P521, Self::Ed25519];

    /// One identity of this kind, the same for the whole run.
    pub(crate) fn identity(self) -> &'static Identity {
        static IDENTITIES: OnceLock<Vec<Identity>> = OnceLock::new();
        let all = IDENTITIES.get_or_init(|| Self::ALL.map(Self::generate).into());
        let index = Self::ALL.iter().position(|kind| *kind == self).unwrap();
        &all[index]
    }

    fn generate(self) -> Identity {
        let key = match self {
            Self::Rsa2048 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048),
            Self::P256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
            Self::P384 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384),
            Self::P521 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512),
            Self::Ed25519 => KeyPair::generate_for(&rcgen::PKCS_ED25519),
        }
        .unwrap();
        let params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap().der().to_vec();
        Identity { certificate, key: key.serialize_der() }
    }
}
