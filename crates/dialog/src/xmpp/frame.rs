//! Cuts one side of an XML stream (RFC 6120 section 4.2) into its stream header, its first-level elements and its closing
//! tag. Framing only: names are balanced and markup that section 11.1 forbids is refused; attributes, namespaces and
//! entities are the grammar's.

use std::ops::Range;

use crate::frame::FrameError;
use crate::frame::Framer;
use crate::frame::MAX_UNIT;
use crate::looks::binary_opening;
use crate::looks::may_be_binary;
use crate::text;

/// Cuts an XML stream as it arrives; nothing is scanned twice, whatever the segments are.
///
/// A unit is the stream header (an XML declaration before it included), one element at depth 1, or the closing tag of the
/// stream. White space between units is a keep-alive (RFC 6120 section 4.6.1) and is skipped, but only once the next unit
/// is asked for, so that bytes behind a go-ahead stay as they came.
#[derive(Debug)]
pub(crate) struct StreamFramer {
    /// Bytes from `start` on are not handed out yet; bytes before it are dropped at the next feed.
    bytes: Vec<u8>,
    start: usize,
    /// The next byte to scan.
    position: usize,
    state: State,
    /// The stream's own name (`stream:stream`) while it is open.
    stream: Option<Vec<u8>>,
    /// That name is supposed: the header is missing, or may yet come.
    supposed: bool,
    /// Names of the open elements inside the stream, as offsets from `start`.
    open: Vec<Range<usize>>,
    /// Bytes of white space so far.
    skipped: usize,
    /// Why, and by how many bytes that is shown.
    failed: Option<(FrameError, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between tags.
    Text,
    /// A `<` was read.
    Less,
    /// In a start tag; the name began at this offset from `start`.
    StartName(usize),
    /// In a start tag behind its name; whether the last byte was `/`.
    StartTag { slash: bool },
    /// In an attribute's value, until this quotation mark.
    Quoted(u8),
    /// In an end tag; the name began at this offset.
    EndTag(usize),
    /// In `<?xml … ?>`; whether the last byte was `?`.
    Declaration(bool),
    /// This many bytes of `<![CDATA[` were read.
    Bang(usize),
    /// In a CDATA section, behind this many `]`.
    Cdata(usize),
    /// The first bytes are no XML: collecting enough of them to tell what they are.
    Alien,
}

/// What one byte did.
enum Scanned {
    More,
    Unit,
    Fault,
    TooDeep,
}

impl StreamFramer {
    pub(crate) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            position: 0,
            state: State::Text,
            stream: None,
            supposed: false,
            open: Vec::new(),
            skipped: 0,
            failed: None,
        }
    }

    /// Depth of what is read next: 0 before the header, 1 in the stream, more inside an element.
    fn depth(&self) -> usize {
        self.open.len() + usize::from(self.stream.is_some())
    }

    /// White space between units, and a byte order mark before the header, belong to none.
    fn between_units(&self, byte: u8) -> bool {
        self.position == self.start
            && (byte.is_ascii_whitespace()
                || (self.stream.is_none() && BYTE_ORDER_MARK.contains(&byte)))
    }

    fn scan(&mut self, byte: u8) -> Scanned {
        let offset = self.position - self.start;
        match self.state {
            State::Text => return self.scan_text(byte),
            State::Less => return self.scan_less(byte, offset),
            State::StartName(name) => {
                if byte.is_ascii_whitespace() || byte == b'/' || byte == b'>' {
                    self.open.push(name..offset);
                    return self.scan_tag(byte);
                }
                if byte == b'<' || byte == b'=' || byte == b'"' || byte == b'\'' {
                    return Scanned::Fault;
                }
            }
            State::StartTag { slash } => {
                return match (byte, slash) {
                    (b'>', _) | (b'/' | b'"' | b'\'', false) => self.scan_tag(byte),
                    (b'<', _) | (_, true) => Scanned::Fault,
                    _ => Scanned::More,
                };
            }
            State::Quoted(quote) => {
                if byte == b'<' {
                    return Scanned::Fault;
                }
                if byte == quote {
                    self.state = State::StartTag { slash: false };
                }
            }
            State::EndTag(name) => match byte {
                b'>' => return self.close(name..offset),
                b'<' | b'"' | b'\'' | b'=' => return Scanned::Fault,
                _ => {}
            },
            State::Declaration(question) => match (question, byte) {
                (true, b'>') => self.state = State::Text,
                (_, b'<') => return Scanned::Fault,
                _ => self.state = State::Declaration(byte == b'?'),
            },
            State::Bang(read) => match CDATA_OPENING.get(read) {
                Some(&expected) if expected == byte => {
                    self.state = if read + 1 == CDATA_OPENING.len() {
                        State::Cdata(0)
                    } else {
                        State::Bang(read + 1)
                    };
                }
                _ => return Scanned::Fault,
            },
            State::Cdata(brackets) => {
                self.state = match byte {
                    b']' => State::Cdata((brackets + 1).min(2)),
                    b'>' if brackets == 2 => State::Text,
                    _ => State::Cdata(0),
                };
            }
            State::Alien => {}
        }
        Scanned::More
    }

    fn scan_text(&mut self, byte: u8) -> Scanned {
        if byte == b'<' {
            self.state = State::Less;
        } else if self.depth() < 2 && !byte.is_ascii_whitespace() {
            return Scanned::Fault;
        }
        Scanned::More
    }

    fn scan_less(&mut self, byte: u8, offset: usize) -> Scanned {
        self.state = match byte {
            b'/' if self.depth() > 0 => State::EndTag(offset + 1),
            // Only the declaration may use this form, and only before the header: RFC 6120 section 11.1.
            b'?' if self.stream.is_none() && offset == 1 => State::Declaration(false),
            b'!' if self.depth() > 1 => State::Bang(CDATA_BEHIND_BANG),
            _ if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => {
                State::StartName(offset)
            }
            _ => return Scanned::Fault,
        };
        Scanned::More
    }

    /// A byte of a start tag that changes the state; the name is already on the stack.
    fn scan_tag(&mut self, byte: u8) -> Scanned {
        let closed_itself = self.state == State::StartTag { slash: true };
        match byte {
            b'>' if closed_itself => {
                self.state = State::Text;
                self.open.pop();
                self.unit_if_shallow()
            }
            b'>' => {
                self.state = State::Text;
                self.opened()
            }
            b'"' | b'\'' => {
                self.state = State::Quoted(byte);
                Scanned::More
            }
            _ => {
                self.state = State::StartTag { slash: byte == b'/' };
                Scanned::More
            }
        }
    }

    /// A start tag is complete.
    fn opened(&mut self) -> Scanned {
        let Some(name) = self.open.last() else {
            return Scanned::Fault;
        };
        let name = self.bytes.get(self.start + name.start..self.start + name.end);
        // A header inside an open stream is a restart (RFC 6120 section 4.3.3).
        let is_header = name == self.stream.as_deref()
            || self.supposed && name.is_some_and(|name| name.ends_with(b":stream"));
        if self.open.len() == 1 && (self.stream.is_none() || is_header) {
            self.supposed = false;
            self.stream = name.map(<[u8]>::to_vec);
            self.open.clear();
            return Scanned::Unit;
        }
        if self.depth() > MAX_DEPTH { Scanned::TooDeep } else { Scanned::More }
    }

    /// An end tag is complete; its name must be that of what is open.
    fn close(&mut self, name: Range<usize>) -> Scanned {
        let name = self
            .bytes
            .get(self.start + name.start..self.start + name.end)
            .unwrap_or_default()
            .trim_ascii_end();
        self.state = State::Text;
        let Some(opened) = self.open.last() else {
            if self.stream.as_deref() != Some(name) {
                return Scanned::Fault;
            }
            self.stream = None;
            return Scanned::Unit;
        };
        let opened = self.bytes.get(self.start + opened.start..self.start + opened.end);
        if opened != Some(name) {
            return Scanned::Fault;
        }
        self.open.pop();
        self.unit_if_shallow()
    }

    fn unit_if_shallow(&self) -> Scanned {
        if self.open.is_empty() { Scanned::Unit } else { Scanned::More }
    }

    /// The bytes cannot go on as XML. Before a header they may be another protocol's: enough of them is awaited to say
    /// which, and always the same amount, whatever the segments were.
    fn fault(&mut self) {
        if self.stream.is_none() {
            self.state = State::Alien;
        } else {
            self.fail(FrameError::Malformed);
        }
    }

    fn fail(&mut self, error: FrameError) {
        self.failed = Some((error, self.position - self.start));
    }

    /// Whether enough is there to recognise another protocol by.
    fn alien_is_complete(&self) -> bool {
        let seen = self.bytes.get(self.start..self.position).unwrap_or_default();
        let ends_line = seen.ends_with(b"\n") && !may_be_binary(seen);
        binary_opening(seen).is_some() || ends_line || seen.len() >= ALIEN_LINE
    }
}

impl Framer for StreamFramer {
    fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.position -= self.start;
        self.start = 0;
        self.bytes.extend_from_slice(bytes);
    }

    fn unit(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        while self.failed.is_none() {
            let Some(&byte) = self.bytes.get(self.position) else {
                return Ok(None);
            };
            if self.between_units(byte) && self.state == State::Text {
                self.start += 1;
                self.position += 1;
                self.skipped += 1;
                continue;
            }
            let scanned = self.scan(byte);
            self.position += 1;
            match scanned {
                Scanned::Unit => {
                    let unit = self.bytes.get(self.start..self.position).map(<[u8]>::to_vec);
                    self.start = self.position;
                    return Ok(unit);
                }
                Scanned::Fault => self.fault(),
                Scanned::TooDeep => self.fail(FrameError::TooLong),
                Scanned::More => {}
            }
            if self.state == State::Alien && self.alien_is_complete() {
                self.fail(FrameError::Malformed);
            } else if self.position - self.start >= MAX_UNIT {
                self.fail(FrameError::TooLong);
            }
        }
        self.failed.map_or(Ok(None), |(error, _)| Err(error))
    }

    fn take_rest(&mut self) -> Vec<u8> {
        let mut taken = std::mem::replace(self, Self::new());
        taken.bytes.split_off(taken.start)
    }

    fn waiting(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    fn resync(&mut self) {
        // If the header itself is missing, the stream has the name that nearly all give it.
        let supposed = self.supposed || self.stream.is_none();
        let stream = self.stream.take().unwrap_or_else(|| USUAL_NAME.to_vec());
        *self = Self { stream: Some(stream), supposed, ..Self::new() };
    }

    fn skip(&mut self) {
        let rest = self.waiting().get(1..).unwrap_or_default();
        let next = rest.iter().position(|byte| *byte == b'<').unwrap_or(rest.len());
        let rest = rest.get(next..).unwrap_or_default().to_vec();
        self.resync();
        self.feed(&rest);
    }

    fn rest(&self) -> &[u8] {
        let shown_by = self.failed.map_or(usize::MAX, |(_, shown_by)| shown_by);
        text::bounded(self.waiting(), shown_by)
    }

    fn skipped(&self) -> usize {
        self.skipped
    }
}

/// Deepest element that is followed, the stream being 1: features need 5, stanzas of real clients about 10.
const MAX_DEPTH: usize = 64;

/// A text line that is no XML is read to its end, at most this far: RFC 5321 section 4.5.3.1.5 and RFC 2812 section 2.3.
const ALIEN_LINE: usize = 512;

/// RFC 6120 section 4.8.5: servers may insist on this prefix.
const USUAL_NAME: &[u8] = b"stream:stream";

const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

const CDATA_OPENING: &[u8] = b"<![CDATA[";

/// Length of `<!`.
const CDATA_BEHIND_BANG: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "<?xml version='1.0'?><stream:stream from=\"a>b/\" xmlns='jabber:client'>";

    fn cut(segments: &[&[u8]]) -> (Vec<String>, Option<FrameError>, Vec<u8>) {
        let mut framer = StreamFramer::new();
        let mut units = Vec::new();
        let mut error = None;
        for segment in segments {
            framer.feed(segment);
            loop {
                match framer.unit() {
                    Ok(Some(unit)) => units.push(String::from_utf8_lossy(&unit).into_owned()),
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

    /// Whole, then byte by byte: same units, same error, same rest.
    fn check(input: &str, units: &[&str], error: Option<FrameError>) {
        let whole = cut(&[input.as_bytes()]);
        assert_eq!(
            (whole.0.iter().map(String::as_str).collect::<Vec<_>>(), whole.1),
            (units.to_vec(), error),
            "{input:?}"
        );
        let bytes: Vec<&[u8]> = input.as_bytes().chunks(1).collect();
        assert_eq!(cut(&bytes), whole, "{input:?}");
    }

    #[test]
    fn header_children_and_closing_tag_are_units() {
        let child = "<stream:features><a x='/>'/><b><c/>t]]<![CDATA[</b>]]]></b></stream:features>";
        let input =
            format!("\u{feff} {HEADER}\n {child}  <x/><stream:y a=\"'\" />\r\n</stream:stream >");
        check(&input, &[HEADER, child, "<x/>", "<stream:y a=\"'\" />", "</stream:stream >"], None);
    }

    #[test]
    fn a_header_in_an_open_stream_is_a_unit() {
        check(&format!("{HEADER}<a/>{HEADER}"), &[HEADER, "<a/>"], Some(FrameError::Malformed));
        let bare = "<stream:stream>";
        check(&format!("{bare}<a/>{bare}<b/>"), &[bare, "<a/>", bare, "<b/>"], None);
    }

    #[test]
    fn forbidden_and_broken_markup_is_malformed() {
        for broken in [
            "<!-- comment -->",
            "<a><!-- comment --></a>",
            "<?php ?>",
            "<a><?xml version='1.0'?></a>",
            "<!DOCTYPE lolz [<!ENTITY lol 'lol'>]>",
            "<a><b></a></b>",
            "text",
            "</other:stream>",
            "<a b='<'/>",
            "<a /b>",
            "<1>",
            "<a<b>",
            "<a></a<",
            "<![CDATA[x]]>",
        ] {
            check(&format!("{HEADER}{broken}"), &[HEADER], Some(FrameError::Malformed));
        }
    }

    #[test]
    fn other_protocols_are_kept_up_to_the_end_of_their_line() {
        for line in [
            "220 mail ESMTP\r\n",
            "<!DOCTYPE html>\n",
            "* OK hi\n",
            "<?xml <\n",
            "</stream:stream>\n",
        ] {
            check(line, &[], Some(FrameError::Malformed));
            let more = format!("{line}more");
            assert_eq!(cut(&[more.as_bytes()]).2, line.as_bytes());
        }
        let alert = cut(&[b"\x15\x03\x01\x00\x02\x02\x28"]);
        assert_eq!(
            alert,
            (Vec::new(), Some(FrameError::Malformed), b"\x15\x03\x01\x00\x02".to_vec())
        );
    }

    #[test]
    fn limits_hold() {
        let deep = format!("{HEADER}{}", "<a>".repeat(MAX_DEPTH));
        check(&deep, &[HEADER], Some(FrameError::TooLong));
        let long = format!("<stream:stream a='{}'>", "x".repeat(MAX_UNIT));
        check(&long, &[], Some(FrameError::TooLong));
        assert!(cut(&[long.as_bytes()]).2.len() <= MAX_UNIT);
        let keep_alives = format!("{HEADER}{}<a/>", " ".repeat(2 * MAX_UNIT));
        assert_eq!(cut(&[keep_alives.as_bytes()]).0, [HEADER, "<a/>"]);
    }

    #[test]
    fn the_rest_is_as_it_came_and_the_framer_starts_over() {
        let mut framer = StreamFramer::new();
        framer.feed(b"<s:s><proceed/>\n \x16\x03\x01");
        assert_eq!(framer.unit(), Ok(Some(b"<s:s>".to_vec())));
        assert_eq!(framer.unit(), Ok(Some(b"<proceed/>".to_vec())));
        assert_eq!(framer.take_rest(), b"\n \x16\x03\x01");
        framer.feed(b"<s:s>");
        assert_eq!(framer.unit(), Ok(Some(b"<s:s>".to_vec())));
    }
}
