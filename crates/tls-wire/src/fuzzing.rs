//! What must hold for any bytes: bodies of fuzz targets, replayed by plain tests.

use crate::alert::Alert;
use crate::codec::Codec;
use crate::codec::Reader;
use crate::extension;
use crate::extension::Extension;
use crate::extension::Extensions;
use crate::extension::RawExtension;
use crate::fingerprint;
use crate::handshake::ClientHello;
use crate::handshake::Context;
use crate::handshake::Message;
use crate::handshake::ServerHello;
use crate::observer::MAX_FLIGHT_BYTES;
use crate::observer::MAX_HISTORY;
use crate::observer::Observer;
use crate::observer::Protection;
use crate::observer::Side;
use crate::record::Deframer;
use crate::record::HANDSHAKE_HEADER_BYTES;
use crate::record::Joiner;
use crate::record::RecordHeader;
use crate::registry::CipherSuite;
use crate::registry::ContentType;
use crate::registry::HandshakeType;
use crate::registry::Version;
use crate::ssl2;

/// A fuzz target: its name and its body.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// The fuzz targets of this crate.
pub const TARGETS: &[FuzzTarget] = &[
    ("tls_extensions", extensions),
    ("tls_fingerprints", fingerprints),
    ("tls_message", message),
    ("tls_observer", observer),
    ("tls_records", records),
    ("tls_ssl2", ssl2),
];

/// Any message that can be read is written back byte for byte.
///
/// The first bytes choose type, version and suite, the rest is the body.
pub fn message(data: &[u8]) {
    let mut reader = Reader::new(data);
    let (Ok(message), Ok(version), Ok(suite)) = (
        HandshakeType::read(&mut reader),
        Version::read(&mut reader),
        CipherSuite::read(&mut reader),
    ) else {
        return;
    };
    let body = reader.rest();
    if let Ok(read) = Message::decode(message, body, Context { version, suite }) {
        let mut written = Vec::new();
        read.encode(&mut written);
        assert_eq!(written.get(HANDSHAKE_HEADER_BYTES..), Some(body), "{message}");
    }
}

/// Extensions that can be read are written back byte for byte, the block and each of them.
pub fn extensions(data: &[u8]) {
    let Ok(extensions) = Extensions::decode(data, "extensions") else {
        return;
    };
    assert_eq!(extensions.encoded(), data);
    extensions.iter().for_each(as_a_client_says);
    extensions.iter().for_each(as_a_server_says);
}

fn as_a_client_says(raw: &RawExtension<'_>) {
    same::<extension::ApplicationProtocols<'_>>(raw);
    same::<extension::CertificateAuthorities<'_>>(raw);
    same::<extension::CompressCertificate>(raw);
    same::<extension::Cookie<'_>>(raw);
    same::<extension::EcPointFormats>(raw);
    same::<extension::EncryptThenMac>(raw);
    same::<extension::EncryptedClientHello<'_>>(raw);
    same::<extension::ExtendedMasterSecret>(raw);
    same::<extension::Heartbeat>(raw);
    same::<extension::KeyShareClientHello<'_>>(raw);
    same::<extension::MaxFragmentLength>(raw);
    same::<extension::OfferedPsks<'_>>(raw);
    same::<extension::Padding<'_>>(raw);
    same::<extension::PskKeyExchangeModes>(raw);
    same::<extension::RecordSizeLimit>(raw);
    same::<extension::RenegotiationInfo<'_>>(raw);
    same::<extension::ServerNames<'_>>(raw);
    same::<extension::SessionTicket<'_>>(raw);
    same::<extension::SignatureAlgorithms>(raw);
    same::<extension::SignatureAlgorithmsCert>(raw);
    same::<extension::StatusRequest<'_>>(raw);
    same::<extension::SupportedGroups>(raw);
    same::<extension::SupportedVersions>(raw);
}

fn as_a_server_says(raw: &RawExtension<'_>) {
    same::<extension::EarlyDataLimit>(raw);
    same::<extension::KeyShareRetry>(raw);
    same::<extension::KeyShareServerHello<'_>>(raw);
    same::<extension::SelectedPsk>(raw);
    same::<extension::SelectedVersion>(raw);
    same::<extension::SignedCertificateTimestamps<'_>>(raw);
    same::<extension::StatusResponse<'_>>(raw);
}

fn same<'a, T: Extension<'a>>(raw: &'a RawExtension<'_>) {
    if raw.extension == T::TYPE
        && let Ok(read) = T::decode(&raw.bytes, "extension data")
    {
        assert_eq!(read.encoded(), *raw.bytes);
    }
}

/// Fingerprints of any hello have the shape that their methods give them.
pub fn fingerprints(data: &[u8]) {
    if let Ok(hello) = ClientHello::decode(data, "ClientHello") {
        assert_eq!(fingerprint::ja3_text(&hello).matches(',').count(), 4);
        assert_eq!(fingerprint::ja3(&hello).len(), MD5_DIGITS);
        assert!(fingerprint::ja4_text(&hello).is_ascii());
        let ja4 = fingerprint::ja4(&hello);
        let parts: Vec<usize> = ja4.split('_').map(str::len).collect();
        assert!(ja4.is_ascii() && parts == JA4_PARTS, "{ja4}");
    }
    if let Ok(hello) = ServerHello::decode(data, "ServerHello") {
        let (version, suite) = (hello.legacy_version, hello.cipher_suite);
        let text = fingerprint::ja3s_text(version, suite, &hello.extensions);
        assert_eq!(text.matches(',').count(), 2);
        assert_eq!(fingerprint::ja3s(version, suite, &hello.extensions).len(), MD5_DIGITS);
    }
}

/// Messages of SSL 2 that can be read are written back byte for byte, and records do not depend on how the bytes are split.
///
/// The first byte chooses the piece's size.
pub fn ssl2(data: &[u8]) {
    if let Ok(hello) = ssl2::ClientHello::decode(data, "CLIENT-HELLO") {
        assert_eq!(hello.encoded(), data);
        assert_eq!(ClientHello::decode(&hello.to_later().encoded(), "x"), Ok(hello.to_later()));
    }
    if let Ok(hello) = ssl2::ServerHello::decode(data, "SERVER-HELLO") {
        assert_eq!(hello.encoded(), data);
    }
    if let Ok(key) = ssl2::ClientMasterKey::decode(data, "CLIENT-MASTER-KEY") {
        assert_eq!(key.encoded(), data);
    }
    if let Ok(error) = ssl2::ErrorMessage::decode(data, "ERROR") {
        assert_eq!(error.encoded(), data);
    }
    if let Some((size, stream)) = data.split_first() {
        let whole = ssl2_records(std::iter::once(stream));
        assert_eq!(whole, ssl2_records(stream.chunks(usize::from(*size) + 1)));
    }
}

/// The records of a stream, and whether it ended in an error.
fn ssl2_records<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, bool) {
    let mut deframer = ssl2::Deframer::new();
    let mut found = Vec::new();
    for piece in pieces {
        deframer.push(piece);
        loop {
            match deframer.pop() {
                Ok(Some(record)) => found.push(record.data.to_vec()),
                Ok(None) => break,
                Err(_) => return (found, true),
            }
        }
    }
    (found, false)
}

/// Records and messages do not depend on how the bytes are split. The first byte chooses the piece's size.
pub fn records(data: &[u8]) {
    let Some((size, stream)) = data.split_first() else {
        return;
    };
    let whole = messages(std::iter::once(stream));
    let pieces = messages(stream.chunks(usize::from(*size) + 1));
    assert_eq!(whole, pieces);
}

/// The messages and records of a stream, and whether it ended in an error.
fn messages<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, bool) {
    let mut deframer = Deframer::new();
    let mut joiner = Joiner::new();
    let mut found = Vec::new();
    for piece in pieces {
        deframer.push(piece);
        loop {
            let record = match deframer.pop() {
                Ok(Some(record)) => record,
                Ok(None) => break,
                Err(_) => return (found, true),
            };
            if let Ok(alert) = Alert::decode(record.payload, "alert") {
                assert_eq!(alert.encoded(), record.payload);
            }
            if record.header.content_type != ContentType::HANDSHAKE {
                found.push(record.payload.to_vec());
                continue;
            }
            joiner.push(record.payload);
            loop {
                match joiner.pop() {
                    Ok(Some(frame)) => found.push(frame.encoded.to_vec()),
                    Ok(None) => break,
                    Err(_) => return (found, true),
                }
            }
        }
    }
    (found, false)
}

/// An observer takes anything in any order, stays bounded and answers every question.
///
/// Each step is a byte that chooses side, keys and kind, and a handshake message behind its header.
pub fn observer(data: &[u8]) {
    let mut observer = Observer::new();
    let mut opened = Opened::default();
    let mut reader = Reader::new(data);
    while let Ok(step) = reader.u8("step") {
        let side = if step & 1 == 0 { Side::Client } else { Side::Server };
        let protection = match step & 6 {
            0 => Protection::Plain,
            2 => Protection::Handshake,
            _ => Protection::Application,
        };
        match step >> 3 {
            0 => observer.change_cipher_spec(side),
            1 => observer.unopened(side),
            2 => observer.finished(side, protection == Protection::Plain),
            3 => observer.application_data(side),
            5 => observer.missed(side),
            6 => sealed(&mut observer, side, &mut reader),
            4 => {
                let Ok(message) = reader.bytes16("message of SSL 2") else { break };
                opened.note(side, true);
                observer.ssl2_message(side, message);
            }
            _ => {
                let Ok(message) = HandshakeType::read(&mut reader) else { break };
                let Ok(body) = reader.bytes24("body") else { break };
                opened.note(side, false);
                observer.message(side, protection, message, body);
            }
        }
    }
    ask(&observer, &opened);
}

/// A record that stays shut: its type and length.
fn sealed(observer: &mut Observer, side: Side, reader: &mut Reader<'_>) {
    if let Ok(header) = RecordHeader::read(reader) {
        observer.unopened_record(side, &header);
    }
}

/// Whether each side's first message was one in the frame of SSL 2.
#[derive(Default)]
struct Opened {
    client: Option<bool>,
    server: Option<bool>,
}

impl Opened {
    fn note(&mut self, side: Side, ssl2: bool) {
        let first = match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        };
        first.get_or_insert(ssl2);
    }

    /// A side's flight behind such a message.
    fn after_ssl2<'a>(&self, observer: &'a Observer, side: Side) -> &'a [u8] {
        let first = match side {
            Side::Client => self.client,
            Side::Server => self.server,
        };
        let flight = observer.flight(side);
        match *flight {
            [high, low, ..] if first == Some(true) => {
                let length = usize::from(u16::from_be_bytes([high & 0x7f, low]));
                flight.get(2 + length..).expect("whole")
            }
            _ => flight,
        }
    }
}

fn ask(observer: &Observer, opened: &Opened) {
    for side in [Side::Client, Side::Server] {
        assert!(observer.flight(side).len() <= MAX_FLIGHT_BYTES);
        let mut joiner = Joiner::new();
        joiner.push(opened.after_ssl2(observer, side));
        while let Ok(Some(_)) = joiner.pop() {}
        assert!(joiner.is_aligned(), "a flight holds whole messages");
    }
    assert!(observer.history().len() <= MAX_HISTORY);
    if let Some(offer) = observer.offer() {
        let lists = (offer.versions(), offer.groups(), offer.key_share_groups(), offer.alpn());
        assert!(!lists.0.is_empty());
    }
    let word = observer.key_exchange().map(|facts| (facts.word(), facts.dh.map(|dh| dh.bits())));
    let rest = (observer.alpn(), observer.scts(), observer.ocsp_staple(), observer.resumed());
    let ssl2 = (observer.ssl2_hello(), observer.ssl2_choice(), observer.ssl2_errors());
    let sight = (observer.seen_established(), observer.is_sight_settled(), observer.seen_refusal());
    let retry = (observer.early_retry(), observer.retry_group());
    let prints = (observer.ja3(), observer.ja3s(), observer.ja4());
    let presences = [
        observer.alpn_presence(),
        observer.certificate_presence(),
        observer.certificate_request_presence(),
        observer.encrypted_extensions_presence(),
        observer.ocsp_presence(),
        observer.scts_presence(),
        observer.tickets_presence(),
    ];
    // Asking is the test; the answers are in other tests.
    drop((
        word,
        rest,
        ssl2,
        prints,
        presences,
        sight,
        retry,
        observer.certificate_request(),
        observer.session_id_echoed(),
    ));
}

/// Hexadecimal digits of an MD5 hash.
const MD5_DIGITS: usize = 32;
/// Letters of the three parts of a JA4 fingerprint.
const JA4_PARTS: [usize; 3] = [10, 12, 12];
