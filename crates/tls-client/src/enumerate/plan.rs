//! Which question comes next.
//!
//! In this order, each as soon as the ones before have nothing left to ask: an opening, the versions, TLS 1.3, the newest
//! version before it, groups, what only older versions have, whose order counts; then what is nice to know: certificates,
//! protocols, sessions, schemes, and the proof that older versions have what they are thought to have.

use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

use crate::crypto::exchange::has_share;
use crate::enumerate::axis::Ask;
use crate::enumerate::catalogue;
use crate::enumerate::catalogue::CLASSICAL;
use crate::enumerate::catalogue::Era;
use crate::enumerate::catalogue::SignerKind;
use crate::enumerate::catalogue::VERSIONS;
use crate::enumerate::certificate_curve::Need;
use crate::enumerate::facts::Flag;
use crate::enumerate::facts::Verdict;
use crate::enumerate::question::Aim;
use crate::enumerate::question::Asked;
use crate::enumerate::question::COMPRESSED;
use crate::enumerate::question::Opening;
use crate::enumerate::state::State;
use crate::enumerate::state::VersionState;
use crate::stop::Stop;
use crate::suite::Suite13;

impl State {
    /// `None`: nothing is left to ask.
    pub(super) fn next(&mut self) -> Option<Asked> {
        if !self.answered {
            let opening = Opening::ALL.get(self.opening).copied()?;
            return Some(self.open_with(opening));
        }
        let newest: Vec<Version> = [Version::TLS_1_3].into_iter().chain(self.base()).collect();
        self.ask_versions()
            .or_else(|| self.ask_tls13())
            .or_else(|| self.ask_base())
            .or_else(|| self.ask_legacy_groups())
            .or_else(|| self.ask_other_suites())
            .or_else(|| self.ask_order(&newest))
            .or_else(|| self.ask_certificate())
            .or_else(|| self.ask_offered_share())
            .or_else(|| self.ask_compression())
            .or_else(|| self.ask_protocols())
            .or_else(|| self.ask_resumption())
            .or_else(|| self.ask_schemes())
            .or_else(|| self.ask_older())
            .or_else(|| self.ask_order(&VERSIONS))
    }

    /// Whether the server still answers: a question that it has answered before, in essence.
    pub(super) fn control(&self) -> Option<Asked> {
        let newest = self.versions.iter().find(|state| state.support == Verdict::Supported)?;
        let (version, suites) = (newest.version, newest.suites.held());
        let suites = Ask { list: suites, explores: false };
        let groups = self.era(Era::of(version)).groups.everything();
        Some(self.compose(Aim::Control, vec![version], suites, groups))
    }

    fn open_with(&self, opening: Opening) -> Asked {
        let highest = opening.highest();
        let limit = opening.limit();
        let versions: Vec<Version> =
            VERSIONS.into_iter().filter(|version| *version <= highest).collect();
        let mut suites: Vec<_> = Vec::new();
        let mut groups: Vec<NamedGroup> = Vec::new();
        if highest.is_tls13() {
            suites = catalogue::suites(Version::TLS_1_3);
            groups = catalogue::groups(Era::Tls13);
        }
        let legacy = highest.min(Version::TLS_1_2);
        suites.extend(catalogue::suites(legacy).into_iter().take(limit));
        let new = |group: &NamedGroup| !groups.contains(group);
        let legacy: Vec<_> = catalogue::groups(Era::Legacy).into_iter().filter(new).collect();
        groups.extend(legacy);
        let suites = Ask { list: suites, explores: true };
        let groups = Ask { list: groups, explores: true };
        let mut asked = self.compose(Aim::Opening(opening), versions, suites, groups);
        asked.stop = Stop::Plain;
        self.add_legacy_schemes(&mut asked);
        asked
    }

    /// For a hello that may be answered in TLS 1.3 or an older version.
    fn add_legacy_schemes(&self, asked: &mut Asked) {
        for (kind, axis) in &self.era(Era::Legacy).schemes {
            let legacy = axis.everything();
            match asked.schemes.iter_mut().find(|(known, _)| known == kind) {
                None => asked.schemes.push((*kind, legacy)),
                Some((_, ask)) => {
                    let missing: Vec<_> =
                        legacy.list.into_iter().filter(|item| !ask.list.contains(item)).collect();
                    ask.list.extend(missing);
                }
            }
        }
    }

    /// Newest first; an answer also settles the versions that the server passed over.
    fn ask_versions(&self) -> Option<Asked> {
        let unknown = self.versions.iter().filter(|state| state.support == Verdict::Unknown);
        let mut unknown = unknown.map(|state| state.version);
        let newest = unknown.find(|version| !self.is_futile(Aim::Versions(*version)))?;
        let limit = self.limit();
        let versions = match newest.is_tls13() {
            true => vec![newest],
            false => VERSIONS.into_iter().filter(|version| *version <= newest).collect(),
        };
        let suites = self.version(newest)?.suites.explore(limit);
        let era = Era::of(newest);
        let groups = self.era(era);
        let groups = match groups.groups.is_done() || groups.one_by_one {
            true => groups.groups.everything(),
            false => groups.groups.explore(usize::MAX),
        };
        Some(self.compose(Aim::Versions(newest), versions, suites, groups))
    }

    fn ask_tls13(&mut self) -> Option<Asked> {
        let version = Version::TLS_1_3;
        if !self.supports(version) {
            return None;
        }
        let limit = self.limit();
        if let Some(asked) = self.ask_declared() {
            return Some(asked);
        }
        let futile = self.is_futile(Aim::Suites(version));
        let era = self.era(Era::Tls13);
        // Once the server has said what it has, most likely nothing else is left.
        let alone = era.one_by_one || era.groups.is_declared();
        let groups_done = era.groups.is_done();
        let suites = &self.version(version)?.suites;
        if !suites.is_done() && !futile {
            let suites = suites.explore(limit);
            let groups = match groups_done || alone {
                true => self.groups_beside(Era::Tls13),
                false => self.era(Era::Tls13).groups.explore(usize::MAX),
            };
            return Some(self.compose(Aim::Suites(version), vec![version], suites, groups));
        }
        if groups_done || self.is_futile(Aim::Groups(version)) {
            return None;
        }
        let suites = &self.version(version)?.suites;
        let suites = suites.held_only();
        let groups = self.era(Era::Tls13).groups.explore(usize::MAX);
        Some(self.compose(Aim::Groups(version), vec![version], suites, groups))
    }

    /// A server tells its whole list of groups to a client that has taken another group than its favourite
    /// (RFC 9846, section 4.3.7).
    fn ask_declared(&mut self) -> Option<Asked> {
        let limit = self.limit();
        let era = self.era(Era::Tls13);
        let suites_done = self.version(Version::TLS_1_3)?.suites.is_done();
        // First with what there is to learn of the suites; if that was turned down, with what is known.
        let again = era.one_by_one && suites_done && !era.groups.is_declared();
        match self.declared_asked {
            0 => {}
            1 if again => {}
            _ => return None,
        }
        self.declared_asked += 1;
        let open = self.era(Era::Tls13).groups.open();
        let list: Vec<_> = CLASSICAL.into_iter().filter(|group| open.contains(group)).collect();
        if list.is_empty() {
            return None;
        }
        let shares = list.iter().copied().take(SHARES).collect();
        let suites = &self.version(Version::TLS_1_3)?.suites;
        let mut ask = if suites_done { suites.held_only() } else { suites.explore(limit) };
        // What is encrypted by a suite that we lack stays hidden.
        ask.list.retain(|suite| Suite13::of(*suite).is_some());
        let suites = if ask.list.is_empty() { suites.held_only() } else { ask };
        let groups = Ask { list, explores: true };
        let versions = vec![Version::TLS_1_3];
        let mut asked = self.compose(Aim::DeclaredGroups, versions, suites, groups);
        asked.shares = shares;
        asked.stop = Stop::KeyExchange;
        Some(asked)
    }

    fn ask_base(&self) -> Option<Asked> {
        let base = self.base()?;
        let limit = self.limit();
        if self.version(base)?.suites.is_done() || self.is_futile(Aim::Suites(base)) {
            return None;
        }
        let suites = self.version(base)?.suites.explore(limit);
        let groups = self.groups_beside(Era::Legacy);
        Some(self.compose(Aim::Suites(base), vec![base], suites, groups))
    }

    fn ask_legacy_groups(&mut self) -> Option<Asked> {
        let base = self.base()?;
        let era = self.era(Era::Legacy);
        if era.groups.is_done() || era.groups_hidden || self.is_futile(Aim::Groups(base)) {
            return None;
        }
        let list = self.suites_with_groups(base);
        if list.is_empty() || base == Version::SSL_3 {
            self.era_mut(Era::Legacy).groups_hidden = true;
            return None;
        }
        let suites = Ask { list, explores: false };
        let mut aim = Aim::Groups(base);
        let mut groups = self.era(Era::Legacy).groups.explore(usize::MAX);
        if self.certificate_curve == Need::Suspected {
            // With nothing but the curve itself to offer, it stays a suspicion.
            aim = Aim::CertificateCurve(base);
            groups = self.groups_without_certificate_curve()?;
        }
        Some(self.compose(aim, vec![base], suites, groups))
    }

    /// An older version is thought to have what the base has; whether it has more is asked.
    fn ask_other_suites(&mut self) -> Option<Asked> {
        let limit = self.limit();
        let base = self.base()?;
        let manner = self.version(base)?.suites.manner();
        let older = self.versions.iter().filter(|state| state.version < base);
        let version = older
            .filter(|state| state.support == Verdict::Supported && self.has_others(state))
            .map(|state| state.version)
            .find(|version| !self.is_futile(Aim::OtherSuites(*version)))?;
        let expected = self.expected(version).unwrap_or_default();
        let state = self.version_mut(version)?;
        state.suites.expect(manner);
        state.suites.put_last(&expected);
        let others = state.suites.open().iter().filter(|suite| !expected.contains(suite)).count();
        // Behind the others where the client's order counts: then what is thought is proven by the same answer.
        let take = if state.suites.is_alone() { others.min(limit) } else { limit };
        let suites = state.suites.in_order(take);
        let groups = self.groups_beside(Era::Legacy);
        Some(self.compose(Aim::OtherSuites(version), vec![version], suites, groups))
    }

    /// Whether there is more to ask for than what the newest version has.
    fn has_others(&self, state: &VersionState) -> bool {
        let expected = self.expected(state.version).unwrap_or_default();
        state.suites.open().iter().any(|suite| !expected.contains(suite))
    }

    /// Where the answers so far do not tell whose order counts, or what the server's is.
    fn ask_order(&self, versions: &[Version]) -> Option<Asked> {
        for version in versions.iter().copied().filter(|version| self.supports(*version)) {
            let era = Era::of(version);
            let aim = Aim::SuiteOrder(version);
            let suites = self.version(version)?.suites.compare();
            if let Some(suites) = suites
                && !self.is_futile(aim)
            {
                let groups = self.groups_beside(era);
                return Some(self.compose(aim, vec![version], suites, groups));
            }
            let aim = Aim::GroupOrder(version);
            let list = self.suites_with_groups(version);
            if let Some(groups) = self.era(era).groups.compare()
                && !list.is_empty()
                && version != Version::SSL_3
                && !self.is_futile(aim)
            {
                let suites = Ask { list, explores: false };
                return Some(self.compose(aim, vec![version], suites, groups));
            }
        }
        None
    }

    /// Before TLS 1.3 the suites tell which certificates there are; with TLS 1.3 alone the schemes have to.
    fn ask_certificate(&self) -> Option<Asked> {
        if self.base().is_some() || self.no_other_certificate {
            return None;
        }
        let seen: Vec<SignerKind> = self.chains.iter().map(|(kind, _)| *kind).collect();
        let aim = if seen.is_empty() { Aim::Certificate } else { Aim::OtherCertificate };
        if self.is_futile(aim) {
            return None;
        }
        let mut asked = self.with_share(aim)?;
        asked.schemes.retain(|(kind, _)| !seen.contains(kind));
        (!asked.schemes.is_empty()).then_some(asked)
    }

    /// A question in TLS 1.3 with a share of a group that the server has, so that what it encrypts can be read.
    fn with_share(&self, aim: Aim) -> Option<Asked> {
        let version = Version::TLS_1_3;
        let held = self.era(Era::Tls13).groups.held();
        let classical = CLASSICAL.into_iter().find(|group| held.contains(group));
        let share = classical.or_else(|| held.into_iter().find(|group| has_share(*group)))?;
        let state = self.version(version)?;
        if state.support != Verdict::Supported {
            return None;
        }
        let suites = state.suites.held_only();
        let groups = Ask { list: vec![share], explores: false };
        let mut asked = self.compose(aim, vec![version], suites, groups);
        asked.shares = vec![share];
        asked.stop = Stop::KeyExchange;
        Some(asked)
    }

    fn ask_offered_share(&self) -> Option<Asked> {
        if self.takes_offered_share != Verdict::Unknown {
            return None;
        }
        let held = self.era(Era::Tls13).groups.held();
        let (favourite, rest) = held.split_first()?;
        let share = CLASSICAL.into_iter().find(|group| rest.contains(group))?;
        let mut asked = self.with_share(Aim::OfferedShare)?;
        asked.groups.list = vec![*favourite, share];
        asked.shares = vec![share];
        asked.stop = Stop::Hello;
        Some(asked)
    }

    /// Alone: what a server compresses stays unread.
    fn ask_compression(&self) -> Option<Asked> {
        let base = self.base()?;
        let aim = Aim::Compression(base);
        let unknown = self.flag(Flag::Compression) == Verdict::Unknown;
        if !unknown || self.is_futile(aim) {
            return None;
        }
        let suites = self.version(base)?.suites.held_only();
        let groups = self.era(Era::Legacy).groups.everything();
        let mut asked = self.compose(aim, vec![base], suites, groups);
        asked.compressions = COMPRESSED;
        asked.stop = Stop::Hello;
        Some(asked)
    }

    fn ask_protocols(&self) -> Option<Asked> {
        let newest = self.base().unwrap_or(Version::TLS_1_3);
        if self.protocols.is_done() || self.is_futile(Aim::Protocols(newest)) {
            return None;
        }
        if let Some(base) = self.base() {
            let suites = self.version(base)?.suites.held_only();
            let groups = self.groups_beside(Era::Legacy);
            let mut asked = self.compose(Aim::Protocols(base), vec![base], suites, groups);
            asked.protocols = self.protocols.explore(usize::MAX);
            asked.stop = Stop::Hello;
            return Some(asked);
        }
        let mut asked = self.with_share(Aim::Protocols(Version::TLS_1_3))?;
        asked.protocols = self.protocols.explore(usize::MAX);
        asked.stop = Stop::Certificate;
        Some(asked)
    }

    fn ask_schemes(&self) -> Option<Asked> {
        for version in [Version::TLS_1_2, Version::TLS_1_3] {
            if !self.supports(version) {
                continue;
            }
            let era = Era::of(version);
            let kinds: Vec<SignerKind> = self
                .era(era)
                .schemes
                .iter()
                .filter(|(kind, axis)| !axis.is_done() && self.signs(version, *kind))
                .map(|(kind, _)| *kind)
                .filter(|kind| !self.is_futile(Aim::Schemes(version, *kind)))
                .collect();
            let Some(kind) = kinds.first().copied() else {
                continue;
            };
            let aim = Aim::Schemes(version, kind);
            let mut asked = match era {
                Era::Tls13 => self.with_share(aim)?,
                Era::Legacy => {
                    let list = self.signed_suites(kind);
                    let suites = Ask { list, explores: false };
                    let groups = self.groups_beside(era);
                    self.compose(aim, vec![version], suites, groups)
                }
            };
            let (_, axis) = self.era(era).schemes.iter().find(|(of, _)| *of == kind)?;
            asked.schemes = vec![(kind, axis.explore(usize::MAX))];
            return Some(asked);
        }
        None
    }

    /// Whether the server signs with such a key, as far as is known.
    fn signs(&self, version: Version, kind: SignerKind) -> bool {
        match Era::of(version) {
            Era::Legacy => !self.signed_suites(kind).is_empty(),
            Era::Tls13 => self.chains.iter().any(|(of, _)| *of == kind),
        }
    }

    /// Suites of TLS 1.2 whose key exchange is signed with such a key.
    fn signed_suites(&self, kind: SignerKind) -> Vec<tlscensus_tls_wire::registry::CipherSuite> {
        let held = self.version(Version::TLS_1_2).map(|state| state.suites.held());
        let mut suites = held.unwrap_or_default();
        suites.retain(|suite| {
            let ephemeral =
                suite.parameters().is_some_and(|suite| suite.key_exchange.is_ephemeral());
            ephemeral && SignerKind::of_suite(*suite) == Some(kind)
        });
        suites
    }

    /// What older versions are thought to have, proven one by one.
    fn ask_older(&self) -> Option<Asked> {
        let limit = self.limit();
        let base = self.base()?;
        let older = self.versions.iter().filter(|state| state.version < base);
        let version = older
            .filter(|state| state.support == Verdict::Supported && !state.suites.is_done())
            .map(|state| state.version)
            .find(|version| !self.is_futile(Aim::Suites(*version)))?;
        let suites = self.version(version)?.suites.explore(limit);
        let groups = self.groups_beside(Era::Legacy);
        let mut asked = self.compose(Aim::Suites(version), vec![version], suites, groups);
        asked.stop = Stop::Hello;
        Some(asked)
    }
}

/// Groups of which a share is sent where what is encrypted is to be read.
const SHARES: usize = 2;
