//! What the tests of this crate share.

use std::time::Duration;

use tlscensus_dialog::Identity;
use tlscensus_dialog::Service;
use tlscensus_targets::Blocklist;
use tlscensus_targets::Limits;
use tlscensus_targets::Scope;

use crate::Plan;
use crate::Timeouts;

/// A plan for loopback: these services, no limits, short times.
pub(crate) fn plan(services: &str) -> Plan {
    let identity =
        Identity { client_name: "prober.example".to_owned(), peer_domain: None, contact: None };
    let mut plan = Plan::new("test", identity, Blocklist::new(Scope::Loopback));
    plan.services = services
        .split_whitespace()
        .map(|word| Service::from_word(word).expect("a service"))
        .collect();
    plan.limits = Limits::UNLIMITED;
    let short = Duration::from_millis(400);
    plan.timeouts = Timeouts {
        resolve: Duration::from_secs(2),
        connect: Duration::from_secs(2),
        greeting: short,
        capabilities: short,
        starttls: short,
        tls: short,
        after_tls: short,
        silence: Duration::from_millis(200),
        farewell: Duration::from_millis(100),
        total: Duration::from_secs(3),
    };
    plan
}
