//! One direction of a flow: segments in any order become bytes in order, by sequence numbers alone.
//!
//! Acknowledgements are not waited for, as a capture may lack the other direction, and not believed, as what they acknowledge may be
//! captured behind them.
//!
//! ```text
//!        heard | next    hole     | held | hole | held |
//!   -----------+------------------+------+------+------+-----> sequence numbers
//!   in order: handed over         ahead: copied and held
//!   in place, and what is held
//!   right behind it
//! ```

use crate::bench::Arrival;
use crate::bench::Bench;
use crate::held::Held;
use crate::held::Incoming;
use crate::held::Piece;
use crate::listen::Listener;
use crate::listen::Time;
use crate::memory::Memory;
use crate::number::u32_from;
use crate::number::usize_from;
use crate::summary::Counts;

/// One direction.
#[derive(Debug)]
pub(crate) struct Half {
    /// Sequence number of what is expected next.
    next: u32,
    /// Sequence number behind the last byte, where its end was seen.
    end: u32,
    /// Where a segment that was not believed would be continued.
    astray: u32,
    marks: Marks,
    counts: Counts,
    held: Option<Box<Held>>,
    memory: Memory,
}

/// What is known of a direction, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks(u8);

impl Marks {
    /// Where it begins.
    const KNOWN: u8 = 1;
    /// Payload of it was seen.
    const HEARD: u8 = 2;
    /// Its end was seen.
    const ENDING: u8 = 4;
    /// All up to its end was handed over.
    const FINISHED: u8 = 8;
    /// A segment was not believed.
    const ASTRAY: u8 = 16;
    /// Payload was repeated.
    const REPEATED: u8 = 32;
    /// Something was missed.
    const MISSED: u8 = 64;
    /// Where it begins was said by itself, in a SYN.
    const EXACT: u8 = 128;
    /// Any of what leaves no doubt about where it begins.
    const SETTLED: u8 = Self::HEARD | Self::ENDING | Self::EXACT;

    #[inline]
    fn has(self, mark: u8) -> bool {
        self.0 & mark != 0
    }

    #[inline]
    fn set(&mut self, mark: u8) {
        self.0 |= mark;
    }
}

impl Half {
    /// Of which nothing is known.
    pub(crate) fn new() -> Self {
        Self {
            next: 0,
            end: 0,
            astray: 0,
            marks: Marks::default(),
            counts: Counts::default(),
            held: None,
            memory: Memory::default(),
        }
    }

    /// What it came to so far.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// Counts packets.
    #[inline]
    pub(crate) fn count_packets(&mut self, packets: u64) {
        self.counts.packets += packets;
    }

    /// What is expected next, if that is known.
    pub(crate) fn expected(&self) -> Option<u32> {
        self.marks.has(Marks::KNOWN).then_some(self.next)
    }

    /// True where payload of it was seen.
    pub(crate) fn is_heard(&self) -> bool {
        self.marks.has(Marks::HEARD)
    }

    /// True where its end was seen.
    pub(crate) fn is_ending(&self) -> bool {
        self.marks.has(Marks::ENDING)
    }

    /// True where all up to its end was handed over.
    pub(crate) fn is_finished(&self) -> bool {
        self.marks.has(Marks::FINISHED)
    }

    /// True where payload of it was repeated.
    #[inline]
    pub(crate) fn has_repeated(&self) -> bool {
        self.marks.has(Marks::REPEATED)
    }

    /// True where something of it was missed.
    #[inline]
    pub(crate) fn has_missed(&self) -> bool {
        self.marks.has(Marks::MISSED)
    }

    /// The beat since which a hole is waited for.
    #[inline]
    pub(crate) fn waiting_since(&self) -> Option<u32> {
        self.held.as_ref().map(|held| held.since)
    }

    /// Bytes in the holes that are waited for.
    pub(crate) fn waited_for(&self) -> u64 {
        let Some(held) = &self.held else { return 0 };
        let before_end = || u64::from(self.end.wrapping_sub(self.next));
        held.missing(self.next).unwrap_or_else(before_end)
    }

    /// Says where it begins, unless something of it was seen.
    pub(crate) fn begin(&mut self, sequence: u32) {
        if !self.marks.has(Marks::HEARD | Marks::ENDING) {
            self.next = sequence;
            self.marks.set(Marks::KNOWN);
        }
    }

    /// Says where it begins by a SYN of its own.
    pub(crate) fn begin_exactly(&mut self, sequence: u32) {
        self.begin(sequence);
        self.marks.set(Marks::EXACT);
    }

    /// Forgets the bytes that are held: nobody listens any more.
    pub(crate) fn forget_bytes(&mut self, total: &mut usize) {
        if let Some(held) = &mut self.held {
            *total = total.saturating_sub(held.cost());
            held.forget_bytes();
            *total += held.cost();
        }
    }

    /// Gives back the room of what is held.
    pub(crate) fn give_back(&self, total: &mut usize) {
        *total = total.saturating_sub(self.held.as_ref().map_or(0, |held| held.cost()));
    }

    /// A segment of it.
    #[inline]
    pub(crate) fn arrive<L: Listener>(
        &mut self,
        arrival: &Arrival<'_>,
        bench: &mut Bench<'_, '_, L>,
    ) {
        let length = u32_from(arrival.payload.length());
        if length == 0 && !arrival.fin {
            return;
        }
        if !self.marks.has(Marks::KNOWN) {
            self.begin(arrival.sequence);
        }
        let ahead = arrival.sequence.wrapping_sub(self.next).cast_signed();
        if ahead == 0 && self.held.is_none() && !arrival.fin && !self.marks.has(Marks::ENDING) {
            self.marks.set(Marks::HEARD);
            self.hand_over(arrival.payload.bytes(), length, arrival.at, bench);
            return;
        }
        self.arrive_otherwise(arrival, length, ahead, bench)
    }

    /// Any segment that is not just the next one.
    fn arrive_otherwise<L: Listener>(
        &mut self,
        arrival: &Arrival<'_>,
        length: u32,
        mut ahead: i32,
        bench: &mut Bench<'_, '_, L>,
    ) {
        if self.is_probe(arrival, length, ahead) {
            return;
        }
        let farthest = bench.limits.bytes_ahead.min(MOST_AHEAD).cast_signed();
        if ahead > farthest || ahead < FARTHEST_BEHIND {
            if !self.believes(arrival.sequence, length) {
                bench.statistics.implausible += 1;
                return;
            }
            self.jump(arrival, bench);
            ahead = 0;
        } else if !self.marks.has(Marks::SETTLED) && ahead < 0 && length > 0 {
            // Where it begins was taken from an acknowledgement of more than this.
            self.next = arrival.sequence;
            ahead = 0;
        }
        let end = arrival.sequence.wrapping_add(length);
        // What goes on behind its end does not end there.
        let reached = self.held.as_ref().and_then(|held| held.end()).unwrap_or(self.next);
        if arrival.fin && !self.marks.has(Marks::ENDING) && !is_before(end, reached) {
            self.marks.set(Marks::ENDING);
            self.end = end;
        }
        let length = self.within_end(arrival.sequence, length);
        if length > 0 {
            self.marks.set(Marks::HEARD);
            self.place(arrival, length, ahead, bench);
        }
        self.settle(arrival.at, bench)
    }

    /// The first hole lasted too long, or has no room: what is held behind it goes on.
    pub(crate) fn give_up_hole<L: Listener>(&mut self, at: Time, bench: &mut Bench<'_, '_, L>) {
        let Some(held) = &self.held else {
            return;
        };
        let until = held.first().unwrap_or(self.end);
        self.miss(until.wrapping_sub(self.next), at, bench);
        self.drain(bench);
        self.settle(at, bench)
    }

    /// All that is held goes on, whatever lies between.
    pub(crate) fn flush<L: Listener>(&mut self, at: Time, bench: &mut Bench<'_, '_, L>) {
        while self.held.is_some() {
            bench.statistics.holes_at_end += 1;
            self.give_up_hole(at, bench);
        }
    }

    /// A byte of no meaning before what is expected, to find out whether the peer is still there (RFC 9293, section 3.8.4).
    fn is_probe(&self, arrival: &Arrival<'_>, length: u32, ahead: i32) -> bool {
        if length > 1 || arrival.fin {
            return false;
        }
        let end = self.held.as_ref().and_then(|held| held.end());
        ahead == -1 && self.marks.has(Marks::HEARD | Marks::EXACT)
            || length == 1 && end == Some(arrival.sequence.wrapping_add(1))
    }

    /// A segment far from all others is believed once another continues it: a SYN of new numbers was lost, or much else.
    fn believes(&mut self, sequence: u32, length: u32) -> bool {
        if !self.marks.has(Marks::SETTLED) {
            return true;
        }
        let continues = self.marks.has(Marks::ASTRAY) && self.astray == sequence;
        self.astray = sequence.wrapping_add(length);
        self.marks.set(Marks::ASTRAY);
        continues && !self.marks.has(Marks::ENDING)
    }

    /// Goes on elsewhere. What lies ahead is that far because of a loss, what lies behind is another beginning.
    fn jump<L: Listener>(&mut self, arrival: &Arrival<'_>, bench: &mut Bench<'_, '_, L>) {
        while self.held.is_some() {
            self.give_up_hole(arrival.at, bench);
        }
        let lost = arrival.sequence.wrapping_sub(self.next);
        if self.marks.has(Marks::HEARD) && lost.cast_signed() > 0 {
            self.miss(lost, arrival.at, bench);
        }
        self.next = arrival.sequence;
    }

    /// As much of a segment as lies before the end of the direction.
    fn within_end(&self, sequence: u32, length: u32) -> u32 {
        if !self.marks.has(Marks::ENDING) {
            return length;
        }
        let room = self.end.wrapping_sub(sequence).cast_signed();
        length.min(u32::try_from(room).unwrap_or(0))
    }

    /// Puts a segment where it belongs.
    fn place<L: Listener>(
        &mut self,
        arrival: &Arrival<'_>,
        length: u32,
        ahead: i32,
        bench: &mut Bench<'_, '_, L>,
    ) {
        let (mut sequence, mut length, mut bytes) =
            (arrival.sequence, length, arrival.payload.bytes());
        if ahead < 0 {
            let old = ahead.unsigned_abs().min(length);
            self.repeat(old, bench);
            if self.memory.contradicts(sequence, bytes) {
                self.conflict(old, bench);
            }
            sequence = sequence.wrapping_add(old);
            length -= old;
            bytes = bytes.get(usize_from(old)..).unwrap_or_default();
        }
        if length == 0 {
            return;
        }
        bytes = bytes.get(..usize_from(length)).unwrap_or(bytes);
        let first = self.held.as_ref().and_then(|held| held.first());
        let free = first.is_none_or(|first| first.wrapping_sub(self.next) >= length);
        if sequence == self.next && free {
            self.hand_over(bytes, length, arrival.at, bench);
            if let Some(held) = &mut self.held {
                held.since = bench.beat;
            }
            return self.drain(bench);
        }
        self.hold(
            &Incoming { sequence, length, at: arrival.at, bytes, keep: bench.listener.is_some() },
            bench,
        );
        self.drain(bench);
        self.keep_limits(arrival.at, bench)
    }

    /// The next bytes, the last of which may not be in the capture.
    #[inline]
    fn hand_over<L: Listener>(
        &mut self,
        bytes: &[u8],
        length: u32,
        at: Time,
        bench: &mut Bench<'_, '_, L>,
    ) {
        let captured = u32_from(bytes.len());
        if bench.listener.is_some() {
            self.memory.keep(self.next, bytes);
        }
        self.next = self.next.wrapping_add(captured);
        self.counts.bytes += u64::from(captured);
        bench.statistics.heard_bytes += u64::from(captured);
        if captured > 0 {
            bench.hear(at, bytes);
        }
        if length > captured {
            self.miss(length - captured, at, bench);
        }
    }

    /// The next bytes are not in the capture.
    fn miss<L: Listener>(&mut self, bytes: u32, at: Time, bench: &mut Bench<'_, '_, L>) {
        self.next = self.next.wrapping_add(bytes);
        self.marks.set(Marks::MISSED);
        self.counts.missed += u64::from(bytes);
        bench.statistics.missed_bytes += u64::from(bytes);
        bench.miss(at, u64::from(bytes));
    }

    fn repeat<L>(&mut self, bytes: u32, bench: &mut Bench<'_, '_, L>) {
        self.marks.set(Marks::REPEATED);
        bench.statistics.repeated_bytes += u64::from(bytes);
    }

    fn hold<L>(&mut self, incoming: &Incoming<'_>, bench: &mut Bench<'_, '_, L>) {
        let beat = bench.beat;
        let held = self.held.get_or_insert_with(|| Box::new(Held::new(beat)));
        let before = held.cost();
        let overlap = held.put(self.next, incoming);
        *bench.held += held.cost() - before;
        bench.statistics.held_segments += 1;
        if overlap.repeated > 0 {
            self.repeat(overlap.repeated, bench);
            self.conflict(overlap.conflicting, bench);
        }
    }

    fn conflict<L>(&mut self, bytes: u32, bench: &mut Bench<'_, '_, L>) {
        self.counts.conflicting += u64::from(bytes);
        bench.statistics.conflicting_bytes += u64::from(bytes);
    }

    /// Hands over what is held right behind what was heard.
    fn drain<L: Listener>(&mut self, bench: &mut Bench<'_, '_, L>) {
        let mut went_on = false;
        while let Some(piece) = self.pop(bench.held) {
            went_on = true;
            if piece.bytes.is_empty() {
                self.count_piece(&piece, bench);
            } else {
                self.hand_over(&piece.bytes, piece.length, piece.at, bench);
            }
        }
        if let Some(held) = &mut self.held
            && went_on
        {
            held.since = bench.beat;
        }
    }

    fn pop(&mut self, total: &mut usize) -> Option<Piece> {
        let held = self.held.as_mut()?;
        let before = held.cost();
        let piece = held.pop(self.next)?;
        *total = total.saturating_sub(before - held.cost());
        Some(piece)
    }

    /// A piece of which only the numbers are left.
    fn count_piece<L: Listener>(&mut self, piece: &Piece, bench: &mut Bench<'_, '_, L>) {
        self.next = self.next.wrapping_add(piece.captured);
        self.counts.bytes += u64::from(piece.captured);
        bench.statistics.heard_bytes += u64::from(piece.captured);
        if piece.length > piece.captured {
            self.miss(piece.length - piece.captured, piece.at, bench);
        }
    }

    /// Gives up holes till no more is held than may be.
    fn keep_limits<L: Listener>(&mut self, at: Time, bench: &mut Bench<'_, '_, L>) {
        while let Some(held) = &self.held
            && held.pieces() > 0
        {
            if held.cost() > bench.limits.held_bytes_per_direction
                || held.pieces() > bench.limits.held_pieces_per_direction
            {
                bench.statistics.holes_too_costly += 1;
            } else if *bench.held > bench.limits.held_bytes {
                bench.statistics.holes_without_room += 1;
            } else {
                break;
            }
            self.give_up_hole(at, bench);
        }
    }

    /// Ends waiting where nothing is waited for, begins it where the end is, and ends where all is there.
    fn settle<L: Listener>(&mut self, at: Time, bench: &mut Bench<'_, '_, L>) {
        let short_of_end = self.marks.has(Marks::ENDING) && self.next != self.end;
        match &self.held {
            Some(held) if held.pieces() == 0 && !short_of_end => self.held = None,
            None if short_of_end => {
                self.held = Some(Box::new(Held::new(bench.beat)));
            }
            _ => {}
        }
        let complete = self.marks.has(Marks::ENDING) && self.next == self.end;
        if complete && !self.marks.has(Marks::FINISHED) {
            self.marks.set(Marks::FINISHED);
            bench.finish(at);
        }
    }
}

/// True where a sequence number lies before another.
fn is_before(sequence: u32, other: u32) -> bool {
    sequence.wrapping_sub(other).cast_signed() < 0
}

/// The largest window that there is (RFC 7323, section 2.3): so far behind what is expected a segment counts as repeated, and none is
/// farther ahead.
const MOST_AHEAD: u32 = 1 << 30;
const FARTHEST_BEHIND: i32 = -(1 << 30);
