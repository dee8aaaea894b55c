//! What a client offers. A profile is added by one item here and one line in [`PROFILES`].

use std::borrow::Cow;

use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

/// An offer: everything the ClientHello says that does not depend on the server probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The stable word that rows carry.
    pub name: Cow<'static, str>,
    /// Versions, best first.
    pub versions: Cow<'static, [Version]>,
    /// Cipher suites in order of preference, signals included.
    pub suites: Cow<'static, [CipherSuite]>,
    /// Groups in order of preference.
    pub groups: Cow<'static, [NamedGroup]>,
    /// The groups of which a key share is sent at once (TLS 1.3).
    pub key_shares: Cow<'static, [NamedGroup]>,
    /// Signature schemes in order of preference.
    pub schemes: Cow<'static, [SignatureScheme]>,
    /// Application protocols; no extension where this is empty.
    pub alpn: Cow<'static, [&'static str]>,
    /// Whether a stapled OCSP response and SCTs are asked for.
    pub staples: bool,
}

impl Profile {
    /// The profile with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PROFILES.iter().find(|profile| profile.name == name)
    }

    /// The best version offered.
    pub fn highest_version(&self) -> Version {
        self.versions.iter().copied().max().unwrap_or(Version::TLS_1_2)
    }
}

/// Every profile.
pub static PROFILES: &[Profile] = &[MODERN, MODERN_TLS12];

/// What a browser of today would complete with, and the CBC and RSA suites that mail servers still need.
const MODERN: Profile = Profile {
    name: Cow::Borrowed("modern"),
    versions: Cow::Borrowed(&[Version::TLS_1_3, Version::TLS_1_2]),
    suites: Cow::Borrowed(MODERN_SUITES),
    groups: Cow::Borrowed(MODERN_GROUPS),
    key_shares: Cow::Borrowed(&[NamedGroup::X25519MLKEM768, NamedGroup::X25519]),
    schemes: Cow::Borrowed(MODERN_SCHEMES),
    alpn: Cow::Borrowed(&[]),
    staples: true,
};

/// The same without TLS 1.3 and its large key shares, for servers that choke on them.
const MODERN_TLS12: Profile = Profile {
    name: Cow::Borrowed("modern-tls12"),
    versions: Cow::Borrowed(&[Version::TLS_1_2]),
    suites: Cow::Borrowed(MODERN_SUITES.split_at(TLS13_SUITES).1),
    groups: Cow::Borrowed(&[
        NamedGroup::X25519,
        NamedGroup::SECP256R1,
        NamedGroup::SECP384R1,
        NamedGroup::SECP521R1,
    ]),
    key_shares: Cow::Borrowed(&[]),
    schemes: Cow::Borrowed(MODERN_SCHEMES),
    alpn: Cow::Borrowed(&[]),
    staples: true,
};

const MODERN_SUITES: &[CipherSuite] = &[
    CipherSuite::TLS_AES_128_GCM_SHA256,
    CipherSuite::TLS_AES_256_GCM_SHA384,
    CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA256,
    CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA256,
    CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
    CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA,
];

const MODERN_GROUPS: &[NamedGroup] = &[
    NamedGroup::X25519MLKEM768,
    NamedGroup::X25519,
    NamedGroup::SECP256R1,
    NamedGroup::SECP384R1,
    NamedGroup::SECP521R1,
    NamedGroup::SECP256R1MLKEM768,
    NamedGroup::SECP384R1MLKEM1024,
    NamedGroup::MLKEM768,
    NamedGroup::MLKEM1024,
];

const MODERN_SCHEMES: &[SignatureScheme] = &[
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

/// Suites at the head of the modern offer that only TLS 1.3 has.
const TLS13_SUITES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeyShares;
    use crate::rules::Rules;
    use crate::suite::LegacySuite;
    use crate::suite::Suite13;

    #[test]
    fn every_profile_is_consistent_and_completable() {
        let keys = KeyShares::generate();
        for (index, profile) in PROFILES.iter().enumerate() {
            let name = &profile.name;
            assert_eq!(Profile::named(name), Some(profile), "{name} is unique");
            assert!(!PROFILES[..index].iter().any(|other| other.name == *name));
            let tls13 = profile.versions.contains(&Version::TLS_1_3);
            assert_eq!(tls13, !profile.key_shares.is_empty(), "{name}");
            let rules = Rules { version: Version::TLS_1_2 };
            for suite in profile.suites.iter() {
                let completable = match Suite13::of(*suite) {
                    Some(_) => tls13,
                    None => LegacySuite::of(*suite, rules).is_some(),
                };
                assert!(completable, "{name} offers {suite}");
            }
            for group in profile.groups.iter() {
                assert!(keys.private().share(*group).is_some(), "{name} offers {group}");
            }
            for share in profile.key_shares.iter() {
                assert!(profile.groups.contains(share), "{name} has a share of {share}");
            }
        }
    }
}
