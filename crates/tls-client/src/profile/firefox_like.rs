//! `firefox-like`: the offer of Firefox 140 to 148 on a desktop, whose JA3 and JA4 it has.
//!
//! Published as JA3 `6f7889b9fb1a62a9577e685c1fcfa919` and JA4 `t13d1717h2_5b57614c22b0_3cbfd9057e0d`; the test beside this
//! file holds the lists of the JA3 against it.

use std::borrow::Cow;

use tlscensus_tls_wire::registry::CertificateCompression;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use super::BASE;
use super::Profile;

pub(super) const PROFILE: Profile = Profile {
    name: Cow::Borrowed("firefox-like"),
    versions: Cow::Borrowed(&[Version::TLS_1_3, Version::TLS_1_2]),
    session_id: true,
    suites: Cow::Borrowed(&[
        CipherSuite::TLS_AES_128_GCM_SHA256,
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
        CipherSuite::TLS_AES_256_GCM_SHA384,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
        CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_RSA_WITH_AES_256_GCM_SHA384,
        CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA,
    ]),
    extensions: Cow::Borrowed(&[
        ExtensionType::SERVER_NAME,
        ExtensionType::EXTENDED_MASTER_SECRET,
        ExtensionType::RENEGOTIATION_INFO,
        ExtensionType::SUPPORTED_GROUPS,
        ExtensionType::EC_POINT_FORMATS,
        ExtensionType::SESSION_TICKET,
        ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION,
        ExtensionType::STATUS_REQUEST,
        ExtensionType::DELEGATED_CREDENTIAL,
        ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP,
        ExtensionType::KEY_SHARE,
        ExtensionType::SUPPORTED_VERSIONS,
        ExtensionType::SIGNATURE_ALGORITHMS,
        ExtensionType::PSK_KEY_EXCHANGE_MODES,
        ExtensionType::RECORD_SIZE_LIMIT,
        ExtensionType::COMPRESS_CERTIFICATE,
        ExtensionType::ENCRYPTED_CLIENT_HELLO,
    ]),
    groups: Cow::Borrowed(&[
        NamedGroup::X25519MLKEM768,
        NamedGroup::X25519,
        NamedGroup::SECP256R1,
        NamedGroup::SECP384R1,
        NamedGroup::SECP521R1,
        NamedGroup::FFDHE2048,
        NamedGroup::FFDHE3072,
    ]),
    key_shares: Cow::Borrowed(&[
        NamedGroup::X25519MLKEM768,
        NamedGroup::X25519,
        NamedGroup::SECP256R1,
    ]),
    schemes: Cow::Borrowed(&[
        SignatureScheme::ECDSA_SECP256R1_SHA256,
        SignatureScheme::ECDSA_SECP384R1_SHA384,
        SignatureScheme::ECDSA_SECP521R1_SHA512,
        SignatureScheme::RSA_PSS_RSAE_SHA256,
        SignatureScheme::RSA_PSS_RSAE_SHA384,
        SignatureScheme::RSA_PSS_RSAE_SHA512,
        SignatureScheme::RSA_PKCS1_SHA256,
        SignatureScheme::RSA_PKCS1_SHA384,
        SignatureScheme::RSA_PKCS1_SHA512,
        SignatureScheme::ECDSA_SHA1,
        SignatureScheme::RSA_PKCS1_SHA1,
    ]),
    alpn: Cow::Borrowed(&["h2", "http/1.1"]),
    certificate_compressions: Cow::Borrowed(&[
        CertificateCompression::ZLIB,
        CertificateCompression::BROTLI,
        CertificateCompression::ZSTD,
    ]),
    ..BASE
};
