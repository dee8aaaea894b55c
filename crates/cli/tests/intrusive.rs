//! Intrusive questions as a user asks them: of whom, with whose consent, and what the lab's servers must be found to do.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use tlscensus_analysis::Engine;
use tlscensus_lab::Lab;
use tlscensus_lab::LabPlan;

use crate::support;
use crate::support::show;

/// Enough for most flavours and states of servers.
const HOSTS: u32 = 60;

#[test]
fn the_lab_is_found_to_lean_as_its_truth_says() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = folder.path().join("dataset");
    let mut plan = LabPlan::new(HOSTS, 5746);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // Whoever else is on this machine may have some of these ports.
    let lab = (23_000..).step_by(97).take(20).find_map(|offset| {
        plan.port_offset = offset;
        Some((runtime.block_on(Lab::start(plan.clone())).ok()?, offset))
    });
    let (lab, offset) = lab.expect("free ports");
    let all = ["--intrusive", "all", "--question-spacing", "0"];
    support::probe_lab_and(&lab, offset, folder.path(), &dataset, &all);
    let mut found = answers(&dataset);
    let mut differences = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for row in lab.truth() {
        let truth = &row.intrusive;
        for (question, expected) in [
            ("starttls-injection", &truth.starttls_injection),
            ("renegotiation", &truth.renegotiation),
            ("fallback-scsv", &truth.fallback_scsv),
            ("wrong-alpn", &truth.wrong_alpn),
        ] {
            let key = (row.addr.to_string(), row.service.clone(), question.to_owned());
            let (answer, how) = found.remove(&key).unwrap_or_default();
            *seen.entry(format!("{question} {expected}")).or_default() += 1;
            if answer != *expected {
                let flavour = row.flavour.as_deref().unwrap_or_default();
                let (addr, service, state) = key_of(row.addr, &row.service, &row.state);
                differences.push(format!(
                    "{addr} {service} {state} {flavour} {question}: {answer} ({how}), expected {expected}"
                ));
            }
        }
    }
    runtime.block_on(lab.stop());
    assert!(
        differences.is_empty(),
        "{} differences\n{}",
        differences.len(),
        differences.iter().take(40).cloned().collect::<Vec<_>>().join("\n")
    );
    assert!(found.is_empty(), "rows of nobody: {found:?}");
    for word in [
        "starttls-injection answered",
        "starttls-injection discarded",
        "renegotiation secure-accepted",
        "renegotiation insecure-accepted",
        "renegotiation refused",
        "fallback-scsv inappropriate-fallback",
        "wrong-alpn accepted-as-offered",
        "wrong-alpn refused-alert",
    ] {
        assert!(seen.contains_key(word), "the lab has none that shows {word}: {seen:?}");
    }
}

fn key_of(addr: std::net::Ipv4Addr, service: &str, state: &str) -> (String, String, String) {
    (addr.to_string(), service.to_owned(), state.to_owned())
}

/// By address, protocol and question: the answer, and how its connection ended.
fn answers(dataset: &Path) -> BTreeMap<(String, String, String), (String, String)> {
    let sql = "SELECT target, protocol, name, answer, ended, attempts[1]['phase'], attempts[1]['outcome'], \
               attempts[1]['detail'] FROM capabilities WHERE kind = 'intrusive'";
    let rows = Engine::open(dataset).unwrap().query(sql).unwrap().rows;
    let keyed = rows.iter().map(|row| {
        let text = |n: usize| show(&row[n]);
        let how = [4, 5, 6, 7].map(text).join(" ");
        ((text(0), text(1), text(2)), (text(3), how.trim().to_owned()))
    });
    keyed.collect()
}

/// Where nobody listens, and nothing is sent but SYNs to ourselves.
fn probe(folder: &Path, list: &str, more: &[&str]) -> std::process::Command {
    let path = folder.join("list.txt");
    fs::write(&path, list).unwrap();
    let mut command = support::tlscensus();
    command.arg("probe").arg(path).arg("--out").arg(folder.join("dataset"));
    command.args(["--protocols", "smtp", "--port-offset", "40000", "--connect-timeout", "2"]);
    command.args(["--contact", "scans@example.org", "--client-name", "probe.example.org"]);
    command.args(more);
    command
}

fn refused(folder: &Path, list: &str, more: &[&str], says: &[&str]) {
    let output = support::run(&mut probe(folder, list, more), 2);
    let words = String::from_utf8_lossy(&output.stderr);
    for expected in says {
        assert!(words.contains(expected), "{words}");
    }
    assert!(!folder.join("dataset").exists(), "nothing was begun");
}

#[test]
fn nobody_is_asked_intrusively_who_did_not_agree() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let agreed = folder.join("agreed.txt");
    let agreed = agreed.to_str().unwrap();
    let all = ["--intrusive", "all"];
    let nobody = ["192.0.2.9:25: --intrusive is for loopback", "--consent"];
    refused(folder, "192.0.2.9:25\n", &all, &nobody);
    refused(folder, "mail.example.org\n", &all, &["mail.example.org: --intrusive is for"]);
    refused(
        folder,
        "127.0.0.1\n10.7.0.1\n",
        &["--intrusive", "all", "--allow-test-range", "10.8.0.0/16"],
        &["10.7.0.1: "],
    );
    refused(
        folder,
        "127.0.0.1\n",
        &["--intrusive", "heartbleed"],
        &["--intrusive heartbleed: not known", "wrong-alpn"],
    );
    refused(folder, "127.0.0.1\n", &["--consent", agreed], &["--intrusive"]);
    let both = ["--intrusive", "all", "--consent", agreed];
    refused(folder, "127.0.0.1\n", &both, &["the consent file", "No such file"]);
    fs::write(agreed, "192.0.2.0/24 # by letter\n0.0.0.0/0 # everybody\n").unwrap();
    refused(folder, "127.0.0.1\n", &both, &["line 2: \"0.0.0.0/0", "operator could agree"]);
    // A list that comes by a pipe cannot be looked through.
    let mut command = probe(folder, "", &all);
    let mut arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    arguments[1] = "-".into();
    command = support::tlscensus();
    command.args(arguments).stdin(Stdio::null());
    let output = support::run(&mut command, 2);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("a list from a pipe: --intrusive is for loopback"), "{words}");
}

#[test]
fn with_a_consent_file_the_rest_is_not_asked_and_the_run_says_who_was() {
    let folder = tempfile::tempdir().unwrap();
    let agreed = folder.path().join("agreed.txt");
    fs::write(&agreed, "127.77.9.0/24 # ours\nmail.example.org # by letter, 2026-03-01\n").unwrap();
    let consent = agreed.to_str().unwrap();
    // 192.0.2.9 is on every blocklist: nothing is sent there. 127/8 is opened as a test range.
    let list = "127.77.9.1\n192.0.2.9\n";
    let more =
        ["--intrusive", "fallback-scsv,starttls-injection,fallback-scsv", "--consent", consent];
    let more = [&more[..], &["--allow-test-range", "127.77.9.0/24"]].concat();
    support::run(&mut probe(folder.path(), list, &more), 0);
    let dataset = folder.path().join("dataset");
    let found: Vec<_> = answers(&dataset).into_iter().collect();
    let found: Vec<String> = found
        .iter()
        .map(|((target, _, question), (answer, how))| format!("{target} {question} {answer} {how}"))
        .collect();
    assert_eq!(
        found,
        [
            "127.77.9.1 fallback-scsv not-reached ",
            "127.77.9.1 starttls-injection not-reached ",
            "192.0.2.9 fallback-scsv not-asked no-consent",
            "192.0.2.9 starttls-injection not-asked no-consent",
        ]
    );
    let engine = Engine::open(&dataset).unwrap();
    let runs = engine.query("SELECT config, lists FROM runs").unwrap().rows;
    let config = show(&runs[0][0]);
    assert!(
        config.contains("\"intrusive\":[\"fallback-scsv\",\"starttls-injection\"]"),
        "{config}"
    );
    let lists = engine
        .query("SELECT l['purpose'], l['entries'], l['sha256'] FROM (SELECT unnest(lists) AS l FROM runs)")
        .unwrap()
        .rows;
    let consent = lists.iter().find(|row| show(&row[0]) == "consent").unwrap();
    assert_eq!((show(&consent[1]).as_str(), show(&consent[2]).len()), ("2", 64));
}

#[test]
fn an_empty_pipe_is_told_as_one() {
    let folder = tempfile::tempdir().unwrap();
    for quiet in [false, true] {
        let mut command = support::tlscensus();
        command.args(["probe", "-", "--protocols", "smtp", "--out"]);
        command.arg(folder.path().join(format!("dataset-{quiet}")));
        command.args(quiet.then_some("--quiet")).stdin(Stdio::null());
        let output = support::run(&mut command, 1);
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(words.contains("no endpoint in the list"), "{words}");
        assert_eq!(words.contains("0 endpoints"), !quiet, "{words}");
    }
}

#[test]
fn one_endpoint_is_one_endpoint() {
    let folder = tempfile::tempdir().unwrap();
    let output = support::run(
        &mut probe(folder.path(), "127.77.9.1\n", &["--allow-test-range", "127.77.9.0/24"]),
        0,
    );
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains(": 1 endpoint, 0 with TLS, 1 connection; "), "{words}");
    assert!(!words.contains("1 endpoints"), "{words}");
}
