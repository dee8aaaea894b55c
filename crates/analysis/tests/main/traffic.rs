//! Connections in every state that the tables tell apart, written through the real writer.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use tlscensus_dataset::Dataset;
use tlscensus_records::Counter;
use tlscensus_records::FlowRow;
use tlscensus_records::Outcome;
use tlscensus_records::Phase;
use tlscensus_records::Presence;
use tlscensus_records::RunKind;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;
use tlscensus_records::Service;
use tlscensus_records::Sha256;
use tlscensus_records::SidesSeen;
use tlscensus_records::StarttlsOffer;
use tlscensus_records::StarttlsState;
use tlscensus_records::Timestamp;
use tlscensus_records::registry::CipherSuite;
use tlscensus_records::registry::NamedGroup;

use crate::fixture::START_S;

/// A connection with the certificates that were seen in it.
#[derive(Clone)]
pub(crate) struct Flow {
    pub(crate) row: FlowRow,
    chain: Vec<Arc<[u8]>>,
}

/// Client `client` spoke `protocol` to host `host`, and nothing came of it.
pub(crate) fn flow(protocol: &str, host: u8, client: u8) -> Flow {
    let service = Service::from_word(protocol);
    let mut row = FlowRow {
        started_at: Timestamp::from_seconds(START_S + i64::from(host) * 3_600),
        duration_us: 1_500_000,
        client: format!("{client:032x}"),
        server_addr: format!("192.0.2.{host}"),
        server_port: service.map_or(if protocol == "lmtp" { 24 } else { 8443 }, |found| found.port),
        protocol: protocol.to_owned().into(),
        mode: if protocol == "lmtp" { "starttls" } else { "implicit" }.into(),
        detected_by: "both".into(),
        phase: Phase::Greeting,
        outcome: Outcome::Closed,
        ..FlowRow::default()
    };
    if let Some(service) = service {
        row.mode = service.mode.word().into();
    }
    if row.mode == "implicit" {
        row.dialog.starttls_state = StarttlsState::Unasked;
        row.dialog.capabilities_before_seen = Presence::Unasked;
    }
    Flow { row, chain: Vec::new() }
}

impl Flow {
    fn state(mut self, state: StarttlsState) -> Self {
        self.row.dialog.starttls_state = state;
        self
    }

    /// The server's list offers the upgrade so, and these mechanisms.
    fn listed(mut self, offer: StarttlsOffer, mechanisms: &[&str]) -> Self {
        self.row.dialog.starttls_offer = Some(offer);
        self.row.dialog.capabilities_before_seen = Presence::Seen;
        self.row.dialog.capabilities_before = Some(Vec::new());
        let names = mechanisms.iter().map(|name| (*name).to_owned());
        self.row.dialog.mechanisms_before = Some(names.collect());
        let sources = mechanisms.iter().map(|_| "listed".into());
        self.row.dialog.mechanism_sources_before = Some(sources.collect());
        self
    }

    /// The client authenticated without TLS in these ways.
    fn authenticated(mut self, mechanisms: &[&str]) -> Self {
        self.row.plaintext_authentication =
            mechanisms.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// The client's hello offers these versions, suites and groups, with a public value in the first `shares` of them.
    fn hello(mut self, versions: &[u16], suites: &[u16], groups: &[u16], shares: usize) -> Self {
        let offer = &mut self.row.offer;
        offer.record_version_code = Some(0x0301);
        offer.version_code = versions.iter().copied().find(|version| *version <= 0x0303);
        offer.version_code = offer.version_code.or(Some(0x0303));
        offer.versions = Some(versions.to_vec());
        offer.suites = Some(suites.to_vec());
        offer.groups = Some(groups.to_vec());
        offer.key_share_groups = Some(groups.iter().copied().take(shares).collect());
        self
    }

    /// A client of today, with values that keep servers out of bad habits.
    fn modern(self) -> Self {
        self.hello(
            &[0x3a3a, 0x0304, 0x0303],
            &[0x1a1a, 0x1301, 0x1302, 0xc02f, 0xcca8, 0x009c],
            &[0x2a2a, 0x11ec, 0x001d, 0x0017],
            3,
        )
    }

    /// A client of ten years ago.
    fn aged(self) -> Self {
        self.hello(
            &[0x0303],
            &[0xc02f, 0xc014, 0x0039, 0x002f, 0x000a, 0x00ff],
            &[0x0017, 0x0018],
            0,
        )
    }

    /// A client that should have been switched off.
    fn ancient(self) -> Self {
        self.hello(&[0x0301], &[0x0005, 0x000a, 0x0003, 0x0014, 0x0009, 0x0034, 0x5600], &[], 0)
    }

    /// The client's hello is in the frame of SSL 2, up to `version`.
    fn ssl2_hello(mut self, version: u16, ciphers: &[u32]) -> Self {
        self.row.offer.record_version_code = Some(2);
        self.row.offer.version_code = Some(version);
        self.row.offer.ssl2_ciphers = Some(ciphers.to_vec());
        self
    }

    /// The client asked for this name.
    fn named(mut self, name: &str) -> Self {
        self.row.tls.sni = Some(name.to_owned());
        self
    }

    /// The server chose a version and, but for SSL 2, a suite.
    fn chose(mut self, version: u16, suite: u16) -> Self {
        self.row.phase = Phase::Tls;
        self.row.tls.version_seen = Presence::Seen;
        self.row.tls.version_code = Some(version);
        self.row.tls.version = Some(match version {
            0x0002 => "SSL 2".into(),
            0x0300 => "SSL 3".into(),
            0x0301..=0x0304 => format!("TLS 1.{}", version - 0x0301).into(),
            other => format!("0x{other:04x}").into(),
        });
        if version != 0x0002 {
            let suite = CipherSuite(suite);
            self.row.tls.suite = Some(suite.text());
            self.row.tls.suite_code = Some(suite.0);
            let kind = suite.parameters().map(|suite| suite.key_exchange.word());
            self.row.tls.key_exchange = kind.filter(|word| *word != "ANY").map(Cow::Borrowed);
        }
        self
    }

    /// It sent `public` in this group.
    fn group(mut self, code: u16, public: &str) -> Self {
        let group = NamedGroup(code);
        self.row.tls.group = Some(group.text());
        self.row.tls.group_code = Some(code);
        self.row.tls.server_public_sha256 = Some(Sha256::of(public.as_bytes()));
        if self.row.tls.key_exchange.is_none() {
            let kind = if code == 0x11ec { "HYBRID" } else { "ECDHE" };
            self.row.tls.key_exchange = Some(kind.into());
        }
        self
    }

    /// It wrote out a finite field and sent `public` in it.
    fn field(mut self, bits: u16, prime: &str, public: &str) -> Self {
        self.row.tls.dh_bits = Some(bits);
        self.row.tls.dh_prime_sha256 = Some(Sha256::of(prime.as_bytes()));
        self.row.tls.dh_generator = Some("02".to_owned());
        self.row.tls.server_public_sha256 = Some(Sha256::of(public.as_bytes()));
        self
    }

    /// Its certificates were seen.
    fn showed(mut self, chain: &[&str]) -> Self {
        self.chain = chain.iter().map(|name| Arc::from(name.as_bytes())).collect();
        self.row.server_sent.chain = Some(self.chain.iter().map(|der| Sha256::of(der)).collect());
        self.row.server_sent.chain_seen = Presence::Seen;
        self
    }

    /// Both sides went over to protected records; in TLS 1.3 the certificates are under them.
    fn established(mut self) -> Self {
        self.row.tls_seen_established = true;
        (self.row.phase, self.row.outcome) = (Phase::AfterTls, Outcome::Ok);
        if self.row.tls.version_code == Some(0x0304) {
            self.row.server_sent.chain_seen = Presence::Hidden;
        }
        if self.row.mode == "starttls" {
            self.row.dialog.starttls_state = StarttlsState::Upgraded;
        }
        self
    }

    /// TLS 1.3 as it is spoken today.
    fn tls13(self) -> Self {
        self.modern().chose(0x0304, 0x1301).group(0x11ec, "fresh").established()
    }

    /// TLS 1.2 with a certificate that can be seen.
    fn tls12(self, chain: &[&str]) -> Self {
        self.aged().chose(0x0303, 0xc02f).group(0x0017, "point").showed(chain).established()
    }

    /// The capture has one side alone, or begins late, or has a hole.
    fn captured(mut self, side: SidesSeen, midstream: bool, missed: u64) -> Self {
        self.row.captured = side;
        self.row.midstream = midstream;
        self.row.missed_server = missed;
        self
    }

    fn on_port(mut self, port: u16) -> Self {
        self.row.server_port = port;
        self.row.off_port = true;
        self
    }
}

/// Writes `flows` as one run of a monitor that began `days` after the probes of the other fixtures.
pub(crate) fn watch(
    path: &Path,
    run_id: &str,
    sensor: &str,
    days: i64,
    state: RunState,
    flows: Vec<Flow>,
) {
    watch_counting(path, run_id, sensor, days, state, flows, Vec::new());
}

/// The same, with what the run counted.
fn watch_counting(
    path: &Path,
    run_id: &str,
    sensor: &str,
    days: i64,
    state: RunState,
    flows: Vec<Flow>,
    counters: Vec<Counter>,
) {
    let dataset = Dataset::create(path).expect("a dataset");
    let run = RunRow {
        run_id: run_id.to_owned(),
        kind: RunKind::Monitor,
        started_at: Timestamp::from_seconds(START_S + days * 86_400),
        config: "{}".to_owned(),
        version: "0.1.0".to_owned(),
        ..RunRow::default()
    };
    let mut writer = dataset.begin(run).expect("a run");
    for (number, mut flow) in flows.into_iter().enumerate() {
        run_id.clone_into(&mut flow.row.run_id);
        sensor.clone_into(&mut flow.row.sensor);
        flow.row.flow_id = format!("{number}");
        flow.row.started_at.0 += days * 86_400_000_000;
        let named: Vec<_> =
            flow.chain.iter().map(|der| (Sha256::of(der), Arc::clone(der))).collect();
        writer.append_flow(&flow.row, &named).expect("a row");
    }
    writer.finish(state, counters).expect("the end of the run");
}

/// Every state as one run, with what the capture lost.
pub(crate) fn watch_every_state(path: &Path) {
    let counter = |name: &str, count| Counter { name: name.to_owned(), count };
    let counters =
        vec![counter("packets", 9_990), counter("capture-drops", 10), counter("flows-evicted", 3)];
    watch_counting(path, "watch-1", "uplink", 2, RunState::Complete, every_connection(), counters);
}

/// Every state, each protocol's own oddities among them.
pub(crate) fn every_connection() -> Vec<Flow> {
    let mut flows = relay();
    flows.extend(retrieval());
    flows.extend(chat_and_web());
    flows.extend(old_and_odd());
    flows
}

/// Host 13 supports STARTTLS, 20 does not, 21 does and refuses, 22 is behind a middlebox, 23 was never heard.
fn relay() -> Vec<Flow> {
    use StarttlsOffer::{Mangled, No, Yes};
    use StarttlsState as S;
    let smtp = |host, client| flow("smtp", host, client);
    vec![
        smtp(13, 1).listed(Yes, &["PLAIN", "LOGIN"]).tls13().named("mx.example"),
        smtp(13, 2).listed(Yes, &["PLAIN", "LOGIN"]).tls12(&["mx", "ca1"]).named("mx.example"),
        smtp(13, 3)
            .listed(Yes, &["PLAIN", "LOGIN"])
            .state(S::OfferedUnused)
            .authenticated(&["LOGIN"]),
        smtp(13, 3)
            .listed(Yes, &["LOGIN"])
            .ancient()
            .chose(0x0301, 0x0005)
            .showed(&["mx", "ca1"])
            .established(),
        smtp(13, 4).captured(SidesSeen::Client, false, 0).state(S::ReplyUnseen).modern(),
        smtp(13, 4).listed(Yes, &[]).state(S::AcceptedNoTls),
        smtp(13, 5).listed(Yes, &[]).aged().chose(0x0303, 0xc02f).state(S::AcceptedHandshakeFailed),
        smtp(20, 1).listed(No, &["PLAIN"]).state(S::NotOffered).authenticated(&["PLAIN"]),
        smtp(21, 1).listed(Yes, &[]).state(S::Refused),
        smtp(22, 1).listed(Mangled, &[]).state(S::OfferedMangled),
        smtp(23, 6).captured(SidesSeen::Both, true, 0).state(S::Unreached),
        smtp(23, 6).state(S::NoAnswer),
        smtp(24, 6).state(S::NotTheProtocol),
        flow("submission", 13, 7).listed(Yes, &[]).tls13(),
        flow("submission", 13, 7).listed(Yes, &[]).tls12(&["mx", "ca1"]).on_port(2525),
        flow("smtps", 13, 7).tls13().named("mx.example"),
        flow("lmtp", 13, 8).listed(Yes, &["PLAIN"]).tls12(&["lmtp"]),
        flow("lmtp", 30, 8).listed(No, &["PLAIN"]).state(S::NotOffered),
    ]
}

fn retrieval() -> Vec<Flow> {
    use StarttlsOffer::{No, Yes};
    use StarttlsState as S;
    vec![
        flow("imap", 13, 1).listed(Yes, &["PLAIN", "SCRAM-SHA-256"]).tls12(&["imap", "ca1", "ca2"]),
        flow("imap", 14, 1)
            .listed(Yes, &["PLAIN"])
            .state(S::OfferedUnused)
            .authenticated(&["PLAIN", "LOGIN"]),
        // The same server with another list, and a client that tries one way twice.
        flow("imap", 14, 2)
            .listed(No, &["CRAM-MD5"])
            .state(S::NotOffered)
            .authenticated(&["CRAM-MD5", "CRAM-MD5"]),
        flow("imaps", 13, 1).tls13().captured(SidesSeen::Server, false, 0),
        flow("imaps", 13, 1)
            .aged()
            .chose(0x0303, 0x0039)
            .field(1024, "shared prime", "value a")
            .showed(&["imap", "ca1"])
            .established(),
        flow("imaps", 15, 1)
            .aged()
            .chose(0x0303, 0x0039)
            .field(1024, "shared prime", "value a")
            .captured(SidesSeen::Both, false, 1_448),
        flow("imaps", 15, 2)
            .aged()
            .chose(0x0303, 0x0039)
            .field(2048, "large prime", "value b")
            .established(),
        // No CAPA, yet STLS was accepted: an offer that no list makes.
        flow("pop3", 13, 1).tls12(&["pop"]),
        flow("pop3", 16, 2).listed(Yes, &["USER"]).state(S::OfferedUnused).authenticated(&["USER"]),
        flow("pop3s", 13, 2).captured(SidesSeen::Both, true, 0),
    ]
}

fn chat_and_web() -> Vec<Flow> {
    use StarttlsOffer::Required;
    vec![
        flow("xmpp-c2s", 30, 1).listed(Required, &[]).tls13(),
        flow("xmpp-s2s", 30, 9).listed(Required, &["EXTERNAL"]).tls12(&["xmpp", "ca2"]),
        flow("ircs", 32, 1)
            .aged()
            .chose(0x0303, 0xc02b)
            .group(0x001d, "point")
            .showed(&["irc"])
            .established(),
        flow("https", 33, 1).modern().chose(0x7f17, 0x1301).group(0x001d, "draft").established(),
        flow("https", 33, 2).hello(&[0x7f17, 0x0303], &[0x1301, 0xc02f], &[0x001d], 1),
        flow("https", 13, 3).tls13().on_port(8_443),
        flow("tls", 40, 4).tls12(&["web", "ca1"]),
    ]
}

/// SSL 2 and its frame, SSL 3, export, no cipher, anonymous servers, a suite and a version that nobody knows.
fn old_and_odd() -> Vec<Flow> {
    let https = |host, client| flow("https", host, client);
    vec![
        https(50, 10)
            .ssl2_hello(0x0002, &[0x01_0080, 0x07_00c0])
            .chose(0x0002, 0)
            .showed(&["old"])
            .established(),
        https(50, 10)
            .ssl2_hello(0x0301, &[0x01_0080, 0x04, 0x0a])
            .chose(0x0300, 0x000a)
            .showed(&["old"])
            .established(),
        https(51, 10).ancient().chose(0x0301, 0x0003),
        https(51, 10).ancient().chose(0x0301, 0x0034).field(512, "export prime", "value c"),
        https(52, 11).hello(&[0x0303], &[0xeeee], &[0xff17], 0).chose(0x0303, 0xeeee),
        https(53, 11).hello(&[0x0302], &[0x003b], &[], 0).chose(0x0302, 0x003b).established(),
        https(54, 11).hello(&[0x0300], &[0x000a], &[], 0).chose(0x0999, 0x000a),
    ]
}
