//! The values that follow from others: decided here, and nowhere else.

use tlscensus_dialog::Facts;
use tlscensus_dialog::Grammar;
use tlscensus_dialog::Mode;
use tlscensus_dialog::Starttls;

use crate::dialog_columns::StarttlsState;
use crate::outcome::Outcome;
use crate::outcome::Phase;
use crate::probe_row::Speaks;

/// How far TLS came on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsReach {
    /// No TLS record came from the server.
    #[default]
    Nothing,
    /// The server answered in TLS, without a ServerHello.
    Spoken,
    /// A ServerHello came, the handshake did not complete.
    Chosen,
    /// The handshake is complete.
    Established,
}

/// How the attempt that counts ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Where.
    pub phase: Phase,
    /// How.
    pub outcome: Outcome,
    /// Whether at least one byte came from the peer.
    pub heard: bool,
}

/// How far the upgrade came, as far as the conversation alone can tell: a go-ahead counts as [`StarttlsState::AcceptedNoTls`].
pub fn starttls_of_dialogue(facts: &Facts) -> StarttlsState {
    match facts.starttls {
        Starttls::Unasked => StarttlsState::Unasked,
        Starttls::Unreached if facts.speaks == Some(false) => StarttlsState::NotTheProtocol,
        Starttls::Unreached => StarttlsState::Unreached,
        Starttls::NotOffered => StarttlsState::NotOffered,
        Starttls::OfferedMangled => StarttlsState::OfferedMangled,
        Starttls::OfferedUnused => StarttlsState::OfferedUnused,
        Starttls::ReplyUnseen | Starttls::Malformed => StarttlsState::ReplyUnseen,
        Starttls::Refused(_) => StarttlsState::Refused,
        Starttls::Accepted => StarttlsState::AcceptedNoTls,
    }
}

/// How far the upgrade came.
///
/// | mode | dialogue said | and | state |
/// |---|---|---|---|
/// | implicit | – | – | unasked |
/// | starttls | go-ahead | handshake complete | upgraded |
/// | | | TLS records from the server | accepted-handshake-failed |
/// | | | none | accepted-no-tls |
/// | | unreached | phase resolve or permit | unasked |
/// | | | not one byte from the peer | no-answer |
/// | | | it does not speak the protocol | not-the-protocol |
/// | | | anything else | unreached |
/// | | anything else | – | as the dialogue said |
pub fn starttls_state(
    mode: Mode,
    dialogue: StarttlsState,
    speaks: Speaks,
    end: End,
    tls: TlsReach,
) -> StarttlsState {
    use StarttlsState::*;
    if mode == Mode::Implicit {
        return Unasked;
    }
    match dialogue {
        AcceptedNoTls | AcceptedHandshakeFailed | Upgraded => match tls {
            TlsReach::Nothing => AcceptedNoTls,
            TlsReach::Spoken | TlsReach::Chosen => AcceptedHandshakeFailed,
            TlsReach::Established => Upgraded,
        },
        Unreached | NoAnswer | Unasked => match end.phase {
            Phase::Resolve | Phase::Permit => Unasked,
            _ if !end.heard => NoAnswer,
            _ if speaks == Speaks::No => NotTheProtocol,
            _ => Unreached,
        },
        other => other,
    }
}

/// Whether the peer speaks the protocol it was asked in.
///
/// Where there is a dialogue, its first unit decides (implicit TLS: inside TLS). HTTPS has none of ours: a ServerHello is a
/// yes, an answer that is not TLS a no.
pub fn speaks(grammar: Grammar, dialogue: Option<bool>, end: End, tls: TlsReach) -> Speaks {
    if grammar == Grammar::Bare {
        return match (end.phase, end.outcome) {
            _ if tls >= TlsReach::Chosen => Speaks::Yes,
            (Phase::Tls, Outcome::NotTls) => Speaks::No,
            _ => Speaks::Unreached,
        };
    }
    match (dialogue, end.phase, end.outcome) {
        (Some(true), _, _) => Speaks::Yes,
        (Some(false), _, _) => Speaks::No,
        (None, _, Outcome::NotThisProtocol | Outcome::TlsSpoken) => Speaks::No,
        // Its first words break the grammar.
        (None, Phase::Greeting, Outcome::Malformed) => Speaks::No,
        (None, _, _) => Speaks::Unreached,
    }
}

/// Whether an attempt that ended here had a TCP connection.
pub fn tcp_completed(phase: Phase, outcome: Outcome) -> bool {
    phase > Phase::Connect || (phase == Phase::Connect && outcome == Outcome::Connected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(phase: Phase, outcome: Outcome, heard: bool) -> End {
        End { phase, outcome, heard }
    }

    #[test]
    fn an_upgrade_is_judged_by_dialogue_then_end_then_tls() {
        use StarttlsState as S;
        use TlsReach as T;
        let cases = [
            (S::Unreached, Phase::Resolve, Outcome::NameNotFound, false, T::Nothing, S::Unasked),
            (S::Unreached, Phase::Permit, Outcome::Blocked, false, T::Nothing, S::Unasked),
            (S::Unreached, Phase::Connect, Outcome::Refused, false, T::Nothing, S::NoAnswer),
            (S::Unreached, Phase::Connect, Outcome::Timeout, false, T::Nothing, S::NoAnswer),
            (S::Unreached, Phase::Greeting, Outcome::Silent, false, T::Nothing, S::NoAnswer),
            (S::Unreached, Phase::Greeting, Outcome::Closed, false, T::Nothing, S::NoAnswer),
            (S::Unreached, Phase::Greeting, Outcome::Closed, true, T::Nothing, S::Unreached),
            (S::Unreached, Phase::Greeting, Outcome::Timeout, true, T::Nothing, S::Unreached),
            (S::Unreached, Phase::Greeting, Outcome::Shed, true, T::Nothing, S::Unreached),
            (
                S::Unreached,
                Phase::Greeting,
                Outcome::Malformed,
                true,
                T::Nothing,
                S::NotTheProtocol,
            ),
            (S::Unreached, Phase::Greeting, Outcome::OverBytes, true, T::Nothing, S::Unreached),
            (
                S::Unreached,
                Phase::Greeting,
                Outcome::TlsSpoken,
                true,
                T::Nothing,
                S::NotTheProtocol,
            ),
            (
                S::NotTheProtocol,
                Phase::Greeting,
                Outcome::Malformed,
                true,
                T::Nothing,
                S::NotTheProtocol,
            ),
            (S::Unreached, Phase::Capabilities, Outcome::Malformed, true, T::Nothing, S::Unreached),
            (S::NotOffered, Phase::Starttls, Outcome::NotOffered, true, T::Nothing, S::NotOffered),
            (S::Refused, Phase::Starttls, Outcome::Refused, true, T::Nothing, S::Refused),
            (S::ReplyUnseen, Phase::Starttls, Outcome::Closed, true, T::Nothing, S::ReplyUnseen),
            (S::AcceptedNoTls, Phase::Tls, Outcome::Closed, true, T::Nothing, S::AcceptedNoTls),
            (S::AcceptedNoTls, Phase::Tls, Outcome::NotTls, true, T::Nothing, S::AcceptedNoTls),
            (
                S::AcceptedNoTls,
                Phase::Tls,
                Outcome::Alert,
                true,
                T::Spoken,
                S::AcceptedHandshakeFailed,
            ),
            (
                S::AcceptedNoTls,
                Phase::Tls,
                Outcome::BadFinished,
                true,
                T::Chosen,
                S::AcceptedHandshakeFailed,
            ),
            (S::AcceptedNoTls, Phase::AfterTls, Outcome::Ok, true, T::Established, S::Upgraded),
            (S::Upgraded, Phase::AfterTls, Outcome::Closed, true, T::Established, S::Upgraded),
        ];
        for (dialogue, phase, outcome, heard, tls, state) in cases {
            let end = end(phase, outcome, heard);
            let speaks = speaks(Grammar::Smtp, None, end, tls);
            let found = starttls_state(Mode::Starttls, dialogue, speaks, end, tls);
            assert_eq!(found, state, "{dialogue} {end:?} {tls:?}");
            assert_eq!(starttls_state(Mode::Starttls, found, speaks, end, tls), state, "twice");
            assert_eq!(starttls_state(Mode::Implicit, dialogue, speaks, end, tls), S::Unasked);
        }
    }

    #[test]
    fn what_the_conversation_knows_has_a_state() {
        let cases = [
            (Starttls::Unasked, None, StarttlsState::Unasked),
            (Starttls::Unreached, None, StarttlsState::Unreached),
            (Starttls::Unreached, Some(true), StarttlsState::Unreached),
            (Starttls::Unreached, Some(false), StarttlsState::NotTheProtocol),
            (Starttls::NotOffered, Some(true), StarttlsState::NotOffered),
            (Starttls::OfferedMangled, Some(true), StarttlsState::OfferedMangled),
            (Starttls::OfferedUnused, Some(true), StarttlsState::OfferedUnused),
            (Starttls::ReplyUnseen, Some(true), StarttlsState::ReplyUnseen),
            (Starttls::Malformed, Some(true), StarttlsState::ReplyUnseen),
            (Starttls::Refused(vec![]), Some(true), StarttlsState::Refused),
            (Starttls::Accepted, Some(true), StarttlsState::AcceptedNoTls),
        ];
        for (starttls, speaks, state) in cases {
            let facts = Facts { starttls, speaks, ..Facts::default() };
            assert_eq!(starttls_of_dialogue(&facts), state, "{facts:?}");
        }
    }

    #[test]
    fn who_speaks_the_protocol() {
        use Speaks::*;
        use TlsReach as T;
        let smtp = Grammar::Smtp;
        let cases = [
            (smtp, Some(true), Phase::Greeting, Outcome::Shed, T::Nothing, Yes),
            (smtp, Some(false), Phase::Greeting, Outcome::NotThisProtocol, T::Nothing, No),
            (smtp, None, Phase::Greeting, Outcome::TlsSpoken, T::Nothing, No),
            (smtp, None, Phase::Greeting, Outcome::Malformed, T::Nothing, No),
            (smtp, None, Phase::AfterTls, Outcome::Malformed, T::Established, Unreached),
            (smtp, None, Phase::Greeting, Outcome::Silent, T::Nothing, Unreached),
            (smtp, None, Phase::Tls, Outcome::NotTls, T::Nothing, Unreached),
            (Grammar::Bare, None, Phase::AfterTls, Outcome::Ok, T::Established, Yes),
            (Grammar::Bare, Some(true), Phase::Tls, Outcome::Reset, T::Chosen, Yes),
            (Grammar::Bare, None, Phase::Tls, Outcome::Alert, T::Spoken, Unreached),
            (Grammar::Bare, None, Phase::Tls, Outcome::NotTls, T::Nothing, No),
            (Grammar::Bare, None, Phase::Connect, Outcome::Refused, T::Nothing, Unreached),
        ];
        for (grammar, dialogue, phase, outcome, tls, found) in cases {
            let end = end(phase, outcome, true);
            assert_eq!(speaks(grammar, dialogue, end, tls), found, "{grammar:?} {end:?}");
        }
    }

    #[test]
    fn a_connection_stands_from_the_greeting_on() {
        for phase in Phase::ALL {
            let later = *phase > Phase::Connect;
            assert_eq!(tcp_completed(*phase, Outcome::Reset), later, "{phase}");
        }
        assert!(tcp_completed(Phase::Connect, Outcome::Connected));
    }
}
