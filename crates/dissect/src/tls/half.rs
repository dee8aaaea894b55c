//! One direction of a connection: bytes in any split become records, and records what the observer hears.
//!
//! Of a protected record only the header is looked at, so nothing of it is kept. Bytes are copied in three cases: a header
//! that is cut, a message that is cut, and a record of which only all of it tells whether it is encrypted.

use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Protection;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::record::HEADER_BYTES;
use tlscensus_tls_wire::record::RecordHeader;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::AlertLevel;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::Ssl2Message;
use tlscensus_tls_wire::registry::Version;
use tlscensus_tls_wire::ssl2;

use super::handshake::Messages;
use super::handshake::is_hello;
use super::handshake::is_messages;
use super::handshake::opens_with_hello;
use super::record;
use super::record::Opening;

/// One direction.
#[derive(Clone, Debug)]
pub(super) struct Half {
    side: Side,
    stage: Stage,
    /// The beginning of a header that is cut, or of the first payload until it can be judged.
    head: Head,
    /// A record that is judged, or a message of SSL 2, until all of it is there.
    gathered: Vec<u8>,
    messages: Messages,
    /// The first byte of an alert that is cut.
    alert: Option<u8>,
    has_spoken: bool,
    is_finished: bool,
    /// A change of cipher went by, which counts before TLS 1.3.
    is_sealed: bool,
    /// Behind a hole: whether a message begins here, and whether a change of cipher went by, nobody knows.
    is_blind: bool,
    /// No handshake record was heard.
    is_fresh: bool,
}

/// Where in the stream.
#[derive(Clone, Copy, Debug)]
enum Stage {
    /// At the very first bytes, or behind a hello in the frame of SSL 2.
    Opening { behind_hello: bool },
    /// At a record's header.
    Header,
    /// In a record's payload.
    Payload { header: RecordHeader, left: usize, what: What },
    /// At a header of SSL 2.
    Ssl2Header,
    /// In a record of SSL 2.
    Ssl2Payload { header: ssl2::Header, left: usize },
    /// Behind a hole, looking for a record; so many bytes were looked at.
    Lost { looked: usize },
    /// Nothing is listened to any more.
    Deaf(Deaf),
}

/// What a record's payload is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// Alerts in the clear.
    Alerts,
    /// A change of cipher.
    ChangeCipherSpec,
    /// Handshake messages in the clear.
    Handshake,
    /// Handshake messages, or encrypted: judged when all of it is there.
    Judged,
    /// Nothing that can be read, nor known to be protected.
    Nothing,
    /// Protected.
    Sealed,
}

/// Why a direction is not listened to any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deaf {
    /// Bytes are missing, and no record was found behind them.
    Lost,
    /// Its first bytes are no record.
    NotTls,
    /// Something that is no record follows records.
    NotTlsAnyMore,
}

impl Half {
    pub(super) fn new(side: Side) -> Self {
        Self {
            side,
            stage: Stage::Opening { behind_hello: false },
            head: Head::default(),
            gathered: Vec::new(),
            messages: Messages::default(),
            alert: None,
            has_spoken: false,
            is_finished: false,
            is_sealed: false,
            is_blind: false,
            is_fresh: true,
        }
    }

    /// Hears the next bytes.
    pub(super) fn hear(&mut self, mut bytes: &[u8], observer: &mut Observer) {
        self.has_spoken |= !bytes.is_empty();
        while !bytes.is_empty() {
            bytes = match self.stage {
                Stage::Opening { behind_hello } => self.open(bytes, behind_hello, observer),
                Stage::Header => self.header(bytes, observer),
                Stage::Payload { header, left, what } => {
                    self.payload(bytes, header, left, what, observer)
                }
                Stage::Ssl2Header => self.ssl2_header(bytes),
                Stage::Ssl2Payload { header, left } => {
                    self.ssl2_payload(bytes, header, left, observer)
                }
                Stage::Lost { looked } => self.look(bytes, looked, observer),
                Stage::Deaf(_) => return,
            };
        }
    }

    /// Is told that so many bytes are missing here.
    pub(super) fn miss(&mut self, bytes: u64, observer: &mut Observer) {
        if bytes == 0 {
            return;
        }
        self.has_spoken = true;
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        match self.stage {
            Stage::Deaf(_) => (),
            Stage::Payload { header, left, what } if bytes <= left => {
                let what = self.miss_inside(bytes, what, observer);
                self.advance(header, left - bytes, what, observer);
            }
            Stage::Ssl2Payload { header, left } if bytes <= left => {
                self.gathered = Vec::new();
                self.miss_ssl2(header, bytes, left, observer);
            }
            _ => {
                observer.missed(self.side);
                self.lose();
            }
        }
    }

    /// Is told that nothing follows.
    pub(super) fn finish(&mut self) {
        self.is_finished = true;
        self.head = Head::default();
        self.gathered = Vec::new();
        self.messages.forget();
    }

    /// True where nothing will be heard any more.
    pub(super) fn is_over(&self) -> bool {
        self.is_finished || self.deaf().is_some()
    }

    /// Why nothing is heard any more.
    pub(super) fn deaf(&self) -> Option<Deaf> {
        match self.stage {
            Stage::Deaf(why) => Some(why),
            _ => None,
        }
    }

    /// True where any byte came, or was missed.
    pub(super) fn has_spoken(&self) -> bool {
        self.has_spoken
    }

    /// True where the direction was closed.
    pub(super) fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// True where a message was too long to be kept.
    pub(super) fn is_over_limit(&self) -> bool {
        self.messages.is_over_limit()
    }
}

/// Records of SSL 3 and later.
impl Half {
    fn open<'a>(
        &mut self,
        bytes: &'a [u8],
        behind_hello: bool,
        observer: &mut Observer,
    ) -> &'a [u8] {
        let (judged, rest) = match self.head.is_empty() {
            true => (record::opening(bytes, self.side, behind_hello), bytes),
            false => {
                let rest = self.head.fill(bytes, record::OPENING_BYTES.min(self.head.len() + 1));
                (record::opening(self.head.bytes(), self.side, behind_hello), rest)
            }
        };
        self.stage = match judged {
            Opening::Tls => Stage::Header,
            Opening::Ssl2 => Stage::Ssl2Header,
            Opening::Neither if behind_hello => Stage::Deaf(Deaf::NotTlsAnyMore),
            Opening::Neither => Stage::Deaf(Deaf::NotTls),
            Opening::Unsure if self.head.is_empty() => {
                return self.head.fill(bytes, record::OPENING_BYTES);
            }
            Opening::Unsure => return rest,
        };
        let head = std::mem::take(&mut self.head);
        self.hear(head.bytes(), observer);
        rest
    }

    fn header<'a>(&mut self, bytes: &'a [u8], observer: &mut Observer) -> &'a [u8] {
        let (header, rest) = match bytes.split_at_checked(HEADER_BYTES) {
            Some((head, rest)) if self.head.is_empty() => (record::header(head), rest),
            _ => {
                let rest = self.head.fill(bytes, HEADER_BYTES);
                if self.head.len() < HEADER_BYTES {
                    if record::opening(self.head.bytes(), self.side, false) == Opening::Neither {
                        self.stage = Stage::Deaf(Deaf::NotTlsAnyMore);
                    }
                    return rest;
                }
                let head = std::mem::take(&mut self.head);
                (record::header(head.bytes()), rest)
            }
        };
        match header {
            Some(header) => self.begin(header, observer),
            None => self.stage = Stage::Deaf(self.no_record(observer)),
        }
        rest
    }

    fn no_record(&self, observer: &Observer) -> Deaf {
        if observer.records(self.side) > 0 { Deaf::NotTlsAnyMore } else { Deaf::NotTls }
    }

    fn begin(&mut self, header: RecordHeader, observer: &mut Observer) {
        let what = self.what(&header, observer);
        self.advance(header, usize::from(header.length), what, observer);
    }

    /// What a record is, by its header and by what went before.
    fn what(&mut self, header: &RecordHeader, observer: &Observer) -> What {
        let length = usize::from(header.length);
        let tls13 = observer.choice().map(|choice| choice.version.is_tls13());
        let sealed = self.is_sealed && tls13 != Some(true) && !observer.hello_retry();
        match header.content_type {
            ContentType::CHANGE_CIPHER_SPEC if length == 1 => What::ChangeCipherSpec,
            // None is that short when encrypted.
            ContentType::ALERT if length == record::ALERT_BYTES => What::Alerts,
            ContentType::ALERT if !sealed && length < SHORTEST_SEALED_ALERT => What::Alerts,
            ContentType::ALERT => What::Sealed,
            ContentType::HANDSHAKE if sealed && tls13.is_some() => What::Sealed,
            ContentType::HANDSHAKE if sealed || self.is_blind => What::Judged,
            ContentType::HANDSHAKE => What::Handshake,
            _ if length == 0 => What::Nothing,
            ContentType::APPLICATION_DATA => {
                // Nothing of it goes in the clear before TLS 1.3 either: the change of cipher was missed.
                let is_possible = self.is_sealed || self.is_blind || tls13 != Some(false);
                self.is_sealed |= self.is_blind;
                if is_possible { What::Sealed } else { What::Nothing }
            }
            _ if sealed => What::Sealed,
            _ => What::Nothing,
        }
    }

    fn payload<'a>(
        &mut self,
        bytes: &'a [u8],
        header: RecordHeader,
        left: usize,
        what: What,
        observer: &mut Observer,
    ) -> &'a [u8] {
        let (payload, rest) = bytes.split_at(left.min(bytes.len()));
        let mut what = what;
        if what == What::Handshake && self.is_fresh {
            let mut start = self.head;
            start.fill(payload, LOOK_BYTES);
            if start.len() < LOOK_BYTES && payload.len() < left {
                self.head = start;
                self.stage = Stage::Payload { header, left: left - payload.len(), what };
                return rest;
            }
            what = self.first_look(start.bytes(), observer);
            let kept = std::mem::take(&mut self.head);
            self.read(kept.bytes(), &header, kept.len() + left, what, observer);
        }
        self.read(payload, &header, left, what, observer);
        self.advance(header, left - payload.len(), what, observer);
        rest
    }

    /// A part of a record's payload, of which so many bytes are left.
    fn read(
        &mut self,
        payload: &[u8],
        header: &RecordHeader,
        left: usize,
        what: What,
        observer: &mut Observer,
    ) {
        match what {
            What::Alerts => self.alerts(payload, observer),
            What::Handshake => self.handshake(payload, observer),
            What::Judged if payload.len() == left && self.gathered.is_empty() => {
                self.judge(payload, header, observer);
            }
            What::Judged => {
                self.gathered.reserve_exact(left);
                self.gathered.extend_from_slice(payload);
                if payload.len() == left {
                    let record = std::mem::take(&mut self.gathered);
                    self.judge(&record, header, observer);
                }
            }
            What::ChangeCipherSpec | What::Nothing | What::Sealed => (),
        }
    }

    /// A direction of which the beginning was not captured may open with something encrypted.
    fn first_look(&mut self, start: &[u8], observer: &mut Observer) -> What {
        self.is_fresh = false;
        if opens_with_hello(start, self.side) {
            return What::Handshake;
        }
        self.is_blind = true;
        observer.missed(self.side);
        What::Judged
    }

    /// Goes on in a record of which so many bytes are left, or behind it.
    fn advance(&mut self, header: RecordHeader, left: usize, what: What, observer: &mut Observer) {
        if left > 0 {
            self.stage = Stage::Payload { header, left, what };
            return;
        }
        self.stage = Stage::Header;
        observer.record(self.side, &header);
        match what {
            What::ChangeCipherSpec => {
                observer.change_cipher_spec(self.side);
                self.messages.forget();
                self.is_sealed = true;
                self.is_blind = false;
            }
            What::Sealed => observer.unopened_record(self.side, &header),
            What::Nothing if header.content_type == ContentType::APPLICATION_DATA => {
                observer.application_data(self.side);
            }
            What::Alerts | What::Handshake | What::Judged | What::Nothing => (),
        }
    }

    fn alerts(&mut self, payload: &[u8], observer: &mut Observer) {
        for byte in payload {
            match self.alert.take() {
                None => self.alert = Some(*byte),
                Some(level) => {
                    let alert =
                        Alert { level: AlertLevel(level), description: AlertDescription(*byte) };
                    observer.alert(self.side, Protection::Plain, alert);
                }
            }
        }
    }

    fn handshake(&mut self, payload: &[u8], observer: &mut Observer) {
        let side = self.side;
        let complete = self.messages.hear(payload, &mut |message, body| {
            observer.message(side, Protection::Plain, message, body);
        });
        if !complete {
            observer.missed(side);
        }
    }

    /// Tells a handshake record in the clear from an encrypted one, where it can be told.
    fn judge(&mut self, payload: &[u8], header: &RecordHeader, observer: &mut Observer) {
        if self.is_sealed {
            // Behind the change of cipher that TLS 1.3 makes for the sake of middleboxes stands the hello after a retry.
            if is_hello(payload, self.side) {
                self.handshake(payload, observer);
            } else {
                observer.unopened_record(self.side, header);
            }
        } else if is_messages(payload, self.side) {
            self.is_blind = false;
            self.messages.forget();
            self.handshake(payload, observer);
        }
    }
}

/// Holes.
impl Half {
    /// A hole that ends in the payload where it began, or with it. What the rest of the payload is good for.
    fn miss_inside(&mut self, bytes: usize, what: What, observer: &mut Observer) -> What {
        match what {
            What::Handshake if self.messages.miss(bytes) => observer.missed(self.side),
            What::Alerts | What::Handshake | What::Judged => {
                observer.missed(self.side);
                self.is_blind |= what == What::Handshake;
                self.is_fresh = false;
                self.head = Head::default();
                self.messages.forget();
                self.alert = None;
                self.gathered = Vec::new();
                return What::Nothing;
            }
            What::ChangeCipherSpec | What::Nothing | What::Sealed => (),
        }
        what
    }

    /// From here on a record must be looked for.
    fn lose(&mut self) {
        self.stage = Stage::Lost { looked: 0 };
        self.is_fresh = false;
        self.is_blind = true;
        self.head = Head::default();
        self.gathered = Vec::new();
        self.messages.forget();
        self.alert = None;
    }

    /// Looks for a record: right behind the hole, where most begin, and then wherever two follow each other.
    fn look<'a>(&mut self, bytes: &'a [u8], looked: usize, observer: &mut Observer) -> &'a [u8] {
        if looked == 0 {
            let rest = self.head.fill(bytes, HEADER_BYTES);
            if self.head.len() < HEADER_BYTES {
                return rest;
            }
            let head = std::mem::take(&mut self.head);
            match record::plausible(head.bytes()) {
                Some(header) => self.begin(header, observer),
                None => self.stage = Stage::Lost { looked: HEADER_BYTES },
            }
            return rest;
        }
        if let Some(at) = record::find_record(bytes) {
            self.stage = Stage::Header;
            return bytes.get(at..).unwrap_or_default();
        }
        let looked = looked.saturating_add(bytes.len());
        self.stage =
            if looked > LOOKING_BYTES { Stage::Deaf(Deaf::Lost) } else { Stage::Lost { looked } };
        &[]
    }
}

/// Records of SSL 2.
impl Half {
    fn ssl2_header<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let needed = match self.head.bytes().first().or_else(|| bytes.first()) {
            Some(first) if first & 0x80 != 0 => 2,
            _ => 3,
        };
        let rest = self.head.fill(bytes, needed);
        if let Some(header) = ssl2::header(self.head.bytes()) {
            self.head = Head::default();
            self.stage = if header.length == 0 || header.padding > header.length {
                Stage::Deaf(Deaf::NotTlsAnyMore)
            } else {
                Stage::Ssl2Payload { header, left: header.length }
            };
        }
        rest
    }

    fn ssl2_payload<'a>(
        &mut self,
        bytes: &'a [u8],
        header: ssl2::Header,
        left: usize,
        observer: &mut Observer,
    ) -> &'a [u8] {
        let (payload, rest) = bytes.split_at(left.min(bytes.len()));
        let is_whole = payload.len() == left;
        if is_whole && self.gathered.is_empty() {
            self.ssl2_record(payload, header, observer);
        } else if self.is_sealed && header.length - header.padding > record::SSL2_ERROR_BYTES {
            self.miss_ssl2(header, payload.len(), left, observer);
        } else {
            self.gathered.reserve_exact(left.min(SSL2_ROOM).max(payload.len()));
            self.gathered.extend_from_slice(payload);
            if is_whole {
                let record = std::mem::take(&mut self.gathered);
                self.ssl2_record(&record, header, observer);
            } else {
                self.stage = Stage::Ssl2Payload { header, left: left - payload.len() };
            }
        }
        rest
    }

    /// Passes over bytes of a record: those of an encrypted one, or a hole.
    fn miss_ssl2(
        &mut self,
        header: ssl2::Header,
        bytes: usize,
        left: usize,
        observer: &mut Observer,
    ) {
        if !self.is_sealed {
            observer.missed(self.side);
            self.is_blind = true;
        }
        if bytes < left {
            self.stage = Stage::Ssl2Payload { header, left: left - bytes };
        } else {
            self.stage = Stage::Ssl2Header;
            self.ssl2_sealed(header, observer);
        }
    }

    /// A whole record.
    fn ssl2_record(&mut self, record: &[u8], header: ssl2::Header, observer: &mut Observer) {
        self.stage = Stage::Ssl2Header;
        if self.is_blind && !self.is_sealed {
            return;
        }
        let data = record.get(..header.length - header.padding).unwrap_or_default();
        let kind = data.first().copied().map(Ssl2Message);
        let is_error = kind == Some(Ssl2Message::ERROR) && data.len() == record::SSL2_ERROR_BYTES;
        let is_expected = is_error
            || match (self.side, kind) {
                (Side::Client, Some(Ssl2Message::CLIENT_HELLO)) => observer.ssl2_hello().is_none(),
                (Side::Client, Some(Ssl2Message::CLIENT_MASTER_KEY)) => {
                    observer.ssl2_cipher().is_none() && is_master_key(data)
                }
                (Side::Server, Some(Ssl2Message::SERVER_HELLO)) => observer.ssl2_choice().is_none(),
                _ => false,
            };
        if !is_expected || (self.is_sealed && !is_error) {
            self.is_sealed = true;
            self.ssl2_sealed(header, observer);
            return;
        }
        observer.ssl2_message(self.side, data);
        match kind {
            Some(Ssl2Message::CLIENT_HELLO) => {
                let is_later = observer.ssl2_hello().is_some_and(|it| it.version >= Version::SSL_3);
                if is_later {
                    self.stage = Stage::Opening { behind_hello: true };
                }
            }
            Some(Ssl2Message::CLIENT_MASTER_KEY | Ssl2Message::SERVER_HELLO) => {
                self.is_sealed = true;
            }
            _ => (),
        }
    }

    fn ssl2_sealed(&self, header: ssl2::Header, observer: &mut Observer) {
        if self.is_sealed {
            let bytes = u64::try_from(header.bytes + header.length).unwrap_or(u64::MAX);
            observer.ssl2_unopened(self.side, bytes);
        }
    }
}

fn is_master_key(data: &[u8]) -> bool {
    ssl2::ClientMasterKey::decode(data, "CLIENT-MASTER-KEY").is_ok()
}

/// The beginning of a header that is cut.
#[derive(Clone, Copy, Debug, Default)]
struct Head {
    bytes: [u8; record::OPENING_BYTES],
    length: u8,
}

impl Head {
    fn len(&self) -> usize {
        usize::from(self.length)
    }

    fn is_empty(&self) -> bool {
        self.length == 0
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len()).unwrap_or_default()
    }

    /// Takes bytes until there are so many; gives back the rest.
    fn fill<'a>(&mut self, bytes: &'a [u8], needed: usize) -> &'a [u8] {
        let wanted = needed.saturating_sub(self.len()).min(bytes.len());
        let (taken, rest) = bytes.split_at(wanted);
        let places = self.bytes.iter_mut().skip(usize::from(self.length));
        for (place, byte) in places.zip(taken) {
            *place = *byte;
            self.length += 1;
        }
        rest
    }
}

/// Bytes of the first payload that tell whether it is a hello: its type, and what its length begins with.
const LOOK_BYTES: usize = 2;
/// Bytes behind a hole in which a record is looked for: two of the longest, so that the beginning of one is among them.
const LOOKING_BYTES: usize = 1 << 15;
/// Two bytes and the shortest that protection adds: nonce and tag of AES_CCM_8 in TLS 1.2, or an MD5.
const SHORTEST_SEALED_ALERT: usize = 18;
/// The first room for a message of SSL 2: most fit.
const SSL2_ROOM: usize = 2048;
