//! `legacy`: TLS 1.0 to 1.2 with everything that servers of the last two decades could do with a certificate; for those
//! that have no version or suite in common with `modern`.

use std::borrow::Cow;

use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use super::BASE;
use super::Profile;
use super::suites;

pub(super) const PROFILE: Profile = Profile {
    name: Cow::Borrowed("legacy"),
    versions: Cow::Borrowed(&[Version::TLS_1_2, Version::TLS_1_1, Version::TLS_1_0]),
    suites: Cow::Borrowed(SUITES),
    extensions: Cow::Borrowed(&[
        ExtensionType::SERVER_NAME,
        ExtensionType::RENEGOTIATION_INFO,
        ExtensionType::SUPPORTED_GROUPS,
        ExtensionType::EC_POINT_FORMATS,
        ExtensionType::SESSION_TICKET,
        ExtensionType::STATUS_REQUEST,
        ExtensionType::SIGNATURE_ALGORITHMS,
        ExtensionType::EXTENDED_MASTER_SECRET,
        ExtensionType::ENCRYPT_THEN_MAC,
        ExtensionType::PADDING,
    ]),
    groups: Cow::Borrowed(&[
        NamedGroup::SECP256R1,
        NamedGroup::SECP384R1,
        NamedGroup::SECP521R1,
        NamedGroup::X25519,
        NamedGroup::SECP224R1,
        NamedGroup::SECP256K1,
        NamedGroup::BRAINPOOLP256R1,
        NamedGroup::BRAINPOOLP384R1,
        NamedGroup::BRAINPOOLP512R1,
    ]),
    schemes: Cow::Borrowed(SCHEMES),
    ..BASE
};

pub(super) const FAMILIES: &[&[CipherSuite]] = &[
    suites::ECDHE_TLS12,
    suites::ECDHE,
    suites::DHE_TLS12,
    suites::DHE,
    suites::RSA_TLS12,
    suites::RSA,
    suites::RSA_RARE,
    suites::ECDHE_WEAK,
    suites::WEAK,
];
const SUITES: &[CipherSuite] = &suites::joined::<{ suites::count(FAMILIES) }>(FAMILIES);

pub(super) const SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::ECDSA_SECP521R1_SHA512,
    SignatureScheme::RSA_PSS_RSAE_SHA512,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::ECDSA_SHA224,
    SignatureScheme::RSA_PKCS1_SHA224,
    SignatureScheme::ECDSA_SHA1,
    SignatureScheme::RSA_PKCS1_SHA1,
    SignatureScheme::DSA_SHA256,
    SignatureScheme::DSA_SHA224,
    SignatureScheme::DSA_SHA1,
    SignatureScheme::RSA_PKCS1_MD5,
];
