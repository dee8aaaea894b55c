//! who answers: SYN out, SYN-ACK in.

mod connect;
mod in_flight;

pub use connect::Connector;
pub use connect::NotBegun;
pub use connect::Outcome;
pub use connect::Unreachable;
