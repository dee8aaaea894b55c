//! Dumps of routing tables.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_targets::fuzzing::mrt(data));
