//! One endpoint probed: one service of one host, with its list of attempts.

use tlscensus_certs::Sha256;
use tlscensus_dialog as dialog;

use crate::column::Bytes;
use crate::column::Timestamp;
use crate::column::rows;
use crate::outcome::Outcome;
use crate::outcome::Phase;
use crate::seen::Presence;
use crate::word::words;

words! {
    /// How far an upgrade to TLS came.
    #[derive(Default)]
    pub enum StarttlsState {
        /// Implicit TLS, or nothing was sent to this endpoint (blocked, over budget, name without address).
        Unasked => "unasked",
        /// No TCP connection, or not one byte from the peer.
        NoAnswer => "no-answer",
        /// The peer speaks something else.
        NotTheProtocol => "not-the-protocol",
        /// The conversation ended before it was known whether STARTTLS is offered, or before an answer to it.
        #[default]
        Unreached => "unreached",
        /// Not in the list of capabilities.
        NotOffered => "not-offered",
        /// In the list, overwritten by a middlebox.
        OfferedMangled => "offered-mangled",
        /// Offered, and the client went on without (passive only).
        OfferedUnused => "offered-unused",
        /// Asked for; no answer that could be understood was seen.
        ReplyUnseen => "reply-unseen",
        /// Asked for, and the server said no.
        Refused => "refused",
        /// The go-ahead was given, then no TLS record came from the server.
        AcceptedNoTls => "accepted-no-tls",
        /// The go-ahead was given, TLS was spoken, the handshake did not complete.
        AcceptedHandshakeFailed => "accepted-handshake-failed",
        /// Inside TLS.
        Upgraded => "upgraded",
    }
}

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
    /// Whether a list of capabilities offers the upgrade.
    pub enum StarttlsOffer {
        /// Overwritten by a middlebox.
        Mangled => "mangled",
        /// Not in the list.
        No => "no",
        /// Offered and required (XMPP).
        Required => "required",
        /// Offered.
        Yes => "yes",
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
        /// How far the upgrade came: unasked, no-answer, not-the-protocol, unreached, not-offered, offered-mangled, offered-unused, reply-unseen, refused, accepted-no-tls, accepted-handshake-failed, upgraded.
        starttls_state: StarttlsState,
        /// Whether the capabilities in plaintext offer the upgrade: yes, required, mangled, no; NULL: the list was not read.
        starttls_offer: Option<StarttlsOffer>,
        /// The server's first words in plaintext (implicit TLS: inside TLS), escaped and bounded.
        greeting: Option<String>,
        /// Whether there is a greeting: seen, unreached, or unasked (https).
        greeting_seen: Presence,
        /// Capabilities in plaintext, one entry each as sent, server's order, escaped and bounded.
        capabilities_before: Option<Vec<String>>,
        /// seen: the list was read; absent: the server does not have the question; unreached; unasked: implicit TLS.
        capabilities_before_seen: Presence,
        /// Which answer the list came from: capa, capability, cap-ls, ehlo, features, greeting, helo.
        capabilities_before_source: Option<String>,
        /// The list was cut at a limit of ours.
        capabilities_before_truncated: Option<bool>,
        /// Authentication mechanisms offered in plaintext, server's order, repeats kept.
        mechanisms_before: Option<Vec<String>>,
        /// The form in which each of mechanisms_before was offered: listed, old-form, apop-banner, user-capability, sasl2.
        mechanism_sources_before: Option<Vec<String>>,
        /// XMPP channel-binding types offered in plaintext (XEP-0440), server's order.
        channel_bindings_before: Option<Vec<String>>,
        /// IMAP LOGINDISABLED in plaintext; NULL: the list was not read.
        login_disabled_before: Option<bool>,
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
        /// IRCv3 sts value in plaintext or, where that has none, inside TLS; NULL: none was sent.
        sts: Option<String>,
        /// Server bytes that lay behind the go-ahead in plaintext, raw and bounded; NULL: there were none.
        leftover: Option<Bytes>,
        /// The domain the server calls itself (XMPP `from`).
        peer_domain: Option<String>,
        /// Name of the TLS offer of the counted attempt; NULL: no ClientHello was sent.
        tls_offered_profile: Option<String>,
        /// Server name sent in the ClientHello; NULL: none.
        tls_sni: Option<String>,
        /// JA3 of the ClientHello sent; NULL: none was sent, or one in the frame of SSL 2.
        tls_ja3: Option<String>,
        /// JA4 of the ClientHello sent; NULL: none was sent, or one in the frame of SSL 2.
        tls_ja4: Option<String>,
        /// JA3S of the ServerHello.
        tls_ja3s: Option<String>,
        /// Whether the server chose a version: seen; absent: it answered in TLS or SSL 2 without a ServerHello; unreached: no answer in TLS.
        tls_version_seen: Presence,
        /// Version negotiated, by name, such as TLS 1.2 or SSL 2; unknown code points in hexadecimal.
        tls_version: Option<String>,
        /// Version negotiated, code point.
        tls_version_code: Option<u16>,
        /// The field legacy_version of the ServerHello; NULL: none came, or one of SSL 2.
        tls_legacy_version_code: Option<u16>,
        /// Cipher suite chosen, IANA name; unknown code points in hexadecimal.
        tls_suite: Option<String>,
        /// Cipher suite chosen, code point.
        tls_suite_code: Option<u16>,
        /// Group of the key exchange, IANA name; unknown code points in hexadecimal.
        tls_group: Option<String>,
        /// Group of the key exchange, code point.
        tls_group_code: Option<u16>,
        /// Kind of key exchange, such as RSA, DHE, ECDHE, PSK; HYBRID: a curve and a lattice joined; KEM: a lattice alone.
        tls_key_exchange: Option<String>,
        /// Scheme of the server's signature over the key exchange, IANA name; unknown code points in hexadecimal.
        tls_signature_scheme: Option<String>,
        /// Scheme of that signature, code point.
        tls_signature_scheme_code: Option<u16>,
        /// Whether that signature verifies under the certificate's key: valid, invalid, or unchecked- with the reason; NULL: none was sent, or it ended before.
        tls_signature_check: Option<SignatureCheck>,
        /// Size of the finite-field Diffie-Hellman prime in bits, TLS 1.3 included.
        tls_dh_bits: Option<u16>,
        /// SHA-256 of the finite-field Diffie-Hellman prime without leading zeros, TLS 1.3 included.
        tls_dh_prime_sha256: Option<Sha256>,
        /// Name of that prime where it is one that many share, such as rfc3526-modp2048, ffdhe2048 or nginx-1024; NULL: none, or not known.
        tls_dh_group_name: Option<String>,
        /// Whether half of that prime is prime too; NULL: not known, as the prime is not.
        tls_dh_safe_prime: Option<bool>,
        /// Finite-field Diffie-Hellman generator as sent, lower-case hexadecimal; NULL: none was sent (TLS 1.3 names the group).
        tls_dh_generator: Option<String>,
        /// Size in bits of the short-lived RSA key that a suite for export encrypts to; NULL: none was sent.
        tls_export_rsa_bits: Option<u16>,
        /// SHA-256 of the server's public value in the key exchange: equal values are a key used twice.
        tls_server_public_sha256: Option<Sha256>,
        /// Application protocol chosen (ALPN), escaped.
        tls_alpn: Option<String>,
        /// Extensions the server sent (ServerHello, then EncryptedExtensions), code points as decimal text, its order.
        tls_extensions: Option<Vec<String>>,
        /// The server asked for a second ClientHello.
        tls_hello_retry: Option<bool>,
        /// Compression method chosen.
        tls_compression: Option<u8>,
        /// The master secret is bound to the transcript (RFC 7627).
        tls_extended_master_secret: Option<bool>,
        /// CBC suites encrypt first (RFC 7366).
        tls_encrypt_then_mac: Option<bool>,
        /// The server answered about secure renegotiation (RFC 5746).
        tls_renegotiation_info: Option<bool>,
        /// Heartbeat mode the server answered with (RFC 6520); NULL: none.
        tls_heartbeat: Option<u8>,
        /// Random of the ServerHello, lower-case hexadecimal: two connections should never have the same.
        tls_server_random: Option<String>,
        /// The server resumed an earlier session.
        tls_session_resumed: Option<bool>,
        /// Length in bytes of the session id in the ServerHello; 0: the session can only be resumed by ticket, or not at all.
        tls_session_id_length: Option<u16>,
        /// The ServerHello repeats the session id of our last ClientHello, which was not empty.
        tls_session_id_echoed: Option<bool>,
        /// SHA-256 of the session id that the server gave; NULL: it gave none, or repeats ours.
        tls_session_id_sha256: Option<Sha256>,
        /// Session tickets seen; NULL: not asked for, or it ended before.
        tls_tickets_count: Option<u32>,
        /// Lifetime of the first session ticket, in seconds; NULL: no ticket was seen.
        tls_ticket_lifetime_s: Option<u32>,
        /// Length of the first session ticket in bytes; NULL: no ticket was seen.
        tls_ticket_length: Option<u32>,
        /// First 16 bytes of the first session ticket, lower-case hexadecimal: most servers name the key of their tickets so (RFC 5077, section 4), and equal ones share it; random with others. NULL: no ticket was seen, or a shorter one.
        tls_ticket_key_name: Option<String>,
        /// How the server's certificate message was compressed (RFC 8879), IANA name; NULL: it was not.
        tls_certificate_compression: Option<String>,
        /// OCSP response stapled, raw DER; NULL: none.
        tls_ocsp_staple: Option<Bytes>,
        /// Signed certificate timestamps sent as an extension of the handshake; NULL: not asked for, or it ended before.
        tls_scts_count: Option<u32>,
        /// Signed certificate timestamps inside the OCSP response stapled; NULL: no response, or none in it.
        tls_scts_in_ocsp_count: Option<u32>,
        /// Ways in which signed certificate timestamps came, of tls-extension, ocsp-response, certificate (the server's own); NULL: no certificate was seen.
        tls_sct_carriers: Option<Vec<String>>,
        /// The server asked the client for a certificate; NULL: it ended before.
        tls_client_certificate_requested: Option<bool>,
        /// Kinds of client certificates that it asked for, IANA names, its order; NULL: none was asked for, or TLS 1.3, which has no such list.
        tls_client_certificate_types: Option<Vec<String>>,
        /// Signature schemes that it would take of the client, IANA names, its order; NULL: no certificate was asked for, or before TLS 1.2.
        tls_client_certificate_schemes: Option<Vec<String>>,
        /// Authorities that it would take certificates of, its order, at most 100: RFC 4514 text, or # and hexadecimal for what is no name; empty: any authority; NULL: no certificate was asked for.
        tls_client_certificate_authorities: Option<Vec<String>>,
        /// How many authorities it named; NULL: no certificate was asked for.
        tls_client_certificate_authorities_count: Option<u32>,
        /// Extensions of its request (RFC 9846, section 4.4.2), code points as decimal text, its order; NULL: no certificate was asked for, or before TLS 1.3.
        tls_client_certificate_extensions: Option<Vec<String>>,
        /// Alerts of either side in order: side, level (or SSL 2), description, and the message it came after.
        tls_alerts: Vec<String>,
        /// One letter per handshake message in order, upper case client, lower case server; NULL: no TLS was spoken.
        tls_history: Option<String>,
        /// Ciphers that a server of SSL 2 takes, its order, by name; unknown ones in hexadecimal; NULL: it did not answer in SSL 2.
        tls_ssl2_ciphers: Option<Vec<String>>,
        /// Connection id of a server of SSL 2, lower-case hexadecimal; NULL: it did not answer in SSL 2.
        tls_ssl2_connection_id: Option<String>,
        /// The ServerHello's random says that the server can do better: from-tls13 or from-tls12; NULL: it does not.
        tls_downgrade_sentinel: Option<String>,
        /// Both Finished were exchanged and verified.
        tls_established: bool,
        /// SHA-256 of each certificate the server sent, wire order; joins with certificates.
        chain: Option<Vec<Sha256>>,
        /// Whether the server sent certificates: seen, absent (handshake without), hidden, unreached, unasked.
        chain_seen: Presence,
        /// Extensions beside the certificates of TLS 1.3 (RFC 9846, section 4.5.1), each as the certificate's place in the chain from 0, a colon and the code point in decimal, wire order; NULL: an older version, or see chain_seen.
        tls_certificate_extensions: Option<Vec<String>>,
        /// Handshake messages of the server, decrypted, raw and bounded; certificates are left out of them, chain names those. One in the frame of SSL 2 stands first, with its header of two bytes whose first bit is set.
        flight_server: Option<Bytes>,
        /// Handshake messages of the client, decrypted, raw and bounded.
        flight_client: Option<Bytes>,
        /// Messages are missing at the end of a flight, because of a limit of ours; NULL: no TLS was spoken.
        flight_truncated: Option<bool>,
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
            starttls_state: match service.mode {
                dialog::Mode::Implicit => StarttlsState::Unasked,
                dialog::Mode::Starttls => StarttlsState::Unreached,
            },
            greeting_seen: unasked_if(bare),
            capabilities_before_seen: unasked_if(implicit),
            capabilities_after_seen: unasked_if(bare),
            ..Self::default()
        }
    }

    /// The service that was asked for; `None` if this version does not know the word.
    pub fn service(&self) -> Option<&'static dialog::Service> {
        dialog::Service::from_word(&self.protocol)
    }
}
