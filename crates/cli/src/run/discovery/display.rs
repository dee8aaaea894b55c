//! What is said while a discovery goes on: a bar on a terminal, plain lines in a pipe, JSON in a file.

use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use indicatif::HumanDuration;
use indicatif::ProgressBar;
use indicatif::ProgressStyle;
use serde_json::Value;
use serde_json::json;
use tlscensus_discovery::Counts;
use tlscensus_discovery::Discovery;

use super::course::Sink;
use crate::console;
use crate::progress::replace;

/// Shows the counters of one discovery.
pub(crate) struct Display {
    bar: Option<ProgressBar>,
    plain: bool,
    json: Option<PathBuf>,
    /// A failure to write it is said once.
    json_failed: bool,
    began: Instant,
    last_line: Instant,
    last_look: (Instant, Counts),
    /// Probes per second, lately.
    rate: f64,
    link_was_down: bool,
}

impl Display {
    /// Chooses between bar and lines by where stderr goes.
    pub(crate) fn new(quiet: bool, json: Option<PathBuf>) -> Self {
        let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} % {msg}");
        let bar = (terminal && !quiet)
            .then(|| ProgressBar::new(0).with_style(style.expect("the template is well formed")));
        let now = Instant::now();
        Self {
            bar,
            plain: !terminal && !quiet,
            json,
            json_failed: false,
            began: now,
            last_line: now,
            last_look: (now, Counts::default()),
            rate: 0.0,
            link_was_down: false,
        }
    }

    /// Looks at the counters and says what is due.
    pub(crate) fn tick(&mut self, discovery: &Discovery, sink: &dyn Sink) {
        let counts = discovery.counts();
        let (looked_at, before) = self.last_look;
        let since = looked_at.elapsed();
        if since >= LOOK_EVERY {
            let sent = counts.probes_sent.saturating_sub(before.probes_sent);
            self.rate = to_f64(sent) / since.as_secs_f64();
            self.last_look = (Instant::now(), counts);
            self.json(discovery, &counts, sink.state());
        }
        if counts.link_down != self.link_was_down {
            self.link_was_down = counts.link_down;
            console::say(match counts.link_down {
                true => {
                    "the interface is down: sending waits until it is up again and its router answers"
                }
                false => "the interface is up again",
            });
        }
        if let Some(bar) = &self.bar {
            let all = discovery.plan().positions.end - discovery.plan().positions.start;
            bar.set_length(all);
            bar.set_position(all - discovery.left());
            bar.set_message(self.line(discovery, &counts, sink.said()));
        } else if self.plain && self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            console::say(&self.line(discovery, &counts, sink.said()));
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&mut self, discovery: &Discovery) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.json(discovery, &discovery.counts(), None);
    }

    fn line(&self, discovery: &Discovery, counts: &Counts, more: Option<String>) -> String {
        let mut line = format!(
            "{} sent ({:.0}/s), {} answer ({})",
            counts.probes_sent,
            self.rate,
            counts.synacks,
            percent(counts.synacks, counts.targets)
        );
        if counts.kernel_drops > 0 {
            line.push_str(&format!(", {} answers dropped by the kernel", counts.kernel_drops));
        }
        if counts.held > 0 {
            line.push_str(", held back: answers come faster than they are taken");
        }
        if let Some(more) = more {
            line.push_str(", ");
            line.push_str(&more);
        }
        match self.left(discovery) {
            Some(left) => line.push_str(&format!(", {} left", HumanDuration(left))),
            None if discovery.left() == 0 => line.push_str(", waiting for late answers"),
            None => {}
        }
        line
    }

    /// How long it will go on at the rate of the last second; not known while nothing is sent.
    fn left(&self, discovery: &Discovery) -> Option<Duration> {
        let left = discovery.left();
        if left == 0 || self.rate <= 0.0 {
            return None;
        }
        let probes = f64::from(discovery.plan().probes);
        let seconds = to_f64(left) * probes / self.rate;
        Duration::try_from_secs_f64(seconds).ok()
    }

    fn json(&mut self, discovery: &Discovery, counts: &Counts, more: Option<Value>) {
        let Some(path) = &self.json else {
            return;
        };
        let state = json!({
            "elapsed_s": self.began.elapsed().as_secs_f64(),
            "left_s": self.left(discovery).map(|left| left.as_secs_f64()),
            "packets_sent": counts.probes_sent,
            "packets_per_second": self.rate,
            "rate": discovery.rate().to_string(),
            "targets_scanned": counts.targets,
            "targets_left": discovery.left(),
            "targets_blocked": counts.blocked,
            "repeats_spared": counts.spared,
            "success_unique": counts.synacks,
            "hitrate": share(counts.synacks, counts.targets),
            "resets": counts.resets,
            "icmp_errors": counts.icmp_errors,
            "admin_prohibited": counts.admin_prohibited,
            "duplicates": counts.repeats,
            "validation_failed": counts.foreign,
            "frames": counts.frames,
            "kernel_drops": counts.kernel_drops,
            "send_failures": counts.send_failures,
            "deferred": counts.deferred,
            "held": counts.held,
            "link_down": counts.link_down,
            "probing": more,
        });
        if let Err(error) = replace(path, &state)
            && !self.json_failed
        {
            console::say(&format!("--json-status {}: {error}", path.display()));
            self.json_failed = true;
        }
    }
}

/// A part of a whole, as a number.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { to_f64(part) / to_f64(whole) }
}

pub(super) fn percent(part: u64, whole: u64) -> String {
    format!("{:.3} %", 100.0 * share(part, whole))
}

/// For rates and shares: exact up to 2^32, and to 2^-52 of it beyond.
pub(super) fn to_f64(count: u64) -> f64 {
    let high = u32::try_from(count >> 32).map_or(0.0, f64::from);
    let low = u32::try_from(count & u64::from(u32::MAX)).map_or(0.0, f64::from);
    high * 4_294_967_296.0 + low
}

const LOOK_EVERY: Duration = Duration::from_secs(1);
const LINE_EVERY: Duration = Duration::from_secs(5);
