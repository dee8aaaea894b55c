//! Which runs count: the view `counted`, on which every table stands, and those of discovery beside it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use tlscensus_dataset::records;
use tlscensus_dataset::records::Relation;

use crate::Cell;
use crate::Error;
use crate::QueryResult;
use crate::discoveries;
use crate::discoveries::Search;
use crate::monitors;
use crate::monitors::Watch;
use crate::views::COUNTED;
use crate::views::COUNTED_FLOWS;
use crate::views::COUNTED_RESPONDERS;
use crate::views::DISCOVERIES;
use crate::views::NOISE_RUNS;

/// Which runs the tables count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Runs {
    /// Every run; of an endpoint that several probed, the newest probe. For campaigns in shards or parts. Of the monitor every
    /// connection of every run.
    All,
    /// For each service the newest complete run that probed it; the newest of all where none is complete. For each port the
    /// discovery of that run, else the newest one. For each sensor of a monitor its newest complete run, likewise.
    #[default]
    Newest,
    /// This run only.
    One(String),
}

impl Runs {
    /// What is typed on the command line: `newest`, `all`, or the name of a run.
    pub fn from_word(word: &str) -> Self {
        match word {
            "all" => Self::All,
            "newest" => Self::Newest,
            run_id => Self::One(run_id.to_owned()),
        }
    }
}

/// A run and a service that it probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    run_id: String,
    protocol: String,
    complete: bool,
    state: String,
    started_at: String,
}

/// Lists the parts of a dataset; columns as [`Part::read`] wants them.
pub(crate) const PARTS_SQL: &str = "
    SELECT p.run_id, p.protocol, coalesce(r.state, 'unknown') AS state,
           CAST(coalesce(r.started_at, p.started_at) AS STRING) AS started_at
    FROM (SELECT run_id, protocol, min(started_at) AS started_at FROM probes GROUP BY run_id, protocol) p
    LEFT JOIN runs r ON r.run_id = p.run_id
    ORDER BY p.run_id, p.protocol";

impl Part {
    pub(crate) fn read(result: &QueryResult) -> Vec<Self> {
        let word = |cell: Option<&Cell>| cell.and_then(Cell::text).unwrap_or_default().to_owned();
        let rows = result.rows.iter();
        rows.map(|row| {
            let state = word(row.get(2));
            Self {
                run_id: word(row.first()),
                protocol: word(row.get(1)),
                complete: state == "complete",
                state,
                started_at: word(row.get(3)),
            }
        })
        .collect()
    }
}

/// The runs that count, decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// The decided views, each with its query, in the order in which they stand on each other.
    pub(crate) views: [(&'static str, String); 5],
    /// Which runs' probes these are, for the foot of a table.
    pub(crate) note: String,
    /// Which discoveries and noise runs, for the foot of a table that reads them; empty: none.
    pub(crate) search_note: String,
    /// Which runs of the monitor, for the foot of a table that reads connections.
    pub(crate) watch_note: String,
}

impl Counted {
    /// Decides among `parts`, `searches` and `watches`.
    pub(crate) fn decide(
        runs: &Runs,
        parts: &[Part],
        searches: &[Search],
        watches: &[Watch],
    ) -> Result<Self, Error> {
        let chosen: Vec<_> = match runs {
            Runs::All => parts.iter().collect(),
            Runs::Newest => newest(parts),
            Runs::One(run_id) => {
                let own: Vec<_> = parts.iter().filter(|part| part.run_id == *run_id).collect();
                let known = known(parts, searches, watches);
                if !known.contains(run_id) {
                    return Err(Error::UnknownRun {
                        run_id: run_id.clone(),
                        known: known.into_iter().cloned().collect(),
                    });
                }
                own
            }
        };
        let probes = match runs {
            Runs::All => newest_probes(&columns(&records::PROBES)),
            Runs::Newest | Runs::One(_) => probes_of(&chosen, &columns(&records::PROBES)),
        };
        let probed = chosen.iter().map(|part| part.run_id.as_str()).collect();
        let found = discoveries::found(runs, searches, &probed);
        let noise = discoveries::noise(runs, searches);
        let of_found = discoveries::condition(&found);
        let responders = columns(&records::RESPONDERS);
        let watched = monitors::watched(runs, watches);
        Ok(Self {
            views: [
                (COUNTED.name, probes),
                (COUNTED_FLOWS.name, flows(&monitors::condition(&watched))),
                (
                    COUNTED_RESPONDERS.name,
                    format!("SELECT {responders} FROM responders WHERE {of_found}"),
                ),
                (DISCOVERIES.name, searched(&of_found)),
                (NOISE_RUNS.name, searched(&discoveries::condition(&noise))),
            ],
            note: note(runs, &chosen),
            search_note: discoveries::note("Discovery", &found)
                + &discoveries::note("Noise", &noise),
            watch_note: monitors::note(runs, &watched),
        })
    }
}

fn columns(relation: &Relation) -> String {
    relation.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

fn flows(condition: &str) -> String {
    format!("SELECT {} FROM flows WHERE {condition}", columns(&records::FLOWS))
}

fn searched(condition: &str) -> String {
    format!("SELECT run_id, port, asked FROM searched WHERE {condition}")
}

fn newest(parts: &[Part]) -> Vec<&Part> {
    let mut newest: BTreeMap<&str, &Part> = BTreeMap::new();
    for part in parts {
        let place = newest.entry(&part.protocol).or_insert(part);
        if rank(part) > rank(place) {
            *place = part;
        }
    }
    newest.into_values().collect()
}

fn rank(part: &Part) -> (bool, &str, &str) {
    (part.complete, &part.started_at, &part.run_id)
}

/// The names of all runs that probed, looked for hosts or watched.
fn known<'a>(
    parts: &'a [Part],
    searches: &'a [Search],
    watches: &'a [Watch],
) -> BTreeSet<&'a String> {
    let probed = parts.iter().map(|part| &part.run_id);
    let searched = searches.iter().map(|search| &search.run_id);
    let watched = watches.iter().map(|watch| &watch.run_id);
    probed.chain(searched).chain(watched).collect()
}

fn probes_of(chosen: &[&Part], columns: &str) -> String {
    let conditions: Vec<_> = by_run(chosen)
        .into_iter()
        .map(|(run_id, parts)| {
            let protocols: Vec<_> = parts.iter().map(|part| literal(&part.protocol)).collect();
            format!("(run_id = {} AND protocol IN ({}))", literal(run_id), protocols.join(", "))
        })
        .collect();
    let condition = match conditions.is_empty() {
        true => "false".to_owned(),
        false => conditions.join(" OR "),
    };
    format!("SELECT {columns} FROM probes WHERE {condition}")
}

fn newest_probes(columns: &str) -> String {
    format!(
        "SELECT {columns} FROM (
            SELECT {columns}, row_number() OVER (
                PARTITION BY protocol, target, coalesce(addr, ''), port ORDER BY started_at DESC, run_id DESC
            ) AS age
            FROM probes
        ) AS aged WHERE age = 1"
    )
}

fn by_run<'a>(chosen: &[&'a Part]) -> BTreeMap<&'a str, Vec<&'a Part>> {
    let mut runs: BTreeMap<&str, Vec<&Part>> = BTreeMap::new();
    for &part in chosen {
        runs.entry(&part.run_id).or_default().push(part);
    }
    runs
}

fn note(runs: &Runs, chosen: &[&Part]) -> String {
    let named: Vec<_> = by_run(chosen)
        .into_iter()
        .map(|(run_id, parts)| {
            let state = parts.first().map_or("", |part| part.state.as_str());
            format!("{run_id} ({state})")
        })
        .collect();
    match (runs, named.as_slice()) {
        (_, []) => "No run has probed anything yet.".to_owned(),
        (Runs::All, _) => {
            format!("Runs, of each endpoint the newest probe: {}.", named.join(", "))
        }
        (_, [one]) => format!("Run: {one}."),
        (..) => format!("Runs, for each service the newest: {}.", named.join(", ")),
    }
}

/// A text as an SQL literal.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(run_id: &str, protocol: &str, state: &str, started_at: &str) -> Part {
        Part {
            run_id: run_id.to_owned(),
            protocol: protocol.to_owned(),
            complete: state == "complete",
            state: state.to_owned(),
            started_at: started_at.to_owned(),
        }
    }

    fn parts() -> Vec<Part> {
        vec![
            part("a", "smtp", "complete", "2026-01-01"),
            part("a", "imap", "complete", "2026-01-01"),
            part("b", "smtp", "complete", "2026-02-01"),
            part("c", "smtp", "interrupted", "2026-03-01"),
            part("c", "pop3", "interrupted", "2026-03-01"),
            part("d'", "irc", "complete", "2026-03-02"),
        ]
    }

    fn decided(runs: &Runs, parts: &[Part]) -> Result<Counted, Error> {
        Counted::decide(runs, parts, &[], &[])
    }

    #[test]
    fn each_service_counts_in_its_newest_complete_run() {
        let counted = decided(&Runs::Newest, &parts()).expect("runs");
        assert_eq!(
            counted.views[0].1.split_once(" FROM ").expect("a query").1,
            "probes WHERE (run_id = 'a' AND protocol IN ('imap')) \
             OR (run_id = 'b' AND protocol IN ('smtp')) OR (run_id = 'c' AND protocol IN ('pop3')) \
             OR (run_id = 'd''' AND protocol IN ('irc'))"
        );
        assert_eq!(
            counted.note,
            "Runs, for each service the newest: a (complete), b (complete), c (interrupted), d' (complete)."
        );
    }

    #[test]
    fn a_run_that_is_not_there_is_an_error_that_names_those_that_are() {
        let found = decided(&Runs::from_word("x"), &parts());
        assert!(matches!(
            found,
            Err(Error::UnknownRun { run_id, known }) if run_id == "x" && known == ["a", "b", "c", "d'"]
        ));
    }

    #[test]
    fn nothing_probed_counts_nothing() {
        let counted = decided(&Runs::Newest, &[]).expect("an empty dataset");
        assert!(counted.views.iter().all(|(_, sql)| sql.ends_with(" WHERE false")), "{counted:?}");
    }
}
