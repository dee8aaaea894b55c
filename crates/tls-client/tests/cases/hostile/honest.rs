//! The scripted server as long as it behaves: what its lies are told from.

use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;

use super::client;
use super::ends;
use crate::support::NAME;
use crate::support::SEED;
use crate::support::scripted::Act;
use crate::support::scripted::Mode;
use crate::support::scripted::ScriptedServer;
use crate::support::scripted::meet;
use crate::support::scripted::offer;

#[test]
fn an_honest_script_completes() {
    for mode in Mode::ALL {
        let mut server = ScriptedServer::new(mode, mode.honest());
        let meeting = meet(client(&KeyShares::generate()), &mut server, usize::MAX);
        let outcome = meeting.client.outcome().unwrap().to_string();
        assert_eq!(outcome, "completed", "{mode:?}");
        assert_eq!(meeting.client.observer().choice().unwrap().version, mode.version());
        assert_eq!(meeting.client.end().unwrap().word(), "closed", "{mode:?}");
    }
    let script = [vec![Act::Retry(Vec::new()), Act::Await], Mode::Tls13.honest()].concat();
    let meeting = meet(
        client(&KeyShares::generate()),
        &mut ScriptedServer::new(Mode::Tls13, script),
        usize::MAX,
    );
    assert_eq!(meeting.client.outcome().unwrap().to_string(), "completed");
}

#[test]
fn an_honest_script_resumes() {
    let keys = KeyShares::generate();
    for mode in Mode::ALL {
        let first = Client::seeded(&offer(), Some(NAME), &keys, SEED).remembering();
        let mut server = ScriptedServer::new(mode, mode.rememberable());
        let meeting = meet(first, &mut server, usize::MAX);
        let session = &meeting.client.sessions()[0];
        let client = Client::seeded_resuming(&offer(), Some(NAME), &keys, session, SEED);
        let mut server = ScriptedServer::resuming(mode, server.master());
        let meeting = meet(client, &mut server, usize::MAX);
        assert_eq!(ends(&meeting.client), "completed, closed", "{mode:?}");
        let resumed = mode != Mode::Tls13;
        assert_eq!(meeting.client.observer().resumed(), Some(resumed), "{mode:?}");
    }
}
