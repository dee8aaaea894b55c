//! Misbehaviour of values: what is well-formed and wrong.

use tlscensus_tls_wire::codec::put_bytes8;
use tlscensus_tls_wire::codec::put_bytes16;
use tlscensus_tls_wire::codec::put_bytes24;
use tlscensus_tls_wire::codec::put_u16;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;

use super::records::before;
use super::records::edited;
use super::records::instead;
use crate::support::scripted::Act;
use crate::support::scripted::Mode;
use crate::support::scripted::ScriptedServer;

pub(super) fn finished(mode: Mode) -> ScriptedServer {
    edited(mode, HandshakeType::FINISHED, |body| body[0] ^= 1)
}

pub(super) fn signature13() -> ScriptedServer {
    edited(Mode::Tls13, HandshakeType::CERTIFICATE_VERIFY, |body| body[10] ^= 1)
}

pub(super) fn signature12() -> ScriptedServer {
    edited(Mode::Ecdhe12, HandshakeType::SERVER_KEY_EXCHANGE, |body| {
        if let Some(last) = body.last_mut() {
            *last ^= 1;
        }
    })
}

pub(super) fn empty_signature() -> ScriptedServer {
    edited(Mode::Tls13, HandshakeType::CERTIFICATE_VERIFY, |body| {
        body.truncate(2);
        body.extend([0, 0]);
    })
}

/// The share stands at the end of ServerHello.
fn with_share(group: NamedGroup, share: &[u8]) -> Act {
    let share = share.to_vec();
    Act::edited(HandshakeType::SERVER_HELLO, move |body| {
        body.truncate(EXTENSIONS13);
        let mut extensions = vec![0, 43, 0, 2, 3, 4, 0, 51];
        put_u16(u16::try_from(share.len() + 4).unwrap(), &mut extensions);
        put_u16(group.0, &mut extensions);
        put_bytes16(&share, &mut extensions);
        put_bytes16(&extensions, body);
    })
}

pub(super) fn key_share(share: &[u8]) -> ScriptedServer {
    let hello = with_share(NamedGroup::X25519, share);
    instead(Mode::Tls13, HandshakeType::SERVER_HELLO, vec![hello])
}

pub(super) fn key_share_off_curve() -> ScriptedServer {
    let hello = with_share(NamedGroup::SECP256R1, &[4; 65]);
    let script = vec![Act::Retry(Vec::new()), Act::Await, hello];
    instead(Mode::Tls13, HandshakeType::SERVER_HELLO, script)
}

pub(super) fn other_group() -> ScriptedServer {
    let hello = with_share(NamedGroup::SECP384R1, &[4; 97]);
    instead(Mode::Tls13, HandshakeType::SERVER_HELLO, vec![hello])
}

pub(super) fn two_shares() -> ScriptedServer {
    let mut server = ScriptedServer::new(Mode::Tls13, Mode::Tls13.honest());
    let share = [&[0, 0x1d, 0, 32][..], &[9; 32]].concat();
    server.extensions.push((HandshakeType::SERVER_HELLO, ExtensionType::KEY_SHARE, share));
    server
}

/// An anonymous server of TLS 1.2: nobody signs what it says.
fn anonymous(suite: u16, key_exchange: Vec<u8>) -> ScriptedServer {
    ScriptedServer::new(
        Mode::Ecdhe12,
        [
            Act::edited(HandshakeType::SERVER_HELLO, move |body| {
                body[35..37].copy_from_slice(&suite.to_be_bytes());
            }),
            Act::Handshake(HandshakeType::SERVER_KEY_EXCHANGE, key_exchange),
            Act::say(HandshakeType::SERVER_HELLO_DONE),
            Act::Await,
        ],
    )
}

pub(super) fn point(group: NamedGroup, point: &[u8]) -> ScriptedServer {
    let mut body = vec![3];
    put_u16(group.0, &mut body);
    put_bytes8(point, &mut body);
    anonymous(ECDH_ANON, body)
}

pub(super) fn written_out() -> ScriptedServer {
    anonymous(ECDH_ANON, [&[1][..], &[7; 200]].concat())
}

fn finite_field(prime: &[u8], public: &[u8]) -> ScriptedServer {
    let mut body = Vec::new();
    put_bytes16(prime, &mut body);
    put_bytes16(&[2], &mut body);
    put_bytes16(public, &mut body);
    anonymous(DH_ANON, body)
}

/// Values of a field of 1,024 bits: 0, 1, p - 1, p and p + 2.
pub(super) fn dh_value(which: u8) -> ScriptedServer {
    let prime = [&[0xff; 127][..], &[0xfb]].concat();
    let with_last = |last| [&[0xff; 127][..], &[last]].concat();
    match which {
        0 => finite_field(&prime, &[0; 128]),
        1 => finite_field(&prime, &[1]),
        2 => finite_field(&prime, &with_last(0xfa)),
        3 => finite_field(&prime, &prime),
        _ => finite_field(&prime, &with_last(0xfd)),
    }
}

pub(super) fn dh_prime(prime: Vec<u8>) -> ScriptedServer {
    finite_field(&prime, &[5; 100])
}

pub(super) fn downgrade(mode: Mode) -> ScriptedServer {
    edited(mode, HandshakeType::SERVER_HELLO, |body| {
        body[26..34].copy_from_slice(b"DOWNGRD\x01");
    })
}

pub(super) fn version13() -> ScriptedServer {
    edited(Mode::Ecdhe12, HandshakeType::SERVER_HELLO, |body| body[1] = 4)
}

pub(super) fn version() -> ScriptedServer {
    edited(Mode::Ecdhe12, HandshakeType::SERVER_HELLO, |body| body[1] = 0x77)
}

pub(super) fn suite(suite: u16) -> ScriptedServer {
    edited(Mode::Ecdhe12, HandshakeType::SERVER_HELLO, move |body| {
        body[35..37].copy_from_slice(&suite.to_be_bytes());
    })
}

pub(super) fn compression() -> ScriptedServer {
    edited(Mode::Ecdhe12, HandshakeType::SERVER_HELLO, |body| body[37] = 1)
}

pub(super) fn session_id() -> ScriptedServer {
    edited(Mode::Tls13, HandshakeType::SERVER_HELLO, |body| body[40] ^= 1)
}

/// As if it resumed a session, and then a whole handshake.
pub(super) fn resumption() -> ScriptedServer {
    edited(Mode::Ecdhe12, HandshakeType::SERVER_HELLO, |body| {
        body[34] = 32;
        drop(body.splice(35..35, [7; 32]));
    })
}

pub(super) fn unsolicited(message: HandshakeType, mode: Mode) -> ScriptedServer {
    let mut server = match message {
        HandshakeType::HELLO_RETRY_REQUEST => {
            let retry = vec![Act::Retry(Vec::new()), Act::Await];
            before(mode, HandshakeType::SERVER_HELLO, retry)
        }
        _ => ScriptedServer::new(mode, mode.honest()),
    };
    server.extensions.push((message, ExtensionType(0xfafa), b"hello".to_vec()));
    server
}

pub(super) fn repeated() -> ScriptedServer {
    let mut server = ScriptedServer::new(Mode::Tls13, Mode::Tls13.honest());
    let message = HandshakeType::ENCRYPTED_EXTENSIONS;
    let groups = (message, ExtensionType::SUPPORTED_GROUPS, b"\0\x02\0\x1d".to_vec());
    server.extensions.extend([groups.clone(), groups]);
    server
}

pub(super) fn pre_shared_key() -> ScriptedServer {
    let mut server = ScriptedServer::new(Mode::Tls13, Mode::Tls13.honest());
    let key = (HandshakeType::SERVER_HELLO, ExtensionType::PRE_SHARED_KEY, vec![0, 0]);
    server.extensions.push(key);
    server
}

/// A certificate around a key of these many bytes.
pub(super) fn rsa_key(bytes: usize) -> ScriptedServer {
    edited(
        Mode::Rsa(tlscensus_tls_wire::registry::Version::TLS_1_2),
        HandshakeType::CERTIFICATE,
        move |body| {
            let mut modulus = vec![0];
            modulus.extend(vec![0xfb; bytes]);
            if bytes == 0 {
                modulus = vec![1];
            }
            let key = der(0x30, &[der(2, &modulus), der(2, &[1, 0, 1])].concat());
            let algorithm = der(0x30, &[RSA_ENCRYPTION, &der(5, &[])[..]].concat());
            let key = der(0x30, &[algorithm, der(3, &[&[0], &key[..]].concat())].concat());
            let empty = || der(0x30, &[]);
            let version = der(0xa0, &der(2, &[2]));
            let parts = [version, der(2, &[1]), empty(), empty(), empty(), empty(), key];
            let certificate = [der(0x30, &parts.concat()), empty(), der(3, &[0])].concat();
            let mut list = Vec::new();
            put_bytes24(&der(0x30, &certificate), &mut list);
            body.clear();
            put_bytes24(&list, body);
        },
    )
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head = match (high, low) {
        (0, 0..0x80) => vec![tag, low],
        (0, _) => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [head, content.to_vec()].concat()
}

/// Where the extensions of our ServerHello begin in TLS 1.3, where it echoes a session id of 32 bytes.
const EXTENSIONS13: usize = 2 + 32 + 33 + 2 + 1;
const DH_ANON: u16 = 0x0034;
const ECDH_ANON: u16 = 0xc018;
/// 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
