//! Intrusive questions: each answer from a server that gives it, and nobody asked who did not agree.

use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use openssl::ssl::AlpnError;
use openssl::ssl::SslContextBuilder;
use openssl::ssl::SslOptions;
use openssl::ssl::SslVersion;
use rustls::ServerConfig;
use rustls::ServerConnection;
use rustls::StreamOwned;

use tlscensus_probe::Intrusive;
use tlscensus_probe::IntrusiveQuestion;
use tlscensus_probe::Plan;
use tlscensus_records::CapabilityKind;
use tlscensus_records::CapabilityRow;
use tlscensus_records::IntrusiveAnswer;
use tlscensus_targets::Blocklist;
use tlscensus_targets::Limits;
use tlscensus_targets::Scope;
use tlscensus_testkit::scripted::Act;
use tlscensus_testkit::scripted::ScriptedServer;
use tlscensus_testkit::scripted::expect;
use tlscensus_testkit::scripted::say;

use crate::intolerant::Answer;
use crate::intolerant::Server;
use crate::intolerant::openssl;
use crate::intolerant::openssl_with;
use crate::support::end;
use crate::support::plan;
use crate::support::rows;
use crate::tls::pki;
use crate::tls::serve;
use crate::tls::smtp_inside;
use crate::tls::smtp_plain;

fn asking(service: &str, question: &str) -> Plan {
    let mut plan = plan(service);
    let questions = match question {
        "all" => IntrusiveQuestion::ALL.to_vec(),
        word => vec![IntrusiveQuestion::from_word(word).expect("a question")],
    };
    plan.intrusive = Some(Intrusive { questions, spacing: Duration::ZERO, ..Intrusive::default() });
    plan
}

/// The rows of questions; everything else is as without them.
async fn asked(plan: Plan, target: &str) -> Vec<CapabilityRow> {
    let questions = plan.intrusive.as_ref().map_or(0, |how| how.questions.len());
    let probed = rows(plan, target).await.remove(0);
    let rows = probed.capabilities;
    assert_eq!(rows.len(), questions, "one each");
    for row in &rows {
        assert_eq!(row.kind, CapabilityKind::Intrusive);
        let possible = IntrusiveAnswer::of(row.name.as_deref().expect("a word"));
        assert!(possible.contains(&row.answer.expect("an answer")), "{row:?}");
        let key = (&probed.row.run_id, &probed.row.target, probed.row.port, &probed.row.addr);
        assert_eq!((&row.run_id, &row.target, row.port, &row.addr), key);
        for attempt in &row.attempts {
            assert!(attempt.phase.outcomes().contains(&attempt.outcome), "{attempt:?}");
            assert_eq!(Some(&attempt.profile), row.name.as_ref());
        }
    }
    rows
}

/// Answer, why not, and where and how its connection ended.
fn told(row: &CapabilityRow) -> String {
    let mut words = vec![row.answer.map(IntrusiveAnswer::word).unwrap_or_default().to_owned()];
    words.extend(row.ended.clone());
    words.extend(
        row.attempts.iter().map(|attempt| format!("{} {}", attempt.phase, attempt.outcome)),
    );
    words.join(", ")
}

async fn answer(plan: Plan, addr: SocketAddr) -> String {
    told(asked(plan, &addr.to_string()).await.first().expect("a row"))
}

/// What a mail server does with what lies behind STARTTLS.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Behind {
    AnswersInPlaintext,
    ClosesInside,
    Forgets,
    HandsToTls,
    Keeps,
    KeepsUntilMoreComes,
    Refuses,
    SaysNothingMore,
}

/// A mail server of lines, in plaintext and inside TLS by rustls.
fn mail_server(behind: Behind) -> SocketAddr {
    let config = pki(rustls::ALL_VERSIONS).config;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = config.clone();
            // A client that leaves early is part of the play.
            thread::spawn(move || mail(stream, config, behind));
        }
    });
    addr
}

fn mail(mut stream: TcpStream, config: Arc<ServerConfig>, behind: Behind) -> std::io::Result<()> {
    stream.write_all(b"220 mx.example ESMTP\r\n")?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    while !line.starts_with("STARTTLS") {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line.starts_with("EHLO") {
            stream.write_all(b"250-mx.example\r\n250 STARTTLS\r\n")?;
        }
    }
    let kept = reader.buffer().to_vec();
    let go_ahead: &[u8] = match behind {
        Behind::Refuses if !kept.is_empty() => b"554 5.5.0 pipelining\r\n",
        Behind::AnswersInPlaintext if !kept.is_empty() => b"220 go ahead\r\n250 Ok\r\n",
        _ => b"220 go ahead\r\n",
    };
    stream.write_all(go_ahead)?;
    let mut before: &[u8] = b"";
    let mut inside: Vec<u8> = Vec::new();
    match behind {
        Behind::HandsToTls => before = &kept,
        Behind::Keeps | Behind::KeepsUntilMoreComes => inside = kept.clone(),
        _ => {}
    }
    let injected = !kept.is_empty();
    let tls = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let wire = Joined { before: std::io::Cursor::new(before.to_vec()), stream };
    let mut tls = StreamOwned::new(tls, wire);
    tls.conn.complete_io(&mut tls.sock)?;
    if behind == Behind::ClosesInside && injected {
        tls.conn.send_close_notify();
        return tls.flush();
    }
    let mut buffer = [0; 512];
    loop {
        if !inside.is_empty() && behind != Behind::KeepsUntilMoreComes {
            reply(&mut tls, &mut inside)?;
        }
        let count = tls.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        inside.extend_from_slice(&buffer[..count]);
        if behind == Behind::SaysNothingMore && injected {
            inside.clear();
        }
        reply(&mut tls, &mut inside)?;
    }
}

fn reply(out: &mut impl Write, lines: &mut Vec<u8>) -> std::io::Result<()> {
    for line in String::from_utf8_lossy(&std::mem::take(lines)).lines() {
        let words: &[u8] = match line.get(..4) {
            Some("QUIT") => b"221 bye\r\n",
            Some("EHLO") => b"250-mx.example\r\n250 AUTH PLAIN\r\n",
            _ => b"250 Ok\r\n",
        };
        out.write_all(words)?;
    }
    out.flush()
}

/// Bytes that were read already, then the socket.
struct Joined {
    before: std::io::Cursor<Vec<u8>>,
    stream: TcpStream,
}

impl Read for Joined {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.before.read(buffer)? {
            0 => self.stream.read(buffer),
            count => Ok(count),
        }
    }
}

impl Write for Joined {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        self.stream.write(buffer)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

#[tokio::test]
async fn what_is_said_before_tls_is_answered_inside_it_or_not() {
    for (behind, expected) in [
        (Behind::Keeps, "answered, after-tls ok"),
        (Behind::KeepsUntilMoreComes, "answered, after-tls ok"),
        (Behind::Forgets, "discarded, after-tls ok"),
        (Behind::SaysNothingMore, "no-answer, after-tls ok"),
        (Behind::Refuses, "refused, starttls refused"),
        (Behind::ClosesInside, "refused, after-tls closed"),
        (Behind::HandsToTls, "refused, tls alert"),
        (Behind::AnswersInPlaintext, "answered-in-plaintext, tls not-tls"),
    ] {
        let addr = mail_server(behind);
        let mut plan = asking("smtp", "starttls-injection");
        plan.timeouts.after_tls = Duration::from_secs(5);
        let found = answer(plan, addr).await;
        assert_eq!(found, expected, "{behind:?}");
    }
}

/// `SSL_OP_ALLOW_CLIENT_RENEGOTIATION`, which the binding does not name.
const ALLOW_CLIENT: SslOptions = SslOptions::from_bits_retain(1 << 8);

/// A server with nothing but TLS by OpenSSL.
fn openssl_server(
    lowest: SslVersion,
    highest: SslVersion,
    more: impl FnOnce(&mut SslContextBuilder),
) -> Server {
    Server::start(vec![], openssl_with(lowest, highest, "ALL", more), |_| Answer::Serve)
}

#[tokio::test]
async fn another_handshake_is_begun_or_not() {
    use SslVersion as V;
    let options = |options| {
        move |builder: &mut SslContextBuilder| {
            builder.set_options(options);
        }
    };
    for (lowest, highest, set, expected) in [
        (V::TLS1_2, V::TLS1_3, SslOptions::empty(), "refused, after-tls ok"),
        (V::TLS1_2, V::TLS1_2, SslOptions::NO_RENEGOTIATION, "refused, after-tls ok"),
        (V::TLS1_2, V::TLS1_3, ALLOW_CLIENT, "secure-accepted, after-tls ok"),
        (V::TLS1, V::TLS1, ALLOW_CLIENT, "secure-accepted, after-tls ok"),
        (V::TLS1_3, V::TLS1_3, ALLOW_CLIENT, "not-applicable, tls version-refused"),
    ] {
        let server = openssl_server(lowest, highest, options(set));
        let plan = asking("https", "renegotiation");
        assert_eq!(answer(plan, server.addr).await, expected, "{lowest:?} {highest:?} {set:?}");
    }
}

#[tokio::test]
async fn a_needless_fall_back_is_turned_away_or_not() {
    use SslVersion as V;
    for (lowest, highest, expected) in [
        (V::TLS1_2, V::TLS1_3, "inappropriate-fallback, tls alert"),
        (V::TLS1, V::TLS1_2, "inappropriate-fallback, tls alert"),
        (V::SSL3, V::TLS1, "inappropriate-fallback, tls alert"),
        (V::TLS1_2, V::TLS1_2, "version-refused, tls version-refused"),
        (V::SSL3, V::SSL3, "not-applicable"),
    ] {
        let server = openssl_server(lowest, highest, |_| ());
        let found = answer(asking("https", "fallback-scsv"), server.addr).await;
        assert_eq!(found, expected, "{lowest:?} {highest:?}");
    }
    // This library does not know the signal.
    let addr = serve(pki(rustls::ALL_VERSIONS).config, vec![], vec![Act::Hold]);
    assert_eq!(answer(asking("https", "fallback-scsv"), addr).await, "ignored, tls stopped");
}

#[tokio::test]
async fn a_wrong_protocol_is_chosen_refused_or_passed_over() {
    for (version, takes) in [(SslVersion::TLS1_2, "stopped"), (SslVersion::TLS1_3, "stopped")] {
        let of = |how: fn(&mut SslContextBuilder)| openssl_server(version, version, how);
        let deaf = of(|_| ());
        let greedy = of(|builder| {
            builder.set_alpn_select_callback(|_, offered| {
                openssl::ssl::select_next_proto(b"\x04imap", offered).ok_or(AlpnError::NOACK)
            });
        });
        let strict = of(|builder| {
            builder.set_alpn_select_callback(|_, _| Err(AlpnError::ALERT_FATAL));
        });
        for (server, expected) in [
            (deaf, format!("accepted-without, tls {takes}")),
            (greedy, format!("accepted-as-offered, tls {takes}")),
            (strict, "refused-alert, tls alert".to_owned()),
        ] {
            let found = answer(asking("https", "wrong-alpn"), server.addr).await;
            assert_eq!(found, expected, "{version:?}");
        }
    }
    let mut config = ServerConfig::clone(&pki(rustls::ALL_VERSIONS).config);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let addr = serve(Arc::new(config), vec![], vec![Act::Hold]);
    let found = answer(asking("https", "wrong-alpn"), addr).await;
    assert_eq!(found, "refused-alert, tls alert");
}

#[tokio::test]
async fn all_of_them_are_asked_behind_starttls_and_the_row_stays_what_it_was() {
    let addr = mail_server(Behind::Forgets);
    let probed = rows(asking("smtp", "all"), &addr.to_string()).await.remove(0);
    assert_eq!((end(&probed.row), probed.row.attempts.len()), ("after-tls ok".to_owned(), 1));
    let found: Vec<String> = probed.capabilities.iter().map(told).collect();
    assert_eq!(
        found,
        [
            "discarded, after-tls ok",
            "refused, after-tls ok",
            "ignored, tls stopped",
            "accepted-without, tls stopped"
        ]
    );
}

#[tokio::test]
async fn what_a_service_has_no_place_for_is_not_asked() {
    let server = openssl_server(SslVersion::TLS1_2, SslVersion::TLS1_3, |_| ());
    let found = answer(asking("https", "starttls-injection"), server.addr).await;
    assert_eq!(found, "not-asked, no-upgrade");
    let found = answer(asking("xmpp-c2s", "starttls-injection"), server.addr).await;
    assert_eq!(found, "not-asked, no-harmless-command");
}

#[tokio::test]
async fn who_does_not_come_to_tls_is_not_reached() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let rows = asked(asking("smtp", "all"), &closed.to_string()).await;
    assert!(rows.iter().all(|row| told(row) == "not-reached"), "{rows:?}");
    let script = vec![
        say("220 mx.example ESMTP\r\n"),
        expect("EHLO prober.example\r\n"),
        say("250 mx.example\r\n"),
        expect("QUIT\r\n"),
    ];
    let server = ScriptedServer::start(script).expect("a server");
    let rows = asked(asking("smtp", "all"), &server.addr().to_string()).await;
    assert!(rows.iter().all(|row| told(row) == "not-reached"), "{rows:?}");
    assert_eq!(server.connections(), 1);
}

/// Nothing listens there and nothing is sent: it is on the blocklist of a loopback run. What counts is the word.
#[tokio::test]
async fn who_did_not_agree_is_not_asked() {
    let rows = asked(asking("smtp", "all"), "192.0.2.7:25").await;
    assert!(rows.iter().all(|row| told(row) == "not-asked, no-consent"), "{rows:?}");

    // Loopback always agrees, so that somebody else's consent is told by a list without it.
    let server =
        Server::start(vec![], openssl(SslVersion::TLS1_2, SslVersion::TLS1_3, "ALL"), |_| {
            Answer::Serve
        });
    let plan = asking("https", "all");
    plan.blocklist.replace(Blocklist::new(Scope::Loopback));
    let rows = asked(plan, &server.addr.to_string()).await;
    assert!(rows.iter().skip(1).all(|row| row.attempts.len() == 1), "{rows:?}");
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn who_is_blocked_after_its_row_is_asked_nothing_more() {
    let context = openssl(SslVersion::TLS1_2, SslVersion::TLS1_3, "ALL");
    let server = Server::start(vec![], context, |_| Answer::Serve);
    let mut plan = asking("https", "all");
    // Long enough for the list to be replaced between the row and the first question.
    plan.limits = Limits { host: Some(1.0), ..Limits::UNLIMITED };
    let live = plan.blocklist.clone();
    let mut list = Blocklist::new(Scope::Loopback);
    list.block("127.0.0.0/8".parse().expect("a prefix"), "asked us to stop");
    let replacing = async {
        while server.seen().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        live.replace(list);
    };
    let addr = server.addr.to_string();
    let (rows, ()) = tokio::join!(asked(plan, &addr), replacing);
    let (first, others) = rows.split_first().expect("a row per question");
    assert_eq!(told(first), "not-asked, no-upgrade");
    assert!(others.iter().all(|row| told(row) == "not-asked, blocked"), "{rows:?}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_host_s_share_of_connections_and_the_spacing_hold() {
    let visits = Arc::new(AtomicUsize::new(0));
    let counted = visits.clone();
    let context = openssl(SslVersion::TLS1_2, SslVersion::TLS1_3, "ALL");
    let server = Server::start(vec![], context, move |_| {
        counted.fetch_add(1, Relaxed);
        Answer::Serve
    });
    let mut plan = asking("https", "all");
    plan.limits.host_budget = Some(3);
    if let Some(how) = &mut plan.intrusive {
        how.spacing = Duration::from_millis(150);
    }
    let began = std::time::Instant::now();
    let rows = asked(plan, &server.addr.to_string()).await;
    assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
    let found: Vec<String> = rows.iter().map(told).collect();
    assert_eq!(
        found,
        [
            "not-asked, no-upgrade",
            "refused, after-tls ok",
            "inappropriate-fallback, tls alert",
            "not-asked, over-budget"
        ]
    );
    assert_eq!(visits.load(Relaxed), 3);
}

#[tokio::test]
async fn an_irc_server_that_ignores_cap_is_upgraded_all_the_same() {
    let config = pki(rustls::ALL_VERSIONS).config;
    let plain = vec![
        say(":irc.example NOTICE * :*** Looking up your hostname\r\n"),
        expect("CAP LS 302\r\n"),
        expect("STARTTLS\r\n"),
        say(":irc.example 670 * :go ahead\r\n"),
    ];
    let inside = vec![
        expect("CAP LS 302\r\n"),
        say(":irc.example CAP * LS :sasl\r\n"),
        expect("QUIT\r\n"),
        say("ERROR :bye\r\n"),
    ];
    let addr = serve(config, plain, inside);
    let probed = rows(plan("irc"), &addr.to_string()).await.remove(0);
    assert_eq!(end(&probed.row), "after-tls ok", "{:?}", probed.row);
    assert!(probed.row.tls_completed);
    let waited = Duration::from_micros(probed.row.capabilities_us.expect("a phase"));
    assert!(waited >= plan("irc").timeouts.silence, "{waited:?}");
}

#[tokio::test]
async fn nobody_is_asked_unless_the_plan_says_so() {
    let addr = serve(pki(rustls::ALL_VERSIONS).config, smtp_plain(), smtp_inside());
    let probed = rows(plan("smtp"), &addr.to_string()).await.remove(0);
    assert_eq!(probed.capabilities, []);
}
