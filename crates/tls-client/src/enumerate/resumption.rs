//! Whether sessions are taken up again: a whole handshake for one, and another that goes on from it.

use tlscensus_tls_wire::observer::AlertSeen;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Protection;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::NamedGroup;
use tlscensus_tls_wire::registry::Version;

use crate::enumerate::End;
use crate::enumerate::axis::Ask;
use crate::enumerate::catalogue::CLASSICAL;
use crate::enumerate::catalogue::Era;
use crate::enumerate::facts::Flag;
use crate::enumerate::facts::Verdict;
use crate::enumerate::question::Aim;
use crate::enumerate::question::Asked;
use crate::enumerate::state::State;
use crate::outcome::Outcome;
use crate::rules::Rules;
use crate::session::Carrier;
use crate::session::Session;
use crate::stop::Stop;
use crate::suite::LegacySuite;
use crate::suite::Suite13;

/// Whether a server takes up a session again in one of the three ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumption {
    /// It did, and the handshake was completed.
    Accepted,
    /// It has no version in which that can be.
    NoVersion,
    /// It gave nothing that a session could be taken up by.
    NotOffered,
    /// It gave something; whether it would take it was not asked, or the answer does not tell.
    Offered,
    /// It gave something and later went on without it, or ended the handshake over it.
    Refused,
    /// It was not asked.
    Unasked,
    /// It was asked, and no handshake was completed.
    Unreached,
}

impl Resumption {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Accepted,
        Self::NoVersion,
        Self::NotOffered,
        Self::Offered,
        Self::Refused,
        Self::Unasked,
        Self::Unreached,
    ];

    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::NoVersion => "no-version",
            Self::NotOffered => "not-offered",
            Self::Offered => "offered",
            Self::Refused => "refused",
            Self::Unasked => "unasked",
            Self::Unreached => "unreached",
        }
    }
}

/// How far it is known.
#[derive(Clone, Debug)]
pub(super) enum Resuming {
    Unasked,
    /// The next question is whether the server takes it.
    Given(Session),
    Known(Resumption),
}

impl State {
    /// A session first, then another connection with it.
    pub(super) fn ask_resumption(&mut self) -> Option<Asked> {
        for carrier in Carrier::ALL {
            let step = self.resuming(carrier).clone();
            let Some(version) = self.version_to_resume(carrier) else {
                continue;
            };
            match step {
                Resuming::Unasked if self.never_offers(carrier) => {
                    self.set_resumption(carrier, Resumption::NotOffered);
                }
                Resuming::Unasked => match self.whole_handshake(Aim::Session(carrier), version) {
                    Some(asked) => return Some(asked),
                    None => self.set_resumption(carrier, Resumption::Unreached),
                },
                Resuming::Given(session) => {
                    let mut asked = self.whole_handshake(Aim::Resumption(carrier), version)?;
                    asked.session = Some(session);
                    return Some(asked);
                }
                Resuming::Known(_) => {}
            }
        }
        None
    }

    /// The newest version that has it.
    fn version_to_resume(&self, carrier: Carrier) -> Option<Version> {
        match carrier {
            Carrier::PreSharedKey => {
                Some(Version::TLS_1_3).filter(|version| self.supports(*version))
            }
            // Without extensions there are no tickets.
            Carrier::Ticket => self.base().filter(|base| *base > Version::SSL_3),
            Carrier::Identifier => self.base(),
        }
    }

    /// Whether the hellos so far say that there is nothing to be had: a server that gives tickets says so in its hello
    /// (RFC 5077, section 3.2), and only one that does may leave the session without a name.
    fn never_offers(&self, carrier: Carrier) -> bool {
        let no_ticket = self.flag(Flag::SessionTicket) == Verdict::Absent;
        match carrier {
            Carrier::PreSharedKey => false,
            Carrier::Ticket => no_ticket,
            Carrier::Identifier => no_ticket && self.flag(Flag::SessionId) == Verdict::Absent,
        }
    }

    /// A handshake in what the server has and we can compute; `None`: there is nothing of the kind.
    fn whole_handshake(&self, aim: Aim, version: Version) -> Option<Asked> {
        let era = Era::of(version);
        let mut suites = self.version(version)?.suites.held_only();
        suites.list.retain(|suite| match era {
            Era::Tls13 => Suite13::of(*suite).is_some(),
            Era::Legacy => LegacySuite::of(*suite, Rules { version }).is_some(),
        });
        let held = self.era(era).groups.held();
        let has = |group: &NamedGroup| held.contains(group);
        let mut groups: Vec<NamedGroup> = CLASSICAL.into_iter().filter(has).collect();
        // With none of these, the server asks for a share of what it has.
        let shares: Vec<NamedGroup> = match era {
            Era::Tls13 => groups.iter().take(1).copied().collect(),
            Era::Legacy => Vec::new(),
        };
        if suites.list.is_empty() {
            return None;
        }
        let rest: Vec<NamedGroup> =
            held.into_iter().filter(|held| !groups.contains(held)).collect();
        groups.extend(rest);
        let missing = |curve: &NamedGroup| !groups.contains(curve);
        let curves: Vec<NamedGroup> = self.named_key_curves().into_iter().filter(missing).collect();
        groups.extend(curves);
        let groups = Ask { list: groups, explores: false };
        let mut asked = self.compose(aim, vec![version], suites, groups);
        asked.shares = shares;
        asked.stop = Stop::Session;
        Some(asked)
    }

    pub(super) fn learn_resumption(&mut self, asked: &Asked, heard: &End<'_>) {
        let End { observer, outcome, end, sessions } = heard;
        match asked.aim {
            Aim::Session(carrier)
                if !observer.established() || !heard_out(carrier, observer, end.as_ref()) =>
            {
                self.set_resumption(carrier, Resumption::Unreached);
            }
            Aim::Session(carrier) => self.learn_session(carrier, observer, sessions),
            Aim::Resumption(carrier) => {
                let known = match (observer.resumed(), observer.established(), outcome) {
                    (Some(true), true, _) => Resumption::Accepted,
                    (Some(false), _, _) | (None, _, Outcome::Alert { .. }) => Resumption::Refused,
                    _ => Resumption::Offered,
                };
                self.set_resumption(carrier, known);
            }
            _ => {}
        }
    }

    /// The server may name a session although it was asked for a ticket: then nothing more has to be asked for a name. Beside
    /// a ticket a name says nothing (RFC 5077, section 3.4).
    fn learn_session(&mut self, carrier: Carrier, observer: &Observer, sessions: &[Session]) {
        let given = |carrier| sessions.iter().find(|session| session.carrier() == carrier).cloned();
        match given(carrier) {
            Some(session) => self.set_resuming(carrier, Resuming::Given(session)),
            None if carrier != Carrier::Identifier && gave_tickets(observer) => {
                self.set_resumption(carrier, Resumption::Offered);
            }
            None => self.set_resumption(carrier, Resumption::NotOffered),
        }
        if carrier == Carrier::Ticket && given(Carrier::Ticket).is_none() {
            match given(Carrier::Identifier) {
                Some(named) => self.set_resuming(Carrier::Identifier, Resuming::Given(named)),
                None => self.set_resumption(Carrier::Identifier, Resumption::NotOffered),
            }
        }
    }

    pub(super) fn resumption_facts(&self) -> [(Carrier, Resumption); 3] {
        let has_version = |carrier| {
            let old_only =
                |version: Version| version.is_tls13() != (carrier == Carrier::PreSharedKey);
            let too_old = |version| carrier == Carrier::Ticket && version == Version::SSL_3;
            self.versions.iter().any(|state| {
                !old_only(state.version)
                    && !too_old(state.version)
                    && state.support != Verdict::Absent
            })
        };
        self.resumption.clone().map(|(carrier, resuming)| {
            let known = match resuming {
                Resuming::Unasked if !has_version(carrier) => Resumption::NoVersion,
                Resuming::Unasked => Resumption::Unasked,
                Resuming::Given(_) => Resumption::Offered,
                Resuming::Known(known) => known,
            };
            (carrier, known)
        })
    }

    fn resuming(&self, carrier: Carrier) -> &Resuming {
        let known = self.resumption.iter().find(|(known, _)| *known == carrier);
        known.map_or(&Resuming::Unasked, |(_, resuming)| resuming)
    }

    fn set_resumption(&mut self, carrier: Carrier, known: Resumption) {
        self.set_resuming(carrier, Resuming::Known(known));
    }

    fn set_resuming(&mut self, carrier: Carrier, resuming: Resuming) {
        for (known, old) in &mut self.resumption {
            if *known == carrier {
                old.clone_from(&resuming);
            }
        }
    }
}

/// Whether all that the server would give was heard. Before TLS 1.3 it comes within the handshake. In TLS 1.3 tickets come
/// behind it: that there are none is said only by a server that says goodbye under its keys without having sent one, and
/// so has seen our Finished. A connection that just ends may have ended for another reason.
fn heard_out(carrier: Carrier, observer: &Observer, end: Option<&Outcome>) -> bool {
    let goodbye = |seen: &AlertSeen| {
        seen.side == Side::Server
            && seen.protection == Protection::Application
            && seen.alert.description == AlertDescription::CLOSE_NOTIFY
    };
    match (carrier, end) {
        (_, Some(Outcome::Stopped)) => true,
        (Carrier::PreSharedKey, Some(Outcome::Closed)) => {
            observer.alerts().iter().any(goodbye) || gave_tickets(observer)
        }
        (_, Some(Outcome::Closed)) => true,
        _ => false,
    }
}

/// Whether a ticket came, be it one that is not kept: too long, or with too long a nonce. One of no bytes is none (RFC 5077,
/// section 3.3).
fn gave_tickets(observer: &Observer) -> bool {
    observer.tickets().iter().any(|ticket| ticket.length > 0)
}

#[cfg(test)]
mod tests {
    use tlscensus_tls_wire::alert::Alert;

    use super::*;

    /// What was heard of a server that closed, with these alerts under these keys.
    fn heard(alerts: &[(Side, Protection)]) -> Observer {
        let mut observer = Observer::default();
        for (side, protection) in alerts {
            observer.alert(*side, *protection, Alert::CLOSE_NOTIFY);
        }
        observer
    }

    #[test]
    fn in_tls13_none_was_given_only_if_the_server_says_goodbye_under_its_keys() {
        let closed = Some(&Outcome::Closed);
        let cases: [(&[(Side, Protection)], bool); 4] = [
            (&[], false),
            (&[(Side::Client, Protection::Application)], false),
            (&[(Side::Server, Protection::Plain)], false),
            (&[(Side::Server, Protection::Application)], true),
        ];
        for (alerts, expected) in cases {
            let observer = heard(alerts);
            assert_eq!(heard_out(Carrier::PreSharedKey, &observer, closed), expected, "{alerts:?}");
            assert!(heard_out(Carrier::Ticket, &observer, closed), "it comes within the handshake");
            assert!(!heard_out(Carrier::PreSharedKey, &observer, Some(&Outcome::Reset)));
        }
    }
}
