//! Which discoveries and which noise experiment count beside the probes.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::Cell;
use crate::QueryResult;
use crate::Runs;
use crate::runs::literal;

/// A run and a port on which it looked for hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Search {
    pub(crate) run_id: String,
    pub(crate) port: i64,
    pub(crate) state: String,
    pub(crate) started_at: String,
    /// The noise experiment that the run is part of; none: it is no noise run.
    pub(crate) experiment: Option<Experiment>,
}

/// A noise experiment as one of its runs knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Experiment {
    name: String,
    /// How many runs it has once it is complete.
    runs: usize,
}

/// Lists the searches of a dataset; columns as [`Search::read`] wants them.
pub(crate) const SEARCHES_SQL: &str = "
    SELECT s.run_id, s.port, s.kind, s.state, CAST(s.started_at AS STRING) AS started_at, r.config
    FROM searched s
    LEFT JOIN runs r ON r.run_id = s.run_id
    ORDER BY s.run_id, s.port";

impl Search {
    pub(crate) fn read(result: &QueryResult) -> Vec<Self> {
        let word = |cell: Option<&Cell>| cell.and_then(Cell::text).unwrap_or_default().to_owned();
        let rows = result.rows.iter();
        rows.map(|row| {
            let run_id = word(row.first());
            let is_noise = word(row.get(2)) == "noise";
            let port = row.get(1).and_then(Cell::count).and_then(|port| port.try_into().ok());
            Self {
                experiment: is_noise.then(|| Experiment::read(&word(row.get(5)), &run_id)),
                run_id,
                port: port.unwrap_or(-1),
                state: word(row.get(3)),
                started_at: word(row.get(4)),
            }
        })
        .collect()
    }

    fn is_complete(&self) -> bool {
        self.state == "complete"
    }
}

impl Experiment {
    /// What the settings of a noise run say of it: `experiment`, a name that its runs share, and `repetitions`, how many they
    /// are. A run that says nothing is an experiment by itself.
    fn read(config: &str, run_id: &str) -> Self {
        let config: Value = serde_json::from_str(config).unwrap_or_default();
        let name = config.get("experiment").map(|name| match name.as_str() {
            Some(text) => text.to_owned(),
            None => name.to_string(),
        });
        let runs = config.get("repetitions").and_then(Value::as_u64);
        Self {
            name: name.unwrap_or_else(|| run_id.to_owned()),
            runs: runs.and_then(|runs| usize::try_from(runs).ok()).unwrap_or(1),
        }
    }
}

/// The discoveries that count. `probed` are the runs whose probes count: their own discovery goes before newer ones.
pub(crate) fn found<'a>(
    runs: &Runs,
    searches: &'a [Search],
    probed: &BTreeSet<&str>,
) -> Vec<&'a Search> {
    let for_hosts = searches.iter().filter(|search| search.experiment.is_none());
    match runs {
        Runs::All => for_hosts.collect(),
        Runs::One(run_id) => for_hosts.filter(|search| search.run_id == *run_id).collect(),
        Runs::Newest => {
            let mut newest: BTreeMap<i64, &Search> = BTreeMap::new();
            let rank = |search: &'a Search| {
                let is_own = probed.contains(search.run_id.as_str());
                (is_own, search.is_complete(), &search.started_at, &search.run_id)
            };
            for search in for_hosts {
                let place = newest.entry(search.port).or_insert(search);
                if rank(search) > rank(place) {
                    *place = search;
                }
            }
            newest.into_values().collect()
        }
    }
}

/// The noise experiment that counts: the newest complete one, the newest of all where none is; or the run asked for, if it is
/// part of one; or all of them.
pub(crate) fn noise<'a>(runs: &Runs, searches: &'a [Search]) -> Vec<&'a Search> {
    let of_noise = || searches.iter().filter(|search| search.experiment.is_some());
    let asked_for: Vec<_> = match runs {
        Runs::All => return of_noise().collect(),
        Runs::One(run_id) => of_noise().filter(|search| search.run_id == *run_id).collect(),
        Runs::Newest => Vec::new(),
    };
    if !asked_for.is_empty() {
        return asked_for;
    }
    let mut experiments: BTreeMap<&str, Vec<&Search>> = BTreeMap::new();
    for search in of_noise() {
        if let Some(experiment) = &search.experiment {
            experiments.entry(&experiment.name).or_default().push(search);
        }
    }
    experiments.into_values().max_by_key(|searches| experiment_rank(searches)).unwrap_or_default()
}

fn experiment_rank<'a>(searches: &[&'a Search]) -> (bool, Option<&'a str>) {
    let runs: BTreeSet<_> = searches.iter().map(|search| &search.run_id).collect();
    let wanted = searches.iter().filter_map(|search| Some(search.experiment.as_ref()?.runs)).max();
    let is_complete = searches.iter().all(|search| search.is_complete())
        && wanted.is_some_and(|wanted| runs.len() >= wanted);
    (is_complete, searches.iter().map(|search| search.started_at.as_str()).max())
}

/// The condition of a query that keeps the rows of these runs and ports.
pub(crate) fn condition(chosen: &[&Search]) -> String {
    let mut ports: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for search in chosen {
        ports.entry(&search.run_id).or_default().push(search.port.to_string());
    }
    let of_runs = ports.into_iter().map(|(run_id, ports)| {
        format!("(run_id = {} AND port IN ({}))", literal(run_id), ports.join(", "))
    });
    match of_runs.collect::<Vec<_>>().join(" OR ") {
        none if none.is_empty() => "false".to_owned(),
        conditions => conditions,
    }
}

/// Which runs these are, for the foot of a table; empty: none.
pub(crate) fn note(what: &str, chosen: &[&Search]) -> String {
    let named: BTreeMap<&str, &str> =
        chosen.iter().map(|search| (search.run_id.as_str(), search.state.as_str())).collect();
    let named: Vec<_> =
        named.into_iter().map(|(run_id, state)| format!("{run_id} ({state})")).collect();
    match named.is_empty() {
        true => String::new(),
        false => format!(" {what}: {}.", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(run_id: &str, port: i64, state: &str, started_at: &str, config: &str) -> Search {
        Search {
            run_id: run_id.to_owned(),
            port,
            state: state.to_owned(),
            started_at: started_at.to_owned(),
            experiment: (!config.is_empty()).then(|| Experiment::read(config, run_id)),
        }
    }

    fn ids(chosen: &[&Search]) -> Vec<String> {
        chosen.iter().map(|search| format!("{}:{}", search.run_id, search.port)).collect()
    }

    #[test]
    fn each_port_counts_in_the_run_of_its_probes_or_in_the_newest_complete_one() {
        let searches = [
            search("scan", 25, "complete", "2026-01-01", ""),
            search("scan", 143, "complete", "2026-01-01", ""),
            search("wide", 25, "complete", "2026-02-01", ""),
            search("wide", 110, "complete", "2026-02-01", ""),
            search("cut", 110, "interrupted", "2026-03-01", ""),
            search("cut", 443, "interrupted", "2026-03-01", ""),
            search("noise", 25, "complete", "2026-04-01", "{}"),
        ];
        let newest = |probed: &[&str]| {
            ids(&found(&Runs::Newest, &searches, &probed.iter().copied().collect()))
        };
        assert_eq!(newest(&["scan"]), ["scan:25", "wide:110", "scan:143", "cut:443"]);
        assert_eq!(newest(&[]), ["wide:25", "wide:110", "scan:143", "cut:443"]);
        let of = |runs: &Runs| found(runs, &searches, &BTreeSet::new());
        assert_eq!(ids(&of(&Runs::from_word("scan"))), ["scan:25", "scan:143"]);
        assert_eq!(of(&Runs::All).len(), 6);
        assert_eq!(
            condition(&of(&Runs::from_word("scan"))),
            "(run_id = 'scan' AND port IN (25, 143))"
        );
        assert_eq!(condition(&[]), "false");
        assert_eq!(
            note("Discovery", &of(&Runs::from_word("cut"))),
            " Discovery: cut (interrupted)."
        );
    }

    #[test]
    fn a_noise_experiment_is_all_its_runs() {
        let two = r#"{"experiment": "e1", "repetitions": 2}"#;
        let half = r#"{"experiment": "e2", "repetitions": 2}"#;
        let mut searches = vec![
            search("n1", 7, "complete", "2026-01-01", two),
            search("n2", 7, "complete", "2026-01-02", two),
            search("n3", 9, "complete", "2026-02-01", half),
            search("find", 25, "complete", "2026-03-01", ""),
        ];
        let newest = |searches: &[Search]| ids(&noise(&Runs::Newest, searches));
        assert_eq!(newest(&searches), ["n1:7", "n2:7"], "the newer one has a run to come");
        searches.push(search("n4", 9, "interrupted", "2026-02-02", half));
        assert_eq!(newest(&searches), ["n1:7", "n2:7"]);
        if let Some(last) = searches.last_mut() {
            "complete".clone_into(&mut last.state);
        }
        assert_eq!(newest(&searches), ["n3:9", "n4:9"]);
        assert_eq!(ids(&noise(&Runs::from_word("n1"), &searches)), ["n1:7"]);
        assert_eq!(ids(&noise(&Runs::from_word("find"), &searches)), ["n3:9", "n4:9"]);
        assert_eq!(noise(&Runs::All, &searches).len(), 4);
        searches.push(search("alone", 11, "complete", "2026-04-01", "no JSON"));
        assert_eq!(newest(&searches), ["alone:11"]);
    }
}
