//! Which endpoints may be touched, and how fast: lists, special-purpose networks, blocklist, rates.
//!
//! Nothing here knows a clock, a socket or a file: lines come in as bytes, time as microseconds on a clock of the
//! caller's, addresses as values.
//!
//! * [`LineParser`] reads what a user lists as [`Target`]s, line by line.
//! * [`Scope`] says how far a run may reach at all; without an operator's contact it is loopback.
//! * [`Blocklist`] says whether an address may be touched, and if not, why.
//! * [`Consent`] says who agreed to be asked what others are not.
//! * [`Limiter`] says when.
//! * [`Budget`] says how often.

mod blocklist;
mod budget;
mod consent;
mod gate;
mod rate;
mod special;
mod target;

pub use blocklist::Blocklist;
pub use blocklist::BlocklistError;
pub use blocklist::Entry;
pub use blocklist::NotSpecial;
pub use blocklist::Origin;
pub use budget::Budget;
pub use consent::Consent;
pub use consent::ConsentError;
pub use gate::Refusal;
pub use gate::Scope;
pub use rate::Decision;
pub use rate::Limiter;
pub use rate::Limits;
pub use target::Expansion;
pub use target::Line;
pub use target::LineError;
pub use target::LineParser;
pub use target::MAX_LINE;
pub use target::Problem;
pub use target::Target;
