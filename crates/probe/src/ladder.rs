//! Which connection to an endpoint comes next, and which one counts.

use tlscensus_dialog::Grammar;
use tlscensus_dialog::Service;
use tlscensus_records::Attempt;
use tlscensus_records::Outcome;
use tlscensus_records::Phase;

/// How one connection asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// Which of the plan's TLS offers.
    pub(crate) rung: usize,
    /// The domain asked for (XMPP).
    pub(crate) peer_domain: Option<String>,
}

impl Ask {
    /// How to ask again, if what this connection found out is a reason to: a domain that the server calls its own, or a
    /// turned-down offer that is not the last.
    pub(crate) fn after(
        &self,
        service: &Service,
        found: &Attempt,
        peer_domain: Option<&str>,
        rungs: usize,
    ) -> Option<Self> {
        if found.phase == Phase::Tls {
            return turned_down(found.outcome)
                .then(|| Self { rung: self.rung + 1, ..self.clone() })
                .filter(|next| next.rung < rungs);
        }
        let xmpp = matches!(service.grammar, Grammar::XmppClient | Grammar::XmppServer);
        let own = peer_domain.filter(|own| Some(*own) != self.peer_domain.as_deref())?;
        (xmpp && found.outcome == Outcome::Shed)
            .then(|| Self { peer_domain: Some(own.to_owned()), ..self.clone() })
    }
}

/// Whether another offer could fare better: the server answered, and did not like this one. Servers that cannot read
/// large or new ClientHellos close or reset.
const fn turned_down(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Alert
            | Outcome::Closed
            | Outcome::NoCommonSuite
            | Outcome::NotCompletable
            | Outcome::Reset
            | Outcome::VersionRefused
    )
}

/// Whether a later connection came further than the one that counted so far; of equals the first counts.
pub(crate) fn came_further(later: &Attempt, counted: &Attempt) -> bool {
    let reach = |attempt: &Attempt| (attempt.phase, attempt.outcome == Outcome::Ok);
    reach(later) > reach(counted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(phase: Phase, outcome: Outcome) -> Attempt {
        Attempt { phase, outcome, ..Attempt::default() }
    }

    #[test]
    fn a_second_connection_needs_a_reason() {
        let cases = [
            ("smtp", Phase::Tls, Outcome::Alert, None, Some((1, None))),
            ("smtp", Phase::Tls, Outcome::Reset, None, Some((1, None))),
            ("smtp", Phase::Tls, Outcome::VersionRefused, None, Some((1, None))),
            ("smtp", Phase::Tls, Outcome::Timeout, None, None),
            ("smtp", Phase::Tls, Outcome::NotTls, None, None),
            ("smtp", Phase::Tls, Outcome::BadFinished, None, None),
            ("smtp", Phase::AfterTls, Outcome::Ok, None, None),
            ("smtp", Phase::Greeting, Outcome::Shed, Some("a.example"), None),
            ("xmpp-c2s", Phase::Capabilities, Outcome::Shed, None, None),
            (
                "xmpp-c2s",
                Phase::Capabilities,
                Outcome::Shed,
                Some("a.example"),
                Some((0, Some("a.example"))),
            ),
            (
                "xmpps-s2s",
                Phase::AfterTls,
                Outcome::Shed,
                Some("a.example"),
                Some((0, Some("a.example"))),
            ),
            ("xmpp-c2s", Phase::AfterTls, Outcome::Ok, Some("a.example"), None),
        ];
        for (word, phase, outcome, own, expected) in cases {
            let service = Service::from_word(word).expect("a service");
            let ask = Ask { rung: 0, peer_domain: None };
            let next = ask.after(service, &attempt(phase, outcome), own, 2);
            let found = next.as_ref().map(|next| (next.rung, next.peer_domain.as_deref()));
            assert_eq!(found, expected, "{word} {phase} {outcome}");
        }
    }

    #[test]
    fn nobody_is_asked_the_same_twice() {
        let xmpp = Service::from_word("xmpp-c2s").expect("a service");
        let named = Ask { rung: 0, peer_domain: Some("a.example".to_owned()) };
        let shed = attempt(Phase::Capabilities, Outcome::Shed);
        assert_eq!(named.after(xmpp, &shed, Some("a.example"), 2), None);
        let last = Ask { rung: 1, peer_domain: None };
        let alert = attempt(Phase::Tls, Outcome::Alert);
        assert_eq!(last.after(xmpp, &alert, None, 2), None);
    }

    #[test]
    fn the_connection_that_came_furthest_counts() {
        let alert = attempt(Phase::Tls, Outcome::Alert);
        let refused = attempt(Phase::Connect, Outcome::Refused);
        let shed = attempt(Phase::AfterTls, Outcome::Shed);
        let ok = attempt(Phase::AfterTls, Outcome::Ok);
        assert!(came_further(&ok, &alert));
        assert!(came_further(&ok, &shed));
        assert!(!came_further(&refused, &alert));
        assert!(!came_further(&alert, &alert));
    }
}
