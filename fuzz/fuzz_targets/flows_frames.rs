//! Flows: whatever the frames, limits hold and all is accounted for.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tlscensus_flows::fuzzing::frames(data));
