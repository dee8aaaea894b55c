//! TLS as bytes, SSL 2 to TLS 1.3: decode everything, keep the unknown, judge nothing.

pub mod alert;
pub mod codec;
pub mod extension;
pub mod fingerprint;
pub mod fuzzing;
pub mod handshake;
pub mod observer;
pub mod record;
pub mod registry;
pub mod ssl2;
