//! Every profile against OpenSSL: what its hello says is understood.

use openssl::ssl::SslVersion;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::PROFILES;
use tlscensus_tls_client::Profile;
use tlscensus_tls_wire::registry::Version;

use crate::support::NAME;
use crate::support::certificates::Kind;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::context;
use crate::support::openssl_server::pin;
use crate::support::visit;

fn with(version: Version) -> impl Iterator<Item = &'static Profile> {
    let certified = |profile: &&Profile| profile.name != "anonymous";
    PROFILES.iter().filter(move |profile| profile.offers(version)).filter(certified)
}

#[test]
fn every_profile_completes_in_its_best_version() {
    let mut visits = 0;
    for (version, pinned) in
        [(Version::TLS_1_2, SslVersion::TLS1_2), (Version::TLS_1_3, SslVersion::TLS1_3)]
    {
        for profile in with(version) {
            for name in [None, Some(NAME)] {
                let mut builder = context(Kind::Rsa2048.identity());
                pin(&mut builder, pinned);
                let mut client = Client::new(profile, name, &KeyShares::generate());
                let what = format!("{} {version}", profile.name);
                visit(&mut client, &mut OpensslServer::new(builder), &what);
                assert_eq!(client.observer().choice().unwrap().version, version, "{what}");
                visits += 1;
            }
        }
    }
    assert!(visits >= 24, "{visits}");
}

/// The second hello differs from the first only where it may, or OpenSSL would abort.
#[test]
fn every_profile_of_tls13_completes_after_a_retry() {
    for profile in with(Version::TLS_1_3) {
        let mut builder = context(Kind::P256.identity());
        builder.set_groups_list("P-384").unwrap();
        let mut client = Client::new(profile, Some(NAME), &KeyShares::generate());
        visit(&mut client, &mut OpensslServer::new(builder), &profile.name);
        assert!(client.observer().hello_retry(), "{}", profile.name);
    }
}
