//! What can be done at every place of a handshake, done there.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Outcome;
use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::AlertLevel;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::Version;

use super::checked;
use super::client;
use super::order;
use super::records::edited;
use crate::support::scripted::Act;
use crate::support::scripted::Mode;
use crate::support::scripted::ScriptedServer;
use crate::support::scripted::meet;

/// How often handshakes ended with each word.
#[derive(Default)]
struct Tally(BTreeMap<String, usize>);

impl Tally {
    fn add(&mut self, ends: &str) {
        *self.0.entry(words(ends)).or_default() += 1;
    }

    fn text(&self) -> String {
        let lines = self.0.iter().map(|(word, count)| format!("{word} {count}"));
        lines.collect::<Vec<_>>().join("; ")
    }
}

/// Outcome and end without what is known beyond their words.
fn words(ends: &str) -> String {
    let words: Vec<&str> = ends.split(", ").filter_map(|end| end.split(':').next()).collect();
    words.join(", ")
}

/// Every order of these.
fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = items.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for shorter in permutations(rest) {
        for at in 0..=shorter.len() {
            let mut longer = shorter.clone();
            longer.insert(at, first.clone());
            all.push(longer);
        }
    }
    all
}

#[test]
fn a_flight_in_any_other_order_does_not_complete() {
    let keys = KeyShares::generate();
    let with = |mode: Mode, at, message| {
        let mut flight = mode.flight().to_vec();
        flight.insert(at, message);
        flight
    };
    let flights = [
        (
            Mode::Tls13,
            with(Mode::Tls13, 2, HandshakeType::CERTIFICATE_REQUEST),
            "completed, closed 1; completed, wrong-order 1; wrong-order 718",
        ),
        (
            Mode::Ecdhe12,
            with(Mode::Ecdhe12, 3, HandshakeType::CERTIFICATE_REQUEST),
            "completed, closed 1; wrong-order 119",
        ),
        (
            Mode::Ecdhe12,
            with(Mode::Ecdhe12, 2, HandshakeType::CERTIFICATE_STATUS),
            "completed, closed 1; wrong-order 119",
        ),
        (
            Mode::Rsa(Version::SSL_3),
            Mode::Rsa(Version::SSL_3).flight().to_vec(),
            "completed, closed 1; wrong-order 5",
        ),
    ];
    let mut wrong = String::new();
    for (mode, flight, expected) in flights {
        let mut tally = Tally::default();
        for order in permutations(&flight) {
            let mut script: Vec<Act> = order.iter().copied().map(Act::say).collect();
            let rest = mode.honest().into_iter().skip(mode.flight().len());
            script.extend(rest);
            let (_, ends) = checked("order", &keys, ScriptedServer::new(mode, script));
            assert!(ends != "completed, closed" || order == flight, "{order:?}");
            tally.add(&ends);
        }
        if tally.text() != expected {
            wrong += &format!("{mode:?} | {}\n", tally.text());
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn a_message_left_out_or_said_twice_does_not_complete() {
    let keys = KeyShares::generate();
    let mut tally = Tally::default();
    for mode in Mode::ALL {
        for message in mode.flight() {
            for server in [order::left_out(mode, *message), order::twice(mode, *message)] {
                let (_, ends) = checked("left out or twice", &keys, server);
                assert!(
                    !ends.starts_with("completed") || ends.contains("wrong-order"),
                    "{message}"
                );
                tally.add(&ends);
            }
        }
    }
    assert_eq!(tally.text(), "closed 6; completed, wrong-order 1; wrong-order 35");
}

/// Scripts with this act at every place.
fn at_every_place(mode: Mode, act: &Act) -> Vec<ScriptedServer> {
    let honest = mode.honest();
    let with = |at: usize| {
        let mut script = honest.clone();
        script.insert(at, act.clone());
        ScriptedServer::new(mode, script)
    };
    (0..=honest.len()).map(with).collect()
}

#[test]
fn what_is_said_at_every_place_has_its_names() {
    let keys = KeyShares::generate();
    let cases = [
        (
            "ChangeCipherSpec",
            Act::ChangeCipherSpec,
            "bad-finished 15; completed, bad-finished 10; completed, closed 4; completed, wrong-order 3; wrong-order 17",
        ),
        (
            "wish for another handshake",
            record(ContentType::HANDSHAKE, &[0; 4]),
            "completed, closed 42; completed, wrong-order 3; wrong-order 4",
        ),
        (
            "data",
            record(ContentType::APPLICATION_DATA, b"x"),
            "completed, closed 13; wrong-order 36",
        ),
        ("empty data", record(ContentType::APPLICATION_DATA, b""), "completed, closed 49"),
        (
            "heartbeat",
            record(ContentType::HEARTBEAT, b"\x01\x40\0"),
            "completed, wrong-order 13; wrong-order 36",
        ),
        (
            "unknown record",
            record(ContentType(99), b"x"),
            "completed, malformed 10; completed, wrong-order 3; malformed 26; not-tls 6; wrong-order 4",
        ),
        (
            "unknown message",
            Act::Handshake(HandshakeType(99), Vec::new()),
            "completed, wrong-order 13; wrong-order 36",
        ),
        (
            "retry request",
            Act::Retry(Vec::new()),
            "completed, wrong-order 13; not-completable 5; wrong-order 31",
        ),
        (
            "ticket",
            Act::say(HandshakeType::NEW_SESSION_TICKET),
            "bad-finished 5; completed, closed 8; completed, wrong-order 10; wrong-order 26",
        ),
        (
            "text",
            Act::Raw(b"500 Error\r\n".to_vec()),
            "completed, malformed 13; malformed 30; not-tls 6",
        ),
    ];
    let mut wrong = String::new();
    for (what, act, expected) in cases {
        let mut tally = Tally::default();
        for mode in Mode::ALL {
            for server in at_every_place(mode, &act) {
                tally.add(&checked(what, &keys, server).1);
            }
        }
        if tally.text() != expected {
            wrong += &format!("{what} | {}\n", tally.text());
        }
    }
    assert_eq!(wrong, "");
}

fn record(content_type: ContentType, payload: &[u8]) -> Act {
    Act::Record(content_type, payload.to_vec())
}

/// What an alert at this place of the script makes of a handshake. One that is borne with lets it go on, and its server hangs
/// up behind its last line.
fn of_alert(mode: Mode, alert: Alert, at: usize) -> &'static str {
    let finished = |act: &Act| matches!(act, Act::Say(HandshakeType::FINISHED, _));
    let complete = mode.honest().iter().take(at).any(finished);
    let borne_with = match mode {
        // Before ServerHello nobody knows that it is TLS 1.3.
        Mode::Tls13 if at > 0 => alert.description == AlertDescription::USER_CANCELED,
        _ => alert.level == AlertLevel::WARNING,
    };
    match alert.description {
        AlertDescription::CLOSE_NOTIFY if complete => "completed, closed",
        AlertDescription::CLOSE_NOTIFY => "alert",
        _ if borne_with => "completed, closed",
        AlertDescription::PROTOCOL_VERSION if complete => "completed, version-refused",
        AlertDescription::PROTOCOL_VERSION => "version-refused",
        AlertDescription::INSUFFICIENT_SECURITY if complete => "completed, no-common-suite",
        AlertDescription::INSUFFICIENT_SECURITY => "no-common-suite",
        _ if complete => "completed, alert",
        _ => "alert",
    }
}

#[test]
fn an_alert_of_every_kind_at_every_moment_is_heard() {
    let keys = KeyShares::generate();
    for mode in [Mode::Tls13, Mode::Ecdhe12] {
        for description in 0..=u8::MAX {
            // Most of what has no name is like all that has none.
            if description > 125 && description % 16 != 0 {
                continue;
            }
            for level in [AlertLevel::WARNING, AlertLevel::FATAL] {
                let alert = Alert { level, description: AlertDescription(description) };
                for (at, server) in at_every_place(mode, &Act::alert(alert)).into_iter().enumerate()
                {
                    let (meeting, ends) = checked("alert", &keys, server);
                    assert_eq!(words(&ends), of_alert(mode, alert, at), "{mode:?} {alert} {at}");
                    let heard =
                        meeting.client.observer().alerts().iter().any(|seen| seen.alert == alert);
                    assert!(heard, "{mode:?} {alert}");
                }
            }
        }
    }
}

#[test]
fn cut_at_every_byte_the_outcome_says_so() {
    let keys = KeyShares::generate();
    for mode in Mode::ALL {
        let server = || ScriptedServer::new(mode, mode.honest());
        let whole = meet(client(&keys), &mut server(), usize::MAX);
        let mut completed = 0;
        for end in 0..=whole.said.len() {
            let mut cut = server();
            cut.end = end;
            match checked("cut", &keys, cut).1.as_str() {
                "completed, closed" => completed += 1,
                other => {
                    assert_eq!(other, "closed", "{mode:?} {end}");
                    assert_eq!(completed, 0, "{mode:?} {end}");
                }
            }
        }
        assert!(completed > 0, "{mode:?}");
    }
}

/// Every message of the newest and the oldest modes with each of its bytes changed by this, and how often handshakes ended with each word.
fn at_every_byte(change: fn(&mut Vec<u8>, usize)) -> String {
    let keys = KeyShares::generate();
    let mut tally = Tally::default();
    let rsa = [Version::TLS_1_2, Version::SSL_3].map(Mode::Rsa);
    for mode in [Mode::Tls13, Mode::Ecdhe12].into_iter().chain(rsa) {
        for message in mode.flight().iter().copied().chain([HandshakeType::FINISHED]) {
            for at in 0..LONGEST_MESSAGE {
                let whole = Rc::new(Cell::new(false));
                let seen = Rc::clone(&whole);
                let server = edited(mode, message, move |body| {
                    seen.set(at >= body.len());
                    change(body, at);
                });
                let client = checked("a changed byte", &keys, server).0.client;
                if whole.get() {
                    break;
                }
                let ends = [client.outcome(), client.end()];
                let words: Vec<&str> = ends.into_iter().flatten().map(Outcome::word).collect();
                tally.add(&words.join(", "));
            }
        }
    }
    tally.text()
}

#[test]
fn every_message_ends_too_early_at_every_byte() {
    let expected = "bad-finished 126; malformed 2676; wrong-order 1";
    assert_eq!(at_every_byte(|body, at| body.truncate(at)), expected);
}

#[test]
fn every_byte_of_every_message_is_the_largest_there_is() {
    let largest = |body: &mut Vec<u8>, at| {
        body.iter_mut().skip(at).take(1).for_each(|byte| *byte = 0xff - u8::from(*byte == 0xff));
    };
    let expected = "bad-finished 680; bad-signature 226; completed, closed 1744; malformed 62; not-completable 81; version-refused 8; wrong-order 2";
    assert_eq!(at_every_byte(largest), expected);
}

/// Our messages are shorter; a loop over their bytes ends before.
const LONGEST_MESSAGE: usize = 1 << 12;
