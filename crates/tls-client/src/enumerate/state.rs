//! Everything known of one server, and how a hello is put together from it.

use std::sync::Arc;

use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::KeyExchange;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::SignatureScheme;
use tlscensus_tls_wire::registry::Version;

use crate::enumerate::axis::Ask;
use crate::enumerate::axis::Axis;
use crate::enumerate::axis::Manner;
use crate::enumerate::catalogue;
use crate::enumerate::catalogue::Era;
use crate::enumerate::catalogue::SignerKind;
use crate::enumerate::catalogue::VERSIONS;
use crate::enumerate::certificate_curve::Need;
use crate::enumerate::facts::Flag;
use crate::enumerate::facts::Verdict;
use crate::enumerate::question::Aim;
use crate::enumerate::question::Asked;
use crate::enumerate::question::Opening;
use crate::enumerate::question::UNCOMPRESSED;
use crate::enumerate::resumption::Resuming;
use crate::enumerate::reuse::Values;
use crate::outcome::Outcome;
use crate::session::Carrier;
use crate::stop::Stop;

/// What is known so far. Cloned before something is believed of a server that says nothing, so that it can be taken back.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The opening that was answered, or is tried next.
    pub(super) opening: usize,
    pub(super) openings_failed: Vec<(Aim, Outcome)>,
    /// A hello was answered with a hello.
    pub(super) answered: bool,
    pub(super) versions: [VersionState; 5],
    /// Of TLS 1.3, then of the versions before.
    pub(super) eras: [EraState; 2],
    pub(super) protocols: Axis<&'static str>,
    pub(super) protocols_fatal: bool,
    /// Protocols no longer ride along with other questions.
    pub(super) protocols_apart: bool,
    pub(super) flags: [(Flag, Verdict); 6],
    pub(super) takes_offered_share: Verdict,
    pub(super) chains: Vec<(SignerKind, Vec<Arc<[u8]>>)>,
    /// Whether suites with ECDSA take the curve of the certificate among the groups offered.
    pub(super) certificate_curve: Need,
    /// No certificate for a key of another kind.
    pub(super) no_other_certificate: bool,
    pub(super) dh_bits: Vec<(CipherSuite, u32)>,
    pub(super) resumption: [(Carrier, Resuming); 3],
    pub(super) reuse: Values,
    /// How often the encrypted list of groups was asked for.
    pub(super) declared_asked: u8,
    pub(super) contradictions: u32,
    /// Questions whose answer taught nothing, and would not the next time.
    futile: Vec<Aim>,
}

/// What a question can change so that the next one is another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    lists: Vec<(usize, Manner, usize)>,
    marks: Vec<bool>,
    certificate_curve: Need,
}

/// One version.
#[derive(Clone, Debug)]
pub(super) struct VersionState {
    pub(super) version: Version,
    pub(super) support: Verdict,
    pub(super) suites: Axis<CipherSuite>,
}

/// What the versions of an era share.
#[derive(Clone, Debug)]
pub(super) struct EraState {
    pub(super) groups: Axis<NamedGroup>,
    pub(super) schemes: Vec<(SignerKind, Axis<SignatureScheme>)>,
    /// Asking for several lists at once ended in a refusal that does not say which one it is about.
    pub(super) one_by_one: bool,
    /// Groups cannot be asked for: no suite is known that has one.
    pub(super) groups_hidden: bool,
}

impl State {
    pub(super) fn new(protocols: &[&'static str]) -> Self {
        Self {
            opening: 0,
            openings_failed: Vec::new(),
            answered: false,
            versions: VERSIONS.map(VersionState::new),
            eras: Era::ALL.map(EraState::new),
            protocols: Axis::new(protocols.to_vec(), 0),
            protocols_fatal: false,
            protocols_apart: false,
            flags: Flag::ALL.map(|flag| (flag, Verdict::Unknown)),
            takes_offered_share: Verdict::Unknown,
            chains: Vec::new(),
            certificate_curve: Need::Untold,
            no_other_certificate: false,
            dh_bits: Vec::new(),
            resumption: Carrier::ALL.map(|carrier| (carrier, Resuming::Unasked)),
            reuse: Values::default(),
            declared_asked: 0,
            contradictions: 0,
            futile: Vec::new(),
        }
    }

    pub(super) fn version(&self, version: Version) -> Option<&VersionState> {
        self.versions.iter().find(|state| state.version == version)
    }

    pub(super) fn version_mut(&mut self, version: Version) -> Option<&mut VersionState> {
        self.versions.iter_mut().find(|state| state.version == version)
    }

    pub(super) fn supports(&self, version: Version) -> bool {
        self.version(version).is_some_and(|state| state.support == Verdict::Supported)
    }

    pub(super) fn era(&self, era: Era) -> &EraState {
        let [tls13, legacy] = &self.eras;
        match era {
            Era::Tls13 => tls13,
            Era::Legacy => legacy,
        }
    }

    pub(super) fn era_mut(&mut self, era: Era) -> &mut EraState {
        let [tls13, legacy] = &mut self.eras;
        match era {
            Era::Tls13 => tls13,
            Era::Legacy => legacy,
        }
    }

    /// The newest version before TLS 1.3 that the server has: the older ones are held against it.
    pub(super) fn base(&self) -> Option<Version> {
        let legacy = self.versions.iter().filter(|state| !state.version.is_tls13());
        legacy.filter(|state| state.support == Verdict::Supported).map(|state| state.version).max()
    }

    pub(super) fn flag(&self, wanted: Flag) -> Verdict {
        let known = self.flags.iter().find(|(flag, _)| *flag == wanted);
        known.map_or(Verdict::Unknown, |(_, verdict)| *verdict)
    }

    /// What an older version should have, going by the base; `None` where there is nothing to go by.
    pub(super) fn expected(&self, version: Version) -> Option<Vec<CipherSuite>> {
        let base = self.version(self.base().filter(|base| *base > version)?)?;
        if version.is_tls13() || !base.suites.is_done() {
            return None;
        }
        let mut expected = base.suites.held();
        let possible = catalogue::suites(version);
        // Curves came with TLS 1.0; some servers have them in SSL 3 all the same, others do not.
        let has_curves = version > Version::SSL_3;
        expected.retain(|suite| {
            possible.contains(suite) && (has_curves || !catalogue::is_curve(*suite))
        });
        Some(expected)
    }

    pub(super) fn progress(&self) -> Progress {
        let mut lists = vec![self.protocols.progress()];
        let mut marks = vec![self.protocols_apart, self.no_other_certificate];
        for version in &self.versions {
            lists.push(version.suites.progress());
            marks.push(version.support == Verdict::Unknown);
        }
        for era in &self.eras {
            lists.push(era.groups.progress());
            lists.extend(era.schemes.iter().map(|(_, axis)| axis.progress()));
            marks.push(era.one_by_one);
        }
        Progress { lists, marks, certificate_curve: self.certificate_curve }
    }

    /// Does not ask this again if nothing came of it.
    pub(super) fn note_progress(&mut self, aim: Aim, before: &Progress) {
        if self.progress() == *before {
            self.futile.push(aim);
        }
    }

    pub(super) fn is_futile(&self, aim: Aim) -> bool {
        // It takes two answers to tell that the client's order counts.
        let order = matches!(aim, Aim::SuiteOrder(_) | Aim::GroupOrder(_));
        let tries = self.futile.iter().filter(|futile| **futile == aim).count();
        tries > usize::from(order)
    }

    /// Suites asked for in one hello.
    pub(super) fn limit(&self) -> usize {
        Opening::ALL.get(self.opening).map_or(usize::MAX, |opening| opening.limit())
    }

    /// A question about `suites` with `groups`, and all else that can ride along without risk.
    pub(super) fn compose(
        &self,
        aim: Aim,
        versions: Vec<Version>,
        suites: Ask<CipherSuite>,
        mut groups: Ask<NamedGroup>,
    ) -> Asked {
        let highest = versions.iter().copied().max().unwrap_or(Version::TLS_1_2);
        let era = Era::of(highest);
        if highest == Version::SSL_3 {
            // It has no extension to say them in.
            groups = Ask { list: Vec::new(), explores: false };
        }
        let explores = era == Era::Legacy && aim != Aim::Control;
        // Where a hello may be answered in an older version, what rides along has to suit both.
        let schemes = self.era(era).schemes.iter().map(|(kind, axis)| {
            let rides = explores && !axis.is_alone() && !axis.is_done();
            let ask = if rides { axis.explore(usize::MAX) } else { axis.everything() };
            (*kind, ask)
        });
        let schemes = schemes.collect();
        // A server may take offence, which would not be told from a missing version.
        let settled = matches!(aim, Aim::Suites(_) | Aim::OtherSuites(_));
        let rides = settled && !self.protocols_apart && !self.protocols.is_done();
        let protocols = match rides && era == Era::Legacy {
            true => self.protocols.explore(usize::MAX),
            false => Ask { list: Vec::new(), explores: false },
        };
        let stop = if era == Era::Legacy { Stop::KeyExchange } else { Stop::Hello };
        Asked {
            aim,
            versions,
            suites,
            groups,
            shares: Vec::new(),
            schemes,
            protocols,
            compressions: UNCOMPRESSED,
            session: None,
            stop,
        }
    }

    /// The groups for a question about something else: those that can be explored at no risk, or all.
    pub(super) fn groups_beside(&self, era: Era) -> Ask<NamedGroup> {
        let groups = &self.era(era).groups;
        if groups.is_done() || groups.is_alone() {
            groups.everything()
        } else {
            groups.explore(usize::MAX)
        }
    }

    /// Known suites of the version with a key exchange over a group; those that RSA signs, if there are any, because
    /// some servers mind the curve of their certificate.
    pub(super) fn suites_with_groups(&self, version: Version) -> Vec<CipherSuite> {
        let Some(state) = self.version(version) else {
            return Vec::new();
        };
        let over_group = |suite: &CipherSuite| {
            suite.parameters().is_some_and(|suite| {
                matches!(
                    suite.key_exchange,
                    KeyExchange::Any | KeyExchange::Ecdhe | KeyExchange::EcdhePsk
                )
            })
        };
        let mut suites = state.suites.held();
        suites.retain(over_group);
        let by_curve =
            |suite: &CipherSuite| SignerKind::of_suite(*suite) == Some(SignerKind::Curve);
        if !suites.iter().all(by_curve) {
            suites.retain(|suite| !by_curve(suite));
        }
        suites
    }
}

impl VersionState {
    fn new(version: Version) -> Self {
        Self {
            version,
            support: Verdict::Unknown,
            suites: Axis::new(catalogue::suites(version), PATIENCE),
        }
    }
}

impl EraState {
    fn new(era: Era) -> Self {
        let schemes = SignerKind::ALL
            .map(|kind| (kind, Axis::new(catalogue::schemes(era, kind), 0)))
            .into_iter()
            .filter(|(_, axis)| !axis.is_done())
            .collect();
        Self {
            groups: Axis::new(catalogue::groups(era), 0).offering_absent(),
            schemes,
            one_by_one: false,
            groups_hidden: false,
        }
    }
}

/// A server's order of suites shows within so many answers in most cases, and then costs no question of its own.
const PATIENCE: usize = 3;
