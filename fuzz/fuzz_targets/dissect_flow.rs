//! Flows of any bytes with any holes: what they speak, and what is found in them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_dissect::fuzzing::flow(data));
