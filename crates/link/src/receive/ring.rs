//! The ring that a packet socket receives into: blocks, frames in them, and what the kernel counts.

use std::io;
use std::iter::Sum;
use std::ops::Add;
use std::os::fd::AsFd;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::error::Error;
use crate::mapping::Mapping;
use crate::socket::Socket;

/// Bytes of `struct tpacket3_hdr` that are read here, and where its fields lie.
const FRAME_HEADER: usize = 38;
const NEXT_OFFSET: usize = 0;
const SECONDS: usize = 4;
const NANOSECONDS: usize = 8;
const KEPT_LENGTH: usize = 12;
const WIRE_LENGTH: usize = 16;
const STATUS: usize = 20;
const FRAME_START: usize = 24;
const TAG_CONTROL: usize = 32;
const TAG_PROTOCOL: usize = 36;

/// Where the fields of `struct tpacket_block_desc` lie.
const BLOCK_STATUS: usize = 8;
const BLOCK_FRAMES: usize = 12;
const BLOCK_FIRST: usize = 16;

/// The kernel wants a size of frames that divides a block; it does not use it otherwise.
const FRAME_BYTES: u32 = 2_048;

/// How much the kernel may keep for us before it drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingSize {
    /// Bytes of a block: a multiple of the page size and of 2,048.
    pub block_bytes: u32,
    /// Blocks.
    pub blocks: u32,
    /// How long a block that is not full is held back.
    pub block_ms: u32,
}

impl RingSize {
    /// For all that an interface carries: 64 MiB, half a second at 1 Gbit/s. A frame cannot be longer than a block: one of 256 KiB
    /// and the kernel's header fit in several times.
    pub const CAPTURE: Self = Self { block_bytes: 1_024 * 1_024, blocks: 64, block_ms: 10 };
}

impl Default for RingSize {
    /// 16 MiB: about 80,000 answers, a tenth of a second at a rate that no scan's answers reach.
    fn default() -> Self {
        Self { block_bytes: 256 * 1_024, blocks: 64, block_ms: 10 }
    }
}

/// A frame, as it lies in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RingFrame<'a> {
    pub(super) bytes: &'a [u8],
    /// When the kernel saw it, since the epoch.
    pub(super) seconds: u32,
    pub(super) nanoseconds: u32,
    /// Bytes that it had on the wire.
    pub(super) length: u32,
    /// `TP_STATUS_…`
    pub(super) status: u32,
    /// Protocol and control information of the VLAN tag that was taken out; the status says whether there was one.
    pub(super) tag: (u16, u16),
}

/// What the kernel has counted since a receiver was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Frames that passed the filter, those included that were dropped.
    pub packets: u64,
    /// Frames that passed the filter and found no room in the ring.
    pub drops: u64,
    /// How often the ring was full.
    pub freezes: u64,
}

impl Add for Received {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            packets: self.packets.saturating_add(other.packets),
            drops: self.drops.saturating_add(other.drops),
            freezes: self.freezes.saturating_add(other.freezes),
        }
    }
}

impl Sum for Received {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// A packet socket with its ring.
#[derive(Debug)]
pub(super) struct Ring {
    socket: Socket,
    mapping: Mapping,
    block_bytes: usize,
    blocks: usize,
    /// The block that the kernel fills next, or has filled.
    next: usize,
    received: Received,
}

impl Ring {
    /// Gives a socket a ring, before it is bound.
    pub(super) fn make(socket: Socket, size: RingSize) -> Result<Self, Error> {
        let version = i32::try_from(TPACKET_V3).expect("a small constant");
        socket.set(
            libc::SOL_PACKET,
            libc::PACKET_VERSION,
            &version,
            "choose the format of the ring",
        )?;
        let request = request(size);
        socket.set(libc::SOL_PACKET, libc::PACKET_RX_RING, &request, "make the receive ring")?;
        let block_bytes = usize::try_from(size.block_bytes).expect("at least 32 bits");
        let blocks = usize::try_from(size.blocks).expect("at least 32 bits");
        let mapping = Mapping::of_socket(socket.as_fd(), block_bytes * blocks, 0)
            .map_err(|error| socket.failed("map the receive ring", error))?;
        let received = Received::default();
        Ok(Self { socket, mapping, block_bytes, blocks, next: 0, received })
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Hands over all frames that are there, or waits for the first ones.
    pub(super) fn wait(
        &mut self,
        timeout: Duration,
        each: &mut dyn FnMut(RingFrame<'_>),
    ) -> io::Result<usize> {
        let frames = self.drain(each)?;
        if frames > 0 || !self.socket.readable(timeout)? {
            return Ok(frames);
        }
        self.drain(each)
    }

    /// Counts since the start.
    pub(super) fn statistics(&mut self) -> io::Result<Received> {
        // The kernel begins anew whenever it has told.
        let news: libc::tpacket_stats_v3 =
            self.socket.get(libc::SOL_PACKET, libc::PACKET_STATISTICS)?;
        self.received.packets += u64::from(news.tp_packets);
        self.received.drops += u64::from(news.tp_drops);
        self.received.freezes += u64::from(news.tp_freeze_q_cnt);
        Ok(self.received)
    }

    /// All blocks that are ours now, at most once around.
    fn drain(&mut self, each: &mut dyn FnMut(RingFrame<'_>)) -> io::Result<usize> {
        let mut frames = 0;
        for _ in 0..self.blocks {
            let start = self.next * self.block_bytes;
            let status = self.mapping.word(start + BLOCK_STATUS);
            if status.load(Ordering::Acquire) & libc::TP_STATUS_USER == 0 {
                break;
            }
            // SAFETY: the block's status says that it is ours until we give it back, below.
            let block = unsafe { self.mapping.bytes(start..start + self.block_bytes) };
            let read = read_block(block, each);
            give_back(status);
            self.next = (self.next + 1) % self.blocks;
            frames += read?;
        }
        Ok(frames)
    }
}

/// `TPACKET_V3`, which libc has as an enum of its own.
const TPACKET_V3: u32 = 2;

fn request(ring: RingSize) -> libc::tpacket_req3 {
    libc::tpacket_req3 {
        tp_block_size: ring.block_bytes,
        tp_block_nr: ring.blocks,
        tp_frame_size: FRAME_BYTES,
        tp_frame_nr: (ring.block_bytes / FRAME_BYTES).saturating_mul(ring.blocks),
        tp_retire_blk_tov: ring.block_ms,
        tp_sizeof_priv: 0,
        tp_feature_req_word: 0,
    }
}

fn give_back(status: &AtomicU32) {
    status.store(libc::TP_STATUS_KERNEL, Ordering::Release);
}

/// Hands over the frames of a block and counts them. Offsets are believed only inside the block.
fn read_block(block: &[u8], each: &mut dyn FnMut(RingFrame<'_>)) -> io::Result<usize> {
    let frames = word(block, BLOCK_FRAMES)?;
    let mut at = word(block, BLOCK_FIRST)?;
    for left in (0..frames).rev() {
        let header =
            block.get(at..).and_then(|rest| rest.get(..FRAME_HEADER)).ok_or_else(broken)?;
        let start = at + usize::from(half(header, FRAME_START)?);
        let length = word(header, KEPT_LENGTH)?;
        let bytes = block.get(start..).and_then(|rest| rest.get(..length)).ok_or_else(broken)?;
        let tag = (half(header, TAG_PROTOCOL)?, low_half(word32(header, TAG_CONTROL)?));
        each(RingFrame {
            bytes,
            seconds: word32(header, SECONDS)?,
            nanoseconds: word32(header, NANOSECONDS)?,
            length: word32(header, WIRE_LENGTH)?,
            status: word32(header, STATUS)?,
            tag,
        });
        let next = word(header, NEXT_OFFSET)?;
        if next == 0 && left > 0 {
            return Err(broken());
        }
        at = at.saturating_add(next);
    }
    Ok(frames)
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a block of the receive ring does not make sense")
}

fn word(bytes: &[u8], at: usize) -> io::Result<usize> {
    usize::try_from(word32(bytes, at)?).map_err(|_| broken())
}

fn word32(bytes: &[u8], at: usize) -> io::Result<u32> {
    let word = bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or_else(broken)?;
    Ok(u32::from_ne_bytes(*word))
}

fn half(bytes: &[u8], at: usize) -> io::Result<u16> {
    let half = bytes.get(at..).and_then(|rest| rest.first_chunk()).ok_or_else(broken)?;
    Ok(u16::from_ne_bytes(*half))
}

fn low_half(word: u32) -> u16 {
    u16::try_from(word & 0xffff).expect("16 bits")
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use proptest::prelude::any;
    use proptest::prop_assert;
    use proptest::proptest;

    use super::*;

    fn put(block: &mut [u8], at: usize, value: u32) {
        block[at..at + 4].copy_from_slice(&value.to_ne_bytes());
    }

    /// A block of two frames, at 48 and 112.
    fn block() -> Vec<u8> {
        let mut block = vec![0; 176];
        put(&mut block, BLOCK_FRAMES, 2);
        put(&mut block, BLOCK_FIRST, 48);
        for (at, next, seconds, text) in [(48, 64, 7, b"first.."), (112, 0, 8, b"second!")] {
            put(&mut block, at + NEXT_OFFSET, next);
            put(&mut block, at + SECONDS, seconds);
            put(&mut block, at + NANOSECONDS, 123_456_789);
            put(&mut block, at + KEPT_LENGTH, 7);
            put(&mut block, at + WIRE_LENGTH, 1_007);
            put(&mut block, at + STATUS, libc::TP_STATUS_VLAN_VALID);
            put(&mut block, at + TAG_CONTROL, seconds);
            put(&mut block, at + TAG_PROTOCOL, 0x8100_u16.into());
            block[at + FRAME_START] = 50;
            block[at + 50..at + 57].copy_from_slice(text);
        }
        block
    }

    /// Bytes, seconds, nanoseconds, length, status and tag of a frame.
    type Seen = (Vec<u8>, u32, u32, u32, u32, (u16, u16));

    fn read(block: &[u8]) -> (io::Result<usize>, Vec<Seen>) {
        let mut frames = Vec::new();
        let outcome = read_block(block, &mut |frame| {
            let (bytes, length) = (frame.bytes.to_vec(), frame.length);
            let (seconds, nanoseconds) = (frame.seconds, frame.nanoseconds);
            frames.push((bytes, seconds, nanoseconds, length, frame.status, frame.tag));
        });
        (outcome, frames)
    }

    #[test]
    fn fields_lie_where_the_kernel_puts_them() {
        assert_eq!(NEXT_OFFSET, offset_of!(libc::tpacket3_hdr, tp_next_offset));
        assert_eq!(SECONDS, offset_of!(libc::tpacket3_hdr, tp_sec));
        assert_eq!(NANOSECONDS, offset_of!(libc::tpacket3_hdr, tp_nsec));
        assert_eq!(KEPT_LENGTH, offset_of!(libc::tpacket3_hdr, tp_snaplen));
        assert_eq!(WIRE_LENGTH, offset_of!(libc::tpacket3_hdr, tp_len));
        assert_eq!(STATUS, offset_of!(libc::tpacket3_hdr, tp_status));
        assert_eq!(FRAME_START, offset_of!(libc::tpacket3_hdr, tp_mac));
        let variant = offset_of!(libc::tpacket3_hdr, hv1);
        assert_eq!(TAG_CONTROL, variant + offset_of!(libc::tpacket_hdr_variant1, tp_vlan_tci));
        assert_eq!(TAG_PROTOCOL, variant + offset_of!(libc::tpacket_hdr_variant1, tp_vlan_tpid));
        let header = offset_of!(libc::tpacket_block_desc, hdr);
        assert_eq!(BLOCK_STATUS, header + offset_of!(libc::tpacket_hdr_v1, block_status));
        assert_eq!(BLOCK_FRAMES, header + offset_of!(libc::tpacket_hdr_v1, num_pkts));
        assert_eq!(BLOCK_FIRST, header + offset_of!(libc::tpacket_hdr_v1, offset_to_first_pkt));
    }

    #[test]
    fn a_block_is_read_frame_by_frame() {
        let (outcome, frames) = read(&block());
        assert_eq!(outcome.unwrap(), 2);
        let expected = [(b"first..", 7), (b"second!", 8)].map(|(text, seconds)| {
            let tag = (0x8100_u16, u16::try_from(seconds).unwrap());
            (text.to_vec(), seconds, 123_456_789, 1_007, libc::TP_STATUS_VLAN_VALID, tag)
        });
        assert_eq!(frames, expected);
    }

    #[test]
    fn offsets_out_of_the_block_are_not_believed() {
        for (at, value) in [
            (BLOCK_FIRST, 176),
            (BLOCK_FIRST, u32::MAX),
            (BLOCK_FRAMES, 3),
            (48 + NEXT_OFFSET, 0),
            (48 + NEXT_OFFSET, 160),
            (48 + NEXT_OFFSET, u32::MAX),
            (48 + KEPT_LENGTH, 200),
            (48 + KEPT_LENGTH, u32::MAX),
            (112 + FRAME_START, 58),
            (112 + FRAME_START, 0xffff),
        ] {
            let mut block = block();
            put(&mut block, at, value);
            let (outcome, _frames) = read(&block);
            assert!(outcome.is_err(), "{value} at {at}: {outcome:?}");
        }
        let (outcome, frames) = read(&block()[..40]);
        assert!(outcome.is_err() && frames.is_empty());
    }

    proptest! {
        /// No bytes of a block make it panic or go round in it for ever.
        #[test]
        fn any_block_is_read_to_its_end(mut block in proptest::collection::vec(any::<u8>(), 0..300), frames: u16) {
            if block.len() >= 16 {
                put(&mut block, BLOCK_FRAMES, u32::from(frames));
            }
            let (_outcome, seen) = read(&block);
            prop_assert!(seen.len() <= usize::from(frames));
        }
    }
}
