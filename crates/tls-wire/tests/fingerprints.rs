//! Fingerprints of recorded hellos against those that other programs computed.

use std::path::Path;

use tlscensus_tls_wire::codec::Codec;
use tlscensus_tls_wire::fingerprint::ja3;
use tlscensus_tls_wire::handshake::ClientHello;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Protection;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::registry::HandshakeType;

use crate::transcript;

#[test]
fn recorded_hellos_have_the_fingerprints_that_others_found() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fingerprints.tsv");
    let text = std::fs::read_to_string(path).expect("readable");
    let mut checked = [0, 0, 0];
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let [side, name, found_ja3, found_ja4, hex] = line.split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("five columns: {line}");
        };
        let body = transcript::bytes(hex);
        let mut observer = Observer::new();
        let (side, message) = match side {
            "C" => (Side::Client, HandshakeType::CLIENT_HELLO),
            _ => (Side::Server, HandshakeType::SERVER_HELLO),
        };
        observer.message(side, Protection::Plain, message, &body);
        if side == Side::Server {
            // A wish for another hello has no place among the observer's fingerprints.
            let ja3s = if observer.hello_retry() { None } else { Some(found_ja3) };
            assert_eq!(observer.ja3s().as_deref(), ja3s, "{name}");
            checked[1] += 1;
            continue;
        }
        let hello = ClientHello::decode(&body, "ClientHello").expect("recorded");
        assert_eq!(ja3(&hello), found_ja3, "{name}");
        assert_eq!(observer.ja3().as_deref(), Some(found_ja3), "{name}");
        checked[0] += 1;
        if found_ja4 != "-" {
            assert_eq!(observer.ja4().as_deref(), Some(found_ja4), "{name}");
            checked[2] += 1;
        }
    }
    assert_eq!(checked, [24, 24, 1], "no vector got lost");
}

#[test]
fn who_said_nothing_has_no_fingerprint() {
    let observer = Observer::new();
    assert_eq!((observer.ja3(), observer.ja3s(), observer.ja4()), (None, None, None));
}
