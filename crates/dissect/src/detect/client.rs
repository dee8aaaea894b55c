//! First bytes read as a client's.

use tlscensus_dialog::contains;

use super::votes::Votes;
use super::votes::Weight;
use super::words::Capitals;
use super::words::Lines;
use super::words::Words;
use super::words::is_one_of;
use super::words::starts_with;
use super::words::words;
use crate::findings::Foreign;
use crate::speech::Via;

/// What these lines say; `whole`: the first of them is the very first of the side.
pub(super) fn votes(lines: &Lines<'_>, whole: bool) -> Votes {
    let mut votes = Votes::too_little();
    let mut registration = Registration::default();
    for (at, line) in lines.clone().enumerate() {
        let said = read(line);
        match (&said.foreign, at, whole) {
            // A line that is nobody's shows something only if it is the first.
            (Some(Foreign::Unknown), 0, true) if !line.is_empty() => return said,
            (Some(Foreign::Unknown), ..) => {}
            (Some(_), ..) if votes.ours.is_empty() => return said,
            _ => votes.ours.add(said.ours),
        }
        registration.hear(line);
        if registration.is_whole() && votes.weight(Via::Irc) == Some(Weight::Likely) {
            votes.add(Votes::for_one(Via::Irc, Weight::Sure));
        }
        if votes.ours.best() == Some(Weight::Sure) {
            votes.open = false;
            return votes;
        }
    }
    votes
}

fn read(line: &[u8]) -> Votes {
    let all = Words::of(line);
    let Some((verb, arguments)) = all.all().split_first() else {
        return Votes::not_ours(Foreign::Unknown);
    };
    let first = arguments.first().copied().unwrap_or_default();
    let (verb_capitals, first_capitals) = (Capitals::of(verb), Capitals::of(first));
    let command = Command {
        verb,
        is: verb_capitals.letters(),
        first,
        first_is: first_capitals.letters(),
        arguments,
    };
    if let Some(via) = command.sure() {
        return Votes::for_one(via, Weight::Sure);
    }
    if let Some(foreign) = command.foreign() {
        return Votes::not_ours(foreign);
    }
    command.unsure().unwrap_or_else(|| Votes::not_ours(Foreign::Unknown))
}

/// A line as its words.
struct Command<'a> {
    verb: &'a [u8],
    /// The verb in capitals.
    is: &'a [u8],
    /// The first argument, empty where there is none.
    first: &'a [u8],
    /// The same in capitals.
    first_is: &'a [u8],
    arguments: &'a [&'a [u8]],
}

impl Command<'_> {
    /// The protocol in which alone this is a command.
    fn sure(&self) -> Option<Via> {
        match (self.is, self.arguments.len()) {
            (b"EHLO" | b"HELO" | b"LHLO", 0..=2) | (b"X-ANONYMOUSTLS", _) => Some(Via::Smtp),
            (b"MAIL", _) if starts_with(self.first, b"FROM:") => Some(Via::Smtp),
            (b"RCPT", _) if starts_with(self.first, b"TO:") => Some(Via::Smtp),
            (b"CAPA" | b"STLS", 0) | (b"APOP", 2) => Some(Via::Pop3),
            (b"CAP", _) if matches!(self.first_is, b"LS" | b"LIST" | b"REQ" | b"END") => {
                Some(Via::Irc)
            }
            _ => self.is_imap().then_some(Via::Imap),
        }
    }

    /// A tag and a command that no other protocol has behind a word (RFC 9051 section 6). The words of other protocols are
    /// tags too, as far as the grammar goes.
    fn is_imap(&self) -> bool {
        let fits = matches!(
            (self.first_is, self.arguments.len()),
            (b"CAPABILITY" | b"STARTTLS" | b"NOOP" | b"LOGOUT", 1)
                | (b"AUTHENTICATE", 2 | 3)
                | (b"LOGIN" | b"ID" | b"SELECT" | b"EXAMINE" | b"ENABLE", 2..)
        );
        fits && self.verb.len() <= MAX_TAG
            && self
                .verb
                .iter()
                .all(|byte| byte.is_ascii_graphic() && !b"(){%*\"\\+:<>".contains(byte))
            && !is_no_tag(self.is)
    }

    fn foreign(&self) -> Option<Foreign> {
        match self.is {
            b"AUTH" if matches!(self.first_is, b"TLS" | b"SSL" | b"TLS-C" | b"TLS-P") => {
                Some(Foreign::Ftp)
            }
            b"FEAT" | b"PASV" | b"EPSV" | b"SYST" | b"PBSZ" => Some(Foreign::Ftp),
            b"AUTHINFO" | b"CAPABILITIES" | b"ARTICLE" | b"XOVER" => Some(Foreign::Nntp),
            b"MODE" if matches!(self.first_is, b"READER" | b"STREAM") => Some(Foreign::Nntp),
            verb if is_method(verb) && self.has_target() => Some(Foreign::Http),
            [b'H', b'T', b'T', b'P', b'/', ..] => Some(Foreign::Http),
            [b'S', b'S', b'H', b'-', ..] => Some(Foreign::Ssh),
            [b'*', ..] => self.is_array().then_some(Foreign::Redis),
            _ => None,
        }
    }

    /// Behind HTTP's methods.
    fn has_target(&self) -> bool {
        self.first.starts_with(b"/")
            || self.arguments.last().is_some_and(|last| starts_with(last, b"HTTP/"))
    }

    /// RESP: an array of bulk strings.
    fn is_array(&self) -> bool {
        let count = self.verb.strip_prefix(b"*").unwrap_or_default();
        !count.is_empty() && count.iter().all(u8::is_ascii_digit) && self.arguments.is_empty()
    }

    /// What more than one protocol has, or none but in other words too.
    fn unsure(&self) -> Option<Votes> {
        use Via::Irc;
        use Via::Pop3;
        use Via::Smtp;
        let (vias, weight): (&[Via], _) = match (self.is, self.arguments.len()) {
            (b"STARTTLS", 0) => (&[Smtp, Irc], Weight::Likely),
            (b"AUTH", 0) => (&[Pop3], Weight::Likely),
            (b"STAT", 0) => (&[Pop3], Weight::Possible),
            (b"QUIT" | b"NOOP" | b"RSET" | b"HELP", 0 | 1) => {
                (&[Smtp, Pop3, Irc], Weight::Possible)
            }
            (b"AUTH", 1 | 2) if is_mechanism(self.first) => (&[Smtp, Pop3], Weight::Likely),
            (b"USER" | b"UTF8" | b"LANG", 1) => (&[Pop3], Weight::Likely),
            (b"PASS", 1) => (&[Pop3, Irc], Weight::Possible),
            (b"NICK", 1 | 2) | (b"USER" | b"SERVER" | b"WEBIRC", 4..) => (&[Irc], Weight::Likely),
            (b"XCLIENT" | b"XFORWARD", 2..) => (&[Smtp], Weight::Likely),
            (b"PONG" | b"PING" | b"PROTOCTL", 1..) => (&[Irc], Weight::Possible),
            _ => return None,
        };
        Some(Votes::for_some(vias, weight))
    }
}

/// NICK and USER together are an IRC client's registration (RFC 2812 section 3.1), in either order.
#[derive(Default)]
struct Registration {
    nick: bool,
    user: bool,
}

impl Registration {
    fn hear(&mut self, line: &[u8]) {
        let mut words = words(line);
        let verb = words.next().unwrap_or_default();
        let has_argument = words.next().is_some();
        self.nick |= has_argument && verb.eq_ignore_ascii_case(b"NICK");
        self.user |= has_argument && verb.eq_ignore_ascii_case(b"USER");
    }

    const fn is_whole(&self) -> bool {
        self.nick && self.user
    }
}

/// A word that clients name as a mechanism: of those that are registered or common, none is a password one would choose.
fn is_mechanism(word: &[u8]) -> bool {
    is_one_of(word, &[b"PLAIN", b"LOGIN", b"EXTERNAL", b"ANONYMOUS", b"NTLM", b"GSSAPI", b"MSN"])
        || contains(word, b"-MD5")
        || contains(word, b"OAUTH")
        || starts_with(word, b"SCRAM-")
}

/// First words of other protocols' commands.
const fn is_no_tag(word: &[u8]) -> bool {
    matches!(
        word,
        b"AUTH"
            | b"CAP"
            | b"EHLO"
            | b"GET"
            | b"HELO"
            | b"HELP"
            | b"LANG"
            | b"LHLO"
            | b"MODE"
            | b"NICK"
            | b"NOOP"
            | b"PASS"
            | b"PING"
            | b"PONG"
            | b"POST"
            | b"QUIT"
            | b"SET"
            | b"USER"
    )
}

/// HTTP's.
const fn is_method(word: &[u8]) -> bool {
    matches!(
        word,
        b"CONNECT"
            | b"DELETE"
            | b"GET"
            | b"HEAD"
            | b"OPTIONS"
            | b"PATCH"
            | b"POST"
            | b"PRI"
            | b"PROPFIND"
            | b"PUT"
            | b"TRACE"
    )
}

/// Longest tag of a first command: common clients have at most ten letters.
const MAX_TAG: usize = 32;
