//! One capture: its name, what it shows, its frames, and what a monitor has to find in it.

use tlscensus_testkit::capture::Capture;
use tlscensus_testkit::capture::Carrier;
use tlscensus_testkit::capture::Conversation;
use tlscensus_testkit::capture::Framing;
use tlscensus_testkit::capture::Layout;
use tlscensus_testkit::capture::Segment;

use crate::support::record::Recorded;
use crate::support::record::Turns;

/// A capture with one flow in it.
pub(crate) struct Case {
    name: &'static str,
    shows: &'static str,
    capture: Capture,
    pcapng: bool,
    expected: Vec<(String, String)>,
}

impl Case {
    /// Segments in plain Ethernet.
    pub(crate) fn new(name: &'static str, shows: &'static str, segments: &[Segment]) -> Self {
        Self::framed(name, shows, segments, &Framing::new(Carrier::Ethernet))
    }

    /// Segments in frames of some kind.
    pub(crate) fn framed(
        name: &'static str,
        shows: &'static str,
        segments: &[Segment],
        framing: &Framing,
    ) -> Self {
        let capture = Capture::of(framing, segments);
        Self { name, shows, capture, pcapng: false, expected: Vec::new() }
    }

    /// Written as pcapng.
    pub(crate) fn pcapng(mut self) -> Self {
        self.pcapng = true;
        self
    }

    /// The column has this value.
    pub(crate) fn expect(mut self, column: &str, value: &str) -> Self {
        assert!(!value.contains([';', '\t', '\n']), "{column}={value:?} cannot be written");
        self.expected.retain(|(known, _)| known != column);
        self.expected.push((column.to_owned(), value.to_owned()));
        self
    }

    /// These columns have these values.
    pub(crate) fn all(self, pairs: &[(&str, &str)]) -> Self {
        pairs.iter().fold(self, |case, (column, value)| case.expect(column, value))
    }

    /// The session that was recorded: version, suite, chain, whether it was resumed.
    pub(crate) fn session(self, recorded: &Recorded) -> Self {
        let agreed = recorded.agreed.as_ref().expect("a session that completed");
        let hidden = agreed.version == "TLS 1.3";
        let case = self
            .expect("tls_version", agreed.version)
            .expect("tls_suite", &agreed.suite)
            .expect("tls_session_resumed", if agreed.resumed { "true" } else { "false" })
            .expect("tls_seen_established", "true");
        if hidden {
            return case.expect("chain_seen", "hidden");
        }
        let chain: Vec<_> = agreed.chain.iter().map(|der| sha256(der)).collect();
        if chain.is_empty() {
            return case.expect("chain_seen", "absent");
        }
        case.expect("chain_seen", "seen").expect("chain", &chain.join(","))
    }

    pub(crate) fn file_name(&self) -> String {
        format!("{}.{}", self.name, if self.pcapng { "pcapng" } else { "pcap" })
    }

    pub(crate) fn file(&self) -> Vec<u8> {
        if self.pcapng { self.capture.pcapng() } else { self.capture.pcap(Layout::Micro) }
    }

    pub(crate) fn row(&self) -> String {
        let pairs: Vec<_> =
            self.expected.iter().map(|(column, value)| format!("{column}={value}")).collect();
        format!("{}\t{}\t{}\n", self.file_name(), self.shows, pairs.join(";"))
    }
}

/// In lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex(&sha2::Sha256::digest(bytes))
}

/// A conversation with a server's port.
pub(crate) fn with_port(port: u16) -> Conversation {
    let client = "192.0.2.10:49152".parse().expect("an address");
    Conversation::new(client, ([198, 51, 100, 20], port).into())
}

/// All turns of a session, each side's words in a segment of their own where they fit.
pub(crate) fn told(conversation: Conversation, turns: &Turns) -> Conversation {
    conversation.turns(turns)
}
