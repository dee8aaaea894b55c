//! `monitor --zeek-logs`: a capture becomes logs that readers of Zeek's can take, and nothing in them is a client's address.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;

use crate::discovery::scene::sql;
use crate::support::run;
use crate::support::tlscensus;

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../monitor/testdata/captures").join(name)
}

/// Runs over a capture; the exit code must be this one. Gives what was said.
fn watch(folder: &Path, name: &str, dataset: &str, logs: &str, format: &str, code: i32) -> String {
    let mut command = tlscensus();
    command.arg("monitor").arg(capture(name)).arg("--out").arg(folder.join(dataset));
    command.arg("--zeek-logs").arg(folder.join(logs)).args(["--zeek-format", format, "--quiet"]);
    String::from_utf8(run(&mut command, code).stderr).unwrap()
}

/// The same without a dataset, the logs going there; gives what was written to stdout, and what was said.
fn watch_alone(folder: &Path, name: &str, logs: &str, words: &[&str], code: i32) -> [String; 2] {
    let mut command = tlscensus();
    command.current_dir(folder).arg("monitor").arg(capture(name)).args(["--zeek-logs", logs]);
    let output = run(command.args(words), code);
    [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
}

/// The lines of a log, each as its columns by name.
fn lines(folder: &Path, log: &str) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(folder.join(log)).unwrap();
    assert!(text.lines().last().is_some_and(|line| line.starts_with("#close\t")), "{text}");
    let names = text.lines().find_map(|line| line.strip_prefix("#fields\t")).unwrap();
    let named = |line: &str| {
        let columns = names.split('\t').zip(line.split('\t'));
        columns.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    text.lines().filter(|line| !line.starts_with('#')).map(named).collect()
}

#[test]
fn a_capture_becomes_logs_that_join() {
    let folder = tempfile::tempdir().unwrap();
    watch(folder.path(), "pipelined-smtp-hello.pcap", "census", "logs", "tsv", 0);
    let logs = folder.path().join("logs");
    let (ssl, conn, x509) =
        (lines(&logs, "ssl.log"), lines(&logs, "conn.log"), lines(&logs, "x509.log"));
    let ([ssl], [conn]) = (ssl.as_slice(), conn.as_slice()) else {
        panic!("one connection: {ssl:?} {conn:?}");
    };
    // What the maker of the capture says of it.
    let expected = [
        ("version", "TLSv12"),
        ("cipher", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        ("resumed", "F"),
        ("established", "T"),
        ("via", "smtp"),
        ("starttls_state", "upgraded"),
        ("id.orig_p", "0"),
    ];
    for (name, value) in expected {
        assert_eq!(ssl[name], value, "{name}");
    }
    assert!(ssl["id.orig_h"].starts_with("fd"), "{}", ssl["id.orig_h"]);
    for name in ["uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "ts"] {
        assert_eq!(ssl[name], conn[name], "{name}");
    }
    assert_eq!((conn["service"].as_str(), conn["missed_bytes"].as_str()), ("smtp,ssl", "0"));
    let fingerprints: Vec<_> = x509.iter().map(|line| line["fingerprint"].as_str()).collect();
    assert_eq!(fingerprints.join(","), ssl["cert_chain_fps"]);
    assert_eq!(x509[0]["host_cert"], "T");
}

#[test]
fn json_has_an_object_a_line_and_logs_are_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    watch(folder.path(), "tls13-imap.pcap", "census", "logs", "json", 0);
    let ssl = fs::read_to_string(folder.path().join("logs/ssl.log")).unwrap();
    let objects: Vec<Value> = ssl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [object] = objects.as_slice() else {
        panic!("one connection: {ssl}");
    };
    assert_eq!(object["version"], "TLSv13");
    assert!(object["ts"].is_f64() && object["client_ciphers"].is_array(), "{object}");

    let said = watch(folder.path(), "tls13-imap.pcap", "second", "logs", "json", 2);
    assert!(said.contains("logs/ssl.log: never written over; name another folder"), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("logs/ssl.log")).unwrap(), ssl);
}

#[test]
fn logs_alone_are_the_same_as_beside_a_dataset() {
    let (folder, capture) = (tempfile::tempdir().unwrap(), "pipelined-smtp-hello.pcap");
    let [_, said] = watch_alone(folder.path(), capture, "logs/", &[], 0);
    assert!(said.contains("1 measured") && !said.contains("next:"), "{said}");
    // The key lies beside them, and makes the same names for the dataset's.
    fs::rename(folder.path().join("logs.client.key"), folder.path().join("census.client.key"))
        .unwrap();
    watch(folder.path(), capture, "census", "beside", "tsv", 0);
    for log in ["ssl.log", "conn.log", "x509.log"] {
        let of = |logs: &str| lines(&folder.path().join(logs), log);
        assert!(!of("logs").is_empty(), "{log}");
        assert_eq!(of("logs"), of("beside"), "{log}");
    }
}

#[test]
fn a_stream_has_objects_of_all_logs_and_leaves_nothing_behind() {
    let (folder, capture) = (tempfile::tempdir().unwrap(), "pipelined-smtp-hello.pcap");
    let [stream, _] = watch_alone(folder.path(), capture, "-", &["--zeek-format", "json"], 0);
    let objects = stream.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let logs: BTreeSet<_> =
        objects.map(|object| object["_path"].as_str().unwrap().to_owned()).collect();
    assert_eq!(logs, ["conn", "ssl", "x509"].map(str::to_owned).into());
    let [stream, said] = watch_alone(folder.path(), capture, "-", &[], 2);
    assert_eq!(stream, "");
    assert!(said.contains("a stream needs --zeek-format json"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Runs into a pipe that nobody reads; gives the exit code and what was said.
fn unread(words: &[&str], folder: &Path) -> (Option<i32>, String) {
    let mut command = tlscensus();
    command.current_dir(folder).arg("monitor").arg(capture("pipelined-smtp-hello.pcap"));
    command.args(["--zeek-logs", "-", "--zeek-format", "json", "--quiet"]).args(words);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.stdout(writer).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn whoever_reads_a_stream_may_stop() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(unread(&[], folder.path()), (Some(0), String::new()));
    let (code, said) = unread(&["--out", "census"], folder.path());
    assert_eq!(code, Some(0));
    assert_eq!(said, "--zeek-logs: nobody reads them any more; the dataset goes on\n");
    let runs = sql(&folder.path().join("census"), "SELECT state FROM runs");
    assert_eq!(runs, ["complete"]);
    assert_eq!(sql(&folder.path().join("census"), "SELECT count(*) FROM flows"), ["1"]);
}

#[test]
fn a_start_that_fails_leaves_no_logs() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = tlscensus();
    command.current_dir(folder.path()).args(["monitor", "--interface", "no-such-0"]);
    let output = run(command.args(["--zeek-logs", "new/logs"]), 1);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("no-such-0"), "{said}");
    assert_eq!(fs::read_dir(folder.path().join("new/logs")).unwrap().count(), 0);
    assert!(folder.path().join("new/logs.client.key").exists());
    let [_, said] = watch_alone(folder.path(), "tls13-imap.pcap", ".", &[], 2);
    assert!(said.contains("has no name to call a key by; use --client-key"), "{said}");
}

#[test]
fn only_the_logs_that_are_wanted_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["--zeek-select", "x509,ssl"];
    watch_alone(folder.path(), "pipelined-smtp-hello.pcap", "logs", &words, 0);
    let entries = fs::read_dir(folder.path().join("logs")).unwrap();
    let names: BTreeSet<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["ssl.log", "x509.log"].map(Into::into).into());
    assert_eq!(lines(&folder.path().join("logs"), "ssl.log").len(), 1);
}

#[test]
fn something_is_to_be_written() {
    let mut command = tlscensus();
    let output = run(command.arg("monitor").arg(capture("tls13-imap.pcap")), 2);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("--out <DATASET>"), "{said}");
}
