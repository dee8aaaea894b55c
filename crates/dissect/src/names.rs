//! What a client calls itself, collected only so that a server's words can be cleared of it.

/// Bytes of each side by which a flow is recognised: Zeek's signatures look as far, and a list of EHLO fits.
pub(crate) const MAX_PROBE: usize = 1024;

/// Names out of a client's plaintext: EHLO's argument, nick, user name, and what else it may have said of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    line: Vec<u8>,
    names: Vec<Vec<u8>>,
    heard: usize,
}

impl Names {
    /// The next bytes of the client's plaintext.
    pub(crate) fn hear(&mut self, bytes: &[u8]) {
        let room = MAX_HEARD.saturating_sub(self.heard);
        let bytes = bytes.get(..room).unwrap_or(bytes);
        self.heard += bytes.len();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.is_empty() && part.ends_with(b"\n") {
                self.read(part.get(..MAX_LINE).unwrap_or(part));
                continue;
            }
            let room = MAX_LINE.saturating_sub(self.line.len());
            self.line.extend_from_slice(part.get(..room).unwrap_or(part));
            if part.ends_with(b"\n") {
                self.read_begun();
            }
        }
    }

    /// The names so far, a begun line's too.
    pub(crate) fn finish(mut self) -> Vec<Vec<u8>> {
        self.read_begun();
        self.names
    }

    fn read_begun(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.read(&line);
    }

    fn read(&mut self, line: &[u8]) {
        let words = || line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let skip = |verb: &[u8]| BEHIND.iter().find(|(known, _)| verb.eq_ignore_ascii_case(known));
        // An IMAP command has its tag in front.
        for (at, word) in words().take(2).enumerate() {
            if let Some((_, behind)) = skip(word) {
                words().skip(at + behind).for_each(|word| self.add(word));
                break;
            }
        }
    }

    fn add(&mut self, word: &[u8]) {
        // XCLIENT's and XFORWARD's attributes; addresses in angle brackets; IRC's last parameter; IMAP's strings.
        let value = word.iter().position(|byte| *byte == b'=').map(|at| at + 1);
        let value = value
            .filter(|at| *at < word.len() && word.first().is_some_and(u8::is_ascii_alphabetic));
        let word = word.get(value.unwrap_or(0)..).unwrap_or(word);
        let is_mark = |byte: &u8| b"[]<>()\":".contains(byte);
        let start = word.iter().position(|byte| !is_mark(byte)).unwrap_or(word.len());
        let end = word.iter().rposition(|byte| !is_mark(byte)).map_or(0, |at| at + 1);
        let name = word.get(start..end).unwrap_or_default();
        let says = name.iter().any(u8::is_ascii_alphanumeric);
        if says && self.names.len() < MAX_NAMES && !self.names.iter().any(|n| n == name) {
            self.names.push(name.to_vec());
        }
    }
}

/// Commands, and how many words behind them the client's own begin: behind AUTH's and AUTHENTICATE's mechanism.
const BEHIND: [(&[u8], usize); 15] = [
    (b"APOP", 1),
    (b"AUTH", 2),
    (b"AUTHENTICATE", 2),
    (b"EHLO", 1),
    (b"HELO", 1),
    (b"LHLO", 1),
    (b"LOGIN", 1),
    (b"MAIL", 1),
    (b"NICK", 1),
    (b"PASS", 1),
    (b"RCPT", 1),
    (b"USER", 1),
    (b"WEBIRC", 1),
    (b"XCLIENT", 1),
    (b"XFORWARD", 1),
];

/// Bytes of a client's that are looked at: what it says behind them no server answers before we stop listening.
const MAX_HEARD: usize = 8 * 1024;

/// Bytes of a line that are looked at: RFC 5321 section 4.5.3.1.4.
const MAX_LINE: usize = 512;

/// Names that are kept: the longest registration in IRC has some ten words.
const MAX_NAMES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn names(said: &[u8], step: usize) -> Vec<String> {
        let mut names = Names::default();
        said.chunks(step).for_each(|chunk| names.hear(chunk));
        let text = |name: Vec<u8>| String::from_utf8_lossy(&name).into_owned();
        names.finish().into_iter().map(text).collect()
    }

    #[test]
    fn names_are_found_in_every_protocol_and_split() {
        let cases: [(&[u8], &[&str]); 9] = [
            (
                b"EHLO laptop.home.example\r\nMAIL FROM:<a@b.example>\r\n",
                &["laptop.home.example", "FROM:<a@b.example"],
            ),
            (b"helo [192.0.2.7]\n", &["192.0.2.7"]),
            (b"XCLIENT NAME=x.example ADDR=192.0.2.9\r\n", &["x.example", "192.0.2.9"]),
            (b"AUTH PLAIN AGFs\r\n", &["AGFs"]),
            (b"a1 LOGIN alice \"pass\"\r\n", &["alice", "pass"]),
            (b"NICK bob\r\nUSER bob 0 * :Bob B\r\n", &["bob", "0", "Bob", "B"]),
            (b"STARTTLS\r\n", &[]),
            (b"CAPA\r\nUSER carol", &["carol"]),
            (b"\r\n\r\n", &[]),
        ];
        for (said, expected) in cases {
            for step in 1..=said.len() {
                assert_eq!(names(said, step), expected, "{}", String::from_utf8_lossy(said));
            }
        }
    }

    #[test]
    fn an_endless_client_fills_nothing() {
        let mut names = Names::default();
        (0..100_000).for_each(|n| names.hear(format!("NICK n{n}").as_bytes()));
        assert!(names.line.len() <= MAX_LINE && names.names.len() <= MAX_NAMES);
    }
}
