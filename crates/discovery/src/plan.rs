//! What a discovery is to do: opened, resolved, bounded.

use std::sync::Arc;
use std::time::Duration;

use tlscensus_targets::Permutation;
use tlscensus_targets::Rate;
use tlscensus_targets::RouteTable;
use tlscensus_targets::Visits;

use crate::Expected;
use crate::Seen;

/// Everything a discovery needs to know besides its wire.
#[derive(Clone)]
pub struct Plan {
    /// The targets, by index.
    pub visits: Arc<Visits>,
    /// Their order.
    pub order: Permutation,
    /// The positions of the order that are this run's: its shard.
    pub positions: std::ops::Range<u64>,
    /// Where an earlier start of the run got to.
    pub from: From,
    /// Probes to a target, while it does not answer; at least 1.
    pub probes: u8,
    /// Shortest time from one of them to the next.
    pub spacing: Duration,
    /// How long an answer may take; as long is waited at the end, and as much is sent again after a crash.
    pub answer_window: Duration,
    /// How fast, all senders together.
    pub rate: Rate,
    /// Packets per second to one /24 or /48; `None`: no limit of ours.
    pub network_rate: Option<f64>,
    /// Packets per second to one route of `routes`.
    pub route_rate: Option<f64>,
    /// Prefixes and their origins, for rows and for `route_rate`.
    pub routes: Option<Arc<RouteTable>>,
    /// Whether resets make events.
    pub record_resets: bool,
    /// Whether ICMP errors make events.
    pub record_icmp: bool,
    /// Whether to begin with 0.01 %, then 1 %, and to halt when the answers are odd.
    pub ramp: bool,
    /// What is not odd.
    pub expected: Expected,
    /// Threads that send.
    pub senders: usize,
    /// Longest time of sending.
    pub longest: Option<Duration>,
    /// Endpoints that answer, behind which it stops.
    pub most_answers: Option<u64>,
}

/// How far an earlier start of a run had come.
#[derive(Clone, Debug, Default)]
pub struct From {
    /// All positions before this one are done.
    pub position: u64,
    /// Targets asked on each port up to there, in the order of the ports.
    pub asked: Vec<u64>,
    /// Answers that are recorded already, by position in the order. The discovery goes on with them as its own.
    pub answered: Seen,
}
