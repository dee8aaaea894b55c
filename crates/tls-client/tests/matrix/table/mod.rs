//! `MATRIX.md`: the page that people read, made of nothing but the kept lists and the lists of reasons.

mod named;
mod places;
mod reasons;

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::matrix::ending::COMPLETED;
use crate::matrix::ending::Lack;
use crate::matrix::ending::NOT_COMPLETABLE;
use crate::matrix::ending::NOT_SERVED;
use crate::matrix::kept::Line;
use crate::matrix::known;
use crate::matrix::peers::Entry;
use crate::matrix::peers::PEERS;
use crate::matrix::table::places::About;
use crate::matrix::table::places::Place;

/// The whole page; the lists stand in the order of [`PEERS`].
pub(crate) fn matrix(lists: &[Vec<Line>]) -> String {
    let mut out = HEAD.to_owned();
    servers(lists, &mut out);
    named::table(lists, &mut out);
    let places: Vec<Vec<Place<'_>>> = lists.iter().map(|lines| places::of(lines)).collect();
    for version in VERSIONS {
        section(version, &places, &mut out);
    }
    reasons::tables(lists, &mut out);
    out
}

fn servers(lists: &[Vec<Line>], out: &mut String) {
    out.push_str("| | server | cells | completed | not completable | not served | odd |\n");
    out.push_str("|---|---|--:|--:|--:|--:|--:|\n");
    let mut sums = [0; 5];
    for (entry, lines) in PEERS.iter().zip(lists) {
        let count = |fits: &dyn Fn(&Line) -> bool| lines.iter().filter(|line| fits(line)).count();
        let counts = [
            lines.len(),
            count(&|line| line.ending == COMPLETED),
            count(&|line| line.ending.starts_with(NOT_COMPLETABLE)),
            count(&|line| line.ending.starts_with(NOT_SERVED)),
            count(&|line| !known::is_plain(line)),
        ];
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        writeln!(out, "| {} | {} | {} |", entry.letter, entry.title, joined(counts)).unwrap();
    }
    writeln!(out, "| | all | {} |", joined(sums)).unwrap();
}

fn joined(counts: [usize; 5]) -> String {
    counts.map(|count| count.to_string()).join(" | ")
}

/// One version: a table for each thing that its cells are about.
fn section(version: &str, lists: &[Vec<Place<'_>>], out: &mut String) {
    let mut tables: BTreeMap<About, BTreeMap<(usize, &str), Row<'_>>> = BTreeMap::new();
    for (peer, places) in lists.iter().enumerate() {
        for place in places.iter().filter(|place| place.version == version) {
            let rows = tables.entry(place.about).or_default();
            let row = rows.entry((place.rank, &place.row)).or_default();
            row.entry(peer).or_default().push(place.line);
        }
    }
    writeln!(out, "\n## {version}").unwrap();
    for (about, rows) in tables {
        writeln!(out, "\n| {} |{}", about.title(), heads()).unwrap();
        for ((_, label), row) in rows {
            writeln!(out, "| {label} |{}", marks(&row)).unwrap();
        }
    }
}

/// What each server, by its place, has in a row.
type Row<'a> = BTreeMap<usize, Vec<&'a Line>>;

/// The letters of the servers, and the line below them.
fn heads() -> String {
    let letters: String = PEERS.iter().map(|entry| format!(" {} |", entry.letter)).collect();
    format!("{letters}\n|---|{}", ":-:|".repeat(PEERS.len()))
}

fn marks(row: &Row<'_>) -> String {
    let of = |(peer, entry): (usize, &Entry)| {
        let mut marks: Vec<String> = Vec::new();
        for line in row.get(&peer).into_iter().flatten() {
            let mark = mark(entry.word, line);
            if !marks.contains(&mark) {
                marks.push(mark);
            }
        }
        format!(" {} |", marks.concat())
    };
    PEERS.iter().enumerate().map(of).collect()
}

/// How a cell ended, in a letter or two.
fn mark(peer: &str, line: &Line) -> String {
    if let Some(reason) = line.ending.strip_prefix(NOT_COMPLETABLE) {
        let lack = Lack::WORDS.iter().find(|(_, _, words, _)| *words == reason);
        return lack.expect("a reason of the set").1.to_string();
    }
    if line.ending.starts_with(NOT_SERVED) {
        return "–".to_owned();
    }
    match known::of(peer, line) {
        None => "✓".to_owned(),
        Some(at) if line.ending.starts_with(COMPLETED) => format!("✓{}", NUMBERS[at]),
        Some(at) => format!("✗{}", NUMBERS[at]),
    }
}

/// Of oddities, small enough to stand behind a mark.
const NUMBERS: [char; 9] = ['¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
const VERSIONS: [&str; 6] = ["SSL 2", "SSL 3", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"];

const HEAD: &str = "\
# Completion matrix

What this client completes with servers of other people. A cell is one visit: one version, one suite, one group are offered to a
server that says it can do them. ✓ is a handshake with Finished verified in both directions, a valid signature where there is one,
and data sent and echoed. What the client recorded agrees in every cell with what the server says of the connection and with what
`tshark` reads in its bytes.

| mark | meaning |
|:-:|---|
| ✓ | completed |
| – | not served: the server says it has this and refuses it; its words are at the end |
| a letter | the server chose it, the client recorded that and could not go on; the letters are at the end |
| a number | an oddity of the server; the numbers are at the end |
| empty | the server does not have it |

All cells, one a line, are in `testdata/matrix/`. This page is made of them; a test sees to that. Both are written anew by
`TLSCENSUS_MATRIX=all TLSCENSUS_WRITE_MATRIX=1 cargo test -p tlscensus-tls-client matrix`, run twice: the lists first, then the page.

## Servers

";
