//! Servers that misbehave, each with the name of what comes of it. `table` has the list, `families` what is done at every
//! place there is.

mod families;
mod honest;
mod lengths;
mod limits;
mod order;
mod plain;
mod records;
mod resuming;
mod ssl2;
mod table;
mod values;
mod zeros;

use std::fmt::Write;

use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_wire::observer::Side;

use crate::support::NAME;
use crate::support::SEED;
use crate::support::scripted::Meeting;
use crate::support::scripted::ScriptedServer;
use crate::support::scripted::meet;
use crate::support::scripted::offer;

fn client(keys: &KeyShares) -> Client {
    Client::seeded(&offer(), Some(NAME), keys, SEED)
}

/// Outcome, and the end of what came behind it.
fn ends(client: &Client) -> String {
    let mut text = client.outcome().unwrap().to_string();
    if let Some(end) = client.end() {
        write!(text, ", {end}").unwrap();
    }
    text
}

/// Meets the server and checks what holds whatever it does.
fn checked(what: &str, keys: &KeyShares, mut server: ScriptedServer) -> (Meeting, String) {
    let meeting = meet(client(keys), &mut server, usize::MAX);
    check_limits(what, &meeting);
    let ends = ends(&meeting.client);
    (meeting, ends)
}

/// What it costs us: bytes both ways, and records.
fn check_limits(what: &str, meeting: &Meeting) {
    let (heard, sent) = (meeting.said.len(), meeting.sent);
    assert!(!meeting.endless, "{what}: {}, but never", ends(&meeting.client));
    assert!(heard <= MOST_HEARD, "{what}: {heard} bytes were heard");
    assert!(sent <= MOST_SENT, "{what}: {sent} bytes were sent");
    let observer = meeting.client.observer();
    let records = observer.records(Side::Server);
    assert!(records <= MOST_RECORDS, "{what}: {records} records were heard");
}

#[test]
fn every_misbehaviour_has_its_name() {
    let keys = KeyShares::generate();
    let mut wrong = String::new();
    for (what, server, expected) in table::all() {
        let (_, ends) = checked(what, &keys, server());
        if ends != *expected {
            writeln!(wrong, "{what} | {ends} | {expected}").unwrap();
        }
    }
    assert_eq!(wrong, "");
}

/// A chain of 128 KiB and the data that waits for the driver, with their records.
const MOST_HEARD: usize = (1 << 20) + (1 << 18);
/// A flight in records of one byte each; whatever else a server does, a hundred.
const MOST_RECORDS: u64 = 1_000;
/// Two hellos and a flight; no server gets more out of us by misbehaving.
const MOST_SENT: usize = 1 << 13;
