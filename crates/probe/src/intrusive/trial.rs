//! One intrusive connection: the hello that it makes, and what it does inside TLS.

use std::borrow::Cow;

use tlscensus_dialog::Grammar;
use tlscensus_dialog::Identity;
use tlscensus_dialog::Injection;
use tlscensus_dialog::Prober;
use tlscensus_dialog::Service;
use tlscensus_records::IntrusiveAnswer as Answer;
use tlscensus_records::Outcome;
use tlscensus_records::Phase;
use tlscensus_records::text::escape;
use tlscensus_tls_client as tls;
use tlscensus_tls_client::Client;
use tlscensus_tls_client::KeyShares;
use tlscensus_tls_client::Profile;
use tlscensus_tls_client::Renegotiation;
use tlscensus_tls_client::Stop;
use tlscensus_tls_wire::registry::CipherSuite;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::Version;

use super::IntrusiveQuestion;
use super::Known;
use crate::conversation::handshake_detail;
use crate::drive::Turn;

/// What one intrusive connection does.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    /// Its hello.
    pub(crate) profile: Profile,
    /// Where the handshake is left, if it is.
    pub(crate) stop: Option<Stop>,
    inside: Inside,
    /// How often the server said nothing for a while.
    silences: u32,
}

/// What is tried once the handshake is complete.
#[derive(Clone, Debug)]
enum Inside {
    Nothing,
    /// Says nothing, then goodbye, and listens for an answer to what was said before TLS.
    Overhear(Box<Injection>),
    Renegotiate,
}

impl Trial {
    /// How to ask this server; or what is known without asking.
    pub(crate) fn of(
        question: IntrusiveQuestion,
        service: &Service,
        known: &Known,
    ) -> Result<Self, Answer> {
        let offer = known.profile.ok_or(match question {
            // Of SSL 2 no handshake is completed, and it has none of the others' questions.
            IntrusiveQuestion::StarttlsInjection => Answer::NotReached,
            _ => Answer::NotApplicable,
        })?;
        let (profile, stop, inside) = match question {
            IntrusiveQuestion::StarttlsInjection => {
                let injection = Injection::of(service.grammar).ok_or(Answer::NotAsked)?;
                (completable(offer, known)?, None, Inside::Overhear(Box::new(injection)))
            }
            IntrusiveQuestion::Renegotiation => {
                (renegotiable(completable(offer, known)?)?, None, Inside::Renegotiate)
            }
            IntrusiveQuestion::FallbackScsv => {
                (fallen_back(offer, known)?, Some(Stop::Hello), Inside::Nothing)
            }
            IntrusiveQuestion::WrongAlpn => (
                misled(offer, known, wrong_protocol(service.grammar))?,
                Some(Stop::Certificate),
                Inside::Nothing,
            ),
        };
        let profile = Profile { name: Cow::Borrowed(question.word()), ..profile };
        Ok(Self { profile, stop, inside, silences: 0 })
    }

    /// The client's part of the dialogue before TLS.
    pub(crate) fn prober(&self, service: &Service, identity: &Identity) -> Prober {
        match &self.inside {
            Inside::Overhear(injection) => Prober::injecting(service, identity, injection),
            Inside::Nothing | Inside::Renegotiate => Prober::new(service, identity),
        }
    }

    /// The command that was injected and what was heard since.
    pub(super) fn injection(&self) -> Option<&Injection> {
        match &self.inside {
            Inside::Overhear(injection) => Some(injection),
            Inside::Nothing | Inside::Renegotiate => None,
        }
    }

    /// The server said nothing for a while.
    pub(crate) fn hear_silence(&mut self) {
        self.silences += 1;
    }

    /// The handshake is complete, or something came since.
    pub(crate) fn go_on(
        &mut self,
        client: &mut Client,
        step: tls::Step,
        server_name: Option<&str>,
        keys: &KeyShares,
        out: &mut Vec<u8>,
    ) -> Turn {
        let heard = client.take_plaintext();
        let waits = step != tls::Step::Done
            && match &mut self.inside {
                Inside::Nothing => false,
                Inside::Overhear(injection) => {
                    injection.hear(&heard);
                    overhear(injection, self.silences, client, out)
                }
                Inside::Renegotiate => match client.renegotiation() {
                    None => client.renegotiate(&self.profile, server_name, keys, out),
                    Some(Renegotiation::Asked) => self.silences == 0,
                    Some(_) => false,
                },
            };
        if waits {
            return Turn::Listen;
        }
        client.close(out);
        Turn::Leave
    }

    /// Where and how it ended, of one that came inside TLS.
    pub(crate) fn end(&self, client: &Client) -> (Phase, Outcome, Option<String>) {
        let end = client.end();
        let outcome = match end {
            None | Some(tls::Outcome::Stopped) => Outcome::Ok,
            Some(tls::Outcome::Closed) if self.injection().is_some_and(Injection::has_farewell) => {
                Outcome::Ok
            }
            Some(tls::Outcome::Reset) => Outcome::Reset,
            Some(tls::Outcome::TimedOut) => Outcome::Timeout,
            Some(tls::Outcome::OverBytes) => Outcome::OverBytes,
            Some(end) if ends_in_order(end) => Outcome::Closed,
            Some(_) => Outcome::Malformed,
        };
        let heard = self.injection().and_then(Injection::first_line).map(escape);
        (Phase::AfterTls, outcome, heard.or_else(|| end.and_then(handshake_detail)))
    }
}

/// Whether there is something left to wait for.
fn overhear(
    injection: &mut Injection,
    silences: u32,
    client: &mut Client,
    out: &mut Vec<u8>,
) -> bool {
    let answered = injection.echo(false) == tlscensus_dialog::Echo::Answered;
    if silences == 0 && !answered {
        return true;
    }
    match injection.farewell() {
        Some(words) => {
            client.send(words, out);
            true
        }
        // Another silence behind the farewell.
        None => silences < 2,
    }
}

/// Whether the server took its leave: by a close, or an alert that says why.
pub(super) const fn ends_in_order(end: &tls::Outcome) -> bool {
    matches!(
        end,
        tls::Outcome::Closed
            | tls::Outcome::Alert { .. }
            | tls::Outcome::VersionRefused { .. }
            | tls::Outcome::NoCommonSuite
    )
}

/// The offer again, of a handshake that was completed with it.
fn completable(offer: &Profile, known: &Known) -> Result<Profile, Answer> {
    if known.completed { Ok(offer.clone()) } else { Err(Answer::NotReached) }
}

/// The offer without TLS 1.3, which has no renegotiation, and with a word about it (RFC 5746 section 3.4).
fn renegotiable(offer: Profile) -> Result<Profile, Answer> {
    let mut profile = up_to(offer, Version::TLS_1_2).ok_or(Answer::NotApplicable)?;
    let signal = CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV;
    let spoken_of = profile.extensions.contains(&ExtensionType::RENEGOTIATION_INFO)
        || profile.suites.contains(&signal);
    if !spoken_of {
        profile.suites.to_mut().push(signal);
    }
    Ok(profile)
}

/// A hello one version below what the server was seen to do, and the signal that it was higher before (RFC 7507 section 4).
fn fallen_back(offer: &Profile, known: &Known) -> Result<Profile, Answer> {
    let version = known.version.ok_or(Answer::NotReached)?;
    let older =
        OLDER.iter().copied().find(|older| *older < version).ok_or(Answer::NotApplicable)?;
    let of_then = match older {
        Version::SSL_3 => Profile::named("ssl3"),
        _ => Profile::named("legacy"),
    };
    let mut profile = of_then.expect("a profile").clone();
    profile.versions.to_mut().retain(|offered| *offered <= older);
    let suites = profile.suites.to_mut();
    suites.retain(|suite| {
        !suite.is_signal() || *suite == CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV
    });
    // What the server was seen to take comes first: it may have nothing else.
    suites.splice(0..0, offer.suites.iter().copied().filter(|suite| !suite.is_signal()));
    let mut seen = std::collections::BTreeSet::new();
    suites.retain(|suite| seen.insert(suite.0));
    suites.push(CipherSuite::TLS_FALLBACK_SCSV);
    Ok(profile)
}

/// The offer with another service's protocol.
fn misled(offer: &Profile, known: &Known, protocol: &'static str) -> Result<Profile, Answer> {
    let version = known.version.ok_or(Answer::NotReached)?;
    if version < Version::TLS_1_0 {
        return Err(Answer::NotApplicable);
    }
    let mut profile = Profile { ssl2_frame: false, ..offer.clone() };
    profile.alpn = Cow::Owned(vec![protocol]);
    let extensions = profile.extensions.to_mut();
    // Settings go with the protocol that they are settings of.
    extensions.retain(|kind| *kind != ExtensionType::APPLICATION_SETTINGS);
    let alpn = ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION;
    if !extensions.contains(&alpn) {
        extensions.insert(0, alpn);
    }
    Ok(profile)
}

/// A registered protocol that no server of this service speaks.
fn wrong_protocol(grammar: Grammar) -> &'static str {
    match grammar {
        Grammar::Bare => "imap",
        _ => "h2",
    }
}

/// The offer without later versions; `None` where nothing is left.
fn up_to(mut offer: Profile, version: Version) -> Option<Profile> {
    offer.versions.to_mut().retain(|offered| *offered <= version);
    (!offer.versions.is_empty()).then_some(offer)
}

/// Newest first.
const OLDER: [Version; 4] = [Version::TLS_1_2, Version::TLS_1_1, Version::TLS_1_0, Version::SSL_3];

#[cfg(test)]
mod tests {
    use super::*;

    fn known(profile: &str, version: Version, completed: bool) -> Known {
        Known { profile: Profile::named(profile), version: Some(version), completed }
    }

    fn asked(question: IntrusiveQuestion, service: &str, known: &Known) -> Result<Trial, Answer> {
        Trial::of(question, Service::from_word(service).expect("a service"), known)
    }

    #[test]
    fn a_fall_back_is_one_version_and_says_so() {
        let cases = [
            ("modern", Version::TLS_1_3, Some(Version::TLS_1_2)),
            ("chrome-like", Version::TLS_1_3_DRAFT_28, Some(Version::TLS_1_2)),
            ("legacy", Version::TLS_1_2, Some(Version::TLS_1_1)),
            ("tls10", Version::TLS_1_0, Some(Version::SSL_3)),
            ("ssl3", Version::SSL_3, None),
        ];
        for (profile, version, expected) in cases {
            let found =
                asked(IntrusiveQuestion::FallbackScsv, "smtp", &known(profile, version, false));
            let Some(expected) = expected else {
                assert_eq!(found.err(), Some(Answer::NotApplicable));
                continue;
            };
            let profile = found.expect("a trial").profile;
            assert_eq!(profile.highest_version(), expected, "{version}");
            assert_eq!(profile.suites.last(), Some(&CipherSuite::TLS_FALLBACK_SCSV));
            let mut suites = profile.suites.to_vec();
            suites.sort_unstable_by_key(|suite| suite.0);
            suites.dedup();
            assert_eq!(suites.len(), profile.suites.len(), "no suite stands twice");
        }
    }

    #[test]
    fn what_was_not_completed_cannot_be_tried_inside() {
        for question in [IntrusiveQuestion::StarttlsInjection, IntrusiveQuestion::Renegotiation] {
            let found = asked(question, "smtp", &known("modern", Version::TLS_1_2, false));
            assert_eq!(found.err(), Some(Answer::NotReached));
        }
        let ssl2 = Known { profile: None, version: None, completed: false };
        assert_eq!(
            asked(IntrusiveQuestion::WrongAlpn, "smtp", &ssl2).err(),
            Some(Answer::NotApplicable)
        );
    }

    #[test]
    fn a_wrong_protocol_is_the_only_one_offered() {
        for (service, expected) in [("smtp", "h2"), ("https", "imap"), ("imaps", "h2")] {
            let known = known("chrome-like", Version::TLS_1_3, true);
            let trial = asked(IntrusiveQuestion::WrongAlpn, service, &known).expect("a trial");
            assert_eq!(*trial.profile.alpn, [expected]);
            assert!(!trial.profile.extensions.contains(&ExtensionType::APPLICATION_SETTINGS));
        }
        let plain = known("plain", Version::TLS_1_2, true);
        let trial = asked(IntrusiveQuestion::WrongAlpn, "smtp", &plain).expect("a trial");
        let alpn = ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION;
        assert_eq!(*trial.profile.extensions, [alpn]);
    }

    #[test]
    fn renegotiation_is_asked_below_tls13_and_always_spoken_of() {
        for profile in ["modern", "plain", "ssl3", "everything", "paper-2015"] {
            let known = known(profile, Version::TLS_1_2, true);
            let profile =
                asked(IntrusiveQuestion::Renegotiation, "imap", &known).expect("a trial").profile;
            assert!(profile.highest_version() <= Version::TLS_1_2);
            assert!(
                profile.extensions.contains(&ExtensionType::RENEGOTIATION_INFO)
                    || profile.suites.contains(&CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV)
            );
        }
    }
}
