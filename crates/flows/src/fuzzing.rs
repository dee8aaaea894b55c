//! What must hold for any frames: bodies of fuzz targets, replayed by plain tests.

use crate::Appetite;
use crate::Audience;
use crate::End;
use crate::FlowTable;
use crate::Frame;
use crate::Limits;
use crate::LinkType;
use crate::Listener;
use crate::Opened;
use crate::Sender;
use crate::Settings;
use crate::Shard;
use crate::Sharder;
use crate::Summary;
use crate::Time;
use crate::Tunnels;
use crate::number::u32_from;
use crate::number::u64_from;

/// A fuzz target: its name and its body.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// The fuzz targets of this crate.
pub const TARGETS: &[FuzzTarget] = &[("flows_frames", frames)];

/// Any sequence of frames, as they are or as segments of few flows with few numbers: no more is held than may be, what is counted is what
/// was heard and missed, each flow is done with once, and at the end nothing is left.
pub fn frames(data: &[u8]) {
    let (&[switches, hunger], data) = data.split_first_chunk().unwrap_or((&[0, 0], data));
    let settings = settings(switches);
    let mut table = FlowTable::new(settings, [1, 2]);
    let mut sharder = Sharder::new(settings, [1, 2]);
    let mut crowd = Crowd { hunger: u64::from(hunger), ..Crowd::default() };
    let mut input = Input(data);
    let mut now = 0_i64;
    while let Some(kind) = input.byte() {
        now = now.wrapping_add(input.pause());
        let (link_type, bytes, wire_length) = input.frame(kind);
        let frame = Frame { at: Time(now), link_type, bytes: &bytes, wire_length };
        if sharder.shard(&frame) == Shard::Fragment
            && let Some(packet) = sharder.defragment(&frame)
        {
            assert!(packet.len() <= 65_575, "a packet of {} bytes", packet.len());
        }
        table.frame(&mut crowd, &frame);
        assert!(table.flows() <= 8 && table.held() <= MOST_HELD, "{}", table.held());
    }
    table.stop(&mut crowd);
    assert_eq!((table.flows(), table.held()), (0, 0));
    assert_eq!(crowd.opened, crowd.done);
    let it = table.statistics();
    let unread = it.unknown_link + it.not_ip + it.not_tcp + it.malformed + it.cut_short;
    let ended = it.segments + it.bad_checksums + it.too_deep + unread;
    assert_eq!(it.frames + it.defragmented, ended + it.fragments, "{it:?}");
    let half_open = it.half_open_refused + it.half_open_timed_out + it.half_open_evicted;
    assert_eq!(it.half_open + it.midstream, half_open + it.opened, "{it:?}");
    let ends = it.enough + it.finished + it.reset + it.timed_out + it.evicted + it.stopped;
    assert_eq!((it.opened, ends), (crowd.opened, crowd.opened));
    let closed = if settings.count_to_end { crowd.done } else { 0 };
    assert_eq!(crowd.closed, closed);
}

/// Limits that are reached soon.
fn settings(switches: u8) -> Settings {
    let limits = Limits {
        flows: 8,
        half_open: 4,
        held_bytes_per_direction: 500,
        held_pieces_per_direction: 5,
        held_bytes: 1000,
        fragmented: 3,
        fragment_bytes: 5000,
        ..Limits::default()
    };
    let tunnels = Tunnels { teredo: Some(3544), ..Tunnels::default() };
    Settings {
        limits,
        tunnels,
        verify_checksums: switches & 1 != 0,
        count_to_end: switches & 2 != 0,
        ..Settings::default()
    }
}

/// Bytes to be read as frames.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn next(&mut self) -> u8 {
        self.byte().unwrap_or(0)
    }

    fn take(&mut self, count: u8) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(usize::from(count).min(self.0.len()));
        self.0 = rest;
        taken.to_vec()
    }

    /// Microseconds, mostly few, at times back.
    fn pause(&mut self) -> i64 {
        match self.next() {
            byte @ 0..=199 => i64::from(byte),
            byte @ 200..=239 => i64::from(byte - 199) * 100_000,
            byte @ 240..=248 => i64::from(byte - 239) * 40_000_000,
            // Years, as between captures.
            249 => 1 << 47,
            byte => i64::from(byte - 249) * -700_000,
        }
    }

    fn frame(&mut self, kind: u8) -> (LinkType, Vec<u8>, u32) {
        let beyond = match self.next() {
            byte @ 0..=250 => u32::from(byte / 64) * 7,
            byte => u32::from(byte) * 9_000_000,
        };
        let (link_type, bytes) = match kind {
            0..=199 => (LinkType::RAW, self.segment(kind)),
            _ => {
                let link = LINKS.get(usize::from(kind - 200) % LINKS.len());
                let length = self.next();
                (*link.unwrap_or(&LinkType::RAW), self.take(length))
            }
        };
        let wire_length = u32_from(bytes.len()).saturating_add(beyond);
        (link_type, bytes, wire_length)
    }

    /// A segment of one of few flows, its numbers near those of the others; in fragments at times.
    fn segment(&mut self, kind: u8) -> Vec<u8> {
        let [port, flags, sequence, acknowledgement, length] = [(); 5].map(|()| self.next());
        let ports = match kind & 1 {
            0 => [0x90, port & 0x0f, 0, 25],
            _ => [0, 25, 0x90, port & 0x0f],
        };
        let (from, to) = if kind & 1 == 0 { (1, 2) } else { (2, 1) };
        // A far jump in one of sixteen.
        let far = u32::from(port >> 4 == 15) << 31;
        let number = |byte: u8| (u32::from(byte) << (kind & 2)).wrapping_sub(50).wrapping_add(far);
        let payload = self.take(length & 0x3f);
        let mut tcp = ports.to_vec();
        tcp.extend(number(sequence).to_be_bytes());
        tcp.extend(number(acknowledgement).to_be_bytes());
        tcp.extend([0x50, flags, 0, 0, 0, 0, 0, 0]);
        tcp.extend(payload);
        let [high, low] = u16::try_from(tcp.len() + 20).unwrap_or(0).to_be_bytes();
        let place = if kind > 190 { length >> 6 } else { 0 };
        let mut packet = vec![0x45, 0, high, low, 0, port, (kind & 4) << 3, place, 64, 6, 0, 0];
        packet.extend([10, 0, 0, from, 10, 0, 0, to]);
        packet.extend(tcp);
        packet
    }
}

/// Sums up what is heard.
#[derive(Default)]
struct Ear {
    hunger: u64,
    satisfied: bool,
    heard: [u64; 2],
    missed: [u64; 2],
    finished: [bool; 2],
}

impl Ear {
    fn told(&mut self, from: Sender, heard: u64, missed: u64, finished: bool) -> Appetite {
        let of = usize::from(from == Sender::Responder);
        assert!(!self.satisfied, "who has had enough is told no more");
        assert!(!self.finished[of], "nothing stands behind the end");
        self.heard[of] += heard;
        self.missed[of] += missed;
        self.finished[of] |= finished;
        // None, for whom nothing is ever enough.
        self.satisfied = self.hunger > 0 && self.heard.iter().sum::<u64>() >= self.hunger;
        if self.satisfied { Appetite::Enough } else { Appetite::More }
    }
}

impl Listener for Ear {
    fn hear(&mut self, from: Sender, _: Time, bytes: &[u8]) -> Appetite {
        assert!(!bytes.is_empty());
        self.told(from, u64_from(bytes.len()), 0, false)
    }

    fn miss(&mut self, from: Sender, _: Time, bytes: u64) -> Appetite {
        assert!(bytes > 0);
        self.told(from, 0, bytes, false)
    }

    fn finish(&mut self, from: Sender, _: Time) -> Appetite {
        self.told(from, 0, 0, true)
    }
}

#[derive(Default)]
struct Crowd {
    hunger: u64,
    opened: u64,
    done: u64,
    closed: u64,
}

impl Audience for Crowd {
    type Listener = Ear;

    fn opened(&mut self, opened: &Opened) -> Ear {
        assert_eq!(opened.number, self.opened);
        self.opened += 1;
        Ear { hunger: self.hunger, ..Ear::default() }
    }

    fn done(&mut self, ear: Ear, summary: &Summary) {
        self.done += 1;
        let counts = [summary.opener, summary.responder];
        if !ear.satisfied {
            assert_eq!(counts.map(|counts| counts.bytes), ear.heard);
            assert_eq!(counts.map(|counts| counts.missed), ear.missed);
            assert_ne!(summary.end, End::Enough);
        }
        if summary.end == End::Finished {
            assert_eq!(ear.finished, [true; 2]);
        }
        assert!(counts.iter().any(|counts| counts.packets > 0));
    }

    fn closed(&mut self, _: &Summary) {
        self.closed += 1;
    }
}

const LINKS: [LinkType; 9] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::NULL,
    LinkType::PPP,
    LinkType::PPP_ETHER,
    LinkType::LOOP,
    LinkType(105),
];

/// The limit of pieces, the segment by which it is passed, and that of fragments.
const MOST_HELD: usize = 1000 + 200 + 5000;

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_inputs_hold() {
        replay::all(TARGETS);
    }
}
