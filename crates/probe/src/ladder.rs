//! Which hello comes next where a server turned one down, and why.

use tlscensus_tls_client as tls;
use tlscensus_tls_client::Profile;
use tlscensus_tls_client::Ssl2Client;
use tlscensus_tls_wire::observer::Observer;
use tlscensus_tls_wire::observer::Side;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::ExtensionType;
use tlscensus_tls_wire::registry::Version;

/// A fall-back ladder: hellos that follow the first one, each for a reason. A ladder is added by one item in [`LADDERS`].
///
/// Rungs are climbed in order and never twice; those that no reason leads to are passed over. A fall-back never goes
/// up: a rung with a higher version than the first offer's is none.
#[derive(Debug, PartialEq, Eq)]
pub struct Ladder {
    /// The word it is chosen by.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub purpose: &'static str,
    rungs: &'static [Rung],
}

#[derive(Debug, PartialEq, Eq)]
struct Rung {
    /// A profile's name, or the one of [`Ssl2Client`].
    profile: &'static str,
    /// What leads here, besides a server's choice of a version that this rung offers.
    after: &'static [Reason],
}

/// The hello of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hello {
    /// SSL 2, which has one offer only.
    Ssl2,
    /// SSL 3 to TLS 1.3.
    Tls(&'static Profile),
}

impl Hello {
    fn named(name: &str) -> Option<Self> {
        match name {
            Ssl2Client::PROFILE => Some(Self::Ssl2),
            _ => Profile::named(name).map(Self::Tls),
        }
    }

    /// The word that rows carry.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ssl2 => Ssl2Client::PROFILE,
            Self::Tls(profile) => &profile.name,
        }
    }

    /// Whether it has a place for a server name.
    pub(crate) fn can_name_the_server(self) -> bool {
        match self {
            Self::Ssl2 => false,
            Self::Tls(profile) => profile.extensions.contains(&ExtensionType::SERVER_NAME),
        }
    }

    fn highest_version(self) -> Version {
        match self {
            Self::Ssl2 => Version::SSL_2,
            Self::Tls(profile) => profile.highest_version(),
        }
    }

    fn offers(self, version: Version) -> bool {
        match self {
            Self::Ssl2 => version == Version::SSL_2,
            Self::Tls(profile) => profile.offers(version),
        }
    }
}

/// Every ladder.
pub static LADDERS: &[Ladder] = &[
    Ladder {
        name: "default",
        purpose: "from today's hello down to SSL 2, as far as a server's answers give a reason",
        rungs: &[MODERN_TLS12, LEGACY, PLAIN, TLS10, SSL3, SSL2],
    },
    Ladder {
        name: "study",
        purpose: "SSL 3 behind the first hello, as the study of 2015 fell back; SSL 2 where a server says nothing to that",
        rungs: &[
            Rung { profile: "ssl3", after: &[Reason::Form, Reason::Suite, Reason::Version] },
            Rung { profile: Ssl2Client::PROFILE, after: &[Reason::Silence] },
        ],
    },
    Ladder {
        name: "exhaustive",
        purpose: "the default one, then suites without a certificate, export suites, and all that has a name",
        rungs: &[
            MODERN_TLS12,
            LEGACY,
            PLAIN,
            TLS10,
            SSL3,
            ANONYMOUS,
            EXPORT,
            EVERYTHING,
            SSL2_TO_THE_SILENT,
        ],
    },
    Ladder { name: "off", purpose: "the first hello and no other", rungs: &[] },
];

/// Short, and without TLS 1.3 and its key shares: for those who cannot read a long hello, or a version field that they do not know.
const MODERN_TLS12: Rung =
    Rung { profile: "modern-tls12", after: &[Reason::Form, Reason::Silence] };
const LEGACY: Rung =
    Rung { profile: "legacy", after: &[Reason::Suite, Reason::Uncomputable, Reason::Version] };
/// For those who cannot read extensions, or no more than 255 bytes.
const PLAIN: Rung = Rung { profile: "plain", after: &[Reason::Form] };
/// For those who turn a version away instead of choosing a lower one, with an alert or without.
const TLS10: Rung =
    Rung { profile: "tls10", after: &[Reason::Form, Reason::Suite, Reason::Version] };
const SSL3: Rung = Rung { profile: "ssl3", after: &[Reason::Form, Reason::Suite, Reason::Version] };
const SSL2: Rung =
    Rung { profile: Ssl2Client::PROFILE, after: &[Reason::Form, Reason::Suite, Reason::Version] };
/// The same for those, too, who wait for the rest of what they take for a long record of SSL 2: the first bytes of a TLS
/// hello are a header there.
const SSL2_TO_THE_SILENT: Rung = Rung {
    profile: Ssl2Client::PROFILE,
    after: &[Reason::Form, Reason::Silence, Reason::Suite, Reason::Version],
};
const ANONYMOUS: Rung = Rung { profile: "anonymous", after: &[Reason::Suite] };
const EXPORT: Rung = Rung { profile: "export", after: &[Reason::Suite] };
/// For those who do nothing but what nobody else offers: NULL, ARIA, X448, a field of RFC 7919.
const EVERYTHING: Rung = Rung { profile: "everything", after: &[Reason::Suite, Reason::Version] };

impl Ladder {
    /// The ladder with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        LADDERS.iter().find(|ladder| ladder.name == name)
    }

    /// The names of its rungs' profiles, in order.
    pub fn profiles(&self) -> impl Iterator<Item = &'static str> {
        self.rungs.iter().map(|rung| rung.profile)
    }

    /// The hello of a rung; rung 0 is the first offer, which is not the ladder's.
    pub(crate) fn rung(&self, first: &'static Profile, rung: usize) -> Option<Hello> {
        match rung.checked_sub(1) {
            None => Some(Hello::Tls(first)),
            Some(at) => self.rungs.get(at).and_then(|rung| Hello::named(rung.profile)),
        }
    }

    /// Where to climb from a rung for a reason.
    pub(crate) fn next(
        &self,
        first: &'static Profile,
        from: usize,
        reason: Reason,
    ) -> Option<usize> {
        let first = Hello::Tls(first);
        let is_fall_back = |hello: Hello| {
            hello.name() != first.name() && hello.highest_version() <= first.highest_version()
        };
        let climb = |reason| {
            self.rungs.iter().enumerate().skip(from).find_map(|(at, rung)| {
                let hello = Hello::named(rung.profile)?;
                let leads_here = match reason {
                    Reason::Chose(version) => hello.offers(version),
                    _ => rung.after.contains(&reason),
                };
                (leads_here && is_fall_back(hello)).then_some(at + 1)
            })
        };
        climb(reason).or_else(|| match reason {
            // It chose what no rung offers, such as a draft of TLS 1.3.
            Reason::Chose(_) => climb(Reason::Version),
            _ => None,
        })
    }
}

/// Why another hello may fare better than the one that was turned down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The server chose this version though it was not offered: it is what it can do.
    Chose(Version),
    /// It left, or complained about what it read, before it had chosen anything: the form may be beyond it.
    Form,
    /// It said nothing at all until the deadline.
    Silence,
    /// It has no suite in common.
    Suite,
    /// It chose what we cannot compute.
    Uncomputable,
    /// It has no version in common, as it says.
    Version,
}

impl Reason {
    /// The reason in the end of a handshake; `None` where no other hello would change it.
    pub(crate) fn of(outcome: &tls::Outcome, observer: &Observer) -> Option<Self> {
        let nothing_chosen = observer.choice().is_none();
        Some(match outcome {
            tls::Outcome::VersionRefused { chosen: Some(version) } => Self::Chose(*version),
            tls::Outcome::VersionRefused { chosen: None } if nothing_chosen => Self::Version,
            tls::Outcome::NotCompletable { .. } => Self::Uncomputable,
            tls::Outcome::NoCommonSuite if nothing_chosen => Self::Suite,
            tls::Outcome::Alert { alert, .. } if nothing_chosen => match alert.description {
                AlertDescription::HANDSHAKE_FAILURE => Self::Suite,
                _ => Self::Form,
            },
            tls::Outcome::Closed | tls::Outcome::Reset if nothing_chosen => Self::Form,
            tls::Outcome::TimedOut if observer.bytes(Side::Server) == 0 => Self::Silence,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::DEFAULT_MAX_ATTEMPTS;

    fn modern() -> &'static Profile {
        Profile::named("modern").expect("a profile")
    }

    /// The profiles that a server meets which answers every hello in this way.
    fn climbed(ladder: &str, first: &str, reason: Reason) -> String {
        let ladder = Ladder::named(ladder).expect("a ladder");
        let first = Profile::named(first).expect("a profile");
        let mut names: Vec<&str> = vec![&first.name];
        let mut at = 0;
        while let Some(next) = ladder.next(first, at, reason) {
            assert!(next > at);
            names.push(ladder.rung(first, next).expect("a rung").name());
            at = next;
        }
        names.join(" ")
    }

    #[test]
    fn each_reason_has_its_own_way_up() {
        use Reason::*;
        let cases = [
            ("default", "modern", Form, "modern modern-tls12 plain tls10 ssl3 ssl2"),
            ("default", "modern", Suite, "modern legacy tls10 ssl3 ssl2"),
            ("default", "modern", Version, "modern legacy tls10 ssl3 ssl2"),
            ("default", "modern", Silence, "modern modern-tls12"),
            ("default", "modern", Uncomputable, "modern legacy"),
            (
                "exhaustive",
                "modern",
                Suite,
                "modern legacy tls10 ssl3 anonymous export everything ssl2",
            ),
            ("study", "paper-2015", Form, "paper-2015 ssl3"),
            ("study", "paper-2015", Silence, "paper-2015 ssl2"),
            ("exhaustive", "modern", Silence, "modern modern-tls12 ssl2"),
            ("off", "modern", Form, "modern"),
            // never up, never the same again
            ("default", "plain", Form, "plain modern-tls12 tls10 ssl3 ssl2"),
            ("default", "tls10", Form, "tls10 ssl3 ssl2"),
            ("default", "ssl3", Form, "ssl3 ssl2"),
        ];
        for (ladder, first, reason, expected) in cases {
            assert_eq!(climbed(ladder, first, reason), expected, "{ladder} {first} {reason:?}");
        }
    }

    #[test]
    fn a_server_that_says_what_it_can_do_is_asked_for_that() {
        let default = Ladder::named("default").expect("a ladder");
        let cases = [
            (Version::TLS_1_2, Some("modern-tls12")),
            (Version::TLS_1_1, Some("legacy")),
            (Version::TLS_1_0, Some("legacy")),
            (Version::SSL_3, Some("ssl3")),
            (Version::SSL_2, Some("ssl2")),
            (Version::TLS_1_3_DRAFT_28, Some("legacy")),
        ];
        for (chosen, expected) in cases {
            let next = default.next(modern(), 0, Reason::Chose(chosen));
            let next = next.and_then(|at| default.rung(modern(), at));
            assert_eq!(next.map(Hello::name), expected, "{chosen}");
        }
    }

    #[test]
    fn ladders_have_names_and_rungs_that_exist() {
        for (index, ladder) in LADDERS.iter().enumerate() {
            assert_eq!(Ladder::named(ladder.name), Some(ladder));
            assert!(!LADDERS[..index].iter().any(|other| other.name == ladder.name));
            for name in ladder.profiles() {
                assert!(Hello::named(name).is_some(), "{name}");
            }
            use Reason::*;
            for reason in [Form, Silence, Suite, Uncomputable, Version] {
                let way = climbed(ladder.name, "modern", reason);
                assert!(way.split(' ').count() <= DEFAULT_MAX_ATTEMPTS, "{}: {way}", ladder.name);
            }
        }
    }
}
