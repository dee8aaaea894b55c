//! IPv4 with options, IPv6 with extension headers.

use super::Unread;
use crate::endpoints::Addresses;
use crate::span::Span;

/// An IP packet or a fragment of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IpPacket<'a> {
    /// From where to where.
    pub(crate) addresses: Addresses,
    /// What the payload is.
    pub(crate) protocol: u8,
    /// What follows the headers.
    pub(crate) payload: Span<'a>,
    /// Which part of a packet this is, where it is not all of it.
    pub(crate) fragment: Option<Fragment>,
    /// The header of IPv4, which has a checksum of its own; empty for IPv6.
    pub(crate) header: &'a [u8],
}

/// Which part of a packet a fragment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fragment {
    /// Number of the packet, unique for its addresses and protocol.
    pub(crate) identification: u32,
    /// Where the payload belongs, in bytes.
    pub(crate) offset: u32,
    /// More fragments follow this one.
    pub(crate) more: bool,
}

/// A header of either version.
#[inline]
pub(super) fn read(packet: Span<'_>) -> Result<IpPacket<'_>, Unread> {
    let [first] = *packet.head::<1>()?;
    match first >> 4 {
        4 => read_v4(packet),
        6 => read_v6(packet),
        _ => Err(Unread::NotIp),
    }
}

/// RFC 791, section 3.1.
#[inline]
fn read_v4(packet: Span<'_>) -> Result<IpPacket<'_>, Unread> {
    let header = packet.head::<V4_BYTES>()?;
    let &[first, _, l0, l1, i0, i1, f0, f1, _, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] =
        header;
    let header_bytes = usize::from(first & 0x0f) * 4;
    let total = match usize::from(u16::from_be_bytes([l0, l1])) {
        // A packet that the network card was to cut, or that a kernel has joined, may be longer than the field can say.
        0 if packet.length() > MOST_JOINED_BYTES => return Err(Unread::Malformed),
        0 => packet.length(),
        total => total,
    };
    if header_bytes < V4_BYTES || total < header_bytes {
        return Err(Unread::Malformed);
    }
    let packet = packet.limit(total)?;
    let place = u16::from_be_bytes([f0, f1]);
    let fragment = (place & (V4_MORE | V4_OFFSET) != 0).then(|| Fragment {
        identification: u32::from(u16::from_be_bytes([i0, i1])),
        offset: u32::from(place & V4_OFFSET) * 8,
        more: place & V4_MORE != 0,
    });
    Ok(IpPacket {
        addresses: Addresses::V4 { source: [s0, s1, s2, s3], destination: [d0, d1, d2, d3] },
        protocol,
        payload: packet.skip(header_bytes)?,
        fragment,
        header: packet.bytes().get(..header_bytes).unwrap_or_default(),
    })
}

/// RFC 8200, sections 3 and 4.
#[inline]
fn read_v6(packet: Span<'_>) -> Result<IpPacket<'_>, Unread> {
    let header = packet.head::<V6_BYTES>()?;
    let [_, _, _, _, l0, l1, protocol, _, addresses @ ..] = header;
    let (source, destination) = addresses.split_at(16);
    let (Ok(source), Ok(destination)) = (source.try_into(), destination.try_into()) else {
        return Err(Unread::Malformed);
    };
    let rest = packet.skip(V6_BYTES)?;
    let payload = match usize::from(u16::from_be_bytes([*l0, *l1])) {
        // A jumbogram (RFC 2675), or as above.
        0 if rest.length() > MOST_JOINED_BYTES => return Err(Unread::Malformed),
        0 => rest,
        length => rest.limit(length)?,
    };
    let mut found = IpPacket {
        addresses: Addresses::V6 { source, destination },
        protocol: *protocol,
        payload,
        fragment: None,
        header: &[],
    };
    if is_extension(found.protocol) {
        skip_extensions(&mut found)?;
    }
    Ok(found)
}

/// Walks extension headers up to the payload or to a fragment header that says there is only a part of it.
fn skip_extensions(found: &mut IpPacket<'_>) -> Result<(), Unread> {
    for _ in 0..MOST_EXTENSIONS {
        if !is_extension(found.protocol) {
            return Ok(());
        }
        let [next, length, o0, o1, i0, i1, i2, i3] = *found.payload.head::<EXTENSION_BYTES>()?;
        let bytes = match found.protocol {
            FRAGMENT => EXTENSION_BYTES,
            // RFC 4302, section 2.2.
            AUTHENTICATION => (usize::from(length) + 2) * 4,
            _ => (usize::from(length) + 1) * 8,
        };
        let was = std::mem::replace(&mut found.protocol, next);
        found.payload = found.payload.skip(bytes)?;
        let place = u16::from_be_bytes([o0, o1]);
        let (offset, more) = (u32::from(place & V6_OFFSET), place & V6_MORE != 0);
        // A fragment that is all of its packet is none (RFC 6946).
        if was == FRAGMENT && (offset > 0 || more) {
            let identification = u32::from_be_bytes([i0, i1, i2, i3]);
            found.fragment = Some(Fragment { identification, offset, more });
            return Ok(());
        }
    }
    Err(Unread::TooDeep)
}

#[inline]
fn is_extension(protocol: u8) -> bool {
    matches!(
        protocol,
        HOP_BY_HOP | ROUTING | FRAGMENT | AUTHENTICATION | DESTINATION | MOBILITY | HIP | SHIM6
    )
}

/// Protocol numbers, <https://www.iana.org/assignments/protocol-numbers/protocol-numbers.xhtml>.
pub(crate) const TCP: u8 = 6;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION: u8 = 60;
const MOBILITY: u8 = 135;
const HIP: u8 = 139;
const SHIM6: u8 = 140;

/// Headers without options.
const V4_BYTES: usize = 20;
const V6_BYTES: usize = 40;
/// Of the smallest extension header.
const EXTENSION_BYTES: usize = 8;

const V4_MORE: u16 = 0x2000;
const V4_OFFSET: u16 = 0x1fff;
const V6_MORE: u16 = 0x0001;
/// In bytes already, as the three low bits are others.
const V6_OFFSET: u16 = 0xfff8;

/// Of a packet that says no length: Linux joins or leaves uncut at most 8 × 65,535 bytes.
const MOST_JOINED_BYTES: usize = 8 * 65_535;

/// Extension headers of one packet: RFC 8200, section 4.1, knows of seven.
const MOST_EXTENSIONS: usize = 16;
