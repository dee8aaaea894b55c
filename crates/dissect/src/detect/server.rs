//! First bytes read as a server's.

use std::borrow::Cow;

use tlscensus_dialog::contains;
use tlscensus_dialog::looks_like;

use super::View;
use super::votes::Votes;
use super::votes::Weight;
use super::words::Capitals;
use super::words::Lines;
use super::words::first_word;
use super::words::is_one_of;
use super::words::starts_with;
use super::words::words;
use crate::findings::Foreign;
use crate::speech::Via;

/// What these lines say.
pub(super) fn votes(lines: &Lines<'_>, view: View) -> Votes {
    if lines.is_empty() {
        return Votes::too_little();
    }
    if view.whole {
        return read(lines, view.last);
    }
    // Behind a hole the first line may be the rest of one.
    let mut from = lines.clone();
    while !from.is_empty() {
        let votes = read(&from, view.last);
        if votes.foreign != Some(Foreign::Unknown) {
            return votes;
        }
        from.next();
    }
    Votes::too_little()
}

/// What lines show that come after others does not change what those have shown: however they are split, the same follows.
fn read(lines: &Lines<'_>, last: bool) -> Votes {
    let mut further = lines.clone();
    let first = further.next().unwrap_or_default();
    let told = imap(first).or_else(|| irc(first)).or_else(|| pop3(first, &further));
    if let Some(votes) = told {
        return votes;
    }
    if let Some(foreign) = by_words(first) {
        return Votes::not_ours(foreign);
    }
    let reply = Reply::of(lines.clone());
    if !reply.is_whole && !last {
        return Votes::too_little();
    }
    if let Some(foreign) = Foreign::of(looks_like(&reply.text)) {
        return Votes::not_ours(foreign);
    }
    smtp(first, &reply.text, further).unwrap_or_else(|| Votes::not_ours(Foreign::Unknown))
}

/// A server's first reply: most have one line.
struct Reply<'a> {
    text: Cow<'a, [u8]>,
    /// Its last line is there.
    is_whole: bool,
}

impl<'a> Reply<'a> {
    fn of(mut lines: Lines<'a>) -> Self {
        let first = lines.next().unwrap_or_default();
        let mut text = Cow::Borrowed(first);
        let mut is_whole = !is_continued(first);
        while !is_whole && let Some(line) = lines.next() {
            let all = text.to_mut();
            all.push(b'\n');
            all.extend_from_slice(line);
            is_whole = !is_continued(line);
        }
        Self { text, is_whole }
    }
}

/// More lines of the same reply follow ([RFC 5321 section 4.2.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1)).
fn is_continued(line: &[u8]) -> bool {
    reply(line).is_some() && line.get(3) == Some(&b'-')
}

fn imap(line: &[u8]) -> Option<Votes> {
    let first = first_word(line.strip_prefix(b"* ")?);
    is_one_of(first, &[b"OK", b"BYE", b"PREAUTH", b"CAPABILITY"])
        .then(|| Votes::for_one(Via::Imap, Weight::Sure))
}

/// Numerics are SMTP's codes too, but have a prefix (RFC 2812 section 2.4).
fn irc(line: &[u8]) -> Option<Votes> {
    let mut words = words(line);
    let mut command = words.next()?;
    if command.starts_with(b"@") {
        // Message tags of IRCv3.
        command = words.next()?;
    }
    let prefixed = command.starts_with(b":") && command.len() > 1;
    if prefixed {
        command = words.next()?;
    }
    if prefixed && command.len() == 3 && command.iter().all(u8::is_ascii_digit) {
        return Some(Votes::for_one(Via::Irc, Weight::Sure));
    }
    let weight = match Capitals::of(command).letters() {
        b"NOTICE" | b"CAP" => Weight::Sure,
        b"ERROR" | b"PING" if prefixed => Weight::Sure,
        b"ERROR" | b"PING" => Weight::Likely,
        _ => return None,
    };
    let fits = match prefixed {
        true => words.next().is_some(),
        false => words.any(|parameter| parameter.starts_with(b":")),
    };
    fits.then(|| Votes::for_one(Via::Irc, weight))
}

/// A greeting that names itself, a time stamp (RFC 1939 section 7) or a list shows POP3; `+OK` alone is Redis' too.
fn pop3(line: &[u8], further: &Lines<'_>) -> Option<Votes> {
    let status = first_word(line);
    let is_ok = status.eq_ignore_ascii_case(b"+OK");
    if !is_ok && !status.eq_ignore_ascii_case(b"-ERR") {
        return None;
    }
    let stamped = line.iter().position(|byte| *byte == b'<').is_some_and(|at| {
        let stamp = line.get(at..).unwrap_or_default();
        stamp.contains(&b'@') && stamp.contains(&b'>')
    });
    let named = [&b"POP"[..], b"Dovecot ready", b"Qpopper", b"Cyrus"]
        .iter()
        .any(|name| contains(line, name));
    if is_ok && (stamped || named) {
        return Some(Votes::for_one(Via::Pop3, Weight::Sure));
    }
    let likely = Votes::for_one(Via::Pop3, Weight::Likely);
    let shows = |line| match line {
        line if resp(line) => Some(likely.and_not_ours(Foreign::Redis)),
        line if is_ok && is_one_of(first_word(line), LISTED) => {
            Some(Votes::for_one(Via::Pop3, Weight::Sure))
        }
        _ => None,
    };
    Some(further.clone().find_map(shows).unwrap_or(likely))
}

/// Redis' other first bytes (RESP): `+PONG`, `:1`, `$5`, `*2`, `-NOAUTH`.
fn resp(line: &[u8]) -> bool {
    match line {
        [b':' | b'$' | b'*', rest @ ..] => {
            let digits = rest.strip_prefix(b"-").unwrap_or(rest);
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }
        [b'+', rest @ ..] => rest == b"PONG" || rest == b"QUEUED",
        [b'-', rest @ ..] => [&b"NOAUTH"[..], b"WRONGTYPE", b"WRONGPASS", b"DENIED"]
            .iter()
            .any(|word| rest.starts_with(word)),
        _ => false,
    }
}

/// `line`: the first; `text`: all of the first reply.
fn smtp<'a>(
    line: &[u8],
    text: &[u8],
    mut further: impl Iterator<Item = &'a [u8]>,
) -> Option<Votes> {
    let (code, _) = reply(line)?;
    let named = [&b"SMTP"[..], b"LMTP"].iter().any(|name| contains(text, name));
    let sure = Votes::for_one(Via::Smtp, Weight::Sure);
    let unsure = match code {
        220 | 421 | 450..=599 if named => return Some(sure),
        250 if lists_extension(line) => return Some(sure),
        220 | 421 | 450..=452 | 500..=599 => Votes::for_one(Via::Smtp, Weight::Likely),
        250 => Votes::for_one(Via::Smtp, Weight::Possible),
        _ => return None,
    };
    let shows = |line| match reply(line)? {
        (211 | 215 | 227 | 229 | 230 | 234 | 331 | 332, _) => {
            Some(unsure.and_not_ours(Foreign::Ftp))
        }
        _ if matches!(code, 220 | 250) && lists_extension(line) => Some(sure),
        _ => None,
    };
    Some(further.find_map(shows).unwrap_or(unsure))
}

/// A line of the reply to EHLO.
fn lists_extension(line: &[u8]) -> bool {
    matches!(reply(line), Some((250, text)) if is_one_of(first_word(text), EXTENSIONS))
}

/// Code and text of a reply's line.
fn reply(line: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    if !digits.iter().all(u8::is_ascii_digit) || !matches!(rest.first(), None | Some(b' ' | b'-')) {
        return None;
    }
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(*digit - b'0'));
    Some((code, rest.get(1..).unwrap_or_default()))
}

fn by_words(line: &[u8]) -> Option<Foreign> {
    if resp(line) {
        return Some(Foreign::Redis);
    }
    // RFC 5804 section 1.7: a server's capabilities are quoted strings.
    if starts_with(line, b"\"IMPLEMENTATION\"") || starts_with(line, b"\"SIEVE\"") {
        return Some(Foreign::Sieve);
    }
    // RFC 3977 section 5.1.
    let nntp = matches!(reply(line), Some((200 | 201 | 400 | 502, text)) if contains(text, b"NNTP")
        || contains(text, b"news") || contains(text, b"posting"));
    nntp.then_some(Foreign::Nntp)
}

/// Capabilities by which a list of POP3's is known (RFC 2449 section 6, RFC 2595 section 4).
const LISTED: &[&[u8]] = &[b"SASL", b"STLS", b"RESP-CODES", b"UIDL", b"TOP", b"USER"];
/// Extensions by which a reply is known as the one to EHLO (IANA's registry of SMTP service extensions).
const EXTENSIONS: &[&[u8]] = &[
    b"8BITMIME",
    b"AUTH",
    b"BINARYMIME",
    b"CHUNKING",
    b"DELIVERBY",
    b"DSN",
    b"ENHANCEDSTATUSCODES",
    b"ETRN",
    b"EXPN",
    b"HELP",
    b"LIMITS",
    b"PIPELINING",
    b"REQUIRETLS",
    b"SIZE",
    b"SMTPUTF8",
    b"STARTTLS",
    b"VRFY",
];
