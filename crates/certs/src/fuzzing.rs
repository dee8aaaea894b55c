//! What must hold for any bytes: the body of a fuzz target, replayed by a plain test.

use crate::Facts;
use crate::Parse;
use crate::scts_in_certificate;
use crate::scts_in_ocsp_response;

/// A fuzz target: its name and its body.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// The fuzz targets of this crate.
pub const TARGETS: &[FuzzTarget] = &[("certs", facts)];

/// Whatever calls itself a certificate has facts, and what was read by the rules has all of them. Timestamps of logs are
/// looked for in anything.
pub fn facts(data: &[u8]) {
    let facts = Facts::read(data);
    if facts.parse == Parse::Ok {
        assert!(facts.serial.is_some() && facts.spki_sha256.is_some());
        assert!(facts.not_before.is_some() && facts.not_after.is_some());
        assert!(facts.extensions.is_some() && facts.self_issued().is_some());
    }
    for scts in [scts_in_certificate(data), scts_in_ocsp_response(data)].into_iter().flatten() {
        assert!(usize::try_from(scts).is_ok_and(|scts| scts <= data.len()), "{scts} timestamps");
    }
}
