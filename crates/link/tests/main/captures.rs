//! Captures of every format, made by hand: what comes out, and what is said where they are cut, broken or hostile.

use std::fs::File;
use std::io;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::any;
use proptest::prop_assert;
use proptest::prop_assert_eq;
use proptest::proptest;
use tlscensus_link::Bound;
use tlscensus_link::CaptureError;
use tlscensus_link::CaptureReader;
use tlscensus_link::PcapWriter;
use tlscensus_link::Polled;
use tlscensus_link::fuzzing;

use crate::made::ORDERS;
use crate::made::Order;

/// Time, nanoseconds, link type, captured bytes, length on the wire.
pub(crate) type Packet = (i64, u16, u32, Vec<u8>, u32);

const MICROSECONDS: u32 = 0xa1b2_c3d4;
const NANOSECONDS: u32 = 0xa1b2_3c4d;
const MODIFIED: u32 = 0xa1b2_cd34;

/// All packets that are there now, and the error or end behind them: `None` if there is nothing yet.
pub(crate) fn drain(reader: &mut CaptureReader) -> (Vec<Packet>, Option<Result<(), CaptureError>>) {
    let mut packets = Vec::new();
    let end = loop {
        match reader.poll() {
            Ok(Polled::Packet(packet)) => {
                let bytes = packet.bytes.to_vec();
                let (at, nanoseconds) = (packet.at, packet.nanoseconds);
                packets.push((at, nanoseconds, packet.link_type, bytes, packet.length));
            }
            Ok(Polled::NotYet) => break None,
            Ok(Polled::End) => break Some(Ok(())),
            Err(error) => break Some(Err(error)),
        }
    };
    (packets, end)
}

fn read(bytes: &[u8]) -> (Vec<Packet>, Result<(), CaptureError>) {
    let (packets, end) = drain(&mut CaptureReader::new(io::Cursor::new(bytes.to_vec())));
    (packets, end.expect("bytes in memory are all there"))
}

fn packets(bytes: &[u8]) -> Vec<Packet> {
    let (packets, end) = read(bytes);
    end.unwrap();
    packets
}

fn packet(at: i64, nanoseconds: u16, link_type: u32, bytes: &[u8], length: u32) -> Packet {
    (at, nanoseconds, link_type, bytes.to_vec(), length)
}

#[test]
fn pcap_is_read_in_both_orders_resolutions_and_all_versions() {
    for order in ORDERS {
        for (magic, version, lengths, expected) in [
            (MICROSECONDS, (2, 4), [5, 60], packet(7_123_456, 0, 1, b"hello", 60)),
            (NANOSECONDS, (2, 4), [5, 60], packet(7_000_123, 456, 1, b"hello", 60)),
            (MICROSECONDS, (2, 3), [60, 5], packet(7_123_456, 0, 1, b"hello", 60)),
            (MICROSECONDS, (2, 3), [5, 60], packet(7_123_456, 0, 1, b"hello", 60)),
            (MICROSECONDS, (2, 2), [60, 5], packet(7_123_456, 0, 1, b"hello", 60)),
            (MICROSECONDS, (543, 0), [60, 5], packet(7_123_456, 0, 1, b"hello", 60)),
            (MICROSECONDS, (2, 4), [5, 0], packet(7_123_456, 0, 1, b"hello", 5)),
        ] {
            let header = order.pcap(magic, version, 1);
            let record = order.record([7, 123_456], lengths, b"hello");
            let bytes = [header, record.clone(), record].concat();
            let found = packets(&bytes);
            assert_eq!(found, [expected.clone(), expected], "{order:?} {magic:#x} {version:?}");
        }
    }
}

#[test]
fn the_modified_header_of_records_is_longer() {
    for order in ORDERS {
        let mut record = order.record([1, 2], [3, 3], &[]);
        record.extend([9; 8]);
        let bytes = [order.pcap(MODIFIED, (2, 4), 1), record, b"abc".to_vec()].concat();
        assert_eq!(packets(&bytes), [packet(1_000_002, 0, 1, b"abc", 3)], "{order:?}");
    }
}

#[test]
fn check_sequences_are_left_out_and_link_types_are_16_bits() {
    for (link, kept, length, expected) in [
        (0x2400_0001, 10, 10, (6, 6)),
        (0x2400_0001, 8, 10, (6, 6)),
        (0x2400_0001, 4, 10, (4, 6)),
        (0x2400_0001, 2, 2, (0, 0)),
        (0x0400_0001, 10, 10, (10, 10)),
        (0x2000_0001, 10, 10, (10, 10)),
        (0x03ff_0001, 10, 10, (10, 10)),
    ] {
        let order = Order::Little;
        let bytes = vec![7; usize::try_from(kept).unwrap()];
        let record = order.record([0, 0], [kept, length], &bytes);
        let found = packets(&[order.pcap(MICROSECONDS, (2, 4), link), record].concat());
        let expected = packet(0, 0, 1, &bytes[..expected.0], expected.1);
        assert_eq!(found, [expected], "{link:#x} {kept} {length}");
    }
}

#[test]
fn what_is_written_is_read() {
    let mut writer = PcapWriter::new(Vec::new(), 101).unwrap();
    writer.write(1_700_000_000_123_456, b"first", 5).unwrap();
    writer.write(0, b"", 1_500).unwrap();
    for at in [-1, i64::from(u32::MAX) * 1_000_000 + 1_000_000] {
        let error = writer.write(at, b"no such time", 12).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
    let expected =
        [packet(1_700_000_000_123_456, 0, 101, b"first", 5), packet(0, 0, 101, b"", 1_500)];
    assert_eq!(packets(&writer.into_inner()), expected);
}

/// Two sections of different orders, interfaces of different links and clocks, every kind of block.
fn blocks(first: Order, second: Order) -> (Vec<u8>, Vec<Packet>) {
    let mut options = first.option(2, b"eth0");
    options.extend(first.option(9, &[9]));
    options.extend(first.option(14, &first.long(100)));
    options.extend(first.option(0, b""));
    let dropped = first.option(4, &first.long(3));
    let old = [first.half(1), first.half(2), first.words(&[0, 77, 2, 2]), b"oldx".to_vec()];
    let unknown = [first.half(0), first.half(0xffff), first.words(&[0, 78, 1, 1]), b"?".to_vec()];
    let bytes = [
        first.section(),
        first.interface(1, 0, &options),
        first.interface(101, 4, &first.option(13, &[1])),
        first.packet(0, 7_123_456_789, b"hello", 60),
        first.block(0x0000_0bad, b"custom"),
        first.packet_with(1, 5, b"raw ip", (6, &dropped)),
        first.block(2, &old.concat()),
        first.block(2, &unknown.concat()),
        first.block(4, b"names"),
        first.statistics(0, &first.option(5, &first.long(10))),
        first.statistics(0, &first.option(5, &first.long(12))),
        first.statistics(1, &first.option(7, &first.long(5))),
        first.statistics(9, &first.option(5, &first.long(1_000))),
        second.section(),
        second.interface(113, 3, &second.option(9, &[0x81])),
        second.packet(0, 9, b"two", 3),
        second.block(3, &[second.words(&[9]), b"simpl".to_vec()].concat()),
        second.block(10, b"secrets"),
        second.statistics(0, &second.option(5, &second.long(4))),
    ];
    let expected = vec![
        packet(107_123_456, 789, 1, b"hello", 60),
        packet(5, 0, 101, b"raw i", 5),
        packet(77, 0, 101, b"o", 1),
        packet(100_000_000, 78, 1, b"?", 1),
        packet(4_500_000, 0, 113, b"two", 3),
        packet(4_500_000, 0, 113, b"sim", 9),
    ];
    (bytes.concat(), expected)
}

#[test]
fn sections_interfaces_and_clocks_of_pcapng_are_kept_apart() {
    for (first, second) in ORDERS.into_iter().flat_map(|a| ORDERS.map(|b| (a, b))) {
        let (bytes, expected) = blocks(first, second);
        let mut reader = CaptureReader::new(io::Cursor::new(bytes.clone()));
        let (found, end) = drain(&mut reader);
        assert!(matches!(end, Some(Ok(()))), "{end:?}");
        assert_eq!(found, expected, "{first:?} {second:?}");
        let counts = reader.counts();
        assert_eq!((counts.packets, counts.untimed), (6, 1), "{counts:?}");
        assert_eq!((counts.sections, counts.interfaces, counts.other_blocks), (2, 3, 3));
        assert_eq!((counts.interface_drops, counts.system_drops), (16, 5), "{counts:?}");
        assert_eq!(counts.packet_drops, 5, "{counts:?}");
        assert_eq!(reader.offset(), u64::try_from(bytes.len()).unwrap());
    }
}

#[test]
fn padding_may_be_missing_from_a_length_but_not_from_the_file() {
    for order in ORDERS {
        let body = [order.words(&[0, 0, 9, 5, 5]), b"hello".to_vec()].concat();
        let block = [order.words(&[6, 37]), body, vec![0; 3], order.words(&[37])].concat();
        let bytes = [order.section(), order.interface(1, 0, b""), block].concat();
        assert_eq!(packets(&bytes), [packet(9, 0, 1, b"hello", 5)], "{order:?}");
    }
}

/// What is expected of a field, and what stands there.
fn refusal(bytes: &[u8]) -> (u64, &'static str, Bound, u64) {
    match read(bytes).1.unwrap_err() {
        CaptureError::Malformed { offset, field, expected, found } => {
            (offset, field, expected, found)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn hostile_lengths_are_refused_by_place_and_limit() {
    for order in ORDERS {
        let head = order.pcap(MICROSECONDS, (2, 4), 1);
        for (length, passes) in [(262_144, true), (262_145, false), (u32::MAX, false)] {
            let record = order.record([0, 0], [length, length], &[]);
            let bytes = [&head[..], &record].concat();
            if passes {
                let error = read(&bytes).1.unwrap_err();
                assert!(
                    matches!(
                        error,
                        CaptureError::Truncated { offset: 24, expected: 262_160, found: 16 }
                    ),
                    "{error:?}"
                );
            } else {
                let field = "the captured length of a packet";
                let expected = (24, field, Bound::AtMost(262_144), length.into());
                assert_eq!(refusal(&bytes), expected);
            }
        }
        let start = [order.section(), order.interface(1, 0, b"")].concat();
        let at = u64::try_from(start.len()).unwrap();
        let length = "the length of a block";
        for (block, expected) in [
            (order.words(&[6, 11, 0]), (length, Bound::AtLeast(12), 11)),
            (order.words(&[6, 0, 0]), (length, Bound::AtLeast(12), 0)),
            (order.words(&[6, 16_777_217, 0]), (length, Bound::AtMost(16_777_216), 16_777_217)),
            (order.words(&[6, u32::MAX, 0]), (length, Bound::AtMost(16_777_216), u32::MAX.into())),
            (
                order.words(&[6, 12, 13]),
                ("the length at the end of a block", Bound::Exactly(12), 13),
            ),
            (order.block(6, b"too short"), (length, Bound::AtLeast(32), 24)),
            (order.block(1, b""), (length, Bound::AtLeast(14), 12)),
            (order.block(3, b""), (length, Bound::AtLeast(16), 12)),
            (order.packet(1, 0, b"", 0), ("the interface of a packet", Bound::Below(1), 1)),
            (
                order.block(6, &order.words(&[0, 0, 0, 5, 5, 0])),
                ("the captured length of a packet", Bound::AtMost(4), 5),
            ),
            (
                order.interface(1, 0, &order.words(&[u32::MAX])),
                ("the length of an option", Bound::AtMost(0), 65_535),
            ),
        ] {
            let expected = (at, expected.0, expected.1, expected.2);
            assert_eq!(refusal(&[&start[..], &block].concat()), expected, "{order:?}");
        }
    }
}

#[test]
fn interfaces_of_a_section_are_limited() {
    let order = Order::Little;
    let many = order.interface(1, 0, b"").repeat(65_536);
    let bytes = [order.section(), many, order.packet(65_535, 3, b"x", 1)].concat();
    assert_eq!(packets(&bytes).len(), 1);
    let bytes = [bytes, order.interface(1, 0, b"")].concat();
    let (_, field, expected, found) = refusal(&bytes);
    assert_eq!(
        (field, expected, found),
        ("the interfaces of a section", Bound::AtMost(65_536), 65_537)
    );
}

#[test]
fn what_is_no_capture_is_told_by_its_first_bytes() {
    let error = read(b"GET / HTTP/1.1").1.unwrap_err();
    assert!(matches!(error, CaptureError::NotACapture { found } if &found == b"GET "), "{error:?}");
    let error = read(b"").1.unwrap_err();
    assert!(error.to_string().starts_with("truncated at byte 0: "), "{error}");
    for version in [(1, 0), (2, 5), (3, 0), (543, 1)] {
        let error = read(&Order::Big.pcap(MICROSECONDS, version, 1)).1.unwrap_err();
        assert!(matches!(error, CaptureError::Version { offset: 0, found } if found == version));
    }
    let mut section = Order::Big.section();
    section[13] = 2;
    let error = read(&section).1.unwrap_err();
    assert!(matches!(error, CaptureError::Version { found: (2, 0), .. }), "{error:?}");
    section[8] = 0;
    assert_eq!(refusal(&section).1, "the byte-order magic of a section");
}

/// A pcap of some packets of different lengths.
pub(crate) fn pcap() -> Vec<u8> {
    let mut writer = PcapWriter::new(Vec::new(), 1).unwrap();
    for length in [60_u8, 0, 1, 200, 7] {
        let bytes = vec![length; length.into()];
        writer.write(i64::from(length), &bytes, length.into()).unwrap();
    }
    writer.into_inner()
}

/// One good capture of each format.
fn good() -> Vec<Vec<u8>> {
    vec![pcap(), blocks(Order::Big, Order::Little).0, blocks(Order::Little, Order::Big).0]
}

#[test]
fn any_cut_delivers_what_is_whole_and_says_where() {
    for bytes in good() {
        let whole = packets(&bytes);
        let mut complete = 0;
        for end in 0..bytes.len() {
            let (found, outcome) = read(&bytes[..end]);
            assert_eq!(found, whole[..found.len()], "cut at {end}");
            assert!(found.len() >= complete, "cut at {end}");
            complete = found.len();
            if let Err(error) = outcome {
                let CaptureError::Truncated { offset, expected, found } = error else {
                    panic!("cut at {end}: {error}")
                };
                assert_eq!(offset + found, u64::try_from(end).unwrap());
                assert!(found < expected, "cut at {end}: {found} {expected}");
                assert!(error.to_string().starts_with(&format!("truncated at byte {end}: ")));
            }
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Ways to compress: in one piece, and in two that are put together.
fn compressed(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (head, tail) = bytes.split_at(bytes.len() / 2);
    let zstd = |bytes: &[u8]| zstd::stream::encode_all(bytes, 1).unwrap();
    let skippable = [&[0x57, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &zstd(bytes)].concat();
    vec![
        gzip(bytes),
        [gzip(head), gzip(tail)].concat(),
        zstd(bytes),
        [zstd(head), zstd(tail)].concat(),
        skippable,
    ]
}

#[test]
fn compressed_captures_are_known_by_their_first_bytes() {
    for plain in good() {
        let expected = packets(&plain);
        for bytes in compressed(&plain) {
            assert_eq!(packets(&bytes), expected);
            let (found, end) = read(&bytes[..bytes.len() - 5]);
            assert_eq!(found, expected[..found.len()]);
            let error = end.unwrap_err();
            assert!(matches!(error, CaptureError::Compression { .. }), "{error:?}");
        }
    }
}

#[test]
fn files_pipes_and_names_of_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.capture");
    for plain in good() {
        let expected = packets(&plain);
        for bytes in compressed(&plain).into_iter().chain([plain]) {
            std::fs::write(&path, bytes).unwrap();
            let (found, end) = drain(&mut CaptureReader::open(&path).unwrap());
            assert!(matches!(end, Some(Ok(()))), "{end:?}");
            assert_eq!(found, expected);
        }
    }
    std::fs::write(&path, b"").unwrap();
    let end = drain(&mut CaptureReader::open(&path).unwrap()).1.unwrap().unwrap_err();
    assert!(matches!(end, CaptureError::Truncated { offset: 0, found: 0, .. }), "{end:?}");
    let error = CaptureReader::open(&folder.path().join("nothing")).unwrap_err();
    assert!(matches!(&error, CaptureError::Open { path, .. } if path.ends_with("nothing")));
    let folder = drain(&mut CaptureReader::open(folder.path()).unwrap()).1.unwrap();
    assert!(matches!(folder, Err(CaptureError::Read { offset: 0, .. })), "{folder:?}");
}

#[test]
fn a_growing_file_has_nothing_yet_and_then_more() {
    let folder = tempfile::tempdir().unwrap();
    for plain in good() {
        let expected = packets(&plain);
        for bytes in compressed(&plain).into_iter().chain([plain]) {
            let path = folder.path().join("growing");
            let mut writer = File::create(&path).unwrap();
            let mut reader = CaptureReader::follow(&path).unwrap();
            let mut found = Vec::new();
            for byte in &bytes {
                let (more, end) = drain(&mut reader);
                assert!(end.is_none(), "{end:?}");
                found.extend(more);
                assert_eq!(found, expected[..found.len()]);
                writer.write_all(&[*byte]).unwrap();
            }
            found.extend(drain(&mut reader).0);
            assert_eq!(found, expected);
            assert!(drain(&mut reader).1.is_none(), "it may still grow");
            writer.set_len(3).unwrap();
            let end = drain(&mut reader).1;
            assert!(matches!(end, Some(Err(_))), "{end:?}");
        }
    }
}

#[test]
fn a_pipe_without_anything_is_not_waited_for_for_ever() {
    let (output, mut input) = io::pipe().unwrap();
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&output));
    let mut reader = CaptureReader::open(Path::new(&path)).unwrap();
    assert!(drain(&mut reader).1.is_none());
    let bytes = pcap();
    input.write_all(&bytes[..30]).unwrap();
    assert!(matches!(drain(&mut reader), (found, None) if found.is_empty()));
    input.write_all(&bytes[30..]).unwrap();
    drop(input);
    let (found, end) = drain(&mut reader);
    assert!(matches!(end, Some(Ok(()))), "{end:?}");
    assert_eq!(found, packets(&bytes));
}

/// Tells a child of the test that it is one.
const CHILD: &str = "TLSCENSUS_READS_STANDARD_INPUT";

#[test]
fn a_dash_is_standard_input() {
    let ours = packets(&pcap());
    if std::env::var_os(CHILD).is_some() {
        let mut reader = CaptureReader::open(Path::new("-")).unwrap();
        let mut found = Vec::new();
        let end = loop {
            let (more, end) = drain(&mut reader);
            found.extend(more);
            if let Some(end) = end {
                break end;
            }
        };
        assert!(end.is_ok(), "{end:?}");
        assert_eq!(found, ours);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    std::fs::write(&path, pcap()).unwrap();
    let run = |input: Stdio| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "captures::a_dash_is_standard_input"]).env(CHILD, "1");
        child.stdin(input).stdout(Stdio::null()).spawn().unwrap()
    };
    let mut piped = run(Stdio::piped());
    piped.stdin.take().unwrap().write_all(&pcap()).unwrap();
    assert!(piped.wait().unwrap().success(), "a pipe");
    assert!(run(File::open(&path).unwrap().into()).wait().unwrap().success(), "a file");
    assert!(!run(Stdio::null()).wait().unwrap().success(), "nothing");
}

#[test]
fn readers_may_move_to_other_threads() {
    fn check(_: impl Send) {}
    check(CaptureReader::new(io::empty()));
    check(None::<tlscensus_link::LiveCapture>);
}

/// Who reads is asked now and then whether to go on.
#[test]
fn what_holds_no_packets_for_long_is_not_waited_for() {
    let order = Order::Little;
    let nothing = order.block(0x0000_0bad, &[0; 1 << 20]).repeat(65);
    let start = [order.section(), order.interface(1, 0, b"")].concat();
    let mut reader =
        CaptureReader::new(io::Cursor::new([start, nothing, order.packet(0, 3, b"x", 1)].concat()));
    assert!(matches!(reader.poll(), Ok(Polled::NotYet)));
    assert!(matches!(reader.poll(), Ok(Polled::Packet(packet)) if packet.bytes == b"x"));
    assert!(matches!(reader.poll(), Ok(Polled::End)));
}

#[test]
fn a_file_that_is_cut_while_it_is_read_ends_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut");
    let mut writer = PcapWriter::new(io::BufWriter::new(File::create(&path).unwrap()), 1).unwrap();
    for _ in 0..4_000 {
        writer.write(7, &[1; 1_500], 1_500).unwrap();
    }
    drop(writer);
    let mut reader = CaptureReader::open(&path).unwrap();
    assert!(matches!(reader.poll(), Ok(Polled::Packet(_))));
    // Far behind what can have been read ahead.
    let cut = 4_000_000;
    File::options().write(true).open(path).unwrap().set_len(cut).unwrap();
    let mut found = 1;
    let end = loop {
        match reader.poll() {
            Ok(Polled::Packet(packet)) => {
                assert_eq!(packet.bytes, [1; 1_500]);
                found += 1;
            }
            Ok(other) => break Ok(other),
            Err(error) => break Err(error),
        }
    };
    assert!(matches!(end, Err(CaptureError::Truncated { .. })), "{end:?}");
    assert_eq!(found, usize::try_from(cut - 24).unwrap() / 1_516);
}

proptest! {
    /// No bytes make the reader panic or go round for ever; behind a good beginning neither.
    #[test]
    fn any_bytes_are_read_to_an_end(bytes: Vec<u8>, order in any::<bool>()) {
        let order = if order { Order::Big } else { Order::Little };
        let pcap = order.pcap(MICROSECONDS, (2, 4), 1);
        let pcapng = [order.section(), order.interface(1, 0, b"")].concat();
        for head in [vec![], pcap, pcapng, gzip(b""), vec![0x28, 0xb5, 0x2f, 0xfd]] {
            fuzzing::capture(&[&head[..], &bytes].concat());
        }
    }

    /// A capture with some bytes changed is read like its beginning until the change.
    #[test]
    fn any_change_spares_what_is_before(at in any::<usize>(), to: [u8; 4], which in 0..3_usize) {
        let mut bytes = good().swap_remove(which);
        let at = at % bytes.len();
        let before = read(&bytes[..at]).0;
        for (place, byte) in bytes[at..].iter_mut().zip(to) {
            *place = byte;
        }
        fuzzing::capture(&bytes);
        let found = read(&bytes).0;
        prop_assert!(found.len() >= before.len());
        prop_assert_eq!(&found[..before.len()], &before[..]);
    }
}
