//! What there is to ask for, most likely first: a server that takes short hellos only is asked in that order.

use tlscensus_tls_wire::registry::Authentication;
use tlscensus_tls_wire::registry::Cipher;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::KeyExchange;
use tlscensus_tls_wire::registry::Mac;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::SuiteParameters;
use tlscensus_tls_wire::registry::Version;

/// Versions whose lists are of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// SSL 3 to TLS 1.2.
    Legacy,
    /// TLS 1.3.
    Tls13,
}

impl Era {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Tls13, Self::Legacy];

    pub(super) fn of(version: Version) -> Self {
        if version.is_tls13() { Self::Tls13 } else { Self::Legacy }
    }
}

/// The kinds of key that sign, as far as schemes tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignerKind {
    /// DSA.
    Dsa,
    /// A curve: ECDSA and EdDSA.
    Curve,
    /// RSA.
    Rsa,
}

impl SignerKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rsa, Self::Curve, Self::Dsa];

    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Dsa => "DSA",
            Self::Curve => "curve",
            Self::Rsa => "RSA",
        }
    }

    /// Who signs with this scheme.
    pub(super) fn of_scheme(scheme: SignatureScheme) -> Option<Self> {
        let name = scheme.name()?;
        let starts = |prefix| name.starts_with(prefix);
        match () {
            () if starts("rsa_") => Some(Self::Rsa),
            () if starts("ecdsa_") || starts("ed") => Some(Self::Curve),
            () if starts("dsa_") => Some(Self::Dsa),
            () => None,
        }
    }

    /// Who signs, or is written in the certificate, for this suite.
    pub(super) fn of_suite(suite: CipherSuite) -> Option<Self> {
        match suite.parameters()?.authentication {
            Authentication::Rsa => Some(Self::Rsa),
            Authentication::Ecdsa => Some(Self::Curve),
            Authentication::Dss => Some(Self::Dsa),
            _ => None,
        }
    }
}

/// Versions asked for, newest first.
pub(super) const VERSIONS: [Version; 5] =
    [Version::TLS_1_3, Version::TLS_1_2, Version::TLS_1_1, Version::TLS_1_0, Version::SSL_3];

/// Every suite that this version can have.
pub(super) fn suites(version: Version) -> Vec<CipherSuite> {
    let mut suites: Vec<(u8, CipherSuite)> = CipherSuite::ENTRIES
        .iter()
        .map(|(code, _)| CipherSuite(*code))
        .filter_map(|suite| Some((suite, suite.parameters()?)))
        .filter(|(suite, parameters)| fits(*suite, parameters, version))
        .map(|(suite, parameters)| (rarity(parameters), suite))
        .collect();
    suites.sort_by_key(|(rarity, _)| *rarity);
    suites.into_iter().map(|(_, suite)| suite).collect()
}

fn fits(suite: CipherSuite, parameters: &SuiteParameters, version: Version) -> bool {
    if suite.is_signal() || suite == CipherSuite::TLS_NULL_WITH_NULL_NULL {
        return false;
    }
    let of_tls13 = parameters.key_exchange == KeyExchange::Any;
    if version.is_tls13() || of_tls13 {
        return version.is_tls13() && of_tls13;
    }
    let needs_tls12 = matches!(parameters.mac, Mac::Aead | Mac::Sha256 | Mac::Sha384);
    version == Version::TLS_1_2 || !needs_tls12
}

/// Whether the key exchange of the suite is over a curve (RFC 8422).
pub(super) fn is_curve(suite: CipherSuite) -> bool {
    suite.parameters().is_some_and(|suite| {
        matches!(suite.key_exchange, KeyExchange::Ecdh | KeyExchange::Ecdhe | KeyExchange::EcdhePsk)
    })
}

/// Small for what servers have, by experience. ChaCha20 never comes first: some servers read that as a wish.
fn rarity(parameters: &SuiteParameters) -> u8 {
    let key_exchange = match parameters.key_exchange {
        KeyExchange::Any | KeyExchange::Ecdhe => 0,
        KeyExchange::Rsa => 1,
        KeyExchange::Dhe => 2,
        _ => 6,
    };
    let authentication = match parameters.authentication {
        Authentication::Any | Authentication::Rsa => 0,
        Authentication::Ecdsa => 1,
        Authentication::Anon | Authentication::Dss => 4,
        _ => 6,
    };
    let cipher = match parameters.cipher {
        Cipher::AesGcm | Cipher::AesCbc => 0,
        Cipher::Chacha20Poly1305 => 1,
        Cipher::TripleDesEdeCbc | Cipher::Rc4 => 2,
        Cipher::CamelliaCbc | Cipher::CamelliaGcm | Cipher::AesCcm | Cipher::AesCcm8 => 3,
        _ => 5,
    };
    key_exchange + authentication + cipher + 3 * u8::from(parameters.export)
}

/// Every group of an era.
///
/// Finite fields before TLS 1.3 are left out: naming one forbids a server that knows them all others (RFC 7919, section 4).
pub(super) fn groups(era: Era) -> Vec<NamedGroup> {
    const LIKELY: [NamedGroup; 5] = [
        NamedGroup::X25519,
        NamedGroup::SECP256R1,
        NamedGroup::SECP384R1,
        NamedGroup::SECP521R1,
        NamedGroup::X448,
    ];
    let rest = NamedGroup::ENTRIES.iter().map(|(code, _)| NamedGroup(*code));
    let rest = rest.filter(|group| !LIKELY.contains(group) && group_fits(*group, era));
    LIKELY.into_iter().chain(rest).collect()
}

fn group_fits(group: NamedGroup, era: Era) -> bool {
    let of_tls13 = matches!(
        group,
        NamedGroup::BRAINPOOLP256R1TLS13
            | NamedGroup::BRAINPOOLP384R1TLS13
            | NamedGroup::BRAINPOOLP512R1TLS13
    ) || group.is_finite_field()
        || group.is_post_quantum();
    // From curveSM2 on, and what RFC 9846 kept of the older ones.
    let in_both = (0x22..=0x29).contains(&group.0);
    let before = !of_tls13 && group.0 <= NamedGroup::X448.0;
    match era {
        Era::Legacy => before || in_both,
        Era::Tls13 => of_tls13 || in_both,
    }
}

/// Every scheme of an era for one kind of key.
pub(super) fn schemes(era: Era, kind: SignerKind) -> Vec<SignatureScheme> {
    let all = SignatureScheme::ENTRIES.iter().rev().map(|(code, _)| SignatureScheme(*code));
    all.filter(|scheme| SignerKind::of_scheme(*scheme) == Some(kind))
        .filter(|scheme| scheme_fits(*scheme, era))
        .collect()
}

fn scheme_fits(scheme: SignatureScheme, era: Era) -> bool {
    let name = scheme.name().unwrap_or_default();
    if name.ends_with("_none") || name.ends_with("_legacy") || scheme.0 >= 0x0840 {
        return false;
    }
    let tls13_only = name.contains("tls13");
    // No handshake of TLS 1.3 is signed with these (RFC 9846, section 4.3.3).
    let legacy_only = name.starts_with("rsa_pkcs1_")
        || name.starts_with("dsa_")
        || matches!(scheme.0, 0x0103 | 0x0203 | 0x0303);
    match era {
        Era::Legacy => !tls13_only,
        Era::Tls13 => !legacy_only,
    }
}

/// Groups for which this client has a key and that nearly every server has.
pub(super) const CLASSICAL: [NamedGroup; 4] =
    [NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1, NamedGroup::SECP521R1];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_its_suites_and_no_signals() {
        let lengths = VERSIONS.map(|version| suites(version).len());
        assert!(lengths[0] >= 5 && lengths[1] > 300, "{lengths:?}");
        assert!(lengths[2] > 100 && lengths[2] == lengths[3], "{lengths:?}");
        for version in VERSIONS {
            let suites = suites(version);
            assert!(!suites.iter().any(|suite| suite.is_signal()));
            let parameters = suites[0].parameters().expect("registered");
            assert_ne!(parameters.cipher, Cipher::Chacha20Poly1305);
        }
        assert!(!suites(Version::TLS_1_1).contains(&CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256));
    }

    #[test]
    fn groups_and_schemes_are_of_their_era() {
        let (legacy, tls13) = (groups(Era::Legacy), groups(Era::Tls13));
        assert!(legacy.contains(&NamedGroup::SECT571R1) && !tls13.contains(&NamedGroup::SECT571R1));
        assert!(tls13.contains(&NamedGroup::X25519MLKEM768));
        assert!(!legacy.iter().any(|group| group.is_finite_field() || group.is_post_quantum()));
        let rsa = schemes(Era::Tls13, SignerKind::Rsa);
        assert!(rsa.contains(&SignatureScheme::RSA_PSS_RSAE_SHA256));
        assert!(!rsa.contains(&SignatureScheme::RSA_PKCS1_SHA256));
        assert!(schemes(Era::Legacy, SignerKind::Curve).contains(&SignatureScheme::ED25519));
    }
}
