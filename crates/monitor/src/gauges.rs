//! What is counted while it runs, to be read from any thread.

use std::sync::Mutex;
use std::sync::PoisonError;

use tlscensus_dissect::Foreign;
use tlscensus_flows::Statistics;
use tlscensus_link::CaptureCounts;
use tlscensus_link::Received;
use tlscensus_records::FlowRow;

/// What one worker wrote down and passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows.
    pub rows: u64,
    /// Of these, with TLS seen established.
    pub established: u64,
    /// Flows of a server on the blocklist: no row.
    pub blocked: u64,
    /// Sessions of a direction that was not asked for: no row.
    pub other_sessions: u64,
    /// Flows that are not measured, by the place of their word in [`Foreign::ALL`].
    foreign: [u64; Foreign::ALL.len()],
}

impl Tally {
    pub(crate) fn count(&mut self, row: &FlowRow) {
        self.rows += 1;
        self.established += u64::from(row.tls_seen_established);
    }

    pub(crate) fn foreign(&mut self, foreign: Foreign) {
        let place = Foreign::ALL.iter().position(|known| *known == foreign);
        if let Some(count) = place.and_then(|place| self.foreign.get_mut(place)) {
            *count += 1;
        }
    }

    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.established += other.established;
        self.blocked += other.blocked;
        self.other_sessions += other.other_sessions;
        for (sum, count) in self.foreign.iter_mut().zip(other.foreign) {
            *sum += count;
        }
    }

    /// Flows that are not measured, with the word of what they speak.
    pub fn not_ours(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Foreign::ALL.iter().map(|foreign| foreign.word()).zip(self.foreign)
    }
}

/// Everything that was counted, of all threads together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// Packets and flows.
    pub flows: Statistics,
    /// Rows, and what is none.
    pub tally: Tally,
    /// What the captures say of themselves.
    pub captures: CaptureCounts,
    /// What the kernel says of an interface.
    pub received: Received,
    /// Connections in the tables, those done with included.
    pub tracked: u64,
    /// Bytes of the captures that were read.
    pub bytes_read: u64,
    /// The time of the newest packet: microseconds since the epoch; 0: there was none.
    pub newest: i64,
}

/// What each thread has counted so far.
#[derive(Debug, Default)]
pub struct Gauges {
    parts: Mutex<Vec<Part>>,
    /// What is counted outside of the workers.
    captures: Mutex<(CaptureCounts, u64)>,
}

/// One thread's.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Part {
    pub(crate) flows: Statistics,
    pub(crate) tally: Tally,
    pub(crate) received: Received,
    pub(crate) tracked: u64,
    pub(crate) newest: i64,
}

impl Gauges {
    /// Sets what a thread has counted so far.
    pub(crate) fn set(&self, thread: usize, part: Part) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if parts.len() <= thread {
            parts.resize(thread + 1, Part::default());
        }
        if let Some(place) = parts.get_mut(thread) {
            *place = part;
        }
    }

    /// Sets what was read of captures so far.
    pub(crate) fn set_captures(&self, counts: CaptureCounts, bytes_read: u64) {
        *self.captures.lock().unwrap_or_else(PoisonError::into_inner) = (counts, bytes_read);
    }

    /// All of it.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for part in self.parts.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            totals.flows.add(&part.flows);
            totals.tally.add(&part.tally);
            totals.received = totals.received + part.received;
            totals.tracked += part.tracked;
            totals.newest = totals.newest.max(part.newest);
        }
        let captures = self.captures.lock().unwrap_or_else(PoisonError::into_inner);
        (totals.captures, totals.bytes_read) = *captures;
        totals
    }
}
