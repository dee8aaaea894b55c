//! What a conversation around TLS came to, as far as both halves can hear it.

use std::borrow::Cow;

use crate::rows::rows;
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

rows! {
    /// The columns of a conversation in plaintext.
    pub struct DialogColumns filled by Both {
        /// How far the upgrade came: unasked, no-answer, not-the-protocol, unreached, not-offered, offered-mangled, offered-unused, reply-unseen, refused, accepted-no-tls, accepted-handshake-failed, upgraded.
        starttls_state: StarttlsState,
        /// Whether the capabilities in plaintext offer the upgrade: yes, required, mangled, no; NULL: the list was not read.
        starttls_offer: Option<StarttlsOffer>,
        /// The server's first words in plaintext (implicit TLS: inside TLS), escaped and bounded; where traffic was watched, with <client> for what tells who the client is.
        greeting: Option<String>,
        /// Whether there is a greeting: seen, unreached, or unasked (https).
        greeting_seen: Presence,
        /// Capabilities in plaintext, one entry each as sent, server's order, escaped and bounded.
        capabilities_before: Option<Vec<String>>,
        /// seen: the list was read; absent: the server does not have the question; unreached; unasked: implicit TLS.
        capabilities_before_seen: Presence,
        /// Which answer the list came from: capa, capability, cap-ls, ehlo, features, greeting, helo.
        capabilities_before_source: Option<Cow<'static, str>>,
        /// The list was cut at a limit of ours.
        capabilities_before_truncated: Option<bool>,
        /// Authentication mechanisms offered in plaintext, server's order, repeats kept.
        mechanisms_before: Option<Vec<String>>,
        /// The form in which each of mechanisms_before was offered: listed, old-form, apop-banner, user-capability, sasl2.
        mechanism_sources_before: Option<Vec<Cow<'static, str>>>,
        /// XMPP channel-binding types offered in plaintext (XEP-0440), server's order.
        channel_bindings_before: Option<Vec<String>>,
        /// IMAP LOGINDISABLED in plaintext; NULL: the list was not read.
        login_disabled_before: Option<bool>,
        /// IRCv3 sts value in plaintext or, where that has none, inside TLS; NULL: none was sent.
        sts: Option<String>,
        /// The domain the server calls itself (XMPP `from`).
        peer_domain: Option<String>,
    }
}
