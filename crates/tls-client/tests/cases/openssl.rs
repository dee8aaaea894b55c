//! What rustls does not have: CBC and RSA suites, encrypt-then-MAC, old versions, odd certificates, staples.

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::EcGroup;
use openssl::ec::EcKey;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::Id;
use openssl::pkey::PKey;
use openssl::pkey::Private;
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Rsa;
use openssl::ssl::SslContextBuilder;
use openssl::ssl::SslOptions;
use openssl::ssl::SslVerifyMode;
use openssl::ssl::SslVersion;
use openssl::x509::X509;
use openssl::x509::X509NameBuilder;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Outcome;
use tlscensus_tls_client::Profile;
use tlscensus_tls_wire::observer::Presence;
use tlscensus_tls_wire::observer::SignatureCheck;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::CompressionMethod;

use crate::support::NAME;
use crate::support::Server;
use crate::support::certificates::Identity;
use crate::support::certificates::Kind;
use crate::support::exchange;
use crate::support::modern_client;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::context;
use crate::support::openssl_server::no_encrypt_then_mac;
use crate::support::openssl_server::no_extended_master_secret;
use crate::support::openssl_server::only;
use crate::support::openssl_server::pin;
use crate::support::profile;
use crate::support::visit;

/// OpenSSL's names of the suites of TLS 1.2 that we offer, by kind of key.
const RSA_SUITES: &[&str] = &[
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-RSA-AES256-SHA",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA256",
    "AES256-SHA256",
    "AES128-SHA",
    "AES256-SHA",
];
const ECDSA_SUITES: &[&str] = &[
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA",
];

fn tls12(kind: Kind, suite: &str) -> SslContextBuilder {
    let mut builder = context(kind.identity());
    pin(&mut builder, SslVersion::TLS1_2);
    builder.set_cipher_list(suite).unwrap();
    builder
}

#[test]
fn every_offered_suite_of_tls12_completes() {
    let mut chosen = Vec::new();
    for (suites, kinds) in [
        (RSA_SUITES, &[Kind::Rsa2048][..]),
        (ECDSA_SUITES, &[Kind::P256, Kind::P384, Kind::P521, Kind::Ed25519]),
    ] {
        for suite in suites {
            for kind in kinds {
                // With and without the MAC outside, the ticket, the extended master secret.
                for options in [
                    SslOptions::empty(),
                    no_encrypt_then_mac(),
                    SslOptions::NO_TICKET,
                    no_extended_master_secret(),
                ] {
                    let mut builder = tls12(*kind, suite);
                    builder.set_options(options);
                    let mut client = modern_client();
                    let what = format!("{suite} {kind:?} {options:?}");
                    visit(&mut client, &mut OpensslServer::new(builder), &what);
                    chosen.push(client.observer().choice().unwrap().suite);
                }
            }
        }
    }
    for suite in profile("modern-tls12").suites.iter() {
        assert!(chosen.contains(suite), "{suite} was not met");
    }
}

#[test]
fn rarer_suites_of_tls12_complete() {
    for (name, kind, suite) in [
        ("AES128-CCM", Kind::Rsa2048, CipherSuite::TLS_RSA_WITH_AES_128_CCM),
        ("AES256-CCM8", Kind::Rsa2048, CipherSuite::TLS_RSA_WITH_AES_256_CCM_8),
        ("ECDHE-ECDSA-AES128-CCM8", Kind::P256, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8),
        ("ECDHE-ECDSA-AES256-CCM", Kind::P256, CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CCM),
        ("ARIA128-GCM-SHA256", Kind::Rsa2048, CipherSuite::TLS_RSA_WITH_ARIA_128_GCM_SHA256),
        (
            "ECDHE-ARIA256-GCM-SHA384",
            Kind::Rsa2048,
            CipherSuite::TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384,
        ),
        (
            "ECDHE-RSA-CAMELLIA128-SHA256",
            Kind::Rsa2048,
            CipherSuite::TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256,
        ),
        ("CAMELLIA256-SHA256", Kind::Rsa2048, CipherSuite::TLS_RSA_WITH_CAMELLIA_256_CBC_SHA256),
        ("NULL-SHA256", Kind::Rsa2048, CipherSuite::TLS_RSA_WITH_NULL_SHA256),
    ] {
        let offer = Profile { suites: vec![suite].into(), ..profile("modern-tls12").clone() };
        let mut client = Client::new(&offer, Some(NAME), &KeyShares::generate());
        let server = only(SslVersion::TLS1_2, kind, name);
        visit(&mut client, &mut OpensslServer::new(server), name);
    }
}

#[test]
fn the_ccm_suites_of_tls13_complete() {
    for (name, suite) in [
        ("TLS_AES_128_CCM_SHA256", CipherSuite::TLS_AES_128_CCM_SHA256),
        ("TLS_AES_128_CCM_8_SHA256", CipherSuite::TLS_AES_128_CCM_8_SHA256),
    ] {
        let offer = Profile { suites: vec![suite].into(), ..profile("modern").clone() };
        let mut client = Client::new(&offer, Some(NAME), &KeyShares::generate());
        let mut builder = context(Kind::P256.identity());
        pin(&mut builder, SslVersion::TLS1_3);
        builder.set_ciphersuites(name).unwrap();
        visit(&mut client, &mut OpensslServer::new(builder), name);
    }
}

#[test]
fn every_group_completes_with_and_without_a_retry() {
    for group in ["X25519MLKEM768", "X25519", "P-256", "P-384", "P-521"] {
        for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
            if group == "X25519MLKEM768" && version == SslVersion::TLS1_2 {
                continue;
            }
            let mut builder = context(Kind::Rsa2048.identity());
            pin(&mut builder, version);
            builder.set_groups_list(group).unwrap();
            let mut client = modern_client();
            let what = format!("{group} {version:?}");
            visit(&mut client, &mut OpensslServer::new(builder), &what);
            let retry = version == SslVersion::TLS1_3 && group.starts_with("P-");
            assert_eq!(client.observer().hello_retry(), retry, "{what}");
        }
    }
}

#[test]
fn a_retry_with_a_cookie_completes() {
    let mut builder = context(Kind::P256.identity());
    builder.set_options(SslOptions::COOKIE_EXCHANGE);
    builder.set_stateless_cookie_generate_cb(|_, buffer| {
        buffer[..6].copy_from_slice(b"cookie");
        Ok(6)
    });
    builder.set_stateless_cookie_verify_cb(|_, cookie| cookie == b"cookie");
    let mut server = OpensslServer::stateless(builder);
    let mut client = modern_client();
    visit(&mut client, &mut server, "cookie");
    assert!(client.observer().hello_retry());
}

#[test]
fn a_requested_client_certificate_is_answered_with_none() {
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let mut builder = context(Kind::Rsa2048.identity());
        pin(&mut builder, version);
        builder.set_verify(SslVerifyMode::PEER);
        visit(&mut modern_client(), &mut OpensslServer::new(builder), "client certificate");
    }
}

#[test]
fn a_required_client_certificate_is_refused_by_the_server() {
    let mut builder = context(Kind::Rsa2048.identity());
    pin(&mut builder, SslVersion::TLS1_2);
    builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    let mut client = modern_client();
    exchange(&mut client, &mut OpensslServer::new(builder));
    assert_eq!(client.outcome().unwrap().word(), "alert");
}

#[test]
fn older_versions_are_refused_and_recorded() {
    for version in [SslVersion::TLS1, SslVersion::TLS1_1] {
        let mut builder = context(Kind::Rsa2048.identity());
        pin(&mut builder, version);
        builder.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
        let mut client = modern_client();
        exchange(&mut client, &mut OpensslServer::new(builder));
        let expected = Outcome::VersionRefused { chosen: None };
        assert_eq!(client.outcome(), Some(&expected), "{version:?}");
    }
}

#[test]
fn no_common_suite_is_an_alert() {
    let mut client = modern_client();
    let mut server = OpensslServer::new(tls12(Kind::Rsa2048, "DHE-RSA-AES128-SHA"));
    exchange(&mut client, &mut server);
    let outcome = client.outcome().unwrap().to_string();
    assert_eq!(outcome, "alert: fatal handshake_failure after client_hello");
}

#[test]
fn what_cannot_be_computed_is_recorded_as_far_as_it_came() {
    let suite = CipherSuite::TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA;
    let offer = Profile { suites: vec![suite].into(), ..profile("modern-tls12").clone() };
    let mut client = Client::new(&offer, Some(NAME), &KeyShares::generate());
    let mut builder = tls12(Kind::Rsa2048, "ECDHE-PSK-AES128-CBC-SHA");
    builder.set_psk_server_callback(|_, _, _| Ok(0));
    exchange(&mut client, &mut OpensslServer::new(builder));
    assert_eq!(client.outcome(), Some(&Outcome::NotCompletable { suite }));
    let observer = client.observer();
    assert_eq!(observer.certificate_presence(), Presence::Absent);
    assert!(observer.key_exchange().unwrap().group.is_some());
    assert_eq!(observer.server_key_exchange().unwrap().psk_identity_hint, Some(&b""[..]));
}

#[test]
fn compressed_records_are_recorded_as_far_as_they_are_in_the_open() {
    // Record and message header, version, random, and the length of the session id.
    const SESSION_ID_LEN: usize = 5 + 4 + 2 + 32;
    let suite = CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256;
    let offer = Profile {
        suites: vec![suite].into(),
        compressions: vec![CompressionMethod(1), CompressionMethod::NULL].into(),
        ..profile("modern-tls12").clone()
    };
    let mut client = Client::new(&offer, Some(NAME), &KeyShares::generate());
    let mut server = OpensslServer::new(tls12(Kind::Rsa2048, "ECDHE-RSA-AES128-GCM-SHA256"));
    let mut hello = Vec::new();
    client.poll(&mut hello);
    server.receive(&hello);
    let mut flight = server.output();
    let session_id = usize::from(flight[SESSION_ID_LEN]);
    flight[SESSION_ID_LEN + 1 + session_id + 2] = 1;
    client.receive(&flight);
    assert_eq!(client.outcome(), Some(&Outcome::NotCompletable { suite }));
    let observer = client.observer();
    assert_eq!(observer.choice().unwrap().compression, CompressionMethod(1));
    assert_eq!(observer.chain().unwrap().len(), 1);
    assert!(observer.key_exchange().unwrap().group.is_some());
}

#[test]
fn no_certificate_however_odd_fails_a_handshake() {
    let p256 = EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap());
    let p256 = PKey::from_ec_key(p256.unwrap()).unwrap();
    let rsa1024 = PKey::from_rsa(Rsa::generate(1_024).unwrap()).unwrap();
    let expired = (Asn1Time::from_unix(0).unwrap(), Asn1Time::from_unix(1).unwrap());
    let cases = [
        ("expired", identity(&p256, &expired)),
        ("RSA of 1024 bits, expired", identity(&rsa1024, &expired)),
    ];
    for (what, identity) in cases {
        for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
            let mut builder = context(&identity);
            pin(&mut builder, version);
            visit(&mut modern_client(), &mut OpensslServer::new(builder), what);
        }
    }
}

#[test]
fn a_key_for_pss_only_completes() {
    let mut generator = PkeyCtx::new_id(Id::RSA_PSS).unwrap();
    generator.keygen_init().unwrap();
    generator.set_rsa_keygen_bits(2_048).unwrap();
    let key = generator.keygen().unwrap();
    let time = (Asn1Time::from_unix(0).unwrap(), Asn1Time::days_from_now(1).unwrap());
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let mut builder = context(&identity(&key, &time));
        pin(&mut builder, version);
        let mut client = modern_client();
        visit(&mut client, &mut OpensslServer::new(builder), "RSASSA-PSS");
        assert_eq!(client.observer().signature_check(), Some(SignatureCheck::Valid));
    }
}

#[test]
fn tiny_keys_complete_by_signature_and_by_transport() {
    let time = (Asn1Time::from_unix(0).unwrap(), Asn1Time::days_from_now(1).unwrap());
    for bits in [512, 768, 1_024] {
        let key = PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap();
        let identity = identity(&key, &time);
        for suite in ["ECDHE-RSA-AES128-GCM-SHA256", "AES128-SHA"] {
            let mut builder = context(&identity);
            pin(&mut builder, SslVersion::TLS1_2);
            builder.set_cipher_list(suite).unwrap();
            let mut client = modern_client();
            visit(&mut client, &mut OpensslServer::new(builder), &format!("{bits} {suite}"));
            let expected = suite.starts_with("ECDHE").then_some(SignatureCheck::Valid);
            assert_eq!(client.observer().signature_check(), expected);
        }
    }
}

fn identity(key: &PKey<Private>, validity: &(Asn1Time, Asn1Time)) -> Identity {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", NAME).unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(1).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&validity.0).unwrap();
    builder.set_not_after(&validity.1).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    Identity {
        certificate: builder.build().to_der().unwrap(),
        key: key.private_key_to_der().unwrap(),
    }
}
