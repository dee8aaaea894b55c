//! `noise`: what is typed to learn how many hosts answer on any port.

use std::path::PathBuf;

use clap::Args;

use crate::args::OutputArguments;
use crate::args::SendingArguments;
use crate::args::SpaceArguments;
use crate::args::WireArguments;

/// `noise`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tlscensus noise --allowlist routed.txt --contact scans@example.org --rate 10k --out census\n  \
    tlscensus noise --allowlist routed.txt --targets-per-port 1000000 --follow-up --contact … --out census\n  \
    tlscensus tables census T01b\n\n\
    The study found 0.07 to 0.1 % of addresses that answer on ports on which nobody offers anything. Each port is asked with each seed,\n\
    a run each; T01 and T03 of the same dataset then say how much of what answers is noise.")]
pub(crate) struct NoiseArguments {
    #[command(flatten)]
    pub(crate) space: SpaceArguments,
    /// Arbitrary ports, by comma: the study's, unless others are typed
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "1337,7583,46721,58976,65322",
        value_name = "PORT"
    )]
    pub(crate) ports: Vec<String>,
    /// Seeds, by comma; each draws a sample of its own of each port
    #[arg(long, value_delimiter = ',', default_value = "1,2", value_name = "SEED")]
    pub(crate) seeds: Vec<u64>,
    /// Targets of each port and seed: a sample; the study took 100,000,000
    #[arg(long, default_value_t = 1_000_000, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) targets_per_port: u64,
    /// Connect to those that answer, to tell who completes the handshake
    #[arg(long)]
    pub(crate) follow_up: bool,
    /// Say how much and how long it would be, and send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The dataset; made if it does not exist
    #[arg(long, value_name = "DATASET")]
    pub(crate) out: PathBuf,
    /// Go on with an experiment that was interrupted
    #[arg(long)]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) sending: SendingArguments,
    #[command(flatten)]
    pub(crate) wire: WireArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    /// Identifiers of the arguments that were given
    #[arg(skip)]
    pub(crate) given: Vec<String>,
}
