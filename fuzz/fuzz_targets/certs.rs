//! Certificates: whatever calls itself one has facts.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_certs::fuzzing::facts(data));
