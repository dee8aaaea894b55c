//! Which runs of the monitor count beside the probes.

use std::collections::BTreeMap;

use crate::Cell;
use crate::QueryResult;
use crate::Runs;
use crate::runs::literal;

/// A run and a sensor at which it watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Watch {
    pub(crate) run_id: String,
    sensor: String,
    state: String,
    started_at: String,
}

/// Lists what was watched in a dataset; columns as [`Watch::read`] wants them.
pub(crate) const WATCHES_SQL: &str = "
    SELECT f.run_id, f.sensor, coalesce(r.state, 'unknown') AS state,
           CAST(coalesce(r.started_at, f.started_at) AS STRING) AS started_at
    FROM (SELECT run_id, sensor, min(started_at) AS started_at FROM flows GROUP BY run_id, sensor) f
    LEFT JOIN runs r ON r.run_id = f.run_id
    ORDER BY f.run_id, f.sensor";

impl Watch {
    pub(crate) fn read(result: &QueryResult) -> Vec<Self> {
        let word = |cell: Option<&Cell>| cell.and_then(Cell::text).unwrap_or_default().to_owned();
        let rows = result.rows.iter();
        rows.map(|row| Self {
            run_id: word(row.first()),
            sensor: word(row.get(1)),
            state: word(row.get(2)),
            started_at: word(row.get(3)),
        })
        .collect()
    }

    fn rank(&self) -> (bool, &str, &str) {
        (self.state == "complete", &self.started_at, &self.run_id)
    }
}

/// What counts of what was watched. A service that a run saw nothing of has no connections there, so that a run counts as a
/// whole; sensors stand at different places, so that each has a run of its own.
pub(crate) fn watched<'a>(runs: &Runs, watches: &'a [Watch]) -> Vec<&'a Watch> {
    match runs {
        Runs::All => watches.iter().collect(),
        Runs::One(run_id) => watches.iter().filter(|watch| watch.run_id == *run_id).collect(),
        Runs::Newest => {
            let mut newest: BTreeMap<&str, &Watch> = BTreeMap::new();
            for watch in watches {
                let place = newest.entry(&watch.sensor).or_insert(watch);
                if watch.rank() > place.rank() {
                    *place = watch;
                }
            }
            newest.into_values().collect()
        }
    }
}

/// The condition of a query that keeps the connections of these runs and sensors.
pub(crate) fn condition(chosen: &[&Watch]) -> String {
    let mut sensors: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for watch in chosen {
        sensors.entry(&watch.run_id).or_default().push(literal(&watch.sensor));
    }
    let of_runs = sensors.into_iter().map(|(run_id, sensors)| {
        format!("(run_id = {} AND sensor IN ({}))", literal(run_id), sensors.join(", "))
    });
    match of_runs.collect::<Vec<_>>().join(" OR ") {
        none if none.is_empty() => "false".to_owned(),
        conditions => conditions,
    }
}

/// Which runs these are, for the foot of a table.
pub(crate) fn note(runs: &Runs, chosen: &[&Watch]) -> String {
    let named: BTreeMap<&str, &str> =
        chosen.iter().map(|watch| (watch.run_id.as_str(), watch.state.as_str())).collect();
    let named: Vec<_> =
        named.into_iter().map(|(run_id, state)| format!("{run_id} ({state})")).collect();
    match (runs, named.as_slice()) {
        (_, []) => "Monitor: no run that counts saw a connection.".to_owned(),
        (Runs::Newest, [_, _, ..]) => {
            format!("Monitor, for each sensor the newest run: {}.", named.join(", "))
        }
        _ => format!("Monitor: {}.", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(run_id: &str, sensor: &str, state: &str, started_at: &str) -> Watch {
        Watch {
            run_id: run_id.to_owned(),
            sensor: sensor.to_owned(),
            state: state.to_owned(),
            started_at: started_at.to_owned(),
        }
    }

    #[test]
    fn each_sensor_counts_in_its_newest_complete_run() {
        let watches = [
            watch("a", "north", "complete", "2026-01-01"),
            watch("b", "north", "complete", "2026-02-01"),
            watch("b", "south", "complete", "2026-02-01"),
            watch("c", "north", "interrupted", "2026-03-01"),
            watch("d'", "west", "interrupted", "2026-03-01"),
        ];
        let cases = [
            (
                Runs::Newest,
                "(run_id = 'b' AND sensor IN ('north', 'south')) OR (run_id = 'd''' AND sensor IN ('west'))",
                "Monitor, for each sensor the newest run: b (complete), d' (interrupted).",
            ),
            (
                Runs::from_word("c"),
                "(run_id = 'c' AND sensor IN ('north'))",
                "Monitor: c (interrupted).",
            ),
            (Runs::from_word("scan"), "false", "Monitor: no run that counts saw a connection."),
        ];
        for (runs, of, words) in cases {
            let chosen = watched(&runs, &watches);
            assert_eq!((condition(&chosen).as_str(), note(&runs, &chosen).as_str()), (of, words));
        }
        assert_eq!(watched(&Runs::All, &watches).len(), watches.len());
    }
}
