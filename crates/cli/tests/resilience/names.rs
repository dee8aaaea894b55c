//! Names that have no address, and name servers that fail: each a word in the row.

use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::net::UdpSocket;
use std::process::Command;
use std::thread;

use crate::resilience::scene::Scene;
use crate::resilience::scene::check_says;
use crate::resilience::scene::hosts;
use crate::resilience::scene::query;
use crate::resilience::scene::refused;

#[test]
fn a_name_without_an_address_is_a_row_that_says_why() {
    let list =
        "does-not-exist.invalid\nempty.example\nbroken.example\nmute.example\nhere.example\n";
    let scene = Scene::with_list(list.as_bytes());
    let server = name_server();
    let words = refused(probe(&scene, server).args(["--allow-test-range", "127.0.0.0/8"]), 0);
    check_says(&words, &["5 endpoints"]);
    let sql = "SELECT target, name, coalesce(addr, 'none'), phase, outcome, tcp_completed FROM probes ORDER BY target";
    let here = hosts().addresses[0].to_string();
    let expected = [
        ["broken.example", "none", "resolve", "resolver-failed"],
        ["does-not-exist.invalid", "none", "resolve", "name-not-found"],
        ["empty.example", "none", "resolve", "name-not-found"],
        ["here.example", &here, "after-tls", "ok"],
        ["mute.example", "none", "resolve", "resolver-timeout"],
    ];
    let rows = query(&scene.dataset, sql);
    assert_eq!(rows.len(), expected.len());
    for (row, [target, addr, phase, outcome]) in rows.iter().zip(expected) {
        assert_eq!(row[..5], [target, target, addr, phase, outcome]);
    }
}

#[test]
fn a_name_that_stands_for_a_special_address_is_not_touched() {
    let scene = Scene::with_list(b"here.example\n");
    refused(&mut probe(&scene, name_server()), 0);
    let rows = query(&scene.dataset, "SELECT phase, outcome, detail FROM probes");
    assert_eq!(rows[0][..2], ["permit", "blocked"]);
    check_says(&rows[0][2], &["loopback"]);
}

#[test]
fn a_name_server_that_is_not_there_is_told_from_a_name_that_is_not() {
    let scene = Scene::with_list(b"here.example\n");
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    refused(&mut probe(&scene, nobody), 0);
    let rows = query(&scene.dataset, "SELECT phase, outcome FROM probes");
    assert_eq!(rows[0][0], "resolve");
    assert!(rows[0][1].starts_with("resolver-"), "{rows:?}");
}

/// Names need a contact, and are asked for at `server` only.
fn probe(scene: &Scene, server: SocketAddr) -> Command {
    let mut command = scene.probe_at("100", "64");
    command.args(["--contact", "scans@example.org", "--client-name", "probe.example.org"]);
    command.args(["--connect-timeout", "3", "--protocols", "smtp"]);
    command.arg("--resolver").arg(server.to_string());
    command
}

/// Answers questions for addresses by the first label of the name.
fn name_server() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let addr = socket.local_addr().unwrap();
    let here = hosts().addresses[0];
    thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((length, asker)) = socket.recv_from(&mut buffer) {
            if let Some(reply) = answer(&buffer[..length], here) {
                socket.send_to(&reply, asker).unwrap();
            }
        }
    });
    addr
}

/// A reply (RFC 1035 section 4.1) to a question, if the name has one.
fn answer(query: &[u8], here: Ipv4Addr) -> Option<Vec<u8>> {
    let question = &query[HEADER..];
    let first = String::from_utf8(question[1..=usize::from(question[0])].to_vec()).unwrap();
    let end = question.iter().position(|byte| *byte == 0).unwrap() + 1;
    let kind = &question[end..end + 2];
    let with_address = first.eq_ignore_ascii_case("here") && kind == [0, 1];
    let code = match first.to_ascii_lowercase().as_str() {
        "mute" => return None,
        "broken" => 2,
        "does-not-exist" => 3,
        _ => 0,
    };
    let mut reply = query[..2].to_vec();
    reply.extend([0x81, 0x80 | code, 0, 1, 0, u8::from(with_address), 0, 0, 0, 0]);
    reply.extend(&question[..end + 4]);
    if with_address {
        // The name of the question, A, IN, a minute, four octets.
        reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        reply.extend(here.octets());
    }
    Some(reply)
}

const HEADER: usize = 12;
