//! Tables over connections: which runs of the monitor count, and counts checked by counting again.

use std::collections::BTreeSet;
use std::sync::Arc;

use tempfile::TempDir;
use tlscensus_analysis::Blocked;
use tlscensus_analysis::Cell;
use tlscensus_analysis::Engine;
use tlscensus_analysis::Runs;
use tlscensus_analysis::TableResult;
use tlscensus_analysis::catalogue;
use tlscensus_records::FlowRow;
use tlscensus_records::RunState;
use tlscensus_records::Sha256;

use crate::fixture::every_state;
use crate::fixture::write;
use crate::tables::value;
use crate::traffic::every_connection;
use crate::traffic::flow;
use crate::traffic::watch;
use crate::traffic::watch_every_state;

fn engine() -> (TempDir, Engine) {
    let directory = TempDir::new().expect("a directory");
    watch_every_state(&directory.path().join("d"));
    let engine = open(&directory);
    (directory, engine)
}

fn open(directory: &TempDir) -> Engine {
    Engine::open(&directory.path().join("d")).expect("a dataset")
}

fn rows() -> Vec<FlowRow> {
    every_connection().into_iter().map(|flow| flow.row).collect()
}

fn count(rows: impl Iterator<Item = impl Sized>) -> i128 {
    i128::try_from(rows.count()).expect("a count")
}

/// The value of a column in the row of a protocol that has `word` in another column.
fn value_of(result: &TableResult, protocol: &str, (key, word): (&str, &str), column: &str) -> i128 {
    let at = |name: &str| {
        result.table.columns.iter().position(|column| column.name == name).expect("a column")
    };
    let row = result.rows.iter().find(|row| {
        row[at("protocol")].value.text() == Some(protocol)
            && row[at(key)].value.text() == Some(word)
    });
    match row.unwrap_or_else(|| panic!("a row for {protocol} {word}"))[at(column)].value {
        Cell::Integer(value) => value,
        ref other => panic!("{protocol} {word} {column}: {other:?}"),
    }
}

#[test]
fn connections_and_servers_are_those_of_counting_the_rows() {
    let (_directory, engine) = engine();
    let rows = rows();
    let t02 = engine.table("T02").expect("T02");
    let services: Vec<_> = tlscensus_records::SERVICES
        .iter()
        .map(|service| service.word)
        .chain(["lmtp", "tls", "all"])
        .collect();
    let shown = t02.rows.iter().map(|row| row[0].value.text().expect("a protocol"));
    assert_eq!(shown.collect::<Vec<_>>(), services, "the study's order, then what it did not have");
    for protocol in services {
        let own = || rows.iter().filter(|row| protocol == "all" || row.protocol == protocol);
        let servers: BTreeSet<_> = own().map(|row| &row.server_addr).collect();
        let clients: BTreeSet<_> = own().map(|row| &row.client).collect();
        let of = |column| value(&t02, protocol, column);
        assert_eq!(of("connections"), count(own()), "{protocol}");
        assert_eq!(of("servers"), count(servers.iter()), "{protocol}");
        assert_eq!(of("clients"), count(clients.iter()), "{protocol}");
        assert_eq!(
            of("established"),
            count(own().filter(|row| row.tls_seen_established)),
            "{protocol}"
        );
    }
    let summed: i128 = t02
        .rows
        .iter()
        .map(|row| match row[t02.rows[0].len() - 1].value {
            Cell::Integer(evicted) => evicted,
            _ => 0,
        })
        .sum();
    assert_eq!(summed, 3, "what belongs to no service stands in the last row alone");
    assert_eq!((value(&t02, "all", "dropped"), value(&t02, "irc", "connections")), (10, 0));
}

const STATES: [&str; 11] = [
    "not_the_protocol",
    "ended_early",
    "not_offered",
    "mangled",
    "unused",
    "refused",
    "reply_unseen",
    "accepted_no_tls",
    "handshake_failed",
    "upgraded",
    "other",
];

#[test]
fn the_states_of_an_upgrade_add_up_to_the_connections() {
    let (_directory, engine) = engine();
    let t03 = engine.table("T03b").expect("T03b");
    for protocol in ["smtp", "submission", "imap", "pop3", "xmpp-c2s", "xmpp-s2s", "lmtp", "all"] {
        let sum: i128 = STATES.iter().map(|state| value(&t03, protocol, state)).sum();
        assert_eq!(sum, value(&t03, protocol, "connections"), "{protocol}");
    }
    for state in &STATES[..10] {
        assert!(value(&t03, "all", state) > 0, "the fixture has no {state}");
    }
    let of = |column| value(&t03, "smtp", column);
    // 13 and 21 offer; 20 and 22 were heard not to; 23 and 24 were not heard.
    assert_eq!((of("servers"), of("servers_told"), of("servers_supporting")), (6, 4, 2));
    assert_eq!((of("connections"), of("offering"), of("upgraded")), (13, 7, 3));
    assert_eq!(value(&t03, "pop3", "offering"), 2, "who goes ahead offers, list or not");
}

#[test]
fn rows_that_exclude_each_other_add_up_to_their_denominator() {
    let (directory, _) = engine();
    write(&directory.path().join("d"), "run-1", 0, RunState::Complete, every_state());
    let engine = open(&directory);
    for (id, columns) in [
        ("T04d", &["completed", "negotiated", "established"][..]),
        ("T04e", &["hellos"]),
        ("T05e", &["chosen", "established"]),
        ("T06d", &["endpoints", "connections"]),
        ("T07d", &["endpoints", "connections"]),
        ("T08e", &["connections"]),
    ] {
        let result = engine.table(id).expect("a result");
        for column in columns {
            let at = result
                .table
                .columns
                .iter()
                .position(|have| have.name == *column)
                .expect("a column");
            let protocols: BTreeSet<_> =
                result.rows.iter().filter_map(|row| row[0].value.text()).collect();
            for protocol in protocols {
                let own = || result.rows.iter().filter(|row| row[0].value.text() == Some(protocol));
                let sum: i128 = own()
                    .map(|row| match row[at].value {
                        Cell::Integer(value) => value,
                        Cell::Null if row[at].of[0] == Some(0) => 0,
                        ref other => panic!("{id} {column}: {other:?}"),
                    })
                    .sum();
                let of = own().next().and_then(|row| row[at].of[0]).map(i128::from);
                assert_eq!(Some(sum), of, "{id} {column} {protocol}");
            }
        }
    }
}

#[test]
fn what_clients_offer_is_read_without_what_only_tests_servers() {
    let (_directory, engine) = engine();
    let t04 = engine.table("T04e").expect("T04e");
    let highest = |version| value_of(&t04, "https", ("version", version), "hellos");
    assert_eq!(
        ["SSL 2", "SSL 3", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3 drafts", "TLS 1.3"]
            .map(highest),
        [1, 1, 3, 1, 1, 1, 2]
    );
    assert_eq!(value_of(&t04, "https", ("version", "TLS 1.0"), "ssl2_frame"), 1);
    let t05 = engine.table("T05g").expect("T05g");
    let of = |kind, column| value_of(&t05, "https", ("kind", kind), column);
    assert_eq!((of("ssl2", "connections"), of("ssl2", "alone")), (2, 1));
    assert_eq!((of("unknown", "connections"), of("unknown", "alone")), (1, 1));
    assert_eq!((of("rc4", "connections"), of("fallback-signal", "connections")), (3, 2));
    assert_eq!((of("export", "connections"), of("null-cipher", "alone")), (2, 1));
    let t07 = engine.table("T07e").expect("T07e");
    let hybrid = |column| value_of(&t07, "all", ("group_name", "X25519MLKEM768"), column);
    let modern =
        count(rows().iter().filter(|row| {
            row.offer.groups.as_ref().is_some_and(|groups| groups.contains(&0x11ec))
        }));
    assert_eq!(
        (hybrid("connections"), hybrid("named_first"), hybrid("key_share")),
        (modern, modern, modern)
    );
}

#[test]
fn authentication_in_plaintext_is_counted_once_a_connection() {
    let (_directory, engine) = engine();
    let t08 = engine.table("T08f").expect("T08f");
    let of =
        |protocol, mechanism, column| value_of(&t08, protocol, ("mechanism", mechanism), column);
    assert_eq!(of("imap", "(any)", "connections"), 2);
    assert_eq!(
        (of("imap", "CRAM-MD5", "connections"), of("imap", "PLAIN", "starttls_offered")),
        (1, 1)
    );
    assert_eq!((of("all", "(any)", "connections"), of("all", "(any)", "starttls_offered")), (5, 3));
    assert_eq!(of("xmpp-c2s", "(any)", "connections"), 0);
}

#[test]
fn offers_by_kind_count_connections_and_servers() {
    let (_directory, engine) = engine();
    let t08 = engine.table("T08g").expect("T08g");
    let lists: Vec<_> = rows()
        .into_iter()
        .filter(|row| row.protocol == "smtp")
        .filter_map(|row| Some((row.server_addr.clone(), row.dialog.mechanisms_before?)))
        .collect();
    let is_plaintext = |name: &String| ["PLAIN", "LOGIN", "USER"].contains(&name.as_str());
    let plaintext = || lists.iter().filter(|(_, names)| names.iter().any(is_plaintext));
    let only = || plaintext().filter(|(_, names)| names.iter().all(is_plaintext));
    let servers = |of: Vec<&String>| count(of.into_iter().collect::<BTreeSet<_>>().iter());
    let of = |column| value(&t08, "smtp", column);
    assert_eq!(of("read"), count(lists.iter()));
    assert_eq!((of("plaintext"), of("only_plaintext")), (count(plaintext()), count(only())));
    assert!(of("only_plaintext") > 0, "nothing to count");
    let expected = servers(plaintext().map(|(server, _)| server).collect());
    assert_eq!(of("plaintext_servers"), expected);
    assert_eq!(of("only_plaintext_servers"), servers(only().map(|(server, _)| server).collect()));
    let none = lists.iter().filter(|(_, names)| names.is_empty());
    assert_eq!(of("no_mechanism"), count(none));
}

#[test]
fn values_that_come_again_are_told_from_those_that_other_servers_show() {
    let (_directory, engine) = engine();
    let t07 = engine.table("T07f").expect("T07f");
    let of = |column| value_of(&t07, "all", ("kind", "curve-public-value"), column);
    let shown: Vec<_> = rows()
        .into_iter()
        .filter(|row| row.tls.dh_bits.is_none())
        .filter(|row| !matches!(row.tls.key_exchange.as_deref(), Some("HYBRID" | "KEM")))
        .filter_map(|row| Some((row.tls.server_public_sha256?, row.server_addr)))
        .collect();
    let same = |value| shown.iter().filter(move |(other, _)| *other == value);
    let again = shown.iter().filter(|(value, _)| same(*value).count() > 1);
    let elsewhere =
        |(value, server): &&(Sha256, String)| same(*value).any(|(_, other)| other != server);
    let shared: BTreeSet<_> = shown.iter().filter(elsewhere).map(|(_, server)| server).collect();
    let servers: BTreeSet<_> = shown.iter().map(|(_, server)| server).collect();
    assert_eq!((of("connections"), of("again")), (count(shown.iter()), count(again)));
    assert_eq!((of("servers"), of("other_servers")), (count(servers.iter()), count(shared.iter())));
    assert!(of("other_servers") > 0, "nothing is shared");
}

#[test]
fn the_newest_complete_run_of_each_sensor_counts() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("d");
    let flows = |hosts: &[u8]| hosts.iter().map(|host| flow("smtp", *host, 1)).collect::<Vec<_>>();
    watch(&path, "w1", "north", 0, RunState::Complete, flows(&[1, 2, 3]));
    watch(&path, "w2", "north", 1, RunState::Complete, flows(&[1, 2]));
    watch(&path, "w3", "south", 0, RunState::Complete, flows(&[4]));
    watch(&path, "w4", "north", 2, RunState::Interrupted, flows(&[1]));
    write(&path, "scan", 3, RunState::Complete, Vec::new());
    let engine = open(&directory);
    let connections = || value(&engine.table("T02").expect("T02"), "all", "connections");
    let note = |id| engine.table(id).expect("a result").notes.pop().expect("a note");
    assert_eq!(connections(), 3);
    let newest = "Monitor, for each sensor the newest run: w2 (complete), w3 (complete).";
    assert_eq!(note("T02"), newest);
    assert_eq!(note("T03c"), format!("No run has probed anything yet. {newest}"));
    assert_eq!(note("T03"), "No run has probed anything yet.");
    engine.count(&Runs::All).expect("all runs");
    assert_eq!(connections(), 7);
    engine.count(&Runs::from_word("w4")).expect("a run");
    assert_eq!((connections(), note("T02").as_str()), (1, "Monitor: w4 (interrupted)."));
    let unknown = engine.count(&Runs::from_word("w5")).expect_err("no such run").to_string();
    assert!(unknown.contains("w1"), "{unknown}");
}

#[test]
fn a_run_of_the_monitor_alone_has_no_probes_and_a_scan_no_connections() {
    let (directory, _) = engine();
    write(&directory.path().join("d"), "run-1", 0, RunState::Complete, every_state());
    let engine = open(&directory);
    let both = engine.table("T03c").expect("T03c");
    assert!(value(&both, "smtp", "offered") > 0 && value(&both, "smtp", "offering") > 0);
    engine.count(&Runs::from_word("watch-1")).expect("a run");
    assert!(engine.table("T03").expect("T03").rows.is_empty());
    assert!(!engine.table("T03b").expect("T03b").rows.is_empty());
    engine.count(&Runs::from_word("run-1")).expect("a run");
    assert!(engine.table("T02").expect("T02").rows.is_empty());
}

/// A monitor that runs for days and the scans beside it have a dataset each.
#[test]
fn datasets_read_together_are_as_one() {
    let (watched, _) = engine();
    let scanned = TempDir::new().expect("a directory");
    let both = TempDir::new().expect("a directory");
    watch_every_state(&both.path().join("d"));
    for directory in [&scanned, &both] {
        write(&directory.path().join("d"), "run-1", 0, RunState::Complete, every_state());
    }
    // The monitor's certificates are in both.
    for directory in [&scanned, &both] {
        let path = directory.path().join("d");
        watch(&path, "watch-2", "downlink", 3, RunState::Complete, every_connection());
    }
    let paths = [&watched, &scanned].map(|directory| directory.path().join("d"));
    let [together, one] = [
        Engine::open_together(&paths, None).expect("two datasets"),
        Engine::open(&both.path().join("d")).expect("a dataset"),
    ];
    for id in ["T01", "T02", "T03", "T03b", "T03c", "T04d", "T07e", "T08d"] {
        let [together, one] = [&together, &one].map(|engine| engine.table(id).expect("a table"));
        assert_eq!(together, one, "{id}");
        assert!(!one.rows.is_empty(), "{id}");
    }
    for sql in [
        "SELECT cert_sha256, size FROM certificates ORDER BY 1",
        "SELECT cert_sha256 FROM certificates_der WHERE der IS NOT NULL ORDER BY 1",
        "SELECT run_id, state FROM runs ORDER BY 1",
    ] {
        let [found, expected] = [&together, &one].map(|engine| engine.query(sql).expect("rows"));
        assert_eq!(found, expected, "{sql}");
        assert!(found.rows.len() > 2, "{sql}");
    }
    // Runs of the fixtures began in another order than they were written in.
    let first = "SELECT DISTINCT first_seen_run FROM certificates ORDER BY 1";
    let first: Vec<_> = together.query(first).expect("runs").rows.concat();
    assert_eq!(first, ["run-1", "watch-1"].map(|run| Cell::Text(run.to_owned())));
    let twice = [&paths[0], &paths[0]].map(Clone::clone);
    let error = Engine::open_together(&twice, None).err().expect("a run twice").to_string();
    assert!(error.contains("watch-1") && error.contains("would count twice"), "{error}");
}

#[test]
fn blocked_servers_do_not_count() {
    let (directory, engine) = engine();
    let blocked: Blocked = Arc::new(|addr| addr == "192.0.2.13");
    let without =
        Engine::open_without(&directory.path().join("d"), Some(&blocked)).expect("a dataset");
    let left = count(rows().iter().filter(|row| row.server_addr != "192.0.2.13"));
    let connections =
        |engine: &Engine| value(&engine.table("T02").expect("T02"), "all", "connections");
    assert_eq!((connections(&engine), connections(&without)), (count(rows().iter()), left));
    assert_eq!(value(&without.table("T03b").expect("T03b"), "smtp", "servers_supporting"), 1);
}

#[test]
fn a_run_that_did_not_count_its_losses_says_nothing_of_them() {
    let directory = TempDir::new().expect("a directory");
    watch(
        &directory.path().join("d"),
        "w1",
        "north",
        0,
        RunState::Complete,
        vec![flow("smtp", 1, 1)],
    );
    let t02 = open(&directory).table("T02").expect("T02");
    let at = |name: &str| {
        t02.table.columns.iter().position(|column| column.name == name).expect("a column")
    };
    let last = t02.rows.last().expect("a row");
    for column in ["dropped", "evicted"] {
        assert_eq!(last[at(column)].value, Cell::Null, "{column}");
    }
}

#[test]
fn tables_of_connections_name_their_half() {
    for table in catalogue() {
        let halves = [
            "(active",
            "(passive)",
            "active and passive side by side",
            "Active scan",
            "Passive monitoring",
        ];
        let named = halves.iter().any(|half| table.title.contains(half));
        let of_both = ["T01b", "T01c"].contains(&table.id.as_str());
        assert!(named || of_both, "{}: {}", table.id, table.title);
    }
}
