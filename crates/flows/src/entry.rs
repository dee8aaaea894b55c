//! What a table keeps of a connection.

use crate::endpoints::Print;
use crate::endpoints::Side;
use crate::flow::Flow;
use crate::listen::Time;

/// A connection, or a free place in the table. 48 bytes, as there may be a million that are done with.
#[derive(Debug)]
pub(crate) struct Entry<L> {
    pub(crate) print: Print,
    /// The beat of its last packet.
    pub(crate) seen: u32,
    /// Half-open: sequence numbers of the SYN of the low and of the high side. Later: of the SYN that began it, and of a later one that
    /// may begin another connection.
    numbers: [u32; 2],
    pub(crate) marks: Marks,
    pub(crate) state: State<L>,
}

/// What state a connection is in.
#[derive(Debug)]
pub(crate) enum State<L> {
    /// None: the next free place.
    Free(u32),
    /// Begun by SYN or SYN-ACK, nothing else seen.
    HalfOpen(HalfOpen),
    /// With a listener.
    Live(Box<Live<L>>),
    /// Without one, but counted to its end.
    Counted(Box<Flow>),
    /// Done with.
    Tombstone,
}

/// A flow with its listener.
#[derive(Debug)]
pub(crate) struct Live<L> {
    pub(crate) flow: Flow,
    pub(crate) listener: L,
}

/// A connection of which nothing but SYNs was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HalfOpen {
    /// When its first packet was captured.
    pub(crate) at: Time,
    /// Packets of the low and of the high side.
    packets: [u16; 2],
}

/// What is known of a connection, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks(u8);

impl Marks {
    /// Half-open: the number of the low side's SYN is known.
    pub(crate) const LOW: u8 = 1;
    /// Half-open: the number of the high side's SYN is known.
    pub(crate) const HIGH: u8 = 2;
    /// A SYN was seen: later on, its number is kept.
    pub(crate) const SYN: u8 = 4;
    /// Half-open: a SYN-ACK was seen.
    pub(crate) const SYN_ACK: u8 = 8;
    /// Half-open: the opener is the high side.
    pub(crate) const HIGH_OPENED: u8 = 16;
    /// Tombstone: the low side has sent a FIN.
    const LOW_CLOSED: u8 = 1;
    /// Tombstone: the high side has sent a FIN.
    const HIGH_CLOSED: u8 = 2;
    /// A later SYN was seen.
    pub(crate) const AGAIN: u8 = 32;
    /// It was of the high side.
    pub(crate) const AGAIN_HIGH: u8 = 64;
    /// Tombstone: it was reset or closed.
    pub(crate) const CLOSED: u8 = 128;

    /// Tombstone: a side has sent a FIN.
    pub(crate) const fn closed(side: Side) -> u8 {
        match side {
            Side::Low => Self::LOW_CLOSED,
            Side::High => Self::HIGH_CLOSED,
        }
    }

    #[inline]
    pub(crate) fn has(self, mark: u8) -> bool {
        self.0 & mark != 0
    }

    #[inline]
    pub(crate) fn has_all(self, marks: u8) -> bool {
        self.0 & marks == marks
    }

    pub(crate) fn set(&mut self, mark: u8) {
        self.0 |= mark;
    }

    fn set_to(&mut self, mark: u8, to: bool) {
        self.0 = if to { self.0 | mark } else { self.0 & !mark };
    }
}

impl<L> Entry<L> {
    pub(crate) fn new(print: Print, seen: u32, state: State<L>) -> Self {
        Self { print, seen, numbers: [0; 2], marks: Marks::default(), state }
    }

    /// The SYN's number of a side, where it is half-open and it is known.
    pub(crate) fn number(&self, side: Side) -> Option<u32> {
        let [low, high] = self.numbers;
        match side {
            Side::Low => self.marks.has(Marks::LOW).then_some(low),
            Side::High => self.marks.has(Marks::HIGH).then_some(high),
        }
    }

    /// Notes the SYN's number of a side, where it is half-open.
    pub(crate) fn set_number(&mut self, side: Side, number: u32) {
        let [low, high] = &mut self.numbers;
        match side {
            Side::Low => *low = number,
            Side::High => *high = number,
        }
        self.marks.set(if side == Side::Low { Marks::LOW } else { Marks::HIGH });
    }

    /// Who opened it, where it is half-open.
    pub(crate) fn opener(&self) -> Side {
        if self.marks.has(Marks::HIGH_OPENED) { Side::High } else { Side::Low }
    }

    /// Notes who opened it, where it is half-open.
    pub(crate) fn set_opener(&mut self, side: Side) {
        self.marks.set_to(Marks::HIGH_OPENED, side == Side::High);
    }

    /// It is half-open no more: of its marks and numbers, that of the SYN stays.
    pub(crate) fn establish(&mut self, state: State<L>) {
        let begun = self.number(self.opener()).filter(|_| self.marks.has(Marks::SYN));
        self.marks = Marks::default();
        if let Some(number) = begun {
            self.marks.set(Marks::SYN);
            self.numbers = [number, 0];
        }
        self.state = state;
    }

    /// The number of the SYN that began it, where it is half-open no more.
    pub(crate) fn begun(&self) -> Option<u32> {
        let [begun, _] = self.numbers;
        self.marks.has(Marks::SYN).then_some(begun)
    }

    /// A SYN that may begin another connection.
    pub(crate) fn again(&self) -> Option<(Side, u32)> {
        let [_, again] = self.numbers;
        let side = if self.marks.has(Marks::AGAIN_HIGH) { Side::High } else { Side::Low };
        self.marks.has(Marks::AGAIN).then_some((side, again))
    }

    /// Notes a SYN that may begin another connection.
    pub(crate) fn set_again(&mut self, side: Side, number: u32) {
        let [_, again] = &mut self.numbers;
        *again = number;
        self.marks.set(Marks::AGAIN);
        self.marks.set_to(Marks::AGAIN_HIGH, side == Side::High);
    }
}

impl HalfOpen {
    pub(crate) fn new(at: Time) -> Self {
        Self { at, packets: [0; 2] }
    }

    /// Counts a packet of a side.
    pub(crate) fn count(&mut self, side: Side) {
        let [low, high] = &mut self.packets;
        let packets = if side == Side::Low { low } else { high };
        *packets = packets.saturating_add(1);
    }

    /// Packets of a side.
    pub(crate) fn packets(&self, side: Side) -> u64 {
        let [low, high] = self.packets;
        u64::from(if side == Side::Low { low } else { high })
    }
}
