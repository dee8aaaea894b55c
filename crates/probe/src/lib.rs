//! One endpoint → attempts → rows; the asynchronous crate.
//!
//! [`run`] takes a [`Plan`] and targets, and hands over one [`Probed`] for each endpoint, whatever becomes of it: a way of not
//! succeeding is an outcome in the row. One loop drives every conversation; it alone knows sockets, deadlines and budgets.

mod again;
mod ask;
mod capabilities;
mod connect;
mod conversation;
mod drive;
mod endpoint;
mod enumerate;
mod intrusive;
mod ladder;
mod list;
mod pace;
mod plan;
mod progress;
mod resolve;
mod run;
mod shuffled;
mod stop;
#[cfg(test)]
mod testing;
mod work;

pub use endpoint::Endpoint;
pub use endpoint::places;
pub use intrusive::Intrusive;
pub use intrusive::IntrusiveQuestion;
pub use ladder::LADDERS;
pub use ladder::Ladder;
pub use list::ListError;
pub use list::TargetList;
pub use plan::Covered;
pub use plan::Enumerating;
pub use plan::NameServers;
pub use plan::Plan;
pub use plan::Routes;
pub use plan::Sni;
pub use plan::Timeouts;
pub use progress::Counts;
pub use progress::Progress;
pub use run::Ended;
pub use run::Probed;
pub use run::Reason;
pub use run::run;
pub use shuffled::NotShuffled;
pub use shuffled::ShuffledList;
pub use shuffled::ShuffledWalk;
pub use stop::Stop;
