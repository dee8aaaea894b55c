//! The crate as others use it: the one integration binary.

mod facts;
mod fingerprints;
mod passive;
mod registry;
mod roundtrip;
mod transcript;
mod wire;
