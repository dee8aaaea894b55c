//! who answers: SYN out, SYN-ACK in.
//!
//! * [`Discovery`] is the whole: a [`Plan`] carried out over a [`Wire`], telling an [`Event`] for who answers.
//! * [`Template`] is a SYN that each [`Probe`] is patched into; [`Cookie`] gives the [`Mark`] it carries.
//! * [`Schedule`] says which positions of an order are sent next, and below which one nothing is left to do.
//! * [`Heard`] is what a received frame says, [`Validator`] tells whether that is an [`Answer`] to a probe of ours,
//!   [`Seen`] whether it is the first.
//! * [`Connector`] connects, where SYNs cannot be sent.
//! * [`Flow`] is what a ramp judges by, [`Intent`] says what a discovery would send.

mod answer;
mod checksum;
mod connect;
mod connecting;
mod cookie;
mod discovery;
mod error;
mod event;
mod family;
mod field;
mod frame;
#[doc(hidden)]
pub mod fuzzing;
mod hear;
mod hop;
mod in_flight;
mod number_set;
mod patience;
mod plan;
mod progress;
mod ramp;
mod receiver;
mod schedule;
mod seen;
mod sender;
mod share;
mod volume;
mod vouched;
mod wire;

pub use answer::Answer;
pub use answer::Foreign;
pub use answer::IcmpFacts;
pub use answer::TcpFacts;
pub use answer::Validator;
pub use connect::Connector;
pub use connect::NotBegun;
pub use connect::Outcome;
pub use connect::Unreachable;
pub use cookie::Cookie;
pub use cookie::Mark;
pub use cookie::PortRange;
pub use discovery::ConnectOptions;
pub use discovery::Discovery;
pub use discovery::Ended;
pub use discovery::Progress;
pub use discovery::Way;
pub use error::Error;
pub use event::Event;
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
pub use plan::From;
pub use plan::Plan;
pub use progress::Counts;
pub use ramp::Expected;
pub use ramp::Flow;
pub use ramp::Halt;
pub use ramp::Watch;
pub use schedule::Block;
pub use schedule::Next;
pub use schedule::Schedule;
pub use seen::Seen;
pub use volume::Busiest;
pub use volume::Intent;
pub use volume::Volume;
pub use wire::Wire;
pub use wire::WireOptions;
