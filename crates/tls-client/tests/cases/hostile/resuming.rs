//! Servers that misbehave with what they give to be taken up again, and while they take it up.

use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Session;
use tlscensus_tls_wire::codec::put_bytes16;
use tlscensus_tls_wire::codec::put_u32;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;

use super::records::before;
use crate::support::NAME;
use crate::support::SEED;
use crate::support::scripted::Act;
use crate::support::scripted::Mode;
use crate::support::scripted::ScriptedServer;
use crate::support::scripted::meet;
use crate::support::scripted::offer;

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
        if mode == Mode::Tls13 {
            put_u32(7, body);
            body.extend(b"\x01n");
        }
        put_bytes16(&vec![7; length], body);
        if mode == Mode::Tls13 {
            body.extend(b"\0\0");
        }
    })
}

/// The hello of a client that takes it up, and that it says when the server asks again with the longest cookie.
fn takes_up(session: &Session, keys: &KeyShares) -> usize {
    let mut cookie = Vec::new();
    put_bytes16(&[7; 1 << 15], &mut cookie);
    let retry = vec![Act::Retry(Vec::new()), Act::Await];
    let mut server = before(Mode::Tls13, HandshakeType::SERVER_HELLO, retry);
    server.extensions.push((HandshakeType::HELLO_RETRY_REQUEST, ExtensionType::COOKIE, cookie));
    let client = Client::seeded_resuming(&offer(), Some(NAME), keys, session, SEED);
    let meeting = meet(client, &mut server, usize::MAX);
    assert_eq!(super::ends(&meeting.client), "completed, closed");
    meeting.sent
}

#[test]
fn a_ticket_that_no_hello_has_room_for_is_not_offered_again() {
    let keys = KeyShares::generate();
    for mode in [Mode::Tls13, Mode::Ecdhe12] {
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
