//! The tables of an enumeration as they must come out of a correct one, counted from the truth in plain Rust.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::Decider;
use crate::Repertoire;
use crate::TruthRow;
use crate::truth_tables::by_service;
use crate::truth_tables::number;

/// A service's line in T04c.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionsHad {
    /// Servers that answer a hello in TLS, if only to turn it down.
    pub asked: u64,
    /// Servers of which a version is known.
    pub enumerated: u64,
    /// Those that answer in TLS, so that everything can be asked.
    pub complete: u64,
    /// Servers that have each version.
    pub versions: BTreeMap<String, u64>,
    /// Servers with nothing newer than TLS 1.1.
    pub only_old: u64,
}

/// T04c; services without a server that was to be enumerated are left out.
pub fn versions_had(truth: &[TruthRow]) -> BTreeMap<String, VersionsHad> {
    let mut lines = by_service(truth, |rows| {
        let asked = rows.iter().filter(|row| answers_in_tls(row));
        let mut line = VersionsHad { asked: number(asked), ..VersionsHad::default() };
        for has in rows.iter().filter_map(|row| row.repertoire.as_ref()) {
            let recent = |version: &String| version == "TLS 1.2" || version == "TLS 1.3";
            line.enumerated += 1;
            line.complete += u64::from(has.versions != ["SSL 2"]);
            line.only_old += u64::from(!has.versions.iter().any(recent));
            for version in &has.versions {
                *line.versions.entry(version.clone()).or_default() += 1;
            }
        }
        line
    });
    lines.retain(|_, line| line.asked > 0);
    lines
}

/// Whether anything of TLS comes back, so that there is something to enumerate.
fn answers_in_tls(row: &TruthRow) -> bool {
    row.repertoire.is_some() || row.outcomes.iter().any(|outcome| outcome == "alert")
}

/// How many servers have a thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Had {
    /// In any version.
    pub supported: u64,
    /// As the first of an order of its own, in any version.
    pub favourite: u64,
    /// Servers that have anything of its kind.
    pub enumerated: u64,
}

/// T05c with `suites`, T07b with `groups`: who has each thing of a kind of list, by its name.
pub fn things_had(truth: &[TruthRow], list: &str) -> BTreeMap<String, BTreeMap<String, Had>> {
    by_service(truth, |rows| {
        let mut things: BTreeMap<String, Had> = BTreeMap::new();
        let have = || rows.iter().filter_map(|row| row.repertoire.as_ref());
        for has in have() {
            let lists = || has.lists.iter().filter(|choices| choices.list == list);
            let items: BTreeSet<_> = lists().flat_map(|choices| &choices.items).collect();
            let led = lists().filter(|choices| choices.decides == Decider::Server);
            let first: BTreeSet<_> = led.filter_map(|choices| choices.items.first()).collect();
            for item in items {
                let had = things.entry(item.clone()).or_default();
                had.supported += 1;
                had.favourite += u64::from(first.contains(item));
            }
        }
        let any = |has: &&Repertoire| has.lists.iter().any(|choices| choices.list == list);
        let enumerated = number(have().filter(any));
        things.values_mut().for_each(|had| had.enumerated = enumerated);
        things
    })
}

/// A line in T05d.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deciders {
    /// Lists with something in them.
    pub lists: u64,
    /// Those where the server's order counts.
    pub server: u64,
    /// Those where the client's order counts.
    pub client: u64,
    /// Those with one thing in them.
    pub moot: u64,
    /// Those of which nobody can tell.
    pub unknown: u64,
}

/// T05d, by list and version.
pub fn deciders(truth: &[TruthRow]) -> BTreeMap<String, BTreeMap<(String, String), Deciders>> {
    by_service(truth, |rows| {
        let mut lines: BTreeMap<(String, String), Deciders> = BTreeMap::new();
        let have = rows.iter().filter_map(|row| row.repertoire.as_ref());
        for choices in have.flat_map(|has| &has.lists) {
            let key = (choices.list.clone(), choices.version.clone());
            let line = lines.entry(key).or_default();
            line.lists += 1;
            match choices.decides {
                Decider::Client => line.client += 1,
                Decider::Moot => line.moot += 1,
                Decider::Server => line.server += 1,
                Decider::Unknown => line.unknown += 1,
            }
        }
        lines
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LabPlan;
    use crate::population::Population;
    use crate::truth_tables::versions;

    #[test]
    fn what_servers_choose_is_what_they_have_at_most() {
        let plan = LabPlan::new(120, 7);
        let truth = Population::deal(&plan).expect("no sockets needed").truth;
        let (had, chosen) = (versions_had(&truth), versions(&truth));
        let (suites, deciders) = (things_had(&truth, "suites"), deciders(&truth));
        for (service, line) in &had {
            for (version, count) in &chosen[service] {
                assert!(line.versions[version] >= *count, "{service} {version}");
            }
            assert!(line.versions["TLS 1.2"] > chosen[service]["TLS 1.2"], "{service}");
            assert!(suites[service].values().any(|had| had.favourite > 0), "{service}");
            for had in suites[service].values() {
                assert!(had.favourite <= had.supported && had.supported <= had.enumerated);
            }
            for (list, line) in &deciders[service] {
                let sum = line.server + line.client + line.moot + line.unknown;
                assert_eq!(line.lists, sum, "{list:?}");
            }
        }
    }
}
