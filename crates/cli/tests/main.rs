//! The program as its users run it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by stopping")]

mod blocklist;
mod demo;
mod discovery;
mod enumerated;
mod intrusive;
mod monitor;
mod monitor_zeek;
mod other_readers;
mod prefixes;
mod purge;
mod real_servers;
mod resilience;
mod scale;
mod support;
mod truth;
