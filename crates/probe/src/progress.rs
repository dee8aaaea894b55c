//! What a run has done so far, readable at any time from anywhere.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use tlscensus_records::Phase;
use tlscensus_records::ProbeRow;

/// Counters of one run.
#[derive(Debug, Default)]
pub struct Progress {
    targets: AtomicU64,
    passed_over: AtomicU64,
    started: AtomicU64,
    done: AtomicU64,
    abandoned: AtomicU64,
    connections: AtomicU64,
    shortages: AtomicU64,
    tls_completed: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    ended: [AtomicU64; Phase::ALL.len()],
}

/// The counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Targets taken from the list.
    pub targets: u64,
    /// Endpoints not probed because a row of theirs is there already.
    pub passed_over: u64,
    /// Endpoints begun.
    pub started: u64,
    /// Endpoints whose row was handed over.
    pub done: u64,
    /// Endpoints begun and given up without a row, because the run was stopped.
    pub abandoned: u64,
    /// Connections tried.
    pub connections: u64,
    /// Times we had to wait for descriptors, ports or memory.
    pub shortages: u64,
    /// Endpoints with a complete TLS handshake.
    pub tls_completed: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Rows by the phase they ended in, in the order of [`Phase::ALL`].
    pub ended: [u64; Phase::ALL.len()],
}

impl Counts {
    /// Endpoints begun and not ended.
    pub const fn in_flight(&self) -> u64 {
        self.started.saturating_sub(self.done).saturating_sub(self.abandoned)
    }

    /// Rows that ended in this phase.
    pub fn ended_in(&self, phase: Phase) -> u64 {
        let place = Phase::ALL.iter().position(|other| *other == phase);
        place.and_then(|place| self.ended.get(place)).copied().unwrap_or_default()
    }
}

impl Progress {
    /// The counters now. They are read one after the other: sums may be off by what happens meanwhile.
    pub fn counts(&self) -> Counts {
        let done = self.done.load(Relaxed);
        let abandoned = self.abandoned.load(Relaxed);
        Counts {
            targets: self.targets.load(Relaxed),
            passed_over: self.passed_over.load(Relaxed),
            started: self.started.load(Relaxed),
            done,
            abandoned,
            connections: self.connections.load(Relaxed),
            shortages: self.shortages.load(Relaxed),
            tls_completed: self.tls_completed.load(Relaxed),
            bytes_in: self.bytes_in.load(Relaxed),
            bytes_out: self.bytes_out.load(Relaxed),
            ended: std::array::from_fn(|n| {
                self.ended.get(n).map_or(0, |counter| counter.load(Relaxed))
            }),
        }
    }

    pub(crate) fn target(&self) {
        self.targets.fetch_add(1, Relaxed);
    }

    pub(crate) fn passed_over(&self) {
        self.passed_over.fetch_add(1, Relaxed);
    }

    pub(crate) fn started(&self) {
        self.started.fetch_add(1, Relaxed);
    }

    pub(crate) fn abandoned(&self, endpoints: u64) {
        self.abandoned.fetch_add(endpoints, Relaxed);
    }

    pub(crate) fn connection(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(crate) fn short_of_resources(&self) {
        self.shortages.fetch_add(1, Relaxed);
    }

    pub(crate) fn done(&self, row: &ProbeRow) {
        let sum = |of: fn(&tlscensus_records::Attempt) -> u64| row.attempts.iter().map(of).sum();
        self.bytes_in.fetch_add(sum(|attempt| attempt.bytes_in), Relaxed);
        self.bytes_out.fetch_add(sum(|attempt| attempt.bytes_out), Relaxed);
        self.tls_completed.fetch_add(u64::from(row.tls_completed), Relaxed);
        let place = Phase::ALL.iter().position(|phase| *phase == row.phase);
        if let Some(counter) = place.and_then(|place| self.ended.get(place)) {
            counter.fetch_add(1, Relaxed);
        }
        self.done.fetch_add(1, Relaxed);
    }
}
