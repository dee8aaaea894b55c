//! Another implementation of the old versions: Java's, which has suites for export and static curves.

use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Profile;
use tlscensus_tls_wire::registry::CipherSuite;
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

/// Every suite in every version from SSL 3 up to the last one that has it.
fn check(kind: Kind, suites: &[(Version, &[CipherSuite])]) {
    let mut cells = Vec::new();
    for (last, suites) in suites {
        for (name, version) in VERSIONS.iter().filter(|(_, version)| version <= last) {
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
    }
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
        CipherSuite::TLS_ECDH_ANON_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_ECDH_ANON_WITH_RC4_128_SHA,
        CipherSuite::TLS_ECDH_ANON_WITH_NULL_SHA,
    ];
    let des = [CipherSuite::TLS_RSA_WITH_DES_CBC_SHA];
    let export = [
        CipherSuite::TLS_RSA_EXPORT_WITH_RC4_40_MD5,
        CipherSuite::TLS_RSA_EXPORT_WITH_DES40_CBC_SHA,
    ];
    let suites: [(Version, &[CipherSuite]); 3] =
        [(Version::TLS_1_2, &suites), (Version::TLS_1_1, &des), (Version::TLS_1_0, &export)];
    check(Kind::Rsa2048, &suites);
}
