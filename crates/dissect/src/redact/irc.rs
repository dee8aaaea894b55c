//! A server's lines in IRC name their client: as the target of numerics and notices, in farewells, by its host's name.

use super::CLIENT;

/// All lines of a server's words.
pub(super) fn redact(words: &[u8]) -> Vec<u8> {
    words.split_inclusive(|byte| *byte == b'\n').map(line).collect::<Vec<_>>().concat()
}

fn line(line: &[u8]) -> Vec<u8> {
    let mut out: Vec<Vec<u8>> = Vec::new();
    let says_host = line.windows(HOST.len()).any(|window| window.eq_ignore_ascii_case(HOST));
    let mut place = Place::Start;
    for word in line.split_inclusive(|byte| *byte == b' ') {
        let text = word.trim_ascii();
        let is_own = match place {
            _ if text.is_empty() => false,
            Place::Target => !text.starts_with(b":") && !SERVERS.contains(&text),
            Place::Closed => true,
            Place::Text => says_host && is_host(text),
            Place::Start | Place::Command => text.starts_with(b":") && text.contains(&b'!'),
        };
        out.push(if is_own { around(word) } else { word.to_vec() });
        place = place.next(text);
    }
    out.concat()
}

/// Where in a line the next word stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The prefix, or the command without one.
    Start,
    Command,
    /// Whom a numeric or notice is for.
    Target,
    /// Behind `Closing Link:`.
    Closed,
    Text,
}

impl Place {
    fn next(self, word: &[u8]) -> Self {
        if word.is_empty() {
            return self;
        }
        let numeric = word.len() == 3 && word.iter().all(u8::is_ascii_digit);
        match self {
            Self::Start if word.starts_with(b":") || word.starts_with(b"@") => Self::Command,
            Self::Start | Self::Command if numeric || word.eq_ignore_ascii_case(b"NOTICE") => {
                Self::Target
            }
            Self::Command | Self::Start => Self::Text,
            _ if word.eq_ignore_ascii_case(b"Link:") => Self::Closed,
            Self::Target | Self::Closed | Self::Text => Self::Text,
        }
    }
}

/// A dotted name, and no version or sentence.
fn is_host(word: &[u8]) -> bool {
    let name = word.trim_ascii();
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || b"-.:_".contains(byte);
    let start = name.iter().position(inner).unwrap_or(name.len());
    let end = name.iter().rposition(u8::is_ascii_alphanumeric).map_or(0, |at| at + 1);
    let name = name.get(start..end).unwrap_or_default();
    name.iter().all(inner) && name.contains(&b'.')
}

/// The mark in a word's place, with its spaces.
fn around(word: &[u8]) -> Vec<u8> {
    let start = word.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(word.len());
    let end = word.trim_ascii_end().len();
    let (before, behind) = (word.get(..start), word.get(end..));
    [before.unwrap_or_default(), CLIENT, behind.unwrap_or_default()].concat()
}

/// Targets that are nobody.
const SERVERS: [&[u8]; 2] = [b"*", b"AUTH"];

const HOST: &[u8] = b"host";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_their_client() {
        let cases = [
            (":irc.example 691 bob :STARTTLS failed", ":irc.example 691 <client> :STARTTLS failed"),
            (":irc.example 691 * :no", ":irc.example 691 * :no"),
            (
                ":irc.joulunet.org 670  :STARTTLS successful",
                ":irc.joulunet.org 670  :STARTTLS successful",
            ),
            ("NOTICE AUTH :*** Looking up", "NOTICE AUTH :*** Looking up"),
            (
                ":s NOTICE bob :hi\r\n:s NOTICE bob :ho\r\n",
                ":s NOTICE <client> :hi\r\n:s NOTICE <client> :ho\r\n",
            ),
            (
                ":irc.example NOTICE * :*** Found your hostname (dsl-1.isp.example) -- cached",
                ":irc.example NOTICE * :*** Found your hostname <client> -- cached",
            ),
            (
                "ERROR :Closing Link: bob[dsl.example] (throttled)",
                "ERROR :Closing Link: <client> (throttled)",
            ),
            (":bob!u@h NOTICE x :y", "<client> NOTICE <client> :y"),
        ];
        for (words, expected) in cases {
            assert_eq!(String::from_utf8_lossy(&redact(words.as_bytes())), expected);
        }
    }
}
