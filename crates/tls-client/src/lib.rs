//! The measuring client: offers a profile, walks the handshake, reports what it saw.
//!
//! [`Client`] is a machine without IO. What it offers is a [`Profile`], the keys it uses are [`KeyShares`], how it ended is
#![forbid(unsafe_code)]

mod client;
mod connection;
mod crypto;
mod decompress;
pub mod enumerate;
mod failure;
mod handshake;
mod keys;
mod outcome;
mod profile;
mod protection;
mod renegotiation;
mod rules;
mod session;
mod ssl2;
mod stop;
mod suite;
#[cfg(test)]
mod testing;

pub use client::Client;
pub use client::Step;
pub use keys::KeyShares;
pub use outcome::Interruption;
pub use outcome::Malformed;
pub use outcome::Outcome;
pub use profile::PROFILES;
pub use profile::Profile;
pub use renegotiation::Renegotiation;
pub use session::Carrier;
pub use session::Session;
pub use ssl2::Ssl2Client;
pub use stop::Stop;
