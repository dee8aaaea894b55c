//! Conversations of every service, heard from both sides and played against the prober.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    for service in &tlscensus_dialog::SERVICES {
        tlscensus_dialog::fuzz::fuzz_session(service, data);
        tlscensus_dialog::fuzz::fuzz_server(service, data);
    }
});
