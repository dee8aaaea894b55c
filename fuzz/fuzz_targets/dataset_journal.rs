//! Journals of a dataset.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_dataset::fuzzing::journal(data));
