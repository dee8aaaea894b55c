//! Plans with short times, and runs whose rows are collected.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tlscensus_dialog::Identity;
use tlscensus_dialog::Service;
use tlscensus_probe::Ended;
use tlscensus_probe::Plan;
use tlscensus_probe::Probed;
use tlscensus_probe::Progress;
use tlscensus_probe::Stop;
use tlscensus_probe::Timeouts;
use tlscensus_probe::run;
use tlscensus_records::ProbeRow;
use tlscensus_targets::Blocklist;
use tlscensus_targets::Limits;
use tlscensus_targets::LineParser;
use tlscensus_targets::Scope;
use tlscensus_targets::Target;

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
    let short = Duration::from_millis(500);
    plan.timeouts = Timeouts {
        resolve: Duration::from_secs(2),
        connect: Duration::from_secs(2),
        greeting: short,
        capabilities: short,
        starttls: short,
        tls: Duration::from_secs(2),
        after_tls: Duration::from_secs(2),
        silence: Duration::from_millis(200),
        farewell: Duration::from_millis(100),
        total: Duration::from_secs(5),
    };
    plan
}

/// The targets of a list.
pub(crate) fn targets(list: &str) -> Vec<Target> {
    let mut parser = LineParser::new();
    list.lines()
        .flat_map(|line| parser.line(line.as_bytes()).expect("a target").targets())
        .collect()
}

/// The same address a number of times.
pub(crate) fn times(number: usize, addr: SocketAddr) -> Vec<Target> {
    targets(&format!("{addr}\n").repeat(number))
}

/// All rows of a run.
pub(crate) async fn rows(plan: Plan, list: &str) -> Vec<Probed> {
    let (probed, _) = run_all(plan, targets(list)).await;
    probed
}

/// All rows of a run and how it ended.
pub(crate) async fn run_all(plan: Plan, targets: Vec<Target>) -> (Vec<Probed>, Ended) {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(64);
    let progress = Arc::new(Progress::default());
    let running = run(Arc::new(plan), targets.into_iter(), sender, progress, Stop::new());
    let collecting = async {
        let mut all = Vec::new();
        while let Some(probed) = receiver.recv().await {
            all.push(probed);
        }
        all
    };
    let (ended, probed) = tokio::join!(running, collecting);
    (probed, ended)
}

/// The one row of a run with one endpoint.
pub(crate) async fn row(plan: Plan, addr: SocketAddr) -> ProbeRow {
    let mut rows = rows(plan, &addr.to_string()).await;
    assert_eq!(rows.len(), 1);
    rows.remove(0).row
}

/// Where and how a row ended.
pub(crate) fn end(row: &ProbeRow) -> String {
    format!("{} {}", row.phase, row.outcome)
}
