//! Whether a direction speaks TLS, from its first bytes, on any port and for either side alone.
//!
//! What is recognised: a hello of either side, in records of SSL 3 or later of any size or in the frame of SSL 2 with a header
//! of two or three bytes; an alert or an error in place of the server's hello; and, where the beginning was not captured, any
//! handshake message in the clear, a change of cipher, and protected records. Random bytes pass once in ten million.

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::record::HEADER_BYTES;
use tlscensus_tls_wire::record::MAX_HANDSHAKE_BYTES;
use tlscensus_tls_wire::record::MAX_PLAINTEXT;
use tlscensus_tls_wire::record::RecordHeader;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::AlertLevel;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::Ssl2Error;
use tlscensus_tls_wire::registry::Ssl2Message;
use tlscensus_tls_wire::ssl2;

use super::record;

/// What the first bytes of a direction look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// A client's hello, or something else that only a client sends.
    Client,
    /// A server's hello, or something else that only a server sends.
    Server,
    /// TLS of either side: an alert, a chain, a change of cipher, something protected.
    Either,
    /// More bytes are needed, [`PROBE_BYTES`] at most.
    Unsure,
    /// Something else.
    No,
}

impl Guess {
    /// It is TLS, of whichever side.
    pub fn is_tls(self) -> bool {
        matches!(self, Self::Client | Self::Server | Self::Either)
    }
}

/// Guesses from the first bytes of a direction. More bytes turn `Unsure` into something else, and may show that what could
/// have been a protected record is none; everything else stays as it is.
pub fn looks_like_tls(bytes: &[u8]) -> Guess {
    match *bytes {
        [] => Guess::Unsure,
        [first, ..] if (FIRST_TYPE..=LAST_TYPE).contains(&first) => tls(bytes),
        [first, ..] if first & 0xc0 == 0x40 => Guess::No,
        _ => ssl2_frame(bytes),
    }
}

fn tls(bytes: &[u8]) -> Guess {
    match *bytes {
        [_, major, ..] if major != record::MAJOR => return Guess::No,
        [_, _, minor, ..] if minor > HIGHEST_MINOR => return Guess::No,
        _ => (),
    }
    if bytes.len() < HEADER_BYTES {
        return Guess::Unsure;
    }
    let Some(header) = record::header(bytes) else {
        return Guess::No;
    };
    let payload = bytes.get(HEADER_BYTES..).unwrap_or_default();
    match header.content_type {
        ContentType::HANDSHAKE => handshake(bytes),
        ContentType::ALERT => alert(header, payload),
        ContentType::CHANGE_CIPHER_SPEC => match (header.length, payload) {
            (1, [1, ..]) => Guess::Either,
            (1, []) => Guess::Unsure,
            _ => Guess::No,
        },
        ContentType::APPLICATION_DATA => protected(header, payload),
        _ => Guess::No,
    }
}

/// A protected record is only known by its header, so the one behind it must be one too, where it is among the bytes.
fn protected(header: RecordHeader, payload: &[u8]) -> Guess {
    let length = usize::from(header.length);
    if length < SHORTEST_PROTECTED {
        return Guess::No;
    }
    match payload.get(length..) {
        None | Some([]) => Guess::Either,
        Some(next) if next.len() < HEADER_BYTES => Guess::Either,
        Some(next) if record::plausible(next).is_some() => Guess::Either,
        Some(_) => Guess::No,
    }
}

fn alert(header: RecordHeader, payload: &[u8]) -> Guess {
    match (usize::from(header.length), payload) {
        (record::ALERT_BYTES, []) => Guess::Unsure,
        (record::ALERT_BYTES, [level, rest @ ..]) => {
            let known = rest.first().map(|it| AlertDescription(*it).name().is_some());
            match (AlertLevel(*level).name(), known) {
                (None, _) | (_, Some(false)) => Guess::No,
                (Some(_), None) => Guess::Unsure,
                (Some(_), Some(true)) => Guess::Either,
            }
        }
        (length, _) if length < SHORTEST_PROTECTED => Guess::No,
        (length, _) if length > LONGEST_ALERT => Guess::No,
        _ => protected(header, payload),
    }
}

fn handshake(bytes: &[u8]) -> Guess {
    let first = match first_bytes(bytes) {
        Ok(found) => found,
        Err(guess) => return guess,
    };
    let start = first.bytes.get(..first.length).unwrap_or_default();
    let Some((message, rest)) = start.split_first() else {
        return Guess::Unsure;
    };
    let Some((guess, fewest)) = kind(HandshakeType(*message)) else {
        return Guess::No;
    };
    let length = match *rest {
        [high, ..] if high > 2 => return Guess::No,
        [high, middle, low, ..] => {
            usize::try_from(u32::from_be_bytes([0, high, middle, low])).unwrap_or(usize::MAX)
        }
        _ => return Guess::Unsure,
    };
    if !(fewest..=MAX_HANDSHAKE_BYTES).contains(&length) {
        return Guess::No;
    }
    let behind = rest.get(3..).unwrap_or_default();
    match second_look(HandshakeType(*message), start.len(), rest, behind, guess) {
        // No more of it comes: it is a short message that is whole, or none.
        Guess::Unsure if first.ended && COMPLETE_BYTES + length <= start.len() => guess,
        Guess::Unsure if first.ended => Guess::No,
        looked => looked,
    }
}

/// What a message's first bytes must be.
fn second_look(
    message: HandshakeType,
    known: usize,
    header: &[u8],
    body: &[u8],
    guess: Guess,
) -> Guess {
    match message {
        HandshakeType::SERVER_HELLO_DONE if header.iter().take(3).all(|byte| *byte == 0) => guess,
        HandshakeType::SERVER_HELLO_DONE => Guess::No,
        HandshakeType::CLIENT_HELLO | HandshakeType::SERVER_HELLO => match body.first() {
            None => Guess::Unsure,
            Some(&record::MAJOR) => guess,
            // Drafts and experiments of TLS 1.3 in a server's hello.
            Some(0x7e | 0x7f | 0xfb) if message == HandshakeType::SERVER_HELLO => guess,
            Some(_) => Guess::No,
        },
        // A list's length is that of the message less its own three bytes.
        HandshakeType::CERTIFICATE => match (header, body) {
            ([a, b, c, ..], [x, y, z, ..]) => {
                let message = u32::from_be_bytes([0, *a, *b, *c]);
                let list = u32::from_be_bytes([0, *x, *y, *z]);
                if message == list + 3 { guess } else { Guess::No }
            }
            _ => Guess::Unsure,
        },
        _ if known < START_BYTES => Guess::Unsure,
        _ => guess,
    }
}

/// Who sends a message in the clear, and its fewest bytes.
fn kind(message: HandshakeType) -> Option<(Guess, usize)> {
    Some(match message {
        HandshakeType::CLIENT_HELLO => (Guess::Client, 2 + 32 + 1 + 2 + 1),
        HandshakeType::SERVER_HELLO => (Guess::Server, 2 + 32 + 2),
        HandshakeType::HELLO_RETRY_REQUEST => (Guess::Server, 2 + 2),
        HandshakeType::NEW_SESSION_TICKET => (Guess::Server, 4 + 2),
        HandshakeType::CERTIFICATE => (Guess::Either, 3),
        HandshakeType::CERTIFICATE_STATUS => (Guess::Server, 1 + 3),
        HandshakeType::CERTIFICATE_REQUEST => (Guess::Server, 1 + 2),
        HandshakeType::CERTIFICATE_VERIFY => (Guess::Client, 2),
        HandshakeType::CLIENT_KEY_EXCHANGE => (Guess::Client, 1),
        HandshakeType::SERVER_KEY_EXCHANGE => (Guess::Server, 2),
        HandshakeType::SERVER_HELLO_DONE => (Guess::Server, 0),
        _ => return None,
    })
}

/// First bytes of a handshake message.
#[derive(Default)]
struct First {
    bytes: [u8; START_BYTES],
    /// How many of them there are.
    length: usize,
    /// Something else stands behind them.
    ended: bool,
}

/// The first bytes of a handshake message, out of as many records as they are cut into.
fn first_bytes(mut bytes: &[u8]) -> Result<First, Guess> {
    let mut first = First::default();
    while first.length < START_BYTES && !bytes.is_empty() {
        let header = record::header(bytes).filter(|header| {
            let record = usize::from(header.length);
            header.content_type == ContentType::HANDSHAKE && (1..=MAX_PLAINTEXT).contains(&record)
        });
        let Some(header) = header else {
            // A header that is not whole may yet be one; what is whole in its records is followed by anything.
            first.ended = bytes.len() >= HEADER_BYTES;
            let refused = first.ended && first.length < COMPLETE_BYTES;
            return if refused { Err(Guess::No) } else { Ok(first) };
        };
        let record = usize::from(header.length);
        let payload = bytes.get(HEADER_BYTES..).unwrap_or_default();
        for (place, byte) in
            first.bytes.iter_mut().skip(first.length).zip(payload.iter().take(record))
        {
            *place = *byte;
            first.length += 1;
        }
        bytes = payload.get(record..).unwrap_or_default();
    }
    Ok(first)
}

fn ssl2_frame(bytes: &[u8]) -> Guess {
    let Some(header) = ssl2::header(bytes) else {
        return Guess::Unsure;
    };
    let data = header.length.saturating_sub(header.padding);
    let message = bytes.get(header.bytes..).unwrap_or_default();
    let message = message.get(..data).unwrap_or(message);
    match message.first().copied().map(Ssl2Message) {
        _ if data == 0 || header.padding > LONGEST_PADDING => Guess::No,
        None => Guess::Unsure,
        Some(Ssl2Message::CLIENT_HELLO) => ssl2_client_hello(message, data),
        Some(Ssl2Message::SERVER_HELLO) => ssl2_server_hello(message, data),
        Some(Ssl2Message::ERROR) => ssl2_error(message, data),
        Some(_) => Guess::No,
    }
}

/// Lengths must add up, so that nothing else is taken for one.
fn ssl2_client_hello(message: &[u8], data: usize) -> Guess {
    match *message {
        _ if data < SSL2_CLIENT_HELLO_BYTES => return Guess::No,
        [_, high, low, ..] if !record::is_ssl2_version(high, low) => return Guess::No,
        _ => (),
    }
    let [_, _, _, c1, c2, s1, s2, h1, h2, ..] = *message else {
        return Guess::Unsure;
    };
    let ciphers = usize::from(u16::from_be_bytes([c1, c2]));
    let session = usize::from(u16::from_be_bytes([s1, s2]));
    let challenge = usize::from(u16::from_be_bytes([h1, h2]));
    let fits = SSL2_CLIENT_HELLO_BYTES + ciphers + session + challenge == data
        && ciphers > 0
        && ciphers.is_multiple_of(3)
        && session <= 32
        && (16..=32).contains(&challenge);
    if fits { Guess::Client } else { Guess::No }
}

fn ssl2_server_hello(message: &[u8], data: usize) -> Guess {
    match *message {
        _ if data < SSL2_SERVER_HELLO_BYTES => return Guess::No,
        [_, hit, ..] if hit > 1 => return Guess::No,
        [_, _, kind, ..] if kind > 1 => return Guess::No,
        [_, _, _, high, ..] if high != 0 => return Guess::No,
        [_, _, _, _, low, ..] if low != 2 => return Guess::No,
        _ => (),
    }
    let [_, _, _, _, _, c1, c2, k1, k2, i1, i2, ..] = *message else {
        return Guess::Unsure;
    };
    let certificate = usize::from(u16::from_be_bytes([c1, c2]));
    let kinds = usize::from(u16::from_be_bytes([k1, k2]));
    let id = usize::from(u16::from_be_bytes([i1, i2]));
    let fits = SSL2_SERVER_HELLO_BYTES + certificate + kinds + id == data
        && kinds.is_multiple_of(3)
        && id <= 32;
    if fits { Guess::Server } else { Guess::No }
}

fn ssl2_error(message: &[u8], data: usize) -> Guess {
    match *message {
        _ if data != record::SSL2_ERROR_BYTES => Guess::No,
        [_, high, low, ..] => match Ssl2Error::decode(&[high, low], "ERROR-CODE") {
            Ok(error) if error.name().is_some() => Guess::Either,
            _ => Guess::No,
        },
        _ => Guess::Unsure,
    }
}

impl Guess {
    /// The side that a guess means; `None` where it may be either, or is no TLS.
    pub fn side(self) -> Option<Side> {
        match self {
            Self::Client => Some(Side::Client),
            Self::Server => Some(Side::Server),
            Self::Either | Self::Unsure | Self::No => None,
        }
    }
}

/// After so many bytes nothing is unsure any more: the first bytes of a message in records of one byte each.
pub const PROBE_BYTES: usize = START_BYTES * (HEADER_BYTES + 1);
/// Bytes of a handshake message that tell it: type, length, and what a body begins with.
const START_BYTES: usize = 7;
/// Type and length of a handshake message.
const COMPLETE_BYTES: usize = 4;
const FIRST_TYPE: u8 = ContentType::CHANGE_CIPHER_SPEC.0;
const LAST_TYPE: u8 = ContentType::APPLICATION_DATA.0;
/// The version field of records has been at most that of TLS 1.2; 1.3 stands there by mistake.
const HIGHEST_MINOR: u8 = 4;
/// A byte, a type and the tag of AES_CCM_8 in TLS 1.3.
const SHORTEST_PROTECTED: usize = 10;
/// An alert with padding to a block, a nonce and the longest tag, and as much again.
const LONGEST_ALERT: usize = 300;
/// A hello of SSL 2 before its variable parts: type, version, and three lengths.
const SSL2_CLIENT_HELLO_BYTES: usize = 9;
/// Type, hit, kind of certificate, version, and three lengths.
const SSL2_SERVER_HELLO_BYTES: usize = 11;
/// Padding of SSL 2 fills a block of 8 bytes; records in the clear have none.
const LONGEST_PADDING: usize = 8;
