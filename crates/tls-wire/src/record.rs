//! The record layer: bytes in any split become records, records' payloads become whole handshake messages.
//!
//! Keys are not known here: a record is handed out as it stood on the wire, its payload mutable so that whoever has
//! the keys can open it in place. SSL 2 records have a header of another shape, see [`ssl2`](crate::ssl2).
//!
//! ```text
//!   type  version  length     payload
//! +-----+----+----+----+----+--------- - -
//! | 22  | 3  | n  |  2 bytes|  msg_type(1) length(3) body …      RFC 9846, section 5.1
//! +-----+----+----+----+----+--------- - -
//! ```

use std::fmt;

use crate::codec::Codec;
use crate::codec::DecodeError;
use crate::codec::Reader;
use crate::codec::nest24;
use crate::codec::put_u16;
use crate::codec::usize_from;
use crate::registry::ContentType;
use crate::registry::HandshakeType;
use crate::registry::Version;

/// The five bytes before each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// What the payload is, or what it claims to be where it is encrypted.
    pub content_type: ContentType,
    /// The version field, frozen since TLS 1.3.
    pub version: Version,
    /// Bytes of payload.
    pub length: u16,
}

impl Codec<'_> for RecordHeader {
    fn encode(&self, out: &mut Vec<u8>) {
        self.content_type.encode(out);
        self.version.encode(out);
        put_u16(self.length, out);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            content_type: ContentType::read(reader)?,
            version: Version::read(reader)?,
            length: reader.u16("record length")?,
        })
    }
}

/// One record as it stood on the wire.
#[derive(Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its header: the additional data of TLS 1.3's encryption.
    pub header: RecordHeader,
    /// Its payload, to be decrypted in place.
    pub payload: &'a mut [u8],
}

/// Bytes of one direction in, records out.
///
/// ```text
///   buffer  [ taken | record | record | part ]
///                   ^ start                  ^ end: push() appends here
/// ```
#[derive(Clone, Debug)]
pub struct Deframer {
    buffer: Vec<u8>,
    start: usize,
    limit: usize,
    records: u64,
}

impl Default for Deframer {
    fn default() -> Self {
        Self { buffer: Vec::new(), start: 0, limit: MAX_CIPHERTEXT_LEGACY, records: 0 }
    }
}

impl Deframer {
    /// Starts at the first byte of a direction, with the limit of TLS 1.2 and before.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the largest payload allowed from now on: [`MAX_CIPHERTEXT_TLS13`] once TLS 1.3 is agreed.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Appends what came. Take the records out before the next push: that is what bounds the buffer.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start == self.buffer.len() {
            self.buffer.clear();
        } else {
            self.buffer.drain(..self.start);
        }
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes the next whole record. The error is the same however the bytes were split, and does not go away.
    pub fn pop(&mut self) -> Result<Option<Record<'_>>, RecordError> {
        let waiting = self.buffer.get(self.start..).unwrap_or_default();
        self.check_start(waiting)?;
        let Ok(header) = RecordHeader::read(&mut Reader::new(waiting)) else {
            return Ok(None);
        };
        let length = usize::from(header.length);
        if length > self.limit {
            return Err(RecordError::Overlong { length: header.length, limit: self.limit });
        }
        let at = self.start + HEADER_BYTES;
        let Some(payload) = self.buffer.get_mut(at..at + length) else {
            return Ok(None);
        };
        self.start = at + length;
        self.records += 1;
        Ok(Some(Record { header, payload }))
    }

    /// Bytes that are not a whole record yet, or that [`pop`](Self::pop) refused.
    pub fn waiting(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// Number of records taken.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Forgets everything but the memory, for use on another connection.
    pub fn reset(&mut self) {
        self.buffer.clear();
        self.start = 0;
        self.limit = MAX_CIPHERTEXT_LEGACY;
        self.records = 0;
    }

    /// Judges as many bytes of the header as there are.
    fn check_start(&self, waiting: &[u8]) -> Result<(), RecordError> {
        let strange = match *waiting {
            [content_type, major, ..] => !is_known(content_type) || major != MAJOR,
            [content_type] => !is_known(content_type),
            [] => false,
        };
        match (strange, self.records) {
            (false, _) => Ok(()),
            (true, 0) => Err(RecordError::NotTls),
            (true, _) => Err(RecordError::Malformed),
        }
    }
}

/// How a stream of bytes failed to be records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// Behind at least one good record stands something that is no record.
    Malformed,
    /// The very first bytes are no record: the peer speaks something else, see [`Deframer::waiting`].
    NotTls,
    /// A record longer than its version allows.
    Overlong {
        /// Its length.
        length: u16,
        /// The limit in force.
        limit: usize,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => write!(f, "no record where one should begin"),
            Self::NotTls => write!(f, "the first bytes are not TLS"),
            Self::Overlong { length, limit } => {
                write!(f, "a record of {length} bytes, at most {limit} are allowed")
            }
        }
    }
}

impl std::error::Error for RecordError {}

/// One whole handshake message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandshakeFrame<'a> {
    /// Its type.
    pub message: HandshakeType,
    /// What follows type and length.
    pub body: &'a [u8],
    /// The message with type and length, as the transcript hash takes it.
    pub encoded: &'a [u8],
}

/// Payloads of handshake records in, whole messages out, however records cut or join them.
#[derive(Clone, Debug)]
pub struct Joiner {
    buffer: Vec<u8>,
    start: usize,
    limit: usize,
}

impl Default for Joiner {
    fn default() -> Self {
        Self { buffer: Vec::new(), start: 0, limit: MAX_HANDSHAKE_BYTES }
    }
}

impl Joiner {
    /// Starts empty, with [`MAX_HANDSHAKE_BYTES`] as limit of one message.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the payload of a handshake record.
    pub fn push(&mut self, payload: &[u8]) {
        if self.start == self.buffer.len() {
            self.buffer.clear();
        } else {
            self.buffer.drain(..self.start);
        }
        self.start = 0;
        self.buffer.extend_from_slice(payload);
    }

    /// Takes the next whole message.
    pub fn pop(&mut self) -> Result<Option<HandshakeFrame<'_>>, JoinError> {
        let waiting = self.buffer.get(self.start..).unwrap_or_default();
        let [message, high, middle, low, ..] = *waiting else {
            return Ok(None);
        };
        let message = HandshakeType(message);
        let length = usize_from(u32::from_be_bytes([0, high, middle, low]));
        if length > self.limit {
            return Err(JoinError { message, length, limit: self.limit });
        }
        let Some(encoded) = waiting.get(..HANDSHAKE_HEADER_BYTES + length) else {
            return Ok(None);
        };
        self.start += encoded.len();
        let body = encoded.get(HANDSHAKE_HEADER_BYTES..).unwrap_or_default();
        Ok(Some(HandshakeFrame { message, body, encoded }))
    }

    /// True where no part of a message waits: keys may change only here (RFC 9846, section 5.1).
    pub fn is_aligned(&self) -> bool {
        self.start == self.buffer.len()
    }

    /// Forgets everything but the memory, for use on another connection.
    pub fn reset(&mut self) {
        self.buffer.clear();
        self.start = 0;
    }
}

/// A handshake message that claims to be longer than we are ready to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinError {
    /// Its type.
    pub message: HandshakeType,
    /// The length it claims.
    pub length: usize,
    /// The limit in force.
    pub limit: usize,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, length, limit } = self;
        write!(f, "{message} of {length} bytes, at most {limit} are kept")
    }
}

impl std::error::Error for JoinError {}

/// Appends plaintext as records, cut where a record is full.
pub fn put_records(content_type: ContentType, version: Version, payload: &[u8], out: &mut Vec<u8>) {
    for fragment in payload.chunks(MAX_PLAINTEXT) {
        let length = u16::try_from(fragment.len()).expect("a fragment is at most 2^14 bytes");
        RecordHeader { content_type, version, length }.encode(out);
        out.extend_from_slice(fragment);
    }
}

/// Appends a handshake message: type, length and what `body` writes.
pub fn put_handshake(message: HandshakeType, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    message.encode(out);
    nest24(out, body);
}

/// True for the content types that any version of TLS over TCP can send.
fn is_known(content_type: u8) -> bool {
    (ContentType::CHANGE_CIPHER_SPEC.0..=ContentType::HEARTBEAT.0).contains(&content_type)
}

/// Bytes of a record's header.
pub const HEADER_BYTES: usize = 5;
/// Bytes of a handshake message's header.
pub const HANDSHAKE_HEADER_BYTES: usize = 4;
/// The largest payload before protection (RFC 9846, section 5.1).
pub const MAX_PLAINTEXT: usize = 1 << 14;
/// The largest protected payload of TLS 1.3 (RFC 9846, section 5.2).
pub const MAX_CIPHERTEXT_TLS13: usize = MAX_PLAINTEXT + 256;
/// The largest protected payload of TLS 1.2 and before (RFC 5246, section 6.2.3).
pub const MAX_CIPHERTEXT_LEGACY: usize = MAX_PLAINTEXT + 2048;
/// The largest handshake message kept, so that a peer cannot make us hold more; OpenSSL takes chains of 100 KiB.
pub const MAX_HANDSHAKE_BYTES: usize = 1 << 17;
/// The first byte of every version since SSL 3.
const MAJOR: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    type Found = Vec<(u8, Vec<u8>)>;

    /// Everything that comes out when the stream goes in cut into `pieces`.
    fn records(pieces: &[&[u8]]) -> (Found, Result<(), RecordError>) {
        let mut deframer = Deframer::new();
        let mut found = Vec::new();
        for piece in pieces {
            deframer.push(piece);
            loop {
                match deframer.pop() {
                    Ok(Some(record)) => {
                        found.push((record.header.content_type.0, record.payload.to_vec()));
                    }
                    Ok(None) => break,
                    Err(error) => return (found, Err(error)),
                }
            }
        }
        (found, Ok(()))
    }

    fn check(stream: &[u8], expected: &[(u8, &[u8])], end: Result<(), RecordError>) {
        let expected: Found =
            expected.iter().map(|(kind, payload)| (*kind, payload.to_vec())).collect();
        assert_eq!(records(&[stream]), (expected.clone(), end), "whole");
        for at in 0..=stream.len() {
            let (head, tail) = stream.split_at(at);
            assert_eq!(records(&[head, tail]), (expected.clone(), end), "split at {at}");
        }
        let single: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(records(&single), (expected, end), "byte by byte");
    }

    #[test]
    fn records_do_not_depend_on_the_split() {
        check(b"", &[], Ok(()));
        check(
            b"\x16\x03\x01\x00\x03abc\x15\x03\x03\x00\x02\x02\x28\x17\x03\x03\x00\x00",
            &[(22, b"abc"), (21, b"\x02\x28"), (23, b"")],
            Ok(()),
        );
    }

    #[test]
    fn what_is_not_tls_is_told_by_its_first_bytes() {
        check(b"HTTP/1.1 400 Bad Request\r\n", &[], Err(RecordError::NotTls));
        check(b"\x16", &[], Ok(()));
        check(b"\x16H", &[], Err(RecordError::NotTls));
        check(b"\x15\x03\x01\x00\x01xgarbage", &[(21, b"x")], Err(RecordError::Malformed));
    }

    #[test]
    fn lengths_are_limited() {
        let mut stream = b"\x17\x03\x03\x48\x00".to_vec();
        stream.resize(stream.len() + MAX_CIPHERTEXT_LEGACY, 7);
        let (found, end) = records(&[&stream]);
        assert_eq!((found.len(), end), (1, Ok(())));
        let overlong = RecordError::Overlong { length: 0x4801, limit: MAX_CIPHERTEXT_LEGACY };
        check(b"\x17\x03\x03\x48\x01", &[], Err(overlong));
        let mut deframer = Deframer::new();
        deframer.set_limit(MAX_CIPHERTEXT_TLS13);
        deframer.push(b"\x17\x03\x03\x41\x01");
        assert!(matches!(deframer.pop(), Err(RecordError::Overlong { length: 0x4101, .. })));
    }

    #[test]
    fn long_payloads_are_cut_into_full_records() {
        let mut out = Vec::new();
        put_records(
            ContentType::HANDSHAKE,
            Version::TLS_1_2,
            &vec![1; MAX_PLAINTEXT + 1],
            &mut out,
        );
        let (found, end) = records(&[&out]);
        let lengths: Vec<usize> = found.iter().map(|(_, payload)| payload.len()).collect();
        assert_eq!((lengths, end), (vec![MAX_PLAINTEXT, 1], Ok(())));
    }

    #[test]
    fn messages_do_not_depend_on_the_records() {
        let mut stream = Vec::new();
        put_handshake(HandshakeType::SERVER_HELLO, &mut stream, |out| {
            out.extend_from_slice(b"one")
        });
        put_handshake(HandshakeType::SERVER_HELLO_DONE, &mut stream, |_| ());
        put_handshake(HandshakeType::FINISHED, &mut stream, |out| out.extend_from_slice(b"three"));
        for at in 0..=stream.len() {
            let mut joiner = Joiner::new();
            let mut found = Vec::new();
            for piece in [&stream[..at], &stream[at..]] {
                joiner.push(piece);
                while let Some(frame) = joiner.pop().expect("short") {
                    assert_eq!(frame.encoded[HANDSHAKE_HEADER_BYTES..], *frame.body);
                    found.push((frame.message.0, frame.body.to_vec()));
                }
            }
            assert!(joiner.is_aligned());
            assert_eq!(
                found,
                [(2, b"one".to_vec()), (14, Vec::new()), (20, b"three".to_vec())],
                "split at {at}"
            );
        }
    }

    #[test]
    fn a_message_too_long_to_keep_is_refused_by_its_header() {
        let mut joiner = Joiner::new();
        joiner.push(&[11, 0x02, 0x00, 0x01]);
        assert_eq!(
            joiner.pop(),
            Err(JoinError {
                message: HandshakeType::CERTIFICATE,
                length: 0x02_0001,
                limit: MAX_HANDSHAKE_BYTES
            })
        );
        assert!(!joiner.is_aligned());
    }
}
