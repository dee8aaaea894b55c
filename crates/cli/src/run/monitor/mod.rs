//! `monitor`: traffic, of an interface or out of captures, into a dataset or Zeek's logs.

mod display;
mod figures;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use tlscensus_dataset::RunWriter;
use tlscensus_monitor as watching;
use tlscensus_monitor::Batch;
use tlscensus_monitor::Gauges;
use tlscensus_monitor::Totals;
use tlscensus_monitor::ZeekLogs;
use tlscensus_records::RunState;

use self::display::Display;
use crate::args::MonitorArguments;
use crate::console;
use crate::exit::Exit;
use crate::plan::MonitorPlan;
use crate::plan::Source;
use crate::run::discovery::Signals;
use crate::run::metrics::MetricsPage;
use crate::utc;

/// Watches.
pub(crate) fn monitor(typed: &MonitorArguments) -> anyhow::Result<Exit> {
    let quiet = typed.output.quiet;
    let acknowledged = typed.out.as_ref().map(|_| Arc::default());
    let counted = Counted { acknowledged, ..Counted::default() };
    // It goes on for as long as it lives.
    let _page = typed.output.metrics.map(|addr| counted.serve(addr, quiet)).transpose()?;
    let plan = MonitorPlan::new(typed)?;
    let stop = Signals::heed("what is in hand is written", how_on(typed), quiet)?;
    if !quiet {
        console::say(&format!("run {}", plan.monitor.run_id));
    }
    let display = Display::new(counted.clone(), &plan, typed.output.json_status.clone(), quiet);
    let (run_id, interrupted) = watch(plan, &counted, &stop, display, quiet)?;
    let totals = counted.gauges.totals();
    if !quiet {
        say_summary(&run_id, &totals);
        if let Some(out) = &typed.out {
            console::say(&format!("next: tlscensus tables {}", out.display()));
        }
    }
    Ok(if interrupted { Exit::Interrupted } else { Exit::Done })
}

/// What can be read while it runs.
#[derive(Clone, Default)]
struct Counted {
    gauges: Arc<Gauges>,
    /// Rows made durable, where there is a dataset.
    acknowledged: Option<Arc<AtomicU64>>,
}

impl Counted {
    fn serve(&self, addr: std::net::SocketAddr, quiet: bool) -> anyhow::Result<MetricsPage> {
        let Self { gauges, acknowledged } = self.clone();
        let page = MetricsPage::begin(addr, move || {
            let acknowledged = acknowledged.as_ref().map(|rows| rows.load(Relaxed));
            figures::metrics(&gauges.totals(), acknowledged)
        })?;
        if !quiet {
            console::say(&format!("metrics at http://{}/metrics", page.addr()));
        }
        Ok(page)
    }
}

/// Runs to the end of what was asked for; gives the run's name, and whether it was stopped before: a capture that was not read
/// to its end is not what was asked for, while what grows, or an interface, has no other end.
fn watch(
    plan: MonitorPlan,
    counted: &Counted,
    signalled: &AtomicBool,
    mut display: Display,
    quiet: bool,
) -> anyhow::Result<(String, bool)> {
    let MonitorPlan { monitor, source, writer, zeek_logs, duration, .. } = plan;
    let mut rows = Rows { writer, zeek_logs, counted, synced: Instant::now(), failure: None };
    let (stop, over) = (AtomicBool::new(false), AtomicBool::new(false));
    let began = Instant::now();
    let (outcome, display) = thread::scope(|scope| {
        let ticking = scope.spawn(|| {
            while !over.load(Relaxed) {
                let late = duration.is_some_and(|duration| began.elapsed() >= duration);
                stop.fetch_or(late || signalled.load(Relaxed), Relaxed);
                display.tick();
                thread::sleep(TICK);
            }
            display
        });
        let sink = &mut |batch| rows.take(batch);
        let gauges = &counted.gauges;
        let outcome = match &source {
            Source::Captures(inputs) => watching::read(&monitor, inputs, gauges, &stop, sink),
            Source::Interface(listening) => {
                let ready = &mut || {
                    if !quiet {
                        console::say(&format!("listening to {}", listening.interface));
                    }
                };
                watching::listen(&monitor, listening, gauges, &stop, ready, &console::say, sink)
            }
        };
        over.store(true, Relaxed);
        (outcome, ticking.join().expect("looking at counters does not panic"))
    });
    let has_end = match &source {
        Source::Captures(inputs) => !inputs.iter().any(|input| input.follow),
        Source::Interface(_) => false,
    };
    let interrupted = has_end && signalled.load(Relaxed);
    conclude(rows, outcome, interrupted, display, &monitor.run_id)?;
    Ok((monitor.run_id, interrupted))
}

/// Writes the run's last word. What was acknowledged stays, whatever went wrong.
fn conclude(
    mut rows: Rows<'_>,
    outcome: Result<(), watching::Error>,
    interrupted: bool,
    mut display: Display,
    run_id: &str,
) -> anyhow::Result<()> {
    let whole = outcome.is_ok() && !interrupted;
    let state = if whole { RunState::Complete } else { RunState::Interrupted };
    let totals = rows.counted.gauges.totals();
    let failure = rows.failure.take();
    if let Err(watching::Error::Interface { .. }) = outcome {
        // Nothing was heard: the same command, with more rights, finds none of them there.
        rows.zeek_logs.take().into_iter().for_each(ZeekLogs::withdraw);
    }
    let closed = rows.close_logs();
    let has_dataset = rows.writer.is_some();
    let written = match failure {
        Some(error) => Err(error),
        None => rows.finish(state, &totals),
    };
    let is_written = written.is_ok() && closed.is_ok();
    display.end(if is_written { state.word() } else { "failed" });
    written?;
    closed?;
    outcome.map_err(|error| {
        let told = console::told(&anyhow::Error::new(error));
        let rows = console::count(totals.tally.rows, "row");
        let kept = if has_dataset { "in a run that is not complete" } else { "in the logs" };
        anyhow::anyhow!("{told}\n{run_id}: {rows} of what came before it, kept {kept}")
    })
}

/// Rows on their way to the disk.
struct Rows<'a> {
    writer: Option<RunWriter>,
    zeek_logs: Option<ZeekLogs>,
    counted: &'a Counted,
    synced: Instant,
    failure: Option<anyhow::Error>,
}

impl Rows<'_> {
    /// Takes what came; `false`: the disk does not take it, and nothing is taken any more.
    fn take(&mut self, batch: Batch) -> bool {
        if self.failure.is_none() {
            self.failure = self.append(&batch).err();
        }
        self.failure.is_none()
    }

    fn append(&mut self, batch: &Batch) -> anyhow::Result<()> {
        if let Some(writer) = &mut self.writer {
            for harvest in &batch.harvests {
                writer.append_flow(&harvest.row, &harvest.certificates)?;
            }
        }
        self.log(|logs| logs.write(batch))?;
        if self.synced.elapsed() >= SYNC_EVERY {
            self.sync()?;
        }
        Ok(())
    }

    fn sync(&mut self) -> anyhow::Result<()> {
        if let (Some(writer), Some(acknowledged)) = (&mut self.writer, &self.counted.acknowledged) {
            acknowledged.store(writer.sync()?, Relaxed);
        }
        self.log(ZeekLogs::flush)?;
        self.synced = Instant::now();
        Ok(())
    }

    /// Does something about the logs, if there are any. Who read them as a stream may have had enough: a dataset goes on without.
    fn log(
        &mut self,
        act: impl FnOnce(&mut ZeekLogs) -> Result<(), watching::Error>,
    ) -> anyhow::Result<()> {
        let done = self.zeek_logs.as_mut().map_or(Ok(()), act).map_err(anyhow::Error::new);
        match done {
            Err(error) if self.writer.is_some() && console::is_broken_pipe(&error) => {
                self.zeek_logs = None;
                console::say("--zeek-logs: nobody reads them any more; the dataset goes on");
                Ok(())
            }
            done => done,
        }
    }

    /// Writes the last lines of the logs.
    fn close_logs(&mut self) -> anyhow::Result<()> {
        self.log(ZeekLogs::flush)?;
        let logs = self.zeek_logs.take();
        Ok(logs.map_or(Ok(()), |logs| logs.close(utc::now()))?)
    }

    /// Writes the run's row.
    fn finish(mut self, state: RunState, totals: &Totals) -> anyhow::Result<()> {
        self.sync()?;
        if let Some(writer) = self.writer {
            writer.finish(state, figures::counters(totals))?;
        }
        Ok(())
    }
}

/// What is left to do after a stop; logs are never written over.
fn how_on(typed: &MonitorArguments) -> &'static str {
    match (&typed.out, &typed.zeek_logs) {
        (Some(_), None) => "what was acknowledged is safe; the same command begins another run",
        (Some(_), Some(_)) => {
            "what was acknowledged is safe; another run takes another place for its logs"
        }
        (None, _) => "what was written stays; another run takes another place for its logs",
    }
}

fn say_summary(run_id: &str, totals: &Totals) {
    let flows = &totals.flows;
    console::say(&format!(
        "{run_id}: {}, {}, {} measured ({} with TLS established)",
        console::count(flows.frames, "packet"),
        console::count(flows.opened, "connection"),
        totals.tally.rows,
        totals.tally.established
    ));
    let lost = figures::drops(totals);
    if lost > 0 || flows.missed_bytes > 0 {
        console::say(&format!(
            "not in the capture: {} dropped, {} of payload",
            console::count(lost, "packet"),
            console::count(flows.missed_bytes, "byte")
        ));
    }
    let evicted = flows.evicted + flows.half_open_evicted;
    if evicted > 0 {
        console::say(&format!(
            "{} given up for want of room (raise --max-flows)",
            console::count(evicted, "connection")
        ));
    }
}

/// Between two looks at the counters.
const TICK: Duration = Duration::from_millis(250);
/// The longest time a row stays unacknowledged.
const SYNC_EVERY: Duration = Duration::from_secs(1);
