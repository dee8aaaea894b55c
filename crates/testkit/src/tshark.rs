//! Another reader of captures: what tshark says of each TCP stream with TLS in it. It does not follow the upgrade of IRC.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use sha2::Digest;
use sha2::Sha256;

/// One TCP stream with TLS in it. Hashes are lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Its number: streams are counted in the order of their first packets.
    pub number: u32,
    /// Who sent the ClientHello, or was sent the ServerHello.
    pub client: SocketAddr,
    /// The other one.
    pub server: SocketAddr,
    /// Version field of the first ClientHello.
    pub offer_version: Option<u16>,
    /// Versions in its `supported_versions`.
    pub offer_versions: Vec<u16>,
    /// Its suites.
    pub offer_suites: Vec<u16>,
    /// Its server name.
    pub sni: Option<String>,
    /// Its JA3.
    pub ja3: Option<String>,
    /// Version negotiated: of the last ServerHello, its `supported_versions` before its version field.
    pub version: Option<u16>,
    /// Suite chosen.
    pub suite: Option<u16>,
    /// Group of the server's share, or its named curve.
    pub group: Option<u16>,
    /// Bits of the prime of Diffie-Hellman.
    pub dh_bits: Option<u16>,
    /// JA3S of the last ServerHello.
    pub ja3s: Option<String>,
    /// SHA-256 of the server's certificates.
    pub chain: Vec<String>,
    /// SHA-256 of the client's certificates.
    pub client_chain: Vec<String>,
    /// Alerts in the clear: level and description.
    pub alerts: Vec<(u8, u8)>,
}

/// Why tshark said nothing.
#[derive(Debug)]
pub enum NoAnswer {
    /// It is not installed.
    Missing,
    /// It failed: what it said.
    Failed(String),
    /// It could not be run.
    Io(io::Error),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(formatter, "tshark is not installed"),
            Self::Failed(said) => write!(formatter, "tshark: {said}"),
            Self::Io(error) => write!(formatter, "tshark: {error}"),
        }
    }
}

impl std::error::Error for NoAnswer {}

/// What is asked of each frame, in the order of a line: what our main columns have too.
pub const FIELDS: [&str; 20] = [
    "tcp.stream",
    "ip.src",
    "ipv6.src",
    "tcp.srcport",
    "ip.dst",
    "ipv6.dst",
    "tcp.dstport",
    "tls.handshake.type",
    "tls.handshake.version",
    "tls.handshake.extensions.supported_version",
    "tls.handshake.ciphersuite",
    "tls.handshake.extensions_server_name",
    "tls.handshake.ja3",
    "tls.handshake.ja3s",
    "tls.handshake.extensions_key_share_group",
    "tls.handshake.server_named_curve",
    "tls.handshake.p",
    "tls.handshake.certificate",
    "tls.alert_message.level",
    "tls.alert_message.desc",
];
const CLIENT_HELLO: &str = "1";
const SERVER_HELLO: &str = "2";

/// All streams of a capture in which tshark finds TLS. Ports where it would not look can be given a dissector, such as
/// `(2525, "smtp")`.
///
/// # Errors
/// Without tshark, or when it cannot read the capture.
pub fn streams(capture: &Path, decode_as: &[(u16, &str)]) -> Result<Vec<Stream>, NoAnswer> {
    let text = ask(capture, decode_as)?;
    let mut streams: BTreeMap<u32, Partial> = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<_> = line.split('\t').collect();
        let Some(frame) = Frame::of(&cells) else {
            return Err(NoAnswer::Failed(format!("a line that is no frame: {line}")));
        };
        streams.entry(frame.stream).or_default().hear(&frame);
    }
    Ok(streams.into_iter().filter_map(|(number, partial)| partial.finish(number)).collect())
}

fn ask(capture: &Path, decode_as: &[(u16, &str)]) -> Result<String, NoAnswer> {
    let mut command = Command::new("tshark");
    // Without name resolution, and with whole streams put together before they are dissected.
    command.args(["-n", "-2", "-o", "tcp.desegment_tcp_streams:TRUE"]);
    command.args(["-o", "tcp.reassemble_out_of_order:TRUE", "-Y", "tls && tcp"]);
    command.args(["-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"]);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    for (port, dissector) in decode_as {
        command.args(["-d", &format!("tcp.port=={port},{dissector}")]);
    }
    let output = match command.arg("-r").arg(capture).stdin(Stdio::null()).output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(NoAnswer::Missing),
        Err(error) => return Err(NoAnswer::Io(error)),
        Ok(output) => output,
    };
    let said = String::from_utf8_lossy(&output.stderr);
    // A capture that was cut is read up to there.
    if !output.status.success() && !said.contains("cut short") {
        return Err(NoAnswer::Failed(said.trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// One frame with TLS in it. A tunnel has several addresses: the innermost count.
struct Frame<'a> {
    stream: u32,
    source: SocketAddr,
    destination: SocketAddr,
    cells: &'a [&'a str],
}

impl<'a> Frame<'a> {
    fn of(cells: &'a [&'a str]) -> Option<Self> {
        if cells.len() != FIELDS.len() {
            return None;
        }
        let last =
            |place: usize| cells.get(place)?.rsplit(',').next().filter(|text| !text.is_empty());
        let end = |v4, v6, port| {
            let ip: IpAddr = last(v4).or_else(|| last(v6))?.parse().ok()?;
            Some(SocketAddr::new(ip, last(port)?.parse().ok()?))
        };
        let stream = last(0)?.parse().ok()?;
        Some(Self { stream, source: end(1, 2, 3)?, destination: end(4, 5, 6)?, cells })
    }

    /// All values of a field.
    fn all(&self, field: &str) -> impl Iterator<Item = &'a str> {
        let place = FIELDS.iter().position(|known| *known == field);
        let cell = place.and_then(|place| self.cells.get(place)).copied().unwrap_or_default();
        cell.split(',').filter(|text| !text.is_empty())
    }

    fn numbers(&self, field: &str) -> Vec<u16> {
        self.all(field).filter_map(number).collect()
    }

    fn has(&self, message: &str) -> bool {
        self.all("tls.handshake.type").any(|kind| kind == message)
    }
}

fn number(text: &str) -> Option<u16> {
    match text.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// A stream as far as it was heard.
#[derive(Default)]
struct Partial {
    ends: Option<(SocketAddr, SocketAddr)>,
    offered: bool,
    stream: Option<Stream>,
    chains: BTreeMap<SocketAddr, Vec<String>>,
}

impl Partial {
    fn hear(&mut self, frame: &Frame<'_>) {
        let hello = frame.has(CLIENT_HELLO);
        let answer = frame.has(SERVER_HELLO);
        if self.ends.is_none() && (hello || answer) {
            let ends = (frame.source, frame.destination);
            self.ends = Some(if hello { ends } else { (ends.1, ends.0) });
        }
        let hashes = frame.all("tls.handshake.certificate").map(hash);
        self.chains.entry(frame.source).or_default().extend(hashes);
        let ends = (frame.source, frame.destination);
        let stream = self.stream.get_or_insert_with(|| Stream::between(ends));
        if hello && !self.offered {
            self.offered = true;
            stream.hear_hello(frame);
        }
        if answer {
            stream.hear_answer(frame);
        }
        stream.hear_exchange(frame);
    }

    fn finish(mut self, number: u32) -> Option<Stream> {
        let (client, server) = self.ends.or_else(|| {
            // Neither hello: TLS that began before, of which the lower port is likely the server's.
            let stream = self.stream.as_ref()?;
            let ends = (stream.client, stream.server);
            Some(if ends.0.port() < ends.1.port() { (ends.1, ends.0) } else { ends })
        })?;
        let [chain, client_chain] =
            [server, client].map(|end| self.chains.remove(&end).unwrap_or_default());
        self.stream.map(|stream| Stream { number, client, server, chain, client_chain, ..stream })
    }
}

impl Stream {
    const fn between((client, server): (SocketAddr, SocketAddr)) -> Self {
        Self {
            number: 0,
            client,
            server,
            offer_version: None,
            offer_versions: Vec::new(),
            offer_suites: Vec::new(),
            sni: None,
            ja3: None,
            version: None,
            suite: None,
            group: None,
            dh_bits: None,
            ja3s: None,
            chain: Vec::new(),
            client_chain: Vec::new(),
            alerts: Vec::new(),
        }
    }

    fn hear_hello(&mut self, frame: &Frame<'_>) {
        self.offer_version = frame.all("tls.handshake.version").next().and_then(number);
        self.offer_versions = frame.numbers("tls.handshake.extensions.supported_version");
        self.offer_suites = frame.numbers("tls.handshake.ciphersuite");
        let name = frame.all("tls.handshake.extensions_server_name").next();
        self.sni = name.map(str::to_owned);
        self.ja3 = frame.all("tls.handshake.ja3").next().map(str::to_owned);
    }

    fn hear_answer(&mut self, frame: &Frame<'_>) {
        let field = frame.all("tls.handshake.version").last().and_then(number);
        let chosen = frame.all("tls.handshake.extensions.supported_version").last();
        self.version = chosen.and_then(number).or(field);
        self.suite = frame.all("tls.handshake.ciphersuite").last().and_then(number);
        self.ja3s = frame.all("tls.handshake.ja3s").last().map(str::to_owned);
        let share = frame.all("tls.handshake.extensions_key_share_group").last();
        self.group = share.and_then(number);
    }

    fn hear_exchange(&mut self, frame: &Frame<'_>) {
        let curve = frame.all("tls.handshake.server_named_curve").next().and_then(number);
        self.group = curve.or(self.group);
        self.dh_bits = frame.all("tls.handshake.p").next().and_then(bits).or(self.dh_bits);
        let levels = frame.all("tls.alert_message.level");
        let alerts = levels.zip(frame.all("tls.alert_message.desc"));
        self.alerts.extend(alerts.filter_map(|(level, description)| {
            Some((level.parse().ok()?, description.parse().ok()?))
        }));
    }
}

/// Bits of a number in hexadecimal, leading zeros not counted.
fn bits(hex: &str) -> Option<u16> {
    let digits = hex.replace(':', "");
    let digits = digits.trim_start_matches('0');
    let first = digits.chars().next()?.to_digit(16)?;
    let below = u16::try_from(digits.len() - 1).ok()? * 4;
    Some(below + u16::try_from(u32::BITS - first.leading_zeros()).ok()?)
}

/// SHA-256 of bytes in hexadecimal.
fn hash(hex: &str) -> String {
    let digits = hex.replace(':', "");
    let pairs = digits.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    let bytes: Vec<u8> = pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
    Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_by_their_innermost_addresses() {
        let mut cells =
            vec!["4,5", "203.0.113.1,192.0.2.1", "", "1024", "203.0.113.2,192.0.2.2", "", "443"];
        cells.resize(FIELDS.len(), "");
        cells[7] = "2,11";
        let frame = Frame::of(&cells).unwrap();
        assert_eq!((frame.stream, frame.source), (5, "192.0.2.1:1024".parse().unwrap()));
        assert!(frame.has(SERVER_HELLO) && !frame.has(CLIENT_HELLO));
        assert!(Frame::of(&cells[1..]).is_none());
    }

    #[test]
    fn numbers_are_counted_in_bits() {
        for (hex, expected) in [("00ff", 8), ("01:00", 9), ("7f", 7)] {
            assert_eq!(bits(hex), Some(expected), "{hex}");
        }
        assert_eq!(bits("0000"), None);
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hash(""), empty);
    }
}
