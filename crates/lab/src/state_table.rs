//! The one table of states: where each applies, how often it is dealt, and what a correct scan must find.

use crate::Flavour;
use crate::Language;
use crate::Service;
use crate::Speaks;
use crate::State;
use crate::flavour::Reach;

/// A line of the table.
pub(crate) struct StateSpec {
    pub(crate) state: State,
    pub(crate) word: &'static str,
    /// Languages in which the state exists.
    languages: &'static [Language],
    /// With STARTTLS; `None` where the state has no meaning there.
    starttls: Option<Dealt>,
    /// With TLS from the first byte.
    implicit: Option<Dealt>,
}

/// How often a state is dealt, and what must be found.
#[derive(Clone, Copy)]
struct Dealt {
    weight: u32,
    finding: Finding,
}

/// What a correct scan must find at an endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finding {
    pub(crate) phase: &'static str,
    /// The first is what is expected; the others say the same thing and are accepted.
    pub(crate) outcomes: &'static [&'static str],
    pub(crate) starttls: &'static str,
    pub(crate) speaks: Speaks,
    /// A list of capabilities was read in plaintext.
    pub(crate) before: bool,
    pub(crate) tls: bool,
    /// A list of capabilities was read inside TLS.
    pub(crate) after: bool,
}

impl State {
    pub(crate) fn spec(self) -> &'static StateSpec {
        STATES.iter().find(|spec| spec.state == self).expect("every state has its line")
    }

    /// Whether the state exists in this service.
    pub fn applies_to(self, service: &Service) -> bool {
        self.spec().dealt(service).is_some()
    }

    /// How many cards of a deck of this service are this state.
    pub(crate) fn weight(self, service: &Service) -> u32 {
        self.spec().dealt(service).map_or(0, |dealt| dealt.weight)
    }

    /// What must be found at an endpoint of this service in this state, behind this TLS server.
    pub(crate) fn finding(self, service: &Service, flavour: Flavour) -> Finding {
        let finding = self.spec().dealt(service).expect("dealt only where it applies").finding;
        let finding = match flavour.spec().reach {
            Reach::Heard if finding.tls => finding.ended(service, &["not-completable"]),
            Reach::Refused if finding.tls => finding.ended(service, REFUSALS),
            Reach::Completed | Reach::Heard | Reach::Refused => finding,
        };
        if service.language != Language::Http {
            return finding;
        }
        // HTTPS has no dialogue: a ServerHello is its first word, and there is no list to be read.
        let hello_came = finding.tls || finding.heard() || self == Self::ClosesMidHandshake;
        let speaks = match finding.outcomes {
            _ if hello_came => Speaks::Yes,
            ["not-tls"] => Speaks::No,
            _ => Speaks::Unreached,
        };
        Finding { speaks, after: false, ..finding }
    }
}

impl StateSpec {
    fn dealt(&self, service: &Service) -> Option<Dealt> {
        let dealt = if service.implicit { self.implicit } else { self.starttls };
        dealt.filter(|_| self.languages.contains(&service.language))
    }
}

/// Columns: state, word, languages, with STARTTLS (weight, finding), with implicit TLS (weight, finding).
#[rustfmt::skip]
pub(crate) static STATES: &[StateSpec] = &[
    // the whole conversation; TLS server, chain, mechanisms and segments vary
    row(State::Healthy, "healthy", ALL,
        some(40, at("after-tls", &["ok"]).then("upgraded").spoken().listed().tls().listed_inside()),
        some(60, at("after-tls", &["ok"]).spoken().tls().listed_inside())),
    // the same at the second connection: the first learns which domain to ask for
    row(State::NeedsDomain, "needs-domain", &[Language::XmppClient, Language::XmppServer],
        some(3, at("after-tls", &["ok"]).then("upgraded").spoken().listed().tls().listed_inside()),
        some(3, at("after-tls", &["ok"]).spoken().tls().listed_inside())),

    // the same with a TLS server that is old, weak or rare; a probe that offers nothing of its kind is turned down
    row(State::Uncommon, "uncommon-tls", ALL,
        some(14, at("after-tls", &["ok"]).then("upgraded").spoken().listed().tls().listed_inside()),
        some(18, at("after-tls", &["ok"]).spoken().tls().listed_inside())),

    // the same to everybody but one who says more behind the wish to upgrade
    row(State::AnswersInjected, "answers-injected", &[Language::Imap, Language::Irc, Language::Pop3, Language::Smtp],
        some(1, at("after-tls", &["ok"]).then("upgraded").spoken().listed().tls().listed_inside()), None),

    // the upgrade
    row(State::NotOffered, "starttls-not-offered", DIALOGUES,
        some(10, at("starttls", &["not-offered"]).then("not-offered").spoken().listed()), None),
    row(State::Refused, "starttls-refused", DIALOGUES,
        some(3, at("starttls", &["refused"]).then("refused").spoken().listed()), None),
    row(State::RefusedForGood, "starttls-refused-for-good", &[Language::Imap, Language::Smtp],
        some(2, at("starttls", &["refused"]).then("refused").spoken().listed()), None),
    row(State::Mangled, "starttls-mangled", &[Language::Smtp],
        some(2, at("starttls", &["offered-mangled"]).then("offered-mangled").spoken().listed()), None),
    row(State::HeloOnly, "helo-only", &[Language::Smtp],
        some(2, at("starttls", &["not-offered"]).then("not-offered").spoken().listed()), None),
    row(State::CapaUnknown, "capa-unknown-stls-refused", &[Language::Pop3],
        some(2, at("starttls", &["refused"]).then("refused").spoken()), None),
    row(State::CapUnknown, "cap-unknown-starttls-refused", &[Language::Irc],
        some(2, at("starttls", &["refused"]).then("refused").spoken()), None),
    row(State::AcceptedThenClosed, "accepted-then-closed", DIALOGUES,
        some(2, at("tls", &["closed"]).then("accepted-no-tls").spoken().listed()), None),
    row(State::AcceptedThenGarbage, "accepted-then-garbage", DIALOGUES,
        some(2, at("tls", &["not-tls"]).then("accepted-no-tls").spoken().listed()), None),
    row(State::AcceptedThenPlaintext, "accepted-then-plaintext", DIALOGUES,
        some(2, at("tls", &["not-tls"]).then("accepted-no-tls").spoken().listed()), None),
    row(State::AcceptedWithLeftover, "accepted-with-leftover", DIALOGUES,
        some(2, at("tls", &["not-tls"]).then("accepted-no-tls").spoken().listed()), None),

    // the handshake
    row(State::ClosesMidHandshake, "closes-mid-handshake", ALL,
        some(1, at("tls", &["closed"]).then("accepted-handshake-failed").spoken().listed()),
        some(1, at("tls", &["closed"]))),
    row(State::NeverAnswersHello, "never-answers-hello", ALL,
        some(1, at("tls", &["timeout"]).then("accepted-no-tls").spoken().listed()),
        some(2, at("tls", &["timeout"]))),

    // before anything
    row(State::Silent, "silent", DIALOGUES,
        some(2, at("greeting", &["silent"]).then("no-answer")), None),
    row(State::Slow, "slow", ALL,
        some(1, at("greeting", &["timeout"]).then("unreached")),
        some(1, at("tls", &["timeout"]))),
    row(State::EndlessLines, "endless-lines", &[Language::Smtp],
        some(1, at("greeting", &["over-bytes"]).then("unreached").spoken()), None),
    row(State::EndlessUnit, "endless-unit", DIALOGUES,
        some(1, at("greeting", &["over-bytes"]).then("unreached")), None),
    row(State::Garbage, "garbage", ALL,
        some(1, at("greeting", &["malformed", "not-this-protocol"]).then("not-the-protocol").not_spoken()),
        some(1, at("tls", &["not-tls"]))),
    row(State::ClosesAtOnce, "closes-at-once", ALL,
        some(2, at("greeting", &["closed"]).then("no-answer")),
        some(2, at("tls", &["closed"]))),
    row(State::Resets, "resets", ALL,
        some(1, at("greeting", &["reset"]).then("no-answer")),
        some(1, at("tls", &["reset"]))),
    row(State::Sheds, "sheds", &[Language::Imap, Language::Irc, Language::Pop3, Language::Smtp],
        some(2, at("greeting", &["shed"]).then("unreached").spoken()), None),
    row(State::ShedsStream, "sheds-stream", &[Language::XmppClient, Language::XmppServer],
        some(2, at("capabilities", &["shed"]).then("unreached").spoken()), None),
    row(State::SshSpoken, "ssh-spoken", DIALOGUES,
        some(1, at("greeting", &["not-this-protocol"]).then("not-the-protocol").not_spoken()), None),
    row(State::HttpSpoken, "http-spoken", DIALOGUES,
        some(1, at("greeting", &["not-this-protocol"]).then("not-the-protocol").not_spoken()), None),
    row(State::AnotherMailProtocol, "another-mail-protocol", MAIL,
        some(1, at("greeting", &["not-this-protocol"]).then("not-the-protocol").not_spoken()), None),
    row(State::TlsOnMailPort, "tls-on-mail-port", MAIL,
        some(1, at("greeting", &["silent"]).then("no-answer")), None),
    row(State::TlsOnChatPort, "tls-on-chat-port", CHAT,
        some(1, at("greeting", &["tls-spoken"]).then("not-the-protocol").not_spoken()), None),
    row(State::PlaintextOnTlsPort, "plaintext-on-tls-port", ALL,
        None, some(2, at("tls", &["not-tls"]))),
    row(State::ClosesAtCapabilities, "closes-at-capabilities", DIALOGUES,
        some(1, at("capabilities", &["closed"]).then("unreached").spoken()), None),

    // inside TLS
    row(State::InsideCloses, "inside-closes", DIALOGUES,
        some(1, at("after-tls", &["closed"]).then("upgraded").spoken().listed().tls()),
        some(1, at("after-tls", &["closed"]).tls())),
    row(State::InsideSheds, "inside-sheds", &[Language::Imap, Language::Irc, Language::Smtp, Language::XmppClient, Language::XmppServer],
        some(1, at("after-tls", &["shed", "hung-up-politely"]).then("upgraded").spoken().listed().tls()),
        some(1, at("after-tls", &["shed", "hung-up-politely"]).spoken().tls())),
    row(State::InsideSilent, "inside-silent", DIALOGUES,
        some(1, at("after-tls", &["timeout", "silent"]).then("upgraded").spoken().listed().tls()),
        some(1, at("after-tls", &["silent", "timeout"]).tls())),
    row(State::EndlessInside, "endless-inside", DIALOGUES,
        None, some(1, at("after-tls", &["over-bytes"]).tls())),
    row(State::InsideAnotherProtocol, "inside-another-protocol", MAIL,
        None, some(1, at("after-tls", &["not-this-protocol"]).not_spoken().tls())),
];

const fn row(
    state: State,
    word: &'static str,
    languages: &'static [Language],
    starttls: Option<Dealt>,
    implicit: Option<Dealt>,
) -> StateSpec {
    StateSpec { state, word, languages, starttls, implicit }
}

const fn some(weight: u32, finding: Finding) -> Option<Dealt> {
    Some(Dealt { weight, finding })
}

/// It ends in this phase with one of these outcomes; with implicit TLS, and nothing reached.
const fn at(phase: &'static str, outcomes: &'static [&'static str]) -> Finding {
    Finding {
        phase,
        outcomes,
        starttls: "unasked",
        speaks: Speaks::Unreached,
        before: false,
        tls: false,
        after: false,
    }
}

impl Finding {
    /// The same, ended in the handshake.
    fn ended(self, service: &Service, outcomes: &'static [&'static str]) -> Self {
        let finding = at("tls", outcomes);
        match service.implicit {
            true => finding,
            false => {
                Self { before: self.before, ..finding }.then("accepted-handshake-failed").spoken()
            }
        }
    }

    /// The server chose what nobody completes.
    pub(crate) fn heard(&self) -> bool {
        self.outcomes == ["not-completable"]
    }

    const fn then(self, starttls: &'static str) -> Self {
        Self { starttls, ..self }
    }

    const fn spoken(self) -> Self {
        Self { speaks: Speaks::Yes, ..self }
    }

    const fn not_spoken(self) -> Self {
        Self { speaks: Speaks::No, ..self }
    }

    const fn listed(self) -> Self {
        Self { before: true, ..self }
    }

    const fn tls(self) -> Self {
        Self { tls: true, ..self }
    }

    const fn listed_inside(self) -> Self {
        Self { after: true, ..self }
    }
}

/// What a server that turns every offer down may say.
const REFUSALS: &[&str] = &["alert", "version-refused", "no-common-suite"];

const ALL: &[Language] = &[
    Language::Http,
    Language::Imap,
    Language::Irc,
    Language::Pop3,
    Language::Smtp,
    Language::XmppClient,
    Language::XmppServer,
];
const DIALOGUES: &[Language] = &[
    Language::Imap,
    Language::Irc,
    Language::Pop3,
    Language::Smtp,
    Language::XmppClient,
    Language::XmppServer,
];
const MAIL: &[Language] = &[Language::Imap, Language::Pop3, Language::Smtp];
const CHAT: &[Language] = &[Language::Irc, Language::XmppClient, Language::XmppServer];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::SERVICES;

    #[test]
    fn words_are_distinct_and_lead_back() {
        let words: BTreeSet<_> = STATES.iter().map(|spec| spec.word).collect();
        assert_eq!(words.len(), STATES.len());
        for spec in STATES {
            assert_eq!(State::from_word(spec.word), Some(spec.state));
        }
    }

    #[test]
    fn findings_agree_with_themselves() {
        for (spec, service) in STATES
            .iter()
            .flat_map(|spec| SERVICES.iter().map(move |service| (spec, service)))
            .filter(|(spec, service)| spec.state.applies_to(service))
        {
            for flavour in [Flavour::RustlsTls13, Flavour::OpensslCamellia] {
                let finding = spec.state.finding(service, flavour);
                let place = (spec.word, service.word, flavour.word());
                assert_eq!(finding.starttls == "unasked", service.implicit, "{place:?}");
                assert_eq!(finding.tls, finding.phase == "after-tls", "{place:?}");
                assert!(!finding.after || finding.tls, "{place:?}");
                assert!(!finding.before || finding.speaks == Speaks::Yes, "{place:?}");
                assert_eq!(
                    finding.starttls == "upgraded",
                    finding.tls && !service.implicit,
                    "{place:?}"
                );
            }
        }
    }

    #[test]
    fn a_deck_is_about_a_hundred_cards() {
        for service in &SERVICES {
            let cards: u32 = STATES.iter().map(|spec| spec.state.weight(service)).sum();
            assert!((60..=110).contains(&cards), "{} {cards}", service.word);
        }
    }
}
