//! A visit in SSL 2, to servers that speak it, that do not, and that are none.

use std::path::Path;

use openssl::ssl::SslVersion;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::Interruption;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Profile;
use tlscensus_tls_client::Ssl2Client;
use tlscensus_tls_client::Step;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::observer::Presence;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::Ssl2CipherKind;
use tlscensus_tls_wire::registry::Version;
use tlscensus_tls_wire::ssl2::ClientHello;
use tlscensus_tls_wire::ssl2::Deframer;
use tlscensus_tls_wire::ssl2::ServerHello;
use tlscensus_tls_wire::ssl2::put_record;

use crate::support::NAME;
use crate::support::SEED;
use crate::support::Server;
use crate::support::certificates::Kind;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::context;
use crate::support::openssl_server::pin;
use crate::support::profile;
use crate::support::visit;

/// What a visit ends with when the server says this, in pieces of a size.
fn outcome_after(bytes: &[u8], piece: usize) -> String {
    let mut client = Ssl2Client::seeded(SEED);
    assert_eq!(client.poll(&mut Vec::new()), Step::Read);
    for piece in bytes.chunks(piece) {
        client.receive(piece);
    }
    let step = if client.outcome().is_some() { Step::Done } else { Step::Read };
    assert_eq!(client.poll(&mut Vec::new()), step);
    client.outcome().map_or_else(|| "none".to_owned(), ToString::to_string)
}

/// The SERVER-HELLO of a real server: frame 6 of `ssl-v2.pcap`, where `tls-wire` keeps it.
fn recorded_server_hello() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tls-wire/testdata/ssl2.tsv");
    let text = std::fs::read_to_string(path).unwrap();
    let hex =
        text.lines().find(|line| line.starts_with("S\t")).unwrap().split('\t').nth(2).unwrap();
    let digits = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
    digits.map(Result::unwrap).collect()
}

fn server_hello(certificate: &[u8]) -> Vec<u8> {
    let hello = ServerHello {
        session_id_hit: 0,
        certificate_type: 1,
        version: Version::SSL_2,
        certificate,
        cipher_kinds: vec![
            Ssl2CipherKind::SSL_CK_RC4_128_EXPORT40_WITH_MD5,
            Ssl2CipherKind(0xabcdef),
        ],
        connection_id: &[9; 16],
    };
    let mut record = Vec::new();
    assert!(put_record(&hello.encoded(), &mut record));
    record
}

#[test]
fn the_hello_offers_every_cipher() {
    let mut client = Ssl2Client::seeded(SEED);
    let mut sent = Vec::new();
    client.poll(&mut sent);
    let mut deframer = Deframer::new();
    deframer.push(&sent);
    let record = deframer.pop().unwrap().unwrap();
    let hello = ClientHello::decode(record.data, "CLIENT-HELLO").unwrap();
    assert_eq!((hello.version, hello.session_id), (Version::SSL_2, &b""[..]));
    assert_eq!(hello.cipher_kinds.len(), Ssl2CipherKind::ENTRIES.len());
    assert_eq!(hello.challenge.len(), 16);
    assert_eq!(client.observer().flight(tlscensus_tls_wire::observer::Side::Client), sent);
    let mut again = Vec::new();
    Ssl2Client::seeded(SEED).poll(&mut again);
    assert_eq!(sent, again);
    let mut other = Vec::new();
    Ssl2Client::new().poll(&mut other);
    assert_ne!(sent, other);
}

#[test]
fn a_recorded_server_is_read_at_every_split_and_cut() {
    let recorded = recorded_server_hello();
    for piece in [1, 2, 3, 7, 500, recorded.len()] {
        assert_eq!(outcome_after(&recorded, piece), "not-completable: SSL 2");
    }
    for end in 0..recorded.len() {
        assert_eq!(outcome_after(&recorded[..end], 1 << 10), "none", "cut at {end}");
    }
    let mut client = Ssl2Client::seeded(SEED);
    client.receive(&recorded);
    let observer = client.observer();
    assert_eq!(observer.version(), Some(Version::SSL_2));
    assert_eq!(observer.ssl2_choice().unwrap().cipher_kinds.len(), 6);
    assert_eq!(observer.chain().unwrap()[0].len(), 903);
    assert_eq!((observer.certificate_presence(), observer.history()), (Presence::Seen, "Cs"));
    // What follows changes nothing.
    client.receive(b"\x80\x03\x00\x00\x02");
    client.interrupted(Interruption::Reset);
    assert_eq!(client.outcome().unwrap().to_string(), "not-completable: SSL 2");
    assert_eq!(client.observer().history(), "Cs");
}

#[test]
fn answers_are_told_apart() {
    let mut truncated = server_hello(b"certificate");
    truncated[2 + 6] = 200;
    let mut other_version = server_hello(b"certificate");
    other_version[2 + 3..2 + 5].copy_from_slice(&[2, 0]);
    let padded = [&[0x00, 0x05, 0x02][..], b"\x00\x00\x01pp"].concat();
    let long = server_hello(&[0x30; 30_000]);
    let cases: [(&[u8], &str); 24] = [
        (b"", "none"),
        (&server_hello(b"certificate"), "not-completable: SSL 2"),
        (&server_hello(b""), "not-completable: SSL 2"),
        (&long, "not-completable: SSL 2"),
        (&other_version, "not-completable: SSL 2"),
        (&truncated, "malformed: CERTIFICATE-DATA needs 200 bytes, 33 are left"),
        (b"\x80\x03\x00\x00\x01", "no-common-suite"),
        (b"\x00\x03\x00\x00\x00\x01", "no-common-suite"),
        (b"\x80\x03\x00\x00\x04", "alert: SSL 2 BAD-CERTIFICATE-ERROR"),
        (b"\x80\x03\x00\x00\x63", "alert: SSL 2 0x0063"),
        (b"\x80\x02\x00\x00", "malformed: Ssl2Error needs 2 bytes, 1 are left"),
        (b"\x80\x03\x02\x00\x01", "not-tls"),
        (&padded, "not-tls"),
        (b"\x80\x00\x04", "not-tls"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not-tls"),
        (b"220 mail.example ESMTP\r\n", "not-tls"),
        (b"* OK IMAP4rev1\r\n", "not-tls"),
        (b"\0\0\0\0\0\0", "not-tls"),
        (b"\x15\x03\x01\0\x02\x02\x46", "version-refused"),
        (b"\x15\x03\x00\0\x02\x02\x28", "alert: fatal handshake_failure after client_hello"),
        (b"\x15\x03\x03\0\x02\x02\x47", "no-common-suite"),
        (b"\x15\x03\x03\0\x01\x02", "malformed: AlertDescription needs 1 bytes, 0 are left"),
        (b"\x17\x03\x03\0\x01a", "wrong-order: server_hello"),
        (b"\x16\x03\x01\0\x04\x0e\0\0\0", "wrong-order: server_hello_done"),
    ];
    for (bytes, expected) in cases {
        for piece in [1, 2, 3, bytes.len().max(1)] {
            let found = outcome_after(bytes, piece);
            assert_eq!(found, expected, "{:?} by {piece}", &bytes[..bytes.len().min(12)]);
        }
    }
}

#[test]
fn ruins_of_a_recorded_hello_end_the_same_at_every_split() {
    let recorded = recorded_server_hello();
    let places = (0..16).chain((16..recorded.len()).step_by(37));
    for (at, value) in places.flat_map(|at| [0, 1, 0x7f, 0x80, 0xff].map(|value| (at, value))) {
        let mut ruin = recorded.clone();
        ruin[at] = value;
        let whole = outcome_after(&ruin, ruin.len());
        for piece in [1, 2, 5] {
            assert_eq!(outcome_after(&ruin, piece), whole, "{value:#x} at {at} by {piece}");
        }
    }
}

#[test]
fn a_server_hello_of_tls_is_a_refusal_of_the_version() {
    let mut hello = vec![22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    hello.extend([7; 32]);
    hello.extend([0, 0, 4, 0]);
    for piece in [1, 6, hello.len()] {
        assert_eq!(outcome_after(&hello, piece), "version-refused: TLS 1.0");
    }
}

#[test]
fn silence_and_resets_end_it() {
    for (how, word) in [
        (Interruption::Closed, "closed"),
        (Interruption::Reset, "reset"),
        (Interruption::TimedOut, "timeout"),
        (Interruption::OverBytes, "over-bytes"),
    ] {
        let mut client = Ssl2Client::new();
        client.receive(b"\x83");
        client.interrupted(how);
        assert_eq!(client.outcome().unwrap().word(), word);
        assert_eq!(client.observer().version(), None);
    }
}

/// OpenSSL 3 still takes a hello in this frame, whatever version then comes of it.
#[test]
fn later_versions_complete_from_the_old_frame() {
    let suites = [
        CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
    ];
    for (pinned, version, suite) in [
        (SslVersion::SSL3, Version::SSL_3, "AES128-SHA"),
        (SslVersion::TLS1, Version::TLS_1_0, "AES128-SHA"),
        (SslVersion::TLS1_1, Version::TLS_1_1, "AES128-SHA"),
        (SslVersion::TLS1_2, Version::TLS_1_2, "AES128-GCM-SHA256"),
    ] {
        let offer = Profile {
            versions: vec![Version::TLS_1_2, Version::TLS_1_1, Version::TLS_1_0, Version::SSL_3]
                .into(),
            suites: suites.to_vec().into(),
            ..profile("old-frame").clone()
        };
        let mut builder = context(Kind::Rsa2048.identity());
        pin(&mut builder, pinned);
        builder.set_cipher_list(&format!("{suite}:@SECLEVEL=0")).unwrap();
        let mut client = Client::new(&offer, Some(NAME), &KeyShares::generate());
        visit(&mut client, &mut OpensslServer::new(builder), &version.to_string());
        let observer = client.observer();
        assert_eq!(observer.version(), Some(version));
        assert!(observer.ssl2_hello().is_some() && observer.established());
        let offer = observer.offer().unwrap();
        assert_eq!(
            (offer.hello.cipher_suites.len(), offer.hello.extensions.is_present()),
            (3, false)
        );
        assert_eq!(observer.ja3(), None);
    }
}

/// OpenSSL 3 knows the frame, and turns the version away.
#[test]
fn a_server_of_today_refuses() {
    let mut server = OpensslServer::new(context(Kind::Rsa2048.identity()));
    let mut client = Ssl2Client::new();
    let mut hello = Vec::new();
    client.poll(&mut hello);
    server.receive(&hello);
    client.receive(&server.output());
    let outcome = client.outcome().map(ToString::to_string);
    assert_eq!(outcome.as_deref(), Some("version-refused"));
}
