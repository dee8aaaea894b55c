//! The one place where facts about a TLS connection come from: it hears what both sides say and keeps what it heard.
//!
//! The measuring client feeds it what it sends and what it decrypts, a passive feeder what it can see; both get the
//! same facts from the same getters. Nothing is judged here: signatures and Finished are checked by whoever has the
//! keys, who tells the result. Everything kept is bounded by the constants at the end of this file.
//!
//! | call | when |
//! |---|---|
//! | [`record`](Observer::record) | a record of either side, in the order of the wire (optional for a client) |
//! | [`message`](Observer::message) | a whole handshake message, decrypted where it was encrypted |
//! | [`decompressed`](Observer::decompressed) | behind a compressed certificate that the feeder could decompress |
//! | [`ssl2_message`](Observer::ssl2_message) | a whole message in the frame of SSL 2 |
//! | [`change_cipher_spec`](Observer::change_cipher_spec), [`alert`](Observer::alert) | the same for those |
//! | [`application_data`](Observer::application_data) | a record of application data, opened or not |
//! | [`unopened`](Observer::unopened), [`unopened_record`](Observer::unopened_record), [`ssl2_unopened`](Observer::ssl2_unopened) | a protected record whose content the feeder cannot know |
//! | [`missed`](Observer::missed), [`closed`](Observer::closed) | bytes of a side that the feeder did not hear; the end of a side |
//! | [`signature_checked`](Observer::signature_checked), [`finished`](Observer::finished) | the feeder checked one |

mod choice;
mod heard;
mod history;
mod key_exchange;
mod offer;
mod presence;
mod sight;
mod ssl2;

use std::sync::Arc;

use crate::alert::Alert;
use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::extension::Extensions;
use crate::handshake::CertificateLegacy;
use crate::handshake::CertificateStatus;
use crate::handshake::CertificateTls13;
use crate::handshake::CertificateVerify;
use crate::handshake::CompressedCertificate;
use crate::handshake::EarlyRetryRequest;
use crate::handshake::EncryptedExtensions;
use crate::handshake::NewSessionTicketLegacy;
use crate::handshake::NewSessionTicketTls13;
use crate::handshake::ServerHello;
use crate::handshake::ServerKeyExchange;
use crate::record::HANDSHAKE_HEADER_BYTES;
use crate::record::RecordHeader;
use crate::record::put_handshake;
use crate::registry::CertificateCompression;
use crate::registry::HandshakeType;
use crate::registry::SignatureScheme;
use crate::registry::Version;

pub use choice::CertificateRequest;
pub use choice::Choice;
pub use choice::Sct;
pub use choice::SctCarrier;
pub use history::LETTERS;
pub use key_exchange::DhParameters;
pub use key_exchange::KeyExchangeFacts;
pub use offer::Offer;
pub use presence::Presence;
pub use ssl2::Ssl2Choice;
pub use ssl2::Ssl2ErrorSeen;

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The one who opened the connection.
    Client,
    /// The one who answered.
    Server,
}

impl Side {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// Under which keys something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protection {
    /// None.
    Plain,
    /// The handshake keys of TLS 1.3.
    Handshake,
    /// The application keys of TLS 1.3, or the only keys of the versions before it.
    Application,
}

/// Whether a signature over the key exchange is good, told by whoever could check it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureCheck {
    /// It is.
    Valid,
    /// It is not.
    Invalid,
    /// Nobody could tell.
    Unchecked(Unchecked),
}

/// Why a signature stayed unchecked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unchecked {
    /// The key is smaller than the libraries take.
    KeyTooSmall,
    /// The certificate does not lead to a key.
    NoKey,
    /// The scheme, with this kind of key, is not one we can compute.
    UnsupportedScheme,
}

impl SignatureCheck {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Unchecked(Unchecked::KeyTooSmall) => "unchecked-key-too-small",
            Self::Unchecked(Unchecked::NoKey) => "unchecked-no-key",
            Self::Unchecked(Unchecked::UnsupportedScheme) => "unchecked-unsupported-scheme",
        }
    }
}

/// An alert and when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertSeen {
    /// Who sent it.
    pub side: Side,
    /// What it says.
    pub alert: Alert,
    /// Under which keys.
    pub protection: Protection,
    /// The handshake message before it, of either side.
    pub after: Option<(Side, HandshakeType)>,
}

/// A ticket, without its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketSeen {
    /// Seconds it claims to be good for.
    pub lifetime_s: u32,
    /// Its length.
    pub length: usize,
    /// Its first 16 bytes, by which most servers name the key that the rest is encrypted with (RFC 5077, section 4); `None`:
    /// it is shorter.
    pub key_name: Option<[u8; 16]>,
}

impl TicketSeen {
    fn new(lifetime_s: u32, ticket: &[u8]) -> Self {
        Self { lifetime_s, length: ticket.len(), key_name: ticket.first_chunk().copied() }
    }
}

/// A message that broke its grammar; its bytes are in the flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedMessage {
    /// Who sent it.
    pub side: Side,
    /// Its type.
    pub message: HandshakeType,
    /// How it is broken.
    pub error: DecodeError,
}

/// What stands beside one certificate of TLS 1.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateExtensions {
    /// The certificate's place in the chain.
    pub position: usize,
    /// Extensions in order.
    pub extensions: Extensions<'static>,
}

/// What one side said, as far as it is the same for both.
#[derive(Clone, Debug, Default)]
struct Speaker {
    flight: Vec<u8>,
    flight_truncated: bool,
    chain: Option<Vec<Arc<[u8]>>>,
    certificate_extensions: Vec<CertificateExtensions>,
    compressed: Option<CertificateCompression>,
    scheme: Option<SignatureScheme>,
    change_cipher_spec: bool,
    finished: Option<bool>,
    unopened: u64,
    unopened_alerts: u64,
    sealed_handshake: bool,
    sealed_data: bool,
    missed: bool,
    records: u64,
    bytes: u64,
    first_record: Option<Version>,
}

impl Speaker {
    /// For `length` bytes more in the flight, and not for twice as many: what comes next is mostly short, and many
    /// connections wait at once.
    fn make_room(&mut self, length: usize) {
        let length = length.min(MAX_FLIGHT_BYTES);
        if self.flight.capacity() - self.flight.len() < length {
            self.flight.reserve_exact(length.max(self.flight.len() / 4));
        }
    }
}

/// Hears a connection and keeps its facts.
#[derive(Clone, Debug, Default)]
pub struct Observer {
    client: Speaker,
    server: Speaker,
    hellos: [Option<Box<[u8]>>; 2],
    retry: Option<Box<Choice>>,
    early_retry: Option<Box<[u8]>>,
    choice: Option<Box<Choice>>,
    encrypted_extensions: Option<Extensions<'static>>,
    server_key_exchange: Option<Box<[u8]>>,
    client_public_length: Option<usize>,
    certificate_request: Option<Box<[u8]>>,
    certificate_status: Option<Box<[u8]>>,
    server_hello_done: bool,
    tickets: Vec<TicketSeen>,
    alerts: Vec<AlertSeen>,
    malformed: Vec<MalformedMessage>,
    signature_check: Option<SignatureCheck>,
    ssl2: Option<Box<ssl2::Heard>>,
    sight: sight::Sight,
    history: String,
    last: Option<(Side, HandshakeType)>,
}

/// Hearing.
impl Observer {
    /// Has heard nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hears that a record went by.
    pub fn record(&mut self, side: Side, header: &RecordHeader) {
        let speaker = self.speaker_mut(side);
        speaker.records += 1;
        speaker.bytes += u64::from(header.length) + 5;
        speaker.first_record.get_or_insert(header.version);
    }

    /// Hears a protected record whose content the feeder cannot know.
    pub fn unopened(&mut self, side: Side) {
        self.speaker_mut(side).unopened += 1;
        self.note_once(side, history::APPLICATION_DATA);
    }

    /// Hears application data.
    pub fn application_data(&mut self, side: Side) {
        self.note_once(side, history::APPLICATION_DATA);
    }

    /// Hears a change of cipher.
    pub fn change_cipher_spec(&mut self, side: Side) {
        self.speaker_mut(side).change_cipher_spec = true;
        self.note(side, history::CHANGE_CIPHER_SPEC);
    }

    /// Hears an alert.
    pub fn alert(&mut self, side: Side, protection: Protection, alert: Alert) {
        self.note(side, history::ALERT);
        if self.alerts.len() < MAX_ALERTS {
            self.alerts.push(AlertSeen { side, alert, protection, after: self.last });
        }
    }

    /// Hears a whole handshake message: its type and what follows type and length.
    pub fn message(
        &mut self,
        side: Side,
        protection: Protection,
        message: HandshakeType,
        body: &[u8],
    ) {
        let retry = message == HandshakeType::SERVER_HELLO && is_retry(body);
        self.note(side, history::letter(message, retry));
        self.last = Some((side, message));
        let understood = match side {
            Side::Client => self.client_message(message, body),
            Side::Server => self.server_message(protection, message, body),
        };
        if let Err(error) = understood
            && self.malformed.len() < MAX_MALFORMED
        {
            self.malformed.push(MalformedMessage { side, message, error });
        }
        self.keep(side, message, body, understood.is_ok());
    }

    /// Is told the body of the certificate message that a side sent compressed, right behind that message.
    pub fn decompressed(&mut self, side: Side, body: &[u8]) {
        if let Err(error) = self.certificate(side, body)
            && self.malformed.len() < MAX_MALFORMED
        {
            let message = HandshakeType::COMPRESSED_CERTIFICATE;
            self.malformed.push(MalformedMessage { side, message, error });
        }
    }

    /// Is told whether the server's signature over the key exchange is good.
    pub fn signature_checked(&mut self, check: SignatureCheck) {
        self.signature_check = Some(check);
    }

    /// Is told that a side's Finished was sent or seen, and whether it is right.
    pub fn finished(&mut self, side: Side, verified: bool) {
        self.speaker_mut(side).finished = Some(verified);
    }

    fn client_message(&mut self, message: HandshakeType, body: &[u8]) -> Result<(), DecodeError> {
        match message {
            HandshakeType::CLIENT_HELLO => {
                Offer::decode(body)?;
                self.keep_hello(body);
                Ok(())
            }
            HandshakeType::CERTIFICATE => self.certificate(Side::Client, body),
            HandshakeType::COMPRESSED_CERTIFICATE => self.compressed(Side::Client, body),
            HandshakeType::CERTIFICATE_VERIFY => self.certificate_verify(Side::Client, body),
            HandshakeType::CLIENT_KEY_EXCHANGE if self.choice.is_some() => {
                self.client_public_length =
                    key_exchange::client_public_length(body, self.context())?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn server_message(
        &mut self,
        protection: Protection,
        message: HandshakeType,
        body: &[u8],
    ) -> Result<(), DecodeError> {
        match message {
            HandshakeType::SERVER_HELLO => self.server_hello(body),
            HandshakeType::ENCRYPTED_EXTENSIONS => {
                let message = EncryptedExtensions::decode(body, "EncryptedExtensions")?;
                self.encrypted_extensions.get_or_insert_with(|| message.extensions.into_owned());
                Ok(())
            }
            HandshakeType::CERTIFICATE => self.certificate(Side::Server, body),
            HandshakeType::COMPRESSED_CERTIFICATE => self.compressed(Side::Server, body),
            HandshakeType::CERTIFICATE_VERIFY => self.certificate_verify(Side::Server, body),
            HandshakeType::CERTIFICATE_STATUS => {
                CertificateStatus::decode(body, "CertificateStatus")?.ocsp()?;
                self.certificate_status.get_or_insert_with(|| body.into());
                Ok(())
            }
            HandshakeType::HELLO_RETRY_REQUEST => {
                EarlyRetryRequest::decode(body, "HelloRetryRequest")?;
                self.early_retry.get_or_insert_with(|| body.into());
                Ok(())
            }
            HandshakeType::SERVER_KEY_EXCHANGE if self.choice.is_some() => {
                let message = ServerKeyExchange::decode(body, self.context())?;
                let scheme = message.signature.and_then(|signature| signature.scheme);
                self.server.scheme = self.server.scheme.or(scheme);
                self.server_key_exchange.get_or_insert_with(|| body.into());
                Ok(())
            }
            // After the handshake it is about something else than the handshake.
            HandshakeType::CERTIFICATE_REQUEST
                if !(self.context().is_tls13() && protection == Protection::Application) =>
            {
                if self.choice.is_some() {
                    CertificateRequest::decode(body, self.context())?;
                }
                self.certificate_request.get_or_insert_with(|| body.into());
                Ok(())
            }
            HandshakeType::SERVER_HELLO_DONE => {
                self.server_hello_done = true;
                Ok(())
            }
            HandshakeType::NEW_SESSION_TICKET => self.ticket(body),
            _ => Ok(()),
        }
    }

    fn keep_hello(&mut self, body: &[u8]) {
        // Where the first one was not heard, what asks for the second or comes before it may have been.
        let is_second =
            self.client.missed && (self.hello_retry() || self.client.change_cipher_spec);
        let [first, second] = &mut self.hellos;
        if first.is_none() && !is_second {
            *first = Some(body.into());
        } else if second.is_none() {
            *second = Some(body.into());
        }
    }

    fn server_hello(&mut self, body: &[u8]) -> Result<(), DecodeError> {
        let hello = match ServerHello::decode(body, "ServerHello") {
            Err(error) if body.starts_with(&Version::TLS_1_3.0.to_be_bytes()) => {
                ServerHello::decode_early(body).map_err(|_| error)?
            }
            result => result?,
        };
        let retry = hello.is_hello_retry_request();
        let choice = Box::new(Choice::from(hello));
        if retry {
            self.retry.get_or_insert(choice);
        } else {
            self.choice.get_or_insert(choice);
        }
        Ok(())
    }

    fn certificate(&mut self, side: Side, body: &[u8]) -> Result<(), DecodeError> {
        let tls13 = self.context().is_tls13();
        let speaker = self.speaker_mut(side);
        if speaker.chain.is_some() {
            return Ok(());
        }
        if !tls13 {
            let message = CertificateLegacy::decode(body, "Certificate")?;
            let length = message.chain.len();
            let kept = message.chain.into_iter().take(MAX_CHAIN);
            speaker.chain = Some(kept.map(Arc::from).collect());
            return fits(length);
        }
        let message = CertificateTls13::decode(body, "Certificate")?;
        let length = message.entries.len();
        let mut chain = Vec::with_capacity(length.min(MAX_CHAIN));
        for (position, entry) in message.entries.into_iter().take(MAX_CHAIN).enumerate() {
            chain.push(Arc::from(entry.certificate));
            if !entry.extensions.is_empty() {
                let extensions = entry.extensions.into_owned();
                speaker.certificate_extensions.push(CertificateExtensions { position, extensions });
            }
        }
        speaker.chain = Some(chain);
        fits(length)
    }

    fn compressed(&mut self, side: Side, body: &[u8]) -> Result<(), DecodeError> {
        let message = CompressedCertificate::decode(body, "CompressedCertificate")?;
        self.speaker_mut(side).compressed = Some(message.algorithm);
        Ok(())
    }

    fn certificate_verify(&mut self, side: Side, body: &[u8]) -> Result<(), DecodeError> {
        if self.choice.is_none() {
            // Nobody can tell its shape.
            return Ok(());
        }
        let message = CertificateVerify::decode(body, self.context())?;
        let speaker = self.speaker_mut(side);
        speaker.scheme = speaker.scheme.or(message.scheme);
        Ok(())
    }

    fn ticket(&mut self, body: &[u8]) -> Result<(), DecodeError> {
        let ticket = if self.context().is_tls13() {
            let message = NewSessionTicketTls13::decode(body, "NewSessionTicket")?;
            TicketSeen::new(message.lifetime, message.ticket)
        } else {
            let message = NewSessionTicketLegacy::decode(body, "NewSessionTicket")?;
            TicketSeen::new(message.lifetime_hint, message.ticket)
        };
        if self.tickets.len() < MAX_TICKETS {
            self.tickets.push(ticket);
        }
        Ok(())
    }

    /// Adds a message to its side's flight, certificates left out: [`chain`](Self::chain) has them, once.
    fn keep(&mut self, side: Side, message: HandshakeType, body: &[u8], understood: bool) {
        let tls13 = self.context().is_tls13();
        let speaker = self.speaker_mut(side);
        if speaker.flight_truncated {
            return;
        }
        let before = speaker.flight.len();
        let blank = message == HandshakeType::CERTIFICATE && understood;
        if !blank {
            speaker.make_room(body.len() + HANDSHAKE_HEADER_BYTES);
        }
        if blank {
            put_handshake(message, &mut speaker.flight, |out| blank_chain(body, tls13, out));
        } else if before + body.len() < MAX_FLIGHT_BYTES {
            put_handshake(message, &mut speaker.flight, |out| out.extend_from_slice(body));
        } else {
            speaker.flight_truncated = true;
        }
        if speaker.flight.len() > MAX_FLIGHT_BYTES {
            speaker.flight.truncate(before);
            speaker.flight_truncated = true;
        }
    }

    fn note(&mut self, side: Side, letter: char) {
        if self.history.len() < MAX_HISTORY {
            self.history.push(history::cased(side, letter));
        }
    }

    fn note_once(&mut self, side: Side, letter: char) {
        if !self.history.ends_with(history::cased(side, letter)) {
            self.note(side, letter);
        }
    }

    fn speaker_mut(&mut self, side: Side) -> &mut Speaker {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    fn speaker(&self, side: Side) -> &Speaker {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }
}

/// A chain that is cut says so among the malformed messages.
fn fits(length: usize) -> Result<(), DecodeError> {
    if length <= MAX_CHAIN {
        return Ok(());
    }
    let value = u32::try_from(length).unwrap_or(u32::MAX);
    Err(DecodeError::Illegal { what: "length of certificate_list", value })
}

/// True for a server hello whose random is that of a retry request.
fn is_retry(body: &[u8]) -> bool {
    let random = body.get(2..2 + 32);
    random == Some(&crate::handshake::HELLO_RETRY_REQUEST_RANDOM)
}

/// A certificate message without its certificates, still well-formed.
fn blank_chain(body: &[u8], tls13: bool, out: &mut Vec<u8>) {
    if tls13 {
        if let Ok(mut message) = CertificateTls13::decode(body, "Certificate") {
            message.entries.iter_mut().for_each(|entry| entry.certificate = &[]);
            message.encode(out);
        }
    } else if let Ok(mut message) = CertificateLegacy::decode(body, "Certificate") {
        message.chain.iter_mut().for_each(|der| *der = &[]);
        message.encode(out);
    }
}

/// Bytes of handshake messages kept per side: hellos with post-quantum shares and stapled responses fit.
pub const MAX_FLIGHT_BYTES: usize = 1 << 14;
/// Certificates of a chain kept: OpenSSL takes 100, and 128 KiB have room for 40 thousand empty ones.
pub const MAX_CHAIN: usize = 100;
/// Alerts kept: more than one of each side is already strange.
pub const MAX_ALERTS: usize = 8;
/// Letters of history kept; a full handshake has about twelve.
pub const MAX_HISTORY: usize = 64;
/// Tickets kept; servers send one, two or four.
pub const MAX_TICKETS: usize = 8;
/// Malformed messages kept.
pub const MAX_MALFORMED: usize = 4;
