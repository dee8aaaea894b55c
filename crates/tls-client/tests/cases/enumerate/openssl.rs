//! The vendored OpenSSL in many configurations: the picture is the configuration, in at most 60 connections.

use openssl::dh::Dh;
use openssl::pkey::PKey;
use openssl::ssl::SslContext;
use openssl::ssl::SslOptions;
use openssl::ssl::SslVersion;
use openssl::ssl::cipher_name;
use openssl::x509::X509;
use tlscensus_tls_client::enumerate::Coverage;
use tlscensus_tls_client::enumerate::Decides;
use tlscensus_tls_client::enumerate::Ended;
use tlscensus_tls_client::enumerate::Era;
use tlscensus_tls_client::enumerate::ListFacts;
use tlscensus_tls_client::enumerate::SignerKind;
use tlscensus_tls_client::enumerate::Verdict;
use tlscensus_tls_wire::registry::Authentication;
use tlscensus_tls_wire::registry::Cipher;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::KeyExchange;
use tlscensus_tls_wire::registry::Mac;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

use crate::support::certificates::Kind;
use crate::support::dice::Dice;
use crate::support::enumerating::Enumerated;
use crate::support::enumerating::enumerate;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::context;

/// What the issue of an enumeration may cost.
const BUDGET: u32 = 60;
/// Suites of each server.
const SUITES: usize = 40;

const TLS13_SUITES: [&str; 5] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
];
/// Groups by OpenSSL's name, ours, and whether versions before TLS 1.3 have them, TLS 1.3 has them.
const GROUPS: [(&str, NamedGroup, bool, bool); 20] = [
    ("X25519", NamedGroup::X25519, true, true),
    ("P-256", NamedGroup::SECP256R1, true, true),
    ("P-384", NamedGroup::SECP384R1, true, true),
    ("P-521", NamedGroup::SECP521R1, true, true),
    ("X448", NamedGroup::X448, true, true),
    ("brainpoolP256r1", NamedGroup::BRAINPOOLP256R1, true, false),
    ("brainpoolP384r1", NamedGroup::BRAINPOOLP384R1, true, false),
    ("brainpoolP512r1", NamedGroup::BRAINPOOLP512R1, true, false),
    ("secp256k1", NamedGroup::SECP256K1, true, false),
    ("brainpoolP256r1tls13", NamedGroup::BRAINPOOLP256R1TLS13, false, true),
    ("brainpoolP384r1tls13", NamedGroup::BRAINPOOLP384R1TLS13, false, true),
    ("ffdhe2048", NamedGroup::FFDHE2048, false, true),
    ("ffdhe3072", NamedGroup::FFDHE3072, false, true),
    ("ffdhe4096", NamedGroup::FFDHE4096, false, true),
    ("MLKEM512", NamedGroup::MLKEM512, false, true),
    ("MLKEM768", NamedGroup::MLKEM768, false, true),
    ("MLKEM1024", NamedGroup::MLKEM1024, false, true),
    ("SecP256r1MLKEM768", NamedGroup::SECP256R1MLKEM768, false, true),
    ("X25519MLKEM768", NamedGroup::X25519MLKEM768, false, true),
    ("SecP384r1MLKEM1024", NamedGroup::SECP384R1MLKEM1024, false, true),
];
const VERSIONS: [(SslVersion, Version); 5] = [
    (SslVersion::TLS1_3, Version::TLS_1_3),
    (SslVersion::TLS1_2, Version::TLS_1_2),
    (SslVersion::TLS1_1, Version::TLS_1_1),
    (SslVersion::TLS1, Version::TLS_1_0),
    (SslVersion::SSL3, Version::SSL_3),
];

/// A configuration and the server of it.
struct Server {
    context: SslContext,
    versions: Vec<Version>,
    /// In the server's order, each with the oldest version that has it.
    suites: Vec<(CipherSuite, Version)>,
    groups: Vec<(NamedGroup, bool, bool)>,
    server_decides: bool,
    what: String,
}

impl Server {
    fn random(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let newest = dice.below(2);
        let oldest = 2 + dice.below(3);
        let server_decides = !dice.once_in(3);
        let mut tls13 = 0;
        if newest == 0 {
            tls13 = 1 + dice.below(TLS13_SUITES.len());
        }
        let mut new = dice.some(&TLS13_SUITES, tls13.max(1));
        // No server has only the rare ones.
        if new.iter().all(|name| name.contains("CCM")) {
            new[0] = TLS13_SUITES[dice.below(3)];
        }
        let old = dice.some(&candidates(), SUITES - tls13);
        let count = 1 + dice.below(GROUPS.len());
        let mut groups = dice.some(&GROUPS, count);
        // Without one of either time there would be suites that cannot be had.
        for group in [&GROUPS[0], &GROUPS[1]] {
            if !groups.contains(group) {
                groups.push(*group);
            }
        }
        let (oldest, newest) = (VERSIONS[oldest], VERSIONS[newest]);
        Self::new(oldest.0, newest.0, &old, &new, &groups, server_decides)
    }

    fn new(
        oldest: SslVersion,
        newest: SslVersion,
        old: &[(CipherSuite, &str)],
        new: &[&str],
        groups: &[(&str, NamedGroup, bool, bool)],
        server_decides: bool,
    ) -> Self {
        let mut builder = context(Kind::Rsa2048.identity());
        let other = Kind::P256.identity();
        builder.set_certificate(&X509::from_der(&other.certificate).unwrap()).unwrap();
        builder.set_private_key(&PKey::private_key_from_der(&other.key).unwrap()).unwrap();
        builder.set_tmp_dh(&Dh::get_2048_256().unwrap()).unwrap();
        builder.set_min_proto_version(Some(oldest)).unwrap();
        builder.set_max_proto_version(Some(newest)).unwrap();
        builder.clear_options(SslOptions::NO_SSLV3);
        let names: Vec<&str> = old.iter().map(|(_, name)| *name).collect();
        builder.set_cipher_list(&format!("{}:@SECLEVEL=0", names.join(":"))).unwrap();
        builder.set_ciphersuites(&new.join(":")).unwrap();
        let names: Vec<&str> = groups.iter().map(|(name, ..)| *name).collect();
        builder.set_groups_list(&names.join(":")).unwrap();
        if server_decides {
            builder.set_options(SslOptions::CIPHER_SERVER_PREFERENCE);
        }
        let context = builder.build();
        let place = |version| VERSIONS.iter().position(|(known, _)| *known == version).unwrap();
        let (first, last) = (place(newest), place(oldest));
        let tls13 = TLS13_SUITES.iter().zip(0x1301..);
        let code = |name: &&str| tls13.clone().find(|(known, _)| *known == name).unwrap().1;
        let suites = new.iter().map(code).map(CipherSuite);
        let suites = suites.filter(|_| first == 0).chain(old.iter().map(|(suite, _)| *suite));
        Self {
            versions: VERSIONS[first..=last].iter().map(|(_, version)| *version).collect(),
            suites: suites.map(|suite| (suite, since(suite))).collect(),
            groups: groups.iter().map(|(_, group, old, new)| (*group, *old, *new)).collect(),
            server_decides,
            what: format!("{names:?} server decides: {server_decides} {newest:?} {oldest:?}"),
            context,
        }
    }

    fn suites(&self, version: Version) -> Vec<CipherSuite> {
        let fits = |since: Version| match version.is_tls13() {
            true => since.is_tls13(),
            false => since <= version,
        };
        let has = self.versions.contains(&version);
        let fitting = self.suites.iter().filter(|(_, since)| has && fits(*since));
        fitting.map(|(suite, _)| *suite).collect()
    }

    fn groups(&self, era: Era) -> Vec<NamedGroup> {
        let fits = |old: bool, new: bool| if era == Era::Tls13 { new } else { old };
        let fitting = self.groups.iter().filter(|(_, old, new)| fits(*old, *new));
        fitting.map(|(group, ..)| *group).collect()
    }

    fn enumerate(&self, budget: u32) -> Enumerated {
        enumerate(budget, &[], || Box::new(OpensslServer::from_context(&self.context)))
    }
}

/// Every suite before TLS 1.3 that such a server can choose, with OpenSSL's name.
fn candidates() -> Vec<(CipherSuite, &'static str)> {
    let known = CipherSuite::ENTRIES.iter().map(|(code, name)| (CipherSuite(*code), *name));
    let fitting = known.filter(|(suite, _)| {
        suite.parameters().is_some_and(|suite| {
            let exchange = matches!(
                suite.key_exchange,
                KeyExchange::Ecdhe | KeyExchange::Dhe | KeyExchange::Rsa
            );
            // IDEA ends with TLS 1.1 (RFC 5246, appendix A.5): it has a test of its own.
            exchange
                && suite.authentication != Authentication::Dss
                && suite.cipher != Cipher::IdeaCbc
        })
    });
    let names = fitting.map(|(suite, name)| (suite, cipher_name(name)));
    let mut builder = context(Kind::Rsa2048.identity());
    let names = names.filter(|(_, name)| {
        *name != "(NONE)" && builder.set_cipher_list(&format!("{name}:@SECLEVEL=0")).is_ok()
    });
    let names: Vec<_> = names.collect();
    assert!(names.len() >= 60, "{}", names.len());
    names
}

/// The oldest version that has it, by RFC 5246, RFC 8422 and what follows them.
fn since(suite: CipherSuite) -> Version {
    let parameters = suite.parameters().unwrap();
    match (parameters.key_exchange, parameters.mac) {
        (KeyExchange::Any, _) => Version::TLS_1_3,
        (_, Mac::Aead | Mac::Sha256 | Mac::Sha384) => Version::TLS_1_2,
        (KeyExchange::Ecdhe, _) => Version::TLS_1_0,
        _ => Version::SSL_3,
    }
}

fn check<T: Copy + PartialEq + std::fmt::Debug>(
    facts: &ListFacts<T>,
    expected: &[T],
    server_decides: bool,
    what: &impl Fn() -> String,
) {
    let items = facts.items();
    let whole = matches!(facts.coverage, Coverage::Complete | Coverage::Inferred);
    assert!(whole, "{:?} {}", facts.coverage, what());
    if server_decides {
        assert_eq!(items, expected, "{}", what());
        assert!(facts.is_ranked() || expected.len() < 2, "{expected:?} {}", what());
    } else {
        assert_eq!(items.len(), expected.len(), "{items:?} {expected:?} {}", what());
        assert!(items.iter().all(|item| expected.contains(item)), "{items:?} {}", what());
    }
    if expected.len() > 1 {
        let right = if server_decides { Decides::Server } else { Decides::Client };
        assert_eq!(facts.decides, right, "{}", what());
    }
}

#[test]
fn the_picture_is_the_configuration_in_sixty_connections() {
    let mut needed = Vec::new();
    for seed in 0..40 {
        let server = Server::random(seed);
        assert_eq!(server.suites.len(), SUITES, "{seed}");
        let Enumerated { facts, log } = server.enumerate(BUDGET);
        let what = || format!("seed {seed}: {}\n{}", server.what, log.join("\n"));
        assert!(matches!(facts.ended, Ended::Complete | Ended::BudgetSpent));
        for version in &facts.versions {
            let has = server.versions.contains(&version.version);
            let support = if has { Verdict::Supported } else { Verdict::Absent };
            assert_eq!(version.support, support, "{} {}", version.version, what());
            let expected = server.suites(version.version);
            check(&version.suites, &expected, server.server_decides, &what);
        }
        for (era, groups) in &facts.groups {
            let any =
                server.versions.iter().any(|version| version.is_tls13() == (*era == Era::Tls13));
            let expected = if any { server.groups(*era) } else { Vec::new() };
            check(groups, &expected, server.server_decides, &what);
        }
        for (kind, verdict) in &facts.certificates {
            let has = *kind != SignerKind::Dsa;
            let expected = if has { Verdict::Supported } else { Verdict::Absent };
            assert_eq!(*verdict, expected, "{kind:?} {}", what());
        }
        assert_eq!(facts.contradictions, 0, "{}", what());
        needed.push(core_questions(&log));
    }
    assert!(needed.iter().all(|needed| *needed <= BUDGET), "{needed:?}");
}

#[test]
fn what_only_an_older_version_has_is_found_there() {
    let idea = (CipherSuite::TLS_RSA_WITH_IDEA_CBC_SHA, "IDEA-CBC-SHA");
    let aes = (CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA, "AES128-SHA");
    let gcm = (CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256, "AES128-GCM-SHA256");
    let (oldest, newest) = (SslVersion::TLS1_1, SslVersion::TLS1_2);
    let new = &TLS13_SUITES[..1];
    let server = Server::new(oldest, newest, &[gcm, idea, aes], new, &GROUPS[..2], true);
    let Enumerated { facts, log } = server.enumerate(BUDGET);
    let suites = |version: Version| {
        let facts = facts.versions.iter().find(|facts| facts.version == version).unwrap();
        (facts.suites.items(), facts.suites.coverage, facts.suites.decides)
    };
    let whole = (Coverage::Complete, Decides::Server);
    for (version, expected) in
        [(Version::TLS_1_2, vec![gcm.0, aes.0]), (Version::TLS_1_1, vec![idea.0, aes.0])]
    {
        let (items, coverage, decides) = suites(version);
        assert_eq!((items, (coverage, decides)), (expected, whole), "{}", log.join("\n"));
    }
}

/// Such a server turns down every hello that would otherwise show its certificate on the way: it has no second group.
#[test]
fn with_tls13_and_one_group_the_certificate_is_found_whatever_the_group() {
    for (name, group, ..) in GROUPS.iter().filter(|(.., tls13)| *tls13) {
        let mut builder = context(Kind::Rsa2048.identity());
        builder.set_min_proto_version(Some(SslVersion::TLS1_3)).unwrap();
        builder.set_groups_list(name).unwrap();
        let context = builder.build();
        let ask = || enumerate(BUDGET, &[], || Box::new(OpensslServer::from_context(&context)));
        let Enumerated { facts, log } = ask();
        let what = format!("{group}: {}", log.join("\n"));
        assert_eq!((facts.ended, facts.contradictions), (Ended::Complete, 0), "{what}");
        let verdicts = facts.certificates.iter().map(|(_, verdict)| *verdict);
        let expected = [Verdict::Supported, Verdict::Absent, Verdict::Absent];
        assert_eq!(verdicts.collect::<Vec<_>>(), expected, "{what}");
        let of_rsa = (Era::Tls13, SignerKind::Rsa);
        let schemes = facts.schemes.iter().find(|(era, kind, _)| (*era, *kind) == of_rsa);
        let (.., schemes) = schemes.unwrap();
        assert_eq!((schemes.items().len(), schemes.coverage), (3, Coverage::Complete), "{what}");
        assert_eq!(schemes.decides, Decides::Client, "{what}");
    }
}

/// Questions up to the last that the picture of versions, suites, groups and orders needs.
fn core_questions(log: &[String]) -> u32 {
    let beyond = [
        "offered share",
        "certificate",
        "other certificate",
        "protocols",
        "session",
        "resumption",
        "RSA schemes",
        "curve schemes",
    ];
    let beyond = |line: &String| beyond.iter().any(|aim| line.starts_with(aim));
    u32::try_from(log.iter().position(beyond).unwrap_or(log.len())).unwrap()
}
