//! The newcomer's first command, small, as any user.

use std::process::Command;

use tlscensus_analysis::Engine;

use crate::support;

/// Hosts: enough for every table to have rows.
const HOSTS: &str = "25";

#[test]
fn the_demo_ends_with_the_tables_and_leaves_a_dataset() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("dataset");
    let mut command = support::tlscensus();
    let output = support::run(command.args(["demo", "--hosts", HOSTS, "--out"]).arg(&out), 0);
    let tables = String::from_utf8(output.stdout).unwrap();
    for id in ["T01", "T03", "T04", "T05", "T05b", "T06", "T06b", "T07", "T08"] {
        assert!(tables.contains(&format!("{id} · ")), "no {id} in\n{tables}");
    }
    let widest = tables.lines().max_by_key(|line| line.chars().count()).unwrap();
    assert!(widest.chars().count() <= 100, "{widest}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.matches(" sql ").count(), 3, "three queries to try:\n{said}");
    assert_eq!(endpoints(&out), "350");
}

#[test]
fn the_demo_needs_no_root() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("tlscensus");
    std::fs::copy(env!("CARGO_BIN_EXE_tlscensus"), &program).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"]);
    if !Command::new("setpriv").args(["--reuid=65534", "true"]).status().is_ok_and(|s| s.success())
    {
        return support::skip("becoming nobody needs root; the other test ran as an ordinary user");
    }
    let _status = Command::new("chown").arg("-R").arg("65534").arg(folder.path()).status();
    let out = folder.path().join("dataset");
    command.arg(&program).args(["demo", "--hosts", "3", "--quiet", "--out"]).arg(&out);
    support::run(&mut command, 0);
    let low = "SELECT count(*) FROM probes WHERE port < 1024";
    assert_eq!(support::show(&Engine::open(&out).unwrap().query(low).unwrap().rows[0][0]), "0");
    assert_eq!(endpoints(&out), "42");
}

fn endpoints(dataset: &std::path::Path) -> String {
    let sql = "SELECT count(*) FROM (SELECT DISTINCT addr, protocol FROM probes) AS rows_";
    support::show(&Engine::open(dataset).unwrap().query(sql).unwrap().rows[0][0])
}
