//! The client that takes a session up again, told any bytes.
#![no_main]
#![allow(dead_code, reason = "each target needs its part")]

#[path = "../../crates/tls-client/tests/support/fuzzing/mod.rs"]
mod fuzzing;
#[path = "../../crates/tls-client/tests/support/scripted/mod.rs"]
mod scripted;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::resuming(data));
