//! Enumerations of servers over memory.

use tlscensus_tls_client::Interruption;
use tlscensus_tls_client::KeyShares;
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
