//! Floods of packets, with sessions among them: tables keep to their limits, and whoever belongs there is found.

#![expect(clippy::as_conversions, reason = "numbers made here fit")]

use std::net::Ipv4Addr;
use std::net::SocketAddrV4;

use allocation_counter::measure;
use tlscensus_flows::Limits;
use tlscensus_flows::Settings;
use tlscensus_flows::Statistics;
use tlscensus_testkit::capture::Chance;

use crate::storm::ACK;
use crate::storm::FIN;
use crate::storm::PSH;
use crate::storm::RST;
use crate::storm::SYN;
use crate::storm::Watch;
use crate::storm::among;
use crate::storm::client;
use crate::storm::ipv4;
use crate::storm::segment;
use crate::storm::server;

/// So many packets of noise, so many a second, a packet of a session for every so many.
struct Flood {
    noises: u32,
    per_second: u32,
    every: u32,
    limits: Limits,
    /// The most that may be allocated at any time.
    most: u64,
}

const MIB: u64 = 1 << 20;

/// Plays a flood: sessions are all found, nothing but them is established, and memory is kept to the bound.
fn play(flood: &Flood, noise: impl FnMut(u32, &mut Vec<u8>)) -> Statistics {
    let settings = Settings { limits: flood.limits, ..Settings::default() };
    let mut statistics = Statistics::default();
    let allocated = measure(|| {
        let mut watch = Watch::new(settings);
        let pace = (flood.per_second, flood.every);
        let sessions = among(&mut watch, flood.noises, pace, noise);
        assert!(sessions >= 10, "{sessions}");
        assert!(watch.table.flows() <= flood.limits.flows as usize);
        let desk;
        (desk, statistics) = watch.stop();
        let established = desk.rows.iter().filter(|row| row.established).count() as u64;
        assert_eq!(established, sessions, "{statistics:?}");
    });
    assert!(allocated.bytes_max <= flood.most, "{} MiB at most", allocated.bytes_max.div_ceil(MIB));
    // Nothing of a flood stays.
    assert!(allocated.bytes_current.unsigned_abs() < MIB, "{allocated:?}");
    statistics
}

#[test]
fn a_million_syns_from_anywhere() {
    let limits = Limits::default();
    let flood =
        Flood { noises: 1_000_000, per_second: 100_000, every: 1000, limits, most: 48 * MIB };
    let mut chance = Chance::new(1);
    let statistics = play(&flood, |_, packet| {
        let from =
            SocketAddrV4::new(Ipv4Addr::from_bits(chance.next() as u32), chance.next() as u16);
        segment(packet, [from, server(25)], [chance.next() as u32, 0], SYN, b"");
    });
    assert!(statistics.half_open > 999_000, "{statistics:?}");
    assert!(statistics.half_open_evicted > 700_000, "{statistics:?}");
    assert_eq!(statistics.evicted, 0);
}

#[test]
fn a_million_connections_that_stay_half_open() {
    let limits = Limits { half_open: 1 << 20, ..Limits::default() };
    let flood =
        Flood { noises: 2_000_000, per_second: 1_000_000, every: 2000, limits, most: 160 * MIB };
    let statistics = play(&flood, |number, packet| {
        let (from, to) = (client(number / 2), server(993));
        match number % 2 {
            0 => segment(packet, [from, to], [7, 0], SYN, b""),
            _ => segment(packet, [to, from], [9, 8], SYN | ACK, b""),
        }
    });
    assert_eq!(statistics.half_open_timed_out, 1_000_000);
    assert_eq!((statistics.evicted, statistics.half_open_evicted), (0, 0));
}

#[test]
fn more_flows_of_one_byte_than_there_is_room_for() {
    let limits = Limits { flows: 200_000, ..Limits::default() };
    let flood =
        Flood { noises: 1_000_000, per_second: 1_000_000, every: 1000, limits, most: 192 * MIB };
    let statistics = play(&flood, |number, packet| {
        segment(packet, [client(number), server(143)], [7, 9], ACK | PSH, b"a");
    });
    assert_eq!(statistics.evicted + statistics.stopped, 1_000_000);
    assert!(statistics.evicted >= 800_000, "{statistics:?}");
}

#[test]
fn segments_out_of_order_in_a_thousand_flows() {
    let limits = Limits { held_bytes: 16 << 20, ..Limits::default() };
    let flood = Flood { noises: 100_000, per_second: 100_000, every: 100, limits, most: 40 * MIB };
    let mut chance = Chance::new(2);
    let payload = [7; 1460];
    let statistics = play(&flood, |number, packet| {
        let from = client(number % 1000);
        let sequence = (number / 1000).wrapping_mul(2920).wrapping_add(chance.below(3) as u32);
        let flags = if number < 1000 { SYN } else { ACK };
        let payload = &payload[..if number < 1000 { 0 } else { 1460 }];
        segment(packet, [from, server(25)], [sequence, 9], flags, payload);
    });
    let given_up = statistics.holes_without_room + statistics.holes_too_costly;
    assert!(given_up > 500, "{statistics:?}");
    assert!(statistics.held_segments > 20_000, "{statistics:?}");
}

#[test]
fn fragments_of_which_nothing_becomes() {
    let limits = Limits::default();
    let flood = Flood { noises: 300_000, per_second: 100_000, every: 300, limits, most: 40 * MIB };
    let mut chance = Chance::new(3);
    let statistics = play(&flood, |_, packet| {
        let from = Ipv4Addr::from_bits(chance.next() as u32 & 0xff_ffff | 0x0b00_0000);
        let units = chance.below(8190) as u16;
        let more = 0x2000 * chance.below(2) as u16;
        let length = 8 * chance.below(20) as usize;
        ipv4(packet, [from, *server(25).ip()], [6, more | units], length);
        packet.resize(20 + length, 7);
    });
    assert!(statistics.fragments > 290_000, "{statistics:?}");
    assert!(statistics.fragmented_evicted > 200_000, "{statistics:?}");
}

#[test]
fn tunnels_in_tunnels() {
    let limits = Limits::default();
    let flood = Flood { noises: 200_000, per_second: 100_000, every: 200, limits, most: 24 * MIB };
    let mut chance = Chance::new(4);
    let statistics = play(&flood, |number, packet| {
        let mut inner = Vec::new();
        segment(&mut inner, [client(number), server(25)], [7, 0], SYN, b"");
        for _ in 0..chance.below(40) {
            let mut outer = Vec::new();
            let ends = [*client(number).ip(), *server(25).ip()];
            let gre = chance.below(2) == 0;
            let header: &[u8] = if gre { &[0, 0, 8, 0] } else { &[] };
            ipv4(&mut outer, ends, [if gre { 47 } else { 4 }, 0], header.len() + inner.len());
            outer.extend_from_slice(header);
            outer.append(&mut inner);
            inner = outer;
        }
        packet.append(&mut inner);
    });
    assert!(statistics.too_deep > 100_000 && statistics.half_open > 10_000, "{statistics:?}");
}

#[test]
fn addresses_and_ports_that_are_used_again_and_again() {
    let limits = Limits::default();
    let flood = Flood { noises: 600_000, per_second: 100_000, every: 600, limits, most: 4 * MIB };
    let mut chance = Chance::new(5);
    let mut isn = 0_u32;
    let statistics = play(&flood, |number, packet| {
        let ([from, to], other) = ([client(0), server(25)], [server(25), client(0)]);
        let flags = [FIN | ACK, RST, ACK][chance.place(3)];
        match number % 6 {
            0 => {
                isn = chance.next() as u32;
                segment(packet, [from, to], [isn, 0], SYN, b"");
            }
            1 => segment(packet, other, [5, isn.wrapping_add(1)], SYN | ACK, b""),
            2 => segment(packet, other, [6, isn.wrapping_add(1)], ACK | PSH, b"220 mx ESMTP\r\n"),
            3 => segment(packet, [from, to], [isn.wrapping_add(1), 20], ACK | PSH, b"EHLO x\r\n"),
            4 => segment(packet, [from, to], [isn.wrapping_add(9), 20], flags, b""),
            _ => segment(packet, other, [20, isn.wrapping_add(10)], flags, b""),
        }
    });
    assert!(statistics.reused > 90_000, "{statistics:?}");
    assert!(statistics.opened > 90_000, "{statistics:?}");
}
