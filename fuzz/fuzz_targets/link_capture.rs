//! Captures of packets, of any format and compression.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_link::fuzzing::capture(data));
