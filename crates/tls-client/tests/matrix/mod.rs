//! The completion matrix: every version, key exchange and cipher that servers of others can serve, met one by one.
//!
//! `TLSCENSUS_WRITE_MATRIX=1 cargo test -p tlscensus-tls-client matrix` writes the kept lists (`testdata/matrix/`) and
//! `MATRIX.md` anew; otherwise they must be what comes out. A server that is not installed is skipped loudly; CI has them all.

mod ability;
pub(crate) mod cell;
pub(crate) mod facts;
mod kept;
mod peers;
mod table;
mod visit;

use tlscensus_tls_client::KeyShares;

use crate::matrix::kept::Line;
use crate::matrix::peers::Entry;
use crate::matrix::peers::PEERS;

#[test]
fn every_cell_of_the_vendored_openssl() {
    meet("openssl-3.6");
}

#[test]
fn every_cell_of_rustls() {
    meet("rustls");
}

#[test]
fn the_matrix_shows_the_kept_lists() {
    let shown = table::matrix(&kept::all());
    kept::hold("MATRIX.md", &shown);
}

/// Meets a server in every cell and holds the results against the kept list.
fn meet(word: &str) {
    let entry = PEERS.iter().find(|entry| entry.word == word).unwrap();
    let (lines, differences) = match run(entry) {
        Ok(found) => found,
        Err(missing) => return skip(&missing),
    };
    let list: String = lines.iter().map(|line| format!("{line}\n")).collect();
    kept::hold(&kept::path(word), &list);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn run(entry: &Entry) -> Result<(Vec<Line>, Vec<String>), String> {
    let mut peer = (entry.start)()?;
    let keys = KeyShares::generate();
    let mut lines = Vec::new();
    let mut differences = Vec::new();
    for cell in peer.ability().cells() {
        let mut connection = peer.connect(&cell.setup)?;
        let visit = visit::visit(&cell, &mut *connection, &keys);
        if visit.ending == visit::Ending::Completed {
            let told = visit.recorded.disagreements(&visit.told);
            differences.extend(told.into_iter().map(|what| format!("{cell}: {what}")));
        }
        lines.push(Line { cell: cell.to_string(), ending: visit.ending.words() });
    }
    Ok((lines, differences))
}

/// Says that a part was not run; in CI that is a failure.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI must run this: {why}");
    eprintln!("SKIPPED: {why}");
}
