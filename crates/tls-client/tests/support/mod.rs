//! Servers to shake hands with, and the wire between.

pub(crate) mod certificates;
pub(crate) mod dice;
pub(crate) mod enumerating;
pub(crate) mod fuzzing;
pub(crate) mod jsse;
pub(crate) mod model_server;
pub(crate) mod openssl_server;
pub(crate) mod ports;
pub(crate) mod rustls_server;
pub(crate) mod scripted;

use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Profile;
use tlscensus_tls_client::Step;

/// A server over memory.
pub(crate) trait Server {
    /// Bytes of the client, in any split.
    fn receive(&mut self, bytes: &[u8]);
    /// Bytes for the client since the last call.
    fn output(&mut self) -> Vec<u8>;
    /// Sends application data.
    fn send(&mut self, plaintext: &[u8]);
    /// Application data received since the last call.
    fn plaintext(&mut self) -> Vec<u8>;
    /// Sends close_notify.
    fn close(&mut self);
    /// Whether the server thinks the handshake is complete.
    fn established(&self) -> bool;
}

pub(crate) const NAME: &str = "host.example";
pub(crate) const SEED: u64 = 7;

pub(crate) fn profile(name: &str) -> &'static Profile {
    Profile::named(name).unwrap()
}

pub(crate) fn modern_client() -> Client {
    Client::new(profile("modern"), Some(NAME), &KeyShares::generate())
}

/// Carries bytes both ways until neither side has anything to say; gives all that the server said.
pub(crate) fn exchange(client: &mut Client, server: &mut dyn Server) -> Vec<u8> {
    let mut said = Vec::new();
    loop {
        let mut to_server = Vec::new();
        client.poll(&mut to_server);
        server.receive(&to_server);
        let to_client = server.output();
        if to_server.is_empty() && to_client.is_empty() {
            return said;
        }
        client.receive(&to_client);
        said.extend(to_client);
    }
}

/// A whole visit: handshake, data both ways, close from our side.
pub(crate) fn visit(client: &mut Client, server: &mut dyn Server, what: &str) {
    exchange(client, server);
    let outcome = client.outcome().map(ToString::to_string);
    assert_eq!(outcome.as_deref(), Some("completed"), "{what}");
    assert!(server.established(), "{what}");
    assert_eq!(client.poll(&mut Vec::new()), Step::Established, "{what}");

    let question: Vec<u8> = (0..40_000_u32).map(|n| n.to_be_bytes()[3]).collect();
    let mut out = Vec::new();
    client.send(&question, &mut out);
    server.receive(&out);
    exchange(client, server);
    assert!(server.plaintext() == question, "{what}");
    for answer in [b"short".as_slice(), &question] {
        server.send(answer);
        exchange(client, server);
        assert!(client.take_plaintext() == answer, "{what}");
    }

    let mut out = Vec::new();
    client.close(&mut out);
    server.receive(&out);
    exchange(client, server);
    assert_eq!(client.outcome().map(ToString::to_string).as_deref(), Some("completed"));
}
