//! Which endpoints may be touched, in what order and how fast: lists, prefixes, blocklist, permutation, shards, rates.
//!
//! Nothing here knows a clock, a socket or a file: lines come in as bytes, time as microseconds on a clock of the
//! caller's, addresses as values.
//!
//! * [`LineParser`] reads what a user lists as [`Target`]s, line by line.
//! * [`Scope`] says how far a run may reach at all; without an operator's contact it is loopback.
//! * [`Blocklist`] says whether an address may be touched, and if not, why; [`LiveBlocklist`] can be replaced meanwhile.
//! * [`Consent`] says who agreed to be asked what others are not.
//! * [`Limiter`] says when.
//! * [`Budget`] says how often.
//! * [`AddressSet`] and [`Space`] hold the addresses that a discovery may visit, [`Grid`] each of them with each port, by one
//!   index; [`Permutation`] puts the indices in an order, and [`Shard`] cuts that into parts.
//! * [`mrt`] reads what is routed out of dumps of routing tables.

mod address_set;
mod blocklist;
mod budget;
mod consent;
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod grid;
mod live;
pub mod mrt;
mod note;
mod permutation;
mod rate;
mod shard;
mod space;
mod special;
mod target;

pub use address_set::AddressSet;
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
pub use grid::Grid;
pub use grid::Pairs;
pub use live::LiveBlocklist;
pub use note::Note;
pub use note::is_date;
pub use permutation::Permutation;
pub use permutation::TooLarge;
pub use permutation::Walk;
pub use rate::Decision;
pub use rate::Limiter;
pub use rate::Limits;
pub use shard::NoShard;
pub use shard::Shard;
pub use space::Space;
pub use target::Expansion;
pub use target::Line;
pub use target::LineError;
pub use target::LineParser;
pub use target::MAX_LINE;
pub use target::Problem;
pub use target::Target;
