//! What a server has beside what it chooses: OpenSSL's client, offering one thing at a time, gets what the truth says.

use std::collections::BTreeSet;

use openssl::ssl::SslVersion;

use tlscensus_lab::Choices;
use tlscensus_lab::Decider;
use tlscensus_lab::Flavour;
use tlscensus_lab::Mix;
use tlscensus_lab::TruthRow;

use crate::client::EVERYTHING;
use crate::client::Offer;
use crate::client::chosen;
use crate::client::connect;
use crate::client::handshake_from;
use crate::client::serve;

const VERSIONS: [(&str, SslVersion); 5] = [
    ("TLS 1.3", SslVersion::TLS1_3),
    ("TLS 1.2", SslVersion::TLS1_2),
    ("TLS 1.1", SslVersion::TLS1_1),
    ("TLS 1.0", SslVersion::TLS1),
    ("SSL 3", SslVersion::SSL3),
];
/// What no server of the test has.
const STRANGERS: [&str; 5] = [
    "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256",
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_NULL_SHA256",
    "TLS_RSA_WITH_AES_128_CCM",
];
const GROUPS: [&str; 9] = [
    "X25519MLKEM768",
    "SecP256r1MLKEM768",
    "x25519",
    "secp256r1",
    "x448",
    "secp384r1",
    "secp521r1",
    "ffdhe2048",
    "ffdhe4096",
];

fn served() -> crate::client::Served {
    let flavours = vec![
        Flavour::OpensslTls13,
        Flavour::OpensslServerOrder,
        Flavour::OpensslSsl3ToTls12,
        Flavour::RustlsServerOrder,
        Flavour::OpensslTls10,
    ];
    serve(20, Mix::Healthy(flavours), &["https"])
}

fn only(version: SslVersion) -> Offer<'static> {
    Offer { least: version, most: Some(version), suites: "ALL:eNULL:@SECLEVEL=0", ..EVERYTHING }
}

fn has(row: &TruthRow, list: &str, version: &str) -> Vec<String> {
    find(row, list, version).map(|choices| choices.items.clone()).unwrap_or_default()
}

fn find<'a>(row: &'a TruthRow, list: &str, version: &str) -> Option<&'a Choices> {
    let lists = &row.repertoire.as_ref().expect("a server").lists;
    lists.iter().find(|choices| choices.list == list && choices.version == version)
}

/// Whether the server completes with this offer, and then in which suite.
fn completes(row: &TruthRow, offer: &Offer<'_>) -> Option<String> {
    handshake_from(connect(row), offer).ok().map(|stream| chosen(&stream).1.to_owned())
}

#[test]
fn versions_and_suites_are_had_one_by_one_as_the_truth_says() {
    let served = served();
    let truth = served.lab.truth();
    let all = |row: &TruthRow| has(row, "suites", "TLS 1.2");
    let mut universe: BTreeSet<String> = truth.iter().flat_map(all).collect();
    // How many depends on the keys that this process's seed deals: 17 have been seen.
    assert!(universe.len() > 10, "{universe:?}");
    universe.extend(STRANGERS.map(str::to_owned));
    for row in truth {
        let versions = &row.repertoire.as_ref().expect("a server").versions;
        for (name, version) in VERSIONS {
            let what = format!("{name} {:?}", row.flavour);
            let completed = completes(row, &only(version)).is_some();
            assert_eq!(completed, versions.iter().any(|has| has == name), "{what}");
            if name == "TLS 1.3" || !completed {
                continue;
            }
            let truth = has(row, "suites", name);
            for suite in &universe {
                let suites = format!("{suite}:@SECLEVEL=0");
                let found = completes(row, &Offer { suites: &suites, ..only(version) });
                assert_eq!(found.is_some(), truth.contains(suite), "{suite} {what}");
            }
        }
    }
}

#[test]
fn groups_are_had_one_by_one_as_the_truth_says() {
    let served = served();
    let mut checked = 0;
    for row in served.lab.truth() {
        for (era, name, version) in [
            ("TLS 1.3", "TLS 1.3", SslVersion::TLS1_3),
            ("before TLS 1.3", "TLS 1.2", SslVersion::TLS1_2),
        ] {
            let truth = has(row, "groups", era);
            // Before TLS 1.3 a certificate on a curve needs that curve named too, which would be a second group.
            let alone = name == "TLS 1.3"
                || has(row, "suites", name).iter().any(|suite| suite.contains("_ECDHE_RSA_"));
            for group in GROUPS.iter().filter(|_| alone && !truth.is_empty()) {
                let offer = Offer { suites: "kECDHE:@SECLEVEL=0", groups: group, ..only(version) };
                let completed = completes(row, &offer).is_some();
                let has = truth.iter().any(|has| has == group);
                assert_eq!(completed, has, "{group} {era} {:?}", row.flavour);
                checked += 1;
            }
        }
    }
    assert!(checked > 10 * GROUPS.len(), "{checked}");
}

#[test]
fn the_order_of_suites_is_whose_the_truth_says() {
    let served = served();
    let mut seen = BTreeSet::new();
    for row in served.lab.truth() {
        let Some(Choices { items, decides, .. }) = find(row, "suites", "TLS 1.2") else {
            continue;
        };
        let mut backwards: Vec<&str> = items.iter().map(String::as_str).collect();
        backwards.reverse();
        let suites = format!("{}:@SECLEVEL=0", backwards.join(":"));
        let found = completes(row, &Offer { suites: &suites, ..only(SslVersion::TLS1_2) });
        let expected = match decides {
            Decider::Client => backwards.first().copied(),
            Decider::Moot | Decider::Server | Decider::Unknown => items.first().map(String::as_str),
        };
        assert_eq!(found.as_deref(), expected, "{:?}", row.flavour);
        seen.insert(format!("{decides:?}"));
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
}
