//! What was found out about one flow: all that a row needs from here, and nothing of a client's own.

use tlscensus_dialog::Facts;
use tlscensus_dialog::LooksLike;
use tlscensus_flows::End;

use crate::speech::Via;
use crate::tls::Ear;

/// One value for either role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerSide<T> {
    /// The client's: who greets with EHLO, ClientHello and the like, whoever opened the connection.
    pub client: T,
    /// The server's.
    pub server: T,
}

/// What a flow speaks.
#[derive(Debug)]
pub enum Findings {
    /// What we measure.
    Ours(Box<Ours>),
    /// Something else, or nothing: for counters only.
    NotOurs(Foreign),
}

/// Why a flow is none of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Foreign {
    /// Its first bytes could be several protocols', and its port is none of theirs.
    Ambiguous,
    /// MySQL or PostgreSQL.
    Database,
    /// FTP.
    Ftp,
    /// HTTP.
    Http,
    /// NNTP.
    Nntp,
    /// Not one byte of payload.
    Nothing,
    /// Remote desktop.
    Rdp,
    /// Redis, or another of its protocol.
    Redis,
    /// ManageSieve.
    Sieve,
    /// SSH.
    Ssh,
    /// Telnet.
    Telnet,
    /// Nothing we know.
    Unknown,
    /// XMPP's streams of components, or of another namespace.
    XmppOther,
}

impl Foreign {
    /// All of them, in the order of their words.
    pub const ALL: [Self; 13] = [
        Self::Ambiguous,
        Self::Database,
        Self::Ftp,
        Self::Http,
        Self::Nntp,
        Self::Nothing,
        Self::Rdp,
        Self::Redis,
        Self::Sieve,
        Self::Ssh,
        Self::Telnet,
        Self::Unknown,
        Self::XmppOther,
    ];

    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::Database => "database",
            Self::Ftp => "ftp",
            Self::Http => "http",
            Self::Nntp => "nntp",
            Self::Nothing => "nothing",
            Self::Rdp => "rdp",
            Self::Redis => "redis",
            Self::Sieve => "sieve",
            Self::Ssh => "ssh",
            Self::Telnet => "telnet",
            Self::Unknown => "unknown",
            Self::XmppOther => "xmpp-other",
        }
    }

    /// The foreign protocol that a dialogue's [`LooksLike`] names; `None`: one of ours, or nothing known.
    pub(crate) const fn of(looks_like: LooksLike) -> Option<Self> {
        match looks_like {
            LooksLike::Database => Some(Self::Database),
            LooksLike::Ftp => Some(Self::Ftp),
            LooksLike::Http => Some(Self::Http),
            LooksLike::Ssh => Some(Self::Ssh),
            LooksLike::Telnet => Some(Self::Telnet),
            LooksLike::Imap
            | LooksLike::Irc
            | LooksLike::Pop3
            | LooksLike::Smtp
            | LooksLike::Tls
            | LooksLike::Unknown
            | LooksLike::Xmpp => None,
        }
    }
}

/// Whose bytes decided what a flow speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DetectedBy {
    /// Both sides' agree.
    Both,
    /// The client's alone.
    Client,
    /// They leave it open, and the port decided.
    Port,
    /// The server's alone.
    Server,
}

impl DetectedBy {
    /// The stable column word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Client => "client",
            Self::Port => "port",
            Self::Server => "server",
        }
    }
}

/// How it is known that a dialogue turned to TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GoAhead {
    /// The server's go-ahead was heard.
    Heard,
    /// It is not in the capture: TLS records stand where words were due.
    Inferred,
}

/// Why nothing more was listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stopped {
    /// The dialogue left what we listen to, or ended: the ending in the facts says where and how.
    Dialogue,
    /// TLS is established.
    Established,
    /// The flow came to its end, in this way.
    Flow(End),
    /// What should have been TLS was not, or no longer.
    NotTls,
}

/// What was spoken, in the words of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The service: a word of `tlscensus_dialog::SERVICES`, `lmtp`, or `tls` for direct TLS on a port that names nothing.
    pub protocol: &'static str,
    /// What TLS stands behind.
    pub via: Via,
    /// Whose bytes decided.
    pub detected_by: DetectedBy,
    /// The server's port is none where this is expected.
    pub off_port: bool,
    /// The client is not who opened the connection.
    pub flipped: bool,
}

/// What was found out about a flow that is ours.
#[derive(Debug)]
pub struct Ours {
    /// What was spoken.
    pub spoken: Spoken,
    /// The dialogue; with direct TLS there is none and the facts say so. Redacted: the server's words have `<client>` for
    /// whatever is the client's, and the raw leftovers are empty (see [`plaintext_behind`](Self::plaintext_behind)).
    pub facts: Facts,
    /// Mechanisms with which the client began to authenticate in plaintext, upper case; one that is neither well known
    /// nor was offered is `OTHER`, for it might be a password.
    pub plaintext_auth: Vec<String>,
    /// How it is known that the dialogue turned to TLS; `None`: it did not, or TLS is direct.
    pub go_ahead: Option<GoAhead>,
    /// Bytes that were no TLS and lay behind the go-ahead (the server's) or the wish to upgrade (the client's): injected,
    /// or pipelined.
    pub plaintext_behind: PerSide<u64>,
    /// Bytes of TLS that were in the capture before the go-ahead was: the client's, if it did not wait.
    pub tls_before_go_ahead: u64,
    /// TLS as heard; `None`: it was not reached.
    pub tls: Option<Box<Ear>>,
    /// Why nothing more was listened to.
    pub stopped: Stopped,
}
