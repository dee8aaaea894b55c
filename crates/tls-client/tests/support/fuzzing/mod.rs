//! What must hold whatever a server says: bodies of fuzz targets, with the kept inputs replayed by plain tests.

mod enumerating;
mod resuming;
mod scripts;

use std::sync::OnceLock;

use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Outcome;
use tlscensus_tls_client::PROFILES;
use tlscensus_tls_client::Profile;
use tlscensus_tls_client::Ssl2Client;
use tlscensus_tls_client::Step;

use super::scripted::offer;

pub(crate) use enumerating::enumerating;
pub(crate) use resuming::resuming;
pub(crate) use scripts::keys;

/// A fuzz target: its name and its body.
pub(crate) type FuzzTarget = (&'static str, fn(&[u8]));

/// The fuzz targets of this crate.
pub(crate) const TARGETS: &[FuzzTarget] = &[
    ("tls_client_bytes", bytes),
    ("tls_client_keys", keys),
    ("tls_client_resuming", resuming),
    ("tls_client_ssl2", ssl2),
    ("tls_enumerate", enumerating),
];

/// A server without keys: any bytes. The first byte chooses what is offered, the second how the bytes are cut; however they
/// are, the client does the same.
pub(crate) fn bytes(data: &[u8]) {
    let [profile, size, said @ ..] = data else { return };
    let whole = told(client(*profile), std::iter::once(said));
    let pieces = told(client(*profile), said.chunks(usize::from(*size) + 1));
    assert!(whole == pieces, "the split was seen: {whole:?} {pieces:?}");
}

/// Outcome, history and words of a client that is told these pieces.
fn told<'a>(
    mut client: Client,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (String, String, Vec<u8>) {
    let mut sent = Vec::new();
    client.poll(&mut sent);
    for piece in pieces {
        client.receive(piece);
        client.poll(&mut sent);
        client.take_plaintext();
    }
    check(&mut client, sent.len());
    (ends(&client), client.observer().history().to_owned(), sent)
}

/// Outcome, and the end of what came behind it.
fn ends(client: &Client) -> String {
    let ends = (client.outcome().map(Outcome::to_string), client.end().map(Outcome::to_string));
    format!("{ends:?}")
}

/// A server of SSL 2, or none: any bytes behind one that chooses how they are cut.
pub(crate) fn ssl2(data: &[u8]) {
    let [size, said @ ..] = data else { return };
    let [whole, pieces] = [usize::MAX, usize::from(*size) + 1].map(|size| {
        let mut client = Ssl2Client::seeded(SEED);
        let mut sent = Vec::new();
        client.poll(&mut sent);
        for piece in said.chunks(size) {
            client.receive(piece);
            client.poll(&mut sent);
        }
        assert_eq!(client.poll(&mut sent) == Step::Done, client.outcome().is_some());
        (client.outcome().map(Outcome::to_string), client.observer().history().to_owned(), sent)
    });
    assert!(whole == pieces, "the split was seen: {whole:?} {pieces:?}");
}

fn shares() -> &'static KeyShares {
    static KEYS: OnceLock<KeyShares> = OnceLock::new();
    KEYS.get_or_init(KeyShares::generate)
}

/// Everything that is offered anywhere; first what the scripted server is offered.
fn offers() -> &'static [Profile] {
    static OFFERS: OnceLock<Vec<Profile>> = OnceLock::new();
    OFFERS.get_or_init(|| std::iter::once(offer()).chain(PROFILES.iter().cloned()).collect())
}

fn client(profile: u8) -> Client {
    let profile = &offers()[usize::from(profile) % offers().len()];
    Client::seeded(profile, Some(NAME), shares(), SEED)
}

/// What holds for every client that has met a server.
fn check(client: &mut Client, sent: usize) {
    assert!(sent <= MOST_WORDS, "{sent} bytes were said");
    if client.poll(&mut Vec::new()) == Step::Done {
        let (outcome, history) = (client.outcome().copied(), client.observer().history().len());
        assert!(outcome.is_some());
        client.receive(b"\x16\x03\x03\0\x04\x0e\0\0\0");
        assert!(client.poll(&mut Vec::new()) == Step::Done);
        assert_eq!(
            (client.outcome().copied(), client.observer().history().len()),
            (outcome, history)
        );
    }
}

/// The place of what the scripted server is offered.
const OFFER: u8 = 0;
const NAME: &str = "host.example";
const SEED: u64 = 7;
/// Two hellos, one with a cookie of 32 KiB, a flight with a key of 16 kbit, and answers to key updates: no amplifier.
const MOST_WORDS: usize = 48 * 1024;
