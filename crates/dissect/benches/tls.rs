//! What it costs to hear a handshake: time of one thread per connection, and what an ear holds between records.
//!
//! `cargo bench -p tlscensus-dissect --bench tls [-- ROUNDS]`. Each connection is heard from its first byte to what proves the
//! end of the handshake, in the segments of its capture; hashing of certificates and fingerprints is not in it; the
//! allocator is the system's.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use tlscensus_dissect::tls::Ear;
use tlscensus_dissect::tls::Progress;
use tlscensus_tls_wire::observer::Side;

type Segments = Vec<(Side, Vec<u8>)>;

fn main() {
    let words = std::env::args().skip(1);
    let rounds: u32 = words.filter_map(|word| word.parse().ok()).next().unwrap_or(100_000);
    println!("an ear takes {} bytes beside what its observer keeps", size_of::<Ear>());
    for (name, segments) in streams() {
        let bytes: usize = segments.iter().map(|(_, bytes)| bytes.len()).sum();
        let best = (0..REPEATS).map(|_| time(&segments, rounds)).fold(f64::INFINITY, f64::min);
        println!("{best:8.0} ns  {:2} segments  {bytes:6} bytes  {name}", segments.len());
    }
}

/// Nanoseconds of one connection.
fn time(segments: &Segments, rounds: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..rounds {
        black_box(heard(black_box(segments)));
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(rounds)
}

fn heard(segments: &Segments) -> Ear {
    let mut ear = Ear::new();
    for (side, bytes) in segments {
        if ear.hear(*side, bytes) != Progress::Going {
            break;
        }
    }
    ear
}

/// The streams of the tests whose handshake ends.
fn streams() -> BTreeMap<String, Segments> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/tls/streams.tsv");
    let text = std::fs::read_to_string(path).expect("readable");
    let mut streams = BTreeMap::<String, Segments>::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [name, side, hex] = cells[..] else { panic!("three cells: {line}") };
        let side = if side == "C" { Side::Client } else { Side::Server };
        streams.entry(name.to_owned()).or_default().push((side, bytes(hex)));
    }
    streams.retain(|_, segments| heard(segments).not_established().is_none());
    streams
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// The best of so many runs is reported: other work of the machine only adds.
const REPEATS: usize = 5;
