//! A server's lines in IRC name their client: as the target of numerics and notices, in farewells, by its host's name.

use super::CLIENT;
use tlscensus_dialog::contains;

/// All lines of a server's words.
pub(super) fn redact(words: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(words.len());
    words.split_inclusive(|byte| *byte == b'\n').for_each(|words| line(words, &mut out));
    out
}

fn line(line: &[u8], out: &mut Vec<u8>) {
    let says_host = contains(line, HOST);
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
        if is_own {
            around(word, out);
        } else {
            out.extend_from_slice(word);
        }
        place = place.next(text);
    }
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
fn around(word: &[u8], out: &mut Vec<u8>) {
    let start = word.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(word.len());
    let end = word.trim_ascii_end().len();
    out.extend_from_slice(word.get(..start).unwrap_or_default());
    out.extend_from_slice(CLIENT);
    out.extend_from_slice(word.get(end..).unwrap_or_default());
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
