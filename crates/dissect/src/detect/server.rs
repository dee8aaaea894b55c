//! First bytes read as a server's.

use tlscensus_dialog::contains;
use tlscensus_dialog::first_line;
use tlscensus_dialog::looks_like;

use super::View;
use super::Votes;
use super::Weight;
use super::binary;
use super::words::is_one_of;
use super::words::is_text;
use super::words::lines;
use super::words::starts_with;
use super::words::words;
use super::xmpp;
use super::xmpp::Role;
use crate::findings::Foreign;
use crate::speech::Via;

/// What these bytes say.
pub(super) fn votes(bytes: &[u8], view: View) -> Votes {
    let whole = view.whole;
    let bytes = bytes.trim_ascii_start();
    if let Some(votes) = xmpp::votes(bytes, Role::Server, view.last) {
        return votes;
    }
    if let Some(votes) = binary::server(bytes, view) {
        return votes;
    }
    if whole && !is_text(first_line(bytes)) {
        return Votes::not_ours(Foreign::Unknown);
    }
    let lines = lines(bytes, view.last);
    if lines.is_empty() {
        return Votes::too_little();
    }
    // Behind a hole the first line may be the rest of one.
    let starts = if whole { 1 } else { lines.len() };
    let found = (0..starts).find_map(|at| {
        let from = lines.get(at..).unwrap_or_default();
        let votes = read(from);
        (votes.foreign != Some(Foreign::Unknown)).then_some(votes)
    });
    match found {
        Some(votes) => votes,
        None if whole => Votes::not_ours(Foreign::Unknown),
        None => Votes::too_little(),
    }
}

fn read(lines: &[&[u8]]) -> Votes {
    let first = lines.first().copied().unwrap_or_default();
    if let Some(votes) = imap(first).or_else(|| irc(first)).or_else(|| pop3(first, lines)) {
        return votes;
    }
    if let Some(foreign) = by_words(first) {
        return Votes::not_ours(foreign);
    }
    if let Some(foreign) = Foreign::of(looks_like(&lines.join(b"\n".as_slice()))) {
        return Votes::not_ours(foreign);
    }
    smtp(first, lines).unwrap_or_else(|| Votes::not_ours(Foreign::Unknown))
}

fn imap(line: &[u8]) -> Option<Votes> {
    let words = words(line.strip_prefix(b"* ")?);
    let first = words.first().copied().unwrap_or_default();
    is_one_of(first, &[b"OK", b"BYE", b"PREAUTH", b"CAPABILITY"])
        .then(|| Votes::for_one(Via::Imap, Weight::Sure))
}

/// Numerics are SMTP's codes too, but have a prefix (RFC 2812 section 2.4).
fn irc(line: &[u8]) -> Option<Votes> {
    let mut words = words(line);
    if words.first().is_some_and(|word| word.starts_with(b"@")) {
        // Message tags of IRCv3.
        words.remove(0);
    }
    let (prefixed, words) = match words.split_first() {
        Some((first, rest)) if first.starts_with(b":") && first.len() > 1 => (true, rest),
        _ => (false, words.as_slice()),
    };
    let (command, parameters) = words.split_first()?;
    let numeric = command.len() == 3 && command.iter().all(u8::is_ascii_digit);
    let says = |of: &[&[u8]]| is_one_of(command, of) && !parameters.is_empty();
    let trails = parameters.iter().any(|parameter| parameter.starts_with(b":"));
    if prefixed && (numeric || says(&[b"NOTICE", b"CAP", b"ERROR", b"PING"])) {
        return Some(Votes::for_one(Via::Irc, Weight::Sure));
    }
    match prefixed {
        false if says(&[b"NOTICE"]) && trails => Some(Votes::for_one(Via::Irc, Weight::Sure)),
        false if says(&[b"CAP"]) && trails => Some(Votes::for_one(Via::Irc, Weight::Sure)),
        false if says(&[b"ERROR", b"PING"]) && trails => {
            Some(Votes::for_one(Via::Irc, Weight::Likely))
        }
        _ => None,
    }
}

/// A greeting that names itself, a time stamp (RFC 1939 section 7) or a list shows POP3; `+OK` alone is Redis' too.
fn pop3(line: &[u8], lines: &[&[u8]]) -> Option<Votes> {
    let status = words(line).first().copied().unwrap_or_default();
    let is_ok = status.eq_ignore_ascii_case(b"+OK");
    if !is_ok && !status.eq_ignore_ascii_case(b"-ERR") {
        return None;
    }
    let mut further = lines.iter().skip(1);
    if further.clone().any(|line| resp(line)) {
        return Some(Votes::not_ours(Foreign::Redis));
    }
    let listed = further.any(|line| {
        let word = words(line).first().copied().unwrap_or_default();
        is_one_of(word, &[b"SASL", b"STLS", b"RESP-CODES", b"UIDL", b"TOP", b"USER"])
    });
    let stamped = line.iter().position(|byte| *byte == b'<').is_some_and(|at| {
        let stamp = line.get(at..).unwrap_or_default();
        stamp.contains(&b'@') && stamp.contains(&b'>')
    });
    let named = [&b"POP"[..], b"Dovecot ready", b"Qpopper", b"Cyrus"]
        .iter()
        .any(|name| contains(line, name));
    let sure = is_ok && (listed || stamped || named);
    Some(Votes::for_one(Via::Pop3, if sure { Weight::Sure } else { Weight::Likely }))
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

fn smtp(line: &[u8], lines: &[&[u8]]) -> Option<Votes> {
    let (code, text) = reply(line)?;
    let named = [&b"SMTP"[..], b"LMTP"].iter().any(|name| contains(text, name));
    let listed = lines.iter().filter_map(|line| reply(line)).any(|(code, text)| {
        let word = words(text).first().copied().unwrap_or_default();
        code == 250 && is_one_of(word, EXTENSIONS)
    });
    let ftp = lines
        .iter()
        .skip(1)
        .filter_map(|line| reply(line))
        .any(|(code, _)| matches!(code, 211 | 215 | 227 | 229 | 230 | 234 | 331 | 332));
    match code {
        _ if ftp => Some(Votes::not_ours(Foreign::Ftp)),
        220 if named || listed => Some(Votes::for_one(Via::Smtp, Weight::Sure)),
        250 if listed => Some(Votes::for_one(Via::Smtp, Weight::Sure)),
        220 => Some(Votes::for_one(Via::Smtp, Weight::Likely)),
        421 | 450..=599 if named => Some(Votes::for_one(Via::Smtp, Weight::Sure)),
        421 | 450..=452 | 500..=599 => Some(Votes::for_one(Via::Smtp, Weight::Likely)),
        250 => Some(Votes::for_one(Via::Smtp, Weight::Possible)),
        _ => None,
    }
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
