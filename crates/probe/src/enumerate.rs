//! What one endpoint can do, a connection per question: the driver of an enumeration, and its spacing. SSL 2 comes last.

use std::time::Duration;

use tokio::time::Instant;

use tlscensus_records::Outcome;
use tlscensus_records::Phase;
use tlscensus_tls_client::enumerate::Ended;
use tlscensus_tls_client::enumerate::Enumeration;
use tlscensus_tls_client::enumerate::Facts;
use tlscensus_tls_client::enumerate::Verdict;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::registry::Ssl2CipherKind;

use crate::again::Again;
use crate::again::Unasked;
use crate::conversation::Conversation;
use crate::conversation::Opening;
use crate::ladder::Hello;
use crate::plan::Enumerating;

/// An enumeration at its start, which knows what the connection before it showed.
pub(crate) fn begin(how: &Enumerating, met: Option<&Observer>) -> Box<Enumeration> {
    let mut enumeration = Enumeration::new(how.connections, PROTOCOLS);
    if let Some(observer) = met {
        enumeration.notice(observer);
    }
    Box::new(enumeration)
}

/// What an enumeration found out.
pub(crate) struct Findings {
    /// Of SSL 3 to TLS 1.3; the question in SSL 2 is counted with those asked.
    pub(crate) facts: Facts,
    /// Why it could not go on, where that was our own doing.
    pub(crate) unasked: Option<Unasked>,
    /// Whether the server has SSL 2.
    pub(crate) ssl2: Verdict,
    /// What it takes there, in its order.
    pub(crate) ssl2_ciphers: Vec<Ssl2CipherKind>,
}

impl Again<'_> {
    /// Asks until there is nothing left to ask or to ask with; `None`: the run was stopped before.
    pub(crate) async fn enumerate(
        &self,
        how: &Enumerating,
        mut enumeration: Box<Enumeration>,
    ) -> Option<Findings> {
        let mut unasked = None;
        let mut next = Instant::now() + how.spacing;
        while let Some(question) = enumeration.next_question() {
            if let Err(why) = self.leave(next).await {
                enumeration.abandon();
                unasked = Some(why);
                break;
            }
            next = Instant::now() + how.spacing;
            let met = self.meet(Opening::Question(Box::new(question))).await;
            match met.conversation.as_ref().and_then(Conversation::client) {
                Some(client) => enumeration.answer(client),
                None => enumeration.unanswered(),
            }
        }
        let mut findings = Findings {
            facts: enumeration.facts(),
            unasked,
            ssl2: Verdict::Unknown,
            ssl2_ciphers: Vec::new(),
        };
        self.ask_ssl2(how, next, &mut findings).await;
        (findings.unasked != Some(Unasked::Stopped)).then_some(findings)
    }

    /// SSL 2 has a hello of its own, in which nothing else can be asked.
    async fn ask_ssl2(&self, how: &Enumerating, next: Instant, findings: &mut Findings) {
        let facts = &mut findings.facts;
        if !matches!(facts.ended, Ended::Complete | Ended::NeverAnswered) {
            return;
        }
        if facts.asked >= how.connections {
            facts.ended = Ended::BudgetSpent;
            return;
        }
        if let Err(why) = self.leave(next).await {
            facts.ended = Ended::Abandoned;
            findings.unasked = Some(why);
            return;
        }
        facts.asked += 1;
        let met = self.meet(Opening::Rung(Hello::Ssl2)).await;
        let Some(conversation) = met.conversation else {
            return;
        };
        let choice = conversation.observer().and_then(Observer::ssl2_choice);
        let (phase, outcome, _) = conversation.end();
        let in_tls = conversation.observer().is_some_and(|heard| !heard.alerts().is_empty());
        findings.ssl2 = match choice {
            Some(_) => Verdict::Supported,
            // It had an answer to every hello before.
            None if facts.ended == Ended::Complete => not_chosen(phase, outcome, in_tls),
            None => Verdict::Unknown,
        };
        findings.ssl2_ciphers =
            choice.map(|choice| choice.cipher_kinds.clone()).unwrap_or_default();
    }
}

/// What it says of SSL 2 that a server chose nothing in it: only one that turned the hello down with an alert of TLS, or
/// closed in order, has shown that it does not have it. A reset says as little as a silence, and an ERROR of SSL 2 is
/// said by who speaks it.
fn not_chosen(phase: Phase, outcome: Outcome, alert_of_tls: bool) -> Verdict {
    match (phase, outcome) {
        (Phase::Tls, Outcome::Alert) if alert_of_tls => Verdict::Absent,
        (Phase::Tls, Outcome::Closed) => Verdict::Absent,
        _ => Verdict::Unknown,
    }
}

/// Between two connections to one endpoint, unless the user says otherwise.
pub(crate) const DEFAULT_SPACING: Duration = Duration::from_millis(500);

/// Connections of one enumeration, unless the user says otherwise: enough for a server of 40 suites.
pub(crate) const DEFAULT_CONNECTIONS: u32 = 60;

/// The registered protocols of the services that are probed, and of the web beside them.
const PROTOCOLS: &[&str] = &["h2", "http/1.1", "imap", "pop3", "xmpp-client", "xmpp-server"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_turns_ssl2_down_in_order_does_not_have_it() {
        let cases = [
            (Phase::Tls, Outcome::Alert, true, Verdict::Absent),
            (Phase::Tls, Outcome::Alert, false, Verdict::Unknown),
            (Phase::Tls, Outcome::Closed, false, Verdict::Absent),
            (Phase::Tls, Outcome::Reset, false, Verdict::Unknown),
            (Phase::Tls, Outcome::Timeout, false, Verdict::Unknown),
            (Phase::Tls, Outcome::Malformed, false, Verdict::Unknown),
            (Phase::Tls, Outcome::NoCommonSuite, false, Verdict::Unknown),
            (Phase::Connect, Outcome::Refused, false, Verdict::Unknown),
            (Phase::Starttls, Outcome::Closed, false, Verdict::Unknown),
        ];
        for (phase, outcome, alert, expected) in cases {
            assert_eq!(not_chosen(phase, outcome, alert), expected, "{phase} {outcome} {alert}");
        }
    }
}
