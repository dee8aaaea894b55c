//! The passive use of a session: hears both sides, says nothing.

use crate::Facts;
use crate::Identity;
use crate::Interruption;
use crate::Service;
use crate::course::MAX_LEFTOVER;
use crate::frame::Framer;
use crate::session;
use crate::session::Move;
use crate::session::Session;
use crate::session::Side;
use crate::text;

/// Bytes of one side that may wait for the other's turn: a full TCP window without scaling (RFC 9293 section 3.1).
const MAX_HELD: usize = 64 * 1024;

/// Listens to one conversation.
///
/// Call order: `hear` with either side's bytes in the order of arrival; once it returns `true` both sides have turned to
/// TLS: take the leftover of each side, and hand everything further to the TLS observer.
pub struct Watcher {
    session: Box<dyn Session>,
    client: Ear,
    server: Ear,
}

/// One side as heard.
struct Ear {
    framer: Box<dyn Framer + Send>,
    leftover: Vec<u8>,
}

impl Watcher {
    /// A conversation of this service.
    pub fn new(service: &Service) -> Self {
        let nobody = Identity { client_name: String::new(), peer_domain: None, contact: None };
        let session = session::open(service, &nobody);
        Self {
            client: Ear::new(session.as_ref(), Side::Client),
            server: Ear::new(session.as_ref(), Side::Server),
            session,
        }
    }

    /// Bytes of one side, in any split; `true` once the upgrade happened.
    pub fn hear(&mut self, side: Side, bytes: &[u8]) -> bool {
        if self.session.course().awaits_tls() {
            self.keep_leftover(side, bytes);
            return true;
        }
        if self.session.course().is_over() {
            return false;
        }
        self.ear(side).framer.feed(bytes);
        let upgraded = self.take_turns();
        if !upgraded && self.ear(side).framer.rest().len() > MAX_HELD {
            self.session.interrupted(Interruption::OverBytes, b"");
        }
        upgraded
    }

    /// Bytes of this side that lay behind the go-ahead (the server's) or behind the upgrade command (the client's):
    /// evidence (kept in the facts) and the first input of the TLS observer.
    pub fn take_leftover(&mut self, side: Side) -> Vec<u8> {
        std::mem::take(&mut self.ear(side).leftover)
    }

    /// TLS was decrypted or is transparent (tests): the conversation starts over inside it.
    pub fn secured(&mut self) {
        session::secure(self.session.as_mut());
        self.client = Ear::new(self.session.as_ref(), Side::Client);
        self.server = Ear::new(self.session.as_ref(), Side::Server);
    }

    /// No more bytes will come from either side.
    pub fn interrupted(&mut self, how: Interruption) {
        // What the server said out of turn (a farewell while the client was idle) is heard now.
        while !self.session.course().is_over() && !self.session.course().awaits_tls() {
            match self.server.framer.unit() {
                Ok(Some(unit)) => self.session.hear(Side::Server, &unit),
                _ => break,
            }
        }
        let rest = self.server.framer.take_rest();
        self.session.interrupted(how, &rest);
    }

    /// What is known so far.
    pub fn facts(&self) -> &Facts {
        self.session.course().facts()
    }

    /// Hears units as long as the side whose turn it is has one.
    fn take_turns(&mut self) -> bool {
        loop {
            let side = match session::turn(self.session.as_ref()) {
                Move::Say(_) => Side::Client,
                Move::Listen => Side::Server,
                Move::Upgrade => {
                    for side in [Side::Client, Side::Server] {
                        let rest = self.ear(side).framer.take_rest();
                        self.keep_leftover(side, &rest);
                    }
                    return true;
                }
                Move::End => {
                    self.session.course_mut().over();
                    return false;
                }
            };
            match self.ear(side).framer.unit() {
                Ok(Some(unit)) => self.session.hear(side, &unit),
                Ok(None) => return false,
                Err(error) if side == Side::Server => {
                    let start = self.server.framer.rest().to_vec();
                    self.session.unframeable(error, &start);
                    self.session.course_mut().over();
                }
                // A client that does not speak the protocol says nothing about the server.
                Err(_) => self.session.course_mut().client_goes_on(None),
            }
        }
    }

    fn ear(&mut self, side: Side) -> &mut Ear {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    fn keep_leftover(&mut self, side: Side, bytes: &[u8]) {
        self.session.course_mut().leftover(side, bytes);
        let leftover = &mut self.ear(side).leftover;
        let room = MAX_LEFTOVER.saturating_sub(leftover.len());
        leftover.extend_from_slice(text::bounded(bytes, room));
    }
}

impl Ear {
    fn new(session: &dyn Session, side: Side) -> Self {
        Self { framer: session.framer(side), leftover: Vec::new() }
    }
}
