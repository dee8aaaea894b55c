//! However the network cuts the server's bytes, the client does the same; and wherever they end, it says so.

use std::collections::BTreeSet;

use openssl::ssl::SslVersion;
use rustls::version::TLS12;
use rustls::version::TLS13;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::Interruption;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Profile;
use tlscensus_tls_client::Step;

use crate::support::NAME;
use crate::support::SEED;
use crate::support::Server;
use crate::support::certificates::Kind;
use crate::support::exchange;
use crate::support::openssl_server::OpensslServer;
use crate::support::openssl_server::context;
use crate::support::openssl_server::field;
use crate::support::openssl_server::only;
use crate::support::openssl_server::pin;
use crate::support::profile;
use crate::support::rustls_server::Options;
use crate::support::rustls_server::RustlsServer;

/// All that a server said to one client, which a client with the same seed and keys understands.
struct Recording {
    what: &'static str,
    profile: &'static Profile,
    keys: KeyShares,
    said: Vec<u8>,
    /// Bytes of it up to the last one the handshake needs.
    handshake: usize,
    /// What the first client sent.
    sent: Vec<u8>,
}

impl Recording {
    fn of(what: &'static str, server: impl Server) -> Self {
        Self::with("modern", what, server)
    }

    fn with(profile: &'static str, what: &'static str, mut server: impl Server) -> Self {
        let profile = self::profile(profile);
        let keys = KeyShares::generate();
        let mut client = Self::client(profile, &keys);
        let mut said = exchange(&mut client, &mut server);
        server.send(b"data");
        said.extend(exchange(&mut client, &mut server));
        assert_eq!(client.take_plaintext(), b"data", "{what}");

        let mut client = Self::client(profile, &keys);
        let mut sent = Vec::new();
        client.poll(&mut sent);
        let mut handshake = 0;
        while client.outcome().is_none() {
            client.receive(&said[handshake..=handshake]);
            client.poll(&mut sent);
            handshake += 1;
        }
        Self { what, profile, keys, said, handshake, sent }
    }

    fn all() -> Vec<Self> {
        let openssl = |version, ciphers| {
            let mut builder = context(Kind::Rsa2048.identity());
            pin(&mut builder, version);
            if version == SslVersion::TLS1_3 {
                builder.set_groups_list("P-256").unwrap();
            } else {
                builder.set_cipher_list(&format!("{ciphers}:@SECLEVEL=0")).unwrap();
            }
            OpensslServer::new(builder)
        };
        let dhe = || {
            let mut builder = only(SslVersion::TLS1, Kind::Rsa2048, "DHE-RSA-AES128-SHA");
            builder.set_tmp_dh(&field(1_024)).unwrap();
            OpensslServer::new(builder)
        };
        let mut client_certificate = Options::new(Kind::Rsa2048, &TLS13);
        client_certificate.ask_client_certificate = true;
        vec![
            Self::of("1.3", RustlsServer::new(&Options::new(Kind::P256, &TLS13))),
            Self::of("1.3, asking a certificate", RustlsServer::new(&client_certificate)),
            Self::of("1.3 after a retry", openssl(SslVersion::TLS1_3, "")),
            Self::of("1.2", RustlsServer::new(&Options::new(Kind::P256, &TLS12))),
            Self::of("1.2 CBC", openssl(SslVersion::TLS1_2, "ECDHE-RSA-AES128-SHA")),
            Self::with("legacy", "1.0", openssl(SslVersion::TLS1, "ECDHE-RSA-AES128-SHA")),
            Self::with("legacy", "1.0 DHE", dhe()),
            Self::with("anonymous", "1.0 anonymous", openssl(SslVersion::TLS1, "AECDH-RC4-SHA")),
            Self::with("legacy", "1.1", openssl(SslVersion::TLS1_1, "AES128-SHA")),
            Self::with("ssl3", "SSL 3", openssl(SslVersion::SSL3, "AES128-SHA")),
            Self::of("1.2 RSA", openssl(SslVersion::TLS1_2, "AES256-GCM-SHA384")),
        ]
    }

    /// How many places there are between two that are tried: arithmetic in finite fields takes its time.
    fn step(&self) -> usize {
        if self.what.contains("DHE") { 5 } else { 1 }
    }

    fn client(profile: &Profile, keys: &KeyShares) -> Client {
        Client::seeded(profile, Some(NAME), keys, SEED)
    }

    fn replay(&self, pieces: &[&[u8]]) -> (Client, Vec<u8>) {
        let mut client = Self::client(self.profile, &self.keys);
        let mut sent = Vec::new();
        client.poll(&mut sent);
        for piece in pieces {
            client.receive(piece);
            client.poll(&mut sent);
        }
        (client, sent)
    }
}

#[test]
fn any_split_gives_the_same() {
    for recording in Recording::all() {
        let check = |pieces: &[&[u8]], how: usize| {
            let what = recording.what;
            let (mut client, sent) = recording.replay(pieces);
            assert_eq!(client.outcome().unwrap().word(), "completed", "{what} {how}");
            assert_eq!(client.take_plaintext(), b"data", "{what} {how}");
            assert!(sent == recording.sent, "{what} {how}");
        };
        for at in (0..=recording.said.len()).step_by(recording.step()) {
            let (head, tail) = recording.said.split_at(at);
            check(&[head, tail], at);
        }
        let single: Vec<&[u8]> = recording.said.chunks(1).collect();
        check(&single, 0);
    }
}

/// The same messages in plaintext records of at most `size` bytes each, up to the ChangeCipherSpec.
fn in_records_of(size: usize, said: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = said;
    while let [22, major, minor, high, low, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([high, low]));
        for fragment in rest[5..5 + length].chunks(size) {
            let [high, low] = u16::try_from(fragment.len()).unwrap().to_be_bytes();
            out.extend([22, major, minor, high, low]);
            out.extend(fragment);
        }
        rest = &rest[5 + length..];
    }
    out.extend(rest);
    out
}

#[test]
fn any_cut_into_records_gives_the_same() {
    for recording in Recording::all().iter().filter(|recording| recording.what.starts_with("1.2")) {
        for size in [1, 2, 3, 7, 64, 1_000] {
            let said = in_records_of(size, &recording.said);
            let (mut client, sent) = recording.replay(&[&said]);
            assert_eq!(client.outcome().unwrap().word(), "completed", "{} {size}", recording.what);
            assert_eq!(client.take_plaintext(), b"data");
            assert!(sent == recording.sent);
        }
    }
}

#[test]
fn a_wish_for_another_handshake_is_ignored() {
    const HELLO_REQUEST: &[u8] = &[22, 3, 3, 0, 4, 0, 0, 0, 0];
    for recording in Recording::all().iter().filter(|recording| recording.what.starts_with("1.2")) {
        let (mut client, sent) = recording.replay(&[HELLO_REQUEST, &recording.said]);
        assert_eq!(client.outcome().unwrap().word(), "completed", "{}", recording.what);
        assert_eq!(client.take_plaintext(), b"data");
        assert!(sent == recording.sent);
    }
}

const ENDS: [(Interruption, &str); 4] = [
    (Interruption::Closed, "closed"),
    (Interruption::Reset, "reset"),
    (Interruption::TimedOut, "timeout"),
    (Interruption::OverBytes, "over-bytes"),
];

#[test]
fn cut_anywhere_the_outcome_says_so() {
    for recording in Recording::all() {
        for end in (0..recording.handshake).step_by(recording.step()) {
            let (how, word) = ENDS[end % ENDS.len()];
            let (mut client, _) = recording.replay(&[&recording.said[..end]]);
            assert_eq!(client.outcome(), None, "{} {end}", recording.what);
            client.interrupted(how);
            assert_eq!(client.outcome().unwrap().word(), word);
            assert_eq!(client.poll(&mut Vec::new()), Step::Done);
        }
        let (mut client, _) = recording.replay(&[&recording.said]);
        client.interrupted(Interruption::Closed);
        assert_eq!(client.outcome().unwrap().word(), "completed", "{}", recording.what);
        assert_eq!(client.poll(&mut Vec::new()), Step::Done);
    }
}

/// Where the minor version of each record's header stands: outside of what keys and transcripts cover.
fn minor_versions(said: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut at = 0;
    while let Some([_, _, _, high, low]) = said.get(at..at + 5) {
        places.push(at + 2);
        at += 5 + usize::from(u16::from_be_bytes([*high, *low]));
    }
    places
}

#[test]
fn any_byte_damaged_never_panics_and_never_goes_unnoticed() {
    let mut words = BTreeSet::new();
    for recording in Recording::all() {
        // The padding of SSL 3 is covered by nothing: a bit of it is a bit of the block before it.
        if recording.what == "SSL 3" {
            continue;
        }
        let harmless = minor_versions(&recording.said);
        for at in (0..recording.handshake).step_by(recording.step()) {
            let mut said = recording.said[..recording.handshake].to_vec();
            said[at] ^= 1 << (at % 8);
            let (mut client, _) = recording.replay(&[&said]);
            client.interrupted(Interruption::Closed);
            let word = client.outcome().unwrap().word();
            assert!(word != "completed" || harmless.contains(&at), "{} {at}", recording.what);
            words.insert(word);
        }
    }
    for word in ["bad-finished", "bad-signature", "closed", "malformed", "over-bytes"] {
        assert!(words.contains(word), "{word} is not in {words:?}");
    }
    for word in ["not-completable", "not-tls", "version-refused", "wrong-order"] {
        assert!(words.contains(word), "{word} is not in {words:?}");
    }
}
