//! `purge`, and `--blocklist` where a dataset is read.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use tlscensus_dataset::Dataset;
use tlscensus_records::Counter;
use tlscensus_records::ResponderRow;
use tlscensus_records::RunKind;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;

use crate::support::run;
use crate::support::tlscensus;

/// A dataset with a discovery of 20 hosts, and a register that blocks two of them.
fn scene(folder: &Path) -> (PathBuf, PathBuf) {
    let (dataset, register) = (folder.join("census"), folder.join("blocked.txt"));
    let row = RunRow {
        run_id: "find".to_owned(),
        kind: RunKind::Discover,
        config: "{}".to_owned(),
        ..RunRow::default()
    };
    let mut writer = Dataset::create(&dataset).unwrap().begin(row).unwrap();
    for host in 0..20 {
        let row = ResponderRow {
            run_id: "find".to_owned(),
            addr: format!("192.0.2.{host}"),
            port: 25,
            ..ResponderRow::default()
        };
        writer.append_responder(&row).unwrap();
    }
    let asked = Counter { name: "asked-port-25".to_owned(), count: 256 };
    writer.finish(RunState::Complete, vec![asked]).unwrap();
    fs::write(&register, "192.0.2.6/31 # 2026-11-01; noc@example.net; asked\n").unwrap();
    (dataset, register)
}

/// What it printed; lines of CSV end as all others.
fn said(verb: &str, dataset: &Path, more: &[&str]) -> String {
    let output = run(tlscensus().arg(verb).arg(dataset).args(more), 0);
    String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n")
}

#[test]
fn what_is_blocked_is_not_read_then_counted_then_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (dataset, register) = scene(folder.path());
    let blocklist = ["--blocklist", register.to_str().unwrap()];
    let count = "SELECT count(*) AS n FROM responders";
    let csv = ["--format", "csv"];
    let asked = |more: &[&str]| said("sql", &dataset, &[&[count], &csv[..], more].concat());
    let answered = |more: &[&str]| {
        let table = said("tables", &dataset, &[&["T01"], &csv[..], more].concat());
        let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let head = lines.next().unwrap();
        let place = head.iter().position(|name| *name == "answered").unwrap();
        lines.next().unwrap()[place].to_owned()
    };
    assert_eq!((asked(&[]).as_str(), answered(&[]).as_str()), ("n\n20\n", "20"));
    assert_eq!((asked(&blocklist).as_str(), answered(&blocklist).as_str()), ("n\n18\n", "18"));
    let dry = said("purge", &dataset, &[&["--dry-run"], &blocklist[..]].concat());
    assert!(dry.contains("responders        2\n") && dry.contains("2 rows would be"), "{dry}");
    assert_eq!(asked(&[]), "n\n20\n");
    let done = said("purge", &dataset, &blocklist);
    assert!(done.ends_with("2 rows removed\n"), "{done}");
    assert_eq!((asked(&[]).as_str(), answered(&[]).as_str()), ("n\n18\n", "18"));
    let note = "SELECT name, count FROM run_counters WHERE kind = 'purge' AND count > 0";
    assert_eq!(
        said("sql", &dataset, &[&[note], &csv[..]].concat()),
        "name,count\npurged-responders,2\n"
    );
    let list = "SELECT lists[1]['sha256'] AS sha256 FROM runs WHERE kind = 'purge'";
    let hash = said("sql", &dataset, &[&[list], &csv[..]].concat());
    assert_eq!(hash.trim_end().len(), "sha256\n".len() + 64, "{hash}");
    assert!(said("purge", &dataset, &blocklist).ends_with("0 rows removed\n"));
}

#[test]
fn a_register_that_is_none_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (dataset, register) = scene(folder.path());
    fs::write(&register, "192.0.2.6\nnonsense\n").unwrap();
    for verb in ["purge", "tables", "sql"] {
        let mut command = tlscensus();
        command.arg(verb).arg(&dataset).arg("--blocklist").arg(&register);
        if verb == "sql" {
            command.arg("SELECT 1");
        }
        let words = String::from_utf8(run(&mut command, 2).stderr).unwrap();
        assert!(words.contains("line 2: \"nonsense\""), "{verb}: {words}");
    }
    let mut missing = tlscensus();
    missing.arg("purge").arg(&dataset).arg("--blocklist").arg(folder.path().join("none"));
    run(&mut missing, 2);
    let count = "SELECT count(*) AS n FROM responders";
    assert_eq!(said("sql", &dataset, &[count, "--format", "csv"]), "n\n20\n");
}
