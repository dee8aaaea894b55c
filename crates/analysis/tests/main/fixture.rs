//! A dataset with an endpoint in every state that the tables tell apart, written through the real writer.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use tlscensus_dataset::Dataset;
use tlscensus_records::Attempt;
use tlscensus_records::CapabilityCoverage;
use tlscensus_records::CapabilityDecides;
use tlscensus_records::CapabilityKind;
use tlscensus_records::CapabilityRow;
use tlscensus_records::CapabilityVerdict;
use tlscensus_records::Outcome;
use tlscensus_records::Phase;
use tlscensus_records::Presence;
use tlscensus_records::ProbeRow;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;
use tlscensus_records::Service;
use tlscensus_records::Sha256;
use tlscensus_records::Speaks;
use tlscensus_records::StarttlsOffer;
use tlscensus_records::StarttlsState;
use tlscensus_records::Timestamp;
use tlscensus_records::registry::CipherSuite;
use tlscensus_records::registry::NamedGroup;

/// A row with the certificates of its chain.
pub(crate) struct Probe {
    pub(crate) row: ProbeRow,
    capabilities: Vec<CapabilityRow>,
    chain: Vec<Arc<[u8]>>,
}

/// 2026-11-23T21:00:00Z.
pub(crate) const START_S: i64 = 1_795_467_600;

/// Nothing happened yet to host `host`, asked for `service`.
pub(crate) fn probe(service: &str, host: u8) -> Probe {
    let service = Service::from_word(service).expect("a service");
    let addr = format!("192.0.2.{host}");
    let mut row = ProbeRow::new("", &addr, service, service.port);
    row.addr = Some(addr);
    row.started_at = Timestamp::from_seconds(START_S + i64::from(host) * 3_600);
    Probe { row, capabilities: Vec::new(), chain: Vec::new() }
}

impl Probe {
    pub(crate) fn ended(mut self, phase: Phase, outcome: Outcome) -> Self {
        self.row.phase = phase;
        self.row.outcome = outcome;
        self
    }

    pub(crate) fn state(mut self, state: StarttlsState) -> Self {
        self.row.dialog.starttls_state = state;
        self
    }

    pub(crate) fn tcp(mut self) -> Self {
        self.row.tcp_completed = true;
        self.row.attempts = vec![Attempt::default()];
        self.row.counted_attempt = Some(0);
        self
    }

    pub(crate) fn speaks(mut self, speaks: Speaks) -> Self {
        self.row.speaks_protocol = speaks;
        self.tcp()
    }

    pub(crate) fn before(mut self, offer: StarttlsOffer, mechanisms: &[&str]) -> Self {
        self.row.dialog.capabilities_before = Some(Vec::new());
        self.row.dialog.capabilities_before_seen = Presence::Seen;
        self.row.dialog.starttls_offer = Some(offer);
        let (names, sources) = lists(mechanisms);
        self.row.dialog.mechanisms_before = Some(names);
        let sources = sources.into_iter().map(Cow::Owned);
        self.row.dialog.mechanism_sources_before = Some(sources.collect());
        self.speaks(Speaks::Yes)
    }

    pub(crate) fn after(mut self, mechanisms: &[&str]) -> Self {
        self.row.capabilities_after = Some(Vec::new());
        self.row.capabilities_after_seen = Presence::Seen;
        let (names, sources) = lists(mechanisms);
        self.row.mechanisms_after = Some(names);
        self.row.mechanism_sources_after = Some(sources);
        self.speaks(Speaks::Yes)
    }

    pub(crate) fn login_disabled(mut self, before: bool, after: bool) -> Self {
        self.row.dialog.login_disabled_before = Some(before);
        self.row.login_disabled_after = Some(after);
        self
    }

    pub(crate) fn chose(mut self, code: u16) -> Self {
        self.row.tls.version_seen = Presence::Seen;
        self.row.tls.version_code = Some(code);
        self.row.tls.version = Some(match code {
            0x0300 => "SSL 3".into(),
            0x0301..=0x0304 => format!("TLS 1.{}", code - 0x0301).into(),
            other => format!("0x{other:04x}").into(),
        });
        self.tcp()
    }

    pub(crate) fn tls(mut self, code: u16, chain: &[&str]) -> Self {
        self = self.chose(code);
        self.row.tls_completed = true;
        self.row.tls_established = true;
        self.chain = chain.iter().map(|name| Arc::from(name.as_bytes())).collect();
        self.row.server_sent.chain = Some(self.chain.iter().map(|der| Sha256::of(der)).collect());
        self.row.server_sent.chain_seen = Presence::Seen;
        if self.row.mode == "starttls" {
            self.row.dialog.starttls_state = StarttlsState::Upgraded;
        }
        self.ended(Phase::AfterTls, Outcome::Ok)
    }

    /// The server chose this suite.
    pub(crate) fn suite(mut self, code: u16) -> Self {
        let suite = CipherSuite(code);
        self.row.tls.suite = Some(suite.text());
        self.row.tls.suite_code = Some(code);
        let kind = suite.parameters().map(|suite| suite.key_exchange.word());
        self.row.tls.key_exchange = kind.filter(|word| *word != "ANY").map(Cow::Borrowed);
        self
    }

    /// It sent `public` in this group.
    pub(crate) fn group(mut self, code: u16, public: &str) -> Self {
        let group = NamedGroup(code);
        self.row.tls.group = Some(group.text());
        self.row.tls.group_code = Some(code);
        self.row.tls.server_public_sha256 = Some(Sha256::of(public.as_bytes()));
        if self.row.tls.key_exchange.is_none() {
            let kind = match code {
                0x0100..=0x01ff => "DHE",
                0x11eb..=0x11ed => "HYBRID",
                _ => "ECDHE",
            };
            self.row.tls.key_exchange = Some(kind.into());
        }
        self
    }

    /// It wrote out a finite field and sent `public` in it.
    pub(crate) fn field(mut self, bits: u16, prime: &str, public: &str) -> Self {
        self.row.tls.dh_bits = Some(bits);
        self.row.tls.dh_prime_sha256 = Some(Sha256::of(prime.as_bytes()));
        let generator = if public == "value 22" { "05" } else { "02" };
        self.row.tls.dh_generator = Some(generator.to_owned());
        self.row.tls.server_public_sha256 = Some(Sha256::of(public.as_bytes()));
        self
    }

    /// Its prime is one that many share.
    pub(crate) fn known_as(mut self, name: &str, safe: bool) -> Self {
        self.row.tls.dh_group_name = Some(name.to_owned().into());
        self.row.tls.dh_safe_prime = Some(safe);
        self
    }

    /// Its tickets are under this key, and its random is this.
    fn secrets(mut self, ticket_key: &str, random: &str) -> Self {
        self.row.tls.ticket_key_name = Some(ticket_key.to_owned());
        self.row.tls.server_random = Some(random.to_owned());
        self
    }

    /// It named the session.
    fn session_id(mut self, name: &str) -> Self {
        self.row.tls.session_id_sha256 = Some(Sha256::of(name.as_bytes()));
        self
    }

    /// A fact of the endpoint's enumeration.
    fn has(mut self, kind: CapabilityKind, version: &str, code: u16, name: &str) -> Self {
        self.capabilities.push(CapabilityRow {
            target: self.row.target.clone(),
            addr: self.row.addr.clone(),
            port: self.row.port,
            protocol: self.row.protocol.clone(),
            kind,
            version: (!version.is_empty()).then(|| version.to_owned()),
            code: Some(code.into()),
            name: Some(name.to_owned()),
            verdict: Some(CapabilityVerdict::Supported),
            ..CapabilityRow::default()
        });
        self
    }

    /// What came last, in the server's order.
    fn at(mut self, rank: u16) -> Self {
        self.capabilities.last_mut().expect("a capability").rank = Some(rank);
        self
    }

    fn absent(mut self) -> Self {
        self.capabilities.last_mut().expect("a capability").verdict =
            Some(CapabilityVerdict::Absent);
        self
    }

    /// The list of what stands before it, and whose order counts in it.
    fn decided(self, kind: CapabilityKind, version: &str, decides: CapabilityDecides) -> Self {
        let before = self.capabilities.iter().filter(|row| {
            kind.word() == format!("{}-list", row.kind)
                && row.version.as_deref().unwrap_or_default() == version
        });
        let found = u32::try_from(before.count()).expect("a few");
        let mut probe = self.has(kind, version, 0, "");
        let list = probe.capabilities.last_mut().expect("a capability");
        (list.code, list.name, list.verdict) = (None, None, None);
        list.decides = Some(decides);
        list.coverage = Some(CapabilityCoverage::Complete);
        list.found = Some(found);
        probe
    }

    /// The enumeration's own row.
    fn enumerated(self, ended: &str) -> Self {
        let mut probe = self.has(CapabilityKind::Enumeration, "", 0, "");
        let row = probe.capabilities.last_mut().expect("a capability");
        (row.code, row.name, row.verdict) = (None, None, None);
        row.ended = Some(ended.to_owned());
        probe
    }

    /// Asked for by this name.
    pub(crate) fn by_name(mut self, name: &str) -> Self {
        self.row.target = name.to_owned();
        self.row.name = Some(name.to_owned());
        self
    }

    /// A server of today, wholly enumerated.
    pub(crate) fn enumerated_modern(self) -> Self {
        use CapabilityDecides::{Client, Moot, Server};
        use CapabilityKind::{
            Group, GroupList, Protocol, ProtocolList, SchemeList, Suite, SuiteList, Version,
        };
        self.enumerated("complete")
            .has(Version, "", 0x0304, "TLS 1.3")
            .has(Version, "", 0x0303, "TLS 1.2")
            .has(Version, "", 0x0301, "TLS 1.0")
            .absent()
            .has(Suite, "TLS 1.3", 0x1302, "TLS_AES_256_GCM_SHA384")
            .at(0)
            .has(Suite, "TLS 1.3", 0x1301, "TLS_AES_128_GCM_SHA256")
            .at(1)
            .has(Suite, "TLS 1.2", 0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
            .decided(SuiteList, "TLS 1.3", Server)
            .decided(SuiteList, "TLS 1.2", Moot)
            .has(Group, "TLS 1.3", 0x001d, "x25519")
            .at(0)
            .has(Group, "before TLS 1.3", 0x001d, "x25519")
            .decided(GroupList, "TLS 1.3", Client)
            .has(Protocol, "", 0, "h2")
            .has(Protocol, "", 0, "http/1.1")
            .decided(ProtocolList, "", CapabilityDecides::Unknown)
            .decided(SchemeList, "TLS 1.3", CapabilityDecides::Unknown)
    }

    /// A server of long ago, given up half-way.
    pub(crate) fn enumerated_old(self) -> Self {
        use CapabilityKind::{Suite, SuiteList, Version};
        self.enumerated("budget-spent")
            .has(Version, "", 0x0301, "TLS 1.0")
            .has(Version, "", 0x0300, "SSL 3")
            .has(Version, "", 0x0002, "SSL 2")
            .has(Suite, "TLS 1.0", 0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA")
            .at(0)
            .has(Suite, "SSL 3", 0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA")
            .at(0)
            .has(Suite, "TLS 1.0", 0x0004, "TLS_RSA_WITH_RC4_128_MD5")
            .at(1)
            .decided(SuiteList, "TLS 1.0", CapabilityDecides::Server)
            .decided(SuiteList, "SSL 3", CapabilityDecides::Mixed)
    }

    pub(crate) fn retried(mut self) -> Self {
        self.row.tls.hello_retry = Some(true);
        self
    }

    pub(crate) fn by_fallback(mut self) -> Self {
        self.row.counted_attempt = Some(1);
        self.row.attempts.push(Attempt::default());
        self
    }

    pub(crate) fn no_address(mut self, name: &str) -> Self {
        self.row.addr = None;
        self.row.target = name.to_owned();
        self.row.name = Some(name.to_owned());
        self.row.started_at = Timestamp::from_seconds(START_S);
        self.ended(Phase::Resolve, Outcome::NameNotFound).state(StarttlsState::Unasked)
    }
}

/// Names, and the form of each: `OLD:` before a name marks the old form.
fn lists(mechanisms: &[&str]) -> (Vec<String>, Vec<String>) {
    let pairs = mechanisms.iter().map(|mechanism| match mechanism.strip_prefix("OLD:") {
        Some(name) => (name.to_owned(), "old-form".to_owned()),
        None => ((*mechanism).to_owned(), source(mechanism).to_owned()),
    });
    pairs.unzip()
}

fn source(mechanism: &str) -> &'static str {
    match mechanism {
        "APOP" => "apop-banner",
        "USER" => "user-capability",
        _ => "listed",
    }
}

/// Writes `probes` as one run that began `days` after the others.
pub(crate) fn write(path: &Path, run_id: &str, days: i64, state: RunState, probes: Vec<Probe>) {
    let dataset = Dataset::create(path).expect("a dataset");
    let started_at = Timestamp::from_seconds(START_S + days * 86_400);
    let run = RunRow {
        run_id: run_id.to_owned(),
        started_at,
        config: "{}".to_owned(),
        version: "0.1.0".to_owned(),
        ..RunRow::default()
    };
    let mut writer = dataset.begin(run).expect("a run");
    for mut probe in probes {
        probe.row.run_id = run_id.to_owned();
        probe.row.started_at.0 += days * 86_400_000_000;
        for capability in &mut probe.capabilities {
            capability.run_id = run_id.to_owned();
        }
        writer.append_enumerated(&probe.row, &probe.chain, &probe.capabilities).expect("a row");
    }
    writer.finish(state, Vec::new()).expect("the end of the run");
}

/// Every state, each protocol's own oddities among them.
pub(crate) fn every_state() -> Vec<Probe> {
    let mut probes = smtp();
    probes.extend(retrieval());
    probes.extend(chat_and_web());
    probes.extend(old_and_weak());
    probes
}

fn smtp() -> Vec<Probe> {
    use StarttlsOffer::{Mangled, No, Yes};
    use StarttlsState as S;
    let smtp = |host| probe("smtp", host);
    vec![
        smtp(0).no_address("nowhere.example"),
        smtp(1).ended(Phase::Permit, Outcome::Blocked).state(S::Unasked),
        smtp(2).ended(Phase::Connect, Outcome::Timeout).state(S::NoAnswer),
        smtp(3).tcp().ended(Phase::Greeting, Outcome::Silent).state(S::NoAnswer),
        smtp(4)
            .speaks(Speaks::No)
            .ended(Phase::Greeting, Outcome::NotThisProtocol)
            .state(S::NotTheProtocol),
        smtp(5).speaks(Speaks::Yes).ended(Phase::Greeting, Outcome::Shed).state(S::Unreached),
        smtp(6)
            .before(No, &["PLAIN", "LOGIN"])
            .ended(Phase::Starttls, Outcome::NotOffered)
            .state(S::NotOffered),
        smtp(7)
            .before(Mangled, &[])
            .ended(Phase::Starttls, Outcome::OfferedMangled)
            .state(S::OfferedMangled),
        smtp(8).before(Yes, &[]).ended(Phase::Starttls, Outcome::Refused).state(S::Refused),
        smtp(9).before(Yes, &[]).ended(Phase::Starttls, Outcome::Timeout).state(S::ReplyUnseen),
        smtp(10).before(Yes, &[]).ended(Phase::Tls, Outcome::NotTls).state(S::AcceptedNoTls),
        smtp(11)
            .before(Yes, &["PLAIN"])
            .ended(Phase::Tls, Outcome::Alert)
            .state(S::AcceptedHandshakeFailed),
        smtp(12)
            .before(Yes, &[])
            .chose(0x0303)
            .suite(0xc02f)
            .group(0x001d, "point 12")
            .ended(Phase::Tls, Outcome::BadFinished)
            .state(S::AcceptedHandshakeFailed),
        smtp(13)
            .before(Yes, &["PLAIN", "LOGIN", "OLD:PLAIN", "OLD:LOGIN"])
            .after(&["PLAIN", "LOGIN"])
            .tls(0x0303, &["mx", "ca1"])
            .suite(0xc02f)
            .group(0x0017, "point 13")
            .secrets("00ff", "aa13"),
        smtp(14)
            .before(Yes, &[])
            .after(&["PLAIN", "LOGIN"])
            .tls(0x0304, &["mx", "ca1"])
            .suite(0x1301)
            .group(0x11ec, "lattice 14")
            .secrets("00ff", "aa14"),
        smtp(15)
            .before(Yes, &[])
            .after(&["LOGIN", "PLAIN"])
            .tls(0x0304, &["own"])
            .suite(0x1302)
            .group(0x0018, "point 15")
            .retried(),
        smtp(16)
            .before(Yes, &[])
            .tls(0x0301, &["old", "ca1", "ca2"])
            .suite(0x0039)
            .field(1024, "shared prime", "value 16")
            .by_fallback(),
    ]
}

fn retrieval() -> Vec<Probe> {
    use StarttlsOffer::{No, Yes};
    use StarttlsState as S;
    vec![
        probe("imap", 13)
            .before(Yes, &[])
            .after(&["PLAIN"])
            .login_disabled(true, false)
            .tls(0x0304, &["mx", "ca1"])
            .suite(0x1303)
            .group(0x001d, "point 13 imap")
            .secrets("13ff", "bb13"),
        probe("imap", 14)
            .before(Yes, &["PLAIN", "SCRAM-SHA-256"])
            .after(&["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"])
            .login_disabled(false, false)
            .tls(0x0303, &["imap", "ca1"])
            .suite(0x009c)
            .session_id("fixed")
            .secrets("00ff", "bb14"),
        probe("imap", 20)
            .before(No, &["CRAM-MD5"])
            .login_disabled(false, false)
            .state(S::NotOffered),
        probe("pop3", 13)
            .before(Yes, &["APOP", "USER"])
            .after(&["USER", "PLAIN"])
            .tls(0x0303, &["mx", "ca1"])
            .suite(0xcca8)
            .group(0x001e, "point 13 pop3")
            .session_id("fixed")
            .secrets("13ff", "bb13"),
        probe("pop3", 21).before(No, &["USER"]).state(S::NotOffered),
        // No CAPA, yet STLS was accepted: an offer that no list makes.
        no_list(probe("pop3", 22)).tls(0x0302, &["pop"]).suite(0x0033).field(
            1024,
            "shared prime",
            "value 22",
        ),
        no_list(probe("pop3", 23)).state(S::Refused),
        probe("imaps", 13)
            .after(&["PLAIN"])
            .login_disabled(false, false)
            .tls(0x0304, &["mx", "ca1"])
            .suite(0x1301)
            .field(3072, "ffdhe3072", "value 13")
            .known_as("ffdhe3072", true)
            .group(0x0101, "value 13"),
        probe("imaps", 20).tcp().ended(Phase::Tls, Outcome::VersionRefused),
        probe("imaps", 24)
            .speaks(Speaks::No)
            .tls(0x0303, &["web"])
            .suite(0xc014)
            .group(0x001a, "point 24"),
        probe("imaps", 25)
            .speaks(Speaks::Yes)
            .tls(0x0303, &["imap", "ca1"])
            .suite(0x009e)
            .field(2048, "large prime", "value 25")
            .known_as("rfc5114-modp2048-224", false),
        probe("imaps", 26).tls(0x7f17, &["draft"]).suite(0x1301).group(0xff17, "unknown"),
    ]
}

fn no_list(mut probe: Probe) -> Probe {
    probe.row.dialog.capabilities_before_seen = Presence::Absent;
    probe.speaks(Speaks::Yes)
}

fn chat_and_web() -> Vec<Probe> {
    use StarttlsOffer::{Required, Yes};
    use StarttlsState as S;
    vec![
        probe("xmpp-c2s", 30)
            .before(Required, &[])
            .after(&["SCRAM-SHA-1", "PLAIN", "EXTERNAL"])
            .tls(0x0304, &["xmpp", "ca2"])
            .suite(0x1302)
            .group(0x001d, "point used twice"),
        probe("xmpp-c2s", 31)
            .before(Yes, &["PLAIN"])
            .ended(Phase::Tls, Outcome::Reset)
            .state(S::AcceptedNoTls),
        probe("ircs", 32)
            .after(&[])
            .tls(0x0303, &["irc"])
            .suite(0xc02b)
            .group(0x001d, "point used twice"),
        probe("https", 13)
            .chose(0x0304)
            .speaks(Speaks::Yes)
            .tls(0x0304, &["mx", "ca1"])
            .suite(0x1301)
            .group(0x001d, "point 13 https")
            .enumerated_modern(),
        probe("https", 33)
            .chose(0x0303)
            .suite(0xc030)
            .group(0x000e, "point 33")
            .speaks(Speaks::Yes)
            .ended(Phase::Tls, Outcome::BadSignature),
        probe("https", 34).ended(Phase::Connect, Outcome::Refused),
    ]
}

/// What only old servers speak: SSL 2 and 3, export, RC4, anonymous servers, primes of 512 bits, a suite nobody knows.
fn old_and_weak() -> Vec<Probe> {
    let smtps = |host| probe("smtps", host);
    let not_ours = |probe: Probe| probe.ended(Phase::Tls, Outcome::NotCompletable);
    vec![
        not_ours(smtps(40).chose(0x0002)),
        smtps(41).tls(0x0300, &["old"]).suite(0x000a).by_fallback().enumerated_old(),
        smtps(42).tls(0x0301, &["old"]).suite(0x0004).by_fallback(),
        smtps(43).tls(0x0301, &["old"]).suite(0x0003).by_fallback(),
        smtps(44).tls(0x0301, &["old"]).suite(0x0014).field(512, "export prime", "value 44"),
        smtps(45).tls(0x0301, &["old"]).suite(0x0016).field(512, "export prime", "value reused"),
        smtps(46).tls(0x0301, &["old"]).suite(0x0016).field(512, "own prime", "value reused"),
        smtps(47).tls(0x0303, &[]).suite(0x0034).field(1024, "shared prime", "value 47"),
        smtps(48).tls(0x0303, &["mx"]).suite(0x003b),
        not_ours(smtps(49).chose(0x0303).suite(0x008d)),
        not_ours(smtps(50).chose(0x0303).suite(0xeeee)),
        not_ours(smtps(51).chose(0x0303).suite(0xc004)),
        smtps(52).tls(0x0303, &["mx"]).suite(0x0039).field(1536, "middling prime", "value 52"),
        smtps(53).tls(0x0303, &["mx"]).suite(0x0039).field(4096, "huge prime", "value 53"),
        smtps(54)
            .tls(0x0304, &["mx"])
            .suite(0x1301)
            .group(0x0201, "lattice 54")
            .enumerated_modern(),
        smtps(55).tcp().ended(Phase::Tls, Outcome::Alert).enumerated("never-answered"),
    ]
}
