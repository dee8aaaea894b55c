//! Endpoints enumerated: in plaintext first or in TLS from the beginning, within the budget and at the spacing asked for.

use std::net::SocketAddr;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use rustls::ServerConfig;
use rustls::ServerConnection;
use tlscensus_probe::Enumerating;
use tlscensus_probe::Plan;
use tlscensus_probe::Probed;
use tlscensus_records::CapabilityCoverage;
use tlscensus_records::CapabilityKind;
use tlscensus_records::CapabilityRow;
use tlscensus_records::CapabilityVerdict;
use tlscensus_records::Sha256;
use tlscensus_testkit::scripted::Act;

use crate::support::end;
use crate::support::plan;
use crate::support::rows;
use crate::support::run_all;
use crate::support::targets;
use crate::tls::pki;
use crate::tls::serve;
use crate::tls::smtp_inside;
use crate::tls::smtp_plain;

fn enumerating(service: &str, connections: u32, spacing_ms: u64) -> Plan {
    let mut plan = plan(service);
    let spacing = Duration::from_millis(spacing_ms);
    plan.enumerating = Some(Enumerating { connections, spacing });
    plan
}

async fn probe(plan: Plan, addr: SocketAddr) -> Probed {
    rows(plan, &addr.to_string()).await.remove(0)
}

/// Names of what is there, of one kind and version, sorted.
fn names(rows: &[CapabilityRow], kind: CapabilityKind, version: Option<&str>) -> Vec<String> {
    let of = |row: &&CapabilityRow| {
        row.kind == kind
            && row.version.as_deref() == version
            && row.verdict == Some(CapabilityVerdict::Supported)
    };
    let mut names: Vec<String> =
        rows.iter().filter(of).filter_map(|row| row.name.clone()).collect();
    names.sort();
    names
}

fn summary(rows: &[CapabilityRow]) -> (u32, String) {
    let mut summaries = rows.iter().filter(|row| row.kind == CapabilityKind::Enumeration);
    let summary = summaries.next().expect("a summary");
    assert_eq!(summaries.next(), None);
    (summary.count.expect("a count"), summary.ended.clone().expect("an end"))
}

fn resumption(rows: &[CapabilityRow]) -> Vec<String> {
    let rows = rows.iter().filter(|row| row.kind == CapabilityKind::Resumption);
    let text = |row: &CapabilityRow| {
        let (name, known) = (row.name.as_deref().expect("a way"), row.resumption.expect("a word"));
        format!("{name} {known:?}")
    };
    rows.map(text).collect()
}

#[tokio::test]
async fn a_server_is_enumerated_behind_starttls_and_in_tls_alike() {
    for (service, plain, inside) in
        [("smtp", smtp_plain(), smtp_inside()), ("https", vec![], vec![Act::Hold])]
    {
        let pki = pki(rustls::ALL_VERSIONS);
        let addr = serve(pki.config, plain, inside);
        let probed = probe(enumerating(service, 100, 0), addr).await;
        let rows = &probed.capabilities;
        assert_eq!(end(&probed.row), "after-tls ok", "the row is that of the first connection");
        assert_eq!(probed.row.attempts.len(), 1);
        let (asked, ended) = summary(rows);
        assert_eq!(ended, "complete", "{rows:#?}");
        assert!((10..60).contains(&asked), "{asked}");

        assert_eq!(
            names(rows, CapabilityKind::Suite, Some("TLS 1.3")),
            ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
        );
        assert_eq!(
            names(rows, CapabilityKind::Suite, Some("TLS 1.2")),
            [
                "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            ]
        );
        let ssl2 = rows.iter().find(|row| row.code == Some(2)).expect("asked for");
        assert_eq!(ssl2.verdict, Some(CapabilityVerdict::Absent));
        let groups = names(rows, CapabilityKind::Group, Some("before TLS 1.3"));
        assert_eq!(groups, ["secp256r1", "secp384r1", "x25519"]);
        let lists = rows.iter().filter(|row| row.kind == CapabilityKind::SuiteList);
        assert!(lists.into_iter().all(|row| row.coverage == Some(CapabilityCoverage::Complete)));
        let leaf = rows.iter().find_map(|row| row.cert_sha256);
        assert_eq!(leaf, Some(Sha256::of(&pki.der)));
        let chain = rows.iter().find_map(|row| row.chain.as_ref());
        assert_eq!(chain, Some(&vec![Sha256::of(&pki.der)]));
        assert_eq!(
            resumption(rows),
            ["psk Accepted", "ticket NotOffered", "identifier Accepted"],
            "rustls keeps sessions of TLS 1.2 under a name"
        );
        // It makes its keys anew; tickets of TLS 1.3 are random here.
        for word in ["curve-public-value", "server-random", "session-id", "ticket-key-name"] {
            let mut reuse = rows.iter().filter(|row| row.kind == CapabilityKind::Reuse);
            let row = reuse.find(|row| row.name.as_deref() == Some(word)).expect("a row");
            assert_eq!(row.count, row.distinct_values, "{row:?}");
            let expected = match row.count {
                Some(0 | 1) => CapabilityVerdict::Unknown,
                _ => CapabilityVerdict::Absent,
            };
            assert_eq!(row.verdict, Some(expected), "{row:?}");
        }
        let key = (&probed.row.run_id, &probed.row.target, probed.row.port, &probed.row.protocol);
        for row in rows {
            assert_eq!((&row.run_id, &row.target, row.port, &row.protocol), key);
        }
    }
}

/// Who gives no ticket closes when we say goodbye; who does not even do that is waited for as long as any handshake.
#[tokio::test]
async fn a_server_without_tickets_does_not_keep_us_waiting() {
    for (closes, expected) in [(true, "psk NotOffered"), (false, "psk Unreached")] {
        let pki = pki(&[&rustls::version::TLS13]);
        let mut config = ServerConfig::clone(&pki.config);
        config.send_tls13_tickets = 0;
        let addr = match closes {
            true => serve(Arc::new(config), vec![], vec![Act::Hold]),
            false => serve_without_end(Arc::new(config)),
        };
        let began = Instant::now();
        let mut plan = enumerating("https", 100, 0);
        plan.timeouts.tls = Duration::from_secs(1);
        let probed = probe(plan, addr).await;
        let known = resumption(&probed.capabilities);
        assert_eq!(known, [expected, "ticket NoVersion", "identifier NoVersion"]);
        assert!(began.elapsed() < HELD, "{:?}", began.elapsed());
    }
}

/// Completes handshakes, and then neither says nor hears anything.
fn serve_without_end(config: Arc<ServerConfig>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut tls = ServerConnection::new(config.clone()).expect("a configuration");
            thread::spawn(move || {
                while tls.is_handshaking() && tls.complete_io(&mut stream).is_ok() {}
                if !tls.is_handshaking() {
                    thread::sleep(HELD);
                }
            });
        }
    });
    addr
}

/// Longer than any of the plan's times.
const HELD: Duration = Duration::from_secs(60);

#[tokio::test]
async fn the_budget_is_kept_and_so_is_the_spacing() {
    let pki = pki(rustls::ALL_VERSIONS);
    let addr = serve(pki.config, smtp_plain(), smtp_inside());
    let began = Instant::now();
    let probed = probe(enumerating("smtp", 4, 100), addr).await;
    assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());
    let (asked, ended) = summary(&probed.capabilities);
    assert_eq!((asked, ended.as_str()), (4, "budget-spent"));
    let partial = probed.capabilities.iter().filter(|row| {
        row.kind == CapabilityKind::SuiteList && row.coverage == Some(CapabilityCoverage::Partial)
    });
    assert_eq!(partial.count(), 2, "the versions are known, their suites are not");
}

#[tokio::test]
async fn who_does_not_speak_tls_is_not_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("bound");
    let visitors = thread::spawn(move || {
        listener.set_nonblocking(true).expect("a socket");
        let deadline = Instant::now() + Duration::from_secs(2);
        let mut visitors = 0;
        while Instant::now() < deadline {
            visitors += usize::from(listener.accept().is_ok());
            thread::sleep(Duration::from_millis(5));
        }
        visitors
    });
    let mut plan = enumerating("https", 60, 0);
    plan.max_attempts = 1;
    let probed = probe(plan, addr).await;
    assert_eq!(probed.capabilities, []);
    assert_eq!(visitors.join().expect("a count"), 1);
}

#[tokio::test]
async fn a_host_s_share_of_connections_holds_for_its_enumeration_too() {
    let pki = pki(rustls::ALL_VERSIONS);
    let addr = serve(pki.config, vec![], vec![Act::Hold]);
    let mut plan = enumerating("https", 60, 0);
    plan.limits.host_budget = Some(5);
    let probed = probe(plan, addr).await;
    let (asked, ended) = summary(&probed.capabilities);
    assert_eq!((asked, ended.as_str()), (4, "over-budget"));
}

#[tokio::test]
async fn questions_leave_the_rows_of_other_services_their_share() {
    let pki = pki(rustls::ALL_VERSIONS);
    let addr = serve(pki.config, vec![], vec![Act::Hold]);
    let mut plan = enumerating("https smtps", 60, 0);
    plan.limits.host_budget = Some(10);
    plan.max_attempts = 3;
    plan.concurrency = 1;
    let (probed, _) = run_all(plan, targets(&addr.to_string())).await;
    let ends: Vec<_> = probed.iter().map(|probed| summary(&probed.capabilities)).collect();
    // Of ten, one for the row and three that are the other's; then the other's row, and its questions have none left.
    assert_eq!(ends[0], (6, "over-budget".to_owned()));
    assert_eq!(ends[1], (0, "over-budget".to_owned()));
    assert!(probed.iter().all(|probed| probed.row.tcp_completed));
}
