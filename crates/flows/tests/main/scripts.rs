//! Scripts: a line a packet, and what is to be heard of them.
//!
//! ```text
//!   > S 0                 from the client: flags, sequence number
//!   < SA 0 1              from the server: an acknowledgement too
//!   > A 1 1 hello         payload; `hello~3` lacks its last three bytes in the capture, `~5` is nothing but lacking
//!   +250                  so many milliseconds pass
//!   @7 …                  the packet is of the connection with another client port
//! ```
//!
//! Numbers count from the first SYN of their sender. What is heard is written as
//!
//! ```text
//!   >hello  <world  >-5 (missed)  >. (finished)  |Finished SHADadFf (done)
//! ```

use std::fmt::Write;
use std::net::SocketAddr;

use tlscensus_flows::FlowTable;
use tlscensus_flows::Frame;
use tlscensus_flows::LinkType;
use tlscensus_flows::Sender;
use tlscensus_flows::Settings;
use tlscensus_flows::Statistics;
use tlscensus_flows::Time;

use crate::audience::Event;
use crate::audience::Record;
use crate::packets;
use crate::packets::Segment;

/// What a script came to.
pub(crate) struct Outcome {
    pub(crate) record: Record,
    pub(crate) statistics: Statistics,
    /// What was heard, flow by flow in the order of their ends.
    pub(crate) text: String,
}

/// Plays a script with usual settings.
pub(crate) fn play(script: &str) -> Outcome {
    play_with(script, Settings::default(), Record::new(), [1000, 0xffff_fff0])
}

/// Plays a script; the first numbers of client and server are given.
pub(crate) fn play_with(
    script: &str,
    settings: Settings,
    mut record: Record,
    numbers: [u32; 2],
) -> Outcome {
    let mut table = FlowTable::new(settings, [3, 4]);
    let mut now = 1_000_000_000_000_000;
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(pause) = line.strip_prefix('+') {
            now += pause.trim().parse::<i64>().unwrap() * 1000;
            table.advance(&mut record, Time(now));
            continue;
        }
        now += 1;
        let (bytes, wire_length) = packet(line, numbers);
        let frame = Frame { at: Time(now), link_type: LinkType::RAW, bytes: &bytes, wire_length };
        table.frame(&mut record, &frame);
    }
    table.stop(&mut record);
    assert_eq!(table.flows(), 0);
    assert_eq!(table.held(), 0);
    let statistics = *table.statistics();
    let text = text(&record);
    Outcome { record, statistics, text }
}

fn packet(line: &str, [client_number, server_number]: [u32; 2]) -> (Vec<u8>, u32) {
    let mut words = line.split_whitespace().peekable();
    let port = words.next_if(|word| word.starts_with('@'));
    let port = 40_000 + port.map_or(0, |word| word[1..].parse::<u16>().unwrap());
    let client = SocketAddr::new("10.0.0.1".parse().unwrap(), port);
    let server: SocketAddr = "10.0.0.2:25".parse().unwrap();
    let is_client = words.next().unwrap() == ">";
    let (from, to, mine, theirs) = match is_client {
        true => (client, server, client_number, server_number),
        false => (server, client, server_number, client_number),
    };
    let flags = words.next().unwrap().chars().map(|flag| match flag {
        'A' => packets::ACK,
        'F' => packets::FIN,
        'P' => packets::PSH,
        'R' => packets::RST,
        'S' => packets::SYN,
        other => panic!("{other}"),
    });
    let flags = flags.fold(0, |all, flag| all | flag);
    let number = |word: &str| word.parse::<i64>().unwrap() as u32;
    let sequence = mine.wrapping_add(number(words.next().unwrap()));
    let acknowledgement = match flags & packets::ACK {
        0 => 0,
        _ => theirs.wrapping_add(number(words.next().unwrap())),
    };
    let payload = words.next().unwrap_or_default();
    let (payload, lacking) = payload.split_once('~').unwrap_or((payload, "0"));
    let lacking = lacking.parse::<usize>().unwrap();
    let mut whole = payload.as_bytes().to_vec();
    whole.extend(vec![b'?'; lacking]);
    let segment = Segment { from, to, sequence, acknowledgement, flags, payload: whole };
    let mut bytes = segment.ip();
    let length = bytes.len() as u32;
    bytes.truncate(bytes.len() - lacking);
    (bytes, length)
}

fn text(record: &Record) -> String {
    let arrow = |from: &Sender| if *from == Sender::Opener { '>' } else { '<' };
    let mut text = String::new();
    for (recorder, summary) in &record.done {
        for event in &recorder.events {
            match event {
                Event::Heard(from, _, bytes) => {
                    write!(text, "{}{} ", arrow(from), String::from_utf8_lossy(bytes))
                }
                Event::Missed(from, bytes) => write!(text, "{}-{bytes} ", arrow(from)),
                Event::Finished(from) => write!(text, "{}. ", arrow(from)),
            }
            .unwrap();
        }
        writeln!(text, "|{:?} {}", summary.end, summary.history).unwrap();
    }
    text.trim_end().to_owned()
}

/// Checks what is heard of scripts, at sequence numbers that wrap here or there.
fn check(cases: &[(&str, &str, &str)]) {
    for (claim, script, expected) in cases {
        for numbers in [[1000, 5000], [0xffff_fffe, 0xffff_fff7], [0x7fff_fffe, 0x8000_0000]] {
            let outcome = play_with(script, Settings::default(), Record::new(), numbers);
            assert_eq!(outcome.text, *expected, "{claim}, numbers {numbers:x?}");
        }
    }
}

const HANDSHAKE: &str = "
    > S 0
    < SA 0 1
    > A 1 1";

#[test]
fn order() {
    let after = |rest: &str| format!("{HANDSHAKE}\n{rest}");
    check(&[
        (
            "a plain connection",
            &after(
                "< A 1 1 220-hi
                > A 1 7 EHLO
                < A 7 5 250
                > FA 5 10
                < FA 10 6
                > A 6 11",
            ),
            "<220-hi >EHLO <250 >. <. |Finished ShAdDFf",
        ),
        (
            "reordering is put right in the order of bytes",
            &after("> A 4 1 def\n> A 7 1 ghi\n> A 1 1 abc"),
            ">abc >def >ghi |Stopped ShAD",
        ),
        (
            "what is sent again is heard once",
            &after("> A 1 1 abc\n> A 1 1 abc\n> A 2 1 bcd\n> A 4 1 d"),
            ">abc >d |Stopped ShADT",
        ),
        (
            "the first copy counts, in whatever order the copies came",
            &after("> A 3 1 CD\n> A 5 1 e\n> A 1 1 abxxef"),
            ">ab >CD >e >f |Stopped ShADT",
        ),
        (
            "a segment around another that is held",
            &after("> A 4 1 D\n> A 6 1 F\n> A 3 1 cdefg\n> A 1 1 ab"),
            ">ab >c >D >e >F >g |Stopped ShADT",
        ),
        (
            "an acknowledgement of what was not captured yet is no hole",
            &after("< A 1 4\n> A 1 1 abc\n< A 1 1 x"),
            ">abc <x |Stopped ShAaDd",
        ),
        (
            "a hole of one direction does not stop the other",
            &after("> A 4 1 def\n< A 1 1 x\n< A 2 1 y\n+4000\n> A 7 1 g\n< A 3 1 z"),
            "<x <y >-3 >def >g <z |Stopped ShADdG",
        ),
        (
            "a hole that is filled in time is none",
            &after("> A 4 1 def\n+2500\n> A 1 1 abc"),
            ">abc >def |Stopped ShAD",
        ),
        (
            "progress before a hole gives it time again",
            &after("> A 4 1 def\n+2500\n> A 1 1 a\n+2500\n> A 2 1 bc"),
            ">a >bc >def |Stopped ShAD",
        ),
        (
            "two holes are given up one after the other",
            &after("> A 3 1 c\n> A 5 1 e\n+3300\n> A 6 1 f\n+3300\n> A 4 1 d"),
            ">-2 >c >-1 >e >f |Stopped ShADGT",
        ),
        (
            "probes that keep alive are no data",
            &after("> A 0 1 x\n> A 1 1 abc\n> A 3 1 x\n< A 1 4\n> A 3 1\n> A 4 1 d"),
            ">abc >d |Stopped ShADa",
        ),
    ]);
}

#[test]
fn short_snapshots() {
    let after = |rest: &str| format!("{HANDSHAKE}\n{rest}");
    check(&[
        (
            "what the capture cuts off is missed at once",
            &after("> A 1 1 ab~3\n> A 6 1 f\n< A 1 7 ~4"),
            ">ab >-3 >f <-4 |Stopped ShADGdg",
        ),
        (
            "behind a hole as well",
            &after("> A 3 1 cd~2\n> A 7 1 g\n> A 1 1 ab"),
            ">ab >cd >-2 >g |Stopped ShADG",
        ),
        (
            "what was cut off is not heard when it comes again",
            &after("> A 1 1 ab~3\n> A 1 1 abcde\n> A 6 1 f"),
            ">ab >-3 >f |Stopped ShADGT",
        ),
        (
            "a cut copy after what was heard",
            &after("> A 1 1 abc\n> A 1 1 ab~3"),
            ">abc >-2 |Stopped ShADTG",
        ),
    ]);
}

#[test]
fn conflicts_with_what_was_handed_over_are_counted_by_segments() {
    let cases = [
        ("the same again", "> A 1 1 abcd\n> A 1 1 abcd", 0),
        ("another", "> A 1 1 abcd\n> A 1 1 abxd", 4),
        ("another, and more", "> A 1 1 abcd\n> A 1 1 axcdef", 4),
        ("another that was held before", "> A 5 1 efgh\n> A 1 1 abcd\n> A 5 1 xxxx", 4),
        ("another in other pieces", "> A 1 1 abcd\n> A 2 1 xx", 0),
        (
            "another too long ago",
            "> A 1 1 a\n> A 2 1 b\n> A 3 1 c\n> A 4 1 d\n> A 5 1 e\n> A 1 1 xy",
            0,
        ),
    ];
    for (claim, rest, conflicting) in cases {
        let outcome = play(&format!("{HANDSHAKE}\n{rest}"));
        assert_eq!(outcome.record.done[0].1.opener.conflicting, conflicting, "{claim}");
    }
}

#[test]
fn conflicts_are_counted_where_the_first_copy_is_held() {
    let script = format!("{HANDSHAKE}\n> A 3 1 CDEF\n> A 1 1 abcdE\n> A 7 1 g");
    let outcome = play(&script);
    assert_eq!(outcome.text, ">ab >CDEF >g |Stopped ShADT");
    let (_, summary) = &outcome.record.done[0];
    assert_eq!(summary.opener.conflicting, 2);
    assert_eq!(summary.opener.bytes, 7);
    assert_eq!(outcome.statistics.conflicting_bytes, 2);
    assert_eq!(outcome.statistics.repeated_bytes, 3);
}
