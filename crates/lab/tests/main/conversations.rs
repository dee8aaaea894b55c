//! What the servers say, read by hand: lists before and after TLS as in the truth.

use std::io::Write;

use tlscensus_lab::Flavour;
use tlscensus_lab::Mix;
use tlscensus_lab::State;
use tlscensus_lab::TruthRow;

use crate::client::STARTTLS;
use crate::client::ask;
use crate::client::connect;
use crate::client::handshake;
use crate::client::hear;
use crate::client::line_that_starts;
use crate::client::serve;
use crate::client::stream_header;
use crate::client::upgrade;

/// Reads the list of capabilities on a fresh stream; the mechanisms in it, in order.
fn mechanisms(
    stream: &mut (impl std::io::Read + Write),
    row: &TruthRow,
    greets: bool,
) -> Vec<String> {
    let mut found = Vec::new();
    let text = match row.service.trim_end_matches('s') {
        "smtp" | "submission" => {
            if greets {
                line_that_starts(stream, "220 ").unwrap();
            }
            ask(stream, "EHLO probe.test\r\n", "250 DSN\r\n")
        }
        "imap" => {
            if greets {
                line_that_starts(stream, "* OK").unwrap();
            }
            ask(stream, "a CAPABILITY\r\n", "a OK done\r\n")
        }
        "pop3" => {
            if greets && line_that_starts(stream, "+OK").unwrap().contains('<') {
                found.push("APOP".to_owned());
            }
            ask(stream, "CAPA\r\n", "\r\n.\r\n")
        }
        "irc" => ask(stream, "CAP LS 302\r\n", "LS :"),
        _ => ask(stream, &stream_header("client"), "</stream:features>"),
    };
    let text = if row.service.starts_with("irc") { hear(stream, "\r\n") } else { text };
    for word in text.split(&[' ', '\r', '\n'][..]) {
        match word.split_once('=') {
            Some(("sasl", list)) => found.extend(list.split(',').map(str::to_owned)),
            Some(("AUTH", name)) => found.push(name.to_owned()),
            _ => {}
        }
    }
    let mut listing = false;
    for line in text.lines() {
        let line =
            line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(['-', ' ']);
        if let Some(list) = line.strip_prefix("AUTH=").filter(|list| list.contains(' ')) {
            found.extend(list.split(' ').map(str::to_owned));
        } else if let Some(list) = line.strip_prefix("AUTH ").or_else(|| line.strip_prefix("SASL "))
        {
            found.extend(list.split(' ').map(str::to_owned));
        } else if line == "USER" {
            found.push("USER".to_owned());
        }
    }
    for tag in text.split('<') {
        listing |= tag.starts_with("mechanisms") || tag.starts_with("authentication");
        if let Some(name) = tag.strip_prefix("mechanism>") {
            assert!(listing);
            found.push(name.to_owned());
        }
    }
    found.into_iter().map(|name| name.to_ascii_uppercase()).collect()
}

#[test]
fn mechanisms_before_and_after_are_those_of_the_truth() {
    let served = serve(24, Mix::Healthy(vec![Flavour::RustlsTls13]), &[]);
    let mut read = 0;
    for row in served.lab.truth().iter().filter(|row| row.service != "https") {
        if let Some(expected) = &row.mechanisms_before {
            let found = mechanisms(&mut connect(row), row, true);
            assert_eq!(&found, expected, "before TLS: {row:?}");
        }
        let implicit = row.starttls_state == "unasked";
        let tcp = if implicit { connect(row) } else { upgrade(row) };
        let mut stream = handshake(tcp).unwrap();
        let found = mechanisms(&mut stream, row, implicit);
        assert_eq!(Some(found), row.mechanisms_after, "inside TLS: {row:?}");
        read += 1;
    }
    assert_eq!(read, 24 * 13);
}

#[test]
fn refusals_are_in_the_words_of_the_protocol() {
    let served = serve(3, Mix::States(vec![State::Refused]), &[]);
    for row in served.lab.truth().iter().filter(|row| row.starttls_state == "refused") {
        let mut tcp = connect(row);
        let answer = match row.service.as_str() {
            "smtp" | "submission" => {
                line_that_starts(&mut tcp, "220 ").unwrap();
                assert!(ask(&mut tcp, "EHLO x\r\n", "250 DSN\r\n").contains("-STARTTLS\r\n"));
                ask(&mut tcp, "STARTTLS\r\n", "\r\n")
            }
            "imap" => {
                line_that_starts(&mut tcp, "* OK").unwrap();
                ask(&mut tcp, "a1 starttls\r\n", "\r\n")
            }
            "pop3" => {
                line_that_starts(&mut tcp, "+OK").unwrap();
                ask(&mut tcp, "STLS\r\n", "\r\n")
            }
            "irc" => {
                tcp.write_all(b"STARTTLS\r\n").unwrap();
                line_that_starts(&mut tcp, &format!(":{} 691", name(row))).unwrap()
            }
            _ => {
                ask(&mut tcp, &stream_header("client"), "</stream:features>");
                ask(&mut tcp, STARTTLS, "</stream:stream>")
            }
        };
        let starts = ["454 ", "a1 NO", "-ERR", ":h", "<failure"];
        assert!(starts.iter().any(|start| answer.starts_with(start)), "{answer}");
    }
}

fn name(row: &TruthRow) -> String {
    // The only host of these labs whose name is not asked for elsewhere: it stands in every IRC line.
    let mut tcp = connect(row);
    tcp.write_all(b"PING x\r\n").unwrap();
    loop {
        let line = hear(&mut tcp, "\r\n");
        if let Some((name, _)) = line.split_once(" PONG ") {
            return name.trim_start_matches(':').to_owned();
        }
    }
}

#[test]
fn pipelined_and_split_commands_are_understood() {
    let served = serve(2, Mix::Healthy(vec![Flavour::RustlsTls13]), &["smtp"]);
    for row in served.lab.truth() {
        let mut tcp = connect(row);
        line_that_starts(&mut tcp, "220 ").unwrap();
        for piece in ["HE", "LO x\r", "\nNOOP\r\nNO", "OP\r\nQUIT\r\n"] {
            tcp.write_all(piece.as_bytes()).unwrap();
        }
        let answers = hear(&mut tcp, "221 2.0.0 Bye\r\n");
        assert_eq!(answers.matches("250 ").count(), 3, "{answers}");
    }
}

#[test]
fn a_mangled_offer_hides_the_keyword() {
    let served = serve(2, Mix::States(vec![State::Mangled]), &["smtp"]);
    for row in served.lab.truth() {
        let mut tcp = connect(row);
        line_that_starts(&mut tcp, "220 ").unwrap();
        let list = ask(&mut tcp, "EHLO x\r\n", "250 DSN\r\n");
        assert!(list.contains("250-XXXXXXXA\r\n") && !list.contains("STARTTLS"));
    }
}
