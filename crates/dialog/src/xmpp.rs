//! XMPP, client-to-server and server-to-server (RFC 6120): stream, features, `<starttls/>`, stream and features again.
//!
//! | heard | then |
//! |---|---|
//! | stream header | features are awaited; without a version in it (RFC 6120 section 4.7.5) they may be an error, or never come |
//! | features with `<starttls/>` | `<starttls/>` |
//! | `<proceed/>` | TLS, and a new stream inside it (RFC 6120 section 5.4.3.3) |
//! | `<failure/>` | `</stream:stream>` |
//! | `<stream:error/>` | shed, the condition being the first word of the detail |
//!
//! Without a domain to ask for, `to` is left out. Openfire then answers as itself; its header names the domain
//! (`from`), which [`Facts::peer_domain`](crate::Facts::peer_domain) keeps for a second attempt. Prosody and ejabberd answer
//! `improper-addressing`; an address in place of a domain would get `host-unknown` from them, with our own words as `from`.
//! Dialback is never spoken: it makes the server connect to others.

mod element;
mod features;
mod frame;

use std::sync::Arc;

use self::element::Element;
use self::element::Scope;
use self::element::Unit;
use self::frame::StreamFramer;
use crate::Identity;
use crate::Interruption;
use crate::LooksLike;
use crate::Mode;
use crate::Offer;
use crate::Outcome;
use crate::Phase;
use crate::Reading;
use crate::Side;
use crate::course::Course;
use crate::frame::FrameError;
use crate::frame::Framer;
use crate::looks::looks_like;
use crate::session::Due;
use crate::session::Fit;
use crate::session::Move;
use crate::session::Session;

/// Which of the two kinds of stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Client,
    Server,
}

/// One XMPP conversation.
#[derive(Debug)]
pub(crate) struct Xmpp {
    course: Course,
    /// The stream header we say.
    header: Vec<u8>,
    client: Stream,
    server: Stream,
    turn: Turn,
    /// What the client said last is not in the capture.
    client_unheard: bool,
}

/// One direction of a stream on the current layer.
#[derive(Debug, Default)]
struct Stream {
    opened: bool,
    namespaces: Scope,
    /// The server's domain: as the client asks for it, or as the server calls itself.
    domain: Option<String>,
    has_version: bool,
}

impl Stream {
    /// The header is not in the capture: it declared what nearly all declare.
    fn suppose(&mut self) {
        if !self.opened {
            self.opened = true;
            self.namespaces = USUAL_SCOPE
                .iter()
                .map(|(prefix, name)| (Arc::from(prefix.as_bytes()), Arc::from(name.as_bytes())))
                .collect();
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// The client's.
    Ready,
    /// The server's: its stream header, features, or answer is due.
    Asked,
}

impl Xmpp {
    pub(crate) fn new(kind: Kind, mode: Mode, identity: &Identity) -> Self {
        Self {
            course: Course::new(mode, LooksLike::Xmpp),
            header: header(kind, identity),
            client: Stream::default(),
            server: Stream::default(),
            turn: Turn::Ready,
            client_unheard: false,
        }
    }

    fn hear_server(&mut self, unit: &[u8]) {
        if !self.server.opened {
            return self.hear_opening(unit);
        }
        match element::parse(unit, &self.server.namespaces) {
            Ok(Unit::Element(element)) => self.hear_element(&element),
            Ok(Unit::Closing) if self.course.is_secured() => {
                self.course.cut(Outcome::HungUpPolitely, unit)
            }
            Ok(Unit::Closing) => self.course.cut(Outcome::Closed, unit),
            Ok(Unit::Header(..)) | Err(_) => self.course.malformed(unit),
        }
    }

    fn hear_opening(&mut self, unit: &[u8]) {
        let first = self.course.facts().speaks.is_none();
        if first {
            self.course.greet(unit);
        }
        match element::parse(unit, &Scope::new()) {
            Ok(Unit::Header(header, scope)) if header.is(STREAMS, "stream") => {
                self.server.opened = true;
                self.server.namespaces = scope;
                self.hear_header(&header);
            }
            _ if first && looks_like(unit) != LooksLike::Xmpp => {
                self.course.not_this_protocol(looks_like(unit));
                self.course.over();
            }
            _ => {
                self.course.facts_mut().speaks.get_or_insert(false);
                self.course.malformed(unit);
            }
        }
    }

    fn hear_header(&mut self, header: &Element<'_>) {
        self.course.speaks();
        self.course.enter(Phase::Capabilities);
        self.server.domain = header.attribute("from").and_then(domain);
        self.server.has_version = header.attribute("version").is_some_and(has_features);
    }

    fn hear_element(&mut self, element: &Element<'_>) {
        if element.is(STREAMS, "error") {
            self.hear_error(element);
        } else if self.client_unheard && element.is(TLS, "proceed") && !self.course.is_secured() {
            self.course.upgrade_asked();
            self.hear_starttls_answer(element);
        } else if self.course.upgrade_pending() && !self.course.is_secured() {
            self.hear_starttls_answer(element);
        } else if element.is(STREAMS, "features") && self.awaits_features() {
            self.hear_features(element);
        }
    }

    /// Features behind the farewell are nobody's answer.
    fn awaits_features(&self) -> bool {
        self.turn == Turn::Asked && !self.course.has_ended()
    }

    fn hear_error(&mut self, element: &Element<'_>) {
        let words = features::error_words(element);
        // Servers that do not know the domain call themselves by it all the same.
        if !(words.starts_with(b"host-unknown") && self.server.domain == self.client.domain) {
            self.believe_domain();
        }
        self.course.shed(&words);
    }

    fn believe_domain(&mut self) {
        if let Some(domain) = &self.server.domain {
            self.course.facts_mut().peer_domain = Some(domain.clone());
        }
    }

    fn hear_starttls_answer(&mut self, element: &Element<'_>) {
        self.turn = Turn::Ready;
        if element.is(TLS, "proceed") {
            self.course.upgrade_accepted();
        } else if element.is(TLS, "failure") {
            self.course.upgrade_refused(Outcome::Refused, element.raw);
        } else {
            self.course.malformed(element.raw);
        }
    }

    fn hear_features(&mut self, element: &Element<'_>) {
        self.turn = Turn::Ready;
        self.believe_domain();
        let list = features::list(element);
        let offer = list.capabilities.starttls;
        self.course.read(Reading::Read(list.capabilities));
        if self.course.is_secured() {
            self.course.end(Outcome::Ok, b"");
        } else if offer == Offer::No {
            self.course.upgrade_not_offered(offer);
        } else {
            self.course.enter(Phase::Starttls);
        }
    }

    fn hear_client(&mut self, unit: &[u8]) {
        self.client_unheard = false;
        match element::parse(unit, &self.client.namespaces) {
            Ok(Unit::Header(header, scope)) => {
                self.client.opened = true;
                self.client.namespaces = scope;
                self.client.domain = header.attribute("to").and_then(domain);
                self.turn = Turn::Asked;
            }
            Ok(Unit::Element(element)) => self.hear_client_element(&element),
            Ok(Unit::Closing) if self.course.has_ended() => self.turn = Turn::Asked,
            Ok(Unit::Closing) | Err(_) => self.course.client_goes_on(None),
        }
    }

    fn hear_client_element(&mut self, element: &Element<'_>) {
        if element.is(TLS, "starttls") && !self.course.is_secured() {
            self.turn = Turn::Asked;
            self.course.upgrade_asked();
        } else {
            self.course.client_goes_on(features::authentication(element));
        }
    }
}

impl Session for Xmpp {
    fn framer(&self, _side: Side) -> Box<dyn Framer + Send> {
        Box::new(StreamFramer::new())
    }

    fn hear(&mut self, side: Side, unit: &[u8]) {
        match side {
            Side::Client => self.hear_client(unit),
            Side::Server => self.hear_server(unit),
        }
    }

    fn unheard(&mut self, side: Side) {
        match side {
            Side::Client => {
                self.client.suppose();
                self.client_unheard = true;
                self.turn = Turn::Asked;
            }
            Side::Server if !self.server.opened => {
                self.server.suppose();
                self.course.enter(Phase::Capabilities);
            }
            Side::Server => self.turn = Turn::Ready,
        }
    }

    fn fits(&self, side: Side, unit: &[u8]) -> Fit {
        let stream = match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        };
        if !stream.opened {
            let opens = matches!(element::parse(unit, &Scope::new()), Ok(Unit::Header(..)));
            return if opens { Fit::Here } else { Fit::Later };
        }
        let whole = element::parse(unit, &stream.namespaces).is_ok();
        if whole { Fit::Here } else { Fit::Nowhere }
    }

    fn next(&self) -> Move {
        match self.turn {
            Turn::Asked => Move::Listen,
            Turn::Ready if !self.client.opened => Move::Say(self.header.clone()),
            Turn::Ready if self.course.has_ended() => Move::Say(CLOSING.to_vec()),
            Turn::Ready => Move::Say(STARTTLS.to_vec()),
        }
    }

    fn due(&self) -> Due {
        match self.turn {
            Turn::Asked => Due::Server,
            Turn::Ready => Due::Client,
        }
    }

    fn restart(&mut self) {
        self.client = Stream::default();
        self.server = Stream::default();
        self.turn = Turn::Ready;
    }

    fn interrupted(&mut self, how: Interruption, rest: &[u8]) {
        let nothing_came = how == Interruption::TimedOut && rest.trim_ascii().is_empty();
        let awaits_features = self.awaits_features() && !self.course.upgrade_pending();
        if nothing_came && awaits_features && self.server.opened && !self.server.has_version {
            self.believe_domain();
            self.course.read(Reading::NotUnderstood);
            self.course.end(Outcome::NotUnderstood, b"");
        }
        self.course.interrupted(how, rest);
    }

    fn unframeable(&mut self, error: FrameError, start: &[u8]) {
        let is_first = self.course.facts().speaks.is_none();
        if is_first && error == FrameError::Malformed && looks_like(start) == LooksLike::Xmpp {
            self.course.greet(start);
            self.course.facts_mut().speaks = Some(false);
        }
        self.course.unframeable(error, start);
    }

    fn course(&self) -> &Course {
        &self.course
    }

    fn course_mut(&mut self) -> &mut Course {
        &mut self.course
    }
}

/// Our stream header. A server's `from` is our own domain or nothing: never another party's name.
fn header(kind: Kind, identity: &Identity) -> Vec<u8> {
    let mut header = String::from("<?xml version='1.0'?><stream:stream");
    if kind == Kind::Server && is_our_domain(&identity.client_name) {
        header += &format!(" from='{}'", element::escape(&identity.client_name));
    }
    if let Some(to) = &identity.peer_domain {
        header += &format!(" to='{}'", element::escape(to));
    }
    let namespace = match kind {
        Kind::Client => "jabber:client",
        Kind::Server => "jabber:server",
    };
    header +=
        &format!(" version='1.0' xml:lang='en' xmlns='{namespace}' xmlns:stream='{STREAMS}'>");
    header.into_bytes()
}

/// A fully qualified domain name, not an address literal.
fn is_our_domain(name: &str) -> bool {
    name.contains('.')
        && name.parse::<std::net::IpAddr>().is_err()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-')
}

/// A server's name for itself, if it can be one (RFC 7622 section 3.2).
fn domain(value: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(value).ok()?;
    let plausible = !name.is_empty()
        && name.len() <= MAX_DOMAIN
        && !name.contains(|c: char| c.is_control() || c.is_whitespace() || "@/<>\"'&".contains(c));
    plausible.then(|| name.to_owned())
}

/// Features come with version 1.0 or later (RFC 6120 section 4.7.5).
fn has_features(version: &[u8]) -> bool {
    let major = version.split(|&byte| byte == b'.').next().unwrap_or_default().trim_ascii();
    !major.is_empty()
        && major.iter().all(u8::is_ascii_digit)
        && major.iter().any(|&digit| digit != b'0')
}

/// What a header that is missing declared.
const USUAL_SCOPE: [(&str, &str); 3] =
    [("", "jabber:client"), ("stream", STREAMS), ("db", "jabber:server:dialback")];

const STREAMS: &str = "http://etherx.jabber.org/streams";
const TLS: &str = "urn:ietf:params:xml:ns:xmpp-tls";

const CLOSING: &[u8] = b"</stream:stream>";
const STARTTLS: &[u8] = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

/// RFC 7622 section 3.2: a domainpart has at most 1023 octets.
const MAX_DOMAIN: usize = 1023;

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: Kind, client_name: &str, peer_domain: Option<&str>) -> String {
        let identity = Identity {
            client_name: client_name.to_owned(),
            peer_domain: peer_domain.map(str::to_owned),
            contact: None,
        };
        String::from_utf8(header(kind, &identity)).expect("ours")
    }

    #[test]
    fn a_header_names_us_only_between_servers_and_only_by_a_domain() {
        assert!(
            said(Kind::Server, "probe.example.net", None).contains(" from='probe.example.net'")
        );
        assert!(!said(Kind::Client, "probe.example.net", None).contains(" from="));
        for name in ["[192.0.2.1]", "192.0.2.1", "[IPv6:2001:db8::1]", "localhost", ""] {
            assert!(!said(Kind::Server, name, None).contains(" from="), "{name}");
        }
    }

    #[test]
    fn a_domain_asked_for_cannot_leave_its_attribute() {
        let header = said(Kind::Client, "", Some("a'/><iq>&\r\n"));
        assert!(header.contains(" to='a&apos;/&gt;&lt;iq&gt;&amp;'"), "{header}");
        let parsed = element::parse(header.as_bytes(), &Scope::new());
        assert!(matches!(parsed, Ok(Unit::Header(header, _)) if header.is(STREAMS, "stream")));
    }

    #[test]
    fn versions_and_domains_are_judged() {
        let versions =
            [("1.0", true), ("1.1", true), ("2", true), ("0.9", false), ("", false), ("x1", false)];
        for (version, expected) in versions {
            assert_eq!(has_features(version.as_bytes()), expected, "{version}");
        }
        assert_eq!(domain(b"im.example.net").as_deref(), Some("im.example.net"));
        for bad in
            [&b""[..], b"a b", b"user@host", b"host/resource", b"\xff", &[b'a'; MAX_DOMAIN + 1]]
        {
            assert_eq!(domain(bad), None);
        }
    }
}
