//! Another implementation of the old versions: Java's, which has suites for export and static curves.

use std::ops::RangeInclusive;

use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Profile;
use tlscensus_tls_wire::observer::SignatureCheck;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

use crate::support::NAME;
use crate::support::certificates::Kind;
use crate::support::jsse;
use crate::support::jsse::Jsse;
use crate::support::profile;

const VERSIONS: [(&str, Version); 4] = [
    ("SSLv3", Version::SSL_3),
    ("TLSv1", Version::TLS_1_0),
    ("TLSv1.1", Version::TLS_1_1),
    ("TLSv1.2", Version::TLS_1_2),
];

/// Java's name, which is ours but for those that SSL 3 had first.
fn java_name(suite: CipherSuite) -> String {
    let name = suite.name().unwrap();
    let old = !["_AES_", "_ECDH", "SHA256"].iter().any(|part| name.contains(part));
    if old { name.replacen("TLS_", "SSL_", 1) } else { name.to_owned() }
}

/// Suites with the versions that have them.
type Served<'a> = (RangeInclusive<Version>, &'a [CipherSuite]);

fn check(kind: Kind, suites: &[Served<'_>]) {
    let mut cells = Vec::new();
    for (versions, suites) in suites {
        for (name, version) in VERSIONS.iter().filter(|(_, version)| versions.contains(version)) {
            for suite in *suites {
                cells.push((*suite, *version, format!("{name}:{}", java_name(*suite))));
            }
        }
    }
    let served: Vec<String> = cells.iter().map(|(_, _, served)| served.clone()).collect();
    let Some(server) = Jsse::start(&format!("{kind:?}"), kind.identity(), &served) else {
        return;
    };
    for ((suite, version, what), port) in cells.into_iter().zip(&server.ports) {
        let offer = Profile {
            versions: vec![version].into(),
            suites: vec![suite].into(),
            ..profile("legacy").clone()
        };
        let mut client = Client::new(&offer, Some(NAME), &KeyShares::generate());
        jsse::visit(&mut client, *port, &what);
        let choice = client.observer().choice().unwrap();
        assert_eq!((choice.version, choice.suite), (version, suite), "{what}");
        assert!(client.observer().established(), "{what}");
        let facts = client.observer().key_exchange().unwrap();
        let field = facts.dh.map(|field| field.bits());
        assert_eq!(field.is_some(), what.contains("_DH_") || what.contains("_DHE_"), "{what}");
        let allowed = match (what.contains("_DHE_"), what.contains("_EXPORT_")) {
            (true, true) => &[512][..],
            (true, false) => &[768],
            // Anonymous ones for export have, for Java, the one length or the other.
            (false, _) => &[512, 768],
        };
        assert!(field.is_none_or(|bits| allowed.contains(&bits)), "{what} {field:?}");
        let signed = what.contains("_DHE_") || what.contains("_ECDHE_") || short(&what);
        assert_eq!(facts.signature_check, signed.then_some(SignatureCheck::Valid), "{what}");
        let short_key = facts.export_rsa_modulus.map(<[u8]>::len);
        assert_eq!(short_key, short(&what).then_some(64), "{what}");
    }
}

/// With a key of 512 bits beside the one of the certificate.
fn short(what: &str) -> bool {
    what.contains(":SSL_RSA_EXPORT_")
}

#[test]
fn suites_with_a_certificate_of_rsa_and_with_none() {
    let suites = [
        CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA,
        CipherSuite::TLS_RSA_WITH_3DES_EDE_CBC_SHA,
        CipherSuite::TLS_RSA_WITH_RC4_128_MD5,
        CipherSuite::TLS_RSA_WITH_RC4_128_SHA,
        CipherSuite::TLS_RSA_WITH_NULL_MD5,
        CipherSuite::TLS_RSA_WITH_NULL_SHA,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_ECDHE_RSA_WITH_RC4_128_SHA,
        CipherSuite::TLS_ECDHE_RSA_WITH_NULL_SHA,
        CipherSuite::TLS_DHE_RSA_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_DH_ANON_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_DH_ANON_WITH_RC4_128_MD5,
        CipherSuite::TLS_ECDH_ANON_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_ECDH_ANON_WITH_RC4_128_SHA,
        CipherSuite::TLS_ECDH_ANON_WITH_NULL_SHA,
    ];
    let aeads = [
        CipherSuite::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_DH_ANON_WITH_AES_256_GCM_SHA384,
        CipherSuite::TLS_DHE_RSA_WITH_AES_256_CBC_SHA256,
    ];
    let des = [
        CipherSuite::TLS_DHE_RSA_WITH_DES_CBC_SHA,
        CipherSuite::TLS_DH_ANON_WITH_DES_CBC_SHA,
        CipherSuite::TLS_RSA_WITH_DES_CBC_SHA,
    ];
    let export = [
        CipherSuite::TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA,
        CipherSuite::TLS_DH_ANON_EXPORT_WITH_DES40_CBC_SHA,
        CipherSuite::TLS_DH_ANON_EXPORT_WITH_RC4_40_MD5,
        CipherSuite::TLS_RSA_EXPORT_WITH_RC4_40_MD5,
        CipherSuite::TLS_RSA_EXPORT_WITH_DES40_CBC_SHA,
    ];
    let suites: [Served<'_>; 4] = [
        (Version::SSL_3..=Version::TLS_1_2, &suites),
        (Version::SSL_3..=Version::TLS_1_1, &des),
        (Version::SSL_3..=Version::TLS_1_0, &export),
        (Version::TLS_1_2..=Version::TLS_1_2, &aeads),
    ];
    check(Kind::Rsa2048, &suites);
}

#[test]
fn suites_with_a_curve_in_the_certificate() {
    let suites = [
        CipherSuite::TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_ECDH_ECDSA_WITH_3DES_EDE_CBC_SHA,
        CipherSuite::TLS_ECDH_ECDSA_WITH_RC4_128_SHA,
        CipherSuite::TLS_ECDH_ECDSA_WITH_NULL_SHA,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_RC4_128_SHA,
    ];
    let since_tls12 = [
        CipherSuite::TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384,
        CipherSuite::TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256,
    ];
    let suites: [Served<'_>; 2] = [
        (Version::SSL_3..=Version::TLS_1_2, &suites),
        (Version::TLS_1_2..=Version::TLS_1_2, &since_tls12),
    ];
    for kind in [Kind::P256, Kind::P521] {
        check(kind, &suites);
    }
}

/// Java leaves the leading zeros of a secret off in TLS 1.3 too, where it has not the fix of JDK-8328046: one handshake in 256 is none
/// with clients that hold to the letter; `hostile::zeros` has the very ones.
#[test]
fn secrets_of_tls13_that_lost_their_leading_zeros() {
    let served = ["TLSv1.3:TLS_AES_128_GCM_SHA256".to_owned()];
    let Some(server) = Jsse::start("leading zeros", Kind::P256.identity(), &served) else {
        return;
    };
    let group = NamedGroup::FFDHE2048;
    let offer = Profile {
        groups: vec![group].into(),
        key_shares: vec![group].into(),
        ..profile("modern").clone()
    };
    let keys = KeyShares::generate();
    for visit in 0..700 {
        let mut client = Client::new(&offer, Some(NAME), &keys);
        jsse::visit(&mut client, server.ports[0], &format!("visit {visit}"));
        assert_eq!(client.observer().key_exchange().unwrap().group, Some(group));
    }
}
