//! The result tables as they must come out of a correct scan, counted from the truth in plain Rust.
//!
//! Each function gives a map from the service's word, so that a test can compare cell by cell.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

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

fn by_service<T>(truth: &[TruthRow], line: impl Fn(&[&TruthRow]) -> T) -> BTreeMap<String, T> {
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

fn number(items: impl Iterator) -> u64 {
    u64::try_from(items.count()).expect("a count")
}

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
            assert_eq!(lists(Stage::Before), line.capabilities_before);
            assert_eq!(lists(Stage::After) + lists(Stage::Implicit), line.capabilities_after);
        }
    }
}
