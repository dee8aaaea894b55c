//! Conversations of HTTPS, of which nothing is spoken, heard from both sides and played against the prober.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_dialog::fuzz::bare(data));
