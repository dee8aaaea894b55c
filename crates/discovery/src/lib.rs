//! who answers: SYN out, SYN-ACK in.
//!
//! * [`Template`] is a SYN that each [`Probe`] is patched into; [`Cookie`] gives the [`Mark`] it carries.
//! * [`Heard`] is what a received frame says, [`Validator`] tells whether that is an [`Answer`] to a probe of ours.

mod answer;
mod checksum;
mod cookie;
mod family;
mod frame;
mod hear;

pub use answer::Answer;
pub use answer::Foreign;
pub use answer::IcmpFacts;
pub use answer::TcpFacts;
pub use answer::Validator;
pub use cookie::Cookie;
pub use cookie::Mark;
pub use cookie::PortRange;
pub use family::Family;
pub use frame::Framing;
pub use frame::Options;
pub use frame::Probe;
pub use frame::Template;
pub use hear::Flags;
pub use hear::Heard;
pub use hear::IcmpError;
pub use hear::Quoted;
pub use hear::Segment;
pub use hear::What;
