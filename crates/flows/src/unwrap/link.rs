//! The first header, by the link type of the capture.

use super::Layer;
use super::Unread;
use crate::link_type::LinkType;
use crate::span::Span;

/// What a frame begins with, and the rest of it behind headers that only captures have.
#[inline]
pub(super) fn begin(link: LinkType, frame: Span<'_>) -> Result<(Layer, Span<'_>), Unread> {
    match link {
        LinkType::ETHERNET => Ok((Layer::Ethernet, frame)),
        LinkType::NULL | LinkType::LOOP => family(frame),
        LinkType::PPP | LinkType::PPP_HDLC => Ok((Layer::Ppp, frame)),
        LinkType::PPP_ETHER => Ok((Layer::Pppoe, frame)),
        LinkType::RAW
        | LinkType::RAW_BSD
        | LinkType::RAW_OPENBSD
        | LinkType::IPV4
        | LinkType::IPV6 => Ok((Layer::Ip, frame)),
        LinkType::LINUX_SLL => {
            let protocol = frame.u16_at(SLL_PROTOCOL)?;
            Ok((Layer::EtherType(protocol), frame.skip(SLL_BYTES)?))
        }
        LinkType::LINUX_SLL2 => {
            let protocol = frame.u16_at(0)?;
            Ok((Layer::EtherType(protocol), frame.skip(SLL2_BYTES)?))
        }
        _ => Err(Unread::UnknownLink),
    }
}

/// An address family of four bytes, in either byte order: the families are all below 256, so that one order alone makes sense.
fn family(frame: Span<'_>) -> Result<(Layer, Span<'_>), Unread> {
    let family = match frame.head::<FAMILY_BYTES>()? {
        [0, 0, 0, family] | [family, 0, 0, 0] => *family,
        _ => return Err(Unread::NotIp),
    };
    if !IP_FAMILIES.contains(&family) {
        return Err(Unread::NotIp);
    }
    Ok((Layer::Ip, frame.skip(FAMILY_BYTES)?))
}

/// Of [`LinkType::NULL`].
const FAMILY_BYTES: usize = 4;

/// AF_INET; AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS.
const IP_FAMILIES: [u8; 5] = [2, 10, 24, 28, 30];

/// Of the header of [`LinkType::LINUX_SLL`] (<https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html>), and where its protocol stands.
const SLL_BYTES: usize = 16;
const SLL_PROTOCOL: usize = 14;

/// Of the header of [`LinkType::LINUX_SLL2`] (<https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html>), whose protocol stands first.
const SLL2_BYTES: usize = 20;
