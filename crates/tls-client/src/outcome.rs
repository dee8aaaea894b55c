//! How a handshake ended: a closed set, each with the word that rows carry.

use std::fmt;

use tlscensus_tls_wire::alert::Alert;
use tlscensus_tls_wire::codec::DecodeError;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::HandshakeType;
use tlscensus_tls_wire::registry::Ssl2Error;
use tlscensus_tls_wire::registry::Version;

/// How a handshake ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both Finished messages were verified.
    Completed,
    /// The server ended it with an alert. One that says `protocol_version` is [`VersionRefused`](Self::VersionRefused), one that
    /// says `insufficient_security` is [`NoCommonSuite`](Self::NoCommonSuite).
    Alert {
        /// What it said.
        alert: Alert,
        /// The last handshake message, of either side, before it.
        after: HandshakeType,
    },
    /// The server's Finished, or the protection of a record, is not what the keys say.
    BadFinished,
    /// The server's signature over the handshake is not its certificate's.
    BadSignature,
    /// The server closed the connection in the middle.
    Closed,
    /// Bytes that break the grammar of TLS.
    Malformed(Malformed),
    /// The server said, by alert, that no suite or group suits it.
    NoCommonSuite,
    /// What the server chose is recorded, but cannot be computed here.
    NotCompletable {
        /// The suite it chose.
        suite: CipherSuite,
    },
    /// The server's first bytes are not TLS.
    NotTls,
    /// The server sent more than we keep.
    OverBytes,
    /// The connection was reset.
    Reset,
    /// The server speaks SSL 2; what it said of itself is recorded.
    Ssl2,
    /// The server answered in SSL 2 with an ERROR. NO-CIPHER-ERROR is [`NoCommonSuite`](Self::NoCommonSuite).
    Ssl2Error {
        /// What it said.
        error: Ssl2Error,
    },
    /// We had heard what we came for and took our leave: see [`Stop`](crate::Stop).
    Stopped,
    /// The driver's deadline passed.
    TimedOut,
    /// The server refused all our versions by alert, or chose one that we did not offer.
    VersionRefused {
        /// What it chose instead.
        chosen: Option<Version>,
    },
    /// A message that cannot stand here.
    WrongOrder {
        /// The message; for records that are not handshake messages, the one that was due.
        message: HandshakeType,
    },
}

impl Outcome {
    /// The stable word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Alert { .. } | Self::Ssl2Error { .. } => "alert",
            Self::BadFinished => "bad-finished",
            Self::BadSignature => "bad-signature",
            Self::Closed => "closed",
            Self::Malformed(_) => "malformed",
            Self::NoCommonSuite => "no-common-suite",
            Self::NotCompletable { .. } | Self::Ssl2 => "not-completable",
            Self::NotTls => "not-tls",
            Self::OverBytes => "over-bytes",
            Self::Reset => "reset",
            Self::Stopped => "stopped",
            Self::TimedOut => "timeout",
            Self::VersionRefused { .. } => "version-refused",
            Self::WrongOrder { .. } => "wrong-order",
        }
    }
}

impl fmt::Display for Outcome {
    /// The word and what is known beyond it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self {
            Self::Alert { alert, after } => write!(f, ": {alert} after {after}"),
            Self::Malformed(how) => write!(f, ": {how}"),
            Self::NotCompletable { suite } => write!(f, ": {suite}"),
            Self::Ssl2 => f.write_str(": SSL 2"),
            Self::Ssl2Error { error } => write!(f, ": SSL 2 {error}"),
            Self::VersionRefused { chosen: Some(version) } => write!(f, ": {version}"),
            Self::WrongOrder { message } => write!(f, ": {message}"),
            _ => Ok(()),
        }
    }
}

/// How bytes broke the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// A field cannot be read.
    Decode(DecodeError),
    /// A record is longer than a record may be.
    Overlong,
    /// After good records came bytes that are none.
    Record,
    /// A field has a value that its RFC forbids and that we cannot go on with.
    Illegal(&'static str),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Overlong => f.write_str("a record too long"),
            Self::Record => f.write_str("not a record"),
            Self::Illegal(what) => write!(f, "illegal {what}"),
        }
    }
}

/// Why no more bytes will come. Whoever drives the connection knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The peer closed its side in order.
    Closed,
    /// The peer reset the connection.
    Reset,
    /// A deadline passed.
    TimedOut,
    /// The byte budget is used up.
    OverBytes,
}

impl From<Interruption> for Outcome {
    fn from(how: Interruption) -> Self {
        match how {
            Interruption::Closed => Self::Closed,
            Interruption::Reset => Self::Reset,
            Interruption::TimedOut => Self::TimedOut,
            Interruption::OverBytes => Self::OverBytes,
        }
    }
}
