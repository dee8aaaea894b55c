//! What is said while traffic is watched: a bar on a terminal, plain lines in a pipe, JSON in a file.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use std::time::Instant;

use indicatif::ProgressBar;
use indicatif::ProgressStyle;
use serde_json::Map;
use serde_json::json;
use tlscensus_monitor::Totals;

use super::Counted;
use super::figures;
use crate::console;
use crate::plan::MonitorPlan;
use crate::progress;

/// Between two plain lines in a pipe.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// Between two JSON states.
const JSON_EVERY: Duration = Duration::from_secs(1);

/// Shows the counters.
pub(super) struct Display {
    counted: Counted,
    /// Bytes to be read, where that is known.
    bytes: Option<u64>,
    bar: Option<ProgressBar>,
    plain: bool,
    json: Option<PathBuf>,
    json_failed: bool,
    began: Instant,
    last_line: Instant,
    last_json: Option<Instant>,
}

impl Display {
    /// Chooses between bar and lines by where stderr goes.
    pub(super) fn new(
        counted: Counted,
        plan: &MonitorPlan,
        json: Option<PathBuf>,
        quiet: bool,
    ) -> Self {
        let terminal = io::IsTerminal::is_terminal(&io::stderr());
        let bytes = plan.bytes;
        let began = Instant::now();
        Self {
            counted,
            bytes,
            bar: (terminal && !quiet).then(|| bar(bytes)),
            plain: !terminal && !quiet,
            json,
            json_failed: false,
            began,
            last_line: began,
            last_json: None,
        }
    }

    /// Looks at the counters and says what is due.
    pub(super) fn tick(&mut self) {
        let line_due = self.plain && self.last_line.elapsed() >= LINE_EVERY;
        let json_due =
            self.json.is_some() && self.last_json.is_none_or(|last| last.elapsed() >= JSON_EVERY);
        if self.bar.is_none() && !line_due && !json_due {
            return;
        }
        let totals = self.counted.gauges.totals();
        if let Some(bar) = &self.bar {
            bar.set_position(self.position(&totals));
            bar.set_message(said(&totals));
        }
        if line_due {
            self.last_line = Instant::now();
            console::say(&self.line(&totals));
        }
        if json_due {
            self.last_json = Some(Instant::now());
            self.write_json(&totals, "running");
        }
    }

    /// The last word, however it ended.
    pub(super) fn end(&mut self, state: &str) {
        let totals = self.counted.gauges.totals();
        self.write_json(&totals, state);
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn position(&self, totals: &Totals) -> u64 {
        if self.bytes.is_some() { totals.bytes_read } else { totals.flows.frames }
    }

    fn line(&self, totals: &Totals) -> String {
        let part = self.bytes.filter(|all| *all > 0).map_or_else(String::new, |all| {
            format!("{} % read, ", totals.bytes_read.saturating_mul(100) / all)
        });
        format!("{} s: {part}{}", self.began.elapsed().as_secs(), said(totals))
    }

    fn write_json(&mut self, totals: &Totals, state: &str) {
        let Some(path) = &self.json else {
            return;
        };
        let counters: Map<_, _> = figures::named(totals)
            .into_iter()
            .map(|(name, count)| (name.replace('-', "_"), json!(count)))
            .collect();
        let state = json!({
            "state": state,
            "elapsed_s": self.began.elapsed().as_secs_f64(),
            "tracked": totals.tracked,
            "newest_packet_us": totals.newest,
            "acknowledged": self.counted.acknowledged.as_ref().map(|rows| rows.load(Relaxed)),
            "counters": counters,
        });
        if let Err(error) = progress::replace(path, &state)
            && !self.json_failed
        {
            console::say(&format!("--json-status {}: {error}", path.display()));
            self.json_failed = true;
        }
    }
}

fn said(totals: &Totals) -> String {
    format!(
        "{}, {} tracked, {}, {} dropped",
        console::count(totals.flows.frames, "packet"),
        totals.tracked,
        console::count(totals.tally.rows, "row"),
        figures::drops(totals)
    )
}

fn bar(bytes: Option<u64>) -> ProgressBar {
    let (bar, template) = match bytes {
        Some(all) => (
            ProgressBar::new(all),
            "{bar:30} {bytes}/{total_bytes} ({bytes_per_sec}, ETA {eta}) {msg}",
        ),
        None => (ProgressBar::no_length(), "{spinner} {elapsed} ({per_sec}) {msg}"),
    };
    bar.with_style(ProgressStyle::with_template(template).expect("the templates are well formed"))
}
