//! `blocklist`: what was typed.

use std::path::PathBuf;

use clap::Args;
use clap::Subcommand;

/// `blocklist`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    tlscensus blocklist add blocked.txt 192.0.2.0/24 --requester noc@example.net --reason \"asked by mail\"\n  \
    tlscensus blocklist check blocked.txt 192.0.2.7 2001:db8::1\n  \
    tlscensus blocklist stats blocked.txt\n\n\
    A line of the register is PREFIX # DATE; REQUESTER; REASON. Lists of others, with any comment or none, are read as well.")]
pub(crate) struct BlocklistArguments {
    #[command(subcommand)]
    pub(crate) verb: BlocklistVerb,
}

/// What is done with a register.
#[derive(Debug, Subcommand)]
pub(crate) enum BlocklistVerb {
    /// Write down who is to be left alone; the file is made if it does not exist
    Add(AddArguments),
    /// Take a prefix out, leaving a comment that says so
    Remove(RemoveArguments),
    /// Say of each address whether the register blocks it, and why; exit code 1 if one is not blocked. Special-purpose networks are
    /// blocked without it
    Check(CheckArguments),
    /// Count entries and addresses
    Stats {
        /// The register
        file: PathBuf,
    },
}

/// `blocklist add`
#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    /// The register
    pub(crate) file: PathBuf,
    /// Prefixes or addresses
    #[arg(required = true, value_name = "PREFIX")]
    pub(crate) prefixes: Vec<String>,
    /// Who asked for it
    #[arg(long, value_name = "TEXT")]
    pub(crate) requester: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// When it was asked for [default: today, UTC]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) date: Option<String>,
}

/// `blocklist remove`
#[derive(Debug, Args)]
pub(crate) struct RemoveArguments {
    /// The register
    pub(crate) file: PathBuf,
    /// The prefix as it stands there, or one equal to it
    pub(crate) prefix: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

/// `blocklist check`
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The register
    pub(crate) file: PathBuf,
    /// Addresses; without one they are read from stdin, one a line
    pub(crate) addresses: Vec<String>,
}
