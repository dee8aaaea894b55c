//! A client that leaves before the end has heard what it came for, and says goodbye.

use openssl::ssl::SslVersion;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Outcome;
use tlscensus_tls_client::Step;
use tlscensus_tls_client::Stop;
use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::observer::Side;

use crate::support::NAME;
use crate::support::certificates::Kind;
use crate::support::exchange;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::context;
use crate::support::openssl_server::pin;
use crate::support::profile;

#[test]
fn each_stop_is_left_with_its_facts_and_a_farewell() {
    for (stop, chain, signed) in [
        (Stop::Hello, false, false),
        (Stop::Certificate, true, false),
        (Stop::KeyExchange, true, true),
        (Stop::Plain, true, true),
    ] {
        for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
            // The rest is encrypted.
            let hello_only = stop == Stop::Plain && version == SslVersion::TLS1_3;
            let (chain, signed) = (chain && !hello_only, signed && !hello_only);
            let mut builder = context(Kind::Rsa2048.identity());
            pin(&mut builder, version);
            let keys = KeyShares::generate();
            let mut client = Client::new(profile("modern"), Some(NAME), &keys).until(stop);
            exchange(&mut client, &mut OpensslServer::new(builder));
            let step = client.poll(&mut Vec::new());
            let observer = client.observer();
            let what = format!("{stop:?} {version:?}");
            assert_eq!(client.outcome(), Some(&Outcome::Stopped), "{what}");
            assert_eq!(step, Step::Done, "{what}");
            let observer_says = (observer.choice().is_some(), observer.chain().is_some());
            assert_eq!(observer_says, (true, chain), "{what}");
            let scheme = observer.key_exchange().unwrap().signature_scheme;
            assert_eq!(scheme.is_some(), signed, "{what}");
            assert!(!observer.established(), "{what}");
            let last = observer.alerts().last().unwrap();
            assert_eq!((last.side, last.alert), (Side::Client, Alert::CLOSE_NOTIFY), "{what}");
        }
    }
}
