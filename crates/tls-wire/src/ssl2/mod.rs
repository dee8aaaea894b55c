//! SSL 2: its records and the messages that go by before there are keys (draft-hickman-netscape-ssl-00).
//!
//! ```text
//!   two bytes:    1 | length (15 bits)                                   data
//!   three bytes:  0 | escape | length (14 bits)    padding (8 bits)      data, then padding
//! ```
//! A record holds one message, its type first. SSL 3 and TLS let a client open with a hello in this frame
//! (RFC 5246, appendix E.2); everything behind it is theirs.

mod message;

use std::fmt;

use crate::codec::put_u16;

pub use message::ClientHello;
pub use message::ClientMasterKey;
pub use message::ErrorMessage;
pub use message::ServerHello;

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Security escapes, which no version defined.
    pub is_escape: bool,
    /// What it holds, without the padding; before there are keys a message, type first.
    pub data: &'a [u8],
    /// Bytes of padding behind the data.
    pub padding: usize,
}

/// Bytes of one direction in, records out.
#[derive(Clone, Debug, Default)]
pub struct Deframer {
    buffer: Vec<u8>,
    start: usize,
}

impl Deframer {
    /// Starts at the first byte of a direction.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends what came. Take the records out before the next push: that is what bounds the buffer.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes the next whole record. The error is the same however the bytes were split, and does not go away.
    pub fn pop(&mut self) -> Result<Option<Record<'_>>, RecordError> {
        let Some(header) = header(self.waiting()) else {
            return Ok(None);
        };
        if header.padding > header.length || header.length == 0 {
            return Err(RecordError);
        }
        let at = self.start + header.bytes;
        let Some(payload) = self.buffer.get(at..at + header.length) else {
            return Ok(None);
        };
        self.start = at + header.length;
        let data = payload.get(..header.length - header.padding).unwrap_or_default();
        Ok(Some(Record { is_escape: header.is_escape, data, padding: header.padding }))
    }

    /// Bytes that are not a whole record yet, or that [`pop`](Self::pop) refused.
    pub fn waiting(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }
}

/// A record without content, or with more padding than content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordError;

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no record of SSL 2 where one should begin")
    }
}

impl std::error::Error for RecordError {}

/// The bytes before a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes of the header itself: two or three.
    pub bytes: usize,
    /// Security escapes, which no version defined.
    pub is_escape: bool,
    /// Bytes behind the header, padding included.
    pub length: usize,
    /// Those of them that are padding.
    pub padding: usize,
}

/// Reads a header; `None` where there are too few bytes.
pub fn header(bytes: &[u8]) -> Option<Header> {
    match *bytes {
        [high, low, ..] if high & 0x80 != 0 => Some(Header {
            bytes: 2,
            is_escape: false,
            length: usize::from(u16::from_be_bytes([high & 0x7f, low])),
            padding: 0,
        }),
        [high, low, padding, ..] => Some(Header {
            bytes: 3,
            is_escape: high & 0x40 != 0,
            length: usize::from(u16::from_be_bytes([high & 0x3f, low])),
            padding: usize::from(padding),
        }),
        _ => None,
    }
}

/// Appends a message as a record with a header of two bytes; false, and nothing, where it is too long for one.
pub fn put_record(data: &[u8], out: &mut Vec<u8>) -> bool {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    if length > MAX_RECORD {
        return false;
    }
    put_u16(0x8000 | length, out);
    out.extend_from_slice(data);
    true
}

/// The longest record: what 15 bits can say.
pub const MAX_RECORD: u16 = 0x7fff;

#[cfg(test)]
mod tests {
    use super::*;

    type Found = Vec<(bool, Vec<u8>, usize)>;

    /// Everything that comes out when the stream goes in cut into `pieces`.
    fn records(pieces: &[&[u8]]) -> (Found, Result<(), RecordError>) {
        let mut deframer = Deframer::new();
        let mut found = Vec::new();
        for piece in pieces {
            deframer.push(piece);
            loop {
                match deframer.pop() {
                    Ok(Some(Record { is_escape, data, padding })) => {
                        found.push((is_escape, data.to_vec(), padding));
                    }
                    Ok(None) => break,
                    Err(error) => return (found, Err(error)),
                }
            }
        }
        (found, Ok(()))
    }

    #[test]
    fn records_of_both_shapes_do_not_depend_on_the_split() {
        let stream = b"\x80\x03abc\x00\x05\x02defpp\x40\x01\x00g\x80\x00";
        let expected = vec![
            (false, b"abc".to_vec(), 0),
            (false, b"def".to_vec(), 2),
            (true, b"g".to_vec(), 0),
        ];
        for at in 0..=stream.len() {
            let (head, tail) = stream.split_at(at);
            let found = records(&[head, tail]);
            assert_eq!(found, (expected.clone(), Err(RecordError)), "split at {at}");
        }
        let single: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(records(&single), (expected, Err(RecordError)));
        assert_eq!(records(&[b"\x00\x02\x03abc"]).1, Err(RecordError), "more padding than content");
    }

    #[test]
    fn what_is_written_is_read() {
        for length in [1, 0x7f, 0x7fff] {
            let data = vec![7; length];
            let mut out = Vec::new();
            assert!(put_record(&data, &mut out));
            assert_eq!(records(&[&out]), (vec![(false, data, 0)], Ok(())));
        }
        assert!(!put_record(&[0; 0x8000], &mut Vec::new()));
    }
}
