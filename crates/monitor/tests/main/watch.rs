//! Runs the monitor over captures and interfaces, and keeps what came out.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use tlscensus_monitor::Error;
use tlscensus_monitor::Gauges;
use tlscensus_monitor::Input;
use tlscensus_monitor::Listening;
use tlscensus_monitor::Monitor;
use tlscensus_monitor::Totals;
use tlscensus_monitor::listen;
use tlscensus_monitor::read;
use tlscensus_records::FlowRow;
use tlscensus_testkit::netns::Namespace;

use crate::support::monitor;

/// What came out of a run.
#[derive(Debug)]
pub(crate) struct Run {
    /// Rows in the order in which they came.
    pub(crate) rows: Vec<FlowRow>,
    /// What was counted.
    pub(crate) totals: Totals,
    /// What the run was warned of.
    pub(crate) warnings: Vec<String>,
    /// How it ended.
    pub(crate) ended: Result<(), Error>,
}

/// Reads a capture.
pub(crate) fn over(capture: &Path) -> Run {
    let inputs = [Input { path: capture.to_owned(), follow: false }];
    let (gauges, stop, mut rows) = (Gauges::default(), AtomicBool::new(false), Vec::new());
    let ended = read(&monitor(1), &inputs, &gauges, &stop, &mut |batch| {
        rows.extend(batch.harvests.into_iter().map(|harvest| *harvest.row));
        true
    });
    Run { rows, totals: gauges.totals(), warnings: Vec::new(), ended }
}

/// A run that listens, as seen by who makes something happen meanwhile.
pub(crate) struct Hearing<'a> {
    gauges: &'a Gauges,
    warnings: &'a Mutex<Vec<String>>,
    ended: &'a AtomicBool,
}

impl Hearing<'_> {
    /// Waits until something holds, or the run has ended; says whether it holds.
    ///
    /// # Panics
    /// If neither comes for long.
    pub(crate) fn wait(&self, what: &str, holds: impl Fn(&Self) -> bool) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            if self.ended.load(Ordering::SeqCst) {
                return holds(self);
            }
            assert!(Instant::now() < deadline, "not {what}: {:#?}", self.totals());
            thread::sleep(Duration::from_millis(20));
        }
        true
    }

    pub(crate) fn totals(&self) -> Totals {
        self.gauges.totals()
    }

    pub(crate) fn warnings(&self) -> usize {
        self.warnings.lock().unwrap().len()
    }

    /// Waits until the workers have taken nothing new for some time, which includes what the rings held.
    pub(crate) fn wait_for_silence(&self) {
        let mut before = None;
        // Workers tell what they counted every second.
        while before != Some(self.totals().received) && !self.ended.load(Ordering::SeqCst) {
            before = Some(self.totals().received);
            thread::sleep(Duration::from_millis(2_200));
        }
    }
}

/// Listens in a namespace while something happens; `slow` is how long the taker of rows takes for each batch.
pub(crate) fn hear(
    namespace: &Namespace,
    monitor: &Monitor,
    listening: &Listening,
    slow: Duration,
    during: impl FnOnce(&Hearing<'_>),
) -> Run {
    let (gauges, stop) = (Gauges::default(), AtomicBool::new(false));
    let (warnings, is_ready, ended) =
        (Mutex::new(Vec::new()), AtomicBool::new(false), AtomicBool::new(false));
    let warn = |what: &str| warnings.lock().unwrap().push(what.to_owned());
    let (rows, outcome) = thread::scope(|scope| {
        let running = scope.spawn(|| {
            namespace.enter().unwrap();
            let mut rows = Vec::new();
            let mut sink = |batch: tlscensus_monitor::Batch| {
                if !batch.is_empty() {
                    thread::sleep(slow);
                }
                rows.extend(batch.harvests.into_iter().map(|harvest| *harvest.row));
                true
            };
            let mut ready = || is_ready.store(true, Ordering::SeqCst);
            let outcome = listen(monitor, listening, &gauges, &stop, &mut ready, &warn, &mut sink);
            ended.store(true, Ordering::SeqCst);
            (rows, outcome)
        });
        // The run ends even if what happens meanwhile panics.
        let _stopper = Stopper(&stop);
        let hearing = Hearing { gauges: &gauges, warnings: &warnings, ended: &ended };
        if hearing.wait("ready", |_| is_ready.load(Ordering::SeqCst)) {
            during(&hearing);
        }
        stop.store(true, Ordering::SeqCst);
        running.join().unwrap()
    });
    let warnings = warnings.into_inner().unwrap();
    Run { rows, totals: gauges.totals(), warnings, ended: outcome }
}

struct Stopper<'a>(&'a AtomicBool);

impl Drop for Stopper<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Says something where a test's reader looks.
#[expect(clippy::print_stderr, reason = "a skipped test says so, and what was measured is told")]
pub(crate) fn say(what: &str) {
    eprintln!("{what}");
}

/// Says that a test was not run; in CI that is a failure.
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI must run this: {why}");
    say(&format!("SKIPPED: {why}"));
}

/// Longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
