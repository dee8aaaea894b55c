//! The completion matrix: every version, key exchange and cipher that servers of others can serve, met one by one.
//!
//! `TLSCENSUS_MATRIX=all TLSCENSUS_WRITE_MATRIX=1 cargo test -p tlscensus-tls-client matrix` writes the kept lists
//! (`testdata/matrix/`) and `MATRIX.md` anew; otherwise they must be what comes out. The servers in memory are met always; those
//! that are programs of their own, which `.ci/real-servers` installs, in CI and with `TLSCENSUS_MATRIX=all`.

mod ability;
mod apart;
pub(crate) mod cell;
mod ending;
pub(crate) mod facts;
mod kept;
mod known;
mod peers;
mod ssl2;
mod table;
mod tshark;
mod visit;

use tlscensus_tls_client::KeyShares;

use crate::matrix::apart::Place;
use crate::matrix::cell::Cell;
use crate::matrix::facts::Facts;
use crate::matrix::kept::Line;
use crate::matrix::peers::Entry;
use crate::matrix::peers::PEERS;
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
    meet_apart("gnutls", "matrix::every_cell_of_gnutls");
}

#[test]
fn every_cell_of_botan() {
    meet_apart("botan", "matrix::every_cell_of_botan");
}

#[test]
fn every_cell_of_erlang() {
    meet_program("otp");
}

#[test]
fn every_cell_of_java() {
    meet_program("jsse");
}

#[test]
fn the_matrix_shows_the_kept_lists() {
    let lists = kept::all();
    let listed = PEERS.iter().zip(&lists);
    let complaints: Vec<String> =
        listed.flat_map(|(entry, lines)| known::complaints(entry.word, lines)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    kept::hold("MATRIX.md", &table::matrix(&lists));
}

/// Programs of others have to be installed, in the versions of the kept lists.
fn meet_program(word: &str) {
    if is_asked_for(word) {
        meet(word);
    }
}

/// The same for those that cannot be told an address to listen on.
fn meet_apart(word: &str, test: &str) {
    if is_asked_for(word) {
        match apart::enter(test) {
            Place::Inside => meet(word),
            Place::WasInside => {}
            Place::Nowhere(why) => skip(&format!("{word}: {why}")),
        }
    }
}

fn is_asked_for(word: &str) -> bool {
    let asked = ["CI", "TLSCENSUS_MATRIX"].iter().any(|name| std::env::var_os(name).is_some());
    if !asked {
        say(&format!("SKIPPED: {word} is met in CI and with TLSCENSUS_MATRIX=all"));
    }
    asked
}

/// Meets a server in every cell and holds the results against the kept list.
fn meet(word: &str) {
    let entry = PEERS.iter().find(|entry| entry.word == word).unwrap();
    let met = match run(entry) {
        Ok(met) => met,
        Err(missing) => return skip(&missing),
    };
    let Met { ssl2, visits: met } = met;
    let mut lines = ssl2.lines;
    lines.extend(
        met.iter()
            .map(|(cell, visit)| Line { cell: cell.to_string(), ending: visit.ending.words() }),
    );
    let complaints =
        [known::complaints(word, &lines), ssl2.disagreements, disagreements(&met)].concat();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    let list: String = lines.iter().map(|line| format!("{line}\n")).collect();
    kept::hold(&kept::path(word), &list);
    let facts = |of: fn(&Visit) -> &Facts| met.iter().map(|(_, visit)| of(visit).count()).sum();
    let (told, seen): (usize, usize) = (facts(|visit| &visit.told), facts(|visit| &visit.seen));
    say(&format!(
        "{word}: {} cells, {told} facts told by it, {seen} by tshark, all agree",
        lines.len()
    ));
}

/// All visits to one server.
struct Met {
    ssl2: ssl2::Read,
    visits: Vec<(Cell, Visit)>,
}

/// Where the cell, the server or the dissector tells a fact otherwise than we recorded it.
fn disagreements(met: &[(Cell, Visit)]) -> Vec<String> {
    let mut differences = Vec::new();
    let dissected = met.iter().any(|(_, visit)| visit.seen.count() > 0);
    for (cell, visit) in met {
        // A server that only asked again has chosen nothing yet.
        if visit.recorded.version.is_none() && !visit.ending.completed() {
            continue;
        }
        if dissected && visit.seen.version.is_none() && visit.told.version.is_none() {
            differences.push(format!("{cell}: nobody but us tells what was chosen"));
        }
        let wished = cell.wished(&visit.ending);
        for (who, facts) in [("cell", &wished), ("server", &visit.told), ("tshark", &visit.seen)] {
            let found = visit.recorded.disagreements(facts);
            differences.extend(found.into_iter().map(|what| format!("{cell} {who}: {what}")));
        }
    }
    differences
}

fn run(entry: &Entry) -> Result<Met, String> {
    let mut peer = (entry.start)()?;
    let ssl2 = ssl2::read(&mut *peer);
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
    Ok(Met { ssl2, visits: met })
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
