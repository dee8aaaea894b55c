//! The format of blocks: sections, interfaces, packets and more
//! ([pcapng](https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html)).

use super::error::Bound;
use super::error::CaptureError;
use super::format::Found;
use super::format::MAX_BLOCK;
use super::format::Moment;
use super::format::Order;
use super::format::Step;
use super::format::size;
use super::reader::CaptureCounts;
use super::ticks::Ticks;

/// Says the order of bytes of a section.
const BYTE_ORDER: u32 = 0x1a2b_3c4d;

const INTERFACE: u32 = 1;
/// Obsolete, and still written by some.
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;

/// Type, length, and the length again at the end.
const FRAME: u32 = 12;
/// Where a block's body begins.
const BODY: usize = 8;
/// Of an enhanced or obsolete packet: interface, time, lengths.
const PACKET_FIXED: usize = 20;

const OPTION_RESOLUTION: u16 = 9;
const OPTION_CHECK_BYTES: u16 = 13;
const OPTION_TIME_OFFSET: u16 = 14;
const OPTION_PACKET_DROPS: u16 = 4;
const OPTION_INTERFACE_DROPS: u16 = 5;
const OPTION_SYSTEM_DROPS: u16 = 7;
/// An obsolete packet's count of drops, where it is not known.
const DROPS_UNKNOWN: u16 = 0xffff;

/// The most interfaces of a section: more than a machine has, and an obsolete packet could not name more.
const MAX_INTERFACES: usize = 65_536;

/// An interface, as its block describes it.
#[derive(Debug)]
struct Interface {
    link_type: u32,
    /// The longest that its packets are kept; 0 for whole.
    kept: u32,
    ticks: Ticks,
    check_bytes: u32,
    /// As its latest statistics have it: dropped by the interface, and by the system.
    drops: (u64, u64),
}

/// A capture of this format; begins with a section's header.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    order: Order,
    interfaces: Vec<Interface>,
    /// The latest time of a packet, for packets without one.
    latest: Moment,
}

/// A whole block.
#[derive(Clone, Copy)]
struct Block<'a> {
    offset: u64,
    kind: u32,
    order: Order,
    /// Bytes of it, with those that some writers leave out of its length.
    bytes: usize,
    body: &'a [u8],
}

impl Blocks {
    /// The type of a section's header, which reads the same in both orders.
    pub(super) const MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

    /// Looks at the next block.
    pub(super) fn step(
        &mut self,
        bytes: &[u8],
        offset: u64,
        counts: &mut CaptureCounts,
    ) -> Result<Step, CaptureError> {
        let Some([kind, length, next]) = words(bytes) else { return Ok(Step::Short(size(FRAME))) };
        let is_section = kind == Self::MAGIC;
        if is_section {
            self.order = order_of(next, offset)?;
        }
        let length = self.order.word(length);
        let whole = check_length(length, offset)?;
        let Some(block) = bytes.get(..whole) else { return Ok(Step::Short(whole)) };
        let again = block.last_chunk().map_or(0, |word| self.order.word(*word));
        if again != length {
            return Err(malformed(
                offset,
                "the length at the end of a block",
                Bound::Exactly(length.into()),
                again,
            ));
        }
        let body = block.get(BODY..whole - 4).unwrap_or_default();
        let kind = self.order.word(kind);
        let block = Block { offset, kind, order: self.order, bytes: whole, body };
        if is_section { self.section(block, counts) } else { self.block(block, counts) }
    }

    fn block(
        &mut self,
        block: Block<'_>,
        counts: &mut CaptureCounts,
    ) -> Result<Step, CaptureError> {
        match block.kind {
            ENHANCED_PACKET | PACKET => return self.packet(block, counts),
            SIMPLE_PACKET => return self.simple_packet(block, counts),
            INTERFACE => self.interface(block, counts)?,
            STATISTICS => self.statistics(block, counts),
            _ => counts.other_blocks += 1,
        }
        Ok(Step::Skip(block.bytes))
    }

    /// A section begins: nothing of the one before holds any more.
    fn section(
        &mut self,
        block: Block<'_>,
        counts: &mut CaptureCounts,
    ) -> Result<Step, CaptureError> {
        let version = (block.half(4)?, block.half(6)?);
        // 1.2 was written by mistake, and is read as 1.0.
        if !matches!(version, (1, 0 | 2)) {
            return Err(CaptureError::Version { offset: block.offset, found: version });
        }
        self.interfaces.clear();
        counts.sections += 1;
        Ok(Step::Skip(block.bytes))
    }

    fn interface(
        &mut self,
        block: Block<'_>,
        counts: &mut CaptureCounts,
    ) -> Result<(), CaptureError> {
        if self.interfaces.len() >= MAX_INTERFACES {
            let most = Bound::AtMost(MAX_INTERFACES.try_into().expect("a small constant"));
            let found = u32::try_from(self.interfaces.len() + 1).unwrap_or(u32::MAX);
            return Err(malformed(block.offset, "the interfaces of a section", most, found));
        }
        let mut interface = Interface {
            link_type: block.half(0)?.into(),
            kept: block.word(4)?,
            ticks: Ticks::default(),
            check_bytes: 0,
            drops: (0, 0),
        };
        for option in block.options(8) {
            let (code, value) = option?;
            match (code, value) {
                (OPTION_RESOLUTION, [resolution]) => interface.ticks.resolution(*resolution),
                (OPTION_CHECK_BYTES, [bytes]) => interface.check_bytes = u32::from(*bytes),
                (OPTION_TIME_OFFSET, value) => {
                    if let Ok(value) = <[u8; 8]>::try_from(value) {
                        interface.ticks.offset(block.order.long(value).cast_signed());
                    }
                }
                _ => {}
            }
        }
        self.interfaces.push(interface);
        counts.interfaces += 1;
        Ok(())
    }

    fn packet(
        &mut self,
        block: Block<'_>,
        counts: &mut CaptureCounts,
    ) -> Result<Step, CaptureError> {
        let Some([interface, high, low, captured, length]) = words(block.body) else {
            return Err(block.too_short(PACKET_FIXED));
        };
        let [high, low, captured, length] =
            [high, low, captured, length].map(|word| block.order.word(word));
        let (number, drops) = if block.kind == PACKET {
            let [i0, i1, d0, d1] = interface;
            let drops = block.order.half([d0, d1]);
            let drops = if drops == DROPS_UNKNOWN { 0 } else { u64::from(drops) };
            (u32::from(block.order.half([i0, i1])), drops)
        } else {
            (block.order.word(interface), 0)
        };
        let interface = self.interface_of(number, block)?;
        let at = interface.ticks.moment(u64::from(high) << 32 | u64::from(low));
        let kind = (at, interface.link_type);
        let start = BODY + PACKET_FIXED;
        let found =
            Found::new(kind, start, (captured, length), interface.check_bytes, block.offset)?;
        let room = block.body.len() - PACKET_FIXED;
        if size(captured) > room {
            let most = Bound::AtMost(u64::try_from(room).unwrap_or(u64::MAX));
            return Err(malformed(block.offset, "the captured length of a packet", most, captured));
        }
        let options = PACKET_FIXED + size(captured).next_multiple_of(4);
        if block.kind == ENHANCED_PACKET && options < block.body.len() {
            counts.packet_drops += block.number_of(options, OPTION_PACKET_DROPS).unwrap_or(0);
        }
        // Behind all that can fail: what fails is looked at again.
        counts.packet_drops += drops;
        self.latest = at;
        Ok(Step::Packet(block.bytes, found))
    }

    /// A packet of the first interface without a time: it gets that of the packet before.
    fn simple_packet(
        &self,
        block: Block<'_>,
        counts: &mut CaptureCounts,
    ) -> Result<Step, CaptureError> {
        let length = block.word(0)?;
        let interface = self.interface_of(0, block)?;
        let room = u32::try_from(block.body.len() - 4).unwrap_or(u32::MAX);
        let kept = if interface.kept == 0 { u32::MAX } else { interface.kept };
        let lengths = (length.min(kept).min(room), length);
        let kind = (self.latest, interface.link_type);
        let found = Found::new(kind, BODY + 4, lengths, interface.check_bytes, block.offset)?;
        counts.untimed += 1;
        Ok(Step::Packet(block.bytes, found))
    }

    /// Statistics count from the start of the capture: the latest ones replace those before.
    fn statistics(&mut self, block: Block<'_>, counts: &mut CaptureCounts) {
        let interface = block.word(0).ok().and_then(|number| self.interfaces.get_mut(size(number)));
        let Some(interface) = interface else { return };
        let by_interface = block.number_of(12, OPTION_INTERFACE_DROPS);
        let by_system = block.number_of(12, OPTION_SYSTEM_DROPS);
        let before = interface.drops;
        interface.drops = (by_interface.unwrap_or(before.0), by_system.unwrap_or(before.1));
        let (now_interface, now_system) = interface.drops;
        counts.interface_drops = replaced(counts.interface_drops, before.0, now_interface);
        counts.system_drops = replaced(counts.system_drops, before.1, now_system);
    }

    fn interface_of(&self, number: u32, block: Block<'_>) -> Result<&Interface, CaptureError> {
        self.interfaces.get(size(number)).ok_or_else(|| {
            let below = Bound::Below(u64::try_from(self.interfaces.len()).unwrap_or(u64::MAX));
            malformed(block.offset, "the interface of a packet", below, number)
        })
    }
}

impl<'a> Block<'a> {
    fn half(&self, at: usize) -> Result<u16, CaptureError> {
        let bytes = self.body.get(at..).and_then(|rest| rest.first_chunk());
        bytes.map(|bytes| self.order.half(*bytes)).ok_or_else(|| self.too_short(at + 2))
    }

    fn word(&self, at: usize) -> Result<u32, CaptureError> {
        let bytes = self.body.get(at..).and_then(|rest| rest.first_chunk());
        bytes.map(|bytes| self.order.word(*bytes)).ok_or_else(|| self.too_short(at + 4))
    }

    fn too_short(&self, body: usize) -> CaptureError {
        let least = Bound::AtLeast(u64::try_from(size(FRAME) + body).unwrap_or(u64::MAX));
        let found = u32::try_from(self.bytes).unwrap_or(u32::MAX);
        malformed(self.offset, "the length of a block", least, found)
    }

    /// Codes and values of the options that begin here.
    fn options(self, at: usize) -> impl Iterator<Item = Result<(u16, &'a [u8]), CaptureError>> {
        let mut rest = self.body.get(at..).unwrap_or_default();
        std::iter::from_fn(move || {
            let [c0, c1, l0, l1] = *rest.first_chunk()?;
            let (code, length) = (self.order.half([c0, c1]), self.order.half([l0, l1]));
            if code == 0 {
                return None;
            }
            let room = rest.len() - 4;
            let Some(value) = rest.get(4..).and_then(|value| value.get(..length.into())) else {
                rest = &[];
                let most = Bound::AtMost(u64::try_from(room).unwrap_or(u64::MAX));
                let error = malformed(self.offset, "the length of an option", most, length.into());
                return Some(Err(error));
            };
            let next = 4 + usize::from(length).next_multiple_of(4);
            rest = rest.get(next..).unwrap_or_default();
            Some(Ok((code, value)))
        })
    }

    /// The number that the option of this code holds. Behind an option that does not fit, no other is looked for: a packet is
    /// worth more than its comments.
    fn number_of(self, at: usize, wanted: u16) -> Option<u64> {
        let mut options = self.options(at).map_while(Result::ok);
        let (_, value) = options.find(|(code, _)| *code == wanted)?;
        Some(self.order.long(value.try_into().ok()?))
    }
}

/// The order of a section's bytes.
fn order_of(magic: [u8; 4], offset: u64) -> Result<Order, CaptureError> {
    let orders = [Order::Little, Order::Big].into_iter();
    let found = || Order::Big.word(magic);
    orders.into_iter().find(|order| order.word(magic) == BYTE_ORDER).ok_or_else(|| {
        let expected = Bound::Exactly(BYTE_ORDER.into());
        malformed(offset, "the byte-order magic of a section", expected, found())
    })
}

/// Bytes of a block of this length. Some writers leave the padding out of it.
fn check_length(length: u32, offset: u64) -> Result<usize, CaptureError> {
    let bound = if length < FRAME {
        Bound::AtLeast(FRAME.into())
    } else if length > MAX_BLOCK {
        Bound::AtMost(MAX_BLOCK.into())
    } else {
        return Ok(size(length).next_multiple_of(4));
    };
    Err(malformed(offset, "the length of a block", bound, length))
}

/// The first words, as they stand there.
fn words<const COUNT: usize>(bytes: &[u8]) -> Option<[[u8; 4]; COUNT]> {
    bytes.as_chunks().0.first_chunk().copied()
}

/// A sum in which one summand is replaced.
fn replaced(sum: u64, before: u64, now: u64) -> u64 {
    sum.saturating_sub(before).saturating_add(now)
}

fn malformed(offset: u64, field: &'static str, expected: Bound, found: u32) -> CaptureError {
    CaptureError::Malformed { offset, field, expected, found: found.into() }
}
