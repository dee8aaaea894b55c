//! Whether first bytes open an XMPP stream (RFC 6120 section 4.2), whoever sends them: any prefix, both kinds of quotes.

use tlscensus_dialog::contains;

use super::Votes;
use super::Weight;
use crate::findings::Foreign;
use crate::speech::Via;

/// Who sends a header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Client,
    Server,
}

/// Votes of first bytes that begin as XML does; `None`: they do not.
pub(super) fn votes(bytes: &[u8], role: Role, last: bool) -> Option<Votes> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes).trim_ascii_start();
    match bytes {
        [] => return None,
        [b'<'] | [b'<', b'?', ..] => {}
        [b'<', letter, ..] if letter.is_ascii_alphabetic() => {}
        _ => return None,
    }
    let Some(tag) = first_tag(bytes).or_else(|| last.then_some(bytes)) else {
        return Some(Votes::too_little());
    };
    let of = |namespace: &[u8]| {
        [&b"'"[..], b"\""]
            .iter()
            .any(|quote| contains(tag, &[b"xmlns=", *quote, namespace, quote].concat()))
    };
    // Only a server's answer gives the stream a number (RFC 6120 section 4.7.3).
    let answers = contains(tag, b" id=") || contains(tag, b"\tid=") || contains(tag, b"\nid=");
    // One that does not declare its prefix is broken, and may be meant.
    let declared = contains(tag, STREAMS);
    let weight = if declared { Weight::Sure } else { Weight::Likely };
    let mut votes = if !declared && !is_stream(tag) {
        return None;
    } else if of(b"jabber:client") {
        Votes::for_one(Via::XmppC2s, weight)
    } else if of(b"jabber:server") {
        Votes::for_one(Via::XmppS2s, weight)
    } else if !declared
        || contains(tag, b"xmlns='jabber:component")
        || contains(tag, b"xmlns=\"jabber:component")
    {
        Votes::not_ours(Foreign::XmppOther)
    } else {
        Votes::for_some(&[Via::XmppC2s, Via::XmppS2s], Weight::Likely)
    };
    if answers == (role == Role::Client) {
        // As this role's it is not quite right: the other reading of both sides is preferred.
        votes.ours = votes.ours.all_with(Weight::Likely);
    }
    votes.open = false;
    Some(votes)
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
