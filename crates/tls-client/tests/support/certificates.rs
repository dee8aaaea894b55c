//! Keys and certificates for the servers.

use std::sync::OnceLock;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::dh::Dh;
use openssl::dsa::Dsa;
use openssl::hash::MessageDigest;
use openssl::pkey::Id;
use openssl::pkey::PKey;
use openssl::pkey::Private;
use openssl::pkey_ctx::PkeyCtx;
use openssl::provider::Provider;
use openssl::rsa::Rsa;
use openssl::x509::X509;
use openssl::x509::X509NameBuilder;
use tlscensus_tls_wire::registry::NamedGroup;

use crate::support::NAME;

/// A certificate with its key.
pub(crate) struct Identity {
    pub(crate) certificate: Vec<u8>,
    /// PKCS#8.
    pub(crate) key: Vec<u8>,
}

/// The kinds of key a server can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Rsa512,
    Rsa1024,
    Rsa2048,
    Rsa4096,
    RsaPss2048,
    Dsa1024,
    Dsa2048,
    P224,
    P256,
    P384,
    P521,
    Secp256k1,
    Brainpool256,
    Brainpool384,
    Brainpool512,
    Ed25519,
    Ed448,
    /// A key for static Diffie-Hellman, signed for by RSA.
    DhByRsa,
    /// The same, signed for by DSA.
    DhByDsa,
    /// A key on P-256, signed for by RSA.
    P256ByRsa,
}

impl Kind {
    /// Every kind with the word that lists carry.
    pub(crate) const WORDS: &[(Self, &str)] = &[
        (Self::Rsa512, "RSA-512"),
        (Self::Rsa1024, "RSA-1024"),
        (Self::Rsa2048, "RSA-2048"),
        (Self::Rsa4096, "RSA-4096"),
        (Self::RsaPss2048, "RSASSA-PSS-2048"),
        (Self::Dsa1024, "DSA-1024"),
        (Self::Dsa2048, "DSA-2048"),
        (Self::P224, "P-224"),
        (Self::P256, "P-256"),
        (Self::P384, "P-384"),
        (Self::P521, "P-521"),
        (Self::Secp256k1, "secp256k1"),
        (Self::Brainpool256, "brainpoolP256r1"),
        (Self::Brainpool384, "brainpoolP384r1"),
        (Self::Brainpool512, "brainpoolP512r1"),
        (Self::Ed25519, "Ed25519"),
        (Self::Ed448, "Ed448"),
        (Self::DhByRsa, "DH-2048-by-RSA"),
        (Self::DhByDsa, "DH-2048-by-DSA"),
        (Self::P256ByRsa, "P-256-by-RSA"),
    ];

    /// The kinds that every library of today has.
    pub(crate) const ALL: [Self; 5] =
        [Self::Rsa2048, Self::P256, Self::P384, Self::P521, Self::Ed25519];

    pub(crate) fn word(self) -> &'static str {
        Self::WORDS[self.index()].1
    }

    /// The curve of the key.
    pub(crate) fn curve(self) -> Option<NamedGroup> {
        match self {
            Self::P224 => Some(NamedGroup::SECP224R1),
            Self::P256 | Self::P256ByRsa => Some(NamedGroup::SECP256R1),
            Self::P384 => Some(NamedGroup::SECP384R1),
            Self::P521 => Some(NamedGroup::SECP521R1),
            Self::Secp256k1 => Some(NamedGroup::SECP256K1),
            Self::Brainpool256 => Some(NamedGroup::BRAINPOOLP256R1),
            Self::Brainpool384 => Some(NamedGroup::BRAINPOOLP384R1),
            Self::Brainpool512 => Some(NamedGroup::BRAINPOOLP512R1),
            _ => None,
        }
    }

    fn index(self) -> usize {
        Self::WORDS.iter().position(|(kind, _)| *kind == self).unwrap()
    }

    /// One identity of this kind, the same for the whole run.
    pub(crate) fn identity(self) -> &'static Identity {
        static IDENTITIES: [OnceLock<Identity>; Kind::WORDS.len()] =
            [const { OnceLock::new() }; Kind::WORDS.len()];
        load_providers();
        IDENTITIES[self.index()].get_or_init(|| self.generate())
    }

    fn generate(self) -> Identity {
        let key = self.generate_key();
        let issuer = match self {
            Self::DhByRsa | Self::P256ByRsa => Some(Self::Rsa2048),
            Self::DhByDsa => Some(Self::Dsa1024),
            _ => None,
        };
        let issuer_key =
            issuer.map(|kind| PKey::private_key_from_der(&kind.identity().key).unwrap());
        Identity {
            certificate: certificate(&key, issuer_key.as_ref().unwrap_or(&key)),
            key: key.private_key_to_pkcs8().unwrap(),
        }
    }

    fn generate_key(self) -> PKey<Private> {
        let rsa = |bits| PKey::from_rsa(Rsa::generate(bits).unwrap());
        let dsa = |bits| PKey::from_dsa(Dsa::generate(bits).unwrap());
        match self {
            Self::Rsa512 => rsa(512),
            Self::Rsa1024 => rsa(1_024),
            Self::Rsa2048 => rsa(2_048),
            Self::Rsa4096 => rsa(4_096),
            Self::RsaPss2048 => {
                let mut generator = PkeyCtx::new_id(Id::RSA_PSS).unwrap();
                generator.keygen_init().unwrap();
                generator.set_rsa_keygen_bits(2_048).unwrap();
                generator.keygen()
            }
            Self::Dsa1024 => dsa(1_024),
            Self::Dsa2048 => dsa(2_048),
            Self::P224 => PKey::ec_gen("secp224r1"),
            Self::P256 | Self::P256ByRsa => PKey::ec_gen("prime256v1"),
            Self::P384 => PKey::ec_gen("secp384r1"),
            Self::P521 => PKey::ec_gen("secp521r1"),
            Self::Secp256k1 => PKey::ec_gen("secp256k1"),
            Self::Brainpool256 => PKey::ec_gen("brainpoolP256r1"),
            Self::Brainpool384 => PKey::ec_gen("brainpoolP384r1"),
            Self::Brainpool512 => PKey::ec_gen("brainpoolP512r1"),
            Self::Ed25519 => PKey::generate_ed25519(),
            Self::Ed448 => PKey::generate_ed448(),
            Self::DhByRsa | Self::DhByDsa => {
                let prime = BigNum::get_rfc3526_prime_2048().unwrap();
                let field = Dh::from_pqg(prime, None, BigNum::from_u32(2).unwrap()).unwrap();
                PKey::from_dh(field.generate_key().unwrap())
            }
        }
        .unwrap()
    }
}

/// RC4, DES, SEED and IDEA live in OpenSSL's provider of old ciphers. Whoever loads one loads the default one too, first and
/// for good, for the sake of the tests in other threads.
pub(crate) fn load_providers() {
    static LOADED: OnceLock<[Provider; 2]> = OnceLock::new();
    LOADED.get_or_init(|| ["default", "legacy"].map(|name| Provider::load(None, name).unwrap()));
}

/// A certificate of this key for a year, signed by `issuer`.
fn certificate(key: &PKey<Private>, issuer: &PKey<Private>) -> Vec<u8> {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", NAME).unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(365).unwrap()).unwrap();
    let digest = match issuer.id() {
        Id::ED25519 | Id::ED448 => MessageDigest::null(),
        // Old libraries know no other for DSA.
        Id::DSA => MessageDigest::sha1(),
        _ => MessageDigest::sha256(),
    };
    builder.sign(issuer, digest).unwrap();
    builder.build().to_der().unwrap()
}
