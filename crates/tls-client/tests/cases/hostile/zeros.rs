//! Servers of TLS 1.3 that agree on a secret with a zero before it, and keep it, or leave it off as Java did for years
//! (JDK-8328046).

use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Profile;
use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::AlertLevel;
use tlscensus_tls_wire::registry::ContentType;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;

use super::check_limits;
use super::ends;
use crate::support::NAME;
use crate::support::SEED;
use crate::support::scripted::Act;
use crate::support::scripted::Meeting;
use crate::support::scripted::Mode;
use crate::support::scripted::ScriptedServer;
use crate::support::scripted::Zero;
use crate::support::scripted::meet;
use crate::support::scripted::offer;

const GROUP: NamedGroup = NamedGroup::FFDHE2048;

/// What comes of a server that keeps the zero or leaves it off, with other acts behind its hello.
fn met(zero: Zero, behind_hello: Option<Vec<Act>>) -> Meeting {
    let profile = Profile { groups: vec![GROUP].into(), key_shares: vec![GROUP].into(), ..offer() };
    let client = Client::seeded(&profile, Some(NAME), &KeyShares::generate(), SEED);
    let mut script = Mode::Tls13.honest();
    if let Some(acts) = behind_hello {
        script.truncate(1);
        script.extend(acts);
    }
    let mut server = ScriptedServer::in_field(script, zero);
    let meeting = meet(client, &mut server, usize::MAX);
    check_limits(&format!("{zero:?}"), &meeting);
    meeting
}

#[test]
fn a_zero_that_is_kept_or_left_off_completes() {
    let keys = KeyShares::generate();
    let (_, honest) =
        super::checked("X25519", &keys, ScriptedServer::new(Mode::Tls13, Mode::Tls13.honest()));
    for zero in [Zero::Kept, Zero::LeftOff] {
        let Meeting { client, .. } = met(zero, None);
        assert_eq!(ends(&client), honest, "{zero:?}");
        assert!(client.observer().established(), "{zero:?}");
        assert_eq!(client.observer().key_exchange().unwrap().group, Some(GROUP));
    }
}

#[test]
fn what_else_comes_first_is_what_it_is_under_either_reading() {
    let alert = Alert { level: AlertLevel::FATAL, description: AlertDescription::INTERNAL_ERROR };
    let acts: [(&str, Act, &str); 4] = [
        ("an alert", Act::alert(alert), "alert: fatal internal_error after server_hello"),
        (
            "padding alone",
            Act::Inner(ContentType::APPLICATION_DATA, vec![0; 100]),
            "malformed: illegal record without a content type",
        ),
        ("another message", Act::say(HandshakeType::FINISHED), "wrong-order: finished"),
        (
            "a record under other keys",
            Act::Clear(ContentType::APPLICATION_DATA, vec![0xaa; 100]),
            "bad-finished",
        ),
    ];
    for (what, act, expected) in acts {
        for zero in [Zero::Kept, Zero::LeftOff] {
            let Meeting { client, .. } = met(zero, Some(vec![act.clone()]));
            assert_eq!(ends(&client), expected, "{what} {zero:?}");
        }
    }
}
