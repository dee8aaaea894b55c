//! A conversation's facts into a row's columns.

use std::borrow::Cow;

use tlscensus_dialog as dialog;
use tlscensus_dialog::Capabilities;
use tlscensus_dialog::Reading;

use crate::cell::Bytes;
use crate::derive;
use crate::dialog_columns::DialogColumns;
use crate::dialog_columns::StarttlsOffer;
use crate::outcome::Outcome;
use crate::outcome::Phase;
use crate::probe_row::ProbeRow;
use crate::probe_row::Speaks;
use crate::seen::Presence;
use crate::seen::Seen;
use crate::text::escape;

impl ProbeRow {
    /// Takes over what the counted attempt's conversation told; [`conclude`](Self::conclude) follows.
    pub fn fill_dialog(&mut self, facts: &dialog::Facts) {
        self.dialog.fill(facts);
        self.speaks_protocol = match facts.speaks {
            Some(true) => Speaks::Yes,
            Some(false) => Speaks::No,
            None => Speaks::Unreached,
        };
        self.fill_after(&facts.after);
        self.leftover = (!facts.leftover.is_empty()).then(|| Bytes(facts.leftover.clone()));
        self.looks_like = facts
            .ending
            .as_ref()
            .and_then(|ending| ending.looks_like)
            .map(|looks_like| looks_like_word(looks_like).to_owned());
    }

    fn fill_after(&mut self, reading: &Reading) {
        self.capabilities_after_seen = presence(reading, self.capabilities_after_seen);
        let columns = Columns::of(read(reading));
        self.capabilities_after = columns.capabilities;
        self.capabilities_after_source = columns.source.map(str::to_owned);
        self.capabilities_after_truncated = columns.truncated;
        self.mechanisms_after = columns.mechanisms;
        let forms = columns.mechanism_sources;
        self.mechanism_sources_after =
            forms.map(|forms| forms.into_iter().map(Cow::into_owned).collect());
        self.channel_bindings_after = columns.channel_bindings;
        self.login_disabled_after = columns.login_disabled;
    }
}

impl DialogColumns {
    /// Takes over what a conversation told.
    pub fn fill(&mut self, facts: &dialog::Facts) {
        if self.greeting_seen != Presence::Unasked {
            let greeting = facts.greeting.as_deref().map_or(Seen::Unreached, Seen::Seen);
            (self.greeting, self.greeting_seen) = greeting.map(escape).split();
        }
        self.starttls_state = derive::starttls_of_dialogue(facts);
        self.starttls_offer = read(&facts.before).map(|list| list.starttls.into());
        self.fill_before(&facts.before);
        self.sts = [&facts.before, &facts.after]
            .into_iter()
            .find_map(|reading| read(reading)?.sts.clone());
        self.peer_domain = facts.peer_domain.as_ref().map(|name| escape(name.as_bytes()));
    }

    fn fill_before(&mut self, reading: &Reading) {
        self.capabilities_before_seen = presence(reading, self.capabilities_before_seen);
        let columns = Columns::of(read(reading));
        self.capabilities_before = columns.capabilities;
        self.capabilities_before_source = columns.source.map(Cow::Borrowed);
        self.capabilities_before_truncated = columns.truncated;
        self.mechanisms_before = columns.mechanisms;
        self.mechanism_sources_before = columns.mechanism_sources;
        self.channel_bindings_before = columns.channel_bindings;
        self.login_disabled_before = columns.login_disabled;
    }
}

/// An ending in the words of an attempt: phase, outcome, detail.
pub fn ended(ending: &dialog::Ending) -> (Phase, Outcome, Option<String>) {
    let phase = Phase::from(ending.phase);
    let detail = (!ending.detail.is_empty()).then(|| escape(&ending.detail));
    (phase, phase.admit(ending.outcome.into()), detail)
}

/// The columns of one list of capabilities.
#[derive(Default)]
struct Columns {
    capabilities: Option<Vec<String>>,
    source: Option<&'static str>,
    truncated: Option<bool>,
    mechanisms: Option<Vec<String>>,
    mechanism_sources: Option<Vec<Cow<'static, str>>>,
    channel_bindings: Option<Vec<String>>,
    login_disabled: Option<bool>,
}

impl Columns {
    fn of(list: Option<&Capabilities>) -> Self {
        let Some(list) = list else {
            return Self::default();
        };
        let names = list.mechanisms.iter().map(|mechanism| mechanism.name.clone());
        let forms = list.mechanisms.iter().map(|mechanism| mechanism.source);
        Self {
            capabilities: Some(list.lines.iter().map(|line| escape(line)).collect()),
            source: Some(source_word(list.source)),
            truncated: Some(list.truncated),
            mechanisms: Some(names.collect()),
            mechanism_sources: Some(forms.map(|form| Cow::Borrowed(form_word(form))).collect()),
            channel_bindings: Some(list.channel_bindings.clone()),
            login_disabled: Some(list.login_disabled),
        }
    }
}

const fn read(reading: &Reading) -> Option<&Capabilities> {
    match reading {
        Reading::Read(list) => Some(list),
        Reading::NotUnderstood | Reading::Unasked | Reading::Unreached => None,
    }
}

/// What the service does not have stays unasked, however early the conversation ended.
fn presence(reading: &Reading, before: Presence) -> Presence {
    match reading {
        Reading::Read(_) => Presence::Seen,
        Reading::NotUnderstood => Presence::Absent,
        Reading::Unasked => Presence::Unasked,
        Reading::Unreached if before == Presence::Unasked => Presence::Unasked,
        Reading::Unreached => Presence::Unreached,
    }
}

impl From<dialog::Offer> for StarttlsOffer {
    fn from(offer: dialog::Offer) -> Self {
        match offer {
            dialog::Offer::Mangled => Self::Mangled,
            dialog::Offer::No => Self::No,
            dialog::Offer::Required => Self::Required,
            dialog::Offer::Yes => Self::Yes,
        }
    }
}

const fn source_word(source: dialog::Source) -> &'static str {
    match source {
        dialog::Source::Capa => "capa",
        dialog::Source::Capability => "capability",
        dialog::Source::CapLs => "cap-ls",
        dialog::Source::Ehlo => "ehlo",
        dialog::Source::Features => "features",
        dialog::Source::Greeting => "greeting",
        dialog::Source::Helo => "helo",
    }
}

const fn form_word(form: dialog::MechanismSource) -> &'static str {
    match form {
        dialog::MechanismSource::ApopBanner => "apop-banner",
        dialog::MechanismSource::Listed => "listed",
        dialog::MechanismSource::OldForm => "old-form",
        dialog::MechanismSource::Sasl2 => "sasl2",
        dialog::MechanismSource::UserCapability => "user-capability",
    }
}

const fn looks_like_word(looks_like: dialog::LooksLike) -> &'static str {
    match looks_like {
        dialog::LooksLike::Database => "database",
        dialog::LooksLike::Ftp => "ftp",
        dialog::LooksLike::Http => "http",
        dialog::LooksLike::Imap => "imap",
        dialog::LooksLike::Irc => "irc",
        dialog::LooksLike::Pop3 => "pop3",
        dialog::LooksLike::Smtp => "smtp",
        dialog::LooksLike::Ssh => "ssh",
        dialog::LooksLike::Telnet => "telnet",
        dialog::LooksLike::Tls => "tls",
        dialog::LooksLike::Unknown => "unknown",
        dialog::LooksLike::Xmpp => "xmpp",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(service: &str) -> ProbeRow {
        let service = dialog::Service::from_word(service).expect("a service");
        ProbeRow::new("r", "192.0.2.1", service, service.port)
    }

    fn list() -> Capabilities {
        Capabilities {
            source: dialog::Source::Ehlo,
            lines: vec![b"AUTH PLAIN \xff".to_vec(), b"STARTTLS".to_vec()],
            mechanisms: vec![dialog::Mechanism {
                name: "PLAIN".to_owned(),
                source: dialog::MechanismSource::OldForm,
            }],
            channel_bindings: vec![],
            starttls: dialog::Offer::Yes,
            login_disabled: false,
            sts: Some("port=6697".to_owned()),
            truncated: false,
        }
    }

    #[test]
    fn a_list_that_was_read_fills_its_columns_and_only_those() {
        let mut row = row("smtp");
        row.fill_dialog(&dialog::Facts {
            greeting: Some(b"220 mx\r\n".to_vec()),
            speaks: Some(true),
            before: Reading::Read(list()),
            starttls: dialog::Starttls::Accepted,
            leftover: b"x".to_vec(),
            ..dialog::Facts::default()
        });
        assert_eq!(row.dialog.greeting.as_deref(), Some(r"220 mx\x0d\x0a"));
        assert_eq!(row.dialog.greeting_seen, Presence::Seen);
        assert_eq!(row.dialog.capabilities_before_seen, Presence::Seen);
        let capabilities = vec![r"AUTH PLAIN \xff".to_owned(), "STARTTLS".to_owned()];
        assert_eq!(row.dialog.capabilities_before, Some(capabilities));
        assert_eq!(row.dialog.mechanisms_before, Some(vec!["PLAIN".to_owned()]));
        assert_eq!(row.dialog.mechanism_sources_before, Some(vec!["old-form".into()]));
        assert_eq!(row.dialog.channel_bindings_before, Some(vec![]));
        assert_eq!(row.dialog.starttls_offer, Some(StarttlsOffer::Yes));
        assert_eq!(row.dialog.sts.as_deref(), Some("port=6697"));
        assert_eq!(row.leftover, Some(Bytes(b"x".to_vec())));
        assert_eq!(row.capabilities_after, None);
        assert_eq!(row.capabilities_after_seen, Presence::Unreached);
        assert_eq!(row.mechanisms_after, None);
    }

    #[test]
    fn not_having_a_list_has_three_words() {
        let cases = [
            (Reading::Unreached, Presence::Unreached),
            (Reading::Unasked, Presence::Unasked),
            (Reading::NotUnderstood, Presence::Absent),
        ];
        for (reading, presence) in cases {
            let mut row = row("pop3");
            row.fill_dialog(&dialog::Facts {
                before: reading.clone(),
                after: reading,
                ..dialog::Facts::default()
            });
            assert_eq!(row.dialog.capabilities_before_seen, presence);
            assert_eq!(row.capabilities_after_seen, presence);
            assert_eq!((row.dialog.mechanisms_before, row.dialog.starttls_offer), (None, None));
        }
    }

    #[test]
    fn https_asks_for_no_greeting() {
        let mut row = row("https");
        row.fill_dialog(&dialog::Facts {
            before: Reading::Unasked,
            after: Reading::Unasked,
            ..dialog::Facts::default()
        });
        assert_eq!(row.dialog.greeting_seen, Presence::Unasked);
        assert_eq!(row.capabilities_after_seen, Presence::Unasked);
    }

    #[test]
    fn an_ending_keeps_the_words_of_the_server() {
        let ending = dialog::Ending {
            phase: dialog::Phase::Starttls,
            outcome: dialog::Outcome::Refused,
            detail: b"454 4.7.0 TLS not available\r".to_vec(),
            looks_like: None,
        };
        let detail = Some(r"454 4.7.0 TLS not available\x0d".to_owned());
        assert_eq!(ended(&ending), (Phase::Starttls, Outcome::Refused, detail));
    }
}
