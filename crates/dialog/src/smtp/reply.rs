//! Replies: one or more lines with a code (RFC 5321 section 4.2), bounded.

use crate::course::MAX_LIST_BYTES;
use crate::looks;
use crate::text;

/// Lines of one reply: more than a list may have entries ([`crate::course::MAX_LIST_ENTRIES`]), so a list is cut by its own limit.
const MAX_LINES: usize = crate::course::MAX_LIST_ENTRIES + 1;

/// A reply, or the beginning of one.
#[derive(Debug, Default)]
pub(super) struct Reply {
    /// The code of the last line. Section 4.2.1 wants all codes to be the same; where they differ the last one counts,
    /// as it does for the common clients.
    pub(super) code: u16,
    /// The first line that has this code, without its terminator.
    pub(super) words: Vec<u8>,
    /// The text of each line, behind code and separator.
    pub(super) texts: Vec<Vec<u8>>,
    bytes: usize,
}

/// What one more line made of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// More lines follow.
    More,
    /// This was the last one.
    Whole,
    /// Not a reply's line.
    NoReply,
    /// The reply has more lines or bytes than we read.
    TooLong,
}

impl Reply {
    /// Takes one line.
    pub(super) fn add(&mut self, unit: &[u8]) -> Added {
        let line = text::trim_end(unit);
        let Some((code, last, text)) = parse(line) else {
            return Added::NoReply;
        };
        self.bytes += line.len();
        if self.texts.len() >= MAX_LINES || self.bytes > MAX_LIST_BYTES {
            return Added::TooLong;
        }
        if self.is_empty() || self.code != code {
            self.words = line.to_vec();
        }
        self.code = code;
        self.texts.push(text.to_vec());
        if last { Added::Whole } else { Added::More }
    }

    /// Not one line yet.
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Its first line, and no more yet.
    pub(super) fn is_first_line(&self) -> bool {
        self.texts.len() == 1
    }

    /// All its text.
    pub(super) fn text(&self) -> Vec<u8> {
        self.texts.join(b"\n".as_slice())
    }

    /// As a greeting it is SMTP's: a code of SMTP's, and nothing in it says FTP.
    pub(super) fn opens_smtp(&self) -> bool {
        matches!(self.code, 220 | 400..=599) && !self.says_ftp()
    }

    /// Whether its words are FTP's.
    pub(super) fn says_ftp(&self) -> bool {
        looks::says_ftp(&self.text())
    }
}

/// The code of a reply's line; `None` if it is none.
pub(super) fn code(unit: &[u8]) -> Option<u16> {
    parse(text::trim_end(unit)).map(|(code, _, _)| code)
}

/// Code, whether it is the last line, and text. The text may be missing (section 4.2: "SHOULD" be there).
fn parse(line: &[u8]) -> Option<(u16, bool, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    let code = std::str::from_utf8(digits)
        .ok()
        .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?
        .parse()
        .ok()
        .filter(|code| (100..600).contains(code))?;
    match rest.split_first() {
        None => Some((code, true, rest)),
        Some((b' ' | b'\t', text)) => Some((code, true, text)),
        Some((b'-', text)) => Some((code, false, text)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_replies_or_not() {
        type Line = Option<(u16, bool, &'static [u8])>;
        let cases: [(&[u8], Line); 12] = [
            (b"250 ok", Some((250, true, b"ok"))),
            (b"250-SIZE 100", Some((250, false, b"SIZE 100"))),
            (b"250", Some((250, true, b""))),
            (b"250 ", Some((250, true, b""))),
            (b"250-", Some((250, false, b""))),
            (b"550\ttab", Some((550, true, b"tab"))),
            (b"25", None),
            (b"2500", None),
            (b"250:x", None),
            (b"099 x", None),
            (b"600 x", None),
            (b"+25 x", None),
        ];
        for (line, expected) in cases {
            assert_eq!(parse(line), expected, "{}", String::from_utf8_lossy(line));
        }
    }
}
