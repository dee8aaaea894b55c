//! Every table over a known dataset, approved whole; sums and shares checked by counting again.

use std::path::Path;

use tempfile::TempDir;
use tlscensus_analysis::Cell;
use tlscensus_analysis::ColumnKind;
use tlscensus_analysis::Engine;
use tlscensus_analysis::Runs;
use tlscensus_analysis::TableResult;
use tlscensus_analysis::catalogue;
use tlscensus_records::ProbeRow;
use tlscensus_records::RunState;
use tlscensus_report as report;

use crate::discovery::discover;
use crate::fixture::Probe;
use crate::fixture::every_state;
use crate::fixture::write;
use crate::traffic::watch_every_state;

fn dataset(probes: Vec<Probe>) -> TempDir {
    let directory = TempDir::new().expect("a directory");
    write(&directory.path().join("d"), "run-1", 0, RunState::Complete, probes);
    directory
}

fn open(directory: &TempDir) -> Engine {
    Engine::open(&directory.path().join("d")).expect("a dataset")
}

/// The value of a column in the row of a protocol.
pub(crate) fn value(result: &TableResult, protocol: &str, column: &str) -> i128 {
    let at = |name: &str| {
        result.table.columns.iter().position(|column| column.name == name).expect("a column")
    };
    let row = result
        .rows
        .iter()
        .find(|row| row[at("protocol")].value.text() == Some(protocol))
        .unwrap_or_else(|| panic!("a row for {protocol}"));
    match row[at(column)].value {
        Cell::Integer(value) => value,
        ref other => panic!("{protocol} {column}: {other:?}"),
    }
}

fn printed(result: &TableResult, format: report::Format) -> String {
    let mut table = report::Table::new(&result.table.id, &result.table.title);
    table.question.clone_from(&result.table.question);
    for column in &result.table.columns {
        let (name, heading) = (&column.name, &column.heading);
        let mut shown = match column.kind {
            ColumnKind::Count => report::Column::count(name, heading),
            ColumnKind::Number => report::Column::number(name, heading),
            ColumnKind::Text => report::Column::text(name, heading),
            ColumnKind::Word => report::Column::text(name, heading).for_machines(),
        };
        for share in &column.shares {
            shown = shown.of(&share.name, &share.heading);
        }
        table.columns.push(shown);
    }
    for row in &result.rows {
        let cells = row.iter().map(|entry| match &entry.value {
            Cell::Integer(count) if !entry.of.is_empty() => {
                let count = u64::try_from(*count).expect("a count");
                report::Cell::share(count, entry.of.iter().copied())
            }
            Cell::Integer(value) => report::Cell::Integer(*value),
            Cell::Float(value) => report::Cell::Float(*value),
            Cell::Text(text) => report::Cell::from(text.as_str()),
            Cell::Null => report::Cell::Null,
            other => panic!("no table has {other:?}"),
        });
        table.rows.push(cells.collect());
    }
    table.total_rows = result.total_rows;
    table.notes.clone_from(&result.notes);
    let mut out = Vec::new();
    table.render(format, &mut out).expect("a vector takes all");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn every_table_gives_the_approved_result() {
    let directory = dataset(every_state());
    discover(&directory.path().join("d"));
    watch_every_state(&directory.path().join("d"));
    let engine = open(&directory);
    for table in catalogue() {
        let result = engine.table(&table.id).expect("a result");
        insta::assert_snapshot!(table.id.clone(), printed(&result, report::Format::TEXT));
        insta::assert_snapshot!(format!("{}.csv", table.id), printed(&result, report::Format::CSV));
    }
}

#[test]
fn every_table_of_an_empty_dataset_is_empty() {
    let directory = dataset(Vec::new());
    let engine = open(&directory);
    for table in catalogue() {
        let result =
            engine.table(&table.id).unwrap_or_else(|error| panic!("{}: {error}", table.id));
        assert_eq!((result.rows.len(), result.total_rows), (0, 0), "{}", table.id);
    }
}

const SERVICES_AND_ALL: [&str; 9] =
    ["smtp", "smtps", "imap", "imaps", "pop3", "ircs", "xmpp-c2s", "https", "all"];

const T03_STATES: [&str; 12] = [
    "not_probed",
    "no_answer",
    "not_the_protocol",
    "ended_early",
    "not_offered",
    "mangled",
    "refused",
    "reply_unseen",
    "accepted_no_tls",
    "handshake_failed",
    "upgraded",
    "other",
];

#[test]
fn the_states_of_an_upgrade_add_up_to_the_endpoints() {
    let directory = dataset(every_state());
    let result = open(&directory).table("t03").expect("a result");
    for protocol in ["smtp", "imap", "pop3", "xmpp-c2s", "all"] {
        let sum: i128 = T03_STATES.iter().map(|state| value(&result, protocol, state)).sum();
        assert_eq!(sum, value(&result, protocol, "endpoints"), "{protocol}");
        assert_eq!(value(&result, protocol, "other"), 0, "{protocol}");
    }
    for state in &T03_STATES[..11] {
        assert!(value(&result, "smtp", state) > 0, "the fixture has no {state}");
    }
}

#[test]
fn versions_and_failures_add_up_to_the_endpoints() {
    let directory = dataset(every_state());
    let result = open(&directory).table("T04").expect("a result");
    for protocol in SERVICES_AND_ALL {
        let sum = |columns: &[&str]| -> i128 {
            columns.iter().map(|column| value(&result, protocol, column)).sum()
        };
        let completed = sum(&["ssl3", "tls10", "tls11", "tls12", "tls13", "drafts", "other"]);
        assert_eq!(completed, value(&result, protocol, "completed"), "{protocol}");
        let all = completed + sum(&["ssl2", "chosen_not_completed", "not_negotiated", "no_tcp"]);
        assert_eq!(all, value(&result, protocol, "endpoints"), "{protocol}");
    }
}

#[test]
fn key_exchanges_and_sizes_add_up_to_the_suites_chosen() {
    let probes = every_state();
    let rows: Vec<ProbeRow> = probes.iter().map(|probe| probe.row.clone()).collect();
    let directory = dataset(probes);
    let engine = open(&directory);
    let (t05, t06) = (engine.table("T05b").expect("T05b"), engine.table("T06b").expect("T06b"));
    for protocol in SERVICES_AND_ALL {
        let sum = |result: &TableResult, columns: &[&str]| -> i128 {
            columns.iter().map(|column| value(result, protocol, column)).sum()
        };
        let kinds = ["kex_rsa", "kex_dhe", "kex_ecdhe", "kex_hybrid", "kex_psk", "kex_other"];
        let chosen = rows.iter().filter(|row| {
            row.tls.suite_code.is_some() && (protocol == "all" || row.protocol == protocol)
        });
        let chosen = i128::try_from(chosen.count()).expect("a count");
        assert_eq!(value(&t05, protocol, "chosen"), chosen, "{protocol}");
        assert_eq!(sum(&t05, &kinds), chosen, "{protocol}");
        let sizes = ["to_512", "to_1024", "to_2047", "at_2048", "above_2048"];
        assert_eq!(sum(&t06, &sizes), value(&t06, protocol, "dhe"), "{protocol}");
    }
    for property in t05.table.columns.iter().skip(2) {
        assert!(value(&t05, "all", &property.name) > 0, "the fixture has no {}", property.name);
    }
}

#[test]
fn blocks_over_all_services_add_up_to_those_of_the_services() {
    let directory = dataset(every_state());
    let engine = open(&directory);
    for id in ["T05", "T07"] {
        let result = engine.table(id).expect("a result");
        let place = |name: &str| {
            result.table.columns.iter().position(|column| column.name == name).expect("a column")
        };
        for column in ["chosen", "completed"] {
            let (mut all, mut each) = (0, 0);
            for row in &result.rows {
                let Cell::Integer(count) = row[place(column)].value else {
                    panic!("{id} {column}")
                };
                match row[place("protocol")].value.text() {
                    Some("all") => all += count,
                    _ => each += count,
                }
            }
            assert_eq!(all, each, "{id} {column}");
            assert!(all > 10, "{id} {column}");
        }
    }
}

#[test]
fn counts_are_those_of_counting_the_rows() {
    let probes = every_state();
    let rows: Vec<ProbeRow> = probes.iter().map(|probe| probe.row.clone()).collect();
    let directory = dataset(probes);
    let engine = open(&directory);
    let (t01, t03) = (engine.table("T01").expect("T01"), engine.table("T03").expect("T03"));
    for protocol in SERVICES_AND_ALL {
        let hosts = |condition: fn(&ProbeRow) -> bool| -> i128 {
            let chosen = rows.iter().filter(|row| protocol == "all" || row.protocol == protocol);
            let mut addresses: Vec<_> =
                chosen.filter(|row| condition(row)).filter_map(|row| row.addr.as_ref()).collect();
            addresses.sort();
            addresses.dedup();
            i128::try_from(addresses.len()).expect("a count")
        };
        let count = |column| value(&t01, protocol, column);
        assert_eq!(count("hosts"), hosts(|_| true), "{protocol}");
        assert_eq!(count("tcp"), hosts(|row| row.tcp_completed), "{protocol}");
        assert_eq!(
            count("speakers"),
            hosts(|row| row.speaks_protocol.word() == "yes"),
            "{protocol}"
        );
        assert_eq!(count("tls"), hosts(|row| row.tls_completed), "{protocol}");
    }
    let upgraded = rows.iter().filter(|row| row.dialog.starttls_state.word() == "upgraded").count();
    assert_eq!(value(&t03, "all", "upgraded"), i128::try_from(upgraded).expect("a count"));
}

#[test]
fn denominators_stand_beside_their_counts() {
    let directory = dataset(every_state());
    discover(&directory.path().join("d"));
    watch_every_state(&directory.path().join("d"));
    let engine = open(&directory);
    for table in catalogue() {
        let result = engine.table(&table.id).expect("a result");
        for row in &result.rows {
            assert_eq!(row.len(), table.columns.len());
            for (column, entry) in table.columns.iter().zip(row) {
                assert_eq!(entry.of.len(), column.shares.len(), "{}.{}", table.id, column.name);
                let Cell::Integer(count) = entry.value else { continue };
                for of in entry.of.iter().flatten() {
                    let name = format!("{}.{}", table.id, column.name);
                    assert!(count <= i128::from(*of), "{name}: {count} of {of}");
                }
            }
        }
    }
}

/// Two runs of one list, a day apart, and a third that was interrupted.
fn three_runs(path: &Path) {
    let smtp = |hosts: &[u8]| {
        let hosts = hosts.iter().copied();
        hosts.map(|host| crate::fixture::probe("smtp", host).tcp()).collect::<Vec<_>>()
    };
    let mut first = smtp(&[1, 2, 3]);
    first.push(crate::fixture::probe("imap", 1).tcp());
    write(path, "first", 0, RunState::Complete, first);
    write(path, "second", 1, RunState::Complete, smtp(&[1, 2]));
    write(path, "third", 2, RunState::Interrupted, smtp(&[1]));
}

#[test]
fn the_newest_complete_run_of_each_service_counts() {
    let directory = TempDir::new().expect("a directory");
    three_runs(&directory.path().join("d"));
    let engine = open(&directory);
    let hosts = |protocol| value(&engine.table("T01").expect("T01"), protocol, "hosts");
    assert_eq!((hosts("smtp"), hosts("imap")), (2, 1));
    let note = engine.table("T01").expect("T01").notes.pop().expect("a note");
    assert_eq!(note, "Runs, for each service the newest: first (complete), second (complete).");
    engine.count(&Runs::All).expect("all runs");
    assert_eq!((hosts("smtp"), hosts("imap")), (3, 1));
    let endpoints = value(&engine.table("T04").expect("T04"), "smtp", "endpoints");
    assert_eq!(endpoints, 3, "of an endpoint probed three times the newest probe counts");
    engine.count(&Runs::One("third".to_owned())).expect("a run");
    assert_eq!(hosts("smtp"), 1);
    engine.count(&Runs::Newest).expect("the newest");
    assert_eq!(hosts("smtp"), 2);
    assert!(engine.count(&Runs::from_word("fourth")).is_err());
}

/// A name that moved to another host between two runs is two endpoints.
#[test]
fn one_name_at_two_addresses_is_two_servers() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("d");
    let named = |host| crate::fixture::probe("smtps", host).tcp().by_name("mx.example");
    write(&path, "first", 0, RunState::Complete, vec![named(1).enumerated_old()]);
    write(&path, "second", 1, RunState::Complete, vec![named(2).enumerated_modern()]);
    let engine = open(&directory);
    engine.count(&Runs::All).expect("all runs");
    let table = engine.table("T04c").expect("T04c");
    let of = |column| value(&table, "smtps", column);
    assert_eq!((of("enumerated"), of("complete"), of("only_old")), (2, 1, 1));
    assert_eq!(value(&engine.table("T05c").expect("T05c"), "smtps", "supported"), 1);
}
