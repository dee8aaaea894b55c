//! First words and what they are taken for.

use tlscensus_dialog::Side;
use tlscensus_dissect::DetectedBy;
use tlscensus_dissect::Dissector;
use tlscensus_dissect::Findings;
use tlscensus_flows::Appetite;

use crate::play::Call;
use crate::play::Setting;
use crate::play::play;

const HELLO: &[u8] = &hello(1, 1);
const ANSWER: &[u8] = &hello(3, 2);

/// A hello of the fewest bytes that a client's can have: a version, 32 bytes of random, three empty lists.
const fn hello(minor: u8, message: u8) -> [u8; 5 + 4 + 38] {
    let mut hello = [0; 5 + 4 + 38];
    [hello[0], hello[1], hello[2], hello[4]] = [0x16, 3, minor, 4 + 38];
    [hello[5], hello[8], hello[9], hello[10]] = [message, 38, 3, 3];
    hello
}

fn word(port: u16, server: &[u8], client: &[u8]) -> &'static str {
    let mut calls = Vec::new();
    for (side, said) in [(Side::Server, server), (Side::Client, client)] {
        if !said.is_empty() {
            calls.push(Call::Hear(side, said.to_vec()));
        }
    }
    let found = play(Setting::new(port), &calls);
    calls.reverse();
    let late = play(Setting::new(port), &calls);
    let name = |found: &Findings| match found {
        Findings::Ours(ours) => ours.spoken.protocol,
        Findings::NotOurs(foreign) => foreign.word(),
    };
    assert_eq!(name(&found), name(&late), "the order is seen");
    name(&found)
}

fn byte_by_byte(side: Side, said: &[u8]) -> Vec<Call> {
    said.iter().map(|byte| Call::Hear(side, vec![*byte])).collect()
}

/// Byte by byte as in one piece: nothing is named, or given up, before it can be told.
#[test]
fn what_has_no_lines_is_told_in_any_split() {
    let cases: [(&[u8], &[u8], &str); 11] = [
        (b"J\0\0\0\x0a8.0.36\0\x08\0\0\0", b"", "database"),
        (b"\0\0\0\0\x0a8", b"*L%OGIN\r\0\0\0\0\0\0\x11", "database"),
        (b"E\0\0\0\x5aSFATAL\0", b"\0\0\0\x54\0\x03\0\0user\0", "database"),
        (b"N", b"\0\0\0\x08\x04\xd2\x16\x2f", "database"),
        (b"\x03\0\0\x13\x0e\xd0\0\0", b"\x03\0\0\x13\x0e\xe0\0\0", "rdp"),
        (b"\xff\xfd\x18\xff\xfd\x20", b"", "telnet"),
        (b"\x05\0", b"\x05\x01\0\x05\x01\0\x03\x07example", "unknown"),
        // Formats of IRC, and a slip of a server, are no such thing.
        (b":irc.example NOTICE * :\x02\x0304hi\x0f\r\n", b"", "irc"),
        (b"220 mail\0.example ESMTP\r\n", b"", "smtp"),
        (b"+OK re\0ady POP\n", b"", "pop3"),
        (b"220 \x1b[1m\x1b[31mHi\x1b[0m\x1b[0m ESMTP\r\n", b"", "smtp"),
    ];
    for (server, client, expected) in cases {
        assert_eq!(word(1, server, client), expected, "{server:?} {client:?}");
        let (server, client) =
            (byte_by_byte(Side::Server, server), byte_by_byte(Side::Client, client));
        for calls in [[&*server, &*client].concat(), [client, server].concat()] {
            let found = match play(Setting::new(1), &calls) {
                Findings::Ours(ours) => ours.spoken.protocol,
                Findings::NotOurs(foreign) => foreign.word(),
            };
            assert_eq!(found, expected, "{calls:?}");
        }
    }
}

/// What later lines say does not change what earlier ones have shown, or both are waited for.
#[test]
fn replies_of_several_lines_are_told_in_any_split() {
    let cases: [(&[u8], &[u8], &str); 12] = [
        (b"220-smtp.example.net FTP server\r\n220 ready\r\n", b"x\r\n", "ftp"),
        (b"220-x LMTP\r\n220 mail\r\n", b"x\r\n", "lmtp"),
        (b"250-SIZE\r\n250 ftp\r\n", b"x\r\n", "ftp"),
        (b"foo\r\n", b"NICK a\r\nUSER a b c d\r\na CAPABILITY\r\n", "irc"),
        (b"220-a\r\n220 b ESMTP\r\n", b"", "smtp"),
        (b"220-a\r\n220 ftp server\r\n", b"USER x\r\n", "ftp"),
        (b"220 a ESMTP\r\n331 who?\r\n", b"", "smtp"),
        (b"220 a\r\n331 who?\r\n250-SIZE\r\n", b"", "ftp"),
        (b"220 a\r\n230 b\r\n", b"EHLO b\r\n", "smtp"),
        (b"+OK POP3 ready\r\n:1\r\n", b"", "pop3"),
        (b"+OK\r\n:1\r\nSTLS\r\n", b"", "redis"),
        // Either may be the server; the one that was connected to is, as it says that it is.
        (b"250-a\r\n250 STARTTLS\r\n", b"220 a ESMTP\r\nEHLO b\r\n", "smtp"),
    ];
    for (server, client, expected) in cases {
        let all =
            [Call::Hear(Side::Client, client.to_vec()), Call::Hear(Side::Server, server.to_vec())];
        let whole =
            all.into_iter().filter(|call| !matches!(call, Call::Hear(_, said) if said.is_empty()));
        for calls in [
            whole.collect(),
            [byte_by_byte(Side::Client, client), byte_by_byte(Side::Server, server)].concat(),
            [byte_by_byte(Side::Server, server), byte_by_byte(Side::Client, client)].concat(),
        ] {
            match play(Setting::new(1), &calls) {
                Findings::Ours(ours) => {
                    assert_eq!((ours.spoken.protocol, ours.spoken.flipped), (expected, false));
                }
                Findings::NotOurs(foreign) => assert_eq!(foreign.word(), expected, "{calls:?}"),
            }
        }
    }
}

#[test]
fn words_are_told_apart_on_any_port() {
    type Case = (u16, &'static [u8], &'static [u8], &'static str);
    let cases: &[Case] = &[
        // Ours, by both sides or by one.
        (1, b"220 a ESMTP\r\n", b"EHLO b\r\n", "smtp"),
        (1, b"220 a\r\n", b"EHLO b\r\n", "smtp"),
        (1, b"220 a\r\n", b"HELO b\r\n", "smtp"),
        (1, b"220 a\r\n", b"LHLO b\r\n", "lmtp"),
        (1, b"220 a LMTP\r\n", b"", "lmtp"),
        (1, b"220 a\r\n250-a\r\n250-PIPELINING\r\n", b"", "smtp"),
        (587, b"220 a ESMTP\r\n", b"EHLO b\r\n", "submission"),
        (25, b"220 a\r\n", b"", "smtp"),
        (1, b"220 a\r\n", b"", "ambiguous"),
        (1, b"", b"EHLO b\r\n", "smtp"),
        (1, b"220 a\r\n", b"STARTTLS\r\n", "smtp"),
        (1, b"* OK hi\r\n", b"a1 CAPABILITY\r\n", "imap"),
        (1, b"* PREAUTH hi\r\n", b"", "imap"),
        (1, b"", b". STARTTLS\r\n", "imap"),
        (1, b"+OK POP3 ready\r\n", b"CAPA\r\n", "pop3"),
        (1, b"+OK <1.2@a.example>\r\n", b"", "pop3"),
        (1, b"+OK\r\n", b"USER x\r\n", "pop3"),
        (1, b"", b"STLS\r\n", "pop3"),
        (110, b"+OK\r\n", b"QUIT\r\n", "pop3"),
        (1, b":a NOTICE * :*** hi\r\n", b"", "irc"),
        (1, b":a 451 * :no\r\n", b"NICK x\r\n", "irc"),
        (1, b"", b"CAP LS 302\r\n", "irc"),
        (1, b"", b"NICK x\r\nUSER x 0 * :x\r\n", "irc"),
        (1, b":a 670  :go\r\n", b"STARTTLS\r\n", "irc"),
        (1, b"", b"<?xml version=\"1.0\"?>\n<s:stream xmlns=\"jabber:client\" xmlns:s=\"http://etherx.jabber.org/streams\" to=\"a>b\">", "xmpp-c2s"),
        (1, b"<stream:stream id='1' xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>", b"", "xmpp-s2s"),
        (1, ANSWER, HELLO, "tls"),
        (993, b"", HELLO, "imaps"),
        (465, ANSWER, b"", "smtps"),
        (5270, ANSWER, HELLO, "xmpps-s2s"),
        (465, b"220 a ESMTP\r\n", HELLO, "smtps"),
        // Not ours, though alike.
        (110, b"+PONG\r\n+PONG\r\n", b"*1\r\n$4\r\nPING\r\n", "redis"),
        (110, b"+OK\r\n:1\r\n", b"*3\r\n$3\r\nSET\r\n", "redis"),
        (6379, b"+OK\r\n", b"*1\r\n$4\r\nPING\r\n", "redis"),
        (6379, b"+OK\r\n", b"AUTH sesame\r\n", "unknown"),
        (21, b"220 (vsFTPd 3.0.3)\r\n", b"USER anonymous\r\n", "ftp"),
        (21, b"220 a ready\r\n", b"AUTH TLS\r\n", "ftp"),
        (25, b"220 ftp.a.example FTP server ready\r\n", b"", "ftp"),
        (21, b"220 a\r\n331 who?\r\n", b"USER x\r\n", "ftp"),
        (119, b"200 a InterNetNews NNRP server ready (posting ok)\r\n", b"MODE READER\r\n", "nntp"),
        (25, b"HTTP/1.1 400 Bad Request\r\n", b"GET / HTTP/1.1\r\n", "http"),
        (443, b"", b"GET / HTTP/1.1\r\nHost: a\r\n", "http"),
        (25, b"", b"CONNECT a:25 HTTP/1.1\r\n", "http"),
        (22, b"SSH-2.0-OpenSSH_9.2\r\n", b"SSH-2.0-x\r\n", "ssh"),
        (3389, b"\x03\x00\x00\x13\x0e\xd0\x00\x00", b"\x03\x00\x00\x13\x0e\xe0\x00\x00", "rdp"),
        (23, b"\xff\xfd\x18\xff\xfd\x20", b"\xff\xfb\x18", "telnet"),
        (4190, b"\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n\"STARTTLS\"\r\nOK\r\n", b"STARTTLS\r\n", "sieve"),
        (3306, b"J\0\0\0\n5.7.33-log\0", b"", "database"),
        (5432, b"S", b"\0\0\0\x08\x04\xd2\x16\x2f", "database"),
        (70, b"iWelcome\tfake\t(NULL)\t0\r\n.\r\n", b"\r\n", "unknown"),
        (11211, b"ERROR\r\n", b"stats\r\n", "unknown"),
        (5347, b"", b"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='a'>", "xmpp-other"),
        (80, b"<html><body>", b"", "http"),
        (1, b"", b"", "nothing"),
    ];
    for (port, server, client, expected) in cases {
        let both = || [server.escape_ascii(), client.escape_ascii()].map(|text| text.to_string());
        assert_eq!(word(*port, server, client), *expected, "{port} {:?}", both());
    }
}

#[test]
fn it_is_told_who_decided_and_that_roles_are_flipped() {
    let cases: [(&[u8], &[u8], DetectedBy); 4] = [
        (b"220 a ESMTP\r\n", b"EHLO b\r\n", DetectedBy::Both),
        (b"220 a ESMTP\r\n", b"", DetectedBy::Server),
        (b"", b"EHLO b\r\n", DetectedBy::Client),
        (b"220 a\r\n", b"", DetectedBy::Port),
    ];
    for (server, client, expected) in cases {
        for flipped in [false, true] {
            let calls = [
                Call::Hear(Side::Server, server.to_vec()),
                Call::Hear(Side::Client, client.to_vec()),
            ];
            let setting = Setting { flipped, ..Setting::new(25) };
            let Findings::Ours(ours) = play(setting, &calls) else { panic!("not ours") };
            assert_eq!((ours.spoken.detected_by, ours.spoken.flipped), (expected, flipped));
        }
    }
}

#[test]
fn who_closes_first_changes_nothing_of_what_was_said() {
    let facts = |first: Side| {
        let calls = [
            Call::Hear(Side::Server, b"220 a ESMTP\r\n".to_vec()),
            Call::Finish(first),
            Call::Finish(Side::Client),
            Call::Finish(Side::Server),
        ];
        let Findings::Ours(ours) = play(Setting::new(25), &calls) else { panic!("not ours") };
        assert_eq!(ours.facts.greeting.as_deref(), Some(&b"220 a ESMTP\r\n"[..]));
        ours.facts
    };
    assert_eq!(facts(Side::Client), facts(Side::Server));
}

#[test]
fn a_flow_without_data_costs_little() {
    assert!(size_of::<Dissector>() <= 200, "{} bytes", size_of::<Dissector>());
    assert_ne!(Appetite::More, Appetite::Enough);
}
