//! What must hold for any bytes: the body of a fuzz target, replayed by a plain test.

use crate::Facts;
use crate::Parse;

/// Whatever calls itself a certificate has facts, and what was read by the rules has all of them.
pub fn facts(data: &[u8]) {
    let facts = Facts::read(data);
    if facts.parse == Parse::Ok {
        assert!(facts.serial.is_some() && facts.spki_sha256.is_some());
        assert!(facts.not_before.is_some() && facts.not_after.is_some());
        assert!(facts.extensions.is_some() && facts.self_issued().is_some());
    }
}
