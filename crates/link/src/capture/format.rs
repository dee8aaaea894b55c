//! What stands next in the bytes of a capture: the part that knows formats and no files.

use std::ops::Range;

use super::blocks::Blocks;
use super::classic::Classic;
use super::error::Bound;
use super::error::CaptureError;
use super::reader::CaptureCounts;

/// The longest packet that is believed: the longest that tcpdump and Wireshark keep (`MAXIMUM_SNAPLEN`).
pub(super) const MAX_PACKET: u32 = 256 * 1_024;
/// The longest block of pcapng that is believed: the limit of Wireshark's own reader.
pub(super) const MAX_BLOCK: u32 = 16 * 1_024 * 1_024;

/// Which byte of an integer comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    Big,
    #[default]
    Little,
}

impl Order {
    pub(super) fn half(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Big => u16::from_be_bytes(bytes),
            Self::Little => u16::from_le_bytes(bytes),
        }
    }

    pub(super) fn word(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Big => u32::from_be_bytes(bytes),
            Self::Little => u32::from_le_bytes(bytes),
        }
    }

    pub(super) fn long(self, bytes: [u8; 8]) -> u64 {
        match self {
            Self::Big => u64::from_be_bytes(bytes),
            Self::Little => u64::from_le_bytes(bytes),
        }
    }
}

/// A moment: microseconds since the epoch, and nanoseconds behind them (0 to 999).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) microseconds: i64,
    pub(super) nanoseconds: u16,
}

/// A packet, as part of a record or block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) at: Moment,
    pub(super) link_type: u32,
    /// Which bytes of the record or block are captured ones of the packet.
    pub(super) data: Range<usize>,
    /// Bytes on the wire.
    pub(super) length: u32,
}

impl Found {
    /// Checks the lengths of a packet whose captured bytes begin at `start` of a record, and leaves out the frame check
    /// sequence of so many bytes.
    pub(super) fn new(
        (at, link_type): (Moment, u32),
        start: usize,
        (captured, length): (u32, u32),
        check_bytes: u32,
        offset: u64,
    ) -> Result<Self, CaptureError> {
        if captured > MAX_PACKET {
            return Err(CaptureError::Malformed {
                offset,
                field: "the captured length of a packet",
                expected: Bound::AtMost(MAX_PACKET.into()),
                found: captured.into(),
            });
        }
        // Some programs write a length on the wire of 0.
        let length = length.max(captured).saturating_sub(check_bytes);
        let end = start.saturating_add(size(captured.min(length)));
        Ok(Self { at, link_type, data: start..end, length })
    }
}

/// What stands next.
#[derive(Debug)]
pub(super) enum Step {
    /// A packet, in the first so many bytes.
    Packet(usize, Found),
    /// It is not whole: so many bytes are needed at least.
    Short(usize),
    /// So many bytes without a packet.
    Skip(usize),
}

/// Reads one format, once it is known which.
#[derive(Debug, Default)]
pub(super) enum Format {
    #[default]
    Unknown,
    Classic(Classic),
    Blocks(Blocks),
}

impl Format {
    /// Looks at what stands next; these bytes are all that are there behind the offset.
    pub(super) fn step(
        &mut self,
        bytes: &[u8],
        offset: u64,
        counts: &mut CaptureCounts,
    ) -> Result<Step, CaptureError> {
        match self {
            Self::Classic(classic) => classic.step(bytes, offset),
            Self::Blocks(blocks) => blocks.step(bytes, offset, counts),
            Self::Unknown => self.begin(bytes, counts),
        }
    }

    /// Whether the input may end here, between two records.
    pub(super) fn has_begun(&self) -> bool {
        !matches!(self, Self::Unknown)
    }

    fn begin(&mut self, bytes: &[u8], counts: &mut CaptureCounts) -> Result<Step, CaptureError> {
        let Some(magic) = bytes.first_chunk() else { return Ok(Step::Short(magic_bytes())) };
        if *magic == Blocks::MAGIC {
            *self = Self::Blocks(Blocks::default());
            return self.step(bytes, 0, counts);
        }
        let Some(kind) = Classic::kind(*magic) else {
            return Err(CaptureError::NotACapture { found: *magic });
        };
        let Some(header) = bytes.first_chunk() else {
            return Ok(Step::Short(Classic::HEADER));
        };
        *self = Self::Classic(Classic::new(kind, header)?);
        counts.sections += 1;
        counts.interfaces += 1;
        Ok(Step::Skip(Classic::HEADER))
    }
}

const fn magic_bytes() -> usize {
    Blocks::MAGIC.len()
}

/// A length of a capture as one of memory.
pub(super) fn size(length: u32) -> usize {
    usize::try_from(length).expect("at least 32 bits")
}
