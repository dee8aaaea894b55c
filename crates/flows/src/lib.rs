//! TCP flows out of captured packets, time given.
//!
//! Frames go in with the time of their capture; what comes out is, for each flow, the bytes of either direction in order, once,
//! with holes told as holes. What the bytes mean is a [`Listener`]'s business, and what becomes of a flow an [`Audience`]'s.

mod listen;
mod summary;

pub use listen::Appetite;
pub use listen::Audience;
pub use listen::Listener;
pub use listen::Sender;
pub use listen::Time;
pub use summary::Counts;
pub use summary::End;
pub use summary::Opened;
pub use summary::Summary;
