//! What an enumeration found out, and what it did not.

use std::sync::Arc;

use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::enumerate::catalogue::Era;
use crate::enumerate::catalogue::SignerKind;
use crate::enumerate::question::Aim;
use crate::enumerate::resumption::Resumption;
use crate::enumerate::reuse::Reuse;
use crate::enumerate::state::State;
use crate::outcome::Outcome;
use crate::session::Carrier;

/// The picture of one server.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Questions asked, one connection each.
    pub asked: u32,
    /// How it ended.
    pub ended: Ended,
    /// From the newest to the oldest.
    pub versions: Vec<VersionFacts>,
    /// Groups before TLS 1.3, and those of TLS 1.3.
    pub groups: Vec<(Era, ListFacts<NamedGroup>)>,
    /// Signature schemes by the kind of key that signs: TLS 1.2, and TLS 1.3.
    pub schemes: Vec<(Era, SignerKind, ListFacts<SignatureScheme>)>,
    /// Application protocols.
    pub protocols: ListFacts<&'static str>,
    /// Whether a protocol that the server does not have makes it end the handshake.
    pub unknown_protocol_is_fatal: bool,
    /// What the hellos of the server carry.
    pub flags: Vec<(Flag, Verdict)>,
    /// Whether a share of a group that the server likes less saves the second round trip in TLS 1.3.
    pub takes_offered_share: Verdict,
    /// Server certificates seen, each chain once, with the kind of key of its first.
    pub chains: Vec<(SignerKind, Vec<Arc<[u8]>>)>,
    /// Whether there is a certificate for each kind of key.
    pub certificates: Vec<(SignerKind, Verdict)>,
    /// Bits of the finite fields that the server wrote out, by suite.
    pub dh_bits: Vec<(CipherSuite, u32)>,
    /// Whether the server takes up sessions again, in each of the three ways.
    pub resumption: [(Carrier, Resumption); 3],
    /// What came back in other connections that should be new in each.
    pub reuse: Vec<Reuse>,
    /// Opening hellos that were not answered with a hello, and how they ended.
    pub openings_failed: Vec<(Aim, Outcome)>,
    /// Answers that do not fit to earlier ones.
    pub contradictions: u32,
}

/// How an enumeration ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Whoever asks gave it up.
    Abandoned,
    /// Everything was asked.
    Complete,
    /// It goes on.
    NotYet,
    /// No question was left in the budget.
    BudgetSpent,
    /// No hello was ever answered with one.
    NeverAnswered,
    /// The server answered, and later did so no more.
    Unresponsive,
    /// The answers do not fit to each other.
    Inconsistent,
}

impl Ended {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Abandoned => "abandoned",
            Self::Complete => "complete",
            Self::NotYet => "not-yet",
            Self::BudgetSpent => "budget-spent",
            Self::NeverAnswered => "never-answered",
            Self::Unresponsive => "unresponsive",
            Self::Inconsistent => "inconsistent",
        }
    }
}

/// One version.
#[derive(Clone, Debug)]
pub struct VersionFacts {
    /// The version.
    pub version: Version,
    /// Whether the server has it.
    pub support: Verdict,
    /// Its suites.
    pub suites: ListFacts<CipherSuite>,
}

/// One list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFacts<T> {
    /// What the server has: in its order of preference where it has one, else in order of discovery.
    pub found: Vec<Found<T>>,
    /// What was not asked, or asked without an answer that tells.
    pub unknown: Vec<T>,
    /// Whether everything was asked.
    pub coverage: Coverage,
    /// Whose order counts.
    pub decides: Decides,
}

impl<T: Copy + PartialEq> ListFacts<T> {
    /// There is nothing that could have it.
    fn none() -> Self {
        let (found, unknown) = (Vec::new(), Vec::new());
        Self { found, unknown, coverage: Coverage::Complete, decides: Decides::Moot }
    }

    fn unasked(unknown: Vec<T>) -> Self {
        Self { found: Vec::new(), unknown, coverage: Coverage::Unasked, decides: Decides::Unknown }
    }

    /// Whether the place of each is known.
    pub fn is_ranked(&self) -> bool {
        !self.found.is_empty() && self.found.iter().all(|found| found.rank.is_some())
    }

    fn rank_by(&mut self, order: &[T]) {
        for found in &mut self.found {
            found.rank = order.iter().position(|item| *item == found.item);
        }
        self.found.sort_by_key(|found| found.rank);
        self.decides = Decides::Server;
    }

    /// What the server has.
    pub fn items(&self) -> Vec<T> {
        self.found.iter().map(|found| found.item).collect()
    }
}

/// One thing the server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// The thing.
    pub item: T,
    /// How we know.
    pub evidence: Evidence,
    /// Its place in the server's order, from 0, where the server decides and the place is known.
    pub rank: Option<usize>,
}

/// How we know that a server has something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// It took it.
    Chosen,
    /// It says so in a list of its own.
    Declared,
    /// It has it in a newer version, and nothing spoke against it in this one.
    Inferred,
}

impl Evidence {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::Declared => "declared",
            Self::Inferred => "inferred",
        }
    }
}

/// How much of a list was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All of what we know to ask.
    Complete,
    /// All that the newer version does not have; the rest is inferred from there.
    Inferred,
    /// Some is unknown.
    Partial,
    /// Nothing was asked.
    Unasked,
}

impl Coverage {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Inferred => "inferred",
            Self::Partial => "partial",
            Self::Unasked => "unasked",
        }
    }
}

/// Whose order of preference counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decides {
    /// The server takes the first of the client's list that it has.
    Client,
    /// Sometimes the one, sometimes the other.
    Mixed,
    /// There is nothing to choose from.
    Moot,
    /// The server takes what it likes best.
    Server,
    /// The answers do not tell.
    Unknown,
}

impl Decides {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Mixed => "mixed",
            Self::Moot => "moot",
            Self::Server => "server",
            Self::Unknown => "unknown",
        }
    }
}

/// A yes, a no, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has it.
    Supported,
    /// It was asked for and not given.
    Absent,
    /// It was not asked for, or the answer does not tell.
    Unknown,
}

impl Verdict {
    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
        }
    }
}

/// What a hello can carry besides its choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// Compression of records, judged where it was offered.
    Compression,
    /// Encrypt-then-MAC, judged on suites in CBC mode.
    EncryptThenMac,
    /// Extended master secret.
    ExtendedMasterSecret,
    /// Secure renegotiation.
    RenegotiationInfo,
    /// A session id that is not empty.
    SessionId,
    /// The promise of a session ticket.
    SessionTicket,
}

impl Flag {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Compression,
        Self::EncryptThenMac,
        Self::ExtendedMasterSecret,
        Self::RenegotiationInfo,
        Self::SessionId,
        Self::SessionTicket,
    ];

    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Compression => "compression",
            Self::EncryptThenMac => "encrypt-then-mac",
            Self::ExtendedMasterSecret => "extended-master-secret",
            Self::RenegotiationInfo => "renegotiation-info",
            Self::SessionId => "session-id",
            Self::SessionTicket => "session-ticket",
        }
    }
}

impl State {
    pub(super) fn suite_facts(&self, version: Version) -> ListFacts<CipherSuite> {
        let Some(state) = self.version(version) else {
            return ListFacts::unasked(Vec::new());
        };
        match state.support {
            Verdict::Supported => {}
            Verdict::Absent => return ListFacts::none(),
            Verdict::Unknown => return ListFacts::unasked(state.suites.open().to_vec()),
        }
        let expected = self.expected(version);
        let mut facts = state.suites.facts(expected.as_deref());
        let base = self.base().and_then(|base| self.version(base));
        if let (Some(expected), Some(base)) = (expected, base)
            && base.suites.facts(None).is_ranked()
            && facts.items().iter().all(|suite| expected.contains(suite))
        {
            // The order of the newer version, unless an answer speaks against it.
            let mut order = expected;
            order.retain(|suite| facts.items().contains(suite));
            if state.suites.follows(&order) {
                facts.rank_by(&order);
            }
        }
        // Whoever decides in the newer version most likely decides here.
        if facts.decides == Decides::Unknown
            && base.is_some_and(|base| base.suites.decides() == Decides::Client)
        {
            facts.decides = Decides::Client;
        }
        facts
    }

    pub(super) fn group_facts(&self, era: Era) -> ListFacts<NamedGroup> {
        let state = self.era(era);
        match self.support(era) {
            Verdict::Supported => state.groups.facts(None),
            Verdict::Absent => ListFacts::none(),
            Verdict::Unknown => ListFacts::unasked(state.groups.open().to_vec()),
        }
    }

    pub(super) fn scheme_facts(&self) -> Vec<(Era, SignerKind, ListFacts<SignatureScheme>)> {
        let mut facts = Vec::new();
        for era in Era::ALL {
            for (kind, axis) in &self.era(era).schemes {
                let list = match (self.support(era), self.certificate(*kind)) {
                    (Verdict::Absent, _) | (_, Verdict::Absent) => ListFacts::none(),
                    _ => axis.facts(None),
                };
                facts.push((era, *kind, list));
            }
        }
        facts
    }

    /// Whether there is a certificate for this kind of key: known from the suites, or by asking in TLS 1.3.
    pub(super) fn certificate(&self, kind: SignerKind) -> Verdict {
        let shown = self.chains.iter().any(|(known, _)| *known == kind);
        let base = self.base().and_then(|base| self.version(base));
        let by_suite = base.is_some_and(|state| {
            state.suites.held().iter().any(|suite| SignerKind::of_suite(*suite) == Some(kind))
        });
        // TLS 1.3 has no scheme for some kinds (RFC 9846, section 4.3.3).
        let is_signer = |(known, _): &(SignerKind, _)| *known == kind;
        let of_tls13 = self.era(Era::Tls13).schemes.iter().any(is_signer);
        let useless = !of_tls13 && self.support(Era::Legacy) == Verdict::Absent;
        let asked = useless || base.is_some_and(|state| state.suites.is_done());
        match (shown || by_suite, asked || self.no_other_certificate) {
            (true, _) => Verdict::Supported,
            (false, true) => Verdict::Absent,
            (false, false) => Verdict::Unknown,
        }
    }

    /// Whether any version of the era is there.
    fn support(&self, era: Era) -> Verdict {
        let of_era = self.versions.iter().filter(|state| Era::of(state.version) == era);
        let verdicts: Vec<Verdict> = of_era.map(|state| state.support).collect();
        if verdicts.contains(&Verdict::Supported) {
            Verdict::Supported
        } else if verdicts.contains(&Verdict::Unknown) {
            Verdict::Unknown
        } else {
            Verdict::Absent
        }
    }
}
