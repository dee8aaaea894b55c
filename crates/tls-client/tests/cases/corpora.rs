//! What fuzzing found worth keeping, replayed (`fuzz/run --keep`).

use crate::support::fuzzing;

#[test]
fn kept_inputs_of_the_client_hold() {
    let in_bytes = include_str!("../../../../fuzz/testdata/tls_client_bytes.hex");
    replay(in_bytes, fuzzing::bytes);
    let with_keys = include_str!("../../../../fuzz/testdata/tls_client_keys.hex");
    replay(with_keys, fuzzing::keys);
}

fn replay(kept: &str, body: impl Fn(&[u8])) {
    assert!(kept.lines().count() > 100);
    kept.lines().for_each(|line| body(&bytes(line)));
}

/// The bytes of a line of hexadecimal.
fn bytes(line: &str) -> Vec<u8> {
    let digits = (0..line.len()).step_by(2);
    digits.map(|at| u8::from_str_radix(&line[at..at + 2], 16).unwrap()).collect()
}
