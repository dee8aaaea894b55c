//! `purge`: what was typed.

use std::path::PathBuf;

use clap::Args;

/// `purge`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tlscensus purge census --blocklist blocked.txt --dry-run\n  \
    tlscensus purge census --blocklist blocked.txt\n  \
    tlscensus sql census \"SELECT run_id, started_at, name, count FROM run_counters WHERE kind = 'purge'\"\n\n\
    Gone are the rows of probes, responders and capabilities whose address the register blocks, and certificates that nobody\n\
    else has shown. The purge itself is a run of kind purge: when, by which list (its hash), how many rows. Killed in between, it\n\
    has removed all or nothing.")]
pub(crate) struct PurgeArguments {
    /// The dataset
    pub(crate) dataset: PathBuf,
    /// Whose rows go: one prefix a line, the reason behind #
    #[arg(long, value_name = "FILE")]
    pub(crate) blocklist: PathBuf,
    /// Only count what would go
    #[arg(long)]
    pub(crate) dry_run: bool,
}
