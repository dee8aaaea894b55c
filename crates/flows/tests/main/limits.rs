//! Floods: whatever comes, no more is held than may be, and all is counted.

use std::net::Ipv4Addr;
use std::net::SocketAddr;

use tlscensus_flows::End;
use tlscensus_flows::FlowTable;
use tlscensus_flows::Frame;
use tlscensus_flows::Limits;
use tlscensus_flows::LinkType;
use tlscensus_flows::Settings;
use tlscensus_flows::Time;

use crate::audience::Record;
use crate::audience::Tally;
use crate::packets;
use crate::packets::ACK;
use crate::packets::FIN;
use crate::packets::SYN;
use crate::packets::Segment;

const SERVER: &str = "10.0.0.2:25";

fn client(number: u32) -> SocketAddr {
    SocketAddr::new(
        Ipv4Addr::from_bits(0x0b00_0000 + number / 50_000).into(),
        10_000 + (number % 50_000) as u16,
    )
}

/// A segment of a client.
fn segment(number: u32, sequence: u32, flags: u8, payload: &[u8]) -> Segment {
    Segment {
        from: client(number),
        to: SERVER.parse().unwrap(),
        sequence,
        acknowledgement: 1,
        flags,
        payload: payload.to_vec(),
    }
}

fn answer(number: u32) -> Segment {
    let Segment { from, to, .. } = segment(number, 0, 0, &[]);
    let (sequence, acknowledgement) = (0, 1);
    let (from, to, payload) = (to, from, Vec::new());
    Segment { from, to, sequence, acknowledgement, flags: SYN | ACK, payload }
}

fn bare<'a>(at: i64, bytes: &'a [u8]) -> Frame<'a> {
    Frame { at: Time(at), link_type: LinkType::RAW, bytes, wire_length: bytes.len() as u32 }
}

fn limited(limits: Limits) -> Settings {
    Settings { limits, ..Settings::default() }
}

#[test]
fn a_million_syns_displace_only_each_other() {
    let limits = Limits { flows: 5000, half_open: 1000, ..Limits::default() };
    let mut table = FlowTable::new(limited(limits), [1, 2]);
    let mut tally = Tally::default();
    for number in 0..1000 {
        table.frame(&mut tally, &bare(0, &segment(number, 1, ACK, b"hello").ip()));
    }
    assert_eq!(tally.opened, 1000);
    // Made once and patched: addresses and ports of the client.
    let (mut syn, mut syn_ack) = (segment(0, 0, SYN, &[]).ip(), answer(0).ip());
    for number in 0..1_000_000 {
        let at = i64::from(number / 100);
        let SocketAddr::V4(from) = client(1000 + number) else { unreachable!() };
        for (frame, address, port) in [(&mut syn, 12, 20), (&mut syn_ack, 16, 22)] {
            frame[address..address + 4].copy_from_slice(&from.ip().octets());
            frame[port..port + 2].copy_from_slice(&from.port().to_be_bytes());
        }
        table.frame(&mut tally, &bare(at, &syn));
        if number % 3 == 0 {
            table.frame(&mut tally, &bare(at, &syn_ack));
        }
        assert!(table.flows() <= 2000);
    }
    let statistics = table.statistics();
    assert_eq!(statistics.half_open, 1_000_000);
    assert_eq!(statistics.half_open_evicted, 999_000);
    assert_eq!((statistics.evicted, tally.done, tally.opened), (0, 0, 1000));
    table.advance(&mut tally, Time(20_000_000));
    assert_eq!(table.flows(), 1000);
    assert_eq!(table.statistics().half_open_timed_out, 1000);
}

#[test]
fn the_flow_that_is_idle_longest_goes_first() {
    let limits = Limits { flows: 100, ..Limits::default() };
    let mut table = FlowTable::new(limited(limits), [1, 2]);
    let mut record = Record::new();
    // A hundred flows, a second apart; the first fifty then speak again in reverse order, each in a bucket of its own.
    let mut now = 0;
    for number in 0..100 {
        now += 1_000_000;
        table.frame(&mut record, &bare(now, &segment(number, 1, ACK, b"hello").ip()));
    }
    for number in (0..50).rev() {
        now += 1_000_000;
        table.frame(&mut record, &bare(now, &segment(number, 6, ACK, b"again").ip()));
    }
    for number in 100..200 {
        table.frame(&mut record, &bare(now, &segment(number, 1, ACK, b"hello").ip()));
        assert_eq!(table.flows(), 100);
    }
    let evicted: Vec<SocketAddr> = record.done.iter().map(|(it, _)| it.opened.opener).collect();
    let position = |number: u32| evicted.iter().position(|it| *it == client(number)).unwrap();
    assert!(record.done.iter().all(|(_, summary)| summary.end == End::Evicted));
    assert_eq!(table.statistics().evicted, 100);
    // Exact to within a bucket, which is a sixtieth of the time-out of 300 s.
    for number in 0..94 {
        let (earlier, later) = match number {
            0..50 => (position(number + 6), position(number)),
            _ => (position(number), position(number + 6)),
        };
        if !(44..50).contains(&number) {
            assert!(earlier < later, "{number}");
        }
    }
    assert!((50..100).all(|late| (0..50).all(|early| position(late) < position(early))));
}

#[test]
fn tombstones_go_before_what_is_younger() {
    let limits = Limits { flows: 10, ..Limits::default() };
    let mut table = FlowTable::new(limited(limits), [1, 2]);
    let mut record = Record::new();
    record.hunger = 5;
    for number in 0..10 {
        let at = i64::from(number) * 60_000_000;
        table.frame(&mut record, &bare(at, &segment(number, 1, ACK, b"hello").ip()));
    }
    assert_eq!((record.done.len(), table.flows()), (10, 10));
    for number in 10..15 {
        table.frame(&mut record, &bare(600_000_000, &segment(number, 1, ACK, b"hello").ip()));
    }
    assert_eq!((table.flows(), table.statistics().tombstones_evicted), (10, 5));
    // The old ones are forgotten, and what they send begins again; the young ones are not.
    for (number, opened) in [(9, 15), (0, 16)] {
        table.frame(&mut record, &bare(600_000_000, &segment(number, 6, ACK, b"late!").ip()));
        assert_eq!(record.opened, opened, "{number}");
    }
}

#[test]
fn endless_data_out_of_order_are_held_to_the_limits() {
    let limits = Limits {
        held_bytes_per_direction: 100_000,
        held_pieces_per_direction: 50,
        held_bytes: 300_000,
        ..Limits::default()
    };
    for (each, step) in [(1, 2_u32), (1460, 2000), (60_000, 60_001)] {
        let mut table = FlowTable::new(limited(limits), [1, 2]);
        let mut tally = Tally::default();
        let payload = vec![7; each];
        for number in 0..20 {
            table.frame(&mut tally, &bare(0, &segment(number, 1, ACK, b"hello").ip()));
        }
        for round in 1..2000_u32 {
            let number = round % 20;
            let sequence = 100 + round * step;
            table.frame(&mut tally, &bare(0, &segment(number, sequence, ACK, &payload).ip()));
            assert!(table.held() <= limits.held_bytes + each + 64, "{each}: {}", table.held());
        }
        let statistics = *table.statistics();
        let given_up = statistics.holes_too_costly + statistics.holes_without_room;
        assert!(given_up > 500, "{each}: {statistics:?}");
        table.stop(&mut tally);
        assert_eq!(table.held(), 0);
        assert_eq!(table.statistics().heard_bytes, 100 + 1999 * each as u64);
    }
}

#[test]
fn far_off_segments_are_believed_only_when_they_go_on() {
    let mut table = FlowTable::new(Settings::default(), [1, 2]);
    let mut record = Record::new();
    let mut send = |sequence: u32, payload: &[u8]| {
        table.frame(&mut record, &bare(0, &segment(0, sequence, ACK, payload).ip()));
        *table.statistics()
    };
    send(1, b"hello");
    assert_eq!(send(500_000_001, b"forged").implausible, 1);
    assert_eq!(send(2_500_000_001, b"forged").implausible, 2);
    assert_eq!(send(6, b"world").heard_bytes, 10);
    // After a loss of 500 MB it goes on there; what announces it is lost, too.
    assert_eq!(send(500_000_001, b"first").implausible, 3);
    let statistics = send(500_000_006, b"second");
    assert_eq!((statistics.heard_bytes, statistics.missed_bytes), (16, 499_999_995));
}

#[test]
fn floods_of_fragments_are_held_to_the_limits() {
    let limits = Limits { fragmented: 100, fragment_bytes: 200_000, ..Limits::default() };
    let mut table = FlowTable::new(limited(limits), [1, 2]);
    let mut tally = Tally::default();
    let first = |number: u32, place: u16, length: usize| {
        let from = Ipv4Addr::from_bits(0x0b00_0000 + number).into();
        packets::ipv4(from, [10, 0, 0, 2].into(), 6, &vec![1; length], 9, place, &[])
    };
    for number in 0..100_000 {
        table.frame(&mut tally, &bare(0, &first(number, 0x2000, 8)));
        assert!(table.held() <= 100 * 512 && table.held() >= 100.min(number as usize + 1) * 256);
    }
    assert_eq!(table.statistics().fragmented_evicted, 99_900);
    // Few packets, but far ends: each costs what its end is.
    for number in 0..1000 {
        table.frame(&mut tally, &bare(0, &first(number, 0x2000 | 8000, 8)));
        assert!((64_000..=200_000).contains(&table.held()), "{}", table.held());
    }
    table.advance(&mut tally, Time(60_000_000));
    assert_eq!(table.held(), 0);
    let statistics = table.statistics();
    assert_eq!(statistics.fragments, 101_000);
    assert_eq!(statistics.fragmented_evicted + statistics.fragmented_timed_out, 101_000);
}

#[test]
fn fragments_that_contradict_are_refused() {
    let part = |place: u16, length: usize| {
        packets::ipv4(
            [10, 0, 0, 1].into(),
            [10, 0, 0, 2].into(),
            6,
            &vec![1; length],
            9,
            place,
            &[],
        )
    };
    let cases: [(&str, Vec<Vec<u8>>); 6] = [
        ("two ends", vec![part(10, 8), part(20, 8)]),
        ("something behind the end", vec![part(10, 8), part(0x2000 | 11, 8)]),
        ("an end before something", vec![part(0x2000 | 20, 8), part(10, 8)]),
        ("too long", vec![part(0x2000 | 8191, 16)]),
        ("longer than the length of a packet with its header can say", vec![part(8189, 4)]),
        ("a length that nothing can follow", vec![part(0x2000, 9)]),
    ];
    for (claim, frames) in cases {
        let mut table = FlowTable::new(Settings::default(), [1, 2]);
        let mut tally = Tally::default();
        frames.iter().for_each(|frame| table.frame(&mut tally, &bare(0, frame)));
        assert_eq!(table.statistics().fragments_refused, 1, "{claim}");
        assert_eq!(table.statistics().segments, 0, "{claim}");
    }
    // Of one packet no more than so many fragments are looked at.
    let mut table = FlowTable::new(Settings::default(), [1, 2]);
    let mut tally = Tally::default();
    for place in 0..1000 {
        table.frame(&mut tally, &bare(0, &part(0x2000 | (2 * place), 8)));
    }
    assert_eq!(table.statistics().fragments_refused, 744);
}

#[test]
fn time_outs_are_exact_to_a_thirtieth() {
    let idle_for = |ms: i64| {
        let mut table = FlowTable::new(Settings::default(), [1, 2]);
        let mut tally = Tally::default();
        for number in 0..50 {
            let at = i64::from(number) * 7_000_000;
            table.frame(&mut tally, &bare(at, &segment(number, 1, ACK, b"hello").ip()));
        }
        // All speak again at once: the place where each was filed says nothing any more.
        for number in 0..50 {
            table.frame(&mut tally, &bare(350_000_000, &segment(number, 6, ACK, b"again").ip()));
        }
        table.advance(&mut tally, Time(350_000_000 + ms * 1000));
        (tally.done, tally.opened)
    };
    // Eight had been silent for too long before.
    let opened = idle_for(0).1;
    for (ms, left) in [(0, 50), (299_000, 50), (311_000, 0)] {
        let (done, again) = idle_for(ms);
        assert_eq!((opened - done, again), (left, opened), "{ms}");
    }
}

#[test]
fn every_flow_that_is_opened_is_done_with_once() {
    let limits = Limits { flows: 300, half_open: 100, ..Limits::default() };
    let mut table = FlowTable::new(limited(limits), [1, 2]);
    let mut tally = Tally::default();
    let mut state = 1_u64;
    for round in 0..200_000_i64 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let random = state >> 33;
        let flags =
            [ACK, SYN, ACK | FIN, ACK, packets::RST, SYN | ACK, ACK, ACK][random as usize % 8];
        let payload = &b"payload"[..(random >> 3) as usize % 8];
        let sent = segment((random >> 6) as u32 % 700, (random >> 16) as u32 % 50, flags, payload);
        let back = Segment { from: sent.to, to: sent.from, ..sent.clone() };
        let sent = if random & 1 << 40 == 0 && round % 3 == 0 { back } else { sent };
        table.frame(&mut tally, &bare(round * 1000, &sent.ip()));
        assert!(table.flows() <= 300);
    }
    // One more that nobody answers: longer than a SYN is waited for, shorter than a flow.
    table.frame(&mut tally, &bare(200_000_000, &segment(1000, 0, SYN, &[]).ip()));
    table.advance(&mut tally, Time(220_000_000));
    table.stop(&mut tally);
    assert_eq!((table.flows(), table.held()), (0, 0));
    assert_eq!(tally.opened, tally.done);
    let it = table.statistics();
    let ended = it.enough + it.finished + it.reset + it.timed_out + it.evicted + it.stopped;
    assert_eq!((it.opened, ended), (tally.opened, tally.opened));
    for (name, value) in it.named() {
        let expected = [
            "evicted",
            "finished",
            "reset",
            "timed_out",
            "reused",
            "stray",
            "late_segments",
            "midstream",
            "half_open_evicted",
            "half_open_timed_out",
            "half_open_refused",
            "repeated_bytes",
        ];
        assert!(value > 0 || !expected.contains(&name), "{name}");
    }
}
