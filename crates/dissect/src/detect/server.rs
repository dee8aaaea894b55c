//! First bytes read as a server's.

use std::borrow::Cow;

use tlscensus_dialog::contains;
use tlscensus_dialog::looks_like;

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

/// What these lines say; `whole`: the first of them is the very first of the side.
pub(super) fn votes(lines: &Lines<'_>, whole: bool) -> Votes {
    if lines.is_empty() {
        return Votes::too_little();
    }
    if whole {
        return read(lines);
    }
    // Behind a hole the first line may be the rest of one.
    let mut from = lines.clone();
    while !from.is_empty() {
        let votes = read(&from);
        if votes.foreign != Some(Foreign::Unknown) {
            return votes;
        }
        from.next();
    }
    Votes::too_little()
}

fn read(lines: &Lines<'_>) -> Votes {
    let mut further = lines.clone();
    let first = further.next().unwrap_or_default();
    let told = imap(first).or_else(|| irc(first)).or_else(|| pop3(first, &further));
    if let Some(votes) = told {
        return votes;
    }
    if let Some(foreign) = by_words(first) {
        return Votes::not_ours(foreign);
    }
    if let Some(foreign) = Foreign::of(looks_like(&joined(first, &further))) {
        return Votes::not_ours(foreign);
    }
    smtp(first, &further).unwrap_or_else(|| Votes::not_ours(Foreign::Unknown))
}

/// All lines; most servers begin with one.
fn joined<'a>(first: &'a [u8], further: &Lines<'a>) -> Cow<'a, [u8]> {
    if further.is_empty() {
        return Cow::Borrowed(first);
    }
    let mut all = first.to_vec();
    for line in further.clone() {
        all.push(b'\n');
        all.extend_from_slice(line);
    }
    Cow::Owned(all)
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
    if further.clone().any(resp) {
        return Some(Votes::not_ours(Foreign::Redis));
    }
    let listed = further.clone().any(|line| {
        is_one_of(first_word(line), &[b"SASL", b"STLS", b"RESP-CODES", b"UIDL", b"TOP", b"USER"])
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

fn smtp(line: &[u8], further: &Lines<'_>) -> Option<Votes> {
    let (code, text) = reply(line)?;
    let named = [&b"SMTP"[..], b"LMTP"].iter().any(|name| contains(text, name));
    let listed = std::iter::once(line)
        .chain(further.clone())
        .filter_map(reply)
        .any(|(code, text)| code == 250 && is_one_of(first_word(text), EXTENSIONS));
    let ftp = further
        .clone()
        .filter_map(reply)
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
