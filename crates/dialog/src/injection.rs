//! A harmless command said before TLS, behind the wish to upgrade, and what inside TLS answers it (CVE-2011-0411).
//!
//! RFC 3207 section 4.2 and its kind have the server forget all that came before TLS. One that keeps what it had read
//! already executes it as if it had come inside: whoever sits on the way can put words into the client's mouth. Asked for is
//! the least that shows it, a command without effect; then nothing is said for a while, and at last a farewell, whose
//! reply tells silence from death.

use crate::Grammar;
use crate::course::MAX_GREETING;
use crate::text;

/// One injected command and what was heard inside TLS since.
#[derive(Clone, Debug)]
pub struct Injection {
    words: &'static Words,
    before: Vec<u8>,
    after: Vec<u8>,
    farewell_said: bool,
}

/// What became of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// It was answered.
    Answered,
    /// The server lives, and says nothing of it.
    Discarded,
    /// Nothing was heard that tells.
    Nothing,
}

/// What is said in one language, and how replies are told.
#[derive(Debug)]
struct Words {
    grammar: Grammar,
    command: &'static [u8],
    farewell: &'static [u8],
    reads: fn(&[u8]) -> Line,
}

/// What a line of the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// A reply to the command for certain.
    Command,
    /// A reply, to the command or the farewell: the first of two is the command's.
    Either,
    /// A reply to the farewell if that was said, or a farewell of the server's own.
    Farewell,
    /// Neither.
    Other,
}

impl Injection {
    /// In this language; `None`: it has no command without effect before a login (XMPP), or no upgrade (HTTPS).
    pub fn of(grammar: Grammar) -> Option<Self> {
        let words = WORDS.iter().find(|words| words.grammar == grammar)?;
        Some(Self { words, before: Vec::new(), after: Vec::new(), farewell_said: false })
    }

    /// The command, its end of line included.
    pub fn words(&self) -> &'static [u8] {
        self.words.command
    }

    /// Hears what comes inside TLS.
    pub fn hear(&mut self, plaintext: &[u8]) {
        let heard = if self.farewell_said { &mut self.after } else { &mut self.before };
        let room = MAX_GREETING.saturating_sub(heard.len());
        heard.extend_from_slice(text::bounded(plaintext, room));
    }

    /// The farewell, to be said once nothing was heard for a while; `None` once it was.
    pub fn farewell(&mut self) -> Option<&'static [u8]> {
        let first = !std::mem::replace(&mut self.farewell_said, true);
        first.then_some(self.words.farewell)
    }

    /// Whether the farewell was said.
    pub fn has_farewell(&self) -> bool {
        self.farewell_said
    }

    /// What became of the command so far; `closed`: the server closed the connection in order.
    pub fn echo(&self, closed: bool) -> Echo {
        let lines = |heard: &[u8]| -> Vec<Line> {
            heard
                .split_inclusive(|byte| *byte == b'\n')
                .filter(|line| line.ends_with(b"\n"))
                .map(self.words.reads)
                .collect()
        };
        let (before, after) = (lines(&self.before), lines(&self.after));
        let either = after.iter().filter(|line| **line == Line::Either).count();
        let said_farewell = after.contains(&Line::Farewell);
        let is_reply = |line: &Line| matches!(line, Line::Command | Line::Either);
        if before.iter().any(is_reply)
            || after.contains(&Line::Command)
            || either >= 2
            || either == 1 && said_farewell
        {
            Echo::Answered
        } else if self.farewell_said && (either == 1 || said_farewell || closed) {
            Echo::Discarded
        } else {
            Echo::Nothing
        }
    }

    /// The first line that was heard inside TLS, bounded.
    pub fn first_line(&self) -> Option<&[u8]> {
        let heard = if self.before.is_empty() { &self.after } else { &self.before };
        Some(text::first_line(heard)).filter(|line| !line.is_empty())
    }
}

/// NOOP has no effect (RFC 5321 section 4.1.1.9, RFC 9051 section 6.1.2); before a login POP3 has CAPA (RFC 2449) instead,
/// IRC has CAP.
static WORDS: [Words; 4] = [
    Words { grammar: Grammar::Smtp, command: b"NOOP\r\n", farewell: b"QUIT\r\n", reads: smtp_line },
    Words {
        grammar: Grammar::Imap,
        command: b"injected NOOP\r\n",
        farewell: b"farewell LOGOUT\r\n",
        reads: imap_line,
    },
    Words { grammar: Grammar::Pop3, command: b"CAPA\r\n", farewell: b"QUIT\r\n", reads: pop3_line },
    Words {
        grammar: Grammar::Irc,
        command: b"CAP LS 302\r\n",
        farewell: b"QUIT\r\n",
        reads: irc_line,
    },
];

/// The last line of a reply counts (RFC 5321 section 4.2.1).
fn smtp_line(line: &[u8]) -> Line {
    match text::trim_end(line) {
        [b'2', b'2', b'1'] | [b'2', b'2', b'1', b' ', ..] => Line::Farewell,
        // A greeting said again answers nothing.
        [b'2', b'2', b'0'] | [b'2', b'2', b'0', b' ', ..] => Line::Other,
        // Section 3.8: it may come at any time.
        [b'4', b'2', b'1'] | [b'4', b'2', b'1', b' ', ..] => Line::Farewell,
        [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9'] => Line::Either,
        [b'2'..=b'5', b'0'..=b'9', b'0'..=b'9', b' ', ..] => Line::Either,
        _ => Line::Other,
    }
}

fn imap_line(line: &[u8]) -> Line {
    match text::words(text::trim_end(line)).next() {
        Some(b"injected") => Line::Command,
        Some(b"farewell") => Line::Farewell,
        _ if line.to_ascii_uppercase().starts_with(b"* BYE") => Line::Farewell,
        _ => Line::Other,
    }
}

/// Only the reply to CAPA has several lines (RFC 2449 section 5). `+OK` alone may be a greeting said again, and says of
/// the server that it lives, as the reply to the farewell does.
fn pop3_line(line: &[u8]) -> Line {
    match text::words(text::trim_end(line)).next() {
        Some(b".") => Line::Command,
        Some(b"-ERR") => Line::Either,
        Some(b"+OK") => Line::Farewell,
        _ => Line::Other,
    }
}

/// A command behind the server's name, if it gives one (RFC 2812 section 2.3).
fn irc_line(line: &[u8]) -> Line {
    let mut words = text::words(text::trim_end(line)).filter(|word| !word.starts_with(b"@"));
    let first = words.next().unwrap_or_default();
    let command = match first.first() {
        Some(b':') => words.next().unwrap_or_default(),
        _ => first,
    };
    let rest: Vec<&[u8]> = words.collect();
    match command {
        b"CAP" => Line::Command,
        // ERR_UNKNOWNCOMMAND and ERR_NOTREGISTERED name what they are about.
        b"421" | b"451" if rest.contains(&b"CAP".as_slice()) => Line::Command,
        b"ERROR" => Line::Farewell,
        _ => Line::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echo(grammar: Grammar, before: &str, after: Option<&str>, closed: bool) -> Echo {
        let mut injection = Injection::of(grammar).expect("it has a command");
        // In any split.
        before.as_bytes().iter().for_each(|byte| injection.hear(std::slice::from_ref(byte)));
        if let Some(after) = after {
            assert!(injection.farewell().is_some());
            assert_eq!(injection.farewell(), None, "said once");
            injection.hear(after.as_bytes());
        }
        injection.echo(closed)
    }

    #[test]
    fn a_reply_to_the_command_is_told_from_one_to_the_farewell() {
        use Echo::*;
        use Grammar::*;
        let cases: &[(Grammar, &str, Option<&str>, bool, Echo)] = &[
            (Smtp, "250 2.0.0 Ok\r\n", None, false, Answered),
            (Smtp, "250-a\r\n250 b\r\n", None, false, Answered),
            (Smtp, "500 what?\r\n", None, false, Answered),
            (Smtp, "", Some("221 bye\r\n"), true, Discarded),
            (Smtp, "", Some("250 Ok\r\n221 bye\r\n"), true, Answered),
            (Smtp, "", Some("502 what?\r\n"), true, Discarded),
            (Smtp, "", Some(""), true, Discarded),
            (Smtp, "", Some(""), false, Nothing),
            (Smtp, "", None, true, Nothing),
            (Smtp, "421 4.4.2 timeout\r\n", None, true, Nothing),
            (Smtp, "250 2.0.0", None, true, Nothing),
            (Smtp, "SSH-2.0-x\r\n", None, false, Nothing),
            (Imap, "injected OK done\r\n", None, false, Answered),
            (Imap, "injected BAD no\r\n", None, false, Answered),
            (Imap, "* OK still here\r\n", Some("* BYE\r\nfarewell OK\r\n"), true, Discarded),
            (Imap, "", Some("injected OK\r\n* BYE\r\nfarewell OK\r\n"), true, Answered),
            (Pop3, "+OK\r\nTOP\r\n.\r\n", None, false, Answered),
            (Smtp, "220 mx.example ready\r\n", Some("221 bye\r\n"), true, Discarded),
            (Smtp, "220 mx.example ready\r\n", None, false, Nothing),
            (Pop3, "+OK ready\r\n", Some("+OK bye\r\n"), true, Discarded),
            (Pop3, "+OK ready\r\n", None, false, Nothing),
            (Pop3, "", Some("+OK ready\r\n+OK bye\r\n"), true, Discarded),
            (Pop3, "-ERR what?\r\n", None, false, Answered),
            (Pop3, "", Some("-ERR what?\r\n+OK bye\r\n"), true, Answered),
            (Pop3, "", Some("-ERR what?\r\n"), true, Discarded),
            (Pop3, "", Some("+OK bye\r\n"), true, Discarded),
            (Pop3, "", Some("+OK\r\nTOP\r\n.\r\n+OK bye\r\n"), true, Answered),
            (Irc, ":irc.example CAP * LS :sasl\r\n", None, false, Answered),
            (Irc, ":irc.example 451 * CAP :Register first\r\n", None, false, Answered),
            (Irc, ":irc.example NOTICE * :*** hello\r\n", Some("ERROR :bye\r\n"), true, Discarded),
            (Irc, "", Some(""), true, Discarded),
        ];
        for (grammar, before, after, closed, expected) in cases {
            let found = echo(*grammar, before, *after, *closed);
            assert_eq!(found, *expected, "{grammar:?} {before:?} {after:?} {closed}");
        }
    }

    #[test]
    fn an_endless_server_fills_nothing() {
        let mut injection = Injection::of(Grammar::Smtp).expect("it has a command");
        for _ in 0..1000 {
            injection.hear(b"250-and so on\r\n");
        }
        assert!(injection.before.len() <= MAX_GREETING);
        assert_eq!(injection.echo(false), Echo::Nothing);
    }

    #[test]
    fn who_has_no_harmless_command_is_not_asked() {
        for grammar in [Grammar::Bare, Grammar::XmppClient, Grammar::XmppServer] {
            assert!(Injection::of(grammar).is_none(), "{grammar:?}");
        }
    }
}
