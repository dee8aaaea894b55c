//! Cuts one side of an IMAP connection into responses or commands: lines, with the literals they announce (RFC 9051
//! section 4.3). Framing only.

use crate::Side;
use crate::frame::FrameError;
use crate::frame::Framer;
use crate::frame::MAX_UNIT;
use crate::looks::binary_opening;
use crate::looks::may_be_binary;
use crate::text;

/// Cuts lines with literals; nothing is scanned twice, whatever the segments are.
///
/// Free text may end in something that looks like a literal, so lines whose grammar ends in text (status responses and
/// continuation requests, RFC 9051 section 9 `resp-text`) announce none. Nor do commands that carry credentials: those
/// are handed out at the end of their first line, so that what follows is never waited for.
#[derive(Debug)]
pub(crate) struct LiteralFramer {
    side: Side,
    /// Bytes from `start` on are not handed out yet; bytes before it are dropped at the next feed.
    bytes: Vec<u8>,
    start: usize,
    /// The next byte to scan; beyond the end while a literal is incomplete.
    position: usize,
    /// Where the current line began, which is `start` or the end of a literal.
    line: usize,
    /// Whether lines of the unit at `start` announce literals; known once its first line is there.
    literals: Option<bool>,
    /// Why, and by how many bytes that is shown.
    failed: Option<(FrameError, usize)>,
}

impl LiteralFramer {
    pub(crate) const fn new(side: Side) -> Self {
        Self {
            side,
            bytes: Vec::new(),
            start: 0,
            position: 0,
            line: 0,
            literals: None,
            failed: None,
        }
    }

    /// One more line; `true` if it ends the unit.
    fn line(&mut self) -> Result<Option<bool>, FrameError> {
        let unscanned = self.bytes.get(self.position..).unwrap_or_default();
        let Some(length) = unscanned.iter().position(|&byte| byte == b'\n') else {
            self.position = self.position.max(self.bytes.len());
            self.check(self.position)?;
            return Ok(None);
        };
        let end = self.position + length + 1;
        self.check(end)?;
        let line = self.bytes.get(self.line..end).unwrap_or_default();
        let first = self.bytes.get(self.start..end).unwrap_or_default();
        // Judged once: looking at the first line again for each further one would take time without bound.
        let literals = *self.literals.get_or_insert_with(|| takes_literals(self.side, first));
        let literal = announced(line).filter(|_| literals);
        self.line = end.saturating_add(literal.unwrap_or(0));
        if let Err(error) = self.check(self.line) {
            return Err(self.fail(error, end - self.start));
        }
        self.position = self.line;
        Ok(Some(literal.is_none()))
    }

    fn check(&mut self, end: usize) -> Result<(), FrameError> {
        if end - self.start <= MAX_UNIT {
            return Ok(());
        }
        Err(self.fail(FrameError::TooLong, MAX_UNIT))
    }

    fn fail(&mut self, error: FrameError, shown_by: usize) -> FrameError {
        self.failed = Some((error, shown_by));
        error
    }
}

impl Framer for LiteralFramer {
    fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.position -= self.start;
        self.line = self.line.saturating_sub(self.start);
        self.start = 0;
        self.bytes.extend_from_slice(bytes);
    }

    fn unit(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        if let Some((error, _)) = self.failed {
            return Err(error);
        }
        // As in lines without literals: such a peer may never send LF.
        if let Some(shown_by) = binary_opening(self.rest()) {
            return Err(self.fail(FrameError::Malformed, shown_by));
        }
        if may_be_binary(self.rest()) {
            return Ok(None);
        }
        while let Some(complete) = self.line()? {
            if complete {
                let unit = self.bytes.get(self.start..self.position).map(<[u8]>::to_vec);
                self.start = self.position;
                self.literals = None;
                return Ok(unit);
            }
        }
        Ok(None)
    }

    fn take_rest(&mut self) -> Vec<u8> {
        let mut taken = std::mem::replace(self, Self::new(self.side));
        taken.bytes.split_off(taken.start)
    }

    fn waiting(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    fn resync(&mut self) {
        *self = Self::new(self.side);
    }

    fn skip(&mut self) {
        let rest = self.take_rest();
        let line = rest.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        self.feed(rest.get(line.unwrap_or(rest.len())..).unwrap_or_default());
    }

    fn rest(&self) -> &[u8] {
        let shown_by = self.failed.map_or(usize::MAX, |(_, shown_by)| shown_by);
        text::bounded(self.waiting(), shown_by)
    }
}

/// Whether lines of this unit announce literals.
fn takes_literals(side: Side, unit: &[u8]) -> bool {
    let mut words = unit.split(|byte| byte.is_ascii_whitespace());
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let without: &[&str] = match side {
        Side::Client => &["AUTHENTICATE", "LOGIN"],
        Side::Server => &["BAD", "BYE", "NO", "OK", "PREAUTH"],
    };
    let ends_in_text = without.iter().any(|word| second.eq_ignore_ascii_case(word.as_bytes()));
    !(first == b"+" || ends_in_text)
}

/// The length in a line's closing `{n}` or `{n+}` (RFC 7888); lengths beyond any limit are as good as the largest.
fn announced(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let inside = line.strip_suffix(b"}")?;
    let inside = inside.strip_suffix(b"+").unwrap_or(inside);
    let open = inside.iter().rposition(|&byte| byte == b'{')?;
    let digits = inside.get(open + 1..)?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(std::str::from_utf8(digits).ok()?.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(side: Side, segments: &[&[u8]]) -> (Vec<Vec<u8>>, Option<FrameError>, Vec<u8>) {
        let mut framer = LiteralFramer::new(side);
        let (mut units, mut error) = (Vec::new(), None);
        for segment in segments {
            framer.feed(segment);
            loop {
                match framer.unit() {
                    Ok(Some(unit)) => units.push(unit),
                    Ok(None) => break,
                    Err(found) => {
                        error = Some(found);
                        break;
                    }
                }
            }
        }
        (units, error, framer.rest().to_vec())
    }

    fn check(side: Side, input: &str, units: &[&str]) {
        let whole = cut(side, &[input.as_bytes()]);
        let expected: Vec<_> = units.iter().map(|unit| unit.as_bytes().to_vec()).collect();
        assert_eq!((&whole.0, whole.1), (&expected, None), "{input:?}");
        let bytes: Vec<&[u8]> = input.as_bytes().chunks(1).collect();
        assert_eq!(cut(side, &bytes), whole, "{input:?}");
    }

    #[test]
    fn literals_belong_to_their_unit() {
        let id = "* ID (\"name\" {4}\r\na\r\nb \"v\" {0}\r\n)\r\n";
        check(Side::Server, &format!("{id}a1 OK\r\n"), &[id, "a1 OK\r\n"]);
        let command = "a ID ({4+}\r\nname NIL)\r\n";
        check(Side::Client, &format!("{command}b NOOP\n"), &[command, "b NOOP\n"]);
    }

    #[test]
    fn text_and_credentials_announce_none() {
        for line in [
            "* OK hi {3}\r\n",
            "a1 no {3}\r\n",
            "+ more {3}\r\n",
            "* BYE {9999999}\r\n",
            "* X {a}\r\n",
            "* X {}\r\n",
        ] {
            check(Side::Server, &format!("{line}* X\r\n"), &[line, "* X\r\n"]);
        }
        check(Side::Client, "a LOGIN {3}\r\n", &["a LOGIN {3}\r\n"]);
        check(Side::Client, "a authenticate PLAIN {8+}\r\n", &["a authenticate PLAIN {8+}\r\n"]);
    }

    #[test]
    fn incomplete_units_are_kept() {
        assert_eq!(cut(Side::Server, &[b"* X {3}\r\nab"]).2, b"* X {3}\r\nab");
        assert_eq!(cut(Side::Server, &[b"* X {3}\r\n", b"abc", b"d\r\nrest"]).2, b"rest");
    }

    #[test]
    fn tls_is_no_line() {
        let seen = cut(Side::Server, &[b"* X\r\n\x15\x03\x01\x00\x02\x02\x28"]);
        assert_eq!(seen.1, Some(FrameError::Malformed));
        assert_eq!(seen.2, b"\x15\x03\x01\x00\x02");
    }

    #[test]
    fn limits_hold() {
        for input in [
            "* X {65536}\r\n".to_owned(),
            "* X {99999999999999999999999}\r\n".to_owned(),
            "* X ".repeat(MAX_UNIT),
        ] {
            let whole = cut(Side::Server, &[input.as_bytes()]);
            assert_eq!(whole.1, Some(FrameError::TooLong));
            let bytes: Vec<&[u8]> = input.as_bytes().chunks(1).collect();
            assert_eq!(cut(Side::Server, &bytes), whole);
        }
    }

    #[test]
    fn the_first_line_of_a_unit_decides_about_its_literals() {
        let mut unit = vec![b'x'; MAX_UNIT / 2];
        unit.extend_from_slice(b" {0}\r\n");
        while unit.len() + 8 < MAX_UNIT {
            unit.extend_from_slice(b"{0}\r\n");
        }
        unit.extend_from_slice(b"\r\n");
        let rest = b"* OK {3}\r\n* X {1}\r\na\r\n".as_slice();
        let (units, error, _) = cut(Side::Server, &[&unit, rest]);
        assert_eq!((units.len(), error), (3, None));
        assert_eq!(units.first(), Some(&unit));
    }
}
