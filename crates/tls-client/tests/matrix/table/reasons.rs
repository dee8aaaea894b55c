//! The reasons behind the marks, with how often each server met them and where.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write;

use crate::matrix::ending::Lack;
use crate::matrix::ending::NOT_COMPLETABLE;
use crate::matrix::ending::NOT_SERVED;
use crate::matrix::kept::Line;
use crate::matrix::kept::column::CERTIFICATE;
use crate::matrix::kept::column::DH_BITS;
use crate::matrix::kept::column::GROUP;
use crate::matrix::kept::column::SCHEME;
use crate::matrix::kept::column::TWIST;
use crate::matrix::known::KNOWN;
use crate::matrix::peers::PEERS;
use crate::matrix::table::heads;
use crate::matrix::table::places::exchange;

pub(super) fn tables(lists: &[Vec<Line>], out: &mut String) {
    lacking(lists, out);
    odd(lists, out);
    refused(lists, out);
}

fn lacking(lists: &[Vec<Line>], out: &mut String) {
    out.push_str("\n## Negotiated, not completable\n\n");
    writeln!(out, "| reason |{}", heads()).unwrap();
    for (_, letter, words, _) in Lack::WORDS {
        let ending = format!("{NOT_COMPLETABLE}{words}");
        let count =
            |lines: &Vec<Line>| match lines.iter().filter(|line| line.ending == ending).count() {
                0 => String::new(),
                count => count.to_string(),
            };
        let counts: String = lists.iter().map(|lines| format!(" {} |", count(lines))).collect();
        writeln!(out, "| **{letter}** {words} |{counts}").unwrap();
    }
    out.push('\n');
    for (_, letter, _, meaning) in Lack::WORDS {
        writeln!(out, "- **{letter}**: {meaning}").unwrap();
    }
}

fn odd(lists: &[Vec<Line>], out: &mut String) {
    out.push_str("\n## Oddities\n\n| | server | cells | ending | cause |\n|--:|---|--:|---|---|\n");
    for (at, known) in KNOWN.iter().enumerate() {
        let peer = PEERS.iter().position(|entry| entry.word == known.peer).unwrap();
        let count = lists[peer].iter().filter(|line| known.covers(known.peer, line)).count();
        let (number, letter) = (at + 1, PEERS[peer].letter);
        writeln!(out, "| {number} | {letter} | {count} | {} | {} |", known.ending, known.cause)
            .unwrap();
    }
}

/// In the words of the servers, behind those of our own record.
fn refused(lists: &[Vec<Line>], out: &mut String) {
    out.push_str(
        "\n## Not served\n\nHow it ended, in brackets what the server itself says of it.\n\n",
    );
    out.push_str("| server | cells | reason | where |\n|---|--:|---|---|\n");
    for (entry, lines) in PEERS.iter().zip(lists) {
        let mut found: BTreeMap<&str, (usize, BTreeSet<String>)> = BTreeMap::new();
        for line in lines {
            if let Some(reason) = line.ending.strip_prefix(NOT_SERVED) {
                let (count, places) = found.entry(reason).or_default();
                *count += 1;
                places.insert(special(line));
            }
        }
        for (reason, (count, places)) in found {
            let places = places.into_iter().collect::<Vec<_>>().join(", ");
            writeln!(out, "| {} | {count} | {reason} | {places} |", entry.letter).unwrap();
        }
    }
}

/// What is special about a cell: twist, scheme, size, certificate or group; with none of them its key exchange.
fn special(line: &Line) -> String {
    let named = |column: usize, usual: &[&str]| {
        let word = line.column(column);
        (word != "-" && !usual.contains(&word)).then(|| word.to_owned())
    };
    named(TWIST, &[])
        .or_else(|| named(SCHEME, &[]))
        .or_else(|| named(DH_BITS, &["2048"]).map(|bits| format!("{bits} bits")))
        .or_else(|| named(CERTIFICATE, &["RSA-2048", "DSA-1024", "P-256"]))
        .or_else(|| {
            Some(exchange(line)).filter(|words| !words.is_empty() && !words.starts_with("ECDHE"))
        })
        .or_else(|| named(CERTIFICATE, &["RSA-2048", "P-256"]))
        .or_else(|| named(GROUP, &[]))
        .unwrap_or_default()
}
