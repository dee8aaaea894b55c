//! Servers that misbehave before a client of SSL 2.

use std::fmt::Write;

use allocation_counter::measure;
use tlscensus_tls_client::Interruption;
use tlscensus_tls_client::Ssl2Client;
use tlscensus_tls_client::Step;

use crate::support::SEED;

/// What it does, in words; its first bytes; what it says behind them again and again; how that ends.
type Misbehaviour = (&'static str, &'static [u8], &'static [u8], &'static str);

const MISBEHAVIOURS: &[Misbehaviour] = &[
    ("nothing", b"", b"", "closed"),
    ("one byte", b"\x80", b"", "closed"),
    ("text without end", b"", b"HTTP/1.1 400 Bad Request\r\n", "not-tls"),
    ("zeros without end", b"", b"\0", "not-tls"),
    ("ones without end", b"", b"\xff", "not-tls"),
    ("an empty record", b"\x80\0", b"\x80\0", "not-tls"),
    (
        "a SERVER-HELLO of 32,767 bytes that fill it",
        b"\xff\xff\x04\0\x01\0\x02\x7f\xf0\0\x03\0\x10",
        b"\x30",
        "malformed: CONNECTION-ID-DATA needs 16 bytes, 1 are left",
    ),
    ("a SERVER-HELLO whose rest never comes", b"\xff\xff\x04\0\x01\0\x02", b"", "closed"),
    (
        "a certificate longer than its message",
        b"\x80\x0b\x04\0\x01\0\x02\xff\xff\0\x03\0\x10",
        b"",
        "malformed: CERTIFICATE-DATA needs 65535 bytes, 0 are left",
    ),
    (
        "ciphers of a length that no list of them has",
        b"\x80\x0f\x04\0\x01\0\x02\0\0\0\x04\0\0\x01\0\x80\0",
        b"",
        "malformed: Ssl2CipherKind needs 3 bytes, 1 are left",
    ),
    (
        "a byte behind the connection id",
        b"\x80\x0c\x04\0\x01\0\x02\0\0\0\0\0\0\x07",
        b"",
        "malformed: 1 bytes left over behind SERVER-HELLO",
    ),
    ("nothing in any field", b"\x80\x0b\x04\0\0\0\x02\0\0\0\0\0\0", b"", "not-completable: SSL 2"),
    ("an escape", b"\x40\x05\0\x04\0\x01\0\x02", b"", "not-tls"),
    ("our own message", b"\x80\x03\x01\0\x02", b"", "not-tls"),
    ("a request for a certificate", b"\x80\x02\x07\x01", b"", "not-tls"),
    ("errors without end", b"", b"\x80\x03\0\0\x01", "no-common-suite"),
    (
        "a ServerHello of 16 MiB, announced in TLS",
        b"\x16\x03\x01\0\x04\x02\xff\xff\xff",
        b"\x16\x03\x01\0\x01\0",
        "over-bytes",
    ),
    (
        "a ServerHello of 128 KiB in single bytes",
        b"\x16\x03\x01\0\x04\x02\x01\xff\xff",
        b"\x16\x03\x01\0\x01\0",
        "malformed: 131031 bytes left over behind ServerHello",
    ),
    ("empty messages without end, in TLS", b"", b"\x16\x03\x01\0\0", "over-bytes"),
    ("a record of TLS that is too long", b"\x16\x03\x01\xff\xff", b"\0", "malformed: not a record"),
    ("data in TLS", b"\x17\x03\x01\0\x01x", b"", "wrong-order: server_hello"),
    ("a ChangeCipherSpec in TLS", b"\x14\x03\x01\0\x01\x01", b"", "wrong-order: server_hello"),
    (
        "warnings of TLS without end",
        b"",
        b"\x15\x03\x01\0\x02\x01\x70",
        "alert: warning unrecognized_name after client_hello",
    ),
    (
        "a wish for another handshake without end",
        b"",
        b"\x16\x03\x01\0\x04\0\0\0\0",
        "wrong-order: hello_request",
    ),
];

/// How a visit ends, and how many bytes it took.
fn visit(opening: &[u8], rest: &[u8]) -> (String, usize) {
    let mut client = Ssl2Client::seeded(SEED);
    let mut sent = Vec::new();
    client.poll(&mut sent);
    client.receive(opening);
    let mut heard = opening.len();
    let chunk = rest.repeat(if rest.is_empty() { 0 } else { CHUNK.div_ceil(rest.len()) });
    while !chunk.is_empty() && client.poll(&mut sent) == Step::Read && heard < PATIENCE {
        client.receive(&chunk);
        heard += chunk.len();
    }
    client.interrupted(Interruption::Closed);
    assert_eq!(client.poll(&mut sent), Step::Done);
    assert!(sent.len() <= MOST_SENT, "{} bytes were sent", sent.len());
    (client.outcome().unwrap().to_string(), heard)
}

#[test]
fn every_misbehaviour_before_a_client_of_ssl2_has_its_name() {
    let mut wrong = String::new();
    for (what, opening, rest, expected) in MISBEHAVIOURS {
        let (outcome, heard) = visit(opening, rest);
        if outcome != *expected || heard > MOST_HEARD {
            writeln!(wrong, "{what} | {outcome} | {expected} | {heard} heard").unwrap();
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn no_misbehaviour_makes_a_client_of_ssl2_hold_more_than_the_limit() {
    for (what, opening, rest, _) in MISBEHAVIOURS {
        let held = measure(|| drop(visit(opening, rest))).bytes_max;
        assert!(held <= MOST_HELD, "{what}: {held} bytes");
    }
}

/// What a driver reads at once.
const CHUNK: usize = 1 << 12;
/// Bytes from which on a client is said to listen for ever.
const PATIENCE: usize = 4 << 20;
/// A message of 128 KiB in records of one byte, six times as long.
const MOST_HEARD: usize = 1 << 20;
/// A hello.
const MOST_SENT: usize = 64;
/// A message of 128 KiB in a buffer that grew by doubling.
const MOST_HELD: u64 = 1 << 19;
