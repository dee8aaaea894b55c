//! What an observer with all keys knows at the end of each recorded handshake.

use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::extension::EARLY_KEY_SHARE;
use tlscensus_tls_wire::extension::Extensions;
use tlscensus_tls_wire::handshake::ClientHello;
use tlscensus_tls_wire::handshake::Message;
use tlscensus_tls_wire::observer::MAX_CHAIN;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Presence;
use tlscensus_tls_wire::observer::Protection;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::observer::SignatureCheck;
use tlscensus_tls_wire::record::Joiner;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::CompressionMethod;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::transcript;

/// One row: what must be known of one recording.
struct Row {
    name: &'static str,
    history: &'static str,
    version: &'static str,
    suite: &'static str,
    key_exchange: &'static str,
    group: Option<NamedGroup>,
    dh_bits: Option<u32>,
    scheme: Option<SignatureScheme>,
    chain: Option<usize>,
    tickets: usize,
    resumed: bool,
}

const DEFAULT: Row = Row {
    name: "",
    history: "",
    version: "TLS 1.2",
    suite: "",
    key_exchange: "ECDHE",
    group: None,
    dh_bits: None,
    scheme: None,
    chain: Some(1),
    tickets: 1,
    resumed: false,
};

const ROWS: &[Row] = &[
    Row {
        name: "rfc8448-1rtt",
        history: "CsoxyfFt",
        version: "TLS 1.3",
        suite: "TLS_AES_128_GCM_SHA256",
        group: Some(NamedGroup::X25519),
        scheme: Some(SignatureScheme::RSA_PSS_RSAE_SHA256),
        ..DEFAULT
    },
    Row {
        name: "rfc8448-retry",
        history: "CjCs",
        version: "TLS 1.3",
        suite: "TLS_AES_128_GCM_SHA256",
        group: Some(NamedGroup::SECP256R1),
        chain: None,
        tickets: 0,
        ..DEFAULT
    },
    Row {
        name: "tls13-ecdsa-alpn-ocsp",
        history: "CsioxyfIFttL",
        version: "TLS 1.3",
        suite: "TLS_AES_256_GCM_SHA384",
        group: Some(NamedGroup::X25519),
        scheme: Some(SignatureScheme::ECDSA_SECP256R1_SHA256),
        chain: Some(2),
        tickets: 2,
        ..DEFAULT
    },
    Row {
        name: "tls13-retry-p384",
        history: "CjICisoxyfFttL",
        version: "TLS 1.3",
        suite: "TLS_AES_256_GCM_SHA384",
        group: Some(NamedGroup::SECP384R1),
        scheme: Some(SignatureScheme::RSA_PSS_RSAE_SHA256),
        tickets: 2,
        ..DEFAULT
    },
    Row {
        name: "tls13-certificate-request",
        history: "CsiorxyfIXYFttttL",
        version: "TLS 1.3",
        suite: "TLS_AES_256_GCM_SHA384",
        group: Some(NamedGroup::X25519),
        scheme: Some(SignatureScheme::RSA_PSS_RSAE_SHA256),
        tickets: 4,
        ..DEFAULT
    },
    Row {
        name: "tls13-resumed",
        history: "CsiofIFtL",
        version: "TLS 1.3",
        suite: "TLS_AES_256_GCM_SHA384",
        key_exchange: "ECDHE_PSK",
        group: Some(NamedGroup::X25519),
        chain: None,
        resumed: true,
        ..DEFAULT
    },
    Row {
        name: "tls12-ecdhe-rsa-ticket",
        history: "CsxknGIFtifL",
        suite: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        group: Some(NamedGroup::X25519),
        scheme: Some(SignatureScheme::RSA_PSS_RSAE_SHA256),
        ..DEFAULT
    },
    Row {
        name: "tls12-ecdhe-ecdsa-ocsp",
        history: "CsxuknGIFtifL",
        suite: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        group: Some(NamedGroup::X25519),
        scheme: Some(SignatureScheme::ECDSA_SECP256R1_SHA256),
        chain: Some(2),
        ..DEFAULT
    },
    Row {
        name: "tls12-dhe-rsa-certificate-request",
        history: "CsxkrnXGYIFtifL",
        suite: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
        key_exchange: "DHE",
        dh_bits: Some(2048),
        scheme: Some(SignatureScheme::RSA_PSS_RSAE_SHA256),
        ..DEFAULT
    },
    Row {
        name: "tls12-rsa",
        history: "CsxnGIFifL",
        suite: "TLS_RSA_WITH_AES_128_CBC_SHA",
        key_exchange: "RSA",
        tickets: 0,
        ..DEFAULT
    },
    Row {
        name: "tls12-resumed-ticket",
        history: "CsifIFL",
        suite: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        chain: None,
        tickets: 0,
        resumed: true,
        ..DEFAULT
    },
    Row {
        name: "tls12-anonymous-dh",
        history: "CsknGIFtifL",
        suite: "TLS_DH_anon_WITH_AES_128_CBC_SHA",
        key_exchange: "DHE",
        dh_bits: Some(1024),
        chain: None,
        ..DEFAULT
    },
    Row {
        name: "tls12-ecdhe-psk",
        history: "CsknGIFtifL",
        suite: "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256",
        key_exchange: "ECDHE_PSK",
        group: Some(NamedGroup::X25519),
        chain: None,
        ..DEFAULT
    },
    Row {
        name: "tls11-dhe-rsa",
        history: "CsxknGIFtifL",
        version: "TLS 1.1",
        suite: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
        key_exchange: "DHE",
        dh_bits: Some(2048),
        ..DEFAULT
    },
    Row {
        name: "tls10-ecdhe-rsa-certificate-request",
        history: "CsxkrnXGIFtifL",
        version: "TLS 1.0",
        suite: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        group: Some(NamedGroup::X25519),
        ..DEFAULT
    },
];

#[test]
fn each_recording_gives_its_row() {
    for row in ROWS {
        let observer = transcript::observed(&transcript::named(row.name));
        let name = row.name;
        assert_eq!(observer.history(), row.history, "{name}");
        let choice = observer.choice().expect("chosen");
        assert_eq!(choice.version.name(), Some(row.version), "{name}");
        assert_eq!(choice.suite.name(), Some(row.suite), "{name}");
        let facts = observer.key_exchange().expect("chosen");
        assert_eq!(facts.word(), Some(row.key_exchange), "{name}");
        assert_eq!(facts.group, row.group, "{name}");
        assert_eq!(facts.dh.map(|dh| dh.bits()), row.dh_bits, "{name}");
        assert_eq!(facts.signature_scheme, row.scheme, "{name}");
        assert_eq!(observer.chain().map(<[_]>::len), row.chain, "{name}");
        assert_eq!(observer.tickets().len(), row.tickets, "{name}");
        let whole = name != "rfc8448-retry";
        assert_eq!(observer.resumed(), Some(row.resumed), "{name}");
        assert_eq!(observer.established(), whole, "{name}");
        let presence = match row.chain {
            Some(_) => Presence::Seen,
            None if whole => Presence::Absent,
            None => Presence::Unreached,
        };
        assert_eq!(observer.certificate_presence(), presence, "{name}");
    }
}

#[test]
fn shared_fields_have_names() {
    for (name, field) in [
        ("tls11-dhe-rsa", "rfc3526-modp2048"),
        ("tls12-dhe-rsa-certificate-request", "rfc3526-modp2048"),
        ("tls12-anonymous-dh", "rfc2409-modp1024"),
    ] {
        let observer = transcript::observed(&transcript::named(name));
        let group = observer.key_exchange().expect("chosen").ffdh_group().expect("known");
        assert_eq!((group.name, group.is_safe), (field, true), "{name}");
    }
    let observer = transcript::observed(&transcript::named("rfc8448-1rtt"));
    assert_eq!(observer.key_exchange().expect("chosen").ffdh_group(), None);
}

#[test]
fn a_server_of_an_early_draft_may_call_itself_final() {
    // As tls13.crypto.mozilla.org answered in draft 14; from a capture in Suricata's verification suite.
    let body =
        [&b"\x03\x04"[..], &[7; 32], b"\xc0\x2b\x00\x09\x00\x28\x00\x05\x00\x17\x00\x01x"].concat();
    let mut observer = Observer::new();
    observer.message(Side::Server, Protection::Plain, HandshakeType::SERVER_HELLO, &body);
    let choice = observer.choice().expect("understood");
    assert_eq!((choice.version, choice.suite), (Version::TLS_1_3, CipherSuite(0xc02b)));
    assert_eq!(choice.key_share(), Some((NamedGroup::SECP256R1, &b"x"[..])));
    assert!(observer.malformed().is_empty());
    let mut observer = Observer::new();
    let body = b"\x7f\x12\x00\x06\x00\x28\x00\x02\x00\x18";
    observer.message(Side::Server, Protection::Plain, HandshakeType::HELLO_RETRY_REQUEST, body);
    assert!(observer.hello_retry() && observer.retry().is_none());
    assert_eq!(observer.retry_group(), Some(NamedGroup::SECP384R1));
}

#[test]
fn what_a_client_offers_beside_has_lengths_and_counts() {
    let mut extensions = Extensions::new();
    extensions.push(ExtensionType::SESSION_TICKET, &[7; 192][..]);
    extensions.push(ExtensionType::EARLY_DATA, &b""[..]);
    extensions.push(
        ExtensionType::ENCRYPTED_CLIENT_HELLO,
        &b"\x00\x00\x01\x00\x03\x2a\x00\x01e\x00\x01p"[..],
    );
    extensions.push(ExtensionType::PSK_KEY_EXCHANGE_MODES, &b"\x02\x0b\x01"[..]);
    extensions.push(ExtensionType::SUPPORTED_VERSIONS, &b"\x02\x7f\x12"[..]);
    extensions.push(EARLY_KEY_SHARE, &b"\x00\x0a\x0a\x0a\x00\x01g\x00\x1d\x00\x01x"[..]);
    extensions.push(
        ExtensionType::PRE_SHARED_KEY,
        &b"\x00\x07\x00\x01t\x00\x00\x00\x01\x00\x02\x01b"[..],
    );
    let hello = ClientHello {
        legacy_version: Version::TLS_1_2,
        random: [7; 32],
        session_id: b"session",
        cipher_suites: vec![CipherSuite(0x1301)],
        compression_methods: vec![CompressionMethod(1), CompressionMethod::NULL],
        extensions,
    };
    let told = |hello: &ClientHello<'_>| {
        let mut observer = Observer::new();
        let body = hello.encoded();
        observer.message(Side::Client, Protection::Plain, HandshakeType::CLIENT_HELLO, &body);
        observer
    };
    let observer = told(&hello);
    let offer = observer.offer().expect("heard");
    assert_eq!((offer.session_id_length(), offer.ticket_length()), (7, Some(192)));
    assert_eq!((offer.psk_count(), offer.early_data()), (Some(1), true));
    assert_eq!(offer.compression_methods(), [CompressionMethod(1), CompressionMethod::NULL]);
    assert_eq!(offer.psk_key_exchange_modes().len(), 2, "GREASE is kept");
    assert_eq!(offer.key_share_groups(), [NamedGroup(0x0a0a), NamedGroup::X25519]);
    let hidden = offer.encrypted_hello().expect("there");
    assert_eq!((hidden.kdf_id, hidden.aead_id), (1, 3));
    let mut bare = hello.clone();
    bare.extensions = Extensions::new();
    bare.extensions.push(EARLY_KEY_SHARE, &b"\x00\x05\x00\x1d\x00\x01x"[..]);
    let observer = told(&bare);
    let offer = observer.offer().expect("heard");
    assert_eq!((offer.psk_count(), offer.ticket_length(), offer.early_data()), (None, None, false));
    assert!(offer.encrypted_hello().is_none());
    assert!(offer.key_share_groups().is_empty(), "another extension has that number");
}

#[test]
fn the_offer_is_the_hello() {
    let observer = transcript::observed(&transcript::named("rfc8448-1rtt"));
    let offer = observer.offer().expect("heard");
    assert_eq!(offer.versions(), [Version::TLS_1_3]);
    assert_eq!(offer.hello.legacy_version, Version::TLS_1_2);
    assert_eq!(offer.hello.cipher_suites.len(), 3);
    assert_eq!(offer.groups().len(), 9);
    assert_eq!(offer.key_share_groups(), [NamedGroup::X25519]);
    assert_eq!(offer.signature_schemes().len(), 15);
    assert_eq!(offer.server_name(), Some(&b"server"[..]));
    assert_eq!(offer.alpn(), Vec::<&[u8]>::new());
    let types: Vec<u16> = offer.extension_types().iter().map(|extension| extension.0).collect();
    assert_eq!(types, [0, 0xff01, 10, 35, 51, 43, 13, 45, 28]);
    let chosen: Vec<u16> =
        observer.chosen_extension_types().iter().map(|extension| extension.0).collect();
    assert_eq!(chosen, [51, 43, 10, 28, 0]);
    assert_eq!(observer.tickets()[0].lifetime_s, 30);
    assert_eq!(observer.alpn_presence(), Presence::Unasked);
    assert_eq!(observer.certificate_request_presence(), Presence::Absent);
}

#[test]
fn a_retry_is_told_from_a_choice() {
    let observer = transcript::observed(&transcript::named("rfc8448-retry"));
    let retry = observer.retry().expect("heard");
    assert_eq!(retry.retry_group(), Some(NamedGroup::SECP256R1));
    assert!(retry.extensions.contains(ExtensionType::COOKIE) && observer.hello_retry());
    let second = observer.second_offer().expect("heard");
    assert_eq!(second.key_share_groups(), [NamedGroup::SECP256R1]);
    assert_eq!(observer.encrypted_extensions_presence(), Presence::Unreached);
    assert_eq!(observer.offer().expect("heard").key_share_groups(), [NamedGroup::X25519]);
}

#[test]
fn staples_and_protocols_in_both_versions() {
    for name in ["tls13-ecdsa-alpn-ocsp", "tls12-ecdhe-ecdsa-ocsp"] {
        let observer = transcript::observed(&transcript::named(name));
        assert_eq!(observer.alpn(), Some(&b"imap"[..]), "{name}");
        let staple = observer.ocsp_staple().expect("stapled");
        assert_eq!(staple[..2], [0x30, 0x82], "{name}");
        assert_eq!(observer.ocsp_presence(), Presence::Seen);
        assert_eq!(observer.scts_presence(), Presence::Unasked);
        let leaf = &observer.chain().expect("seen")[0];
        assert_eq!(leaf[0], 0x30, "{name}");
    }
}

#[test]
fn requests_for_a_client_certificate_in_three_shapes() {
    for (name, types, schemes, client) in [
        ("tls13-certificate-request", 0, true, Some(1)),
        ("tls12-dhe-rsa-certificate-request", 3, true, Some(1)),
        ("tls10-ecdhe-rsa-certificate-request", 3, false, Some(0)),
    ] {
        let observer = transcript::observed(&transcript::named(name));
        let request = observer.certificate_request().expect("asked");
        assert_eq!(request.certificate_types.len(), types, "{name}");
        assert_eq!(!request.schemes.is_empty(), schemes, "{name}");
        assert_eq!(request.authority_names().len(), 1, "{name}");
        assert_eq!(observer.client_chain().map(<[_]>::len), client, "{name}");
    }
}

#[test]
fn alerts_know_when_they_came() {
    for (name, description) in [
        ("no-common-suite", AlertDescription::HANDSHAKE_FAILURE),
        ("version-refused", AlertDescription::PROTOCOL_VERSION),
    ] {
        let observer = transcript::observed(&transcript::named(name));
        let [seen] = observer.alerts() else { panic!("one alert") };
        assert_eq!((seen.side, seen.alert), (Side::Server, Alert::fatal(description)));
        assert_eq!(seen.after, Some((Side::Client, HandshakeType::CLIENT_HELLO)));
        assert_eq!(seen.protection, Protection::Plain);
        assert_eq!(observer.history(), "Cl");
        assert_eq!(observer.certificate_presence(), Presence::Unreached);
        assert_eq!(observer.resumed(), None);
        assert!(!observer.established() && observer.key_exchange().is_none());
    }
}

#[test]
fn flights_can_be_read_again_without_the_chain() {
    for (name, lines) in transcript::all() {
        let observer = transcript::observed(&lines);
        for side in [Side::Client, Side::Server] {
            let mut again = Observer::new();
            let mut joiner = Joiner::new();
            for which in [Side::Client, Side::Server] {
                joiner.reset();
                joiner.push(observer.flight(which));
                while let Some(frame) = joiner.pop().expect("short") {
                    let read = Message::decode(frame.message, frame.body, observer.context());
                    assert!(read.is_ok(), "{name}: {}", frame.message);
                    again.message(which, Protection::Plain, frame.message, frame.body);
                }
                assert!(joiner.is_aligned() && !observer.flight_truncated(which), "{name}");
            }
            assert_eq!(again.choice(), observer.choice(), "{name}");
            assert_eq!(
                again.key_exchange().map(|facts| facts.group),
                observer.key_exchange().map(|facts| facts.group)
            );
            assert_eq!(again.ocsp_staple(), observer.ocsp_staple(), "{name}");
            let lengths = |observer: &Observer| observer.chain().map(<[_]>::len);
            assert_eq!(lengths(&again), lengths(&observer), "{name}");
            assert!(observer.flight(side).len() < 4096, "{name}");
        }
    }
}

#[test]
fn what_breaks_its_grammar_is_kept_and_named() {
    let mut observer = Observer::new();
    observer.message(Side::Server, Protection::Plain, HandshakeType::SERVER_HELLO, &[3, 3, 1]);
    let [malformed] = observer.malformed() else { panic!("one message") };
    assert_eq!((malformed.side, malformed.message), (Side::Server, HandshakeType::SERVER_HELLO));
    assert_eq!(observer.flight(Side::Server), [2, 0, 0, 3, 3, 3, 1]);
    assert_eq!((observer.choice(), observer.history()), (None, "s"));
}

#[test]
fn the_first_of_each_message_counts() {
    let lines = transcript::named("tls12-ecdhe-ecdsa-ocsp");
    let mut observer = transcript::observed(&lines);
    let other = transcript::named("tls12-rsa");
    other.iter().for_each(|line| line.tell(&mut observer));
    let first = transcript::observed(&lines);
    assert_eq!(observer.chain(), first.chain());
    assert_eq!(observer.choice(), first.choice());
    assert_eq!(observer.offer(), first.offer());
    assert_eq!(
        observer.key_exchange().map(|facts| facts.group),
        first.key_exchange().map(|facts| facts.group)
    );
    assert_eq!(observer.ocsp_staple(), first.ocsp_staple());
    // What a server says behind its handshake does not change who signed for it.
    let scheme = observer.key_exchange().and_then(|facts| facts.signature_scheme);
    let forged = [0x02, 0x01, 0, 0];
    let late = HandshakeType::CERTIFICATE_VERIFY;
    observer.message(Side::Server, Protection::Application, late, &forged);
    assert!(scheme.is_some_and(|scheme| scheme != SignatureScheme(0x0201)));
    assert_eq!(observer.key_exchange().and_then(|facts| facts.signature_scheme), scheme);
}

#[test]
fn a_chain_of_thousands_is_cut_and_says_so() {
    let mut observer = Observer::new();
    let body = [&[0, 0x75, 0x30][..], &[0; 30_000]].concat();
    observer.message(Side::Server, Protection::Plain, HandshakeType::CERTIFICATE, &body);
    assert_eq!(observer.chain().map(<[_]>::len), Some(MAX_CHAIN));
    let [malformed] = observer.malformed() else { panic!("one message") };
    assert_eq!(
        malformed.error.to_string(),
        "length of certificate_list has the illegal value 0x2710"
    );
    assert!(observer.flight_truncated(Side::Server));
}

#[test]
fn a_long_flight_is_cut_at_a_message() {
    let mut observer = Observer::new();
    let body = vec![0; 10_000];
    for _ in 0..3 {
        observer.message(Side::Server, Protection::Plain, HandshakeType::SUPPLEMENTAL_DATA, &body);
    }
    assert!(observer.flight_truncated(Side::Server));
    assert_eq!(observer.flight(Side::Server).len(), 10_004);
    assert_eq!(observer.history(), "aaa");
}

#[test]
fn suites_are_named_even_when_nobody_knows_them() {
    let hello = Message::ServerHello(tlscensus_tls_wire::handshake::ServerHello {
        legacy_version: Version(0x0399),
        random: [1; 32],
        session_id: &[],
        cipher_suite: CipherSuite(0xdada),
        compression_method: 1.into(),
        extensions: Extensions::none(),
    });
    let mut encoded = Vec::new();
    hello.encode(&mut encoded);
    let mut observer = Observer::new();
    observer.message(Side::Server, Protection::Plain, HandshakeType::SERVER_HELLO, &encoded[4..]);
    let choice = observer.choice().expect("chosen");
    assert_eq!((choice.version, choice.suite.name()), (Version(0x0399), None));
    assert_eq!(observer.key_exchange().expect("chosen").word(), None);
    observer.signature_checked(SignatureCheck::Invalid);
    assert_eq!(observer.signature_check().map(SignatureCheck::word), Some("invalid"));
}
