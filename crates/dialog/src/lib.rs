//! Mail and chat conversations up to the first TLS byte and again after it, one two-sided session per protocol.
//!
//! A session is the grammar and the memory of one conversation; it hears both sides and says what a polite
//! measuring client would do next. [`Prober`] speaks the client's part, [`Watcher`] only listens: one grammar, two uses.
//! No clock, no socket: bytes come in and go out as values; whoever drives keeps the deadlines and tells
//! [`Prober::interrupted`] when one passed.

mod bare;
mod course;
mod ear;
mod facts;
mod frame;
#[doc(hidden)]
pub mod fuzz;
mod identity;
mod imap;
mod injection;
mod irc;
mod looks;
mod pop3;
mod prober;
mod service;
mod session;
mod smtp;
mod text;
mod watcher;
mod xmpp;

pub use ear::Piece;
pub use facts::Capabilities;
pub use facts::Ending;
pub use facts::Facts;
pub use facts::LooksLike;
pub use facts::Mechanism;
pub use facts::MechanismSource;
pub use facts::Offer;
pub use facts::Outcome;
pub use facts::Phase;
pub use facts::Reading;
pub use facts::Source;
pub use facts::Starttls;
pub use identity::Identity;
pub use injection::Echo;
pub use injection::Injection;
pub use looks::BinaryOpening;
pub use looks::DATABASE_OPENINGS;
pub use looks::Fit;
pub use looks::TELNET_OPENING;
pub use looks::looks_like;
pub use prober::Prober;
pub use prober::Step;
pub use service::Grammar;
pub use service::Mode;
pub use service::SERVICES;
pub use service::Service;
pub use session::Interruption;
pub use session::Side;
pub use text::contains;
pub use text::escaped;
pub use text::find;
pub use text::first_line;
pub use watcher::Watcher;
