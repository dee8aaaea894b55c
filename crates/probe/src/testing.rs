//! What the tests inside this crate share.

use tlscensus_dialog::Identity;
use tlscensus_dialog::Service;
use tlscensus_targets::Blocklist;
use tlscensus_targets::Limits;
use tlscensus_targets::Scope;

use crate::Plan;

/// A plan for loopback: these services, no limits. Nothing here waits: the tests of whole runs have a plan with short times.
pub(crate) fn plan(services: &str) -> Plan {
    let identity =
        Identity { client_name: "prober.example".to_owned(), peer_domain: None, contact: None };
    let mut plan = Plan::new("test", identity, Blocklist::new(Scope::Loopback));
    plan.services = services
        .split_whitespace()
        .map(|word| Service::from_word(word).expect("a service"))
        .collect();
    plan.limits = Limits::UNLIMITED;
    plan
}
