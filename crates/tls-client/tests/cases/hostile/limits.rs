//! What a client holds: while all is well, and whatever a server does.

use allocation_counter::AllocationInfo;
use allocation_counter::measure;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Step;

use super::checked;
use super::client;
use super::table;
use crate::support::scripted::Mode;
use crate::support::scripted::ScriptedServer;

/// Allocations of a client that hears what another one with the same keys and randoms heard.
pub(super) fn replayed(client: impl Fn() -> Client, said: &[u8]) -> AllocationInfo {
    measure(|| {
        let mut client = client();
        let mut sent = Vec::new();
        client.poll(&mut sent);
        for piece in said.chunks(PIECE) {
            sent.clear();
            client.receive(piece);
            client.poll(&mut sent);
            client.take_plaintext();
        }
        let over = client.poll(&mut sent) == Step::Done;
        assert!(over || client.outcome().is_none_or(|outcome| outcome.word() == "completed"));
    })
}

#[test]
fn an_honest_server_costs_little_memory() {
    let keys = KeyShares::generate();
    for mode in Mode::ALL {
        let server = ScriptedServer::new(mode, mode.honest());
        let (meeting, _) = checked("honest", &keys, server);
        let most = replayed(|| client(&keys), &meeting.said).bytes_max;
        assert!(most <= HONEST_BYTES, "{mode:?}: {most} bytes");
    }
}

#[test]
fn no_misbehaviour_makes_us_hold_more_than_the_limit() {
    let keys = KeyShares::generate();
    for (what, server, _) in table::all() {
        let (meeting, _) = checked(what, &keys, server());
        let most = replayed(|| client(&keys), &meeting.said).bytes_max;
        let limit = if what.ends_with("brotli") { BROTLI_BYTES } else { HOSTILE_BYTES };
        assert!(most <= limit, "{what}: {most} bytes");
    }
}

/// What the driver reads at once.
const PIECE: usize = 1 << 12;
/// Of a handshake with a chain of one certificate.
const HONEST_BYTES: u64 = 16 << 10;
/// A chain of 30 thousand empty certificates as a list that grew by doubling; nothing else comes near.
const HOSTILE_BYTES: u64 = 2 << 20;
/// The window of the packer's choice, for as long as it takes to unpack one certificate message.
const BROTLI_BYTES: u64 = 17 << 20;
