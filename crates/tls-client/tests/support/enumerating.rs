//! Enumerations of servers over memory, and over TCP on loopback.
#![expect(clippy::disallowed_types, reason = "other programs serve on sockets")]

use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::time::Duration;

use tlscensus_tls_client::Interruption;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Step;
use tlscensus_tls_client::enumerate::Enumeration;
use tlscensus_tls_client::enumerate::Facts;

use crate::support::NAME;
use crate::support::Server;
use crate::support::exchange;

/// What was asked and how each connection ended, for when a test fails.
pub(crate) struct Enumerated {
    pub(crate) facts: Facts,
    pub(crate) log: Vec<String>,
}

/// Asks until there is nothing left to ask; each connection meets a new server.
pub(crate) fn enumerate(
    budget: u32,
    protocols: &[&'static str],
    mut server: impl FnMut() -> Box<dyn Server>,
) -> Enumerated {
    let keys = KeyShares::generate();
    let mut enumeration = Enumeration::new(budget, protocols);
    let mut log = Vec::new();
    while let Some(question) = enumeration.next_question() {
        let mut client = question.client(Some(NAME), &keys);
        let mut server = server();
        exchange(&mut client, server.as_mut());
        if server.established() {
            // OpenSSL forgets the sessions of connections that were not closed in order.
            server.close();
            exchange(&mut client, server.as_mut());
        }
        client.interrupted(Interruption::Closed);
        let outcome = client.outcome().copied().unwrap();
        let choice = client.observer().choice().or_else(|| client.observer().retry());
        let answer = choice.map_or_else(
            || outcome.to_string(),
            |choice| {
                let group = client.observer().key_exchange().and_then(|facts| facts.group);
                let group = group.or_else(|| choice.retry_group());
                let group = group.map_or_else(String::new, |group| format!(" {group}"));
                format!("{} {}{group} ({outcome})", choice.version, choice.suite)
            },
        );
        let offer = &question.profile;
        log.push(format!(
            "{}: {} suites, {} groups -> {answer}",
            question.aim,
            offer.suites.len(),
            offer.groups.len(),
        ));
        enumeration.answer(&client);
        assert!(enumeration.asked() <= budget, "the budget is kept");
    }
    Enumerated { facts: enumeration.facts(), log }
}

/// The same with a program that serves on loopback.
pub(crate) fn enumerate_over_tcp(budget: u32, addr: SocketAddr) -> Facts {
    let keys = KeyShares::generate();
    let mut enumeration = Enumeration::new(budget, &[]);
    while let Some(question) = enumeration.next_question() {
        let mut client = question.client(Some(NAME), &keys);
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut buffer = [0; 4_096];
        loop {
            let mut out = Vec::new();
            let step = client.poll(&mut out);
            let _closed = stream.write_all(&out);
            // Behind a completed handshake a ticket may still be waited for.
            if step == Step::Done {
                break;
            }
            match stream.read(&mut buffer) {
                Ok(0) => client.interrupted(Interruption::Closed),
                Ok(count) => client.receive(&buffer[..count]),
                Err(_) => client.interrupted(Interruption::Reset),
            }
        }
        enumeration.answer(&client);
    }
    enumeration.facts()
}
