//! What a user lists: one line, one endpoint (or many of them in a row).

mod foreign;

use std::fmt;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;

use ipnet::IpNet;

use self::foreign::Header;

/// Longest line that is read. A domain name has at most 253 octets (RFC 1035 section 2.3.4); the rest is room for an
/// address, a port and a comment.
pub const MAX_LINE: usize = 1024;

/// One thing to probe, as the list has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// As given: the line without comment; the one address of a prefix or range; address and port out of a line that others wrote.
    pub text: String,
    /// The domain name, if one was given; without [`addr`](Self::addr) it has to be resolved.
    pub name: Option<String>,
    /// The address, if one was given.
    pub addr: Option<IpAddr>,
    /// The port, if one was given; otherwise each service has its own.
    pub port: Option<u16>,
}

impl From<IpAddr> for Target {
    fn from(addr: IpAddr) -> Self {
        Self { text: addr.to_string(), name: None, addr: Some(addr), port: None }
    }
}

/// What one line stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Blank, a comment, or a header.
    Nothing,
    /// One target.
    One(Target),
    /// Every address of a prefix.
    Prefix(IpNet),
    /// Every address from the first to the last.
    Range(Ipv4Addr, Ipv4Addr),
}

impl Line {
    /// The targets of this line, made one at a time.
    pub fn targets(self) -> Expansion {
        match self {
            Self::Nothing => Expansion::Nothing,
            Self::One(target) => Expansion::One(Some(target)),
            Self::Prefix(prefix) => {
                Expansion::Range { next: Some(prefix.network()), last: prefix.broadcast() }
            }
            Self::Range(first, last) => {
                Expansion::Range { next: Some(first.into()), last: last.into() }
            }
        }
    }

    /// How many targets this line has.
    pub fn len(&self) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::One(_) => 1,
            Self::Prefix(prefix) => {
                // More than an IPv4 prefix has no prefix that can be listed.
                1 << u32::from(prefix.max_prefix_len() - prefix.prefix_len()).min(63)
            }
            Self::Range(first, last) => u64::from(last.to_bits() - first.to_bits()) + 1,
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The target with this number, from 0, in the order of [`targets`](Self::targets).
    pub fn target(&self, number: u64) -> Option<Target> {
        if number >= self.len() {
            return None;
        }
        let addr = match self {
            Self::Nothing => return None,
            Self::One(target) => return Some(target.clone()),
            Self::Prefix(prefix) => prefix.network(),
            Self::Range(first, _) => (*first).into(),
        };
        Some(Target::from(match addr {
            IpAddr::V4(addr) => IpAddr::from(Ipv4Addr::from_bits(
                addr.to_bits().wrapping_add(u32::try_from(number).ok()?),
            )),
            IpAddr::V6(addr) => {
                IpAddr::from(Ipv6Addr::from_bits(addr.to_bits().wrapping_add(u128::from(number))))
            }
        }))
    }
}

/// The targets of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expansion {
    /// None.
    Nothing,
    /// At most one.
    One(Option<Target>),
    /// The rest of a prefix or range.
    Range {
        /// The next address to give out.
        next: Option<IpAddr>,
        /// The last address of them.
        last: IpAddr,
    },
}

impl Iterator for Expansion {
    type Item = Target;

    fn next(&mut self) -> Option<Target> {
        match self {
            Self::Nothing => None,
            Self::One(target) => target.take(),
            Self::Range { next, last } => {
                let addr = (*next)?;
                *next = (addr != *last).then(|| successor(addr));
                Some(Target::from(addr))
            }
        }
    }
}

/// Reads lines; remembers their number and, after a CSV header, which field is which.
///
/// | line | target |
/// |---|---|
/// | `192.0.2.1`, `2001:db8::1` | an address |
/// | `192.0.2.1:25`, `[2001:db8::1]:25` | an address and a port |
/// | `192.0.2.0/30` | each address of a prefix |
/// | `192.0.2.1-192.0.2.9` | each address of a range, of IPv4 only |
/// | `mail.example.net`, `mail.example.net:25` | a name, to be resolved |
/// | `mail.example.net,192.0.2.1` | a name and its address, with `,25` behind it a port too; blanks do as well as commas |
/// | `…,saddr,…` on the first line | the header of a CSV, such as ZMap's: its fields `saddr` and, if there, `sport` are read, in any order |
/// | `{"saddr": "192.0.2.1", "sport": 25, …}` | a line of ZMap's JSON: the same two |
/// | `open tcp 25 192.0.2.1 1700000000` | a line of masscan's `-oL`; `banner tcp …` likewise, other ports have none |
/// | `192.0.2.1,mail.example.net,tag,25` | a line of zgrab2's input: an address, its name, a tag that is not read, a port; all but the first may be empty |
#[derive(Clone, Debug, Default)]
pub struct LineParser {
    number: u64,
    csv: Option<Header>,
}

impl LineParser {
    /// At the start of a list.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many lines were read.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The next line, its end cut off or not.
    ///
    /// # Errors
    /// A [`LineError`] for this line; the next one can be read all the same.
    pub fn line(&mut self, bytes: &[u8]) -> Result<Line, LineError> {
        self.number += 1;
        self.read(bytes).map_err(|problem| LineError {
            number: self.number,
            text: excerpt(bytes),
            problem,
        })
    }

    fn read(&mut self, bytes: &[u8]) -> Result<Line, Problem> {
        if bytes.len() > MAX_LINE {
            return Err(Problem::TooLong);
        }
        let line = text_of(bytes, self.number)?;
        if line.is_empty() || line.starts_with('#') {
            return Ok(Line::Nothing);
        }
        if self.number == 1 {
            self.csv = Header::read(line);
            if self.csv.is_some() {
                return Ok(Line::Nothing);
            }
        }
        // What these say can have a # in it.
        if let Some(header) = self.csv {
            return header.line(line);
        }
        if line.starts_with('{') {
            return foreign::json(line);
        }
        if let Some(read) = foreign::masscan(line) {
            return read;
        }
        let line = line.split('#').next().unwrap_or_default().trim();
        foreign::zgrab2(line).unwrap_or_else(|| plain_line(line))
    }
}

/// A line that is no target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// Its number, from 1.
    pub number: u64,
    /// What it says, bounded, what cannot be printed escaped.
    pub text: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Looks like an address, is none.
    Address,
    /// No address, prefix or range.
    Addresses,
    /// Fewer fields than the header has.
    Column,
    /// More or fewer fields than expected.
    Fields,
    /// No JSON object with the field `saddr`.
    Json,
    /// Longer than a line of addresses or of routes can be.
    LineTooLong,
    /// No domain name.
    Name,
    /// Not ASCII where a domain name has to be.
    NameNotAscii,
    /// Not UTF-8.
    NotText,
    /// No number of an AS.
    Origin,
    /// No address with its port.
    Pair,
    /// No port number.
    Port,
    /// Bits of the address right of the prefix length are set, or the length is none.
    Prefix,
    /// A prefix of IPv6 with more addresses than anyone can visit.
    PrefixTooLarge,
    /// A range that ends before it begins, or in another family.
    Range,
    /// Longer than [`MAX_LINE`].
    TooLong,
}

impl Problem {
    /// What is wrong and what to write instead.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Address => {
                "not an address; write 192.0.2.1, 192.0.2.1:25, 2001:db8::1 or [2001:db8::1]:25"
            }
            Self::Addresses => {
                "not an address, a prefix or a range; write 192.0.2.1, 192.0.2.0/24 or 192.0.2.1-192.0.2.9, or IPv6 likewise"
            }
            Self::Column => "fewer fields than the header of the CSV names",
            Self::Fields => {
                "a line has a target, or a name, its address and perhaps a port; put # before comments"
            }
            Self::Json => {
                "not an object of JSON with a saddr, like {\"saddr\": \"192.0.2.1\", \"sport\": 25}"
            }
            Self::LineTooLong => "longer than a line of such a list can be; is this one?",
            Self::Name => "not a domain name; labels have 1 to 63 letters, digits, - or _",
            Self::NameNotAscii => "not ASCII; write the name in its xn-- form",
            Self::NotText => "not UTF-8 text; is this a list of targets?",
            Self::Origin => "not the number of an AS; write a number from 0 to 4294967295",
            Self::Pair => {
                "not an address with its port; write 192.0.2.1:25 or [2001:db8::1]:25, or a CSV with saddr and sport"
            }
            Self::Port => "not a port; write a number from 1 to 65535",
            Self::Prefix => {
                "not a prefix; write the network's own address and its length, like 192.0.2.0/24"
            }
            Self::PrefixTooLarge => "too many addresses; IPv6 prefixes are expanded from /108 on",
            Self::Range => {
                "not a range; write its first and its last address, like 192.0.2.1-192.0.2.9"
            }
            Self::TooLong => "too long for a target; lines end after at most 1024 bytes",
        }
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, text, problem } = self;
        write!(f, "line {number}: \"{text}\": {}", problem.remedy())
    }
}

impl std::error::Error for LineError {}

fn plain_line(line: &str) -> Result<Line, Problem> {
    let mut fields =
        line.split(|c: char| c == ',' || c.is_whitespace()).filter(|field| !field.is_empty());
    let first = fields.next().ok_or(Problem::Fields)?;
    let rest = (fields.next(), fields.next(), fields.next());
    match rest {
        (None, _, _) if first.contains('/') => prefix(first).map(Line::Prefix),
        (None, _, _) => match range(first) {
            Some(range) => range,
            None => single(line, first).map(Line::One),
        },
        (Some(second), third, None) => {
            let (addr, with_port) = address(second).ok_or(Problem::Address)?;
            let port = match (with_port, third) {
                (Some(_), Some(_)) => return Err(Problem::Fields),
                (port, None) => port,
                (None, Some(third)) => Some(port(third)?),
            };
            Ok(Line::One(Target {
                text: line.to_owned(),
                name: Some(name(first)?),
                addr: Some(addr),
                port,
            }))
        }
        _ => Err(Problem::Fields),
    }
}

fn single(line: &str, field: &str) -> Result<Target, Problem> {
    let text = line.to_owned();
    if let Some((addr, port)) = address(field) {
        return Ok(Target { text, name: None, addr: Some(addr), port });
    }
    if field.starts_with('[') || field.matches(':').count() > 1 {
        return Err(Problem::Address);
    }
    let (host, port) = match field.split_once(':') {
        Some((host, digits)) => (host, Some(port(digits)?)),
        None => (field, None),
    };
    Ok(Target { text, name: Some(name(host)?), addr: None, port })
}

/// An address with or without a port; port 0 is no address.
fn address(field: &str) -> Option<(IpAddr, Option<u16>)> {
    if let Ok(addr) = field.parse() {
        return Some((addr, None));
    }
    if let Ok(socket) = field.parse::<SocketAddr>() {
        return (socket.port() != 0).then(|| (socket.ip(), Some(socket.port())));
    }
    let inner = field.strip_prefix('[')?.strip_suffix(']')?;
    let addr: Ipv6Addr = inner.parse().ok()?;
    Some((addr.into(), None))
}

pub(crate) fn port(digits: &str) -> Result<u16, Problem> {
    match digits.parse() {
        Ok(0) | Err(_) => Err(Problem::Port),
        Ok(port) => Ok(port),
    }
}

fn prefix(field: &str) -> Result<IpNet, Problem> {
    let prefix: IpNet = field.parse().map_err(|_| Problem::Prefix)?;
    if prefix.addr() != prefix.network() {
        return Err(Problem::Prefix);
    }
    if prefix.max_prefix_len() - prefix.prefix_len() > MAX_HOST_BITS_V6
        && matches!(prefix, IpNet::V6(_))
    {
        return Err(Problem::PrefixTooLarge);
    }
    Ok(prefix)
}

/// `192.0.2.1-192.0.2.9`; `None` for what is no two addresses: a name may have a hyphen.
fn range(field: &str) -> Option<Result<Line, Problem>> {
    let (first, last) = field.split_once('-')?;
    let (first, last): (IpAddr, IpAddr) = (first.parse().ok()?, last.parse().ok()?);
    Some(match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => Ok(Line::Range(first, last)),
        _ => Err(Problem::Range),
    })
}

/// A domain name as it is asked for: lower case, no dot at the end.
pub(crate) fn name(field: &str) -> Result<String, Problem> {
    if !field.is_ascii() {
        return Err(Problem::NameNotAscii);
    }
    let name = field.strip_suffix('.').unwrap_or(field);
    let label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    if name.len() > MAX_NAME || !name.split('.').all(label) {
        return Err(Problem::Name);
    }
    // RFC 1123 section 2.1: a name whose last label is all digits cannot be told from an address.
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Problem::Address);
    }
    Ok(name.to_ascii_lowercase())
}

fn successor(addr: IpAddr) -> IpAddr {
    match addr {
        IpAddr::V4(addr) => IpAddr::from(addr.to_bits().wrapping_add(1).to_be_bytes()),
        IpAddr::V6(addr) => IpAddr::from(addr.to_bits().wrapping_add(1).to_be_bytes()),
    }
}

/// A line as text without blanks around it, the first one without the mark of its encoding.
pub(crate) fn text_of(bytes: &[u8], number: u64) -> Result<&str, Problem> {
    let line = std::str::from_utf8(bytes).map_err(|_| Problem::NotText)?;
    let line = if number == 1 { line.trim_start_matches('\u{feff}') } else { line };
    Ok(line.trim())
}

/// The start of a line, fit for a message.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    let end = bytes.len().min(MAX_EXCERPT);
    let shown = bytes.get(..end).unwrap_or_default();
    let mut text = shown.trim_ascii().escape_ascii().to_string();
    if end < bytes.len() {
        text.push('…');
    }
    text
}

/// Octets of a label: RFC 1035 section 2.3.4.
const MAX_LABEL: usize = 63;

/// Characters of a name without its last dot: RFC 1035 section 2.3.4.
const MAX_NAME: usize = 253;

/// A million addresses: more of one IPv6 prefix is a mistake, not a list.
const MAX_HOST_BITS_V6: u8 = 20;

/// How much of a bad line a message repeats.
const MAX_EXCERPT: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Line, Problem> {
        LineParser::new().line(line.as_bytes()).map_err(|error| error.problem)
    }

    fn target(text: &str, name: &str, addr: &str, port: u16) -> Target {
        Target {
            text: text.to_owned(),
            name: (!name.is_empty()).then(|| name.to_owned()),
            addr: addr.parse().ok(),
            port: (port != 0).then_some(port),
        }
    }

    #[test]
    fn every_form_of_a_target_is_read() {
        let name = "mail.example.net";
        let cases = [
            ("192.0.2.1", "", "192.0.2.1", 0),
            ("192.0.2.1:25", "", "192.0.2.1", 25),
            ("2001:db8::1", "", "2001:db8::1", 0),
            ("[2001:db8::1]", "", "2001:db8::1", 0),
            ("[2001:db8::1]:993", "", "2001:db8::1", 993),
            ("mail.example.net", name, "", 0),
            ("MAIL.Example.net.", name, "", 0),
            ("mail.example.net:587", name, "", 587),
            ("mail.example.net,192.0.2.1", name, "192.0.2.1", 0),
            ("mail.example.net, 192.0.2.1, 25", name, "192.0.2.1", 25),
            ("mail.example.net 192.0.2.1", name, "192.0.2.1", 0),
            ("mail.example.net\t2001:db8::1\t25", name, "2001:db8::1", 25),
            ("mail.example.net 192.0.2.1:25", name, "192.0.2.1", 25),
            ("localhost", "localhost", "", 0),
            ("_x.xn--bcher-kva.example", "_x.xn--bcher-kva.example", "", 0),
        ];
        for (line, name, addr, port) in cases {
            let expected = target(line, name, addr, port);
            assert_eq!(parse(line), Ok(Line::One(expected.clone())), "{line}");
            let dressed = format!("  {line}\t# why not\r\n");
            assert_eq!(parse(&dressed), Ok(Line::One(expected)), "{dressed}");
        }
    }

    #[test]
    fn lines_without_content_are_nothing() {
        for line in ["", "  \t", "# comment", "   # 192.0.2.1", "\r\n", "\u{feff}"] {
            assert_eq!(parse(line), Ok(Line::Nothing), "{line:?}");
        }
        assert_eq!(
            parse("\u{feff}192.0.2.1"),
            Ok(Line::One(target("192.0.2.1", "", "192.0.2.1", 0)))
        );
    }

    #[test]
    fn bad_lines_say_what_to_write_instead() {
        let label = "a".repeat(64);
        let long = format!("{}net", "abcdefg.".repeat(32));
        let cases = [
            ("192.0.2.256", Problem::Address),
            ("192.0.2.1:0", Problem::Port),
            ("192.0.2.1:65536", Problem::Port),
            ("2001:db8::1::", Problem::Address),
            ("[2001:db8::1", Problem::Address),
            ("[2001:db8::1]:x", Problem::Address),
            ("mail.example.net:", Problem::Port),
            ("mail..example", Problem::Name),
            ("http://example.net/", Problem::Prefix),
            ("mail.example.net;25", Problem::Name),
            ("bücher.example", Problem::NameNotAscii),
            (&label, Problem::Name),
            (&long, Problem::Name),
            ("mail.example.net 192.0.2.1 25 x", Problem::Fields),
            ("mail.example.net 192.0.2.1:25 25", Problem::Fields),
            ("mail.example.net example.net", Problem::Address),
            ("192.0.2.0/33", Problem::Prefix),
            ("192.0.2.1/24", Problem::Prefix),
            ("2001:db8::/64", Problem::PrefixTooLarge),
            ("192.0.2.9-192.0.2.1", Problem::Range),
            ("2001:db8::1-2001:db8::9", Problem::Range),
            ("192.0.2.1-192.0.2.300", Problem::Address),
        ];
        for (line, problem) in cases {
            assert_eq!(parse(line), Err(problem), "{line}");
        }
        let mut parser = LineParser::new();
        assert_eq!(parser.line(b"\xff\xfe").map_err(|e| e.problem), Err(Problem::NotText));
        let error = parser.line(b"192.0.2.1:x\n").expect_err("no port");
        assert_eq!(
            error.to_string(),
            "line 2: \"192.0.2.1:x\": not a port; write a number from 1 to 65535"
        );
        let error = parser.line(&[b'x'; 5000]).expect_err("too long");
        assert_eq!((error.number, error.problem), (3, Problem::TooLong));
        assert!(error.text.len() < 100);
        assert!(parser.line(b"192.0.2.1").is_ok());
    }

    #[test]
    fn a_prefix_or_range_is_every_address_of_it_once() {
        let texts = |line: &str| -> Vec<String> {
            let line = parse(line).expect("a line");
            let targets: Vec<_> = line.clone().targets().collect();
            let numbered: Vec<_> = (0..line.len()).filter_map(|n| line.target(n)).collect();
            assert_eq!(numbered, targets);
            assert_eq!(line.target(line.len()), None);
            assert_eq!(line.is_empty(), targets.is_empty());
            targets.into_iter().map(|target| target.text).collect()
        };
        assert_eq!(
            texts("192.0.2.254-192.0.3.1"),
            ["192.0.2.254", "192.0.2.255", "192.0.3.0", "192.0.3.1"]
        );
        assert_eq!(texts("255.255.255.255-255.255.255.255"), ["255.255.255.255"]);
        assert_eq!(
            texts("192.0.2.252/30"),
            ["192.0.2.252", "192.0.2.253", "192.0.2.254", "192.0.2.255"]
        );
        assert_eq!(texts("255.255.255.255/32"), ["255.255.255.255"]);
        assert_eq!(texts("2001:db8::/127"), ["2001:db8::", "2001:db8::1"]);
        assert_eq!(texts("10.0.0.0/16").len(), 65_536);
        assert_eq!(texts("192.0.2.1"), ["192.0.2.1"]);
        assert_eq!(texts("#").len(), 0);
    }
}
