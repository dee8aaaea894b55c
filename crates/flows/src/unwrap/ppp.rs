//! PPP (RFC 1661), bare, in HDLC-like framing (RFC 1662) and over Ethernet (RFC 2516).

use super::Layer;
use super::Unread;
use crate::span::Span;

/// A PPP header: address and control where they were not left out, and a protocol of two bytes, or one (RFC 1661, section 6.5).
pub(super) fn read(mut rest: Span<'_>) -> Result<(Layer, Span<'_>), Unread> {
    if rest.head::<2>()? == &[0xff, 0x03] {
        rest = rest.skip(2)?;
    }
    let [first, second] = *rest.head::<2>()?;
    let (protocol, header) = match first & 1 {
        1 => (u16::from(first), 1),
        _ => (u16::from_be_bytes([first, second]), 2),
    };
    let rest = rest.skip(header)?;
    match protocol {
        IPV4 | IPV6 => Ok((Layer::Ip, rest)),
        MPLS_UNICAST | MPLS_MULTICAST => Ok((Layer::Mpls, rest)),
        _ => Err(Unread::NotIp),
    }
}

/// The header of a PPPoE session, whose length leaves padding out.
pub(super) fn read_session(rest: Span<'_>) -> Result<(Layer, Span<'_>), Unread> {
    let [version, code, _, _, high, low] = *rest.head::<SESSION_BYTES>()?;
    if version != 0x11 || code != 0 {
        return Err(Unread::NotIp);
    }
    let length = usize::from(u16::from_be_bytes([high, low]));
    Ok((Layer::Ppp, rest.skip(SESSION_BYTES)?.limit(length)?))
}

/// Version and type, code, session, length.
const SESSION_BYTES: usize = 6;

/// Protocols of PPP, <https://www.iana.org/assignments/ppp-numbers/ppp-numbers.xhtml>.
const IPV4: u16 = 0x0021;
const IPV6: u16 = 0x0057;
const MPLS_UNICAST: u16 = 0x0281;
const MPLS_MULTICAST: u16 = 0x0283;
