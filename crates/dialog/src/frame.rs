//! Cutting a byte stream into units: framing only, no grammar.

use crate::looks;
use crate::text;

/// Longest unit (line, line with literals, XML element) that is kept: 64 KiB, 100 times what RFC 5321 section 4.5.3.1 asks for.
pub(crate) const MAX_UNIT: usize = 64 * 1024;

/// Why a stream cannot be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameError {
    /// The unit grew past its limit.
    TooLong,
    /// The bytes cannot start or continue a unit of this protocol.
    Malformed,
}

/// Cuts one side's bytes into units, whatever the segments were.
pub(crate) trait Framer {
    /// Takes more bytes.
    fn feed(&mut self, bytes: &[u8]);
    /// The next whole unit, its terminator included; `None` while it is incomplete.
    ///
    /// # Errors
    /// [`FrameError`] when no unit can be cut any more; the framer stays in that state.
    fn unit(&mut self) -> Result<Option<Vec<u8>>, FrameError>;
    /// All bytes that are not part of a unit handed out; the framer is empty afterwards.
    fn take_rest(&mut self) -> Vec<u8>;
    /// The bytes not yet handed out (to say what a peer looked like). After an error: the shortest start that
    /// shows it, so that the answer does not hang on how the bytes were split.
    fn rest(&self) -> &[u8];
    /// All bytes not yet handed out, behind an error too: what may be TLS is to be handed on whole.
    fn waiting(&self) -> &[u8];
    /// Bytes are missing here: what was begun is dropped, and the next byte may be anywhere in a unit.
    fn resync(&mut self);
    /// What waits is no unit of this protocol: drops it up to where the next one may begin. Works behind an error too.
    fn skip(&mut self);
    /// Bytes that were part of no unit and are gone.
    fn skipped(&self) -> usize {
        0
    }
}

/// Cuts lines that end in LF, with or without CR before it. A lone CR ends nothing, NUL is a byte like any other.
///
/// A line that starts with the header of a TLS record or with Telnet's IAC is [`FrameError::Malformed`] at once:
/// such a peer may never send LF, and would be taken for a slow one.
#[derive(Debug)]
pub(crate) struct LineFramer {
    bytes: Vec<u8>,
    /// Up to here the bytes are handed out; they are dropped together, not line by line.
    handed_out: usize,
    /// Up to here there is no LF; saves looking twice when bytes come one by one.
    searched: usize,
    limit: usize,
    failed: Option<(FrameError, usize)>,
}

impl LineFramer {
    /// A framer for lines of at most `limit` bytes, terminator included.
    pub(crate) fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), handed_out: 0, searched: 0, limit, failed: None }
    }

    fn hand_out(&mut self, length: usize) -> Vec<u8> {
        let unit = text::bounded(self.waiting(), length).to_vec();
        self.handed_out += length;
        self.searched = self.handed_out;
        unit
    }

    fn fail(&mut self, error: FrameError, shown_by: usize) -> FrameError {
        self.failed = Some((error, shown_by));
        error
    }
}

impl Framer for LineFramer {
    fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.handed_out);
        self.searched -= self.handed_out;
        self.handed_out = 0;
        self.bytes.extend_from_slice(bytes);
    }

    fn unit(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        if let Some((error, _)) = self.failed {
            return Err(error);
        }
        if let Some(shown_by) = looks::binary_opening(self.waiting()) {
            return Err(self.fail(FrameError::Malformed, shown_by));
        }
        if looks::may_be_binary(self.waiting()) {
            return Ok(None);
        }
        let unsearched = self.bytes.get(self.searched..).unwrap_or_default();
        let end = text::find(unsearched, b'\n');
        match end.map(|at| self.searched + at + 1 - self.handed_out) {
            Some(length) if length <= self.limit => Ok(Some(self.hand_out(length))),
            None if self.waiting().len() < self.limit => {
                self.searched = self.bytes.len();
                Ok(None)
            }
            _ => Err(self.fail(FrameError::TooLong, self.limit)),
        }
    }

    fn take_rest(&mut self) -> Vec<u8> {
        let rest = self.waiting().to_vec();
        *self = Self::new(self.limit);
        rest
    }

    fn waiting(&self) -> &[u8] {
        self.bytes.get(self.handed_out..).unwrap_or_default()
    }

    fn resync(&mut self) {
        *self = Self::new(self.limit);
    }

    fn skip(&mut self) {
        self.failed = None;
        let line = text::find(self.waiting(), b'\n').map(|at| at + 1);
        self.handed_out += line.unwrap_or_else(|| self.waiting().len());
        self.searched = self.handed_out;
    }

    fn rest(&self) -> &[u8] {
        match self.failed {
            Some((_, shown_by)) => text::bounded(self.waiting(), shown_by),
            None => self.waiting(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All units of `bytes`, and what came after them.
    fn cut(bytes: &[u8], step: usize) -> (Vec<Vec<u8>>, Result<Vec<u8>, FrameError>) {
        let mut framer = LineFramer::new(16);
        let mut units = Vec::new();
        for chunk in bytes.chunks(step) {
            framer.feed(chunk);
            loop {
                match framer.unit() {
                    Ok(Some(unit)) => units.push(unit),
                    Ok(None) => break,
                    Err(error) => return (units, Err(error)),
                }
            }
        }
        (units, Ok(framer.take_rest()))
    }

    #[test]
    fn lines_are_cut_the_same_in_any_split() {
        type Case = (&'static [u8], &'static [&'static [u8]], Result<&'static [u8], FrameError>);
        let cases: [Case; 8] = [
            (b"a\r\nb\nc", &[b"a\r\n", b"b\n"], Ok(b"c")),
            (b"\r\n\n", &[b"\r\n", b"\n"], Ok(b"")),
            (b"a\rb\0\xff\n", &[b"a\rb\0\xff\n"], Ok(b"")),
            (b"0123456789abcd\r\n", &[b"0123456789abcd\r\n"], Ok(b"")),
            (b"0123456789abcde\r\n", &[], Err(FrameError::TooLong)),
            (b"0123456789abcdef", &[], Err(FrameError::TooLong)),
            (b"a\n\x15\x03\x01\x00\x02\x02F", &[b"a\n"], Err(FrameError::Malformed)),
            (b"\xff\xfd\x18", &[], Err(FrameError::Malformed)),
        ];
        for (bytes, units, rest) in cases {
            for step in 1..=bytes.len() {
                let expected: Vec<Vec<u8>> = units.iter().map(|unit| unit.to_vec()).collect();
                assert_eq!(
                    cut(bytes, step),
                    (expected, rest.map(<[u8]>::to_vec)),
                    "{bytes:?} by {step}"
                );
            }
        }
    }

    #[test]
    fn what_shows_an_error_does_not_hang_on_the_split() {
        // In the second one the record's length begins with LF.
        for header in [b"\x16\x03\x01\x00\x05", b"\x15\x03\x01\n\x05"] {
            for step in 1..9 {
                let mut framer = LineFramer::new(16);
                for chunk in [header, &b"abcdefgh"[..]].concat().chunks(step) {
                    framer.feed(chunk);
                    let _ = framer.unit();
                }
                assert_eq!(framer.rest(), header);
            }
        }
    }
}
