//! Captures as large as wanted, written as fast as a disk takes them: sessions made once, repeated between other addresses.
//!
//! A [`Template`] is a session in frames; [`Load`] starts copies of templates at a steady rate and writes their frames in the
//! order of time, with checksums that are right. Nothing is kept but the sessions that are under way.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::io::Write;

use crate::capture::Capture;
use crate::capture::Carrier;
use crate::capture::Chance;
use crate::capture::Conversation;
use crate::capture::Framing;
use crate::capture::Layout;
use crate::capture::Segment;
use crate::capture::Side;
use crate::capture::udp_datagram;

/// Which addresses a template is between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// IPv4: clients of 10.0.0.0/8, servers of 198.18.0.0/15.
    V4,
    /// IPv6: clients of fd00::/64, servers of fd01::/64.
    V6,
}

/// A session in Ethernet frames, its addresses and the client's port still to be filled in.
#[derive(Clone, Debug)]
pub struct Template {
    family: Family,
    frames: Vec<Frame>,
}

#[derive(Clone, Debug)]
struct Frame {
    /// Microseconds from the session's first.
    after: i64,
    side: Side,
    bytes: Vec<u8>,
    /// Where the checksum of TCP or UDP lies.
    checksum_at: usize,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Sessions begun, and all ended but those that have no end.
    pub sessions: u64,
    /// Frames.
    pub packets: u64,
    /// Those of them that hold TCP.
    pub segments: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Sessions of several kinds, one after the other and beside each other.
#[derive(Clone, Debug)]
pub struct Load<'a> {
    /// Kinds of sessions, and how often each comes compared with the others.
    pub templates: &'a [(Template, u32)],
    /// How many sessions there are.
    pub sessions: u64,
    /// How many begin in a second of the capture's time.
    pub per_second: u32,
    /// What is drawn by lot: kinds, ports, speeds.
    pub seed: u64,
}

const ETHERNET: usize = 14;
const IPV4_CHECKSUM: usize = ETHERNET + 10;
const SEQUENCE: usize = 4;
const ACKNOWLEDGEMENT: usize = 8;
const TCP_CHECKSUM: usize = 16;
const UDP_CHECKSUM: usize = 6;
/// When captures begin: 2026-11-29T00:00:00Z in microseconds.
const START: i64 = 1_795_910_400_000_000;
/// Bytes that are collected before they are written.
const CHUNK: usize = 1 << 20;
/// A session is as fast as its template, or up to so many times slower.
const SLOWEST: u64 = 8;

impl Family {
    const fn transport(self) -> usize {
        match self {
            Self::V4 => ETHERNET + 20,
            Self::V6 => ETHERNET + 40,
        }
    }

    /// Where both addresses begin, and how long one is.
    const fn addresses(self) -> (usize, usize) {
        match self {
            Self::V4 => (ETHERNET + 12, 4),
            Self::V6 => (ETHERNET + 8, 16),
        }
    }

    /// Addresses and port 0, to be filled in; the server's port stays.
    fn nobody(self, server_port: u16) -> Conversation {
        match self {
            Self::V4 => {
                Conversation::new(([0, 0, 0, 0], 0).into(), ([0, 0, 0, 0], server_port).into())
            }
            Self::V6 => Conversation::new(([0_u16; 8], 0).into(), ([0_u16; 8], server_port).into()),
        }
    }
}

impl Template {
    /// A conversation with a server's port, told by a function.
    pub fn new(family: Family, port: u16, tell: impl FnOnce(Conversation) -> Conversation) -> Self {
        let segments = tell(family.nobody(port).at(0)).segments();
        Self::of(family, &segments)
    }

    /// A datagram and its answer.
    pub fn datagrams(family: Family, port: u16, asked: &[u8], answered: &[u8]) -> Self {
        let (client, server) = match family {
            Family::V4 => (([0, 0, 0, 0], 0).into(), ([0, 0, 0, 0], port).into()),
            Family::V6 => (([0_u16; 8], 0).into(), ([0_u16; 8], port).into()),
        };
        let framing = Framing::new(Carrier::Ethernet);
        let frame = |after, side, packet: &[u8]| Frame {
            after,
            side,
            bytes: framing.wrap(packet, side).concat(),
            checksum_at: family.transport() + UDP_CHECKSUM,
        };
        let asked = frame(0, Side::Client, &udp_datagram(client, server, asked));
        let answered = frame(9000, Side::Server, &udp_datagram(server, client, answered));
        Self { family, frames: vec![asked, answered] }
    }

    fn of(family: Family, segments: &[Segment]) -> Self {
        let framing = Framing::new(Carrier::Ethernet);
        let frames = segments.iter().map(|segment| Frame {
            after: segment.at,
            side: segment.side,
            bytes: framing.frames(segment).concat(),
            checksum_at: family.transport() + TCP_CHECKSUM,
        });
        Self { family, frames: frames.collect() }
    }

    /// How many frames it has.
    pub const fn packets(&self) -> usize {
        self.frames.len()
    }
}

impl Frame {
    fn is_segment(&self, family: Family) -> bool {
        self.checksum_at == family.transport() + TCP_CHECKSUM
    }
}

/// A session under way. Ordered by when its next frame is due, then by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Session {
    due: i64,
    number: u64,
    began: i64,
    kind: usize,
    next: usize,
    slower: i64,
    port: u16,
}

impl Load<'_> {
    /// Writes the capture, as a classic file.
    ///
    /// # Errors
    /// When it cannot be written.
    ///
    /// # Panics
    /// If there is no template, or nothing begins in a second.
    pub fn write(&self, out: &mut impl Write) -> io::Result<Written> {
        let mut file = File::new(out)?;
        let mut chance = Chance::new(self.seed);
        let mut under_way: BinaryHeap<Reverse<Session>> = BinaryHeap::new();
        let kinds = self.kinds();
        let apart = 1_000_000 / i64::from(self.per_second);
        let mut begun = 0;
        let mut next_start = START;
        loop {
            let due = under_way.peek().map(|Reverse(session)| session.due);
            if begun < self.sessions && due.is_none_or(|due| next_start <= due) {
                under_way.push(Reverse(self.begin(begun, next_start, &kinds, &mut chance)));
                begun += 1;
                next_start += apart;
                continue;
            }
            let Some(Reverse(mut session)) = under_way.pop() else { break };
            let (template, _) = &self.templates[session.kind];
            let frame = &template.frames[session.next];
            file.push(session.due, &frame.bytes)?;
            file.written.segments += u64::from(frame.is_segment(template.family));
            address(&mut file.buffer, frame, template.family, &session);
            session.next += 1;
            if let Some(frame) = template.frames.get(session.next) {
                session.due = session.began + frame.after * session.slower / 4;
                under_way.push(Reverse(session));
            }
        }
        file.finish(begun)
    }

    /// The place of each kind, as often as it shall come.
    fn kinds(&self) -> Vec<usize> {
        let often =
            |(kind, (_, weight)): (usize, &(Template, u32))| (0..*weight).map(move |_| kind);
        self.templates.iter().enumerate().flat_map(often).collect()
    }

    fn begin(&self, number: u64, at: i64, kinds: &[usize], chance: &mut Chance) -> Session {
        let kind = kinds[chance.place(kinds.len())];
        let slower = 4 + i64::try_from(chance.below(4 * SLOWEST)).expect("a small number");
        let port = u16::try_from(1024 + chance.below(64_000)).expect("below 65,536");
        Session { due: at, number, began: at, kind, next: 0, slower, port }
    }
}

/// Fills a session's addresses and the client's port into the frame that lies last in the buffer.
fn address(buffer: &mut [u8], frame: &Frame, family: Family, session: &Session) {
    let start = buffer.len() - frame.bytes.len();
    let bytes = &mut buffer[start..];
    // Numbers follow each other, addresses of clients need not: this keeps them distinct and scatters them.
    let scattered = session.number.wrapping_mul(0x9e37_79b1);
    let [.., a, b, c] = scattered.to_be_bytes();
    let [.., d, e] = (session.number >> 3).to_be_bytes();
    let (place, length) = family.addresses();
    let mut client = [0; 16];
    let mut server = [0; 16];
    match family {
        Family::V4 => {
            client[..4].copy_from_slice(&[10, a, b, c]);
            server[..4].copy_from_slice(&[198, 18 | (a & 1), d, e]);
        }
        Family::V6 => {
            client[..2].copy_from_slice(&[0xfd, 0]);
            client[8..].copy_from_slice(&session.number.to_be_bytes());
            server[..2].copy_from_slice(&[0xfd, 1]);
            server[14..].copy_from_slice(&[d, e]);
        }
    }
    let (first, second) = match frame.side {
        Side::Client => (&client[..length], &server[..length]),
        Side::Server => (&server[..length], &client[..length]),
    };
    bytes[place..place + length].copy_from_slice(first);
    bytes[place + length..place + 2 * length].copy_from_slice(second);
    let port_at = family.transport() + if frame.side == Side::Client { 0 } else { 2 };
    bytes[port_at..port_at + 2].copy_from_slice(&session.port.to_be_bytes());
    let added = sum(first) + sum(second);
    if family == Family::V4 {
        add(bytes, IPV4_CHECKSUM, added);
    }
    add(bytes, frame.checksum_at, added + u32::from(session.port));
    let place = frame.checksum_at;
    if !frame.is_segment(family) && bytes[place..place + 2] == [0, 0] {
        // RFC 768: a sum of 0 would say that there is none.
        bytes[place..place + 2].fill(0xff);
    }
}

/// The sum of the words of an even number of bytes.
fn sum(bytes: &[u8]) -> u32 {
    let (words, _) = bytes.as_chunks::<2>();
    words.iter().map(|word| u32::from(u16::from_be_bytes(*word))).sum()
}

/// A checksum over bytes of which some were 0 and now have this sum (RFC 1624, equation 3).
fn add(bytes: &mut [u8], at: usize, added: u32) {
    let old = !u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    let mut total = u32::from(old) + added;
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    let new = !u16::try_from(total).expect("folded to 16 bits");
    bytes[at..at + 2].copy_from_slice(&new.to_be_bytes());
}

/// A few connections that carry application data, and nothing else for long: the handshake that is given, then so many bytes.
#[derive(Clone, Debug)]
pub struct Bulk<'a> {
    /// Both sides' words up to the first application data.
    pub handshake: &'a [(Side, Vec<u8>)],
    /// Connections, which take turns.
    pub flows: u16,
    /// Bytes of payload of all of them.
    pub bytes: u64,
    /// Bytes of payload in a frame: 1,448 as on the wire, up to 65,000 as segmentation offload hands them up.
    pub frame: u16,
}

impl Bulk<'_> {
    /// Writes the capture, as a classic file.
    ///
    /// # Errors
    /// When it cannot be written.
    ///
    /// # Panics
    /// If frames are too small for a record.
    pub fn write(&self, out: &mut impl Write) -> io::Result<Written> {
        let mut file = File::new(out)?;
        let told = |conversation: Conversation| {
            let handshake = conversation.turns(self.handshake);
            handshake.closing(crate::capture::Closing::Unseen)
        };
        let payload = application_data(usize::from(self.frame));
        let whole = Template::new(Family::V4, 993, |told_so_far| {
            told(told_so_far).mss(65_000).server(&payload)
        });
        let opening = whole.frames.len() - 2;
        let mut flows: Vec<_> =
            (0..self.flows).map(|number| Stream::new(u64::from(number))).collect();
        let mut at = START;
        for frame in &whole.frames[..opening] {
            for flow in &flows {
                file.push(at, &frame.bytes)?;
                file.written.segments += 1;
                address(&mut file.buffer, frame, Family::V4, &flow.session);
                at += 1;
            }
        }
        let (data, ack) = (&whole.frames[opening], &whole.frames[opening + 1]);
        let mut left = self.bytes;
        while left > 0 {
            for flow in &mut flows {
                for frame in [data, data, ack] {
                    flow.push(&mut file, at, frame, u32::from(self.frame))?;
                    at += 2;
                }
            }
            let round = 2 * u64::from(self.frame) * u64::from(self.flows);
            left = left.saturating_sub(round);
        }
        file.finish(u64::from(self.flows))
    }
}

/// Records that together have exactly this length.
fn application_data(length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        let left = length - bytes.len();
        // A rest that has no room for a record's header is given to the record before.
        let record = if left > 16_389 + 6 { 16_389 } else { left.min(16_645) };
        assert!(record > 5, "no room for a record");
        bytes.extend([23, 3, 3]);
        bytes.extend(u16::try_from(record - 5).expect("a record's length").to_be_bytes());
        bytes.resize(bytes.len() + record - 5, 0x5a);
    }
    bytes
}

/// One connection of a [`Bulk`].
struct Stream {
    session: Session,
    /// Bytes of the server that went before the next frame.
    sent: u32,
}

impl Stream {
    const fn new(number: u64) -> Self {
        let session =
            Session { due: 0, number, began: 0, kind: 0, next: 0, slower: 1, port: 40_000 };
        Self { session, sent: 0 }
    }

    /// The template's data frame again, further on in the stream; or its acknowledgement.
    fn push<W: Write>(
        &mut self,
        file: &mut File<'_, W>,
        at: i64,
        frame: &Frame,
        size: u32,
    ) -> io::Result<()> {
        file.push(at, &frame.bytes)?;
        file.written.segments += 1;
        address(&mut file.buffer, frame, Family::V4, &self.session);
        let start = file.buffer.len() - frame.bytes.len();
        let bytes = &mut file.buffer[start..];
        // The template's own acknowledgement is already one frame on.
        let (field, moved) = match frame.side {
            Side::Server => (SEQUENCE, self.sent),
            Side::Client => (ACKNOWLEDGEMENT, self.sent.wrapping_sub(size)),
        };
        let place = Family::V4.transport() + field;
        let old: [u8; 4] = bytes[place..place + 4].try_into().expect("four bytes");
        let new = u32::from_be_bytes(old).wrapping_add(moved).to_be_bytes();
        bytes[place..place + 4].copy_from_slice(&new);
        let inverted = old.map(|byte| !byte);
        add(bytes, frame.checksum_at, sum(&inverted) + sum(&new));
        if frame.side == Side::Server {
            self.sent = self.sent.wrapping_add(size);
        }
        Ok(())
    }
}

/// A classic capture file that is being written.
struct File<'a, W> {
    out: &'a mut W,
    buffer: Vec<u8>,
    written: Written,
}

impl<'a, W: Write> File<'a, W> {
    fn new(out: &'a mut W) -> io::Result<Self> {
        let buffer = Capture { link_type: 1, frames: Vec::new() }.pcap(Layout::Micro);
        Ok(Self { out, buffer, written: Written::default() })
    }

    /// Adds a frame, which then lies last in the buffer and may still be changed.
    fn push(&mut self, at: i64, frame: &[u8]) -> io::Result<()> {
        if self.buffer.len() >= CHUNK {
            self.flush()?;
        }
        let second = u32::try_from(at.div_euclid(1_000_000)).expect("before 2106");
        let fraction = u32::try_from(at.rem_euclid(1_000_000)).expect("below a million");
        let length = u32::try_from(frame.len()).expect("a frame's length");
        for field in [second, fraction, length, length] {
            self.buffer.extend_from_slice(&field.to_le_bytes());
        }
        self.buffer.extend_from_slice(frame);
        self.written.packets += 1;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.written.bytes += u64::try_from(self.buffer.len()).expect("64 bits");
        self.buffer.clear();
        Ok(())
    }

    fn finish(mut self, sessions: u64) -> io::Result<Written> {
        self.flush()?;
        self.out.flush()?;
        Ok(Written { sessions, ..self.written })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::checksum;

    /// Every frame's time and bytes.
    fn frames(mut file: &[u8]) -> Vec<(u64, &[u8])> {
        let mut found = Vec::new();
        file = &file[24..];
        while !file.is_empty() {
            let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
            let (at, length) = (u64::from(word(0)) * 1_000_000 + u64::from(word(4)), word(8));
            let (frame, rest) = file[16..].split_at(usize::try_from(length).unwrap());
            found.push((at, frame));
            file = rest;
        }
        found
    }

    /// The sum over a packet's transport with its pseudo-header, and over an IPv4 header: 0 where they are right.
    fn sums(frame: &[u8]) -> [u16; 2] {
        let packet = &frame[ETHERNET..];
        let (header, addresses, protocol) = match packet[0] >> 4 {
            4 => (20, &packet[12..20], packet[9]),
            _ => (40, &packet[8..40], packet[6]),
        };
        let length = u32::try_from(packet.len() - header).unwrap().to_be_bytes();
        let transport = checksum(&[addresses, &[0, 0, 0, protocol], &length, &packet[header..]]);
        [transport, if header == 20 { checksum(&[&packet[..20]]) } else { 0 }]
    }

    fn templates() -> Vec<(Template, u32)> {
        let hello = |told: Conversation| told.server("220 hi\r\n").client("QUIT\r\n");
        vec![
            (Template::new(Family::V4, 25, hello), 3),
            (Template::new(Family::V6, 25, hello), 1),
            (Template::datagrams(Family::V4, 53, b"what", b"that"), 1),
            (Template::datagrams(Family::V6, 53, b"what", b"that"), 1),
        ]
    }

    #[test]
    fn copies_have_right_checksums_and_times_in_order() {
        let templates = templates();
        let load = Load { templates: &templates, sessions: 200, per_second: 1000, seed: 1 };
        let (mut file, mut again) = (Vec::new(), Vec::new());
        let written = load.write(&mut file).unwrap();
        load.write(&mut again).unwrap();
        assert_eq!(file, again);
        let frames = frames(&file);
        assert_eq!(written.bytes, u64::try_from(file.len()).unwrap());
        assert_eq!(
            (written.sessions, written.packets),
            (200, u64::try_from(frames.len()).unwrap())
        );
        let is_segment = |frame: &[u8]| [frame[23], frame[20]].contains(&6);
        let segments = frames.iter().filter(|(_, frame)| is_segment(frame)).count();
        assert_eq!(written.segments, u64::try_from(segments).unwrap());
        assert!(frames.is_sorted_by_key(|(at, _)| *at));
        for (_, frame) in &frames {
            assert_eq!(sums(frame), [0, 0], "{frame:02x?}");
        }
        // Sessions are beside each other: frames that follow each other are mostly of several.
        let ends = |frame: &[u8]| {
            if frame[12] == 8 { frame[26..34].to_vec() } else { frame[22..54].to_vec() }
        };
        let changes = frames.windows(2).filter(|two| {
            let mut both = [ends(two[0].1), ends(two[1].1)];
            let half = both[0].len() / 2;
            both[0].rotate_left(half);
            both[0] != both[1] && ends(two[0].1) != both[1]
        });
        assert!(changes.count() > frames.len() / 2);
    }

    #[test]
    fn bulk_is_a_stream_without_holes() {
        let handshake = vec![(Side::Client, b"hello".to_vec()), (Side::Server, b"there".to_vec())];
        for frame in [1448, 65_000] {
            let bulk = Bulk { handshake: &handshake, flows: 2, bytes: 1_000_000, frame };
            let mut file = Vec::new();
            bulk.write(&mut file).unwrap();
            let frames = frames(&file);
            assert!(frames.iter().all(|(_, frame)| sums(frame) == [0, 0]));
            let mut next = None;
            let mut total = 0;
            for (_, frame) in &frames {
                let (port, payload) = (&frame[34..36], &frame[54..]);
                let of_first = frame[30..34] == frames[0].1[26..30];
                if port != [3, 0xe1] || !of_first || payload.is_empty() || payload[0] != 23 {
                    continue;
                }
                let sequence = u32::from_be_bytes(frame[38..42].try_into().unwrap());
                assert_eq!(sequence, *next.get_or_insert(sequence));
                let length = u32::try_from(payload.len()).unwrap();
                next = Some(sequence + length);
                total += length;
            }
            assert!((500_000..640_000).contains(&total), "{total}");
        }
    }
}
