//! What every conversation has, whatever its grammar: the facts, the phase, the upgrade, the end.

use crate::Capabilities;
use crate::Ending;
use crate::Facts;
use crate::Interruption;
use crate::LooksLike;
use crate::Mode;
use crate::Offer;
use crate::Outcome;
use crate::Phase;
use crate::Reading;
use crate::Source;
use crate::Starttls;
use crate::frame::FrameError;
use crate::looks::looks_like;
use crate::text;

/// Bytes of a greeting that are kept: two full reply lines of RFC 5321 section 4.5.3.1.5.
pub(crate) const MAX_GREETING: usize = 1024;
/// Bytes of the words that ended a conversation: one full reply line of RFC 5321 section 4.5.3.1.5.
pub(crate) const MAX_DETAIL: usize = 512;
/// Entries of a capability list: the longest real ones have about 50.
pub(crate) const MAX_LIST_ENTRIES: usize = 256;
/// Bytes of a capability list: 16 times the longest real ones.
pub(crate) const MAX_LIST_BYTES: usize = 32 * 1024;
/// Mechanisms of a list, over all its entries: IANA has registered about 50 (SASL mechanisms registry).
pub(crate) const MAX_MECHANISMS: usize = 256;
/// Lists that a later one took the place of: a client has no reason for a third.
pub(crate) const MAX_EARLIER: usize = 4;
/// Leftover bytes kept as evidence, and handed on at most: a whole TLS record (RFC 8446 section 5.1).
pub(crate) const MAX_LEFTOVER: usize = 16 * 1024 + 256;

/// The facts of one conversation and where it is.
#[derive(Debug)]
pub(crate) struct Course {
    facts: Facts,
    phase: Phase,
    stage: Stage,
    secured: bool,
    client_holed: bool,
    own: LooksLike,
}

/// How far the course itself is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Talking,
    AwaitingTls,
    Over,
}

impl Course {
    /// The start of a conversation in a protocol that looks like `own`.
    pub(crate) fn new(mode: Mode, own: LooksLike) -> Self {
        let mut facts = Facts::default();
        let (phase, stage) = match mode {
            Mode::Implicit => {
                facts.before = Reading::Unasked;
                facts.starttls = Starttls::Unasked;
                (Phase::AfterTls, Stage::AwaitingTls)
            }
            Mode::Starttls => (Phase::Greeting, Stage::Talking),
        };
        Self { facts, phase, stage, secured: false, client_holed: false, own }
    }

    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// For what only one grammar knows; the rest has its own method here.
    pub(crate) fn facts_mut(&mut self) -> &mut Facts {
        &mut self.facts
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    /// Goes on to a phase; inside TLS all is [`Phase::AfterTls`].
    pub(crate) fn enter(&mut self, phase: Phase) {
        if !self.secured {
            self.phase = phase;
        }
    }

    /// We are inside TLS.
    pub(crate) fn is_secured(&self) -> bool {
        self.secured
    }

    /// TLS came by an upgrade: the server has greeted already.
    pub(crate) fn upgraded(&self) -> bool {
        self.facts.starttls == Starttls::Accepted
    }

    /// The upgrade was asked for and not answered yet.
    pub(crate) fn upgrade_pending(&self) -> bool {
        self.facts.starttls == Starttls::ReplyUnseen
    }

    /// The next byte belongs to TLS.
    pub(crate) fn awaits_tls(&self) -> bool {
        self.stage == Stage::AwaitingTls
    }

    /// Nothing more is said or heard.
    pub(crate) fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// The ending stands; at most the farewell is outstanding.
    pub(crate) fn has_ended(&self) -> bool {
        self.facts.ending.is_some()
    }

    /// Keeps first words, raw and bounded; further units are appended.
    pub(crate) fn greet(&mut self, unit: &[u8]) {
        let greeting = self.facts.greeting.get_or_insert_default();
        let room = MAX_GREETING.saturating_sub(greeting.len());
        greeting.extend_from_slice(text::bounded(unit, room));
    }

    /// The server's first unit parsed as this protocol's.
    pub(crate) fn speaks(&mut self) {
        self.facts.speaks = Some(true);
    }

    /// A list was asked for and this is what came of it: before or after TLS, by where we are.
    pub(crate) fn read(&mut self, reading: Reading) {
        if self.secured {
            self.facts.after = reading;
            return;
        }
        let former = std::mem::replace(&mut self.facts.before, reading);
        if let Reading::Read(list) = former
            && self.facts.earlier.len() < MAX_EARLIER
        {
            self.facts.earlier.push(list);
        }
    }

    /// Ends it, with the server's words; the session may still say farewell. The first ending stands.
    pub(crate) fn end(&mut self, outcome: Outcome, detail: &[u8]) {
        if self.facts.ending.is_none() {
            self.facts.ending = Some(Ending {
                phase: self.phase,
                outcome,
                detail: text::bounded(text::trim_end(detail), MAX_DETAIL).to_vec(),
                looks_like: None,
            });
        }
    }

    /// Ends it at once, without farewell.
    pub(crate) fn cut(&mut self, outcome: Outcome, detail: &[u8]) {
        self.end(outcome, detail);
        self.over();
    }

    /// Nothing more is said or heard; the ending stands already.
    pub(crate) fn over(&mut self) {
        self.stage = Stage::Over;
    }

    /// A passive client goes on where we would have left: the ending was none.
    pub(crate) fn resume(&mut self) {
        self.facts.ending = None;
    }

    /// The peer speaks another protocol; the session may still say farewell if that protocol has the same one.
    pub(crate) fn not_this_protocol(&mut self, what: LooksLike) {
        self.facts.speaks = Some(false);
        let first_words = self.facts.greeting.clone().unwrap_or_default();
        self.end(Outcome::NotThisProtocol, text::first_line(&first_words));
        if let Some(ending) = &mut self.facts.ending {
            ending.looks_like = Some(what);
        }
    }

    /// The upgrade was asked for.
    pub(crate) fn upgrade_asked(&mut self) {
        self.resume();
        self.enter(Phase::Starttls);
        self.facts.starttls = Starttls::ReplyUnseen;
    }

    /// The go-ahead: the next byte belongs to TLS.
    pub(crate) fn upgrade_accepted(&mut self) {
        self.facts.starttls = Starttls::Accepted;
        self.end(Outcome::Accepted, b"");
        self.stage = Stage::AwaitingTls;
    }

    /// The upgrade was refused with these words.
    pub(crate) fn upgrade_refused(&mut self, outcome: Outcome, words: &[u8]) {
        let words = text::bounded(text::trim_end(words), MAX_DETAIL);
        self.facts.starttls = Starttls::Refused(words.to_vec());
        self.end(outcome, words);
    }

    /// TLS records stand where words were due, in a conversation of which something is missing: the go-ahead is part of
    /// that. Of the server's records it is certain, of the client's alone it is not.
    pub(crate) fn upgrade_inferred(&mut self, by_server: bool) {
        self.resume();
        self.enter(Phase::Starttls);
        self.facts.starttls = Starttls::ReplyUnseen;
        if by_server {
            self.upgrade_accepted();
        }
        self.stage = Stage::AwaitingTls;
    }

    /// Bytes are missing from the client's side: what it did not do is no longer known.
    pub(crate) fn client_holed(&mut self) {
        self.client_holed = true;
    }

    /// Bytes are missing from the client's side, so an answer may be to what is among them.
    pub(crate) fn is_client_holed(&self) -> bool {
        self.client_holed
    }

    /// The answer to the wish to upgrade was none.
    pub(crate) fn upgrade_malformed(&mut self, words: &[u8]) {
        self.facts.starttls = Starttls::Malformed;
        self.end(Outcome::Malformed, words);
    }

    /// The list does not offer the upgrade, or offers it mangled.
    pub(crate) fn upgrade_not_offered(&mut self, offer: Offer) {
        self.enter(Phase::Starttls);
        let (starttls, outcome) = match offer {
            Offer::Mangled => (Starttls::OfferedMangled, Outcome::OfferedMangled),
            Offer::No | Offer::Required | Offer::Yes => (Starttls::NotOffered, Outcome::NotOffered),
        };
        // A watched client may read the list again behind a refusal.
        if !matches!(self.facts.starttls, Starttls::Refused(_)) {
            self.facts.starttls = starttls;
        }
        self.end(outcome, b"");
    }

    /// A passive client begins what we do not listen to: authentication (with its mechanism) or mail. Over.
    pub(crate) fn client_goes_on(&mut self, mechanism: Option<&[u8]>) {
        if !self.secured {
            if let Some(name) = mechanism {
                self.facts.plaintext_auth = Some(text::mechanism_name(name));
            }
            let offered = match &self.facts.before {
                Reading::Read(list) => matches!(list.starttls, Offer::Yes | Offer::Required),
                _ => false,
            };
            if offered && !self.client_holed && self.facts.starttls == Starttls::Unreached {
                self.facts.starttls = Starttls::OfferedUnused;
                self.phase = Phase::Capabilities;
            }
        }
        self.cut(Outcome::Ok, b"");
    }

    /// TLS is up: the ending of the plaintext part was none.
    pub(crate) fn secured(&mut self) {
        self.secured = true;
        self.phase = Phase::AfterTls;
        self.stage = Stage::Talking;
        self.facts.ending = None;
    }

    /// Bytes that lay behind the go-ahead. With implicit TLS there is no go-ahead, and nothing to find.
    pub(crate) fn leftover(&mut self, side: crate::Side, bytes: &[u8]) {
        if !self.upgraded() || bytes.is_empty() {
            return;
        }
        let kept = match side {
            crate::Side::Client => &mut self.facts.client_leftover,
            crate::Side::Server => {
                if let Some(ending) = &mut self.facts.ending {
                    ending.outcome = Outcome::AcceptedWithLeftover;
                }
                &mut self.facts.leftover
            }
        };
        let room = MAX_LEFTOVER.saturating_sub(kept.len());
        kept.extend_from_slice(text::bounded(bytes, room));
    }

    /// No more bytes will come; `rest` is the start of a unit that never became whole.
    ///
    /// While TLS is being negotiated this is not ours to judge.
    pub(crate) fn interrupted(&mut self, how: Interruption, rest: &[u8]) {
        let talking = self.stage == Stage::Talking;
        self.stage = Stage::Over;
        if !talking || self.facts.ending.is_some() {
            return;
        }
        if self.facts.speaks.is_none() && !rest.is_empty() {
            self.greet(rest);
            if self.recognised(rest) {
                return;
            }
        }
        let silent = self.facts.greeting.is_none() && self.facts.speaks.is_none();
        let outcome = match how {
            Interruption::Closed => Outcome::Closed,
            Interruption::OverBytes => Outcome::OverBytes,
            Interruption::Reset => Outcome::Reset,
            Interruption::TimedOut if silent => Outcome::Silent,
            Interruption::TimedOut => Outcome::TimedOut,
        };
        self.end(outcome, b"");
    }

    /// A unit grew past its limit or cannot be one at all; `start` shows it.
    pub(crate) fn unframeable(&mut self, error: FrameError, start: &[u8]) {
        if self.facts.speaks.is_none() {
            self.greet(start);
        }
        match error {
            FrameError::TooLong => self.cut(Outcome::OverBytes, b""),
            FrameError::Malformed if self.facts.speaks.is_none() => {
                if !self.recognised(start) {
                    self.not_this_protocol(LooksLike::Unknown);
                }
                self.over();
            }
            FrameError::Malformed => self.malformed(start),
        }
    }

    /// The server ends it with these words, be it instead of the answer to the upgrade. Over.
    pub(crate) fn shed(&mut self, words: &[u8]) {
        if self.upgrade_pending() {
            self.upgrade_refused(Outcome::Shed, words);
        }
        self.cut(Outcome::Shed, words);
    }

    /// Bytes that break the grammar in the middle of a conversation. Over.
    pub(crate) fn malformed(&mut self, words: &[u8]) {
        if self.upgrade_pending() {
            self.facts.starttls = Starttls::Malformed;
        }
        self.cut(Outcome::Malformed, words);
    }

    /// Ends it if the first bytes are clearly another protocol's.
    fn recognised(&mut self, first: &[u8]) -> bool {
        let what = looks_like(first);
        let sibling = |a, b| what == a && self.own == b;
        if what == LooksLike::Tls {
            self.facts.speaks = Some(false);
            self.end(Outcome::TlsSpoken, b"");
            return true;
        }
        // An incomplete "220 ftp" may still become an SMTP server's name.
        let unclear = what == LooksLike::Unknown
            || what == self.own
            || sibling(LooksLike::Ftp, LooksLike::Smtp);
        if !unclear {
            self.not_this_protocol(what);
        }
        !unclear
    }
}

/// A capability list while it is read, bounded.
#[derive(Clone, Debug)]
pub(crate) struct List {
    /// What was read so far.
    pub(crate) capabilities: Capabilities,
    bytes: usize,
}

impl List {
    /// An empty list.
    pub(crate) fn new(source: Source) -> Self {
        Self { capabilities: Capabilities::empty(source), bytes: 0 }
    }

    /// Adds one entry; `false` when a limit is reached: the list is cut there and says so.
    pub(crate) fn entry(&mut self, entry: &[u8]) -> bool {
        let fits = self.has_room(entry.len());
        if fits {
            self.capabilities.lines.push(entry.to_vec());
        }
        fits
    }

    /// Whether one more entry, of so many bytes, is to be added; `false` when a limit is reached.
    pub(crate) fn has_room(&mut self, length: usize) -> bool {
        self.bytes += length;
        let full = self.capabilities.lines.len() >= MAX_LIST_ENTRIES || self.bytes > MAX_LIST_BYTES;
        self.capabilities.truncated |= full;
        !full
    }

    /// Adds one mechanism, unless there are too many.
    pub(crate) fn mechanism(&mut self, name: &[u8], source: crate::MechanismSource) {
        if self.capabilities.mechanisms.len() < MAX_MECHANISMS {
            self.capabilities
                .mechanisms
                .push(crate::Mechanism { name: text::mechanism_name(name), source });
        } else {
            self.capabilities.truncated = true;
        }
    }
}
