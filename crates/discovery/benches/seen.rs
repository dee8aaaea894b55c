//! What it costs to know who has answered: 112 million answers among 3.7 × 10^9 addresses × 14 ports.
//!
//! `cargo bench -p tlscensus-discovery --bench seen [-- MILLIONS] [index|position|roaring]`. Wall time of one thread; memory as
//! the kernel counts it, at its height. One way at a time, so that each has a process of its own.

#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint::black_box;
use std::time::Instant;

use roaring::RoaringTreemap;
use tikv_jemallocator::Jemalloc;
use tlscensus_discovery::Seen;
use tlscensus_records::ResponderKind;

/// As in the program.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let millions: u64 = words.iter().find_map(|word| word.parse().ok()).unwrap_or(112);
    let count = millions * 1_000_000;
    let has = |wanted: &str| words.iter().any(|word| word == wanted);
    let before = height();
    if has("roaring") {
        let mut set = RoaringTreemap::new();
        report("roaring, any order", before, count, random(count), |number| set.insert(number));
    } else if has("position") {
        let mut seen = Seen::new(false);
        let numbers = in_order(count);
        report("positions", before, count, numbers, |number| first(&mut seen, number));
        ask(&seen, count, in_order(count));
    } else {
        let mut seen = Seen::new(false);
        let numbers = random(count);
        report("indices, any order", before, count, numbers, |number| first(&mut seen, number));
        ask(&seen, count, random(count));
    }
}

fn first(seen: &mut Seen, number: u64) -> bool {
    seen.first(ResponderKind::SynAck, number)
}

fn report(
    what: &str,
    before: u64,
    count: u64,
    numbers: impl Iterator<Item = u64>,
    mut insert: impl FnMut(u64) -> bool,
) {
    let start = Instant::now();
    let new: u64 = numbers.map(|number| u64::from(insert(number))).sum();
    let each = start.elapsed().as_nanos() / u128::from(count);
    let kilobytes = height() - before;
    println!(
        "{what}: {new} of {count} new, {each} ns each, {} MB at most, {:.2} bytes each",
        kilobytes / 1_000,
        to_f64(kilobytes) * 1_024.0 / to_f64(new)
    );
}

fn ask(seen: &Seen, count: u64, numbers: impl Iterator<Item = u64>) {
    let start = Instant::now();
    let known = numbers.filter(|number| seen.has_answered(black_box(number ^ 1))).count();
    let each = start.elapsed().as_nanos() / u128::from(count);
    println!(
        "  asked for others: {known} known, {each} ns each; says it has {} MB",
        seen.bytes() / 1_000_000
    );
}

/// Anywhere.
fn random(count: u64) -> impl Iterator<Item = u64> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    (0..count).map(move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % SPACE
    })
}

/// Going through the space as senders do, with answers up to a second late at a million a second.
fn in_order(count: u64) -> impl Iterator<Item = u64> {
    let step = SPACE / count;
    (0..count).zip(random(count)).map(move |(at, chance)| (at * step + chance % 1_000_000) % SPACE)
}

/// Most memory so far, in units of 1,024 bytes.
fn height() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a height");
    line.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number")
}

fn to_f64(value: u64) -> f64 {
    f64::from(u32::try_from(value).expect("a few hundred millions"))
}

/// Table I's sum: 3.7 × 10^9 addresses × 14 ports.
const SPACE: u64 = 3_700_000_000 * 14;
