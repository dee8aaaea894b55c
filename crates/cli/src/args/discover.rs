//! `discover`: what is typed to find out who answers.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::args::OutputArguments;

/// `discover`
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  \
    tlscensus discover --allowlist routed.txt --ports 25,443 --rate 10k --contact scans@example.org --dry-run\n  \
    tlscensus discover --allowlist routed.txt --protocols smtp,imaps --routes rib.bz2 --contact … --out census\n  \
    tlscensus discover 192.0.2.0/24 --ports 25 --contact … | tlscensus probe - --protocols smtp …\n  \
    tlscensus discover --allowlist routed.txt --ports 443 --shard 2/4 --seed 7 --audit\n  \
    tlscensus discover --out census --resume latest …\n\n\
    Without --out the endpoints that answer go to stdout, as ZMap writes them. SYNs need CAP_NET_RAW (root); without it, and on\n\
    loopback, discovery connects instead, and says so. Our kernel answers each SYN-ACK with a RST, which ends the attempt at the\n\
    other side; that is wanted, and needs no firewall rule.")]
pub(crate) struct DiscoverArguments {
    #[command(flatten)]
    pub(crate) space: SpaceArguments,
    /// Ports, by comma; 1000-1010 is a range
    #[arg(long, short, value_delimiter = ',', value_name = "PORT")]
    pub(crate) ports: Vec<String>,
    /// The ports of these protocols, by comma, or all
    #[arg(long, value_delimiter = ',', value_name = "PROTOCOL")]
    pub(crate) protocols: Vec<String>,
    #[command(flatten)]
    pub(crate) sending: SendingArguments,
    #[command(flatten)]
    pub(crate) wire: WireArguments,
    #[command(flatten)]
    pub(crate) results: ResultArguments,
    /// The dataset that the rows are written to; made if it does not exist
    #[arg(long, value_name = "DATASET")]
    pub(crate) out: Option<PathBuf>,
    /// Go on with an interrupted run: its name, or latest. What it began with holds; its pace can be changed
    #[arg(long, value_name = "RUN", requires = "out")]
    pub(crate) resume: Option<String>,
    /// Say how much and how long it would be, and send nothing
    #[arg(long, conflicts_with = "audit")]
    pub(crate) dry_run: bool,
    /// Go through every position without sending, and prove with a bitmap that each target comes once and none is blocked
    #[arg(long)]
    pub(crate) audit: bool,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    /// Identifiers of the arguments that were given
    #[arg(skip)]
    pub(crate) given: Vec<String>,
}

/// Which targets.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Targets")]
pub(crate) struct SpaceArguments {
    /// Addresses, prefixes, or ranges (192.0.2.1-192.0.2.9)
    #[arg(value_name = "PREFIX")]
    pub(crate) prefixes: Vec<String>,
    /// A list of those: ZMap's and masscan's formats, # comments; or a dump of a routing table (MRT) (repeatable; - reads stdin)
    #[arg(long, short = 'w', value_name = "FILE")]
    pub(crate) allowlist: Vec<PathBuf>,
    /// A list of address:port pairs, visited as they are (also ZMap's CSV with saddr and sport)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["prefixes", "allowlist"])]
    pub(crate) pairs: Option<PathBuf>,
    /// Networks never to be touched: one prefix a line, the reason behind #; read again when it changes
    #[arg(long, short, value_name = "FILE")]
    pub(crate) blocklist: Option<PathBuf>,
    /// A special-purpose network that is yours to test (repeatable)
    #[arg(long, value_name = "PREFIX")]
    pub(crate) allow_test_range: Vec<String>,
    /// Address or page where those probed reach you; needed for anything but loopback and your own test ranges
    #[arg(long, value_name = "TEXT")]
    pub(crate) contact: Option<String>,
    /// Prefixes and their origins, for the columns of the rows and --route-rate: what tlscensus prefixes prints, or the dump
    #[arg(long, value_name = "FILE")]
    pub(crate) routes: Option<PathBuf>,
    /// Seed of the order
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// One of several equal parts, whatever their rates and threads: 1/4 is the first of four
    #[arg(long, default_value = "1/1", value_name = "I/N")]
    pub(crate) shard: String,
    /// Only the first so many targets of the order: an even sample
    #[arg(long, value_name = "N")]
    pub(crate) max_targets: Option<u64>,
}

/// How fast, how often and for how long.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Pace and limits")]
pub(crate) struct SendingArguments {
    /// Packets per second: 500, 10k, 1.5M; or bits on the wire: 10Mbit. Changed while it runs by a line in --control
    #[arg(long, default_value = "10k", value_name = "RATE")]
    pub(crate) rate: String,
    /// Packets per second to one /24 (IPv6: /48), all ports together; 0: no limit
    #[arg(long, default_value_t = 100.0, value_name = "N")]
    pub(crate) net_rate: f64,
    /// Packets per second to one routed prefix (--routes); 0: no limit
    #[arg(long, default_value_t = 0.0, value_name = "N")]
    pub(crate) route_rate: f64,
    /// Probes to a target, while it does not answer
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=8))]
    pub(crate) probes: u8,
    /// Shortest time from one probe of a target to its next
    #[arg(long, default_value_t = 1000, value_name = "MILLISECONDS")]
    pub(crate) spacing: u32,
    /// How long answers are waited for
    #[arg(long, short, default_value_t = 8, value_name = "SECONDS")]
    pub(crate) cooldown: u32,
    /// Begin with 0.01 % of the targets, then 1 %, and halt when the answers are odd
    #[arg(long)]
    pub(crate) ramp: bool,
    /// For --ramp: what would not be odd
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub(crate) expect: Vec<Expectation>,
    /// Send for so long at most
    #[arg(long, value_name = "SECONDS")]
    pub(crate) max_runtime: Option<u64>,
    /// Stop after so many endpoints that answer
    #[arg(long, value_name = "N")]
    pub(crate) max_results: Option<u64>,
    /// What is recorded beside those that answer with SYN-ACK
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    pub(crate) record: Vec<Recorded>,
    /// A file that is looked at each second while it runs: a line `rate 5k` changes the rate, `stop` stops in order
    #[arg(long, value_name = "FILE")]
    pub(crate) control: Option<PathBuf>,
}

/// Over which wire.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Wire")]
pub(crate) struct WireArguments {
    /// Interface [default: where the route to the first target leads]
    #[arg(long, short, value_name = "NAME")]
    pub(crate) interface: Option<String>,
    /// Our address, or several by comma, between which each target has one [default: that of the route]
    #[arg(long, short = 'S', value_delimiter = ',', value_name = "ADDRESS")]
    pub(crate) source_ip: Vec<IpAddr>,
    /// The addresses of --source-ip are routed to us, though the interface does not have them
    #[arg(long, requires = "source_ip")]
    pub(crate) routed_source: bool,
    /// The router that probes are handed to [default: that of the route]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) gateway: Vec<IpAddr>,
    /// Its hardware address [default: asked for with ARP or NDP]
    #[arg(long, short = 'G', value_name = "MAC")]
    pub(crate) gateway_mac: Option<String>,
    /// Our ports [default: 4,096 that the kernel does not give out itself]
    #[arg(long, value_name = "FIRST-LAST")]
    pub(crate) source_ports: Option<String>,
    /// TCP options of the probes
    #[arg(long, value_enum, default_value_t = ProbeOptions::Linux)]
    pub(crate) probe_options: ProbeOptions,
    /// How frames are handed to the kernel
    #[arg(long, value_enum, default_value_t = Method::Fastest)]
    pub(crate) method: Method,
    /// Frames that are handed over at once, at most
    #[arg(long, default_value_t = 64, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) batch: u16,
    /// Threads that send
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) sender_threads: u16,
    /// Connect instead of sending SYNs: needs no privilege, and completes the handshake with who answers
    #[arg(long)]
    pub(crate) connect: bool,
    /// Connections in flight where discovery connects
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub(crate) connections: u32,
}

/// What is written to stdout.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Results on stdout")]
pub(crate) struct ResultArguments {
    /// list (addresses; address:port where there are several ports), csv or json
    #[arg(long, short = 'O', value_enum, default_value_t = ResultFormat::List, value_name = "FORMAT")]
    pub(crate) output_format: ResultFormat,
    /// Fields of csv and json, by comma, by ZMap's names; --list-fields shows them [default: saddr; with several ports saddr,sport]
    #[arg(long, short = 'f', value_delimiter = ',', value_name = "FIELD")]
    pub(crate) output_fields: Vec<String>,
    /// No line of names at the top of csv
    #[arg(long)]
    pub(crate) no_header_row: bool,
    /// Print the fields there are, and end
    #[arg(long)]
    pub(crate) list_fields: bool,
}

/// What can be recorded beside SYN-ACKs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Recorded {
    /// Who resets
    Rst,
    /// ICMP errors about our probes
    Icmp,
}

/// What an operator knows beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Expectation {
    /// Nearly all targets listen, as on a list of known servers
    Everything,
    /// Perhaps nobody answers
    Silence,
}

/// TCP options of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProbeOptions {
    /// As Linux connects
    Linux,
    /// As Windows connects
    Windows,
    /// A maximum segment size and nothing else
    Smallest,
}

/// How frames are handed to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Method {
    /// AF_XDP, or else the ring, or else messages: the first that the interface has
    Fastest,
    /// Many in one system call (sendmmsg), past the queueing discipline
    Messages,
    /// A ring shared with the kernel (PACKET_TX_RING)
    Ring,
    /// A ring of AF_XDP
    Xdp,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResultFormat {
    /// An endpoint a line
    List,
    /// Comma-separated
    Csv,
    /// A JSON object a line
    Json,
}
