//! Discoveries and noise experiments, written through the real writer, and what the tables make of them.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use tlscensus_analysis::Blocked;
use tlscensus_analysis::Cell;
use tlscensus_analysis::Engine;
use tlscensus_analysis::Runs;
use tlscensus_dataset::Dataset;
use tlscensus_records::Counter;
use tlscensus_records::ResponderKind;
use tlscensus_records::ResponderRow;
use tlscensus_records::RunKind;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;
use tlscensus_records::Timestamp;

use crate::fixture::START_S;
use crate::fixture::every_state;
use crate::fixture::probe;
use crate::fixture::write;
use crate::tables::value;

/// A run that looked for hosts.
pub(crate) struct Search {
    run: RunRow,
    responders: Vec<ResponderRow>,
    counters: Vec<Counter>,
}

impl Search {
    /// It began `days` after the probes of the other fixtures.
    pub(crate) fn new(run_id: &str, kind: RunKind, days: i64) -> Self {
        let run = RunRow {
            run_id: run_id.to_owned(),
            kind,
            started_at: Timestamp::from_seconds(START_S + days * 86_400),
            config: "{}".to_owned(),
            version: "0.1.0".to_owned(),
            ..RunRow::default()
        };
        Self { run, responders: Vec::new(), counters: Vec::new() }
    }

    fn of_experiment(mut self, seed: u64) -> Self {
        self.run.seed = seed;
        self.run.config = r#"{"experiment": "e", "repetitions": 2}"#.to_owned();
        self
    }

    fn counted(mut self, name: &str, count: u64) -> Self {
        self.counters.push(Counter { name: name.to_owned(), count });
        self
    }

    pub(crate) fn asked(self, port: u16, asked: u64) -> Self {
        self.counted(&format!("asked-port-{port}"), asked)
    }

    /// These hosts of a network answered so.
    pub(crate) fn answered(
        mut self,
        kind: ResponderKind,
        port: u16,
        network: &str,
        hosts: impl IntoIterator<Item = u8>,
    ) -> Self {
        let started_s = self.run.started_at.0 / 1_000_000;
        self.responders.extend(hosts.into_iter().map(|host| ResponderRow {
            run_id: self.run.run_id.clone(),
            addr: format!("{network}{host}"),
            port,
            at: Timestamp::from_seconds(started_s + i64::from(host)),
            kind,
            ..ResponderRow::default()
        }));
        self
    }

    pub(crate) fn write(self, path: &Path, state: RunState) {
        let dataset = Dataset::create(path).expect("a dataset");
        let mut writer = dataset.begin(self.run).expect("a run");
        for row in &self.responders {
            writer.append_responder(row).expect("a row");
        }
        writer.finish(state, self.counters).expect("the end of the run");
    }
}

/// A discovery on ports with a service and one without, a network where nearly everything answers, and a noise experiment
/// with two seeds.
pub(crate) fn discover(path: &Path) {
    use ResponderKind::{Connected, Rst, SynAck};
    let mut find = Search::new("find-1", RunKind::Discover, -1)
        .answered(SynAck, 25, "192.0.2.", 2..=16)
        .answered(SynAck, 25, "192.0.2.", 2..=4)
        .answered(Rst, 25, "192.0.2.", 100..=140)
        .answered(SynAck, 465, "192.0.2.", 40..=55)
        .answered(Connected, 443, "192.0.2.", [13, 33, 34]);
    for port in [25, 443, 465, 5223, 8080] {
        find = find.asked(port, 2_000).answered(SynAck, port, "198.51.100.", 1..=19);
    }
    find.answered(SynAck, 25, "198.51.100.", [20]).write(path, RunState::Complete);
    Search::new("noise-1", RunKind::Noise, -3)
        .of_experiment(1)
        .asked(9, 1_000)
        .asked(1337, 1_000)
        .answered(SynAck, 1337, "198.51.100.", 1..=2)
        .answered(Connected, 1337, "198.51.100.", [1])
        .answered(SynAck, 9, "203.0.113.", [5])
        .write(path, RunState::Complete);
    Search::new("noise-2", RunKind::Noise, -2)
        .of_experiment(2)
        .asked(9, 1_000)
        .asked(1337, 1_000)
        .counted("followed-up", 1)
        .answered(SynAck, 1337, "198.51.100.", [3])
        .write(path, RunState::Complete);
}

fn open(directory: &TempDir) -> Engine {
    Engine::open(&directory.path().join("d")).expect("a dataset")
}

#[test]
fn a_discovery_alone_fills_its_own_columns_and_no_others() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("d");
    Search::new("find", RunKind::Discover, 0)
        .asked(25, 256)
        .asked(995, 256)
        .asked(8080, 256)
        .answered(ResponderKind::SynAck, 25, "192.0.2.", 0..=255)
        .answered(ResponderKind::Connected, 25, "192.0.2.", 0..=9)
        .answered(ResponderKind::SynAck, 8080, "192.0.2.", [7])
        .write(&path, RunState::Complete);
    let engine = open(&directory);
    let table = engine.table("T01").expect("T01");
    for (protocol, answered) in [("smtp", 256), ("pop3s", 0), ("port-8080", 1), ("all", 256)] {
        assert_eq!(value(&table, protocol, "answered"), answered, "{protocol}");
    }
    let place = |name: &str| {
        table.table.columns.iter().position(|column| column.name == name).expect("a column")
    };
    for row in &table.rows {
        for column in ["hosts", "tcp", "tls", "certificates", "noise"] {
            assert_eq!(row[place(column)].value, Cell::Null, "{column}");
        }
    }
    assert_eq!(table.rows[1][place("answered")].of, [Some(256)], "none of 256");
    assert_eq!(
        table.notes.last().map(String::as_str),
        Some("No run has probed anything yet. Discovery: find (complete).")
    );
    assert_eq!(engine.table("T03").expect("T03").rows.len(), 0);
    assert_eq!(engine.table("T01b").expect("T01b").rows.len(), 0);
}

/// A scan's own answers stand beside its probes, whatever is newer; without its own, the newest complete ones do.
#[test]
fn answers_and_probes_are_of_one_run_where_they_can_be() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("d");
    let find = |run_id: &str, days: i64, hosts: u8| {
        Search::new(run_id, RunKind::Discover, days).asked(25, 256).answered(
            ResponderKind::SynAck,
            25,
            "192.0.2.",
            1..=hosts,
        )
    };
    write(&path, "probed", 0, RunState::Complete, vec![probe("smtp", 1).tcp()]);
    find("early", -1, 3).write(&path, RunState::Complete);
    find("late", 1, 5).write(&path, RunState::Complete);
    find("cut", 2, 7).write(&path, RunState::Interrupted);
    let answered = |runs: Runs| {
        let engine = open(&directory);
        engine.count(&runs).expect("runs");
        value(&engine.table("T01").expect("T01"), "smtp", "answered")
    };
    assert_eq!(answered(Runs::Newest), 5);
    assert_eq!(answered(Runs::from_word("cut")), 7);
    assert_eq!(answered(Runs::All), 7);
    // The same run found and probed.
    let dataset = Dataset::open(&path).expect("a dataset");
    let (mut writer, _) = dataset.resume("probed").expect("resumed");
    let own = ResponderRow {
        run_id: "probed".to_owned(),
        addr: "192.0.2.1".to_owned(),
        port: 25,
        ..ResponderRow::default()
    };
    writer.append_responder(&own).expect("a row");
    writer.finish(RunState::Complete, Vec::new()).expect("the end");
    assert_eq!(answered(Runs::Newest), 1);
    let engine = open(&directory);
    assert!(matches!(engine.count(&Runs::from_word("gone")), Err(error)
        if error.to_string().contains("cut, early, late, probed")));
}

/// The interval as statistics packages give it: `scipy.stats.binomtest(k, n).proportion_ci(method='wilson')`.
#[test]
fn shares_of_noise_have_their_intervals() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("d");
    Search::new("n", RunKind::Noise, 0)
        .asked(1, 1_000)
        .asked(2, 1_000)
        .asked(3, 10)
        .asked(4, 0)
        .answered(ResponderKind::SynAck, 1, "192.0.2.", [1])
        .answered(ResponderKind::SynAck, 3, "192.0.2.", 1..=10)
        .write(&path, RunState::Complete);
    let result = open(&directory)
        .query("SELECT port, asked, answered FROM noise ORDER BY port")
        .expect("rows");
    assert_eq!(result.rows.len(), 4);
    let table = open(&directory).table("T01b").expect("T01b");
    let interval = |at: usize| (table.rows[at][5].value.clone(), table.rows[at][6].value.clone());
    assert_eq!(interval(0), (Cell::Float(0.0177), Cell::Float(0.5643)));
    assert_eq!(interval(2), (Cell::Float(0.0), Cell::Float(0.3827)));
    assert_eq!(interval(4), (Cell::Float(72.2467), Cell::Float(100.0)));
    assert_eq!(interval(6), (Cell::Null, Cell::Null), "nobody was asked");
}

#[test]
fn a_noise_run_that_was_killed_has_no_share() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("d");
    discover(&path);
    let killed = Search::new("noise-3", RunKind::Noise, 5);
    killed.answered(ResponderKind::SynAck, 9, "192.0.2.", [1]).write(&path, RunState::Recovered);
    let engine = open(&directory);
    let noise = |engine: &Engine| value(&engine.table("T01").expect("T01"), "smtp", "noise");
    assert_eq!(noise(&engine), 2, "4 of 4,000 times 2,000");
    engine.count(&Runs::from_word("noise-3")).expect("a run");
    let table = engine.table("T01b").expect("T01b");
    assert_eq!(table.rows.len(), 1);
    assert_eq!(table.rows[0][3].value, Cell::Null);
    engine.count(&Runs::from_word("noise-1")).expect("a run");
    assert_eq!(engine.table("T01b").expect("T01b").rows.len(), 5);
}

fn without(directory: &TempDir, blocked: &'static [&'static str]) -> Engine {
    let blocked: Blocked = Arc::new(move |addr| blocked.contains(&addr));
    Engine::open_without(&directory.path().join("d"), Some(&blocked)).expect("a dataset")
}

#[test]
fn blocked_addresses_do_not_count() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("d");
    write(&path, "run-1", 0, RunState::Complete, every_state());
    discover(&path);
    let table = |engine: &Engine, id: &str| engine.table(id).expect("a result");
    let (all, fewer) = (open(&directory), without(&directory, &["192.0.2.13", "198.51.100.1"]));
    let (one, other) = (table(&all, "T01"), table(&fewer, "T01"));
    for (protocol, column, gone) in [
        ("smtp", "hosts", 1),
        ("smtp", "tls", 1),
        ("smtp", "answered", 2),
        ("xmpps-c2s", "answered", 1),
        ("all", "hosts", 1),
        ("all", "answered", 2),
        ("smtps", "tls", 0),
    ] {
        let (before, after) = (value(&one, protocol, column), value(&other, protocol, column));
        assert_eq!(before - after, gone, "{protocol} {column}");
    }
    assert_eq!(value(&table(&all, "T03"), "smtp", "upgraded"), 4);
    assert_eq!(value(&table(&fewer, "T03"), "smtp", "upgraded"), 3);
    for relation in ["probes", "responders", "capabilities"] {
        let sql = format!("SELECT count(*) AS n FROM {relation} WHERE addr = '192.0.2.13'");
        assert_ne!(all.query(&sql).expect("a row").rows, [[Cell::Integer(0)]], "{relation}");
        assert_eq!(fewer.query(&sql).expect("a row").rows, [[Cell::Integer(0)]], "{relation}");
    }
    let nobody = without(&directory, &[]);
    for id in ["T01", "T01b", "T01c", "T03", "T04c"] {
        assert_eq!(table(&nobody, id), table(&all, id), "{id}");
    }
}
