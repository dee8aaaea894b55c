//! What a target costs: its number by the permutation, its address and port by the grid, its route, its ceilings and its time.
//!
//! `cargo bench -p tlscensus-targets [-- MILLIONS]`. CPU time of one thread; the best of five rounds, as others are at work too.
//! `cargo bench -p tlscensus-targets -- audit [full|mixed]` visits two spaces of 2^32 pairs in all their shards and proves that each
//! pair comes once; it takes half an hour and 512 MiB. See `README.md`.

#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint::black_box;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::time::Duration;

use ipnet::IpNet;
use rustix::time::ClockId;
use rustix::time::clock_gettime;
use tlscensus_targets::AddressListParser;
use tlscensus_targets::AddressSet;
use tlscensus_targets::Audit;
use tlscensus_targets::Ceilings;
use tlscensus_targets::Grant;
use tlscensus_targets::Grid;
use tlscensus_targets::Pacer;
use tlscensus_targets::Permutation;
use tlscensus_targets::Rate;
use tlscensus_targets::RouteTable;
use tlscensus_targets::Shard;
use tlscensus_targets::Space;
use tlscensus_targets::Visits;
use tlscensus_targets::mrt::RibReader;

fn main() {
    if std::env::args().any(|word| word == "audit") {
        return audit();
    }
    let millions = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(20);
    let count = millions * 1_000_000;
    let all = grid(&[(0, u32::MAX)]);
    let announced = announced();
    let announced = Space::new(&announced).expect("small enough");
    let announced = Grid::new(announced, &PORTS).expect("small enough");
    let routes = grid(&table_of_routes());
    println!("{millions} million targets, ns each");
    for (what, grid) in [
        ("full IPv4", &all),
        ("that table", &announced),
        ("1,000,000 ranges, none at another", &routes),
    ] {
        let order = Permutation::new(grid.len(), 7).expect("small enough");
        let numbers = best(|| order.walk(0..count).fold(0, |sum, number| sum ^ black_box(number)));
        let targets = best(|| {
            // As senders take them: one after the other.
            let mut sum = 0;
            for (address, port) in grid.walk(&order, 0..count) {
                let bits = match address {
                    IpAddr::V4(address) => address.to_bits(),
                    IpAddr::V6(_) => 0,
                };
                sum ^= u64::from(port) ^ u64::from(bits);
            }
            sum
        });
        let back = best(|| {
            let target = |number| order.position(number).expect("inside");
            (0..count / 10).map(target).fold(0, |sum, place| sum ^ place)
        });
        let each = |took: Duration, of: u64| took.as_secs_f64() * 1e9 / u64_to_f64(of);
        println!(
            "  {what:<33} × 14 ports: number {:.1}, with address and port {:.1}, position of a number {:.1}",
            each(numbers, count),
            each(targets, count),
            each(back, count / 10),
        );
    }
    senders(&routes, count);
    lists();
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

/// What a sender asks for each packet, with targets as they come.
fn senders(grid: &Grid, count: u64) {
    let order = Permutation::new(grid.len(), 7).expect("small enough");
    let targets: Vec<IpAddr> =
        grid.walk(&order, 0..count / 10).map(|(address, _)| address).collect();
    let count = count / 10;
    let each = |took: Duration| took.as_secs_f64() * 1e9 / u64_to_f64(count);
    let table = route_table();
    let lookup = best(|| {
        let found = targets.iter().filter_map(|address| table.lookup(*address));
        found.fold(0, |sum, id| sum ^ u64::try_from(id.index()).expect("small"))
    });
    let mut routes = Vec::new();
    let together = best(|| {
        targets.chunks(64).fold(0, |sum, batch| {
            table.lookup_all(batch, &mut routes);
            routes
                .iter()
                .flatten()
                .fold(sum, |sum, id| sum ^ u64::try_from(id.index()).expect("small"))
        })
    });
    let mut ceilings = Ceilings::new(Some(100.0), Some(1000.0));
    let routes: Vec<_> = targets.iter().map(|address| table.lookup(*address)).collect();
    let mut now = 0;
    let ceiling = best(|| {
        let mut admitted = 0;
        for (address, route) in targets.iter().zip(&routes) {
            now += 1_000;
            admitted += u64::from(ceilings.admit(now, *address, *route));
        }
        admitted
    });
    let mut pacer = Pacer::new(0, Rate::Packets(1e6), 74, 64);
    let (mut now, mut sent) = (0, 0);
    let pace = best(|| {
        let until = sent + count;
        while sent < until {
            match pacer.grant(now, 64) {
                Grant::Send(packets) => sent += u64::try_from(packets).expect("few"),
                Grant::Wait { until_ns } => now = until_ns,
            }
        }
        now
    });
    println!(
        "  of 1,000,000 routes the one of a target {:.1}, in batches of 64 {:.1}; ceilings of network and route {:.1}, pacer in batches of 64 {:.1}",
        each(lookup),
        each(together),
        each(ceiling),
        each(pace)
    );
}

/// Reading a million prefixes, and making the tables of them.
fn lists() {
    let lines: Vec<String> = prefixes().map(|prefix| prefix.to_string()).collect();
    let read = best(|| {
        let mut parser = AddressListParser::new();
        lines.iter().for_each(|line| parser.line(line.as_bytes()).expect("a prefix"));
        u64::try_from(parser.finish().count()).expect("small")
    });
    let flatten = best(|| u64::try_from(route_table().len()).expect("small"));
    println!(
        "  a list of 1,000,000 prefixes: {:.2} s; a table of as many routes: {:.2} s",
        read.as_secs_f64(),
        flatten.as_secs_f64()
    );
}

/// The prefixes of [`table_of_routes`].
fn prefixes() -> impl Iterator<Item = IpNet> {
    table_of_routes().into_iter().map(|(first, last)| {
        let length = 32 - (last - first).count_ones();
        let length = u8::try_from(length).expect("at most 32");
        IpNet::new(Ipv4Addr::from_bits(first).into(), length).expect("a length").trunc()
    })
}

fn route_table() -> RouteTable {
    RouteTable::new(prefixes().map(|prefix| (prefix, Some(64_500))))
}

/// Full IPv4 with one port, and ranges of both families with sixteen, or one of the two; in seven shards each.
fn audit() {
    let has = |wanted: &str| std::env::args().any(|word| word == wanted);
    if !has("mixed") {
        let all = Space::new(&set(&[(0, u32::MAX)])).expect("small enough");
        audit_of("full IPv4 × 1 port", Grid::new(all, &[443]).expect("small enough"));
    }
    if !has("full") {
        audit_of("IPv4 and IPv6 × 16 ports", mixed());
    }
}

fn mixed() -> Grid {
    let mut v4 = Vec::new();
    let mut first = 1 << 24;
    for place in 0..1_023_u32 {
        let length = 131_072 + 64 * (place % 3);
        v4.push((first, first + length - 1));
        first += length + 1 + place;
    }
    let v4 = set(&v4);
    let base = 0x2a << 120;
    let left = u128::from((1_u64 << 28) - v4.count_v4());
    let v6 =
        [(base, base + left / 3 - 1), (base + (1 << 64), base + (1 << 64) + left - left / 3 - 1)]
            .map(|(first, last)| {
                (Ipv6Addr::from_bits(first).into(), Ipv6Addr::from_bits(last).into())
            });
    let mixed = Space::new(&v4.union(&v6.into_iter().collect())).expect("small enough");
    let ports: Vec<u16> = PORTS.into_iter().chain([80, 8443]).collect();
    Grid::new(mixed, &ports).expect("small enough")
}

fn audit_of(what: &str, grid: Grid) {
    assert_eq!(grid.len(), 1 << 32, "{what}");
    let visits = Visits::Grid(grid);
    let order = Permutation::new(visits.len(), 7).expect("small enough");
    let nobody = AddressSet::default();
    let mut audit = Audit::new(&visits, &nobody, 0..visits.len()).expect("512 MiB");
    let start = cpu_time();
    for number in (1..=7).rev() {
        let shard = Shard::new(number, 7).expect("exists");
        audit.mark(visits.walk(&order, shard.positions(visits.len())));
    }
    let took = cpu_time() - start;
    let report = audit.report();
    assert!(report.is_exact(), "{what}: {report}");
    println!("{what}: {report}; {:.0} s", took.as_secs_f64());
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

fn best(mut work: impl FnMut() -> u64) -> Duration {
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
    Grid::new(Space::new(&set(ranges)).expect("small enough"), &PORTS).expect("small enough")
}

fn set(ranges: &[(u32, u32)]) -> AddressSet {
    let address = |bits| IpAddr::from(Ipv4Addr::from_bits(bits));
    ranges.iter().map(|(first, last)| (address(*first), address(*last))).collect()
}

/// The addresses of a million prefixes or so as tables of routes have them: the space is halved until a block is somebody's; three of
/// four blocks are announced, and three of five prefixes are parts of others. Blocks beside each other are one range.
fn announced() -> AddressSet {
    let mut random = 88_172_645_463_325_252_u64;
    let mut prefixes = Vec::new();
    // 1.0.0.0 to 223.255.255.255.
    let mut blocks: Vec<(u32, u8)> = (1..=223).map(|first| (first << 24, 8)).collect();
    while let Some((first, length)) = blocks.pop() {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let whole = length == 24 || random % 1000 < WHOLE[usize::from(length - 8)];
        if !whole {
            let half = 1 << (31 - length);
            blocks.extend([(first + half, length + 1), (first, length + 1)]);
        } else if random >> 32 & 3 != 0 {
            let net = |first, length| {
                IpNet::new(Ipv4Addr::from_bits(first).into(), length).expect("a length")
            };
            prefixes.push(net(first, length));
            // Parts of a prefix: some /24, the first of its upper half, of the lower one's upper half, and so on.
            let parts = (length..24).map(|length| net(first + (1 << (31 - length)), 24));
            prefixes.extend(parts.take(5));
        }
    }
    let count = prefixes.len();
    let set: AddressSet = prefixes.into_iter().collect();
    println!(
        "a table of routes: {count} prefixes, {} M addresses in {} ranges",
        set.count_v4() / 1_000_000,
        set.ranges().count(),
    );
    set
}

/// How many of a thousand blocks of each length from /8 on are somebody's as a whole.
const WHOLE: [u64; 16] =
    [60, 20, 40, 60, 80, 110, 140, 190, 420, 220, 260, 300, 330, 300, 450, 350];

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
