//! Small words about bytes that should be text, shared by the line protocols.

/// Longest name of a mechanism that is kept: RFC 4422 section 3.1 allows 20, XMPP and extensions may go further.
pub(crate) const MAX_NAME: usize = 64;

/// What tells a small ASCII letter from its capital.
const CASE: u8 = 0x20;

/// Bytes that are looked at at once: a register of every processor that we run on.
const BLOCK: usize = 16;

/// The unit without its CRLF or LF.
pub(crate) fn trim_end(unit: &[u8]) -> &[u8] {
    let line = unit.strip_suffix(b"\n").unwrap_or(unit);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Without spaces and tabs at either end.
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii()
}

/// The bytes up to the first LF.
pub fn first_line(bytes: &[u8]) -> &[u8] {
    find(bytes, b'\n').and_then(|at| bytes.get(..at)).unwrap_or(bytes)
}

/// Where a byte stands first.
pub fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    // Of a block all bytes are looked at, which is quicker than to stop in it.
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let holds = |block: &[u8; BLOCK]| block.iter().fold(false, |any, byte| any | (*byte == wanted));
    let passed = BLOCK * blocks.iter().take_while(|block| !holds(block)).count();
    let at = bytes.get(passed..)?.iter().position(|byte| *byte == wanted)?;
    Some(passed + at)
}

/// Starts with, whatever the case of ASCII letters.
pub(crate) fn starts_with(bytes: &[u8], start: &[u8]) -> bool {
    bytes.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// The rest behind a start, whatever the case of ASCII letters.
pub(crate) fn strip_start<'a>(bytes: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    starts_with(bytes, start).then(|| bytes.get(start.len()..).unwrap_or_default())
}

/// Contains, whatever the case of ASCII letters.
pub fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else {
        return false;
    };
    // Most windows are told by their first letter, of which one bit is its case.
    let first = *first | CASE;
    bytes.windows(needle.len()).any(|window| {
        window.first().is_some_and(|byte| *byte | CASE == first)
            && window.eq_ignore_ascii_case(needle)
    })
}

/// Words between runs of spaces and tabs.
pub(crate) fn words(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty())
}

/// At most `limit` bytes from the start.
pub(crate) fn bounded(bytes: &[u8], limit: usize) -> &[u8] {
    bytes.get(..limit).unwrap_or(bytes)
}

/// A mechanism's name as a fact: ASCII upper-cased, bounded, escaped.
pub(crate) fn mechanism_name(bytes: &[u8]) -> String {
    escaped(&bounded(bytes, MAX_NAME).to_ascii_uppercase())
}

/// What is not visible ASCII as `\xNN`, and the backslash doubled: the form of all facts that are text.
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            0x21..=0x7e => text.push(char::from(*byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_upper_cased_and_escaped() {
        let cases: [(&[u8], &str); 4] = [
            (b"scram-sha-256-plus", "SCRAM-SHA-256-PLUS"),
            (b"pl\0in", "PL\\x00IN"),
            (b"a\\b\xff", "A\\\\B\\xff"),
            (b"", ""),
        ];
        for (bytes, name) in cases {
            assert_eq!(mechanism_name(bytes), name);
        }
        assert_eq!(mechanism_name(&[b'x'; 1000]).len(), MAX_NAME);
    }

    #[test]
    fn escaping_needs_no_other_marks_than_the_backslash() {
        assert_eq!(escaped(b"port=6697,x='\"\t\\\x1b"), r#"port=6697,x='"\x09\\\x1b"#);
    }

    #[test]
    fn a_byte_is_found_wherever_it_stands() {
        let text = [b'x'; 3 * BLOCK + 1];
        assert_eq!(find(&text, b'y'), None);
        assert_eq!(
            (find(b"", b'y'), first_line(b""), first_line(b"\n")),
            (None, &b""[..], &b""[..])
        );
        for at in 0..text.len() {
            let mut text = text;
            text[at..].fill(b'y');
            assert_eq!(find(&text, b'y'), Some(at));
        }
    }

    #[test]
    fn searching_is_blind_to_case_and_never_fails() {
        assert!(contains(b"vsFTPd", b"ftp"));
        assert!(!contains(b"ft", b"ftp"));
        assert!(!contains(b"", b"ftp"));
        assert_eq!(strip_start(b"auth=LOGIN", b"AUTH="), Some(b"LOGIN".as_slice()));
        assert_eq!(strip_start(b"AU", b"AUTH"), None);
        assert_eq!(trim_end(b"a\r\n"), b"a");
        assert_eq!(trim_end(b"a\r"), b"a");
    }
}
