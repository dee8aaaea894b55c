//! What is to be watched for, and in what shape it comes out.

use std::net::IpAddr;
use std::num::NonZeroUsize;

use tlscensus_flows::Settings as FlowSettings;

use crate::audience::Closed;
use crate::audience::Harvest;
use crate::client_key::ClientKey;

/// Says something of an address.
pub type Judge = Box<dyn Fn(IpAddr) -> bool + Send + Sync>;
/// Finds the routable prefix that holds an address, and who originates it.
pub type Router = Box<dyn Fn(IpAddr) -> Option<(String, Option<u32>)> + Send + Sync>;

/// Which sessions count, where it is known which networks are ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sessions {
    /// All.
    #[default]
    All,
    /// Those whose server is ours and whose client is not.
    Incoming,
    /// Those whose client is ours and whose server is not, as the study counted.
    Outgoing,
}

/// Everything that a run of the monitor is told beforehand.
pub struct Monitor {
    /// Names the run in its rows.
    pub run_id: String,
    /// What the operator calls the place of capture.
    pub sensor: String,
    /// Hashes the addresses of clients.
    pub key: ClientKey,
    /// Limits, time-outs, tunnels.
    pub flows: FlowSettings,
    /// What nobody outside knows, so that nobody can make flows collide.
    pub seed: [u64; 2],
    /// Threads that take flows apart.
    pub workers: NonZeroUsize,
    /// Which sessions count.
    pub sessions: Sessions,
    /// Which addresses are ours; `None`: nobody said.
    pub is_local: Option<Judge>,
    /// Servers that are left out of the rows.
    pub is_blocked: Option<Judge>,
    /// The table of prefixes; `None`: none was given.
    pub route: Option<Router>,
    /// Certificates of clients are kept, which may name people; otherwise their hashes alone.
    pub keep_client_certificates: bool,
}

/// What came out of some packets.
#[derive(Debug, Default)]
pub struct Batch {
    /// Rows, each with its certificates.
    pub harvests: Vec<Harvest>,
    /// Connections that had a row and are over now; only where counting to the end was asked for.
    pub closed: Vec<Closed>,
}

impl Batch {
    /// Nothing in it.
    pub fn is_empty(&self) -> bool {
        self.harvests.is_empty() && self.closed.is_empty()
    }
}
