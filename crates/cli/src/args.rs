//! What was typed, nothing opened or resolved yet.

mod blocklist;
mod discover;
mod monitor;
mod noise;
mod purge;
mod scan;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::ArgMatches;
use clap::Args;
use clap::CommandFactory;
use clap::FromArgMatches;
use clap::Id;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;
use clap::parser::ValueSource;
use tlscensus_targets::Shard;

pub(crate) use self::blocklist::AddArguments;
pub(crate) use self::blocklist::BlocklistArguments;
pub(crate) use self::blocklist::BlocklistVerb;
pub(crate) use self::blocklist::CheckArguments;
pub(crate) use self::blocklist::RemoveArguments;
pub(crate) use self::discover::DiscoverArguments;
pub(crate) use self::discover::Expectation;
pub(crate) use self::discover::Method;
pub(crate) use self::discover::ProbeOptions;
pub(crate) use self::discover::Recorded;
pub(crate) use self::discover::ResultArguments;
pub(crate) use self::discover::ResultFormat;
pub(crate) use self::discover::SendingArguments;
pub(crate) use self::discover::SpaceArguments;
pub(crate) use self::discover::WireArguments;
pub(crate) use self::monitor::MonitorArguments;
pub(crate) use self::monitor::SessionsTyped;
pub(crate) use self::monitor::ZeekFormat;
pub(crate) use self::monitor::ZeekLog;
pub(crate) use self::noise::NoiseArguments;
pub(crate) use self::purge::PurgeArguments;
pub(crate) use self::scan::ScanArguments;
use crate::run::metrics;

/// The first offer unless something else is typed.
pub(crate) const PROFILE: &str = "modern";
/// The offers behind it unless something else is typed.
pub(crate) const LADDER: &str = "default";
/// Our name where none is typed: enough for loopback.
pub(crate) const CLIENT_NAME: &str = "localhost";

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "tlscensus",
    version,
    about = "Measures how TLS protects mail, chat and HTTPS",
    long_about = "Measures how TLS protects mail (SMTP, SUBMISSION, IMAP, POP3), chat (XMPP, IRC) and HTTPS: RFC-strict \
                  dialogues, an own measuring TLS client, a Parquet dataset with SQL, tables with visible denominators.",
    after_help = "Results go to stdout, everything else to stderr.\n\
                  Exit codes: 0 done, 1 ran and something failed, 2 usage, 130 interrupted (resumable)."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// Reads the command line. Help, and what cannot be read, end the program here.
    pub(crate) fn read() -> Self {
        let matches = Self::command().get_matches();
        let mut arguments = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        let Some((_, found)) = matches.subcommand() else {
            return arguments;
        };
        match &mut arguments.command {
            Command::Probe(typed) => typed.given = given(found),
            Command::Discover(typed) => typed.given = given(found),
            Command::Scan(typed) => typed.given = given(found),
            Command::Noise(typed) => typed.given = given(found),
            _ => {}
        }
        arguments
    }
}

/// Identifiers of the arguments that were typed; those left to their defaults are not among them.
pub(crate) fn given(found: &ArgMatches) -> Vec<String> {
    // Groups, which have the names of their types, are no arguments.
    let typed = |id: &&Id| {
        id.as_str().starts_with(|c: char| c.is_lowercase())
            && found.value_source(id.as_str()) == Some(ValueSource::CommandLine)
    };
    found.ids().filter(typed).map(ToString::to_string).collect()
}

/// One verb each.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A lab on loopback, a scan of it, the tables: the whole product in a minute
    Demo(DemoArguments),
    /// Find out who answers, and probe them at once: a whole measurement
    Scan(Box<ScanArguments>),
    /// Find out who answers: SYNs out, SYN-ACKs in
    Discover(Box<DiscoverArguments>),
    /// Probe a list of endpoints and write a dataset
    Probe(Box<ProbeArguments>),
    /// Watch an interface or captures, and write the same rows or Zeek's logs
    Monitor(Box<MonitorArguments>),
    /// Learn how many hosts answer on any port: the background of every scan
    Noise(Box<NoiseArguments>),
    /// Keep the register of networks that are never touched
    Blocklist(BlocklistArguments),
    /// Print the prefixes that are routed, out of dumps of routing tables
    Prefixes(PrefixesArguments),
    /// Remove the rows of those who asked to be left alone from a dataset
    Purge(PurgeArguments),
    /// Print result tables of a dataset
    Tables(TablesArguments),
    /// Ask a dataset in SQL
    Sql(SqlArguments),
    /// Serve a population of TLS servers on loopback and write its ground truth
    Lab(LabArguments),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  tlscensus completions bash > ~/.local/share/bash-completion/completions/tlscensus"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff)
    #[command(after_help = "Example:\n  tlscensus manual | man -l -")]
    Manual,
}

/// `demo`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tlscensus demo --hosts 500 --seed 7 --out my-demo")]
pub(crate) struct DemoArguments {
    /// Hosts in the lab, each with up to 14 services
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(crate) hosts: u32,
    /// Seed of the population
    #[arg(long, default_value_t = 2015)]
    pub(crate) seed: u64,
    /// Where the dataset is written, the whole tables among it; must not exist [default: demo-dataset, or demo-dataset-2, … if
    /// taken]
    #[arg(long, value_name = "DATASET")]
    pub(crate) out: Option<PathBuf>,
    /// Print the whole tables instead of their headlines
    #[arg(long)]
    pub(crate) full: bool,
    /// Nothing on stderr but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// `probe`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tlscensus probe hosts.txt --protocols smtp,imaps --contact scans@example.org --client-name probe.example.org --out census\n  \
    zmap -p 25 … | tlscensus probe - --protocols smtp --contact … --client-name … --out census\n  \
    tlscensus probe hosts.txt --protocols smtp --profile paper-2015 --ladder study --sni off --contact … --out as-in-2015\n  \
    tlscensus probe hosts.txt --protocols smtp --depth enumerate --contact … --client-name … --out abilities\n  \
    tlscensus probe ours.txt --intrusive starttls-injection,renegotiation --consent agreed.txt --contact … --out ours\n  \
    tlscensus probe hosts.txt --out census --resume latest\n\n\
    A line of the list is ADDRESS, PREFIX (IPv6 from /108 on), FIRST-LAST (IPv4), ADDRESS:PORT, [IPV6]:PORT, NAME, NAME:PORT or \
    NAME,ADDRESS; # begins a comment. ZMap's CSV with its header (saddr, sport) and its JSON, masscan's -oL and zgrab2's \
    ADDRESS,NAME,TAG,PORT are read as well.\n\
    A port in the line means the protocols that live there; if none of those given does, all of them are tried on it.")]
pub(crate) struct ProbeArguments {
    /// The list of endpoints; - reads stdin
    #[arg(value_name = "FILE|-")]
    pub(crate) list: PathBuf,
    /// Protocols, by comma, or all
    #[arg(long, value_delimiter = ',', default_value = "all", value_name = "PROTOCOL")]
    pub(crate) protocols: Vec<String>,
    /// The dataset; made if it does not exist
    #[arg(long, value_name = "DATASET")]
    pub(crate) out: PathBuf,
    /// Go on with an interrupted run: its name, or latest. What it began with holds; its pace can be changed
    #[arg(long, value_name = "RUN")]
    pub(crate) resume: Option<String>,
    #[command(flatten)]
    pub(crate) who: WhoArguments,
    #[command(flatten)]
    pub(crate) pace: PaceArguments,
    /// Networks never to be touched: one prefix a line, the reason behind #. Read again when it changes, and at SIGHUP
    ///
    /// A change holds from the next connection on, a second after it was written. A file with a bad line changes nothing, and is
    /// said. Which lists held stands in the run's row.
    #[arg(long, value_name = "FILE")]
    pub(crate) blocklist: Option<PathBuf>,
    /// A special-purpose network that is yours to test (repeatable)
    #[arg(long, value_name = "PREFIX")]
    pub(crate) allow_test_range: Vec<String>,
    /// Prefixes and their origins, for the columns prefix and origin_as: what tlscensus prefixes prints, or the dump
    #[arg(long, value_name = "FILE")]
    pub(crate) routes: Option<PathBuf>,
    /// The first TLS offer: modern, modern-tls12, legacy, plain, tls10, ssl3, old-frame, anonymous, export, everything, paper-2015,
    /// chrome-like or firefox-like
    #[arg(long, default_value = PROFILE)]
    pub(crate) profile: String,
    /// The offers that follow where a server turns one down, a connection each: default (down to SSL 2, as its answers give
    /// reason), study (SSL 3; SSL 2 where nothing is said at all), exhaustive (also without a certificate, export, all that has a
    /// name, and SSL 2 where nothing is said) or off
    #[arg(long, default_value = LADDER)]
    pub(crate) ladder: String,
    /// How much each endpoint is asked
    #[arg(long, value_enum, default_value_t = Depth::Handshake)]
    pub(crate) depth: Depth,
    /// Intrusive questions, by comma, or all: starttls-injection, renegotiation, fallback-scsv, wrong-alpn. For servers of
    /// your own, and of those who agreed (--consent)
    ///
    /// Each is a connection more per endpoint, within the host's budget and rates, --question-spacing apart; none goes
    /// further than it takes to see what the server does, and each has a row of kind 'intrusive' in the relation
    /// capabilities. starttls-injection: a harmless command in the same segment as STARTTLS; is it answered inside TLS?
    /// renegotiation: a second ClientHello inside TLS 1.2 or older; does the server begin, and is it bound to the first
    /// (RFC 5746)? fallback-scsv: a hello one version lower than need be, that says so; is it turned away (RFC 7507)?
    /// wrong-alpn: the protocol of another service; is it refused, passed over or chosen (RFC 7301)?
    #[arg(long, value_delimiter = ',', value_name = "QUESTION")]
    pub(crate) intrusive: Vec<String>,
    /// Whose operators agreed to be asked intrusively: a network, address or name a line, who and when behind #
    ///
    /// Loopback and --allow-test-range need none. Without this file every target has to be one of those, or the run is
    /// refused; with it, all others are probed as always and their intrusive questions are 'not-asked'. A name counts
    /// where it was looked up, not where the list gives its address. The file's hash stands in the run's row.
    #[arg(long, value_name = "FILE")]
    pub(crate) consent: Option<PathBuf>,
    /// A name server to ask instead of the system's own (repeatable)
    #[arg(long, value_name = "ADDRESS[:PORT]")]
    pub(crate) resolver: Vec<String>,
    /// Server name in the ClientHello: with a name in the list, or never
    #[arg(long, value_enum, default_value_t = Sni::Named)]
    pub(crate) sni: Sni,
    /// Added to the standard port of each protocol
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) port_offset: u16,
    /// In which order the list is taken; shuffled, it is kept in memory, at most 16 million lines of it
    #[arg(long, value_enum, default_value_t = Order::Listed)]
    pub(crate) order: Order,
    /// One of several equal parts of a shuffled list: 1/4 to 4/4, with the same list and seed, are the list
    #[arg(long, value_name = "N/PARTS")]
    pub(crate) shard: Option<Shard>,
    /// Seed of every random choice
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    /// Identifiers of the arguments that were given; those left to their defaults are not among them
    #[arg(skip)]
    pub(crate) given: Vec<String>,
}

/// Who we say we are.
#[derive(Debug, Args)]
#[command(next_help_heading = "Who we are")]
pub(crate) struct WhoArguments {
    /// Address or page where those probed reach you; needed for anything but loopback
    #[arg(long, value_name = "TEXT")]
    pub(crate) contact: Option<String>,
    /// Our name in EHLO: a host name of yours whose page says what this is
    #[arg(long, value_name = "NAME", default_value = CLIENT_NAME)]
    pub(crate) client_name: String,
}

/// How fast and for how long.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pace and limits")]
pub(crate) struct PaceArguments {
    /// Endpoints in flight at once
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub(crate) concurrency: u32,
    /// Connections per second in all; 0: no limit (loopback only, as for the two below)
    #[arg(long, default_value_t = 500, value_name = "N")]
    pub(crate) rate: u32,
    /// Connections per second to one host
    #[arg(long, default_value_t = 2, value_name = "N")]
    pub(crate) host_rate: u32,
    /// Connections per second to one /24 (IPv6: /48)
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) net_rate: u32,
    /// Longest life of one endpoint's row, all its attempts together; each question of --depth enumerate and --intrusive has as long
    /// for itself, all of them 20 minutes
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) deadline: u32,
    /// Longest wait for a connection
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) connect_timeout: u32,
    /// Longest wait for a server's greeting, reply or TLS flight
    #[arg(long, default_value_t = 20, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) phase_timeout: u32,
    /// Most bytes read from one endpoint for its row; and for each question beyond it
    #[arg(long, default_value_t = 262_144, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) byte_budget: u64,
    /// Most connections to one endpoint; a server that takes the first offer sees one
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    pub(crate) attempts: u8,
    /// Most connections that --depth enumerate adds to one endpoint
    #[arg(long, default_value_t = 60, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=500))]
    pub(crate) questions: u32,
    /// Shortest time from one of these connections, or of --intrusive, to the next
    #[arg(long, default_value_t = 500, value_name = "MILLISECONDS")]
    pub(crate) question_spacing: u32,
    /// Most connections to one host, all its endpoints together; what comes after is over-budget. 0: no limit (loopback only)
    ///
    /// Rows come first: questions of --depth enumerate and --intrusive leave the rows of a host's other services their share, up to
    /// half of it. Unless a budget is typed, such a run has one that is enough for all: protocols × (attempts + questions).
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) host_budget: u32,
}

/// How much each endpoint is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Depth {
    /// One completed handshake, and what is said inside
    Handshake,
    /// Then all it can do, into the relation capabilities: versions, suites, groups, schemes, certificates, whose preference
    /// counts, and whether sessions are taken up again, one short connection per question
    Enumerate,
}

/// What is said while it runs.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "While it runs")]
pub(crate) struct OutputArguments {
    /// Nothing on stderr but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// A file with one JSON object of counters, replaced every second
    #[arg(long, value_name = "FILE")]
    pub(crate) json_status: Option<PathBuf>,
    /// Counters for Prometheus at http://ADDRESS:PORT/metrics; a port alone is one of loopback
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = metrics::address)]
    pub(crate) metrics: Option<SocketAddr>,
}

/// In which order a list is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// As it is written
    Listed,
    /// As --seed says: neighbours in the list are not asked one after the other
    Shuffled,
}

/// When a server name is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sni {
    /// When the list gives a name (the study sent none: it probed by address)
    Named,
    /// Never
    Off,
}

/// `prefixes`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tlscensus prefixes rib.20261123.0800.bz2 > routed.txt\n  \
    tlscensus prefixes rib-*.gz --ipv4 --format csv > origins.csv\n\n\
    Read are TABLE_DUMP and TABLE_DUMP_V2 (RFC 6396), plain or packed with gzip or bzip2. Each prefix comes once, behind it the\n\
    systems that announce it. Routes for everything, or for more than a /8 (IPv6: /16), are left out.")]
pub(crate) struct PrefixesArguments {
    /// Dumps of whole tables (RIB), of one collector or several; - reads stdin
    #[arg(value_name = "RIB", required = true)]
    pub(crate) ribs: Vec<PathBuf>,
    /// How they are written
    #[arg(long, value_enum, default_value_t = PrefixesFormat::List)]
    pub(crate) format: PrefixesFormat,
    /// IPv4 only
    #[arg(long, conflicts_with = "ipv6")]
    pub(crate) ipv4: bool,
    /// IPv6 only
    #[arg(long)]
    pub(crate) ipv6: bool,
    /// Nothing on stderr but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// How routed prefixes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PrefixesFormat {
    /// A prefix a line, its origins behind #; with --ipv4 a list for ZMap (and for probe, which visits every address)
    List,
    /// prefix,origins with blanks between the origins
    Csv,
    /// One JSON object a line
    Json,
}

/// `tables`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tlscensus tables census\n  tlscensus tables census T01 --format latex > t01.tex\n  \
    tlscensus tables scanned T03c --with watched"
)]
pub(crate) struct TablesArguments {
    /// The dataset
    pub(crate) dataset: PathBuf,
    /// Tables, by identifier [default: all]
    pub(crate) tables: Vec<String>,
    /// How they are written: text, markdown (md), latex, csv, json
    #[arg(long, default_value = "text")]
    pub(crate) format: String,
    /// The headline of each table: the columns that tell most, and the first rows over all services
    #[arg(long)]
    pub(crate) short: bool,
    /// Another dataset, read as if its runs were in this one: --run chooses among the runs of all. May be given again
    #[arg(long, value_name = "DATASET")]
    pub(crate) with: Vec<PathBuf>,
    /// One run, or all [default: the newest complete one]
    #[arg(long)]
    pub(crate) run: Option<String>,
    /// Rows of the addresses in this register do not count
    #[arg(long, value_name = "FILE")]
    pub(crate) blocklist: Option<PathBuf>,
}

/// `sql`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tlscensus sql census \"DESCRIBE probes\"\n  \
    tlscensus sql census \"SELECT protocol, outcome, count(*) FROM probes GROUP BY ALL\" --format csv")]
pub(crate) struct SqlArguments {
    /// The dataset
    pub(crate) dataset: PathBuf,
    /// The query; without one it is read from stdin
    pub(crate) query: Option<String>,
    /// How the rows are written: text, markdown (md), latex, csv, json
    #[arg(long, default_value = "text")]
    pub(crate) format: String,
    /// Another dataset, read as if its runs were in this one; may be given again
    #[arg(long, value_name = "DATASET")]
    pub(crate) with: Vec<PathBuf>,
    /// Rows of the addresses in this register are not there
    #[arg(long, value_name = "FILE")]
    pub(crate) blocklist: Option<PathBuf>,
}

/// `lab`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  tlscensus lab --hosts 100 --port-offset 20000 --truth truth.ndjson --list lab.txt"
)]
pub(crate) struct LabArguments {
    /// Hosts, each an address of 127.0.0.0/8
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub(crate) hosts: u32,
    /// Seed of the population
    #[arg(long, default_value_t = 2015)]
    pub(crate) seed: u64,
    /// Where the hosts have their addresses: loopback, or a private network that this machine answers for (`ip route add local
    /// 10.7.0.0/16 dev lo`, in a namespace of your own)
    #[arg(long, default_value = "127.64.0.0/10", value_name = "PREFIX")]
    pub(crate) network: String,
    /// Added to the standard port of each protocol
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) port_offset: u16,
    /// Where the ground truth is written, one JSON object a line
    #[arg(long, value_name = "FILE", default_value = "truth.ndjson")]
    pub(crate) truth: PathBuf,
    /// Where the list of addresses is written, for probe
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Option<PathBuf>,
}
