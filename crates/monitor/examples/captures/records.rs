//! The same messages in other records: of one byte, of none, with a message's header cut in two.

use tlscensus_testkit::capture::Side;

use crate::case::Case;
use crate::case::told;
use crate::case::with_port;
use crate::servers::ECDSA;
use crate::servers::NAME;
use crate::servers::TLS12;
use crate::servers::session;
use crate::support::record::Turns;

const HANDSHAKE: u8 = 22;
const CHANGE_CIPHER_SPEC: u8 = 20;
const APPLICATION_DATA: u8 = 23;

pub(crate) fn cases() -> Vec<Case> {
    let recorded = session(&TLS12, Some(&ECDSA));
    let case = |name, shows, turns: &Turns| {
        Case::new(name, shows, &told(with_port(995), turns).segments())
            .session(&recorded)
            .expect("protocol", "pop3s")
            .expect("tls_sni", NAME)
            .expect("tls_history", "CsxknGIDid")
    };
    // A flight of one-byte records is six times as long: the client's is enough, and the server's first message.
    let bytes = reframed(&recorded.turns, |side, body| match side {
        Side::Client => body.chunks(1).map(<[u8]>::to_vec).collect(),
        Side::Server => body.chunks(37).map(<[u8]>::to_vec).collect(),
    });
    let headers = reframed(&recorded.turns, |_, body| {
        let (header, rest) = body.split_at(2);
        vec![header.to_vec(), rest.to_vec()]
    });
    let joined = joined(&recorded.turns);
    vec![
        case(
            "records-of-one-byte",
            "the client's hello in records of one byte, the server's flight in some of 37",
            &bytes,
        ),
        case(
            "records-cut-headers",
            "every handshake message begins in another record than its length",
            &headers,
        ),
        case("records-joined", "the server's flight is one record", &joined),
        case(
            "records-empty",
            "empty records of application data before every one of them",
            &emptied(&recorded.turns),
        ),
    ]
}

/// Type, version and body of each record.
fn records(mut bytes: &[u8]) -> Vec<(u8, [u8; 2], &[u8])> {
    let mut found = Vec::new();
    while let [kind, major, minor, high, low, rest @ ..] = bytes {
        let (body, behind) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        found.push((*kind, [*major, *minor], body));
        bytes = behind;
    }
    found
}

fn record(kind: u8, [major, minor]: [u8; 2], body: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(body.len()).expect("a record's length").to_be_bytes();
    [&[kind, major, minor, high, low], body].concat()
}

/// Handshake records in the clear cut otherwise; what comes behind a side's ChangeCipherSpec stays as it is.
fn reframed(turns: &Turns, cut: impl Fn(Side, &[u8]) -> Vec<Vec<u8>>) -> Turns {
    let mut protected = [false; 2];
    let mut changed = Turns::new();
    for (side, bytes) in turns {
        let mine = &mut protected[usize::from(*side == Side::Server)];
        let mut said = Vec::new();
        for (kind, version, body) in records(bytes) {
            *mine |= kind == CHANGE_CIPHER_SPEC;
            if kind == HANDSHAKE && !*mine {
                said.extend(cut(*side, body).iter().flat_map(|piece| record(kind, version, piece)));
            } else {
                said.extend(record(kind, version, body));
            }
        }
        changed.push((*side, said));
    }
    changed
}

/// Handshake messages in the clear that follow each other in one record.
fn joined(turns: &Turns) -> Turns {
    let mut protected = [false; 2];
    let mut changed = Turns::new();
    for (side, bytes) in turns {
        let mine = &mut protected[usize::from(*side == Side::Server)];
        let mut said = Vec::new();
        let mut open: Option<([u8; 2], Vec<u8>)> = None;
        for (kind, version, body) in records(bytes) {
            *mine |= kind == CHANGE_CIPHER_SPEC;
            if kind == HANDSHAKE && !*mine {
                open.get_or_insert_with(|| (version, Vec::new())).1.extend(body);
                continue;
            }
            if let Some((version, body)) = open.take() {
                said.extend(record(HANDSHAKE, version, &body));
            }
            said.extend(record(kind, version, body));
        }
        if let Some((version, body)) = open.take() {
            said.extend(record(HANDSHAKE, version, &body));
        }
        changed.push((*side, said));
    }
    changed
}

fn emptied(turns: &Turns) -> Turns {
    let mut changed = Turns::new();
    for (side, bytes) in turns {
        let mut said = Vec::new();
        for (kind, version, body) in records(bytes) {
            if kind == APPLICATION_DATA {
                said.extend(record(kind, version, b""));
            }
            said.extend(record(kind, version, body));
        }
        changed.push((*side, said));
    }
    changed
}
