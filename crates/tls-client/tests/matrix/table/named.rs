//! The cells that must be there whatever else is: one row each, with how many of them are completed.

use std::fmt::Write;

use tlscensus_tls_wire::registry::Authentication;
use tlscensus_tls_wire::registry::Cipher;
use tlscensus_tls_wire::registry::KeyExchange;
use tlscensus_tls_wire::registry::Mac;
use tlscensus_tls_wire::registry::SuiteParameters;

use crate::matrix::kept::Line;
use crate::matrix::kept::column::DH_BITS;
use crate::matrix::kept::column::GROUP;
use crate::matrix::kept::column::TWIST;
use crate::matrix::kept::column::VERSION;
use crate::matrix::peers::PEERS;
use crate::matrix::table::heads;
use crate::matrix::table::mark;
use crate::matrix::table::places::parameters;

type Named = (&'static str, fn(&Line) -> bool);

const NAMED: [Named; 16] = [
    ("SSL 2", |line| line.column(VERSION) == "SSL 2"),
    ("SSL 3", |line| line.column(VERSION) == "SSL 3"),
    ("TLS 1.0 with RC4 and MD5", |line| {
        line.column(VERSION) == "TLS 1.0"
            && with(line, |p| p.cipher == Cipher::Rc4 && p.mac == Mac::Md5)
    }),
    ("3DES", |line| with(line, |p| p.cipher == Cipher::TripleDesEdeCbc)),
    ("DHE of 512 bits", |line| dhe(line) && line.column(DH_BITS) == "512"),
    ("DHE of 1024 bits", |line| dhe(line) && line.column(DH_BITS) == "1024"),
    ("RSA for export", |line| with(line, |p| p.export && p.key_exchange == KeyExchange::Rsa)),
    ("DHE for export", |line| dhe(line) && with(line, |p| p.export)),
    ("anonymous DH", |line| dhe(line) && with(line, |p| p.authentication == Authentication::Anon)),
    ("anonymous ECDH", |line| {
        with(line, |p| {
            p.key_exchange == KeyExchange::Ecdhe && p.authentication == Authentication::Anon
        })
    }),
    ("static DH and ECDH", |line| {
        with(line, |p| matches!(p.key_exchange, KeyExchange::Dh | KeyExchange::Ecdh))
    }),
    ("P-521", |line| line.column(GROUP) == "secp521r1"),
    ("X448", |line| line.column(GROUP) == "x448"),
    ("TLS 1.3", |line| line.column(VERSION) == "TLS 1.3"),
    ("TLS 1.3 with a HelloRetryRequest", |line| ["retry", "cookie"].contains(&line.column(TWIST))),
    ("hybrids of ML-KEM", |line| {
        let group = line.column(GROUP);
        group.contains("MLKEM") && !group.starts_with("MLKEM")
    }),
];

fn with(line: &Line, fits: fn(&SuiteParameters) -> bool) -> bool {
    parameters(line).is_some_and(fits)
}

fn dhe(line: &Line) -> bool {
    with(line, |parameters| parameters.key_exchange == KeyExchange::Dhe)
}

/// What a server's cells of a kind come to: each mark with how many have it.
pub(super) fn table(lists: &[Vec<Line>], out: &mut String) {
    out.push_str("\n## At a glance\n\nIn all versions and tables together, each mark with the number of cells.\n\n");
    writeln!(out, "| |{}", heads()).unwrap();
    for (name, fits) in NAMED {
        let servers = PEERS.iter().zip(lists);
        let counts: String = servers
            .map(|(entry, lines)| format!(" {} |", counts(entry.word, lines, fits)))
            .collect();
        writeln!(out, "| {name} |{counts}").unwrap();
    }
}

fn counts(peer: &str, lines: &[Line], fits: fn(&Line) -> bool) -> String {
    let mut found: Vec<(String, usize)> = Vec::new();
    for line in lines.iter().filter(|line| fits(line)) {
        let mark = mark(peer, line);
        match found.iter_mut().find(|(known, _)| *known == mark) {
            Some((_, count)) => *count += 1,
            None => found.push((mark, 1)),
        }
    }
    // The check mark first, then letters and refusals.
    found.sort_by_key(|(mark, _)| (!mark.starts_with('✓'), mark.clone()));
    found.iter().map(|(mark, count)| format!("{count}{mark}")).collect::<Vec<_>>().join(" ")
}
