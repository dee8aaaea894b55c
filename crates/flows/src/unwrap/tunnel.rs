//! Tunnels: what an IP packet carries that is a frame or an IP packet again.

use super::IpPacket;
use super::Layer;
use super::Unread;
use super::ethernet;
use crate::settings::Tunnels;
use crate::span::Span;

/// What a tunnel carries, if the packet is one that is looked into.
pub(crate) fn inside<'a>(
    packet: &IpPacket<'a>,
    tunnels: &Tunnels,
) -> Option<Result<(Layer, Span<'a>), Unread>> {
    let payload = packet.payload;
    match packet.protocol {
        IPV4 | IPV6 if tunnels.ip_in_ip => Some(Ok((Layer::Ip, payload))),
        MPLS if tunnels.ip_in_ip => Some(Ok((Layer::Mpls, payload))),
        ETHERNET if tunnels.ip_in_ip => {
            Some(payload.skip(ETHERIP_BYTES).map(|rest| (Layer::Ethernet, rest)))
        }
        GRE if tunnels.gre => Some(gre(payload)),
        UDP => udp(payload, tunnels),
        _ => None,
    }
}

/// GRE of version 0, RFC 2784 and RFC 2890, and of version 1 as PPTP has it, RFC 2637, section 4.1.
fn gre(payload: Span<'_>) -> Result<(Layer, Span<'_>), Unread> {
    let [flags, version, high, low] = *payload.head::<GRE_BYTES>()?;
    let number = u16::from_be_bytes([high, low]);
    if version & GRE_VERSION > 1 || flags & GRE_ROUTING != 0 {
        return Err(Unread::NotIp);
    }
    let with = |set: bool| if set { 4 } else { 0 };
    let sequence = flags & GRE_SEQUENCE != 0;
    let acknowledgement = version & GRE_VERSION == 1 && version & GRE_ACKNOWLEDGEMENT != 0;
    let header = GRE_BYTES
        + with(flags & GRE_CHECKSUM != 0)
        + with(flags & GRE_KEY != 0)
        + with(sequence)
        + with(acknowledgement);
    let rest = payload.skip(header)?;
    match number {
        // Without a sequence number it is the header-less first version.
        ERSPAN if !sequence => Ok((Layer::Ethernet, rest)),
        ERSPAN => Ok((Layer::Ethernet, rest.skip(ERSPAN_2_BYTES)?)),
        ERSPAN_3 => erspan_3(rest),
        _ => ethernet::typed(number, rest),
    }
}

/// <https://datatracker.ietf.org/doc/html/draft-foschiano-erspan-03>, section 4.3: twelve bytes, and eight more where the last bit says so.
fn erspan_3(rest: Span<'_>) -> Result<(Layer, Span<'_>), Unread> {
    let [.., last] = *rest.head::<ERSPAN_3_BYTES>()?;
    let header = ERSPAN_3_BYTES + if last & 1 != 0 { ERSPAN_3_MORE_BYTES } else { 0 };
    Ok((Layer::Ethernet, rest.skip(header)?))
}

fn udp<'a>(payload: Span<'a>, tunnels: &Tunnels) -> Option<Result<(Layer, Span<'a>), Unread>> {
    let (source, destination) = (payload.u16_at(0).ok()?, payload.u16_at(2).ok()?);
    let rest = payload.skip(UDP_BYTES).ok()?;
    if tunnels.vxlan == Some(destination) {
        return Some(vxlan(rest));
    }
    if tunnels.geneve == Some(destination) {
        return Some(geneve(rest));
    }
    let teredo_port = tunnels.teredo?;
    [source, destination].contains(&teredo_port).then(|| teredo(rest))
}

/// RFC 7348, section 5.
fn vxlan(rest: Span<'_>) -> Result<(Layer, Span<'_>), Unread> {
    let [flags, ..] = *rest.head::<VXLAN_BYTES>()?;
    if flags & VXLAN_HAS_NETWORK == 0 {
        return Err(Unread::NotIp);
    }
    Ok((Layer::Ethernet, rest.skip(VXLAN_BYTES)?))
}

/// RFC 8926, section 3.4.
fn geneve(rest: Span<'_>) -> Result<(Layer, Span<'_>), Unread> {
    let [first, _, high, low, ..] = *rest.head::<GENEVE_BYTES>()?;
    if first >> 6 != 0 {
        return Err(Unread::NotIp);
    }
    let options = usize::from(first & 0x3f) * 4;
    let rest = rest.skip(GENEVE_BYTES + options)?;
    ethernet::typed(u16::from_be_bytes([high, low]), rest)
}

/// RFC 4380, section 5.1.1: an authentication and an origin may stand before the packet.
fn teredo(mut rest: Span<'_>) -> Result<(Layer, Span<'_>), Unread> {
    if let [0, 1, client, authentication] = *rest.head::<4>()? {
        let bytes = usize::from(client) + usize::from(authentication);
        rest = rest.skip(TEREDO_AUTHENTICATION_BYTES + bytes)?;
    }
    if rest.head::<2>()? == &[0, 0] {
        rest = rest.skip(TEREDO_ORIGIN_BYTES)?;
    }
    Ok((Layer::Ip, rest))
}

/// Protocol numbers.
const IPV4: u8 = 4;
const IPV6: u8 = 41;
const UDP: u8 = 17;
const GRE: u8 = 47;
const ETHERNET: u8 = 97;
const MPLS: u8 = 137;

/// Types that only GRE has.
const ERSPAN: u16 = 0x88be;
const ERSPAN_3: u16 = 0x22eb;

const ETHERIP_BYTES: usize = 2;
const UDP_BYTES: usize = 8;
const GRE_BYTES: usize = 4;
const GRE_CHECKSUM: u8 = 0x80;
const GRE_ROUTING: u8 = 0x40;
const GRE_KEY: u8 = 0x20;
const GRE_SEQUENCE: u8 = 0x10;
const GRE_ACKNOWLEDGEMENT: u8 = 0x80;
const GRE_VERSION: u8 = 0x07;
const ERSPAN_2_BYTES: usize = 8;
const ERSPAN_3_BYTES: usize = 12;
const ERSPAN_3_MORE_BYTES: usize = 8;
const VXLAN_BYTES: usize = 8;
const VXLAN_HAS_NETWORK: u8 = 0x08;
const GENEVE_BYTES: usize = 8;
/// Two numbers and two lengths, then eight bytes of nonce and one of confirmation.
const TEREDO_AUTHENTICATION_BYTES: usize = 13;
const TEREDO_ORIGIN_BYTES: usize = 8;
