//! Several tables that share nothing hear what one alone would.

use std::net::SocketAddr;

use tlscensus_flows::FlowTable;
use tlscensus_flows::Frame;
use tlscensus_flows::LinkType;
use tlscensus_flows::Settings;
use tlscensus_flows::Shard;
use tlscensus_flows::Sharder;
use tlscensus_flows::Time;

use crate::audience::Record;
use crate::packets;
use crate::packets::ACK;
use crate::packets::Segment;

/// Both directions of so many flows, some of it in fragments, some of it in a tunnel.
fn frames(flows: u16) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for flow in 0..flows {
        let client = SocketAddr::new([10, 0, 0, 1].into(), 2000 + flow);
        let server: SocketAddr = "10.0.0.2:25".parse().unwrap();
        for part in 0..4_u32 {
            for (from, to) in [(client, server), (server, client)] {
                let sequence = part * 64;
                let payload = vec![part as u8; 64];
                let segment =
                    Segment { from, to, sequence, acknowledgement: 0, flags: ACK, payload };
                let packet = segment.ip();
                match flow % 4 {
                    0 => frames.extend([packet]),
                    1 => frames.extend([packets::ip(server.ip(), client.ip(), 4, &packet)]),
                    _ => frames.extend(fragments(&packet, flow * 4 + part as u16)),
                }
            }
        }
    }
    frames
}

fn fragments(packet: &[u8], identification: u16) -> [Vec<u8>; 2] {
    let [from, to] = [&packet[12..16], &packet[16..20]].map(|it| <[u8; 4]>::try_from(it).unwrap());
    let (first, second) = packet[20..].split_at(8);
    [(second, 1), (first, 0x2000)].map(|(part, place)| {
        packets::ipv4(from.into(), to.into(), 6, part, identification, place, &[])
    })
}

fn frame(bytes: &[u8]) -> Frame<'_> {
    let wire_length = bytes.len() as u32;
    Frame { at: Time(0), link_type: LinkType::RAW, bytes, wire_length }
}

/// More flows than are looked up one by one.
const MANY: u16 = 6_000;

#[test]
fn several_frames_at_a_time_are_heard_as_one_by_one() {
    let bytes = frames(MANY);
    let frames: Vec<_> = bytes.iter().map(|bytes| frame(bytes)).collect();
    let heard = |some: usize| {
        let mut table = FlowTable::new(Settings::default(), [1, 2]);
        let mut record = Record::new();
        for frames in frames.chunks(some) {
            match frames {
                [frame] => table.frame(&mut record, frame),
                frames => table.frames(&mut record, frames),
            }
        }
        assert_eq!(table.flows(), usize::from(MANY));
        table.stop(&mut record);
        format!("{:?} {:?}", table.statistics(), record.done)
    };
    let one_by_one = heard(1);
    for some in [2, 16, 37] {
        assert!(heard(some) == one_by_one, "{some} at a time");
    }
}

#[test]
fn shards_together_hear_what_one_table_hears() {
    let mut alone = FlowTable::new(Settings::default(), [1, 2]);
    let mut heard_alone = Record::new();
    let mut sharder = Sharder::new(Settings::default(), [5, 6]);
    let mut tables = [0, 1, 2].map(|_| FlowTable::new(Settings::default(), [5, 6]));
    let mut heard = Record::new();
    let mut used = [0; 3];
    for bytes in frames(40) {
        alone.frame(&mut heard_alone, &frame(&bytes));
        let mut whole = bytes;
        loop {
            match sharder.shard(&frame(&whole)) {
                Shard::Flow(hash) => {
                    let worker = usize::try_from(hash % 3).unwrap();
                    used[worker] += 1;
                    break tables[worker].frame(&mut heard, &frame(&whole));
                }
                Shard::Fragment => match sharder.defragment(&frame(&whole)) {
                    Some(packet) => whole = packet,
                    None => break,
                },
                Shard::Other => panic!("all of it is TCP"),
            }
        }
    }
    alone.stop(&mut heard_alone);
    tables.iter_mut().for_each(|table| table.stop(&mut heard));
    let events = |record: &Record| {
        let mut all: Vec<_> =
            record.done.iter().map(|(it, _)| (it.opened.opener, it.events.clone())).collect();
        all.sort_by_key(|(opener, _)| *opener);
        all
    };
    assert_eq!(events(&heard), events(&heard_alone));
    assert_eq!(heard.done.len(), 40);
    assert!(used.iter().all(|frames| *frames > 0), "{used:?}");
    assert_eq!(sharder.statistics().defragmented, 160);
}

#[test]
fn what_is_no_tcp_goes_anywhere() {
    let sharder = Sharder::new(Settings::default(), [5, 6]);
    let datagram =
        packets::ip([10, 0, 0, 1].into(), [10, 0, 0, 2].into(), 17, &packets::udp(53, b"?"));
    assert_eq!(sharder.shard(&frame(&datagram)), Shard::Other);
    assert_eq!(sharder.shard(&frame(&[])), Shard::Other);
    let unknown = Frame { link_type: LinkType(105), ..frame(&datagram) };
    assert_eq!(sharder.shard(&unknown), Shard::Other);
}
