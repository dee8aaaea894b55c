//! An input read piece by piece: a buffer in which a record always lies in one piece.

use std::io;
use std::io::Read;

use super::error::CaptureError;
use super::source::Source;

/// Bytes asked for at once: fits in a core's cache, and makes the system call's cost vanish.
const PIECE: usize = 256 * 1_024;

/// What came of asking for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fill {
    /// Some bytes.
    More,
    /// None yet.
    NotYet,
    /// None, and none will come.
    End,
}

/// A source and what was read of it and not taken yet.
#[derive(Debug)]
pub(super) struct Stream {
    source: Source,
    buffer: Vec<u8>,
    /// Unread are these bytes of the buffer.
    start: usize,
    end: usize,
    /// Of the first unread byte in the capture.
    offset: u64,
}

impl Stream {
    pub(super) fn new(source: Source) -> Self {
        Self { source, buffer: vec![0; PIECE], start: 0, end: 0, offset: 0 }
    }

    pub(super) fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn take(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += u64::try_from(bytes).unwrap_or(u64::MAX);
    }

    /// The bytes that were just taken.
    pub(super) fn taken(&self, bytes: usize) -> &[u8] {
        self.buffer.get(self.start - bytes..self.start).unwrap_or_default()
    }

    /// Reads once, so that there may come to be as many unread bytes as are needed.
    pub(super) fn fill(&mut self, needed: usize) -> Result<Fill, CaptureError> {
        self.make_room(needed);
        let end = self.buffer.len().min(self.end + PIECE);
        let room = self.buffer.get_mut(self.end..end).unwrap_or_default();
        match self.source.read(room) {
            Ok(0) => Ok(Fill::End),
            Ok(bytes) => {
                self.end += bytes;
                Ok(Fill::More)
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(Fill::NotYet),
                _ => Err(self.failed(error)),
            },
        }
    }

    /// Moves what is unread to the front only where it must be: not for every few bytes of a pipe. Makes the buffer longer only as
    /// bytes come: a record that claims to be long costs nothing by that.
    fn make_room(&mut self, needed: usize) {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        let length = self.buffer.len();
        if self.start > 0 && (self.start + needed > length || self.end == length) {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == length && needed > length {
            self.buffer.resize(needed.min(2 * length), 0);
        }
    }

    fn failed(&self, source: io::Error) -> CaptureError {
        let unread = u64::try_from(self.end - self.start).unwrap_or(u64::MAX);
        let offset = self.offset.saturating_add(unread);
        if self.source.is_compressed() {
            CaptureError::Compression { offset, source }
        } else {
            CaptureError::Read { offset, source }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Stream {
        Stream::new(Source::new(Box::new(io::Cursor::new(bytes.to_vec()))))
    }

    #[test]
    fn a_buffer_grows_as_bytes_come() {
        let mut stream = of(&[1; 100]);
        let claimed = 16 << 20;
        while stream.fill(claimed).ok() == Some(Fill::More) {}
        assert_eq!((stream.unread().len(), stream.buffer.len()), (100, PIECE));
    }

    #[test]
    fn a_long_record_lies_in_one_piece() {
        let bytes: Vec<u8> = (0..5 * PIECE).map(|place| (place % 251).to_le_bytes()[0]).collect();
        let (before, needed) = (1000, 4 * PIECE + 7);
        let mut stream = of(&bytes);
        let read = |stream: &mut Stream, needed| {
            while stream.unread().len() < needed {
                assert_eq!(stream.fill(needed).ok(), Some(Fill::More));
            }
        };
        read(&mut stream, before);
        stream.take(before);
        read(&mut stream, needed);
        assert!(stream.buffer.len() <= needed, "{}", stream.buffer.len());
        assert_eq!(stream.unread().get(..needed), bytes.get(before..before + needed));
    }
}
