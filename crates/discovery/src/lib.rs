//! who answers: SYN out, SYN-ACK in.
//!
//! * [`Template`] is a SYN that each [`Probe`] is patched into; [`Cookie`] gives the [`Mark`] it carries.

mod checksum;
mod cookie;
mod family;
mod frame;

pub use cookie::Cookie;
pub use cookie::Mark;
pub use cookie::PortRange;
pub use family::Family;
pub use frame::Framing;
pub use frame::Options;
pub use frame::Probe;
pub use frame::Template;
