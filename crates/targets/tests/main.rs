//! Whatever the addresses, ports, seed, shards and accidents: everything is visited, and once.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::ops::Range;

use ipnet::IpNet;
use proptest::prelude::*;
use tlscensus_targets::AddressListParser;
use tlscensus_targets::AddressSet;
use tlscensus_targets::Audit;
use tlscensus_targets::Grid;
use tlscensus_targets::PairListParser;
use tlscensus_targets::Permutation;
use tlscensus_targets::RouteParser;
use tlscensus_targets::Shard;
use tlscensus_targets::Space;
use tlscensus_targets::Visits;

/// Some hundred pairs of both families, in ranges long and short, with holes that are blocked; as a product or as a list.
fn visits() -> impl Strategy<Value = (Visits, AddressSet)> {
    let prefix = |six: bool| {
        (any::<u32>(), 28..=32_u8).prop_map(move |(bits, length)| {
            let bits = bits & 0x0000_01ff;
            let (address, length): (IpAddr, u8) = match six {
                true => (Ipv6Addr::from_bits(0x2a << 120 | u128::from(bits)).into(), length + 96),
                false => (Ipv4Addr::from_bits(0x0900_0000 | bits).into(), length),
            };
            IpNet::new(address, length).expect("a length").trunc()
        })
    };
    let allowed = proptest::collection::vec(prop_oneof![prefix(false), prefix(true)], 1..12);
    let blocked = proptest::collection::vec(prop_oneof![prefix(false), prefix(true)], 0..4);
    let ports = proptest::collection::btree_set(1..=u16::MAX, 1..15);
    (allowed, blocked, ports, any::<bool>()).prop_map(|(allowed, blocked, ports, as_list)| {
        let blocked: AddressSet = blocked.into_iter().collect();
        let allowed = allowed.into_iter().collect::<AddressSet>().minus(&blocked);
        let ports: Vec<u16> = ports.into_iter().rev().collect();
        let grid = Grid::new(Space::new(&allowed).expect("small"), &ports).expect("small");
        let visits = match as_list {
            true => Visits::List((0..grid.len()).filter_map(|index| grid.at(index)).collect()),
            false => Visits::Grid(grid),
        };
        (visits, blocked)
    })
}

/// Draws that belong to a seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) % below
    }
}

/// Threads that take blocks of a shard in turn and are done with them in any order. What is kept of them is the position below
/// which all is done.
struct Run {
    positions: Range<u64>,
    block: u64,
    next: u64,
    under_way: Vec<Range<u64>>,
}

impl Run {
    fn new(positions: Range<u64>, block: u64) -> Self {
        Self { next: positions.start, positions, block, under_way: Vec::new() }
    }

    /// One more block, visited or not yet; the order of the ends is that of the draws.
    fn step(&mut self, threads: usize, draws: &mut Draws) -> Option<Range<u64>> {
        while self.under_way.len() < threads && self.next < self.positions.end {
            let end = self.positions.end.min(self.next + self.block);
            self.under_way.push(self.next..end);
            self.next = end;
        }
        let count = u64::try_from(self.under_way.len()).expect("few");
        let place = usize::try_from(draws.below(count.max(1))).expect("few");
        (count > 0).then(|| self.under_way.remove(place))
    }

    fn low_water(&self) -> u64 {
        self.under_way.iter().map(|block| block.start).min().unwrap_or(self.next)
    }
}

proptest! {
    /// The union of all shards is the whole, and no two have a pair in common.
    #[test]
    fn each_pair_once_whatever_shards_blocks_and_threads(
        (visits, blocked) in visits(), seed: u64, of in 1..9_u32, block in 1..700_u64, threads in 1..5_usize,
    ) {
        let order = Permutation::new(visits.len(), seed).expect("small");
        let mut audit = Audit::new(&visits, &blocked, 0..visits.len()).expect("small");
        let mut draws = Draws(seed);
        for number in (1..=of).rev() {
            let shard = Shard::new(number, of).expect("exists");
            let mut run = Run::new(shard.positions(visits.len()), block);
            while let Some(positions) = run.step(threads, &mut draws) {
                audit.mark(visits.walk(&order, positions));
            }
            prop_assert_eq!(run.low_water(), shard.positions(visits.len()).end);
        }
        let report = audit.report();
        prop_assert!(report.is_exact(), "{}: {:?}", report, report.first_fault);
    }

    /// Killed at any moments, in the middle of blocks too, and resumed each time from what was last written down.
    #[test]
    fn nothing_is_missing_after_crashes_and_only_the_last_moment_comes_again(
        (visits, blocked) in visits(), seed: u64, of in 1..4_u32, block in 1..300_u64, threads in 1..5_usize,
    ) {
        let order = Permutation::new(visits.len(), seed).expect("small");
        let mut audit = Audit::new(&visits, &blocked, 0..visits.len()).expect("small");
        let mut draws = Draws(seed);
        let mut again = 0;
        for number in 1..=of {
            let positions = Shard::new(number, of).expect("exists").positions(visits.len());
            let mut resumed = positions.start;
            let mut crashes = 4;
            while resumed < positions.end {
                let mut run = Run::new(resumed..positions.end, block);
                let mut saved = resumed;
                while let Some(block) = run.step(threads, &mut draws) {
                    let length = block.end - block.start;
                    let dies = crashes > 0 && draws.below(6) == 0;
                    let visited = if dies { draws.below(length + 1) } else { length };
                    let walked = visits.walk(&order, block.start..block.start + visited);
                    audit.mark(walked);
                    if dies {
                        crashes -= 1;
                        break;
                    }
                    if draws.below(2) == 0 {
                        saved = run.low_water();
                    }
                    if run.next == positions.end && run.under_way.is_empty() {
                        saved = positions.end;
                    }
                }
                again += run.next - saved;
                resumed = saved;
            }
        }
        let report = audit.report();
        prop_assert_eq!((report.never(), report.outside, report.blocked), (0, 0, 0), "{}", report);
        prop_assert!(report.repeated <= again, "{} of {}", report.repeated, again);
    }
}

proptest! {
    /// Pieces of lists in any order: each line is something or an error with its number, and nothing panics.
    #[test]
    fn lines_of_any_bytes_are_read_or_refused(
        lines in proptest::collection::vec(proptest::collection::vec(piece(), 0..6), 1..8),
    ) {
        let (mut addresses, mut pairs, mut routes) =
            (AddressListParser::new(), PairListParser::new(), RouteParser::new());
        for (number, line) in (1..).zip(lines) {
            let line = line.concat();
            let refused = [addresses.line(&line).err(), pairs.line(&line).err(), routes.line(&line).err()];
            for error in refused.into_iter().flatten() {
                prop_assert_eq!(error.number, number);
            }
        }
        prop_assert!(addresses.finish().ranges().all(|(first, last)| first <= last));
        let pairs = pairs.finish();
        prop_assert!((0..pairs.len()).all(|index| pairs.at(index).is_some_and(|(_, port)| port > 0)));
    }
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "192.0.2.1",
        "::ffff:1.2.3.4",
        "2001:db8::",
        "/24",
        "/0",
        "/129",
        "-",
        " - ",
        ",",
        ":",
        ":25",
        "]",
        "[",
        " ",
        "\t",
        "#",
        ";",
        "\"",
        "saddr",
        "sport",
        "open tcp 25 ",
        "banner",
        "closed ",
        "prefix,origins",
        "AS1",
        "{\"prefix\":",
        "}",
        "[1]",
        "25",
        "65536",
        "\u{feff}",
    ];
    prop_oneof![
        8 => proptest::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ]
}

/// Sizes around each power of two: both directions agree, at both ends and in between, and the ends of shards meet.
#[test]
fn orders_around_each_power_of_two_are_permutations() {
    for bits in 0..=62 {
        let power = 1_u64 << bits;
        for size in [power.saturating_sub(1), power, power + 1, power + power / 3] {
            let Ok(order) = Permutation::new(size, size ^ 0x5eed) else {
                assert!(size > Permutation::MAX_SIZE);
                continue;
            };
            let mut draws = Draws(size);
            let drawn = (0..500)
                .map(|_| u64::from(size > 0) * draws.below(u64::MAX) * (size / (1 << 31) + 1));
            let ends = [0, 1, size / 2, size.saturating_sub(2), size.saturating_sub(1)];
            for place in ends.into_iter().chain(drawn.collect::<Vec<_>>()).filter(|at| *at < size) {
                let number = order.at(place).expect("inside");
                assert!(number < size, "{size}: {place}");
                assert_eq!(order.position(number), Some(place), "{size}");
                let from = order.position(place).expect("inside");
                assert_eq!(order.at(from), Some(place), "{size}");
            }
            let last = size.saturating_sub(3);
            let walked: Vec<_> = order.walk(last..u64::MAX).collect();
            let single: Vec<_> = (last..size).filter_map(|place| order.at(place)).collect();
            assert_eq!(walked, single, "{size}");
            assert_eq!((order.at(size), order.position(size)), (None, None));
        }
    }
}

/// In full where that is quick: every number has one position.
#[test]
fn orders_of_small_sizes_are_permutations_in_full() {
    for bits in 0..=17_u32 {
        let power = 1_u64 << bits;
        for size in [power - 1, power, power + 1] {
            let order = Permutation::new(size, u64::from(bits)).expect("small");
            let mut numbers: Vec<_> = order.walk(0..size).collect();
            numbers.sort_unstable();
            assert!(numbers.into_iter().eq(0..size), "{size}");
        }
    }
}

/// ZMap 4's group of 2^48 + 23 leaves itself after a few steps, as products do not fit; here a walk has as
/// many pairs as positions, and each leads back to its own.
#[test]
fn full_ipv4_with_all_ports_goes_there_and_back() {
    let all: AddressSet = ["0.0.0.0/0".parse::<IpNet>().expect("a prefix")].into_iter().collect();
    let ports: Vec<u16> = (0..=u16::MAX).collect();
    let grid = Grid::new(Space::new(&all).expect("small enough"), &ports).expect("small enough");
    assert_eq!(grid.len(), 1 << 48);
    let order = Permutation::new(grid.len(), 3).expect("small enough");
    let start = (1 << 47) - 100_000;
    let mut pairs: Vec<_> = grid.walk(&order, start..start + 200_000).collect();
    for (position, (address, port)) in (start..).zip(&pairs).step_by(1_009) {
        let index = grid.index(*address, *port).expect("one of them");
        assert_eq!(order.position(index), Some(position));
    }
    pairs.sort_unstable();
    pairs.dedup();
    assert_eq!(pairs.len(), 200_000);
}
