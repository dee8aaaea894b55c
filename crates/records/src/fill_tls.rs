//! A handshake's facts into a row's columns.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use tlscensus_certs::Sha256;
use tlscensus_certs::hexadecimal;
use tlscensus_certs::scts_in_certificate;
use tlscensus_certs::scts_in_ocsp_response;
use tlscensus_tls_wire::handshake::Downgrade;
use tlscensus_tls_wire::handshake::bit_length;
use tlscensus_tls_wire::observer;
use tlscensus_tls_wire::observer::AlertSeen;
use tlscensus_tls_wire::observer::KeyExchangeFacts;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Offer;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::observer::Ssl2ErrorSeen;
use tlscensus_tls_wire::observer::Unchecked;
use tlscensus_tls_wire::registry::CertificateCompression;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;

use crate::cell::Bytes;
use crate::cell::DecimalCode;
use crate::probe_row::ProbeRow;
use crate::probe_row::SignatureCheck;
use crate::seen::Presence;
use crate::server_sent::ServerSent;
use crate::text::escape;
use crate::tls_columns::TlsColumns;

impl ProbeRow {
    /// Takes over what the counted attempt's handshake told; [`conclude`](Self::conclude) follows.
    pub fn fill_tls(&mut self, observer: &Observer) {
        self.tls.fill(observer, observer.offer().as_ref());
        self.server_sent.fill(observer);
        let facts = observer.key_exchange();
        self.tls_signature_check =
            facts.and_then(|facts| facts.signature_check).map(SignatureCheck::from);
        self.tls_established = observer.established();
        self.flight_client = flight(observer, Side::Client);
        let spoken = self.tls.history.is_some();
        self.server_sent.flight_truncated = spoken.then(|| {
            observer.flight_truncated(Side::Server) || observer.flight_truncated(Side::Client)
        });
    }
}

impl ServerSent {
    /// Takes over what the server sent.
    pub fn fill(&mut self, observer: &Observer) {
        let hash = |chain: &[Arc<[u8]>]| chain.iter().map(|der| Sha256::of(der)).collect();
        self.chain = observer.chain().map(hash);
        self.chain_seen = observer.certificate_presence().into();
        self.flight_server = flight(observer, Side::Server);
        let spoken = !observer.history().is_empty();
        self.flight_truncated = spoken.then(|| observer.flight_truncated(Side::Server));
    }
}

impl TlsColumns {
    /// Takes over what a handshake told, and what of the client's offer stands beside it.
    pub(crate) fn fill(&mut self, observer: &Observer, offer: Option<&Offer<'_>>) {
        self.sni = offer.and_then(|offer| offer.server_name().map(escape));
        (self.ja3, self.ja4) = offer.and_then(|offer| observer.ja3_and_ja4(offer)).unzip();
        self.ja3s = observer.ja3s();
        self.version_seen = version_presence(observer);
        // Of a hello in the frame of SSL 2 no session id can be repeated.
        let is_client_heard = offer.is_some() || observer.ssl2_hello().is_some();
        self.fill_choice(observer, is_client_heard);
        self.fill_ssl2(observer);
        self.fill_key_exchange(observer);
        self.fill_beside(observer);
        let alerts = observer.alerts().iter().map(alert_text);
        self.alerts = alerts.chain(observer.ssl2_errors().iter().map(error_text)).collect();
        self.history =
            Some(observer.history()).filter(|history| !history.is_empty()).map(str::to_owned);
    }

    /// What a session id is, the client's hello alone tells.
    fn fill_choice(&mut self, observer: &Observer, is_client_heard: bool) {
        let answered = observer.choice().is_some() || observer.hello_retry();
        self.hello_retry = answered.then(|| observer.hello_retry());
        self.session_resumed = observer.resumed();
        self.alpn = observer.alpn().map(escape);
        self.alpn_seen = Some(observer.alpn_presence().into());
        let Some(choice) = observer.choice() else {
            return;
        };
        self.version = Some(choice.version.text());
        self.version_code = Some(choice.version.0);
        self.legacy_version_code = Some(choice.legacy_version.0);
        self.suite = Some(choice.suite.text());
        self.suite_code = Some(choice.suite.0);
        self.session_id_length = u16::try_from(choice.session_id.len()).ok();
        self.session_id_echoed = is_client_heard.then(|| observer.session_id_echoed());
        let given = self.session_id_echoed == Some(false) && !choice.session_id.is_empty();
        self.session_id_sha256 = given.then(|| Sha256::of(&choice.session_id));
        self.server_random = Some(hexadecimal(&choice.random));
        self.compression = Some(choice.compression.0);
        self.downgrade_sentinel = choice.downgrade.map(|downgrade| match downgrade {
            Downgrade::FromTls12 => Cow::Borrowed("from-tls12"),
            Downgrade::FromTls13 => Cow::Borrowed("from-tls13"),
        });
        self.extended_master_secret = Some(choice.extended_master_secret());
        self.encrypt_then_mac = Some(choice.encrypt_then_mac());
        self.renegotiation_info = Some(choice.renegotiation_info().is_some());
        self.heartbeat = observer.heartbeat();
        let extensions = observer.chosen_extension_types().into_iter();
        self.extensions = Some(extensions.map(|kind| DecimalCode(kind.0)).collect());
    }

    /// A server of SSL 2 lists ciphers and leaves the choice to the client.
    fn fill_ssl2(&mut self, observer: &Observer) {
        let Some(choice) = observer.ssl2_choice() else {
            return;
        };
        self.version = Some(choice.version.text());
        self.version_code = Some(choice.version.0);
        let ciphers = choice.cipher_kinds.iter().map(|kind| kind.text());
        self.ssl2_ciphers = Some(ciphers.collect());
        self.ssl2_connection_id = Some(hexadecimal(&choice.connection_id));
    }

    fn fill_key_exchange(&mut self, observer: &Observer) {
        let Some(facts) = observer.key_exchange() else {
            return;
        };
        self.key_exchange = facts.word().map(Cow::Borrowed);
        self.group = facts.group.map(NamedGroup::text);
        self.group_code = facts.group.map(|group| group.0);
        self.fill_finite_field(&facts);
        let export_bits = facts.export_rsa_modulus.map(bit_length);
        self.export_rsa_bits = export_bits.and_then(|bits| u16::try_from(bits).ok());
        self.server_public_sha256 = facts.server_public.map(Sha256::of);
        self.signature_scheme = facts.signature_scheme.map(SignatureScheme::text);
        self.signature_scheme_code = facts.signature_scheme.map(|scheme| scheme.0);
    }

    fn fill_finite_field(&mut self, facts: &KeyExchangeFacts<'_>) {
        if let Some(dh) = facts.dh {
            self.dh_bits = u16::try_from(dh.bits()).ok();
            self.dh_prime_sha256 = Some(Sha256::of(without_zeros(dh.prime)));
            self.dh_generator = Some(hexadecimal(dh.generator));
        }
        if let Some(group) = facts.ffdh_group() {
            self.dh_bits = Some(group.bits);
            self.dh_prime_sha256 = Some(Sha256(group.prime_sha256));
            self.dh_group_name = Some(Cow::Borrowed(group.name));
            self.dh_safe_prime = Some(group.is_safe);
        }
    }

    fn fill_beside(&mut self, observer: &Observer) {
        self.fill_tickets(observer);
        self.certificate_compression =
            observer.certificate_compression().map(CertificateCompression::text);
        self.ocsp_staple = observer.ocsp_staple().map(|staple| Bytes(staple.to_vec()));
        self.fill_scts(observer);
        self.fill_certificate_request(observer);
        self.fill_certificate_extensions(observer);
    }

    fn fill_scts(&mut self, observer: &Observer) {
        self.scts_count = match observer.scts_presence() {
            observer::Presence::Seen => u32::try_from(observer.scts().len()).ok(),
            observer::Presence::Absent => Some(0),
            _ => None,
        };
        self.scts_in_ocsp_count = observer.ocsp_staple().and_then(scts_in_ocsp_response);
        self.sct_carriers = observer.chain().map(|chain| {
            let in_certificate = chain.first().and_then(|leaf| scts_in_certificate(leaf));
            let carriers = [
                ("tls-extension", self.scts_count),
                ("ocsp-response", self.scts_in_ocsp_count),
                ("certificate", in_certificate),
            ];
            let used = carriers.into_iter().filter(|(_, count)| count.is_some_and(|n| n > 0));
            used.map(|(carrier, _)| Cow::Borrowed(carrier)).collect()
        });
    }

    fn fill_tickets(&mut self, observer: &Observer) {
        let first = observer.tickets().first();
        self.ticket_lifetime_s = first.map(|ticket| ticket.lifetime_s);
        self.ticket_length = first.and_then(|ticket| u32::try_from(ticket.length).ok());
        let key_name = first.and_then(|ticket| ticket.key_name);
        self.ticket_key_name = key_name.map(|name| hexadecimal(&name));
        self.tickets_count = match observer.tickets_presence() {
            observer::Presence::Seen => u32::try_from(observer.tickets().len()).ok(),
            observer::Presence::Absent => Some(0),
            _ => None,
        };
    }
}

/// Seen: a ServerHello. Absent: the server answered in TLS with something else. Unreached: no answer in TLS.
fn version_presence(observer: &Observer) -> Presence {
    let answered = observer.records(Side::Server) > 0
        || observer.history().contains(|letter: char| letter.is_ascii_lowercase());
    match (observer.version(), answered) {
        (Some(_), _) => Presence::Seen,
        (None, true) => Presence::Absent,
        (None, false) => Presence::Unreached,
    }
}

fn alert_text(seen: &AlertSeen) -> String {
    let mut text = String::with_capacity(ALERT_TEXT_BYTES);
    // Writing to a string cannot fail.
    let _ = write!(text, "{} {}", seen.side.word(), seen.alert);
    put_moment(seen.after, &mut text);
    text
}

fn error_text(seen: &Ssl2ErrorSeen) -> String {
    let mut text = format!("{} SSL 2 {}", seen.side.word(), seen.error);
    put_moment(seen.after, &mut text);
    text
}

fn put_moment(after: Option<(Side, HandshakeType)>, text: &mut String) {
    if let Some((side, message)) = after {
        // Writing to a string cannot fail.
        let _ = write!(text, " after {} {message}", side.word());
    }
}

/// A big-endian number as it is without padding: some servers pad, and the same prime has one hash.
fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
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
    use tlscensus_tls_wire::codec::Codec;
    use tlscensus_tls_wire::codec::put_bytes24;
    use tlscensus_tls_wire::extension::Extensions;
    use tlscensus_tls_wire::extension::SignedCertificateTimestamps;
    use tlscensus_tls_wire::handshake::CertificateLegacy;
    use tlscensus_tls_wire::handshake::CertificateStatus;
    use tlscensus_tls_wire::handshake::NewSessionTicketLegacy;
    use tlscensus_tls_wire::handshake::ServerHello;
    use tlscensus_tls_wire::observer::Protection;
    use tlscensus_tls_wire::registry::AlertDescription;
    use tlscensus_tls_wire::registry::CertificateStatusType;
    use tlscensus_tls_wire::registry::CipherSuite;
    use tlscensus_tls_wire::registry::CompressionMethod;
    use tlscensus_tls_wire::registry::Ssl2CipherKind;
    use tlscensus_tls_wire::registry::Version;
    use tlscensus_tls_wire::ssl2;

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
        assert_eq!(row.tls.version_seen, Presence::Seen);
        assert_eq!(row.tls.version.as_deref(), Some("TLS 1.2"));
        assert_eq!(row.tls.version_code, Some(0x0303));
        assert_eq!(row.tls.suite_code, Some(0xc02f));
        assert_eq!(row.tls.key_exchange.as_deref(), Some("ECDHE"));
        assert_eq!(row.tls.extensions, Some(vec![DecimalCode(65281)]));
        assert_eq!(row.tls.renegotiation_info, Some(true));
        assert_eq!(row.tls.history.as_deref(), Some("s"));
        assert_eq!(
            (row.server_sent.chain, row.server_sent.chain_seen),
            (None, Presence::Unreached)
        );
        assert!(!row.tls_established);
    }

    #[test]
    fn a_server_of_ssl2_has_a_version_ciphers_and_a_certificate() {
        let hello = ssl2::ServerHello {
            session_id_hit: 0,
            certificate_type: 1,
            version: Version::SSL_2,
            certificate: b"certificate",
            cipher_kinds: vec![Ssl2CipherKind(0x0700c0), Ssl2CipherKind(0x090909)],
            connection_id: &[0xab; 16],
        };
        let row = row(|observer| {
            observer.ssl2_message(Side::Client, &[1, 0, 2, 0, 0, 0, 0, 0, 0]);
            observer.ssl2_message(Side::Server, &hello.encoded());
            observer.ssl2_message(Side::Server, &[0, 0, 4]);
        });
        assert_eq!(row.tls.version_seen, Presence::Seen);
        assert_eq!((row.tls.version.as_deref(), row.tls.version_code), (Some("SSL 2"), Some(2)));
        let ciphers = ["SSL_CK_DES_192_EDE3_CBC_WITH_MD5", "0x090909"].map(Cow::Borrowed);
        assert_eq!(row.tls.ssl2_ciphers, Some(ciphers.to_vec()));
        assert_eq!(row.tls.ssl2_connection_id, Some("ab".repeat(16)));
        assert_eq!(row.server_sent.chain, Some(vec![Sha256::of(b"certificate")]));
        assert_eq!(row.server_sent.chain_seen, Presence::Seen);
        assert_eq!((row.tls.suite, row.tls.session_resumed), (None, Some(false)));
        let alert = "server SSL 2 BAD-CERTIFICATE-ERROR after server server_hello";
        assert_eq!(
            (row.tls.alerts, row.tls.history.as_deref()),
            (vec![alert.to_owned()], Some("Csl"))
        );
        assert_eq!((row.tls.ja3, row.tls.ja4, row.tls.ja3s), (None, None, None));
    }

    /// A ServerHello of TLS 1.2 with this suite, this session id and these extensions.
    fn hello_with(suite: u16, session_id: &[u8], extensions: Extensions<'static>) -> Vec<u8> {
        let hello = ServerHello {
            legacy_version: Version::TLS_1_2,
            random: [0x11; 32],
            session_id,
            cipher_suite: CipherSuite(suite),
            compression_method: CompressionMethod::NULL,
            extensions,
        };
        hello.encoded()
    }

    #[test]
    fn finite_fields_that_many_share_have_a_name() {
        // RFC 2409, section 6.1, behind two zeros.
        let prime = "0000ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22\
                     514a08798e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6\
                     f44c42e9a63a3620ffffffffffffffff";
        let digits = (0..prime.len()).step_by(2);
        let prime: Vec<u8> =
            digits.map(|at| u8::from_str_radix(&prime[at..at + 2], 16).expect("hex")).collect();
        let field = |prime: &[u8]| {
            let mut body = vec![0, u8::try_from(prime.len()).expect("short")];
            body.extend_from_slice(prime);
            body.extend_from_slice(b"\x00\x01\x02\x00\x01\x05");
            row(move |observer| {
                let (side, plain) = (Side::Server, Protection::Plain);
                let anonymous = hello_with(0x0034, b"", Extensions::none());
                observer.message(side, plain, HandshakeType::SERVER_HELLO, &anonymous);
                observer.message(side, plain, HandshakeType::SERVER_KEY_EXCHANGE, &body);
            })
        };
        let known = field(&prime);
        assert_eq!(known.tls.dh_group_name.as_deref(), Some("rfc2409-modp768"));
        assert_eq!((known.tls.dh_bits, known.tls.dh_safe_prime), (Some(768), Some(true)));
        assert_eq!(known.tls.dh_prime_sha256, Some(Sha256::of(&prime[2..])));
        assert_eq!(known.tls.dh_generator.as_deref(), Some("02"));
        let unknown = field(&[0, 0x17]);
        assert_eq!((unknown.tls.dh_group_name, unknown.tls.dh_safe_prime), (None, None));
        assert_eq!(
            (unknown.tls.dh_bits, unknown.tls.dh_prime_sha256),
            (Some(5), Some(Sha256::of(&[0x17])))
        );
    }

    #[test]
    fn short_lived_keys_for_export_are_measured() {
        let row = row(|observer| {
            let (side, plain) = (Side::Server, Protection::Plain);
            let hello = hello_with(0x0003, b"", Extensions::none());
            observer.message(side, plain, HandshakeType::SERVER_HELLO, &hello);
            let mut body = vec![0, 64];
            body.extend([0x80; 64]);
            body.extend(b"\x00\x01\x03\x04\x01\x00\x03sig");
            observer.message(side, plain, HandshakeType::SERVER_KEY_EXCHANGE, &body);
        });
        assert_eq!(row.tls.export_rsa_bits, Some(512));
        assert_eq!((row.tls.dh_bits, row.tls.server_public_sha256), (None, None));
    }

    #[test]
    fn timestamps_are_found_in_each_of_their_carriers() {
        let leaf = include_bytes!("../../certs/testdata/sct-leaf.der");
        let response = include_bytes!("../../certs/testdata/sct-ocsp-response.der");
        let staple = CertificateStatus { status_type: CertificateStatusType::OCSP, response: &[] };
        let mut staple = staple.encoded();
        put_bytes24(response, &mut staple);
        let row = |extension: bool, stapled: bool, chain: Option<&'static [u8]>| {
            let staple = staple.clone();
            row(move |observer| {
                let mut extensions = Extensions::none();
                if extension {
                    extensions.add(&SignedCertificateTimestamps(vec![b"one", b"two", b"three"]));
                }
                let (side, plain) = (Side::Server, Protection::Plain);
                let hello = hello_with(0xc02f, b"", extensions);
                observer.message(side, plain, HandshakeType::SERVER_HELLO, &hello);
                if let Some(leaf) = chain {
                    let chain = CertificateLegacy { chain: vec![leaf] }.encoded();
                    observer.message(side, plain, HandshakeType::CERTIFICATE, &chain);
                }
                if stapled {
                    observer.message(side, plain, HandshakeType::CERTIFICATE_STATUS, &staple);
                }
                observer.message(side, plain, HandshakeType::SERVER_HELLO_DONE, b"");
            })
        };
        let all = row(true, true, Some(leaf));
        let words = ["tls-extension", "ocsp-response", "certificate"].map(Cow::Borrowed);
        assert_eq!(all.tls.sct_carriers, Some(words.to_vec()));
        assert_eq!((all.tls.scts_count, all.tls.scts_in_ocsp_count), (Some(3), Some(2)));
        assert_eq!(row(false, false, Some(leaf)).tls.sct_carriers, Some(words[2..].to_vec()));
        let none = row(false, false, Some(b"no certificate"));
        assert_eq!((none.tls.sct_carriers, none.tls.scts_count), (Some(vec![]), Some(0)));
        assert_eq!(row(false, false, None).tls.sct_carriers, None);
    }

    #[test]
    fn sessions_and_tickets_are_measured() {
        let heard = |client: Option<&[u8]>| {
            row(|observer| {
                let (side, plain) = (Side::Server, Protection::Plain);
                if let Some(hello) = client {
                    observer.message(Side::Client, plain, HandshakeType::CLIENT_HELLO, hello);
                }
                let hello = hello_with(0xc02f, &[7; 32], Extensions::none());
                observer.message(side, plain, HandshakeType::SERVER_HELLO, &hello);
                let ticket = NewSessionTicketLegacy { lifetime_hint: 300, ticket: &[1; 192] };
                let ticket = ticket.encoded();
                observer.message(side, plain, HandshakeType::NEW_SESSION_TICKET, &ticket);
            })
        };
        // TLS 1.2, a random, no session id, one suite, no compression.
        let hello = [&[3, 3][..], &[0x22; 32], &[0, 0, 2, 0xc0, 0x2f, 1, 0]].concat();
        let row = heard(Some(&hello));
        assert_eq!((row.tls.session_id_length, row.tls.session_id_echoed), (Some(32), Some(false)));
        assert_eq!((row.tls.tickets_count, row.tls.ticket_length), (Some(1), Some(192)));
        assert_eq!(row.tls.ticket_lifetime_s, Some(300));
        assert_eq!(row.tls.ticket_key_name, Some("01".repeat(16)));
        assert_eq!(row.tls.server_random, Some("11".repeat(32)));
        assert_eq!(row.tls.session_id_sha256, Some(Sha256::of(&[7; 32])));
        assert_eq!(row.tls.ja3s.map(|print| print.len()), Some(32));
        // Without the client's hello nobody knows whose the session id is.
        let row = heard(None);
        assert_eq!((row.tls.session_id_length, row.tls.session_id_echoed), (Some(32), None));
        assert_eq!(row.tls.session_id_sha256, None);
    }

    #[test]
    fn an_alert_is_an_answer_without_a_version() {
        let row = row(|observer| {
            let alert = Alert::fatal(AlertDescription::HANDSHAKE_FAILURE);
            observer.alert(Side::Server, Protection::Plain, alert);
        });
        assert_eq!(row.tls.version_seen, Presence::Absent);
        assert_eq!(row.tls.alerts, ["server fatal handshake_failure"]);
        assert_eq!((row.tls.version, row.tls.hello_retry), (None, None));
    }

    #[test]
    fn silence_is_no_answer() {
        let row = row(|_| {});
        assert_eq!(row.tls.version_seen, Presence::Unreached);
        assert_eq!(row.server_sent.chain_seen, Presence::Unreached);
        assert_eq!((row.tls.history, row.server_sent.flight_server), (None, None));
        assert_eq!(row.server_sent.flight_truncated, None);
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
        assert_eq!(two.server_sent.chain, Some(vec![Sha256::of(b"a"), Sha256::of(b"bc")]));
        let none = certificate(&[0, 0, 0]);
        assert_eq!(
            (none.server_sent.chain, none.server_sent.chain_seen),
            (Some(vec![]), Presence::Seen)
        );
    }
}
