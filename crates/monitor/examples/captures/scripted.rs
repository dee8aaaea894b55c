//! What no program at hand speaks, written byte by byte: GOST, explicit curves, the three-byte header of SSL 2.

use tlscensus_testkit::capture::Side;

use crate::case::Case;
use crate::case::told;
use crate::case::with_port;
use crate::servers::ECDSA;
use crate::servers::NAME;
use crate::servers::TLS12;
use crate::servers::session;
use crate::support::record::Turns;

const HANDSHAKE: u8 = 22;
const SERVER_HELLO: u8 = 2;
const SERVER_KEY_EXCHANGE: u8 = 12;
/// TLS_GOSTR341112_256_WITH_KUZNYECHIK_CTR_OMAC (RFC 9189, section 6).
const KUZNYECHIK: [u8; 2] = [0xc1, 0x00];

pub(crate) fn cases() -> Vec<Case> {
    vec![explicit_curve(), gost(), padded_hello()]
}

/// The messages of a flight of a real server, each with its header, out of records of any cut.
fn messages(flight: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let (mut body, mut rest) = (Vec::new(), flight);
    while let [HANDSHAKE, _, _, high, low, behind @ ..] = rest {
        let (record, next) = behind.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        body.extend_from_slice(record);
        rest = next;
    }
    let mut found = Vec::new();
    let mut left = &body[..];
    while let [_, a, b, c, ..] = left {
        let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).expect("24 bits") + 4;
        let (message, behind) = left.split_at(length);
        found.push(message.to_vec());
        left = behind;
    }
    (found, rest.to_vec())
}

fn records(messages: &[Vec<u8>]) -> Vec<u8> {
    messages
        .iter()
        .flat_map(|message| {
            let length = u16::try_from(message.len()).expect("a short message").to_be_bytes();
            [&[HANDSHAKE, 3, 3, length[0], length[1]], &message[..]].concat()
        })
        .collect()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(body.len()).expect("a short message").to_be_bytes();
    [&[kind, a, b, c], body].concat()
}

/// A real session whose server's flight was changed.
fn changed(change: impl Fn(&mut Vec<Vec<u8>>)) -> Turns {
    let recorded = session(&TLS12, Some(&ECDSA));
    let mut turns = recorded.turns;
    let (side, flight) = turns.get_mut(1).expect("the server's flight");
    assert_eq!(*side, Side::Server);
    let (mut all, rest) = messages(flight);
    assert!(rest.is_empty(), "a flight in the clear");
    change(&mut all);
    *flight = records(&all);
    turns
}

/// RFC 4492, section 5.4: explicit_prime with the numbers of P-256. The signature is the one of the named curve and does not fit.
fn explicit_curve() -> Case {
    let turns = changed(|all| {
        let exchange = all.iter_mut().find(|one| one.first() == Some(&SERVER_KEY_EXCHANGE));
        let exchange = exchange.expect("a ServerKeyExchange");
        // Header, named_curve, its number; then the point and the signature.
        let behind = exchange.get(7..).expect("a point").to_vec();
        let mut body = vec![1];
        for number in P256 {
            let bytes = bytes(number);
            body.push(u8::try_from(bytes.len()).expect("a short number"));
            body.extend(bytes);
        }
        body.extend(behind);
        *exchange = message(SERVER_KEY_EXCHANGE, &body);
    });
    case("tls12-explicit-curve", "scripted: a curve given by its numbers (explicit_prime)", &turns)
        .expect("tls_suite", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
        .expect("tls_history", "CsxknGIDid")
}

/// A ServerHello with a suite of RFC 9189, and no ServerKeyExchange.
fn gost() -> Case {
    let turns = changed(|all| {
        all.retain(|one| one.first() != Some(&SERVER_KEY_EXCHANGE));
        let hello = all.iter_mut().find(|one| one.first() == Some(&SERVER_HELLO));
        let hello = hello.expect("a ServerHello");
        let at = 4 + 2 + 32 + 1 + usize::from(*hello.get(38).expect("a session id's length"));
        hello.get_mut(at..at + 2).expect("a suite").copy_from_slice(&KUZNYECHIK);
    });
    case("tls12-gost", "scripted: a suite of RFC 9189", &turns)
        .expect("tls_suite_code", "49408")
        .expect("tls_history", "CsxnGIDid")
}

fn case(name: &'static str, shows: &'static str, turns: &Turns) -> Case {
    Case::new(name, shows, &told(with_port(993), turns).segments())
        .all(&[("protocol", "imaps"), ("tls_version", "TLS 1.2"), ("tls_sni", NAME)])
        .expect("chain_seen", "seen")
}

/// draft-hickman-netscape-ssl-00, section 1.1: a header of three bytes, for a record with padding. The server's is one, too.
fn padded_hello() -> Case {
    let mut hello = vec![1, 0, 2, 0, 6, 0, 0, 0, 16];
    hello.extend([0x01, 0x00, 0x80, 0x07, 0x00, 0xc0]);
    hello.extend(*b"sixteen  bytes..");
    let leaf = ECDSA.chain.first().expect("a leaf").to_der().expect("DER");
    let mut answer = vec![4, 0, 1, 0, 2];
    for length in [leaf.len(), 6, 16] {
        answer.extend(u16::try_from(length).expect("a short answer").to_be_bytes());
    }
    answer.extend(leaf);
    answer.extend([0x07, 0x00, 0xc0, 0x01, 0x00, 0x80]);
    answer.extend(*b"connection   id.");
    let turns = vec![(Side::Client, padded(&hello, 3)), (Side::Server, padded(&answer, 5))];
    Case::new(
        "ssl2-padded",
        "scripted: SSL 2 in records with a header of three bytes",
        &told(with_port(993), &turns).segments(),
    )
    .all(&[("protocol", "imaps"), ("tls_version", "SSL 2"), ("chain_seen", "seen")])
    .expect("tls_ssl2_ciphers", "SSL_CK_DES_192_EDE3_CBC_WITH_MD5,SSL_CK_RC4_128_WITH_MD5")
    .expect("offer_ssl2_ciphers", "65664,458944")
}

fn padded(message: &[u8], padding: u8) -> Vec<u8> {
    let length = message.len() + usize::from(padding);
    let [high, low] = u16::try_from(length).expect("a short record").to_be_bytes();
    let mut record = vec![high, low, padding];
    record.extend(message);
    record.resize(3 + length, 0);
    record
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).expect("ASCII");
        u8::from_str_radix(text, 16).expect("hexadecimal")
    };
    hex.as_bytes().chunks(2).map(digit).collect()
}

/// P-256 (SEC 2, section 2.4.2): prime, a, b, base point, order, cofactor.
const P256: [&str; 6] = [
    "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
    "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc",
    "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    "01",
];
