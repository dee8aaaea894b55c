//! Which endpoints may be touched, in what order and how fast: lists, prefixes, blocklist, permutation, shards, rates.
//!
//! Nothing here knows a clock, a socket or a file: lines come in as bytes, time as microseconds or nanoseconds on a clock of the
//! caller's, addresses as values.
//!
//! * [`LineParser`] reads what a user lists as [`Target`]s, line by line.
//! * [`Scope`] says how far a run may reach at all; without an operator's contact it is loopback.
//! * [`Blocklist`] says whether an address may be touched, and if not, why; [`LiveBlocklist`] can be replaced meanwhile.
//! * [`Consent`] says who agreed to be asked what others are not.
//! * [`Limiter`] says when a connection may be made, [`Pacer`] when a packet may be sent, and [`Ceilings`]
//!   whether it may go to this network.
//! * [`Budget`] says how often.
//! * [`AddressListParser`] reads what others list as an [`AddressSet`], [`PairListParser`] as a [`PairList`].
//! * [`AddressSet`] and [`Space`] hold the addresses that a discovery may visit, [`Grid`] each of them with each port, by one
//!   index, [`PairList`] pairs of the two, and [`Visits`] the one or the other; [`Permutation`] puts the indices in an order, and
//!   [`Shard`] cuts that into parts.
//! * [`Audit`] proves of a configuration that it visits everything once and nothing else.
//! * [`mrt`] reads what is routed out of dumps of routing tables, [`RouteParser`] out of what was printed of them;
//!   [`RouteTable`] finds the route of an address.

mod address_list;
mod address_set;
mod answers;
mod audit;
mod blocklist;
mod budget;
mod ceilings;
mod consent;
mod division;
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod grid;
mod lanes;
mod live;
pub mod mrt;
mod note;
mod pacer;
mod pair_list;
mod permutation;
mod rate;
mod route_line;
mod route_table;
mod runs;
mod shard;
mod space;
mod special;
mod target;
mod visits;

pub use address_list::AddressListParser;
pub use address_set::AddressSet;
pub use audit::Audit;
pub use audit::AuditReport;
pub use audit::TooLargeForMemory;
pub use blocklist::Blocklist;
pub use blocklist::BlocklistError;
pub use blocklist::Entry;
pub use blocklist::NotSpecial;
pub use blocklist::Origin;
pub use budget::Budget;
pub use ceilings::Ceilings;
pub use ceilings::Deferred;
pub use consent::Consent;
pub use consent::ConsentError;
pub use gate::Refusal;
pub use gate::Scope;
pub use grid::Grid;
pub use grid::Pairs;
pub use live::LiveBlocklist;
pub use note::Note;
pub use note::is_date;
pub use pacer::Grant;
pub use pacer::NoRate;
pub use pacer::Pacer;
pub use pacer::Rate;
pub use pair_list::PairList;
pub use pair_list::PairListParser;
pub use permutation::Permutation;
pub use permutation::TooLarge;
pub use permutation::Walk;
pub use rate::Decision;
pub use rate::Limiter;
pub use rate::Limits;
pub use route_line::RouteParser;
pub use route_table::RouteId;
pub use route_table::RouteTable;
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
pub use visits::VisitWalk;
pub use visits::Visits;
