//! TCP flows out of captured packets, time given.
//!
//! Frames go in with the time of their capture; what comes out is, for each flow, the bytes of either direction in order, once,
//! with holes told as holes. What the bytes mean is a [`Listener`]'s business, and what becomes of a flow an [`Audience`]'s.

mod bench;
mod calendar;
mod checksum;
mod clock;
mod endpoints;
mod entry;
mod flow;
mod fragments;
mod frame;
#[doc(hidden)]
pub mod fuzzing;
mod held;
mod link_type;
mod listen;
mod memory;
mod number;
mod reassembly;
mod settings;
mod shard;
mod span;
mod statistics;
mod summary;
mod table;
mod tcp;
mod unwrap;

pub use frame::Frame;
pub use held::PIECE_OVERHEAD;
pub use link_type::LinkType;
pub use listen::Appetite;
pub use listen::Audience;
pub use listen::Listener;
pub use listen::Sender;
pub use listen::Time;
pub use settings::Limits;
pub use settings::Settings;
pub use settings::Timeouts;
pub use settings::Tunnels;
pub use shard::Shard;
pub use shard::Sharder;
pub use statistics::Statistics;
pub use summary::Counts;
pub use summary::End;
pub use summary::Opened;
pub use summary::Summary;
pub use table::FlowTable;
