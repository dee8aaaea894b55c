//! What is said while a run goes on: a bar on a terminal, plain lines in a pipe, JSON in a file.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use std::time::Instant;

use indicatif::ProgressBar;
use indicatif::ProgressState;
use indicatif::ProgressStyle;
use serde_json::Value;
use serde_json::json;
use tlscensus_probe::Counts;
use tlscensus_probe::Progress;
use tlscensus_records::Phase;

use crate::console;

/// Between two looks at the counters.
pub(crate) const TICK: Duration = Duration::from_millis(250);
/// Between two plain lines in a pipe.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Between two JSON states.
const JSON_EVERY: Duration = Duration::from_secs(1);

/// Shows the counters of one run.
pub(crate) struct Display {
    progress: Arc<Progress>,
    acknowledged: Arc<AtomicU64>,
    endpoints: Option<u64>,
    bar: Option<ProgressBar>,
    plain: bool,
    json: Option<PathBuf>,
    /// A failure to write it is said once.
    json_failed: bool,
    concurrency: usize,
    began: Instant,
    last_line: Instant,
    last_json: Option<Instant>,
}

impl Display {
    /// Chooses between bar and lines by where stderr goes.
    pub(crate) fn new(
        progress: Arc<Progress>,
        acknowledged: Arc<AtomicU64>,
        endpoints: Option<u64>,
        concurrency: usize,
        quiet: bool,
        json: Option<PathBuf>,
    ) -> Self {
        let terminal = io::IsTerminal::is_terminal(&io::stderr());
        let bar = (terminal && !quiet).then(|| bar(endpoints));
        let began = Instant::now();
        Self {
            progress,
            acknowledged,
            endpoints,
            bar,
            plain: !terminal && !quiet,
            json,
            json_failed: false,
            concurrency,
            began,
            last_line: began,
            last_json: None,
        }
    }

    /// Looks at the counters and says what is due.
    pub(crate) fn tick(&mut self) {
        let counts = self.progress.counts();
        if let Some(bar) = &self.bar {
            bar.set_position(counts.done + counts.passed_over);
            bar.set_message(figures(&counts));
        }
        if self.plain && self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            console::say(&self.line(&counts));
        }
        if self.last_json.is_none_or(|last| last.elapsed() >= JSON_EVERY) {
            self.last_json = Some(Instant::now());
            self.write_json(&counts, "running");
        }
    }

    /// The last word, however the run ended.
    pub(crate) fn end(&mut self, state: &str) {
        let counts = self.progress.counts();
        self.write_json(&counts, state);
        if let Some(bar) = self.bar.take() {
            bar.set_position(counts.done + counts.passed_over);
            bar.set_message(figures(&counts));
            // What is over has no time left to tell.
            let noun = if bar.position() == 1 { "endpoint" } else { "endpoints" };
            bar.set_style(style(&format!("{{pos}} {noun} in {{elapsed}}, {{msg}}")));
            bar.abandon();
        }
        if self.plain {
            console::say(&self.line(&counts));
        }
    }

    fn line(&self, counts: &Counts) -> String {
        let of = self.endpoints.map_or_else(String::new, |all| format!(" of {all}"));
        let elapsed = self.began.elapsed().as_secs();
        format!(
            "{elapsed} s: {}{of}, {}",
            console::count(counts.done + counts.passed_over, "endpoint"),
            figures(counts)
        )
    }

    /// Replaced as a whole, so that a reader never sees half of it; a failure is no reason to stop measuring.
    fn write_json(&mut self, counts: &Counts, state: &str) {
        let Some(path) = &self.json else {
            return;
        };
        let ended: serde_json::Map<_, _> = Phase::ALL
            .iter()
            .map(|phase| (phase.word().to_owned(), json!(counts.ended_in(*phase))))
            .collect();
        let state = json!({
            "state": state,
            "elapsed_s": self.began.elapsed().as_secs_f64(),
            "endpoints": self.endpoints,
            "targets": counts.targets,
            "started": counts.started,
            "done": counts.done,
            "in_flight": counts.in_flight(),
            "concurrency": self.concurrency,
            "passed_over": counts.passed_over,
            "acknowledged": self.acknowledged.load(Relaxed),
            "connections": counts.connections,
            "tls_completed": counts.tls_completed,
            "shortages": counts.shortages,
            "bytes_in": counts.bytes_in,
            "bytes_out": counts.bytes_out,
            "ended_in_phase": ended,
        });
        if let Err(error) = replace(path, &state)
            && !self.json_failed
        {
            console::say(&format!("--json-status {}: {error}", path.display()));
            self.json_failed = true;
        }
    }
}

/// Puts a state where the last one was: whoever reads sees one or the other, whole.
pub(crate) fn replace(path: &Path, state: &Value) -> io::Result<()> {
    let draft = draft_of(path);
    fs::write(&draft, format!("{state}\n"))?;
    fs::rename(&draft, path)
}

/// Where a JSON state is written before it replaces the last one.
pub(crate) fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

fn figures(counts: &Counts) -> String {
    let mut text = format!("{} in flight, {} TLS", counts.in_flight(), counts.tls_completed);
    if counts.shortages > 0 {
        text.push_str(&format!(
            ", short of descriptors or ports {} × (lower --concurrency or raise ulimit -n)",
            counts.shortages
        ));
    }
    text
}

fn bar(endpoints: Option<u64>) -> ProgressBar {
    match endpoints {
        Some(all) => ProgressBar::new(all)
            .with_style(style("{bar:30} {pos}/{len} endpoints ({rate}, ETA {eta}) {msg}")),
        None => {
            ProgressBar::no_length().with_style(style("{spinner} {pos} endpoints ({rate}) {msg}"))
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
        // Nobody is told by a failure to show a rate.
        let _unshown = write!(out, "{:.0}/s", state.per_sec());
    };
    ProgressStyle::with_template(template)
        .expect("the templates here are well formed")
        .with_key("rate", rate)
}
