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
use crate::session::Due;
use crate::session::Fit;
use crate::session::Move;
use crate::session::Session;
use crate::session::Side;
use crate::text;

/// Longest line: RFC 2449 section 4 allows 512 for a response and 255 for a command; the same room as in SMTP.
const MAX_LINE: usize = 12 * 1024;

/// What opens or reads a mailbox (RFC 1939 sections 5 and 7).
const GOES_ON: [&[u8]; 9] =
    [b"APOP", b"AUTH", b"DELE", b"LIST", b"PASS", b"RETR", b"STAT", b"TOP", b"UIDL"];

/// By what a line is known as a command, where it may be the rest of one.
const VERBS: [&[u8]; 9] =
    [b"CAPA", b"LANG", b"NOOP", b"QUIT", b"RSET", b"STLS", b"USER", b"UTF8", b"XTND"];

/// By what a line is known as one of CAPA's, where it may be one of a mail.
const CAPABILITIES: [&[u8]; 14] = [
    b"AUTH-RESP-CODE",
    b"CAPA",
    b"EXPIRE",
    b"IMPLEMENTATION",
    b"LANG",
    b"LOGIN-DELAY",
    b"PIPELINING",
    b"RESP-CODES",
    b"SASL",
    b"STLS",
    b"TOP",
    b"UIDL",
    b"USER",
    b"UTF8",
];

/// One POP3 conversation.
#[derive(Debug)]
pub(crate) struct Pop3 {
    course: Course,
    state: State,
    /// What we would say at our next turn.
    wish: Command,
    /// The time stamp in the greeting offers APOP (RFC 1939 section 7).
    apop: bool,
    /// What was taken for the greeting calls itself the answer to CAPA: the greeting is not in the capture.
    listed_early: bool,
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
    /// The lines of a list that is of no interest, up to the dot.
    Skipping,
    /// Behind the `+OK` to what was not captured: lines of CAPA's, or the next answer.
    Perhaps(List),
    /// Behind an `+OK` that may be the go-ahead, or the answer to a command before it that was not captured: where TLS
    /// follows it was the one, where a list does the other.
    Doubted(List),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Capa,
    Quit,
    Stls,
    /// A watched client's NOOP, UTF8 …: one line of answer, of no interest.
    Other,
    /// A watched client's AUTH or LANG without a word behind: a list, of no interest.
    Lists,
    /// A watched client's, and it is not in the capture.
    Unheard,
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
            listed_early: false,
        }
    }

    fn hear_client(&mut self, unit: &[u8]) {
        let mut words = text::words(text::trim_end(unit));
        let verb = words.next().unwrap_or_default().to_ascii_uppercase();
        let command = match verb.as_slice() {
            b"CAPA" => Command::Capa,
            b"STLS" => Command::Stls,
            b"QUIT" => Command::Quit,
            b"USER" | b"PASS" => return self.course.client_goes_on(Some(b"USER")),
            b"APOP" => return self.course.client_goes_on(Some(b"APOP")),
            b"AUTH" | b"LANG" => match words.next() {
                Some(name) if verb == b"AUTH" => return self.course.client_goes_on(Some(name)),
                Some(_) => Command::Other,
                // RFC 6856 section 3; for AUTH what clients of the nineties asked.
                None => Command::Lists,
            },
            verb if GOES_ON.contains(&verb) => return self.course.client_goes_on(None),
            _ => Command::Other,
        };
        match command {
            Command::Stls if !self.course.is_secured() => self.course.upgrade_asked(),
            Command::Quit if !self.course.has_ended() => self.course.client_goes_on(None),
            _ => {}
        }
        self.state = match command {
            Command::Capa if std::mem::take(&mut self.listed_early) => State::Listing(self.list()),
            _ => State::Asked(command),
        };
    }

    fn hear_server(&mut self, unit: &[u8]) {
        let line = text::trim_end(unit);
        match std::mem::replace(&mut self.state, State::Ready) {
            State::Greeting => self.greeted(unit),
            State::Listing(list) => self.list_line(list, line),
            State::Skipping if line == b"." => {}
            State::Skipping => self.state = State::Skipping,
            State::Perhaps(list) => self.perhaps(list, line),
            State::Doubted(list) => self.doubted(list, line),
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
                self.listed_early = text::contains(words, b"capability list");
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

    /// Only lines of CAPA's are listened to: behind other answers there is mail.
    fn perhaps(&mut self, list: List, line: &[u8]) {
        match status(line) {
            Status::Ok(_) | Status::Err => self.answered(Command::Unheard, line),
            Status::Neither if is_capability(line) => self.list_line(list, line),
            Status::Neither => self.course.client_goes_on(None),
        }
    }

    fn doubted(&mut self, list: List, line: &[u8]) {
        match status(line) {
            Status::Ok(_) => self.course.upgrade_accepted(),
            Status::Err => self.course.upgrade_refused(Outcome::Refused, line),
            Status::Neither if line == b"." => {
                let capabilities = list.capabilities;
                self.course.read(Reading::Read(capabilities));
                self.state = State::Asked(Command::Stls);
            }
            Status::Neither => {
                if let Some(list) = self.add_line(list, line) {
                    self.state = State::Doubted(list);
                }
            }
        }
    }

    fn answered(&mut self, command: Command, line: &[u8]) {
        self.wish = Command::Quit;
        if self.course.facts().speaks.is_none() && !matches!(status(line), Status::Neither) {
            // Its greeting is not in the capture.
            self.course.speaks();
        }
        match (command, status(line)) {
            (Command::Quit, _) => self.course.over(),
            (_, Status::Neither) => self.course.malformed(line),
            (Command::Capa, Status::Ok(_)) => self.state = State::Listing(self.list()),
            (Command::Unheard, Status::Ok(_)) => self.state = State::Perhaps(self.list()),
            (Command::Lists, Status::Ok(_)) => self.state = State::Skipping,
            (Command::Capa, Status::Err) => self.capa_refused(line),
            (Command::Stls, _) if self.course.is_secured() => {}
            (Command::Stls, Status::Ok(_)) if self.course.is_client_holed() => {
                self.state = State::Doubted(self.list());
            }
            (Command::Stls, Status::Ok(_)) => self.course.upgrade_accepted(),
            (Command::Stls, Status::Err) => self.course.upgrade_refused(Outcome::Refused, line),
            (Command::Lists | Command::Other | Command::Unheard, _) => {}
        }
    }

    fn list(&self) -> List {
        let mut list = List::new(Source::Capa);
        if self.apop {
            list.mechanism(b"APOP", MechanismSource::ApopBanner);
        }
        list
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

    fn list_line(&mut self, list: List, line: &[u8]) {
        if line == b"." {
            return self.listed(list);
        }
        if let Some(list) = self.add_line(list, line) {
            self.state = State::Listing(list);
        }
    }

    /// One more entry; `None`: the list is too long, and the conversation over.
    fn add_line(&mut self, mut list: List, line: &[u8]) -> Option<List> {
        // RFC 1939 section 3: a line that starts with a dot has one more in front.
        let entry = line.strip_prefix(b".").unwrap_or(line);
        if !list.entry(entry) {
            self.course.read(Reading::Read(list.capabilities));
            self.course.cut(Outcome::OverBytes, b"");
            return None;
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
        Some(list)
    }

    fn listed(&mut self, list: List) {
        let offer = list.capabilities.starttls;
        let holed = list.capabilities.truncated;
        self.course.read(Reading::Read(list.capabilities));
        self.wish = Command::Quit;
        if holed && offer == Offer::No {
            // It may be in what is missing.
            return;
        }
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

    fn unheard(&mut self, side: Side) {
        if side == Side::Client {
            if matches!(self.state, State::Ready) {
                self.state = State::Asked(Command::Unheard);
            }
            return;
        }
        match std::mem::replace(&mut self.state, State::Ready) {
            State::Greeting => self.course.enter(Phase::Capabilities),
            State::Listing(mut list) => {
                list.capabilities.truncated = true;
                self.course.read(Reading::Read(list.capabilities));
            }
            State::Asked(_)
            | State::Doubted(_)
            | State::Perhaps(_)
            | State::Ready
            | State::Skipping => {}
        }
    }

    fn holed(&mut self, side: Side) {
        if let (Side::Server, State::Listing(list)) = (side, &mut self.state) {
            list.capabilities.truncated = true;
        }
    }

    fn fits(&self, side: Side, unit: &[u8]) -> Fit {
        let line = text::trim_end(unit);
        if side == Side::Client {
            let verb = text::words(line).next().unwrap_or_default();
            let known = VERBS.iter().chain(&GOES_ON).any(|known| verb.eq_ignore_ascii_case(known));
            return if known { Fit::Here } else { Fit::Nowhere };
        }
        let is_status = !matches!(status(line), Status::Neither);
        match self.state {
            State::Listing(_) if is_status => Fit::Later,
            State::Listing(_) if line == b"." || is_capability(line) => Fit::Here,
            State::Listing(_) => Fit::Nowhere,
            State::Skipping if is_status => Fit::Later,
            State::Doubted(_) if line != b"." && !is_status && !is_capability(line) => Fit::Nowhere,
            State::Doubted(_) | State::Skipping | State::Perhaps(_) => Fit::Here,
            _ if is_status => Fit::Here,
            State::Asked(_) | State::Greeting | State::Ready => Fit::Nowhere,
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

    fn due(&self) -> Due {
        if matches!(self.state, State::Ready) { Due::Client } else { Due::Server }
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

/// Whether a line is one of CAPA's: a capability that is registered (RFC 2449 section 6 and its IANA registry), in use, or
/// somebody's own; a header of a mail has a colon.
fn is_capability(line: &[u8]) -> bool {
    let word = text::words(line).next().unwrap_or_default();
    let own = text::starts_with(word, b"X-") && !word.contains(&b':');
    own || CAPABILITIES.iter().any(|known| word.eq_ignore_ascii_case(known))
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
