//! The scripted server as long as it behaves: what its lies are told from.

use tlscensus_tls_client::KeyShares;

use super::client;
use crate::support::scripted::Act;
use crate::support::scripted::Mode;
use crate::support::scripted::ScriptedServer;
use crate::support::scripted::meet;

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
