//! Whether sessions are taken up again, in each of the ways that a server can be configured to: what is offered, what is
//! accepted, what is refused and what was not asked are different answers.

use openssl::ssl::SslContext;
use openssl::ssl::SslContextBuilder;
use openssl::ssl::SslOptions;
use openssl::ssl::SslSessionCacheMode;
use openssl::ssl::SslVersion;
use rustls::version::TLS12;
use rustls::version::TLS13;
use tlscensus_tls_client::Carrier;
use tlscensus_tls_client::enumerate::Ended;
use tlscensus_tls_client::enumerate::Resumption;

use crate::support::Server;
use crate::support::certificates::Kind;
use crate::support::enumerating::Enumerated;
use crate::support::enumerating::enumerate;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::context;
use crate::support::rustls_server::Options;
use crate::support::rustls_server::RustlsServer;
use crate::support::rustls_server::config_of;

use Resumption::Accepted;
use Resumption::NoVersion;
use Resumption::NotOffered;
use Resumption::Refused;
use Resumption::Unasked;
use Resumption::Unreached;

/// By pre-shared key, ticket and identifier.
type Ways = [Resumption; 3];

fn server(
    oldest: SslVersion,
    newest: SslVersion,
    more: impl Fn(&mut SslContextBuilder),
) -> SslContext {
    let mut builder = context(Kind::Rsa2048.identity());
    builder.set_min_proto_version(Some(oldest)).unwrap();
    builder.set_max_proto_version(Some(newest)).unwrap();
    builder.clear_options(SslOptions::NO_SSLV3);
    builder.set_cipher_list("AES128-SHA:ECDHE-RSA-AES128-SHA:@SECLEVEL=0").unwrap();
    builder.set_groups_list("P-384:X25519").unwrap();
    builder.set_session_id_context(b"test").unwrap();
    more(&mut builder);
    builder.build()
}

/// What was found, and how many connections that took.
fn ways(budget: u32, server: impl FnMut() -> Box<dyn Server>) -> (Ways, usize, String) {
    let Enumerated { facts, log } = enumerate(budget, &[], server);
    let what = log.join("\n");
    assert_eq!(facts.contradictions, 0, "{what}");
    assert_eq!(facts.resumption.map(|(carrier, _)| carrier), Carrier::ALL);
    let about =
        |line: &&String| line.starts_with("session by") || line.starts_with("resumption by");
    (facts.resumption.map(|(_, known)| known), log.iter().filter(about).count(), what)
}

#[test]
fn what_is_configured_is_found() {
    use SslVersion as V;
    let nothing = |_: &mut SslContextBuilder| {};
    let no_ticket = |builder: &mut SslContextBuilder| {
        builder.set_options(SslOptions::NO_TICKET);
    };
    let no_cache = |builder: &mut SslContextBuilder| {
        builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    };
    let neither = |builder: &mut SslContextBuilder| {
        no_ticket(builder);
        no_cache(builder);
    };
    let none_in_tls13 = |builder: &mut SslContextBuilder| builder.set_num_tickets(0).unwrap();
    type More<'a> = &'a dyn Fn(&mut SslContextBuilder);
    let only_x448 = |builder: &mut SslContextBuilder| builder.set_groups_list("X448").unwrap();
    let cases: [(&str, V, V, More<'_>, Ways, usize); 9] = [
        ("asks for a share", V::TLS1_3, V::TLS1_3, &only_x448, [Accepted, NoVersion, NoVersion], 2),
        ("as it comes", V::TLS1, V::TLS1_3, &nothing, [Accepted, Accepted, Accepted], 6),
        ("no tickets", V::TLS1, V::TLS1_3, &no_ticket, [Accepted, NotOffered, Accepted], 4),
        ("no cache", V::TLS1_2, V::TLS1_3, &no_cache, [Accepted, Accepted, NotOffered], 5),
        // In TLS 1.3 this OpenSSL names a session that it does not keep.
        ("neither", V::TLS1_2, V::TLS1_3, &neither, [Refused, NotOffered, NotOffered], 2),
        (
            "none in TLS 1.3",
            V::TLS1_3,
            V::TLS1_3,
            &none_in_tls13,
            [NotOffered, NoVersion, NoVersion],
            1,
        ),
        ("TLS 1.2", V::TLS1_2, V::TLS1_2, &nothing, [NoVersion, Accepted, Accepted], 4),
        ("TLS 1.0", V::TLS1, V::TLS1, &nothing, [NoVersion, Accepted, Accepted], 4),
        ("SSL 3", V::SSL3, V::SSL3, &nothing, [NoVersion, NoVersion, Accepted], 2),
    ];
    for (name, oldest, newest, more, expected, connections) in cases {
        let context = server(oldest, newest, more);
        let (found, asked, what) = ways(100, || Box::new(OpensslServer::from_context(&context)));
        assert_eq!((found, asked), (expected, connections), "{name}\n{what}");
    }
}

/// Every connection meets another machine, which does not know what the others gave.
#[test]
fn what_another_machine_gave_is_refused() {
    for (newest, expected) in [
        (SslVersion::TLS1_3, [Refused, Refused, Refused]),
        (SslVersion::TLS1_2, [NoVersion, Refused, Refused]),
    ] {
        let machine = || server(SslVersion::TLS1_2, newest, |_| {});
        let (found, _, what) = ways(100, || Box::new(OpensslServer::from_context(&machine())));
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn rustls_gives_a_name_where_a_ticket_is_asked_for() {
    let config = config_of(&Options::new(Kind::P256, &TLS13), &[&TLS13, &TLS12]);
    let (found, asked, what) = ways(100, || Box::new(RustlsServer::from_config(&config)));
    assert_eq!((found, asked), ([Accepted, NotOffered, Accepted], 4), "{what}");
}

/// What the budget leaves no room for was not asked, and is not called absent.
#[test]
fn without_connections_left_nothing_is_known() {
    let context = server(SslVersion::TLS1_2, SslVersion::TLS1_3, |_| {});
    let again = || -> Box<dyn Server> { Box::new(OpensslServer::from_context(&context)) };
    let Enumerated { facts, log } = enumerate(100, &[], again);
    assert_eq!(facts.ended, Ended::Complete);
    let first = log.iter().position(|line| line.starts_with("session by psk")).unwrap();
    let first = u32::try_from(first).unwrap();
    let expected = [
        (first, [Unasked; 3]),
        (first + 1, [Resumption::Offered, Unasked, Unasked]),
        (first + 2, [Accepted, Unasked, Unasked]),
        (first + 4, [Accepted, Accepted, Unasked]),
    ];
    for (budget, expected) in expected {
        let (found, _, what) = ways(budget, again);
        assert_eq!(found, expected, "{budget}\n{what}");
    }
}

/// A server whose handshakes we cannot complete was asked all the same, or has nothing that could be asked for.
#[test]
fn a_handshake_that_does_not_complete_is_no_answer() {
    struct Deaf(OpensslServer, usize);
    impl Server for Deaf {
        fn receive(&mut self, bytes: &[u8]) {
            self.1 += 1;
            // Only the client's hello reaches it.
            if self.1 == 1 {
                self.0.receive(bytes);
            }
        }
        fn output(&mut self) -> Vec<u8> {
            self.0.output()
        }
        fn send(&mut self, plaintext: &[u8]) {
            self.0.send(plaintext);
        }
        fn plaintext(&mut self) -> Vec<u8> {
            self.0.plaintext()
        }
        fn close(&mut self) {
            self.0.close();
        }
        fn established(&self) -> bool {
            self.0.established()
        }
    }
    let context = server(SslVersion::TLS1_2, SslVersion::TLS1_3, |_| {});
    let (found, _, what) = ways(100, || Box::new(Deaf(OpensslServer::from_context(&context), 0)));
    // In TLS 1.3 the client is done before the server is, and the server's end says nothing of tickets.
    assert_eq!(found, [Unreached; 3], "{what}");
}
