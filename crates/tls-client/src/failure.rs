//! Why a handshake cannot go on, and the alert a polite client sends about it.

use tlscensus_tls_wire::codec::DecodeError;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::HandshakeType;

use crate::outcome::Malformed;
use crate::outcome::Outcome;

/// An end of the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) outcome: Outcome,
    /// Sent to the server before leaving; `None` where the server ended it.
    pub(crate) alert: Option<AlertDescription>,
}

impl Failure {
    pub(crate) fn new(outcome: Outcome, alert: AlertDescription) -> Self {
        Self { outcome, alert: Some(alert) }
    }

    /// The server ended it; nothing is left to say.
    pub(crate) fn silent(outcome: Outcome) -> Self {
        Self { outcome, alert: None }
    }

    pub(crate) fn illegal(what: &'static str) -> Self {
        let outcome = Outcome::Malformed(Malformed::Illegal(what));
        Self::new(outcome, AlertDescription::ILLEGAL_PARAMETER)
    }

    pub(crate) fn not_completable(suite: CipherSuite) -> Self {
        let outcome = Outcome::NotCompletable { suite };
        Self::new(outcome, AlertDescription::HANDSHAKE_FAILURE)
    }

    /// The server sends more than we take.
    pub(crate) fn over_bytes() -> Self {
        Self::new(Outcome::OverBytes, AlertDescription::INTERNAL_ERROR)
    }

    pub(crate) fn wrong_order(message: HandshakeType) -> Self {
        let outcome = Outcome::WrongOrder { message };
        Self::new(outcome, AlertDescription::UNEXPECTED_MESSAGE)
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        let outcome = Outcome::Malformed(Malformed::Decode(error));
        Self::new(outcome, AlertDescription::DECODE_ERROR)
    }
}
