//! `modern`: what a browser of today would complete with, and the CBC and RSA suites that mail servers still need.
//! `modern-tls12`: the same without TLS 1.3 and its large key shares, for servers that choke on them.

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
    name: Cow::Borrowed("modern"),
    versions: Cow::Borrowed(&[Version::TLS_1_3, Version::TLS_1_2]),
    session_id: true,
    suites: Cow::Borrowed(SUITES),
    extensions: Cow::Borrowed(&[
        ExtensionType::SERVER_NAME,
        ExtensionType::EXTENDED_MASTER_SECRET,
        ExtensionType::RENEGOTIATION_INFO,
        ExtensionType::SUPPORTED_GROUPS,
        ExtensionType::EC_POINT_FORMATS,
        ExtensionType::SESSION_TICKET,
        ExtensionType::ENCRYPT_THEN_MAC,
        ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION,
        ExtensionType::STATUS_REQUEST,
        ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP,
        ExtensionType::SIGNATURE_ALGORITHMS,
        ExtensionType::KEY_SHARE,
        ExtensionType::PSK_KEY_EXCHANGE_MODES,
        ExtensionType::SUPPORTED_VERSIONS,
        ExtensionType::PADDING,
    ]),
    groups: Cow::Borrowed(&[
        NamedGroup::X25519MLKEM768,
        NamedGroup::X25519,
        NamedGroup::SECP256R1,
        NamedGroup::SECP384R1,
        NamedGroup::SECP521R1,
        NamedGroup::SECP256R1MLKEM768,
        NamedGroup::SECP384R1MLKEM1024,
        NamedGroup::MLKEM768,
        NamedGroup::MLKEM1024,
    ]),
    key_shares: Cow::Borrowed(&[NamedGroup::X25519MLKEM768, NamedGroup::X25519]),
    schemes: Cow::Borrowed(SCHEMES),
    ..BASE
};

pub(super) const TLS12: Profile = Profile {
    name: Cow::Borrowed("modern-tls12"),
    versions: Cow::Borrowed(&[Version::TLS_1_2]),
    session_id: false,
    suites: Cow::Borrowed(SUITES.split_at(suites::TLS13.len()).1),
    groups: Cow::Borrowed(&[
        NamedGroup::X25519,
        NamedGroup::SECP256R1,
        NamedGroup::SECP384R1,
        NamedGroup::SECP521R1,
    ]),
    key_shares: Cow::Borrowed(&[]),
    ..PROFILE
};

const FAMILIES: &[&[CipherSuite]] =
    &[suites::TLS13, suites::ECDHE_TLS12, suites::ECDHE, suites::RSA_TLS12, suites::RSA];
const SUITES: &[CipherSuite] = &suites::joined::<{ suites::count(FAMILIES) }>(FAMILIES);

pub(super) const SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    SignatureScheme::RSA_PSS_PSS_SHA256,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    SignatureScheme::RSA_PSS_PSS_SHA384,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::ECDSA_SECP521R1_SHA512,
    SignatureScheme::RSA_PSS_RSAE_SHA512,
    SignatureScheme::RSA_PSS_PSS_SHA512,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::ECDSA_SHA1,
    SignatureScheme::RSA_PKCS1_SHA1,
];
