//! What a packet, a byte and an idle flow cost: the table alone, with listeners that do next to nothing.
//!
//! `cargo bench -p tlscensus-flows [-- FLOWS]`. CPU time of one thread, the best of five rounds, as others are at work too; memory as
//! the system counts it (resident set), one measurement for each kind of flow.

#![expect(clippy::print_stdout, reason = "a bench prints its table")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on says so by stopping")]
#![expect(clippy::as_conversions, reason = "numbers of packets made here fit")]

use std::hint::black_box;
use std::time::Duration;

use rustix::time::ClockId;
use rustix::time::clock_gettime;
use tlscensus_flows::Appetite;
use tlscensus_flows::Audience;
use tlscensus_flows::FlowTable;
use tlscensus_flows::Frame;
use tlscensus_flows::Limits;
use tlscensus_flows::LinkType;
use tlscensus_flows::Listener;
use tlscensus_flows::Opened;
use tlscensus_flows::Sender;
use tlscensus_flows::Settings;
use tlscensus_flows::Shard;
use tlscensus_flows::Sharder;
use tlscensus_flows::Summary;
use tlscensus_flows::Time;

fn main() {
    let flows = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(20_000);
    for (name, six) in [("IPv4", false), ("IPv6 in a VLAN", true)] {
        let capture = handshakes(flows, six);
        println!(
            "{name}: {flows} flows of 20 packets, {} at once, {} MB",
            AT_ONCE,
            capture.megabytes()
        );
        let packets = capture.frames.len() as f64;
        for (what, hunger) in [("heard to their ends", usize::MAX), ("until enough, 4 KiB", 4096)] {
            let took = best(|| play(&capture, hunger));
            println!("  {what:<28} {:>6.1} M packets/s", packets / took.as_secs_f64() / 1e6);
        }
        let took = best(|| shards(&capture));
        println!(
            "  {:<28} {:>6.1} M packets/s",
            "sharded only",
            packets / took.as_secs_f64() / 1e6
        );
    }
    for (what, hunger) in [("tombstones", 1), ("listeners", usize::MAX)] {
        for payload in [1448, 65_000] {
            let rate = bulk(hunger, payload);
            println!("bulk of {what}, {payload} bytes a packet: {rate:.1} GB/s");
        }
    }
    for (what, kind) in [
        ("half-open", Kind::HalfOpen),
        ("established, listener of 200 bytes", Kind::Idle),
        ("tombstones", Kind::Tombstone),
    ] {
        println!("a million {what}: {:.0} bytes each", memory(kind));
    }
}

/// Flows that go on at the same time.
const AT_ONCE: usize = 2000;

/// Frames one behind the other.
#[derive(Default)]
struct Capture {
    bytes: Vec<u8>,
    frames: Vec<(usize, usize)>,
}

impl Capture {
    fn push(&mut self, frame: &[u8]) {
        self.frames.push((self.bytes.len(), frame.len()));
        self.bytes.extend_from_slice(frame);
    }

    fn frames(&self) -> impl Iterator<Item = &[u8]> {
        self.frames.iter().map(|(at, length)| &self.bytes[*at..*at + *length])
    }

    fn megabytes(&self) -> usize {
        self.bytes.len() / 1_000_000
    }
}

/// Twenty packets as a handshake of mail makes them: from the client or not, flags, payload.
const CONVERSATION: [(bool, u8, usize); 20] = [
    (true, 0x02, 0),
    (false, 0x12, 0),
    (true, 0x10, 0),
    (false, 0x18, 60),
    (true, 0x18, 20),
    (false, 0x18, 180),
    (true, 0x18, 10),
    (false, 0x18, 30),
    (true, 0x18, 517),
    (false, 0x10, 1448),
    (false, 0x10, 1448),
    (false, 0x18, 900),
    (true, 0x10, 0),
    (true, 0x18, 126),
    (false, 0x18, 258),
    (true, 0x18, 80),
    (false, 0x18, 200),
    (true, 0x11, 31),
    (false, 0x11, 31),
    (true, 0x10, 0),
];

fn handshakes(flows: usize, six: bool) -> Capture {
    let mut capture = Capture::default();
    for group in (0..flows).collect::<Vec<_>>().chunks(AT_ONCE) {
        let mut next = vec![[0_u32; 2]; group.len()];
        for (from_client, flags, payload) in CONVERSATION {
            for (flow, next) in group.iter().zip(&mut next) {
                let who = usize::from(!from_client);
                let sequence = next[who];
                let takes = payload as u32 + u32::from(flags & 0x03 != 0);
                next[who] = sequence.wrapping_add(takes);
                let numbers = [sequence, next[1 - who]];
                capture.push(&frame(*flow as u32, from_client, six, flags, numbers, payload));
            }
        }
    }
    capture
}

/// A frame of a flow, by its number.
fn frame(
    flow: u32,
    from_client: bool,
    six: bool,
    flags: u8,
    [sequence, acknowledgement]: [u32; 2],
    payload: usize,
) -> Vec<u8> {
    let port = 1024 + (flow % 60_000) as u16;
    let [a, b, c, d] = (0x0a00_0000 + flow / 60_000).to_be_bytes();
    let (client, server) = match six {
        false => (vec![a, b, c, d], vec![192, 0, 2, 1]),
        true => {
            let address =
                |last: [u8; 4]| [&[0x20, 1, 0xd, 0xb8], [0; 8].as_slice(), &last].concat();
            (address([a, b, c, d]), address([9, 0, 0, 1]))
        }
    };
    let (from, to, ports) = match from_client {
        true => (client, server, [port, 25]),
        false => (server, client, [25, port]),
    };
    let length = 20 + payload;
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    if six {
        frame.extend([0x81, 0, 0, 5, 0x86, 0xdd, 0x60, 0, 0, 0]);
        frame.extend(((length.min(65_535)) as u16).to_be_bytes());
        frame.extend([6, 64]);
    } else {
        frame.extend([8, 0, 0x45, 0]);
        frame.extend(((length + 20).min(65_535) as u16).to_be_bytes());
        frame.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
    }
    frame.extend(from);
    frame.extend(to);
    ports.iter().for_each(|port| frame.extend(port.to_be_bytes()));
    frame.extend(sequence.to_be_bytes());
    frame.extend(acknowledgement.to_be_bytes());
    frame.extend([0x50, flags, 0x20, 0, 0, 0, 0, 0]);
    frame.resize(frame.len() + payload, 7);
    frame
}

/// Looks at one byte of what it hears.
struct Ear {
    sum: u64,
    hunger: usize,
    /// As much as a listener of meaning has.
    _state: [u8; 184],
}

impl Listener for Ear {
    fn hear(&mut self, _: Sender, _: Time, bytes: &[u8]) -> Appetite {
        self.sum += u64::from(bytes[0]);
        self.hunger = self.hunger.saturating_sub(bytes.len());
        if self.hunger == 0 { Appetite::Enough } else { Appetite::More }
    }

    fn miss(&mut self, _: Sender, _: Time, _: u64) -> Appetite {
        Appetite::More
    }

    fn finish(&mut self, _: Sender, _: Time) -> Appetite {
        Appetite::More
    }
}

struct Ears {
    hunger: usize,
    done: usize,
}

impl Audience for Ears {
    type Listener = Ear;

    fn opened(&mut self, _: &Opened) -> Ear {
        Ear { sum: 0, hunger: self.hunger, _state: [0; 184] }
    }

    fn done(&mut self, listener: Ear, summary: &Summary) {
        black_box((listener.sum, summary));
        self.done += 1;
    }
}

fn settings() -> Settings {
    let limits = Limits { flows: 2_000_000, half_open: 2_000_000, ..Limits::default() };
    Settings { limits, ..Settings::default() }
}

fn captured(at: i64, bytes: &[u8]) -> Frame<'_> {
    let wire_length = bytes.len() as u32;
    Frame { at: Time(at), link_type: LinkType::ETHERNET, bytes, wire_length }
}

fn play(capture: &Capture, hunger: usize) {
    let mut table = FlowTable::new(settings(), [1, 2]);
    let mut ears = Ears { hunger, done: 0 };
    for (number, bytes) in capture.frames().enumerate() {
        table.frame(&mut ears, &captured(number as i64, bytes));
    }
    table.stop(&mut ears);
    assert_eq!(ears.done * CONVERSATION.len(), capture.frames.len());
    assert_eq!(table.statistics().missed_bytes, 0);
}

fn shards(capture: &Capture) {
    let sharder = Sharder::new(settings(), [1, 2]);
    let mut sum = 0;
    for bytes in capture.frames() {
        let Shard::Flow(hash) = sharder.shard(&captured(0, bytes)) else {
            panic!("all of it is TCP");
        };
        sum ^= hash;
    }
    black_box(sum);
}

/// Billions of bytes of payload a second, of a hundred flows in turn. Frames are read from memory each time: 64 MB of them.
fn bulk(hunger: usize, payload: usize) -> f64 {
    let mut capture = Capture::default();
    let rounds = 64_000_000 / payload / 100;
    for round in 0..=rounds {
        for flow in 0..100 {
            let sequence = (round * payload) as u32;
            capture.push(&frame(flow, true, false, 0x10, [sequence, 0], payload));
        }
    }
    let took = best(|| {
        let mut table = FlowTable::new(settings(), [1, 2]);
        let mut ears = Ears { hunger, done: 0 };
        for (number, bytes) in capture.frames().enumerate() {
            table.frame(&mut ears, &captured(number as i64, bytes));
        }
        assert_eq!(table.statistics().payload_bytes, (capture.frames.len() * payload) as u64);
        assert_eq!(table.statistics().missed_bytes, 0);
        black_box(table.flows());
    });
    (capture.frames.len() * payload) as f64 / took.as_secs_f64() / 1e9
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    HalfOpen,
    Idle,
    Tombstone,
}

/// Bytes of memory of each of a million flows.
fn memory(kind: Kind) -> f64 {
    const FLOWS: u32 = 1_000_000;
    assert_eq!(size_of::<Ear>(), 200);
    let before = resident();
    let mut table = FlowTable::new(settings(), [1, 2]);
    let mut ears = Ears { hunger: if kind == Kind::Tombstone { 1 } else { usize::MAX }, done: 0 };
    for flow in 0..FLOWS {
        let mut say = |from_client, flags, numbers, payload| {
            let bytes = frame(flow, from_client, false, flags, numbers, payload);
            table.frame(&mut ears, &captured(i64::from(flow), &bytes));
        };
        say(true, 0x02, [0, 0], 0);
        say(false, 0x12, [0, 1], 0);
        if kind != Kind::HalfOpen {
            say(true, 0x10, [1, 1], 0);
            say(false, 0x18, [1, 1], 50);
        }
    }
    assert_eq!(table.flows(), FLOWS as usize);
    let after = resident();
    table.stop(&mut ears);
    (after - before) / f64::from(FLOWS)
}

/// Bytes of memory in use, as the system counts them.
fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split_whitespace().nth(1).unwrap().parse().unwrap();
    (pages * 4096) as f64
}

/// The shortest CPU time of five rounds.
fn best(mut work: impl FnMut()) -> Duration {
    let round = |_| {
        let begin = cpu_time();
        work();
        cpu_time() - begin
    };
    (0..5).map(round).min().unwrap()
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
