//! SMTP and SUBMISSION ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321)) with STARTTLS
//! ([RFC 3207](https://www.rfc-editor.org/rfc/rfc3207)): whose turn it is and what a reply means here.

mod capabilities;
mod reply;

use crate::Identity;
use crate::LooksLike;
use crate::Mode;
use crate::Offer;
use crate::Outcome;
use crate::Phase;
use crate::Reading;
use crate::Source;
use crate::course::Course;
use crate::course::List;
use crate::frame::Framer;
use crate::frame::LineFramer;
use crate::looks;
use crate::session::Due;
use crate::session::Fit;
use crate::session::Move;
use crate::session::Session;
use crate::session::Side;
use crate::text;
use reply::Added;
use reply::Reply;

/// Longest reply or command line: RFC 5321 section 4.5.3.1.5 allows 512, RFC 4954 section 4.5.3.1 12,288 for AUTH's words.
const MAX_LINE: usize = 12 * 1024;

/// What begins a mail, or leads away from what we listen to (RFC 5321 section 4.1.1, RFC 3030, RFC 1985, RFC 821).
const GOES_ON: [&[u8]; 9] =
    [b"BDAT", b"DATA", b"ETRN", b"MAIL", b"RCPT", b"SAML", b"SEND", b"SOML", b"TURN"];

/// By what a line is known as a command, where it may be the rest of one.
const VERBS: [&[u8]; 22] = [
    b"AUTH",
    b"BDAT",
    b"DATA",
    b"EHLO",
    b"ETRN",
    b"EXPN",
    b"HELO",
    b"HELP",
    b"LHLO",
    b"MAIL",
    b"NOOP",
    b"QUIT",
    b"RCPT",
    b"RSET",
    b"SAML",
    b"SEND",
    b"SOML",
    b"STARTTLS",
    b"TURN",
    b"VRFY",
    b"X-ANONYMOUSTLS",
    b"XCLIENT",
];

/// One SMTP conversation.
#[derive(Debug)]
pub(crate) struct Smtp {
    course: Course,
    client_name: String,
    state: State,
    /// What we would say at our next turn.
    wish: Command,
    /// EHLO was asked and is not known.
    ehlo_unknown: bool,
    reply: Reply,
    /// Lines of this reply are missing.
    reply_holed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The server opens.
    Greeting,
    /// The client's turn.
    Ready,
    /// The server has to reply to this.
    Asked(Command),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Ehlo,
    Helo,
    Quit,
    Starttls,
    /// A watched client's NOOP, RSET, XCLIENT …: the reply matters only if it ends the conversation.
    Other,
    /// A watched client's, and it is not in the capture: the reply has to say what it was.
    Unheard,
}

impl Smtp {
    pub(crate) fn new(mode: Mode, identity: &Identity) -> Self {
        Self {
            course: Course::new(mode, LooksLike::Smtp),
            client_name: identity.client_name.clone(),
            state: State::Greeting,
            wish: Command::Ehlo,
            ehlo_unknown: false,
            reply: Reply::default(),
            reply_holed: false,
        }
    }

    fn hear_client(&mut self, unit: &[u8]) {
        let line = text::trim(text::trim_end(unit));
        let mut words = text::words(line);
        let verb = words.next().unwrap_or_default().to_ascii_uppercase();
        let command = match verb.as_slice() {
            b"EHLO" => Command::Ehlo,
            b"LHLO" => {
                self.course.facts_mut().lmtp = true;
                Command::Ehlo
            }
            b"HELO" => Command::Helo,
            // Exchange servers among themselves ask for TLS with their own word.
            b"STARTTLS" | b"X-ANONYMOUSTLS" => Command::Starttls,
            b"QUIT" => Command::Quit,
            b"AUTH" => {
                return self.course.client_goes_on(Some(words.next().unwrap_or_default()));
            }
            verb if GOES_ON.contains(&verb) => return self.course.client_goes_on(None),
            _ => Command::Other,
        };
        match command {
            Command::Starttls if !self.course.is_secured() => self.course.upgrade_asked(),
            Command::Quit if !self.course.has_ended() => self.course.client_goes_on(None),
            _ => {}
        }
        self.state = State::Asked(command);
    }

    fn hear_server(&mut self, unit: &[u8]) {
        let greeting = self.state == State::Greeting;
        if greeting {
            self.course.greet(unit);
        }
        let added = self.reply.add(unit);
        if greeting && self.reply.is_first_line() && self.reply.opens_smtp() {
            self.course.speaks();
        }
        match added {
            Added::More => {}
            Added::Whole => {
                let mut reply = std::mem::take(&mut self.reply);
                self.hear_reply(&mut reply);
                self.reply_holed = false;
            }
            Added::NoReply if greeting && self.reply.is_empty() => {
                self.course.not_this_protocol(looks::looks_like(unit));
                self.course.over();
            }
            Added::NoReply => self.hear_garbage(unit),
            Added::TooLong => self.hear_too_long(),
        }
    }

    /// A line that is none of a reply's. Behind a clear sign of another protocol the ending says so.
    fn hear_garbage(&mut self, unit: &[u8]) {
        if self.state == State::Greeting && self.reply.says_ftp() {
            self.course.not_this_protocol(LooksLike::Ftp);
            self.course.over();
        } else {
            self.course.malformed(unit);
        }
    }

    /// A reply without end: what was read of a list is kept and marked as cut.
    fn hear_too_long(&mut self) {
        if self.state == State::Asked(Command::Ehlo) {
            let mut list = capabilities::read(&mut self.reply);
            list.capabilities.truncated = true;
            self.course.read(Reading::Read(list.capabilities));
        }
        self.course.cut(Outcome::OverBytes, b"");
    }

    fn hear_reply(&mut self, reply: &mut Reply) {
        let asked = std::mem::replace(&mut self.state, State::Ready);
        if asked != State::Greeting && self.course.facts().speaks.is_none() {
            // Its greeting is not in the capture.
            self.course.speaks();
        }
        match asked {
            State::Greeting => self.greeted(reply),
            // Section 3.8: 421 may be the reply to any command, and the channel closes behind it.
            State::Ready | State::Asked(_) if reply.code == 421 => self.shed(reply),
            State::Asked(Command::Quit) => self.course.over(),
            State::Ready | State::Asked(Command::Other) => {}
            State::Asked(Command::Starttls) => self.starttls_answered(reply),
            State::Asked(Command::Unheard) => self.unheard_answered(reply),
            State::Asked(command) => self.hello_answered(command, reply),
        }
    }

    fn greeted(&mut self, reply: &Reply) {
        self.wish = Command::Quit;
        if reply.says_ftp() || reply.code == 120 {
            // QUIT is FTP's farewell too (RFC 959 section 4.1.1).
            return self.course.not_this_protocol(LooksLike::Ftp);
        }
        match reply.code {
            220 => {
                self.course.enter(Phase::Capabilities);
                self.wish = Command::Ehlo;
            }
            421 => self.course.cut(Outcome::Shed, &reply.words),
            // Section 3.1: 554, and whatever else a server says instead; it waits for our QUIT.
            400..=599 => self.course.end(Outcome::Shed, &reply.words),
            _ => {
                self.course.not_this_protocol(looks::looks_like(&reply.words));
                self.course.over();
            }
        }
    }

    fn shed(&mut self, reply: &Reply) {
        if self.course.upgrade_pending() {
            self.course.upgrade_refused(Outcome::Shed, &reply.words);
        }
        self.course.cut(Outcome::Shed, &reply.words);
    }

    fn hello_answered(&mut self, command: Command, reply: &mut Reply) {
        self.wish = Command::Quit;
        match reply.code {
            221 if self.course.is_secured() => {
                self.course.cut(Outcome::HungUpPolitely, &reply.words);
            }
            221 => self.course.cut(Outcome::Shed, &reply.words),
            // Section 4.2: a code that is not in the list is read by its first digit.
            200..=299 => self.listed(command, reply),
            500..=599 if looks::asks_for_ftp_login(&reply.text()) => {
                self.course.end(Outcome::NotThisProtocol, &reply.words);
                self.course.not_this_protocol(LooksLike::Ftp);
            }
            // Section 3.2: a server that does not know EHLO.
            500 | 501 | 502 | 504 if command == Command::Ehlo => {
                self.ehlo_unknown = true;
                self.wish = Command::Helo;
            }
            500 | 501 | 502 | 504 => {
                self.course.read(Reading::NotUnderstood);
                self.course.end(Outcome::NotUnderstood, &reply.words);
            }
            400..=599 => self.course.end(Outcome::Shed, &reply.words),
            _ => self.course.malformed(&reply.words),
        }
    }

    fn listed(&mut self, command: Command, reply: &mut Reply) {
        let mut list = match command {
            Command::Helo => List::new(Source::Helo),
            _ => capabilities::read(reply),
        };
        list.capabilities.truncated |= self.reply_holed;
        let offer = list.capabilities.starttls;
        self.course.read(Reading::Read(list.capabilities));
        if self.reply_holed && offer == Offer::No {
            // It may be in what is missing.
            return;
        }
        if self.course.is_secured() || command == Command::Helo && !self.ehlo_unknown {
            // A watched client that never asked for a list leaves open what it would have held.
            self.course.end(Outcome::Ok, b"");
        } else if offer == Offer::Yes {
            self.course.enter(Phase::Starttls);
            self.wish = Command::Starttls;
        } else {
            self.course.upgrade_not_offered(offer);
        }
    }

    /// Of all replies only that to EHLO has several lines, and only the go-ahead has this code behind a greeting.
    fn unheard_answered(&mut self, reply: &mut Reply) {
        match reply.code {
            250 if reply.texts.len() > 1 => self.listed(Command::Ehlo, reply),
            220 if !self.course.is_secured() => {
                self.course.upgrade_asked();
                self.course.upgrade_accepted();
            }
            // Authentication, mail, or the farewell.
            221 | 235 | 334 | 354 => self.course.client_goes_on(None),
            _ => {}
        }
    }

    fn starttls_answered(&mut self, reply: &Reply) {
        self.wish = Command::Quit;
        if self.course.is_secured() {
            return;
        }
        match reply.code {
            // RFC 3207 section 4: 220 and no other code is the go-ahead.
            220 => self.course.upgrade_accepted(),
            400..=599 => self.course.upgrade_refused(Outcome::Refused, &reply.words),
            _ => self.course.upgrade_malformed(&reply.words),
        }
    }
}

impl Session for Smtp {
    fn framer(&self, _side: Side) -> Box<dyn Framer + Send> {
        Box::new(LineFramer::new(MAX_LINE))
    }

    fn hear(&mut self, side: Side, unit: &[u8]) {
        match side {
            Side::Client => self.hear_client(unit),
            Side::Server => self.hear_server(unit),
        }
    }

    fn unheard(&mut self, side: Side) {
        match (side, self.state) {
            (Side::Client, State::Ready) => self.state = State::Asked(Command::Unheard),
            (Side::Client, _) => {}
            (Side::Server, State::Greeting) => {
                self.course.enter(Phase::Capabilities);
                self.reply = Reply::default();
                self.state = State::Ready;
            }
            (Side::Server, state) => {
                if state == State::Asked(Command::Ehlo) && !self.reply.is_empty() {
                    let mut list = capabilities::read(&mut self.reply);
                    list.capabilities.truncated = true;
                    self.course.read(Reading::Read(list.capabilities));
                }
                self.reply = Reply::default();
                self.reply_holed = false;
                self.state = State::Ready;
            }
        }
    }

    fn holed(&mut self, side: Side) {
        self.reply_holed |= side == Side::Server;
    }

    fn fits(&self, side: Side, unit: &[u8]) -> Fit {
        if side == Side::Client {
            let verb = text::words(text::trim_end(unit)).next().unwrap_or_default();
            let known = VERBS.iter().any(|known| verb.eq_ignore_ascii_case(known));
            return if known { Fit::Here } else { Fit::Nowhere };
        }
        let Some(code) = reply::code(unit) else {
            return Fit::Nowhere;
        };
        match self.state {
            State::Greeting if matches!(code, 220 | 400..=599) => Fit::Here,
            State::Greeting => Fit::Later,
            _ if !self.reply.is_empty() && code == self.reply.code => Fit::Here,
            _ if !self.reply.is_empty() => Fit::Later,
            State::Asked(Command::Starttls) if matches!(code, 220 | 400..=599) => Fit::Here,
            State::Asked(Command::Starttls) => Fit::Nowhere,
            State::Asked(Command::Ehlo | Command::Helo) if code == 220 => Fit::Later,
            State::Asked(Command::Ehlo | Command::Helo) if !matches!(code, 221 | 250 | 400..) => {
                Fit::Nowhere
            }
            State::Ready | State::Asked(_) => Fit::Here,
        }
    }

    fn next(&self) -> Move {
        if self.state != State::Ready {
            return Move::Listen;
        }
        let name = self.client_name.as_bytes();
        Move::Say(match self.wish {
            Command::Ehlo => [b"EHLO ", name, b"\r\n"].concat(),
            Command::Helo => [b"HELO ", name, b"\r\n"].concat(),
            Command::Starttls => b"STARTTLS\r\n".to_vec(),
            Command::Quit | Command::Other | Command::Unheard => b"QUIT\r\n".to_vec(),
        })
    }

    fn due(&self) -> Due {
        if self.state == State::Ready { Due::Client } else { Due::Server }
    }

    fn restart(&mut self) {
        // RFC 3207 section 4.2: all knowledge is discarded, and the server does not greet again.
        self.state = match self.course.upgraded() {
            true => State::Ready,
            false => State::Greeting,
        };
        self.wish = Command::Ehlo;
        self.ehlo_unknown = false;
        self.reply = Reply::default();
        self.reply_holed = false;
    }

    fn course(&self) -> &Course {
        &self.course
    }

    fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }
}
