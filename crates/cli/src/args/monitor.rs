//! `monitor`: what was typed.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;
use ipnet::IpNet;

use crate::args::OutputArguments;

/// `monitor`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tlscensus monitor day1.pcap day2.pcapng.gz --out census --local-nets 192.0.2.0/24,2001:db8::/32 --sessions outgoing\n  \
    tlscensus monitor --interface eth1 --workers 4 --out census --sensor uplink --duration 9d\n  \
    tcpdump -i eth1 -w - | tlscensus monitor - --out census\n  \
    tlscensus monitor day1.pcap --out census --zeek-logs logs\n  \
    tlscensus monitor day1.pcap --zeek-logs - --zeek-format json --zeek-select ssl | jq .version\n  \
    tlscensus tables census T02 T03\n\n\
    Captures are pcap or pcapng, plain, .gz or .zst, and are taken as one, in the order given. Nothing is sent. Addresses of clients are\n\
    written as keyed hashes only: keep the key (--client-key) to compare runs, destroy it to make them anonymous for good. A capture\n\
    that was read half is read again into another run; tables take the newest complete run.")]
pub(crate) struct MonitorArguments {
    /// Captures; - reads stdin
    #[arg(value_name = "CAPTURE|-", required_unless_present = "interface")]
    pub(crate) captures: Vec<PathBuf>,
    /// An interface to listen to instead, until Ctrl-C or --duration
    #[arg(long, value_name = "NAME", conflicts_with_all = ["captures", "follow"])]
    pub(crate) interface: Option<String>,
    /// The dataset; made if it does not exist. May be left out where Zeek's logs are all that is wanted
    #[arg(long, value_name = "DATASET", required_unless_present = "zeek_logs")]
    pub(crate) out: Option<PathBuf>,
    /// What the place of capture is called in the rows
    #[arg(long, default_value = "monitor", value_name = "NAME")]
    pub(crate) sensor: String,
    /// The last capture still grows: wait for more of it, until Ctrl-C or --duration
    #[arg(long)]
    pub(crate) follow: bool,
    /// Stop after this long, such as 90s, 30m, 12h or 9d
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) duration: Option<std::time::Duration>,
    /// Threads that take flows apart; one of its own reads a file for more than one
    #[arg(long, default_value = "1", value_name = "N")]
    pub(crate) workers: NonZeroUsize,
    /// Write ssl.log, x509.log and conn.log, as Zeek would, into this folder, or objects of all three to stdout (-, with --zeek-format
    /// json); clients have addresses in fd00::/8 made of their hash
    #[arg(long, value_name = "FOLDER|-")]
    pub(crate) zeek_logs: Option<PathBuf>,
    /// How Zeek's logs are written
    #[arg(long, value_enum, default_value_t = ZeekFormat::Tsv, requires = "zeek_logs")]
    pub(crate) zeek_format: ZeekFormat,
    /// Which of Zeek's logs, by comma (repeatable); without conn, connections need not be counted to their end, which is faster
    #[arg(long, value_enum, value_delimiter = ',', requires = "zeek_logs", value_name = "LOG", default_values_t = [ZeekLog::Conn, ZeekLog::Ssl, ZeekLog::X509])]
    pub(crate) zeek_select: Vec<ZeekLog>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) whose: WhoseArguments,
    #[command(flatten)]
    pub(crate) bounds: BoundsArguments,
}

/// Whose traffic it is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Whose traffic")]
pub(crate) struct WhoseArguments {
    /// Networks of our own, by comma (repeatable): says which side of a session is ours
    #[arg(long, value_delimiter = ',', value_name = "PREFIX")]
    pub(crate) local_nets: Vec<IpNet>,
    /// Which sessions get rows: all, or those that go out of our networks (as the study counted) or come into them
    #[arg(long, value_enum, default_value_t = SessionsTyped::All)]
    pub(crate) sessions: SessionsTyped,
    /// The key under which clients' addresses are hashed: 32 bytes, made if the file does not exist; by default
    /// DATASET.client.key, or FOLDER.client.key of Zeek's logs; without either, one that nobody keeps
    #[arg(long, value_name = "FILE")]
    pub(crate) client_key: Option<PathBuf>,
    /// Store certificates that clients sent, which may name people; without this only their hashes
    #[arg(long)]
    pub(crate) keep_client_certificates: bool,
    /// Servers that get no rows: one prefix a line, the reason behind #
    #[arg(long, value_name = "FILE")]
    pub(crate) blocklist: Option<PathBuf>,
    /// Prefixes and their origins, for the columns prefix and origin_as: what tlscensus prefixes prints, or the dump
    #[arg(long, value_name = "FILE")]
    pub(crate) routes: Option<PathBuf>,
}

/// How much is held, and what is looked into.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct BoundsArguments {
    /// Connections kept in mind by each worker; beyond, the one idle longest goes, and is counted
    #[arg(long, default_value_t = 1 << 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1 << 28))]
    pub(crate) max_flows: u32,
    /// Mebibytes that each worker may hold behind holes in what was captured
    #[arg(long, default_value_t = 128, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..=1 << 16))]
    pub(crate) max_held: u32,
    /// Seconds without a packet after which a connection is over
    #[arg(long, default_value_t = 300, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) idle_timeout: u32,
    /// Drop packets whose checksums are wrong; where a machine captures what it sends itself, they often are
    #[arg(long)]
    pub(crate) verify_checksums: bool,
    /// Look into no tunnels (GRE, IP in IP, VXLAN, GENEVE)
    #[arg(long)]
    pub(crate) no_tunnels: bool,
    /// Look into Teredo, on its port
    #[arg(long)]
    pub(crate) teredo: bool,
    /// Mebibytes of ring for each worker of an interface
    #[arg(long, default_value_t = 64, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub(crate) ring: u32,
    /// Hear only what the interface's own address gets
    #[arg(long)]
    pub(crate) not_promiscuous: bool,
}

/// Which sessions get rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SessionsTyped {
    /// All
    All,
    /// Into our networks
    Incoming,
    /// Out of our networks
    Outgoing,
}

/// One of Zeek's logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ZeekLog {
    /// Connections
    Conn,
    /// Handshakes
    Ssl,
    /// Certificates
    X509,
}

/// How Zeek's logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ZeekFormat {
    /// An object a line
    Json,
    /// Columns, with Zeek's header
    Tsv,
}

impl From<ZeekLog> for tlscensus_monitor::ZeekLog {
    fn from(typed: ZeekLog) -> Self {
        match typed {
            ZeekLog::Conn => Self::Conn,
            ZeekLog::Ssl => Self::Ssl,
            ZeekLog::X509 => Self::X509,
        }
    }
}

/// A number with a unit: s, m, h or d.
fn duration(text: &str) -> Result<std::time::Duration, String> {
    let wrong = || "write a number and s, m, h or d, like 90s or 9d".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(seconds).map(std::time::Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, seconds) in [("90s", 90), ("30m", 1800), ("12h", 43_200), ("9d", 777_600)] {
            assert_eq!(duration(text).map(|d| d.as_secs()), Ok(seconds), "{text}");
        }
        for text in ["", "9", "d", "9w", "-1s", "1.5h", "99999999999999999d", "9ä"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
