//! The dataset in other hands: the README's query in Python's duckdb gives T01's numbers.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use tlscensus_analysis::Engine;
use tlscensus_lab::Lab;
use tlscensus_lab::LabPlan;

use crate::support;
use crate::support::show;

/// Hosts of the lab: enough for every service to have numbers of its own.
const HOSTS: u32 = 12;
/// The dataset's name in the README.
const README_DATASET: &str = "demo-dataset";

#[test]
fn duckdb_repeats_t01_with_the_query_of_the_readme() {
    let python = std::env::var("TLSCENSUS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import duckdb"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        return support::skip(&format!("{python} has no duckdb (pip install duckdb)"));
    }
    let folder = tempfile::tempdir().unwrap();
    let dataset = folder.path().join("dataset");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut plan = LabPlan::new(HOSTS, 3);
    plan.port_offset = 21_000;
    let lab = runtime.block_on(Lab::start(plan)).unwrap();
    support::probe_lab(&lab, 21_000, folder.path(), &dataset);
    runtime.block_on(lab.stop());

    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let query = readme_query(&fs::read_to_string(readme).unwrap());
    let query = query.replace(README_DATASET, dataset.to_str().unwrap());
    let script = format!(
        "import duckdb\nfor row in duckdb.sql(\"\"\"{query}\"\"\").fetchall(): print(*row)"
    );
    let output = Command::new(&python).args(["-c", &script]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let duckdb: BTreeMap<_, _> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.split_once(' ').map(|(k, v)| (k.to_owned(), v.to_owned())))
        .collect();
    assert_eq!(duckdb, t01(&dataset));
}

/// What stands between the triple quotes.
fn readme_query(readme: &str) -> String {
    readme.split("\"\"\"").nth(1).expect("the README has the query").to_owned()
}

/// Hosts that completed TCP, successful TLS and end-host certificates, by service.
fn t01(dataset: &Path) -> BTreeMap<String, String> {
    let result = Engine::open(dataset).unwrap().table("T01").unwrap();
    let names: Vec<_> = result.table.columns.iter().map(|column| column.name.as_str()).collect();
    let place = |name: &str| names.iter().position(|have| *have == name).expect("a column");
    let body = &result.rows[..result.rows.len() - result.total_rows];
    let rows = body.iter().map(|row| {
        let text = |name: &str| show(&row[place(name)].value);
        let numbers = [text("tcp"), text("tls"), text("certificates")];
        (text("protocol"), numbers.join(" "))
    });
    rows.collect()
}
