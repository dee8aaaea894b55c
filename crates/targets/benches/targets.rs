//! What a target costs: its number by the permutation, its address and port by the grid.
//!
//! `cargo bench -p tlscensus-targets [-- MILLIONS]`. CPU time of one thread; the best of five rounds, as others are at work too.

#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint::black_box;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::time::Duration;

use rustix::time::ClockId;
use rustix::time::clock_gettime;
use tlscensus_targets::AddressSet;
use tlscensus_targets::Grid;
use tlscensus_targets::Permutation;
use tlscensus_targets::Space;
use tlscensus_targets::mrt::RibReader;

fn main() {
    let millions = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(20);
    let count = millions * 1_000_000;
    let all = grid(&[(0, u32::MAX)]);
    let routes = grid(&table_of_routes());
    println!("{millions} million targets, ns each");
    for (what, grid) in [("full IPv4", &all), ("a table of 1,000,000 ranges", &routes)] {
        let order = Permutation::new(grid.len(), 7).expect("small enough");
        let numbers = best(|| order.walk(0..count).fold(0, |sum, number| sum ^ black_box(number)));
        let targets = best(|| {
            grid.walk(&order, 0..count).fold(0, |sum, (address, port)| {
                sum ^ u64::from(port) ^ u64::from(black_box(address).is_ipv4())
            })
        });
        let back = best(|| {
            let target = |number| order.position(number).expect("inside");
            (0..count / 10).map(target).fold(0, |sum, place| sum ^ place)
        });
        let each = |took: Duration, of: u64| took.as_secs_f64() * 1e9 / u64_to_f64(of);
        println!(
            "  {what:<28} × 14 ports: number {:.1}, with address and port {:.1}, position of a number {:.1}",
            each(numbers, count),
            each(targets, count),
            each(back, count / 10),
        );
    }
    let rib = rib();
    let read = best(|| {
        RibReader::new(rib.as_slice()).map(|route| u64::from(route.expect("good").origins[0])).sum()
    });
    println!(
        "  a dump of 1,000,000 prefixes × 10 peers, {} MB: {:.2} s",
        rib.len() / 1_000_000,
        read.as_secs_f64()
    );
}

/// A dump of a million prefixes, each with the paths of ten peers.
fn rib() -> Vec<u8> {
    let path = [[0x40, 2, 14, 2, 3], [0, 0, 0xfd, 0xe8, 0], [0, 0xfd, 0xe9, 0, 3]].concat();
    let mut bytes = Vec::new();
    for route in 0..1_000_000_u32 {
        let mut body = route.to_be_bytes().to_vec();
        body.push(24);
        body.extend(&(route << 8).to_be_bytes()[..3]);
        body.extend([0, 10]);
        for peer in 0..10 {
            body.extend([0, peer, 0, 0, 0, 0, 0, 17]);
            body.extend(&path);
            body.extend([0, peer]);
        }
        bytes.extend([0x5f, 0, 0, 0, 0, 13, 0, 2]);
        bytes.extend(u32::try_from(body.len()).expect("short").to_be_bytes());
        bytes.extend(body);
    }
    bytes
}

fn best(work: impl Fn() -> u64) -> Duration {
    let rounds = (0..5).map(|_| {
        let start = cpu_time();
        black_box(work());
        cpu_time() - start
    });
    rounds.min().unwrap_or_default()
}

/// Of this thread.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("it began at zero")
}

fn u64_to_f64(value: u64) -> f64 {
    f64::from(u32::try_from(value).expect("a few hundred millions"))
}

const PORTS: [u16; 14] =
    [25, 110, 143, 443, 465, 587, 993, 995, 5222, 5223, 5269, 5270, 6667, 6697];

fn grid(ranges: &[(u32, u32)]) -> Grid {
    let address = |bits| IpAddr::from(Ipv4Addr::from_bits(bits));
    let set: AddressSet =
        ranges.iter().map(|(first, last)| (address(*first), address(*last))).collect();
    Grid::new(Space::new(&set).expect("small enough"), &PORTS).expect("small enough")
}

/// A million ranges that never touch: mostly /24, some larger, as routes are.
fn table_of_routes() -> Vec<(u32, u32)> {
    let mut ranges = Vec::new();
    let mut first = 1 << 24;
    for place in 0..1_000_000_u32 {
        let bits =
            if place.is_multiple_of(17) { 12 } else { 8 + place.wrapping_mul(0x9e37_79b1) % 4 };
        let length = 1 << bits;
        ranges.push((first, first + length - 1));
        first += length + 256;
    }
    ranges
}
