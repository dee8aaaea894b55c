//! The active use of a session: speaks the client's part.

use crate::Facts;
use crate::Identity;
use crate::Injection;
use crate::Interruption;
use crate::Phase;
use crate::Service;
use crate::course::MAX_LEFTOVER;
use crate::course::MAX_LIST_BYTES;
use crate::frame::Framer;
use crate::session;
use crate::session::Move;
use crate::session::Session;
use crate::session::Side;
use crate::text;

/// Turns we take at most in one conversation: the longest real one has 6 (EHLO, HELO, STARTTLS, EHLO, HELO, QUIT), and a
/// peer must not make us answer for ever (IRC's PING).
const MAX_TURNS: usize = 32;

/// Bytes, those of unfinished units apart, that we listen to before TLS, and again inside it: eight of the longest lists. A peer that talks on
/// (IMAP's untagged answers, IRC's notices, XMPP's stanzas) would otherwise hold us until the driver has had enough.
const MAX_HEARD: usize = 8 * MAX_LIST_BYTES;

/// What the driver has to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Write out what was appended, then read.
    Read,
    /// Write out what was appended, then start TLS with the leftover bytes as its first input.
    Upgrade,
    /// Write out what was appended, then close.
    Done,
}

/// Speaks the client's part of one conversation.
///
/// Call order: `poll` → do its step → `receive` → `poll` …; after [`Step::Upgrade`] call [`take_leftover`](Self::take_leftover),
/// run TLS, then [`secured`](Self::secured) and go on with plaintext from inside TLS. With implicit TLS the first step is
/// `Upgrade`. When TLS fails, the facts stay as they were at the go-ahead.
pub struct Prober {
    session: Box<dyn Session>,
    server: Box<dyn Framer + Send>,
    /// Cuts our own words into the units that the session hears.
    client: Box<dyn Framer + Send>,
    leftover: Vec<u8>,
    turns: usize,
    /// Bytes of units since the start, or since TLS came up.
    heard: usize,
    /// Said behind the wish to upgrade, in the same breath, and heard by nobody on our side.
    injected: Option<&'static [u8]>,
}

impl Prober {
    /// A conversation with one endpoint.
    pub fn new(service: &Service, identity: &Identity) -> Self {
        let session = session::open(service, identity);
        Self {
            server: session.framer(Side::Server),
            client: session.framer(Side::Client),
            session,
            leftover: Vec::new(),
            turns: 0,
            heard: 0,
            injected: None,
        }
    }

    /// The same conversation, with a command behind its wish to upgrade, before TLS could have protected it: where a
    /// server answers it inside TLS, anybody on the way can put words there (CVE-2011-0411).
    pub fn injecting(service: &Service, identity: &Identity, injection: &Injection) -> Self {
        Self { injected: Some(injection.words()), ..Self::new(service, identity) }
    }

    /// Server's bytes, in any split. Bytes that come after [`Step::Upgrade`] and before [`secured`](Self::secured) are leftover.
    pub fn receive(&mut self, bytes: &[u8]) {
        if self.session.course().is_over() {
            return;
        }
        if self.session.course().awaits_tls() {
            self.keep_leftover(bytes);
        } else {
            self.server.feed(bytes);
        }
    }

    /// Appends what is to be written to `out` and says what to do.
    pub fn poll(&mut self, out: &mut Vec<u8>) -> Step {
        loop {
            match session::turn(self.session.as_ref()) {
                Move::Say(words) => self.say(&words, out),
                Move::Listen => match self.server.unit() {
                    Ok(Some(unit)) => {
                        self.heard += unit.len();
                        if !self.has_heard_enough() {
                            self.session.hear(Side::Server, &unit);
                        }
                    }
                    Ok(None) if self.has_heard_enough() => {}
                    Ok(None) => return Step::Read,
                    Err(error) => {
                        let start = self.server.rest().to_vec();
                        self.session.unframeable(error, &start);
                        self.session.course_mut().over();
                    }
                },
                Move::Upgrade => {
                    let rest = self.server.take_rest();
                    self.keep_leftover(&rest);
                    return Step::Upgrade;
                }
                Move::End => {
                    self.session.course_mut().over();
                    return Step::Done;
                }
            }
        }
    }

    /// Server bytes behind the go-ahead: evidence (kept in the facts) and the first input of TLS.
    pub fn take_leftover(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.leftover)
    }

    /// TLS is up; the conversation starts over inside it.
    pub fn secured(&mut self) {
        session::secure(self.session.as_mut());
        self.server = self.session.framer(Side::Server);
        self.client = self.session.framer(Side::Client);
        self.heard = 0;
    }

    /// Whether silence would be an answer now: a driver that waited for a while calls [`hear_silence`](Self::hear_silence)
    /// and polls again.
    pub fn takes_silence(&self) -> bool {
        let listens = session::turn(self.session.as_ref()) == Move::Listen;
        listens && self.session.takes_silence()
    }

    /// The server said nothing for a while.
    pub fn hear_silence(&mut self) {
        if self.takes_silence() {
            self.session.hear_silence();
        }
    }

    /// No more bytes will come. What was received and not polled for is heard first.
    pub fn interrupted(&mut self, how: Interruption) {
        while session::turn(self.session.as_ref()) == Move::Listen {
            match self.server.unit() {
                Ok(Some(unit)) => self.session.hear(Side::Server, &unit),
                _ => break,
            }
        }
        let rest = self.server.take_rest();
        self.session.interrupted(how, &rest);
    }

    /// Where the conversation is (for phase deadlines and timings).
    pub fn phase(&self) -> Phase {
        session::phase(self.session.as_ref())
    }

    /// The ending stands and only the farewell is outstanding: a driver may wait less patiently.
    pub fn is_leaving(&self) -> bool {
        let course = self.session.course();
        course.has_ended() && !course.awaits_tls()
    }

    /// What is known so far.
    pub fn facts(&self) -> &Facts {
        self.session.course().facts()
    }

    /// Ends it where the peer talks on and on.
    fn has_heard_enough(&mut self) -> bool {
        let enough = self.heard + self.server.skipped() > MAX_HEARD;
        if enough {
            self.session.interrupted(Interruption::OverBytes, b"");
            self.session.course_mut().over();
        }
        enough
    }

    fn say(&mut self, words: &[u8], out: &mut Vec<u8>) {
        self.turns += 1;
        if self.turns > MAX_TURNS {
            self.session.interrupted(Interruption::OverBytes, b"");
            self.session.course_mut().over();
            return;
        }
        out.extend_from_slice(words);
        self.client.feed(words);
        while let Ok(Some(unit)) = self.client.unit() {
            self.session.hear(Side::Client, &unit);
        }
        if self.session.course().upgrade_pending()
            && let Some(words) = self.injected.take()
        {
            out.extend_from_slice(words);
        }
    }

    fn keep_leftover(&mut self, bytes: &[u8]) {
        self.session.course_mut().leftover(Side::Server, bytes);
        let room = MAX_LEFTOVER.saturating_sub(self.leftover.len());
        self.leftover.extend_from_slice(text::bounded(bytes, room));
    }
}
