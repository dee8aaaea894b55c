//! Packet captures made by hand: conversations become segments, segments frames, frames files.
//!
//! Everything is a value and nothing is random without a seed, so the same words give the same bytes:
//!
//! ```text
//! Conversation ──segments()──► Vec<Segment> ──distort::…──► Vec<Segment> ──Framing──► Capture ──pcap(), pcapng()──► bytes
//! ```

mod chance;
mod conversation;
pub mod distort;
mod file;
mod frame;
mod segment;

pub use chance::Chance;
pub use conversation::Closing;
pub use conversation::Conversation;
pub use conversation::Opening;
pub use file::Capture;
pub use file::Frame;
pub use file::Layout;
pub use frame::Carrier;
pub use frame::Framing;
pub use segment::Flags;
pub use segment::Segment;
pub use segment::Side;
pub use segment::checksum;
pub use segment::udp_datagram;
