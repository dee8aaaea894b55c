//! `chrome-like`: the offer of Chrome 131 to 149 on a desktop, whose JA4 it has.
//!
//! Published as JA4 `t13d1516h2_8daaf6152771_d8a2da3f94cd` with the JA3 lists that the test beside this file holds against
//! it. GREASE (RFC 8701) stands where Chrome puts it, the order of extensions is drawn for each connection since Chrome 110.

use std::borrow::Cow;

use tlscensus_tls_wire::registry::CertificateCompression;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use super::BASE;
use super::GREASE;
use super::Profile;

pub(super) const PROFILE: Profile = Profile {
    name: Cow::Borrowed("chrome-like"),
    versions: Cow::Borrowed(&[Version(GREASE), Version::TLS_1_3, Version::TLS_1_2]),
    session_id: true,
    suites: Cow::Borrowed(&[
        CipherSuite(GREASE),
        CipherSuite::TLS_AES_128_GCM_SHA256,
        CipherSuite::TLS_AES_256_GCM_SHA384,
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
        CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_RSA_WITH_AES_256_GCM_SHA384,
        CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA,
    ]),
    extensions: Cow::Borrowed(&[
        ExtensionType(GREASE),
        ExtensionType::SERVER_NAME,
        ExtensionType::EXTENDED_MASTER_SECRET,
        ExtensionType::RENEGOTIATION_INFO,
        ExtensionType::SUPPORTED_GROUPS,
        ExtensionType::EC_POINT_FORMATS,
        ExtensionType::SESSION_TICKET,
        ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION,
        ExtensionType::STATUS_REQUEST,
        ExtensionType::SIGNATURE_ALGORITHMS,
        ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP,
        ExtensionType::KEY_SHARE,
        ExtensionType::PSK_KEY_EXCHANGE_MODES,
        ExtensionType::SUPPORTED_VERSIONS,
        ExtensionType::COMPRESS_CERTIFICATE,
        ExtensionType::APPLICATION_SETTINGS,
        ExtensionType::ENCRYPTED_CLIENT_HELLO,
        ExtensionType(GREASE),
    ]),
    shuffled: true,
    groups: Cow::Borrowed(&[
        NamedGroup(GREASE),
        NamedGroup::X25519MLKEM768,
        NamedGroup::X25519,
        NamedGroup::SECP256R1,
        NamedGroup::SECP384R1,
    ]),
    key_shares: Cow::Borrowed(&[
        NamedGroup(GREASE),
        NamedGroup::X25519MLKEM768,
        NamedGroup::X25519,
    ]),
    schemes: Cow::Borrowed(&[
        SignatureScheme::ECDSA_SECP256R1_SHA256,
        SignatureScheme::RSA_PSS_RSAE_SHA256,
        SignatureScheme::RSA_PKCS1_SHA256,
        SignatureScheme::ECDSA_SECP384R1_SHA384,
        SignatureScheme::RSA_PSS_RSAE_SHA384,
        SignatureScheme::RSA_PKCS1_SHA384,
        SignatureScheme::RSA_PSS_RSAE_SHA512,
        SignatureScheme::RSA_PKCS1_SHA512,
    ]),
    alpn: Cow::Borrowed(&["h2", "http/1.1"]),
    certificate_compressions: Cow::Borrowed(&[CertificateCompression::BROTLI]),
    ..BASE
};
