//! Which connection to an endpoint comes next, and which one counts.

use tlscensus_dialog::Grammar;
use tlscensus_dialog::Service;
use tlscensus_records::Attempt;
use tlscensus_records::Outcome;
use tlscensus_records::Phase;

use crate::Plan;
use crate::conversation::Conversation;
use crate::conversation::TlsReach;

/// How one connection asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The rung of the plan's ladder; 0 is its first offer.
    pub(crate) rung: usize,
    /// The domain asked for (XMPP).
    pub(crate) peer_domain: Option<String>,
}

impl Ask {
    /// How to ask again, if what this connection found out is a reason to: a domain that the server calls its own, or a hello
    /// turned down for which the ladder has another.
    pub(crate) fn after(
        &self,
        plan: &Plan,
        service: &Service,
        found: &Attempt,
        conversation: Option<&Conversation>,
    ) -> Option<Self> {
        let conversation = conversation?;
        if let Some(reason) = conversation.turned_down() {
            let rung = plan.ladder.next(plan.profile?, self.rung, reason)?;
            return Some(Self { rung, ..self.clone() });
        }
        self.after_shed(service, found, conversation.facts().peer_domain.as_deref())
    }

    fn after_shed(
        &self,
        service: &Service,
        found: &Attempt,
        peer_domain: Option<&str>,
    ) -> Option<Self> {
        let xmpp = matches!(service.grammar, Grammar::XmppClient | Grammar::XmppServer);
        let own = peer_domain.filter(|own| Some(*own) != self.peer_domain.as_deref())?;
        (xmpp && found.outcome == Outcome::Shed)
            .then(|| Self { peer_domain: Some(own.to_owned()), ..self.clone() })
    }
}

/// How far a connection came: the one that came furthest counts, of equals the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reach {
    phase: Phase,
    tls: TlsReach,
    ok: bool,
}

impl Reach {
    /// Whether the peer answered a hello.
    pub(crate) fn speaks_tls(&self) -> bool {
        self.tls >= TlsReach::Answered
    }

    pub(crate) fn of(attempt: &Attempt, conversation: Option<&Conversation>) -> Self {
        Self {
            phase: attempt.phase,
            tls: conversation.map_or(TlsReach::Nothing, Conversation::tls_reach),
            ok: attempt.outcome == Outcome::Ok,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(phase: Phase, outcome: Outcome) -> Attempt {
        Attempt { phase, outcome, ..Attempt::default() }
    }

    #[test]
    fn only_xmpp_is_asked_again_for_another_domain_and_only_once() {
        let cases = [
            ("smtp", Phase::Greeting, Outcome::Shed, Some("a.example"), None),
            ("xmpp-c2s", Phase::Capabilities, Outcome::Shed, None, None),
            ("xmpp-c2s", Phase::Capabilities, Outcome::Shed, Some("a.example"), Some("a.example")),
            ("xmpps-s2s", Phase::AfterTls, Outcome::Shed, Some("a.example"), Some("a.example")),
            ("xmpp-c2s", Phase::Capabilities, Outcome::Shed, Some("asked.example"), None),
            ("xmpp-c2s", Phase::AfterTls, Outcome::Ok, Some("a.example"), None),
        ];
        for (word, phase, outcome, own, expected) in cases {
            let service = Service::from_word(word).expect("a service");
            let ask = Ask { rung: 3, peer_domain: Some("asked.example".to_owned()) };
            let next = ask.after_shed(service, &attempt(phase, outcome), own);
            let found = next.as_ref().map(|next| (next.rung, next.peer_domain.as_deref()));
            assert_eq!(found, expected.map(|domain| (3, Some(domain))), "{word} {phase} {outcome}");
        }
    }

    #[test]
    fn the_connection_that_came_furthest_counts() {
        let reach =
            |phase, tls, outcome| Reach { tls, ..Reach::of(&attempt(phase, outcome), None) };
        let refused = reach(Phase::Connect, TlsReach::Nothing, Outcome::Refused);
        let closed = reach(Phase::Tls, TlsReach::Nothing, Outcome::Closed);
        let alert = reach(Phase::Tls, TlsReach::Answered, Outcome::Alert);
        let chosen = reach(Phase::Tls, TlsReach::Chosen, Outcome::VersionRefused);
        let certified = reach(Phase::Tls, TlsReach::Certified, Outcome::NotCompletable);
        let shed = reach(Phase::AfterTls, TlsReach::Certified, Outcome::Shed);
        let anonymous = reach(Phase::AfterTls, TlsReach::Chosen, Outcome::Ok);
        assert!([refused, closed, alert, chosen, certified].is_sorted_by(|a, b| a < b));
        assert!(certified < shed && certified < anonymous);
    }
}
