//! Frames out of captures: files, compressed or growing, and whatever else can be read.

mod blocks;
mod classic;
mod error;
mod format;
mod reader;
mod source;
mod stream;
mod ticks;
mod writer;

pub use error::Bound;
pub use error::CaptureError;
pub use reader::CaptureCounts;
pub use reader::CaptureReader;
pub use reader::Captured;
pub use reader::Polled;
pub use reader::PolledSome;
pub use reader::VlanTag;
pub use writer::PcapWriter;
