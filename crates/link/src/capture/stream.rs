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

    /// Moves what is unread to the front only where it must be: not for every few bytes of a pipe.
    fn make_room(&mut self, needed: usize) {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        if self.start + needed > self.buffer.len() || self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if needed > self.buffer.len() {
            self.buffer.resize(needed, 0);
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
