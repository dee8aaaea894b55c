//! IRC (RFC 2812) with IRCv3 [capability negotiation](https://ircv3.net/specs/extensions/capability-negotiation) and
//! [STARTTLS](https://ircv3.net/specs/deprecated/tls): `CAP LS 302`, `STARTTLS`, `CAP LS 302` again, `QUIT`.
//!
//! | heard | then |
//! |---|---|
//! | `NOTICE` lines | waiting goes on |
//! | `PING` | `PONG`: some servers want it before anything else; it registers nobody |
//! | the whole list, with `tls` | `STARTTLS` |
//! | 421, 451 … to `CAP`, or silence | `STARTTLS` once: servers older than `CAP` may know it |
//! | 670 | TLS |
//! | 691, 421, 451 … to `STARTTLS` | `QUIT` |
//! | `ERROR` | shed |
//!
//! A server that has shown itself as one of IRC and says nothing to `CAP` does not know it: it is asked for `STARTTLS` once as
//! well; its list counts if it comes all the same, before the answer to that: some look up who we are for ten seconds before
//! they read. One that never says a word is left alone. Registration (`NICK`, `USER`) is never begun, and of a watched client
//! that begins it nothing further is heard.

mod message;

use self::message::Message;
use crate::Identity;
use crate::LooksLike;
use crate::MechanismSource;
use crate::Mode;
use crate::Offer;
use crate::Outcome;
use crate::Phase;
use crate::Reading;
use crate::Side;
use crate::Source;
use crate::course::Course;
use crate::course::List;
use crate::frame::Framer;
use crate::frame::LineFramer;
use crate::looks::looks_like;
use crate::session::Due;
use crate::session::Fit;
use crate::session::Move;
use crate::session::Session;
use crate::text;

/// One IRC conversation.
#[derive(Debug)]
pub(crate) struct Irc {
    course: Course,
    contact: Option<String>,
    /// What we would say at our next turn.
    wish: Command,
    /// What the server has to answer.
    asked: Option<Command>,
    /// Who `CAP LS` is still owed an answer: whoever asked for more in the meantime.
    owed: Option<Asker>,
    /// The capabilities heard so far: a list may take several lines.
    list: Option<List>,
    /// The words to send back in `PONG`.
    ping: Option<Vec<u8>>,
    /// The server is still at its first words.
    greeting: bool,
}

/// Who asked for `STARTTLS` without having heard the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asker {
    /// We, after a silence: a list without `tls` is the answer to both.
    Ourselves,
    /// A client of its own mind, who waits for the answer to what it asked.
    Client,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    CapLs,
    Quit,
    Starttls,
    /// A watched client's, and it is not in the capture.
    Unheard,
}

impl Irc {
    pub(crate) fn new(mode: Mode, identity: &Identity) -> Self {
        Self {
            course: Course::new(mode, LooksLike::Irc),
            contact: identity.contact.clone(),
            wish: Command::CapLs,
            asked: None,
            owed: None,
            list: None,
            ping: None,
            greeting: true,
        }
    }

    fn hear_client(&mut self, unit: &[u8]) {
        let Some(message) = Message::read(unit) else {
            return;
        };
        let command = message.command.to_ascii_uppercase();
        match (command.as_slice(), message.parameter(0)) {
            (b"CAP", subcommand) if subcommand.eq_ignore_ascii_case(b"LS") => {
                self.asked = Some(Command::CapLs);
                self.list = None;
            }
            (b"PONG", _) => self.ping = None,
            (b"STARTTLS", _) if !self.course.is_secured() => {
                self.course.upgrade_asked();
                if self.asked == Some(Command::CapLs) {
                    self.owed = Some(Asker::Client);
                }
                self.asked = Some(Command::Starttls);
            }
            (b"QUIT", _) if self.course.has_ended() => self.asked = Some(Command::Quit),
            (b"AUTHENTICATE", mechanism) => self.course.client_goes_on(Some(mechanism)),
            (b"PASS", _) => self.course.client_goes_on(Some(b"PASS")),
            (b"NICK" | b"QUIT" | b"SERVER" | b"SERVICE" | b"USER" | b"WEBIRC", _) => {
                self.course.client_goes_on(None)
            }
            _ => {}
        }
    }

    fn hear_server(&mut self, unit: &[u8]) {
        let message = Message::read(unit);
        if self.course.facts().speaks.is_none() {
            self.course.greet(unit);
            if !message.as_ref().is_some_and(Message::opens_irc) {
                self.course.not_this_protocol(looks_like(unit));
                return self.course.over();
            }
            self.course.speaks();
            let asks = !self.course.upgrade_pending();
            if asks && !message.as_ref().is_some_and(Message::sheds) {
                self.course.enter(Phase::Capabilities);
            }
        } else if self.greeting && message.as_ref().is_some_and(Message::greets) {
            self.course.greet(unit);
        }
        match message {
            Some(message) => self.hear_message(&message, unit),
            None if unit.trim_ascii().is_empty() => {}
            None => self.course.malformed(unit),
        }
    }

    fn hear_message(&mut self, message: &Message<'_>, unit: &[u8]) {
        self.greeting &= message.greets() || message.command.eq_ignore_ascii_case(b"PING");
        let command = message.command.to_ascii_uppercase();
        match (command.as_slice(), self.asked) {
            (b"ERROR", Some(Command::Quit)) => self.course.over(),
            (b"ERROR", _) => self.course.shed(unit),
            (b"PING", _) => {
                // RFC 2812 section 2.3.1 has neither CR nor NUL in a message: some servers end a line at a lone
                // CR, and nobody puts words of his own behind ours.
                let words = message.parameter(0);
                let words =
                    words.split(|byte| matches!(byte, 0 | b'\r')).next().unwrap_or_default();
                self.ping = Some(text::bounded(words, MAX_PING).to_vec())
            }
            (b"CAP", Some(Command::CapLs)) => self.hear_cap(message),
            (b"CAP", Some(Command::Starttls)) if self.owed.is_some() => self.hear_cap(message),
            (_, Some(Command::CapLs)) if message.refuses(b"CAP") => self.cap_refused(unit),
            (b"CAP", Some(Command::Unheard)) => self.hear_cap(message),
            // RPL_WELCOME: the client has registered.
            (b"001", Some(Command::Unheard)) => self.course.client_goes_on(None),
            (b"670", Some(Command::Unheard)) if !self.course.is_secured() => {
                self.asked = None;
                self.course.upgrade_asked();
                self.course.upgrade_accepted();
            }
            (b"670", Some(Command::Starttls)) => {
                self.asked = None;
                self.course.upgrade_accepted();
            }
            (_, Some(Command::Starttls)) if message.refuses(b"STARTTLS") => {
                self.asked = None;
                self.wish = Command::Quit;
                self.course.upgrade_refused(Outcome::Refused, unit);
            }
            _ => {}
        }
    }

    /// One line of the list; an asterisk before the capabilities says that more lines follow.
    fn hear_cap(&mut self, message: &Message<'_>) {
        let Some((more, capabilities)) = message.cap_ls() else {
            return;
        };
        let mut list = self.list.take().unwrap_or_else(|| List::new(Source::CapLs));
        for capability in text::words(capabilities) {
            // What no longer fits is not kept, but an offer in it is one all the same.
            list.entry(capability);
            read_capability(&mut list, capability);
        }
        if more {
            self.list = Some(list);
        } else {
            self.listed(list);
        }
    }

    fn listed(&mut self, list: List) {
        let offer = list.capabilities.starttls;
        self.course.read(Reading::Read(list.capabilities));
        match self.owed.take() {
            Some(Asker::Ourselves) if offer != Offer::Yes => {
                self.asked = None;
                self.wish = Command::Quit;
                return self.course.upgrade_not_offered(offer);
            }
            Some(_) => return,
            None => {}
        }
        self.asked = None;
        self.wish = Command::Quit;
        if self.course.is_secured() {
            self.course.end(Outcome::Ok, b"");
        } else if offer == Offer::Yes {
            self.course.enter(Phase::Starttls);
            self.wish = Command::Starttls;
        } else {
            self.course.upgrade_not_offered(offer);
        }
    }

    fn cap_refused(&mut self, unit: &[u8]) {
        self.course.read(Reading::NotUnderstood);
        self.asked = None;
        if self.course.is_secured() {
            self.wish = Command::Quit;
            self.course.end(Outcome::NotUnderstood, unit);
        } else {
            self.course.enter(Phase::Starttls);
            self.wish = Command::Starttls;
        }
    }

    fn quit(&self) -> Vec<u8> {
        let Some(contact) = &self.contact else {
            return b"QUIT\r\n".to_vec();
        };
        let printable: String =
            contact.chars().filter(|character| !character.is_control()).take(MAX_CONTACT).collect();
        format!("QUIT :{printable}\r\n").into_bytes()
    }
}

impl Session for Irc {
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
        match side {
            Side::Client if self.asked.is_none() => {
                self.ping = None;
                self.asked = Some(Command::Unheard);
            }
            Side::Client => self.ping = None,
            Side::Server => {
                self.asked = None;
                self.owed = None;
                if let Some(mut list) = self.list.take() {
                    list.capabilities.truncated = true;
                    self.course.read(Reading::Read(list.capabilities));
                }
            }
        }
    }

    fn fits(&self, _side: Side, unit: &[u8]) -> Fit {
        if Message::read(unit).is_some() { Fit::Here } else { Fit::Nowhere }
    }

    fn next(&self) -> Move {
        if let Some(words) = &self.ping {
            return Move::Say([b"PONG :", words.as_slice(), b"\r\n"].concat());
        }
        match (self.asked, self.wish) {
            (Some(_), _) => Move::Listen,
            (None, Command::CapLs) => Move::Say(b"CAP LS 302\r\n".to_vec()),
            (None, Command::Starttls) => Move::Say(b"STARTTLS\r\n".to_vec()),
            (None, Command::Quit | Command::Unheard) => Move::Say(self.quit()),
        }
    }

    fn due(&self) -> Due {
        let speaks = self.ping.is_some() || self.asked.is_none();
        if speaks { Due::Client } else { Due::Server }
    }

    fn takes_silence(&self) -> bool {
        let spoken = self.course.facts().speaks == Some(true);
        let unanswered = self.asked == Some(Command::CapLs) && self.list.is_none();
        spoken && unanswered && !self.course.is_secured() && !self.course.has_ended()
    }

    fn hear_silence(&mut self) {
        self.owed = Some(Asker::Ourselves);
        self.cap_refused(b"");
    }

    fn restart(&mut self) {
        self.wish = Command::CapLs;
        self.asked = None;
        self.owed = None;
        self.list = None;
        self.ping = None;
        self.greeting = !self.course.upgraded();
    }

    fn course(&self) -> &Course {
        &self.course
    }

    fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }
}

/// `name` or `name=value`. Names are case-sensitive by the specification; a server that shouts is understood.
fn read_capability(list: &mut List, capability: &[u8]) {
    let mut halves = capability.splitn(2, |&byte| byte == b'=');
    let name = halves.next().unwrap_or_default();
    let value = halves.next();
    if name.eq_ignore_ascii_case(b"tls") {
        list.capabilities.starttls = Offer::Yes;
    } else if name.eq_ignore_ascii_case(b"sts") {
        let value = text::bounded(value.unwrap_or_default(), MAX_STS);
        list.capabilities.sts = Some(text::escaped(value));
    } else if name.eq_ignore_ascii_case(b"sasl") {
        for mechanism in
            value.unwrap_or_default().split(|&byte| byte == b',').filter(|name| !name.is_empty())
        {
            list.mechanism(mechanism, MechanismSource::Listed);
        }
    }
}

/// Longest line: 8191 bytes of message tags (IRCv3) and 512 of message (RFC 2812 section 2.3), with room for servers
/// that put a whole list in one line.
const MAX_LINE: usize = 16 * 1024;

/// Longest words sent back in `PONG`, so that our line is one (RFC 2812 section 2.3).
const MAX_PING: usize = 400;

/// Longest `sts` value that is kept: port, duration and preload have 40.
const MAX_STS: usize = 256;

/// Longest contact in `QUIT`, in characters.
const MAX_CONTACT: usize = 300;
