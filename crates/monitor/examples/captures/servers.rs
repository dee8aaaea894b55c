//! Servers and clients of OpenSSL for the captures, and a session that many of them hold.

use std::sync::LazyLock;

use openssl::dh::Dh;
use openssl::error::ErrorStack;
use openssl::pkey::Params;
use openssl::ssl::SslContext;
use openssl::ssl::SslContextBuilder;
use openssl::ssl::SslMethod;
use openssl::ssl::SslOptions;
use openssl::ssl::SslVersion;
use tlscensus_testkit::capture::Carrier;
use tlscensus_testkit::capture::Framing;
use tlscensus_testkit::capture::Segment;

use crate::case::Case;
use crate::case::told;
use crate::case::with_port;
use crate::support::identity::Identity;
use crate::support::identity::Kind;
use crate::support::record::Client;
use crate::support::record::Recorded;
use crate::support::record::Visit;
use crate::support::record::meet;

/// The name that clients ask for.
pub(crate) const NAME: &str = "mail.example.org";
/// Suites of every age, and no minimum for keys.
const EVERYTHING: &str = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";

/// The short chain of most captures: ECDSA keeps them small.
pub(crate) static ECDSA: LazyLock<Identity> =
    LazyLock::new(|| Identity::signed(Kind::EcdsaP256, NAME, 0x1001).expect("a chain"));
/// The chain of suites that need RSA.
pub(crate) static RSA: LazyLock<Identity> =
    LazyLock::new(|| Identity::alone(Kind::Rsa(1024), NAME, 0x2001).expect("a certificate"));

/// One version, these suites (of TLS 1.2 and below).
pub(crate) struct Terms {
    pub(crate) version: SslVersion,
    pub(crate) suites: &'static str,
    pub(crate) group: &'static str,
}

/// TLS 1.3 with X25519.
pub(crate) const TLS13: Terms =
    Terms { version: SslVersion::TLS1_3, suites: EVERYTHING, group: "X25519" };
/// TLS 1.2 with ECDSA and P-256.
pub(crate) const TLS12: Terms =
    Terms { version: SslVersion::TLS1_2, suites: "ECDHE-ECDSA-AES128-GCM-SHA256", group: "P-256" };

impl Terms {
    /// Both ends of it; the server with an identity or without.
    pub(crate) fn ends(
        &self,
        identity: Option<&Identity>,
    ) -> Result<(SslContextBuilder, SslContextBuilder), ErrorStack> {
        let mut server = self.end(SslMethod::tls_server())?;
        if let Some(identity) = identity {
            let mut chain = identity.chain.iter();
            server.set_certificate(chain.next().expect("a leaf"))?;
            for other in chain {
                server.add_extra_chain_cert(other.clone())?;
            }
            server.set_private_key(&identity.key)?;
        }
        Ok((server, self.end(SslMethod::tls_client())?))
    }

    fn end(&self, method: SslMethod) -> Result<SslContextBuilder, ErrorStack> {
        let mut end = SslContext::builder(method)?;
        end.set_security_level(0);
        end.set_min_proto_version(Some(self.version))?;
        end.set_max_proto_version(Some(self.version))?;
        end.set_cipher_list(&format!("{}:@SECLEVEL=0", self.suites))?;
        end.clear_options(SslOptions::NO_SSLV3);
        if self.version != SslVersion::SSL3 {
            end.set_groups_list(self.group)?;
        }
        Ok(end)
    }
}

/// One session on these terms, without tickets.
pub(crate) fn session(terms: &Terms, identity: Option<&Identity>) -> Recorded {
    session_with(terms, identity, |_, _| Ok(()))
}

/// One session on these terms, both ends changed first.
pub(crate) fn session_with(
    terms: &Terms,
    identity: Option<&Identity>,
    change: impl FnOnce(&mut SslContextBuilder, &mut SslContextBuilder) -> Result<(), ErrorStack>,
) -> Recorded {
    let (mut server, mut client) = terms.ends(identity).expect("two ends");
    server.set_options(SslOptions::NO_TICKET);
    server.set_num_tickets(0).expect("no tickets");
    change(&mut server, &mut client).expect("they take it");
    let visit = Visit { sni: Some(NAME), says: &[(b"a1 NOOP\r\n", b"a1 OK done\r\n")] };
    let recorded = meet(&server.build(), &Client::Openssl(client.build()), &visit);
    assert!(recorded.agreed.is_some(), "{:?}: {:02x?}", terms.suites, recorded.turns);
    recorded
}

/// A field of 1,024 bits, the smallest that this OpenSSL still serves.
pub(crate) static FIELD: LazyLock<Dh<Params>> =
    LazyLock::new(|| Dh::generate_params(1024, 2).expect("a field"));

/// STARTTLS in SMTP and a short handshake of TLS 1.2 behind it, in every carrier.
pub(crate) fn framings() -> Vec<Case> {
    let recorded = session(&TLS12, Some(&ECDSA));
    let v4 = told(crate::upgrades::smtp_dialogue(with_port(25)), &recorded.turns).segments();
    let v6: Vec<_> = v4.iter().cloned().map(in_v6).collect();
    let plain = |carrier| Framing::new(carrier);
    let framed = |name, shows, segments: &[Segment], framing: &Framing| {
        let case = Case::framed(name, shows, segments, framing).session(&recorded);
        let server = if segments == v4 { "198.51.100.20" } else { "2001:db8::14" };
        case.all(crate::upgrades::SMTP_UPGRADED)
            .expect("server_addr", server)
            .expect("tls_group", "secp256r1")
            .expect("tls_sni", NAME)
    };
    vec![
        framed("carrier-ethernet-v6", "STARTTLS over IPv6", &v6, &plain(Carrier::Ethernet)),
        framed(
            "carrier-vlan",
            "STARTTLS in a tagged frame (802.1Q)",
            &v4,
            &plain(Carrier::Vlan(7)),
        ),
        framed(
            "carrier-qinq",
            "STARTTLS behind two tags (802.1ad)",
            &v4,
            &plain(Carrier::QinQ(7, 8)),
        ),
        framed(
            "carrier-mpls",
            "STARTTLS behind two labels",
            &v4,
            &plain(Carrier::Mpls(vec![16, 17])),
        ),
        framed(
            "carrier-pppoe-v6",
            "STARTTLS in a session of PPPoE, IPv6",
            &v6,
            &plain(Carrier::Pppoe),
        ),
        framed("carrier-sll", "STARTTLS in a cooked capture", &v4, &plain(Carrier::Sll)),
        framed(
            "carrier-sll2",
            "STARTTLS in a cooked capture of the second version",
            &v4,
            &plain(Carrier::Sll2),
        ),
        framed(
            "carrier-raw",
            "STARTTLS in IP without a link layer, IPv6",
            &v6,
            &plain(Carrier::RawIp),
        ),
        framed("carrier-null", "STARTTLS on BSD's loopback", &v4, &plain(Carrier::Null)),
        framed(
            "carrier-loop-v6",
            "STARTTLS on OpenBSD's loopback, IPv6",
            &v6,
            &plain(Carrier::Loop),
        ),
        framed("carrier-gre", "STARTTLS in GRE", &v4, &plain(Carrier::Gre)),
        framed("carrier-6in4", "STARTTLS over IPv6 in IPv4", &v6, &plain(Carrier::IpInIp)),
        framed("carrier-ipip", "STARTTLS over IPv4 in IPv4", &v4, &plain(Carrier::IpInIp)),
        framed("carrier-vxlan", "STARTTLS in VXLAN", &v4, &plain(Carrier::Vxlan(77))),
        framed(
            "fragments-v4",
            "STARTTLS, packets in IPv4 fragments",
            &v4,
            &plain(Carrier::Ethernet).fragments(256),
        ),
        framed(
            "fragments-v6",
            "STARTTLS, packets in IPv6 fragments",
            &v6,
            &plain(Carrier::Ethernet).fragments(256),
        ),
        framed("file-pcapng", "STARTTLS in a file of pcapng", &v4, &plain(Carrier::Ethernet))
            .pcapng(),
    ]
}

/// The same segment between addresses of IPv6.
fn in_v6(mut segment: Segment) -> Segment {
    for end in [&mut segment.source, &mut segment.destination] {
        let last = if end.ip().to_string() == "192.0.2.10" { 10 } else { 20 };
        *end = ([0x2001, 0xdb8, 0, 0, 0, 0, 0, last], end.port()).into();
    }
    segment
}
