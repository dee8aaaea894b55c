//! `everything`: all that has a name, best first. What a server chooses of it is recorded, computable or not.

use std::borrow::Cow;

use tlscensus_tls_wire::registry::CertificateCompression;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::EcPointFormat;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use super::BASE;
use super::Profile;
use super::legacy;
use super::suites;

pub(super) const PROFILE: Profile = Profile {
    name: Cow::Borrowed("everything"),
    versions: Cow::Borrowed(&[
        Version::TLS_1_3,
        Version::TLS_1_2,
        Version::TLS_1_1,
        Version::TLS_1_0,
        Version::SSL_3,
    ]),
    session_id: true,
    suites: Cow::Borrowed(&with_the_rest::<{ COUNT }>()),
    extensions: Cow::Borrowed(&[
        ExtensionType::SERVER_NAME,
        ExtensionType::EXTENDED_MASTER_SECRET,
        ExtensionType::RENEGOTIATION_INFO,
        ExtensionType::SUPPORTED_GROUPS,
        ExtensionType::EC_POINT_FORMATS,
        ExtensionType::SESSION_TICKET,
        ExtensionType::ENCRYPT_THEN_MAC,
        ExtensionType::STATUS_REQUEST,
        ExtensionType::SIGNED_CERTIFICATE_TIMESTAMP,
        ExtensionType::HEARTBEAT,
        ExtensionType::COMPRESS_CERTIFICATE,
        ExtensionType::SIGNATURE_ALGORITHMS,
        ExtensionType::KEY_SHARE,
        ExtensionType::PSK_KEY_EXCHANGE_MODES,
        ExtensionType::SUPPORTED_VERSIONS,
    ]),
    groups: Cow::Borrowed(GROUPS),
    point_formats: Cow::Borrowed(&[
        EcPointFormat::UNCOMPRESSED,
        EcPointFormat::ANSIX962_COMPRESSED_PRIME,
        EcPointFormat::ANSIX962_COMPRESSED_CHAR2,
    ]),
    key_shares: Cow::Borrowed(&[
        NamedGroup::X25519MLKEM768,
        NamedGroup::X25519,
        NamedGroup::SECP256R1,
    ]),
    schemes: Cow::Borrowed(SCHEMES),
    certificate_compressions: Cow::Borrowed(&[
        CertificateCompression::BROTLI,
        CertificateCompression::ZLIB,
        CertificateCompression::ZSTD,
    ]),
    ..BASE
};

/// The suites of TLS 1.3, those of the legacy offer, then all others in the order of their numbers.
const fn with_the_rest<const N: usize>() -> [CipherSuite; N] {
    let mut all = [CipherSuite::TLS_NULL_WITH_NULL_NULL; N];
    let mut count = 0;
    while count < BEST.len() {
        all[count] = BEST[count];
        count += 1;
    }
    let mut at = 0;
    while at < CipherSuite::ENTRIES.len() {
        let suite = CipherSuite(CipherSuite::ENTRIES[at].0);
        if is_of_the_rest(suite) {
            all[count] = suite;
            count += 1;
        }
        at += 1;
    }
    assert!(count == N, "N is the number of suites");
    all
}

const fn is_of_the_rest(suite: CipherSuite) -> bool {
    // The first means that nothing was negotiated yet, the others are signals.
    let is_no_offer = suite.0 == CipherSuite::TLS_NULL_WITH_NULL_NULL.0
        || suite.0 == CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV.0
        || suite.0 == CipherSuite::TLS_FALLBACK_SCSV.0;
    let mut at = 0;
    while at < BEST.len() {
        if BEST[at].0 == suite.0 {
            return false;
        }
        at += 1;
    }
    !is_no_offer
}

/// All that is registered but the three that are no offer.
const COUNT: usize = CipherSuite::ENTRIES.len() - 3;
const LEGACY: &[CipherSuite] =
    &suites::joined::<{ suites::count(legacy::FAMILIES) }>(legacy::FAMILIES);
const BEST: &[CipherSuite] =
    &suites::joined::<{ suites::TLS13.len() + LEGACY.len() }>(&[suites::TLS13, LEGACY]);

const GROUPS: &[NamedGroup] = &[
    NamedGroup::X25519MLKEM768,
    NamedGroup::X25519,
    NamedGroup::SECP256R1,
    NamedGroup::SECP384R1,
    NamedGroup::SECP521R1,
    NamedGroup::X448,
    NamedGroup::SECP256R1MLKEM768,
    NamedGroup::SECP384R1MLKEM1024,
    NamedGroup::MLKEM512,
    NamedGroup::MLKEM768,
    NamedGroup::MLKEM1024,
    NamedGroup::BRAINPOOLP256R1TLS13,
    NamedGroup::BRAINPOOLP384R1TLS13,
    NamedGroup::BRAINPOOLP512R1TLS13,
    NamedGroup::BRAINPOOLP256R1,
    NamedGroup::BRAINPOOLP384R1,
    NamedGroup::BRAINPOOLP512R1,
    NamedGroup::SECP256K1,
    NamedGroup::SECP224R1,
    NamedGroup::SECP224K1,
    NamedGroup::SECP192R1,
    NamedGroup::SECP192K1,
    NamedGroup::SECP160R1,
    NamedGroup::SECP160R2,
    NamedGroup::SECP160K1,
    NamedGroup::SECT571R1,
    NamedGroup::SECT571K1,
    NamedGroup::SECT409R1,
    NamedGroup::SECT409K1,
    NamedGroup::SECT283R1,
    NamedGroup::SECT283K1,
    NamedGroup::SECT239K1,
    NamedGroup::SECT233R1,
    NamedGroup::SECT233K1,
    NamedGroup::SECT193R1,
    NamedGroup::SECT193R2,
    NamedGroup::SECT163R1,
    NamedGroup::SECT163R2,
    NamedGroup::SECT163K1,
    NamedGroup::FFDHE2048,
    NamedGroup::FFDHE3072,
    NamedGroup::FFDHE4096,
    NamedGroup::FFDHE6144,
    NamedGroup::FFDHE8192,
    NamedGroup::CURVESM2,
];

/// Written out like those of the other profiles, though most are in all: an order is half of a fingerprint, and a change of
/// one profile must not change another.
const SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::ED25519,
    SignatureScheme::ED448,
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
    SignatureScheme::ECDSA_BRAINPOOLP256R1TLS13_SHA256,
    SignatureScheme::ECDSA_BRAINPOOLP384R1TLS13_SHA384,
    SignatureScheme::ECDSA_BRAINPOOLP512R1TLS13_SHA512,
    SignatureScheme::MLDSA44,
    SignatureScheme::MLDSA65,
    SignatureScheme::MLDSA87,
    SignatureScheme::SM2SIG_SM3,
    SignatureScheme::ECDSA_SHA224,
    SignatureScheme::RSA_PKCS1_SHA224,
    SignatureScheme::ECDSA_SHA1,
    SignatureScheme::RSA_PKCS1_SHA1,
    SignatureScheme::DSA_SHA512,
    SignatureScheme::DSA_SHA384,
    SignatureScheme::DSA_SHA256,
    SignatureScheme::DSA_SHA224,
    SignatureScheme::DSA_SHA1,
    SignatureScheme::RSA_PKCS1_MD5,
];
