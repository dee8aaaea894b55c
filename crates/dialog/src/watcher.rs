//! The passive use of a session: hears both sides, says nothing, and bears with what is missing.
//!
//! A side may have holes, or not be in the capture at all. Where the side whose turn it is has lost something and the
//! other goes on, the session is told that a unit was not heard; where both stand before TLS records, the go-ahead was
//! among what is missing.

use crate::Facts;
use crate::Identity;
use crate::Interruption;
use crate::Outcome;
use crate::Service;
use crate::course::MAX_LEFTOVER;
use crate::ear::Ear;
use crate::ear::Piece;
use crate::frame::FrameError;
use crate::session;
use crate::session::Due;
use crate::session::Fit;
use crate::session::Session;
use crate::session::Side;
use crate::text;

/// Listens to one conversation.
///
/// Call order: [`hear`](Self::hear) with either side's bytes in the order of arrival, [`miss`](Self::miss) where bytes of
/// a side are not in the capture; once either returns `true` both sides have turned to TLS: take the
/// [pieces](Self::take_pieces) of each side, and hand everything further to the TLS observer. At the end of the flow
/// [`absent`](Self::absent) for a side of which nothing was captured, then [`interrupted`](Self::interrupted).
pub struct Watcher {
    session: Box<dyn Session>,
    client: Ear,
    server: Ear,
    /// Something is missing: from here on a unit must fit to be heard.
    loose: bool,
    inferred: bool,
    units: usize,
    skips: usize,
}

/// What a side has to say next.
enum Next {
    Unit(Vec<u8>),
    /// It may have said something that is missing, and the other side goes on.
    Unheard,
    /// TLS records stand where both had words to say.
    Tls,
    Fault(FrameError),
    Nothing,
}

/// What a side has ready, its turn or not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ready {
    Unit,
    Tls,
    Nothing,
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
            loose: false,
            inferred: false,
            units: 0,
            skips: 0,
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
        self.ear_mut(side).feed(bytes);
        let upgraded = self.take_turns();
        if !upgraded && self.ear(side).cost() > MAX_HELD {
            self.session.interrupted(Interruption::OverBytes, b"");
        }
        upgraded
    }

    /// So many bytes of one side are missing here; `true` once the upgrade happened.
    pub fn miss(&mut self, side: Side, bytes: u64) -> bool {
        if self.session.course().awaits_tls() || self.session.course().is_over() {
            return self.session.course().awaits_tls();
        }
        self.ear_mut(side).miss(bytes);
        self.take_turns()
    }

    /// Nothing of this side is in the capture, or nothing more; `true` once the upgrade happened.
    pub fn absent(&mut self, side: Side) -> bool {
        if self.session.course().awaits_tls() || self.session.course().is_over() {
            return self.session.course().awaits_tls();
        }
        self.ear_mut(side).absent = true;
        self.loosen(side);
        self.take_turns()
    }

    /// Bytes of this side that wait for the other's turn or for the rest of their unit.
    pub fn held(&self, side: Side) -> usize {
        self.ear(side).held()
    }

    /// The side whose turn it is; `None`: nobody's, the conversation is over or TLS is due.
    pub fn turn(&self) -> Option<Side> {
        match session::due(self.session.as_ref()) {
            Due::Client => Some(Side::Client),
            Due::Server => Some(Side::Server),
            Due::Upgrade | Due::End => None,
        }
    }

    /// Nothing further is listened to: the conversation has ended, or left what we listen to.
    pub fn is_over(&self) -> bool {
        self.session.course().is_over()
    }

    /// The upgrade is known by TLS records only: its go-ahead is not in the capture.
    pub fn has_inferred(&self) -> bool {
        self.inferred
    }

    /// Bytes of this side that lay behind the go-ahead (the server's) or behind the upgrade command (the client's):
    /// evidence (kept in the facts) and the first input of the TLS observer.
    pub fn take_leftover(&mut self, side: Side) -> Vec<u8> {
        std::mem::take(&mut self.ear_mut(side).leftover)
    }

    /// The same with what is missing before and within it.
    pub fn take_pieces(&mut self, side: Side) -> Vec<Piece> {
        let ear = self.ear_mut(side);
        let missed = ear.lost.take().unwrap_or(0);
        let first = Piece { missed, bytes: std::mem::take(&mut ear.leftover) };
        let pieces = std::iter::once(first).chain(ear.take_behind());
        pieces.filter(|piece| *piece != Piece::default()).collect()
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
            let waiting = self.server.waiting.take();
            match waiting.map_or_else(|| self.server.framer.unit(), |unit| Ok(Some(unit))) {
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

    /// The same, for who hears no more: there are none left.
    pub fn take_facts(&mut self) -> Facts {
        std::mem::take(self.session.course_mut().facts_mut())
    }

    /// Hears units as long as the side whose turn it is has one.
    fn take_turns(&mut self) -> bool {
        loop {
            let side = match session::due(self.session.as_ref()) {
                Due::Client => Side::Client,
                Due::Server => Side::Server,
                Due::Upgrade => {
                    self.turn_to_tls();
                    return true;
                }
                Due::End => {
                    self.session.course_mut().over();
                    return false;
                }
            };
            match self.next(side) {
                Next::Unit(unit) => self.hear_unit(side, &unit),
                Next::Unheard => self.session.unheard(side),
                Next::Tls => {
                    self.inferred = true;
                    let by_server = self.server.is_at_tls();
                    self.session.course_mut().upgrade_inferred(by_server);
                }
                Next::Nothing => return false,
                // Behind a hole nobody knows whose fault it is.
                Next::Fault(_) if self.loose => self.session.course_mut().over(),
                Next::Fault(error) if side == Side::Server => {
                    let start = self.server.framer.rest().to_vec();
                    self.session.unframeable(error, &start);
                    self.session.course_mut().over();
                }
                // A client that does not speak the protocol says nothing about the server.
                Next::Fault(_) => self.session.course_mut().client_goes_on(None),
            }
        }
    }

    fn hear_unit(&mut self, side: Side, unit: &[u8]) {
        self.units += 1;
        if self.units > MAX_UNITS {
            return self.session.course_mut().cut(Outcome::OverBytes, b"");
        }
        self.ear_mut(side).lost = None;
        self.session.hear(side, unit);
    }

    fn next(&mut self, side: Side) -> Next {
        let ready = match self.ready(side) {
            Ok(ready) => ready,
            Err(error) => return Next::Fault(error),
        };
        if ready == Ready::Unit {
            let Some(unit) = self.ear_mut(side).waiting.take() else {
                return Next::Nothing;
            };
            if !self.loose || self.session.fits(side, &unit) == Fit::Here {
                return Next::Unit(unit);
            }
            // It belongs behind what is missing, so that was said.
            self.ear_mut(side).waiting = Some(unit);
            return self.unheard();
        }
        if !self.loose {
            return Next::Nothing;
        }
        let other = match side {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        };
        let lost = self.ear(side).lost.is_some() || self.ear(side).absent || ready == Ready::Tls;
        match self.ready(other) {
            Ok(Ready::Unit) if lost => self.unheard(),
            Ok(Ready::Tls) if lost && (ready == Ready::Tls || self.ear(side).is_at_end()) => {
                Next::Tls
            }
            Ok(Ready::Nothing) if ready == Ready::Tls && self.ear(other).is_at_end() => Next::Tls,
            _ => Next::Nothing,
        }
    }

    /// A unit was said and is missing; these count too, so that no conversation is supposed for ever.
    fn unheard(&mut self) -> Next {
        self.units += 1;
        if self.units > MAX_UNITS {
            return Next::Fault(FrameError::TooLong);
        }
        Next::Unheard
    }

    /// What a side has ready: its next unit that can be one is cut and waits. Goes over its holes as far as needed.
    fn ready(&mut self, side: Side) -> Result<Ready, FrameError> {
        loop {
            let loose = self.loose;
            let may_skip = loose && self.skips < MAX_SKIPS;
            let ear = self.ear_mut(side);
            if ear.waiting.is_none() {
                match ear.framer.unit() {
                    Ok(Some(unit)) => ear.waiting = Some(unit),
                    Ok(None) if ear.cross_hole() => {
                        self.loosen(side);
                        self.session.holed(side);
                        continue;
                    }
                    Ok(None) => return Ok(Ready::Nothing),
                    Err(FrameError::Malformed) if loose && ear.is_at_tls() => {
                        return Ok(Ready::Tls);
                    }
                    Err(FrameError::Malformed) if loose && ear.may_be_at_tls() => {
                        return Ok(Ready::Nothing);
                    }
                    Err(error) if !may_skip => return Err(error),
                    Err(_) => {
                        ear.framer.skip();
                        self.skips += 1;
                        continue;
                    }
                }
            }
            let Some(unit) = &self.ear(side).waiting else {
                return Ok(Ready::Nothing);
            };
            if !self.loose || self.session.fits(side, unit) != Fit::Nowhere {
                return Ok(Ready::Unit);
            }
            self.ear_mut(side).waiting = None;
        }
    }

    fn loosen(&mut self, side: Side) {
        self.loose = true;
        if side == Side::Client {
            self.session.course_mut().client_holed();
        }
    }

    fn turn_to_tls(&mut self) {
        for side in [Side::Client, Side::Server] {
            let ear = self.ear_mut(side);
            let mut rest = ear.waiting.take().unwrap_or_default();
            rest.extend(ear.framer.take_rest());
            self.keep_leftover(side, &rest);
        }
    }

    const fn ear(&self, side: Side) -> &Ear {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    const fn ear_mut(&mut self, side: Side) -> &mut Ear {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    fn keep_leftover(&mut self, side: Side, bytes: &[u8]) {
        self.session.course_mut().leftover(side, bytes);
        let leftover = &mut self.ear_mut(side).leftover;
        let room = MAX_LEFTOVER.saturating_sub(leftover.len());
        leftover.extend_from_slice(text::bounded(bytes, room));
        let cut = u64::try_from(bytes.len().saturating_sub(room)).unwrap_or(u64::MAX);
        if cut > 0 {
            self.ear_mut(side).miss_before(cut);
        }
    }
}

/// What it may take to keep what of one side waits for the other's turn: a full TCP window without scaling (RFC 9293 section 3.1).
const MAX_HELD: usize = 64 * 1024;

/// Units that are listened to before TLS: a list of the longest kind from each of several questions, and a client that
/// says NOOP for ever is not worth more.
const MAX_UNITS: usize = 4096;

/// Places behind holes that were no unit's beginning, in one conversation: each costs a look at all that waits.
const MAX_SKIPS: usize = 64;
