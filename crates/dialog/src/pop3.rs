//! POP3 ([RFC 1939](https://www.rfc-editor.org/rfc/rfc1939)) with CAPA
//! ([RFC 2449](https://www.rfc-editor.org/rfc/rfc2449)) and STLS ([RFC 2595](https://www.rfc-editor.org/rfc/rfc2595)).

use crate::LooksLike;
use crate::MechanismSource;
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
use crate::session::Move;
use crate::session::Session;
use crate::session::Side;
use crate::text;

/// Longest line: RFC 2449 section 4 allows 512 for a response and 255 for a command; the same room as in SMTP.
const MAX_LINE: usize = 12 * 1024;

/// One POP3 conversation.
#[derive(Debug)]
pub(crate) struct Pop3 {
    course: Course,
    state: State,
    /// What we would say at our next turn.
    wish: Command,
    /// The time stamp in the greeting offers APOP (RFC 1939 section 7).
    apop: bool,
}

#[derive(Debug)]
enum State {
    /// The server opens.
    Greeting,
    /// The client's turn.
    Ready,
    /// The server has to answer this.
    Asked(Command),
    /// The lines behind CAPA's `+OK`, up to the dot.
    Listing(List),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Capa,
    Quit,
    Stls,
    /// A watched client's NOOP or UTF8: one line of answer, of no interest.
    Other,
}

/// The first word of an answer.
enum Status<'a> {
    Ok(&'a [u8]),
    Err,
    Neither,
}

impl Pop3 {
    pub(crate) fn new(mode: Mode) -> Self {
        Self {
            course: Course::new(mode, LooksLike::Pop3),
            state: State::Greeting,
            wish: Command::Capa,
            apop: false,
        }
    }

    fn hear_client(&mut self, unit: &[u8]) {
        let mut words = text::words(text::trim_end(unit));
        let verb = words.next().unwrap_or_default().to_ascii_uppercase();
        let command = match verb.as_slice() {
            b"CAPA" => Command::Capa,
            b"STLS" => Command::Stls,
            b"QUIT" => Command::Quit,
            b"NOOP" | b"UTF8" => Command::Other,
            b"USER" | b"PASS" => return self.course.client_goes_on(Some(b"USER")),
            b"APOP" => return self.course.client_goes_on(Some(b"APOP")),
            b"AUTH" => return self.course.client_goes_on(words.next()),
            _ => return self.course.client_goes_on(None),
        };
        match command {
            Command::Stls if !self.course.is_secured() => self.course.upgrade_asked(),
            Command::Quit if !self.course.has_ended() => self.course.client_goes_on(None),
            _ => {}
        }
        self.state = State::Asked(command);
    }

    fn hear_server(&mut self, unit: &[u8]) {
        let line = text::trim_end(unit);
        match std::mem::replace(&mut self.state, State::Ready) {
            State::Greeting => self.greeted(unit),
            State::Listing(list) => self.list_line(list, line),
            State::Asked(command) => self.answered(command, line),
            State::Ready => {}
        }
    }

    fn greeted(&mut self, unit: &[u8]) {
        self.course.greet(unit);
        self.wish = Command::Quit;
        match status(text::trim_end(unit)) {
            Status::Ok(words) => {
                self.apop = has_time_stamp(words);
                self.course.speaks();
                self.course.enter(Phase::Capabilities);
                self.wish = Command::Capa;
            }
            Status::Err => {
                self.course.speaks();
                self.course.end(Outcome::Shed, unit);
            }
            Status::Neither => {
                self.course.not_this_protocol(looks::looks_like(unit));
                self.course.over();
            }
        }
    }

    fn answered(&mut self, command: Command, line: &[u8]) {
        self.wish = Command::Quit;
        match (command, status(line)) {
            (Command::Quit, _) => self.course.over(),
            (_, Status::Neither) => self.course.malformed(line),
            (Command::Capa, Status::Ok(_)) => {
                let mut list = List::new(Source::Capa);
                if self.apop {
                    list.mechanism(b"APOP", MechanismSource::ApopBanner);
                }
                self.state = State::Listing(list);
            }
            (Command::Capa, Status::Err) => self.capa_refused(line),
            (Command::Stls, _) if self.course.is_secured() => {}
            (Command::Stls, Status::Ok(_)) => self.course.upgrade_accepted(),
            (Command::Stls, Status::Err) => self.course.upgrade_refused(Outcome::Refused, line),
            (Command::Other, _) => {}
        }
    }

    /// Servers older than RFC 2449 may know STLS all the same: it is asked once, and the answer obeyed.
    fn capa_refused(&mut self, line: &[u8]) {
        self.course.read(Reading::NotUnderstood);
        if self.course.is_secured() {
            self.course.end(Outcome::NotUnderstood, line);
        } else {
            self.course.enter(Phase::Starttls);
            self.wish = Command::Stls;
        }
    }

    fn list_line(&mut self, mut list: List, line: &[u8]) {
        if line == b"." {
            return self.listed(list);
        }
        // RFC 1939 section 3: a line that starts with a dot has one more in front.
        let entry = line.strip_prefix(b".").unwrap_or(line);
        if !list.entry(entry) {
            self.course.read(Reading::Read(list.capabilities));
            return self.course.cut(Outcome::OverBytes, b"");
        }
        let mut words = text::words(entry);
        match words.next().map(<[u8]>::to_ascii_uppercase).as_deref() {
            Some(b"STLS") => list.capabilities.starttls = Offer::Yes,
            // RFC 2449 section 6.3, RFC 5034 section 3.
            Some(b"SASL") => {
                for name in words {
                    list.mechanism(name, MechanismSource::Listed);
                }
            }
            Some(b"USER") => list.mechanism(b"USER", MechanismSource::UserCapability),
            _ => {}
        }
        self.state = State::Listing(list);
    }

    fn listed(&mut self, list: List) {
        let offer = list.capabilities.starttls;
        self.course.read(Reading::Read(list.capabilities));
        self.wish = Command::Quit;
        if self.course.is_secured() {
            self.course.end(Outcome::Ok, b"");
        } else if offer == Offer::Yes {
            self.course.enter(Phase::Starttls);
            self.wish = Command::Stls;
        } else {
            self.course.upgrade_not_offered(offer);
        }
    }
}

impl Session for Pop3 {
    fn framer(&self, _side: Side) -> Box<dyn Framer + Send> {
        Box::new(LineFramer::new(MAX_LINE))
    }

    fn hear(&mut self, side: Side, unit: &[u8]) {
        match side {
            Side::Client => self.hear_client(unit),
            Side::Server => self.hear_server(unit),
        }
    }

    fn next(&self) -> Move {
        match (&self.state, self.wish) {
            (State::Ready, Command::Capa) => Move::Say(b"CAPA\r\n".to_vec()),
            (State::Ready, Command::Stls) => Move::Say(b"STLS\r\n".to_vec()),
            (State::Ready, _) => Move::Say(b"QUIT\r\n".to_vec()),
            _ => Move::Listen,
        }
    }

    fn restart(&mut self) {
        // RFC 2595 section 4: the server does not greet again, and what was learnt before is discarded.
        self.state = match self.course.upgraded() {
            true => State::Ready,
            false => State::Greeting,
        };
        self.wish = Command::Capa;
        self.apop = false;
    }

    fn course(&self) -> &Course {
        &self.course
    }

    fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }
}

/// RFC 1939 section 3 has them in upper case; a server that writes them otherwise is understood.
fn status(line: &[u8]) -> Status<'_> {
    let (word, rest) =
        line.split_at(line.iter().position(|byte| *byte == b' ').unwrap_or(line.len()));
    if word.eq_ignore_ascii_case(b"+OK") {
        Status::Ok(rest)
    } else if word.eq_ignore_ascii_case(b"-ERR") {
        Status::Err
    } else {
        Status::Neither
    }
}

/// A message identifier as in RFC 1939 section 7: `<…@…>`.
fn has_time_stamp(words: &[u8]) -> bool {
    let from = words.iter().position(|byte| *byte == b'<');
    let inside = from.and_then(|from| words.get(from..)).unwrap_or_default();
    let to = inside.iter().position(|byte| *byte == b'>');
    to.and_then(|to| inside.get(..to)).is_some_and(|stamp| stamp.contains(&b'@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_stamp_is_a_message_identifier() {
        let cases: [(&[u8], bool); 6] = [
            (b" POP3 server ready <1896.697170952@dbc.mtview.ca.us>", true),
            (b" <a@b> trailing", true),
            (b" <no at sign>", false),
            (b" a@b", false),
            (b" >a@b<", false),
            (b"", false),
        ];
        for (words, expected) in cases {
            assert_eq!(has_time_stamp(words), expected);
        }
    }
}
