//! Peers' bytes as text: readable, harmless on a terminal, and reversible.

use tlscensus_certs::reorders_or_hides;

/// Printable UTF-8 stays as it is; every other byte becomes `\xNN`, and a backslash `\\`.
///
/// Control characters and those that reorder or hide text count as unprintable.
pub fn escape(bytes: &[u8]) -> String {
    // Most texts are plain, or that and the end of a line.
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (plain, rest) = bytes.split_at(if is_all_plain(line) { line.len() } else { 0 });
    let mut text = String::with_capacity(bytes.len() + ESCAPE_GROWTH * rest.len().min(2));
    push_plain(&mut text, plain);
    push_runs(&mut text, rest);
    text
}

fn push_runs(text: &mut String, bytes: &[u8]) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = rest.iter().take_while(|byte| is_plain(**byte)).count();
        let (plain, behind) = rest.split_at(length);
        push_plain(text, plain);
        // What is no ASCII ends before the next byte that is, whole or broken.
        let length = behind.iter().take_while(|byte| !is_plain(**byte)).count();
        let (other, behind) = behind.split_at(length);
        push_other(text, other);
        rest = behind;
    }
}

/// The bytes that [`escape`] was given; `None` for text it never writes.
pub fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (plain, escaped) = rest.split_at(at);
        bytes.extend_from_slice(plain.as_bytes());
        if let Some(after) = escaped.strip_prefix(r"\\") {
            bytes.push(b'\\');
            rest = after;
        } else {
            let digits = escaped.strip_prefix(r"\x")?;
            bytes.push(u8::from_str_radix(digits.get(..2)?, 16).ok()?);
            rest = digits.get(2..)?;
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(bytes)
}

/// All bytes are gone through, which is quicker than to stop.
fn is_all_plain(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |all, byte| all & is_plain(*byte))
}

/// ASCII that stays as it is.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'\\'
}

fn push_plain(text: &mut String, bytes: &[u8]) {
    text.push_str(str::from_utf8(bytes).expect("what is plain is ASCII"));
}

fn push_other(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            push_letter(text, letter);
        }
        for byte in chunk.invalid() {
            push_byte(text, *byte);
        }
    }
}

fn push_letter(text: &mut String, letter: char) {
    if letter == '\\' {
        text.push_str(r"\\");
    } else if letter.is_control() || reorders_or_hides(letter) {
        let mut buffer = [0; 4];
        for byte in letter.encode_utf8(&mut buffer).bytes() {
            push_byte(text, byte);
        }
    } else {
        text.push(letter);
    }
}

fn push_byte(text: &mut String, byte: u8) {
    text.push_str(r"\x");
    for nibble in [byte >> 4, byte & 0xf] {
        text.push(char::from_digit(u32::from(nibble), 16).expect("a nibble is a digit"));
    }
}

/// What a byte grows by that is escaped. There is room for the end of a line at once.
const ESCAPE_GROWTH: usize = 3;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_printable_stays_and_the_rest_is_escaped() {
        let cases: &[(&[u8], &str)] = &[
            (b"", ""),
            (b"220 mx.example ESMTP", "220 mx.example ESMTP"),
            (b"a\r\n\tb", r"a\x0d\x0a\x09b"),
            (b"C:\\x41", r"C:\\x41"),
            ("Grüße ✉".as_bytes(), "Grüße ✉"),
            (b"\xff\xfd\x01", r"\xff\xfd\x01"),
            (b"\xc3", r"\xc3"),
            (b"\xe2\x9ca", r"\xe2\x9ca"),
            ("\u{202e}evil".as_bytes(), r"\xe2\x80\xaeevil"),
            (b"\x1b[31m", r"\x1b[31m"),
        ];
        for (bytes, text) in cases {
            assert_eq!(escape(bytes), *text);
            assert_eq!(unescape(text).as_deref(), Some(*bytes));
        }
    }

    #[test]
    fn text_that_no_escaping_wrote_is_refused() {
        for text in [r"\", r"\n", r"\x", r"\x4", r"\xzz", r"\xé"] {
            assert_eq!(unescape(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn escaping_is_reversible(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let text = escape(&bytes);
            prop_assert!(text.chars().all(|letter| !letter.is_control()));
            prop_assert_eq!(unescape(&text), Some(bytes));
        }
    }
}
