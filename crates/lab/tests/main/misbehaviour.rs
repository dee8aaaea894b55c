//! What a bare socket sees of endpoints that do not do what they should.

use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::time::Duration;
use std::time::Instant;

use tlscensus_lab::Mix;
use tlscensus_lab::State;

use crate::client::ask;
use crate::client::connect;
use crate::client::handshake;
use crate::client::hear;
use crate::client::rest;
use crate::client::serve;
use crate::client::stream_header;
use crate::client::upgrade;

/// Serves one endpoint of this state and service, and says what its first bytes are.
fn first(state: State, word: &str, say: &[u8]) -> Vec<u8> {
    let served = serve(1, Mix::States(vec![state]), &[word]);
    let row = served.lab.truth().first().unwrap();
    let mut tcp = connect(row);
    tcp.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
    tcp.write_all(say).unwrap();
    let mut bytes = vec![0; 64];
    let count = tcp.read(&mut bytes).unwrap_or_default();
    bytes.truncate(count);
    bytes
}

#[test]
fn first_bytes_are_those_of_the_state() {
    let cases: [(State, &str, &[u8], &[u8]); 10] = [
        (State::Silent, "smtp", b"", b""),
        (State::NeverAnswersHello, "imaps", b"\x16\x03\x01", b""),
        (State::SshSpoken, "irc", b"", b"SSH-2.0-"),
        (State::HttpSpoken, "xmpp-c2s", b"", b"HTTP/1.1 408"),
        (State::AnotherMailProtocol, "imap", b"", b"220 "),
        (State::TlsOnMailPort, "smtp", b"", b""),
        (State::TlsOnChatPort, "irc", b"CAP LS 302\r\n", b"\x15\x03"),
        (State::PlaintextOnTlsPort, "pop3s", b"", b"-ERR"),
        (State::PlaintextOnTlsPort, "https", b"\x16\x03\x01", b"HTTP/1.1 400"),
        (State::Sheds, "smtp", b"", b"421 "),
    ];
    for (state, word, say, starts) in cases {
        let heard = first(state, word, say);
        assert!(heard.starts_with(starts), "{state:?} {word} {heard:?}");
        assert_eq!(heard.is_empty(), starts.is_empty(), "{state:?} {word} {heard:?}");
    }
}

#[test]
fn a_reset_is_a_reset_and_a_close_is_a_close() {
    for word in ["imap", "irc", "https"] {
        let served = serve(1, Mix::States(vec![State::Resets]), &[word]);
        let mut tcp = connect(served.lab.truth().first().unwrap());
        if word != "imap" {
            tcp.write_all(b"hello\r\n").unwrap();
        }
        let error = tcp.read(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{word}");

        let served = serve(1, Mix::States(vec![State::ClosesAtOnce]), &[word]);
        let tcp = connect(served.lab.truth().first().unwrap());
        assert_eq!(rest(tcp), Ok(Vec::new()), "{word}");
    }
}

#[test]
fn slow_is_one_byte_a_second() {
    for (word, say) in [("pop3", &b""[..]), ("smtps", b"\x16\x03\x01")] {
        let served = serve(1, Mix::States(vec![State::Slow]), &[word]);
        let mut tcp = connect(served.lab.truth().first().unwrap());
        tcp.write_all(say).unwrap();
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(tcp.read(&mut [0; 64]).unwrap(), 1);
        }
        let took = start.elapsed();
        assert!((1_800..4_000).contains(&took.as_millis()), "{took:?}");
    }
}

#[test]
fn endless_does_not_end_within_any_budget() {
    let cases = [
        (State::EndlessLines, "smtp"),
        (State::EndlessUnit, "smtp"),
        (State::EndlessUnit, "imap"),
        (State::EndlessUnit, "pop3"),
        (State::EndlessUnit, "irc"),
        (State::EndlessUnit, "xmpp-s2s"),
    ];
    for (state, word) in cases {
        let served = serve(1, Mix::States(vec![state]), &[word]);
        let tcp = connect(served.lab.truth().first().unwrap());
        let mut some = Vec::new();
        tcp.take(2_000_000).read_to_end(&mut some).unwrap();
        assert_eq!(some.len(), 2_000_000);
        let lines = some.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(lines > 0, state == State::EndlessLines, "{word}");
        let last = some.windows(5).any(|five| five == b"\n220 ");
        assert!(!last, "{word}");
    }
}

#[test]
fn a_server_that_needs_a_domain_names_it() {
    for word in ["xmpp-c2s", "xmpp-s2s"] {
        let served = serve(1, Mix::States(vec![State::NeedsDomain]), &[word]);
        let row = served.lab.truth().first().unwrap();
        let header = stream_header("client").replace("to='127.0.0.1' ", "");
        let answer = ask(&mut connect(row), &header, "</stream:stream>");
        assert!(answer.contains("improper-addressing") && answer.contains("from='h0.lab.test'"));
        handshake(upgrade(row)).unwrap();
    }
}

#[test]
fn garbage_is_neither_tls_nor_text() {
    for word in ["smtp", "https"] {
        let heard = first(State::Garbage, word, b"");
        let start = heard.first().copied().unwrap();
        assert!(!(0x14..=0x18).contains(&start) && start < 0x20, "{heard:?}");
    }
}

#[test]
fn after_the_go_ahead_comes_no_tls() {
    let hello = b"\x16\x03\x01\x00\x04\x01\x00\x00\x00\r\n";
    for word in ["smtp", "imap", "pop3", "irc", "xmpp-c2s"] {
        let served = serve(1, Mix::States(vec![State::AcceptedThenClosed]), &[word]);
        let mut tcp = upgrade(served.lab.truth().first().unwrap());
        assert_eq!(tcp.read(&mut [0; 8]).unwrap(), 0, "{word}");

        let served = serve(1, Mix::States(vec![State::AcceptedThenPlaintext]), &[word]);
        let mut tcp = upgrade(served.lab.truth().first().unwrap());
        tcp.write_all(hello).unwrap();
        let mut start = [0; 3];
        tcp.read_exact(&mut start).unwrap();
        assert!(start.is_ascii() && start[0] >= 0x20, "{word} {start:?}");

        let served = serve(1, Mix::States(vec![State::ClosesMidHandshake]), &[word]);
        let error = handshake(upgrade(served.lab.truth().first().unwrap())).unwrap_err();
        assert!(error.contains("EOF") || error.contains("eof"), "{error}");
    }
}

#[test]
fn plaintext_behind_the_go_ahead_comes_in_the_same_breath_and_tls_follows() {
    let served = serve(1, Mix::States(vec![State::AcceptedWithLeftover]), &["smtp"]);
    let mut tcp = upgrade(served.lab.truth().first().unwrap());
    assert!(hear(&mut tcp, "\r\n").starts_with("250 2.0.0 said by"));
    handshake(tcp).unwrap();
}

#[test]
fn inside_tls_things_go_wrong_too() {
    let cases = [
        (State::InsideSheds, "smtps", "421 4.7.0 "),
        (State::InsideSheds, "ircs", "ERROR :"),
        (State::InsideAnotherProtocol, "pop3s", "* OK"),
        (State::EndlessInside, "imaps", "* OK and so on"),
        (State::InsideCloses, "smtps", ""),
    ];
    for (state, word, starts) in cases {
        let served = serve(1, Mix::States(vec![state]), &[word]);
        let row = served.lab.truth().first().unwrap();
        let mut stream = handshake(connect(row)).unwrap();
        let heard = hear(&mut stream, if starts.is_empty() { "?" } else { starts });
        assert!(heard.starts_with(starts), "{state:?} {heard}");
        assert_eq!(heard.is_empty(), starts.is_empty(), "{state:?} {heard}");
    }
    let served = serve(1, Mix::States(vec![State::InsideSheds]), &["imap"]);
    let mut stream = handshake(upgrade(served.lab.truth().first().unwrap())).unwrap();
    assert!(ask(&mut stream, "a CAPABILITY\r\n", "\n").starts_with("* BYE"));
}
