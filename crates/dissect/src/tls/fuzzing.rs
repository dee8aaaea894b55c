//! What must hold for any bytes: bodies of fuzz targets, replayed by plain tests.

use tlscensus_tls_wire::observer::Side;

use super::Ear;
use super::Guess;
use super::PROBE_BYTES;
use super::looks_like_tls;

/// A fuzz target: its name and its body.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// The fuzz targets of this module.
pub const TARGETS: &[FuzzTarget] = &[("dissect_tls", ear)];

/// A connection is heard the same however its bytes are split, holes and all, and every question has an answer.
///
/// Each step is a byte that chooses side, kind and, with the next one, a length; then that many bytes.
pub fn ear(data: &[u8]) {
    let (mut whole, mut pieces) = (Ear::new(), Ear::new());
    let mut holes = false;
    let mut rest = data;
    while let [step, low, tail @ ..] = rest {
        let side = if step & 1 == 0 { Side::Client } else { Side::Server };
        let length = usize::from(step >> 3) * 256 + usize::from(*low);
        match step & 6 {
            6 => {
                holes = true;
                let bytes = u64::try_from(length).unwrap_or_default();
                let _ = whole.miss(side, bytes);
                let _ = pieces.miss(side, bytes);
                rest = tail;
            }
            _ => {
                let (bytes, tail) = tail.split_at(length.min(tail.len()));
                guesses(bytes);
                let _ = whole.hear(side, bytes);
                for byte in bytes.chunks(1 + length % 7) {
                    let _ = pieces.hear(side, byte);
                }
                rest = tail;
            }
        }
    }
    // Behind a hole it is a segment's beginning that is looked at first, so there the split may matter.
    if !holes {
        assert_eq!(summary(&whole), summary(&pieces));
    }
    for side in [Side::Client, Side::Server] {
        let _ = whole.finish(side);
    }
    let _ = summary(&whole);
}

/// What was heard, as text to be compared.
fn summary(ear: &Ear) -> String {
    let observer = ear.observer();
    let offer = observer.offer().map(|offer| {
        (offer.versions(), offer.key_share_groups(), offer.psk_count(), offer.ticket_length())
    });
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        ear.not_established().map(|why| why.word()),
        observer.history(),
        offer,
        observer.choice(),
        observer.key_exchange(),
        observer.alerts(),
        observer.malformed(),
        observer.certificate_presence(),
        [Side::Client, Side::Server].map(|side| (observer.records(side), observer.bytes(side))),
    )
}

/// A guess does not change its mind, and is made in time.
fn guesses(bytes: &[u8]) {
    let last = looks_like_tls(bytes);
    for end in 0..bytes.len().min(PROBE_BYTES) {
        let guess = looks_like_tls(bytes.get(..end).unwrap_or_default());
        assert!(guess == Guess::Unsure || guess == last || guess == Guess::Either, "{end}");
    }
    assert!(bytes.len() < PROBE_BYTES || last != Guess::Unsure);
}
