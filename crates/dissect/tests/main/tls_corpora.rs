//! What searches found worth keeping, replayed.

#[path = "../../../../fuzz/replay.rs"]
mod replay;

use tlscensus_dissect::tls::fuzzing;

#[test]
fn kept_inputs_hold() {
    replay::all(fuzzing::TARGETS);
}
