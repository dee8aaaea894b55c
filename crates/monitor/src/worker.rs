//! One table of flows with its desk: frames in, batches out.

use tlscensus_dissect::Dissector;
use tlscensus_flows::FlowTable;
use tlscensus_flows::Frame;
use tlscensus_flows::Time;
use tlscensus_link::Received;

use crate::audience::Desk;
use crate::gauges::Gauges;
use crate::gauges::Part;
use crate::monitor::Batch;
use crate::monitor::Monitor;

/// Rows that are handed on together, as one message costs as much as a row.
const BATCH_ROWS: usize = 64;
/// Frames between two looks at the gauges.
const GAUGE_EVERY: usize = 1 << 14;

/// Takes frames, and hands on what comes out of them.
pub(crate) struct Worker<'m> {
    table: FlowTable<Dissector>,
    desk: Desk<'m>,
    gauges: &'m Gauges,
    thread: usize,
    newest: Time,
    unmetered: usize,
    received: Received,
}

impl<'m> Worker<'m> {
    pub(crate) fn new(monitor: &'m Monitor, gauges: &'m Gauges, thread: usize) -> Self {
        Self {
            table: FlowTable::new(monitor.flows, monitor.seed),
            desk: Desk::new(monitor),
            gauges,
            thread,
            newest: Time(0),
            unmetered: 0,
            received: Received::default(),
        }
    }

    /// Takes a frame.
    pub(crate) fn frame(&mut self, frame: &Frame<'_>) {
        self.table.frame(&mut self.desk, frame);
        self.took(1, frame.at);
    }

    /// Takes frames.
    pub(crate) fn frames(&mut self, frames: &[Frame<'_>]) {
        self.table.frames(&mut self.desk, frames);
        if let Some(newest) = frames.iter().map(|frame| frame.at).max() {
            self.took(frames.len(), newest);
        }
    }

    fn took(&mut self, frames: usize, newest: Time) {
        self.newest = self.newest.max(newest);
        self.unmetered += frames;
        if self.unmetered >= GAUGE_EVERY {
            self.measure();
        }
    }

    /// Hears that it is so late.
    pub(crate) fn advance(&mut self, now: Time) {
        self.table.advance(&mut self.desk, now);
    }

    /// What the kernel has counted of this thread's interface.
    pub(crate) fn received(&mut self, received: Received) {
        self.received = received;
    }

    /// Enough for a message, or all of it.
    pub(crate) fn batch(&mut self, all: bool) -> Option<Batch> {
        let waiting = self.desk.waiting();
        (waiting >= BATCH_ROWS || (all && waiting > 0)).then(|| self.desk.take())
    }

    /// The capture is at its end.
    pub(crate) fn stop(&mut self) {
        self.table.stop(&mut self.desk);
        self.measure();
    }

    /// Tells the gauges.
    pub(crate) fn measure(&mut self) {
        self.unmetered = 0;
        self.gauges.set(
            self.thread,
            Part {
                flows: *self.table.statistics(),
                tally: *self.desk.tally(),
                received: self.received,
                tracked: u64::try_from(self.table.flows()).unwrap_or(u64::MAX),
                newest: self.newest.0,
            },
        );
    }
}
