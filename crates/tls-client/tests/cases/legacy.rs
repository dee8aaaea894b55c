//! The versions before TLS 1.2, completed with a server that still speaks them.

use openssl::dh::Dh;
use openssl::ssl::SslOptions;
use openssl::ssl::SslVerifyMode;
use openssl::ssl::SslVersion;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Outcome;
use tlscensus_tls_client::Profile;
use tlscensus_tls_wire::observer::SignatureCheck;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::Version;

use crate::support::NAME;
use crate::support::certificates::Kind;
use crate::support::exchange;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::field;
use crate::support::openssl_server::no_encrypt_then_mac;
use crate::support::openssl_server::no_extended_master_secret;
use crate::support::openssl_server::only;
use crate::support::profile;
use crate::support::visit;

const OLD_VERSIONS: [(SslVersion, Version); 3] = [
    (SslVersion::SSL3, Version::SSL_3),
    (SslVersion::TLS1, Version::TLS_1_0),
    (SslVersion::TLS1_1, Version::TLS_1_1),
];

const AES_SUITES: &[(&str, CipherSuite, Kind)] = &[
    ("AES128-SHA", CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA, Kind::Rsa2048),
    ("AES256-SHA", CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA, Kind::Rsa2048),
    ("ECDHE-RSA-AES128-SHA", CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, Kind::Rsa2048),
    ("ECDHE-RSA-AES256-SHA", CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, Kind::Rsa2048),
    ("ECDHE-ECDSA-AES128-SHA", CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, Kind::P256),
    ("ECDHE-ECDSA-AES256-SHA", CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, Kind::P256),
];

/// A client that offers all versions before TLS 1.3 and one suite.
fn client(suite: CipherSuite) -> Client {
    let offer = Profile {
        versions: vec![Version::TLS_1_2, Version::TLS_1_1, Version::TLS_1_0, Version::SSL_3].into(),
        suites: vec![suite].into(),
        ..profile("modern-tls12").clone()
    };
    Client::new(&offer, Some(NAME), &KeyShares::generate())
}

#[test]
fn old_versions_complete_with_aes() {
    for (pinned, version) in OLD_VERSIONS {
        for (name, suite, kind) in AES_SUITES {
            // OpenSSL has curves since TLS 1.0 only.
            if version == Version::SSL_3 && name.starts_with("ECDHE") {
                continue;
            }
            // With and without the MAC outside, the ticket, the extended master secret, records to hide the IV.
            for options in [
                SslOptions::empty(),
                no_encrypt_then_mac(),
                SslOptions::NO_TICKET,
                no_extended_master_secret(),
                SslOptions::DONT_INSERT_EMPTY_FRAGMENTS,
            ] {
                let mut builder = only(pinned, *kind, name);
                builder.set_options(options);
                let mut client = client(*suite);
                let what = format!("{version} {name} {options:?}");
                visit(&mut client, &mut OpensslServer::new(builder), &what);
                let choice = client.observer().choice().unwrap();
                assert_eq!((choice.version, choice.suite), (version, *suite), "{what}");
                assert!(client.observer().established(), "{what}");
                let signed = name.starts_with("ECDHE").then_some(SignatureCheck::Valid);
                assert_eq!(client.observer().signature_check(), signed, "{what}");
            }
        }
    }
}

const WEAK_SUITES: &[(&str, CipherSuite)] = &[
    ("RC4-MD5", CipherSuite::TLS_RSA_WITH_RC4_128_MD5),
    ("RC4-SHA", CipherSuite::TLS_RSA_WITH_RC4_128_SHA),
    ("DES-CBC3-SHA", CipherSuite::TLS_RSA_WITH_3DES_EDE_CBC_SHA),
    ("SEED-SHA", CipherSuite::TLS_RSA_WITH_SEED_CBC_SHA),
    ("IDEA-CBC-SHA", CipherSuite::TLS_RSA_WITH_IDEA_CBC_SHA),
    ("CAMELLIA128-SHA", CipherSuite::TLS_RSA_WITH_CAMELLIA_128_CBC_SHA),
    ("CAMELLIA256-SHA", CipherSuite::TLS_RSA_WITH_CAMELLIA_256_CBC_SHA),
    ("NULL-MD5", CipherSuite::TLS_RSA_WITH_NULL_MD5),
    ("NULL-SHA", CipherSuite::TLS_RSA_WITH_NULL_SHA),
    ("DHE-RSA-DES-CBC3-SHA", CipherSuite::TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA),
    ("DHE-RSA-AES128-SHA", CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA),
    ("DHE-RSA-CAMELLIA256-SHA", CipherSuite::TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA),
    ("DHE-RSA-SEED-SHA", CipherSuite::TLS_DHE_RSA_WITH_SEED_CBC_SHA),
    ("ADH-RC4-MD5", CipherSuite::TLS_DH_ANON_WITH_RC4_128_MD5),
    ("ADH-DES-CBC3-SHA", CipherSuite::TLS_DH_ANON_WITH_3DES_EDE_CBC_SHA),
    ("ADH-AES256-SHA", CipherSuite::TLS_DH_ANON_WITH_AES_256_CBC_SHA),
    ("ADH-CAMELLIA128-SHA", CipherSuite::TLS_DH_ANON_WITH_CAMELLIA_128_CBC_SHA),
    ("ADH-SEED-SHA", CipherSuite::TLS_DH_ANON_WITH_SEED_CBC_SHA),
    ("ECDHE-RSA-RC4-SHA", CipherSuite::TLS_ECDHE_RSA_WITH_RC4_128_SHA),
    ("ECDHE-RSA-DES-CBC3-SHA", CipherSuite::TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA),
    ("ECDHE-RSA-NULL-SHA", CipherSuite::TLS_ECDHE_RSA_WITH_NULL_SHA),
    ("AECDH-NULL-SHA", CipherSuite::TLS_ECDH_ANON_WITH_NULL_SHA),
    ("AECDH-RC4-SHA", CipherSuite::TLS_ECDH_ANON_WITH_RC4_128_SHA),
    ("AECDH-DES-CBC3-SHA", CipherSuite::TLS_ECDH_ANON_WITH_3DES_EDE_CBC_SHA),
    ("AECDH-AES128-SHA", CipherSuite::TLS_ECDH_ANON_WITH_AES_128_CBC_SHA),
    ("AECDH-AES256-SHA", CipherSuite::TLS_ECDH_ANON_WITH_AES_256_CBC_SHA),
];

#[test]
fn every_weak_suite_completes_in_every_version_that_has_it() {
    for (pinned, version) in
        OLD_VERSIONS.into_iter().chain([(SslVersion::TLS1_2, Version::TLS_1_2)])
    {
        for (name, suite) in WEAK_SUITES {
            if version == Version::SSL_3 && name.contains("ECDH") {
                continue;
            }
            // IDEA was taken out of TLS 1.2 (RFC 5469).
            if version == Version::TLS_1_2 && name.contains("IDEA") {
                continue;
            }
            for options in [SslOptions::empty(), no_encrypt_then_mac()] {
                // OpenSSL 3 looks for randomness where its legacy provider has none, and cannot take a MAC off
                // behind the ciphers of that one.
                let outside = version > Version::SSL_3 && options.is_empty();
                if (name.contains("IDEA") || name.contains("SEED")) && !outside {
                    continue;
                }
                let mut builder = only(pinned, Kind::Rsa2048, name);
                builder.set_options(options);
                builder.set_tmp_dh(&Dh::get_2048_256().unwrap()).unwrap();
                let mut client = client(*suite);
                let what = format!("{version} {name} {options:?}");
                visit(&mut client, &mut OpensslServer::new(builder), &what);
                let choice = client.observer().choice().unwrap();
                assert_eq!((choice.version, choice.suite), (version, *suite), "{what}");
            }
        }
    }
}

/// Shorter ones OpenSSL does not serve: Java does.
#[test]
fn fields_of_any_size_complete() {
    let suite = CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA;
    for bits in [1_024, 1_025, 1_536, 2_048, 3_072] {
        for (pinned, version) in
            [(SslVersion::SSL3, Version::SSL_3), (SslVersion::TLS1_2, Version::TLS_1_2)]
        {
            let mut builder = only(pinned, Kind::Rsa2048, "DHE-RSA-AES128-SHA");
            builder.set_tmp_dh(&field(bits)).unwrap();
            let mut client = client(suite);
            let what = format!("{bits} {version}");
            visit(&mut client, &mut OpensslServer::new(builder), &what);
            let facts = client.observer().key_exchange().unwrap();
            assert_eq!(facts.dh.unwrap().bits(), u32::try_from(bits).unwrap());
            assert_eq!(facts.signature_check, Some(SignatureCheck::Valid), "{what}");
        }
    }
}

/// One secret in 256 begins with a zero, which is left off.
#[test]
fn secrets_with_leading_zeros_complete() {
    let suite = CipherSuite::TLS_DH_ANON_WITH_RC4_128_MD5;
    let mut builder = only(SslVersion::TLS1, Kind::Rsa2048, "ADH-RC4-MD5");
    builder.set_tmp_dh(&field(1_024)).unwrap();
    let context = builder.build();
    for visit in 0..1_500 {
        let mut client = client(suite);
        exchange(&mut client, &mut OpensslServer::from_context(&context));
        assert_eq!(client.outcome(), Some(&Outcome::Completed), "{visit}");
    }
}

#[test]
fn a_requested_certificate_is_declined_in_the_words_of_the_version() {
    for (pinned, version) in OLD_VERSIONS {
        let mut builder = only(pinned, Kind::Rsa2048, "AES128-SHA");
        builder.set_verify(SslVerifyMode::PEER);
        let mut client = client(CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA);
        visit(&mut client, &mut OpensslServer::new(builder), &version.to_string());
        let history = client.observer().history();
        let warned = client
            .observer()
            .alerts()
            .iter()
            .any(|seen| seen.alert.to_string() == "warning no_certificate");
        assert_eq!(warned, version == Version::SSL_3, "{history}");
    }
}
