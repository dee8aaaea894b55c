//! Ethernet, its tags, and what its types name.

use super::Layer;
use super::Unread;
use crate::span::Span;

/// A MAC header.
#[inline]
pub(super) fn read(frame: Span<'_>) -> Result<(Layer, Span<'_>), Unread> {
    let number = frame.u16_at(TYPE_AT)?;
    let rest = frame.skip(HEADER_BYTES)?;
    if number >= FIRST_TYPE {
        return Ok((Layer::EtherType(number), rest));
    }
    // IEEE 802.3: a length, then LLC; RFC 1042 puts a type behind it.
    let rest = rest.limit(usize::from(number))?;
    match rest.head::<SNAP_BYTES>()? {
        [0xaa, 0xaa, 0x03, 0, 0, 0, high, low] => {
            let number = u16::from_be_bytes([*high, *low]);
            Ok((Layer::EtherType(number), rest.skip(SNAP_BYTES)?))
        }
        _ => Err(Unread::NotIp),
    }
}

/// What follows a MAC header that is followed by IP; none: [`read`] may know.
#[inline]
pub(super) fn ip(frame: Span<'_>) -> Option<Span<'_>> {
    let number = frame.u16_at(TYPE_AT).ok()?;
    if number == IPV4 || number == IPV6 { frame.skip(HEADER_BYTES).ok() } else { None }
}

/// What a type names.
#[inline]
pub(super) fn typed(number: u16, rest: Span<'_>) -> Result<(Layer, Span<'_>), Unread> {
    match number {
        IPV4 | IPV6 => Ok((Layer::Ip, rest)),
        VLAN | PROVIDER_VLAN | OLD_VLAN | OLD_VLAN_2 | OLD_VLAN_3 => tagged(VLAN_BYTES, rest),
        VN_TAG => tagged(VN_TAG_BYTES, rest),
        MPLS | MPLS_UPSTREAM => Ok((Layer::Mpls, rest)),
        PPPOE_SESSION => Ok((Layer::Pppoe, rest)),
        PPP => Ok((Layer::Ppp, rest)),
        ETHERNET => Ok((Layer::Ethernet, rest)),
        _ => Err(Unread::NotIp),
    }
}

/// Whether a type is one that [`typed`] can go on with.
pub(super) const fn is_read(number: u16) -> bool {
    let is_tag =
        matches!(number, VLAN | PROVIDER_VLAN | OLD_VLAN | OLD_VLAN_2 | OLD_VLAN_3 | VN_TAG);
    let is_layer =
        matches!(number, IPV4 | IPV6 | MPLS | MPLS_UPSTREAM | PPPOE_SESSION | PPP | ETHERNET);
    is_tag || is_layer
}

/// A tag of so many bytes, the type of what follows among them at the end.
fn tagged(bytes: usize, rest: Span<'_>) -> Result<(Layer, Span<'_>), Unread> {
    let number = rest.u16_at(bytes - 2)?;
    let rest = rest.skip(bytes)?;
    if number < FIRST_TYPE {
        return Err(Unread::NotIp);
    }
    Ok((Layer::EtherType(number), rest))
}

/// Two addresses and a type.
const HEADER_BYTES: usize = 14;
const TYPE_AT: usize = 12;

/// Smaller numbers are lengths (IEEE 802.3, section 3.2.6).
const FIRST_TYPE: u16 = 0x0600;

/// LLC and SNAP.
const SNAP_BYTES: usize = 8;

/// Priority, identifier and the next type (IEEE 802.1Q).
const VLAN_BYTES: usize = 4;
/// Cisco's VN-Tag: four bytes and the next type.
const VN_TAG_BYTES: usize = 6;

/// Types, <https://www.iana.org/assignments/ieee-802-numbers/ieee-802-numbers.xhtml>.
pub(super) const IPV4: u16 = 0x0800;
pub(super) const IPV6: u16 = 0x86dd;
pub(super) const ETHERNET: u16 = 0x6558;
const VLAN: u16 = 0x8100;
const PROVIDER_VLAN: u16 = 0x88a8;
/// Used for stacked tags before 802.1ad.
const OLD_VLAN: u16 = 0x9100;
const OLD_VLAN_2: u16 = 0x9200;
const OLD_VLAN_3: u16 = 0x9300;
const VN_TAG: u16 = 0x8926;
const MPLS: u16 = 0x8847;
const MPLS_UPSTREAM: u16 = 0x8848;
const PPPOE_SESSION: u16 = 0x8864;
const PPP: u16 = 0x880b;
