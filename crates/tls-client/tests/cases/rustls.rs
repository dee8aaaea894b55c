//! Every suite, group and kind of key that rustls has.

use rustls::crypto::aws_lc_rs::ALL_CIPHER_SUITES;
use rustls::crypto::aws_lc_rs::ALL_KX_GROUPS;
use rustls::version::TLS12;
use rustls::version::TLS13;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Profile;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::Version;

use crate::support::NAME;
use crate::support::certificates::Kind;
use crate::support::exchange;
use crate::support::modern_client;
use crate::support::profile;
use crate::support::rustls_server::Options;
use crate::support::rustls_server::RustlsServer;
use crate::support::visit;

#[test]
fn every_suite_group_and_key_completes() {
    let keys = KeyShares::generate();
    let mut visits = 0;
    for suite in ALL_CIPHER_SUITES {
        let version = suite.version();
        for group in ALL_KX_GROUPS {
            if !group.usable_for_version(version.version) {
                continue;
            }
            for kind in Kind::ALL {
                let name = format!("{:?}", suite.suite());
                let rsa = kind == Kind::Rsa2048;
                if name.contains("ECDHE_RSA") && !rsa || name.contains("ECDHE_ECDSA") && rsa {
                    continue;
                }
                let mut options = Options::new(kind, version);
                options.suite = Some(suite.suite());
                options.groups = vec![*group];
                let mut server = RustlsServer::new(&options);
                let mut client = Client::new(profile("modern"), Some(NAME), &keys);
                let what = format!("{name} {:?} {kind:?}", group.name());
                visit(&mut client, &mut server, &what);
                let expected = CipherSuite(u16::from(suite.suite()));
                assert_eq!(client.observer().choice().unwrap().suite, expected, "{what}");
                visits += 1;
            }
        }
    }
    assert!(visits > 80, "{visits}");
}

#[test]
fn profiles_that_rustls_has_anything_in_common_with_complete() {
    let mut visits = 0;
    for profile in tlscensus_tls_client::PROFILES {
        for (version, number) in [(&TLS12, Version::TLS_1_2), (&TLS13, Version::TLS_1_3)] {
            let has_signatures = profile.extensions.contains(&ExtensionType::SIGNATURE_ALGORITHMS);
            if !profile.offers(number) || !has_signatures || profile.name == "anonymous" {
                continue;
            }
            for name in [None, Some(NAME)] {
                let mut server = RustlsServer::new(&Options::new(Kind::P256, version));
                let mut client = Client::new(profile, name, &KeyShares::generate());
                visit(&mut client, &mut server, &profile.name);
                visits += 1;
            }
        }
    }
    assert!(visits >= 20, "{visits}");
}

#[test]
fn a_requested_client_certificate_is_answered_with_none() {
    for version in [&TLS12, &TLS13] {
        let mut options = Options::new(Kind::P256, version);
        options.ask_client_certificate = true;
        visit(&mut modern_client(), &mut RustlsServer::new(&options), "client certificate");
    }
}

#[test]
fn an_application_protocol_is_negotiated_where_offered() {
    for (offered, version) in [(true, &TLS12), (true, &TLS13), (false, &TLS13)] {
        let mut options = Options::new(Kind::P256, version);
        options.alpn = &["imap"];
        let alpn: &[&str] = if offered { &["xmpp-client", "imap"] } else { &[] };
        let profile = Profile { alpn: alpn.into(), ..profile("modern").clone() };
        let mut client = Client::new(&profile, Some(NAME), &KeyShares::generate());
        visit(&mut client, &mut RustlsServer::new(&options), "alpn");
        assert_eq!(client.observer().alpn(), offered.then_some(&b"imap"[..]));
    }
}

#[test]
fn a_stapled_response_is_kept() {
    for version in [&TLS12, &TLS13] {
        let mut options = Options::new(Kind::P256, version);
        options.ocsp_response = b"a response";
        let mut client = modern_client();
        visit(&mut client, &mut RustlsServer::new(&options), "staple");
        assert_eq!(client.observer().ocsp_staple(), Some(&b"a response"[..]));
    }
}

#[test]
fn updated_keys_are_followed() {
    let mut server = RustlsServer::new(&Options::new(Kind::P256, &TLS13));
    let mut client = modern_client();
    exchange(&mut client, &mut server);
    for _ in 0..3 {
        server.update_keys();
        visit_data(&mut client, &mut server);
    }
}

fn visit_data(client: &mut Client, server: &mut RustlsServer) {
    use crate::support::Server;
    server.send(b"after the update");
    exchange(client, server);
    assert_eq!(client.take_plaintext(), b"after the update");
    let mut out = Vec::new();
    client.send(b"and back", &mut out);
    server.receive(&out);
    assert_eq!(server.plaintext(), b"and back");
}
