//! What a probe costs before it is handed to the kernel: its mark, and patching it into a frame.
//!
//! `cargo bench -p tlscensus-discovery --bench frame [-- MILLIONS]`. CPU time of one thread; the best of five rounds, as others
//! are at work too.

#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::hint::black_box;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::time::Duration;

use rustix::time::ClockId;
use rustix::time::clock_gettime;
use tlscensus_discovery::Cookie;
use tlscensus_discovery::Family;
use tlscensus_discovery::Framing;
use tlscensus_discovery::Mark;
use tlscensus_discovery::Options;
use tlscensus_discovery::PortRange;
use tlscensus_discovery::Probe;
use tlscensus_discovery::Template;

fn main() {
    let millions = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(20);
    let count: u32 = millions * 1_000_000;
    let cookie = Cookie::new(&[7; 16], PortRange::EPHEMERAL);
    println!("{millions} million probes, ns each");
    let ours = Ipv4Addr::new(192, 0, 2, 1);
    let theirs = |number: u32| Ipv4Addr::from_bits(number.wrapping_mul(0x9e37_79b1));
    let template = Template::<Ipv4Addr>::new(FRAMING, Options::Windows);
    let patch = |slot: &mut [u8], probe: &Probe<Ipv4Addr>| template.patch(slot, probe);
    family("IPv4", count, &cookie, template.bytes(), ours, theirs, patch);
    let ours = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    let theirs = |number: u32| Ipv6Addr::from_bits(u128::from(number) << 70 | 1);
    let template = Template::<Ipv6Addr>::new(FRAMING, Options::Windows);
    let patch = |slot: &mut [u8], probe: &Probe<Ipv6Addr>| template.patch(slot, probe);
    family("IPv6", count, &cookie, template.bytes(), ours, theirs, patch);
}

fn family<A: Family>(
    name: &str,
    count: u32,
    cookie: &Cookie,
    bytes: &[u8],
    ours: A,
    theirs: impl Fn(u32) -> A,
    patch: impl Fn(&mut [u8], &Probe<A>),
) {
    let mark = Mark { sequence: 1, source_port: 40_000, identification: 3 };
    let probe = |number, mark| Probe { source: ours, destination: theirs(number), port: 443, mark };
    let rounds = |slots: &mut [Vec<u8>], each: &dyn Fn(&mut [u8], u32)| {
        let mut number = 0;
        while number < count {
            for slot in slots.iter_mut() {
                each(slot, number);
                number += 1;
            }
        }
    };
    let mut slots = vec![bytes.to_vec(); SLOTS];
    let marked = |number| cookie.mark(ours, theirs(number), 443, 0);
    let times = [
        best(|| rounds(&mut slots, &|_, number| _ = black_box(marked(number)))),
        best(|| rounds(&mut slots, &|slot, number| patch(slot, black_box(&probe(number, mark))))),
        best(|| rounds(&mut slots, &|slot, number| patch(slot, &probe(number, marked(number))))),
    ];
    black_box(&slots);
    let [mark, patch, both] = times.map(|took| took.as_secs_f64() * 1e9 / f64::from(count));
    println!("  {name}: mark {mark:.1}, patch {patch:.1}, both {both:.1}");
}

fn best(mut work: impl FnMut()) -> Duration {
    let rounds = (0..5).map(|_| {
        let start = cpu_time();
        work();
        cpu_time() - start
    });
    rounds.min().unwrap_or_default()
}

/// Of this thread.
fn cpu_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("it began at zero")
}

const FRAMING: Framing = Framing::Ethernet { source_mac: [2; 6], gateway_mac: [4; 6] };

/// Frames of a batch.
const SLOTS: usize = 256;
