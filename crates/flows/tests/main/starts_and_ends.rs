//! How flows begin and end.

use std::net::SocketAddr;

use tlscensus_flows::End;
use tlscensus_flows::FlowTable;
use tlscensus_flows::Frame;
use tlscensus_flows::LinkType;
use tlscensus_flows::Settings;
use tlscensus_flows::Time;

use crate::audience::Record;
use crate::packets;
use crate::packets::Segment;
use crate::scripts::play;
use crate::scripts::play_with;

const HANDSHAKE: &str = "
    > S 0
    < SA 0 1
    > A 1 1";

/// Checks what is heard of scripts.
fn check(cases: &[(&str, &str, &str)]) {
    for (claim, script, expected) in cases {
        for numbers in [[1000, 5000], [0xffff_fffe, 0xffff_fff7], [0x7fff_fffe, 0x8000_0000]] {
            let outcome = play_with(script, Settings::default(), Record::new(), numbers);
            assert_eq!(outcome.text, *expected, "{claim}, numbers {numbers:x?}");
        }
    }
}

#[test]
fn starts() {
    check(&[
        ("a SYN alone is no flow", "> S 0\n> S 0", ""),
        ("nor is one that is answered", "> S 0\n< SA 0 1", ""),
        ("nor one that is refused", "> S 0\n< RA 0 1\n< A 1 1", ""),
        ("a handshake is", "> S 0\n< SA 0 1\n> A 1 1", "|Stopped ShA"),
        ("bare acknowledgements are none", "> A 1 1\n< A 1 1\n> F 1\n< R 1", ""),
        ("data on the third segment", "> S 0\n< SA 0 1\n> A 1 1 hello", ">hello |Stopped ShD"),
        ("data on the SYN, accepted", "> S 0 he\n< SA 0 3\n> A 3 1 llo", ">he >llo |Stopped SDh"),
        ("data on the SYN, refused", "> S 0 he\n< SA 0 1\n> A 1 1 hello", ">he >llo |Stopped SDhT"),
        ("data on the SYN-ACK", "> S 0\n< SA 0 1 hi\n> A 1 3", "<hi |Stopped ShdA"),
        ("a SYN-ACK that was not captured", "> S 0\n> A 1 1\n< A 1 1 hi", "<hi |Stopped SAd"),
        (
            "nor what followed it at once",
            "> S 0\n> A 1 1\n< A 4 1 lo\n+4000",
            "<-3 <lo |Stopped SAdg",
        ),
        (
            "an acknowledgement captured before what it acknowledges, without the SYN-ACK",
            "> S 0\n> A 1 4\n< A 1 1 hel\n< A 4 1 lo",
            "<hel <lo |Stopped SAd",
        ),
        ("a SYN that was not captured", "< SA 0 1\n> A 1 1 x\n< A 1 2 y", ">x <y |Stopped hDd"),
        ("a SYN captured behind its answer", "< SA 0 1\n> S 0\n> A 1 1 x", ">x |Stopped ShD"),
        (
            "a SYN captured behind its data",
            "< SA 0 1\n> A 1 1 x\n> S 0\n> A 2 1 y",
            ">x >y |Stopped hDS",
        ),
        (
            "both open at once",
            "> S 0\n< S 0\n> SA 0 1\n< SA 0 1\n> A 1 1 x\n< A 1 2 y",
            ">x <y |Stopped ShDd",
        ),
        (
            "of several SYN-ACKs, the one that the opener acknowledges",
            "> S 0\n< SA 100000000 1\n< SA 0 1\n> A 1 1\n< A 1 1 hi",
            "<hi |Stopped ShAd",
        ),
        (
            "whichever came last",
            "> S 0\n< SA 0 1\n< SA 100000000 1\n> A 1 1\n< A 1 1 hi",
            "<hi |Stopped ShAd",
        ),
        (
            "a second SYN before the answer",
            "> S 100000000\n> S 0\n< SA 0 1\n> A 1 1 hi",
            ">hi |Stopped ShD",
        ),
        ("one side alone", "> S 0\n> A 1 1\n> A 1 9 hello\n> FA 6 20", ">hello >. |Stopped SADF"),
        ("the other side alone", "< SA 0 1\n< A 1 1 hi\n< FA 3 1", "<hi <. |Stopped hdf"),
    ]);
}

#[test]
fn midstream() {
    check(&[
        (
            "begins with the first payload",
            "> A 5 1\n> A 5 1 hello\n< A 7 10 hi",
            ">hello <hi |Stopped Dd",
        ),
        ("whoever sends it", "< A 7 10 hi\n> A 5 9 hello", "<hi >hello |Stopped dD"),
        ("not with what may be a probe", "> A 4 1 x\n< A 7 5\n> A 5 1 hello", ">hello |Stopped D"),
        (
            "not with a last word, which comes again for minutes",
            "< A 7 10 hi\n> FPA 5 12 bye",
            "<hi >bye >. |Stopped dDF",
        ),
        ("and alone opens nothing", "> FPA 5 12 bye", ""),
        ("but with a single byte that is pushed", "> PA 4 1 x\n> PA 5 1 y", ">x >y |Stopped D"),
    ]);
    let outcome = play("< A 7 10 hi");
    let opened = outcome.record.done[0].1.opened;
    assert!(opened.midstream);
    assert_eq!((opened.opener.port(), opened.responder.port()), (40_000, 25));
    assert_eq!(outcome.statistics.midstream, 1);
}

#[test]
fn ends() {
    let after = |rest: &str| format!("{HANDSHAKE}\n{rest}");
    check(&[
        (
            "a FIN with data",
            &after("> FA 1 1 bye\n< FA 1 5 so"),
            ">bye >. <so <. |Finished ShADFdf",
        ),
        (
            "a FIN captured before its data",
            &after("> FA 4 1\n< FA 1 5\n> A 1 1 bye"),
            "<. >bye >. |Finished ShAFfD",
        ),
        (
            "data lost before a FIN",
            &after("> FA 4 1\n< FA 1 5\n+4000"),
            "<. >-3 >. |Finished ShAFfG",
        ),
        (
            "data behind a FIN are none",
            &after("> FA 1 1 bye\n> A 5 1 more\n< A 1 9 x"),
            ">bye >. <x |Stopped ShADFd",
        ),
        (
            "what follows the end is no flow",
            &after("> FA 1 1\n< FA 1 2\n> A 1 1 late\n< A 1 1 late"),
            ">. <. |Finished ShAFf",
        ),
        (
            "a reset ends a little later",
            &after("> A 1 1 x\n< RA 1 2\n> A 2 1 y\n+6000\n> A 3 1 z"),
            ">x >y |Reset ShADr",
        ),
        (
            "a reset far off is ignored",
            &after("< R 100000000\n> A 1 1 x\n+6000\n> A 2 1 y"),
            ">x >y |Stopped ShAD",
        ),
        ("text in a reset is no payload", &after("< RA 1 1 go-away"), "|Reset ShAr"),
        ("silence", &after("> A 1 1 x\n+311000"), ">x |TimedOut ShAD"),
        ("one side alone is over soon", "> S 0\n> A 1 1 x\n> FA 2 1\n+6000", ">x >. |TimedOut SDF"),
    ]);
}

#[test]
fn reuse() {
    let closed = format!("{HANDSHAKE}\n> FA 1 1\n< FA 1 2");
    check(&[
        (
            "a SYN behind the end begins another",
            &format!("{closed}\n> S 50000\n< SA 70000 50001\n> A 50001 70001 x"),
            ">. <. |Finished ShAFf\n>x |Stopped ShD",
        ),
        (
            "the same SYN again does not",
            &format!("{closed}\n> S 0\n> A 1 1 x"),
            ">. <. |Finished ShAFf",
        ),
        (
            "nor does one in the middle that nobody answers",
            &format!("{HANDSHAKE}\n> A 1 1 x\n> S 100000000\n> A 2 1 y"),
            ">x >y |Stopped ShAD",
        ),
        (
            "one that is answered does",
            &format!("{HANDSHAKE}\n> A 1 1 x\n> S 100000000\n< SA 7 100000001\n> A 100000001 8 y"),
            ">x |TimedOut ShAD\n>y |Stopped ShD",
        ),
        (
            "or that is gone on with",
            &format!("{HANDSHAKE}\n> A 1 1 x\n> S 100000000\n> A 100000001 8 y\n< A 8 100000001 z"),
            ">x |TimedOut ShAD\n>y <z |Stopped SDd",
        ),
        (
            "after long silence any does",
            &format!("{HANDSHAKE}\n> A 1 1 x\n+61000\n> S 100000000\n> A 100000001 8 y"),
            ">x |TimedOut ShAD\n>y |Stopped SD",
        ),
        (
            "a SYN-ACK behind the end as well",
            &format!("{closed}\n< SA 900000 100000001\n> A 100000001 900001 y"),
            ">. <. |Finished ShAFf\n>y |Stopped hD",
        ),
    ]);
}

#[test]
fn who_has_had_enough_is_told_nothing_more() {
    let script = format!(
        "{HANDSHAKE}
        > A 1 1 hello
        < A 1 6 world
        > A 6 6 more
        > FA 10 6
        < FA 6 11
        > A 5 1 late
        > S 90000
        < SA 0 90001
        > A 90001 1 again"
    );
    let mut record = Record::new();
    record.hunger = 5;
    let outcome = play_with(&script, Settings::default(), record.clone(), [1000, 5000]);
    assert_eq!(outcome.text, ">hello |Enough ShAD\n>again |Enough ShD");
    assert_eq!(outcome.statistics.enough, 2);
    assert_eq!(outcome.statistics.late_bytes, 13);
    assert!(outcome.record.closed.is_empty());

    let settings = Settings { count_to_end: true, ..Settings::default() };
    let outcome = play_with(&script, settings, record, [1000, 5000]);
    assert_eq!(outcome.text, ">hello |Enough ShAD\n>again |Enough ShD");
    let [first, second] = outcome.record.closed.as_slice() else {
        panic!("{:?}", outcome.record.closed);
    };
    assert_eq!((first.end, first.history.as_str()), (End::Finished, "ShADdFf"));
    assert_eq!((first.opener.bytes, first.opener.packets), (9, 5));
    assert_eq!((first.responder.bytes, first.responder.packets), (5, 3));
    assert_eq!(second.end, End::Stopped);
}

#[test]
fn counting_to_the_end_counts_what_is_missed() {
    let script = format!(
        "{HANDSHAKE}
        > A 1 1 hello
        > A 9 1 lo
        > A 6 1 ab
        > A 13 1 yz
        > FA 15 1
        < FA 1 16"
    );
    let mut record = Record::new();
    record.hunger = 5;
    let settings = Settings { count_to_end: true, ..Settings::default() };
    let outcome = play_with(&script, settings, record, [1000, 5000]);
    let [summary] = outcome.record.closed.as_slice() else {
        panic!("{:?}", outcome.record.closed);
    };
    assert_eq!(summary.opener.bytes, 11);
    assert_eq!(summary.opener.missed, 3);
    assert_eq!(summary.opener.packets, 7);
}

#[test]
fn a_flow_that_ends_unsatisfied_is_done_and_closed() {
    let script = format!("{HANDSHAKE}\n> FA 1 1 bye\n< FA 1 5");
    let settings = Settings { count_to_end: true, ..Settings::default() };
    let outcome = play_with(&script, settings, Record::new(), [1000, 5000]);
    assert_eq!(outcome.text, ">bye >. <. |Finished ShADFf");
    assert_eq!(outcome.record.closed, [outcome.record.done[0].1.clone()]);
}

#[test]
fn time_that_goes_back_ends_nothing() {
    // Pauses of either sign: a jump back begins another count, and nothing is younger for it.
    let script = format!(
        "{HANDSHAKE}\n> A 1 1 x\n+250000\n+-999999999\n+40000\n> A 2 1 y\n+290000\n> A 3 1 z\n+-500\n> A 4 1 w"
    );
    let outcome = play(&script);
    assert_eq!(outcome.text, ">x >y >z >w |Stopped ShAD");
    assert!(outcome.statistics.back_in_time >= 2);
    let script = format!("{HANDSHAKE}\n> A 1 1 x\n+250000\n+-999999999\n+60000\n> A 2 1 y");
    assert_eq!(play(&script).text, ">x |TimedOut ShAD");
}

/// By ports alone: who is told to have opened it, whoever is heard first.
#[test]
fn guesses_of_who_opened() {
    let cases = [
        (40_000, 25, 40_000),
        (25, 40_000, 40_000),
        (993, 5222, 5222),
        (2000, 5222, 2000),
        (6697, 33_000, 33_000),
        (50_000, 8080, 50_000),
        (1026, 3000, 3000),
    ];
    for (from, to, opener) in cases {
        for (from, to) in [(from, to), (to, from)] {
            assert_eq!(opener_of(from, to), opener, "{from} {to}");
        }
    }
}

fn opener_of(from: u16, to: u16) -> u16 {
    let address = |last, port| SocketAddr::new([10, 0, 0, last].into(), port);
    let segment = Segment {
        from: address(1, from),
        to: address(2, to),
        sequence: 1,
        acknowledgement: 1,
        flags: packets::ACK,
        payload: b"hello".to_vec(),
    };
    let bytes = segment.ip();
    let wire_length = 0;
    let mut table = FlowTable::new(Settings::default(), [1, 2]);
    let mut record = Record::new();
    let frame = Frame { at: Time(0), link_type: LinkType::RAW, bytes: &bytes, wire_length };
    table.frame(&mut record, &frame);
    table.stop(&mut record);
    record.done[0].1.opened.opener.port()
}
