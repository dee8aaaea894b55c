//! What a run is to do: opened, resolved, bounded.

use std::fmt;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tlscensus_dialog::Identity;
use tlscensus_dialog::SERVICES;
use tlscensus_dialog::Service;
use tlscensus_records::Phase;
use tlscensus_targets::Limits;
use tlscensus_targets::LiveBlocklist;
use tlscensus_tls_client::Profile;

use crate::Endpoint;
use crate::Intrusive;
use crate::Ladder;
use crate::enumerate::DEFAULT_CONNECTIONS;
use crate::enumerate::DEFAULT_SPACING;

/// Everything a run needs to know besides its targets.
#[derive(Clone)]
pub struct Plan {
    /// The run's identifier, in each of its rows.
    pub run_id: String,
    /// The services to ask for at each target.
    pub services: Vec<&'static Service>,
    /// Added to the port of every service (not to a port that a target names).
    pub port_offset: u16,
    /// The TLS offer made first; none: only the TCP handshake is asked for.
    pub profile: Option<&'static Profile>,
    /// The offers that follow where one was turned down.
    pub ladder: &'static Ladder,
    /// Connections per endpoint at most.
    pub max_attempts: usize,
    /// Whether what a server can do is found out in many connections more; not by default.
    pub enumerating: Option<Enumerating>,
    /// Intrusive questions, and who agreed to be asked them; not by default.
    pub intrusive: Option<Intrusive>,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// Bytes that an endpoint may send, over all the connections that its row is made of; and over each of those that ask
    /// beyond it.
    pub byte_budget: u64,
    /// Endpoints in flight at once.
    pub concurrency: usize,
    /// How fast, and how often one host.
    pub limits: Limits,
    /// How long our own limits may hold an endpoint back before it is given up as `rate-held`.
    pub longest_hold: Duration,
    /// Who we say we are.
    pub identity: Identity,
    /// Which server name is sent.
    pub sni: Sni,
    /// Whom we leave alone; what replaces it holds from the next connection on.
    pub blocklist: LiveBlocklist,
    /// Where an address belongs; without it, rows do not say.
    pub routes: Routes,
    /// Where names are looked up.
    pub name_servers: NameServers,
    /// What need not be probed again.
    pub covered: Covered,
    /// How long endpoints in flight may go on once the run is told to stop.
    pub grace: Duration,
}

impl Plan {
    /// How many connections of a host's share are not for questions beyond its rows: what the rows of its other services
    /// may take, but no more than half.
    pub(crate) fn reserve_for_rows(&self) -> u32 {
        let others = self.services.len().saturating_sub(1).saturating_mul(self.max_attempts);
        let half = self.limits.host_budget.unwrap_or_default() / 2;
        u32::try_from(others).unwrap_or(u32::MAX).min(half)
    }

    /// All services of the study, polite defaults.
    pub fn new(run_id: &str, identity: Identity, blocklist: impl Into<LiveBlocklist>) -> Self {
        Self {
            run_id: run_id.to_owned(),
            services: SERVICES.iter().collect(),
            port_offset: 0,
            profile: Profile::named(DEFAULT_PROFILE),
            ladder: Ladder::named(DEFAULT_LADDER).expect("it is in the list"),
            max_attempts: DEFAULT_MAX_ATTEMPTS,
            enumerating: None,
            intrusive: None,
            timeouts: Timeouts::default(),
            byte_budget: DEFAULT_BYTE_BUDGET,
            concurrency: DEFAULT_CONCURRENCY,
            limits: Limits::default(),
            longest_hold: DEFAULT_LONGEST_HOLD,
            identity,
            sni: Sni::default(),
            blocklist: blocklist.into(),
            routes: Routes::default(),
            name_servers: NameServers::default(),
            covered: Covered::default(),
            grace: DEFAULT_GRACE,
        }
    }
}

/// How an endpoint that speaks TLS is enumerated. Its timeouts hold for each connection, its byte budget too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enumerating {
    /// Connections at most, beside those that made the row.
    pub connections: u32,
    /// From the begin of one connection to the begin of the next, at least.
    pub spacing: Duration,
}

impl Default for Enumerating {
    fn default() -> Self {
        Self { connections: DEFAULT_CONNECTIONS, spacing: DEFAULT_SPACING }
    }
}

/// How long things may take. Each phase has its own limit, counted from its beginning however often the peer sends a
/// byte; `total` is above them all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Looking up the name.
    pub resolve: Duration,
    /// The TCP handshake: three SYNs, at 0, 1 and 3 seconds, and an answer to the last.
    pub connect: Duration,
    /// The server's first words. RFC 5321 section 4.5.3.2.1 asks for five minutes; servers that delay on purpose wait for
    /// 10 to 20 seconds.
    pub greeting: Duration,
    /// Capabilities in plaintext.
    pub capabilities: Duration,
    /// From the wish to upgrade to its answer.
    pub starttls: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// The conversation inside TLS, its greeting included where TLS is implicit.
    pub after_tls: Duration,
    /// How long a peer says nothing where that is an answer: to a question that it need not know, or to a command that it
    /// should have forgotten. A phase's own limit comes before.
    pub silence: Duration,
    /// From our farewell to the peer's.
    pub farewell: Duration,
    /// All connections that an endpoint's row is made of; and each of those that ask beyond it, by itself.
    pub total: Duration,
}

impl Timeouts {
    /// The limit of a phase.
    pub const fn of(&self, phase: Phase) -> Duration {
        match phase {
            Phase::Resolve => self.resolve,
            Phase::Permit | Phase::Connect => self.connect,
            Phase::Greeting => self.greeting,
            Phase::Capabilities => self.capabilities,
            Phase::Starttls => self.starttls,
            Phase::Tls => self.tls,
            Phase::AfterTls => self.after_tls,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(10),
            connect: Duration::from_secs(10),
            greeting: Duration::from_secs(30),
            capabilities: Duration::from_secs(15),
            starttls: Duration::from_secs(15),
            tls: Duration::from_secs(15),
            after_tls: Duration::from_secs(30),
            silence: Duration::from_secs(5),
            farewell: Duration::from_secs(1),
            total: Duration::from_secs(60),
        }
    }
}

/// Which server name is sent (RFC 6066 section 3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sni {
    /// The target's name where it has one, none for an address.
    #[default]
    ByName,
    /// None at all.
    Never,
}

/// Where names are looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NameServers {
    /// As the system is configured.
    #[default]
    System,
    /// These, and nothing else.
    These(Vec<SocketAddr>),
}

/// What need not be probed again: a question about an endpoint.
#[derive(Clone, Default)]
pub struct Covered(Option<Arc<CoveredFn>>);

type CoveredFn = dyn Fn(&Endpoint) -> bool + Send + Sync;

impl Covered {
    /// Endpoints for which this is true are passed over.
    pub fn by(covered: impl Fn(&Endpoint) -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(covered)))
    }

    pub(crate) fn contains(&self, endpoint: &Endpoint) -> bool {
        self.0.as_ref().is_some_and(|covered| covered(endpoint))
    }
}

impl fmt::Debug for Covered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Covered(some)" } else { "Covered(nothing)" })
    }
}

/// The routed prefix that holds an address, and the autonomous system that originates it.
#[derive(Clone, Default)]
pub struct Routes(Option<Arc<RouteFn>>);

type RouteFn = dyn Fn(IpAddr) -> Option<(IpNet, Option<u32>)> + Send + Sync;

impl Routes {
    /// As this says; it is asked once for each endpoint.
    pub fn by(
        route: impl Fn(IpAddr) -> Option<(IpNet, Option<u32>)> + Send + Sync + 'static,
    ) -> Self {
        Self(Some(Arc::new(route)))
    }

    /// `None`: no route is known.
    pub(crate) fn of(&self, addr: IpAddr) -> Option<(IpNet, Option<u32>)> {
        self.0.as_ref()?(addr)
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Routes(some)" } else { "Routes(none)" })
    }
}

const DEFAULT_PROFILE: &str = "modern";

const DEFAULT_LADDER: &str = "default";

/// The longest way up a ladder.
pub(crate) const DEFAULT_MAX_ATTEMPTS: usize = 8;

/// Four times the longest certificate chain with OCSP response that was ever worth sending.
const DEFAULT_BYTE_BUDGET: u64 = 256 * 1024;

/// Fits the descriptor limit of most systems.
const DEFAULT_CONCURRENCY: usize = 1000;

const DEFAULT_LONGEST_HOLD: Duration = Duration::from_secs(600);

const DEFAULT_GRACE: Duration = Duration::from_secs(10);
