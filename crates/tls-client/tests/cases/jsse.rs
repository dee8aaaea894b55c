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

fn check(kind: Kind, suites: &[CipherSuite], versions: &[(&str, Version)]) {
    let cells: Vec<(CipherSuite, Version, String)> = versions
        .iter()
        .flat_map(|(name, version)| {
            let served = move |suite: &CipherSuite| format!("{name}:{}", java_name(*suite));
            suites.iter().map(move |suite| (*suite, *version, served(suite)))
        })
        .collect();
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
fn rsa() {
    let suites = [
        CipherSuite::TLS_RSA_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_RSA_WITH_AES_256_CBC_SHA,
        CipherSuite::TLS_RSA_WITH_NULL_MD5,
        CipherSuite::TLS_RSA_WITH_NULL_SHA,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_ECDH_ANON_WITH_AES_128_CBC_SHA,
        CipherSuite::TLS_ECDH_ANON_WITH_NULL_SHA,
    ];
    check(Kind::Rsa2048, &suites, &VERSIONS);
}
