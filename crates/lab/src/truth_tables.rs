//! The result tables as they must come out of a correct scan, counted from the truth in plain Rust.
//!
//! Each function gives a map from the service's word, so that a test can compare cell by cell.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::Chosen;
use crate::Speaks;
use crate::Tcp;
use crate::TruthRow;

/// A service's line in T01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// Endpoints probed.
    pub hosts: u64,
    /// TCP handshakes completed.
    pub tcp: u64,
    /// Seen to speak the protocol.
    pub speakers: u64,
    /// A list of capabilities read in plaintext.
    pub capabilities_before: u64,
    /// A list of capabilities read inside TLS.
    pub capabilities_after: u64,
    /// A list of capabilities read on either side of TLS.
    pub capabilities: u64,
    /// TLS handshakes completed.
    pub tls: u64,
    /// Distinct first certificates.
    pub end_host_certificates: u64,
    /// All certificates behind the first.
    pub intermediates: u64,
    /// Distinct certificates behind the first.
    pub distinct_intermediates: u64,
}

/// T01.
pub fn overview(truth: &[TruthRow]) -> BTreeMap<String, Overview> {
    by_service(truth, |rows| {
        let count = |keep: &dyn Fn(&TruthRow) -> bool| number(rows.iter().filter(|row| keep(row)));
        let first = rows.iter().filter_map(|row| row.chain.first());
        let behind = || rows.iter().flat_map(|row| row.chain.iter().skip(1));
        Overview {
            hosts: count(&|_| true),
            tcp: count(&|row| row.tcp == Tcp::Open),
            speakers: count(&|row| row.speaks_protocol == Speaks::Yes),
            capabilities_before: count(&|row| row.capabilities_before_read),
            capabilities_after: count(&|row| row.capabilities_after_read),
            capabilities: count(&|row| row.capabilities_before_read || row.capabilities_after_read),
            tls: count(&|row| row.tls_completed),
            end_host_certificates: distinct(first),
            intermediates: number(behind()),
            distinct_intermediates: distinct(behind()),
        }
    })
}

/// T03: how many endpoints are in each state of STARTTLS (`unasked` with implicit TLS).
pub fn starttls_states(truth: &[TruthRow]) -> BTreeMap<String, BTreeMap<String, u64>> {
    by_service(truth, |rows| tally(rows.iter().map(|row| row.starttls_state.clone())))
}

/// T04: how many handshakes were completed in each version.
pub fn versions(truth: &[TruthRow]) -> BTreeMap<String, BTreeMap<String, u64>> {
    by_service(truth, |rows| tally(rows.iter().filter_map(|row| row.tls_version.clone())))
}

/// How many servers chose something, and how many of these handshakes were completed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// The server chose it.
    pub chosen: u64,
    /// The handshake was completed.
    pub completed: u64,
}

/// T05: how often each suite was chosen.
pub fn suites(truth: &[TruthRow]) -> BTreeMap<String, BTreeMap<String, Reached>> {
    by_service(truth, |rows| reached(rows, |chosen| chosen.suite.clone()))
}

/// T05b: how many suites chosen have each property, by the column's name; `chosen` is all of them.
pub fn suite_properties(truth: &[TruthRow]) -> BTreeMap<String, BTreeMap<&'static str, u64>> {
    by_service(truth, |rows| {
        let chosen = || rows.iter().filter_map(|row| row.chosen.as_ref());
        let pairs =
            || chosen().filter_map(|one| one.suite.as_deref().zip(one.key_exchange.as_deref()));
        let counts = PROPERTIES.iter().map(|(name, has)| {
            (*name, number(pairs().filter(|(suite, exchange)| has(suite, exchange))))
        });
        counts.collect()
    })
}

/// T07: how often each named group was chosen.
pub fn groups(truth: &[TruthRow]) -> BTreeMap<String, BTreeMap<String, Reached>> {
    by_service(truth, |rows| reached(rows, |chosen| chosen.group.clone()))
}

fn reached(
    rows: &[&TruthRow],
    word: impl Fn(&Chosen) -> Option<String>,
) -> BTreeMap<String, Reached> {
    let mut counts: BTreeMap<String, Reached> = BTreeMap::new();
    for row in rows {
        if let Some(word) = row.chosen.as_ref().and_then(&word) {
            let count = counts.entry(word).or_default();
            count.chosen += 1;
            count.completed += u64::from(row.tls_completed);
        }
    }
    counts
}

/// A service's line in T06b.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Servers that came to a finite field.
    pub dhe: u64,
    /// Primes of up to 512 bits.
    pub to_512: u64,
    /// Primes of 513 to 1024 bits.
    pub to_1024: u64,
    /// Primes of 1025 to 2047 bits.
    pub to_2047: u64,
    /// Primes of 2048 bits.
    pub at_2048: u64,
    /// Larger primes.
    pub above_2048: u64,
    /// Servers whose public value another server has too.
    pub reused: u64,
}

/// T06b.
pub fn finite_field_sizes(truth: &[TruthRow]) -> BTreeMap<String, Sizes> {
    let kept = |row: &&TruthRow| row.chosen.as_ref().is_some_and(|chosen| chosen.keeps_value);
    let several = truth.iter().filter(kept).count() > 1;
    by_service(truth, |rows| {
        let bits = || rows.iter().filter_map(|row| row.chosen.as_ref()?.dh_bits);
        let count = |within: std::ops::RangeInclusive<u16>| {
            number(bits().filter(|bits| within.contains(bits)))
        };
        Sizes {
            dhe: number(bits()),
            to_512: count(0..=512),
            to_1024: count(513..=1024),
            to_2047: count(1025..=2047),
            at_2048: count(2048..=2048),
            above_2048: count(2049..=u16::MAX),
            reused: number(rows.iter().filter(|row| several && kept(row))),
        }
    })
}

/// A prime's line in T06.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Users {
    /// Addresses whose server used it.
    pub hosts: u64,
    /// Endpoints whose server used it.
    pub endpoints: u64,
    /// Different services among them.
    pub services: u64,
    /// Different public values of their servers.
    pub public_values: u64,
}

/// T06: who uses each prime, by its SHA-256.
pub fn finite_fields(truth: &[TruthRow]) -> BTreeMap<String, Users> {
    let mut rows: BTreeMap<String, Vec<&TruthRow>> = BTreeMap::new();
    for row in truth {
        let prime = row.chosen.as_ref().and_then(|chosen| chosen.dh_prime_sha256.clone());
        if let Some(prime) = prime {
            rows.entry(prime).or_default().push(row);
        }
    }
    let keeps = |row: &TruthRow| row.chosen.as_ref().is_some_and(|chosen| chosen.keeps_value);
    let users = rows.into_iter().map(|(field, rows)| {
        let fresh = number(rows.iter().filter(|row| !keeps(row)));
        let users = Users {
            hosts: number(rows.iter().map(|row| row.addr).collect::<BTreeSet<_>>().iter()),
            endpoints: number(rows.iter()),
            services: distinct(rows.iter().map(|row| &row.service)),
            public_values: fresh + u64::from(fresh < number(rows.iter())),
        };
        (field, users)
    });
    users.collect()
}

/// T04: how many servers answered in SSL 2.
pub fn ssl2(truth: &[TruthRow]) -> BTreeMap<String, u64> {
    by_service(truth, |rows| {
        let versions = rows.iter().filter_map(|row| row.chosen.as_ref());
        number(versions.filter(|chosen| chosen.version == "SSL 2"))
    })
}

/// Where in a conversation mechanisms are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Inside TLS after STARTTLS.
    After,
    /// In plaintext.
    Before,
    /// Inside TLS from the first byte.
    Implicit,
}

impl Stage {
    /// The word in T08.
    pub const fn word(self) -> &'static str {
        match self {
            Self::After => "after",
            Self::Before => "before",
            Self::Implicit => "implicit",
        }
    }
}

/// A stage's block in T08.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offered {
    /// Endpoints whose list was read: the denominator.
    pub lists: u64,
    /// Endpoints that offer each mechanism at least once.
    pub mechanisms: BTreeMap<String, u64>,
    /// Endpoints with each combination: distinct names in alphabetical order, joined by one space.
    pub combinations: BTreeMap<String, u64>,
}

/// T08.
pub fn mechanisms(truth: &[TruthRow]) -> BTreeMap<String, BTreeMap<Stage, Offered>> {
    by_service(truth, |rows| {
        let mut stages: BTreeMap<Stage, Offered> = BTreeMap::new();
        for row in rows {
            let inside = match row.starttls_state.as_str() {
                "unasked" => Stage::Implicit,
                _ => Stage::After,
            };
            let lists = [(Stage::Before, &row.mechanisms_before), (inside, &row.mechanisms_after)];
            for (stage, list) in lists {
                if let Some(list) = list {
                    stages.entry(stage).or_default().add(list);
                }
            }
        }
        stages
    })
}

impl Offered {
    fn add(&mut self, list: &[String]) {
        let names: BTreeSet<&str> = list.iter().map(String::as_str).collect();
        self.lists += 1;
        for name in &names {
            *self.mechanisms.entry((*name).to_owned()).or_default() += 1;
        }
        let combination = names.into_iter().collect::<Vec<_>>().join(" ");
        *self.combinations.entry(combination).or_default() += 1;
    }
}

pub(crate) fn by_service<T>(
    truth: &[TruthRow],
    line: impl Fn(&[&TruthRow]) -> T,
) -> BTreeMap<String, T> {
    let mut services: BTreeMap<&str, Vec<&TruthRow>> = BTreeMap::new();
    for row in truth {
        services.entry(&row.service).or_default().push(row);
    }
    services.into_iter().map(|(service, rows)| (service.to_owned(), line(&rows))).collect()
}

fn tally(words: impl Iterator<Item = String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

fn distinct<'a>(words: impl Iterator<Item = &'a String>) -> u64 {
    number(words.collect::<BTreeSet<_>>().into_iter())
}

pub(crate) fn number(items: impl Iterator) -> u64 {
    u64::try_from(items.count()).expect("a count")
}

/// A column of T05b and whether a choice counts in it, by the suite's name and the kind of key exchange.
type Property = (&'static str, fn(&str, &str) -> bool);

static PROPERTIES: [Property; 18] = [
    ("chosen", |_, _| true),
    ("forward_secret", |_, exchange| exchange != "RSA" && exchange != "PSK"),
    ("kex_rsa", |_, exchange| exchange == "RSA"),
    ("kex_dhe", |_, exchange| exchange == "DHE"),
    ("kex_ecdhe", |_, exchange| exchange == "ECDHE"),
    ("kex_hybrid", |_, exchange| exchange == "HYBRID"),
    ("kex_psk", |_, exchange| exchange == "PSK"),
    ("kex_other", |_, _| false),
    ("anonymous", |suite, _| suite.contains("_anon_")),
    ("export", |suite, _| suite.contains("_EXPORT_")),
    ("null_cipher", |suite, _| suite.contains("_WITH_NULL_")),
    ("rc4", |suite, _| suite.contains("_RC4_")),
    ("des", |suite, _| suite.contains("_WITH_DES")),
    ("triple_des", |suite, _| suite.contains("_3DES_")),
    ("cbc", |suite, _| suite.contains("_CBC_")),
    ("aead", |suite, _| ["_GCM_", "_CCM", "_CHACHA20_"].iter().any(|mode| suite.contains(mode))),
    ("chacha20", |suite, _| suite.contains("_CHACHA20_")),
    ("unknown", |_, _| false),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LabPlan;
    use crate::SERVICES;
    use crate::population::Population;

    #[test]
    fn tables_add_up() {
        let plan = LabPlan::new(120, 7);
        let truth = Population::deal(&plan).expect("no sockets needed").truth;
        let (t01, t03) = (overview(&truth), starttls_states(&truth));
        let (t04, t08) = (versions(&truth), mechanisms(&truth));
        let (t05, properties) = (suites(&truth), suite_properties(&truth));
        assert_eq!(t01.len(), SERVICES.len());
        for service in &SERVICES {
            let line = t01[service.word];
            assert_eq!(line.hosts, 120);
            assert!(line.tcp > 40 && line.tcp < 110, "{line:?}");
            assert!(line.speakers <= line.tcp && line.tls <= line.tcp);
            assert!(line.end_host_certificates <= line.tls);
            assert_eq!(t03[service.word].values().sum::<u64>(), line.hosts);
            assert_eq!(t04[service.word].values().sum::<u64>(), line.tls);
            let stages = t08.get(service.word).cloned().unwrap_or_default();
            let lists = |stage| stages.get(&stage).map_or(0, |offered| offered.lists);
            let chosen: u64 = t05[service.word].values().map(|reached| reached.chosen).sum();
            let completed: u64 = t05[service.word].values().map(|reached| reached.completed).sum();
            assert!(chosen >= completed);
            assert_eq!((completed, properties[service.word]["chosen"]), (line.tls, chosen));
            assert_eq!(lists(Stage::Before), line.capabilities_before);
            assert_eq!(lists(Stage::After) + lists(Stage::Implicit), line.capabilities_after);
        }
    }
}
