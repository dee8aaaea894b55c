//! What is typed, what is told, and what is left behind.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;

use super::capture;
use super::one_truth::counters;
use super::one_truth::signal;
use crate::discovery::scene::sql;
use crate::discovery::scene::wait_for;
use crate::support::run;
use crate::support::tlscensus;

/// A capture with one session of IMAP that is upgraded.
const UPGRADED: &str = "tls13-imap.pcap";

fn monitor(words: &[&str]) -> Command {
    let mut command = tlscensus();
    command.arg("monitor").args(words);
    command
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_capture_becomes_rows_and_tables() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("census");
    let told = run(&mut monitor(&[path(&capture(UPGRADED)), "--out", path(&out)]), 0);
    assert!(stderr(&told).contains("1 measured (1 with TLS established)"), "{}", stderr(&told));
    let rows = sql(
        &out,
        "SELECT protocol, via, starttls_state, tls_version, chain_seen, end_reason, local_side FROM flows",
    );
    assert_eq!(rows, ["imap,imap,upgraded,TLS 1.3,hidden,established,unasked"]);
    let runs = sql(&out, "SELECT kind, state FROM runs");
    assert_eq!(runs, ["monitor,complete"]);
    assert_eq!(counters(&out).get("rows"), Some(&1));
    let table = run(tlscensus().args(["tables", path(&out), "T02", "--format", "csv"]), 0);
    assert!(String::from_utf8_lossy(&table.stdout).lines().any(|line| line.contains("imap")));
}

#[test]
fn the_same_key_gives_the_same_clients_and_another_key_others() {
    let folder = tempfile::tempdir().unwrap();
    let (key, other) = (folder.path().join("one.key"), folder.path().join("two.key"));
    let clients = |name: &str, key: &Path| {
        let out = folder.path().join(name);
        let capture = capture(UPGRADED);
        let words = [path(&capture), "--out", path(&out), "--client-key", path(key), "--quiet"];
        run(&mut monitor(&words), 0);
        sql(&out, "SELECT client FROM flows")
    };
    let first = clients("a", &key);
    assert_eq!(clients("b", &key), first);
    assert_ne!(clients("c", &other), first);
    fs::write(&key, "no key").unwrap();
    let out = folder.path().join("d");
    let capture = capture(UPGRADED);
    let told =
        run(&mut monitor(&[path(&capture), "--out", path(&out), "--client-key", path(&key)]), 2);
    assert!(stderr(&told).contains("6 bytes, a key has 32"), "{}", stderr(&told));
}

#[test]
fn what_cannot_be_done_is_told_before_anything_begins() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("census");
    let here = capture(UPGRADED);
    let cases: [(&[&str], &str); 7] = [
        (&[], "required"),
        (
            &["--interface", "lo", "--workers", "257"],
            "--workers: the kernel divides an interface among 256",
        ),
        (&["no-such.pcap"], "no-such.pcap"),
        (&[path(folder.path())], "a folder; name the captures in it"),
        (&[path(&here), "--sessions", "outgoing"], "--local-nets"),
        (&["-", "-"], "stdin can be read once"),
        (&[path(&here), "--duration", "9"], "like 90s or 9d"),
    ];
    for (words, wanted) in cases {
        let mut all = words.to_vec();
        all.extend(["--out", path(&out)]);
        let told = run(&mut monitor(&all), 2);
        assert!(stderr(&told).contains(wanted), "{words:?}: {}", stderr(&told));
        assert!(!out.exists(), "{words:?}");
    }
    let told = run(&mut monitor(&["--interface", "no-such-0", "--out", path(&out)]), 1);
    let once = "tlscensus: no-such-0: no such interface (`ip link` lists them)\n";
    assert!(stderr(&told).contains(once), "{}", stderr(&told));
}

#[test]
fn a_capture_that_is_cut_or_none_is_told_and_what_stood_before_counts() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (fs::read(capture(UPGRADED)).unwrap(), folder.path().join("cut.pcap"));
    fs::write(&cut, &whole[..whole.len() - 3]).unwrap();
    let out = folder.path().join("census");
    let told = run(&mut monitor(&[path(&cut), "--out", path(&out)]), 1);
    assert!(stderr(&told).contains("cut.pcap"), "{}", stderr(&told));
    assert!(stderr(&told).contains("1 row of what came before it"), "{}", stderr(&told));
    assert_eq!(sql(&out, "SELECT starttls_state FROM flows"), ["upgraded"]);
    assert_eq!(sql(&out, "SELECT state FROM runs"), ["interrupted"]);
    let text = folder.path().join("text.pcap");
    fs::write(&text, "this is no capture").unwrap();
    let told = run(&mut monitor(&[path(&text), "--out", path(&out)]), 1);
    assert!(stderr(&told).contains("text.pcap"), "{}", stderr(&told));
}

/// A dataset has one writer at a time: who watches for days while scans go on has one for each.
#[test]
fn what_was_watched_stands_beside_what_another_dataset_has() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
    for (dataset, name) in [(&one, UPGRADED), (&other, "refused-smtp-454.pcap")] {
        run(&mut monitor(&[path(&capture(name)), "--out", path(dataset), "--quiet"]), 0);
    }
    let states = "SELECT starttls_state FROM flows ORDER BY 1";
    let asked = |with: &[&str], status| {
        let mut words = vec!["sql", path(&one), states, "--format", "csv"];
        words.extend(with);
        run(tlscensus().args(words), status)
    };
    let told = asked(&["--with", path(&other)], 0);
    assert_eq!(String::from_utf8_lossy(&told.stdout), "starttls_state\r\nrefused\r\nupgraded\r\n");
    let told = asked(&["--with", path(&one)], 1);
    assert!(stderr(&told).contains("would count twice"), "{}", stderr(&told));
    let words = ["tables", path(&one), "T03b", "--run", "all", "--short", "--with", path(&other)];
    let told = run(tlscensus().args(words), 0);
    let table = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(table.contains(&format!("T03b --with {} --run all", path(&other))), "{table}");
}

#[test]
fn stdin_is_a_capture_too() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("census");
    let mut command = monitor(&["-", "--out", path(&out), "--quiet"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let bytes = fs::read(capture(UPGRADED)).unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(sql(&out, "SELECT starttls_state FROM flows"), ["upgraded"]);
}

#[test]
fn a_growing_capture_is_followed_until_a_signal_and_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (growing, out) = (folder.path().join("growing.pcap"), folder.path().join("census"));
    let whole = fs::read(capture(UPGRADED)).unwrap();
    for (by, state) in [(Signal::INT, "complete"), (Signal::KILL, "recovered")] {
        fs::write(&growing, &whole[..40]).unwrap();
        let status = folder.path().join("status.json");
        let words = [
            path(&growing),
            "--follow",
            "--out",
            path(&out),
            "--json-status",
            path(&status),
            "--quiet",
        ];
        let mut child = monitor(&words).spawn().unwrap();
        let mut file = fs::OpenOptions::new().append(true).open(&growing).unwrap();
        file.write_all(&whole[40..]).unwrap();
        let acknowledged =
            || fs::read_to_string(&status).is_ok_and(|text| text.contains(r#""acknowledged":1"#));
        wait_for(acknowledged, "a durable row");
        signal(&child, by);
        let ended = child.wait().unwrap();
        assert_eq!(ended.success(), by == Signal::INT);
        let newest = sql(&out, "SELECT state FROM runs ORDER BY started_at DESC LIMIT 1");
        assert_eq!(newest, [state]);
        fs::remove_file(&status).unwrap();
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(sql(&out, "SELECT count(*) FROM flows"), ["2"]);
}

#[test]
fn only_sessions_that_go_out_count_where_that_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    let here = capture(UPGRADED);
    let rows = |name: &str, nets: &str, sessions: &str| {
        let out = folder.path().join(name);
        let words = [
            path(&here),
            "--out",
            path(&out),
            "--local-nets",
            nets,
            "--sessions",
            sessions,
            "--quiet",
        ];
        run(&mut monitor(&words), 0);
        (sql(&out, "SELECT local_side FROM flows"), counters(&out)["other-sessions"])
    };
    let server = sql_server(&here, folder.path());
    let client_side = "0.0.0.0/0";
    assert_eq!(rows("a", client_side, "all").0, ["both"]);
    assert_eq!(rows("b", &server, "incoming").0, ["server"]);
    let (none, passed_over) = rows("c", &server, "outgoing");
    assert!(none.is_empty());
    assert_eq!(passed_over, 1);
}

/// The server of the one session in a capture, as a prefix.
fn sql_server(capture: &Path, folder: &Path) -> String {
    let out = folder.join("server");
    run(&mut monitor(&[path(capture), "--out", path(&out), "--quiet"]), 0);
    let address = sql(&out, "SELECT server_addr FROM flows").remove(0);
    let bits = if address.contains(':') { 128 } else { 32 };
    format!("{address}/{bits}")
}
