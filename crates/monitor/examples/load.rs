//! Writes captures to measure with: `cargo run --release -p tlscensus-monitor --example load -- KIND NUMBER FILE`.
//!
//! `mixed N`: N sessions of many kinds, beside each other. `idle N`: N connections that open and say nothing more.
//! `bulk MB`: so many megabytes of application data in 20 connections, frames of 1,500 bytes. `offload MB`: in frames of 65 KB.

#[path = "../benches/support/mod.rs"]
mod support;

use std::fs::File;
use std::io;
use std::io::Write;
use std::time::Instant;

use support::mix;
use tlscensus_testkit::load::Bulk;
use tlscensus_testkit::load::Load;
use tlscensus_testkit::load::Written;

fn main() -> io::Result<()> {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let [kind, number, path] = &words[..] else {
        return Err(io::Error::other("usage: load mixed|idle|bulk|offload NUMBER FILE"));
    };
    let number = number.parse().map_err(io::Error::other)?;
    let mut file = File::create(path)?;
    let prepared = prepare(kind)?;
    let began = Instant::now();
    let Written { sessions, packets, bytes, .. } = prepared.write(number, &mut file)?;
    let seconds = began.elapsed().as_secs_f64();
    writeln!(
        io::stdout(),
        "{sessions} sessions, {packets} packets, {bytes} bytes in {seconds:.2} s"
    )
}

/// What takes long once and not for each session.
enum Prepared {
    Sessions(Vec<mix::Weighted>, u32),
    Stream(support::record::Turns, u16),
}

fn prepare(kind: &str) -> io::Result<Prepared> {
    match kind {
        "mixed" => Ok(Prepared::Sessions(mix::mixed(), 2000)),
        "idle" => Ok(Prepared::Sessions(mix::idle(), 50_000)),
        "bulk" => Ok(Prepared::Stream(mix::one_handshake(), 1448)),
        "offload" => Ok(Prepared::Stream(mix::one_handshake(), 65_000)),
        other => Err(io::Error::other(format!("no load is called {other}"))),
    }
}

impl Prepared {
    fn write(&self, number: u64, out: &mut impl Write) -> io::Result<Written> {
        match self {
            Self::Sessions(templates, per_second) => {
                Load { templates, sessions: number, per_second: *per_second, seed: 1 }.write(out)
            }
            Self::Stream(handshake, frame) => {
                Bulk { handshake, flows: 20, bytes: number * 1_000_000, frame: *frame }.write(out)
            }
        }
    }
}
