//! A TLS 1.0 server (RFC 2246) of our own, for what no library serves any more: export
//! suites and fields of 512 bits; IDEA and SEED, which OpenSSL 3.6 does not complete with a client of their time.
//!
//! Of SSL 2 it does the hello alone. Of TLS it does one suite, no extensions, no resumption; its primitives are OpenSSL's.

mod handshake;
mod keys;
mod records;
mod ssl2;
mod suite;

pub(crate) use handshake::accept;
pub(crate) use ssl2::answer as answer_ssl2;
pub(crate) use suite::Suite;

/// TLS 1.0 on the wire.
const VERSION: [u8; 2] = [3, 1];
