//! Running the program, and saying loudly what was not tested.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::process::Output;

use tlscensus_analysis::Cell;
use tlscensus_lab::Lab;

/// The program under test.
pub(crate) fn tlscensus() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tlscensus"))
}

/// Runs to the end; the exit code must be this one.
pub(crate) fn run(command: &mut Command, code: i32) -> Output {
    let output = command.output().expect("the program starts");
    assert_eq!(
        output.status.code(),
        Some(code),
        "{command:?}\nstdout: {}\nstderr: {}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Says that a test was not run; in CI that is a failure.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI must run this: {why}");
    eprintln!("SKIPPED: {why}");
}

/// Scans a lab that runs in this process, all its hosts, all services, without limits on the rate.
pub(crate) fn probe_lab(lab: &Lab, port_offset: u16, folder: &Path, dataset: &Path) {
    probe_lab_and(lab, port_offset, folder, dataset, &[]);
}

/// The same with these arguments more.
pub(crate) fn probe_lab_and(
    lab: &Lab,
    port_offset: u16,
    folder: &Path,
    dataset: &Path,
    more: &[&str],
) {
    let addresses: BTreeSet<_> = lab.truth().iter().map(|row| row.addr).collect();
    let list: String = addresses.iter().map(|addr| format!("{addr}\n")).collect();
    let path = folder.join("list.txt");
    fs::write(&path, list).expect("a temporary folder can be written");
    let mut command = tlscensus();
    command.arg("probe").arg(path).arg("--out").arg(dataset);
    command.args(["--port-offset", &port_offset.to_string(), "--quiet", "--concurrency", "300"]);
    command.args(["--ladder", "exhaustive"]);
    command.args(["--rate", "0", "--host-rate", "0", "--net-rate", "0", "--host-budget", "0"]);
    command.args(["--phase-timeout", "15", "--connect-timeout", "15", "--deadline", "60"]);
    run(command.args(more), 0);
}

/// A cell in words; a list's entries with blanks between them.
pub(crate) fn show(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::List(cells) => cells.iter().map(show).collect::<Vec<_>>().join(" "),
        Cell::Boolean(value) => value.to_string(),
        Cell::Integer(value) => value.to_string(),
        Cell::Float(value) => value.to_string(),
        Cell::Record(_) => "record".to_owned(),
        Cell::Text(text) => text.clone(),
    }
}
