//! Frames that may be answers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_discovery::fuzzing::answers(data));
