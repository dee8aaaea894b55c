//! A server that holds the keys, and what an input makes of its script.

use std::rc::Rc;

use tlscensus_tls_client::Client;
use tlscensus_tls_client::Outcome;
use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::codec::DecodeError;
use tlscensus_tls_wire::codec::Reader;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;

use super::super::scripted::Act;
use super::super::scripted::Edit;
use super::super::scripted::Mode;
use super::super::scripted::ScriptedServer;
use super::super::scripted::meet;
use super::OFFER;
use super::check;
use super::client;
use super::ends;

/// A server with keys, honest but for what the input changes: see [`lie`]. Its first byte chooses the mode.
pub(crate) fn keys(data: &[u8]) {
    let [mode, lies @ ..] = data else { return };
    let mode = Mode::ALL[usize::from(*mode) % Mode::ALL.len()];
    lied_to(|| (client(OFFER), ScriptedServer::new(mode, mode.honest())), lies);
}

/// Lets client and server meet, the bytes cut in two ways; however they are, the client does the same.
pub(super) fn lied_to(pair: impl Fn() -> (Client, ScriptedServer), lies: &[u8]) {
    let ends = [usize::MAX, 7].map(|piece| {
        let (client, mut server) = pair();
        lie(&mut server, &mut Reader::new(lies)).ok()?;
        let mut meeting = meet(client, &mut server, piece);
        assert!(!meeting.endless, "listens for ever");
        check(&mut meeting.client, meeting.sent);
        let client = meeting.client;
        if client.outcome() == Some(&Outcome::Completed) {
            assert!(client.observer().established(), "completed without a Finished");
        }
        Some((ends(&client), client.observer().history().to_owned()))
    });
    assert_eq!(ends[0], ends[1], "the split was seen");
}

/// The input chooses the size of records, and then does one thing after the other to the script.
fn lie(server: &mut ScriptedServer, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    server.fragment = match reader.u8("fragment")? {
        0 => usize::MAX,
        size => usize::from(size),
    };
    let mut script = server.take_script();
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
                let content = reader.bytes8("extension")?.to_vec();
                server.extensions.push((message, extension, content));
            }
            4..=8 => add_edit(&mut script, at, edit(what, reader)?),
            _ => script.insert(at, act(what, reader)?),
        }
    }
    server.set_script(script);
    Ok(())
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

/// More acts than these teach nothing new.
const MOST_ACTS: usize = 40;
const MORE: &[HandshakeType] = &[
    HandshakeType::CERTIFICATE_REQUEST,
    HandshakeType::CERTIFICATE_STATUS,
    HandshakeType::NEW_SESSION_TICKET,
    HandshakeType::KEY_UPDATE,
    HandshakeType::HELLO_REQUEST,
    HandshakeType::FINISHED,
];
