//! One endpoint probed: one service of one host, with its list of attempts.

use tlscensus_dialog as dialog;

use crate::cell::Bytes;
use crate::cell::Timestamp;
use crate::dialog_columns::DialogColumns;
use crate::dialog_columns::StarttlsState;
use crate::outcome::Outcome;
use crate::outcome::Phase;
use crate::rows::rows;
use crate::seen::Presence;
use crate::server_sent::ServerSent;
use crate::tls_columns::TlsColumns;
use crate::word::words;

words! {
    /// Whether the peer speaks the protocol it was asked in.
    #[derive(Default)]
    pub enum Speaks {
        /// Its first words are of this protocol.
        Yes => "yes",
        /// Its first words are not.
        No => "no",
        /// Not known: it ended before (implicit TLS: before or in the handshake).
        #[default]
        Unreached => "unreached",
    }
}

words! {
    /// What was found when the server's signature over the key exchange was checked.
    pub enum SignatureCheck {
        /// It does not verify under the key of the certificate.
        Invalid => "invalid",
        /// Not checked: the key is smaller than any library takes.
        UncheckedKeyTooSmall => "unchecked-key-too-small",
        /// Not checked: the certificate does not lead to a key.
        UncheckedNoKey => "unchecked-no-key",
        /// Not checked: the scheme, with this kind of key, is none we can compute.
        UncheckedUnsupportedScheme => "unchecked-unsupported-scheme",
        /// It verifies.
        Valid => "valid",
    }
}

rows! {
    /// One connection made for a probe.
    pub struct Attempt filled by Active {
        /// Name of the TLS offer that was, or would have been, made.
        profile: String,
        /// Server name sent in the ClientHello; NULL: none was sent.
        sni: Option<String>,
        /// Start, microseconds after started_at.
        started_us: u64,
        /// Time it took, in microseconds.
        duration_us: u64,
        /// Where it ended.
        phase: Phase,
        /// How it ended.
        outcome: Outcome,
        /// The peer's or the system's own words that ended it, escaped and bounded; NULL: there were none.
        detail: Option<String>,
        /// Bytes received on this connection.
        bytes_in: u64,
        /// Bytes sent on this connection.
        bytes_out: u64,
    }
}

rows! {
    /// One row per endpoint probed (one service of one host).
    pub struct ProbeRow filled by Active {
        /// The run that made this row; joins with runs.
        run_id: String,
        /// The target as it was given.
        target: String,
        /// The name probed, if the target has one.
        name: Option<String>,
        /// Address probed, as text; NULL: the name had none.
        addr: Option<String>,
        /// TCP port probed.
        port: u16,
        /// Routable prefix that holds the address, if a prefix table was given.
        prefix: Option<String>,
        /// Autonomous system that originates the prefix, if a prefix table was given.
        origin_as: Option<u32>,
        /// Service asked for: smtp, smtps, submission, imap, imaps, pop3, pop3s, irc, ircs, xmpp-c2s, xmpps-c2s, xmpp-s2s, xmpps-s2s, https.
        protocol: String,
        /// How TLS starts in this service: implicit or starttls.
        mode: String,
        /// When work on this endpoint began.
        started_at: Timestamp,
        /// Time from started_at to the end, in microseconds.
        duration_us: u64,
        /// Time for the name look-up, in microseconds; NULL: none was made.
        resolve_us: Option<u64>,
        /// Time for the TCP handshake of the counted attempt, in microseconds.
        connect_us: Option<u64>,
        /// Time spent in the phase greeting of the counted attempt, in microseconds.
        greeting_us: Option<u64>,
        /// Time spent in the phase capabilities of the counted attempt, in microseconds.
        capabilities_us: Option<u64>,
        /// Time spent in the phase starttls of the counted attempt, in microseconds.
        starttls_us: Option<u64>,
        /// Time spent in the TLS handshake of the counted attempt, in microseconds.
        tls_us: Option<u64>,
        /// Time spent in the phase after-tls of the counted attempt, in microseconds.
        after_tls_us: Option<u64>,
        /// Every connection made, in order.
        attempts: Vec<Attempt>,
        /// Which attempt the row's other columns come from, counted from 0; NULL: there was none.
        counted_attempt: Option<u8>,
        /// Where the counted attempt ended: resolve, permit, connect, greeting, capabilities, starttls, tls or after-tls.
        phase: Phase,
        /// How it ended there; which words a phase can have is documented with the outcomes.
        outcome: Outcome,
        /// The peer's or the system's own words that ended it, escaped and bounded.
        detail: Option<String>,
        /// What a peer that speaks another protocol looks like.
        looks_like: Option<String>,
        /// The TCP handshake completed.
        tcp_completed: bool,
        /// Whether the peer speaks the protocol asked for: yes, no, unreached. Implicit TLS: judged inside TLS; https: yes once a ServerHello came.
        speaks_protocol: Speaks,
        /// The TLS handshake completed, Finished checked.
        tls_completed: bool,
        /// Capabilities inside TLS, one entry each as sent, server's order, escaped and bounded.
        capabilities_after: Option<Vec<String>>,
        /// seen: the list was read; absent: the server does not have the question; unreached; unasked: https.
        capabilities_after_seen: Presence,
        /// Which answer the list came from: capa, capability, cap-ls, ehlo, features, greeting, helo.
        capabilities_after_source: Option<String>,
        /// The list was cut at a limit of ours.
        capabilities_after_truncated: Option<bool>,
        /// Authentication mechanisms offered inside TLS, server's order, repeats kept.
        mechanisms_after: Option<Vec<String>>,
        /// The form in which each of mechanisms_after was offered: listed, old-form, apop-banner, user-capability, sasl2.
        mechanism_sources_after: Option<Vec<String>>,
        /// XMPP channel-binding types offered inside TLS (XEP-0440), server's order.
        channel_bindings_after: Option<Vec<String>>,
        /// IMAP LOGINDISABLED inside TLS; NULL: the list was not read.
        login_disabled_after: Option<bool>,
        /// Server bytes that lay behind the go-ahead in plaintext, raw and bounded; NULL: there were none.
        leftover: Option<Bytes>,
        /// Name of the TLS offer of the counted attempt; NULL: no ClientHello was sent.
        tls_offered_profile: Option<String>,
        /// Whether that signature verifies under the certificate's key: valid, invalid, or unchecked- with the reason; NULL: none was sent, or it ended before.
        tls_signature_check: Option<SignatureCheck>,
        /// Both Finished were exchanged and verified.
        tls_established: bool,
        /// Handshake messages of the client, decrypted, raw and bounded.
        flight_client: Option<Bytes>,
    }
    with {
        /// The conversation around TLS.
        dialog: DialogColumns,
        /// The handshake.
        tls: TlsColumns,
        /// What the server sent, as it is.
        server_sent: ServerSent,
    }
}

impl ProbeRow {
    /// A row about an endpoint to which nothing has happened yet: held back by ourselves, everything unreached.
    pub fn new(run_id: &str, target: &str, service: &dialog::Service, port: u16) -> Self {
        let implicit = service.mode == dialog::Mode::Implicit;
        let bare = service.grammar == dialog::Grammar::Bare;
        let unasked_if = |condition| match condition {
            true => Presence::Unasked,
            false => Presence::Unreached,
        };
        Self {
            run_id: run_id.to_owned(),
            target: target.to_owned(),
            port,
            protocol: service.word.to_owned(),
            mode: service.mode.word().to_owned(),
            dialog: DialogColumns {
                starttls_state: match service.mode {
                    dialog::Mode::Implicit => StarttlsState::Unasked,
                    dialog::Mode::Starttls => StarttlsState::Unreached,
                },
                greeting_seen: unasked_if(bare),
                capabilities_before_seen: unasked_if(implicit),
                ..DialogColumns::default()
            },
            capabilities_after_seen: unasked_if(bare),
            ..Self::default()
        }
    }

    /// The service that was asked for; `None` if this version does not know the word.
    pub fn service(&self) -> Option<&'static dialog::Service> {
        dialog::Service::from_word(&self.protocol)
    }
}
