//! Connections made for one claim each: strange records, why a handshake did not end, limits.

use tlscensus_dissect::tls::Ear;
use tlscensus_dissect::tls::NotEstablished;
use tlscensus_dissect::tls::Progress;
use tlscensus_dissect::tls::fuzzing;
use tlscensus_tls_wire::observer::Presence;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::registry::Ssl2CipherKind;
use tlscensus_tls_wire::registry::Version;

use crate::tls_holes::facts;
use crate::tls_streams;

const TLS12: &str = "zeek/tls/tls1.2.pcap#0";

/// The same records with handshake messages in the clear cut into records of one byte, an empty one before each.
fn in_small_records(bytes: &[u8]) -> Vec<u8> {
    let (mut out, mut rest, mut sealed) = (Vec::new(), bytes, false);
    while rest.len() >= 5 {
        let length = usize::from(u16::from_be_bytes([rest[3], rest[4]]));
        let (record, tail) = rest.split_at(rest.len().min(5 + length));
        sealed |= record[0] == 20;
        if record[0] == 22 && !sealed {
            for byte in &record[5..] {
                out.extend([22, record[1], record[2], 0, 0, 22, record[1], record[2], 0, 1, *byte]);
            }
        } else {
            out.extend(record);
        }
        rest = tail;
    }
    out
}

#[test]
fn records_may_be_empty_or_of_one_byte() {
    let streams = tls_streams::all();
    let whole = streams[TLS12].heard();
    let mut ear = Ear::new();
    for side in [Side::Client, Side::Server] {
        let bytes: Vec<u8> = streams[TLS12].of(side).flatten().copied().collect();
        let _ = ear.hear(side, &in_small_records(&bytes));
        assert_eq!(facts(ear.observer(), side), facts(whole.observer(), side));
    }
    assert_eq!(ear.not_established(), None);
}

fn hello() -> Vec<u8> {
    tls_streams::all()[TLS12].segments[0].1.clone()
}

fn server_hello() -> Vec<u8> {
    let streams = tls_streams::all();
    let bytes: Vec<u8> = streams[TLS12].of(Side::Server).flatten().copied().collect();
    let length = usize::from(u16::from_be_bytes([bytes[3], bytes[4]]));
    bytes[..5 + length].to_vec()
}

/// A word and the segments that give it.
type Case = (&'static str, Vec<(Side, Vec<u8>)>);

#[test]
fn why_it_did_not_end_has_a_word() {
    let (hello, answer) = (hello(), server_hello());
    let alert = b"\x15\x03\x03\x00\x02\x02\x28".to_vec();
    let warning = b"\x15\x03\x03\x00\x02\x01\x70".to_vec();
    let leave = b"\x15\x03\x03\x00\x02\x01\x00".to_vec();
    let (c, s) = (Side::Client, Side::Server);
    let long = [&b"\x16\x03\x03\x00\x04\x0b\x02\x00\x01"[..], b"\x16\x03\x03\x00\x01x"].concat();
    let cases: Vec<Case> = vec![
        ("nothing-heard", vec![]),
        ("no-server-hello", vec![(c, hello.clone())]),
        ("no-server-hello", vec![(c, hello.clone()), (s, warning)]),
        ("alert-by-server", vec![(c, hello.clone()), (s, alert)]),
        ("alert-by-client", vec![(c, hello.clone()), (s, answer.clone()), (c, leave)]),
        ("ended-in-handshake", vec![(c, hello.clone()), (s, answer.clone())]),
        ("one-sided", vec![(s, answer.clone())]),
        ("one-sided", vec![(c, hello.clone()), (c, b"\x14\x03\x03\x00\x01\x01".to_vec())]),
        ("not-tls", vec![(c, hello.clone()), (s, b"HTTP/1.1 400".to_vec())]),
        ("not-tls-any-more", vec![(c, hello.clone()), (s, [&answer[..], b"oops!"].concat())]),
        ("over-limit", vec![(c, hello.clone()), (s, [answer.clone(), long].concat())]),
    ];
    for (word, segments) in cases {
        let mut ear = Ear::new();
        for (side, bytes) in &segments {
            assert_ne!(ear.hear(*side, bytes), Progress::Established, "{word}");
        }
        assert_eq!(ear.not_established().map(NotEstablished::word), Some(word));
    }
    let mut ear = Ear::new();
    let _ = ear.hear(c, &hello);
    let _ = ear.finish(s);
    assert_eq!(ear.not_established(), Some(NotEstablished::ClosedBeforeServerHello));
    let _ = ear.miss(s, 100);
    assert_eq!(ear.not_established(), Some(NotEstablished::Gap));
    let mut ear = Ear::new();
    let _ = ear.hear(c, b"SSH-2.0-x\r\n");
    let why = NotEstablished::NotTls;
    assert_eq!(ear.hear(s, b"SSH-2.0-y\r\n"), Progress::Broken(why));
}

#[test]
fn a_chain_too_long_is_no_chain_and_what_follows_is_heard() {
    let mut ear = Ear::new();
    let _ = ear.hear(Side::Client, &hello());
    let _ = ear.hear(Side::Server, &server_hello());
    let message = [&[11, 2, 0, 1][..], &vec![7; 0x2_0001], &[14, 0, 0, 0]].concat();
    for fragment in message.chunks(1 << 14) {
        let length = u16::try_from(fragment.len()).expect("short").to_be_bytes();
        let _ = ear.hear(Side::Server, &[&[22, 3, 3][..], &length, fragment].concat());
    }
    assert_eq!(ear.observer().history(), "Csn");
    assert_eq!(ear.observer().certificate_presence(), Presence::Unreached);
    assert_eq!(ear.not_established(), Some(NotEstablished::OverLimit));
}

#[test]
fn the_frame_of_ssl2_has_headers_of_two_and_three_bytes() {
    let streams = tls_streams::all();
    let segments = &streams["zeek/tls/ssl-v2.pcap#0"].segments;
    let plain = segments[0].1.clone();
    let [high, low, message @ ..] = &plain[..] else { panic!("a record") };
    let padded = [&[high & 0x3f, low + 2, 2][..], message, &[0, 0]].concat();
    for opening in [plain.clone(), padded] {
        let mut ear = Ear::new();
        let _ = ear.hear(Side::Client, &opening);
        for (side, bytes) in &segments[1..] {
            let _ = ear.hear(*side, bytes);
        }
        let observer = ear.observer();
        assert_eq!(observer.version(), Some(Version::SSL_2));
        assert_eq!(observer.ssl2_cipher(), Some(Ssl2CipherKind(0x0700c0)));
        assert!(observer.history().starts_with("CsGd"), "{}", observer.history());
        assert_eq!(ear.not_established(), None);
        assert!(observer.unopened_records(Side::Client) > 0);
    }
    let mut ear = Ear::new();
    let _ = ear.hear(Side::Client, &plain);
    let _ = ear.hear(Side::Server, b"\x80\x03\x00\x00\x01");
    assert_eq!(ear.not_established(), Some(NotEstablished::AlertByServer));
}

#[test]
fn a_direction_may_be_picked_up_in_the_middle() {
    let streams = tls_streams::all();
    let bytes: Vec<u8> = streams[TLS12].of(Side::Server).flatten().copied().collect();
    let mut ear = Ear::new();
    let _ = ear.hear(Side::Server, &bytes[server_hello().len()..]);
    let whole = streams[TLS12].heard();
    assert_eq!(ear.observer().chain(), whole.observer().chain());
    assert_eq!(ear.observer().certificate_presence(), Presence::Seen);
    // An encrypted Finished is no message.
    let mut ear = Ear::new();
    let finished = [&b"\x16\x03\x03\x00\x28"[..], &[0; 8], &[9; 32]].concat();
    let _ = ear.hear(Side::Client, &finished);
    assert_eq!((ear.observer().history(), ear.observer().malformed().len()), ("", 0));
}

#[test]
fn ruins_break_nothing() {
    for stream in tls_streams::all().into_values() {
        let mut told = Vec::new();
        for (side, bytes) in &stream.segments {
            for piece in bytes.chunks(1000) {
                let step = if *side == Side::Client { 0 } else { 1 };
                let [high, low] = u16::try_from(piece.len()).expect("short").to_be_bytes();
                told.extend([step | high << 3, low]);
                told.extend(piece);
            }
        }
        for at in (0..told.len()).step_by(97) {
            let mut ruin = told.clone();
            ruin[at] ^= 0x55;
            fuzzing::ear(&ruin);
        }
    }
}
