//! What must hold whatever a server says: bodies of fuzz targets, with the kept inputs replayed by plain tests.

use std::rc::Rc;
use std::sync::OnceLock;

use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Outcome;
use tlscensus_tls_client::Profile;
use tlscensus_tls_client::Step;
use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::codec::DecodeError;
use tlscensus_tls_wire::codec::Reader;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;

use super::scripted::Act;
use super::scripted::Edit;
use super::scripted::Mode;
use super::scripted::ScriptedServer;
use super::scripted::meet;
use super::scripted::offer;

/// A server without keys: any bytes. The first byte chooses what is offered, the second how the bytes are cut; however they
/// are, the client does the same.
pub(crate) fn bytes(data: &[u8]) {
    let [profile, size, said @ ..] = data else { return };
    let whole = told(*profile, std::iter::once(said));
    let pieces = told(*profile, said.chunks(usize::from(*size) + 1));
    assert!(whole == pieces, "the split was seen: {whole:?} {pieces:?}");
}

/// Outcome, history and words of a client that is told these pieces.
fn told<'a>(profile: u8, pieces: impl Iterator<Item = &'a [u8]>) -> (String, String, Vec<u8>) {
    let mut client = client(profile);
    let mut sent = Vec::new();
    client.poll(&mut sent);
    for piece in pieces {
        client.receive(piece);
        client.poll(&mut sent);
        client.take_plaintext();
    }
    check(&mut client, sent.len());
    let ends = (client.outcome().map(Outcome::to_string), client.end().map(Outcome::to_string));
    (format!("{ends:?}"), client.observer().history().to_owned(), sent)
}

/// A server with keys, honest but for what the input changes: see [`script`].
pub(crate) fn keys(data: &[u8]) {
    let ends = [usize::MAX, 7].map(|piece| {
        let mut reader = Reader::new(data);
        let Ok(mut server) = script(&mut reader) else { return None };
        let mut meeting = meet(client(OFFER), &mut server, piece);
        assert!(!meeting.endless, "listens for ever");
        check(&mut meeting.client, meeting.sent);
        let client = meeting.client;
        if client.outcome() == Some(&Outcome::Completed) {
            assert!(client.observer().established(), "completed without a Finished");
        }
        let ends = (client.outcome().map(Outcome::to_string), client.end().map(Outcome::to_string));
        Some((ends, client.observer().history().to_owned()))
    });
    assert_eq!(ends[0], ends[1], "the split was seen");
}

/// The input chooses the mode and the size of records, and then does one thing after the other to the honest script.
fn script(reader: &mut Reader<'_>) -> Result<ScriptedServer, DecodeError> {
    let mode = Mode::ALL[usize::from(reader.u8("mode")?) % Mode::ALL.len()];
    let fragment = match reader.u8("fragment")? {
        0 => usize::MAX,
        size => usize::from(size),
    };
    let mut script = mode.honest();
    let mut extensions = Vec::new();
    while !reader.is_empty() && script.len() < MOST_ACTS {
        let (what, at) = (reader.u8("what")?, usize::from(reader.u8("at")?));
        let at = at % script.len().max(1);
        match what {
            0 if !script.is_empty() => drop(script.remove(at)),
            1 if !script.is_empty() => script.insert(at, script[at].clone()),
            2 if !script.is_empty() => {
                let other = usize::from(reader.u8("other")?) % script.len();
                script.swap(at, other);
            }
            3 => {
                let message = message_at(&script, at);
                let extension = ExtensionType::read(reader)?;
                extensions.push((message, extension, reader.bytes8("extension")?.to_vec()));
            }
            4..=8 => add_edit(&mut script, at, edit(what, reader)?),
            _ => script.insert(at, act(what, reader)?),
        }
    }
    let mut server = ScriptedServer::new(mode, script);
    server.fragment = fragment;
    server.extensions = extensions;
    Ok(server)
}

/// One more thing for the server to do.
fn act(what: u8, reader: &mut Reader<'_>) -> Result<Act, DecodeError> {
    Ok(match what {
        9 => Act::ChangeCipherSpec,
        10 => Act::alert(Alert::read(reader)?),
        11 => Act::Handshake(HandshakeType::read(reader)?, reader.bytes8("body")?.to_vec()),
        12 => Act::Record(ContentType::read(reader)?, reader.bytes8("payload")?.to_vec()),
        13 => Act::Inner(ContentType::read(reader)?, reader.bytes8("payload")?.to_vec()),
        14 => Act::Clear(ContentType::read(reader)?, reader.bytes8("payload")?.to_vec()),
        15 => Act::Raw(reader.bytes8("bytes")?.to_vec()),
        16 => Act::Retry(Vec::new()),
        17 => Act::Await,
        // What real servers say too.
        _ => Act::say(MORE[usize::from(what) % MORE.len()]),
    })
}

fn edit(what: u8, reader: &mut Reader<'_>) -> Result<Edit, DecodeError> {
    let place = usize::from(reader.u16("place")?);
    let at = move |body: &Vec<u8>| place % (body.len() + 1);
    Ok(match what {
        4 => Rc::new(move |body| body.truncate(at(body))),
        5 => {
            let value = reader.u8("value")?;
            Rc::new(move |body| {
                let at = at(body);
                body.iter_mut().skip(at).take(1).for_each(|byte| *byte = value);
            })
        }
        6 => {
            let bytes = reader.bytes8("bytes")?.to_vec();
            Rc::new(move |body| {
                let at = at(body);
                drop(body.splice(at..at, bytes.iter().copied()));
            })
        }
        7 => {
            let count = usize::from(reader.u8("count")?);
            Rc::new(move |body| {
                let at = at(body);
                drop(body.drain(at..(at + count).min(body.len())));
            })
        }
        _ => {
            let bytes = reader.bytes8("bytes")?.to_vec();
            Rc::new(move |body| *body = bytes.clone())
        }
    })
}

fn add_edit(script: &mut [Act], at: usize, edit: Edit) {
    if let Some(Act::Say(_, edits) | Act::Retry(edits)) = script.get_mut(at) {
        edits.push(edit);
    }
}

fn message_at(script: &[Act], at: usize) -> HandshakeType {
    match script.get(at) {
        Some(Act::Say(message, _)) => *message,
        _ => HandshakeType::HELLO_RETRY_REQUEST,
    }
}

fn client(profile: u8) -> Client {
    static KEYS: OnceLock<KeyShares> = OnceLock::new();
    static OFFERS: OnceLock<Vec<Profile>> = OnceLock::new();
    let keys = KEYS.get_or_init(KeyShares::generate);
    let offers = OFFERS.get_or_init(|| {
        let named = ["modern-tls12", "legacy", "everything", "export", "anonymous"];
        let named = named.iter().filter_map(|name| Profile::named(name)).cloned();
        std::iter::once(offer()).chain(named).collect()
    });
    Client::seeded(&offers[usize::from(profile) % offers.len()], Some("host.example"), keys, 7)
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

const OFFER: u8 = 0;
/// More acts than these teach nothing new.
const MOST_ACTS: usize = 40;
/// Two hellos, one with a cookie of 32 KiB, a flight with a key of 16 kbit, and answers to key updates: no amplifier.
const MOST_WORDS: usize = 48 * 1024;
const MORE: &[HandshakeType] = &[
    HandshakeType::CERTIFICATE_REQUEST,
    HandshakeType::CERTIFICATE_STATUS,
    HandshakeType::NEW_SESSION_TICKET,
    HandshakeType::KEY_UPDATE,
    HandshakeType::HELLO_REQUEST,
    HandshakeType::FINISHED,
];
