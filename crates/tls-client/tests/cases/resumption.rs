//! Sessions taken up again: by name, by ticket, by pre-shared key.

use openssl::ssl::SslContext;
use openssl::ssl::SslOptions;
use openssl::ssl::SslVersion;
use rustls::version::TLS12;
use rustls::version::TLS13;
use tlscensus_tls_client::Carrier;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Outcome;
use tlscensus_tls_client::Profile;
use tlscensus_tls_client::Session;

use crate::support::NAME;
use crate::support::Server;
use crate::support::certificates::Kind;
use crate::support::exchange;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::context;
use crate::support::openssl_server::no_extended_master_secret;
use crate::support::openssl_server::only;
use crate::support::openssl_server::pin;
use crate::support::profile;
use crate::support::rustls_server::Options;
use crate::support::rustls_server::RustlsServer;
use crate::support::rustls_server::config;
use crate::support::visit;

/// What one visit leaves behind.
fn sessions(profile: &Profile, server: &mut dyn Server, what: &str) -> Vec<Session> {
    let keys = KeyShares::generate();
    let mut client = Client::new(profile, Some(NAME), &keys).remembering();
    visit(&mut client, server, what);
    // OpenSSL forgets the sessions of connections that were not closed in order.
    server.close();
    assert_eq!(client.observer().resumed(), Some(false), "{what}");
    client.sessions().to_vec()
}

/// A visit that goes on from a session; whether the server did.
fn resume(profile: &Profile, session: &Session, server: &mut dyn Server, what: &str) -> bool {
    let mut client = Client::resuming(profile, Some(NAME), &KeyShares::generate(), session);
    visit(&mut client, server, what);
    server.close();
    assert!(client.observer().established(), "{what}");
    let resumed = client.observer().resumed().unwrap();
    assert_eq!(resumed, client.observer().chain().is_none(), "{what}");
    resumed
}

fn check(profile: &Profile, context: &SslContext, carrier: Carrier, what: &str) {
    let found = sessions(profile, &mut OpensslServer::from_context(context), what);
    let session = found.iter().find(|session| session.carrier() == carrier);
    let session = session.unwrap_or_else(|| panic!("{what}: {found:?}"));
    let mut server = OpensslServer::from_context(context);
    assert!(resume(profile, session, &mut server, what), "{what}");
    // The same again, after which the server may have had enough of it.
    resume(profile, session, &mut OpensslServer::from_context(context), what);
}

#[test]
fn every_old_version_resumes_by_name_and_by_ticket() {
    for (version, name) in [
        (SslVersion::SSL3, "ssl3"),
        (SslVersion::TLS1, "legacy"),
        (SslVersion::TLS1_1, "legacy"),
        (SslVersion::TLS1_2, "legacy"),
    ] {
        for options in [SslOptions::empty(), no_extended_master_secret()] {
            for suite in ["AES128-SHA", "RC4-SHA"] {
                let what = format!("{version:?} {suite} {options:?}");
                let mut builder = only(version, Kind::Rsa2048, suite);
                builder.set_options(options | SslOptions::NO_TICKET);
                check(profile(name), &builder.build(), Carrier::Identifier, &what);
                if version == SslVersion::SSL3 {
                    continue;
                }
                let mut builder = only(version, Kind::Rsa2048, suite);
                builder.set_options(options);
                check(profile(name), &builder.build(), Carrier::Ticket, &what);
            }
        }
    }
}

#[test]
fn tls13_resumes_with_and_without_a_retry() {
    for groups in ["X25519", "P-256"] {
        for suite in ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"] {
            let mut builder = context(Kind::Rsa2048.identity());
            pin(&mut builder, SslVersion::TLS1_3);
            builder.set_groups_list(groups).unwrap();
            builder.set_ciphersuites(suite).unwrap();
            let what = format!("{groups} {suite}");
            check(profile("modern"), &builder.build(), Carrier::PreSharedKey, &what);
        }
    }
}

#[test]
fn rustls_resumes() {
    for (version, carrier) in [(&TLS12, Carrier::Identifier), (&TLS13, Carrier::PreSharedKey)] {
        let config = config(&Options::new(Kind::P256, version));
        let profile = profile("modern");
        let found = sessions(profile, &mut RustlsServer::from_config(&config), "rustls");
        let session = found.iter().find(|session| session.carrier() == carrier).unwrap();
        assert!(resume(profile, session, &mut RustlsServer::from_config(&config), "rustls"));
    }
}

/// Another server does not know the session, and says so by a handshake like any other.
#[test]
fn a_session_of_another_server_is_not_resumed() {
    for (version, name) in [(SslVersion::TLS1_2, "modern"), (SslVersion::TLS1_3, "modern")] {
        let context = || {
            let mut builder = context(Kind::Rsa2048.identity());
            pin(&mut builder, version);
            builder.build()
        };
        let found = sessions(profile(name), &mut OpensslServer::from_context(&context()), "first");
        let mut server = OpensslServer::from_context(&context());
        assert!(!resume(profile(name), &found[0], &mut server, "second"));
    }
}

#[test]
fn nothing_is_remembered_unasked() {
    let mut server = RustlsServer::new(&Options::new(Kind::P256, &TLS13));
    let mut client = Client::new(profile("modern"), Some(NAME), &KeyShares::generate());
    exchange(&mut client, &mut server);
    assert_eq!(client.outcome(), Some(&Outcome::Completed));
    assert!(client.sessions().is_empty() && !client.observer().tickets().is_empty());
}
