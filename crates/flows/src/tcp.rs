//! A TCP segment as a header says it is (RFC 9293, section 3.1).

use crate::span::Span;
use crate::unwrap::Unread;

/// A segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    pub(crate) sequence: u32,
    pub(crate) acknowledgement: u32,
    pub(crate) flags: Flags,
    pub(crate) payload: Span<'a>,
}

impl<'a> Segment<'a> {
    /// Of the payload of an IP packet. Options that the capture cuts off are no loss: nothing is read of them.
    #[inline]
    pub(crate) fn read(packet: Span<'a>) -> Result<Self, Unread> {
        let &[s0, s1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, offset, flags, _, _, _, _, _, _] =
            packet.head::<HEADER_BYTES>()?;
        let header_bytes = usize::from(offset >> 4) * 4;
        if header_bytes < HEADER_BYTES {
            return Err(Unread::Malformed);
        }
        Ok(Self {
            source_port: u16::from_be_bytes([s0, s1]),
            destination_port: u16::from_be_bytes([d0, d1]),
            sequence: u32::from_be_bytes([q0, q1, q2, q3]),
            acknowledgement: u32::from_be_bytes([a0, a1, a2, a3]),
            flags: Flags(flags),
            payload: packet.skip(header_bytes)?,
        })
    }
}

/// The flags of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flags(pub(crate) u8);

impl Flags {
    pub(crate) const FIN: Self = Self(0x01);
    pub(crate) const SYN: Self = Self(0x02);
    pub(crate) const RST: Self = Self(0x04);
    pub(crate) const PSH: Self = Self(0x08);
    pub(crate) const ACK: Self = Self(0x10);

    /// True where this one is set.
    #[inline]
    pub(crate) fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    /// True for what no stack sends: a beginning that is an end.
    #[inline]
    pub(crate) fn is_nonsense(self) -> bool {
        self.has(Self::SYN) && (self.has(Self::FIN) || self.has(Self::RST))
    }
}

/// Without options.
const HEADER_BYTES: usize = 20;
