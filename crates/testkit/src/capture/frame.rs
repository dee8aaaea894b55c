//! Frames around IP packets: link layers, tags and tunnels, and IP's own fragments.

use std::net::IpAddr;
use std::net::Ipv4Addr;

use super::segment;
use super::segment::Ipv4Header;
use super::segment::Segment;
use super::segment::Side;

/// What carries the IP packets, link layer and all. Link types are those of <https://www.tcpdump.org/linktypes.html>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// Ethernet.
    Ethernet,
    /// Ethernet, a tag of IEEE 802.1Q with this number.
    Vlan(u16),
    /// Ethernet, two tags (IEEE 802.1ad), outer and inner.
    QinQ(u16, u16),
    /// Ethernet, a stack of MPLS labels (RFC 3032), outermost first.
    Mpls(Vec<u32>),
    /// Ethernet, a session of PPP (RFC 2516).
    Pppoe,
    /// Linux cooked capture.
    Sll,
    /// Linux cooked capture, second version.
    Sll2,
    /// IP and nothing below it.
    RawIp,
    /// BSD loopback, the family in the byte order of a little-endian host.
    Null,
    /// OpenBSD loopback, the family in network order.
    Loop,
    /// Ethernet, IPv4, GRE (RFC 2784).
    Gre,
    /// Ethernet, IPv4, the packet (RFC 2003; RFC 4213 for IPv6).
    IpInIp,
    /// Ethernet, IPv4, UDP, VXLAN with this network identifier (RFC 7348), Ethernet again.
    Vxlan(u32),
}

/// How packets become frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framing {
    carrier: Carrier,
    fragments: Option<usize>,
}

impl Framing {
    /// Every packet a frame of this carrier.
    pub const fn new(carrier: Carrier) -> Self {
        Self { carrier, fragments: None }
    }

    /// IP packets are cut into fragments with at most so many bytes of payload: a multiple of eight.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub const fn fragments(mut self, payload: usize) -> Self {
        assert!(payload > 0 && payload.is_multiple_of(8), "offsets count in units of eight bytes");
        self.fragments = Some(payload);
        self
    }

    /// The link type in a capture's header.
    pub const fn link_type(&self) -> u32 {
        match self.carrier {
            Carrier::Null => 0,
            Carrier::RawIp => 101,
            Carrier::Loop => 108,
            Carrier::Sll => 113,
            Carrier::Sll2 => 276,
            _ => 1,
        }
    }

    /// The frames of a segment: one, or one for each fragment.
    pub fn frames(&self, segment: &Segment) -> Vec<Vec<u8>> {
        self.wrap(&segment.packet(), segment.side)
    }

    /// The frames of an IP packet.
    pub fn wrap(&self, packet: &[u8], side: Side) -> Vec<Vec<u8>> {
        let pieces = match self.fragments {
            Some(payload) => fragment(packet, payload),
            None => vec![packet.to_vec()],
        };
        pieces.iter().map(|piece| self.carrier.frame(piece, side)).collect()
    }
}

/// Addresses of the two stations: locally administered.
const STATIONS: [[u8; 6]; 2] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]];
/// Ends of tunnels: RFC 5737's third range for documentation.
const TUNNEL: [Ipv4Addr; 2] = [Ipv4Addr::new(203, 0, 113, 1), Ipv4Addr::new(203, 0, 113, 2)];
const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_VLAN: u16 = 0x8100;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const ETHERTYPE_MPLS: u16 = 0x8847;
const ETHERTYPE_PPPOE: u16 = 0x8864;
const ETHERTYPE_QINQ: u16 = 0x88a8;
/// Protocols of IP.
const IPV4_IN_IP: u8 = 4;
const IPV6_IN_IP: u8 = 41;
const FRAGMENT_HEADER: u8 = 44;
const GRE: u8 = 47;
/// Where VXLAN listens.
const VXLAN_PORT: u16 = 4789;
/// AF_INET, and AF_INET6 as FreeBSD has it.
const FAMILIES: [u32; 2] = [2, 28];

impl Carrier {
    fn frame(&self, packet: &[u8], side: Side) -> Vec<u8> {
        let kind = ethertype(packet);
        match self {
            Self::Ethernet => ethernet(side, &[&kind.to_be_bytes(), packet]),
            Self::Vlan(number) => {
                ethernet(side, &[&tag(ETHERTYPE_VLAN, *number), &kind.to_be_bytes(), packet])
            }
            Self::QinQ(outer, inner) => {
                let tags = [tag(ETHERTYPE_QINQ, *outer), tag(ETHERTYPE_VLAN, *inner)].concat();
                ethernet(side, &[&tags, &kind.to_be_bytes(), packet])
            }
            Self::Mpls(labels) => {
                ethernet(side, &[&ETHERTYPE_MPLS.to_be_bytes(), &stack(labels), packet])
            }
            Self::Pppoe => ethernet(side, &[&pppoe(packet), packet]),
            Self::Sll => [&sll(kind, side), packet].concat(),
            Self::Sll2 => [&sll2(kind, side), packet].concat(),
            Self::RawIp => packet.to_vec(),
            Self::Null => [&family(kind).to_le_bytes(), packet].concat(),
            Self::Loop => [&family(kind).to_be_bytes(), packet].concat(),
            Self::Gre => {
                let header = [[0, 0], kind.to_be_bytes()].concat();
                tunnel(side, GRE, &[&header, packet].concat())
            }
            Self::IpInIp if kind == ETHERTYPE_IPV6 => tunnel(side, IPV6_IN_IP, packet),
            Self::IpInIp => tunnel(side, IPV4_IN_IP, packet),
            Self::Vxlan(network) => vxlan(*network, side, packet),
        }
    }
}

/// IPv4 or IPv6, by the packet's first four bits.
fn ethertype(packet: &[u8]) -> u16 {
    match packet.first().map(|byte| byte >> 4) {
        Some(6) => ETHERTYPE_IPV6,
        _ => ETHERTYPE_IPV4,
    }
}

fn stations(side: Side) -> [[u8; 6]; 2] {
    let [client, server] = STATIONS;
    match side {
        Side::Client => [client, server],
        Side::Server => [server, client],
    }
}

/// Both addresses, then these parts, the first of which begins with the type.
fn ethernet(side: Side, parts: &[&[u8]]) -> Vec<u8> {
    let [source, destination] = stations(side);
    [&destination, &source, &parts.concat()[..]].concat()
}

fn tag(kind: u16, number: u16) -> [u8; 4] {
    let ([a, b], [c, d]) = (kind.to_be_bytes(), number.to_be_bytes());
    [a, b, c, d]
}

/// Label stack entries: 20 bits of label, 3 of class, one for the bottom, 8 of hops.
fn stack(labels: &[u32]) -> Vec<u8> {
    let bottom = labels.len().saturating_sub(1);
    let entry = |(place, label): (usize, &u32)| {
        ((label << 12) | (u32::from(place == bottom) << 8) | 64).to_be_bytes()
    };
    labels.iter().enumerate().flat_map(entry).collect()
}

/// Type of Ethernet, version and type, code, session, length, protocol of PPP.
fn pppoe(packet: &[u8]) -> Vec<u8> {
    let protocol: u16 = if ethertype(packet) == ETHERTYPE_IPV6 { 0x0057 } else { 0x0021 };
    let length = u16::try_from(packet.len() + 2).expect("a packet of less than 64 KiB");
    let mut header = ETHERTYPE_PPPOE.to_be_bytes().to_vec();
    header.extend([0x11, 0, 0, 1]);
    header.extend(length.to_be_bytes());
    header.extend(protocol.to_be_bytes());
    header
}

/// To us or by us, Ethernet, the sender's address in eight bytes, the type.
fn sll(kind: u16, side: Side) -> Vec<u8> {
    let [source, _] = stations(side);
    let direction: u16 = if side == Side::Client { 4 } else { 0 };
    let mut header = direction.to_be_bytes().to_vec();
    header.extend([0, 1, 0, 6]);
    header.extend(source);
    header.extend([0, 0]);
    header.extend(kind.to_be_bytes());
    header
}

/// The type, two reserved bytes, an interface, Ethernet, the direction, the sender's address in eight bytes.
fn sll2(kind: u16, side: Side) -> Vec<u8> {
    let [source, _] = stations(side);
    let mut header = kind.to_be_bytes().to_vec();
    header.extend([0, 0, 0, 0, 0, 2, 0, 1, if side == Side::Client { 4 } else { 0 }, 6]);
    header.extend(source);
    header.extend([0, 0]);
    header
}

const fn family(kind: u16) -> u32 {
    let [v4, v6] = FAMILIES;
    if kind == ETHERTYPE_IPV6 { v6 } else { v4 }
}

fn ends(side: Side) -> [Ipv4Addr; 2] {
    let [client, server] = TUNNEL;
    match side {
        Side::Client => [client, server],
        Side::Server => [server, client],
    }
}

fn tunnel(side: Side, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [source, destination] = ends(side).map(IpAddr::V4);
    let outer = segment::packet(source, destination, protocol, 1, payload);
    ethernet(side, &[&ETHERTYPE_IPV4.to_be_bytes(), &outer])
}

fn vxlan(network: u32, side: Side, packet: &[u8]) -> Vec<u8> {
    let inner = Carrier::Ethernet.frame(packet, side);
    let header = [[8, 0, 0, 0], (network << 8).to_be_bytes()].concat();
    let [source, destination] = ends(side).map(IpAddr::V4);
    let outer = segment::udp_datagram(
        (source, 49_152).into(),
        (destination, VXLAN_PORT).into(),
        &[header, inner].concat(),
    );
    ethernet(side, &[&ETHERTYPE_IPV4.to_be_bytes(), &outer])
}

/// An IP packet in pieces (RFC 791, section 3.2; RFC 8200, section 4.5); whole if it is small enough.
fn fragment(packet: &[u8], payload: usize) -> Vec<Vec<u8>> {
    let header = if ethertype(packet) == ETHERTYPE_IPV6 { 40 } else { 20 };
    let (head, body) = packet.split_at(header);
    if body.len() <= payload {
        return vec![packet.to_vec()];
    }
    let pieces = body.chunks(payload).count();
    let identification = fold(body);
    body.chunks(payload)
        .enumerate()
        .map(|(place, piece)| {
            let units = u16::try_from(place * payload / 8).expect("a packet of less than 64 KiB");
            piece_of(head, identification, units, place + 1 < pieces, piece)
        })
        .collect()
}

fn piece_of(head: &[u8], identification: u32, units: u16, more: bool, piece: &[u8]) -> Vec<u8> {
    if head.len() == 20 {
        let header = Ipv4Header {
            source: head[12..16].try_into().expect("four bytes"),
            destination: head[16..20].try_into().expect("four bytes"),
            protocol: head[9],
            identification: u16::from_be_bytes([head[4], head[5]]),
            fragment: units | (u16::from(more) << 13),
        };
        return header.around(piece);
    }
    let source: [u8; 16] = head[8..24].try_into().expect("sixteen bytes");
    let destination: [u8; 16] = head[24..40].try_into().expect("sixteen bytes");
    let mut extension = vec![head[6], 0];
    extension.extend(((units << 3) | u16::from(more)).to_be_bytes());
    extension.extend(identification.to_be_bytes());
    extension.extend(piece);
    segment::ipv6(source, destination, FRAGMENT_HEADER, &extension)
}

/// A number that all pieces of a packet have, and other packets do not (FNV-1a).
fn fold(body: &[u8]) -> u32 {
    body.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Conversation;

    fn segment(family: &str, payload: usize) -> Segment {
        let [client, server] = match family {
            "v4" => ["192.0.2.1:40000", "192.0.2.2:25"],
            _ => ["[2001:db8::1]:40000", "[2001:db8::2]:25"],
        }
        .map(|text| text.parse().unwrap());
        let told = Conversation::new(client, server).client(vec![b'x'; payload]);
        told.segments().into_iter().find(|one| !one.payload.is_empty()).unwrap()
    }

    #[test]
    fn every_carrier_ends_in_the_packet_and_begins_with_its_own_header() {
        let segment = segment("v6", 30);
        let packet = segment.packet();
        for (carrier, header, link_type) in [
            (Carrier::Ethernet, "02000000000202000000000186dd", 1),
            (Carrier::Vlan(7), "0200000000020200000000018100000786dd", 1),
            (Carrier::QinQ(7, 8), "02000000000202000000000188a800078100000886dd", 1),
            (Carrier::Mpls(vec![16, 17]), "020000000002020000000001884700010040000111 40", 1),
            (Carrier::Pppoe, "020000000002020000000001886411000001005c 0057", 1),
            (Carrier::Sll, "0004000100060200000000010000 86dd", 113),
            (Carrier::Sll2, "86dd00000000000200010406020000000001 0000", 276),
            (Carrier::RawIp, "", 101),
            (Carrier::Null, "1c000000", 0),
            (Carrier::Loop, "0000001c", 108),
        ] {
            let framing = Framing::new(carrier.clone());
            let frames = framing.frames(&segment);
            let [frame] = &frames[..] else { panic!("{carrier:?}") };
            let (front, rest) = frame.split_at(frame.len() - packet.len());
            let hex: String = front.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, header.replace(' ', ""), "{carrier:?}");
            assert_eq!(rest, packet, "{carrier:?}");
            assert_eq!(framing.link_type(), link_type);
        }
    }

    #[test]
    fn fragments_put_together_are_the_packet() {
        for (family, header, extension) in [("v4", 20, 0), ("v6", 40, 8)] {
            let segment = segment(family, 100);
            let whole = segment.packet();
            let frames = Framing::new(Carrier::RawIp).fragments(48).frames(&segment);
            assert_eq!(frames.len(), 3, "{family}");
            let bodies: Vec<_> =
                frames.iter().flat_map(|frame| frame[header + extension..].to_vec()).collect();
            assert_eq!(bodies, whole[header..], "{family}");
        }
    }
}
