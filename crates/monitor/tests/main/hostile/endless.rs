//! One side that never comes to an end: lines, capabilities, handshakes, records. What is kept of it is bounded, and it is counted.

#![expect(clippy::as_conversions, reason = "numbers made here fit")]

use allocation_counter::measure;
use tlscensus_flows::Settings;

use crate::storm::ACK;
use crate::storm::START;
use crate::storm::SYN;
use crate::storm::Watch;
use crate::storm::client;
use crate::storm::segment;
use crate::storm::server;

/// What is said before, by the server if true.
type Before = &'static [(bool, &'static [u8])];
/// In words, port, what is said before, who goes on without end, and with what.
type Case = (&'static str, u16, Before, bool, &'static [u8]);

/// Bytes that it goes on for.
const BYTES: u32 = 100_000_000;
/// For messages of a handshake: longer than one can be (RFC 9846, section 4).
const MESSAGE_BYTES: u32 = 20_000_000;
/// Bytes that go in a packet.
const PACKET: usize = 60_000;
/// What is allocated at most, the packet being made and its words among it.
const MOST_BYTES: u64 = 1 << 20;

const EHLO: Before = &[(true, b"220 mx.example.org ESMTP\r\n"), (false, b"EHLO x\r\n")];
const IMAP: Before = &[(true, b"* OK ready\r\n"), (false, b"a CAPABILITY\r\n")];
const POP3: Before = &[(true, b"+OK ready\r\n"), (false, b"CAPA\r\n")];
const IRC: Before = &[(false, b"CAP LS 302\r\n")];
const XMPP: Before = &[(
    false,
    b"<?xml version='1.0'?><stream:stream to='x' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
)];
const UPGRADED: Before = &[
    (true, b"220 mx.example.org ESMTP\r\n"),
    (false, b"EHLO x\r\n"),
    (true, b"250-mx\r\n250 STARTTLS\r\n"),
    (false, b"STARTTLS\r\n"),
    (true, b"220 go\r\n"),
];
/// A hello of TLS 1.2 with one suite (RFC 5246, section 7.4.1.2).
const HELLO: Before = &[(
    false,
    b"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03abcdefghijklmnopqrstuvwxyz012345\x00\x00\x02\x00\x2f\x01\x00",
)];

const CASES: &[Case] = &[
    ("a greeting without end", 25, &[], true, b"220-mx "),
    ("lines of a greeting", 25, &[], true, b"220-mx.example.org ESMTP\r\n"),
    ("a line of a client", 25, &[(true, b"220 mx ESMTP\r\n")], false, b"EHLO"),
    ("capabilities of SMTP", 25, EHLO, true, b"250-X-ENDLESS 1 2 3\r\n"),
    ("one capability of SMTP", 25, EHLO, true, b"250-X-ENDLESS"),
    ("commands of SMTP", 25, EHLO, false, b"NOOP\r\n"),
    ("replies that nobody asked for", 25, EHLO, true, b"250 OK\r\n"),
    ("a line of IMAP", 143, IMAP, true, b"* CAPABILITY IMAP4rev1 X-ENDLESS"),
    ("capabilities of IMAP", 143, IMAP, true, b"* CAPABILITY IMAP4rev1 STARTTLS\r\n"),
    ("a literal of IMAP", 143, &[(true, b"* OK ready\r\n")], false, b"a LOGIN {4294967295}\r\n"),
    ("tags of IMAP", 143, IMAP, false, b"a NOOP\r\n"),
    ("capabilities of POP3", 110, POP3, true, b"X-ENDLESS\r\n"),
    ("one line of POP3", 110, POP3, true, b"X-ENDLESS "),
    ("capabilities of IRC", 6667, IRC, true, b":irc CAP * LS * :tls sasl\r\n"),
    ("a line of IRC", 6667, IRC, true, b":irc CAP * LS :tls sasl "),
    ("a tag of XMPP", 5222, XMPP, true, b"<stream:features a='b' "),
    ("features of XMPP", 5222, XMPP, true, b"<a><b/></a>"),
    ("nesting of XMPP", 5222, XMPP, true, b"<a>"),
    ("space of XMPP", 5222, XMPP, false, b" "),
    ("plaintext behind the go-ahead", 25, UPGRADED, false, b"NOOP\r\n"),
    ("lines behind the go-ahead", 25, UPGRADED, true, b"250 OK\r\n"),
    ("bytes that look like TLS for a while", 25, UPGRADED, false, b"\x16\x03"),
    ("a hello of a client", 993, &[], false, b"\x16\x03\x01\x40\x00\x01\xff\xff\xff\x03\x03"),
    ("hellos of a client", 993, HELLO, false, HELLO[0].1),
    ("hello requests", 993, HELLO, true, b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"),
    ("records of one byte", 993, HELLO, true, b"\x16\x03\x03\x00\x01\x0b"),
    ("empty records", 993, HELLO, true, b"\x16\x03\x03\x00\x00"),
    ("warnings", 993, HELLO, true, b"\x15\x03\x03\x00\x02\x01\x5a"),
    ("changes of the cipher", 993, HELLO, true, b"\x14\x03\x03\x00\x01\x01"),
    ("application data before a hello", 993, HELLO, true, b"\x17\x03\x03\x00\x02ab"),
    ("records of no type", 993, HELLO, true, b"\xff\x03\x03\x00\x02ab"),
    ("SSL 2", 993, &[], false, b"\x80\x2e\x01\x00\x02"),
    ("nothing known", 4444, &[], true, b"\x00"),
    ("a line of nothing known", 4444, &[], true, b"hello "),
];

#[test]
fn who_never_ends_is_not_kept() {
    let mut most = (0, "");
    for case in CASES {
        let (name, _, _, _, unit) = case;
        let words = unit.repeat(PACKET / unit.len());
        most = most.max((go_on(case, BYTES, |_| words.clone()), *name));
    }
    assert!(most.0 > 4096, "{most:?}: nothing was listened to");
}

#[test]
fn a_handshake_message_without_end_is_not_kept() {
    // Records of 16,384 bytes (RFC 5246, section 6.2.1), the first of which begins a message of 16 MiB: of each type.
    for kind in 0..=25 {
        let case = ("a message", 993, HELLO, true, &b""[..]);
        go_on(&case, MESSAGE_BYTES, |round| {
            let mut record = vec![0x16, 3, 3, 0x40, 0];
            record.resize(5 + 0x4000, 0);
            if round == 0 {
                record[5..9].copy_from_slice(&[kind, 0xff, 0xff, 0xff]);
            }
            record
        });
    }
}

/// Plays a case for so many bytes, a packet of words for each round; gives what was allocated at most.
fn go_on(
    &(name, port, before, of_server, _): &Case,
    bytes: u32,
    words: impl Fn(u32) -> Vec<u8>,
) -> u64 {
    let ends = |of_server| {
        let [from, to] = [client(1), server(port)];
        if of_server { [to, from] } else { [from, to] }
    };
    let allocated = measure(|| {
        let mut watch = Watch::new(Settings::default());
        let mut sent = [1, 1_u32];
        let mut packet = Vec::new();
        let mut say = |of_server: bool, flags: u8, words: &[u8]| {
            packet.clear();
            let own = usize::from(of_server);
            let numbers = [sent[own].wrapping_sub(u32::from(flags & SYN > 0)), sent[1 - own]];
            segment(&mut packet, ends(of_server), numbers, flags, words);
            sent[own] = sent[own].wrapping_add(words.len() as u32);
            watch.packet(START, &packet);
            assert!(watch.table.held() == 0 && watch.table.flows() == 1);
        };
        say(false, SYN, b"");
        say(true, SYN | ACK, b"");
        before.iter().for_each(|(of_server, words)| say(*of_server, ACK, words));
        let (mut round, mut said) = (0, 0);
        while said < bytes {
            let words = words(round);
            say(of_server, ACK, &words);
            said += words.len() as u32;
            round += 1;
        }
        let (_, statistics) = watch.stop();
        let heard = statistics.heard_bytes + statistics.late_bytes;
        assert_eq!(heard, statistics.payload_bytes, "{name}: {statistics:?}");
        assert!(statistics.payload_bytes >= u64::from(bytes), "{name}");
    });
    assert!(allocated.bytes_max < MOST_BYTES, "{name}: {allocated:?}");
    allocated.bytes_max
}
