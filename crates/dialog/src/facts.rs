//! What a conversation told us: values that know whether they were read, absent, or never reached.

/// Where in the conversation something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Waiting for or reading the server's first words.
    Greeting,
    /// Asking what the server can do, in plaintext.
    Capabilities,
    /// From the wish to upgrade to the go-ahead or its refusal.
    Starttls,
    /// Greeting (implicit TLS) and capabilities inside TLS.
    AfterTls,
}

/// How a phase ended. Words are stable; which ones a phase can have is the table in `records::outcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The server gave the go-ahead.
    Accepted,
    /// The go-ahead had plaintext behind it in the same breath (the injection finding).
    AcceptedWithLeftover,
    /// The peer closed the connection in order.
    Closed,
    /// The peer said a farewell of its own after TLS (421, BYE, `</stream:stream>`) instead of an answer.
    HungUpPolitely,
    /// Bytes of this protocol that break its grammar.
    Malformed,
    /// No upgrade in the list of capabilities.
    NotOffered,
    /// A well-formed conversation, but of another protocol: see [`Ending::looks_like`].
    NotThisProtocol,
    /// The server does not know the question for capabilities (500, 502, BAD, -ERR, 421 numeric).
    NotUnderstood,
    /// The upgrade keyword is there, overwritten by a middlebox (`250-XXXXXXXA`).
    OfferedMangled,
    /// The phase did what it was for.
    Ok,
    /// The peer sent more than the budget or a unit longer than its limit.
    OverBytes,
    /// The server refused the upgrade: code and text in [`Ending::detail`].
    Refused,
    /// The peer reset the connection.
    Reset,
    /// The server ends it for reasons of load or policy (421, 554 greeting, BYE, `stream:error`, ERROR).
    Shed,
    /// Connected, then not one byte until the deadline.
    Silent,
    /// Some bytes, but the deadline passed before the phase was done.
    TimedOut,
    /// The peer opened with TLS bytes where plaintext was due.
    TlsSpoken,
}

/// What a peer looked like when it was not what we asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LooksLike {
    /// `220 … FTP`.
    Ftp,
    /// `HTTP/1.x`, `<html`.
    Http,
    /// `* OK`.
    Imap,
    /// `:server NOTICE`, `ERROR :`.
    Irc,
    /// MySQL's or PostgreSQL's first packet.
    Database,
    /// `+OK`.
    Pop3,
    /// `220 `, `554 `.
    Smtp,
    /// `SSH-2.0-`.
    Ssh,
    /// Telnet negotiation (IAC).
    Telnet,
    /// TLS or SSL 2 records.
    Tls,
    /// Nothing we know.
    Unknown,
    /// `<stream:stream`, `<?xml`.
    Xmpp,
}

/// How the conversation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Where.
    pub phase: Phase,
    /// How.
    pub outcome: Outcome,
    /// The server's own words that ended it (code and text, first line), bounded; empty when there were none.
    pub detail: Vec<u8>,
    /// For [`Outcome::NotThisProtocol`].
    pub looks_like: Option<LooksLike>,
}

/// The state of a capability list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// We never came to the question.
    #[default]
    Unreached,
    /// The conversation has no such list here (no plaintext part in implicit TLS; no dialogue in HTTPS).
    Unasked,
    /// We asked, the server does not have the question.
    NotUnderstood,
    /// The list, possibly empty.
    Read(Capabilities),
}

/// Which answer a list came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// POP3 CAPA (RFC 2449).
    Capa,
    /// IMAP CAPABILITY, asked or untagged.
    Capability,
    /// IRCv3 `CAP LS 302`.
    CapLs,
    /// SMTP EHLO.
    Ehlo,
    /// XMPP `<stream:features/>`.
    Features,
    /// IMAP greeting with `[CAPABILITY …]`.
    Greeting,
    /// SMTP HELO: no list at all.
    Helo,
}

/// A list of capabilities as the server sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Which answer.
    pub source: Source,
    /// One entry per capability as sent (SMTP, POP3: a line without its code; IMAP: an atom; IRC: a token; XMPP: a child
    /// element of features), server's order, repeats kept, bounded.
    pub lines: Vec<Vec<u8>>,
    /// Authentication mechanisms in the server's order, repeats kept.
    pub mechanisms: Vec<Mechanism>,
    /// XMPP channel-binding types (XEP-0440), server's order.
    pub channel_bindings: Vec<String>,
    /// Whether the upgrade is offered.
    pub starttls: Offer,
    /// IMAP LOGINDISABLED.
    pub login_disabled: bool,
    /// IRCv3 `sts` value (port, duration).
    pub sts: Option<String>,
    /// True if a limit of ours, or a hole in what was captured, cut the list.
    pub truncated: bool,
}

impl Capabilities {
    /// A list without entries.
    pub fn empty(source: Source) -> Self {
        Self {
            source,
            lines: Vec::new(),
            mechanisms: Vec::new(),
            channel_bindings: Vec::new(),
            starttls: Offer::No,
            login_disabled: false,
            sts: None,
            truncated: false,
        }
    }
}

/// One mechanism and the form in which it was offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mechanism {
    /// As sent, ASCII upper-cased, non-ASCII bytes escaped.
    pub name: String,
    /// The form.
    pub source: MechanismSource,
}

/// The form in which a mechanism was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MechanismSource {
    /// POP3 greeting with a time stamp (RFC 1939 APOP); the mechanism is named `APOP`.
    ApopBanner,
    /// SMTP `AUTH …`, IMAP `AUTH=…`, POP3 `SASL …`, XMPP `<mechanisms/>`, IRC `sasl=…`.
    Listed,
    /// SMTP's old form `AUTH=…`.
    OldForm,
    /// XEP-0388 `<authentication xmlns='urn:xmpp:sasl:2'/>`.
    Sasl2,
    /// POP3 `USER`: named `USER`. IMAP without LOGINDISABLED is *not* listed here: it is a flag.
    UserCapability,
}

/// Whether a list offers the upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Offer {
    /// Overwritten by a middlebox.
    Mangled,
    /// Not in the list.
    No,
    /// Offered and required (XMPP `<required/>`).
    Required,
    /// Offered.
    Yes,
}

/// How far the upgrade came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Starttls {
    /// Implicit TLS: nothing to ask.
    Unasked,
    /// The conversation ended before the question.
    #[default]
    Unreached,
    /// Not in the capability list; we did not ask.
    NotOffered,
    /// The keyword is there but mangled; we did not ask.
    OfferedMangled,
    /// Offered, and the client went on without it (passive only).
    OfferedUnused,
    /// Asked; no answer was seen.
    ReplyUnseen,
    /// Asked and refused, with the server's words.
    Refused(Vec<u8>),
    /// Asked, and the answer was none (a reply that breaks the grammar).
    Malformed,
    /// Go-ahead given.
    Accepted,
}

/// All facts of one conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The server's first words, raw, bounded: SMTP/POP3/IMAP greeting, IRC's first lines, XMPP's stream header.
    pub greeting: Option<Vec<u8>>,
    /// The server is of the protocol asked for (its first unit parsed as such). `None`: not reached.
    pub speaks: Option<bool>,
    /// Capabilities in plaintext: the last list.
    pub before: Reading,
    /// Lists in plaintext that a later one took the place of (a second EHLO, IMAP's greeting), oldest first, at most
    /// four.
    pub earlier: Vec<Capabilities>,
    /// Capabilities inside TLS.
    pub after: Reading,
    /// The upgrade.
    pub starttls: Starttls,
    /// Server bytes that lay behind the go-ahead in plaintext; also handed to TLS.
    pub leftover: Vec<u8>,
    /// Client bytes that lay behind its upgrade command (passive only).
    pub client_leftover: Vec<u8>,
    /// The client greeted with LHLO (RFC 2033): a list of [`Source::Ehlo`] is then the reply to that (passive only).
    pub lmtp: bool,
    /// The client began to authenticate in plaintext: the mechanism's name only (passive only).
    pub plaintext_auth: Option<String>,
    /// The domain the server calls itself (XMPP `from`, to be asked for in a second attempt).
    pub peer_domain: Option<String>,
    /// How it ended; `None` while it goes on. At the go-ahead it is `starttls accepted` (or `accepted-with-leftover`) and
    /// stays so when TLS fails; inside TLS it is written anew. With implicit TLS it is `None` until TLS is up.
    pub ending: Option<Ending>,
}
