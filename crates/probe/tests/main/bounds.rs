//! Time, bytes, rates and numbers stay within what the plan says.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use tlscensus_probe::Covered;
use tlscensus_probe::NameServers;
use tlscensus_probe::Reason;
use tlscensus_probe::Routes;
use tlscensus_probe::Stop;
use tlscensus_probe::run;
use tlscensus_records::Outcome;
use tlscensus_records::Phase;
use tlscensus_targets::Blocklist;
use tlscensus_targets::Limits;
use tlscensus_targets::Scope;
use tlscensus_testkit::scripted::Act;
use tlscensus_testkit::scripted::ScriptedServer;
use tlscensus_testkit::scripted::expect;
use tlscensus_testkit::scripted::say;

use crate::support::end;
use crate::support::plan;
use crate::support::row;
use crate::support::rows;
use crate::support::run_all;
use crate::support::targets;
use crate::support::times;

#[tokio::test]
async fn a_tarpit_cannot_hold_a_slot_beyond_the_deadline() {
    let words = b"220 mx.example a very slow server that never says all of it ".repeat(20);
    let server =
        ScriptedServer::start(vec![Act::Drip(words, Duration::from_millis(20))]).expect("a port");
    let mut plan = plan("smtp");
    plan.timeouts.greeting = Duration::from_secs(60);
    plan.timeouts.total = Duration::from_secs(1);
    let start = Instant::now();
    let row = row(plan, server.addr()).await;
    assert_eq!(end(&row), "greeting timeout");
    assert!((1000..5000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    assert!((1_000_000..5_000_000).contains(&row.duration_us));
}

#[tokio::test]
async fn the_deadline_holds_for_all_attempts_together() {
    let header = "<stream:stream xmlns='jabber:client' version='1.0' from='chat.example' \
        xmlns:stream='http://etherx.jabber.org/streams'>";
    let error = "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>\
        </stream:error>";
    let server = ScriptedServer::start_each(move |before| match before {
        0 => vec![Act::Pause(Duration::from_millis(600)), say(header), say(error)],
        _ => vec![Act::Hold],
    })
    .expect("a port");
    let mut plan = plan("xmpp-c2s");
    plan.timeouts.greeting = Duration::from_secs(60);
    plan.timeouts.total = Duration::from_secs(1);
    let start = Instant::now();
    let row = row(plan, server.addr()).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(row.attempts.len(), 2);
    assert_eq!(row.counted_attempt, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_silent_servers_are_waited_for_at_once() {
    let server = ScriptedServer::start(vec![Act::Hold]).expect("a port");
    let mut plan = plan("pop3");
    plan.concurrency = 2_000;
    plan.timeouts.greeting = Duration::from_secs(2);
    let list = times(2_000, server.addr());
    let start = Instant::now();
    let (probed, ended) = run_all(plan, list).await;
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert_eq!((ended.reason, ended.counts.done, probed.len()), (Reason::Complete, 2_000, 2_000));
    assert!(probed.iter().all(|probed| end(&probed.row) == "greeting silent"));
}

#[tokio::test]
async fn never_more_in_flight_than_the_plan_says() {
    let server = ScriptedServer::start(vec![Act::Hold]).expect("a port");
    let mut plan = plan("smtp");
    plan.concurrency = 3;
    plan.timeouts.greeting = Duration::from_millis(200);
    let start = Instant::now();
    let (probed, _) = run_all(plan, times(9, server.addr())).await;
    assert_eq!(probed.len(), 9);
    assert!(start.elapsed() >= Duration::from_millis(600), "{:?}", start.elapsed());
}

#[tokio::test]
async fn connections_to_a_host_are_spaced() {
    let server = ScriptedServer::start(vec![say("421 go\r\n"), Act::Hold]).expect("a port");
    let mut plan = plan("smtp");
    plan.limits = Limits { host: Some(10.0), ..Limits::UNLIMITED };
    let (probed, _) = run_all(plan, times(6, server.addr())).await;
    let mut starts: Vec<_> = probed
        .iter()
        .map(|probed| {
            let waited = probed.row.attempts.first().expect("an attempt").started_us;
            probed.row.started_at.0 + i64::try_from(waited).expect("short")
        })
        .collect();
    starts.sort_unstable();
    for pair in starts.windows(2) {
        assert!(pair[1] - pair[0] >= 75_000, "{starts:?}");
    }
}

#[tokio::test]
async fn an_endpoint_held_back_too_long_is_given_up() {
    let server = ScriptedServer::start(vec![say("421 go\r\n"), Act::Hold]).expect("a port");
    let mut plan = plan("smtp");
    plan.limits = Limits { network: Some(1.0), ..Limits::UNLIMITED };
    plan.longest_hold = Duration::from_millis(300);
    let (probed, _) = run_all(plan, times(3, server.addr())).await;
    let mut ends: Vec<_> = probed.iter().map(|probed| end(&probed.row)).collect();
    ends.sort();
    assert_eq!(ends, ["greeting shed", "permit rate-held", "permit rate-held"]);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn whom_we_leave_alone_gets_a_row_and_no_packet() {
    let server = ScriptedServer::start(vec![Act::Hold]).expect("a port");
    let plan = plan("smtp");
    plan.blocklist.replace(with_line("127.0.0.0/24 # asked us to stop"));
    let list = format!("{}\n192.0.2.1\n", server.addr());
    let found: Vec<_> = rows(plan, &list).await.into_iter().map(|probed| probed.row).collect();
    assert!(found.iter().all(|row| end(row) == "permit blocked" && row.attempts.is_empty()));
    let mut reasons: Vec<_> = found.iter().filter_map(|row| row.detail.as_deref()).collect();
    reasons.sort_unstable();
    let none = "0.0.0.0/0 not loopback, and no operator contact was given";
    assert_eq!(reasons, [none, "127.0.0.0/24 asked us to stop"]);
    assert_eq!(server.connections(), 0);
}

fn with_line(line: &str) -> Blocklist {
    let mut list = Blocklist::new(Scope::Loopback);
    list.line(1, line.as_bytes()).expect("a prefix");
    list
}

#[tokio::test]
async fn who_is_blocked_midway_is_left_alone_from_then_on() {
    let server = ScriptedServer::start(vec![say("421 go\r\n"), Act::Hold]).expect("a port");
    let mut plan = plan("smtp");
    // The second and the third wait for their turn while the first one ends.
    plan.limits = Limits { host: Some(1.0), ..Limits::UNLIMITED };
    let live = plan.blocklist.clone();
    let (sender, mut rows) = tokio::sync::mpsc::channel(1);
    let list = times(3, server.addr()).into_iter();
    let running = tokio::spawn(run(Arc::new(plan), list, sender, Arc::default(), Stop::new()));
    let first = rows.recv().await.expect("a row");
    live.replace(with_line("127.0.0.1 # asked us to stop"));
    let mut ends = vec![end(&first.row)];
    while let Some(probed) = rows.recv().await {
        assert_eq!(probed.row.detail.as_deref(), Some("127.0.0.1/32 asked us to stop"));
        ends.push(end(&probed.row));
    }
    assert_eq!(ends, ["greeting shed", "permit blocked", "permit blocked"]);
    assert_eq!(running.await.expect("a run").counts.done, 3);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_server_blocked_while_it_is_asked_gets_no_further_connection() {
    // It turns every hello down, and a ladder would go on.
    let server = ScriptedServer::start(vec![Act::Expect(vec![0x16])]).expect("a port");
    let mut plan = plan("https");
    plan.limits = Limits { host: Some(1.0), ..Limits::UNLIMITED };
    let live = plan.blocklist.clone();
    let replacing = async {
        while server.connections() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        live.replace(with_line("127.0.0.1"));
    };
    let addr = server.addr();
    let (row, ()) = tokio::join!(row(plan, addr), replacing);
    let ends: Vec<_> = row.attempts.iter().map(|each| (each.phase, each.outcome)).collect();
    assert_eq!(ends, [(Phase::Tls, Outcome::Closed), (Phase::Permit, Outcome::Blocked)]);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_row_says_where_its_address_belongs() {
    let server = ScriptedServer::start(vec![say("421 go\r\n"), Act::Hold]).expect("a port");
    let mut plan = plan("smtp");
    plan.routes = Routes::by(|addr| match addr {
        IpAddr::V4(addr) if addr.is_loopback() => {
            Some(("127.0.0.0/8".parse().expect("a prefix"), Some(64_496)))
        }
        IpAddr::V4(_) => Some(("192.0.2.0/24".parse().expect("a prefix"), None)),
        IpAddr::V6(_) => None,
    });
    // The second is blocked, and belongs somewhere all the same; so does a name once it has an address.
    let list =
        format!("{0}\n192.0.2.1:25\n[::1]:25\nlocal.example,{0}\nno.invalid.:25\n", server.addr());
    plan.name_servers = NameServers::These(vec![([127, 0, 0, 1], 1).into()]);
    let found: Vec<_> = rows(plan, &list).await.into_iter().map(|probed| probed.row).collect();
    let mut found: Vec<_> = found
        .iter()
        .map(|row| (row.target.as_str(), row.prefix.as_deref(), row.origin_as))
        .collect();
    found.sort_unstable();
    let here = (Some("127.0.0.0/8"), Some(64_496));
    let addr = server.addr().to_string();
    let named = format!("local.example,{addr}");
    let expected = [
        (addr.as_str(), here.0, here.1),
        ("192.0.2.1:25", Some("192.0.2.0/24"), None),
        ("[::1]:25", None, None),
        (named.as_str(), here.0, here.1),
        ("no.invalid.:25", None, None),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_is_covered_is_passed_over() {
    let server = ScriptedServer::start(vec![say("421 go\r\n"), expect("x")]).expect("a port");
    let mut plan = plan("smtp imap");
    plan.covered = Covered::by(|endpoint| endpoint.service.word == "imap");
    let (probed, ended) = run_all(plan, targets(&server.addr().to_string())).await;
    assert_eq!(probed.len(), 1);
    assert_eq!((ended.counts.targets, ended.counts.passed_over), (1, 1));
    assert_eq!((ended.counts.started, ended.counts.done), (1, 1));
    assert_eq!(ended.counts.in_flight(), 0);
    assert_eq!(ended.counts.ended.iter().sum::<u64>(), 1);
}
