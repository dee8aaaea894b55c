//! Bodies of the fuzz targets, replayed by plain tests: a conversation of any bytes in any order.

use crate::Facts;
use crate::Identity;
use crate::Interruption;
use crate::Prober;
use crate::Service;
use crate::Side;
use crate::Step;
use crate::Watcher;

/// Plays `data` as both sides of a conversation and checks what must hold whatever comes.
///
/// `data` is a list of breaths: a byte whose lowest bit is the side, and whose others are the length, then the bytes.
/// A prober hears the server's; a watcher hears both.
///
/// # Panics
/// When a promise of this crate is broken.
pub fn fuzz_session(service: &Service, data: &[u8]) {
    let breaths = breaths(data);
    let probed = probe(service, &breaths, usize::MAX);
    assert_eq!(probed, probe(service, &breaths, 1), "a prober saw the split");
    let watched = watch(service, &breaths, usize::MAX);
    assert_eq!(watched, watch(service, &breaths, 1), "a watcher saw the split");
}

/// The server says all of `data`, and nothing else happens: the simplest hostile peer.
///
/// # Panics
/// When a promise of this crate is broken.
pub fn fuzz_server(service: &Service, data: &[u8]) {
    let breaths = [(Side::Server, data)];
    let probed = probe(service, &breaths, usize::MAX);
    assert_eq!(probed, probe(service, &breaths, 1), "a prober saw the split");
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
    ] {
        assert!(bytes.is_none_or(|bytes| bytes.len() <= limit), "a limit does not hold");
    }
    for reading in [&facts.before, &facts.after] {
        if let crate::Reading::Read(list) = reading {
            assert!(list.lines.len() <= course::MAX_LIST_ENTRIES, "a list is too long");
            assert!(list.mechanisms.len() <= course::MAX_MECHANISMS, "too many mechanisms");
        }
    }
}
