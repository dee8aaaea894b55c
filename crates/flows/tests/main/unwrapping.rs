//! Whatever wraps a packet, the same flow is in it; whatever the bytes are, they are counted.

use std::net::IpAddr;
use std::net::SocketAddr;

use proptest::prelude::*;
use tlscensus_flows::FlowTable;
use tlscensus_flows::Frame;
use tlscensus_flows::LinkType;
use tlscensus_flows::Settings;
use tlscensus_flows::Statistics;
use tlscensus_flows::Time;
use tlscensus_flows::Tunnels;

use crate::audience::Event;
use crate::audience::Record;
use crate::packets;
use crate::packets::ACK;
use crate::packets::Segment;
use crate::packets::ether_type;
use crate::packets::ethernet;

/// Puts an IP packet into a frame.
type Wrap = fn(&[u8]) -> Vec<u8>;

fn outer(protocol: u8, payload: &[u8]) -> Vec<u8> {
    packets::ip([192, 0, 2, 1].into(), [192, 0, 2, 2].into(), protocol, payload)
}

fn outer_v6(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let address = |last| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]);
    packets::ip(address(1), address(2), protocol, payload)
}

fn plain(packet: &[u8]) -> Vec<u8> {
    ethernet(ether_type(packet), packet)
}

/// Bytes, the type of the packet, and the packet.
fn typed(head: &[u8], packet: &[u8]) -> Vec<u8> {
    [head, &ether_type(packet).to_be_bytes(), packet].concat()
}

fn ppp(packet: &[u8]) -> Vec<u8> {
    let protocol = if packet[0] >> 4 == 4 { 0x21 } else { 0x57 };
    [&[0, protocol], packet].concat()
}

fn pppoe(packet: &[u8]) -> Vec<u8> {
    let inner = ppp(packet);
    let length = (inner.len() as u16).to_be_bytes();
    [&[0x11, 0, 0, 7], length.as_slice(), &inner].concat()
}

/// One with a header of its own, in front of the payload of an IPv6 packet.
fn with_extensions(packet: &[u8]) -> Vec<u8> {
    if packet[0] >> 4 == 4 {
        let (from, to) = (address(&packet[12..16]), address(&packet[16..20]));
        let options = [0x94, 4, 0, 0, 1, 1, 1, 0];
        return packets::ipv4(from, to, 6, &packet[20..], 7, 0x4000, &options);
    }
    let hop_by_hop = [43, 0, 1, 4, 0, 0, 0, 0];
    let routing = [60, 2, 4, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
    let options = [51, 0, 1, 4, 0, 0, 0, 0];
    let authentication = [44, 2, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 9, 9, 9, 9];
    let atomic_fragment = [6, 0, 0, 0, 1, 2, 3, 4];
    let headers = [
        hop_by_hop.as_slice(),
        &routing,
        &options,
        &authentication,
        &atomic_fragment,
        &packet[40..],
    ];
    packets::ipv6(address(&packet[8..24]), address(&packet[24..40]), 0, &headers.concat())
}

fn address(octets: &[u8]) -> IpAddr {
    match <[u8; 4]>::try_from(octets) {
        Ok(octets) => octets.into(),
        Err(_) => <[u8; 16]>::try_from(octets).unwrap().into(),
    }
}

/// Everything that a packet can be wrapped in.
const WRAPS: &[(&str, LinkType, Wrap)] = &[
    ("bare", LinkType::RAW, |packet| packet.to_vec()),
    ("bare, BSD", LinkType::RAW_BSD, |packet| packet.to_vec()),
    ("bare, OpenBSD", LinkType::RAW_OPENBSD, |packet| packet.to_vec()),
    ("bare IPv4", LinkType::IPV4, |packet| packet.to_vec()),
    ("bare IPv6", LinkType::IPV6, |packet| packet.to_vec()),
    ("Ethernet", LinkType::ETHERNET, plain),
    ("Ethernet, padded", LinkType::ETHERNET, |packet| [plain(packet), vec![0xee; 11]].concat()),
    ("SNAP", LinkType::ETHERNET, |packet| {
        let inner = typed(&[0xaa, 0xaa, 3, 0, 0, 0], packet);
        ethernet(inner.len() as u16, &inner)
    }),
    ("VLAN", LinkType::ETHERNET, |packet| ethernet(0x8100, &typed(&[0, 5], packet))),
    ("QinQ", LinkType::ETHERNET, |packet| ethernet(0x88a8, &typed(&[0, 5, 0x81, 0, 0, 6], packet))),
    ("old QinQinQ", LinkType::ETHERNET, |packet| {
        ethernet(0x9100, &typed(&[0, 5, 0x92, 0, 0, 6, 0x81, 0, 0, 7], packet))
    }),
    ("VN-Tag", LinkType::ETHERNET, |packet| ethernet(0x8926, &typed(&[0, 5, 0, 6], packet))),
    ("MPLS", LinkType::ETHERNET, |packet| {
        ethernet(0x8847, &[&[0, 0, 0x10, 64, 0, 0, 0x21, 64], packet].concat())
    }),
    ("Ethernet over MPLS", LinkType::ETHERNET, |packet| {
        ethernet(0x8847, &[[0, 0, 0x21, 64].as_slice(), &plain(packet)].concat())
    }),
    ("Ethernet over MPLS, with a control word", LinkType::ETHERNET, |packet| {
        ethernet(0x8848, &[[0, 0, 0x21, 64, 0, 0, 0, 1].as_slice(), &plain(packet)].concat())
    }),
    ("tagged Ethernet over MPLS", LinkType::ETHERNET, |packet| {
        let frame = ethernet(0x8100, &typed(&[0, 5], packet));
        ethernet(0x8847, &[[0, 0, 0x21, 64].as_slice(), &frame].concat())
    }),
    ("tagged Ethernet over MPLS, with a control word", LinkType::ETHERNET, |packet| {
        let frame = ethernet(0x88a8, &typed(&[0, 5], packet));
        ethernet(0x8847, &[[0, 0, 0x21, 64, 0, 0, 0, 1].as_slice(), &frame].concat())
    }),
    ("PPPoE", LinkType::ETHERNET, |packet| ethernet(0x8864, &pppoe(packet))),
    ("PPPoE in a VLAN, padded", LinkType::ETHERNET, |packet| {
        let session = [&[0, 5, 0x88, 0x64], pppoe(packet).as_slice(), &[0; 6]].concat();
        ethernet(0x8100, &session)
    }),
    ("PPPoE alone", LinkType::PPP_ETHER, pppoe),
    ("PPP", LinkType::PPP, ppp),
    ("PPP, short protocol", LinkType::PPP, |packet| ppp(packet)[1..].to_vec()),
    ("PPP, HDLC", LinkType::PPP_HDLC, |packet| [&[0xff, 3], ppp(packet).as_slice()].concat()),
    ("MPLS in PPP", LinkType::PPP, |packet| [&[2, 0x81, 0, 0, 1, 9], packet].concat()),
    ("Linux cooked", LinkType::LINUX_SLL, |packet| {
        typed(&[0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0], packet)
    }),
    ("Linux cooked, VLAN", LinkType::LINUX_SLL, |packet| {
        typed(&[0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0x81, 0, 0, 5], packet)
    }),
    ("Linux cooked 2", LinkType::LINUX_SLL2, |packet| {
        let number = ether_type(packet).to_be_bytes();
        [number.as_slice(), &[0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0], packet]
            .concat()
    }),
    ("NULL, little endian", LinkType::NULL, |packet| [&[30, 0, 0, 0], packet].concat()),
    ("NULL, big endian", LinkType::NULL, |packet| [&[0, 0, 0, 2], packet].concat()),
    ("LOOP", LinkType::LOOP, |packet| [&[0, 0, 0, 24], packet].concat()),
    ("options and extension headers", LinkType::RAW, with_extensions),
    ("no length, as before segmentation", LinkType::RAW, |packet| {
        let mut packet = packet.to_vec();
        let at = if packet[0] >> 4 == 4 { 2 } else { 4 };
        packet[at..at + 2].copy_from_slice(&[0, 0]);
        if at == 2 {
            packet[10..12].copy_from_slice(&[0, 0]);
            let sum = packets::checksum(&packet[..20]);
            packet[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        packet
    }),
    ("IP in IPv4", LinkType::ETHERNET, |packet| {
        plain(&outer(if packet[0] >> 4 == 4 { 4 } else { 41 }, packet))
    }),
    ("IP in IPv6", LinkType::RAW, |packet| {
        outer_v6(if packet[0] >> 4 == 4 { 4 } else { 41 }, packet)
    }),
    ("MPLS in IP", LinkType::RAW, |packet| outer(137, &[&[0, 0, 1, 9], packet].concat())),
    ("Ethernet in IP", LinkType::RAW, |packet| {
        outer(97, &[&[0x30, 0], plain(packet).as_slice()].concat())
    }),
    ("GRE", LinkType::RAW, |packet| outer(47, &typed(&[0, 0], packet))),
    ("GRE with everything", LinkType::RAW, |packet| {
        let number = ether_type(packet).to_be_bytes();
        outer(47, &[&[0xb0, 0], number.as_slice(), &[9; 12], packet].concat())
    }),
    ("GRE with Ethernet", LinkType::RAW, |packet| {
        outer_v6(47, &[&[0x20, 0, 0x65, 0x58, 0, 0, 0, 1], plain(packet).as_slice()].concat())
    }),
    ("PPTP", LinkType::RAW, |packet| {
        let head = [0x30, 0x81, 0x88, 0x0b, 0, 9, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1];
        outer(47, &[&head, [0xff, 3].as_slice(), &ppp(packet)].concat())
    }),
    ("ERSPAN 1", LinkType::RAW, |packet| {
        outer(47, &[&[0, 0, 0x88, 0xbe], plain(packet).as_slice()].concat())
    }),
    ("ERSPAN 2", LinkType::RAW, |packet| {
        let head = [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 5, 0, 1, 0, 0, 0, 2];
        outer(47, &[head.as_slice(), &plain(packet)].concat())
    }),
    ("ERSPAN 3", LinkType::RAW, |packet| {
        let head = [0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 5, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0];
        outer(47, &[head.as_slice(), &plain(packet)].concat())
    }),
    ("ERSPAN 3, longer", LinkType::RAW, |packet| {
        let head = [0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 5, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1];
        outer(47, &[head.as_slice(), &[8; 8], &plain(packet)].concat())
    }),
    ("VXLAN", LinkType::ETHERNET, |packet| {
        let inner = [[8, 0, 0, 0, 0, 0, 5, 0].as_slice(), &plain(packet)].concat();
        plain(&outer(17, &packets::udp(4789, &inner)))
    }),
    ("GENEVE", LinkType::RAW, |packet| {
        let number = ether_type(packet).to_be_bytes();
        let head = [&[2, 0], number.as_slice(), &[0, 0, 5, 0], &[7; 8]].concat();
        outer(17, &packets::udp(6081, &[&head, packet].concat()))
    }),
    ("GENEVE with Ethernet", LinkType::RAW, |packet| {
        let head = [0, 0, 0x65, 0x58, 0, 0, 5, 0];
        outer_v6(17, &packets::udp(6081, &[head.as_slice(), &plain(packet)].concat()))
    }),
    ("Teredo", LinkType::RAW, |packet| outer(17, &packets::udp(3544, packet))),
    ("Teredo with all it may have", LinkType::RAW, |packet| {
        let head = [[0, 1, 2, 3].as_slice(), &[7; 14], &[0, 0, 1, 2, 3, 4, 5, 6]].concat();
        outer(17, &packets::udp(3544, &[&head, packet].concat()))
    }),
    ("four tunnels", LinkType::RAW, |packet| {
        let inner = outer(if packet[0] >> 4 == 4 { 4 } else { 41 }, packet);
        outer_v6(41, &outer_v6(4, &outer(4, &inner)))
    }),
];

fn settings() -> Settings {
    let tunnels = Tunnels { teredo: Some(3544), ..Tunnels::default() };
    Settings { tunnels, verify_checksums: true, ..Settings::default() }
}

fn segments(payload: &[u8]) -> [Segment; 2] {
    let ends: [[SocketAddr; 2]; 2] = [
        ["10.1.2.3:40000".parse().unwrap(), "10.3.2.1:143".parse().unwrap()],
        ["[2001:db8::5]:40000".parse().unwrap(), "[2001:db8::6]:993".parse().unwrap()],
    ];
    ends.map(|[from, to]| Segment {
        from,
        to,
        sequence: 77,
        acknowledgement: 5,
        flags: ACK,
        payload: payload.to_vec(),
    })
}

fn hear(link_type: LinkType, frames: &[Vec<u8>], settings: Settings) -> (Record, Statistics) {
    let mut table = FlowTable::new(settings, [1, 2]);
    let mut record = Record::new();
    for bytes in frames {
        let wire_length = bytes.len() as u32;
        table.frame(&mut record, &Frame { at: Time(5), link_type, bytes, wire_length });
    }
    table.stop(&mut record);
    (record, *table.statistics())
}

/// What was heard of the only flow there is.
fn only(record: &Record) -> Option<(SocketAddr, SocketAddr, Vec<u8>)> {
    let [(recorder, summary)] = record.done.as_slice() else {
        return None;
    };
    let heard = recorder.events.iter().flat_map(|event| match event {
        Event::Heard(_, _, bytes) => bytes.clone(),
        other => panic!("{other:?}"),
    });
    Some((summary.opened.opener, summary.opened.responder, heard.collect()))
}

#[test]
fn a_flow_is_the_same_in_every_wrapping() {
    for (name, link_type, wrap) in WRAPS {
        for segment in segments(b"some payload of some length") {
            let is_v4_only = *link_type == LinkType::IPV4 && segment.from.is_ipv6();
            let teredo_v4 = name.starts_with("Teredo") && segment.from.is_ipv4();
            if is_v4_only || teredo_v4 {
                continue;
            }
            let (record, statistics) = hear(*link_type, &[wrap(&segment.ip())], settings());
            let expected = Some((segment.from, segment.to, segment.payload));
            assert_eq!(only(&record), expected, "{name}: {statistics:?}");
        }
    }
}

#[test]
fn tunnels_that_are_not_looked_into_are_no_tcp() {
    for (name, link_type, wrap) in WRAPS {
        let [_, segment] = segments(b"hidden");
        let with = Settings { tunnels: Tunnels::NONE, ..settings() };
        let (record, statistics) = hear(*link_type, &[wrap(&segment.ip())], with);
        let (_, seen_through) = hear(*link_type, &[wrap(&segment.ip())], settings());
        let is_tunnel = seen_through.tunnelled > 0;
        assert_eq!(record.done.is_empty(), is_tunnel, "{name}");
        assert_eq!(statistics.not_tcp, u64::from(is_tunnel), "{name}");
    }
}

#[test]
fn every_frame_is_counted_once_however_it_is_cut() {
    for (name, link_type, wrap) in WRAPS {
        for segment in segments(b"payload") {
            let whole = wrap(&segment.ip());
            for cut in 0..whole.len() {
                for (wire_length, what) in [(whole.len(), "snapshot"), (cut, "frame")] {
                    let mut table = FlowTable::new(settings(), [1, 2]);
                    let mut record = Record::new();
                    let frame = Frame {
                        at: Time(0),
                        link_type: *link_type,
                        bytes: &whole[..cut],
                        wire_length: wire_length as u32,
                    };
                    table.frame(&mut record, &frame);
                    let counted = counted(table.statistics());
                    assert_eq!(counted, 1, "{name}, {what} cut at {cut}: {:?}", table.statistics());
                }
            }
        }
    }
}

/// Frames that are accounted for.
fn counted(it: &Statistics) -> u64 {
    let unread =
        it.unknown_link + it.not_ip + it.not_tcp + it.malformed + it.cut_short + it.too_deep;
    it.segments + unread + it.bad_checksums + it.fragments - it.defragmented
}

#[test]
fn too_many_layers_are_counted() {
    let [segment, _] = segments(b"deep");
    let mut tags = vec![0, 5];
    tags.extend([0x81, 0, 0, 5].repeat(20));
    let frame = ethernet(0x8100, &typed(&tags, &segment.ip()));
    let (record, statistics) = hear(LinkType::ETHERNET, &[frame], settings());
    assert_eq!((record.done.len(), statistics.too_deep), (0, 1));

    let nested = (0..6).fold(segment.ip(), |packet, _| outer(4, &packet));
    let (record, statistics) = hear(LinkType::RAW, &[nested], settings());
    assert_eq!((record.done.len(), statistics.too_deep), (0, 1));
}

#[test]
fn a_wrong_checksum_is_dropped_where_it_is_looked_at() {
    let [segment, other] = segments(b"payload");
    for segment in [segment, other] {
        let mut damaged = segment.ip();
        *damaged.last_mut().unwrap() ^= 1;
        let (record, statistics) = hear(LinkType::RAW, &[damaged.clone()], settings());
        assert_eq!((record.done.len(), statistics.bad_checksums), (0, 1));
        let (record, statistics) = hear(LinkType::RAW, &[damaged.clone()], Settings::default());
        assert_eq!((record.done.len(), statistics.bad_checksums), (1, 0));
        let (record, _) = hear(LinkType::RAW, &[segment.ip(), damaged], settings());
        assert_eq!(record.done[0].1.history, "DC");
    }
    let [segment, _] = segments(b"payload");
    let mut damaged = segment.ip();
    damaged[8] ^= 1;
    let (record, statistics) = hear(LinkType::RAW, &[damaged], settings());
    assert_eq!((record.done.len(), statistics.bad_checksums), (0, 1));
}

/// Cuts an IP packet into fragments at multiples of eight bytes.
fn fragments(packet: &[u8], each: usize) -> Vec<Vec<u8>> {
    let header = if packet[0] >> 4 == 4 { 20 } else { 40 };
    let payload = &packet[header..];
    let parts = payload.chunks(each).enumerate();
    parts
        .map(|(index, part)| {
            let more = (index + 1) * each < payload.len();
            let offset = index * each;
            if header == 20 {
                let (from, to) = (address(&packet[12..16]), address(&packet[16..20]));
                let place = (offset / 8) as u16 | if more { 0x2000 } else { 0 };
                return packets::ipv4(from, to, packet[9], part, 99, place, &[]);
            }
            let place = (offset as u16 | u16::from(more)).to_be_bytes();
            let head = [packet[6], 0, place[0], place[1], 0, 0, 0, 99];
            let (from, to) = (address(&packet[8..24]), address(&packet[24..40]));
            packets::ipv6(from, to, 44, &[&head, part].concat())
        })
        .collect()
}

proptest! {
    #[test]
    fn fragments_in_any_order_are_the_packet(
        length in 0..4000_usize,
        each in 1..100_usize,
        order in any::<prop::sample::Index>(),
        twice in any::<bool>(),
        tunnelled in any::<bool>(),
    ) {
        let payload: Vec<u8> = (0..length).map(|byte| (byte % 251) as u8).collect();
        for segment in segments(&payload) {
            prop_assume!(length > 1);
            let inner = segment.ip();
            let packet = match (tunnelled, segment.from.is_ipv4()) {
                (false, _) => inner,
                (true, true) => outer(4, &inner),
                (true, false) => outer_v6(41, &inner),
            };
            let each = each.max(4) * 8;
            let mut parts = fragments(&packet, each);
            let middle = order.index(parts.len());
            parts.rotate_left(middle);
            if middle % 2 == 1 {
                parts.reverse();
            }
            if twice {
                // Before the last one makes it whole: what came first counts.
                let mut changed = parts[0].clone();
                *changed.last_mut().unwrap() ^= 0xff;
                parts.insert(1, changed);
            }
            let count = parts.len();
            let (record, statistics) = hear(LinkType::RAW, &parts, settings());
            if count > 1 && !(twice && count == 2) {
                prop_assert_eq!(only(&record), Some((segment.from, segment.to, segment.payload)));
                prop_assert_eq!(statistics.defragmented, 1);
                prop_assert_eq!(statistics.fragments, count as u64);
            }
        }
    }

    #[test]
    fn any_bytes_are_counted(
        link in prop::sample::select(vec![0_u32, 1, 9, 12, 50, 51, 101, 105, 108, 113, 228, 276]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        beyond in 0..2000_u32,
        place in 0..1000_usize,
    ) {
        let frame = |bytes: &[u8]| {
            let mut table = FlowTable::new(settings(), [1, 2]);
            let mut record = Record::new();
            let wire_length = bytes.len() as u32 + beyond;
            let link_type = LinkType(link);
            table.frame(&mut record, &Frame { at: Time(0), link_type, bytes, wire_length });
            table.stop(&mut record);
            (counted(table.statistics()), *table.statistics())
        };
        let (count, statistics) = frame(&bytes);
        prop_assert_eq!(count, 1, "{:?}", statistics);
        // Something real, with a stretch of it overwritten.
        let (_, _, wrap) = WRAPS[place % WRAPS.len()];
        let [_, segment] = segments(&bytes);
        let mut real = wrap(&segment.ip());
        let at = place % real.len();
        for (byte, other) in real[at..].iter_mut().zip(&bytes).take(8) {
            *byte = *other;
        }
        let (count, statistics) = frame(&real);
        prop_assert_eq!(count, 1, "{:?}", statistics);
    }
}
