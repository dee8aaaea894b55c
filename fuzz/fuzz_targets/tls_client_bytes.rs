//! The client as a whole, told any bytes.
#![no_main]

#[path = "../../crates/tls-client/tests/support/fuzzing.rs"]
mod fuzzing;
#[path = "../../crates/tls-client/tests/support/scripted/mod.rs"]
mod scripted;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::bytes(data));
