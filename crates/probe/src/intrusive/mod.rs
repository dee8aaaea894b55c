//! Questions that lean on a server, off unless the user names them and the operators of the targets agreed: what each asks,
//! and in which order of leave, connection and answer.
//!
//! None is an attack carried out: each ends where the server's conduct shows. A connection each, within the host's budget and
//! rates, at the spacing asked for.

mod answer;
mod trial;

use std::time::Duration;

use tokio::time::Instant;

use tlscensus_dialog::Mode;
use tlscensus_records::CapabilityKind;
use tlscensus_records::CapabilityRow;
use tlscensus_records::IntrusiveAnswer as Answer;
use tlscensus_records::ProbeRow;
use tlscensus_targets::Consent;
use tlscensus_tls_client::Profile;
use tlscensus_tls_wire::registry::Version;

use crate::Endpoint;
use crate::again::Again;
use crate::again::Unasked;
use crate::conversation::Opening;
use crate::enumerate::DEFAULT_SPACING;
pub(crate) use trial::Trial;

/// Which intrusive questions are asked, and of whom.
#[derive(Clone, Debug)]
pub struct Intrusive {
    /// In this order.
    pub questions: Vec<IntrusiveQuestion>,
    /// From the begin of one connection to the begin of the next, at least.
    pub spacing: Duration,
    /// Whose operators agreed; everybody else's rows say that they were not asked.
    pub consent: Consent,
}

impl Default for Intrusive {
    /// All of them, of loopback.
    fn default() -> Self {
        Self {
            questions: IntrusiveQuestion::ALL.to_vec(),
            spacing: DEFAULT_SPACING,
            consent: Consent::default(),
        }
    }
}

/// One intrusive question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IntrusiveQuestion {
    /// Whether a command said before TLS is answered inside it (CVE-2011-0411).
    StarttlsInjection,
    /// Whether a client can begin another handshake inside the first, and whether it is bound to that (RFC 5746).
    Renegotiation,
    /// Whether a hello that says it fell back, needlessly, is turned away (RFC 7507).
    FallbackScsv,
    /// What comes of an offer of another service's protocol (RFC 7301).
    WrongAlpn,
}

impl IntrusiveQuestion {
    /// Every question.
    pub const ALL: [Self; 4] =
        [Self::StarttlsInjection, Self::Renegotiation, Self::FallbackScsv, Self::WrongAlpn];

    /// The stable word: typed on the command line, in rows, and the name of the offer that is made.
    pub const fn word(self) -> &'static str {
        match self {
            Self::StarttlsInjection => "starttls-injection",
            Self::Renegotiation => "renegotiation",
            Self::FallbackScsv => "fallback-scsv",
            Self::WrongAlpn => "wrong-alpn",
        }
    }

    /// The question whose word this is.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|question| question.word() == word)
    }
}

/// What the row's own connections found out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// The offer that counts; `None`: it was one of SSL 2.
    pub(crate) profile: Option<&'static Profile>,
    /// What the server chose; `None`: nothing, or SSL 2.
    pub(crate) version: Option<Version>,
    pub(crate) completed: bool,
}

/// Where an endpoint stands when its intrusive questions are due.
pub(crate) enum Standing<'a> {
    /// It did not come to TLS, or nobody knows its address.
    NotReached,
    /// Its operator did not agree.
    NoConsent,
    /// It may be asked.
    Open(Again<'a>, Known),
}

/// Asks all questions; a row each, whatever comes of it. `None`: the run was stopped before.
pub(crate) async fn ask(
    how: &Intrusive,
    endpoint: &Endpoint,
    standing: Standing<'_>,
    probe: &ProbeRow,
) -> Option<Vec<CapabilityRow>> {
    let mut rows = Vec::new();
    let mut next = Instant::now() + how.spacing;
    for question in &how.questions {
        let row = blank(probe, *question);
        rows.push(match &standing {
            _ if cannot_be_asked(endpoint, *question).is_some() => {
                not_asked(row, cannot_be_asked(endpoint, *question))
            }
            Standing::NotReached => CapabilityRow { answer: Some(Answer::NotReached), ..row },
            Standing::NoConsent => not_asked(row, Some("no-consent")),
            Standing::Open(again, known) => {
                ask_one(*question, again, known, &mut next, how.spacing, row).await?
            }
        });
    }
    Some(rows)
}

async fn ask_one(
    question: IntrusiveQuestion,
    again: &Again<'_>,
    known: &Known,
    next: &mut Instant,
    spacing: Duration,
    row: CapabilityRow,
) -> Option<CapabilityRow> {
    let trial = match Trial::of(question, again.endpoint.service, known) {
        Ok(trial) => trial,
        Err(answer) => return Some(CapabilityRow { answer: Some(answer), ..row }),
    };
    match again.leave(*next).await {
        Ok(()) => {}
        Err(Unasked::Stopped) => return None,
        Err(why) => return Some(not_asked(row, Some(why.word()))),
    }
    *next = Instant::now() + spacing;
    let met = again.meet(Opening::Trial(Box::new(trial))).await;
    let answer = met
        .conversation
        .as_ref()
        .map_or(Answer::NotReached, |conversation| answer::of(question, conversation));
    let version = met
        .conversation
        .as_ref()
        .and_then(|conversation| Some(conversation.observer()?.choice()?.version.to_string()));
    Some(CapabilityRow { answer: Some(answer), version, attempts: vec![met.attempt], ..row })
}

/// Why a service has no place for the question.
fn cannot_be_asked(endpoint: &Endpoint, question: IntrusiveQuestion) -> Option<&'static str> {
    let service = endpoint.service;
    match question {
        IntrusiveQuestion::StarttlsInjection if service.mode == Mode::Implicit => {
            Some("no-upgrade")
        }
        IntrusiveQuestion::StarttlsInjection
            if tlscensus_dialog::Injection::of(service.grammar).is_none() =>
        {
            Some("no-harmless-command")
        }
        _ => None,
    }
}

fn not_asked(row: CapabilityRow, why: Option<&str>) -> CapabilityRow {
    CapabilityRow { answer: Some(Answer::NotAsked), ended: why.map(str::to_owned), ..row }
}

fn blank(probe: &ProbeRow, question: IntrusiveQuestion) -> CapabilityRow {
    CapabilityRow {
        run_id: probe.run_id.clone(),
        target: probe.target.clone(),
        addr: probe.addr.clone(),
        port: probe.port,
        protocol: probe.protocol.clone(),
        kind: CapabilityKind::Intrusive,
        name: Some(question.word().to_owned()),
        ..CapabilityRow::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_has_its_word_and_its_answers() {
        for question in IntrusiveQuestion::ALL {
            assert_eq!(IntrusiveQuestion::from_word(question.word()), Some(question));
            let answers = Answer::of(question.word());
            assert!(answers.contains(&Answer::NotAsked) && answers.contains(&Answer::NotReached));
        }
        assert_eq!(IntrusiveQuestion::from_word("heartbleed"), None);
        assert!(Answer::of("heartbleed").is_empty());
    }
}
