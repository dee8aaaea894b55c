//! Messages and records of SSL 2.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_tls_wire::fuzzing::ssl2(data));
