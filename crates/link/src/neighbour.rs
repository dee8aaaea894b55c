//! The link address of a neighbour: asked for by ARP and Neighbour Discovery of our own, whatever the kernel's tables say.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::time::Duration;
use std::time::Instant;

use etherparse::ArpEthIpv4Packet;
use etherparse::ArpOperation;
use etherparse::Icmpv6Type;
use etherparse::NetSlice;
use etherparse::PacketBuilder;
use etherparse::SlicedPacket;
use etherparse::TransportSlice;
use etherparse::icmpv6::Icmpv6PayloadSlice;
use etherparse::icmpv6::NdpOptionSlice;

use crate::error::Error;
use crate::filter::Filter;
use crate::interface::Interface;
use crate::interface::LinkKind;
use crate::mac_address::MacAddress;
use crate::receive::Receiver;
use crate::receive::RingSize;
use crate::transmit::Method;
use crate::transmit::transmitter;

const ATTEMPT: &str = "ask for a neighbour";
/// Questions within the time, equally far apart: one may be lost (RFC 4861 section 10 has three as well).
const QUESTIONS: u32 = 3;
/// Packets that crossed a router have less, and are not believed
/// ([RFC 4861 section 7.1](https://www.rfc-editor.org/rfc/rfc4861#section-7.1)).
const HOP_LIMIT: u8 = 255;
/// A handful of answers at most, handed over at once.
const RING: RingSize = RingSize { block_bytes: 64 * 1_024, blocks: 2, block_ms: 1 };

/// Asks for the link address of a neighbour, three times within the timeout. On loopback it is all zeroes.
///
/// # Errors
/// [`Error::NoNeighbour`] when nobody answers.
pub fn neighbour(
    interface: &Interface,
    source: IpAddr,
    address: IpAddr,
    timeout: Duration,
) -> Result<MacAddress, Error> {
    let name = || interface.name.clone();
    let mac = match (interface.kind, interface.mac) {
        (LinkKind::Loopback, _) => return Ok(MacAddress::ZERO),
        (LinkKind::Ethernet, Some(mac)) => mac,
        _ => return Err(Error::NoLinkAddresses { interface: name(), attempt: ATTEMPT }),
    };
    let no_neighbour = || Error::NoNeighbour { interface: name(), address };
    let (question, filter) = match (source, address) {
        (IpAddr::V4(source), IpAddr::V4(address)) => {
            (arp_request(mac, source, address), Filter::arp_replies())
        }
        (IpAddr::V6(source), IpAddr::V6(address)) => {
            (solicitation(mac, source, address), Filter::neighbour_advertisements())
        }
        _ => return Err(no_neighbour()),
    };
    let failed = |error| Error::system(ATTEMPT, &interface.name, error);
    let mut receiver = Receiver::open(interface, &filter, RING)?;
    let mut sender = transmitter(Method::Messages, interface, &question, 1)?;
    for _ in 0..QUESTIONS {
        sender.send(0..1).map_err(failed)?;
        let deadline = Instant::now() + timeout / QUESTIONS;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut found = None;
            let each = &mut |frame: crate::Frame<'_>| {
                found = found.or_else(|| answer(frame.bytes, address));
            };
            receiver.wait(left, each).map_err(failed)?;
            if let Some(found) = found {
                return Ok(found);
            }
            if left.is_zero() {
                break;
            }
        }
    }
    Err(no_neighbour())
}

/// [RFC 826](https://www.rfc-editor.org/rfc/rfc826).
fn arp_request(mac: MacAddress, source: Ipv4Addr, address: Ipv4Addr) -> Vec<u8> {
    let packet = ArpEthIpv4Packet {
        operation: ArpOperation::REQUEST,
        sender_mac: mac.0,
        sender_ipv4: source.octets(),
        target_mac: MacAddress::ZERO.0,
        target_ipv4: address.octets(),
    };
    let mut frame = Vec::new();
    PacketBuilder::ethernet2(mac.0, MacAddress::BROADCAST.0)
        .arp(packet.to_arp_packet())
        .write(&mut frame)
        .expect("a vector takes all bytes");
    frame
}

/// [RFC 4861 section 4.3](https://www.rfc-editor.org/rfc/rfc4861#section-4.3), to the address's solicited-node group
/// ([RFC 4291 section 2.7.1](https://www.rfc-editor.org/rfc/rfc4291#section-2.7.1)).
fn solicitation(mac: MacAddress, source: Ipv6Addr, address: Ipv6Addr) -> Vec<u8> {
    let [.., a, b, c] = address.octets();
    let group = Ipv6Addr::from([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, a, b, c]);
    // RFC 2464 section 7: groups of IPv6 have addresses of their own on an Ethernet.
    let group_mac = [0x33, 0x33, 0xff, a, b, c];
    let mut body = address.octets().to_vec();
    // The Source Link-Layer Address option: type 1, 1 × 8 bytes long.
    body.extend([1, 1]);
    body.extend(mac.0);
    let mut frame = Vec::new();
    PacketBuilder::ethernet2(mac.0, group_mac)
        .ipv6(source.octets(), group.octets(), HOP_LIMIT)
        .icmpv6(Icmpv6Type::NeighborSolicitation)
        .write(&mut frame, &body)
        .expect("a vector takes all bytes");
    frame
}

/// The link address in an answer for this address; `None` in anything else.
fn answer(frame: &[u8], address: IpAddr) -> Option<MacAddress> {
    let packet = SlicedPacket::from_ethernet(frame).ok()?;
    match (packet.net?, address) {
        (NetSlice::Arp(arp), IpAddr::V4(address)) => {
            let arp = arp.to_packet().try_eth_ipv4().ok()?;
            let is_answer = arp.operation == ArpOperation::REPLY;
            (is_answer && arp.sender_ipv4_addr() == address).then_some(MacAddress(arp.sender_mac))
        }
        (NetSlice::Ipv6(ip), IpAddr::V6(address)) => {
            let Some(TransportSlice::Icmpv6(message)) = packet.transport else { return None };
            let header = ip.header();
            let is_valid = header.hop_limit() == HOP_LIMIT
                && message.is_checksum_valid(header.source(), header.destination());
            let Ok(Icmpv6PayloadSlice::NeighborAdvertisement(answer)) = message.payload_slice()
            else {
                return None;
            };
            if !is_valid || answer.target_address() != address {
                return None;
            }
            let told = answer.options_iterator().flatten().find_map(|option| match option {
                NdpOptionSlice::TargetLinkLayerAddress(told) => {
                    Some(MacAddress(told.link_layer_address().try_into().ok()?))
                }
                _ => None,
            });
            // An answer to one station may leave it out: then it is whose frame it was.
            told.or_else(|| Some(MacAddress(*frame.get(6..)?.first_chunk()?)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use etherparse::icmpv6::NeighborAdvertisementHeader;

    use super::*;

    const OURS: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);
    const THEIRS: MacAddress = MacAddress([2, 0, 0, 0, 0, 2]);

    #[test]
    fn requests_are_those_of_the_rfc() {
        let frame = arp_request(OURS, [192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let expected = [
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06][..],
            &[0, 1, 0x08, 0x00, 6, 4, 0, 1],
            &[2, 0, 0, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2],
        ];
        assert_eq!(frame, expected.concat());
    }

    #[test]
    fn solicitations_go_to_the_group_and_have_a_checksum() {
        let address: Ipv6Addr = "2001:db8::12:3456".parse().unwrap();
        let frame = solicitation(OURS, "2001:db8::1".parse().unwrap(), address);
        assert_eq!(&frame[..6], [0x33, 0x33, 0xff, 0x12, 0x34, 0x56]);
        assert_eq!(frame.len(), 14 + 40 + 32);
        assert_eq!(frame[21], 255);
        let group: Ipv6Addr = "ff02::1:ff12:3456".parse().unwrap();
        assert_eq!(&frame[38..54], group.octets());
        assert_eq!(&frame[54..56], [135, 0]);
        assert_eq!(&frame[62..78], address.octets());
        assert_eq!(&frame[78..], [1, 1, 2, 0, 0, 0, 0, 1]);
        let Some(TransportSlice::Icmpv6(message)) =
            SlicedPacket::from_ethernet(&frame).unwrap().transport
        else {
            panic!("{frame:x?}")
        };
        let source = "2001:db8::1".parse::<Ipv6Addr>().unwrap().octets();
        assert!(message.is_checksum_valid(source, group.octets()));
    }

    #[test]
    fn arp_is_believed_of_the_one_who_was_asked() {
        let address = Ipv4Addr::new(192, 0, 2, 2);
        let mut frame = arp_request(THEIRS, address, [192, 0, 2, 1].into());
        assert_eq!(answer(&frame, address.into()), None, "a question");
        frame[21] = 2;
        assert_eq!(answer(&frame, address.into()), Some(THEIRS));
        assert_eq!(answer(&frame, [192, 0, 2, 3].into()), None, "another's answer");
        for length in 0..frame.len() {
            assert_eq!(answer(&frame[..length], address.into()), None, "cut at {length}");
        }
    }

    fn advertisement(address: Ipv6Addr, hop_limit: u8, options: &[u8]) -> Vec<u8> {
        let flags = NeighborAdvertisementHeader { router: true, solicited: true, r#override: true };
        let ours: Ipv6Addr = "2001:db8::1".parse().unwrap();
        let mut frame = Vec::new();
        PacketBuilder::ethernet2(THEIRS.0, OURS.0)
            .ipv6(address.octets(), ours.octets(), hop_limit)
            .icmpv6(Icmpv6Type::NeighborAdvertisement(flags))
            .write(&mut frame, &[&address.octets()[..], options].concat())
            .unwrap();
        frame
    }

    #[test]
    fn advertisements_are_believed_when_they_are_from_the_link() {
        let address: Ipv6Addr = "2001:db8::2".parse().unwrap();
        let option = [2, 1, 2, 0, 0, 0, 0, 9];
        let told = MacAddress([2, 0, 0, 0, 0, 9]);
        let whole = advertisement(address, 255, &option);
        assert_eq!(answer(&whole, address.into()), Some(told));
        assert_eq!(answer(&advertisement(address, 255, &[]), address.into()), Some(THEIRS));
        assert_eq!(answer(&advertisement(address, 254, &option), address.into()), None);
        assert_eq!(answer(&whole, "2001:db8::3".parse().unwrap()), None);
        let mut broken = whole.clone();
        broken[57] ^= 1;
        assert_eq!(answer(&broken, address.into()), None, "a wrong checksum");
        for length in 0..whole.len() {
            assert_eq!(answer(&whole[..length], address.into()), None, "cut at {length}");
        }
    }
}
