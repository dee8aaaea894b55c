//! What a direction holds behind a hole.

use std::collections::VecDeque;

use crate::listen::Time;
use crate::number::u32_from;
use crate::number::usize_from;

/// Pieces of a direction that came before what they follow, in order, none overlapping another.
#[derive(Debug)]
pub(crate) struct Held {
    /// The beat at which the present hole became the next thing to wait for.
    pub(crate) since: u32,
    cost: usize,
    pieces: VecDeque<Piece>,
}

/// A run of bytes.
#[derive(Debug)]
pub(crate) struct Piece {
    /// Sequence number of its first byte.
    pub(crate) sequence: u32,
    /// Bytes on the wire.
    pub(crate) length: u32,
    /// Bytes of those in the capture, from the first.
    pub(crate) captured: u32,
    /// When it was captured.
    pub(crate) at: Time,
    /// What was captured; nothing where nobody listens any more.
    pub(crate) bytes: Box<[u8]>,
}

/// A segment that is to be held, or the rest of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming<'a> {
    pub(crate) sequence: u32,
    pub(crate) length: u32,
    pub(crate) at: Time,
    pub(crate) bytes: &'a [u8],
    /// Keep the bytes and not only their number.
    pub(crate) keep: bool,
}

/// What became of a segment that was to be held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overlap {
    /// Bytes that were held already.
    pub(crate) repeated: u32,
    /// Those of them that differ.
    pub(crate) conflicting: u32,
}

impl Held {
    /// Nothing, for a hole that begins to be waited for now.
    pub(crate) fn new(since: u32) -> Self {
        Self { since, cost: 0, pieces: VecDeque::new() }
    }

    /// Cost of all pieces in bytes.
    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    /// How many there are.
    pub(crate) fn pieces(&self) -> usize {
        self.pieces.len()
    }

    /// The first sequence number that is held.
    pub(crate) fn first(&self) -> Option<u32> {
        self.pieces.front().map(|piece| piece.sequence)
    }

    /// The sequence number behind the last that is held.
    pub(crate) fn end(&self) -> Option<u32> {
        self.pieces.back().map(Piece::end)
    }

    /// Bytes between `base` and the last that is held which are not held; none where there are no pieces.
    pub(crate) fn missing(&self, base: u32) -> Option<u64> {
        let all = self.end()?.wrapping_sub(base);
        let held: u64 = self.pieces.iter().map(|piece| u64::from(piece.length)).sum();
        Some(u64::from(all).saturating_sub(held))
    }

    /// Takes the first piece, if it begins here.
    pub(crate) fn pop(&mut self, sequence: u32) -> Option<Piece> {
        if self.first()? != sequence {
            return None;
        }
        let piece = self.pieces.pop_front()?;
        self.cost = self.cost.saturating_sub(piece.cost());
        Some(piece)
    }

    /// Forgets bytes, and keeps how many they were.
    pub(crate) fn forget_bytes(&mut self) {
        for piece in &mut self.pieces {
            piece.bytes = Box::default();
        }
        self.cost = self.pieces.len() * PIECE_OVERHEAD;
    }

    /// Holds what is not held yet: of bytes that come twice the first count. `base` is what is expected next.
    pub(crate) fn put(&mut self, base: u32, incoming: &Incoming<'_>) -> Overlap {
        let mut overlap = Overlap::default();
        let end = incoming.sequence.wrapping_add(incoming.length).wrapping_sub(base);
        let mut from = incoming.sequence.wrapping_sub(base);
        let mut index = match self.pieces.back() {
            // Most come in order.
            Some(last) if last.end().wrapping_sub(base) <= from => self.pieces.len(),
            _ => self.pieces.partition_point(|piece| piece.end().wrapping_sub(base) <= from),
        };
        while from < end {
            let held = self.pieces.get(index);
            let start = held.map_or(end, |piece| piece.sequence.wrapping_sub(base));
            let until = if from < start {
                let until = start.min(end);
                let piece = incoming.piece(base.wrapping_add(from), until - from);
                self.cost += piece.cost();
                self.pieces.insert(index, piece);
                until
            } else {
                let Some(piece) = held else { break };
                let until = piece.end().wrapping_sub(base).min(end);
                overlap.repeated += until - from;
                overlap.conflicting +=
                    piece.differing(incoming, base.wrapping_add(from), until - from);
                until
            };
            from = until;
            index += 1;
        }
        overlap
    }
}

impl Piece {
    fn end(&self) -> u32 {
        self.sequence.wrapping_add(self.length)
    }

    fn cost(&self) -> usize {
        self.bytes.len() + PIECE_OVERHEAD
    }

    /// Bytes of a range of both that differ, as far as both are there.
    fn differing(&self, incoming: &Incoming<'_>, sequence: u32, length: u32) -> u32 {
        let ours = part(&self.bytes, self.sequence, sequence, length);
        let theirs = part(incoming.bytes, incoming.sequence, sequence, length);
        u32_from(ours.iter().zip(theirs).filter(|(ours, theirs)| ours != theirs).count())
    }
}

impl Incoming<'_> {
    fn piece(&self, sequence: u32, length: u32) -> Piece {
        let bytes = part(self.bytes, self.sequence, sequence, length);
        let kept = if self.keep { bytes } else { &[] };
        Piece { sequence, length, captured: u32_from(bytes.len()), at: self.at, bytes: kept.into() }
    }
}

/// Bytes of a range, as far as they are there; `first` is the sequence number of the first byte there is.
fn part(bytes: &[u8], first: u32, sequence: u32, length: u32) -> &[u8] {
    let from = usize_from(sequence.wrapping_sub(first)).min(bytes.len());
    let until = from.saturating_add(usize_from(length)).min(bytes.len());
    bytes.get(from..until).unwrap_or_default()
}

/// What a piece counts for beside its bytes: itself, and what an allocation takes. So a peer that sends single bytes gains nothing.
pub const PIECE_OVERHEAD: usize = 64;
