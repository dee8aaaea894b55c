//! IMAP (RFC 9051, RFC 3501): greeting, CAPABILITY, STARTTLS, CAPABILITY again, LOGOUT.
//!
//! | heard | then |
//! |---|---|
//! | `* OK …` | `CAPABILITY`, even if the greeting had a list: it may be another one |
//! | `* PREAUTH …` | the same, but no upgrade: STARTTLS is for the not authenticated state (RFC 9051 section 6.2.1) |
//! | `* BYE …` | the end, at any time |
//! | list with STARTTLS, tagged OK | `STARTTLS` |
//! | tagged OK to STARTTLS | TLS, and `CAPABILITY` inside it: earlier lists are void (RFC 9051 section 6.2.1) |
//! | tagged NO or BAD to STARTTLS | `LOGOUT` |

mod frame;
mod line;

use self::frame::LiteralFramer;
use self::line::Command;
use self::line::Response;
use self::line::Status;
use self::line::Verb;
use crate::LooksLike;
use crate::MechanismSource;
use crate::Mode;
use crate::Offer;
use crate::Outcome;
use crate::Phase;
use crate::Reading;
use crate::Side;
use crate::Source;
use crate::Starttls;
use crate::course::Course;
use crate::course::List;
use crate::frame::Framer;
use crate::looks::looks_like;
use crate::session::Due;
use crate::session::Fit;
use crate::session::Move;
use crate::session::Session;
use crate::text;

/// One IMAP conversation.
#[derive(Debug)]
pub(crate) struct Imap {
    course: Course,
    /// The server has greeted; inside TLS it only does so with implicit TLS.
    greeted: bool,
    /// A PREAUTH greeting.
    preauth: Option<Vec<u8>>,
    /// Commands without an answer yet, oldest first.
    pending: Vec<Pending>,
    /// CAPABILITY was asked on this layer.
    asked: bool,
    /// A list came since it was asked.
    listed: bool,
    /// Something the server said is missing: a list may be in it.
    server_holed: bool,
    /// Commands of this connection, for tags of our own.
    commands: u32,
}

#[derive(Debug)]
struct Pending {
    tag: Vec<u8>,
    verb: Verb,
}

impl Imap {
    pub(crate) fn new(mode: Mode) -> Self {
        Self {
            course: Course::new(mode, LooksLike::Imap),
            greeted: false,
            preauth: None,
            pending: Vec::new(),
            asked: false,
            listed: false,
            server_holed: false,
            commands: 0,
        }
    }

    fn say(&self, verb: &str) -> Move {
        Move::Say(format!("a{} {verb}\r\n", self.commands.saturating_add(1)).into_bytes())
    }

    fn awaits(&self, verb: Verb) -> bool {
        self.pending.iter().any(|pending| pending.verb == verb)
    }

    fn offer(&self) -> Option<Offer> {
        let facts = self.course.facts();
        let reading = if self.course.is_secured() { &facts.after } else { &facts.before };
        match reading {
            Reading::Read(list) => Some(list.starttls),
            Reading::NotUnderstood | Reading::Unasked | Reading::Unreached => None,
        }
    }

    fn hear_greeting(&mut self, unit: &[u8]) {
        self.course.greet(unit);
        let Some(Response::Untagged(status @ (Status::Bye | Status::Ok | Status::Preauth), words)) =
            line::response(unit)
        else {
            self.course.not_this_protocol(looks_like(unit));
            return self.course.over();
        };
        self.greeted = true;
        self.course.speaks();
        if let Some(list) = line::capability_code(words) {
            self.course.read(capabilities(Source::Greeting, list));
        }
        match status {
            Status::Bye => return self.course.shed(unit),
            Status::Preauth => self.preauth = Some(unit.to_vec()),
            _ => {}
        }
        self.course.enter(Phase::Capabilities);
    }

    fn hear_response(&mut self, unit: &[u8]) {
        match line::response(unit) {
            Some(Response::Untagged(Status::Bye, _)) => self.course.shed(unit),
            Some(Response::Capability(list)) if self.takes_lists() => self.hear_list(list),
            Some(Response::Tagged(tag, status, words)) => {
                match self.answered(tag).map(|at| self.pending.remove(at).verb) {
                    Some(Verb::Unheard) if !self.listed => {}
                    Some(Verb::Unheard) => self.hear_capability_answer(status, words, unit),
                    Some(Verb::Capability) => self.hear_capability_answer(status, words, unit),
                    Some(Verb::Starttls) => self.hear_starttls_answer(status, unit),
                    Some(Verb::Logout) => self.course.over(),
                    Some(_) => {}
                    None => self.course.malformed(unit),
                }
            }
            Some(Response::Continuation) if self.awaits(Verb::Starttls) => {
                self.course.malformed(unit)
            }
            // Whoever sees a mailbox has logged in, be that not in the capture.
            Some(Response::Data) if self.awaits(Verb::Unheard) && line::shows_mailbox(unit) => {
                self.course.client_goes_on(None)
            }
            None if !unit.trim_ascii().is_empty() => self.course.malformed(unit),
            _ => {}
        }
    }

    /// Which command it answers: that of the tag, or one that was not heard.
    fn answered(&self, tag: &[u8]) -> Option<usize> {
        let with_tag = self.pending.iter().position(|pending| pending.tag == tag);
        with_tag.or_else(|| self.pending.iter().position(|pending| pending.verb == Verb::Unheard))
    }

    /// Behind STARTTLS, and behind the farewell unless it is asked for, a list is nobody's answer.
    fn takes_lists(&self) -> bool {
        !self.awaits(Verb::Starttls) && (!self.course.has_ended() || self.awaits(Verb::Capability))
    }

    fn hear_list(&mut self, list: &[u8]) {
        self.listed = true;
        self.course.read(capabilities(Source::Capability, list));
    }

    fn hear_capability_answer(&mut self, status: Status, words: &[u8], unit: &[u8]) {
        if status == Status::Ok
            && !self.listed
            && let Some(list) = line::capability_code(words)
        {
            self.hear_list(list);
        }
        match self.offer() {
            None if status == Status::Ok && self.server_holed => {}
            None if status == Status::Ok => self.course.malformed(unit),
            None => {
                self.course.read(Reading::NotUnderstood);
                self.course.end(Outcome::NotUnderstood, unit);
            }
            Some(_) if self.course.is_secured() => self.course.end(Outcome::Ok, b""),
            Some(offer) => self.judge(offer),
        }
    }

    /// Without a usable offer there is nothing to wait for.
    fn judge(&mut self, offer: Offer) {
        if let Some(preauth) = &self.preauth {
            self.course.enter(Phase::Starttls);
            self.course.facts_mut().starttls = Starttls::NotOffered;
            self.course.end(Outcome::NotOffered, preauth);
        } else if matches!(offer, Offer::Mangled | Offer::No) {
            self.course.upgrade_not_offered(offer);
        }
    }

    fn hear_starttls_answer(&mut self, status: Status, unit: &[u8]) {
        if status == Status::Ok {
            self.course.upgrade_accepted();
        } else {
            self.course.upgrade_refused(Outcome::Refused, unit);
        }
    }

    fn hear_command(&mut self, command: Command<'_>) {
        match command.verb {
            Verb::Authenticate => {
                self.go_on(Some(text::words(command.arguments).next().unwrap_or_default()))
            }
            Verb::Login => self.go_on(Some(b"LOGIN")),
            Verb::Mailbox => self.go_on(None),
            Verb::Logout if !self.course.has_ended() => self.go_on(None),
            Verb::Starttls if !self.course.is_secured() => self.course.upgrade_asked(),
            Verb::Capability => {
                self.asked = true;
                self.listed = false;
            }
            Verb::Logout | Verb::Other | Verb::Starttls | Verb::Unheard => {}
        }
        self.commands = self.commands.saturating_add(1);
        self.await_answer(command.tag, command.verb);
    }

    fn await_answer(&mut self, tag: &[u8], verb: Verb) {
        if self.pending.len() == MAX_PENDING {
            self.pending.remove(0);
        }
        self.pending.push(Pending { tag: tag.to_vec(), verb });
    }

    /// A passive client goes on without the upgrade. The list in the greeting may be all that it wanted to know.
    fn go_on(&mut self, mechanism: Option<&[u8]>) {
        let plain = !self.course.is_secured() && !self.course.has_ended();
        if let Some(offer) = self.offer().filter(|_| plain) {
            self.judge(offer);
        }
        self.course.client_goes_on(mechanism);
    }
}

impl Session for Imap {
    fn framer(&self, side: Side) -> Box<dyn Framer + Send> {
        Box::new(LiteralFramer::new(side))
    }

    fn hear(&mut self, side: Side, unit: &[u8]) {
        match (side, line::command(unit)) {
            (Side::Client, Some(command)) => self.hear_command(command),
            (Side::Client, None) => {}
            (Side::Server, _) if self.greeted => self.hear_response(unit),
            (Side::Server, _) => self.hear_greeting(unit),
        }
    }

    fn unheard(&mut self, side: Side) {
        match side {
            Side::Client => {
                self.listed = false;
                self.await_answer(b"", Verb::Unheard);
            }
            Side::Server if !self.greeted => {
                self.greeted = true;
                self.course.enter(Phase::Capabilities);
            }
            Side::Server if self.pending.is_empty() => {}
            Side::Server => {
                self.pending.remove(0);
            }
        }
    }

    fn holed(&mut self, side: Side) {
        self.server_holed |= side == Side::Server;
    }

    fn fits(&self, side: Side, unit: &[u8]) -> Fit {
        if side == Side::Client {
            return if line::command(unit).is_some() { Fit::Here } else { Fit::Nowhere };
        }
        match line::response(unit) {
            None => Fit::Nowhere,
            Some(Response::Untagged(Status::Bye | Status::Ok | Status::Preauth, _)) => Fit::Here,
            Some(_) if !self.greeted => Fit::Later,
            // The answer to a command that is missing, unless nothing awaits one.
            Some(Response::Tagged(tag, ..))
                if !self.pending.is_empty() && self.answered(tag).is_none() =>
            {
                Fit::Nowhere
            }
            Some(_) => Fit::Here,
        }
    }

    fn next(&self) -> Move {
        if !self.greeted || !self.pending.is_empty() {
            Move::Listen
        } else if self.course.has_ended() {
            self.say("LOGOUT")
        } else {
            self.say(if self.asked { "STARTTLS" } else { "CAPABILITY" })
        }
    }

    fn due(&self) -> Due {
        if self.greeted && self.pending.is_empty() { Due::Client } else { Due::Server }
    }

    fn restart(&mut self) {
        self.greeted = self.course.upgraded();
        self.pending.clear();
        self.asked = false;
        self.listed = false;
        self.server_holed = false;
    }

    fn course(&self) -> &Course {
        &self.course
    }

    fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }
}

fn capabilities(source: Source, atoms: &[u8]) -> Reading {
    let mut list = List::new(source);
    for atom in text::words(atoms) {
        // What no longer fits is not kept, but an offer in it is one all the same.
        list.entry(atom);
        let read = &mut list.capabilities;
        if atom.eq_ignore_ascii_case(b"LOGINDISABLED") {
            read.login_disabled = true;
        } else if atom.eq_ignore_ascii_case(b"STARTTLS") {
            read.starttls = Offer::Yes;
        } else if atom == MANGLED && read.starttls == Offer::No {
            read.starttls = Offer::Mangled;
        } else if let Some(name) = text::strip_start(atom, b"AUTH=").filter(|name| !name.is_empty())
        {
            list.mechanism(name, MechanismSource::Listed);
        }
    }
    Reading::Read(list.capabilities)
}

/// What middleboxes write over the eight letters of the keyword.
const MANGLED: &[u8] = b"XXXXXXXX";

/// Most commands awaiting an answer; a client of ours has one.
const MAX_PENDING: usize = 32;
