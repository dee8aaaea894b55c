//! The same recordings without keys: what encryption hides is hidden, not absent.

use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Presence;
use tlscensus_tls_wire::observer::Protection;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::registry::ContentType;

use crate::transcript;
use crate::transcript::Line;

/// What an observer without keys knows at the end.
fn watched(lines: &[Line]) -> Observer {
    let mut observer = Observer::new();
    for line in lines {
        let open = line.protection == Protection::Plain
            || line.content_type == ContentType::CHANGE_CIPHER_SPEC;
        if open { line.tell(&mut observer) } else { observer.unopened(line.side) }
    }
    observer
}

#[test]
fn before_tls13_the_chain_is_seen_and_after_it_hidden() {
    for (name, lines) in transcript::all() {
        let with_keys = transcript::observed(&lines);
        let without = watched(&lines);
        assert_eq!(without.choice(), with_keys.choice(), "{name}");
        assert_eq!(without.offer(), with_keys.offer(), "{name}");
        assert!(!without.established(), "{name}");
        if name.starts_with("tls13") || name == "rfc8448-1rtt" {
            for presence in [
                without.certificate_presence(),
                without.certificate_request_presence(),
                without.encrypted_extensions_presence(),
                without.tickets_presence(),
            ] {
                assert_eq!(presence, Presence::Hidden, "{name}");
            }
            assert_eq!(without.chain(), None);
            assert!(without.unopened_records(Side::Server) > 0);
        } else if name != "rfc8448-retry" {
            assert_eq!(without.chain(), with_keys.chain(), "{name}");
            assert_eq!(without.certificate_presence(), with_keys.certificate_presence(), "{name}");
            assert_eq!(without.tickets(), with_keys.tickets(), "{name}");
            assert_eq!(without.resumed(), with_keys.resumed(), "{name}");
            assert_eq!(without.ocsp_presence(), with_keys.ocsp_presence(), "{name}");
        }
    }
}

#[test]
fn histories_show_where_sight_ends() {
    for (name, history) in [
        ("tls13-ecdsa-alpn-ocsp", "CsidIDdD"),
        ("tls12-ecdhe-rsa-ticket", "CsxknGIDtidD"),
        ("tls12-resumed-ticket", "CsidID"),
        ("no-common-suite", "Cl"),
    ] {
        assert_eq!(watched(&transcript::named(name)).history(), history, "{name}");
    }
}

#[test]
fn a_conversation_cut_anywhere_is_never_more_than_the_whole() {
    for (name, lines) in transcript::all() {
        let whole = transcript::observed(&lines);
        for end in 0..lines.len() {
            let part = transcript::observed(&lines[..end]);
            assert!(whole.history().starts_with(part.history()), "{name}");
            if part.choice().is_some() {
                assert_eq!(part.choice(), whole.choice(), "{name}");
            } else {
                assert_eq!(part.certificate_presence(), Presence::Unreached, "{name} at {end}");
            }
            if part.certificate_presence() == Presence::Seen {
                assert_eq!(part.chain(), whole.chain(), "{name}");
            }
            if part.certificate_presence() == Presence::Absent {
                assert_eq!(whole.chain(), None, "{name} at {end}");
            }
        }
    }
}
