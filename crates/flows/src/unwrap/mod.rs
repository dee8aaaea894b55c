//! From a frame to the IP packet in it, through whatever lies around it.

mod ethernet;
mod ip;
mod link;
mod mpls;
mod plain;
mod ppp;
mod tunnel;

use crate::link_type::LinkType;
use crate::settings::Tunnels;
use crate::span::Span;

pub(crate) use ip::Fragment;
pub(crate) use ip::IpPacket;
pub(crate) use ip::TCP;
pub(crate) use plain::plain;
pub(crate) use tunnel::inside;

/// Why there is no IP packet to be had of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// The capture stops within a header.
    CutShort,
    /// A header contradicts itself or what it stands in.
    Malformed,
    /// Something else than IP.
    NotIp,
    /// More layers than [`MOST_LAYERS`].
    TooDeep,
    /// A link type that is not read.
    UnknownLink,
}

/// What stands next in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// A MAC header.
    Ethernet,
    /// What a number of the registry of Ethernet types names.
    EtherType(u16),
    /// An IP header of either version.
    Ip,
    /// A label stack.
    Mpls,
    /// A PPP header, with or without address and control.
    Ppp,
    /// A PPPoE header.
    Pppoe,
}

/// The IP packet in a frame.
#[inline]
pub(crate) fn packet<'a>(link: LinkType, frame: Span<'a>) -> Result<IpPacket<'a>, Unread> {
    // Most frames have nothing around it but Ethernet.
    if link == LinkType::ETHERNET
        && let Some(rest) = ethernet::ip(frame)
    {
        return ip::read(rest);
    }
    let (layer, rest) = link::begin(link, frame)?;
    packet_in(layer, rest)
}

/// The IP packet in what begins with a layer.
pub(crate) fn packet_in(mut layer: Layer, mut rest: Span<'_>) -> Result<IpPacket<'_>, Unread> {
    for _ in 0..MOST_LAYERS {
        (layer, rest) = match layer {
            Layer::Ip => return ip::read(rest),
            Layer::Ethernet => ethernet::read(rest)?,
            Layer::EtherType(number) => ethernet::typed(number, rest)?,
            Layer::Mpls => mpls::read(rest)?,
            Layer::Ppp => ppp::read(rest)?,
            Layer::Pppoe => ppp::read_session(rest)?,
        };
    }
    Err(Unread::TooDeep)
}

/// The innermost IP packet that is no tunnel and no fragment, or the fragment that hides it.
#[inline]
pub(crate) fn innermost<'a>(
    link: LinkType,
    frame: Span<'a>,
    tunnels: &Tunnels,
) -> Result<IpPacket<'a>, Unread> {
    let mut found = packet(link, frame)?;
    for _ in 0..=MOST_TUNNELS {
        if found.protocol == TCP || found.fragment.is_some() {
            return Ok(found);
        }
        let Some(inner) = inside(&found, tunnels) else {
            return Ok(found);
        };
        let (layer, rest) = inner?;
        found = packet_in(layer, rest)?;
    }
    Err(Unread::TooDeep)
}

/// Headers before an IP header: tags, labels and the like. Nobody stacks so many on purpose.
const MOST_LAYERS: usize = 16;

/// Tunnels within tunnels that are followed; an overlay within a provider's tunnel makes two.
pub(crate) const MOST_TUNNELS: usize = 4;
