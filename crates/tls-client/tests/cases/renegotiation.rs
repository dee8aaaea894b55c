//! Another handshake asked for inside the first: whom OpenSSL, told so, lets have it, bound to the first one or not.

use openssl::ssl::SslContextBuilder;
use openssl::ssl::SslOptions;
use openssl::ssl::SslVersion;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::Interruption;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Outcome;
use tlscensus_tls_client::Profile;
use tlscensus_tls_client::Renegotiation;
use tlscensus_tls_client::Step;
use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::AlertLevel;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;

use crate::support::NAME;
use crate::support::Server;
use crate::support::certificates::Kind;
use crate::support::exchange;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::context;
use crate::support::openssl_server::pin;
use crate::support::profile;
use crate::support::rustls_server::Options;
use crate::support::rustls_server::RustlsServer;
use crate::support::scripted::Act;
use crate::support::scripted::Mode;
use crate::support::scripted::ScriptedServer;
use crate::support::scripted::offer;

/// `SSL_OP_ALLOW_CLIENT_RENEGOTIATION`, which the binding does not name.
const ALLOW_CLIENT: SslOptions = SslOptions::from_bits_retain(1 << 8);
/// `SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION`.
const ALLOW_UNSAFE: SslOptions = SslOptions::from_bits_retain(1 << 18);

fn server(version: SslVersion, options: SslOptions) -> OpensslServer {
    let mut builder: SslContextBuilder = context(Kind::Rsa2048.identity());
    builder.clear_options(SslOptions::NO_SSLV3);
    pin(&mut builder, version);
    builder.set_cipher_list("AES128-SHA:@SECLEVEL=0").unwrap();
    builder.set_options(options);
    OpensslServer::new(builder)
}

/// The same without a word about renegotiation, as clients before RFC 5746 were.
fn of_old(profile: &Profile) -> Profile {
    let extensions = profile.extensions.iter().copied();
    let extensions = extensions.filter(|kind| *kind != ExtensionType::RENEGOTIATION_INFO);
    let suites = profile.suites.iter().copied();
    let suites = suites.filter(|suite| *suite != CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV);
    Profile {
        extensions: extensions.collect::<Vec<_>>().into(),
        suites: suites.collect::<Vec<_>>().into(),
        ..profile.clone()
    }
}

/// A handshake, the wish for another, and what comes of it.
fn ask(profile: &Profile, server: &mut dyn Server) -> (Option<Renegotiation>, Option<Outcome>) {
    let keys = KeyShares::generate();
    let mut client = Client::new(profile, Some(NAME), &keys);
    exchange(&mut client, server);
    assert_eq!(client.outcome(), Some(&Outcome::Completed));
    let mut out = Vec::new();
    assert!(client.renegotiate(profile, Some(NAME), &keys, &mut out));
    assert!(!client.renegotiate(profile, Some(NAME), &keys, &mut Vec::new()), "asked once");
    server.receive(&out);
    // The library reads on only when it is asked for data.
    assert_eq!(server.plaintext(), b"");
    exchange(&mut client, server);
    assert_eq!(
        client.outcome(),
        Some(&Outcome::Completed),
        "the first handshake stays what it was"
    );
    (client.renegotiation(), client.end().copied())
}

#[test]
fn openssl_binds_it_refuses_it_or_does_not_mind() {
    use Renegotiation::*;
    let stopped = Some(Outcome::Stopped);
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_1, SslVersion::TLS1] {
        let modern = profile("legacy");
        let old = of_old(modern);
        for (what, profile, options, expected) in [
            ("as it comes", modern, SslOptions::empty(), (Some(Refused), None)),
            ("none at all", modern, SslOptions::NO_RENEGOTIATION, (Some(Refused), None)),
            ("allowed", modern, ALLOW_CLIENT, (Some(Bound), stopped)),
            ("of old, allowed", &old, ALLOW_CLIENT, (Some(Refused), None)),
            ("of old, unsafe", &old, ALLOW_CLIENT | ALLOW_UNSAFE, (Some(Unbound), stopped)),
        ] {
            let found = ask(profile, &mut server(version, options));
            assert_eq!(found, expected, "{version:?} {what}");
        }
    }
}

#[test]
fn rustls_refuses_it() {
    let mut server = RustlsServer::new(&Options::new(Kind::P256, &rustls::version::TLS12));
    assert_eq!(ask(profile("modern-tls12"), &mut server), (Some(Renegotiation::Refused), None));
}

/// SSL 3 has no alert that refuses it (RFC 6101, section 5.4.2): OpenSSL begins, or says nothing.
#[test]
fn ssl3_has_it_by_its_signal() {
    let ssl3 = profile("ssl3");
    let signals = ssl3.suites.contains(&CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV);
    assert!(signals, "or it could not be bound");
    let found = ask(ssl3, &mut server(SslVersion::SSL3, ALLOW_CLIENT));
    assert_eq!(found, (Some(Renegotiation::Bound), Some(Outcome::Stopped)));
    let found = ask(ssl3, &mut server(SslVersion::SSL3, SslOptions::empty()));
    assert_eq!(found, (Some(Renegotiation::Asked), None));
}

#[test]
fn there_is_none_in_tls13_nor_before_the_first() {
    let keys = KeyShares::generate();
    let modern = profile("modern");
    let mut client = Client::new(modern, Some(NAME), &keys);
    let mut out = Vec::new();
    assert!(!client.renegotiate(modern, Some(NAME), &keys, &mut out));
    let mut server = OpensslServer::new(context(Kind::Rsa2048.identity()));
    exchange(&mut client, &mut server);
    assert_eq!(client.poll(&mut Vec::new()), Step::Established);
    assert!(!client.renegotiate(modern, Some(NAME), &keys, &mut out));
    assert_eq!((out, client.renegotiation()), (Vec::new(), None));
}

/// Whoever was asked may say something else first, leave, or answer with garbage: the client stays in bounds.
#[test]
fn every_other_answer_is_an_end() {
    let keys = KeyShares::generate();
    let mut server = server(SslVersion::TLS1_2, SslOptions::empty());
    let legacy = profile("legacy");
    let mut client = Client::new(legacy, Some(NAME), &keys);
    exchange(&mut client, &mut server);
    let mut out = Vec::new();
    client.renegotiate(legacy, Some(NAME), &keys, &mut out);
    server.send(b"220 a greeting on its way\r\n");
    client.receive(&server.output());
    assert_eq!(client.take_plaintext(), b"220 a greeting on its way\r\n");
    assert_eq!(client.renegotiation(), Some(Renegotiation::Asked));
    client.receive(b"\x16\x03\x03\0\x40garbage");
    client.receive(&[0; 64]);
    assert_eq!(client.end().unwrap().word(), "bad-finished");
    assert_eq!(client.renegotiation(), Some(Renegotiation::Asked));
}

/// A scripted server that goes on like this behind the wish.
fn goes_on(acts: Vec<Act>, info: Option<&[u8]>) -> (Option<Renegotiation>, String) {
    let mode = Mode::Ecdhe12;
    let mut script = mode.honest();
    script.push(Act::Await);
    script.extend(acts);
    let mut server = ScriptedServer::new(mode, script);
    if let Some(info) = info {
        let extension = ExtensionType::RENEGOTIATION_INFO;
        server.extensions.push((HandshakeType::SERVER_HELLO, extension, info.to_vec()));
    }
    let (profile, keys) = (offer(), KeyShares::generate());
    let mut client = Client::new(&profile, Some(NAME), &keys);
    let mut wished = false;
    for _ in 0..PATIENCE {
        let mut out = Vec::new();
        client.poll(&mut out);
        if client.outcome().is_some() && !wished {
            wished = client.renegotiate(&profile, Some(NAME), &keys, &mut out);
            assert!(wished);
        }
        let said = server.respond(&out);
        // In any split.
        said.chunks(7).for_each(|piece| client.receive(piece));
        client.take_plaintext();
    }
    assert_eq!(client.outcome(), Some(&Outcome::Completed));
    let end = client.end().map_or_else(String::new, ToString::to_string);
    (client.renegotiation(), end)
}

#[test]
fn only_a_whole_hello_of_the_server_is_a_beginning() {
    use Renegotiation::*;
    let warning = |description| Alert { level: AlertLevel::WARNING, description };
    let say = || vec![Act::say(HandshakeType::SERVER_HELLO)];
    let hello = |body: &[u8]| vec![Act::Handshake(HandshakeType::SERVER_HELLO, body.to_vec())];
    let request = Act::Handshake(HandshakeType::HELLO_REQUEST, Vec::new());
    let refusal = Act::alert(warning(AlertDescription::NO_RENEGOTIATION));
    let fatal = Act::alert(Alert::fatal(AlertDescription::HANDSHAKE_FAILURE));
    let certificate = Act::say(HandshakeType::CERTIFICATE);
    for (what, acts, info, expected) in [
        ("without a word about it", say(), None, (Some(Unbound), "stopped")),
        // The first hello said so too, and then it is not bound to the first handshake.
        ("with the wrong binding", say(), Some(b"\x04abcd".as_slice()), (Some(Unbound), "stopped")),
        ("garbage", hello(b"garbage"), None, (Some(Asked), "malformed: server")),
        ("nothing", hello(b""), None, (Some(Asked), "malformed: Version")),
        (
            "a request first",
            [vec![request.clone()], say()].concat(),
            None,
            (Some(Unbound), "stopped"),
        ),
        ("a refusal", vec![refusal.clone()], None, (Some(Refused), "")),
        ("a refusal for good", vec![fatal], None, (Some(Asked), "alert: fatal handshake_failure")),
        ("the wrong message", vec![certificate], None, (Some(Asked), "wrong-order: certificate")),
        ("requests for ever", vec![request.endless()], None, (Some(Asked), "over-bytes")),
        ("refusals for ever", vec![refusal.endless()], None, (Some(Refused), "over-bytes")),
    ] {
        let (found, end) = goes_on(acts, info);
        assert_eq!(found, expected.0, "{what}: {end}");
        assert!(
            end.starts_with(expected.1) && end.is_empty() == expected.1.is_empty(),
            "{what}: {end}"
        );
    }
}

/// Turns of a talk that has four.
const PATIENCE: usize = 12;

#[test]
fn the_beginning_counts_once_it_is_whole() {
    let keys = KeyShares::generate();
    let legacy = profile("legacy");
    let (mut whole, mut parts) = (0, 0);
    for cut in (0..220).step_by(11) {
        let mut server = server(SslVersion::TLS1_2, ALLOW_CLIENT);
        let mut client = Client::new(legacy, Some(NAME), &keys);
        exchange(&mut client, &mut server);
        let mut out = Vec::new();
        client.renegotiate(legacy, Some(NAME), &keys, &mut out);
        server.receive(&out);
        assert_eq!(server.plaintext(), b"");
        client.receive(&server.output()[..cut]);
        client.interrupted(Interruption::Closed);
        match client.renegotiation() {
            Some(Renegotiation::Bound) => whole += 1,
            Some(Renegotiation::Asked) => parts += 1,
            other => panic!("{cut}: {other:?}"),
        }
    }
    assert!(whole > 0 && parts > 0, "{whole} {parts}");
}
