//! What searches found worth keeping, replayed.

#[path = "../../../../fuzz/replay.rs"]
mod replay;

use crate::support::fuzzing;

#[test]
fn kept_inputs_hold() {
    replay::all(fuzzing::TARGETS);
}

/// A server of TLS 1.3 that says it has 32,000 groups: all of them in the next hello would be no hello.
#[test]
fn many_declared_groups_leave_the_next_hello_one() {
    let answer = |declared: &[u8]| {
        let head = b"\x02\0\0\0\x00\x17\0\0\0";
        [&head[..], declared, b"\0\0\x03"].concat()
    };
    let input = [vec![60], answer(b"\0").repeat(3), answer(b"\xff\0\0").repeat(30)].concat();
    fuzzing::enumerating(&input);
}
