//! Whether first bytes open an XMPP stream (RFC 6120 section 4.2), whoever sends them: any prefix, both kinds of quotes.

use tlscensus_dialog::contains;

use super::votes::Votes;
use super::votes::Weight;
use super::words::starts_with;
use crate::findings::Foreign;
use crate::speech::Via;

/// Votes for either role.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    pub(super) as_client: Votes,
    pub(super) as_server: Votes,
}

/// Reads first bytes that begin as XML does; `None`: they do not.
pub(super) fn read(bytes: &[u8], last: bool) -> Option<Stream> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes).trim_ascii_start();
    match bytes {
        [] => return None,
        [b'<'] | [b'<', b'?', ..] => {}
        [b'<', letter, ..] if letter.is_ascii_alphabetic() => {}
        _ => return None,
    }
    let Some(tag) = first_tag(bytes).or_else(|| last.then_some(bytes)) else {
        return Some(Stream { as_client: Votes::too_little(), as_server: Votes::too_little() });
    };
    let mut votes = tag_votes(tag)?;
    votes.open = false;
    // As a role's it may be not quite right: then the other reading of both sides is preferred.
    let lesser = Votes { ours: votes.ours.all_with(Weight::Likely), ..votes };
    Some(match has_number(tag) {
        true => Stream { as_client: lesser, as_server: votes },
        false => Stream { as_client: votes, as_server: lesser },
    })
}

fn tag_votes(tag: &[u8]) -> Option<Votes> {
    // One that does not declare its prefix is broken, and may be meant.
    let declared = contains(tag, STREAMS);
    if !declared && !is_stream(tag) {
        return None;
    }
    let weight = if declared { Weight::Sure } else { Weight::Likely };
    let spaces = || tag.windows(XMLNS.len() + 1).enumerate().filter_map(|it| namespace(tag, it));
    let has = |name: &[u8]| spaces().any(|(quote, rest)| is_quoted(rest, name, quote));
    Some(if has(b"jabber:client") {
        Votes::for_one(Via::XmppC2s, weight)
    } else if has(b"jabber:server") {
        Votes::for_one(Via::XmppS2s, weight)
    } else if !declared || spaces().any(|(_, rest)| starts_with(rest, b"jabber:component")) {
        Votes::not_ours(Foreign::XmppOther)
    } else {
        Votes::for_some(&[Via::XmppC2s, Via::XmppS2s], Weight::Likely)
    })
}

/// The quote and what stands behind it, if a namespace is declared here.
fn namespace<'a>(tag: &'a [u8], (at, window): (usize, &[u8])) -> Option<(u8, &'a [u8])> {
    let (quote, start) = window.split_last()?;
    let declares = matches!(quote, b'\'' | b'"') && start.eq_ignore_ascii_case(XMLNS);
    declares.then(|| (*quote, tag.get(at + window.len()..).unwrap_or_default()))
}

fn is_quoted(rest: &[u8], name: &[u8], quote: u8) -> bool {
    starts_with(rest, name) && rest.get(name.len()) == Some(&quote)
}

/// Only a server's answer gives the stream a number (RFC 6120 section 4.7.3).
fn has_number(tag: &[u8]) -> bool {
    tag.windows(4)
        .any(|window| matches!(window, [b' ' | b'\t' | b'\n', b'i' | b'I', b'd' | b'D', b'=']))
}

/// The first tag that is no declaration; `None` while it is incomplete.
fn first_tag(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes;
    if rest.starts_with(b"<?") {
        let end = rest.windows(2).position(|two| two == b"?>")?;
        rest = rest.get(end + 2..)?.trim_ascii_start();
    }
    let mut quote = None;
    let end = rest.iter().position(|byte| match (quote, byte) {
        (None, b'>') => true,
        (None, b'\'' | b'"') => {
            quote = Some(*byte);
            false
        }
        (Some(open), byte) => {
            quote = (open != *byte).then_some(open);
            false
        }
        (None, _) => false,
    })?;
    rest.get(..=end)
}

fn is_stream(tag: &[u8]) -> bool {
    let end = tag.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'>');
    tag.get(..end.unwrap_or(tag.len())).unwrap_or_default().ends_with(b":stream")
}

const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

const STREAMS: &[u8] = b"http://etherx.jabber.org/streams";

/// Declares a namespace.
const XMLNS: &[u8] = b"xmlns=";
