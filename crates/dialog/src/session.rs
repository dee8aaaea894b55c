//! The shape of a two-sided conversation: what every protocol's file implements.

use crate::Identity;
use crate::Phase;
use crate::Service;
use crate::bare;
use crate::course::Course;
use crate::frame::FrameError;
use crate::frame::Framer;
use crate::imap;
use crate::irc;
use crate::pop3;
use crate::service::Grammar;
use crate::smtp;
use crate::xmpp;

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The side that opened the connection.
    Client,
    /// The side that accepted it.
    Server,
}

/// What a polite measuring client does now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// The client's turn: say these bytes (whole units, terminators included).
    Say(Vec<u8>),
    /// The server's turn.
    Listen,
    /// The next byte of either side belongs to TLS.
    Upgrade,
    /// The conversation is over; [`Facts::ending`](crate::Facts::ending) says how.
    End,
}

/// What a [`Move`] says to a watcher, who has no use for its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// The client's turn.
    Client,
    /// The server's turn.
    Server,
    /// See [`Move::Upgrade`].
    Upgrade,
    /// See [`Move::End`].
    End,
}

impl From<Move> for Due {
    fn from(next: Move) -> Self {
        match next {
            Move::Say(_) => Self::Client,
            Move::Listen => Self::Server,
            Move::Upgrade => Self::Upgrade,
            Move::End => Self::End,
        }
    }
}

/// Whether a unit can stand where it was found, in a conversation with holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It can.
    Here,
    /// It belongs behind something that is missing.
    Later,
    /// It is the rest of a unit, or the answer to one that is missing.
    Nowhere,
}

/// Why no more bytes will come. Whoever drives the connection knows; the session turns it into an outcome by phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The peer closed its side in order.
    Closed,
    /// The peer reset the connection.
    Reset,
    /// The deadline of the phase or of the whole endpoint passed.
    TimedOut,
    /// The byte budget of the endpoint is used up.
    OverBytes,
}

/// One conversation of one protocol, heard from both sides.
///
/// A prober asks [`turn`], a watcher [`due`], and both hear a unit only of the side whose turn it is: after [`Move::Say`] the next unit is the
/// client's (a prober says just these bytes; a watched client may say anything else), after [`Move::Listen`] the
/// server's. So pipelined commands and early answers wait in their framer, and what lies there at the
/// upgrade is leftover.
/// A session never asks for credentials or messages, and ends when a watched client begins to send them.
/// [`Course`] keeps the facts, the phase, the upgrade and the end; sessions keep their grammar only.
pub(crate) trait Session: Send {
    /// Cuts this side's byte stream into this protocol's units (lines, lines with literals, XML elements).
    fn framer(&self, side: Side) -> Box<dyn Framer + Send>;
    /// Hears one whole unit, its terminator included.
    fn hear(&mut self, side: Side, unit: &[u8]);
    /// What comes next while the course goes on: [`Move::Say`], [`Move::Listen`] or, when nothing is left to
    /// say, [`Move::End`]. Calling it twice without hearing anything in between gives the same answer.
    fn next(&self) -> Move;
    /// Whose turn [`next`](Self::next) makes it, without its words: the same always, which debug builds check.
    fn due(&self) -> Due;
    /// TLS is up and `course().secured()` was called: the same conversation starts over inside it.
    fn restart(&mut self);
    /// The unit that is due from this side was said and is not in the capture: a watcher goes on without it.
    fn unheard(&mut self, side: Side);
    /// Bytes of this side are missing, right before its next unit.
    fn holed(&mut self, side: Side) {
        let _ = side;
    }
    /// Whether a unit can be what is due from this side, in a conversation of which something is missing.
    fn fits(&self, side: Side, unit: &[u8]) -> Fit;
    /// What is common to all conversations.
    fn course(&self) -> &Course;
    /// The same, to write.
    fn course_mut(&mut self) -> &mut Course;
    /// Whether silence would be an answer now, to a question that some servers do not know and say nothing to.
    fn takes_silence(&self) -> bool {
        false
    }
    /// The server said nothing for a while, where that is an answer.
    fn hear_silence(&mut self) {}
    /// No more bytes will come; `rest` is the start of a unit of the server that never became whole.
    fn interrupted(&mut self, how: Interruption, rest: &[u8]) {
        self.course_mut().interrupted(how, rest);
    }
    /// A unit grew past its limit or cannot be one at all; `start` shows it.
    fn unframeable(&mut self, error: FrameError, start: &[u8]) {
        self.course_mut().unframeable(error, start);
    }
}

/// The session of a service. The one place that knows which file speaks which grammar.
pub(crate) fn open(service: &Service, identity: &Identity) -> Box<dyn Session> {
    let mode = service.mode;
    match service.grammar {
        Grammar::Bare => Box::new(bare::Bare::new(mode)),
        Grammar::Imap => Box::new(imap::Imap::new(mode)),
        Grammar::Irc => Box::new(irc::Irc::new(mode, identity)),
        Grammar::Pop3 => Box::new(pop3::Pop3::new(mode)),
        Grammar::Smtp => Box::new(smtp::Smtp::new(mode, identity)),
        Grammar::XmppClient => Box::new(xmpp::Xmpp::new(xmpp::Kind::Client, mode, identity)),
        Grammar::XmppServer => Box::new(xmpp::Xmpp::new(xmpp::Kind::Server, mode, identity)),
    }
}

/// Whose turn it is, the course first.
pub(crate) fn turn(session: &dyn Session) -> Move {
    if session.course().is_over() {
        Move::End
    } else if session.course().awaits_tls() {
        Move::Upgrade
    } else {
        session.next()
    }
}

/// The same for who only listens, without the words that would be said.
pub(crate) fn due(session: &dyn Session) -> Due {
    if session.course().is_over() {
        return Due::End;
    }
    if session.course().awaits_tls() {
        return Due::Upgrade;
    }
    let due = session.due();
    debug_assert_eq!(due, session.next().into(), "a session says whose turn it is in one way");
    due
}

/// TLS is up.
pub(crate) fn secure(session: &mut dyn Session) {
    session.course_mut().secured();
    session.restart();
}

/// Where the session is.
pub(crate) fn phase(session: &dyn Session) -> Phase {
    session.course().phase()
}
