//! A piece of a side's first bytes without holes, read as either role's: what does not hang on the role is looked at once.

use super::View;
use super::binary;
use super::client;
use super::server;
use super::votes::Votes;
use super::words::Lines;
use super::words::opens_as_text;
use super::xmpp;
use crate::findings::Foreign;

/// What a piece says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    pub(super) as_client: Votes,
    pub(super) as_server: Votes,
    /// It may yet turn out to be somebody's who has no lines, in either role, or a server's first reply is not whole.
    pub(super) undecided: bool,
}

/// Reads a piece.
pub(super) fn read(bytes: &[u8], view: View) -> Read {
    let bytes = bytes.trim_ascii_start();
    let client = binary::client(bytes, view);
    let server = binary::server(bytes, view);
    let too_little = Some(Votes::too_little());
    let undecided = client == too_little || server == too_little;
    if let Some(stream) = xmpp::read(bytes, view.last) {
        return Read { as_client: stream.as_client, as_server: stream.as_server, undecided };
    }
    if view.whole && !opens_as_text(bytes) {
        let unknown = Votes::not_ours(Foreign::Unknown);
        let (as_client, as_server) = (client.unwrap_or(unknown), server.unwrap_or(unknown));
        return Read { as_client, as_server, undecided };
    }
    let lines = Lines::of(bytes, view.last);
    let as_client = client.unwrap_or_else(|| client::votes(&lines, view.whole));
    let as_server = server.unwrap_or_else(|| server::votes(&lines, view));
    // A reply whose last line is not there yet.
    let begun = view.whole && !lines.is_empty() && as_server == Votes::too_little();
    Read { as_client, as_server, undecided: undecided || begun }
}
