//! What is kept in the repository: one list per server, and the table made of them.
#![expect(clippy::disallowed_methods, reason = "reads and writes what is kept")]

use std::fmt;
use std::fs;
use std::path::PathBuf;

use crate::matrix::peers::PEERS;

/// One cell with its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Version, suite, certificate, group, bits of the prime, scheme, twist, with tabs between.
    pub(crate) cell: String,
    pub(crate) ending: String,
}

/// Columns of the lists.
pub(crate) mod column {
    pub(crate) const VERSION: usize = 0;
    pub(crate) const SUITE: usize = 1;
    pub(crate) const CERTIFICATE: usize = 2;
    pub(crate) const GROUP: usize = 3;
    pub(crate) const DH_BITS: usize = 4;
    pub(crate) const SCHEME: usize = 5;
    pub(crate) const TWIST: usize = 6;
}

impl Line {
    /// One of the values of the cell, `-` where it has none.
    pub(crate) fn column(&self, at: usize) -> &str {
        self.cell.split('\t').nth(at).unwrap()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}", self.cell, self.ending)
    }
}

/// The kept list of a server, from the crate's folder.
pub(crate) fn path(word: &str) -> String {
    format!("testdata/matrix/{word}.tsv")
}

/// All kept lists, in the order of the servers.
pub(crate) fn all() -> Vec<Vec<Line>> {
    let read = |word: &str| fs::read_to_string(absolute(&path(word))).unwrap_or_default();
    let lines = |text: String| {
        let split = |line: &str| {
            let (cell, ending) = line.rsplit_once('\t').unwrap();
            Line { cell: cell.to_owned(), ending: ending.to_owned() }
        };
        text.lines().map(split).collect()
    };
    PEERS.iter().map(|entry| lines(read(entry.word))).collect()
}

/// Compares with what is kept, or keeps it.
pub(crate) fn hold(path: &str, found: &str) {
    let absolute = absolute(path);
    if std::env::var_os("TLSCENSUS_WRITE_MATRIX").is_some() {
        return fs::write(absolute, found).unwrap();
    }
    let kept = fs::read_to_string(absolute).unwrap_or_default();
    let missing = kept.lines().filter(|line| !found.lines().any(|other| other == *line));
    let new = found.lines().filter(|line| !kept.lines().any(|other| other == *line));
    let differences: Vec<String> = missing
        .map(|line| format!("- {line}"))
        .chain(new.map(|line| format!("+ {line}")))
        .collect();
    assert!(
        kept == found,
        "{path} is not what came out (TLSCENSUS_WRITE_MATRIX=1 writes it):\n{}",
        differences.join("\n")
    );
}

fn absolute(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}
