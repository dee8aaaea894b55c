//! What a connection costs that says little and then nothing: a million at a time, under the dissectors of the monitor.
//!
//! `cargo bench -p tlscensus-monitor --bench memory [-- KIND]`; README.md in this folder has the figures. Each kind runs in a process
//! of its own, so that none finds memory that another left over.

#![expect(clippy::print_stdout, reason = "a bench prints its table")]
#![expect(clippy::as_conversions, reason = "numbers of packets made here fit")]

use std::process::Command;

use tlscensus_dissect as dissect;
use tlscensus_dissect::Dissector;
use tlscensus_dissect::Findings;
use tlscensus_flows::Audience;
use tlscensus_flows::FlowTable;
use tlscensus_flows::Frame;
use tlscensus_flows::LinkType;
use tlscensus_flows::Opened;
use tlscensus_flows::Settings;
use tlscensus_flows::Summary;
use tlscensus_flows::Time;

/// As in the program.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Who speaks: the server if true.
type Words = &'static [(bool, &'static [u8])];
/// In a word, a port, and what is said; `None`: nobody acknowledges the SYN-ACK.
type Kind = (&'static str, u16, Option<Words>);

const GREETING: &[u8] = b"220 mx.example.org ESMTP\r\n";
const KINDS: [Kind; 6] = [
    ("half-open", 25, None),
    ("established", 25, Some(&[])),
    ("greeted", 25, Some(&[(true, GREETING)])),
    ("asked", 25, Some(&[(true, GREETING), (false, b"EHLO client.example.net\r\n")])),
    ("unknown", 4444, Some(&[(true, b"\0")])),
    (
        "hello",
        993,
        Some(&[(
            false,
            b"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03abcdefghijklmnopqrstuvwxyz012345\x00\x00\x02\x00\x2f\x01\x00",
        )]),
    ),
];
const CONNECTIONS: u32 = 1_000_000;
/// What a million that were opened, or greeted and no more, may take, in bytes; of those that said more it is only told.
const BUDGET: f64 = 1e9;
const BUDGETED: [&str; 3] = ["half-open", "established", "greeted"];
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

fn main() {
    let asked = std::env::args().skip(1).find(|word| KINDS.iter().any(|(kind, ..)| kind == word));
    let program = std::env::current_exe().expect("this program");
    match asked {
        Some(asked) => KINDS.iter().filter(|(kind, ..)| *kind == asked).for_each(measure),
        None => {
            for (kind, ..) in KINDS {
                let status = Command::new(&program).arg(kind).status().expect("this program");
                assert!(status.success(), "{kind}");
            }
        }
    }
}

fn measure(&(kind, port, words): &Kind) {
    let mut table = FlowTable::new(settings(), [1, 2]);
    let mut desk = Desk::default();
    let before = resident();
    for number in 0..CONNECTIONS {
        converse(&mut table, &mut desk, number, port, words);
    }
    let after = resident();
    assert_eq!(table.flows(), CONNECTIONS as usize);
    let each = (after - before) / f64::from(CONNECTIONS);
    println!("{kind:<12} {each:>6.0} bytes each, {:>5.0} MB", after / 1e6);
    assert!(after <= BUDGET || !BUDGETED.contains(&kind), "{kind}: {after}");
    table.stop(&mut desk);
    println!("{:<12} {} rows", "", desk.rows);
}

/// Room for a million of any kind; else as they come.
fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.limits.half_open = settings.limits.flows;
    settings
}

/// The packets of one connection, a thousandth of a millisecond behind the last one's: nothing times out.
fn converse(
    table: &mut FlowTable<Dissector>,
    desk: &mut Desk,
    number: u32,
    port: u16,
    words: Option<Words>,
) {
    let mut sent = [1_u32, 1];
    let mut say = |of_server: bool, flags: u8, words: &[u8]| {
        let own = usize::from(of_server);
        let sequence = sent[own] - u32::from(flags & SYN);
        let bytes = packet(number, port, of_server, [sequence, sent[1 - own]], flags, words);
        sent[own] += words.len() as u32;
        let wire_length = bytes.len() as u32;
        let at = Time(i64::from(number));
        table.frame(desk, &Frame { at, link_type: LinkType::RAW, bytes: &bytes, wire_length });
    };
    say(false, SYN, b"");
    say(true, SYN | ACK, b"");
    if let Some(words) = words {
        say(false, ACK, b"");
        words.iter().for_each(|(of_server, words)| say(*of_server, ACK, words));
    }
}

/// An IPv4 packet without checksums: nobody looks at them.
fn packet(
    number: u32,
    port: u16,
    of_server: bool,
    [sequence, acknowledgement]: [u32; 2],
    flags: u8,
    words: &[u8],
) -> Vec<u8> {
    let mut ends = [
        ((0x0b00_0000 + number / 50_000).to_be_bytes(), 10_000 + (number % 50_000) as u16),
        ([198, 51, 100, 1], port),
    ];
    if of_server {
        ends.reverse();
    }
    let [(from, source), (to, destination)] = ends;
    let mut bytes = vec![0x45, 0];
    bytes.extend((40 + words.len() as u16).to_be_bytes());
    bytes.extend([0, 7, 0, 0, 64, 6, 0, 0]);
    bytes.extend(from);
    bytes.extend(to);
    bytes.extend(source.to_be_bytes());
    bytes.extend(destination.to_be_bytes());
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(acknowledgement.to_be_bytes());
    bytes.extend([5 << 4, flags, 0x20, 0, 0, 0, 0, 0]);
    bytes.extend(words);
    bytes
}

/// Counts rows, which are made as the monitor makes them.
#[derive(Default)]
struct Desk {
    rows: u64,
}

impl Audience for Desk {
    type Listener = Dissector;

    fn opened(&mut self, opened: &Opened) -> Dissector {
        Dissector::new(opened)
    }

    fn done(&mut self, listener: Dissector, summary: &Summary) {
        if let Findings::Ours(ours) = listener.findings(summary) {
            let row = dissect::row(&ours, summary);
            self.rows += u64::from(!row.protocol.is_empty());
        }
    }
}

/// Bytes of memory in use, as the system counts them.
fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("what Linux says of memory");
    let pages = statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    (pages.expect("a number of pages") * 4096) as f64
}
