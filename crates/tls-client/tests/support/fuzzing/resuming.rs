//! A client that takes a session up again, of every mode there is.

use std::sync::OnceLock;

use tlscensus_tls_client::Client;
use tlscensus_tls_client::Session;

use super::super::scripted::Mode;
use super::super::scripted::ScriptedServer;
use super::super::scripted::meet;
use super::super::scripted::offer;
use super::NAME;
use super::SEED;
use super::scripts;
use super::shares;
use super::told;

/// The first byte chooses the session, the second whether the server holds its keys and lies as in `keys`, or says any bytes,
/// cut as the third one wants.
pub(crate) fn resuming(data: &[u8]) {
    let [which, holds_keys, rest @ ..] = data else { return };
    let (mode, session, master) = &known()[usize::from(*which) % known().len()];
    let client = || Client::seeded_resuming(&offer(), Some(NAME), shares(), session, SEED);
    if holds_keys & 1 == 0 {
        let server = || ScriptedServer::resuming(*mode, master.clone());
        return scripts::lied_to(|| (client(), server()), rest);
    }
    let [size, said @ ..] = rest else { return };
    let whole = told(client(), std::iter::once(said));
    let pieces = told(client(), said.chunks(usize::from(*size) + 1));
    assert!(whole == pieces, "the split was seen: {whole:?} {pieces:?}");
}

/// A session, and the master secret that the server has of it; none in TLS 1.3, where the server turns the key down.
type Known = (Mode, Session, Option<Vec<u8>>);

fn known() -> &'static [Known] {
    static KNOWN: OnceLock<Vec<Known>> = OnceLock::new();
    KNOWN.get_or_init(|| Mode::ALL.into_iter().flat_map(sessions).collect())
}

/// What an honest server of this mode gives to take up again.
fn sessions(mode: Mode) -> Vec<Known> {
    let client = Client::seeded(&offer(), Some(NAME), shares(), SEED).remembering();
    let mut server = ScriptedServer::new(mode, mode.rememberable());
    let meeting = meet(client, &mut server, usize::MAX);
    let sessions = meeting.client.sessions();
    assert!(!sessions.is_empty(), "{mode:?} leaves no session");
    sessions.iter().map(|session| (mode, session.clone(), server.master())).collect()
}
