//! The memory of a whole discovery late in its run: full IPv4 × 14 ports, a million routes with ceilings, and 112 million answers.
//!
//! `cargo bench -p tlscensus-discovery --bench memory [-- MILLIONS]`, as root. One process holds all of it and goes on with the last
//! part of its order, at full speed, in a namespace whose far end drops what comes; then the kernel says how much it ever had.

use std::io::Write;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use ipnet::IpNet;
use tikv_jemallocator::Jemalloc;
use tlscensus_discovery::Discovery;
use tlscensus_discovery::Ended;
use tlscensus_discovery::Expected;
use tlscensus_discovery::From;
use tlscensus_discovery::Options;
use tlscensus_discovery::Plan;
use tlscensus_discovery::PortRange;
use tlscensus_discovery::Seen;
use tlscensus_discovery::Way;
use tlscensus_discovery::Wire;
use tlscensus_discovery::WireOptions;
use tlscensus_link::MacAddress;
use tlscensus_records::ResponderKind;
use tlscensus_targets::AddressSet;
use tlscensus_targets::Grid;
use tlscensus_targets::Permutation;
use tlscensus_targets::Rate;
use tlscensus_targets::RouteTable;
use tlscensus_targets::Space;
use tlscensus_targets::Visits;
use tlscensus_testkit::netns::Pair;

/// As in the program.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

const PORTS: [u16; 14] =
    [25, 110, 143, 443, 465, 587, 993, 995, 5222, 5223, 5269, 5270, 6667, 6697];
/// Answers of the study, in millions: Table I's hosts.
const ANSWERS: u64 = 112;
const ROUTES: u32 = 1_000_000;
/// How long it sends.
const SENDING: Duration = Duration::from_secs(10);

fn main() {
    let millions = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(ANSWERS);
    let Some(pair) = Pair::or_skip() else { return };
    pair.near.within(|| measure(millions * 1_000_000));
}

fn measure(answers: u64) {
    say(&format!("at the start {} MB", most_megabytes()));
    let plan = plan(answers);
    say(&format!("with its plan {} MB", most_megabytes()));
    let discovery = Discovery::new(plan, Way::Wire(wire())).expect("a key");
    let (events, _nobody) = mpsc::channel();
    let ended = discovery.run(&events).expect("a wire that holds");
    assert_eq!(ended, Ended::Enough, "it was to stop by its time");
    say(&format!("after {} s of sending {} MB", SENDING.as_secs(), most_megabytes()));
}

/// A run of which all but the last tenth is done.
fn plan(answers: u64) -> Plan {
    let all: AddressSet = ["0.0.0.0/0".parse::<IpNet>().expect("a prefix")].into_iter().collect();
    let space = Space::new(&all).expect("small enough");
    let visits = Visits::Grid(Grid::new(space, &PORTS).expect("small enough"));
    let positions = 0..visits.len();
    let position = visits.len() / 10 * 9;
    let mut answered = Seen::new(false);
    let step = position / answers.max(1);
    // Up to a second late at a million a second.
    let late = (0..).map(|at: u64| at.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 1_000_000);
    for (at, late) in (0..answers).zip(late) {
        answered.first(ResponderKind::SynAck, at * step + late);
    }
    say(&format!("{} answers are known", answered.successes()));
    Plan {
        positions,
        order: Permutation::new(visits.len(), 7).expect("small enough"),
        visits: Arc::new(visits),
        from: From { position, asked: Vec::new(), answered },
        probes: 1,
        spacing: Duration::from_secs(1),
        answer_window: Duration::from_secs(1),
        rate: Rate::Packets(10_000_000.0),
        network_rate: Some(1_000.0),
        route_rate: Some(10_000.0),
        routes: Some(Arc::new(routes())),
        record_resets: false,
        record_icmp: false,
        ramp: false,
        expected: Expected { everything: false, silence: true },
        senders: 2,
        longest: Some(SENDING),
        most_answers: None,
    }
}

/// Prefixes of 4,096 addresses all over the space.
fn routes() -> RouteTable {
    RouteTable::new((0..ROUTES).map(|route| {
        let first = Ipv4Addr::from_bits(route << 12);
        (IpNet::new(first.into(), 20).expect("a length"), Some(64_500 + route % 1_000))
    }))
}

fn wire() -> Wire {
    let options = WireOptions {
        interface: Some(Pair::NEAR.to_owned()),
        sources_are_routed: false,
        sources: Vec::new(),
        gateways: Vec::new(),
        gateway_mac: Some(MacAddress([2, 0, 0, 0, 0, 0x99])),
        ports: PortRange::EPHEMERAL,
        options: Options::default(),
        method: None,
        batch: 64,
    };
    Wire::find(&options, &[IpAddr::from([10, 0, 0, 1])]).expect("a wire")
}

/// The most memory that this process ever had resident.
fn most_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a height");
    let kibibytes: u64 =
        line.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number");
    kibibytes * 1_024 / 1_000_000
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("somebody listens");
}
