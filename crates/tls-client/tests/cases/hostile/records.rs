//! Misbehaviour of records.

use std::rc::Rc;

use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::Version;

use crate::support::scripted::Act;
use crate::support::scripted::Mode;
use crate::support::scripted::ScriptedServer;

/// Honest, but for this before the message.
pub(super) fn before(mode: Mode, message: HandshakeType, acts: Vec<Act>) -> ScriptedServer {
    let mut script = mode.honest();
    let is_it = |act: &Act| matches!(act, Act::Say(said, _) if *said == message);
    let at = script.iter().position(is_it).expect("part of the script");
    script.splice(at..at, acts);
    ScriptedServer::new(mode, script)
}

/// Honest, but for this instead of the message.
pub(super) fn instead(mode: Mode, message: HandshakeType, acts: Vec<Act>) -> ScriptedServer {
    let mut script = mode.honest();
    let is_it = |act: &Act| matches!(act, Act::Say(said, _) if *said == message);
    let at = script.iter().position(is_it).expect("part of the script");
    script.splice(at..=at, acts);
    ScriptedServer::new(mode, script)
}

/// Honest, but for this change of a message.
pub(super) fn edited(
    mode: Mode,
    message: HandshakeType,
    edit: impl Fn(&mut Vec<u8>) + 'static,
) -> ScriptedServer {
    instead(mode, message, vec![Act::Say(message, vec![Rc::new(edit)])])
}

/// Honest, and then this.
pub(super) fn behind(mode: Mode, acts: Vec<Act>) -> ScriptedServer {
    ScriptedServer::new(mode, [mode.honest(), acts].concat())
}

pub(super) fn overlong() -> ScriptedServer {
    let record = [b"\x16\x03\x03\x48\x01", &[0; 0x4801][..]].concat();
    before(Mode::Ecdhe12, HandshakeType::CERTIFICATE, vec![Act::Raw(record)])
}

pub(super) fn overlong_protected() -> ScriptedServer {
    let record = [b"\x17\x03\x03\x41\x01", &[0; 0x4101][..]].concat();
    before(Mode::Tls13, HandshakeType::CERTIFICATE, vec![Act::Raw(record)])
}

pub(super) fn overlong_inside(mode: Mode) -> ScriptedServer {
    let mut inner = vec![b'x'; 16_385];
    if mode == Mode::Tls13 {
        inner.push(ContentType::APPLICATION_DATA.0);
    }
    behind(mode, vec![Act::Inner(ContentType::APPLICATION_DATA, inner)])
}

pub(super) fn much_padding() -> ScriptedServer {
    let inner = [b"x\x17", &[0; 16_000][..]].concat();
    behind(Mode::Tls13, vec![Act::Inner(ContentType::APPLICATION_DATA, inner)])
}

pub(super) fn only_padding() -> ScriptedServer {
    behind(Mode::Tls13, vec![Act::Inner(ContentType::APPLICATION_DATA, vec![0; 100])])
}

pub(super) fn single_bytes(mode: Mode) -> ScriptedServer {
    let mut server = ScriptedServer::new(mode, mode.honest());
    server.fragment = 1;
    server
}

pub(super) fn version(mode: Mode) -> ScriptedServer {
    let mut server = ScriptedServer::new(mode, mode.honest());
    server.record_version = Version(0x03ff);
    server
}

pub(super) fn other_major() -> ScriptedServer {
    let record = b"\x16\x04\x00\0\x04\x0e\0\0\0".to_vec();
    before(Mode::Ecdhe12, HandshakeType::CERTIFICATE, vec![Act::Raw(record)])
}

pub(super) fn text() -> ScriptedServer {
    let text = b"500 Internal error\r\n".to_vec();
    before(Mode::Ecdhe12, HandshakeType::CERTIFICATE, vec![Act::Raw(text)])
}

pub(super) fn heartbeat() -> ScriptedServer {
    let heartbeat = Act::Record(ContentType::HEARTBEAT, b"\x01\x40\0".to_vec());
    before(Mode::Ecdhe12, HandshakeType::CERTIFICATE, vec![heartbeat])
}

pub(super) fn early_data(mode: Mode) -> ScriptedServer {
    let data = Act::Record(ContentType::APPLICATION_DATA, b"x".to_vec());
    before(mode, HandshakeType::CERTIFICATE, vec![data])
}

pub(super) fn endless_empty(mode: Mode) -> ScriptedServer {
    let empty = Act::Record(ContentType::HANDSHAKE, Vec::new());
    before(mode, HandshakeType::CERTIFICATE, vec![empty.endless()])
}

pub(super) fn endless_no_data(mode: Mode) -> ScriptedServer {
    behind(mode, vec![Act::Record(ContentType::APPLICATION_DATA, Vec::new()).endless()])
}

pub(super) fn endless_data() -> ScriptedServer {
    let data = Act::Record(ContentType::APPLICATION_DATA, vec![0; (1 << 20) + 1]);
    behind(Mode::Tls13, vec![data])
}

pub(super) fn interleaved() -> ScriptedServer {
    let ticket = b"\x04\0\0\x0d\0\0\0\x01\0\0\0\0\0\0\0\0\0".to_vec();
    let (head, tail) = ticket.split_at(5);
    let data = Act::Record(ContentType::APPLICATION_DATA, b"x".to_vec());
    let part = |part: &[u8]| Act::Record(ContentType::HANDSHAKE, part.to_vec());
    behind(Mode::Tls13, vec![part(head), data, part(tail)])
}

pub(super) fn in_the_clear(mode: Mode) -> ScriptedServer {
    let message = Act::Clear(ContentType::HANDSHAKE, b"\x14\0\0\x0c0123456789ab".to_vec());
    before(mode, HandshakeType::FINISHED, vec![message])
}

pub(super) fn shown_type() -> ScriptedServer {
    let inner = b"\x08\0\0\x02\0\0\x16".to_vec();
    let message = Act::Inner(ContentType::HANDSHAKE, inner);
    instead(Mode::Tls13, HandshakeType::ENCRYPTED_EXTENSIONS, vec![message])
}

pub(super) fn garbage() -> ScriptedServer {
    let record = Act::Clear(ContentType::APPLICATION_DATA, vec![0xaa; 100]);
    before(Mode::Tls13, HandshakeType::CERTIFICATE, vec![record])
}

pub(super) fn bad_mac(mode: Mode) -> ScriptedServer {
    behind(mode, vec![Act::Clear(ContentType::APPLICATION_DATA, vec![0xaa; 64])])
}

pub(super) fn change_cipher_spec(payload: &[u8]) -> ScriptedServer {
    let record = Act::Clear(ContentType::CHANGE_CIPHER_SPEC, payload.to_vec());
    before(Mode::Tls13, HandshakeType::CERTIFICATE, vec![record])
}

pub(super) fn alert(payload: &[u8]) -> ScriptedServer {
    let record = Act::Record(ContentType::ALERT, payload.to_vec());
    before(Mode::Tls13, HandshakeType::CERTIFICATE, vec![record])
}

pub(super) fn endless_warnings() -> ScriptedServer {
    let warning = Act::Record(ContentType::ALERT, b"\x01\x70".to_vec());
    before(Mode::Ecdhe12, HandshakeType::CERTIFICATE, vec![warning.endless()])
}

pub(super) fn endless_empty_alerts(mode: Mode) -> ScriptedServer {
    let empty = Act::Record(ContentType::ALERT, Vec::new());
    before(mode, HandshakeType::CERTIFICATE, vec![empty.endless()])
}
