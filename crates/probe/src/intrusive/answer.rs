//! What a connection says to the question that it was made for.

use tlscensus_dialog::Echo;
use tlscensus_dialog::Starttls;
use tlscensus_records::IntrusiveAnswer as Answer;
use tlscensus_tls_client as tls;
use tlscensus_tls_client::Renegotiation;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::registry::AlertDescription;

use super::IntrusiveQuestion;
use super::trial::ends_in_order;
use crate::conversation::Conversation;

/// The answer.
pub(super) fn of(question: IntrusiveQuestion, conversation: &Conversation) -> Answer {
    match question {
        IntrusiveQuestion::StarttlsInjection => injection(conversation),
        IntrusiveQuestion::Renegotiation => renegotiation(conversation),
        IntrusiveQuestion::FallbackScsv => hello(conversation, fallback),
        IntrusiveQuestion::WrongAlpn => hello(conversation, wrong_protocol),
    }
}

fn injection(conversation: &Conversation) -> Answer {
    let facts = conversation.facts();
    match facts.starttls {
        Starttls::Accepted => {}
        Starttls::Refused(_) | Starttls::Malformed => return Answer::Refused,
        Starttls::ReplyUnseen => return unseen(conversation),
        _ => return Answer::NotReached,
    }
    let Some((client, trial)) = conversation.tried() else {
        return match conversation.tls_end() {
            // What lay behind the go-ahead is the first that TLS hears: an alert there is a refusal, plaintext a reply.
            Some((_, tls::Outcome::NotTls)) => Answer::AnsweredInPlaintext,
            Some((_, outcome)) => refusal(&outcome),
            None => Answer::NoAnswer,
        };
    };
    let closed = client.end() == Some(&tls::Outcome::Closed);
    match trial.injection().map(|injection| injection.echo(closed)) {
        Some(Echo::Answered) => Answer::Answered,
        Some(Echo::Discarded) => Answer::Discarded,
        _ => client.end().map_or(Answer::NoAnswer, refusal),
    }
}

/// The wish to upgrade, with words behind it, got no answer at all.
fn unseen(conversation: &Conversation) -> Answer {
    use tlscensus_dialog::Outcome::Closed;
    use tlscensus_dialog::Outcome::Reset;
    let ending = conversation.facts().ending.as_ref().map(|ending| ending.outcome);
    match ending {
        Some(Closed | Reset) => Answer::Refused,
        _ => Answer::NoAnswer,
    }
}

fn renegotiation(conversation: &Conversation) -> Answer {
    let Some((client, _)) = conversation.tried() else {
        return match conversation.tls_end() {
            // It has TLS 1.3 alone.
            Some((_, tls::Outcome::VersionRefused { .. })) => Answer::NotApplicable,
            _ => Answer::NotReached,
        };
    };
    match (client.renegotiation(), client.end()) {
        (None, None) => Answer::NotApplicable,
        // It left before it could be asked.
        (None, Some(end)) => refusal(end),
        (Some(Renegotiation::Bound), _) => Answer::SecureAccepted,
        (Some(Renegotiation::Unbound), _) => Answer::InsecureAccepted,
        (Some(Renegotiation::Refused), _) => Answer::Refused,
        (Some(Renegotiation::Asked), None | Some(tls::Outcome::TimedOut)) => Answer::Ignored,
        (Some(Renegotiation::Asked), Some(end)) => refusal(end),
    }
}

/// Of a question that its hello asks.
fn hello(conversation: &Conversation, reads: fn(&Observer, &tls::Outcome) -> Answer) -> Answer {
    match conversation.tls_end() {
        Some((observer, outcome)) => reads(observer, &outcome),
        None => Answer::NotReached,
    }
}

fn fallback(observer: &Observer, outcome: &tls::Outcome) -> Answer {
    match outcome {
        _ if observer.choice().is_some() => match outcome {
            tls::Outcome::VersionRefused { .. } => Answer::VersionRefused,
            _ => Answer::Ignored,
        },
        tls::Outcome::Alert { alert, .. }
            if alert.description == AlertDescription::INAPPROPRIATE_FALLBACK =>
        {
            Answer::InappropriateFallback
        }
        tls::Outcome::VersionRefused { .. } => Answer::VersionRefused,
        outcome => refusal(outcome),
    }
}

fn wrong_protocol(observer: &Observer, outcome: &tls::Outcome) -> Answer {
    if let tls::Outcome::Alert { alert, .. } = outcome
        && alert.description == AlertDescription::NO_APPLICATION_PROTOCOL
    {
        return Answer::RefusedAlert;
    }
    let hidden = |version: tlscensus_tls_wire::registry::Version| {
        version.is_tls13() && observer.encrypted_extensions().is_none()
    };
    if observer.choice().is_none_or(|choice| hidden(choice.version)) {
        return refusal(outcome);
    }
    let offered = observer.offer();
    let offered = offered.as_ref().map(|offer| offer.alpn()).unwrap_or_default();
    match observer.alpn() {
        None => Answer::AcceptedWithout,
        Some(chosen) if offered.contains(&chosen) => Answer::AcceptedAsOffered,
        Some(_) => Answer::AcceptedOther,
    }
}

/// An end before an answer: the server's own, or none that tells.
fn refusal(end: &tls::Outcome) -> Answer {
    match end {
        tls::Outcome::Reset => Answer::Refused,
        end if ends_in_order(end) => Answer::Refused,
        _ => Answer::NoAnswer,
    }
}
