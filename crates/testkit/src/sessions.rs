//! Real clients with real servers, watched: a capture of Debian's daemons on loopback being visited, and what the clients say that
//! they agreed on.
//!
//! Everything happens in a network namespace of its own, where nothing else speaks.

use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use crate::daemons::DAEMONS;
use crate::daemons::Daemon;
use crate::daemons::Missing;
use crate::daemons::Site;
use crate::netns::Namespace;
use crate::netns::NoNamespaces;

/// One session that a client held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The word of the service, such as `smtp` or `imaps`.
    pub service: &'static str,
    /// The server.
    pub server: SocketAddr,
    /// The name that the client asked for.
    pub name: &'static str,
    /// The client's program.
    pub client: &'static str,
    /// What the client says of the version, in the words of the column `tls_version`.
    pub version: Option<String>,
    /// What it says of the suite, IANA's name.
    pub suite: Option<String>,
    /// What it says of the group, IANA's name in small letters; None: it does not say.
    pub group: Option<String>,
    /// All that it printed.
    pub printed: String,
}

/// What was captured.
#[derive(Debug)]
pub struct Watched {
    /// The capture: pcapng, link type Ethernet.
    pub capture: PathBuf,
    /// Sessions in the order in which they were held, one after the other.
    pub sessions: Vec<Session>,
    /// The certificate of all servers, DER.
    pub certificate: Vec<u8>,
    /// Holds the capture, and goes with this.
    _folder: tempfile::TempDir,
}

/// Why nothing can be captured here.
#[derive(Debug)]
pub enum Unwatched {
    /// A daemon is not there.
    Daemon(Missing),
    /// There can be no namespace.
    Namespace(NoNamespaces),
    /// A program is not installed.
    Program(&'static str),
    /// Something could not be done.
    Io(io::Error),
    /// Packets were lost, or the capture did not begin or end: what was seen of it.
    Capture(String),
}

impl Unwatched {
    /// Nothing went wrong: this machine lacks something that CI has.
    pub const fn is_missing(&self) -> bool {
        match self {
            Self::Daemon(Missing::Program(_) | Missing::Root) | Self::Program(_) => true,
            Self::Namespace(NoNamespaces::Root | NoNamespaces::Program(_)) => true,
            Self::Daemon(_) | Self::Namespace(_) | Self::Io(_) | Self::Capture(_) => false,
        }
    }
}

impl fmt::Display for Unwatched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Daemon(missing) => write!(formatter, "{missing}"),
            Self::Namespace(missing) => write!(formatter, "{missing}"),
            Self::Program(name) => write!(formatter, "{name} is not installed"),
            Self::Io(error) => write!(formatter, "{error}"),
            Self::Capture(said) => write!(formatter, "the capture: {said}"),
        }
    }
}

impl std::error::Error for Unwatched {}

impl From<io::Error> for Unwatched {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Daemons that are visited; dovecot before postfix, which asks it for mechanisms.
const VISITED: [&str; 4] = ["dovecot", "postfix", "prosody", "inspircd"];

/// Services: word, package, port, the word of OpenSSL's and of GnuTLS's client for the upgrade, curl's scheme.
type Visit = (
    &'static str,
    &'static str,
    u16,
    Option<&'static str>,
    Option<&'static str>,
    Option<&'static str>,
);

const VISITS: [Visit; 13] = [
    ("smtp", "postfix", 25, Some("smtp"), Some("smtp"), Some("smtp")),
    ("submission", "postfix", 587, Some("smtp"), None, None),
    ("smtps", "postfix", 465, None, None, Some("smtps")),
    ("imap", "dovecot", 143, Some("imap"), Some("imap"), Some("imap")),
    ("imaps", "dovecot", 993, None, None, Some("imaps")),
    ("pop3", "dovecot", 110, Some("pop3"), Some("pop3"), Some("pop3")),
    ("pop3s", "dovecot", 995, None, None, Some("pop3s")),
    ("irc", "inspircd", 6667, Some("irc"), None, None),
    ("ircs", "inspircd", 6697, None, None, None),
    ("xmpp-c2s", "prosody", 5222, Some("xmpp"), None, None),
    ("xmpps-c2s", "prosody", 5223, None, None, None),
    ("xmpp-s2s", "prosody", 5269, Some("xmpp-server"), None, None),
    ("xmpps-s2s", "prosody", 5270, None, None, None),
];

/// Longest that a capture may take to begin or end.
const CAPTURE_MS: u64 = 20_000;
/// Longest that a client is waited for: some wait for a server that waits for them.
const CLIENT_SECONDS: &str = "20";

/// Starts the daemons, visits each service with several clients, and captures it.
///
/// # Errors
/// Says what is missing or went wrong.
pub fn watch() -> Result<Watched, Unwatched> {
    let namespace = Namespace::new().map_err(Unwatched::Namespace)?;
    namespace.within(watch_here)
}

fn watch_here() -> Result<Watched, Unwatched> {
    for (program, argument) in
        [("dumpcap", "-v"), ("openssl", "version"), ("gnutls-cli", "-v"), ("curl", "-V")]
    {
        if matches!(silent(program).arg(argument).status(), Err(error) if error.kind() == io::ErrorKind::NotFound)
        {
            return Err(Unwatched::Program(program));
        }
    }
    let mut site = Site::new().map_err(Unwatched::Daemon)?;
    for package in VISITED {
        site.start(daemon(package)).map_err(Unwatched::Daemon)?;
    }
    wait_for_quiet()?;
    let folder = tempfile::Builder::new().prefix("sessions").tempdir()?;
    let capture = folder.path().join("sessions.pcapng");
    let running = Capturing::begin(&capture)?;
    let suites = iana_names()?;
    let sessions = VISITS.iter().flat_map(|visit| hold(visit, &suites)).collect();
    running.end()?;
    let certificate = site.certificate_der()?;
    Ok(Watched { capture, sessions, certificate, _folder: folder })
}

/// Waits until the connections are gone that found out whether the daemons listen: what is still said on one is no session.
fn wait_for_quiet() -> Result<(), Unwatched> {
    let deadline = Instant::now() + Duration::from_millis(CAPTURE_MS);
    loop {
        // Of this namespace, which is the thread's.
        let sockets = |family: &str| fs::read_to_string(format!("/proc/thread-self/net/{family}"));
        let (ipv4, ipv6) = (sockets("tcp")?, sockets("tcp6").unwrap_or_default());
        let open = [open_connections(&ipv4), open_connections(&ipv6)].concat();
        if open.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(Unwatched::Capture(format!("connections stay open:\n{}", open.join("\n"))));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Lines of the kernel's table of sockets: those that are connected, and not only remembered.
fn open_connections(sockets: &str) -> Vec<&str> {
    let state = |line: &str| line.split_whitespace().nth(3).map(str::to_owned);
    let is_open = |line: &&str| state(line).is_none_or(|state| !NOT_OPEN.contains(&&*state));
    sockets.lines().skip(1).filter(is_open).collect()
}

/// States of the kernel: `TCP_LISTEN` and `TCP_TIME_WAIT`.
const NOT_OPEN: [&str; 2] = ["0A", "06"];

fn daemon(package: &str) -> Daemon {
    let found = DAEMONS.iter().find(|daemon| daemon.package == package);
    *found.expect("one of the list")
}

/// All sessions of a service.
fn hold(visit: &Visit, suites: &[(String, String)]) -> Vec<Session> {
    let (service, package, port, openssl, gnutls, curl) = *visit;
    let daemon = daemon(package);
    let server: SocketAddr = format!("{}:{port}", daemon.address).parse().expect("a constant");
    let session = |client, command: &mut Command| {
        let printed = run(command);
        let (version, suite, group) = read(&printed);
        let named = |suite: String| {
            let known = suites.iter().find(|(own, _)| *own == suite);
            known.map_or(suite, |(_, iana)| iana.clone())
        };
        let suite = suite.map(named);
        Session { service, server, name: daemon.name, client, version, suite, group, printed }
    };
    let mut sessions = Vec::new();
    for version in ["-tls1_2", "-tls1_3"] {
        let mut command = client("openssl");
        command.args(["s_client", "-brief", "-connect", &server.to_string(), version]);
        command.args(["-servername", daemon.name, "-name", daemon.name]);
        command.args(openssl.map(|word| ["-starttls", word]).into_iter().flatten());
        sessions.push(session("openssl", &mut command));
    }
    if let Some(word) = gnutls {
        let mut command = client("gnutls-cli");
        command.args(["--insecure", "--starttls-proto", word, "-p", &port.to_string()]);
        command.args(["--sni-hostname", daemon.name, daemon.address]);
        sessions.push(session("gnutls-cli", &mut command));
    }
    if let Some(scheme) = curl {
        let mut command = client("curl");
        command.args(["-v", "-k", "--ssl-reqd", "--max-time", "10", "--connect-to"]);
        command.arg(format!("::{}:{port}", daemon.address));
        command.arg(format!("{scheme}://{}:{port}", daemon.name));
        sessions.push(session("curl", &mut command));
    }
    sessions
}

/// A client that is ended when it does not end by itself.
fn client(program: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args([CLIENT_SECONDS, program]);
    command
}

/// What a client prints when it has nothing to say.
fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
    String::from_utf8_lossy(&output).into_owned()
}

/// Version, suite and group out of a client's words.
fn read(printed: &str) -> (Option<String>, Option<String>, Option<String>) {
    let behind = |mark: &str| {
        let rest = printed.split_once(mark)?.1;
        rest.lines().next().map(|line| line.trim().to_owned())
    };
    if let Some(line) = behind("SSL connection using ") {
        let (version, suite) = line.split_once(" / ").unwrap_or((&line, ""));
        return (Some(spelt(version)), Some(suite.to_owned()), None);
    }
    if let Some(line) = behind("- Description: ") {
        // (TLS1.3-X.509)-(ECDHE-SECP256R1)-(RSA-PSS-RSAE-SHA256)-(AES-256-GCM): the suite is spread over it.
        let version = line.trim_start_matches('(').split('-').next().map(spelt);
        let exchange = line.split(")-(").nth(1).and_then(|exchange| exchange.split_once('-'));
        return (version, None, exchange.map(|(_, group)| group.to_lowercase()));
    }
    let group = behind("Server Temp Key: ").map(|line| {
        // ECDH, prime256v1, 256 bits; or X25519, 253 bits.
        let line = line.strip_prefix("ECDH, ").unwrap_or(&line).to_owned();
        let name = line.split(',').next().unwrap_or_default().to_lowercase();
        if name == "prime256v1" { "secp256r1".to_owned() } else { name }
    });
    (behind("Protocol version: ").map(|word| spelt(&word)), behind("Ciphersuite: "), group)
}

/// TLSv1.3, TLS1.3 and TLS 1.3 are one.
fn spelt(version: &str) -> String {
    let number = version.trim_start_matches("TLS").trim_start_matches('v').trim();
    format!("TLS {number}")
}

/// OpenSSL's own names of suites, and IANA's.
fn iana_names() -> io::Result<Vec<(String, String)>> {
    let output = Command::new("openssl").args(["ciphers", "-stdname", "ALL"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pair = |line: &str| {
        let (iana, rest) = line.split_once(" - ")?;
        Some((rest.split_whitespace().next()?.to_owned(), iana.trim().to_owned()))
    };
    Ok(text.lines().filter_map(pair).collect())
}

fn silent(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// dumpcap at work on loopback.
struct Capturing {
    child: Child,
    log: PathBuf,
}

impl Capturing {
    fn begin(capture: &Path) -> Result<Self, Unwatched> {
        let log = capture.with_extension("log");
        let mut command = Command::new("dumpcap");
        command.args(["-i", "lo", "-s", "262144", "-B", "16", "-w"]).arg(capture);
        let words = fs::File::create(&log)?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(words).spawn()?;
        let new = Self { child, log };
        // It says so once it has opened the interface and the file.
        new.wait(|log| log.contains("File: "))?;
        Ok(new)
    }

    fn end(mut self) -> Result<(), Unwatched> {
        // The last packets are handed over with the ring's next time-out.
        thread::sleep(Duration::from_millis(500));
        silent("kill").args(["-INT", &self.child.id().to_string()]).status()?;
        let log = self.wait(|log| log.contains("Packets received/dropped"))?;
        self.child.wait()?;
        // Packets received/dropped on interface 'lo': 715/0 (pcap:0/dumpcap:0/flushed:0/ps_ifdrop:0) (100.0%)
        let lost_none = log.contains("/0 (pcap:0/dumpcap:0/");
        if lost_none { Ok(()) } else { Err(Unwatched::Capture(log)) }
    }

    fn wait(&self, until: impl Fn(&str) -> bool) -> Result<String, Unwatched> {
        let deadline = Instant::now() + Duration::from_millis(CAPTURE_MS);
        loop {
            let log = fs::read_to_string(&self.log)?;
            if until(&log) {
                return Ok(log);
            }
            if Instant::now() > deadline {
                return Err(Unwatched::Capture(log));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Capturing {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_and_remembered_connections_are_not_open() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue\n\
            0: 00000000:1A29 00000000:0000 0A 00000000:00000000\n\
            1: 0100007F:1A29 0100007F:C350 06 00000000:00000000\n\
            2: 0100007F:1A29 0100007F:C351 08 00000000:00000000\n";
        let open = open_connections(table);
        assert!(matches!(open[..], [one] if one.contains("C351")), "{open:?}");
        assert!(open_connections("").is_empty());
    }

    #[test]
    fn the_words_of_every_client_are_read() {
        for (printed, version, suite, group) in [
            (
                "CONNECTION ESTABLISHED\nProtocol version: TLSv1.3\nCiphersuite: TLS_AES_256_GCM_SHA384\nServer Temp Key: X25519, 253 bits\n",
                "TLS 1.3",
                Some("TLS_AES_256_GCM_SHA384"),
                Some("x25519"),
            ),
            (
                "Protocol version: TLSv1.2\nCiphersuite: A\nServer Temp Key: ECDH, prime256v1, 256 bits\n",
                "TLS 1.2",
                Some("A"),
                Some("secp256r1"),
            ),
            ("* SSL connection using TLSv1.3 / B\n", "TLS 1.3", Some("B"), None),
            (
                "- Description: (TLS1.2-X.509)-(ECDHE-X25519)-(RSA-SHA256)-(AES-256-GCM)\n",
                "TLS 1.2",
                None,
                Some("x25519"),
            ),
        ] {
            let own = |text: Option<&str>| text.map(str::to_owned);
            assert_eq!(read(printed), (own(Some(version)), own(suite), own(group)), "{printed}");
        }
        assert_eq!(read("connection refused"), (None, None, None));
    }
}
