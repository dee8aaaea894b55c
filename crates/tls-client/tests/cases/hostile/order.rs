//! Misbehaviour of order: messages too early, too late, too often.

use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::HandshakeType;

use super::records::before;
use super::records::behind;
use super::records::instead;
use crate::support::scripted::Act;
use crate::support::scripted::Mode;
use crate::support::scripted::ScriptedServer;

fn say(message: HandshakeType) -> Vec<Act> {
    vec![Act::say(message)]
}

pub(super) fn endless_change_cipher_spec(mode: Mode) -> ScriptedServer {
    before(mode, HandshakeType::CERTIFICATE, vec![Act::ChangeCipherSpec.endless()])
}

pub(super) fn early_change(mode: Mode) -> ScriptedServer {
    let place = match mode {
        Mode::Tls13 => HandshakeType::SERVER_HELLO,
        _ => HandshakeType::SERVER_HELLO_DONE,
    };
    before(mode, place, vec![Act::ChangeCipherSpec])
}

pub(super) fn late_change(mode: Mode) -> ScriptedServer {
    let change = match mode {
        Mode::Tls13 => Act::ChangeCipherSpec,
        _ => Act::Record(ContentType::CHANGE_CIPHER_SPEC, vec![1]),
    };
    behind(mode, vec![change])
}

pub(super) fn protected_change() -> ScriptedServer {
    let change = Act::Record(ContentType::CHANGE_CIPHER_SPEC, vec![1]);
    before(Mode::Tls13, HandshakeType::CERTIFICATE, vec![change])
}

pub(super) fn no_change() -> ScriptedServer {
    let mut script = Mode::Ecdhe12.honest();
    script.retain(|act| !matches!(act, Act::ChangeCipherSpec));
    ScriptedServer::new(Mode::Ecdhe12, script)
}

pub(super) fn endless_requests() -> ScriptedServer {
    let request = Act::Record(ContentType::HANDSHAKE, b"\0\0\0\0".to_vec());
    behind(Mode::Ecdhe12, vec![request.endless()])
}

pub(super) fn request13() -> ScriptedServer {
    before(Mode::Tls13, HandshakeType::CERTIFICATE, say(HandshakeType::HELLO_REQUEST))
}

pub(super) fn again(mode: Mode) -> ScriptedServer {
    behind(mode, mode.flight().iter().copied().map(Act::say).collect())
}

pub(super) fn two_retries() -> ScriptedServer {
    let retry = || vec![Act::Retry(Vec::new()), Act::Await];
    before(Mode::Tls13, HandshakeType::SERVER_HELLO, [retry(), retry()].concat())
}

pub(super) fn late_retry() -> ScriptedServer {
    before(Mode::Tls13, HandshakeType::ENCRYPTED_EXTENSIONS, vec![Act::Retry(Vec::new())])
}

pub(super) fn message(message: HandshakeType) -> ScriptedServer {
    before(Mode::Tls13, HandshakeType::CERTIFICATE, say(message))
}

pub(super) fn endless_tickets(mode: Mode) -> ScriptedServer {
    let ticket = Act::say(HandshakeType::NEW_SESSION_TICKET).endless();
    match mode {
        Mode::Tls13 => behind(mode, vec![ticket]),
        _ => {
            let mut script = mode.honest();
            let change = script.iter().position(|act| matches!(act, Act::ChangeCipherSpec));
            script.insert(change.expect("part of the script"), ticket);
            ScriptedServer::new(mode, script)
        }
    }
}

pub(super) fn early_ticket() -> ScriptedServer {
    before(Mode::Tls13, HandshakeType::FINISHED, say(HandshakeType::NEW_SESSION_TICKET))
}

pub(super) fn endless_updates(wish: u8) -> ScriptedServer {
    let update = Act::edited(HandshakeType::KEY_UPDATE, move |body| *body = vec![wish]);
    behind(Mode::Tls13, vec![update.endless()])
}

pub(super) fn strange_update() -> ScriptedServer {
    behind(Mode::Tls13, vec![Act::edited(HandshakeType::KEY_UPDATE, |body| *body = vec![2])])
}

pub(super) fn early_update() -> ScriptedServer {
    before(Mode::Tls13, HandshakeType::FINISHED, say(HandshakeType::KEY_UPDATE))
}

pub(super) fn update_not_at_end() -> ScriptedServer {
    let both = b"\x18\0\0\x01\0\x18\0\0\x01\0".to_vec();
    behind(Mode::Tls13, vec![Act::Record(ContentType::HANDSHAKE, both)])
}

/// The honest message is read first, so that its keys are there; the second one should have been under them.
pub(super) fn hello_not_at_end() -> ScriptedServer {
    let mut server = before(Mode::Tls13, HandshakeType::ENCRYPTED_EXTENSIONS, Vec::new());
    server.joined_to_hello = b"\x08\0\0\x02\0\0".to_vec();
    server
}

pub(super) fn late_request() -> ScriptedServer {
    behind(Mode::Tls13, say(HandshakeType::CERTIFICATE_REQUEST))
}

pub(super) fn two_requests() -> ScriptedServer {
    let twice = vec![Act::say(HandshakeType::CERTIFICATE_REQUEST); 2];
    before(Mode::Tls13, HandshakeType::CERTIFICATE, twice)
}

pub(super) fn left_out(mode: Mode, message: HandshakeType) -> ScriptedServer {
    instead(mode, message, Vec::new())
}

pub(super) fn twice(mode: Mode, message: HandshakeType) -> ScriptedServer {
    instead(mode, message, vec![Act::say(message); 2])
}
