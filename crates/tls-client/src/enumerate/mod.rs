//! What a server can do, found out in as few connections as possible.
//!
//! An answer to a hello is one choice per list: a version, a suite, a group, a scheme, a protocol. So every hello asks
//! about all lists at once, and the choices are struck off the next one, as Sosnowski et al. do in "DissecTLS" (PAM 2023).
//! What is not proven stays unknown: unasked is not absent.
//!
//! [`Enumeration`] has no socket and no clock. Whoever drives it makes one connection per [`Question`]:
//!
//! ```text
//! while let Some(question) = enumeration.next_question() {
//!     let client = question.client(name, &keys);
//!     …
//!     enumeration.answer(&client);
//! }
//! enumeration.facts()
//! ```

mod axis;
mod catalogue;
mod certificate_curve;
mod facts;
mod learn;
mod plan;
mod question;
mod reply;
mod resumption;
mod reuse;
mod state;

use tlscensus_tls_wire::observer::Observer;

use crate::client::Client;
use crate::outcome::Outcome;
use crate::session::Session;

pub use catalogue::Era;
pub use catalogue::SignerKind;
pub use facts::Coverage;
pub use facts::Decides;
pub use facts::Ended;
pub use facts::Evidence;
pub use facts::Facts;
pub use facts::Flag;
pub use facts::Found;
pub use facts::ListFacts;
pub use facts::Verdict;
pub use facts::VersionFacts;
pub use question::Aim;
pub use question::Opening;
pub use question::Question;
pub use resumption::Resumption;
pub use reuse::Reuse;
pub use reuse::Value;

use question::Asked;
use reply::Reply;
use state::State;

/// The questions to one server and what the answers taught.
///
/// Call order: [`next_question`](Self::next_question), then [`answer`](Self::answer) for it, until there is none. The
/// budget is never exceeded, whatever the server says.
#[derive(Clone, Debug)]
pub struct Enumeration {
    state: State,
    /// As it was before the first of the latest answers that were none.
    before_silence: Option<Box<State>>,
    /// Connections without an answer since the last one with.
    silent: u32,
    pending: Option<Asked>,
    asked: u32,
    budget: u32,
    ended: Ended,
}

impl Enumeration {
    /// At most so many connections. `protocols` are the application protocols to ask for, most likely first.
    pub fn new(budget: u32, protocols: &[&'static str]) -> Self {
        Self {
            state: State::new(protocols),
            before_silence: None,
            silent: 0,
            pending: None,
            asked: 0,
            budget,
            ended: Ended::NotYet,
        }
    }

    /// The next connection to make; `None` once there is nothing left to ask or to ask with.
    pub fn next_question(&mut self) -> Option<Question> {
        if self.ended != Ended::NotYet {
            return None;
        }
        let Some(asked) = self.next_asked() else {
            self.take_back_what_silence_told();
            return None;
        };
        self.asked += 1;
        let question = asked.question();
        self.pending = Some(asked);
        Some(question)
    }

    fn next_asked(&mut self) -> Option<Asked> {
        if self.state.contradictions >= MAX_CONTRADICTIONS {
            self.ended = Ended::Inconsistent;
            return None;
        }
        if self.silent > MAX_SILENT {
            self.ended = Ended::Unresponsive;
            return None;
        }
        if self.asked >= self.budget {
            self.ended = Ended::BudgetSpent;
            return None;
        }
        let next = if self.silent == MAX_SILENT { None } else { self.state.next() };
        let next = match next {
            None if self.silent > 0 => self.state.control(),
            next => next,
        };
        if next.is_none() {
            let answered = self.state.answered;
            self.ended = if answered { Ended::Complete } else { Ended::NeverAnswered };
        }
        next
    }

    /// What another connection to the same server showed that should be new in each.
    pub fn notice(&mut self, observer: &Observer) {
        self.state.reuse.heard(observer);
    }

    /// The last question could not be asked: it did not come to TLS this time, which is as good as silence.
    pub fn unanswered(&mut self) {
        self.heard(&Observer::new(), Outcome::Closed);
    }

    /// The last question was asked by somebody else, who tells what was said and how it ended, and kept no session.
    pub fn heard(&mut self, observer: &Observer, outcome: Outcome) {
        self.ended(&End { observer, outcome, end: None, sessions: &[] });
    }

    /// What became of the last question, once its client is done or the connection over.
    pub fn answer(&mut self, client: &Client) {
        self.ended(&End {
            observer: client.observer(),
            // A handshake that neither completed nor failed was left by us.
            outcome: client.outcome().copied().unwrap_or(Outcome::TimedOut),
            end: client.end().copied(),
            sessions: client.sessions(),
        });
    }

    fn ended(&mut self, heard: &End<'_>) {
        let Some(asked) = self.pending.take() else {
            return;
        };
        let End { observer, outcome, .. } = heard;
        let reply = Reply::new(observer, outcome, asked.is_beyond_hello());
        if !self.state.answered && !matches!(reply, Reply::Hello(_)) {
            self.state.openings_failed.push((asked.aim, *outcome));
            self.state.opening += 1;
            return;
        }
        if let Reply::Silent = reply {
            if self.before_silence.is_none() {
                self.before_silence = Some(Box::new(self.state.clone()));
            }
            self.silent += 1;
        } else {
            self.before_silence = None;
            self.silent = 0;
        }
        self.state.reuse.heard(observer);
        self.state.learn_resumption(&asked, heard);
        let before = self.state.progress();
        match reply {
            Reply::Hello(heard) => self.state.heard(&asked, &heard),
            Reply::NoProtocol => self.state.no_protocol(&asked),
            Reply::Refused { version } => self.state.refused(&asked, version),
            Reply::Silent if asked.aim == Aim::Control => {}
            Reply::Silent => self.state.refused(&asked, false),
        }
        self.state.note_progress(asked.aim, &before);
    }

    /// Silence is a refusal only where a later answer shows that the server was still there.
    fn take_back_what_silence_told(&mut self) {
        if let Some(before) = self.before_silence.take() {
            self.state = *before;
        }
    }

    /// No more questions can be asked. The one that was asked last and has no answer does not count.
    pub fn abandon(&mut self) {
        if self.pending.take().is_some() {
            self.asked -= 1;
        }
        if self.ended == Ended::NotYet {
            self.ended = Ended::Abandoned;
            self.take_back_what_silence_told();
        }
    }

    /// Connections asked for so far.
    pub fn asked(&self) -> u32 {
        self.asked
    }

    /// What is known; at any time, complete only once there is no question left.
    pub fn facts(&self) -> Facts {
        let state = &self.state;
        let versions = state.versions.iter().map(|known| VersionFacts {
            version: known.version,
            support: known.support,
            suites: state.suite_facts(known.version),
        });
        Facts {
            asked: self.asked,
            ended: self.ended,
            versions: versions.collect(),
            groups: Era::ALL.map(|era| (era, state.group_facts(era))).into(),
            schemes: state.scheme_facts(),
            protocols: state.protocols.facts(None),
            unknown_protocol_is_fatal: state.protocols_fatal,
            flags: state.flags.to_vec(),
            takes_offered_share: state.takes_offered_share,
            chains: state.chains.clone(),
            certificates: SignerKind::ALL.map(|kind| (kind, state.certificate(kind))).into(),
            dh_bits: state.dh_bits.clone(),
            resumption: state.resumption_facts(),
            reuse: state.reuse.facts(),
            openings_failed: state.openings_failed.clone(),
            contradictions: state.contradictions,
        }
    }
}

/// What one connection left behind.
#[derive(Clone, Copy)]
struct End<'a> {
    observer: &'a Observer,
    /// Of the handshake.
    outcome: Outcome,
    /// Of the connection, where the handshake was completed.
    end: Option<Outcome>,
    sessions: &'a [Session],
}

/// Answers that do not fit to earlier ones, before it is given up: several machines behind one address give some.
const MAX_CONTRADICTIONS: u32 = 4;
/// Connections without an answer before it is asked whether the server is still there.
const MAX_SILENT: u32 = 2;
