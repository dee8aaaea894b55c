//! Whole probes against TLS by rustls.

use std::io::Write;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::ServerConnection;
use rustls::StreamOwned;
use rustls::pki_types::PrivateKeyDer;

use tlscensus_records::Presence;
use tlscensus_records::ProbeRow;
use tlscensus_records::SignatureCheck;
use tlscensus_records::Speaks;
use tlscensus_records::StarttlsState;
use tlscensus_testkit::scripted::Act;
use tlscensus_testkit::scripted::Stage;
use tlscensus_testkit::scripted::expect;
use tlscensus_testkit::scripted::say;

use crate::support::end;
use crate::support::plan;
use crate::support::row;
use crate::support::rows;

pub(crate) struct Pki {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) der: Vec<u8>,
}

pub(crate) fn pki(versions: &[&'static rustls::SupportedProtocolVersion]) -> Pki {
    let made =
        rcgen::generate_simple_self_signed(["mx.example".to_owned()]).expect("a certificate");
    let der = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![der.clone()], key)
        .expect("a key that fits");
    Pki { config: Arc::new(config), der: der.to_vec() }
}

/// Plays one script in plaintext and one inside TLS, with everyone.
pub(crate) fn serve(config: Arc<ServerConfig>, plain: Vec<Act>, inside: Vec<Act>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // clients that leave early are part of some tests
            let _ = visit(stream, config.clone(), &plain, &inside);
        }
    });
    addr
}

fn visit(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    plain: &[Act],
    inside: &[Act],
) -> std::io::Result<()> {
    let mut stage = Stage::new(stream);
    stage.play(plain)?;
    let (stream, _) = stage.into_parts();
    let tls = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut stage = Stage::new(StreamOwned::new(tls, stream));
    stage.play(inside)?;
    let (mut stream, _) = stage.into_parts();
    stream.conn.send_close_notify();
    stream.flush()
}

pub(crate) fn smtp_plain() -> Vec<Act> {
    vec![
        say("220 mx.example ESMTP\r\n"),
        expect("EHLO prober.example\r\n"),
        say("250-mx.example\r\n250-STARTTLS\r\n250 AUTH CRAM-MD5\r\n"),
        expect("STARTTLS\r\n"),
        say("220 go ahead\r\n"),
    ]
}

pub(crate) fn smtp_inside() -> Vec<Act> {
    vec![
        expect("EHLO prober.example\r\n"),
        say("250-mx.example\r\n250 AUTH PLAIN LOGIN\r\n"),
        expect("QUIT\r\n"),
        say("221 bye\r\n"),
    ]
}

async fn probe(service: &str, target: &str) -> (ProbeRow, Vec<Arc<[u8]>>) {
    let mut probed = rows(plan(service), target).await;
    let probed = probed.remove(0);
    (probed.row, probed.chain)
}

#[tokio::test]
async fn a_ticket_that_comes_behind_the_farewell_is_heard() {
    let pki = pki(&[&rustls::version::TLS13]);
    let addr = serve(pki.config, vec![], vec![Act::Hold]);
    let mut plan = plan("https");
    plan.timeouts.farewell = Duration::from_secs(2);
    let row = row(plan, addr).await;
    assert_eq!(end(&row), "after-tls ok");
    assert!(row.tls.tickets_count > Some(0), "{:?}", row.tls.history);
    let name = row.tls.ticket_key_name.expect("a name");
    assert!(name.len() == 32 && name.chars().all(|digit| digit.is_ascii_hexdigit()), "{name}");
}

#[tokio::test]
async fn smtp_is_upgraded_and_asked_again_inside() {
    for (version, name) in
        [(&rustls::version::TLS12, "TLS 1.2"), (&rustls::version::TLS13, "TLS 1.3")]
    {
        let pki = pki(&[version]);
        let addr = serve(pki.config, smtp_plain(), smtp_inside());
        let (row, chain) = probe("smtp", &addr.to_string()).await;
        assert_eq!(end(&row), "after-tls ok", "{row:?}");
        assert_eq!(row.dialog.starttls_state, StarttlsState::Upgraded);
        assert!(row.tls_completed && row.tls_established);
        assert_eq!(row.tls.version.as_deref(), Some(name));
        assert_eq!(row.dialog.mechanisms_before, Some(vec!["CRAM-MD5".to_owned()]));
        assert_eq!(row.mechanisms_after, Some(vec!["PLAIN".to_owned(), "LOGIN".to_owned()]));
        assert_eq!(row.tls_signature_check, Some(SignatureCheck::Valid));
        assert_eq!(row.server_sent.chain_seen, Presence::Seen);
        assert_eq!(row.server_sent.chain.as_ref().map(Vec::len), Some(1));
        assert_eq!(chain.iter().map(|der| der.to_vec()).collect::<Vec<_>>(), [pki.der]);
        assert_eq!(row.tls_offered_profile.as_deref(), Some("modern"));
        assert_eq!(row.tls.sni, None, "probed by address");
        assert!(row.server_sent.flight_server.is_some() && row.flight_client.is_some());
        assert_eq!(row.attempts.len(), 1);
        for phase in
            [row.connect_us, row.greeting_us, row.starttls_us, row.tls_us, row.after_tls_us]
        {
            assert!(phase.is_some(), "{row:?}");
        }
        let phases = [row.greeting_us, row.capabilities_us, row.tls_us, row.after_tls_us];
        assert!(phases.iter().flatten().sum::<u64>() <= row.duration_us);
    }
}

#[tokio::test]
async fn imaps_is_spoken_inside_tls_from_the_first_byte() {
    let pki = pki(rustls::ALL_VERSIONS);
    let inside = vec![
        say("* OK hello\r\n"),
        expect("CAPABILITY\r\n"),
        say("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"),
        Act::Pause(Duration::from_millis(1)),
        say("a1 OK done\r\n"),
        Act::Hold,
    ];
    let addr = serve(pki.config, vec![], inside);
    let target = format!("mx.example {addr}");
    let (row, _) = probe("imaps", &target).await;
    assert_eq!(row.tls.version.as_deref(), Some("TLS 1.3"), "{row:?}");
    assert_eq!(row.speaks_protocol, Speaks::Yes);
    assert_eq!(row.tls.sni.as_deref(), Some("mx.example"));
    assert_eq!(row.dialog.starttls_state, StarttlsState::Unasked);
    assert_eq!(row.dialog.capabilities_before_seen, Presence::Unasked);
    assert_eq!(row.dialog.greeting.as_deref(), Some(r"* OK hello\x0d\x0a"));
}

#[tokio::test]
async fn https_is_a_handshake_and_a_farewell() {
    let pki = pki(rustls::ALL_VERSIONS);
    let addr = serve(pki.config, vec![], vec![Act::Hold]);
    let (row, chain) = probe("https", &addr.to_string()).await;
    assert_eq!(end(&row), "after-tls ok", "{row:?}");
    assert_eq!((row.speaks_protocol, row.tls_completed), (Speaks::Yes, true));
    assert_eq!((row.dialog.greeting_seen, chain.len()), (Presence::Unasked, 1));
}

#[tokio::test]
async fn an_offer_that_is_turned_down_is_followed_by_the_next() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("bound");
    let pki = pki(&[&rustls::version::TLS12]);
    thread::spawn(move || {
        let refusal = vec![expect([22, 3, 1]), say([21, 3, 3, 0, 2, 2, 40])];
        for (visitor, stream) in listener.incoming().flatten().enumerate() {
            let _ = match visitor {
                0 => Stage::new(stream).play(&refusal).map(|_| ()),
                _ => visit(stream, pki.config.clone(), &[], &[Act::Hold]),
            };
        }
    });
    let (row, _) = probe("https", &addr.to_string()).await;
    assert_eq!(end(&row), "after-tls ok", "{row:?}");
    assert_eq!(row.tls_offered_profile.as_deref(), Some("legacy"));
    assert_eq!(row.counted_attempt, Some(1));
    let first = row.attempts.first().expect("two attempts");
    assert_eq!((first.phase.word(), first.outcome.word()), ("tls", "alert"));
    assert!(first.detail.as_deref().is_some_and(|d| d.contains("handshake_failure")), "{first:?}");
}

#[tokio::test]
async fn what_fails_inside_tls_keeps_the_handshake() {
    let pki = pki(rustls::ALL_VERSIONS);
    let addr = serve(pki.config, smtp_plain(), vec![expect("EHLO")]);
    let (row, chain) = probe("smtp", &addr.to_string()).await;
    assert_eq!(end(&row), "after-tls closed", "{row:?}");
    assert_eq!((row.dialog.starttls_state, chain.len()), (StarttlsState::Upgraded, 1));
    assert_eq!(row.capabilities_after_seen, Presence::Unreached);
}
