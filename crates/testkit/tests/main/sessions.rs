//! Real clients with real servers: the capture has the sessions that the clients say they held, by tshark's count.

use tlscensus_testkit::sessions;
use tlscensus_testkit::tshark;
use tlscensus_testkit::tshark::NoAnswer;

use crate::skip;

#[test]
fn a_capture_has_every_session_that_a_client_held() {
    let watched = match sessions::watch() {
        Ok(watched) => watched,
        Err(missing) if missing.is_missing() => return skip(&missing.to_string()),
        Err(error) => panic!("{error}"),
    };
    let streams = match tshark::streams(&watched.capture, &[]) {
        Ok(streams) => streams,
        Err(NoAnswer::Missing) => return skip("tshark is not installed"),
        Err(error) => panic!("{error}"),
    };
    for session in &watched.sessions {
        assert!(session.version.is_some(), "{session:#?}");
    }
    // tshark does not follow the upgrade of IRC.
    let mut held = watched.sessions.iter().filter(|session| session.service != "irc");
    let mut found = streams.iter().filter(|stream| stream.server.port() != 6667);
    loop {
        let (session, stream) = match (held.next(), found.next()) {
            (None, None) => break,
            (Some(session), Some(stream)) => (session, stream),
            other => panic!("{other:#?}"),
        };
        assert_eq!(stream.server, session.server, "{session:#?}");
        let version = stream.version.map(|code| format!("TLS 1.{}", code - 0x0301));
        assert_eq!(version, session.version, "{session:#?} {stream:#?}");
    }
}
