//! The crate as others use it: the one integration binary.

mod facts;
mod ffdh_groups;
mod fingerprints;
mod passive;
mod registry;
mod roundtrip;
mod transcript;
mod wire;
