//! What hostile tests are made of: a table of flows with the real dissector, captures in memory, packets by the million, and
//! sessions that are to be found among them.

#![expect(clippy::as_conversions, reason = "numbers of packets made here fit")]

use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::SocketAddrV4;
use std::path::Path;

use tlscensus_dissect as dissect;
use tlscensus_dissect::Dissector;
use tlscensus_dissect::Findings;
use tlscensus_flows::Audience;
use tlscensus_flows::FlowTable;
use tlscensus_flows::Frame;
use tlscensus_flows::LinkType;
use tlscensus_flows::Opened;
use tlscensus_flows::Settings;
use tlscensus_flows::Statistics;
use tlscensus_flows::Summary;
use tlscensus_flows::Time;
use tlscensus_link::CaptureReader;
use tlscensus_link::Polled;

/// What a row says that the tests compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    /// The connection: both ends, the smaller first, and when it began.
    pub(crate) of: ([SocketAddr; 2], i64),
    /// TLS was seen established.
    pub(crate) established: bool,
}

/// A table of flows whose listeners are dissectors, and what came out of it: as a worker of the monitor has it, without keys and
/// channels.
pub(crate) struct Watch {
    pub(crate) table: FlowTable<Dissector>,
    pub(crate) desk: Desk,
}

/// What came out.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(crate) rows: Vec<Row>,
    pub(crate) opened: u64,
    pub(crate) done: u64,
    pub(crate) closed: u64,
}

impl Watch {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { table: FlowTable::new(settings, [1, 2]), desk: Desk::default() }
    }

    /// Takes a bare IP packet.
    pub(crate) fn packet(&mut self, at: i64, bytes: &[u8]) {
        let wire_length = u32::try_from(bytes.len()).expect("a packet's length");
        let frame = Frame { at: Time(at), link_type: LinkType::RAW, bytes, wire_length };
        self.table.frame(&mut self.desk, &frame);
    }

    /// Takes a captured frame.
    pub(crate) fn frame(&mut self, frame: &Captured) {
        let &Captured { at, link_type, ref bytes, wire_length } = frame;
        let frame = Frame { at: Time(at), link_type: LinkType(link_type), bytes, wire_length };
        self.table.frame(&mut self.desk, &frame);
    }

    /// Ends it: nothing is left, each flow was done with once, and each packet is counted in its place.
    pub(crate) fn stop(mut self) -> (Desk, Statistics) {
        self.table.stop(&mut self.desk);
        assert_eq!((self.table.flows(), self.table.held()), (0, 0));
        let statistics = *self.table.statistics();
        accounted(&statistics);
        let desk = self.desk;
        assert_eq!((desk.opened, desk.done), (statistics.opened, statistics.opened));
        assert!(desk.rows.len() as u64 <= desk.opened, "a row for each flow at most");
        (desk, statistics)
    }
}

/// Each packet and each connection is counted in exactly one of the places that there are for it.
fn accounted(it: &Statistics) {
    let unread = it.unknown_link + it.not_ip + it.not_tcp + it.malformed + it.cut_short;
    let ended = it.segments + it.bad_checksums + it.too_deep + unread;
    assert_eq!(it.frames + it.defragmented, ended + it.fragments, "{it:?}");
    let nothing = it.half_open_refused + it.half_open_timed_out + it.half_open_evicted;
    assert_eq!(it.half_open + it.midstream, nothing + it.opened, "{it:?}");
    let over = it.enough + it.finished + it.reset + it.timed_out + it.evicted + it.stopped;
    assert_eq!(it.opened, over, "{it:?}");
}

impl Audience for Desk {
    type Listener = Dissector;

    fn opened(&mut self, opened: &Opened) -> Dissector {
        self.opened += 1;
        Dissector::new(opened)
    }

    fn done(&mut self, listener: Dissector, summary: &Summary) {
        self.done += 1;
        let Findings::Ours(ours) = listener.findings(summary) else { return };
        let row = dissect::row(&ours, summary);
        for (_, certificate) in dissect::certificates(&ours, &row, true) {
            assert!(!certificate.is_empty());
        }
        let mut ends = [summary.opened.opener, summary.opened.responder];
        ends.sort_unstable();
        let of = (ends, summary.opened.at.0);
        self.rows.push(Row { of, established: row.tls_seen_established });
    }

    fn closed(&mut self, _: &Summary) {
        self.closed += 1;
    }
}

/// A frame out of a capture.
#[derive(Clone, Debug)]
pub(crate) struct Captured {
    pub(crate) at: i64,
    pub(crate) link_type: u32,
    pub(crate) bytes: Vec<u8>,
    pub(crate) wire_length: u32,
}

/// The frames of a capture, up to where it is damaged.
pub(crate) fn frames(file: &[u8]) -> Vec<Captured> {
    let mut reader = CaptureReader::new(std::io::Cursor::new(file.to_vec()));
    let mut frames = Vec::new();
    while let Ok(Polled::Packet(packet)) = reader.poll() {
        frames.push(Captured {
            at: packet.at,
            link_type: packet.link_type,
            bytes: packet.bytes.to_vec(),
            wire_length: packet.length,
        });
    }
    frames
}

/// The captures made for the tests of this crate, by name.
pub(crate) fn captures() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/captures");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of captures")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read(path).expect("a capture"))
        })
        .collect();
    all.sort();
    assert!(all.len() > 50, "{}", all.len());
    all
}

/// One of them.
pub(crate) fn capture(name: &str) -> Vec<u8> {
    let found = captures().into_iter().find(|(other, _)| other == name);
    found.unwrap_or_else(|| panic!("no capture is called {name}")).1
}

/// One session with TLS, as it stands in a capture, again and again from another client.
pub(crate) struct Sessions {
    packets: Vec<Vec<u8>>,
    client: [u8; 4],
    next: usize,
    /// How many have begun.
    pub(crate) begun: u32,
}

impl Sessions {
    pub(crate) fn new() -> Self {
        let packets: Vec<_> = frames(&capture("tls13-smtp.pcap"))
            .into_iter()
            .map(|mut frame| frame.bytes.split_off(ETHERNET))
            .collect();
        let client = packets[0][SOURCE..SOURCE + 4].try_into().expect("four bytes");
        Self { packets, client, next: 0, begun: 0 }
    }

    /// How many packets one has.
    pub(crate) fn length(&self) -> usize {
        self.packets.len()
    }

    /// The next packet: of the session that has begun, or of another one.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        self.begun += u32::from(self.next == 0);
        let mut packet = self.packets[self.next].clone();
        self.next = (self.next + 1) % self.packets.len();
        let [_, b, c, d] = self.begun.to_be_bytes();
        for place in [SOURCE, SOURCE + 4] {
            if packet[place..place + 4] == self.client {
                packet[place..place + 4].copy_from_slice(&[10, b, c, d]);
            }
        }
        packet
    }

    /// The rest of the session that has begun, then how many there were.
    fn finish(mut self, watch: &mut Watch, at: i64) -> u64 {
        while self.next > 0 {
            watch.packet(at, &self.next());
        }
        u64::from(self.begun)
    }
}

/// So many packets of noise, which is told what number it makes, at so many a second; among them, a packet of a session for every
/// so many. Gives how many sessions there were.
pub(crate) fn among(
    watch: &mut Watch,
    noises: u32,
    (per_second, every): (u32, u32),
    mut noise: impl FnMut(u32, &mut Vec<u8>),
) -> u64 {
    let mut sessions = Sessions::new();
    let mut packet = Vec::new();
    let mut at = START;
    for number in 0..noises {
        at = START + i64::from(number) * 1_000_000 / i64::from(per_second);
        packet.clear();
        noise(number, &mut packet);
        watch.packet(at, &packet);
        if number % every == 0 {
            watch.packet(at, &sessions.next());
            // Who watches hands rows on; here it is only sessions that are asked for.
            watch.desk.rows.retain(|row| row.established);
        }
    }
    sessions.finish(watch, at)
}

/// A TCP segment in an IPv4 packet, without checksums: nobody looks at them.
pub(crate) fn segment(
    packet: &mut Vec<u8>,
    [from, to]: [SocketAddrV4; 2],
    [sequence, acknowledgement]: [u32; 2],
    flags: u8,
    payload: &[u8],
) {
    ipv4(packet, [*from.ip(), *to.ip()], [6, 0], 20 + payload.len());
    packet.extend_from_slice(&from.port().to_be_bytes());
    packet.extend_from_slice(&to.port().to_be_bytes());
    packet.extend_from_slice(&sequence.to_be_bytes());
    packet.extend_from_slice(&acknowledgement.to_be_bytes());
    packet.extend_from_slice(&[5 << 4, flags, 0x20, 0, 0, 0, 0, 0]);
    packet.extend_from_slice(payload);
}

/// The header of an IPv4 packet of a protocol with a place among fragments, as it stands there, and a length of payload.
pub(crate) fn ipv4(
    packet: &mut Vec<u8>,
    [from, to]: [Ipv4Addr; 2],
    [protocol, fragment]: [u16; 2],
    payload: usize,
) {
    let length = u16::try_from(20 + payload).expect("a packet of less than 64 KiB");
    packet.extend_from_slice(&[0x45, 0]);
    packet.extend_from_slice(&length.to_be_bytes());
    packet.extend_from_slice(&[0, 7]);
    packet.extend_from_slice(&fragment.to_be_bytes());
    packet.extend_from_slice(&[64, protocol as u8, 0, 0]);
    packet.extend_from_slice(&from.octets());
    packet.extend_from_slice(&to.octets());
}

/// The end of a client by its number: all differ, none is a session's.
pub(crate) fn client(number: u32) -> SocketAddrV4 {
    let address = 0x0b00_0000 + number / 50_000;
    SocketAddrV4::new(Ipv4Addr::from_bits(address), 10_000 + (number % 50_000) as u16)
}

/// A server's port.
pub(crate) fn server(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 1), port)
}

pub(crate) const FIN: u8 = 0x01;
pub(crate) const SYN: u8 = 0x02;
pub(crate) const RST: u8 = 0x04;
pub(crate) const PSH: u8 = 0x08;
pub(crate) const ACK: u8 = 0x10;

/// When captures made here begin: 2026-11-29T00:00:00Z in microseconds.
pub(crate) const START: i64 = 1_795_910_400_000_000;
const ETHERNET: usize = 14;
/// Where the addresses of IPv4 begin.
const SOURCE: usize = 12;
