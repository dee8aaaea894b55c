//! Application settings (draft-vvv-tls-alps): who takes them up hears ours before the Finished, and who does not, nothing.

use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Profile;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::HandshakeType;

use crate::support::NAME;
use crate::support::profile;
use crate::support::scripted::Act;
use crate::support::scripted::Mode;
use crate::support::scripted::ScriptedServer;
use crate::support::scripted::meet;

/// A frame of SETTINGS, as servers put it there.
const SETTINGS: &[u8] = &[0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100];
/// The one extension with nothing in it.
const NONE_OF_OURS: &[u8] = &[0, 4, 0x44, 0xcd, 0, 0];

/// What the client said behind the server's Finished.
fn last_flight(profile: &Profile, takes_up: bool, asks: bool) -> Vec<(HandshakeType, Vec<u8>)> {
    let mut script = Mode::Tls13.honest();
    if asks {
        script.insert(2, Act::say(HandshakeType::CERTIFICATE_REQUEST));
    }
    let mut server = ScriptedServer::new(Mode::Tls13, script);
    if takes_up {
        let code = ExtensionType::APPLICATION_SETTINGS;
        server.extensions.push((HandshakeType::ENCRYPTED_EXTENSIONS, code, SETTINGS.to_vec()));
    }
    let client = Client::new(profile, Some(NAME), &KeyShares::generate());
    let meeting = meet(client, &mut server, usize::MAX);
    assert_eq!(meeting.client.outcome().map(ToString::to_string).as_deref(), Some("completed"));
    let (messages, finished_is_right) = server.last_flight();
    assert!(finished_is_right, "{messages:?}");
    messages
}

#[test]
fn who_takes_up_settings_hears_ours() {
    let kinds = |flight: Vec<(HandshakeType, Vec<u8>)>| -> Vec<HandshakeType> {
        flight.into_iter().map(|(kind, _)| kind).collect()
    };
    let chrome = profile("chrome-like");
    let flight = last_flight(chrome, true, false);
    assert_eq!(flight.first().map(|(_, body)| body.as_slice()), Some(NONE_OF_OURS));
    use HandshakeType as Is;
    assert_eq!(kinds(flight), [Is::ENCRYPTED_EXTENSIONS, Is::FINISHED]);
    let before_certificate = [Is::ENCRYPTED_EXTENSIONS, Is::CERTIFICATE, Is::FINISHED];
    assert_eq!(kinds(last_flight(chrome, true, true)), before_certificate);
    assert_eq!(kinds(last_flight(chrome, false, false)), [Is::FINISHED]);
}

#[test]
fn settings_that_were_not_offered_are_not_answered() {
    let mut server = ScriptedServer::new(Mode::Tls13, Mode::Tls13.honest());
    let code = ExtensionType::APPLICATION_SETTINGS;
    server.extensions.push((HandshakeType::ENCRYPTED_EXTENSIONS, code, SETTINGS.to_vec()));
    let client = Client::new(profile("modern"), Some(NAME), &KeyShares::generate());
    let meeting = meet(client, &mut server, usize::MAX);
    let outcome = meeting.client.outcome().unwrap().to_string();
    assert_eq!(outcome, "malformed: illegal extension that was not offered");
}
