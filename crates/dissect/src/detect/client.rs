//! First bytes read as a client's.

use tlscensus_dialog::contains;
use tlscensus_dialog::first_line;

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
    if let Some(votes) = xmpp::votes(bytes, Role::Client, view.last) {
        return votes;
    }
    if let Some(votes) = binary::client(bytes, view) {
        return votes;
    }
    if whole && !is_text(first_line(bytes)) {
        return Votes::not_ours(Foreign::Unknown);
    }
    let lines = lines(bytes, view.last);
    let mut votes = Votes::too_little();
    for (at, line) in lines.iter().enumerate() {
        let said = read(line);
        match (&said.foreign, at, whole) {
            // A line that is nobody's shows something only if it is the first.
            (Some(Foreign::Unknown), 0, true) if !line.is_empty() => return said,
            (Some(Foreign::Unknown), ..) => {}
            (Some(_), ..) if votes.ours.is_empty() => return said,
            _ => votes.ours.add(said.ours),
        }
        if votes.ours.best() == Some(Weight::Sure) {
            votes.open = false;
            return votes;
        }
    }
    if has_registered(&votes, &lines) {
        return Votes::for_one(Via::Irc, Weight::Sure);
    }
    votes
}

fn read(line: &[u8]) -> Votes {
    use Via::Imap;
    use Via::Irc;
    use Via::Pop3;
    use Via::Smtp;
    let all = words(line);
    let Some((verb, arguments)) = all.split_first() else {
        return Votes::not_ours(Foreign::Unknown);
    };
    let first = arguments.first().copied().unwrap_or_default();
    let is = |word: &[u8]| verb.eq_ignore_ascii_case(word);
    if is_one_of(verb, &[b"EHLO", b"HELO", b"LHLO"]) && arguments.len() <= 2
        || is(b"MAIL") && starts_with(first, b"FROM:")
        || is(b"RCPT") && starts_with(first, b"TO:")
        || is(b"X-ANONYMOUSTLS")
    {
        return Votes::for_one(Smtp, Weight::Sure);
    }
    if is_one_of(verb, &[b"CAPA", b"STLS"]) && arguments.is_empty()
        || is(b"APOP") && arguments.len() == 2
    {
        return Votes::for_one(Pop3, Weight::Sure);
    }
    if is(b"CAP") && is_one_of(first, &[b"LS", b"LIST", b"REQ", b"END"]) {
        return Votes::for_one(Irc, Weight::Sure);
    }
    if is_imap(verb, arguments) {
        return Votes::for_one(Imap, Weight::Sure);
    }
    if let Some(foreign) = foreign(verb, arguments) {
        return Votes::not_ours(foreign);
    }
    match arguments.len() {
        0 if is(b"STARTTLS") => Votes::for_some(&[Smtp, Irc], Weight::Likely),
        0 if is(b"AUTH") => Votes::for_one(Pop3, Weight::Likely),
        0 if is(b"STAT") => Votes::for_one(Pop3, Weight::Possible),
        0 | 1 if is_one_of(verb, &[b"QUIT", b"NOOP", b"RSET", b"HELP"]) => {
            Votes::for_some(&[Smtp, Pop3, Irc], Weight::Possible)
        }
        1 | 2 if is(b"AUTH") && is_mechanism(first) => {
            Votes::for_some(&[Smtp, Pop3], Weight::Likely)
        }
        1 if is_one_of(verb, &[b"USER", b"UTF8", b"LANG"]) => Votes::for_one(Pop3, Weight::Likely),
        1 if is(b"PASS") => Votes::for_some(&[Pop3, Irc], Weight::Possible),
        1 | 2 if is(b"NICK") => Votes::for_one(Irc, Weight::Likely),
        4.. if is_one_of(verb, &[b"USER", b"SERVER", b"WEBIRC"]) => {
            Votes::for_one(Irc, Weight::Likely)
        }
        2.. if is_one_of(verb, &[b"XCLIENT", b"XFORWARD"]) => Votes::for_one(Smtp, Weight::Likely),
        1.. if is(b"PONG") || is(b"PING") || is(b"PROTOCTL") => {
            Votes::for_one(Irc, Weight::Possible)
        }
        _ => Votes::not_ours(Foreign::Unknown),
    }
}

/// A tag and a command that no other protocol has behind a word (RFC 9051 section 6). The words of other protocols are
/// tags too, as far as the grammar goes.
fn is_imap(tag: &[u8], arguments: &[&[u8]]) -> bool {
    let Some((command, arguments)) = arguments.split_first() else {
        return false;
    };
    let is_tag = tag.len() <= MAX_TAG
        && tag.iter().all(|byte| byte.is_ascii_graphic() && !b"(){%*\"\\+:<>".contains(byte))
        && !is_one_of(tag, NO_TAGS);
    let fits = match arguments.len() {
        0 => is_one_of(command, &[b"CAPABILITY", b"STARTTLS", b"NOOP", b"LOGOUT"]),
        1 | 2 if is_one_of(command, &[b"AUTHENTICATE"]) => true,
        _ => is_one_of(command, &[b"LOGIN", b"ID", b"SELECT", b"EXAMINE", b"ENABLE"]),
    };
    is_tag && fits
}

fn foreign(verb: &[u8], arguments: &[&[u8]]) -> Option<Foreign> {
    let first = arguments.first().copied().unwrap_or_default();
    let is_http = is_one_of(verb, METHODS)
        && (arguments.last().is_some_and(|last| starts_with(last, b"HTTP/"))
            || first.starts_with(b"/"));
    if is_http || starts_with(verb, b"HTTP/") {
        return Some(Foreign::Http);
    }
    if is_one_of(verb, &[b"AUTH"]) && is_one_of(first, &[b"TLS", b"SSL", b"TLS-C", b"TLS-P"])
        || is_one_of(verb, &[b"FEAT", b"PASV", b"EPSV", b"SYST", b"PBSZ"])
    {
        return Some(Foreign::Ftp);
    }
    if is_one_of(verb, &[b"AUTHINFO", b"CAPABILITIES", b"ARTICLE", b"XOVER"])
        || is_one_of(verb, &[b"MODE"]) && is_one_of(first, &[b"READER", b"STREAM"])
    {
        return Some(Foreign::Nntp);
    }
    if starts_with(verb, b"SSH-") {
        return Some(Foreign::Ssh);
    }
    // RESP: an array of bulk strings.
    let count = verb.strip_prefix(b"*").unwrap_or_default();
    let is_array = !count.is_empty() && count.iter().all(u8::is_ascii_digit);
    (is_array && arguments.is_empty()).then_some(Foreign::Redis)
}

/// NICK and USER together are an IRC client's registration (RFC 2812 section 3.1), in either order.
fn has_registered(votes: &Votes, lines: &[&[u8]]) -> bool {
    let says = |verb: &[u8]| {
        lines.iter().any(|line| {
            let words = words(line);
            words.first().is_some_and(|word| word.eq_ignore_ascii_case(verb)) && words.len() >= 2
        })
    };
    votes.weight(Via::Irc) == Some(Weight::Likely) && says(b"NICK") && says(b"USER")
}

/// A word that clients name as a mechanism: of those that are registered or common, none is a password one would choose.
fn is_mechanism(word: &[u8]) -> bool {
    is_one_of(word, &[b"PLAIN", b"LOGIN", b"EXTERNAL", b"ANONYMOUS", b"NTLM", b"GSSAPI", b"MSN"])
        || contains(word, b"-MD5")
        || contains(word, b"OAUTH")
        || starts_with(word, b"SCRAM-")
}

/// First words of other protocols' commands.
const NO_TAGS: &[&[u8]] = &[
    b"AUTH", b"CAP", b"EHLO", b"GET", b"HELO", b"HELP", b"LANG", b"LHLO", b"MODE", b"NICK",
    b"NOOP", b"PASS", b"PING", b"PONG", b"POST", b"QUIT", b"SET", b"USER",
];

const METHODS: &[&[u8]] = &[
    b"CONNECT",
    b"DELETE",
    b"GET",
    b"HEAD",
    b"OPTIONS",
    b"PATCH",
    b"POST",
    b"PRI",
    b"PROPFIND",
    b"PUT",
    b"TRACE",
];

/// Longest tag of a first command: common clients have at most ten letters.
const MAX_TAG: usize = 32;
