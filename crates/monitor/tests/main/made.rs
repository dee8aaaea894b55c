//! Captures of our own making, each with one connection whose columns are known.

use std::path::Path;
use std::path::PathBuf;

use tlscensus_testkit::expected;
use tlscensus_testkit::expected::Made;

use crate::support::Watched;
use crate::support::frames;
use crate::support::text;
use crate::support::watch_whole;

fn captures() -> Vec<Made> {
    expected::made(include_str!("../../testdata/captures.tsv")).unwrap()
}

fn path(made: &Made) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/captures").join(&made.trace)
}

#[test]
fn each_capture_gives_the_row_that_it_was_made_for() {
    let mut wrong = Vec::new();
    for made in captures() {
        let watched = watch_whole(1, &path(&made));
        wrong.extend(disagreements(&made, &watched));
    }
    assert!(wrong.is_empty(), "{} disagreements:\n{}", wrong.len(), wrong.join("\n"));
}

fn disagreements(made: &Made, watched: &Watched) -> Vec<String> {
    let [row] = &watched.rows[..] else {
        return vec![format!("{}: {} rows", made.trace, watched.rows.len())];
    };
    let mut wrong = Vec::new();
    for (column, expected) in &made.columns {
        let found = text(row, column).unwrap_or_else(|| "no such column".to_owned());
        if found != *expected {
            wrong.push(format!("{}: {column} should be {expected}, found {found}", made.trace));
        }
    }
    wrong
}

#[test]
fn rows_do_not_depend_on_workers_or_on_the_format_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("same.pcapng");
    for made in captures() {
        let path = path(&made);
        let one = watch_whole(1, &path);
        assert_eq!(watch_whole(3, &path), one, "{} with three workers", made.trace);
        std::fs::write(&other, frames(&path).pcapng()).unwrap();
        assert_eq!(watch_whole(1, &other), one, "{} as pcapng", made.trace);
    }
}
