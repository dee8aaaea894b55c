//! What searches found worth keeping, replayed.

use tlscensus_dissect::tls::fuzzing;

#[test]
fn kept_inputs_hold() {
    crate::replay::all(fuzzing::TARGETS);
}
