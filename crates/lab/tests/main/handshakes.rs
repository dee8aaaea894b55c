//! Every TLS server completes with a client that is not ours, in the version and with the chain the truth names.

use openssl::ssl::SslVersion;

use tlscensus_lab::Flavour;
use tlscensus_lab::Mix;
use tlscensus_lab::State;

use crate::client::chain;
use crate::client::connect;
use crate::client::handshake;
use crate::client::handshake_from;
use crate::client::rustls_chain;
use crate::client::serve;
use crate::client::upgrade;
use crate::client::version;

#[test]
fn every_flavour_completes_with_openssl_and_sends_its_chain() {
    let served = serve(30, Mix::Healthy(Flavour::ALL.to_vec()), &["https", "imaps"]);
    let mut versions = std::collections::BTreeSet::new();
    let mut lengths = std::collections::BTreeSet::new();
    for row in served.lab.truth() {
        let stream = handshake(connect(row)).unwrap_or_else(|e| panic!("{e}: {row:?}"));
        assert_eq!(Some(version(&stream)), row.tls_version.as_deref(), "{row:?}");
        assert_eq!(chain(&stream), row.chain);
        versions.insert(version(&stream));
        lengths.insert(row.chain.len());
    }
    assert_eq!(versions.len(), 5);
    assert!(lengths.len() >= 3, "{lengths:?}");
}

#[test]
fn every_starttls_service_upgrades() {
    let flavours = vec![Flavour::OpensslTls13, Flavour::RustlsTls12];
    let words = ["smtp", "submission", "imap", "pop3", "irc", "xmpp-c2s", "xmpp-s2s"];
    let served = serve(6, Mix::Healthy(flavours), &words);
    assert_eq!(served.lab.truth().len(), 6 * words.len());
    for row in served.lab.truth() {
        let stream = handshake(upgrade(row)).unwrap_or_else(|e| panic!("{e}: {row:?}"));
        assert_eq!(Some(version(&stream)), row.tls_version.as_deref());
        assert_eq!(chain(&stream), row.chain);
    }
}

#[test]
fn rustls_agrees_where_it_can() {
    let flavours = vec![
        Flavour::OpensslAsksCertificate,
        Flavour::OpensslRetry,
        Flavour::OpensslTls12P384,
        Flavour::OpensslTls13,
        Flavour::RustlsHybrid,
        Flavour::RustlsRetry,
    ];
    let served = serve(12, Mix::Healthy(flavours), &["https"]);
    for row in served.lab.truth() {
        assert_eq!(rustls_chain(connect(row)), row.chain);
    }
}

#[test]
fn old_and_uncommon_servers_answer_a_client_of_today_with_an_alert() {
    let states = [
        (State::OnlySsl3, "alert"),
        (State::OnlyTls10, "alert protocol version"),
        (State::OnlyTls11, "alert protocol version"),
        (State::NoCommonSuite, "alert handshake failure"),
    ];
    for (state, expected) in states {
        let served = serve(2, Mix::States(vec![state]), &["smtps", "imap"]);
        for row in served.lab.truth() {
            let tcp = match row.service.as_str() {
                "imap" => upgrade(row),
                _ => connect(row),
            };
            let suites = "ECDHE+AES:ECDHE+CHACHA20";
            let error = handshake_from(tcp, SslVersion::TLS1_2, suites).unwrap_err();
            assert!(error.contains(expected), "{state:?} {error}");
            assert_eq!(row.phase, "tls");
            assert!(row.chain.is_empty());
        }
    }
}
