//! Hundreds of servers made of lists: whatever they have is found, whatever they do the budget is kept.

use tlscensus_tls_client::enumerate::Coverage;
use tlscensus_tls_client::enumerate::Decides;
use tlscensus_tls_client::enumerate::Ended;
use tlscensus_tls_client::enumerate::Era;
use tlscensus_tls_client::enumerate::Evidence;
use tlscensus_tls_client::enumerate::ListFacts;
use tlscensus_tls_client::enumerate::Verdict;
use tlscensus_tls_wire::registry::Authentication;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::KeyExchange;
use tlscensus_tls_wire::registry::Mac;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::support::dice::Dice;
use crate::support::enumerating::Enumerated;
use crate::support::enumerating::enumerate;
use crate::support::model_server::KEY_CURVES;
use crate::support::model_server::Minds;
use crate::support::model_server::Model;
use crate::support::model_server::ModelServer;
use crate::support::model_server::Refusal;

const PROTOCOLS: &[&str] = &["h2", "http/1.1", "imap"];

/// A server that may have anything.
fn random_model(seed: u64) -> Model {
    let mut dice = Dice(seed);
    let tls13: Vec<CipherSuite> = (0x1301..=0x1305).map(CipherSuite).collect();
    let mut legacy: Vec<CipherSuite> =
        CipherSuite::ENTRIES.iter().map(|(code, _)| CipherSuite(*code)).collect();
    legacy.retain(|suite| {
        suite.parameters().is_some_and(|suite| {
            matches!(suite.key_exchange, KeyExchange::Ecdhe | KeyExchange::Dhe | KeyExchange::Rsa)
                && matches!(
                    suite.authentication,
                    Authentication::Rsa | Authentication::Ecdsa | Authentication::Anon
                )
        })
    });
    let count = 1 + dice.below(40);
    let legacy = dice.some(&legacy, count);
    let mut versions = Vec::new();
    for version in [Version::TLS_1_2, Version::TLS_1_1, Version::TLS_1_0, Version::SSL_3] {
        let suites: Vec<_> = legacy.iter().copied().filter(|suite| fits(*suite, version)).collect();
        if !suites.is_empty() && !dice.once_in(3) {
            versions.push((version, suites));
        }
    }
    if versions.is_empty() || !dice.once_in(3) {
        let count = 1 + dice.below(5);
        versions.push((Version::TLS_1_3, dice.some(&tls13, count)));
    }
    let curves: Vec<NamedGroup> = (1..=30).map(NamedGroup).collect();
    let groups = [0x1d, 0x17, 0x18, 0x19, 0x1e, 0x100, 0x101, 0x11eb, 0x11ec, 0x11ed];
    let groups = groups.map(NamedGroup);
    let schemes = [0x0401, 0x0501, 0x0601, 0x0201, 0x0804, 0x0805, 0x0403, 0x0503, 0x0807];
    let mut schemes: Vec<SignatureScheme> = schemes.map(SignatureScheme).into();
    dice.shuffle(&mut schemes);
    let count = 1 + dice.below(9);
    let legacy_groups = dice.some(&curves, count);
    let count = 1 + dice.below(groups.len());
    let keys = KEY_CURVES.map(|(curve, _)| curve);
    let keys: Vec<_> = keys.into_iter().filter(|curve| legacy_groups.contains(curve)).collect();
    let certificate_curve = (!keys.is_empty() && !dice.once_in(4)).then(|| dice.one(&keys));
    let count_protocols = dice.below(3);
    Model {
        versions,
        server_decides_suites: dice.once_in(2),
        certificate_curve,
        minds_certificate_curve: !dice.once_in(3),
        legacy_groups,
        tls13_groups: dice.some(&groups, count),
        server_decides_groups: dice.once_in(2),
        schemes,
        protocols: dice.some(&["imap", "h2", "unheard-of"], count_protocols),
        protocols_strict: dice.once_in(3),
        refusal: if dice.once_in(3) { Refusal::Close } else { Refusal::Alert },
        minds: match dice.below(6) {
            0 => Minds::Tls13,
            1 => Minds::Longer(300 + dice.below(700)),
            _ => Minds::Nothing,
        },
    }
}

fn fits(suite: CipherSuite, version: Version) -> bool {
    let mac = suite.parameters().unwrap().mac;
    let new = matches!(mac, Mac::Aead | Mac::Sha256 | Mac::Sha384);
    version == Version::TLS_1_2 || !new
}

fn ask(model: &Model, budget: u32) -> Enumerated {
    enumerate(budget, PROTOCOLS, || Box::new(ModelServer::new(model.clone())))
}

/// What the model can show at all.
fn visible(model: &Model) -> Model {
    let mut visible = model.clone();
    if model.minds == Minds::Tls13 {
        visible.versions.retain(|(version, _)| !version.is_tls13());
    }
    visible
}

#[test]
fn with_enough_connections_the_picture_is_the_server() {
    let (mut most, mut unreached, mut hidden) = (0, 0, 0);
    for seed in 0..160 {
        let model = random_model(seed);
        let Enumerated { facts, log } = ask(&model, 1_000);
        let what = || format!("seed {seed}: {model:?}\n{}", log.join("\n"));
        let seen = visible(&model);
        // A server that takes short hellos only, and has nothing that is likely, is beyond reach.
        let hopeless =
            matches!(model.minds, Minds::Longer(_)) && facts.ended == Ended::NeverAnswered;
        unreached += usize::from(hopeless);
        if seen.versions.is_empty() || hopeless {
            assert_eq!(facts.ended, Ended::NeverAnswered, "{}", what());
            continue;
        }
        assert_eq!(facts.ended, Ended::Complete, "{}", what());
        for version in &facts.versions {
            let has = seen.versions.iter().find(|(has, _)| *has == version.version);
            let support = if has.is_some() { Verdict::Supported } else { Verdict::Absent };
            assert_eq!(version.support, support, "{} {}", version.version, what());
            let expected = has.map(|(_, suites)| suites.clone()).unwrap_or_default();
            let decides = seen.server_decides_suites;
            compare(&version.suites, &expected, decides, &what);
        }
        for (era, groups) in &facts.groups {
            let tls13 = *era == Era::Tls13;
            let any = seen.versions.iter().any(|(version, _)| version.is_tls13() == tls13);
            let expected = match (any, tls13) {
                (false, _) => Vec::new(),
                (true, true) => seen.tls13_groups.clone(),
                (true, false) if groups_show(&seen) => seen.legacy_groups.clone(),
                (true, false) => {
                    hidden += 1;
                    none_is_absent(groups, &seen.legacy_groups, &what);
                    continue;
                }
            };
            compare(groups, &expected, seen.server_decides_groups, &what);
        }
        assert_eq!(facts.contradictions, 0, "{}", what());
        most = most.max(facts.asked);
    }
    assert!(most < 250 && unreached <= 3, "{most} {unreached}");
    assert!((3..25).contains(&hidden), "{hidden} servers whose groups cannot all be told");
}

/// What is not found is unknown, and what is found is there.
fn none_is_absent(
    facts: &ListFacts<NamedGroup>,
    expected: &[NamedGroup],
    what: &impl Fn() -> String,
) {
    let items = facts.items();
    for group in expected {
        let known = items.contains(group) || facts.unknown.contains(group);
        assert!(known, "{group} is called absent: {}", what());
    }
    assert!(items.iter().all(|group| expected.contains(group)), "{items:?} {}", what());
}

/// Whether the groups of the versions before TLS 1.3 can all be told: some suite has to have one, and no certificate
/// may get in the way. The key's curve is in no way of a server that goes by the client's order or takes it last of all.
fn groups_show(model: &Model) -> bool {
    let base = model.versions.iter().filter(|(version, _)| !version.is_tls13()).max();
    base.is_some_and(|(version, suites)| {
        let mut suites = suites.iter().map(|suite| suite.parameters().unwrap());
        *version > Version::SSL_3
            && suites.any(|suite| {
                suite.key_exchange == KeyExchange::Ecdhe
                    && (suite.authentication != Authentication::Ecdsa
                        || model.certificate_curve.is_none()
                        || !model.server_decides_groups && model.legacy_groups.len() > 1
                        || !model.minds_certificate_curve
                            && model.legacy_groups.first() != model.certificate_curve.as_ref())
            })
    })
}

fn compare<T: Copy + PartialEq + std::fmt::Debug>(
    facts: &ListFacts<T>,
    expected: &[T],
    server_decides: bool,
    what: &impl Fn() -> String,
) {
    assert_eq!(facts.coverage, Coverage::Complete, "{}", what());
    assert!(facts.found.iter().all(|found| found.evidence == Evidence::Chosen));
    let items = facts.items();
    assert_eq!(items.len(), expected.len(), "{items:?} {expected:?} {}", what());
    assert!(expected.iter().all(|item| items.contains(item)), "{items:?} {}", what());
    if expected.len() > 1 {
        let right = if server_decides { Decides::Server } else { Decides::Client };
        assert_eq!(facts.decides, right, "{items:?} {expected:?} {}", what());
    }
    if facts.found.iter().all(|found| found.rank.is_some()) {
        assert_eq!(items, expected, "{}", what());
    }
}

#[test]
fn whatever_the_budget_it_is_kept_and_what_is_unknown_is_not_absent() {
    for seed in 0..80 {
        let model = random_model(seed);
        let seen = visible(&model);
        for budget in [0, 1, 2, 3, 5, 8, 13, 21, 34] {
            let Enumerated { facts, log } = ask(&model, budget);
            let what = || format!("seed {seed}: {model:?}\n{}", log.join("\n"));
            assert!(facts.asked <= budget, "{}", what());
            for version in &facts.versions {
                let has = seen.versions.iter().find(|(has, _)| *has == version.version);
                let wrong = match version.support {
                    Verdict::Supported => has.is_none(),
                    Verdict::Absent => has.is_some(),
                    Verdict::Unknown => false,
                };
                assert!(!wrong, "{} {}", version.version, what());
                let Some((_, suites)) = has else {
                    continue;
                };
                for suite in suites {
                    let known = version.suites.items().contains(suite)
                        || version.suites.unknown.contains(suite);
                    assert!(known, "{suite} is called absent: {}", what());
                }
            }
        }
    }
}
