//! The lab against clients that are not ours: OpenSSL, rustls and bare sockets find what the truth says.
#![expect(clippy::unwrap_used, reason = "tests")]

mod client;
mod conversations;
mod handshakes;
mod life;
mod misbehaviour;
mod other_clients;
mod repertoire;
