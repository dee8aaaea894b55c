//! A scan of the lab with an enumeration behind it equals its ground truth: row by row, and cell by cell of T01, T03 and T08;
//! of T04 to T07 the whole tables do, shares included.
//!
//! The usual size fits CI. `TLSCENSUS_TRUTH_HOSTS=2000 TLSCENSUS_TRUTH_SEEDS=1,2,3 cargo test -p tlscensus-cli truth` is the
//! full one.

mod cells;
mod enumerated;
mod negotiated;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;

use tlscensus_analysis::Engine;
use tlscensus_analysis::TableResult;
use tlscensus_lab as lab;
use tlscensus_lab::Lab;
use tlscensus_lab::LabPlan;
use tlscensus_lab::TruthRow;

use crate::support;
use crate::support::show;

/// Asks every server for all it has, at once.
const ENUMERATING: [&str; 6] =
    ["--depth", "enumerate", "--question-spacing", "0", "--questions", "100"];
/// Hosts, each with 14 services, if nothing else is asked for.
const HOSTS: u32 = 80;
/// For those who may not bind low ports.
const HIGH_PORTS: u16 = 20_000;

#[test]
fn a_scan_of_the_lab_equals_its_ground_truth() {
    let hosts = std::env::var("TLSCENSUS_TRUTH_HOSTS").map_or(HOSTS, |text| text.parse().unwrap());
    let seeds = std::env::var("TLSCENSUS_TRUTH_SEEDS").unwrap_or_else(|_| "7".to_owned());
    for seed in seeds.split(',') {
        check(hosts, seed.parse().unwrap());
    }
}

fn check(hosts: u32, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let dataset = folder.path().join("dataset");
    let truth = scan(hosts, seed, folder.path(), &dataset);
    let engine = Engine::open(&dataset).unwrap();
    let mut differences = rows(&engine, &truth);
    differences.extend(t01(&engine, &truth));
    differences.extend(t03(&engine, &truth));
    differences.extend(negotiated::differences(&engine, &truth));
    differences.extend(enumerated::differences(&engine, &truth));
    differences.extend(t08(&engine, &truth));
    assert!(
        differences.is_empty(),
        "{hosts} hosts, seed {seed}: {} differences\n{}",
        differences.len(),
        differences.iter().take(60).cloned().collect::<Vec<_>>().join("\n")
    );
}

/// Serves the lab in this process and scans it with the program.
fn scan(hosts: u32, seed: u64, folder: &Path, dataset: &Path) -> Vec<TruthRow> {
    let mut plan = LabPlan::new(hosts, seed);
    plan.port_offset = if TcpListener::bind("127.64.0.1:25").is_ok() { 0 } else { HIGH_PORTS };
    let offset = plan.port_offset;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let lab = runtime.block_on(Lab::start(plan)).unwrap();
    support::probe_lab_and(&lab, offset, folder, dataset, &ENUMERATING);
    let truth = lab.truth().to_vec();
    runtime.block_on(lab.stop());
    truth
}

/// What a row says, in the words of truth.
#[derive(Debug, PartialEq)]
struct Found {
    phase: String,
    outcome: String,
    starttls_state: String,
    speaks: String,
    tcp: String,
    tls_completed: String,
    version: String,
    chosen: String,
    chain: String,
    before: String,
    after: String,
}

pub(crate) fn rows(engine: &Engine, truth: &[TruthRow]) -> Vec<String> {
    let sql = "SELECT addr, protocol, phase, outcome, starttls_state, speaks_protocol, tcp_completed, tls_completed, \
               tls_version, chain, mechanisms_before, mechanisms_after, capabilities_before_seen, \
               capabilities_after_seen, detail, tls_suite, tls_key_exchange, tls_group, tls_dh_bits, tls_dh_prime_sha256, \
               tls_dh_group_name, tls_dh_safe_prime FROM probes";
    let mut found: BTreeMap<(String, String), (Found, String)> = BTreeMap::new();
    for row in engine.query(sql).unwrap().rows {
        let text = |n: usize| show(&row[n]);
        let list = |n: usize, seen: usize| match text(seen).as_str() {
            "seen" => text(n),
            _ => "unread".to_owned(),
        };
        let new = Found {
            phase: text(2),
            outcome: text(3),
            starttls_state: text(4),
            speaks: text(5),
            tcp: text(6),
            tls_completed: text(7),
            // A version chosen in a handshake that failed is a fact of its own.
            version: if text(7) == "true" { text(8) } else { String::new() },
            chosen: [15, 8, 16, 17, 18, 19, 20, 21].map(text).join(" ").trim().to_owned(),
            chain: if text(7) == "true" { text(9) } else { String::new() },
            before: list(10, 12),
            after: list(11, 13),
        };
        let repeated = found.insert((text(0), text(1)), (new, text(14)));
        assert_eq!(repeated, None, "{} {} has two rows", text(0), text(1));
    }
    assert_eq!(found.len(), truth.len(), "one row for each endpoint");
    let different = truth.iter().filter_map(|row| {
        let (found, detail) = &found[&(row.addr.to_string(), row.service.clone())];
        let expected = expected(row, &found.outcome);
        (expected != *found).then(|| {
            format!(
                "{} {} ({}):\n  expected {expected:?}\n  found    {found:?} {detail:?}",
                row.addr, row.service, row.state
            )
        })
    });
    different.collect()
}

fn expected(row: &TruthRow, found_outcome: &str) -> Found {
    let list = |list: &Option<Vec<String>>| match list {
        Some(list) => list.join(" "),
        None => "unread".to_owned(),
    };
    let acceptable = row.outcomes.iter().find(|outcome| *outcome == found_outcome);
    Found {
        phase: row.phase.clone(),
        outcome: acceptable.unwrap_or(&row.outcomes[0]).clone(),
        starttls_state: row.starttls_state.clone(),
        speaks: match row.speaks_protocol {
            lab::Speaks::Yes => "yes",
            lab::Speaks::No => "no",
            lab::Speaks::Unreached => "unreached",
        }
        .to_owned(),
        tcp: (row.tcp == lab::Tcp::Open).to_string(),
        tls_completed: row.tls_completed.to_string(),
        version: row.tls_version.clone().unwrap_or_default(),
        chosen: row.chosen.as_ref().map(chosen).unwrap_or_default(),
        chain: row.chain.join(" "),
        before: list(&row.mechanisms_before),
        after: list(&row.mechanisms_after),
    }
}

/// Suite, version, key exchange, group, and what is known of a finite field; what was not seen leaves its place empty.
fn chosen(chosen: &lab::Chosen) -> String {
    let text = |word: &Option<String>| word.clone().unwrap_or_default();
    let words = [
        text(&chosen.suite),
        chosen.version.clone(),
        text(&chosen.key_exchange),
        text(&chosen.group),
        text(&chosen.dh_bits.map(|bits| bits.to_string())),
        text(&chosen.dh_prime_sha256),
        text(&chosen.dh_known_as),
        text(&chosen.dh_safe.map(|safe| safe.to_string())),
    ];
    words.join(" ").trim().to_owned()
}

/// The cells of a table under `protocol/column`, the totals left out.
pub(crate) fn cells(result: &TableResult, keys: &[&str]) -> BTreeMap<String, String> {
    let names: Vec<_> = result.table.columns.iter().map(|column| column.name.as_str()).collect();
    let place = |name: &str| names.iter().position(|have| *have == name).expect("a column");
    let body = &result.rows[..result.rows.len() - result.total_rows];
    let mut cells = BTreeMap::new();
    for row in body {
        let key: Vec<_> = keys.iter().map(|key| show(&row[place(key)].value)).collect();
        for (name, entry) in names.iter().zip(row) {
            cells.insert(format!("{}/{name}", key.join("/")), show(&entry.value));
        }
    }
    cells
}

/// Compares expected cells with those found; a cell that is not there counts as 0.
fn compare(
    table: &str,
    found: &BTreeMap<String, String>,
    expected: impl IntoIterator<Item = (String, u64)>,
) -> Vec<String> {
    let different = expected.into_iter().filter_map(|(cell, count)| {
        let have = found.get(&cell).map_or("0", String::as_str);
        (have != count.to_string())
            .then(|| format!("{table} {cell}: expected {count}, found {have}"))
    });
    different.collect()
}

pub(crate) fn t01(engine: &Engine, truth: &[TruthRow]) -> Vec<String> {
    let found = cells(&engine.table("T01").unwrap(), &["protocol"]);
    let expected = lab::overview(truth).into_iter().flat_map(|(service, line)| {
        [
            ("hosts", line.hosts),
            ("tcp", line.tcp),
            ("speakers", line.speakers),
            ("capabilities", line.capabilities),
            ("tls", line.tls),
            ("certificates", line.end_host_certificates),
            ("intermediates", line.intermediates),
            ("unique_intermediates", line.distinct_intermediates),
        ]
        .map(|(column, count)| (format!("{service}/{column}"), count))
    });
    // HTTPS has no dialogue: there is nothing to read, and the table says so by an empty cell.
    let expected = expected.filter(|(cell, _)| cell != "https/capabilities");
    compare("T01", &found, expected)
}

pub(crate) fn t03(engine: &Engine, truth: &[TruthRow]) -> Vec<String> {
    let found = cells(&engine.table("T03").unwrap(), &["protocol"]);
    let columns = [
        ("no_answer", "no-answer"),
        ("not_the_protocol", "not-the-protocol"),
        ("ended_early", "unreached"),
        ("not_offered", "not-offered"),
        ("mangled", "offered-mangled"),
        ("refused", "refused"),
        ("reply_unseen", "reply-unseen"),
        ("accepted_no_tls", "accepted-no-tls"),
        ("handshake_failed", "accepted-handshake-failed"),
        ("upgraded", "upgraded"),
    ];
    let starttls =
        lab::starttls_states(truth).into_iter().filter(|(_, of)| !of.contains_key("unasked"));
    let expected = starttls.flat_map(|(service, states)| {
        columns.map(|(column, word)| {
            (format!("{service}/{column}"), states.get(word).copied().unwrap_or_default())
        })
    });
    compare("T03", &found, expected)
}

pub(crate) fn t08(engine: &Engine, truth: &[TruthRow]) -> Vec<String> {
    let found = cells(&engine.table("T08").unwrap(), &["protocol", "stage", "mechanism"]);
    let mut expected = BTreeMap::new();
    for (service, stages) in lab::mechanisms(truth) {
        for (stage, offered) in stages {
            let stage = match stage {
                lab::Stage::Before => "before TLS",
                lab::Stage::After => "after TLS",
                lab::Stage::Implicit => "implicit TLS",
            };
            for (mechanism, count) in offered.mechanisms {
                expected.insert(format!("{service}/{stage}/{mechanism}/offering"), count);
                expected.insert(format!("{service}/{stage}/{mechanism}/read"), offered.lists);
            }
        }
    }
    let surplus = found.iter().filter(|(cell, count)| {
        cell.ends_with("/offering")
            && !cell.contains("/(no")
            && count.as_str() != "0"
            && !expected.contains_key(*cell)
    });
    let mut differences: Vec<_> =
        surplus.map(|(cell, count)| format!("T08 {cell}: expected none, found {count}")).collect();
    differences.extend(compare("T08", &found, expected));
    differences
}
