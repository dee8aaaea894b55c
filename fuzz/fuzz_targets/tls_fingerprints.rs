//! Fingerprints of hellos.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_tls_wire::fuzzing::fingerprints(data));
