//! Flows out of frames made here: scripts of single cases, a simulator with a model, everything that wraps a packet, limits.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by stopping")]
#![expect(clippy::as_conversions, reason = "numbers of packets made here fit")]

mod audience;
mod limits;
mod packets;
mod scripts;
mod sharding;
mod simulator;
mod starts_and_ends;
mod unwrapping;
