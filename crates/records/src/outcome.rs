//! How an attempt ended: the closed sets of phases and outcomes, and which outcome a phase can have.
//!
//! Whoever reads a row knows from these words whether the peer, the network or we ended it. Adding a word is a
//! schema change.

use tlscensus_dialog as dialog;

use crate::word::words;

words! {
    /// Where an attempt ended, in the order in which an attempt goes through them.
    #[derive(Default)]
    pub enum Phase {
        /// Looking up the name.
        Resolve => "resolve",
        /// Asking ourselves whether this endpoint may be touched now.
        #[default]
        Permit => "permit",
        /// TCP handshake.
        Connect => "connect",
        /// The server's first words.
        Greeting => "greeting",
        /// What the server can do, asked in plaintext.
        Capabilities => "capabilities",
        /// From the wish to upgrade to the go-ahead or its refusal.
        Starttls => "starttls",
        /// TLS handshake.
        Tls => "tls",
        /// Greeting (implicit TLS) and capabilities inside TLS.
        AfterTls => "after-tls",
    }
}

words! {
    /// How a phase ended.
    #[derive(Default)]
    pub enum Outcome {
        /// STARTTLS: the go-ahead.
        Accepted => "accepted",
        /// STARTTLS: the go-ahead, with plaintext behind it in the same breath.
        AcceptedWithLeftover => "accepted-with-leftover",
        /// TLS: the peer ended the handshake with an alert; level, description and place are in `detail`.
        Alert => "alert",
        /// TLS: the peer's Finished does not verify.
        BadFinished => "bad-finished",
        /// TLS: the signature over the key exchange does not verify.
        BadSignature => "bad-signature",
        /// On our blocklist; nothing was sent.
        Blocked => "blocked",
        /// The peer closed the connection in order.
        Closed => "closed",
        /// TLS: handshake complete, Finished checked on both sides.
        Completed => "completed",
        /// TCP handshake complete, and this was all that was asked.
        Connected => "connected",
        /// After TLS: the peer said farewell (421, BYE, `</stream:stream>`) instead of an answer.
        HungUpPolitely => "hung-up-politely",
        /// We ran out of descriptors, ports or memory.
        LocalLimit => "local-limit",
        /// Bytes of the right protocol that break its grammar.
        Malformed => "malformed",
        /// The name does not exist or has no address.
        NameNotFound => "name-not-found",
        /// TLS: no cipher suite in common, as the server's choice or alert says.
        NoCommonSuite => "no-common-suite",
        /// TLS: the server chose what we can name but not compute; `detail` says what.
        NotCompletable => "not-completable",
        /// STARTTLS is not in the list of capabilities; not asked.
        NotOffered => "not-offered",
        /// Well-formed, but another protocol: see `looks_like`.
        NotThisProtocol => "not-this-protocol",
        /// The answer where TLS was due is not TLS.
        NotTls => "not-tls",
        /// The server does not have the question for capabilities.
        NotUnderstood => "not-understood",
        /// The STARTTLS keyword is there, overwritten by a middlebox; not asked.
        OfferedMangled => "offered-mangled",
        /// The phase did what it was for.
        Ok => "ok",
        /// The endpoint's share of connections was used up before it came to this.
        OverBudget => "over-budget",
        /// The peer sent more than the byte budget, or a unit longer than its limit.
        OverBytes => "over-bytes",
        /// Held back by our rate limits until its deadline.
        #[default]
        RateHeld => "rate-held",
        /// Connect: RST or ICMP port unreachable; STARTTLS: the server said no, its words are in `detail`.
        Refused => "refused",
        /// The peer reset the connection.
        Reset => "reset",
        /// The resolver answered with an error.
        ResolverFailed => "resolver-failed",
        /// The resolver did not answer.
        ResolverTimeout => "resolver-timeout",
        /// The server ends it for reasons of load or policy (421, 554 greeting, BYE, `stream:error`, ERROR).
        Shed => "shed",
        /// Connected, then not one byte until the deadline.
        Silent => "silent",
        /// TLS: we had heard what we came for and took our leave.
        Stopped => "stopped",
        /// The deadline passed before the phase was done.
        Timeout => "timeout",
        /// The peer opened with TLS where plaintext was due.
        TlsSpoken => "tls-spoken",
        /// Watched traffic: what came then is not in the capture, for a hole, a side that is missing, or its end.
        Unseen => "unseen",
        /// A router or host says: administratively prohibited.
        UnreachableAdmin => "unreachable-admin",
        /// A router says: host unreachable.
        UnreachableHost => "unreachable-host",
        /// A router says: network unreachable.
        UnreachableNet => "unreachable-net",
        /// TLS: the server does not take any version offered.
        VersionRefused => "version-refused",
        /// TLS: messages that cannot come in this order.
        WrongOrder => "wrong-order",
    }
}

impl Phase {
    /// The outcomes this phase can have.
    pub const fn outcomes(self) -> &'static [Outcome] {
        use Outcome::*;
        match self {
            Self::Resolve => &[NameNotFound, ResolverFailed, ResolverTimeout],
            Self::Permit => &[Blocked, OverBudget, RateHeld],
            Self::Connect => &[
                Connected,
                LocalLimit,
                Refused,
                Reset,
                Timeout,
                UnreachableAdmin,
                UnreachableHost,
                UnreachableNet,
            ],
            Self::Greeting => &[
                Closed,
                Malformed,
                NotThisProtocol,
                Ok,
                OverBytes,
                Reset,
                Shed,
                Silent,
                Timeout,
                TlsSpoken,
                Unseen,
            ],
            Self::Capabilities => &[
                Closed,
                Malformed,
                NotThisProtocol,
                NotUnderstood,
                Ok,
                OverBytes,
                Reset,
                Shed,
                Timeout,
                Unseen,
            ],
            Self::Starttls => &[
                Accepted,
                AcceptedWithLeftover,
                Closed,
                Malformed,
                NotOffered,
                OfferedMangled,
                OverBytes,
                Refused,
                Reset,
                Shed,
                Timeout,
                Unseen,
            ],
            Self::Tls => &[
                Alert,
                BadFinished,
                BadSignature,
                Closed,
                Completed,
                LocalLimit,
                Malformed,
                NoCommonSuite,
                NotCompletable,
                NotTls,
                OverBytes,
                Reset,
                Stopped,
                Timeout,
                Unseen,
                VersionRefused,
                WrongOrder,
            ],
            Self::AfterTls => &[
                Closed,
                HungUpPolitely,
                Malformed,
                NotThisProtocol,
                NotUnderstood,
                Ok,
                OverBytes,
                Reset,
                Shed,
                Silent,
                Timeout,
            ],
        }
    }

    /// For the phases of a conversation: the same outcome where this phase can have it, else the one that says the same here.
    ///
    /// A phase after the first has no `silent` but a `timeout`; TLS bytes in the middle of a conversation are malformed.
    pub fn admit(self, outcome: Outcome) -> Outcome {
        if self.outcomes().contains(&outcome) {
            return outcome;
        }
        match outcome {
            Outcome::Silent => Outcome::Timeout,
            Outcome::HungUpPolitely => Outcome::Shed,
            _ => Outcome::Malformed,
        }
    }
}

impl From<dialog::Phase> for Phase {
    fn from(phase: dialog::Phase) -> Self {
        match phase {
            dialog::Phase::Greeting => Self::Greeting,
            dialog::Phase::Capabilities => Self::Capabilities,
            dialog::Phase::Starttls => Self::Starttls,
            dialog::Phase::AfterTls => Self::AfterTls,
        }
    }
}

impl From<dialog::Outcome> for Outcome {
    fn from(outcome: dialog::Outcome) -> Self {
        match outcome {
            dialog::Outcome::Accepted => Self::Accepted,
            dialog::Outcome::AcceptedWithLeftover => Self::AcceptedWithLeftover,
            dialog::Outcome::Closed => Self::Closed,
            dialog::Outcome::HungUpPolitely => Self::HungUpPolitely,
            dialog::Outcome::Malformed => Self::Malformed,
            dialog::Outcome::NotOffered => Self::NotOffered,
            dialog::Outcome::NotThisProtocol => Self::NotThisProtocol,
            dialog::Outcome::NotUnderstood => Self::NotUnderstood,
            dialog::Outcome::OfferedMangled => Self::OfferedMangled,
            dialog::Outcome::Ok => Self::Ok,
            dialog::Outcome::OverBytes => Self::OverBytes,
            dialog::Outcome::Refused => Self::Refused,
            dialog::Outcome::Reset => Self::Reset,
            dialog::Outcome::Shed => Self::Shed,
            dialog::Outcome::Silent => Self::Silent,
            dialog::Outcome::TimedOut => Self::Timeout,
            dialog::Outcome::TlsSpoken => Self::TlsSpoken,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_outcome_belongs_to_a_phase_and_no_phase_lists_one_twice() {
        let mut belonging = BTreeSet::new();
        for phase in Phase::ALL {
            let listed: BTreeSet<_> = phase.outcomes().iter().collect();
            assert_eq!(listed.len(), phase.outcomes().len(), "{phase}");
            belonging.extend(listed);
        }
        assert_eq!(belonging, Outcome::ALL.iter().collect());
    }

    #[test]
    fn words_lead_back_and_are_distinct() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_word(outcome.word()), Some(*outcome));
        }
        for phase in Phase::ALL {
            assert_eq!(Phase::from_word(phase.word()), Some(*phase));
        }
        assert_eq!(Outcome::from_word("lost"), None);
    }

    #[test]
    fn whatever_a_conversation_ends_with_its_phase_can_have() {
        let phases = [
            dialog::Phase::Greeting,
            dialog::Phase::Capabilities,
            dialog::Phase::Starttls,
            dialog::Phase::AfterTls,
        ];
        for phase in phases.map(Phase::from) {
            for outcome in Outcome::ALL {
                let admitted = phase.admit(*outcome);
                assert!(phase.outcomes().contains(&admitted), "{phase} {outcome}");
            }
        }
        assert_eq!(Phase::Starttls.admit(Outcome::Silent), Outcome::Timeout);
        assert_eq!(Phase::Greeting.admit(Outcome::Silent), Outcome::Silent);
    }

    #[test]
    fn the_table_of_phases_and_outcomes_is_the_documented_one() {
        let lines: Vec<String> = Phase::ALL
            .iter()
            .map(|phase| {
                let words: Vec<_> = phase.outcomes().iter().map(|o| o.word()).collect();
                format!("{phase}: {}", words.join(" "))
            })
            .collect();
        assert_eq!(lines, TABLE.lines().collect::<Vec<_>>());
    }

    const TABLE: &str = "\
resolve: name-not-found resolver-failed resolver-timeout
permit: blocked over-budget rate-held
connect: connected local-limit refused reset timeout unreachable-admin unreachable-host unreachable-net
greeting: closed malformed not-this-protocol ok over-bytes reset shed silent timeout tls-spoken unseen
capabilities: closed malformed not-this-protocol not-understood ok over-bytes reset shed timeout unseen
starttls: accepted accepted-with-leftover closed malformed not-offered offered-mangled over-bytes refused reset shed timeout unseen
tls: alert bad-finished bad-signature closed completed local-limit malformed no-common-suite not-completable not-tls over-bytes reset stopped timeout unseen version-refused wrong-order
after-tls: closed hung-up-politely malformed not-this-protocol not-understood ok over-bytes reset shed silent timeout";
}
