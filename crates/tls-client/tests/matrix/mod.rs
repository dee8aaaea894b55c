//! The completion matrix: every version, key exchange and cipher that servers of others can serve, met one by one.
//!
//! `TLSCENSUS_WRITE_MATRIX=1 cargo test -p tlscensus-tls-client matrix` writes the kept lists (`testdata/matrix/`) and
//! `MATRIX.md` anew; otherwise they must be what comes out. The servers in memory are met
//! always; with `TLSCENSUS_MATRIX=all` those that are programs of their own too, which `.ci/real-servers --matrix` installs.

mod ability;
pub(crate) mod cell;
pub(crate) mod facts;
mod kept;
mod peers;
mod table;
mod tshark;
mod visit;

use tlscensus_tls_client::KeyShares;

use crate::matrix::cell::Cell;
use crate::matrix::facts::Facts;
use crate::matrix::peers::Entry;
use crate::matrix::peers::PEERS;
use crate::matrix::visit::Ending;
use crate::matrix::visit::Visit;

#[test]
fn every_cell_of_the_vendored_openssl() {
    meet("openssl-3.6");
}

#[test]
fn every_cell_of_rustls() {
    meet("rustls");
}

#[test]
fn every_cell_of_debians_openssl() {
    meet_program("openssl-3.0");
}

#[test]
fn every_cell_of_the_old_openssl() {
    meet_program("openssl-1.0.2");
}

#[test]
fn every_cell_of_gnutls() {
    meet_program("gnutls");
}

#[test]
fn every_cell_of_botan() {
    meet_program("botan");
}

#[test]
fn every_cell_of_erlang() {
    meet_program("otp");
}

#[test]
fn the_matrix_shows_the_kept_lists() {
    let shown = table::matrix(&kept::all());
    kept::hold("MATRIX.md", &shown);
}

/// Programs of others answer in their own time, so that a cell of theirs may end otherwise once in a while: they are met when asked for.
fn meet_program(word: &str) {
    match std::env::var_os("TLSCENSUS_MATRIX") {
        Some(_) => meet(word),
        None => say(&format!("SKIPPED: {word} is met with TLSCENSUS_MATRIX=all only")),
    }
}

/// Meets a server in every cell and holds the results against the kept list.
fn meet(word: &str) {
    let entry = PEERS.iter().find(|entry| entry.word == word).unwrap();
    let met = match run(entry) {
        Ok(met) => met,
        Err(missing) => return skip(&missing),
    };
    let lines: String =
        met.iter().map(|(cell, visit)| format!("{cell}\t{}\n", visit.ending.words())).collect();
    kept::hold(&kept::path(word), &lines);
    let mut differences = Vec::new();
    for (cell, visit) in &met {
        let wished = cell.wished(&visit.ending);
        for (who, facts) in [("cell", &wished), ("server", &visit.told), ("tshark", &visit.seen)] {
            // A server that only asked again has chosen nothing yet.
            if visit.recorded.version.is_none() && visit.ending != Ending::Completed {
                continue;
            }
            let found = visit.recorded.disagreements(facts);
            differences.extend(found.into_iter().map(|what| format!("{cell} {who}: {what}")));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    let facts = |of: fn(&Visit) -> &Facts| met.iter().map(|(_, visit)| of(visit).count()).sum();
    let (told, seen): (usize, usize) = (facts(|visit| &visit.told), facts(|visit| &visit.seen));
    say(&format!(
        "{word}: {} cells, {told} facts told by it, {seen} by tshark, all agree",
        met.len()
    ));
}

fn run(entry: &Entry) -> Result<Vec<(Cell, Visit)>, String> {
    let mut peer = (entry.start)()?;
    let keys = KeyShares::generate();
    let mut met = Vec::new();
    for cell in peer.ability().cells() {
        let visit = match peer.connect(&cell.setup) {
            Err(why) => Visit::never(format!("cannot be set up: {why}")),
            Ok(mut connection) => visit::visit(&cell, &mut *connection, &keys),
        };
        met.push((cell, visit));
    }
    let scripts: Vec<_> = met.iter().map(|(_, visit)| visit.script.as_slice()).collect();
    match tshark::dissect(&scripts, &peer.key_log()) {
        Err(missing) => skip(&missing),
        Ok(seen) => met.iter_mut().zip(seen).for_each(|((_, visit), seen)| visit.seen = seen),
    }
    Ok(met)
}

#[expect(clippy::print_stderr, reason = "counts for the reader of the test's output")]
fn say(what: &str) {
    eprintln!("{what}");
}

/// Says that a part was not run; in CI that is a failure.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI must run this: {why}");
    eprintln!("SKIPPED: {why}");
}
