//! What has no effect is borne with, but not for ever; what nobody can vouch for is heard, but not believed.

use rustls::version::TLS12;
use rustls::version::TLS13;
use tlscensus_tls_client::Client;

use crate::support::Server;
use crate::support::certificates::Kind;
use crate::support::exchange;
use crate::support::modern_client;
use crate::support::rustls_server::Options;
use crate::support::rustls_server::RustlsServer;

const HELLO_REQUEST: &[u8] = b"\x16\x03\x03\0\x04\0\0\0\0";
const EMPTY_HANDSHAKE: &[u8] = b"\x16\x03\x03\0\0";
const EMPTY_DATA: &[u8] = b"\x17\x03\x03\0\0";
const CHANGE_CIPHER_SPEC: &[u8] = b"\x14\x03\x03\0\x01\x01";
const ALERT: &[u8] = b"\x15\x03\x03\0\x02\x02\x28";

#[test]
fn what_has_no_effect_is_counted() {
    for record in [HELLO_REQUEST, EMPTY_HANDSHAKE, EMPTY_DATA] {
        for (count, expected) in [(32, None), (33, Some("over-bytes"))] {
            let mut client = modern_client();
            client.receive(&record.repeat(count));
            assert_eq!(client.outcome().map(|outcome| outcome.word()), expected, "{record:?}");
        }
    }
}

/// A completed handshake.
fn established(version: &'static rustls::SupportedProtocolVersion) -> Client {
    let mut server = RustlsServer::new(&Options::new(Kind::P256, version));
    let mut client = modern_client();
    exchange(&mut client, &mut server);
    assert!(server.established());
    client
}

#[test]
fn after_the_handshake_nothing_comes_in_the_clear() {
    for record in [CHANGE_CIPHER_SPEC, ALERT] {
        let mut client = established(&TLS13);
        client.receive(record);
        assert_eq!(client.end().unwrap().word(), "wrong-order", "{record:?}");
    }
    let mut client = established(&TLS12);
    client.receive(ALERT);
    assert_eq!(client.end().unwrap().word(), "bad-finished");
}

#[test]
fn an_alert_in_the_clear_is_heard_and_not_believed() {
    let mut server = RustlsServer::new(&Options::new(Kind::P256, &TLS13));
    let mut client = modern_client();
    let mut hello = Vec::new();
    client.poll(&mut hello);
    server.receive(&hello);
    let flight = server.output();
    let server_hello = 5 + usize::from(u16::from_be_bytes([flight[3], flight[4]]));
    client.receive(&flight[..server_hello]);
    client.receive(ALERT);
    let outcome = client.outcome().unwrap().to_string();
    assert_eq!(outcome, "wrong-order: encrypted_extensions");
    let heard = client.observer().alerts()[0].alert.to_string();
    assert_eq!(heard, "fatal handshake_failure");
}
