//! A visit in SSL 2: what a server that still speaks it says of itself is read, and there it ends.

use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::handshake::ServerHello;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Protection;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::record;
use tlscensus_tls_wire::record::Joiner;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::Ssl2CipherKind;
use tlscensus_tls_wire::registry::Ssl2Error;
use tlscensus_tls_wire::registry::Ssl2Message;
use tlscensus_tls_wire::registry::Version;
use tlscensus_tls_wire::ssl2;

use crate::client::Step;
use crate::crypto::random::Random;
use crate::outcome::Interruption;
use crate::outcome::Malformed;
use crate::outcome::Outcome;

/// One visit to one server in SSL 2, without a socket or a clock.
///
/// Call order as with [`Client`](crate::Client): [`poll`](Self::poll) first, for the CLIENT-HELLO; then
/// [`receive`](Self::receive) and `poll` until it says [`Step::Done`]. A server of SSL 2 ends it with
/// [`Outcome::Ssl2`]; one that answers in TLS with what it said there.
pub struct Ssl2Client {
    frame: Frame,
    observer: Observer,
    outgoing: Vec<u8>,
    outcome: Option<Outcome>,
}

/// What the server's bytes are, told by the first two of them.
enum Frame {
    Unknown(Vec<u8>),
    Ssl2(ssl2::Deframer),
    Tls(record::Deframer, Joiner),
}

impl Ssl2Client {
    /// The name that rows carry for what it offers: every cipher of SSL 2.
    pub const PROFILE: &'static str = "ssl2";

    /// A client with a challenge of its own.
    pub fn new() -> Self {
        Self::with_random(Random::new())
    }

    /// The same bytes for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self::with_random(Random::seeded(seed))
    }

    fn with_random(mut random: Random) -> Self {
        let hello = ssl2::ClientHello {
            version: Version::SSL_2,
            cipher_kinds: Ssl2CipherKind::ENTRIES.iter().map(|(kind, _)| (*kind).into()).collect(),
            session_id: &[],
            challenge: &random.array::<CHALLENGE_BYTES>(),
        };
        let message = hello.encoded();
        let mut observer = Observer::new();
        observer.ssl2_message(Side::Client, &message);
        let mut outgoing = Vec::with_capacity(message.len() + 2);
        let fits = ssl2::put_record(&message, &mut outgoing);
        debug_assert!(fits, "a hello with a dozen ciphers");
        Self { frame: Frame::Unknown(Vec::new()), observer, outgoing, outcome: None }
    }

    /// Takes bytes of the server, in any split.
    pub fn receive(&mut self, bytes: &[u8]) {
        if self.outcome.is_some() {
            return;
        }
        match &mut self.frame {
            Frame::Unknown(waiting) => {
                waiting.extend_from_slice(bytes);
                match **waiting {
                    [] | [_] => return,
                    [content_type, MAJOR, ..] if is_record(content_type) => {
                        let mut deframer = record::Deframer::new();
                        deframer.push(waiting);
                        self.frame = Frame::Tls(deframer, Joiner::new());
                    }
                    _ => {
                        let mut deframer = ssl2::Deframer::new();
                        deframer.push(waiting);
                        self.frame = Frame::Ssl2(deframer);
                    }
                }
            }
            Frame::Ssl2(deframer) => deframer.push(bytes),
            Frame::Tls(deframer, _) => deframer.push(bytes),
        }
        self.outcome = match &mut self.frame {
            Frame::Unknown(_) => None,
            Frame::Ssl2(deframer) => answer_in_ssl2(deframer, &mut self.observer),
            Frame::Tls(deframer, joiner) => answer_in_tls(deframer, joiner, &mut self.observer),
        };
    }

    /// Appends what is to be sent and says what to do next.
    pub fn poll(&mut self, out: &mut Vec<u8>) -> Step {
        out.append(&mut self.outgoing);
        match self.outcome {
            None => Step::Read,
            Some(_) => Step::Done,
        }
    }

    /// No more bytes will come. The first end counts.
    pub fn interrupted(&mut self, how: Interruption) {
        self.outcome.get_or_insert_with(|| how.into());
    }

    /// How it ended; `None` while it is under way.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// The message that is due, or was: the only one there is.
    pub fn awaiting(&self) -> HandshakeType {
        HandshakeType::SERVER_HELLO
    }

    /// The facts so far.
    pub fn observer(&self) -> &Observer {
        &self.observer
    }
}

impl Default for Ssl2Client {
    fn default() -> Self {
        Self::new()
    }
}

fn answer_in_ssl2(deframer: &mut ssl2::Deframer, observer: &mut Observer) -> Option<Outcome> {
    if !may_answer(deframer.waiting()) {
        return Some(Outcome::NotTls);
    }
    let record = match deframer.pop() {
        Ok(record) => record?,
        Err(ssl2::RecordError) => return Some(Outcome::NotTls),
    };
    observer.ssl2_message(Side::Server, record.data);
    let read = match record.data.first().copied().map(Ssl2Message) {
        Some(Ssl2Message::SERVER_HELLO) => {
            ssl2::ServerHello::decode(record.data, "SERVER-HELLO").map(|_| Outcome::Ssl2)
        }
        _ => ssl2::ErrorMessage::decode(record.data, "ERROR").map(|message| match message.error {
            Ssl2Error::NO_CIPHER_ERROR => Outcome::NoCommonSuite,
            error => Outcome::Ssl2Error { error },
        }),
    };
    Some(read.unwrap_or_else(|error| Outcome::Malformed(Malformed::Decode(error))))
}

/// Whether these bytes may be the start of a SERVER-HELLO or an ERROR: in the clear there are neither escapes nor
/// padding, which tells the greetings of other protocols at once.
fn may_answer(waiting: &[u8]) -> bool {
    let message = match *waiting {
        [high, ..] if high & 0xc0 == 0x40 => return false,
        [high, _, message, ..] if high & 0x80 != 0 => message,
        [high, _, padding, ..] if high & 0x80 == 0 && padding != 0 => return false,
        [high, _, _, message, ..] if high & 0x80 == 0 => message,
        _ => return true,
    };
    matches!(Ssl2Message(message), Ssl2Message::SERVER_HELLO | Ssl2Message::ERROR)
}

/// A server that is past SSL 2 says so in an alert of its own version.
fn answer_in_tls(
    deframer: &mut record::Deframer,
    joiner: &mut Joiner,
    observer: &mut Observer,
) -> Option<Outcome> {
    loop {
        let record = match deframer.pop() {
            Ok(record) => record?,
            Err(_) => return Some(Outcome::Malformed(Malformed::Record)),
        };
        observer.record(Side::Server, &record.header);
        match record.header.content_type {
            ContentType::ALERT => return Some(on_alert(record.payload, observer)),
            ContentType::HANDSHAKE if !record.payload.is_empty() => joiner.push(record.payload),
            ContentType::HANDSHAKE if deframer.records() > MAX_RECORDS => {
                return Some(Outcome::OverBytes);
            }
            ContentType::HANDSHAKE => {}
            _ => return Some(Outcome::WrongOrder { message: HandshakeType::SERVER_HELLO }),
        }
        match joiner.pop() {
            Ok(None) => {}
            Ok(Some(frame)) => {
                observer.message(Side::Server, Protection::Plain, frame.message, frame.body);
                return Some(match ServerHello::decode(frame.body, "ServerHello") {
                    _ if frame.message != HandshakeType::SERVER_HELLO => {
                        Outcome::WrongOrder { message: frame.message }
                    }
                    Ok(hello) => Outcome::VersionRefused { chosen: Some(hello.version()) },
                    Err(error) => Outcome::Malformed(Malformed::Decode(error)),
                });
            }
            Err(_) => return Some(Outcome::OverBytes),
        }
    }
}

fn on_alert(payload: &[u8], observer: &mut Observer) -> Outcome {
    let alert = match Alert::decode(payload, "alert") {
        Ok(alert) => alert,
        Err(error) => return Outcome::Malformed(Malformed::Decode(error)),
    };
    observer.alert(Side::Server, Protection::Plain, alert);
    match alert.description {
        AlertDescription::PROTOCOL_VERSION => Outcome::VersionRefused { chosen: None },
        AlertDescription::INSUFFICIENT_SECURITY => Outcome::NoCommonSuite,
        _ => Outcome::Alert { alert, after: HandshakeType::CLIENT_HELLO },
    }
}

fn is_record(content_type: u8) -> bool {
    (ContentType::CHANGE_CIPHER_SPEC.0..=ContentType::HEARTBEAT.0).contains(&content_type)
}

/// The second byte of a record since SSL 3.
const MAJOR: u8 = 3;
/// What clients of the time sent; the specification allows 16 to 32.
const CHALLENGE_BYTES: usize = 16;
/// Records behind which an empty one is one too many: nobody is to keep us busy with nothing.
const MAX_RECORDS: u64 = 32;
