//! Names: looked up once, and what can go wrong with that.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use tokio::net::UdpSocket;

use tlscensus_probe::NameServers;
use tlscensus_testkit::scripted::ScriptedServer;
use tlscensus_testkit::scripted::say;

use crate::support::end;
use crate::support::plan;
use crate::support::rows;

/// A name server (RFC 1035 section 4.1) that knows `here.example`, does not know others, is broken for `broken.*` and silent
/// for `slow.*`.
async fn name_server() -> (SocketAddr, Arc<AtomicUsize>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let addr = socket.local_addr().expect("bound");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    tokio::spawn(async move {
        let mut query = [0; 512];
        while let Ok((n, from)) = socket.recv_from(&mut query).await {
            count.fetch_add(1, Relaxed);
            if let Some(answer) = answer(&query[..n]) {
                socket.send_to(&answer, from).await.expect("sent");
            }
        }
    });
    (addr, asked)
}

fn answer(query: &[u8]) -> Option<Vec<u8>> {
    let name_end = 12 + query[12..].iter().position(|byte| *byte == 0)? + 1;
    let question = &query[12..name_end + 4];
    let starts = |label: &[u8]| question.get(1..=label.len()) == Some(label);
    let wants_v4 = query[name_end..name_end + 2] == [0, 1];
    let (code, answers) = match () {
        () if starts(b"slow") => return None,
        () if starts(b"broken") => (2, 0),
        () if starts(b"here") => (0, u8::from(wants_v4)),
        () => (3, 0),
    };
    let mut answer = vec![query[0], query[1], 0x81, 0x80 | code, 0, 1, 0, answers, 0, 0, 0, 0];
    answer.extend_from_slice(question);
    if answers == 1 {
        answer.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    Some(answer)
}

#[tokio::test]
async fn a_name_is_found_or_not_and_the_row_says_which() {
    let (dns, _) = name_server().await;
    let server = ScriptedServer::start(vec![say("421 go\r\n")]).expect("a port");
    let port = server.addr().port();
    let cases = [
        (format!("here.example:{port}"), "greeting shed", Some("127.0.0.1")),
        ("gone.example".to_owned(), "resolve name-not-found", None),
        ("broken.example".to_owned(), "resolve resolver-failed", None),
        ("slow.example".to_owned(), "resolve resolver-timeout", None),
    ];
    for (target, expected, addr) in cases {
        let mut plan = plan("smtp");
        plan.name_servers = NameServers::These(vec![dns]);
        let probed = rows(plan, &target).await;
        let row = &probed.first().expect("a row").row;
        assert_eq!(end(row), expected, "{row:?}");
        assert_eq!(row.addr.as_deref(), addr);
        assert_eq!(row.target, target);
        assert_eq!(row.name.as_deref(), target.split(':').next());
        assert!(row.resolve_us.is_some());
    }
}

#[tokio::test]
async fn a_name_is_looked_up_once_for_all_its_services() {
    let (dns, asked) = name_server().await;
    let server = ScriptedServer::start(vec![say("421 go\r\n")]).expect("a port");
    let mut plan = plan("smtp submission imap pop3 irc");
    plan.name_servers = NameServers::These(vec![dns]);
    let probed = rows(plan, &format!("here.example:{}", server.addr().port())).await;
    assert_eq!(probed.len(), 5);
    assert_eq!(asked.load(Relaxed), 1);
}

#[tokio::test]
async fn a_name_with_its_address_is_not_looked_up() {
    let (dns, asked) = name_server().await;
    let server = ScriptedServer::start(vec![say("421 go\r\n")]).expect("a port");
    let mut plan = plan("smtp");
    plan.name_servers = NameServers::These(vec![dns]);
    let target = format!("any.example {}", server.addr());
    let probed = rows(plan, &target).await;
    let row = &probed.first().expect("a row").row;
    assert_eq!((end(row).as_str(), row.name.as_deref()), ("greeting shed", Some("any.example")));
    assert_eq!(row.attempts.first().and_then(|a| a.sni.as_deref()), Some("any.example"));
    assert_eq!(asked.load(Relaxed), 0);
}
