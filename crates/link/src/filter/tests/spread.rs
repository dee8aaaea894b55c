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
use super::interpreter::Shown;
use super::interpreter::run_shown;

const SEED: u32 = 0x1234_5678;
/// Connections of each kind.
const COUNT: u16 = 4_096;

/// One end of a connection.
type End = (IpAddr, u16);

/// An IP packet between two addresses.
fn packet(from: IpAddr, to: IpAddr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let [high, low] = u16::try_from(24 + payload.len()).unwrap().to_be_bytes();
            let mut bytes = vec![0x46, 0, high, low, 0, 0, 0x40, 0, 64, protocol, 0, 0];
            bytes.extend([from.octets(), to.octets()].concat());
            // An option.
            bytes.extend([1, 1, 1, 0]);
            bytes
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let [high, low] = u16::try_from(16 + payload.len()).unwrap().to_be_bytes();
            let mut bytes = vec![0x60, 0, 0, 0, high, low, 60, 64];
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

/// All that carries an IP packet: what it is, whether ports count in it, and the frame.
fn carried(packet: &[u8], back: bool) -> Vec<(&'static str, bool, Vec<u8>)> {
    let frame = ethernet(packet);
    let (v6, kind) = (packet[0] >> 4 == 6, [frame[12], frame[13]]);
    let ports = !v6;
    let tag = [&[0x20, 0x07], &kind[..]].concat();
    let double = [&[0x20, 0x08, 0x81, 0x00], &tag[..]].concat();
    let label = [0, 0x10, 0x00, 64];
    let last = [0, 0x20, 0x01, 64];
    let word = [0, 0, 0, 0];
    let wire = |first: [u8; 6]| [&last[..], &first, &frame[6..]].concat();
    let ppp: [u8; 2] = if v6 { [0, 0x57] } else { [0, 0x21] };
    let session = [&[0x11, 0, 0, 1, 0, 0], &ppp[..]].concat();
    let gre = |flags: [u8; 2], kind: [u8; 2], more: &[u8], rest: &[u8]| {
        tunnelled(back, 47, &[&flags[..], &kind, more, rest].concat())
    };
    let vxlan = [&[8, 0, 0, 0, 0, 0, 7, 0], &frame[..]].concat();
    let geneve =
        |kind: [u8; 2], rest: &[u8]| [&[2, 0], &kind[..], &[0, 0, 7, 0], &[0; 8], rest].concat();
    let in_gre = gre([0, 0], [0x65, 0x58], &[], &udp(back, 4_789, &vxlan));
    vec![
        ("a tag", ports, behind(0x8100, &tag, packet)),
        ("two tags", false, behind(0x88a8, &double, packet)),
        ("labels", false, behind(0x8847, &[label, last].concat(), packet)),
        ("PPPoE", false, behind(0x8864, &session, packet)),
        ("a pseudo-wire", false, behind(0x8847, &[last, word].concat(), &frame)),
        ("one without a control word", false, behind(0x8847, &wire([2; 6]), b"")),
        ("one that begins as IPv4", false, behind(0x8847, &wire([0x45, 0, 0xff, 0, 0, 0]), b"")),
        ("one that begins as IPv6", false, behind(0x8847, &wire([0x60, 0, 0, 0, 0xff, 0]), b"")),
        ("one that begins with 0", false, behind(0x8847, &wire([0; 6]), b"")),
        ("IP in IP", false, tunnelled(back, if v6 { 41 } else { 4 }, packet)),
        ("EtherIP", false, tunnelled(back, 97, &[&[0x30, 0], &frame[..]].concat())),
        ("MPLS in IP", false, tunnelled(back, 137, &[&last, packet].concat())),
        ("GRE", false, gre([0, 0], kind, &[], packet)),
        ("GRE with all fields", false, gre([0xb0, 0], kind, &[9; 12], packet)),
        ("Ethernet in GRE", false, gre([0x20, 0], [0x65, 0x58], &[9; 4], &frame)),
        ("ERSPAN", false, gre([0x10, 0], [0x88, 0xbe], &[9; 12], &frame)),
        ("the first ERSPAN", false, gre([0, 0], [0x88, 0xbe], &[], &frame)),
        ("the third ERSPAN", false, gre([0x10, 0], [0x22, 0xeb], &[8; 16], &frame)),
        ("one with more", false, gre([0x10, 0], [0x22, 0xeb], &[9; 24], &frame)),
        ("VXLAN", false, udp(back, 4_789, &vxlan)),
        ("Geneve", false, udp(back, 6_081, &geneve(kind, packet))),
        ("Ethernet in Geneve", false, udp(back, 6_081, &geneve([0x65, 0x58], &frame))),
        ("VXLAN in GRE", false, in_gre),
    ]
}

/// The number of what is shown of a frame.
fn number_shown(kind: LinkKind, bytes: &[u8], mac: &[u8], way: u8, protocol: u16) -> u32 {
    let shown = Shown { bytes, mac, way, protocol };
    run_shown(&Filter::spread(kind, SEED), &shown)
}

/// The number of a frame that is sent, which is that of the same frame received, from which the kernel takes a tag out, and of one that
/// was put together before.
fn number(frame: &[u8]) -> u32 {
    let sent = number_shown(LinkKind::Ethernet, frame, frame, libc::PACKET_OUTGOING, 0);
    let kind = |at: usize| u16::from_be_bytes([frame[at], frame[at + 1]]);
    let behind =
        |at: usize, way| number_shown(LinkKind::Ethernet, &frame[at..], frame, way, kind(at - 2));
    let at = if [0x8100, 0x88a8].contains(&kind(12)) { 18 } else { 14 };
    for way in [libc::PACKET_HOST, libc::PACKET_OTHERHOST, libc::PACKET_OUTGOING] {
        assert_eq!(behind(at, way), sent, "{frame:02x?}");
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
fn both_directions_have_one_number_in_whatever_carries_them() {
    let nothing = number(&behind(0x0806, &[0; 28], b""));
    for (client, server, other) in
        [(v4(1, 40_001), v4(2, 25), v4(3, 25)), (v6(1, 40_001), v6(2, 993), v6(3, 993))]
    {
        let (there, back) = (tcp(client, server), tcp(server, client));
        let bare = number(&ethernet(&there));
        assert_eq!(number(&ethernet(&back)), bare);
        let all = [
            carried(&there, false),
            carried(&back, true),
            carried(&tcp(client, (server.0, 110)), false),
            carried(&tcp(client, other), false),
        ];
        for (at, (what, ports, frame)) in all[0].iter().enumerate() {
            let [there, back, next_port, next_host] = [0, 1, 2, 3].map(|n| number(&all[n][at].2));
            assert_eq!(there, back, "{what} {frame:02x?}");
            assert_eq!(there == next_port, !ports, "{what}");
            assert_eq!(there == bare, *ports || client.0.is_ipv6(), "{what}");
            assert!(there != next_host && there != nothing, "{what}");
        }
    }
}

#[test]
fn links_without_a_mac_header_and_loopback_give_the_same_numbers() {
    let packet = tcp(v4(1, 40_001), v4(2, 25));
    let frame = ethernet(&packet);
    let received = number_shown(LinkKind::Loopback, &packet, &frame, libc::PACKET_HOST, 0x0800);
    assert_eq!(received, number(&frame));
    for way in [libc::PACKET_HOST, libc::PACKET_OUTGOING] {
        assert_eq!(number_shown(LinkKind::Ip, &packet, &packet, way, 0x0800), received);
    }
}

#[test]
fn fragments_of_a_connection_come_together() {
    let (client, server) = (v4(1, 40_001), v4(2, 25));
    let part = |flags: [u8; 2], from: End, to: End| {
        let mut packet = tcp(from, to);
        packet[6..8].copy_from_slice(&flags);
        packet
    };
    let first = number(&ethernet(&part([0x20, 0], client, server)));
    assert_eq!(first, number(&ethernet(&part([0x00, 0x10], server, client))));
    assert_eq!(first, number(&ethernet(&part([0x20, 0x10], v4(1, 1), v4(2, 2)))));
    // Where the kernel does not put them together.
    let [whole, later] = [tcp(server, client), part([0x20, 0x10], client, server)];
    for ((what, ports, whole), (_, _, later)) in
        carried(&whole, true).into_iter().zip(carried(&later, false))
    {
        assert_eq!(number(&whole) == number(&later), !ports, "{what}");
    }
    let (client, server) = (v6(1, 40_001), v6(2, 25));
    let fragment = packet(client.0, server.0, 44, &[[6, 0, 0, 1].as_slice(), &[7; 40]].concat());
    assert_eq!(number(&ethernet(&fragment)), number(&ethernet(&tcp(server, client))));
}

#[test]
fn what_is_no_tcp_counts_by_its_addresses() {
    let (client, server) = (v4(1, 40_001), v4(2, 25));
    let other = |from: End, to: End| number(&ethernet(&packet(from.0, to.0, 50, &[7; 40])));
    assert_eq!(other(client, server), other(server, client));
    let dns = |port: u16| {
        let ports = [port.to_be_bytes(), 53_u16.to_be_bytes(), [0; 2], [0; 2]].concat();
        number(&ethernet(&packet(client.0, server.0, 17, &ports)))
    };
    let both = other(client, server);
    assert_eq!((dns(1), dns(2)), (both, both));
}

/// What connections have in common, and the one of a number.
type Kind<'a> = (&'a str, &'a dyn Fn(u16) -> Vec<u8>);

#[test]
fn connections_are_spread_evenly_whatever_they_have_in_common() {
    let v4 = |bits: u32, port: u16| (IpAddr::V4(Ipv4Addr::from_bits(bits)), port);
    let v6 = |bits: u128, port: u16| (IpAddr::V6(Ipv6Addr::from_bits(bits)), port);
    let server = v4(0xc000_0202, 443);
    let kinds: [Kind<'_>; 7] = [
        ("ports", &|n| tcp(v4(0x0a00_0001, 32_768 + n), server)),
        ("equal ports", &|n| tcp(v4(0x0a00_0001, 1_024 + n), v4(0xc000_0202, 1_024 + n))),
        ("hosts", &|n| tcp(v4(0x0a00_0000 + u32::from(n), 40_000), server)),
        ("every 256th host", &|n| tcp(v4(0x0a00_0000 + (u32::from(n) << 8), 40_000), server)),
        ("networks", &|n| tcp(v4(u32::from(n) << 20, 40_000), server)),
        ("hosts of IPv6", &|n| tcp(v6(u128::from(n), 40_000), v6(1 << 99, 443))),
        ("words of the same sum", &|n| {
            let low = u128::from(n);
            tcp(v6(0x2001 << 112 | (0xffff - low) << 32 | low, 40_000), v6(1 << 99, 443))
        }),
    ];
    for seed in [0, 1, SEED, u32::MAX] {
        let program = Filter::spread(LinkKind::Ip, seed);
        for (sockets, (what, packet)) in
            [2, 3, 4, 8].into_iter().flat_map(|n| kinds.map(|k| (n, k)))
        {
            let mut shares = BTreeMap::<u32, u32>::new();
            for n in 0..COUNT {
                let bytes = packet(n);
                let shown = Shown { bytes: &bytes, mac: &bytes, way: 0, protocol: 0 };
                *shares.entry(run_shown(&program, &shown) % sockets).or_default() += 1;
            }
            let even = u32::from(COUNT) / sockets;
            let fair =
                shares.values().filter(|share| (even * 3 / 4..=even * 5 / 4).contains(share));
            let fair = u32::try_from(fair.count()).unwrap();
            assert_eq!(fair, sockets, "{what}, {seed:#x}: {shares:?}");
        }
    }
}

/// The kernel refuses a program that reads a cell of its memory which a way to there may not have written (`check_load_and_stores`).
#[test]
fn cells_are_written_before_they_are_read_on_every_way() {
    for kind in [LinkKind::Ethernet, LinkKind::Ip] {
        let program = Filter::spread(kind, SEED);
        assert!(program.instructions.len() <= MOST_INSTRUCTIONS);
        let mut written = vec![u16::MAX; program.instructions.len() + 1];
        written[0] = 0;
        for (at, step) in program.instructions.iter().enumerate() {
            let (code, here) = (u32::from(step.code), written[at]);
            let mut goes_on = |by: usize, cells: u16| written[at + 1 + by] &= cells;
            match (code & 0x07, code & 0xe0) {
                (libc::BPF_ST, _) => goes_on(0, here | 1 << step.k),
                (libc::BPF_LD | libc::BPF_LDX, libc::BPF_MEM) => {
                    assert!(here & 1 << step.k != 0, "cell {} at {at}", step.k);
                    goes_on(0, here);
                }
                (libc::BPF_JMP, _) if code & 0xf0 == libc::BPF_JA => {
                    goes_on(usize::try_from(step.k).unwrap(), here);
                }
                (libc::BPF_JMP, _) => {
                    [step.jt, step.jf].into_iter().for_each(|by| goes_on(by.into(), here));
                }
                (libc::BPF_RET, _) => {}
                _ => goes_on(0, here),
            }
        }
    }
}

proptest! {
    /// Any bytes end the program, sent and received.
    #[test]
    fn any_frame_has_a_number(frame in vec(any::<u8>(), 0..200), kind: u16) {
        for link in [LinkKind::Ethernet, LinkKind::Ip] {
            let program = Filter::spread(link, SEED);
            for (way, mac) in [(libc::PACKET_HOST, &b""[..]), (libc::PACKET_OUTGOING, &frame)] {
                let shown = Shown { bytes: &frame, mac, way, protocol: kind };
                let _number = run_shown(&program, &shown);
            }
        }
    }

    /// Whoever they are.
    #[test]
    fn any_two_ends_have_one_number(a: [u8; 16], b: [u8; 16], ports: (u16, u16), seed: u32) {
        let program = Filter::spread(LinkKind::Ip, seed);
        let number = |from, to| {
            let bytes = tcp(from, to);
            run_shown(&program, &Shown { bytes: &bytes, mac: &bytes, way: 0, protocol: 0 })
        };
        let (c, d) = ((IpAddr::from(a), ports.0), (IpAddr::from(b), ports.1));
        prop_assert_eq!(number(c, d), number(d, c));
        let short = |address: [u8; 16]| IpAddr::from([address[0], address[1], address[2], address[3]]);
        let (c, d) = ((short(a), ports.0), (short(b), ports.1));
        prop_assert_eq!(number(c, d), number(d, c));
    }
}
