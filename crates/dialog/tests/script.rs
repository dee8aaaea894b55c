//! The form of a transcript file, and reading it.
//!
//! ```text
//! # source: RFC 3207 section 4          required; further # lines are notes
//! service smtp                          a word of tlscensus_dialog::SERVICES
//! only watcher                          optional: a client unlike ours
//! domain im.example.net                 optional: the domain asked for
//! S: 220 mail.example.net ready         CR LF is added, unless the line ends in a single backslash
//! C: EHLO probe.example.net             what our client says (the prober is held to it)
//! S*300: 250-XYZ                        the same line 300 times
//! -- TLS --                             the upgrade (for implicit TLS the first event)
//! EOF                                   or RESET or TIMEOUT; without a mark the client leaves first
//! = ending: starttls refused: 454 …     the facts, all of them, as facts_text writes them
//! ```
//!
//! Escapes: `\r`, `\n`, `\t`, `\0`, `\\`, `\x41`, `\{A*1000}` (a byte a thousand times).

use tlscensus_dialog::Interruption;
use tlscensus_dialog::Service;
use tlscensus_dialog::Side;

/// One thing that happens.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// One side says these bytes.
    Said(Side, Vec<u8>),
    /// Both sides turn to TLS, and it comes up.
    Tls,
    /// No more bytes come.
    End(Interruption),
}

/// A transcript.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) service: &'static Service,
    pub(crate) watcher_only: bool,
    pub(crate) domain: Option<String>,
    pub(crate) events: Vec<Event>,
    pub(crate) expected: Vec<String>,
}

impl Script {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut service = None;
        let mut script = Self {
            service: &tlscensus_dialog::SERVICES[0],
            watcher_only: false,
            domain: None,
            events: Vec::new(),
            expected: Vec::new(),
        };
        if !text.starts_with("# source: ") {
            return Err("the first line must be '# source: …'".to_owned());
        }
        for (number, line) in text.lines().enumerate() {
            let at = |what: &str| format!("line {}: {what}: {line}", number + 1);
            if line.is_empty() || line.starts_with('#') {
                continue;
            } else if let Some(word) = line.strip_prefix("service ") {
                service = Service::from_word(word);
            } else if line == "only watcher" {
                script.watcher_only = true;
            } else if let Some(domain) = line.strip_prefix("domain ") {
                script.domain = Some(domain.to_owned());
            } else if let Some(fact) = line.strip_prefix("= ") {
                script.expected.push(fact.to_owned());
            } else {
                script.events.push(event(line).ok_or_else(|| at("not understood"))?);
            }
        }
        script.service = service.ok_or("no service, or one we do not know")?;
        Ok(script)
    }
}

fn event(line: &str) -> Option<Event> {
    match line {
        "-- TLS --" => return Some(Event::Tls),
        "EOF" => return Some(Event::End(Interruption::Closed)),
        "RESET" => return Some(Event::End(Interruption::Reset)),
        "TIMEOUT" => return Some(Event::End(Interruption::TimedOut)),
        _ => {}
    }
    let (head, words) = line.split_once(':')?;
    let (side, times) = match head.split_once('*') {
        Some((side, times)) => (side, times.parse().ok()?),
        None => (head, 1),
    };
    let side = match side {
        "C" => Side::Client,
        "S" => Side::Server,
        _ => return None,
    };
    let words = words.strip_prefix(' ').unwrap_or(words);
    Some(Event::Said(side, unescape(words)?.repeat(times)))
}

/// The bytes of an escaped line, CR LF added unless it ends in a single backslash.
fn unescape(line: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = line;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at + 1..];
        let Some(kind) = rest.chars().next() else {
            return Some(bytes);
        };
        let mut used = 1;
        match kind {
            'r' => bytes.push(b'\r'),
            'n' => bytes.push(b'\n'),
            't' => bytes.push(b'\t'),
            '0' => bytes.push(0),
            '\\' => bytes.push(b'\\'),
            'x' => {
                bytes.push(u8::from_str_radix(rest.get(1..3)?, 16).ok()?);
                used = 3;
            }
            '{' => {
                let (run, _) = rest.get(1..)?.split_once('}')?;
                let (text, times) = run.split_once('*')?;
                bytes.extend(text.repeat(times.parse().ok()?).into_bytes());
                used = run.len() + 2;
            }
            _ => return None,
        }
        rest = &rest[used..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes.extend_from_slice(b"\r\n");
    Some(bytes)
}

#[test]
fn escapes() {
    let cases: [(&str, &[u8]); 6] = [
        ("a", b"a\r\n"),
        ("a\\", b"a"),
        ("a\\n\\", b"a\n"),
        ("\\x16\\x03\\0\\\\", b"\x16\x03\0\\\r\n"),
        ("\\{ab*3}\\", b"ababab"),
        ("", b"\r\n"),
    ];
    for (line, bytes) in cases {
        assert_eq!(unescape(line).as_deref(), Some(bytes), "{line}");
    }
    assert_eq!(unescape("\\q"), None);
}
