//! Every TLS server completes with a client that is not ours, in the version and with the chain the truth names.

use std::collections::BTreeSet;
use std::io::Read;
use std::io::Write;

use openssl::x509::X509;

use tlscensus_lab::Exchange;
use tlscensus_lab::Flavour;
use tlscensus_lab::Mix;
use tlscensus_lab::State;

use crate::client::MODERN;
use crate::client::chain;
use crate::client::chosen;
use crate::client::connect;
use crate::client::handshake;
use crate::client::handshake_from;
use crate::client::handshake_with;
use crate::client::hex;
use crate::client::rustls_chain;
use crate::client::serve;
use crate::client::upgrade;
use crate::client::version;

#[test]
fn every_flavour_completes_with_openssl_and_sends_its_chain() {
    // OpenSSL of today does not speak what the server of our own speaks: other_clients.rs has one that does.
    let flavours: Vec<_> = Flavour::all()
        .filter(|one| !one.word().starts_with("own-"))
        .filter(|one| !matches!(one.exchange(), Exchange::Shared(_)))
        .collect();
    let count = flavours.len();
    let served = serve(60, Mix::Healthy(flavours), &["https", "imaps"]);
    let mut versions = BTreeSet::new();
    let mut lengths = BTreeSet::new();
    let mut words = BTreeSet::new();
    for row in served.lab.truth() {
        let flavour = Flavour::all().find(|one| Some(one.word()) == row.flavour.as_deref());
        let flavour = flavour.unwrap_or_else(|| panic!("{row:?}"));
        words.insert(flavour.word());
        let stream =
            handshake_with(connect(row), flavour).unwrap_or_else(|e| panic!("{e}: {row:?}"));
        let (version, suite, bits) = chosen(&stream);
        assert_eq!(version, flavour.version(), "{row:?}");
        assert!(
            [flavour.suite(true), flavour.suite(false)].contains(&Some(suite)),
            "{suite} {row:?}"
        );
        if let Exchange::Field(field) = flavour.exchange() {
            assert_eq!(bits, Some(field.bits().into()), "{row:?}");
            let prime = stream.ssl().peer_tmp_key().unwrap().dh().unwrap().prime_p().to_vec();
            assert_eq!(hex(&prime), field.prime_sha256());
        }
        let rsa =
            stream.ssl().peer_certificate().map(|leaf| leaf.public_key().unwrap().rsa().is_ok());
        assert_eq!(rsa.is_none(), flavour.is_anonymous());
        assert_eq!(Some(suite), flavour.suite(rsa.unwrap_or(true)));
        versions.insert(version);
        if let Some(chosen) = row.chosen.as_ref().filter(|_| row.tls_completed) {
            assert_eq!((chosen.version.as_str(), chosen.suite.as_deref()), (version, Some(suite)));
            assert_eq!(row.tls_version.as_deref(), Some(version));
            assert_eq!(chain(&stream), row.chain);
            lengths.insert(row.chain.len());
        }
    }
    assert_eq!(words.len(), count);
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
fn a_server_of_ssl2_says_what_it_can_and_shows_a_certificate() {
    let served = serve(1, Mix::Healthy(vec![Flavour::OwnSsl2]), &["https"]);
    let mut tcp = connect(&served.lab.truth()[0]);
    // CLIENT-HELLO of SSL 2: one cipher, no session, a challenge of 16 bytes.
    let mut hello = vec![0x80, 28, 1, 0, 2, 0, 3, 0, 0, 0, 16, 1, 0, 0x80];
    hello.extend([7; 16]);
    tcp.write_all(&hello).unwrap();
    let mut head = [0; 13];
    tcp.read_exact(&mut head).unwrap();
    let length = |high: u8, low: u8| usize::from(u16::from_be_bytes([high, low]));
    assert_eq!(head[2..7], [4, 0, 1, 0, 2]);
    let certificate = length(head[7], head[8]);
    assert_eq!(length(head[0] & 0x7f, head[1]), 11 + certificate + 9 + 16);
    let mut der = vec![0; certificate];
    tcp.read_exact(&mut der).unwrap();
    X509::from_der(&der).unwrap();
    let mut ciphers = [0; 9];
    tcp.read_exact(&mut ciphers).unwrap();
    assert_eq!(ciphers[..3], [1, 0, 0x80]);
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
    let served = serve(40, Mix::States(vec![State::Uncommon]), &["smtps", "imap"]);
    let mut words = BTreeSet::new();
    for row in served.lab.truth() {
        let tcp = match row.service.as_str() {
            "imap" => upgrade(row),
            _ => connect(row),
        };
        let result = handshake_from(tcp, &MODERN);
        let error = result.unwrap_err();
        // Who knows nothing but SSL 2 has no word for it.
        let end = if row.flavour.as_deref() == Some("own-ssl2") { "EOF" } else { "alert" };
        assert!(error.contains(end), "{error} {row:?}");
        words.insert(row.flavour.clone());
    }
    assert!(words.len() > 20, "{words:?}");
}
