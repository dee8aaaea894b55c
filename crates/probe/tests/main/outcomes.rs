//! Every way in which a plaintext conversation can end has its word.

use std::time::Duration;

use tlscensus_records::Presence;
use tlscensus_records::Speaks;
use tlscensus_records::StarttlsState;
use tlscensus_testkit::scripted::Act;
use tlscensus_testkit::scripted::ScriptedServer;
use tlscensus_testkit::scripted::expect;
use tlscensus_testkit::scripted::say;

use crate::support::end;
use crate::support::plan;
use crate::support::row;

const SMTP: &str = "220 mx.example ESMTP\r\n";
const EHLO: &str = "250-mx.example\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n";

async fn check(service: &str, script: Vec<Act>, expected: &str, state: StarttlsState) {
    let server = ScriptedServer::start(script.clone()).expect("a port");
    let row = row(plan(service), server.addr()).await;
    let context = format!("{service} {script:?}: {row:?}");
    assert_eq!(end(&row), expected, "{context}");
    assert_eq!(row.dialog.starttls_state, state, "{context}");
    assert!(row.tcp_completed, "{context}");
    assert_eq!(row.attempts.len(), server.connections(), "{context}");
}

#[tokio::test]
async fn greetings() {
    use StarttlsState::*;
    let dot = Duration::from_millis(40);
    let cases = [
        (vec![Act::Hold], "greeting silent", NoAnswer),
        (vec![], "greeting closed", NoAnswer),
        (vec![Act::Reset], "greeting reset", NoAnswer),
        (vec![say("220 mx"), Act::Hold], "greeting timeout", Unreached),
        (vec![say("220 mx")], "greeting closed", Unreached),
        (vec![say("421 too busy\r\n"), Act::Hold], "greeting shed", Unreached),
        (vec![say("SSH-2.0-x\r\n"), Act::Hold], "greeting not-this-protocol", NotTheProtocol),
        (vec![say([21, 3, 1, 0, 2, 2, 40]), Act::Hold], "greeting tls-spoken", NotTheProtocol),
        (vec![Act::Drip(vec![b'2'; 1000], dot)], "greeting timeout", Unreached),
    ];
    for (script, expected, state) in cases {
        check("smtp", script, expected, state).await;
    }
}

#[tokio::test]
async fn capabilities_and_upgrade() {
    use StarttlsState::*;
    let hello = || vec![say(SMTP), expect("EHLO prober.example\r\n")];
    let asked = || [hello(), vec![say(EHLO), expect("STARTTLS\r\n")]].concat();
    let with = |start: Vec<Act>, more: Vec<Act>| [start, more].concat();
    let cases = [
        (with(hello(), vec![Act::Hold]), "capabilities timeout", Unreached),
        (with(hello(), vec![Act::Reset]), "capabilities reset", Unreached),
        (with(hello(), vec![]), "capabilities closed", Unreached),
        (
            with(hello(), vec![say("250 mx\r\n"), expect("QUIT\r\n")]),
            "starttls not-offered",
            NotOffered,
        ),
        (with(asked(), vec![Act::Hold]), "starttls timeout", ReplyUnseen),
        (with(asked(), vec![]), "starttls closed", ReplyUnseen),
        (with(asked(), vec![say("454 no\r\n"), expect("QUIT\r\n")]), "starttls refused", Refused),
        (with(asked(), vec![say("220 go\r\n"), Act::Hold]), "tls timeout", AcceptedNoTls),
        (
            with(asked(), vec![say("220 go\r\n"), expect([22]), say("nonsense\r\n"), Act::Hold]),
            "tls not-tls",
            AcceptedNoTls,
        ),
    ];
    for (script, expected, state) in cases {
        check("smtp", script, expected, state).await;
    }
}

#[tokio::test]
async fn a_refusal_is_kept_with_its_words_and_the_list_before_it() {
    let refusal = "454 4.7.0 not today\r\n";
    let server = ScriptedServer::start(vec![
        say(SMTP),
        expect("EHLO"),
        say(EHLO),
        expect("STARTTLS\r\n"),
        say(refusal),
        expect("QUIT\r\n"),
        say("221 bye\r\n"),
    ])
    .expect("a port");
    let row = row(plan("submission"), server.addr()).await;
    assert_eq!(end(&row), "starttls refused");
    assert_eq!(row.detail.as_deref(), Some("454 4.7.0 not today"));
    assert_eq!(row.speaks_protocol, Speaks::Yes);
    assert_eq!(row.dialog.mechanisms_before, Some(vec!["PLAIN".to_owned(), "LOGIN".to_owned()]));
    assert_eq!(row.capabilities_after_seen, Presence::Unreached);
    assert_eq!(row.port, server.addr().port());
    assert!(row.duration_us < 400_000, "the farewell is not counted: {}", row.duration_us);
    let [attempt] = row.attempts.as_slice() else { panic!("one attempt") };
    assert_eq!(
        attempt.bytes_in,
        u64::try_from([SMTP, EHLO, refusal, "221 bye\r\n"].concat().len()).expect("short")
    );
    assert_eq!(attempt.profile, "modern");
    for phase in [row.connect_us, row.greeting_us, row.capabilities_us, row.starttls_us] {
        assert!(phase.is_some(), "{row:?}");
    }
    assert_eq!((row.tls_us, row.after_tls_us), (None, None));
    while server.heard().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(server.heard(), [b"EHLO prober.example\r\nSTARTTLS\r\nQUIT\r\n"]);
}

#[tokio::test]
async fn what_lies_behind_the_go_ahead_is_evidence_and_reaches_tls() {
    let server = ScriptedServer::start(vec![
        say(SMTP),
        expect("EHLO"),
        say(EHLO),
        expect("STARTTLS\r\n"),
        say("220 go\r\n250-injected\r\n"),
        Act::Hold,
    ])
    .expect("a port");
    let row = row(plan("smtp"), server.addr()).await;
    assert_eq!(end(&row), "tls not-tls", "{row:?}");
    assert_eq!(row.dialog.starttls_state, StarttlsState::AcceptedNoTls);
    assert_eq!(row.leftover.map(|bytes| bytes.0), Some(b"250-injected\r\n".to_vec()));
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_refused() {
    let addr = ScriptedServer::start(vec![]).expect("a port").addr();
    // the server is gone; its thread may take a moment to close the listener
    for _ in 0..100 {
        let row = row(plan("imap"), addr).await;
        if end(&row) == "connect refused" {
            assert_eq!(row.dialog.starttls_state, StarttlsState::NoAnswer);
            assert!(!row.tcp_completed);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the port stays open");
}

#[tokio::test]
async fn an_endless_server_is_left_at_the_byte_budget() {
    let server =
        ScriptedServer::start(vec![say(SMTP), Act::Endless(vec![b'x'; 4096])]).expect("a port");
    let mut plan = plan("smtp");
    plan.byte_budget = 20_000;
    let row = row(plan, server.addr()).await;
    assert_eq!(end(&row), "capabilities over-bytes");
    // the conversation may find the line too long before the budget is used up
    assert!(row.attempts.first().is_some_and(|attempt| attempt.bytes_in <= 20_000));
}

#[tokio::test]
async fn xmpp_is_asked_again_for_the_domain_that_the_server_names() {
    let header = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
        xmlns:stream='http://etherx.jabber.org/streams' id='1' from='chat.example' version='1.0'>";
    let error = "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>\
        </stream:error></stream:stream>";
    let features = "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>\
        <mechanism>PLAIN</mechanism></mechanisms></stream:features>";
    let server = ScriptedServer::start_each(move |before| match before {
        0 => vec![expect("version='1.0'"), say(header), say(error)],
        _ => vec![
            expect("to='chat.example'"),
            say(header),
            say(features),
            expect("</stream:stream>"),
            say("</stream:stream>"),
        ],
    })
    .expect("a port");
    let row = row(plan("xmpp-c2s"), server.addr()).await;
    assert_eq!(end(&row), "starttls not-offered", "{row:?}");
    assert_eq!(row.counted_attempt, Some(1));
    assert_eq!(row.dialog.peer_domain.as_deref(), Some("chat.example"));
    assert_eq!(row.dialog.mechanisms_before, Some(vec!["PLAIN".to_owned()]));
    let first = row.attempts.first().expect("two attempts");
    assert_eq!(first.outcome.word(), "shed");
    assert!(first.detail.as_deref().is_some_and(|detail| detail.starts_with("host-unknown")));
}
