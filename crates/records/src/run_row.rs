//! One start of a campaign, a monitor, an import or a purge: its manifest.

use tlscensus_certs::Sha256;

use crate::cell::Timestamp;
use crate::rows::rows;
use crate::word::words;

words! {
    /// What kind of work a run is.
    #[derive(Default)]
    pub enum RunKind {
        /// Endpoints probed.
        #[default]
        Probe => "probe",
        /// Hosts discovered, then probed.
        Scan => "scan",
        /// Hosts discovered.
        Discover => "discover",
        /// Traffic watched.
        Monitor => "monitor",
        /// The background-noise experiment.
        Noise => "noise",
        /// Rows brought in from elsewhere.
        Import => "import",
        /// Rows removed, of those who asked to be forgotten.
        Purge => "purge",
    }
}

words! {
    /// Where a run stands.
    #[derive(Default)]
    pub enum RunState {
        /// At work, or killed without anybody having noticed yet.
        #[default]
        Running => "running",
        /// Every endpoint is covered.
        Complete => "complete",
        /// Stopped on purpose; can be resumed.
        Interrupted => "interrupted",
        /// Killed; what it had acknowledged was recovered. Can be resumed.
        Recovered => "recovered",
    }
}

rows! {
    /// A list that a run read: targets, blocklist, prefixes.
    pub struct ListUsed filled by Both {
        /// What it was used for: targets, blocklist, prefixes.
        purpose: String,
        /// Where it was read from.
        source: String,
        /// SHA-256 of its bytes; NULL: read as a stream.
        sha256: Option<Sha256>,
        /// Entries accepted; NULL: not counted.
        entries: Option<u64>,
    }
}

rows! {
    /// One thing counted during a run.
    pub struct Counter filled by Both {
        /// What was counted.
        name: String,
        /// How many.
        count: u64,
    }
}

rows! {
    /// One row per run.
    pub struct RunRow filled by Both {
        /// Names the run; letters, digits, `-`, `_` and `.` only.
        run_id: String,
        /// probe, scan, discover, monitor, noise, import or purge.
        kind: RunKind,
        /// When it began first.
        started_at: Timestamp,
        /// When it ended; NULL: it runs, or was killed.
        ended_at: Option<Timestamp>,
        /// running, complete, interrupted or recovered.
        state: RunState,
        /// Every setting that shaped the run, as a JSON object.
        config: String,
        /// Seed of every random choice.
        seed: u64,
        /// Where those measured find out who we are.
        contact: Option<String>,
        /// Version of this program.
        version: String,
        /// Lists read.
        lists: Vec<ListUsed>,
        /// Things counted; written when the run ends.
        counters: Vec<Counter>,
    }
}
