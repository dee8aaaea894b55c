//! Connections in ruins: split, cut and with holes at every place. A hole may take facts away; it never makes one up.

use std::collections::BTreeMap;
use std::sync::Arc;

use tlscensus_dissect::tls::Ear;
use tlscensus_dissect::tls::NotEstablished;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Presence;
use tlscensus_tls_wire::observer::Side;

use crate::tls_streams;
use crate::tls_streams::Cut;

/// Facts that one side's bytes are enough for, as text: what is not there is not among them.
pub(crate) fn facts(observer: &Observer, side: Side) -> BTreeMap<&'static str, String> {
    let mut facts = BTreeMap::new();
    let mut put = |name, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(name, value);
        }
    };
    match side {
        Side::Client => {
            put("offer", observer.offer().map(|it| checksum(&it.hello.encoded())));
            put("client chain", observer.client_chain().map(lengths));
            put("ssl2 hello", observer.ssl2_hello().map(|it| format!("{it:?}")));
            put("ssl2 cipher", observer.ssl2_cipher().map(|it| it.to_string()));
        }
        Side::Server => {
            put("choice", observer.choice().map(|it| format!("{it:?}")));
            put("retry", observer.retry().map(|it| format!("{it:?}")));
            put("ssl2 choice", observer.ssl2_choice().map(|it| format!("{it:?}")));
            put("chain", observer.chain().map(lengths));
            put("staple", observer.ocsp_staple().map(checksum));
            put("request", observer.certificate_request().map(|it| format!("{it:?}")));
            let facts = observer.key_exchange();
            put("group", facts.as_ref().and_then(|it| it.group).map(|it| it.to_string()));
            put("dh", facts.as_ref().and_then(|it| it.dh).map(|it| format!("{it:?}")));
            put("scheme", facts.and_then(|it| it.signature_scheme).map(|it| it.to_string()));
            put("ticket", observer.tickets().first().map(|it| format!("{it:?}")));
        }
    }
    facts
}

/// Certificates by length and sum.
fn lengths(chain: &[Arc<[u8]>]) -> String {
    chain.iter().map(|der| checksum(der)).collect()
}

/// Enough to tell bytes from other bytes of the same connection, and quick.
fn checksum(bytes: &[u8]) -> String {
    let sum =
        bytes.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    format!("{}:{sum:x} ", bytes.len())
}

fn presences(observer: &Observer) -> [Presence; 7] {
    [
        observer.alpn_presence(),
        observer.certificate_presence(),
        observer.certificate_request_presence(),
        observer.encrypted_extensions_presence(),
        observer.ocsp_presence(),
        observer.scts_presence(),
        observer.tickets_presence(),
    ]
}

/// Everything, for runs that must be the same.
fn everything(ear: &Ear) -> String {
    let observer = ear.observer();
    let sides = [Side::Client, Side::Server];
    let counts = sides.map(|side| {
        let unopened = (observer.unopened_records(side), observer.unopened_alerts(side));
        (observer.records(side), observer.bytes(side), unopened, observer.has_missed(side))
    });
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        sides.map(|side| facts(observer, side)),
        presences(observer),
        observer.history(),
        observer.resumed(),
        observer.alerts(),
        observer.malformed(),
        counts,
        ear.not_established(),
        observer.early_records(),
    )
}

#[test]
fn the_split_does_not_matter() {
    for (name, stream) in tls_streams::all() {
        let whole = everything(&stream.heard());
        for size in [1, 2, 3, 5, 7, 100, 1460] {
            assert_eq!(everything(&stream.heard_in_pieces(size)), whole, "{name}: {size}");
        }
        for side in [Side::Client, Side::Server] {
            for at in 0..stream.length(side) {
                let split = everything(&stream.heard_cut(side, at, Cut::Split));
                assert!(split == whole, "{name}: {} at {at}", side.word());
            }
        }
    }
}

/// What is known of the whole, asked once.
struct Whole {
    facts: [BTreeMap<&'static str, String>; 2],
    presences: [Presence; 7],
    ear: Ear,
}

impl Whole {
    fn new(ear: Ear) -> Self {
        let observer = ear.observer();
        let facts = [Side::Client, Side::Server].map(|side| facts(observer, side));
        Self { facts, presences: presences(observer), ear }
    }

    fn facts(&self, side: Side) -> &BTreeMap<&'static str, String> {
        let [client, server] = &self.facts;
        if side == Side::Client { client } else { server }
    }

    /// What is known of a part is known of the whole, and what only the other side says is not touched.
    fn check(&self, part: &Ear, side: Side, is_hole: bool, what: &dyn Fn() -> String) {
        let (observer, whole) = (part.observer(), self.ear.observer());
        for (name, value) in facts(observer, side) {
            assert_eq!(Some(&value), self.facts(side).get(name), "{}: {name}", what());
        }
        let other = if side == Side::Client { Side::Server } else { Side::Client };
        assert_eq!(&facts(observer, other), self.facts(other), "{}", what());
        for (part, whole) in presences(observer).into_iter().zip(self.presences) {
            // Who did not hear the hello does not know that nobody asked.
            let is_same = part == whole || (whole == Presence::Unasked && part != Presence::Seen);
            assert!(is_same || part == Presence::Unreached, "{}: {part:?} of {whole:?}", what());
        }
        if let Some(resumed) = observer.resumed() {
            assert_eq!(Some(resumed), whole.resumed(), "{}: resumed", what());
        }
        for seen in observer.alerts() {
            let mut alerts = whole.alerts().iter();
            let is_there = alerts.any(|it| (it.side, it.alert) == (seen.side, seen.alert));
            assert!(is_there, "{}: {seen:?}", what());
        }
        for seen in observer.malformed() {
            assert!(whole.malformed().contains(seen), "{}: {seen:?}", what());
        }
        if is_hole && part.not_established().is_none() {
            assert_eq!(self.ear.not_established(), None, "{}: established", what());
        }
    }
}

#[test]
fn an_end_anywhere_takes_facts_away() {
    for (name, stream) in tls_streams::all() {
        let whole = Whole::new(stream.heard());
        for side in [Side::Client, Side::Server] {
            for at in 0..stream.length(side) {
                let what = || format!("{name}: {} ends at {at}", side.word());
                whole.check(&stream.heard_cut(side, at, Cut::End), side, false, &what);
            }
        }
    }
}

#[test]
fn a_hole_anywhere_takes_facts_away() {
    for (name, stream) in tls_streams::all() {
        let whole = Whole::new(stream.heard());
        for side in [Side::Client, Side::Server] {
            for at in 0..stream.length(side) {
                let length = [1, 60, 1460][at % 3];
                let what = || format!("{name}: {} misses {length} at {at}", side.word());
                let part = stream.heard_cut(side, at, Cut::Hole(length));
                whole.check(&part, side, true, &what);
            }
        }
    }
}

#[test]
fn one_side_alone_has_its_facts() {
    for (name, stream) in tls_streams::all() {
        let whole = stream.heard();
        for side in [Side::Client, Side::Server] {
            let mut ear = Ear::new();
            for bytes in stream.of(side) {
                let _ = ear.hear(side, bytes);
            }
            assert_eq!(facts(ear.observer(), side), facts(whole.observer(), side), "{name}");
            if let Some(why) = ear.not_established() {
                let is_other = side == Side::Server && tls_streams::is_other(&name);
                assert_eq!(why == NotEstablished::NotTls, is_other, "{name}");
            } else {
                assert_eq!(whole.not_established(), None, "{name}");
            }
        }
    }
}
