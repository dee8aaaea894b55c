//! The classic format: one header, one link type, records
//! ([pcap](https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html)).

use super::error::CaptureError;
use super::format::Found;
use super::format::Moment;
use super::format::Order;
use super::format::Step;
use super::format::size;

/// Microseconds, in the order of the machine that wrote it.
pub(super) const MAGIC_MICROSECONDS: u32 = 0xa1b2_c3d4;
/// Nanoseconds.
const MAGIC_NANOSECONDS: u32 = 0xa1b2_3c4d;
/// Microseconds, and 8 bytes more in each record's header (Kuznetzov's tcpdump; `wiretap/libpcap.h` of Wireshark).
const MAGIC_MODIFIED: u32 = 0xa1b2_cd34;
/// Bytes of a record's header: seconds, fraction, captured length, length on the wire.
const RECORD_HEADER: usize = 16;
/// Interface, protocol, direction.
const MODIFIED_MORE: usize = 8;

/// Bits of the field of the link type, above the type itself: whether there is a length of the frame check sequence, and it.
const CHECK_PRESENT: u32 = 0x0400_0000;
const CHECK_SHIFT: u32 = 28;
const LINK_TYPE: u32 = 0xffff;

/// What the first four bytes say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    order: Order,
    nanoseconds: bool,
    record_header: usize,
}

/// Which of a record's two lengths comes first; it changed early (`sf-pcap.c` of libpcap).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    WireFirst,
    /// The smaller one is the captured one.
    Either,
}

/// A capture of the classic format behind its header.
#[derive(Debug)]
pub(super) struct Classic {
    kind: Kind,
    lengths: Lengths,
    link_type: u32,
    /// Bytes of the frame check sequence at the end of each frame.
    check_bytes: u32,
}

impl Classic {
    /// Bytes of the file's header.
    pub(super) const HEADER: usize = 24;

    /// What the first four bytes say, if they are of this format.
    pub(super) fn kind(magic: [u8; 4]) -> Option<Kind> {
        [Order::Little, Order::Big].into_iter().find_map(|order| {
            let (nanoseconds, more) = match order.word(magic) {
                MAGIC_MICROSECONDS => (false, 0),
                MAGIC_NANOSECONDS => (true, 0),
                MAGIC_MODIFIED => (false, MODIFIED_MORE),
                _ => return None,
            };
            Some(Kind { order, nanoseconds, record_header: RECORD_HEADER + more })
        })
    }

    /// Reads the header.
    pub(super) fn new(kind: Kind, header: &[u8; Self::HEADER]) -> Result<Self, CaptureError> {
        let [.., l0, l1, l2, l3] = *header;
        let [_, _, _, _, major0, major1, minor0, minor1, ..] = *header;
        let version = (kind.order.half([major0, major1]), kind.order.half([minor0, minor1]));
        let lengths = match version {
            (2, 0..=2) | (543, 0) => Lengths::WireFirst,
            (2, 3) => Lengths::Either,
            (2, 4) => Lengths::CapturedFirst,
            found => return Err(CaptureError::Version { offset: 0, found }),
        };
        let link = kind.order.word([l0, l1, l2, l3]);
        let check_bytes = if link & CHECK_PRESENT == 0 { 0 } else { 2 * (link >> CHECK_SHIFT) };
        Ok(Self { kind, lengths, link_type: link & LINK_TYPE, check_bytes })
    }

    /// Looks at the next record.
    pub(super) fn step(&self, bytes: &[u8], offset: u64) -> Result<Step, CaptureError> {
        let order = self.kind.order;
        let start = self.kind.record_header;
        let Some(header) = bytes.first_chunk::<RECORD_HEADER>() else {
            return Ok(Step::Short(start));
        };
        let [s0, s1, s2, s3, f0, f1, f2, f3, a0, a1, a2, a3, b0, b1, b2, b3] = *header;
        let seconds = i64::from(order.word([s0, s1, s2, s3]));
        let at = self.moment(seconds, order.word([f0, f1, f2, f3]));
        let [first, second] = [[a0, a1, a2, a3], [b0, b1, b2, b3]].map(|word| order.word(word));
        let lengths = match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::WireFirst => (second, first),
            Lengths::Either => (first.min(second), first.max(second)),
        };
        let kind = (at, self.link_type);
        let found = Found::new(kind, start, lengths, self.check_bytes, offset)?;
        let whole = start.saturating_add(size(lengths.0));
        if bytes.len() < whole {
            return Ok(Step::Short(whole));
        }
        Ok(Step::Packet(whole, found))
    }

    fn moment(&self, seconds: i64, fraction: u32) -> Moment {
        let (microseconds, nanoseconds) = if self.kind.nanoseconds {
            (fraction / 1_000, fraction % 1_000)
        } else {
            (fraction, 0)
        };
        Moment {
            microseconds: seconds * 1_000_000 + i64::from(microseconds),
            nanoseconds: u16::try_from(nanoseconds).expect("less than 1,000"),
        }
    }
}
