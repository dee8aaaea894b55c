//! The fall-back against servers that cannot bear some hello, each in its way.

use std::borrow::Cow;
use std::time::Duration;
use std::time::Instant;

use openssl::ssl::SslContext;
use openssl::ssl::SslVersion;

use tlscensus_probe::Ladder;
use tlscensus_probe::Plan;
use tlscensus_records::Outcome;
use tlscensus_records::Phase;
use tlscensus_records::ProbeRow;
use tlscensus_targets::Limits;
use tlscensus_testkit::scripted::expect;
use tlscensus_testkit::scripted::say;
use tlscensus_tls_client::Profile;
use tlscensus_tls_wire::registry::Version;

use crate::intolerant::Answer;
use crate::intolerant::Seen;
use crate::intolerant::Server;
use crate::intolerant::openssl;
use crate::support::end;
use crate::support::plan;
use crate::support::row;
use crate::support::run_all;
use crate::support::targets;

const HANDSHAKE_FAILURE: u8 = 40;
const DECODE_ERROR: u8 = 50;
const PROTOCOL_VERSION: u8 = 70;

fn today() -> SslContext {
    openssl(SslVersion::TLS1_2, SslVersion::TLS1_3, "ALL")
}

fn old() -> SslContext {
    openssl(SslVersion::SSL3, SslVersion::TLS1_2, "AES128-SHA")
}

fn ladder(name: &str) -> &'static Ladder {
    Ladder::named(name).expect("a ladder")
}

/// The profiles offered, one for each connection.
fn offered(row: &ProbeRow) -> String {
    let names: Vec<_> = row.attempts.iter().map(|attempt| &*attempt.profile).collect();
    names.join(" ")
}

/// One visit to a server with nothing but TLS: the profiles offered, how it ended, the version.
async fn climb(
    plan: Plan,
    context: SslContext,
    judge: impl Fn(&Seen) -> Answer + Send + Sync + 'static,
) -> (String, String, String) {
    let server = Server::start(vec![], context, judge);
    let row = row(plan, server.addr).await;
    assert_eq!(row.attempts.len(), server.seen().len(), "{row:?}");
    let counted = row.counted_attempt.map(usize::from).and_then(|at| row.attempts.get(at));
    let counted = counted.map(|attempt| attempt.profile.clone());
    assert_eq!(row.tls_offered_profile, counted, "the row's facts are the counted attempt's");
    (offered(&row), end(&row), row.tls.version.unwrap_or_default().into_owned())
}

/// Every way of turning a hello down.
const WAYS: [Answer; 4] = [
    Answer::Alert(HANDSHAKE_FAILURE),
    Answer::Alert(PROTOCOL_VERSION),
    Answer::Close,
    Answer::Reset,
];

#[tokio::test]
async fn a_server_of_today_sees_one_connection() {
    let found = climb(plan("https"), today(), |_| Answer::Serve).await;
    assert_eq!(found, ("modern".into(), "after-tls ok".into(), "TLS 1.3".into()));
}

#[tokio::test]
async fn who_cannot_bear_tls13_is_met_in_tls12() {
    for way in [WAYS.as_slice(), &[Answer::Hang, Answer::Alert(DECODE_ERROR)]].concat() {
        let judge = move |seen: &Seen| match seen.highest > Version::TLS_1_2 {
            true => way,
            false => Answer::Serve,
        };
        let says = matches!(way, Answer::Alert(HANDSHAKE_FAILURE | PROTOCOL_VERSION));
        let second = if says { "legacy" } else { "modern-tls12" };
        let mut plan = plan("https");
        plan.timeouts.tls = Duration::from_millis(if way == Answer::Hang { 300 } else { 5000 });
        let found = climb(plan, today(), judge).await;
        let expected = (format!("modern {second}"), "after-tls ok".into(), "TLS 1.2".into());
        assert_eq!(found, expected, "{way:?}");
    }
}

#[tokio::test]
async fn who_cannot_bear_extensions_is_met_without() {
    for way in [Answer::Alert(DECODE_ERROR), Answer::Close, Answer::Reset] {
        let judge = move |seen: &Seen| if seen.extensions { way } else { Answer::Serve };
        let found = climb(plan("https"), old(), judge).await;
        let expected =
            ("modern modern-tls12 plain".into(), "after-tls ok".into(), "TLS 1.2".into());
        assert_eq!(found, expected, "{way:?}");
    }
}

#[tokio::test]
async fn who_cannot_bear_a_long_hello_is_met_with_a_short_one() {
    for way in [Answer::Hang, Answer::Close, Answer::Alert(DECODE_ERROR)] {
        let judge = move |seen: &Seen| if seen.bytes > 255 { way } else { Answer::Serve };
        let mut plan = plan("https");
        plan.timeouts.tls = Duration::from_millis(if way == Answer::Hang { 300 } else { 5000 });
        let found = climb(plan, old(), judge).await;
        let expected = ("modern modern-tls12".into(), "after-tls ok".into(), "TLS 1.2".into());
        assert_eq!(found, expected, "{way:?}");
    }
}

/// The server does not choose a lower version: it turns the higher one away.
#[tokio::test]
async fn who_cannot_bear_a_version_is_met_in_an_older_one() {
    for (bears, name, last) in
        [(Version::TLS_1_0, "TLS 1.0", "tls10"), (Version::SSL_3, "SSL 3", "tls10 ssl3")]
    {
        for way in WAYS {
            let judge = move |seen: &Seen| match seen.highest > bears {
                true => way,
                false => Answer::Serve,
            };
            let first = match way {
                Answer::Alert(_) => "modern legacy",
                _ => "modern modern-tls12 plain",
            };
            let found = climb(plan("https"), old(), judge).await;
            let expected = (format!("{first} {last}"), "after-tls ok".into(), name.into());
            assert_eq!(found, expected, "{way:?}");
        }
    }
}

#[tokio::test]
async fn who_says_which_version_it_can_do_is_asked_for_that_one() {
    for (first, version, offers, name) in [
        ("modern", SslVersion::TLS1_1, "modern legacy", "TLS 1.1"),
        ("modern", SslVersion::TLS1, "modern legacy", "TLS 1.0"),
        ("modern-tls12", SslVersion::TLS1_1, "modern-tls12 legacy", "TLS 1.1"),
        ("modern-tls12", SslVersion::TLS1, "modern-tls12 legacy", "TLS 1.0"),
        ("modern-tls12", SslVersion::SSL3, "modern-tls12 ssl3", "SSL 3"),
        ("paper-2015", SslVersion::TLS1, "paper-2015", "TLS 1.0"),
        ("paper-2015", SslVersion::SSL3, "paper-2015 ssl3", "SSL 3"),
    ] {
        let mut plan = plan("https");
        plan.profile = Profile::named(first);
        let found = climb(plan, openssl(version, version, "AES128-SHA"), |_| Answer::Serve).await;
        let expected = (offers.to_owned(), "after-tls ok".to_owned(), name.to_owned());
        assert_eq!(found, expected, "{first} {name}");
    }
}

#[tokio::test]
async fn servers_of_old_are_completed_as_the_default_run_goes() {
    // OpenSSL of today knows supported_versions and turns those away that lack its version; of its time it would have
    // chosen the version at once, as it does where a hello has no such list.
    for (version, name, way) in [
        (SslVersion::TLS1, "TLS 1.0", "modern legacy"),
        (SslVersion::SSL3, "SSL 3", "modern legacy ssl3"),
    ] {
        for suite in
            ["RC4-MD5", "RC4-SHA", "DES-CBC3-SHA", "DHE-RSA-DES-CBC3-SHA", "DHE-RSA-AES128-SHA"]
        {
            let context = openssl(version, version, suite);
            let found = climb(plan("https"), context, |_| Answer::Serve).await;
            let expected = (way.to_owned(), "after-tls ok".to_owned(), name.to_owned());
            assert_eq!(found, expected, "{suite}");
        }
    }
}

#[tokio::test]
async fn who_has_no_suite_of_today_is_asked_for_those_of_yesterday() {
    let context = openssl(SslVersion::TLS1_2, SslVersion::TLS1_2, "CAMELLIA128-SHA");
    let (offers, ..) = climb(plan("https"), context, |_| Answer::Serve).await;
    assert_eq!(offers, "modern legacy");
}

#[tokio::test]
async fn who_speaks_nothing_but_ssl2_shows_its_certificate() {
    let server = Server::start(vec![], today(), |seen| match seen.highest {
        Version::SSL_2 => Answer::Serve,
        _ => Answer::Close,
    });
    let row = row(plan("https"), server.addr).await;
    assert_eq!(offered(&row), "modern modern-tls12 plain tls10 ssl3 ssl2");
    assert_eq!(end(&row), "tls not-completable");
    assert_eq!((row.counted_attempt, row.detail.as_deref()), (Some(5), Some("SSL 2")));
    assert_eq!(row.tls_offered_profile.as_deref(), Some("ssl2"));
    assert_eq!(row.tls.version.as_deref(), Some("SSL 2"));
    assert_eq!(row.server_sent.chain.map(|chain| chain.len()), Some(1));
}

/// To such a server the start of a TLS hello is the header of a long record, whose rest it waits for.
#[tokio::test]
async fn who_speaks_nothing_but_ssl2_and_hangs_is_asked_for_it_within_the_deadline() {
    let hanging = || {
        Server::start(vec![], today(), |seen| match seen.highest {
            Version::SSL_2 => Answer::Serve,
            _ => Answer::Hang,
        })
    };
    let run = async |name: &str, first: &str, total: u64, attempts: usize| {
        let server = hanging();
        let mut plan = plan("https");
        plan.ladder = ladder(name);
        plan.profile = Profile::named(first);
        plan.timeouts.tls = Duration::from_millis(300);
        plan.timeouts.connect = Duration::from_millis(200);
        plan.timeouts.total = Duration::from_millis(total);
        plan.max_attempts = attempts;
        let start = Instant::now();
        let row = row(plan, server.addr).await;
        assert!(start.elapsed() < Duration::from_millis(total + 1000), "{:?}", start.elapsed());
        (offered(&row), end(&row), row.tls.version.map(Cow::into_owned))
    };
    let found = |offers: &str| {
        (offers.to_owned(), "tls not-completable".to_owned(), Some("SSL 2".to_owned()))
    };
    let missed = |offers: &str| (offers.to_owned(), "tls timeout".to_owned(), None);
    assert_eq!(run("exhaustive", "modern", 3000, 8).await, found("modern modern-tls12 ssl2"));
    assert_eq!(run("study", "paper-2015", 3000, 8).await, found("paper-2015 ssl2"));
    assert_eq!(run("default", "modern", 3000, 8).await, missed("modern modern-tls12"));
    // Neither the deadline nor the share of connections is stretched for it.
    assert_eq!(run("exhaustive", "modern", 500, 8).await, missed("modern modern-tls12"));
    assert_eq!(run("exhaustive", "modern", 3000, 2).await, missed("modern modern-tls12"));
}

#[tokio::test]
async fn the_ladder_can_be_chosen_or_left() {
    let cases = [
        ("default", "modern modern-tls12 plain tls10 ssl3 ssl2", 7),
        ("default", "modern modern-tls12 plain", 3),
        ("study", "modern ssl3", 7),
        ("off", "modern", 7),
    ];
    for (name, expected, attempts) in cases {
        let mut plan = plan("https");
        plan.ladder = ladder(name);
        plan.max_attempts = attempts;
        let (offers, end, _) = climb(plan, today(), |_| Answer::Close).await;
        assert_eq!((&*offers, &*end), (expected, "tls closed"), "{name}");
    }
}

#[tokio::test]
async fn the_attempt_that_came_furthest_counts() {
    let server = Server::start(vec![], today(), |seen| match seen.highest {
        Version::TLS_1_3 => Answer::Close,
        Version::TLS_1_2 if seen.extensions => Answer::Alert(DECODE_ERROR),
        _ => Answer::Reset,
    });
    let row = row(plan("https"), server.addr).await;
    assert_eq!(offered(&row), "modern modern-tls12 plain tls10 ssl3 ssl2");
    assert_eq!((end(&row), row.counted_attempt), ("tls alert".to_owned(), Some(1)), "{row:?}");
    assert_eq!(row.tls_offered_profile.as_deref(), Some("modern-tls12"));
}

#[tokio::test]
async fn the_dialogue_is_held_again_for_each_rung() {
    let script = vec![
        say("220 mx.example ESMTP\r\n"),
        expect("EHLO prober.example\r\n"),
        say("250-mx.example\r\n250 STARTTLS\r\n"),
        expect("STARTTLS\r\n"),
        say("220 go ahead\r\n"),
    ];
    let server = Server::start(script, today(), |seen| match seen.highest {
        Version::TLS_1_3 => Answer::Reset,
        _ => Answer::Serve,
    });
    let row = row(plan("smtp"), server.addr).await;
    assert_eq!(offered(&row), "modern modern-tls12");
    assert!(row.tls_completed, "{row:?}");
}

#[tokio::test]
async fn a_name_is_noted_where_it_was_sent() {
    let server = Server::start(vec![], today(), |seen| match seen.extensions {
        true => Answer::Close,
        false => Answer::Serve,
    });
    let list = targets(&format!("mx.example {}", server.addr));
    let (probed, _) = run_all(plan("https"), list).await;
    let row = &probed.first().expect("one row").row;
    let names: Vec<_> = row.attempts.iter().map(|attempt| attempt.sni.as_deref()).collect();
    assert_eq!(names, [Some("mx.example"), Some("mx.example"), None]);
    assert_eq!(row.tls.sni, None);
    let sent: Vec<_> = server.seen().iter().map(|seen| seen.server_name).collect();
    assert_eq!(sent, [true, true, false]);
}

#[tokio::test]
async fn the_endpoint_s_deadline_ends_the_climb() {
    let server = Server::start(vec![], today(), |_| {
        std::thread::sleep(Duration::from_millis(400));
        Answer::Close
    });
    let mut plan = plan("https");
    plan.timeouts.total = Duration::from_secs(1);
    let start = Instant::now();
    let row = row(plan, server.addr).await;
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert!((2..=3).contains(&row.attempts.len()), "{row:?}");
    assert_eq!(row.counted_attempt, Some(0));
}

#[tokio::test]
async fn a_host_gets_its_share_of_connections_and_no_more() {
    let server = Server::start(vec![], today(), |_| Answer::Close);
    let mut plan = plan("https smtps imaps");
    plan.limits = Limits { host_budget: Some(4), ..Limits::UNLIMITED };
    plan.concurrency = 1;
    plan.max_attempts = 3;
    let (probed, _) = run_all(plan, targets(&server.addr.to_string())).await;
    let ends: Vec<_> =
        probed.iter().map(|probed| (end(&probed.row), probed.row.attempts.len())).collect();
    let spent = ("permit over-budget".to_owned(), 0);
    // The second one's ladder was cut short by us, and says so: its last attempt was not made.
    assert_eq!(ends, [("tls closed".to_owned(), 3), ("tls closed".to_owned(), 2), spent]);
    let cut = probed[1].row.attempts.last().expect("an attempt");
    assert_eq!((cut.phase, cut.outcome), (Phase::Permit, Outcome::OverBudget));
    assert_eq!((cut.profile.as_str(), cut.bytes_out), ("modern-tls12", 0));
    assert_eq!(probed[1].row.counted_attempt, Some(0));
    assert_eq!(server.seen().len(), 4);
}
