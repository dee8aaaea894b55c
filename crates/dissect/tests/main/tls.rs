//! Real connections, and what others say of them.

use std::collections::BTreeMap;

use tlscensus_dissect::tls::Ear;
use tlscensus_dissect::tls::Guess;
use tlscensus_dissect::tls::looks_like_tls;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Side;

use crate::tls_streams;

/// The value of a key of tshark's, out of the observer; an empty text where there is none.
fn value(key: &str, observer: &Observer) -> Option<String> {
    let offer = observer.offer();
    let number = |value: u16| format!("0x{value:04x}");
    let list = |values: Vec<String>| values.join(",");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let facts = observer.key_exchange();
    Some(match key {
        "ts.ch_version" => {
            let ssl2 = observer.ssl2_hello().map(|hello| hello.version);
            let version = offer.map(|it| it.hello.legacy_version).or(ssl2);
            version.map(|version| number(version.0)).unwrap_or_default()
        }
        "ts.ch_record_version" => {
            let version = observer.first_record_version(Side::Client);
            version.map(|version| number(version.0)).unwrap_or_default()
        }
        "ts.ch_supported_versions" => {
            let versions = offer.map(|it| it.versions()).unwrap_or_default();
            list(versions.into_iter().map(|version| number(version.0)).collect())
        }
        "ts.sni" => offer?.server_name().map(text).unwrap_or_default(),
        "ts.ch_alpn" => list(offer?.alpn().into_iter().map(text).collect()),
        "ts.ch_n_ciphers" => offer?.hello.cipher_suites.len().to_string(),
        "ts.ja3" => observer.ja3()?,
        "ts.ja3s" => observer.ja3s()?,
        "ts.sh_version" => observer.version().map(|it| number(it.0)).unwrap_or_default(),
        "ts.sh_cipher" => observer.choice().map(|it| number(it.suite.0)).unwrap_or_default(),
        "ts.sh_group" | "ts.ske_curve" => {
            let group = facts?.group?.0;
            if key == "ts.sh_group" { group.to_string() } else { number(group) }
        }
        "ts.ske_dh_p_bits" => facts?.dh?.bits().to_string(),
        "ts.server_chain_len" | "ts.cert_chain_len" => observer.chain()?.len().to_string(),
        "ts.client_master_key_cipher" => format!("{:06x}", observer.ssl2_cipher()?.0),
        "ssl.established" => word(observer.seen_established()),
        "ssl.resumed" => word(observer.resumed() == Some(true)),
        _ => return None,
    })
}

fn word(yes: bool) -> String {
    if yes { "T" } else { "F" }.to_owned()
}

/// Where others see another thing, and why they are wrong or mean another thing.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "zeek/tls/chrome-63.0.3211.0-canary-tls_experiment.pcap#0",
        "ssl.resumed",
        "the echo of a session id says nothing in the experiments of TLS 1.3 either",
    ),
    ("zeek/tls/ocsp-stapling.pcap#0", "ssl.established", "the stream is cut before its end"),
    (
        "zeek/tls/tls13draft16-chrome55.0.2879.0-canary.pcap#0",
        "ssl.established",
        "the server's only record behind the client's Finished is as long as an alert",
    ),
];

#[test]
fn what_others_say_is_heard() {
    let streams = tls_streams::all();
    let mut wrong = Vec::new();
    let mut compared = BTreeMap::<String, usize>::new();
    for (name, expected) in tls_streams::expected() {
        let ear = streams[&name].heard();
        for (key, expected) in expected {
            let Some(found) = value(&key, ear.observer()) else { continue };
            *compared.entry(key.clone()).or_default() += 1;
            let is_excepted =
                EXCEPTIONS.iter().any(|(stream, of, _)| *stream == name && *of == key);
            if (found == expected) == is_excepted {
                wrong.push(format!("{name} {key}: {expected}, heard {found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{:#?}", wrong);
    assert!(compared.values().sum::<usize>() > 200, "{compared:?}");
}

#[test]
fn both_sides_are_recognised_alone() {
    for (name, stream) in tls_streams::all() {
        for (side, guess) in [(Side::Client, Guess::Client), (Side::Server, Guess::Server)] {
            let bytes: Vec<u8> = stream.of(side).flatten().copied().collect();
            let found = looks_like_tls(&bytes);
            let is_other = side == Side::Server && tls_streams::is_other(&name);
            let fits = found == guess
                || (found == Guess::Either && side == Side::Server)
                || bytes.is_empty()
                || (found == Guess::No && is_other);
            assert!(fits, "{name}: {} is {found:?}", side.word());
        }
    }
}

#[test]
fn other_protocols_are_not_tls() {
    for bytes in [
        &b"SSH-2.0-OpenSSH_9.6\r\n"[..],
        b"GET / HTTP/1.1\r\nHost: example\r\n\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"220 mail.example ESMTP\r\n",
        b"* OK IMAP4rev1\r\n",
        b"+OK POP3\r\n",
        b"EHLO client.example\r\n",
        b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00",
        b"\x4a\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00",
        b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
        b"\x00\x1d\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x00",
        b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27",
        b"\x05\x01\x00\x05\x01\x00\x03\x07example",
        b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00",
        b"\x13BitTorrent protocol\x00\x00\x00\x00\x00\x00\x00\x00",
        b"<?xml version='1.0'?><stream:stream",
        b"\x16\x04\x01\x00\x10\x01\x00\x00\x0c\x03\x03",
        b"\x16\x03\x01\x00\x10\x77\x00\x00\x0c\x03\x03",
        b"\x15\x03\x01\x00\x02\x07\x28",
        b"\x80\x2e\x01\x00\x02\x00\x14\x00\x00\x00\x10\x07\x00\xc0",
        // Hellos of SSL 2 that end before their fixed part does.
        b"\x80\x03\x01\x00\x02",
        b"\x80\x04\x04\x00\x01\x00",
        b"\x17\x03\x03\x00\x20abcdefghabcdefghabcdefghabcdefghPOST / HTTP",
    ] {
        let found = looks_like_tls(bytes);
        assert_eq!(found, Guess::No, "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn handshakes_that_something_else_follows_are_told_at_once() {
    let certificate_verify = b"\x16\x03\x03\x00\x06\x0f\x00\x00\x02\x04\x03";
    let cases: [(&[u8], &[u8], Guess); 5] = [
        (b"\x16\x03\x01\x00\x05\x01\x00\x00\x97\x03", b"\x16\xff\xff\xff\xff", Guess::Client),
        (b"\x16\x03\x01\x00\x04\x01\x00\x00\x97", b"\x14\x03\x03\x00\x01\x01", Guess::No),
        (b"\x16\x03\x03\x00\x05\x0b\x00\x00\x97\x00", b"\x17\x03\x03\x00\x20", Guess::No),
        (b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00", b"\x14\x03\x03\x00\x01\x01", Guess::Server),
        (certificate_verify, b"\x14\x03\x03\x00\x01\x01", Guess::Client),
    ];
    for (message, behind, expected) in cases {
        let bytes = [message, behind].concat();
        assert_eq!(looks_like_tls(&bytes), expected, "{bytes:02x?}");
        for end in 0..bytes.len() {
            let found = looks_like_tls(&bytes[..end]);
            assert!(found == Guess::Unsure || found == expected, "{bytes:02x?} at {end}");
        }
    }
}

#[test]
fn an_ear_is_small_between_records() {
    assert!(size_of::<Ear>() <= 800, "{}", size_of::<Ear>());
}
