//! The crate as others use it: the one integration binary.

mod corpora;
mod facts;
mod ffdh_groups;
mod fingerprints;
mod passive;
mod registry;
mod roundtrip;
mod ssl2;
mod transcript;
mod wire;
