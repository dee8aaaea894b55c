//! A TLS connection heard from outside: any bytes of both sides, in any split, with holes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_dissect::tls::fuzzing::ear(data));
