//! Which of several tables a frame belongs to.
//!
//! Several workers, each with a table of its own, share nothing if all frames of a flow go to the same one. Who reads a capture finds
//! the one with a [`Sharder`]:
//!
//! ```text
//!   frame ─► sharder.shard(&frame)
//!              ├─ Flow(hash)      ─► worker hash % workers
//!              ├─ Fragment        ─► sharder.defragment(&frame) ─ Some(packet) ─► as a frame of LinkType::RAW, from the top
//!              └─ Other           ─► any one worker, which counts it
//! ```
//!
//! A fragment but the first has no ports, so no hash can bring it to its flow: the reader puts fragments together and passes on whole
//! packets. They are rare, and a table that is alone does it by itself.

use crate::clock::Clock;
use crate::clock::beats;
use crate::endpoints::Endpoints;
use crate::endpoints::Hashing;
use crate::fragments::Fragments;
use crate::frame::Frame;
use crate::settings::Settings;
use crate::statistics::Statistics;
use crate::tcp::Segment;
use crate::unwrap;
use crate::unwrap::TCP;

/// Where a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shard {
    /// To the flow of this hash, the same in both directions.
    Flow(u64),
    /// It is part of a packet, see [`Sharder::defragment`].
    Fragment,
    /// There is no TCP in it, or too little of it: no table makes a flow of it.
    Other,
}

/// Tells where frames go, through the same layers as a table.
#[derive(Debug)]
pub struct Sharder {
    settings: Settings,
    hashing: Hashing,
    fragments: Fragments,
    clock: Clock,
    statistics: Statistics,
}

impl Sharder {
    /// With the settings of the tables, and a seed that nobody outside knows.
    pub fn new(settings: Settings, seed: [u64; 2]) -> Self {
        Self {
            settings,
            hashing: Hashing::new(seed),
            fragments: Fragments::new(seed),
            clock: Clock::default(),
            statistics: Statistics::default(),
        }
    }

    /// Where a frame goes.
    #[inline]
    pub fn shard(&self, frame: &Frame<'_>) -> Shard {
        let tunnels = &self.settings.tunnels;
        let Ok(packet) = unwrap::innermost(frame.link_type, frame.span(), tunnels) else {
            return Shard::Other;
        };
        if packet.fragment.is_some() {
            return Shard::Fragment;
        }
        if packet.protocol != TCP {
            return Shard::Other;
        }
        let Ok(segment) = Segment::read(packet.payload) else {
            return Shard::Other;
        };
        let (print, _) = self.hashing.flow(&Endpoints {
            addresses: packet.addresses,
            source_port: segment.source_port,
            destination_port: segment.destination_port,
        });
        Shard::Flow(print.share)
    }

    /// Adds a [`Shard::Fragment`]; gives the packet, which is a frame of [`LinkType::RAW`](crate::LinkType::RAW), if it is whole with it.
    /// It may be a fragment of yet another one, or a tunnel.
    pub fn defragment(&mut self, frame: &Frame<'_>) -> Option<Vec<u8>> {
        self.clock.hear(frame.at);
        let beat = self.clock.beat();
        let timeout = beats(self.settings.timeouts.fragments_ms);
        self.fragments.expire(beat, timeout, &mut self.statistics);
        let tunnels = &self.settings.tunnels;
        let packet = unwrap::innermost(frame.link_type, frame.span(), tunnels).ok()?;
        let limits = &self.settings.limits;
        self.fragments.add(&packet, packet.fragment?, beat, limits, &mut self.statistics)
    }

    /// What became of fragments; all else is counted by the tables.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }
}
