//! The mix that benches are run on: about a hundred sessions between real ends, behind the dialogues of mail and chat, and what
//! else is on a wire.

use std::sync::Arc;

use openssl::ssl::SslContext;
use openssl::ssl::SslContextBuilder;
use openssl::ssl::SslMethod;
use openssl::ssl::SslVersion;
use rustls::ClientConfig;
use tlscensus_testkit::capture::Closing;
use tlscensus_testkit::capture::Conversation;
use tlscensus_testkit::capture::Opening;
use tlscensus_testkit::capture::Side;
use tlscensus_testkit::load::Family;
use tlscensus_testkit::load::Template;

use super::identity::Identity;
use super::identity::Kind;
use super::record::Client;
use super::record::Turns;
use super::record::Visit;
use super::record::meet;

/// A template and how often it comes.
pub(crate) type Weighted = (Template, u32);

/// Sessions with TLS, mail without, and noise.
pub(crate) fn mixed() -> Vec<Weighted> {
    mixed_with(ONE_SEGMENT)
}

/// The same, with records of application data so long.
pub(crate) fn mixed_with(record: u16) -> Vec<Weighted> {
    let mut templates = Vec::new();
    for (number, turns) in handshakes().iter().enumerate() {
        let (word, port, dialogue) = WAYS[number % WAYS.len()];
        let family = if number % 4 == 3 { Family::V6 } else { Family::V4 };
        // A few words more inside TLS: sessions of mail and chat have them.
        let tell = |told: Conversation| {
            let told = dialogue.iter().fold(told, |told, (side, words)| told.say(*side, words));
            bulk(told.turns(turns), if word == "https" { 12 } else { 3 }, record)
        };
        templates.push((Template::new(family, port, tell), 4));
    }
    templates.extend(plaintext());
    templates.extend(noise());
    templates
}

/// A connection that opens, is greeted, and says no more.
pub(crate) fn idle() -> Vec<Weighted> {
    let tell =
        |told: Conversation| told.server("220 mx.example.org ESMTP\r\n").closing(Closing::Unseen);
    vec![(Template::new(Family::V4, 25, tell), 1)]
}

/// A handshake of TLS 1.3, for connections that carry much.
pub(crate) fn one_handshake() -> Turns {
    let identity = Identity::signed(Kind::EcdsaP256, "one.example.org", 1).expect("a chain");
    let terms = (SslVersion::TLS1_3, "ALL", "X25519");
    let turns = meet(&server(terms, &identity), &openssl_client(terms), &visit(false)).turns;
    turns.into_iter().take(4).collect()
}

/// A record that one segment holds.
const ONE_SEGMENT: u16 = 1300;

type Line = (Side, &'static str);
type Terms = (SslVersion, &'static str, &'static str);

const C: Side = Side::Client;
const S: Side = Side::Server;

/// Services with their ports, and what is said before TLS.
const WAYS: [(&str, u16, &[Line]); 12] = [
    ("smtp", 25, SMTP),
    ("imaps", 993, &[]),
    ("https", 443, &[]),
    ("imap", 143, IMAP),
    ("submission", 587, SMTP),
    ("https", 443, &[]),
    ("pop3", 110, POP3),
    ("xmpp-c2s", 5222, XMPP),
    ("pop3s", 995, &[]),
    ("irc", 6667, IRC),
    ("smtps", 465, &[]),
    ("ircs", 6697, &[]),
];
const SMTP: &[Line] = &[
    (S, "220 mx.example.org ESMTP Postfix\r\n"),
    (C, "EHLO client.example.net\r\n"),
    (
        S,
        "250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-ETRN\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8\r\n",
    ),
    (C, "STARTTLS\r\n"),
    (S, "220 2.0.0 Ready to start TLS\r\n"),
];
const IMAP: &[Line] = &[
    (
        S,
        "* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS LOGINDISABLED] ready.\r\n",
    ),
    (C, "a1 STARTTLS\r\n"),
    (S, "a1 OK Begin TLS negotiation now.\r\n"),
];
const POP3: &[Line] = &[
    (S, "+OK Dovecot ready.\r\n"),
    (C, "CAPA\r\n"),
    (
        S,
        "+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\nAUTH-RESP-CODE\r\nSTLS\r\nSASL PLAIN\r\n.\r\n",
    ),
    (C, "STLS\r\n"),
    (S, "+OK Begin TLS negotiation now.\r\n"),
];
const IRC: &[Line] = &[
    (C, "CAP LS 302\r\n"),
    (S, ":irc.example.org CAP * LS :multi-prefix tls sasl=PLAIN,EXTERNAL\r\n"),
    (C, "STARTTLS\r\n"),
    (S, ":irc.example.org 670 * :STARTTLS successful, go ahead\r\n"),
];
const XMPP: &[Line] = &[
    (
        C,
        "<?xml version='1.0'?><stream:stream to='example.org' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
    ),
    (
        S,
        "<?xml version='1.0'?><stream:stream from='example.org' id='1' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>",
    ),
    (C, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
    (S, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
];

/// Versions, suites and groups. A certificate's own curve has to be among the groups below TLS 1.3.
const TERMS: [Terms; 10] = [
    (SslVersion::TLS1_3, "ALL", "X25519"),
    (
        SslVersion::TLS1_2,
        "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384",
        "X25519:P-256",
    ),
    (SslVersion::TLS1_3, "ALL", "P-256"),
    (SslVersion::TLS1_2, "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", "P-256"),
    (SslVersion::TLS1_3, "ALL", "X25519MLKEM768"),
    (
        SslVersion::TLS1_2,
        "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-CHACHA20-POLY1305",
        "P-384:P-256",
    ),
    (SslVersion::TLS1_2, "AES128-SHA:ECDHE-ECDSA-AES128-SHA", "P-256"),
    (SslVersion::TLS1, "ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA", "P-256"),
    (SslVersion::TLS1_3, "ALL", "P-384"),
    (SslVersion::TLS1_1, "ECDHE-RSA-AES256-SHA:ECDHE-ECDSA-AES256-SHA", "P-256"),
];

/// Every terms with every identity, and sessions that are taken up again.
fn handshakes() -> Vec<Turns> {
    let identities: Vec<_> = (0..10)
        .map(|number| {
            let kind = if number % 5 == 4 { Kind::EcdsaP256 } else { Kind::Rsa(2048) };
            let name = format!("host{number}.example.org");
            let identity = if number % 3 == 2 {
                Identity::alone(kind, &name, 100 + number)
            } else {
                Identity::signed(kind, &name, 100 + number)
            };
            identity.expect("an identity")
        })
        .collect();
    let mut all = Vec::new();
    for terms in TERMS {
        for (number, identity) in identities.iter().enumerate() {
            let visit = visit(number % 10 == 9);
            let recorded = meet(&server(terms, identity), &openssl_client(terms), &visit);
            assert!(recorded.agreed.is_some(), "{terms:?}");
            all.push(recorded.turns);
        }
    }
    for identity in &identities {
        for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
            let server = server((version, "ALL", "X25519:P-256"), identity);
            let client = rustls_client();
            let _first = meet(&server, &client, &visit(false));
            let second = meet(&server, &client, &visit(false));
            assert!(second.agreed.is_some_and(|agreed| agreed.resumed), "{version:?}");
            all.push(second.turns);
        }
    }
    all
}

const fn visit(without_name: bool) -> Visit<'static> {
    let sni = if without_name { None } else { Some("mail.example.org") };
    Visit { sni, says: &[(b"a1 CAPABILITY\r\n", b"* CAPABILITY IMAP4rev1\r\na1 OK done\r\n")] }
}

fn end(method: SslMethod, (version, suites, group): Terms) -> SslContextBuilder {
    let mut end = SslContext::builder(method).expect("a context");
    end.set_security_level(0);
    end.set_min_proto_version(Some(version)).expect("a version");
    end.set_max_proto_version(Some(version)).expect("a version");
    end.set_cipher_list(&format!("{suites}:@SECLEVEL=0")).expect("suites");
    end.set_groups_list(group).expect("a group");
    end
}

fn server(terms: Terms, identity: &Identity) -> SslContext {
    let mut server = end(SslMethod::tls_server(), terms);
    let (leaf, others) = identity.chain.split_first().expect("a leaf");
    server.set_certificate(leaf).expect("a leaf");
    for other in others {
        server.add_extra_chain_cert(other.clone()).expect("a chain");
    }
    server.set_private_key(&identity.key).expect("a key");
    server.build()
}

fn openssl_client(terms: Terms) -> Client {
    Client::Openssl(end(SslMethod::tls_client(), terms).build())
}

fn rustls_client() -> Client {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(super::record::Trusting))
        .with_no_client_auth();
    Client::Rustls(Arc::new(config))
}

/// So many records of application data of the server, so long each, and asked for by words of the client.
fn bulk(told: Conversation, records: usize, length: u16) -> Conversation {
    let record = |length: u16| {
        let mut bytes = vec![23, 3, 3];
        bytes.extend(length.to_be_bytes());
        bytes.resize(5 + usize::from(length), 0x5a);
        bytes
    };
    // The close of the recorded session came before; what follows is still a record each, as a watcher sees it.
    (0..records).fold(told, |told, _| told.client(record(90)).server(record(length)))
}

/// Mail that stays in plaintext.
fn plaintext() -> Vec<Weighted> {
    let smtp = |told: Conversation| {
        told.server("220 mx.example.org ESMTP\r\n")
            .client("EHLO client.example.net\r\n")
            .server("250-mx.example.org\r\n250-SIZE 1000000\r\n250 8BITMIME\r\n")
            .client("MAIL FROM:<a@example.net>\r\n")
            .server("250 2.1.0 Ok\r\n")
            .client("RCPT TO:<b@example.org>\r\n")
            .server("250 2.1.5 Ok\r\n")
            .client("DATA\r\n")
            .server("354 go\r\n")
            .client(format!("Subject: x\r\n\r\n{}\r\n.\r\n", "word ".repeat(800)))
            .server("250 2.0.0 Ok: queued\r\n")
            .client("QUIT\r\n")
            .server("221 2.0.0 Bye\r\n")
    };
    let pop3 = |told: Conversation| {
        told.server("+OK ready\r\n")
            .client("CAPA\r\n")
            .server("+OK\r\nTOP\r\nSTLS\r\nUSER\r\n.\r\n")
            .client("USER someone\r\n")
            .server("+OK\r\n")
            .client("PASS something\r\n")
            .server("-ERR\r\n")
            .client("QUIT\r\n")
            .server("+OK\r\n")
    };
    vec![(Template::new(Family::V4, 25, smtp), 60), (Template::new(Family::V4, 110, pop3), 30)]
}

/// What is not measured: the web, shells, names, scans.
fn noise() -> Vec<Weighted> {
    let http = |told: Conversation| {
        told.client("GET / HTTP/1.1\r\nHost: www.example.org\r\n\r\n").server(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 12000\r\n\r\n{}",
            "a".repeat(12_000)
        ))
    };
    let ssh = |told: Conversation| {
        let told = told.client("SSH-2.0-OpenSSH_9.2\r\n").server("SSH-2.0-OpenSSH_9.2\r\n");
        (0_u8..8).fold(told, |told, round| told.client([round; 400]).server([!round; 700]))
    };
    let scan =
        |told: Conversation| told.opening(Opening::Handshake).closing(Closing::Reset(Side::Client));
    let query =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03org\x00\x00\x01\x00\x01";
    vec![
        (Template::new(Family::V4, 80, http), 60),
        (Template::new(Family::V4, 22, ssh), 20),
        (Template::new(Family::V4, 8443, scan), 20),
        (Template::datagrams(Family::V4, 53, query, query), 60),
        (Template::datagrams(Family::V6, 53, query, query), 20),
    ]
}
