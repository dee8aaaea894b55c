//! Real clients with real servers: the monitor finds every session, and says of it what the client says.

use sha2::Digest;
use sha2::Sha256;
use tlscensus_records::FlowRow;
use tlscensus_records::Presence;
use tlscensus_records::StarttlsState;
use tlscensus_testkit::sessions;
use tlscensus_testkit::sessions::Session;

use crate::watch;
use crate::watch::say;
use crate::watch::skip;

#[test]
fn every_session_is_found_as_its_client_says_it_was() {
    let watched = match sessions::watch() {
        Ok(watched) => watched,
        Err(missing) if missing.is_missing() => return skip(&missing.to_string()),
        Err(error) => panic!("{error}"),
    };
    let run = watch::over(&watched.capture);
    run.ended.unwrap();
    let certificate: String =
        Sha256::digest(&watched.certificate).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut rows = run.rows;
    // Sessions were held one after the other.
    rows.sort_by_key(|row| row.started_at);
    let found = rows.iter().map(|row| (row.protocol.as_ref(), row.server_port));
    let held = watched.sessions.iter().map(|held| (held.service, held.server.port()));
    assert_eq!(found.collect::<Vec<_>>(), held.collect::<Vec<_>>());
    for (row, session) in rows.iter().zip(&watched.sessions) {
        check(row, session, &certificate);
    }
    let versions =
        |version| rows.iter().filter(|row| row.tls.version.as_deref() == version).count();
    let (new, old) = (versions(Some("TLS 1.3")), versions(Some("TLS 1.2")));
    assert!(new >= 13 && old >= 13, "{new} {old}");
    say(&format!("{} sessions: {new} of TLS 1.3, {old} of TLS 1.2", rows.len()));
}

fn check(row: &FlowRow, session: &Session, certificate: &str) {
    let context = format!("{session:#?}\n{row:#?}");
    assert_eq!(row.server_addr, session.server.ip().to_string(), "{context}");
    assert!(row.tls_seen_established && !row.off_port && !row.midstream, "{context}");
    assert_eq!((row.missed_client, row.missed_server), (0, 0), "{context}");
    assert_eq!(row.tls.version.as_deref(), session.version.as_deref(), "{context}");
    for (ours, theirs) in [(&row.tls.suite, &session.suite), (&row.tls.group, &session.group)] {
        if theirs.is_some() {
            assert_eq!(ours.as_deref(), theirs.as_deref(), "{context}");
        }
    }
    assert_eq!(row.tls.sni.as_deref(), Some(session.name), "{context}");
    let chain = row
        .server_sent
        .chain
        .as_deref()
        .map(|chain| chain.iter().map(ToString::to_string).collect::<Vec<_>>());
    if row.tls.version.as_deref() == Some("TLS 1.3") {
        assert_eq!((row.server_sent.chain_seen, chain), (Presence::Hidden, None), "{context}");
    } else {
        let expected = Some(vec![certificate.to_owned()]);
        assert_eq!((row.server_sent.chain_seen, chain), (Presence::Seen, expected), "{context}");
    }
    check_dialogue(row, session, &context);
}

/// The conversation before TLS, as the servers' configurations have it.
fn check_dialogue(row: &FlowRow, session: &Session, context: &str) {
    let Some((_, offer, mechanisms)) =
        UPGRADES.iter().find(|(service, ..)| *service == session.service)
    else {
        let states = (row.mode.as_ref(), row.dialog.starttls_state);
        assert_eq!(states, ("implicit", StarttlsState::Unasked), "{context}");
        assert_eq!(row.dialog.mechanisms_before, None, "{context}");
        return;
    };
    let states = (row.mode.as_ref(), row.dialog.starttls_state);
    assert_eq!(states, ("starttls", StarttlsState::Upgraded), "{context}");
    let asked = !SILENT.contains(&(session.service, session.client));
    let offered = row.dialog.starttls_offer.map(|offer| offer.word());
    assert_eq!(offered, asked.then_some(*offer), "{context}");
    let mechanisms = asked.then(|| mechanisms.iter().map(|&name| name.to_owned()).collect());
    assert_eq!(row.dialog.mechanisms_before, mechanisms, "{context}");
}

/// Services that are upgraded: what the server offers before TLS. Postfix has `smtpd_tls_auth_only`, Dovecot does not offer PLAIN
/// and LOGIN before TLS (`disable_plaintext_auth`), Prosody requires encryption first, InspIRCd has no services for SASL.
const UPGRADES: [(&str, &str, &[&str]); 7] = [
    ("smtp", "yes", &[]),
    ("submission", "yes", &[]),
    ("imap", "yes", &["CRAM-MD5"]),
    ("pop3", "yes", &["CRAM-MD5"]),
    ("irc", "yes", &[]),
    ("xmpp-c2s", "required", &[]),
    ("xmpp-s2s", "required", &[]),
];

/// Clients that ask for the upgrade without asking what there is.
const SILENT: [(&str, &str); 3] = [("pop3", "openssl"), ("pop3", "gnutls-cli"), ("irc", "openssl")];
