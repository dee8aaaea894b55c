//! Servers with nothing but a key on a curve, which some use only for clients that name this curve: what cannot be told of their
//! other groups is unknown, never absent.

use openssl::ssl::SslOptions;
use openssl::ssl::SslVersion;
use tlscensus_tls_client::enumerate::Coverage;
use tlscensus_tls_client::enumerate::Decides;
use tlscensus_tls_client::enumerate::Ended;
use tlscensus_tls_client::enumerate::Era;
use tlscensus_tls_client::enumerate::ListFacts;
use tlscensus_tls_wire::registry::NamedGroup;

use crate::support::certificates::Kind;
use crate::support::enumerating::Enumerated;
use crate::support::enumerating::enumerate;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::context;

/// The groups before TLS 1.3 of an OpenSSL with one key and these groups, in this order.
fn groups(
    kind: Kind,
    newest: SslVersion,
    groups: &str,
    server_decides: bool,
) -> (ListFacts<NamedGroup>, String) {
    let mut builder = context(kind.identity());
    builder.set_min_proto_version(Some(SslVersion::TLS1)).unwrap();
    builder.set_max_proto_version(Some(newest)).unwrap();
    // An anonymous suite would do without the certificate, and tell all.
    builder.set_cipher_list("ALL:!aNULL:@SECLEVEL=0").unwrap();
    builder.set_groups_list(groups).unwrap();
    if server_decides {
        builder.set_options(SslOptions::CIPHER_SERVER_PREFERENCE);
    }
    let context = builder.build();
    let Enumerated { facts, log } =
        enumerate(200, &[], || Box::new(OpensslServer::from_context(&context)));
    let what = format!("{kind:?} {groups} server: {server_decides}\n{}", log.join("\n"));
    assert_eq!((facts.ended, facts.contradictions), (Ended::Complete, 0), "{what}");
    let (_, found) = facts.groups.into_iter().find(|(era, _)| *era == Era::Legacy).unwrap();
    (found, what)
}

fn named(groups: &str) -> Vec<NamedGroup> {
    let one = |name: &str| match name {
        "X25519" => NamedGroup::X25519,
        "P-256" => NamedGroup::SECP256R1,
        "P-384" => NamedGroup::SECP384R1,
        "P-521" => NamedGroup::SECP521R1,
        other => panic!("{other}"),
    };
    groups.split(':').map(one).collect()
}

const LISTS: [&str; 6] = [
    "P-256",
    "P-256:X25519:P-384",
    "X25519:P-256:P-384",
    "X25519:P-384:P-256:P-521",
    "X25519:P-384:P-256",
    "P-521:P-384",
];

/// A server with an order of its own takes the curve of its certificate, which has to be in every offer, before what it likes less.
#[test]
fn groups_behind_the_curve_of_the_certificate_are_unknown() {
    for newest in [SslVersion::TLS1_2, SslVersion::TLS1_3, SslVersion::TLS1] {
        for (kind, curve) in [(Kind::P256, "P-256"), (Kind::P384, "P-384")] {
            for list in LISTS {
                let (found, what) = groups(kind, newest, list, true);
                let expected = named(list);
                let shown = list.split(':').position(|name| name == curve);
                let shown = shown.map_or(expected.len(), |place| place + 1);
                assert_eq!(found.items(), expected[..shown], "{what}");
                let hidden = expected[shown..].iter();
                assert!(hidden.clone().all(|group| found.unknown.contains(group)), "{what}");
                // Where the server does not have the curve, offering it gets in nobody's way.
                let offered = list.split(':').any(|name| name == curve);
                let coverage = if offered { Coverage::Partial } else { Coverage::Complete };
                assert_eq!(found.coverage, coverage, "{what}");
                if expected.len() > 1 && shown > 1 {
                    assert_eq!(found.decides, Decides::Server, "{what}");
                }
            }
        }
    }
}

/// The curve stands at the end of the offer, and a server that goes by the client's order takes the others first.
#[test]
fn where_the_client_decides_all_are_found() {
    for (kind, curve) in [(Kind::P256, "P-256"), (Kind::P384, "P-384")] {
        // A server that lacks the curve itself goes on taking others until none is left, which says the same.
        for list in LISTS.into_iter().filter(|list| list.split(':').any(|name| name == curve)) {
            let (found, what) = groups(kind, SslVersion::TLS1_2, list, false);
            let expected = named(list);
            assert_eq!(found.items().len(), expected.len(), "{what}");
            assert!(found.items().iter().all(|group| expected.contains(group)), "{what}");
            if expected.len() > 1 {
                let whole = (Coverage::Complete, Decides::Client);
                assert_eq!((found.coverage, found.decides), whole, "{what}");
            }
        }
    }
}

/// No group is the key's, so a refusal means what it says.
#[test]
fn a_key_of_eddsa_leaves_the_groups_free() {
    for list in LISTS {
        let (found, what) = groups(Kind::Ed25519, SslVersion::TLS1_2, list, true);
        assert_eq!(found.items(), named(list), "{what}");
        assert_eq!(found.coverage, Coverage::Complete, "{what}");
    }
}
