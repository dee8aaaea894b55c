//! What an answer teaches.

use tlscensus_tls_wire::registry::KeyExchange;
use tlscensus_tls_wire::registry::Version;

use crate::enumerate::axis::Ask;
use crate::enumerate::catalogue;
use crate::enumerate::catalogue::Era;
use crate::enumerate::catalogue::SignerKind;
use crate::enumerate::certificate_curve::Need;
use crate::enumerate::facts::Verdict;
use crate::enumerate::question::Aim;
use crate::enumerate::question::Asked;
use crate::enumerate::reply::Heard;
use crate::enumerate::state::State;

impl State {
    /// The server answered with a hello.
    pub(super) fn heard(&mut self, asked: &Asked, heard: &Heard) {
        self.answered = true;
        self.learn_version(asked, heard.version);
        self.learn_certificate_curve(asked, heard);
        self.learn_suite(asked, heard);
        self.learn_group(asked, heard);
        self.learn_signature(asked, heard);
        self.learn_protocol(asked, heard);
        for (flag, given) in &heard.flags {
            let known = self.flags.iter_mut().find(|(known, _)| known == flag);
            if let Some((_, verdict)) = known
                && *verdict != Verdict::Supported
            {
                *verdict = if *given { Verdict::Supported } else { Verdict::Absent };
            }
        }
        if asked.aim == Aim::OfferedShare {
            self.takes_offered_share =
                if heard.retried { Verdict::Absent } else { Verdict::Supported };
        }
        if let Some(bits) = heard.dh_bits
            && !self.dh_bits.contains(&(heard.suite, bits))
        {
            self.dh_bits.push((heard.suite, bits));
        }
    }

    /// The newest version that both have is chosen: those passed over the server does not have.
    fn learn_version(&mut self, asked: &Asked, chosen: Version) {
        let highest = asked.highest();
        let listed = highest.is_tls13();
        for state in &mut self.versions {
            let passed_over = state.version > chosen
                && state.version <= highest
                && (!listed || asked.versions.contains(&state.version));
            if state.version == chosen {
                state.support = Verdict::Supported;
            } else if passed_over {
                match state.support {
                    Verdict::Unknown => state.support = Verdict::Absent,
                    Verdict::Supported => self.contradictions += 1,
                    Verdict::Absent => {}
                }
            }
        }
    }

    fn learn_suite(&mut self, asked: &Asked, heard: &Heard) {
        let groups = &self.era(Era::of(heard.version)).groups;
        let groups_left_out = !groups.held().is_empty() && groups.risks(&asked.groups);
        let Some(state) = self.version_mut(heard.version) else {
            return;
        };
        let possible = catalogue::suites(heard.version);
        let list: Vec<_> =
            asked.suites.list.iter().filter(|suite| possible.contains(suite)).copied().collect();
        // Suites that need a group that was left out were not really offered.
        let explores = asked.suites.explores && (!groups_left_out || heard.version.is_tls13());
        state.suites.heard(&Ask { list, explores }, heard.suite);
        if asked.highest() != heard.version && matches!(asked.aim, Aim::Suites(_)) {
            // A version that the server had before is gone: nothing more is learnt by insisting.
            self.contradictions += 1;
        }
    }

    fn learn_group(&mut self, asked: &Asked, heard: &Heard) {
        let era = Era::of(heard.version);
        let possible = catalogue::groups(era);
        let axis = &mut self.era_mut(era).groups;
        let Some(group) = heard.group else {
            let over_group = heard
                .suite
                .parameters()
                .is_some_and(|suite| suite.key_exchange == KeyExchange::Ecdhe);
            if matches!(asked.aim, Aim::Groups(_)) && !over_group {
                // Only suites with a group were offered, and another one came back.
                self.contradictions += 1;
            }
            return;
        };
        let list: Vec<_> =
            asked.groups.list.iter().filter(|group| possible.contains(group)).copied().collect();
        if asked.groups.list.is_empty() {
            // The client did not say which it has: any will do, and none is preferred.
            return;
        }
        // A share can outweigh the order, which a retry would cost a round trip.
        let explores = asked.groups.explores && asked.shares.is_empty();
        axis.heard(&Ask { list, explores }, group);
        if !heard.declared.is_empty() {
            axis.declared(&heard.declared);
        }
    }

    fn learn_signature(&mut self, asked: &Asked, heard: &Heard) {
        let era = Era::of(heard.version);
        let kind = match heard.scheme {
            Some(scheme) => SignerKind::of_scheme(scheme),
            None => SignerKind::of_suite(heard.suite),
        };
        let Some(kind) = kind else {
            return;
        };
        if let Some(scheme) = heard.scheme {
            let of_kind = |(known, _): &&(SignerKind, _)| *known == kind;
            let ask = asked.schemes.iter().find(of_kind).map(|(_, ask)| ask);
            let axes = &mut self.era_mut(era).schemes;
            if let Some(ask) = ask
                && let Some((_, axis)) = axes.iter_mut().find(|(known, _)| *known == kind)
            {
                axis.heard(ask, scheme);
            }
        }
        let known = |(of, chain): &(SignerKind, _)| *of == kind && *chain == heard.chain;
        if !heard.chain.is_empty()
            && self.chains.len() < MAX_CHAINS
            && !self.chains.iter().any(known)
        {
            self.chains.push((kind, heard.chain.clone()));
        }
    }

    fn learn_protocol(&mut self, asked: &Asked, heard: &Heard) {
        if !asked.protocols.explores {
            return;
        }
        match &heard.protocol {
            Some(Some(name)) => {
                let known = |offered: &&&str| offered.as_bytes() == name.as_slice();
                match asked.protocols.list.iter().find(known) {
                    Some(offered) => self.protocols.heard(&asked.protocols, offered),
                    None => self.contradictions += 1,
                }
            }
            Some(None) => self.protocols.passed_over(&asked.protocols),
            None => {}
        }
    }

    /// The server turned it down because of the protocols: it has none of them, and nothing else is learnt.
    pub(super) fn no_protocol(&mut self, asked: &Asked) {
        self.protocols_fatal = true;
        self.protocols.passed_over(&asked.protocols);
    }

    /// The server turned the hello down, `because_of_version` if it says so.
    pub(super) fn refused(&mut self, asked: &Asked, because_of_version: bool) {
        let highest = asked.highest();
        let era = Era::of(highest);
        if let Aim::Versions(_) = asked.aim {
            let groups = &self.era(era).groups;
            if !because_of_version && !groups.held().is_empty() && groups.risks(&asked.groups) {
                self.era_mut(era).one_by_one = true;
                return;
            }
            if let Some(state) = self.version_mut(highest)
                && !because_of_version
            {
                state.suites.refused(&asked.suites);
                if !state.suites.is_done() {
                    return;
                }
            }
            for version in &asked.versions {
                if let Some(state) = self.version_mut(*version) {
                    state.support = Verdict::Absent;
                }
            }
            return;
        }
        if asked.aim == Aim::OtherCertificate {
            self.no_other_certificate = true;
            return;
        }
        if asked.aim == Aim::OfferedShare {
            self.takes_offered_share = Verdict::Absent;
            return;
        }
        if let Aim::CertificateCurve(_) = asked.aim {
            // What it has taken before, and now without the curve does not.
            self.need_certificate_curve(Need::Proven);
            return;
        }
        if let Aim::Certificate | Aim::Compression(_) | Aim::Session(_) | Aim::Resumption(_) =
            asked.aim
        {
            // It minds the offer, which says nothing of what it would do.
            return;
        }
        self.conclude(asked, highest, era);
    }

    /// Exactly one list can be why a hello was turned down, or nothing is learnt but that.
    fn conclude(&mut self, asked: &Asked, highest: Version, era: Era) {
        let at_risk = self.at_risk(asked, highest, era);
        match at_risk.as_slice() {
            [] | [List::Groups] if self.lacks_certificate_curve(asked) => {
                self.need_certificate_curve(Need::Suspected);
            }
            [] => self.contradictions += 1,
            [list] => self.strike(asked, *list, highest, era),
            several => {
                self.era_mut(era).one_by_one = true;
                self.protocols_apart |= several.contains(&List::Protocols);
            }
        }
    }

    /// The lists of which nothing was offered that the server is known to have.
    fn at_risk(&self, asked: &Asked, highest: Version, era: Era) -> Vec<List> {
        let mut lists = Vec::new();
        if self.version(highest).is_some_and(|state| state.suites.risks(&asked.suites)) {
            lists.push(List::Suites);
        }
        if self.era(era).groups.risks(&asked.groups) {
            lists.push(List::Groups);
        }
        for (kind, ask) in &asked.schemes {
            let axis = self.era(era).schemes.iter().find(|(known, _)| known == kind);
            if axis.is_some_and(|(_, axis)| axis.risks(ask)) {
                lists.push(List::Schemes(*kind));
            }
        }
        if self.protocols.risks(&asked.protocols) {
            lists.push(List::Protocols);
        }
        lists
    }

    /// The server has nothing of what was offered of this list.
    fn strike(&mut self, asked: &Asked, list: List, highest: Version, era: Era) {
        match list {
            List::Suites => {
                if let Some(state) = self.version_mut(highest) {
                    state.suites.refused(&asked.suites);
                }
            }
            List::Groups => self.era_mut(era).groups.refused(&asked.groups),
            List::Schemes(kind) => {
                let ask = asked.schemes.iter().find(|(known, _)| *known == kind);
                let axes = &mut self.era_mut(era).schemes;
                let axis = axes.iter_mut().find(|(known, _)| *known == kind);
                if let Some(((_, axis), (_, ask))) = axis.zip(ask) {
                    axis.refused(ask);
                }
            }
            List::Protocols => self.no_protocol(asked),
        }
    }
}

/// The lists of one hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Suites,
    Groups,
    Schemes(SignerKind),
    Protocols,
}

/// Different chains kept: one per kind of key, and room for servers that have several machines.
const MAX_CHAINS: usize = 8;
