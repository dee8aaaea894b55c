//! Headers of records, judged by their bytes alone: how a direction opens, and where one goes on behind a hole.

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::codec::Reader;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::record::HEADER_BYTES;
use tlscensus_tls_wire::record::MAX_CIPHERTEXT_LEGACY;
use tlscensus_tls_wire::record::RecordHeader;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::Ssl2Message;
use tlscensus_tls_wire::registry::Version;
use tlscensus_tls_wire::ssl2;

/// How a direction opens, as far as its first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// More bytes are needed, [`OPENING_BYTES`] at most.
    Unsure,
    /// With records of SSL 3 or later.
    Tls,
    /// With records of SSL 2.
    Ssl2,
    /// With something else.
    Neither,
}

/// Judges the first bytes of a side, or those behind its hello in the frame of SSL 2, where either may follow.
pub(super) fn opening(bytes: &[u8], side: Side, behind_hello: bool) -> Opening {
    match *bytes {
        [] => Opening::Unsure,
        [first] if is_known(first) => Opening::Unsure,
        [first, MAJOR, ..] if is_known(first) => Opening::Tls,
        [first, ..] if is_known(first) || first & 0xc0 == 0x40 => Opening::Neither,
        _ => match ssl2::header(bytes) {
            None => Opening::Unsure,
            Some(header) => ssl2_opening(header, bytes, side, behind_hello),
        },
    }
}

fn ssl2_opening(header: ssl2::Header, bytes: &[u8], side: Side, behind_hello: bool) -> Opening {
    let Some(data) = header.length.checked_sub(header.padding) else {
        return Opening::Neither;
    };
    let message = bytes.get(header.bytes..).unwrap_or_default();
    let fits = match (side, message.first().copied().map(Ssl2Message)) {
        (_, None) => return Opening::Unsure,
        (_, Some(Ssl2Message::ERROR)) => data == SSL2_ERROR_BYTES,
        (Side::Client, Some(Ssl2Message::CLIENT_HELLO)) => match *message {
            [_, high, low, ..] => data > SSL2_HELLO_BYTES && is_ssl2_version(high, low),
            _ => return Opening::Unsure,
        },
        // In a resumed session what follows is encrypted.
        (Side::Client, Some(_)) => behind_hello && data > 0,
        (Side::Server, Some(Ssl2Message::SERVER_HELLO)) => match *message {
            [_, hit, ..] => data > SSL2_HELLO_BYTES && hit <= 1,
            _ => return Opening::Unsure,
        },
        (Side::Server, Some(_)) => false,
    };
    if fits { Opening::Ssl2 } else { Opening::Neither }
}

/// The header at the beginning of the bytes, if they can be one: any version from 0x0300 to 0x03ff.
pub(super) fn header(bytes: &[u8]) -> Option<RecordHeader> {
    let header = RecordHeader::read(&mut Reader::new(bytes)).ok()?;
    let [major, _] = header.version.0.to_be_bytes();
    let fits = is_known(header.content_type.0)
        && major == MAJOR
        && usize::from(header.length) <= MAX_CIPHERTEXT_LEGACY;
    fits.then_some(header)
}

/// The same for bytes of which nobody knows whether a record begins there: only what is usual.
pub(super) fn plausible(bytes: &[u8]) -> Option<RecordHeader> {
    let header = header(bytes)?;
    let length = usize::from(header.length);
    let usual = match header.content_type {
        ContentType::CHANGE_CIPHER_SPEC => length == 1,
        ContentType::ALERT => length == ALERT_BYTES || length > SHORTEST_TAG,
        ContentType::HANDSHAKE => length > 0,
        ContentType::APPLICATION_DATA => length > SHORTEST_TAG,
        _ => false,
    };
    (usual && header.version <= Version::TLS_1_2).then_some(header)
}

/// Looks for a place where a record begins and another one, or the end of the bytes, stands behind it.
pub(super) fn find_record(bytes: &[u8]) -> Option<usize> {
    (0..bytes.len()).find(|at| {
        let here = bytes.get(*at..).unwrap_or_default();
        let next = plausible(here)
            .and_then(|header| here.get(HEADER_BYTES + usize::from(header.length)..));
        next.is_some_and(|next| next.is_empty() || plausible(next).is_some())
    })
}

/// True for the content types that records over TCP have.
fn is_known(content_type: u8) -> bool {
    (ContentType::CHANGE_CIPHER_SPEC.0..=ContentType::HEARTBEAT.0).contains(&content_type)
}

/// True for what stands in a hello in the frame of SSL 2.
pub(super) fn is_ssl2_version(high: u8, low: u8) -> bool {
    let version = Version(u16::from_be_bytes([high, low]));
    version == Version::SSL_2 || (Version::SSL_3..=Version::TLS_1_3).contains(&version)
}

/// Bytes by which any opening is told: a header of SSL 2, a type, a version.
pub(super) const OPENING_BYTES: usize = 6;
/// The first byte of every version since SSL 3.
pub(super) const MAJOR: u8 = 3;
/// Bytes of an alert.
pub(super) const ALERT_BYTES: usize = 2;
/// An ERROR message of SSL 2.
pub(super) const SSL2_ERROR_BYTES: usize = 3;
/// Fields of fixed length of a client's hello of SSL 2, the shorter one.
const SSL2_HELLO_BYTES: usize = 9;
/// The shortest tag of a protected record, that of AES_CCM_8.
const SHORTEST_TAG: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings_are_told_by_six_bytes() {
        let cases: &[(&[u8], Side, Opening)] = &[
            (b"\x16\x03\x01", Side::Client, Opening::Tls),
            (b"\x16\x03\xff", Side::Client, Opening::Tls),
            (b"\x16\x04", Side::Client, Opening::Neither),
            (b"HTTP", Side::Server, Opening::Neither),
            (b"220 mail", Side::Server, Opening::Neither),
            (b"\x80\x2e\x01\x00\x02\x00", Side::Client, Opening::Ssl2),
            (b"\x80\x2e\x01\x03\x01\x00", Side::Client, Opening::Ssl2),
            (b"\x00\x30\x02\x01\x00\x02", Side::Client, Opening::Ssl2),
            (b"\x80\x2e\x01\x07\x02\x00", Side::Client, Opening::Neither),
            (b"\x83\xb4\x04\x00\x01\x00", Side::Server, Opening::Ssl2),
            (b"\x80\x03\x00\x00\x01", Side::Server, Opening::Ssl2),
        ];
        for (bytes, side, expected) in cases {
            assert_eq!(opening(bytes, *side, false), *expected, "{bytes:02x?}");
            for end in 0..bytes.len() {
                let part = opening(&bytes[..end], *side, false);
                assert!(part == Opening::Unsure || part == *expected, "{bytes:02x?} at {end}");
            }
        }
    }

    #[test]
    fn records_are_found_by_what_follows_them() {
        let stream = b"garbage\x17\x03\x03\x00\x13nineteen bytes here\x15\x03\x03\x00\x02\x02\x28";
        assert_eq!(find_record(stream), Some(7));
        assert_eq!(find_record(&stream[..26]), None, "nothing proves it");
        assert_eq!(find_record(b"no record \x16\x03\x03 at all"), None);
    }
}
