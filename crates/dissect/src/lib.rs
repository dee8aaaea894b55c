//! what a flow speaks, and its facts.

#[doc(hidden)]
pub mod tls;
