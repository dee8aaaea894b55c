//! Servers that misbehave, each with the name of what comes of it.

mod honest;
mod plain;

use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;

use crate::support::NAME;
use crate::support::SEED;
use crate::support::scripted::offer;

fn client() -> Client {
    Client::seeded(&offer(), Some(NAME), &KeyShares::generate(), SEED)
}
