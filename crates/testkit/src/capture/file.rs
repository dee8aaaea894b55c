//! Files of frames: the classic format of libpcap, and pcapng (draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng).

use std::fs;
use std::io;
use std::path::Path;

use super::frame::Framing;
use super::segment::Segment;
use super::segment::Side;

/// One frame as it was captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When: microseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    /// What was kept of it.
    pub bytes: Vec<u8>,
    /// How long it was on the wire.
    pub length: usize,
}

/// Frames of one link type, in the order of their capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capture {
    /// The link type of all frames.
    pub link_type: u32,
    /// The frames.
    pub frames: Vec<Frame>,
}

/// How a classic file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Little-endian, times in microseconds.
    #[default]
    Micro,
    /// Little-endian, times in nanoseconds.
    Nano,
    /// Big-endian, times in microseconds.
    Swapped,
}

impl Capture {
    /// All segments in frames of this kind.
    pub fn of(framing: &Framing, segments: &[Segment]) -> Self {
        let mut new = Self { link_type: framing.link_type(), frames: Vec::new() };
        for segment in segments {
            let frames = framing.frames(segment);
            new.frames.extend(frames.into_iter().map(|bytes| Frame::whole(segment.at, bytes)));
        }
        new
    }

    /// Adds an IP packet, such as a datagram.
    pub fn push_packet(&mut self, framing: &Framing, at: i64, packet: &[u8], side: Side) {
        let frames = framing.wrap(packet, side);
        self.frames.extend(frames.into_iter().map(|bytes| Frame::whole(at, bytes)));
    }

    /// Of each frame only so many bytes are kept.
    #[must_use]
    pub fn snapped(mut self, bytes: usize) -> Self {
        for frame in &mut self.frames {
            frame.bytes.truncate(bytes);
        }
        self
    }

    /// All frames of several captures in the order of time, equal times in the order given.
    ///
    /// # Panics
    /// If their link types differ.
    #[must_use]
    pub fn merged(captures: impl IntoIterator<Item = Self>) -> Self {
        let mut captures = captures.into_iter();
        let mut all = captures.next().unwrap_or_default();
        for other in captures {
            assert_eq!(all.link_type, other.link_type, "one link type to a file");
            all.frames.extend(other.frames);
        }
        all.frames.sort_by_key(|frame| frame.at);
        all
    }

    /// The capture as a classic file.
    ///
    /// # Panics
    /// For times before 1970 or behind 2106, and frames of 4 GiB: the format has no room for them.
    pub fn pcap(&self, layout: Layout) -> Vec<u8> {
        let order = match layout {
            Layout::Swapped => u32::to_be_bytes,
            Layout::Micro | Layout::Nano => u32::to_le_bytes,
        };
        let (magic, per_micro) =
            if layout == Layout::Nano { (0xa1b2_3c4d, 1000) } else { (0xa1b2_c3d4, 1) };
        let version: u32 = if layout == Layout::Swapped { 0x0002_0004 } else { 0x0004_0002 };
        let mut bytes = Vec::new();
        for field in [magic, version, 0, 0, SNAP_LENGTH, self.link_type] {
            bytes.extend(order(field));
        }
        for frame in &self.frames {
            let second = field(frame.at.div_euclid(1_000_000));
            let fraction = field(frame.at.rem_euclid(1_000_000) * per_micro);
            for value in [second, fraction, length(frame.bytes.len()), length(frame.length)] {
                bytes.extend(order(value));
            }
            bytes.extend(&frame.bytes);
        }
        bytes
    }

    /// The capture as pcapng: a section, one interface with times in microseconds, an enhanced packet block for each frame.
    ///
    /// # Panics
    /// For times before 1970 and frames of 4 GiB.
    pub fn pcapng(&self) -> Vec<u8> {
        let mut section = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
        section.extend([1, 0, 0, 0]);
        section.extend([0xff; 8]);
        let mut bytes = block(0x0a0d_0d0a, &section);
        let link_type = u16::try_from(self.link_type).expect("link types have 16 bits here");
        let mut interface = link_type.to_le_bytes().to_vec();
        interface.extend([0, 0]);
        interface.extend(SNAP_LENGTH.to_le_bytes());
        bytes.extend(block(1, &interface));
        for frame in &self.frames {
            let at = u64::try_from(frame.at).expect("times since 1970");
            let mut body = 0_u32.to_le_bytes().to_vec();
            body.extend(field((at >> 32).cast_signed()).to_le_bytes());
            body.extend(field((at & 0xffff_ffff).cast_signed()).to_le_bytes());
            body.extend(length(frame.bytes.len()).to_le_bytes());
            body.extend(length(frame.length).to_le_bytes());
            body.extend(&frame.bytes);
            bytes.extend(block(6, &body));
        }
        bytes
    }

    /// Writes the capture as a classic file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        fs::write(path, self.pcap(Layout::Micro))
    }
}

impl Frame {
    /// One that was captured whole.
    pub const fn whole(at: i64, bytes: Vec<u8>) -> Self {
        let length = bytes.len();
        Self { at, bytes, length }
    }
}

/// What libpcap takes for as long as any frame.
const SNAP_LENGTH: u32 = 262_144;

fn field(value: i64) -> u32 {
    u32::try_from(value).expect("times from 1970 to 2106")
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("frames of less than 4 GiB")
}

/// A block of pcapng: its type, its length at both ends, its body filled up to whole words.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let filled = body.len().next_multiple_of(4);
    let total = length(filled + 12).to_le_bytes();
    let mut bytes = kind.to_le_bytes().to_vec();
    bytes.extend(total);
    bytes.extend(body);
    bytes.resize(8 + filled, 0);
    bytes.extend(total);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capture() -> Capture {
        let frame = Frame { at: 1_000_002, bytes: vec![1, 2, 3], length: 9 };
        Capture { link_type: 101, frames: vec![frame] }
    }

    #[test]
    fn classic_files_have_a_header_and_a_record_for_each_frame() {
        let micro = capture().pcap(Layout::Micro);
        assert_eq!(micro[..8], [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0]);
        assert_eq!(
            micro[20..],
            [101, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 1, 2, 3]
        );
        let nano = capture().pcap(Layout::Nano);
        assert_eq!(
            (&nano[..4], &nano[28..32]),
            (&[0x4d, 0x3c, 0xb2, 0xa1][..], &[0xd0, 7, 0, 0][..])
        );
        let swapped = capture().pcap(Layout::Swapped);
        assert_eq!(swapped[..8], [0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4]);
        assert_eq!(swapped[24..28], [0, 0, 0, 1]);
    }

    #[test]
    fn blocks_are_whole_words_and_say_their_length_twice() {
        let bytes = capture().pcapng();
        let mut rest = &bytes[..];
        let mut kinds = Vec::new();
        while !rest.is_empty() {
            let word = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
            let total = usize::try_from(word(4)).unwrap();
            assert_eq!(word(4), word(total - 4));
            kinds.push(word(0));
            rest = &rest[total..];
        }
        assert_eq!(kinds, [0x0a0d_0d0a, 1, 6]);
    }

    #[test]
    fn merged_captures_are_in_the_order_of_time() {
        let frame = |at| Frame::whole(at, vec![u8::try_from(at).unwrap()]);
        let one = Capture { link_type: 1, frames: vec![frame(1), frame(4)] };
        let two = Capture { link_type: 1, frames: vec![frame(2), frame(3)] };
        let times: Vec<_> = Capture::merged([one, two]).frames.iter().map(|one| one.at).collect();
        assert_eq!(times, [1, 2, 3, 4]);
    }
}
