//! A handshake's facts into a row's columns.

use std::fmt::Write;
use std::sync::Arc;

use tlscensus_certs::Sha256;
use tlscensus_tls_wire::handshake::Downgrade;
use tlscensus_tls_wire::observer;
use tlscensus_tls_wire::observer::AlertSeen;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::observer::Unchecked;

use crate::column::Bytes;
use crate::probe_row::ProbeRow;
use crate::probe_row::SignatureCheck;
use crate::seen::Presence;
use crate::text::escape;

impl ProbeRow {
    /// Takes over what the counted attempt's handshake told; [`conclude`](Self::conclude) follows.
    pub fn fill_tls(&mut self, observer: &Observer) {
        self.tls_sni = observer.offer().and_then(|offer| offer.server_name().map(escape));
        self.tls_version_seen = version_presence(observer);
        self.fill_choice(observer);
        self.fill_key_exchange(observer);
        self.fill_beside(observer);
        self.tls_alerts = observer.alerts().iter().map(alert_text).collect();
        self.tls_history =
            Some(observer.history()).filter(|history| !history.is_empty()).map(str::to_owned);
        self.tls_established = observer.established();
        let hash = |chain: &[Arc<[u8]>]| chain.iter().map(|der| Sha256::of(der)).collect();
        self.chain = observer.chain().map(hash);
        self.chain_seen = observer.certificate_presence().into();
        self.flight_server = flight(observer, Side::Server);
        self.flight_client = flight(observer, Side::Client);
        self.flight_truncated = self.tls_history.as_ref().map(|_| {
            observer.flight_truncated(Side::Server) || observer.flight_truncated(Side::Client)
        });
    }

    fn fill_choice(&mut self, observer: &Observer) {
        let answered = observer.choice().is_some() || observer.hello_retry();
        self.tls_hello_retry = answered.then(|| observer.hello_retry());
        self.tls_session_resumed = observer.resumed();
        self.tls_alpn = observer.alpn().map(escape);
        let Some(choice) = observer.choice() else {
            return;
        };
        self.tls_version = Some(choice.version.to_string());
        self.tls_version_code = Some(choice.version.0);
        self.tls_legacy_version_code = Some(choice.legacy_version.0);
        self.tls_suite = Some(choice.suite.to_string());
        self.tls_suite_code = Some(choice.suite.0);
        self.tls_compression = Some(choice.compression.0);
        self.tls_downgrade_sentinel = choice.downgrade.map(|downgrade| match downgrade {
            Downgrade::FromTls12 => "from-tls12".to_owned(),
            Downgrade::FromTls13 => "from-tls13".to_owned(),
        });
        self.tls_extended_master_secret = Some(choice.extended_master_secret());
        self.tls_encrypt_then_mac = Some(choice.encrypt_then_mac());
        self.tls_renegotiation_info = Some(choice.renegotiation_info().is_some());
        self.tls_heartbeat = choice.heartbeat();
        let extensions = observer.chosen_extension_types().into_iter();
        self.tls_extensions = Some(extensions.map(|kind| kind.0.to_string()).collect());
    }

    fn fill_key_exchange(&mut self, observer: &Observer) {
        let Some(facts) = observer.key_exchange() else {
            return;
        };
        self.tls_key_exchange = facts.word().map(str::to_owned);
        self.tls_group = facts.group.map(|group| group.to_string());
        self.tls_group_code = facts.group.map(|group| group.0);
        self.tls_dh_bits = facts.dh.and_then(|dh| u16::try_from(dh.bits()).ok());
        self.tls_dh_prime_sha256 = facts.dh.map(|dh| Sha256::of(dh.prime));
        self.tls_server_public_sha256 = facts.server_public.map(Sha256::of);
        self.tls_signature_scheme = facts.signature_scheme.map(|scheme| scheme.to_string());
        self.tls_signature_scheme_code = facts.signature_scheme.map(|scheme| scheme.0);
        self.tls_signature_check = facts.signature_check.map(SignatureCheck::from);
    }

    fn fill_beside(&mut self, observer: &Observer) {
        self.tls_ticket_lifetime_s = observer.tickets().first().map(|ticket| ticket.lifetime_s);
        self.tls_ocsp_staple = observer.ocsp_staple().map(|staple| Bytes(staple.to_vec()));
        self.tls_scts_count = match observer.scts_presence() {
            observer::Presence::Seen => u32::try_from(observer.scts().len()).ok(),
            observer::Presence::Absent => Some(0),
            _ => None,
        };
        self.tls_client_certificate_requested = match observer.certificate_request_presence() {
            observer::Presence::Seen => Some(true),
            observer::Presence::Absent => Some(false),
            _ => None,
        };
    }
}

/// Seen: a ServerHello. Absent: the server answered in TLS with something else. Unreached: no answer in TLS.
fn version_presence(observer: &Observer) -> Presence {
    let answered = observer.records(Side::Server) > 0
        || observer.history().contains(|letter: char| letter.is_ascii_lowercase());
    match (observer.choice(), answered) {
        (Some(_), _) => Presence::Seen,
        (None, true) => Presence::Absent,
        (None, false) => Presence::Unreached,
    }
}

fn alert_text(seen: &AlertSeen) -> String {
    let mut text = String::with_capacity(ALERT_TEXT_BYTES);
    // Writing to a string cannot fail.
    let _ = write!(text, "{} {}", seen.side.word(), seen.alert);
    if let Some((side, message)) = seen.after {
        let _ = write!(text, " after {} {message}", side.word());
    }
    text
}

/// Room for most of them: "server warning(1) close_notify(0) after server new_session_ticket" and the like.
const ALERT_TEXT_BYTES: usize = 80;

fn flight(observer: &Observer, side: Side) -> Option<Bytes> {
    let bytes = observer.flight(side);
    (!bytes.is_empty()).then(|| Bytes(bytes.to_vec()))
}

impl From<observer::Presence> for Presence {
    fn from(presence: observer::Presence) -> Self {
        match presence {
            observer::Presence::Seen => Self::Seen,
            observer::Presence::Absent => Self::Absent,
            observer::Presence::Hidden => Self::Hidden,
            observer::Presence::Unreached => Self::Unreached,
            observer::Presence::Unasked => Self::Unasked,
        }
    }
}

impl From<observer::SignatureCheck> for SignatureCheck {
    fn from(check: observer::SignatureCheck) -> Self {
        match check {
            observer::SignatureCheck::Valid => Self::Valid,
            observer::SignatureCheck::Invalid => Self::Invalid,
            observer::SignatureCheck::Unchecked(Unchecked::KeyTooSmall) => {
                Self::UncheckedKeyTooSmall
            }
            observer::SignatureCheck::Unchecked(Unchecked::NoKey) => Self::UncheckedNoKey,
            observer::SignatureCheck::Unchecked(Unchecked::UnsupportedScheme) => {
                Self::UncheckedUnsupportedScheme
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tlscensus_dialog::Service;
    use tlscensus_tls_wire::alert::Alert;
    use tlscensus_tls_wire::observer::Protection;
    use tlscensus_tls_wire::registry::AlertDescription;
    use tlscensus_tls_wire::registry::HandshakeType;

    use super::*;

    /// A ServerHello of TLS 1.2 with ECDHE-RSA-AES128-GCM-SHA256 and renegotiation_info.
    fn server_hello() -> Vec<u8> {
        let mut body = vec![0x03, 0x03];
        body.extend([0x11; 32]);
        body.extend([0x00, 0xc0, 0x2f, 0x00]);
        body.extend([0x00, 0x05, 0xff, 0x01, 0x00, 0x01, 0x00]);
        body
    }

    fn row(feed: impl FnOnce(&mut Observer)) -> ProbeRow {
        let service = Service::from_word("https").expect("a service");
        let mut row = ProbeRow::new("r", "192.0.2.1", service, 443);
        let mut observer = Observer::new();
        feed(&mut observer);
        row.fill_tls(&observer);
        row
    }

    #[test]
    fn a_choice_fills_version_and_suite() {
        let row = row(|observer| {
            let (side, plain) = (Side::Server, Protection::Plain);
            observer.message(side, plain, HandshakeType::SERVER_HELLO, &server_hello());
        });
        assert_eq!(row.tls_version_seen, Presence::Seen);
        assert_eq!(row.tls_version.as_deref(), Some("TLS 1.2"));
        assert_eq!(row.tls_version_code, Some(0x0303));
        assert_eq!(row.tls_suite_code, Some(0xc02f));
        assert_eq!(row.tls_key_exchange.as_deref(), Some("ECDHE"));
        assert_eq!(row.tls_extensions, Some(vec!["65281".to_owned()]));
        assert_eq!(row.tls_renegotiation_info, Some(true));
        assert_eq!(row.tls_history.as_deref(), Some("s"));
        assert_eq!((row.chain, row.chain_seen), (None, Presence::Unreached));
        assert!(!row.tls_established);
    }

    #[test]
    fn an_alert_is_an_answer_without_a_version() {
        let row = row(|observer| {
            let alert = Alert::fatal(AlertDescription::HANDSHAKE_FAILURE);
            observer.alert(Side::Server, Protection::Plain, alert);
        });
        assert_eq!(row.tls_version_seen, Presence::Absent);
        assert_eq!(row.tls_alerts, ["server fatal handshake_failure"]);
        assert_eq!((row.tls_version, row.tls_hello_retry), (None, None));
    }

    #[test]
    fn silence_is_no_answer() {
        let row = row(|_| {});
        assert_eq!(row.tls_version_seen, Presence::Unreached);
        assert_eq!(row.chain_seen, Presence::Unreached);
        assert_eq!((row.tls_history, row.flight_server), (None, None));
        assert_eq!(row.flight_truncated, None);
    }

    #[test]
    fn a_chain_is_named_in_wire_order_even_if_empty() {
        let certificate = |body: &'static [u8]| {
            row(move |observer| {
                let (side, plain) = (Side::Server, Protection::Plain);
                observer.message(side, plain, HandshakeType::SERVER_HELLO, &server_hello());
                observer.message(side, plain, HandshakeType::CERTIFICATE, body);
            })
        };
        let two = certificate(&[0, 0, 9, 0, 0, 1, b'a', 0, 0, 2, b'b', b'c']);
        assert_eq!(two.chain, Some(vec![Sha256::of(b"a"), Sha256::of(b"bc")]));
        let none = certificate(&[0, 0, 0]);
        assert_eq!((none.chain, none.chain_seen), (Some(vec![]), Presence::Seen));
    }
}
