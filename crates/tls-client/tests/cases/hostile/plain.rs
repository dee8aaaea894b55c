//! Servers that lie, garble, or are none.

use rustls::version::TLS12;
use rustls::version::TLS13;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::Interruption;
use tlscensus_tls_client::Step;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::extension::Extensions;
use tlscensus_tls_wire::extension::SelectedVersion;
use tlscensus_tls_wire::handshake::HELLO_RETRY_REQUEST_RANDOM;
use tlscensus_tls_wire::handshake::ServerHello;
use tlscensus_tls_wire::observer::SignatureCheck;
use tlscensus_tls_wire::record::put_handshake;
use tlscensus_tls_wire::record::put_records;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::CompressionMethod;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

use crate::support::Server;
use crate::support::certificates::Kind;
use crate::support::exchange;
use crate::support::modern_client;
use crate::support::rustls_server::Options;
use crate::support::rustls_server::RustlsServer;

fn outcome_after(bytes: &[u8]) -> String {
    let mut client = modern_client();
    client.poll(&mut Vec::new());
    client.receive(bytes);
    match client.outcome() {
        Some(outcome) => outcome.to_string(),
        None => "none".to_owned(),
    }
}

#[test]
fn what_is_not_a_handshake_is_told_apart() {
    let mut overlong = b"\x16\x03\x03\x48\x01".to_vec();
    overlong.resize(overlong.len() + 0x4801, 0);
    let cases: [(&[u8], &str); 15] = [
        (b"", "none"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not-tls"),
        (b"220 mail.example ESMTP\r\n", "not-tls"),
        (b"\x80\x0b\x04", "not-tls"),
        (b"\0\0\0\0\0\0\0\0", "not-tls"),
        (&overlong, "malformed: a record too long"),
        (b"\x15\x03\x01\0\x02\x02\x28", "alert: fatal handshake_failure after client_hello"),
        (b"\x15\x03\x01\0\x02\x02\x70", "alert: fatal unrecognized_name after client_hello"),
        (b"\x15\x03\x01\0\x02\x02\x46", "version-refused"),
        (b"\x15\x03\x01\0\x02\x02\x47", "no-common-suite"),
        (b"\x15\x03\x01\0\x02\x01\x00", "alert: warning close_notify after client_hello"),
        (b"\x15\x03\x01\0\x02\x01\x70", "none"),
        (b"\x15\x03\x01\0\x01\x02", "malformed: AlertDescription needs 1 bytes, 0 are left"),
        (b"\x17\x03\x03\0\x01a", "wrong-order: server_hello"),
        (b"\x14\x03\x03\0\x01\x01", "wrong-order: server_hello"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(outcome_after(bytes), expected, "{:?}", &bytes[..bytes.len().min(12)]);
    }
}

#[test]
fn handshake_messages_out_of_order_are_named() {
    for (message, name) in
        [(1, "client_hello"), (11, "certificate"), (14, "server_hello_done"), (20, "finished")]
    {
        let record = [22, 3, 3, 0, 4, message, 0, 0, 0];
        assert_eq!(outcome_after(&record), format!("wrong-order: {name}"));
    }
}

/// A plaintext ServerHello with these choices.
fn server_hello(version: Version, suite: CipherSuite, compression: u8) -> Vec<u8> {
    let hello = ServerHello {
        legacy_version: version,
        random: [5; 32],
        session_id: &[],
        cipher_suite: suite,
        compression_method: CompressionMethod(compression),
        extensions: Extensions::none(),
    };
    let mut message = Vec::new();
    put_handshake(HandshakeType::SERVER_HELLO, &mut message, |out| hello.encode(out));
    let mut record = Vec::new();
    put_records(ContentType::HANDSHAKE, version, &message, &mut record);
    record
}

/// A plaintext ServerHello of TLS 1.3, or a retry request, with these extensions.
fn tls13_hello(random: [u8; 32], version: Version, more: &[(ExtensionType, Vec<u8>)]) -> Vec<u8> {
    let mut extensions = Extensions::new();
    extensions.add(&SelectedVersion(version));
    for (extension, bytes) in more {
        extensions.push(*extension, bytes.clone());
    }
    let suite = match version {
        Version::TLS_1_3 => CipherSuite::TLS_AES_128_GCM_SHA256,
        _ => CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
    };
    let hello = ServerHello {
        legacy_version: Version::TLS_1_2,
        random,
        session_id: &[],
        cipher_suite: suite,
        compression_method: CompressionMethod(0),
        extensions,
    };
    let mut message = Vec::new();
    put_handshake(HandshakeType::SERVER_HELLO, &mut message, |out| hello.encode(out));
    let mut records = Vec::new();
    put_records(ContentType::HANDSHAKE, Version::TLS_1_2, &message, &mut records);
    records
}

#[test]
fn retries_and_choices_beyond_our_offer_are_refused() {
    let retry = HELLO_RETRY_REQUEST_RANDOM;
    let group = |group: NamedGroup| (ExtensionType::KEY_SHARE, group.0.to_be_bytes().to_vec());
    let share = |group: NamedGroup, length: u16| {
        let header = [group.0.to_be_bytes(), length.to_be_bytes()].concat();
        (ExtensionType::KEY_SHARE, [header, vec![9; usize::from(length)]].concat())
    };
    let cookie = |length: u16| {
        let bytes = [length.to_be_bytes().to_vec(), vec![0; usize::from(length)]].concat();
        (ExtensionType::COOKIE, bytes)
    };
    let psk = (ExtensionType::PRE_SHARED_KEY, vec![0, 0]);
    let x25519 = NamedGroup::X25519;
    let p256 = NamedGroup::SECP256R1;
    let tls13 = Version::TLS_1_3;
    let cases = [
        (tls13_hello(retry, tls13, &[group(p256)]), "none"),
        (tls13_hello(retry, tls13, &[cookie(1 << 15)]), "none"),
        // With the rest of our hello this would not fit into its length field.
        (tls13_hello(retry, tls13, &[cookie(65_500)]), "malformed: illegal length of a cookie"),
        (tls13_hello(retry, tls13, &[group(x25519)]), "malformed: illegal group of a retry"),
        (tls13_hello(retry, tls13, &[]), "malformed: illegal retry without a change"),
        (tls13_hello(retry, Version::TLS_1_2, &[]), "malformed: illegal version of a retry"),
        (tls13_hello([5; 32], tls13, &[share(p256, 65)]), "malformed: illegal group of key_share"),
        (tls13_hello([5; 32], tls13, &[share(x25519, 31)]), "malformed: illegal key_share"),
        (
            tls13_hello([5; 32], tls13, &[share(x25519, 32), psk]),
            "malformed: illegal pre_shared_key that was not offered",
        ),
    ];
    for (place, (bytes, expected)) in cases.iter().enumerate() {
        assert_eq!(outcome_after(bytes), *expected, "case {place}");
    }
    let low_order = (ExtensionType::KEY_SHARE, [&[0, 0x1d, 0, 32][..], &[0; 32]].concat());
    let hello = tls13_hello([5; 32], tls13, &[low_order]);
    assert_eq!(outcome_after(&hello), "malformed: illegal key_share");
    let after_retry = |share| {
        [tls13_hello(retry, tls13, &[group(p256)]), tls13_hello([5; 32], tls13, &[share])].concat()
    };
    for (bytes, expected) in [
        (after_retry(share(x25519, 32)), "malformed: illegal group of key_share"),
        (after_retry(share(p256, 65)), "malformed: illegal key_share"),
        (tls13_hello(retry, tls13, &[group(p256)]).repeat(2), "wrong-order: server_hello"),
    ] {
        assert_eq!(outcome_after(&bytes), expected);
    }
}

#[test]
fn a_choice_that_was_not_offered_is_recorded() {
    let cbc = CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA;
    let rc4 = CipherSuite::TLS_RSA_WITH_RC4_128_SHA;
    let cases = [
        (Version::TLS_1_1, cbc, 0, "version-refused: TLS 1.1"),
        (Version::TLS_1_0, cbc, 0, "version-refused: TLS 1.0"),
        (Version::SSL_3, cbc, 0, "version-refused: SSL 3"),
        (Version::TLS_1_2, rc4, 0, "not-completable: TLS_RSA_WITH_RC4_128_SHA"),
        (Version::TLS_1_2, cbc, 1, "malformed: illegal compression method"),
    ];
    for (version, suite, compression, expected) in cases {
        let mut client = modern_client();
        client.receive(&server_hello(version, suite, compression));
        client.receive(b"\x16\x03\x03\0\x0b\x0b\0\0\x03\0\0\0\x0e\0\0\0");
        assert_eq!(client.outcome().unwrap().to_string(), expected);
        let choice = client.observer().choice().unwrap();
        assert_eq!((choice.version, choice.suite), (version, suite));
        let mut out = Vec::new();
        assert_eq!(client.poll(&mut out), Step::Done);
        assert_eq!(out[out.len() - 7..][..5], [21, 3, 3, 0, 2], "leaves with an alert");
    }
}

#[test]
fn a_message_without_end_is_cut_off() {
    assert_eq!(outcome_after(b"\x16\x03\x03\0\x04\x02\xff\xff\xff"), "over-bytes");
    let warnings = b"\x15\x03\x01\0\x02\x01\x70".repeat(1_000);
    assert_eq!(outcome_after(&warnings), "over-bytes");
}

/// Talks with a server whose flights `tamper` may change on their way; it is told the number of the flight.
fn tampered(options: &Options, tamper: impl Fn(usize, &mut [u8])) -> Client {
    let mut server = RustlsServer::new(options);
    let mut client = modern_client();
    for flight in 0..4 {
        let mut to_server = Vec::new();
        client.poll(&mut to_server);
        server.receive(&to_server);
        let mut to_client = server.output();
        tamper(flight, &mut to_client);
        client.receive(&to_client);
    }
    client
}

/// The body of the first handshake message of this type in plaintext records of one message or more.
fn message_mut(flight: &mut [u8], message: u8) -> Option<&mut [u8]> {
    let mut rest = flight.get_mut(5..)?;
    loop {
        let length = usize::from(*rest.get(2)?) << 8 | usize::from(*rest.get(3)?);
        let (this, after) = rest.split_at_mut_checked(4 + length)?;
        if this[0] == message {
            return Some(&mut this[4..]);
        }
        rest = after;
    }
}

#[test]
fn a_changed_signature_is_found() {
    for kind in [Kind::Rsa2048, Kind::P256, Kind::Ed25519] {
        let client = tampered(&Options::new(kind, &TLS12), |_, flight| {
            // In the first flight: the last byte of ServerKeyExchange belongs to its signature.
            if let Some(last) = message_mut(flight, 12).and_then(<[u8]>::last_mut) {
                *last ^= 1;
            }
        });
        assert_eq!(client.outcome().unwrap().word(), "bad-signature", "{kind:?}");
        assert_eq!(client.observer().signature_check(), Some(SignatureCheck::Invalid));
        assert_eq!(client.observer().chain().unwrap().len(), 1, "recorded as far as it came");
    }
}

#[test]
fn a_changed_finished_is_found() {
    let flip_last = |flight: &mut [u8]| *flight.last_mut().unwrap() ^= 1;
    let tls12 = tampered(&Options::new(Kind::P256, &TLS12), |number, flight| {
        if number == 1 {
            flip_last(flight);
        }
    });
    assert_eq!(tls12.outcome().unwrap().word(), "bad-finished");
    let tls13 = tampered(&Options::new(Kind::P256, &TLS13), |number, flight| {
        if number == 0 {
            flip_last(flight);
        }
    });
    assert_eq!(tls13.outcome().unwrap().word(), "bad-finished");
    assert!(!tls12.observer().established() && !tls13.observer().established());
}

#[test]
fn a_changed_hello_is_found_by_the_finished() {
    let client = tampered(&Options::new(Kind::P256, &TLS12), |_, flight| {
        // A byte of the session id, which nothing but the transcript covers.
        if let Some(byte) = message_mut(flight, 2).and_then(|body| body.get_mut(40)) {
            *byte ^= 1;
        }
    });
    let word = client.outcome().unwrap().word();
    assert!(word == "alert" || word == "bad-finished", "{word}");
}

#[test]
fn after_the_handshake_failures_end_it_but_do_not_undo_it() {
    for version in [&TLS12, &TLS13] {
        let mut server = RustlsServer::new(&Options::new(Kind::P256, version));
        let mut client = modern_client();
        exchange(&mut client, &mut server);
        client.receive(b"\x17\x03\x03\0\x20garbage garbage garbage garbage ");
        assert_eq!(client.outcome().unwrap().word(), "completed");
        assert_eq!(client.end().unwrap().word(), "bad-finished");
        assert_eq!(client.poll(&mut Vec::new()), Step::Done);

        let mut server = RustlsServer::new(&Options::new(Kind::P256, version));
        let mut client = modern_client();
        exchange(&mut client, &mut server);
        server.close();
        exchange(&mut client, &mut server);
        assert_eq!(client.end().unwrap().word(), "closed");
        client.interrupted(Interruption::Reset);
        assert_eq!(client.end().unwrap().word(), "closed", "the first end counts");
        assert_eq!(client.poll(&mut Vec::new()), Step::Done);
    }
}
