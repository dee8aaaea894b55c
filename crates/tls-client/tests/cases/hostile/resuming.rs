//! Servers that misbehave with what they give to be taken up again, and while they take it up.

use std::fmt::Write;
use std::rc::Rc;

use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Session;
use tlscensus_tls_wire::codec::put_bytes16;
use tlscensus_tls_wire::codec::put_u32;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::Version;

use super::check_limits;
use super::limits::replayed;
use super::records::before;
use crate::support::NAME;
use crate::support::SEED;
use crate::support::scripted::Act;
use crate::support::scripted::Edit;
use crate::support::scripted::Mode;
use crate::support::scripted::Mode::Ecdhe12;
use crate::support::scripted::Mode::Tls13;
use crate::support::scripted::ScriptedServer;
use crate::support::scripted::meet;
use crate::support::scripted::offer;

/// What it does when a session is to be taken up again, the mode of the session, what it changes of its honest script, and
/// how that ends.
type Misbehaviour = (&'static str, Mode, fn(&mut Vec<Act>), &'static str);

const RSA12: Mode = Mode::Rsa(Version::TLS_1_2);
const RSA10: Mode = Mode::Rsa(Version::TLS_1_0);
const SSL3: Mode = Mode::Rsa(Version::SSL_3);

const MISBEHAVIOURS: &[Misbehaviour] = &[
    ("nothing, by ticket", Ecdhe12, |_| (), "completed, closed"),
    ("nothing, by name", SSL3, |_| (), "completed, closed"),
    ("nothing, TLS 1.3, the session forgotten", Tls13, |_| (), "completed, closed"),
    ("a wrong Finished, TLS 1.2", Ecdhe12, |script| wrong_finished(script), "bad-finished"),
    ("a wrong Finished, TLS 1.0", RSA10, |script| wrong_finished(script), "bad-finished"),
    ("a wrong Finished, SSL 3", SSL3, |script| wrong_finished(script), "bad-finished"),
    ("no ChangeCipherSpec", Ecdhe12, |script| drop(script.remove(1)), "wrong-order: finished"),
    ("ChangeCipherSpec first", Ecdhe12, |script| script.swap(0, 1), "wrong-order: server_hello"),
    ("Finished in the clear", RSA12, |script| script.swap(1, 2), "wrong-order: finished"),
    (
        "a suite that the session has not",
        Ecdhe12,
        |script| hello(script, other_suite),
        "malformed: illegal version or suite of a resumed session",
    ),
    (
        "a version that the session has not",
        RSA12,
        |script| hello(script, |body| body[1] = 2),
        "malformed: illegal version or suite of a resumed session",
    ),
    (
        "the extended master secret left out",
        Ecdhe12,
        |script| hello(script, no_extensions),
        "malformed: illegal extended_master_secret of a resumed session",
    ),
    (
        "a compression",
        RSA12,
        |script| hello(script, |body| body[SUITE + 2] = 1),
        "malformed: illegal compression method",
    ),
    (
        "another name of a session",
        RSA12,
        |script| hello(script, |body| body[40] ^= 1),
        "wrong-order: certificate",
    ),
    (
        "a certificate all the same",
        RSA12,
        |script| say(script, HandshakeType::CERTIFICATE),
        "wrong-order: certificate",
    ),
    (
        "the end of a flight",
        RSA12,
        |script| say(script, HandshakeType::SERVER_HELLO_DONE),
        "wrong-order: server_hello_done",
    ),
    (
        "another hello",
        RSA12,
        |script| say(script, HandshakeType::SERVER_HELLO),
        "wrong-order: server_hello",
    ),
    ("a ticket without end", Ecdhe12, endless_tickets, "over-bytes"),
    ("wishes for another handshake without end", RSA12, endless_requests, "over-bytes"),
    ("warnings without end", RSA12, endless_warnings, "over-bytes"),
    ("empty messages without end", RSA12, endless_nothing, "over-bytes"),
    (
        "the second of one key, TLS 1.3",
        Tls13,
        |script| hello(script, |body| psk(body, 1)),
        "malformed: illegal pre_shared_key that was not offered",
    ),
    (
        "the key without having it, TLS 1.3",
        Tls13,
        |script| hello(script, |body| psk(body, 0)),
        "bad-finished",
    ),
    (
        "the key and a certificate in the clear, TLS 1.3",
        Tls13,
        key_and_certificate,
        "wrong-order: encrypted_extensions",
    ),
    (
        "the key with the hash of another suite, TLS 1.3",
        Tls13,
        |script| other_hash(script),
        "malformed: illegal pre_shared_key that was not offered",
    ),
];

fn hello(script: &mut [Act], edit: fn(&mut Vec<u8>)) {
    edit_of(script, HandshakeType::SERVER_HELLO, edit);
}

fn wrong_finished(script: &mut [Act]) {
    edit_of(script, HandshakeType::FINISHED, |body| body[0] ^= 1);
}

fn edit_of(script: &mut [Act], message: HandshakeType, edit: fn(&mut Vec<u8>)) {
    let edit: Edit = Rc::new(edit);
    for act in script {
        match act {
            Act::Say(said, edits) if *said == message => edits.push(Rc::clone(&edit)),
            _ => (),
        }
    }
}

/// One more message behind the hello.
fn say(script: &mut Vec<Act>, message: HandshakeType) {
    script.insert(1, Act::say(message));
}

fn endless_tickets(script: &mut Vec<Act>) {
    script.insert(1, Act::say(HandshakeType::NEW_SESSION_TICKET).endless());
}

fn endless_requests(script: &mut Vec<Act>) {
    script.insert(1, Act::Record(ContentType::HANDSHAKE, b"\0\0\0\0".to_vec()).endless());
}

fn endless_warnings(script: &mut Vec<Act>) {
    script.insert(1, Act::Record(ContentType::ALERT, b"\x01\x70".to_vec()).endless());
}

fn endless_nothing(script: &mut Vec<Act>) {
    script.insert(1, Act::Record(ContentType::HANDSHAKE, Vec::new()).endless());
}

fn other_suite(body: &mut Vec<u8>) {
    // TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
    body.splice(SUITE..SUITE + 2, [0xc0, 0x2c]);
}

fn no_extensions(body: &mut Vec<u8>) {
    body.truncate(SUITE + 3);
}

/// Chooses one of the keys that were offered.
fn psk(body: &mut Vec<u8>, which: u8) {
    body.extend([0, 41, 0, 2, 0, which]);
    body[SUITE + 4] += 6;
}

fn key_and_certificate(script: &mut Vec<Act>) {
    hello(script, |body| psk(body, 0));
    let certificate = Act::Clear(ContentType::HANDSHAKE, b"\x0b\0\0\x04\0\0\0\0".to_vec());
    script.insert(1, certificate);
}

fn other_hash(script: &mut [Act]) {
    hello(script, |body| {
        // TLS_AES_256_GCM_SHA384
        body.splice(SUITE..SUITE + 2, [0x13, 0x02]);
        psk(body, 0);
    });
}

/// Of a handshake that goes on from a session, whatever the server does.
const MOST_HELD: u64 = 1 << 16;
/// Behind version, random and a session id of 32 bytes.
const SUITE: usize = 2 + 32 + 1 + 32;

/// A client that takes up again what an honest server of this mode gave it, and the server that changes its mind.
fn pair(mode: Mode, change: fn(&mut Vec<Act>), keys: &KeyShares) -> (Session, ScriptedServer) {
    let first = Client::seeded(&offer(), Some(NAME), keys, SEED).remembering();
    let mut server = ScriptedServer::new(mode, mode.rememberable());
    let first = meet(first, &mut server, usize::MAX);
    let mut server = ScriptedServer::resuming(mode, server.master());
    let mut script = server.take_script();
    change(&mut script);
    server.set_script(script);
    (first.client.sessions()[0].clone(), server)
}

fn client(session: &Session, keys: &KeyShares) -> Client {
    Client::seeded_resuming(&offer(), Some(NAME), keys, session, SEED)
}

#[test]
fn every_misbehaviour_of_a_session_taken_up_again_has_its_name() {
    let keys = KeyShares::generate();
    let mut wrong = String::new();
    for (what, mode, change, expected) in MISBEHAVIOURS {
        let (session, mut server) = pair(*mode, *change, &keys);
        let meeting = meet(client(&session, &keys), &mut server, usize::MAX);
        check_limits(what, &meeting);
        let held = replayed(|| client(&session, &keys), &meeting.said).bytes_max;
        assert!(held <= MOST_HELD, "{what}: {held} bytes");
        let ends = super::ends(&meeting.client);
        if ends != *expected {
            writeln!(wrong, "{what} | {ends} | {expected}").unwrap();
        }
    }
    assert_eq!(wrong, "");
}

/// What a client remembers of a server that gives it a ticket of this length.
fn given_a_ticket(mode: Mode, length: usize, keys: &KeyShares) -> Option<Session> {
    let script = mode.rememberable().into_iter().map(|act| match act {
        Act::Say(HandshakeType::NEW_SESSION_TICKET, _) => ticket(mode, length),
        other => other,
    });
    let client = Client::seeded(&offer(), Some(NAME), keys, SEED).remembering();
    let meeting = meet(client, &mut ScriptedServer::new(mode, script), usize::MAX);
    assert_eq!(super::ends(&meeting.client), "completed, closed", "{mode:?} {length}");
    assert_eq!(meeting.client.observer().tickets().len(), 1, "a ticket is seen in any case");
    meeting.client.sessions().first().cloned()
}

fn ticket(mode: Mode, length: usize) -> Act {
    Act::edited(HandshakeType::NEW_SESSION_TICKET, move |body| {
        body.clear();
        put_u32(300, body);
        if mode == Tls13 {
            put_u32(7, body);
            body.extend(b"\x01n");
        }
        put_bytes16(&vec![7; length], body);
        if mode == Tls13 {
            body.extend(b"\0\0");
        }
    })
}

/// The hello of a client that takes it up, and that it says when the server asks again with the longest cookie.
fn takes_up(session: &Session, keys: &KeyShares) -> usize {
    let mut cookie = Vec::new();
    put_bytes16(&[7; 1 << 15], &mut cookie);
    let retry = vec![Act::Retry(Vec::new()), Act::Await];
    let mut server = before(Tls13, HandshakeType::SERVER_HELLO, retry);
    server.extensions.push((HandshakeType::HELLO_RETRY_REQUEST, ExtensionType::COOKIE, cookie));
    let meeting = meet(client(session, keys), &mut server, usize::MAX);
    assert_eq!(super::ends(&meeting.client), "completed, closed");
    meeting.sent
}

#[test]
fn a_ticket_that_no_hello_has_room_for_is_not_offered_again() {
    let keys = KeyShares::generate();
    for mode in [Tls13, Ecdhe12] {
        for length in [1, 200, 1 << 14, (1 << 14) + 1, 65_000, 65_535] {
            let session = given_a_ticket(mode, length, &keys);
            assert_eq!(session.is_some(), length <= 1 << 14, "{mode:?} {length}");
            if let Some(session) = session {
                assert_eq!(session.name().len(), length);
                let sent = takes_up(&session, &keys);
                assert!(sent > 2 * length && sent < 1 << 17, "{mode:?} {length}: {sent}");
            }
        }
    }
}
