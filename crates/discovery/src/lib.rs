//! who answers: SYN out, SYN-ACK in.
//!
//! * [`Template`] is a SYN that each [`Probe`] is patched into; [`Cookie`] gives the [`Mark`] it carries.
//! * [`Schedule`] says which positions of an order are sent next, and below which one nothing is left to do.
//! * [`Heard`] is what a received frame says, [`Validator`] tells whether that is an [`Answer`] to a probe of ours,
//!   [`Seen`] whether it is the first.
//! * [`ramp`] judges whether answers are what a scan may go on with, [`Plan`] says what one would send.

mod answer;
mod checksum;
mod cookie;
mod family;
mod field;
mod frame;
#[doc(hidden)]
pub mod fuzzing;
mod hear;
mod number_set;
pub mod ramp;
mod schedule;
mod seen;
mod share;
mod volume;

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
pub use schedule::Block;
pub use schedule::Next;
pub use schedule::Schedule;
pub use seen::Seen;
pub use volume::Busiest;
pub use volume::Plan;
pub use volume::Volume;
