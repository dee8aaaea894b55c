//! Files of those who agreed to be asked what others are not.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_targets::fuzzing::consent(data));
