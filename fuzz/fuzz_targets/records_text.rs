//! Bytes of peers as text, and text as bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_records::fuzzing::escaped(data));
