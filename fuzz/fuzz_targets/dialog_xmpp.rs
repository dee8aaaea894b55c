//! Conversations of XMPP, of clients and of servers, heard from both sides and played against the prober.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_dialog::fuzz::xmpp(data));
