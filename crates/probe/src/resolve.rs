//! Names into addresses.

use std::net::IpAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::LookupIpStrategy;
use hickory_resolver::config::NameServerConfig;
use hickory_resolver::config::ResolverConfig;
use hickory_resolver::net::DnsError;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use tlscensus_records::Outcome;
use tlscensus_records::text::escape;

use crate::plan::NameServers;

/// What became of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolution {
    pub(crate) result: Result<IpAddr, Unresolved>,
    /// The time it took, the wait for our own turn not counted.
    pub(crate) took: Duration,
}

/// Why a name has no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unresolved {
    pub(crate) outcome: Outcome,
    pub(crate) detail: String,
}

/// Looks names up, a bounded number at once.
pub(crate) struct Names {
    /// `Err`: the system's configuration cannot be read; each name then fails with these words.
    resolver: Result<TokioResolver, String>,
    turns: Semaphore,
    patience: Duration,
}

impl Names {
    pub(crate) fn new(servers: &NameServers, patience: Duration) -> Self {
        Self {
            resolver: build(servers, patience).map_err(|error| error.to_string()),
            turns: Semaphore::new(MAX_LOOKUPS),
            patience,
        }
    }

    /// The first address of a name, IPv4 before IPv6.
    pub(crate) async fn lookup(&self, name: &str) -> Resolution {
        // The semaphore is never closed; if it were, the look-up would merely not be bounded.
        let _turn = self.turns.acquire().await;
        let start = tokio::time::Instant::now();
        let result = match &self.resolver {
            Ok(resolver) => self.ask(resolver, name).await,
            Err(detail) => {
                Err(Unresolved { outcome: Outcome::ResolverFailed, detail: detail.clone() })
            }
        };
        Resolution { result, took: start.elapsed() }
    }

    async fn ask(&self, resolver: &TokioResolver, name: &str) -> Result<IpAddr, Unresolved> {
        // With a dot at its end a name is asked for as it is, not below the system's search domains.
        let name = if name == LOCALHOST { name.to_owned() } else { format!("{name}.") };
        match timeout(self.patience, resolver.lookup_ip(name)).await {
            Err(_) => Err(Unresolved { outcome: Outcome::ResolverTimeout, detail: String::new() }),
            Ok(Err(error)) => Err(unresolved(&error)),
            Ok(Ok(found)) => found.iter().next().ok_or_else(|| Unresolved {
                outcome: Outcome::NameNotFound,
                detail: String::new(),
            }),
        }
    }
}

fn build(servers: &NameServers, patience: Duration) -> Result<TokioResolver, NetError> {
    let mut builder = match servers {
        NameServers::System => TokioResolver::builder_tokio()?,
        NameServers::These(servers) => {
            let servers = servers.iter().map(|server| {
                let mut config = NameServerConfig::udp_and_tcp(server.ip());
                for connection in &mut config.connections {
                    connection.port = server.port();
                }
                config
            });
            let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    let options = builder.options_mut();
    options.ip_strategy = LookupIpStrategy::Ipv4thenIpv6;
    options.attempts = LOOKUP_TRIES;
    options.timeout = patience / u32::try_from(LOOKUP_TRIES + 1).unwrap_or(u32::MAX);
    // A list names a host once; what several services share is kept with the target.
    options.cache_size = 0;
    builder.build()
}

fn unresolved(error: &NetError) -> Unresolved {
    let (outcome, detail) = match error {
        NetError::Dns(DnsError::NoRecordsFound(_)) => (Outcome::NameNotFound, String::new()),
        NetError::Timeout => (Outcome::ResolverTimeout, String::new()),
        other => (Outcome::ResolverFailed, escape(other.to_string().as_bytes())),
    };
    Unresolved { outcome, detail }
}

/// Look-ups in flight at once: kind to the resolver that all of them go to.
const MAX_LOOKUPS: usize = 200;

/// How often a name server is asked again before the next one is.
const LOOKUP_TRIES: usize = 1;

const LOCALHOST: &str = "localhost";
