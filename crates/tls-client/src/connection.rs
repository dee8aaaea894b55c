//! One connection below its handshake: records in and out under the keys of the moment, everything told to the observer.

use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Protection;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::record::MAX_PLAINTEXT;
use tlscensus_tls_wire::record::Record;
use tlscensus_tls_wire::record::put_handshake;
use tlscensus_tls_wire::record::put_records;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::AlertLevel;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::Version;
use tlscensus_tls_wire::ssl2;

use crate::crypto::random::Random;
use crate::failure::Failure;
use crate::outcome::Malformed;
use crate::outcome::Outcome;
use crate::protection::Header;
use crate::protection::OpenError;
use crate::protection::Opener;
use crate::protection::Sealer;
use crate::rules::Rules;
use crate::session::Session;

/// What every state of the handshake needs besides its own fields.
pub(crate) struct Connection {
    pub(crate) observer: Observer,
    pub(crate) random: Random,
    /// Bytes for the server that the driver has not taken yet.
    pub(crate) outgoing: Vec<u8>,
    /// The version field of our records.
    record_version: Version,
    /// Once a version before TLS 1.3 is agreed on.
    rules: Option<Rules>,
    /// The last handshake message of either side.
    pub(crate) last_message: HandshakeType,
    sending: Direction<Sealer>,
    receiving: Direction<Opener>,
    /// Where the shared secret has two readings, and no record of the server has told yet which it holds to.
    other_reading: Option<Box<OtherReading>>,
    took_other_reading: bool,
    /// Set when the receiving keys change; the driver checks that no message spans the change.
    receiving_changed: bool,
    /// Messages without effect since the last one with any.
    ignored: u32,
    /// Sessions the server would take up again; `None` where nobody wants them.
    sessions: Option<Vec<Session>>,
    /// What the Finished messages before TLS 1.3 held, the client's and the server's: another handshake is bound to them.
    pub(crate) verify_data: [Vec<u8>; 2],
}

/// One direction's protection and the number of its next record.
struct Direction<Cipher> {
    cipher: Cipher,
    protection: Protection,
    sequence: u64,
}

/// The protection of both directions under another reading of the shared secret.
pub(crate) struct OtherReading {
    pub(crate) opener: Opener,
    pub(crate) sealer: Sealer,
}

impl<Cipher> Direction<Cipher> {
    fn new(cipher: Cipher, protection: Protection) -> Self {
        Self { cipher, protection, sequence: 0 }
    }
}

impl Connection {
    pub(crate) fn new(random: Random) -> Self {
        Self {
            observer: Observer::new(),
            random,
            outgoing: Vec::new(),
            record_version: Version::TLS_1_0,
            rules: None,
            last_message: HandshakeType::CLIENT_HELLO,
            sending: Direction::new(Sealer::Plain, Protection::Plain),
            receiving: Direction::new(Opener::Plain, Protection::Plain),
            other_reading: None,
            took_other_reading: false,
            receiving_changed: false,
            ignored: 0,
            sessions: None,
            verify_data: [Vec::new(), Vec::new()],
        }
    }

    /// The version that our records carry from now on.
    pub(crate) fn set_record_version(&mut self, version: Version) {
        self.record_version = version;
    }

    /// A version before TLS 1.3 is agreed on.
    pub(crate) fn set_rules(&mut self, rules: Rules) {
        self.record_version = rules.version;
        self.rules = Some(rules);
    }

    pub(crate) fn set_sealer(&mut self, sealer: Sealer, protection: Protection) {
        self.sending = Direction::new(sealer, protection);
    }

    pub(crate) fn set_opener(&mut self, opener: Opener, protection: Protection) {
        self.receiving = Direction::new(opener, protection);
        self.receiving_changed = true;
    }

    /// Beside the protection that was set, the server's next record may have this one.
    pub(crate) fn set_other_reading(&mut self, other: OtherReading) {
        self.other_reading = Some(Box::new(other));
    }

    /// Whether it had.
    pub(crate) fn took_other_reading(&self) -> bool {
        self.took_other_reading
    }

    /// Whether the receiving keys changed since this was last asked.
    pub(crate) fn take_receiving_changed(&mut self) -> bool {
        std::mem::take(&mut self.receiving_changed)
    }

    /// How what arrives is protected now.
    pub(crate) fn receiving_protection(&self) -> Protection {
        self.receiving.protection
    }

    /// True where the receiving direction has the records of TLS 1.3, which hide their type.
    pub(crate) fn receives_tls13(&self) -> bool {
        matches!(self.receiving.cipher, Opener::Aead13(_) | Opener::Integrity13(_))
    }

    /// From now on, sessions are remembered.
    pub(crate) fn remember_sessions(&mut self) {
        self.sessions.get_or_insert_default();
    }

    /// Whether anybody wants the sessions.
    pub(crate) fn remembers_sessions(&self) -> bool {
        self.sessions.is_some()
    }

    pub(crate) fn remember(&mut self, sessions: impl IntoIterator<Item = Session>) {
        if let Some(kept) = &mut self.sessions {
            let room = MAX_SESSIONS.saturating_sub(kept.len());
            let fits = |session: &Session| session.name().len() <= MAX_SESSION_NAME;
            kept.extend(sessions.into_iter().filter(fits).take(room));
        }
    }

    /// What was remembered.
    pub(crate) fn sessions(&self) -> &[Session] {
        self.sessions.as_deref().unwrap_or_default()
    }

    /// Counts what has no effect, so that nobody can keep us busy with it.
    pub(crate) fn ignore(&mut self) -> Result<(), Failure> {
        self.ignored += 1;
        match self.ignored > MAX_IGNORED {
            true => Err(Failure::over_bytes()),
            false => Ok(()),
        }
    }

    /// Something had an effect.
    pub(crate) fn progressed(&mut self) {
        self.ignored = 0;
    }

    /// Sends a handshake message and gives it back for the transcript.
    pub(crate) fn send_handshake(
        &mut self,
        message: HandshakeType,
        body: impl FnOnce(&mut Vec<u8>),
    ) -> Vec<u8> {
        let room = if message == HandshakeType::CLIENT_HELLO { CLIENT_HELLO_BYTES } else { 0 };
        let mut encoded = Vec::with_capacity(room);
        put_handshake(message, &mut encoded, body);
        self.send_encoded(message, encoded)
    }

    /// The same, of a message that has its header.
    pub(crate) fn send_encoded(&mut self, message: HandshakeType, encoded: Vec<u8>) -> Vec<u8> {
        self.send_record(ContentType::HANDSHAKE, &encoded);
        self.heard(Side::Client, self.sending.protection, message, &encoded);
        if message == HandshakeType::FINISHED {
            // The server takes ours or sends an alert; what we know is that it is right.
            self.observer.finished(Side::Client, true);
        }
        encoded
    }

    /// Sends a handshake message of which the observer is not told: it would take it for one of the first handshake's.
    pub(crate) fn send_unobserved(
        &mut self,
        message: HandshakeType,
        body: impl FnOnce(&mut Vec<u8>),
    ) {
        let mut encoded = Vec::new();
        put_handshake(message, &mut encoded, body);
        self.send_record(ContentType::HANDSHAKE, &encoded);
    }

    /// Sends a first hello in the frame of SSL 2 and gives it back as the transcript takes it: without its header
    /// (RFC 5246, appendix E.2).
    pub(crate) fn send_ssl2_hello(&mut self, hello: &ssl2::ClientHello<'_>) -> Vec<u8> {
        let encoded = hello.encoded();
        let fits = ssl2::put_record(&encoded, &mut self.outgoing);
        assert!(fits, "ten thousand suites are not offered");
        self.observer.ssl2_message(Side::Client, &encoded);
        encoded
    }

    pub(crate) fn send_change_cipher_spec(&mut self) {
        self.observer.change_cipher_spec(Side::Client);
        // Never protected: before TLS 1.3 it announces the keys, since then it only looks like it.
        let (content_type, payload) = (ContentType::CHANGE_CIPHER_SPEC, CHANGE_CIPHER_SPEC);
        put_records(content_type, self.record_version, &payload, &mut self.outgoing);
    }

    /// Sends a warning that is no end.
    pub(crate) fn send_warning(&mut self, description: AlertDescription) {
        let alert = Alert { level: AlertLevel::WARNING, description };
        self.observer.alert(Side::Client, self.sending.protection, alert);
        self.send_record(ContentType::ALERT, &alert.encoded());
    }

    /// Sends an alert that ends our direction, in the words that the version knows.
    pub(crate) fn send_alert(&mut self, mut alert: Alert) {
        if let Some(rules) = self.rules {
            alert.description = rules.known_alert(alert.description);
        }
        self.observer.alert(Side::Client, self.sending.protection, alert);
        self.send_record(ContentType::ALERT, &alert.encoded());
    }

    pub(crate) fn send_application_data(&mut self, plaintext: &[u8]) {
        self.observer.application_data(Side::Client);
        let first = usize::from(self.sending.cipher.has_chained_ivs());
        let (first, rest) = plaintext.split_at_checked(first).unwrap_or((b"", plaintext));
        self.send_record(ContentType::APPLICATION_DATA, first);
        self.send_record(ContentType::APPLICATION_DATA, rest);
    }

    /// Tells the observer of a handshake message.
    pub(crate) fn heard(
        &mut self,
        side: Side,
        protection: Protection,
        message: HandshakeType,
        encoded: &[u8],
    ) {
        self.last_message = message;
        let body = encoded.get(HANDSHAKE_HEADER_BYTES..).unwrap_or_default();
        self.observer.message(side, protection, message, body);
    }

    /// Takes the protection off a record.
    pub(crate) fn open<'a>(
        &mut self,
        record: Record<'a>,
    ) -> Result<(ContentType, &'a [u8]), Failure> {
        let header = Header {
            content_type: record.header.content_type,
            version: record.header.version,
            sequence: self.receiving.sequence,
        };
        self.receiving.sequence += 1;
        self.settle_reading(&header, record.payload);
        self.receiving.cipher.open(&header, record.payload).map_err(|error| match error {
            OpenError::BadMac => {
                Failure::new(Outcome::BadFinished, AlertDescription::BAD_RECORD_MAC)
            }
            OpenError::TooLong => Failure::new(
                Outcome::Malformed(Malformed::Overlong),
                AlertDescription::RECORD_OVERFLOW,
            ),
            OpenError::NoContentType => Failure::new(
                Outcome::Malformed(Malformed::Illegal("record without a content type")),
                AlertDescription::UNEXPECTED_MESSAGE,
            ),
        })
    }

    /// By the first record of the server: which reading of the secret it holds to. Where it is neither, the first.
    fn settle_reading(&mut self, header: &Header, payload: &[u8]) {
        let Some(mut other) = self.other_reading.take() else {
            return;
        };
        // What else is wrong with a record is found out under the right keys only.
        let opens = |opener: &mut Opener| {
            !matches!(opener.open(header, &mut payload.to_vec()), Err(OpenError::BadMac))
        };
        if !opens(&mut self.receiving.cipher) && opens(&mut other.opener) {
            self.receiving.cipher = other.opener;
            self.sending.cipher = other.sealer;
            self.took_other_reading = true;
        }
    }

    fn send_record(&mut self, content_type: ContentType, payload: &[u8]) {
        self.outgoing.reserve(payload.len() + RECORD_OVERHEAD);
        for fragment in payload.chunks(MAX_PLAINTEXT) {
            let header = Header {
                content_type,
                version: self.record_version,
                sequence: self.sending.sequence,
            };
            self.sending.sequence += 1;
            self.sending.cipher.seal(&header, fragment, &mut self.outgoing);
        }
    }
}

const CHANGE_CIPHER_SPEC: [u8; 1] = [1];
/// Sessions remembered of one connection: servers give one or two, some four.
const MAX_SESSIONS: usize = 8;
/// Bytes of a ticket that is offered again: beside it a hello has to have room for the longest cookie (`MAX_COOKIE`), and
/// no extension is longer than 64 KiB. Real tickets have some hundred bytes, with a client's chain inside some thousand.
const MAX_SESSION_NAME: usize = 1 << 14;
/// Warnings, empty records, wishes for another handshake, ChangeCipherSpecs for middleboxes: real servers send one or two.
const MAX_IGNORED: u32 = 32;
const HANDSHAKE_HEADER_BYTES: usize = 4;
/// Room for a ClientHello with a hybrid key share (1,216 bytes of it), so that it is not moved while it grows.
const CLIENT_HELLO_BYTES: usize = 2048;
/// Header, nonce, padding and tag of a record, about.
const RECORD_OVERHEAD: usize = 64;
