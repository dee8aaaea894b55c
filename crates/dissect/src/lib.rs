//! what a flow speaks, and its facts.
//!
//! A [`Dissector`] hears one flow. What it speaks is decided by its first bytes, on any port and in either role; then its
//! dialogue is listened to up to TLS, and TLS up to where it is established. Nothing of a client stays but what it was able to
//! do: its address, its names and whatever it sent are replaced or dropped before [`Findings`] are handed out.

mod behind;
mod detect;
mod dissector;
mod findings;
#[doc(hidden)]
pub mod fuzzing;
mod ipv4;
mod listening;
mod names;
mod redact;
mod row;
mod speech;
#[doc(hidden)]
pub mod tls;

pub use dissector::Dissector;
pub use findings::DetectedBy;
pub use findings::Findings;
pub use findings::Foreign;
pub use findings::GoAhead;
pub use findings::Ours;
pub use findings::PerSide;
pub use findings::Spoken;
pub use findings::Stopped;
pub use row::certificates;
pub use row::row;
pub use speech::Via;
pub use tls::Ear;
pub use tls::NotEstablished;
pub use tls::Progress;
