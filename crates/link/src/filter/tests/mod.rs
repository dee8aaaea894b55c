//! The filters run through an interpreter of classic BPF, over frames made by hand.

mod interpreter;
mod spread;

use proptest::prelude::any;
use proptest::prop_assert;
use proptest::prop_assert_eq;
use proptest::proptest;

use super::*;
use interpreter::run;
use interpreter::run_as;

const OURS: &str = "192.0.2.7";
const OURS_TOO: &str = "192.0.2.8";
const OURS6: &str = "2001:db8::7";
const PORTS: RangeInclusive<u16> = 40_000..=40_003;

fn ours() -> Vec<IpAddr> {
    [OURS, OURS_TOO, OURS6, "2001:db8::8"].map(|text| text.parse().unwrap()).to_vec()
}

/// An IP packet with as many words of options as asked (IPv4), to this address.
fn packet(to: &str, options: u8, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes;
    match to.parse().unwrap() {
        IpAddr::V4(to) => {
            bytes = vec![0; 20 + 4 * usize::from(options)];
            bytes[0] = 0x45 + options;
            bytes[9] = protocol;
            bytes[16..20].copy_from_slice(&to.octets());
        }
        IpAddr::V6(to) => {
            bytes = vec![0; 40];
            bytes[0] = 0x60;
            bytes[6] = protocol;
            bytes[24..40].copy_from_slice(&to.octets());
        }
    }
    bytes.extend(payload);
    bytes
}

fn segment(port: u16, flags: u8) -> Vec<u8> {
    let mut bytes = vec![0; 20];
    bytes[2..4].copy_from_slice(&port.to_be_bytes());
    bytes[13] = flags;
    bytes
}

fn icmp(kind: u8) -> Vec<u8> {
    vec![kind, 0, 0, 0, 0, 0, 0, 0]
}

fn framed(kind: LinkKind, packet: &[u8]) -> Vec<u8> {
    let protocol: [u8; 2] = if packet[0] >> 4 == 6 { [0x86, 0xdd] } else { [0x08, 0x00] };
    match kind {
        LinkKind::Ip => packet.to_vec(),
        LinkKind::Ethernet | LinkKind::Loopback => [&[0; 12], &protocol[..], packet].concat(),
    }
}

/// What is let through and why, as IP packets.
fn table() -> Vec<(&'static str, bool, Vec<u8>)> {
    let tcp = |to, port, flags| packet(to, 0, 6, &segment(port, flags));
    let fragment = |offset: u8| {
        let mut bytes = tcp(OURS, 40_000, 0x12);
        bytes[6] = 0x20;
        bytes[7] = offset;
        bytes
    };
    let mut short = tcp(OURS, 40_000, 0x12);
    short.truncate(33);
    vec![
        ("SYN-ACK to the first port", true, tcp(OURS, 40_000, 0x12)),
        ("SYN-ACK to the last port", true, tcp(OURS, 40_003, 0x12)),
        ("SYN-ACK below the ports", false, tcp(OURS, 39_999, 0x12)),
        ("SYN-ACK above the ports", false, tcp(OURS, 40_004, 0x12)),
        ("SYN-ACK to our second address", true, tcp(OURS_TOO, 40_000, 0x12)),
        ("SYN-ACK to a neighbour", false, tcp("192.0.2.9", 40_000, 0x12)),
        ("SYN-ACK with ECE", true, tcp(OURS, 40_000, 0x52)),
        ("RST", true, tcp(OURS, 40_001, 0x04)),
        ("RST-ACK", true, tcp(OURS, 40_001, 0x14)),
        ("SYN alone", false, tcp(OURS, 40_001, 0x02)),
        ("ACK alone", false, tcp(OURS, 40_001, 0x10)),
        ("data", false, tcp(OURS, 40_001, 0x18)),
        ("FIN-ACK", false, tcp(OURS, 40_001, 0x11)),
        ("SYN-ACK behind options", true, packet(OURS, 10, 6, &segment(40_000, 0x12))),
        ("ACK behind options", false, packet(OURS, 10, 6, &segment(40_000, 0x10))),
        ("first fragment", true, fragment(0)),
        ("later fragment", false, fragment(1)),
        ("cut before the flags", false, short),
        ("UDP", false, packet(OURS, 0, 17, &segment(40_000, 0x12))),
        ("unreachable", true, packet(OURS, 0, 1, &icmp(3))),
        ("time exceeded behind options", true, packet(OURS, 3, 1, &icmp(11))),
        ("parameter problem", true, packet(OURS, 0, 1, &icmp(12))),
        ("echo reply", false, packet(OURS, 0, 1, &icmp(0))),
        ("echo request", false, packet(OURS, 0, 1, &icmp(8))),
        ("unreachable to a neighbour", false, packet("192.0.2.9", 0, 1, &icmp(3))),
        ("SYN-ACK by IPv6", true, tcp(OURS6, 40_000, 0x12)),
        ("SYN-ACK to our second address of IPv6", true, tcp("2001:db8::8", 40_003, 0x12)),
        ("RST by IPv6", true, tcp(OURS6, 40_000, 0x04)),
        ("ACK by IPv6", false, tcp(OURS6, 40_000, 0x10)),
        ("SYN-ACK by IPv6 below the ports", false, tcp(OURS6, 39_999, 0x12)),
        ("same last word of IPv6", false, tcp("2001:db8:1::7", 40_000, 0x12)),
        ("same first words of IPv6", false, tcp("2001:db8::9", 40_000, 0x12)),
        ("unreachable by IPv6", true, packet(OURS6, 0, 58, &icmp(1))),
        ("parameter problem by IPv6", true, packet(OURS6, 0, 58, &icmp(4))),
        ("type 0 by IPv6", false, packet(OURS6, 0, 58, &icmp(0))),
        ("echo reply by IPv6", false, packet(OURS6, 0, 58, &icmp(129))),
        ("neighbour advertisement", false, packet(OURS6, 0, 58, &icmp(136))),
        ("ICMP of the other family", false, packet(OURS6, 0, 1, &icmp(3))),
        ("a fragment of IPv6", false, packet(OURS6, 0, 44, &segment(40_000, 0x12))),
    ]
}

#[test]
fn answers_pass_and_nothing_else() {
    for kind in [LinkKind::Ethernet, LinkKind::Loopback, LinkKind::Ip] {
        let filter = Filter::answers(kind, &ours(), PORTS).unwrap();
        for (what, passes, packet) in table() {
            let kept = run(&filter, &framed(kind, &packet));
            assert_eq!(kept, if passes { KEPT_BYTES } else { 0 }, "{what} on {kind:?}");
        }
    }
}

/// What a monitor of TCP hears, as IP packets.
fn carriers() -> Vec<(&'static str, bool, Vec<u8>)> {
    let udp = |to, from_port: u16, to_port: u16| {
        packet(
            to,
            0,
            17,
            &[from_port.to_be_bytes(), to_port.to_be_bytes(), [0, 8], [0, 0]].concat(),
        )
    };
    let fragment = |mut packet: Vec<u8>, offset: u8| {
        packet[7] = offset;
        packet
    };
    vec![
        ("TCP", true, packet(OURS, 0, 6, &segment(40_000, 0x10))),
        ("TCP to others", true, packet("192.0.2.99", 3, 6, b"")),
        ("a later fragment of TCP", true, fragment(packet(OURS, 0, 6, b""), 1)),
        ("UDP", false, udp(OURS, 53, 40_000)),
        ("a first fragment of UDP", false, fragment(udp(OURS, 53, 40_000), 0)),
        ("a later fragment of UDP", true, fragment(udp(OURS, 53, 40_000), 1)),
        ("VXLAN", true, udp(OURS, 40_000, 4_789)),
        ("VXLAN behind options", true, packet(OURS, 10, 17, &[0, 9, 0x12, 0xb5])),
        ("from the port of Teredo", true, udp(OURS, 3_544, 40_000)),
        ("cut before the ports", false, packet(OURS, 0, 17, b"")),
        ("ICMP", false, packet(OURS, 0, 1, &icmp(3))),
        ("ESP", false, packet(OURS, 0, 50, b"")),
        ("AH", true, packet(OURS, 0, 51, b"")),
        ("GRE", true, packet(OURS, 0, 47, b"")),
        ("IP in IP", true, packet(OURS, 0, 4, b"")),
        ("TCP over IPv6", true, packet(OURS6, 0, 6, b"")),
        ("UDP over IPv6", false, udp(OURS6, 443, 40_000)),
        ("Geneve over IPv6", true, udp(OURS6, 40_000, 6_081)),
        ("ICMPv6", false, packet(OURS6, 0, 58, &icmp(136))),
        ("a fragment of IPv6", true, packet(OURS6, 0, 44, b"")),
        ("extensions of IPv6", true, packet(OURS6, 0, 0, b"")),
    ]
}

#[test]
fn what_may_hold_tcp_passes_whole() {
    for kind in [LinkKind::Ethernet, LinkKind::Loopback, LinkKind::Ip] {
        let filter = Filter::may_hold_tcp(kind);
        for (what, passes, packet) in carriers() {
            let kept = run(&filter, &framed(kind, &packet));
            assert_eq!(kept, if passes { 262_144 } else { 0 }, "{what} on {kind:?}");
        }
    }
    let filter = Filter::may_hold_tcp(LinkKind::Ethernet);
    let mut frame = framed(LinkKind::Ethernet, &packet(OURS, 0, 17, b"only UDP"));
    for (protocol, passes) in [
        (0x0806, false),
        (0x88cc, false),
        (0x8100, true),
        (0x88a8, true),
        (0x8847, true),
        (0x8864, true),
        (0x0026, true),
    ] {
        frame[12..14].copy_from_slice(&u16::to_be_bytes(protocol));
        assert_eq!(run(&filter, &frame) > 0, passes, "{protocol:#x}");
    }
    assert_eq!(run(&Filter::may_hold_tcp(LinkKind::Ip), b"P is neither 4 nor 6"), 0);
}

#[test]
fn what_is_sent_can_be_left_out() {
    let tcp = packet(OURS, 0, 6, b"");
    for filter in [Filter::everything(), Filter::may_hold_tcp(LinkKind::Ip)] {
        let unsent = filter.clone().without_outgoing();
        for way in [libc::PACKET_HOST, libc::PACKET_OTHERHOST, libc::PACKET_BROADCAST] {
            assert_eq!(run_as(&unsent, &tcp, way), run(&filter, &tcp));
        }
        assert_eq!(run_as(&unsent, &tcp, libc::PACKET_OUTGOING), 0);
        assert!(run_as(&filter, &tcp, libc::PACKET_OUTGOING) > 0);
    }
    assert_eq!(run(&Filter::nothing(), &tcp), 0);
}

#[test]
fn families_without_an_address_of_ours_hear_nothing() {
    let v4_only = Filter::answers(LinkKind::Ip, &[OURS.parse().unwrap()], PORTS).unwrap();
    let v6_only = Filter::answers(LinkKind::Ip, &[OURS6.parse().unwrap()], PORTS).unwrap();
    for (what, passes, packet) in table() {
        let is_v6 = packet[0] >> 4 == 6;
        let to_first = packet[if is_v6 { 39 } else { 19 }] == 7;
        assert_eq!(run(&v4_only, &packet) > 0, passes && !is_v6 && to_first, "{what}");
        assert_eq!(run(&v6_only, &packet) > 0, passes && is_v6 && to_first, "{what}");
    }
}

#[test]
fn other_protocols_of_an_ethernet_are_not_heard() {
    let filter = Filter::answers(LinkKind::Ethernet, &ours(), PORTS).unwrap();
    let mut frame = framed(LinkKind::Ethernet, &packet(OURS, 0, 6, &segment(40_000, 0x12)));
    assert!(run(&filter, &frame) > 0);
    for protocol in [[0x08, 0x06], [0x88, 0xcc], [0x00, 0x40]] {
        frame[12..14].copy_from_slice(&protocol);
        assert_eq!(run(&filter, &frame), 0, "{protocol:x?}");
    }
}

#[test]
fn hundreds_of_addresses_fit_and_thousands_are_refused() {
    let many = |count: u32| -> Vec<IpAddr> {
        (0..count).map(|last| std::net::Ipv4Addr::from(0x0a00_0000 + last).into()).collect()
    };
    let filter = Filter::answers(LinkKind::Ip, &many(1_000), PORTS).unwrap();
    for (to, passes) in [("10.0.0.0", true), ("10.0.3.231", true), ("10.0.3.232", false)] {
        let kept = run(&filter, &packet(to, 0, 6, &segment(40_000, 0x12)));
        assert_eq!(kept > 0, passes, "{to}");
    }
    let refused = Filter::answers(LinkKind::Ip, &many(3_000), PORTS).unwrap_err();
    assert!(matches!(refused, Error::FilterTooLong { instructions: 6_001.. }), "{refused}");
}

#[test]
fn neighbours_are_heard_only_when_they_answer() {
    let mut arp = [0; 42];
    arp[12..14].copy_from_slice(&[0x08, 0x06]);
    for (operation, passes) in [(1, false), (2, true), (3, false)] {
        arp[21] = operation;
        assert_eq!(run(&Filter::arp_replies(), &arp) > 0, passes, "operation {operation}");
    }
    for (kind, passes) in [(135, false), (136, true)] {
        let frame = framed(LinkKind::Ethernet, &packet(OURS6, 0, 58, &icmp(kind)));
        assert_eq!(run(&Filter::neighbour_advertisements(), &frame) > 0, passes, "type {kind}");
        assert_eq!(run(&Filter::arp_replies(), &frame), 0);
    }
    assert_eq!(run(&Filter::everything(), &arp), u32::MAX);
}

proptest! {
    /// Any bytes at all end the program, and any port is judged as the range says.
    #[test]
    fn any_frame_is_judged(frame: Vec<u8>, port: u16, start: u16, more: u8, flags: u8) {
        let end = start.saturating_add(u16::from(more));
        for kind in [LinkKind::Ethernet, LinkKind::Ip] {
            let filter = Filter::answers(kind, &ours(), start..=end).unwrap();
            let _kept = run(&filter, &frame);
            let packet = packet(OURS, 0, 6, &segment(port, flags));
            let passes = run(&filter, &framed(kind, &packet)) > 0;
            let is_answer = flags & 0x04 != 0 || flags & 0x12 == 0x12;
            prop_assert_eq!(passes, is_answer && (start..=end).contains(&port));
        }
    }

    /// Only the very addresses are ours.
    #[test]
    fn any_address_is_judged(to in any::<Ipv6Addr>(), also: u32) {
        let filter = Filter::answers(LinkKind::Ip, &[to.into()], PORTS).unwrap();
        let answers = |to: Ipv6Addr| {
            run(&filter, &packet(&to.to_string(), 0, 6, &segment(40_000, 0x12))) > 0
        };
        prop_assert!(answers(to));
        for shift in [0, 32, 64, 96] {
            let other = Ipv6Addr::from(to.to_bits() ^ (u128::from(also.max(1)) << shift));
            prop_assert!(!answers(other), "{} passes for {}", other, to);
        }
    }
}
