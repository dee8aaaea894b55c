//! Frames of a journal that are damaged and have the right sums.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_dataset::fuzzing::payload(data));
