//! Bodies of the fuzz targets, replayed by plain tests: a conversation of any bytes in any order.

use crate::Facts;
use crate::Grammar;
use crate::Identity;
use crate::Interruption;
use crate::Prober;
use crate::SERVICES;
use crate::Service;
use crate::Side;
use crate::Step;
use crate::Watcher;

/// A fuzz target: its name and its body.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// The fuzz targets of this crate.
pub const TARGETS: &[FuzzTarget] = &[
    ("dialog_bare", bare),
    ("dialog_imap", imap),
    ("dialog_irc", irc),
    ("dialog_pop3", pop3),
    ("dialog_smtp", smtp),
    ("dialog_xmpp", xmpp),
];

/// Conversations of HTTPS.
pub fn bare(data: &[u8]) {
    of_grammars(&[Grammar::Bare], data);
}

/// Conversations of IMAP.
pub fn imap(data: &[u8]) {
    of_grammars(&[Grammar::Imap], data);
}

/// Conversations of IRC.
pub fn irc(data: &[u8]) {
    of_grammars(&[Grammar::Irc], data);
}

/// Conversations of POP3.
pub fn pop3(data: &[u8]) {
    of_grammars(&[Grammar::Pop3], data);
}

/// Conversations of SMTP and SUBMISSION.
pub fn smtp(data: &[u8]) {
    of_grammars(&[Grammar::Smtp], data);
}

/// Conversations of XMPP.
pub fn xmpp(data: &[u8]) {
    of_grammars(&[Grammar::XmppClient, Grammar::XmppServer], data);
}

/// The first byte chooses the service and who speaks, the second how the bytes are cut; behind them are breaths, or the
/// words of a server.
fn of_grammars(grammars: &[Grammar], data: &[u8]) {
    let [choice, size, said @ ..] = data else { return };
    let services: Vec<&Service> =
        SERVICES.iter().filter(|service| grammars.contains(&service.grammar)).collect();
    let Some(service) = services.get(usize::from(choice >> 1) % services.len().max(1)) else {
        return;
    };
    let piece = usize::from(*size) + 1;
    match choice & 1 {
        0 => fuzz_session(service, said, piece),
        _ => fuzz_server(service, said, piece),
    }
}

/// Plays `data` as both sides of a conversation, whole and in pieces of this size, and checks what must hold whatever
/// comes.
///
/// `data` is a list of breaths: a byte whose lowest bit is the side, and whose others are the length, then the bytes.
/// A prober hears the server's; a watcher hears both.
///
/// # Panics
/// When a promise of this crate is broken.
pub fn fuzz_session(service: &Service, data: &[u8], piece: usize) {
    let breaths = breaths(data);
    let probed = probe(service, &breaths, usize::MAX);
    assert_eq!(probed, probe(service, &breaths, piece), "a prober saw the split");
    let watched = watch(service, &breaths, usize::MAX);
    assert_eq!(watched, watch(service, &breaths, piece), "a watcher saw the split");
}

/// The server says all of `data`, and nothing else happens: the simplest hostile peer.
///
/// # Panics
/// When a promise of this crate is broken.
pub fn fuzz_server(service: &Service, data: &[u8], piece: usize) {
    let breaths = [(Side::Server, data)];
    let probed = probe(service, &breaths, usize::MAX);
    assert_eq!(probed, probe(service, &breaths, piece), "a prober saw the split");
}

fn breaths(mut data: &[u8]) -> Vec<(Side, &[u8])> {
    let mut breaths = Vec::new();
    while let Some((head, rest)) = data.split_first() {
        let side = if head & 1 == 0 { Side::Server } else { Side::Client };
        let length = usize::from(head >> 1).min(rest.len());
        let (breath, rest) = rest.split_at(length);
        breaths.push((side, breath));
        data = rest;
    }
    breaths
}

/// TLS "comes up" with the first byte behind the go-ahead's breath.
fn probe(service: &Service, breaths: &[(Side, &[u8])], split: usize) -> Facts {
    let identity = Identity {
        client_name: "probe.example.net".to_owned(),
        peer_domain: Some("example.net".to_owned()),
        contact: None,
    };
    let mut prober = Prober::new(service, &identity);
    let mut out = Vec::new();
    let mut step = prober.poll(&mut out);
    for (side, breath) in breaths {
        if *side == Side::Client {
            continue;
        }
        if step == Step::Upgrade {
            prober.secured();
            step = prober.poll(&mut out);
        }
        for chunk in breath.chunks(split.min(breath.len().max(1))) {
            prober.receive(chunk);
            step = prober.poll(&mut out);
        }
    }
    prober.interrupted(Interruption::Closed);
    assert_eq!(prober.poll(&mut out), Step::Done, "an interrupted prober goes on");
    assert!(out.len() <= MOST_WORDS, "{} bytes were said", out.len());
    check(prober.facts());
    prober.facts().clone()
}

fn watch(service: &Service, breaths: &[(Side, &[u8])], split: usize) -> Facts {
    let mut watcher = Watcher::new(service);
    let mut upgraded = watcher.hear(Side::Server, b"");
    for (side, breath) in breaths {
        if upgraded {
            watcher.secured();
        }
        upgraded = watcher.hear(*side, b"");
        for chunk in breath.chunks(split.min(breath.len().max(1))) {
            upgraded = watcher.hear(*side, chunk);
        }
    }
    watcher.interrupted(Interruption::Closed);
    check(watcher.facts());
    watcher.facts().clone()
}

/// What a client may say at most, whatever the peer: no amplifier.
const MOST_WORDS: usize = 16 * 1024;

fn check(facts: &Facts) {
    use crate::course;
    for (bytes, limit) in [
        (facts.greeting.as_deref(), course::MAX_GREETING),
        (Some(facts.leftover.as_slice()), course::MAX_LEFTOVER),
        (Some(facts.client_leftover.as_slice()), course::MAX_LEFTOVER),
        (facts.ending.as_ref().map(|ending| ending.detail.as_slice()), course::MAX_DETAIL),
    ] {
        assert!(bytes.is_none_or(|bytes| bytes.len() <= limit), "a limit does not hold");
    }
    assert!(facts.earlier.len() <= course::MAX_EARLIER, "too many lists");
    for reading in [&facts.before, &facts.after] {
        if let crate::Reading::Read(list) = reading {
            assert!(list.lines.len() <= course::MAX_LIST_ENTRIES, "a list is too long");
            let bytes: usize = list.lines.iter().map(Vec::len).sum();
            assert!(bytes <= course::MAX_LIST_BYTES, "a list of {bytes} bytes");
            assert!(list.mechanisms.len() <= course::MAX_MECHANISMS, "too many mechanisms");
        }
    }
}
