//! `scan`: what is typed to find out who answers and to probe them at once; a campaign's file says the same by the same names.

use std::path::PathBuf;

use clap::Args;

use crate::args::CLIENT_NAME;
use crate::args::Depth;
use crate::args::LADDER;
use crate::args::OutputArguments;
use crate::args::PROFILE;
use crate::args::SendingArguments;
use crate::args::Sni;
use crate::args::SpaceArguments;
use crate::args::WireArguments;

/// `scan`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  \
    tlscensus scan --allowlist routed.txt --protocols smtp,imaps --rate 10k --contact scans@example.org --client-name probe.example.org --out census\n  \
    tlscensus scan CAMPAIGN.toml\n  \
    tlscensus scan CAMPAIGN.toml --resume latest      # after Ctrl-C, a crash or a power cut\n\n\
    CAMPAIGN.toml has the arguments above as keys, by their long names without --; targets = [\"192.0.2.0/24\"] for prefixes. Keys at the\n\
    top hold for all of it, those of a [[stage]] for that one. Stages are run one after the other, each a run of its own:\n\n  \
    name = \"mail-2026\"\n  out = \"census\"\n  contact = \"scans@example.org\"\n  client-name = \"probe.example.org\"\n  \
    allowlist = [\"routed.txt\"]\n  routes = \"rib.bz2\"\n  rate = \"10k\"\n\n  \
    [[stage]]\n  protocols = [\"smtp\"]\n  not-before = \"2026-11-30T08:00:00Z\"\n\n  \
    [[stage]]\n  protocols = [\"imap\", \"imaps\"]\n  ladder = \"study\"")]
pub(crate) struct ScanArguments {
    #[command(flatten)]
    pub(crate) space: SpaceArguments,
    /// Protocols, by comma, or all: each at its port
    #[arg(long, value_delimiter = ',', default_value = "all", value_name = "PROTOCOL")]
    pub(crate) protocols: Vec<String>,
    /// The dataset; made if it does not exist
    #[arg(long, value_name = "DATASET")]
    pub(crate) out: Option<PathBuf>,
    /// Go on with an interrupted run: its name, or latest; with a campaign's file, with the campaign
    #[arg(long, value_name = "RUN")]
    pub(crate) resume: Option<String>,
    #[command(flatten)]
    pub(crate) sending: SendingArguments,
    #[command(flatten)]
    pub(crate) wire: WireArguments,
    #[command(flatten)]
    pub(crate) probing: ProbingArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    /// Say how much and how long it would be, and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Identifiers of the arguments that were given
    #[arg(skip)]
    pub(crate) given: Vec<String>,
}

/// How those that answer are probed.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Probing")]
pub(crate) struct ProbingArguments {
    /// Our name in EHLO: a host name of yours whose page says what this is
    #[arg(long, value_name = "NAME", default_value = CLIENT_NAME)]
    pub(crate) client_name: String,
    /// The first TLS offer (tlscensus probe --help has all of them)
    #[arg(long, default_value = PROFILE)]
    pub(crate) profile: String,
    /// The offers that follow where a server turns one down
    #[arg(long, default_value = LADDER)]
    pub(crate) ladder: String,
    /// How much each endpoint is asked
    #[arg(long, value_enum, default_value_t = Depth::Handshake)]
    pub(crate) depth: Depth,
    /// Server name in the ClientHello
    #[arg(long, value_enum, default_value_t = Sni::Named)]
    pub(crate) sni: Sni,
    /// Added to the standard port of each protocol
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) port_offset: u16,
    /// Endpoints probed at once; while so many are, discovery waits
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub(crate) concurrency: u32,
    /// Connections per second in all; 0: no limit (loopback and test ranges only, as for the two below)
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub(crate) probe_rate: u32,
    /// Connections per second to one host
    #[arg(long, default_value_t = 2, value_name = "N")]
    pub(crate) probe_host_rate: u32,
    /// Connections per second to one /24 (IPv6: /48)
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) probe_net_rate: u32,
    /// Most connections to one host, all its endpoints together; 0: no limit
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) host_budget: u32,
    /// Longest life of one endpoint's row
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) deadline: u32,
    /// Longest wait for a connection
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) connect_timeout: u32,
    /// Longest wait for a server's greeting, reply or TLS flight
    #[arg(long, default_value_t = 20, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) phase_timeout: u32,
    /// Most connections to one endpoint
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) attempts: u8,
}
