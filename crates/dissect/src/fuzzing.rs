//! Bodies of the fuzz targets, replayed by plain tests.

use std::net::Ipv4Addr;
use std::net::SocketAddr;

use tlscensus_flows::Appetite;
use tlscensus_flows::Counts;
use tlscensus_flows::End;
use tlscensus_flows::Listener;
use tlscensus_flows::Opened;
use tlscensus_flows::Sender;
use tlscensus_flows::Summary;
use tlscensus_flows::Time;

use crate::Dissector;
use crate::Findings;
use crate::Spoken;

/// A fuzz target: its name and its body.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// The fuzz targets of this crate.
pub const TARGETS: &[FuzzTarget] = &[("dissect_flow", flow)];

/// A flow of any bytes: nothing panics, and nobody is named; where no byte is missing, whole and byte by byte the same is found,
/// but for whose bytes decided: that is as much as was there when they did.
///
/// The first byte chooses the port, then come events: a byte whose two lowest bits are who and what (say, miss), and whose
/// others are the length, then the bytes.
///
/// # Panics
/// When a promise of this crate is broken.
pub fn flow(data: &[u8]) {
    let Some((port, events)) = data.split_first() else {
        return;
    };
    let port = PORTS.get(usize::from(*port) % PORTS.len()).copied().unwrap_or(1);
    let whole = play(port, events, usize::MAX);
    let bytes = play(port, events, 1);
    // Behind a hole it is a segment's beginning that is looked at first, so there the split may matter.
    if !has_holes(events) {
        assert_eq!(whole, bytes, "the split was seen");
    }
}

fn has_holes(mut events: &[u8]) -> bool {
    while let Some((head, rest)) = events.split_first() {
        if head & 2 != 0 {
            return true;
        }
        events = rest.get(usize::from(head >> 2)..).unwrap_or_default();
    }
    false
}

/// What was found, as far as it does not hang on the order in which the sides are heard.
fn play(port: u16, mut events: &[u8], step: usize) -> String {
    let opened = Opened {
        number: 0,
        at: Time(0),
        opener: SocketAddr::from((Ipv4Addr::new(192, 0, 2, 7), 40_000)),
        responder: SocketAddr::from((Ipv4Addr::new(198, 51, 100, 251), port)),
        midstream: false,
    };
    let mut dissector = Dissector::new(&opened);
    let mut appetite = Appetite::More;
    while let Some((head, rest)) = events.split_first() {
        let from = if head & 1 == 0 { Sender::Responder } else { Sender::Opener };
        let length = usize::from(head >> 2).min(rest.len());
        let (said, rest) = rest.split_at(length);
        events = rest;
        if head & 2 != 0 {
            appetite = dissector.miss(from, Time(0), u64::from(head >> 2) + 1);
        }
        for chunk in said.chunks(step.min(said.len().max(1))) {
            if appetite == Appetite::More {
                appetite = dissector.hear(from, Time(0), chunk);
            }
        }
    }
    let counts = Counts { packets: 1, ..Counts::default() };
    let summary = Summary {
        opened,
        last: Time(0),
        opener: counts,
        responder: counts,
        syn: true,
        syn_ack: true,
        history: String::new(),
        end: End::Finished,
    };
    match dissector.findings(&summary) {
        Findings::NotOurs(foreign) => foreign.word().to_owned(),
        Findings::Ours(ours) => {
            let Spoken { protocol, via, off_port, flipped, .. } = ours.spoken;
            let spoken = (protocol, via, off_port, flipped);
            let text = format!("{spoken:?} {:?} {:?}", ours.facts, ours.plaintext_auth);
            let client = if flipped { summary.opened.responder } else { summary.opened.opener };
            let name = client.ip().to_string();
            assert!(!text.contains(&name), "the client is named: {text}");
            text
        }
    }
}

/// Ports at which something is expected, and one at which nothing is.
const PORTS: [u16; 10] = [1, 25, 110, 143, 443, 587, 993, 5222, 5269, 6667];
