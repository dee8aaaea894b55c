//! Misbehaviour of lengths: too much, too little, or other than said.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use tlscensus_tls_wire::codec::put_bytes16;
use tlscensus_tls_wire::codec::put_bytes24;
use tlscensus_tls_wire::codec::put_u16;
use tlscensus_tls_wire::codec::put_u24;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;

use super::records::before;
use super::records::behind;
use super::records::edited;
use super::records::instead;
use crate::support::scripted::Act;
use crate::support::scripted::Mode;
use crate::support::scripted::ScriptedServer;

pub(super) fn announced(mode: Mode) -> ScriptedServer {
    let header = Act::Record(ContentType::HANDSHAKE, b"\x0b\xff\xff\xff".to_vec());
    let filling = Act::Record(ContentType::HANDSHAKE, vec![0; 16_384]).endless();
    before(mode, HandshakeType::CERTIFICATE, vec![header, filling])
}

/// Our certificate and empty ones behind it.
pub(super) fn chain(count: usize) -> ScriptedServer {
    edited(Mode::Ecdhe12, HandshakeType::CERTIFICATE, move |body| {
        let mut list = body.split_off(3);
        list.resize(list.len() + 3 * (count - 1), 0);
        body.clear();
        put_bytes24(&list, body);
    })
}

/// Our certificate again and again.
pub(super) fn copies(mode: Mode, count: usize) -> ScriptedServer {
    let context = usize::from(mode == Mode::Tls13);
    edited(mode, HandshakeType::CERTIFICATE, move |body| {
        let list = body.split_off(context + 3);
        body.truncate(context);
        put_bytes24(&list.repeat(count), body);
    })
}

pub(super) fn no_chain(mode: Mode) -> ScriptedServer {
    let context = usize::from(mode == Mode::Tls13);
    edited(mode, HandshakeType::CERTIFICATE, move |body| *body = vec![0; context + 3])
}

pub(super) fn no_certificate() -> ScriptedServer {
    edited(Mode::Tls13, HandshakeType::CERTIFICATE, |body| {
        *body = b"\0\0\0\x0a\0\0\x05hello\0\0".to_vec();
    })
}

/// An honest server with one extension more.
fn with_extension(
    mut server: ScriptedServer,
    message: HandshakeType,
    length: usize,
) -> ScriptedServer {
    server.extensions.push((message, ExtensionType(0xfafa), vec![7; length]));
    server
}

pub(super) fn hello_extension() -> ScriptedServer {
    let server = ScriptedServer::new(Mode::Ecdhe12, Mode::Ecdhe12.honest());
    with_extension(server, HandshakeType::SERVER_HELLO, 65_000)
}

pub(super) fn encrypted_extension() -> ScriptedServer {
    let server = ScriptedServer::new(Mode::Tls13, Mode::Tls13.honest());
    with_extension(server, HandshakeType::ENCRYPTED_EXTENSIONS, 65_000)
}

pub(super) fn certificate_extension() -> ScriptedServer {
    let server = ScriptedServer::new(Mode::Tls13, Mode::Tls13.honest());
    with_extension(server, HandshakeType::CERTIFICATE, 65_000)
}

pub(super) fn retry_extension() -> ScriptedServer {
    let retry = vec![Act::Retry(Vec::new()), Act::Await];
    let server = before(Mode::Tls13, HandshakeType::SERVER_HELLO, retry);
    with_extension(server, HandshakeType::HELLO_RETRY_REQUEST, 65_000)
}

pub(super) fn request_extension() -> ScriptedServer {
    let request = vec![Act::say(HandshakeType::CERTIFICATE_REQUEST)];
    let server = before(Mode::Tls13, HandshakeType::CERTIFICATE, request);
    with_extension(server, HandshakeType::CERTIFICATE_REQUEST, 65_000)
}

pub(super) fn ticket_extension() -> ScriptedServer {
    let server = behind(Mode::Tls13, vec![Act::say(HandshakeType::NEW_SESSION_TICKET)]);
    with_extension(server, HandshakeType::NEW_SESSION_TICKET, 65_000)
}

pub(super) fn authorities() -> ScriptedServer {
    let request = Act::edited(HandshakeType::CERTIFICATE_REQUEST, |body| {
        let mut names = Vec::new();
        (0..6_000).for_each(|_| put_bytes16(b"12345678", &mut names));
        *body = b"\x01\x01\0\x02\x04\x03".to_vec();
        put_bytes16(&names, body);
    });
    before(Mode::Ecdhe12, HandshakeType::SERVER_HELLO_DONE, vec![request])
}

pub(super) fn status() -> ScriptedServer {
    let status = Act::edited(HandshakeType::CERTIFICATE_STATUS, |body| {
        *body = vec![1];
        put_bytes24(&[7; 120_000], body);
    });
    before(Mode::Ecdhe12, HandshakeType::SERVER_KEY_EXCHANGE, vec![status])
}

pub(super) fn long_list() -> ScriptedServer {
    edited(Mode::Ecdhe12, HandshakeType::CERTIFICATE, |body| body[2] ^= 0x80)
}

pub(super) fn trailing() -> ScriptedServer {
    edited(Mode::Ecdhe12, HandshakeType::SERVER_HELLO, |body| body.push(0))
}

pub(super) fn done() -> ScriptedServer {
    edited(Mode::Ecdhe12, HandshakeType::SERVER_HELLO_DONE, |body| body.push(0))
}

pub(super) fn session_id() -> ScriptedServer {
    edited(Mode::Ecdhe12, HandshakeType::SERVER_HELLO, |body| {
        body[34] = 255;
        drop(body.splice(35..35, [7; 255]));
    })
}

pub(super) fn finished(mode: Mode, length: usize) -> ScriptedServer {
    edited(mode, HandshakeType::FINISHED, move |body| body.resize(length, 0))
}

pub(super) fn cookie() -> ScriptedServer {
    let mut cookie = Vec::new();
    put_bytes16(&[7; 32_769], &mut cookie);
    let retry = vec![Act::Retry(Vec::new()), Act::Await];
    let mut server = before(Mode::Tls13, HandshakeType::SERVER_HELLO, retry);
    server.extensions.push((HandshakeType::HELLO_RETRY_REQUEST, ExtensionType::COOKIE, cookie));
    server
}

/// A message in these many bytes, when unpacked.
fn packed(algorithm: u16, length: u32, compressed: &[u8]) -> ScriptedServer {
    let mut body = Vec::new();
    put_u16(algorithm, &mut body);
    put_u24(length, &mut body);
    put_bytes24(compressed, &mut body);
    let message = Act::Handshake(HandshakeType::COMPRESSED_CERTIFICATE, body);
    instead(Mode::Tls13, HandshakeType::CERTIFICATE, vec![message])
}

/// Says 100,000 bytes and holds far more.
pub(super) fn bomb(algorithm: u16) -> ScriptedServer {
    let zeros = vec![0; 16 << 20];
    let compressed = match algorithm {
        1 => {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&zeros).unwrap();
            encoder.finish().unwrap()
        }
        2 => BROTLI_BOMB.to_vec(),
        _ => zstd::bulk::compress(&zeros, 3).unwrap(),
    };
    packed(algorithm, 100_000, &compressed)
}

pub(super) fn announced_bomb() -> ScriptedServer {
    packed(1, 0xff_ffff, b"x")
}

/// 16 MiB of zeros, by the `brotli` of Python's package of that name (1.1), quality 11, a window of 16 MiB.
const BROTLI_BOMB: &[u8] = b"\xcf\xff\xff\x7f\xf8\x27\x00\xe2\xb1\x40\x20\xf7\xfe\x7f";
