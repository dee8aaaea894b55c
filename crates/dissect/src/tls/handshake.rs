//! Payloads of handshake records in, whole messages out: where they lie if they are whole, copied only if they are not.

use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::record::HANDSHAKE_HEADER_BYTES;
use tlscensus_tls_wire::record::MAX_HANDSHAKE_BYTES;
use tlscensus_tls_wire::registry::HandshakeType;

/// The messages of one direction, as they come together.
///
/// Unlike [`Joiner`](tlscensus_tls_wire::record::Joiner) it keeps nothing between messages, and can pass over one.
#[derive(Clone, Debug, Default)]
pub(super) struct Messages {
    /// The beginning of a message, header first.
    part: Vec<u8>,
    /// Bytes of a message to pass over: it is too long, or a hole is in it.
    passing: usize,
    /// A message was too long.
    over_limit: bool,
}

impl Messages {
    /// Hears the next bytes and tells the messages that are whole with them. False where one is passed over.
    pub(super) fn hear(
        &mut self,
        mut bytes: &[u8],
        tell: &mut impl FnMut(HandshakeType, &[u8]),
    ) -> bool {
        let mut complete = true;
        while !bytes.is_empty() {
            if self.passing > 0 {
                let (_, rest) = bytes.split_at(self.passing.min(bytes.len()));
                self.passing -= bytes.len() - rest.len();
                bytes = rest;
            } else if self.part.is_empty()
                && let Some((message, body, rest)) = whole(bytes)
            {
                tell(message, body);
                bytes = rest;
            } else {
                bytes = self.gather(bytes);
                complete &= self.passing == 0;
                if let Some((message, body, _)) = whole(&self.part) {
                    tell(message, body);
                    self.part = Vec::new();
                }
            }
        }
        complete
    }

    /// Is told that bytes are missing here. True where it is still known where the next message begins.
    pub(super) fn miss(&mut self, bytes: usize) -> bool {
        let left = bytes - bytes.min(self.passing);
        self.passing -= bytes - left;
        if left == 0 {
            return true;
        }
        let part = std::mem::take(&mut self.part);
        match missing(&part) {
            Some(missing) if left <= missing => {
                self.passing = missing - left;
                true
            }
            _ => false,
        }
    }

    /// Forgets what is not whole.
    pub(super) fn forget(&mut self) {
        self.part = Vec::new();
        self.passing = 0;
    }

    /// True where a message was longer than [`MAX_HANDSHAKE_BYTES`].
    pub(super) fn is_over_limit(&self) -> bool {
        self.over_limit
    }

    /// Copies what belongs to the message that is not whole yet; gives back the rest.
    fn gather<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let wanted = match missing(&self.part) {
            None => HANDSHAKE_HEADER_BYTES - self.part.len(),
            Some(missing) => missing,
        };
        let (taken, rest) = bytes.split_at(wanted.min(bytes.len()));
        // A peer that only claims a long message gets no room for it.
        self.part.reserve_exact(wanted.min(self.part.len().max(FIRST_ROOM)).max(taken.len()));
        self.part.extend_from_slice(taken);
        if let Some(missing) = missing(&self.part)
            && missing > MAX_HANDSHAKE_BYTES
        {
            self.part = Vec::new();
            self.passing = missing;
            self.over_limit = true;
        }
        rest
    }
}

/// Bytes missing of a message whose header is there.
fn missing(part: &[u8]) -> Option<usize> {
    Some((HANDSHAKE_HEADER_BYTES + length(part)?).saturating_sub(part.len()))
}

/// The length that a message's header gives.
fn length(bytes: &[u8]) -> Option<usize> {
    let [_, high, middle, low, ..] = *bytes else {
        return None;
    };
    usize::try_from(u32::from_be_bytes([0, high, middle, low])).ok()
}

/// The first message of the bytes if it is whole, and what follows.
fn whole(bytes: &[u8]) -> Option<(HandshakeType, &[u8], &[u8])> {
    let length = length(bytes)?;
    let (header, rest) = bytes.split_at_checked(HANDSHAKE_HEADER_BYTES)?;
    let (body, rest) = rest.split_at_checked(length)?;
    let message = header.first().copied().map(HandshakeType)?;
    Some((message, body, rest))
}

/// True where a payload is nothing but whole messages that this side sends in the clear: so it is not encrypted, and begins
/// where a message does.
pub(super) fn is_messages(mut payload: &[u8], side: Side) -> bool {
    let mut count = 0;
    while let Some((message, _, rest)) = whole(payload) {
        let own = match side {
            Side::Client => CLIENT_MESSAGES,
            Side::Server => SERVER_MESSAGES,
        };
        if !own.contains(&message) {
            return false;
        }
        payload = rest;
        count += 1;
    }
    count > 0 && payload.is_empty()
}

/// True where a payload is one hello of this side, whole.
pub(super) fn is_hello(payload: &[u8], side: Side) -> bool {
    let hello = match side {
        Side::Client => HandshakeType::CLIENT_HELLO,
        Side::Server => HandshakeType::SERVER_HELLO,
    };
    payload.first() == Some(&hello.0) && is_messages(payload, side)
}

/// True where a payload, or what is there of it, begins as a direction does whose beginning was captured.
pub(super) fn opens_with_hello(payload: &[u8], side: Side) -> bool {
    let hellos: &[HandshakeType] = match side {
        Side::Client => &[HandshakeType::CLIENT_HELLO],
        Side::Server => &[HandshakeType::SERVER_HELLO, HandshakeType::HELLO_RETRY_REQUEST],
    };
    let (message, high) = (payload.first(), payload.get(1));
    // Two bytes of the length are enough for a hello of the longest that is kept.
    message.is_some_and(|message| hellos.contains(&HandshakeType(*message)))
        && high.is_none_or(|high| *high <= 1)
}

/// What a client sends in the clear.
const CLIENT_MESSAGES: &[HandshakeType] = &[
    HandshakeType::CLIENT_HELLO,
    HandshakeType::CERTIFICATE,
    HandshakeType::CLIENT_KEY_EXCHANGE,
    HandshakeType::CERTIFICATE_VERIFY,
    HandshakeType::CERTIFICATE_URL,
    HandshakeType::SUPPLEMENTAL_DATA,
];
/// What a server sends in the clear. A hello request is four zeros, which are too many things.
const SERVER_MESSAGES: &[HandshakeType] = &[
    HandshakeType::SERVER_HELLO,
    HandshakeType::HELLO_RETRY_REQUEST,
    HandshakeType::NEW_SESSION_TICKET,
    HandshakeType::CERTIFICATE,
    HandshakeType::CERTIFICATE_REQUEST,
    HandshakeType::CERTIFICATE_STATUS,
    HandshakeType::SERVER_KEY_EXCHANGE,
    HandshakeType::SERVER_HELLO_DONE,
    HandshakeType::SUPPLEMENTAL_DATA,
];
/// The first room for a message: most chains fit.
const FIRST_ROOM: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(pieces: &[&[u8]]) -> Vec<(u8, Vec<u8>)> {
        let mut messages = Messages::default();
        let mut found = Vec::new();
        for piece in pieces {
            messages.hear(piece, &mut |message, body| found.push((message.0, body.to_vec())));
        }
        assert!(messages.part.is_empty());
        found
    }

    #[test]
    fn messages_do_not_depend_on_the_split() {
        let stream = b"\x02\x00\x00\x03one\x0e\x00\x00\x00\x0b\x00\x00\x05three";
        let expected = vec![(2, b"one".to_vec()), (14, vec![]), (11, b"three".to_vec())];
        for at in 0..=stream.len() {
            let (head, tail) = stream.split_at(at);
            assert_eq!(heard(&[head, tail]), expected, "split at {at}");
        }
        let single: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(heard(&single), expected);
    }

    #[test]
    fn a_message_too_long_is_passed_over() {
        let mut messages = Messages::default();
        let mut found = Vec::new();
        let mut tell = |message: HandshakeType, _: &[u8]| found.push(message.0);
        assert!(!messages.hear(&[11, 0x02, 0x00, 0x01], &mut tell));
        assert!(messages.hear(&vec![7; MAX_HANDSHAKE_BYTES], &mut tell));
        assert!(messages.hear(&[7, 14, 0, 0, 0], &mut tell));
        assert!(messages.is_over_limit() && messages.part.is_empty());
        assert_eq!(found, [14]);
    }

    #[test]
    fn a_hole_is_passed_over_where_a_length_says_how_far() {
        let mut messages = Messages::default();
        let mut found = Vec::new();
        let mut tell = |message: HandshakeType, _: &[u8]| found.push(message.0);
        messages.hear(b"\x0b\x00\x00\x08ab", &mut tell);
        assert!(messages.miss(4));
        messages.hear(b"gh\x0e\x00\x00\x00\x0b\x00", &mut tell);
        assert!(!messages.miss(1));
        assert_eq!(found, [14]);
    }

    #[test]
    fn what_is_encrypted_is_no_message() {
        assert!(is_messages(b"\x0b\x00\x00\x01a\x0e\x00\x00\x00", Side::Server));
        assert!(!is_messages(b"\x0b\x00\x00\x01a\x0e\x00\x00", Side::Server), "cut");
        assert!(!is_messages(&[0; 40], Side::Server), "zeros of an explicit nonce");
        assert!(!is_messages(b"", Side::Client));
        assert!(is_hello(b"\x01\x00\x00\x01a", Side::Client));
        assert!(!is_hello(b"\x10\x00\x00\x01a", Side::Client));
    }
}
