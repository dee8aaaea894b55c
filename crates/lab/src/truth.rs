//! The ground truth: one row per host and service, as a correct scan must find it.

use std::fs::File;
use std::io;
use std::io::BufWriter;
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::Path;

use serde::Deserialize;
use serde::Serialize;

use crate::Exchange;
use crate::Field;
use crate::Flavour;
use crate::IntrusiveTruth;
use crate::Repertoire;
use crate::Service;
use crate::State;
use crate::population::Endpoint;
use crate::serve::CUT_SHORT;
use crate::state::Handshake;
use crate::state::Manner;
use crate::state::Opening;
use crate::state::Upgrade;
use crate::state_table::Finding;

/// What happens to a SYN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tcp {
    /// A connection comes to be.
    Open,
    /// A RST comes back.
    Refused,
}

/// Whether the server is seen to speak the service's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Speaks {
    /// It says something else.
    No,
    /// It ends before that can be seen.
    Unreached,
    /// It does.
    Yes,
}

/// What a correct scan must find at one host and service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthRow {
    /// Host.
    pub addr: Ipv4Addr,
    /// Port, the plan's offset included.
    pub port: u16,
    /// The service's word.
    pub service: String,
    /// The word of the state that was dealt, or `not-served`.
    pub state: String,
    /// What happens to a SYN.
    pub tcp: Tcp,
    /// The phase in which the probe ends.
    pub phase: String,
    /// The outcomes that say what happened, the likeliest first.
    pub outcomes: Vec<String>,
    /// How far STARTTLS came.
    pub starttls_state: String,
    /// Whether the protocol is seen to be spoken.
    pub speaks_protocol: Speaks,
    /// A handshake is completed.
    pub tls_completed: bool,
    /// The version agreed on; absent unless completed.
    pub tls_version: Option<String>,
    /// The word of the TLS server that was dealt; absent where none gets to speak.
    pub flavour: Option<String>,
    /// What the server chose; absent where no ServerHello came.
    pub chosen: Option<Chosen>,
    /// What the server has beside what it chose; absent where no hello of a server ever comes.
    pub repertoire: Option<Repertoire>,
    /// SHA-256 of the certificates in wire order; empty unless completed.
    pub chain: Vec<String>,
    /// A list of capabilities can be read in plaintext.
    pub capabilities_before_read: bool,
    /// A list of capabilities can be read inside TLS.
    pub capabilities_after_read: bool,
    /// Mechanisms in plaintext in the server's order; absent where no list can be read.
    pub mechanisms_before: Option<Vec<String>>,
    /// Mechanisms inside TLS in the server's order; absent where no list can be read.
    pub mechanisms_after: Option<Vec<String>>,
    /// What intrusive questions must find.
    pub intrusive: IntrusiveTruth,
}

/// What a server chose, as far as a correct scan can know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// The version.
    pub version: String,
    /// The suite, by its IANA name; none in SSL 2.
    pub suite: Option<String>,
    /// The kind of key exchange, in the word of rows; none in SSL 2.
    pub key_exchange: Option<String>,
    /// The group, where it has a code point and the server came to it.
    pub group: Option<String>,
    /// Bits of a finite field's prime.
    pub dh_bits: Option<u16>,
    /// SHA-256 of the prime.
    pub dh_prime_sha256: Option<String>,
    /// The name under which the prime is known, if it is.
    pub dh_known_as: Option<String>,
    /// The server's public value is one that others of its kind have too.
    pub keeps_value: bool,
    /// Whether half of a prime that is known, less one, is a prime too.
    pub dh_safe: Option<bool>,
}

impl Chosen {
    /// Of a server that came to its key exchange.
    fn whole(flavour: Flavour, rsa: bool) -> Self {
        let exchange = flavour.exchange();
        let field = match exchange {
            Exchange::Field(field) | Exchange::NamedField(_, field) => Some(field),
            Exchange::Curve(_) | Exchange::Hybrid(_) | Exchange::Rsa | Exchange::Shared(_) => None,
        };
        Self {
            version: flavour.version().to_owned(),
            suite: flavour.suite(rsa).map(str::to_owned),
            key_exchange: flavour.suite(rsa).map(|_| exchange.word().to_owned()),
            group: exchange.group().map(str::to_owned),
            dh_bits: field.map(Field::bits),
            dh_prime_sha256: field.map(Field::prime_sha256),
            dh_known_as: field.and_then(Field::known_as).map(str::to_owned),
            keeps_value: flavour.keeps_value(),
            dh_safe: field.filter(|field| field.known_as().is_some()).map(Field::is_safe),
        }
    }

    /// Of a server that left behind its ServerHello, before TLS 1.3 and on a curve.
    fn hello_only(flavour: Flavour, rsa: bool) -> Self {
        Self { group: None, ..Self::whole(flavour, rsa) }
    }

    fn at(endpoint: &Endpoint, finding: &Finding) -> Option<Self> {
        match endpoint.state.conduct().handshake {
            _ if finding.tls || finding.heard() => {
                Some(Self::whole(endpoint.flavour, endpoint.key.is_rsa()))
            }
            Handshake::CloseMidway => Some(Self::hello_only(CUT_SHORT, endpoint.key.is_rsa())),
            _ => None,
        }
    }
}

impl TruthRow {
    pub(crate) fn served(endpoint: &Endpoint) -> Self {
        let service = &endpoint.service;
        let finding = endpoint.state.finding(service, endpoint.flavour);
        let speech = endpoint.speech;
        let (before, after) = (finding.before, finding.after);
        Self {
            addr: endpoint.address,
            port: endpoint.port,
            service: service.word.to_owned(),
            state: endpoint.state.word().to_owned(),
            tcp: Tcp::Open,
            phase: finding.phase.to_owned(),
            outcomes: finding.outcomes.iter().map(|&o| o.to_owned()).collect(),
            starttls_state: finding.starttls.to_owned(),
            speaks_protocol: finding.speaks,
            tls_completed: finding.tls,
            tls_version: finding.tls.then(|| endpoint.flavour.version().to_owned()),
            flavour: tls_speaks(endpoint).then(|| endpoint.flavour.word().to_owned()),
            chosen: Chosen::at(endpoint, &finding),
            repertoire: Repertoire::at(endpoint, &finding),
            chain: match finding.tls && !endpoint.flavour.is_anonymous() {
                true => endpoint.credential.sha256().to_vec(),
                false => Vec::new(),
            },
            capabilities_before_read: before,
            capabilities_after_read: after,
            mechanisms_before: before.then(|| match endpoint.state {
                // HELO's reply is a list without entries.
                State::HeloOnly => Vec::new(),
                _ => speech.before.mechanisms(service.language, true),
            }),
            mechanisms_after: after
                .then(|| speech.after.mechanisms(service.language, service.implicit)),
            intrusive: IntrusiveTruth::at(endpoint, &finding),
        }
    }

    pub(crate) fn not_served(addr: Ipv4Addr, port: u16, service: &Service) -> Self {
        let starttls_state = if service.implicit { "unasked" } else { "no-answer" };
        Self {
            addr,
            port,
            service: service.word.to_owned(),
            state: "not-served".to_owned(),
            tcp: Tcp::Refused,
            phase: "connect".to_owned(),
            outcomes: vec!["refused".to_owned()],
            starttls_state: starttls_state.to_owned(),
            speaks_protocol: Speaks::Unreached,
            tls_completed: false,
            tls_version: None,
            flavour: None,
            chosen: None,
            repertoire: None,
            chain: Vec::new(),
            capabilities_before_read: false,
            capabilities_after_read: false,
            mechanisms_before: None,
            mechanisms_after: None,
            intrusive: IntrusiveTruth::not_reached(service),
        }
    }
}

/// Whether the TLS server that was dealt gets to speak.
fn tls_speaks(endpoint: &Endpoint) -> bool {
    let conduct = endpoint.state.conduct();
    conduct.opening == Opening::Proper
        && conduct.handshake == Handshake::Proper
        && (endpoint.service.implicit || conduct.upgrade == Upgrade::Accept)
        && conduct.manner != Manner::Shed
        && conduct.manner != Manner::CloseAtCapabilities
}

/// Writes the truth as one JSON object per line.
///
/// # Errors
/// The file system's.
pub fn write(truth: &[TruthRow], path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for row in truth {
        serde_json::to_writer(&mut file, row)?;
        file.write_all(b"\n")?;
    }
    file.into_inner()?.sync_all()
}

/// Reads what [`write`] wrote.
///
/// # Errors
/// The file system's, or a line that is no row.
pub fn read(path: &Path) -> io::Result<Vec<TruthRow>> {
    std::fs::read_to_string(path)?
        .lines()
        .map(|line| serde_json::from_str(line).map_err(io::Error::from))
        .collect()
}
