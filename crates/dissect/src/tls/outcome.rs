//! Why a handshake that was heard from outside did not come to its end, as words of a column.

use tlscensus_tls_wire::observer::Side;

/// Why a handshake does not count as come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotEstablished {
    /// The client ended it with an alert, be it one that can only be told by its type or length.
    AlertByClient,
    /// The server did.
    AlertByServer,
    /// A direction was closed before the server said hello.
    ClosedBeforeServerHello,
    /// The server said hello, and then it went no further.
    EndedInHandshake,
    /// Bytes are missing, and what is there does not show the end.
    Gap,
    /// The server said no hello, and nobody closed.
    NoServerHello,
    /// Neither side said anything.
    NothingHeard,
    /// The first bytes of a direction are not TLS.
    NotTls,
    /// Something else stands behind records of a direction.
    NotTlsAnyMore,
    /// Only one direction is in the capture, and it does not show the end.
    OneSided,
    /// A message is longer than what is kept.
    OverLimit,
}

impl NotEstablished {
    /// Every value.
    pub const ALL: &'static [Self] = &[
        Self::AlertByClient,
        Self::AlertByServer,
        Self::ClosedBeforeServerHello,
        Self::EndedInHandshake,
        Self::Gap,
        Self::NoServerHello,
        Self::NothingHeard,
        Self::NotTls,
        Self::NotTlsAnyMore,
        Self::OneSided,
        Self::OverLimit,
    ];

    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::AlertByClient => "alert-by-client",
            Self::AlertByServer => "alert-by-server",
            Self::ClosedBeforeServerHello => "closed-before-server-hello",
            Self::EndedInHandshake => "ended-in-handshake",
            Self::Gap => "gap",
            Self::NoServerHello => "no-server-hello",
            Self::NothingHeard => "nothing-heard",
            Self::NotTls => "not-tls",
            Self::NotTlsAnyMore => "not-tls-any-more",
            Self::OneSided => "one-sided",
            Self::OverLimit => "over-limit",
        }
    }

    pub(super) fn by_alert(side: Side) -> Self {
        match side {
            Side::Client => Self::AlertByClient,
            Side::Server => Self::AlertByServer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_distinct() {
        let mut words: Vec<_> = NotEstablished::ALL.iter().map(|why| why.word()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), NotEstablished::ALL.len());
    }
}
