//! How frames are divided: both directions of a connection come together, whatever carries them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::prop_assert_eq;
use proptest::proptest;

use super::Filter;
use super::LinkKind;
use super::MOST_INSTRUCTIONS;
use super::interpreter::run_typed;

const SEED: u32 = 0x1234_5678;

/// One end of a connection.
type End = (IpAddr, u16);

/// An IP packet between two addresses.
fn packet(from: IpAddr, to: IpAddr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let mut bytes = vec![0x46, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0];
            bytes.extend([from.octets(), to.octets()].concat());
            // An option.
            bytes.extend([1, 1, 1, 0]);
            bytes
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let mut bytes = vec![0x60, 0, 0, 0, 0, 0, 60, 64];
            bytes.extend([from.octets(), to.octets()].concat());
            // Destination options of sixteen bytes.
            bytes.extend([protocol, 1]);
            bytes.extend([0; 14]);
            bytes
        }
        other => panic!("{other:?}"),
    };
    bytes.extend(payload);
    bytes
}

fn tcp((from, from_port): End, (to, to_port): End) -> Vec<u8> {
    let ports = [from_port.to_be_bytes(), to_port.to_be_bytes()].concat();
    packet(from, to, 6, &[&ports[..], &[0; 16]].concat())
}

fn ethernet(packet: &[u8]) -> Vec<u8> {
    let protocol: [u8; 2] = if packet[0] >> 4 == 6 { [0x86, 0xdd] } else { [0x08, 0x00] };
    [&[2; 12], &protocol[..], packet].concat()
}

/// A frame with something between its MAC header and what it carries: a type and its header.
fn behind(kind: u16, header: &[u8], rest: &[u8]) -> Vec<u8> {
    [&[2; 12], &kind.to_be_bytes()[..], header, rest].concat()
}

const OUTER: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), IpAddr::V4(Ipv4Addr::new(10, 9, 0, 2))];

/// In a tunnel, whose ends are the other way round on the way back.
fn tunnelled(back: bool, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [from, to] = if back { [OUTER[1], OUTER[0]] } else { OUTER };
    ethernet(&packet(from, to, protocol, payload))
}

/// The source port of such tunnels is a hash of what they carry, in which its direction counts.
fn udp(back: bool, port: u16, payload: &[u8]) -> Vec<u8> {
    let source = if back { 50_123_u16 } else { 61_007 };
    let header = [source.to_be_bytes(), port.to_be_bytes(), [0, 0], [0, 0]].concat();
    tunnelled(back, 17, &[&header, payload].concat())
}

/// All that carries an IP packet.
fn carried(packet: &[u8], back: bool) -> Vec<(&'static str, Vec<u8>)> {
    let frame = ethernet(packet);
    let (v6, kind) = (packet[0] >> 4 == 6, [frame[12], frame[13]]);
    let tag = [&[0x20, 0x07], &kind[..]].concat();
    let double = [&[0x20, 0x08, 0x81, 0x00], &tag[..]].concat();
    let label = [0, 0x10, 0x00, 64];
    let last = [0, 0x20, 0x01, 64];
    let word = [0, 0, 0, 0];
    let ppp: [u8; 2] = if v6 { [0, 0x57] } else { [0, 0x21] };
    let session = [&[0x11, 0, 0, 1, 0, 0], &ppp[..]].concat();
    let gre = |flags: [u8; 2], kind: [u8; 2], more: &[u8], rest: &[u8]| {
        tunnelled(back, 47, &[&flags[..], &kind, more, rest].concat())
    };
    let vxlan = [&[8, 0, 0, 0, 0, 0, 7, 0], &frame[..]].concat();
    let geneve =
        |kind: [u8; 2], rest: &[u8]| [&[2, 0], &kind[..], &[0, 0, 7, 0], &[0; 8], rest].concat();
    vec![
        ("a tag", behind(0x8100, &tag, packet)),
        ("two tags", behind(0x88a8, &double, packet)),
        ("labels", behind(0x8847, &[label, last].concat(), packet)),
        ("a pseudo-wire", behind(0x8847, &[last, word].concat(), &frame)),
        ("PPPoE", behind(0x8864, &session, packet)),
        ("IP in IP", tunnelled(back, if v6 { 41 } else { 4 }, packet)),
        ("MPLS in IP", tunnelled(back, 137, &[&last, packet].concat())),
        ("GRE", gre([0, 0], kind, &[], packet)),
        ("GRE with all fields", gre([0xb0, 0], kind, &[9; 12], packet)),
        ("Ethernet in GRE", gre([0x20, 0], [0x65, 0x58], &[9; 4], &frame)),
        ("ERSPAN", gre([0x10, 0], [0x88, 0xbe], &[9; 12], &frame)),
        ("ERSPAN of the first type", gre([0, 0], [0x88, 0xbe], &[], &frame)),
        ("VXLAN", udp(back, 4_789, &vxlan)),
        ("Geneve", udp(back, 6_081, &geneve(kind, packet))),
        ("Ethernet in Geneve", udp(back, 6_081, &geneve([0x65, 0x58], &frame))),
        ("VXLAN in GRE", {
            let inner = udp(back, 4_789, &vxlan);
            gre([0, 0], [0x65, 0x58], &[], &inner)
        }),
    ]
}

/// The number of a frame that is sent, which is that of the same frame received, whether the kernel takes a tag out or not.
fn number(frame: &[u8]) -> u32 {
    let program = Filter::spread(LinkKind::Ethernet, SEED);
    let sent = run_typed(&program, frame, libc::PACKET_OUTGOING, 0);
    let kind = |at: usize| u16::from_be_bytes([frame[at], frame[at + 1]]);
    let received = run_typed(&program, &frame[14..], libc::PACKET_HOST, kind(12));
    assert_eq!(sent, received, "{frame:02x?}");
    if kind(12) == 0x8100 {
        let without = run_typed(&program, &frame[18..], libc::PACKET_HOST, kind(16));
        assert_eq!(sent, without, "{frame:02x?}");
    }
    sent
}

fn v4(last: u8, port: u16) -> End {
    (IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)), port)
}

fn v6(last: u16, port: u16) -> End {
    (IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last)), port)
}

#[test]
fn both_directions_have_the_number_of_the_bare_packet_in_whatever_carries_them() {
    for (client, server) in [(v4(1, 40_001), v4(2, 25)), (v6(1, 40_001), v6(2, 993))] {
        let (there, back) = (tcp(client, server), tcp(server, client));
        let bare = number(&ethernet(&there));
        assert_ne!(bare, 0);
        assert_eq!(number(&ethernet(&back)), bare);
        for kind in [LinkKind::Ip, LinkKind::Loopback] {
            let program = Filter::spread(kind, SEED);
            let (shown, way) = match kind {
                LinkKind::Ip => (there.clone(), libc::PACKET_HOST),
                _ => (ethernet(&there), libc::PACKET_OUTGOING),
            };
            assert_eq!(run_typed(&program, &shown, way, 0), bare, "{kind:?}");
        }
        for ((what, there), (_, back)) in carried(&there, false).iter().zip(carried(&back, true)) {
            assert_eq!((number(there), number(&back)), (bare, bare), "{what}");
        }
    }
}

#[test]
fn what_has_no_ports_counts_by_its_addresses() {
    let (client, server) = (v4(1, 40_001), v4(2, 25));
    let whole = number(&ethernet(&tcp(client, server)));
    let part = |flags: [u8; 2], from: End, to: End| {
        let mut packet = tcp(from, to);
        packet[6..8].copy_from_slice(&flags);
        number(&ethernet(&packet))
    };
    let first = part([0x20, 0], client, server);
    assert_eq!(first, part([0x00, 0x10], server, client));
    assert_eq!(first, part([0x20, 0x10], v4(1, 1), v4(2, 2)));
    assert_ne!(first, whole);
    let other = |from: End, to: End| number(&ethernet(&packet(from.0, to.0, 50, &[7; 40])));
    assert_eq!((other(client, server), other(server, client)), (first, first));
    let dns = |port: u16| {
        let ports = [port.to_be_bytes(), 53_u16.to_be_bytes(), [0; 2], [0; 2]].concat();
        number(&ethernet(&packet(client.0, server.0, 17, &ports)))
    };
    assert_eq!((dns(1), dns(2)), (first, first));
}

#[test]
fn connections_are_spread_evenly_whatever_they_have_in_common() {
    let program = Filter::spread(LinkKind::Ip, SEED);
    let shares = |sockets: u32, packets: &mut dyn Iterator<Item = Vec<u8>>| {
        let mut shares = BTreeMap::<u32, u32>::new();
        for packet in packets {
            let number = run_typed(&program, &packet, libc::PACKET_HOST, 0);
            *shares.entry(number % sockets).or_default() += 1;
        }
        shares
    };
    for sockets in [2, 3, 4, 8] {
        let ports = &mut (0..4_096).map(|n| tcp(v4(1, 32_768 + n), v4(2, 443)));
        let same = &mut (0..4_096).map(|n| tcp(v4(1, 1_024 + n), v4(2, 1_024 + n)));
        let hosts = &mut (0..4_096).map(|n| tcp(v6(n, 40_000), v6(9_999, 443)));
        let kinds: [(&str, &mut dyn Iterator<Item = Vec<u8>>); 3] =
            [("ports", ports), ("same", same), ("hosts", hosts)];
        for (what, packets) in kinds {
            let shares = shares(sockets, packets);
            let even = 4_096 / sockets;
            let fair = |share: &u32| (even * 3 / 4..=even * 5 / 4).contains(share);
            assert!(
                shares.len() == usize::try_from(sockets).unwrap() && shares.values().all(fair),
                "{what}: {shares:?}"
            );
        }
    }
}

#[test]
fn the_kernel_takes_a_program_of_this_length() {
    let length = Filter::spread(LinkKind::Ethernet, SEED).instructions().len();
    assert!(length <= MOST_INSTRUCTIONS, "{length}");
}

proptest! {
    /// Any bytes end the program, sent and received.
    #[test]
    fn any_frame_has_a_number(frame in vec(any::<u8>(), 0..200), kind: u16) {
        for link in [LinkKind::Ethernet, LinkKind::Ip] {
            let program = Filter::spread(link, SEED);
            for way in [libc::PACKET_HOST, libc::PACKET_OUTGOING] {
                let _number = run_typed(&program, &frame, way, kind);
            }
        }
    }

    /// Whoever they are.
    #[test]
    fn any_two_ends_have_one_number(a: [u8; 16], b: [u8; 16], ports: (u16, u16), seed: u32) {
        let program = Filter::spread(LinkKind::Ip, seed);
        let number = |from, to| run_typed(&program, &tcp(from, to), libc::PACKET_HOST, 0);
        let (c, d) = ((IpAddr::from(a), ports.0), (IpAddr::from(b), ports.1));
        prop_assert_eq!(number(c, d), number(d, c));
        let short = |address: [u8; 16]| IpAddr::from([address[0], address[1], address[2], address[3]]);
        let (c, d) = ((short(a), ports.0), (short(b), ports.1));
        prop_assert_eq!(number(c, d), number(d, c));
    }
}
