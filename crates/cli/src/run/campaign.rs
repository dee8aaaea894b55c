//! One run of probes from the first target to the last acknowledged row.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use std::time::Instant;

use anyhow::Context;
use tlscensus_dataset::RunWriter;
use tlscensus_probe::Counts;
use tlscensus_probe::Plan;
use tlscensus_probe::Probed;
use tlscensus_probe::Progress;
use tlscensus_probe::Reason;
use tlscensus_probe::Stop;
use tlscensus_records::Counter;
use tlscensus_records::Phase;
use tlscensus_records::RunState;
use tlscensus_targets::Target;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::console;
use crate::exit::Exit;
use crate::plan::Flaws;
use crate::progress;
use crate::progress::Display;
use crate::run::reload::Reloads;

/// Rows that may wait for the disk before the prober waits too.
const WAITING_ROWS: usize = 1024;
/// The longest time a row stays unacknowledged.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// How long rows gather before they are written: at 100,000 rows a second the room for waiting ones is just enough.
const GATHER: Duration = Duration::from_millis(10);

/// Everything that one run needs.
pub(crate) struct Campaign {
    pub(crate) plan: Arc<Plan>,
    pub(crate) targets: Box<dyn Iterator<Item = Target> + Send>,
    pub(crate) writer: RunWriter,
    pub(crate) progress: Arc<Progress>,
    /// Rows made durable so far.
    pub(crate) acknowledged: Arc<AtomicU64>,
    pub(crate) display: Display,
    /// Blocklists that took effect meanwhile.
    pub(crate) reloads: Arc<Reloads>,
    /// What is wrong with the list.
    pub(crate) flaws: Arc<Flaws>,
    /// Whether the user can go on with it later.
    pub(crate) resumable: bool,
    /// Nothing is said but errors.
    pub(crate) quiet: bool,
}

/// How a campaign ended.
pub(crate) struct Summary {
    pub(crate) run_id: String,
    pub(crate) counts: Counts,
    pub(crate) bad_lines: u64,
    /// Lines of the list that repeat a target.
    pub(crate) repeats: u64,
    /// Why the list was not read to its end, if it was not.
    pub(crate) cut_short: Option<String>,
    pub(crate) exit: Exit,
}

impl Summary {
    /// The list was read to its end, and had no target in it.
    pub(crate) fn is_empty(&self) -> bool {
        let read = self.cut_short.is_none() && self.exit != Exit::Interrupted;
        read && self.counts.targets == 0
    }
}

impl Campaign {
    /// Runs it. The first Ctrl-C (or SIGTERM) stops it in order, the second at once.
    ///
    /// # Errors
    /// When the dataset cannot be written; what was acknowledged is safe.
    pub(crate) async fn run(self) -> anyhow::Result<Summary> {
        let Self {
            plan,
            targets,
            writer,
            progress,
            acknowledged,
            mut display,
            reloads,
            flaws,
            resumable,
            quiet,
        } = self;
        let run_id = writer.run().run_id.clone();
        let how_on = match resumable {
            true => format!("the same command with --resume {run_id} goes on"),
            false => "begin again".to_owned(),
        };
        let stop = Stop::new();
        let listening = heed_signals(stop.clone(), how_on.clone(), quiet)?;
        let (sender, receiver) = mpsc::channel(WAITING_ROWS);
        let notes = Notes { acknowledged: acknowledged.clone(), reloads: reloads.clone() };
        let writing = tokio::spawn(write_rows(writer, receiver, notes, stop.clone()));
        let probing =
            tokio::spawn(tlscensus_probe::run(plan, targets, sender, progress.clone(), stop));
        while !probing.is_finished() {
            display.tick();
            tokio::time::sleep(progress::TICK).await;
        }
        let ended = probing.await.context("the prober")?;
        let counts = progress.counts();
        let bad_lines = flaws.bad_lines();
        let cut_short = flaws.cut_short().map(str::to_owned);
        let whole = ended.reason == Reason::Complete && cut_short.is_none();
        let state = if whole { RunState::Complete } else { RunState::Interrupted };
        let written = writing.await.context("the writer")?;
        // Parts may take a while to be written: the signals are heeded until then.
        let written = written.and_then(|writer| {
            acknowledged.store(writer.acknowledged(), Relaxed);
            Ok(writer.finish(state, counters(&counts, &flaws, &reloads))?)
        });
        listening.abort();
        if let Err(error) = written {
            display.end("failed");
            return Err(failure(&error, &run_id, acknowledged.load(Relaxed), &how_on));
        }
        display.end(state.word());
        let exit = match ended.reason {
            Reason::Stopped => Exit::Interrupted,
            // A list without a target is nobody's wish.
            Reason::Complete if whole && bad_lines == 0 && counts.targets > 0 => Exit::Done,
            Reason::Complete | Reason::RowsUnwanted => Exit::Failed,
        };
        Ok(Summary { run_id, counts, bad_lines, repeats: flaws.repeats(), cut_short, exit })
    }
}

/// A disk that failed: what is safe and how to go on. It ran, so what was typed is not to blame.
fn failure(error: &anyhow::Error, run_id: &str, safe: u64, how_on: &str) -> anyhow::Error {
    let told = console::told(error);
    anyhow::anyhow!(
        "{told}\n{run_id} ended early: {safe} new rows are safe; once that is mended, {how_on}"
    )
}

/// What the writer tells and is told beside rows.
struct Notes {
    acknowledged: Arc<AtomicU64>,
    reloads: Arc<Reloads>,
}

impl Notes {
    /// Makes all durable that was written, and notes which blocklists took effect.
    fn sync(&self, writer: &mut RunWriter) -> anyhow::Result<()> {
        writer.goes_on_with(self.reloads.to_note())?;
        self.acknowledged.store(writer.sync()?, Relaxed);
        Ok(())
    }
}

/// Appends rows as they come and makes them durable every second; gives the writer back at the end.
async fn write_rows(
    writer: RunWriter,
    receiver: mpsc::Receiver<Probed>,
    notes: Notes,
    stop: Stop,
) -> anyhow::Result<RunWriter> {
    let handle = tokio::runtime::Handle::current();
    // The disk may block: it gets a thread of its own.
    let written = tokio::task::spawn_blocking(move || {
        let result = write_until_closed(&handle, writer, receiver, &notes);
        if result.is_err() {
            stop.request();
        }
        result
    });
    written.await.context("the writer's thread")?
}

fn write_until_closed(
    handle: &tokio::runtime::Handle,
    mut writer: RunWriter,
    mut receiver: mpsc::Receiver<Probed>,
    notes: &Notes,
) -> anyhow::Result<RunWriter> {
    let mut last_sync = Instant::now();
    let mut is_open = true;
    while is_open {
        let left = SYNC_EVERY.saturating_sub(last_sync.elapsed());
        match handle.block_on(async { timeout(left, receiver.recv()).await }) {
            Ok(Some(probed)) => {
                append(&mut writer, &probed)?;
                // To be woken for each row costs more than to write it: a few more may gather.
                std::thread::sleep(GATHER);
                for probed in std::iter::from_fn(|| receiver.try_recv().ok()).take(WAITING_ROWS) {
                    append(&mut writer, &probed)?;
                }
            }
            Ok(None) => is_open = false,
            Err(_elapsed) => {}
        }
        if last_sync.elapsed() >= SYNC_EVERY {
            notes.sync(&mut writer)?;
            last_sync = Instant::now();
        }
    }
    notes.sync(&mut writer)?;
    Ok(writer)
}

fn append(writer: &mut RunWriter, probed: &Probed) -> anyhow::Result<()> {
    Ok(writer.append_enumerated(&probed.row, &probed.chain, &probed.capabilities)?)
}

/// Heeds Ctrl-C and SIGTERM from now on: the first one stops in order, the second at once.
#[expect(
    clippy::exit,
    reason = "whoever asks twice waits for nobody; what is acknowledged is safe"
)]
fn heed_signals(stop: Stop, how_on: String, quiet: bool) -> anyhow::Result<JoinHandle<()>> {
    let listen = |kind| signal(kind).context("listening for signals");
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    Ok(tokio::spawn(async move {
        let mut signalled = async || {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        let say = |line: &str| {
            if !quiet {
                console::say(line);
            }
        };
        signalled().await;
        stop.request();
        say("stopping: endpoints in flight may end (again to stop at once)");
        signalled().await;
        say(&format!("stopped at once: {how_on}"));
        std::process::exit(130);
    }))
}

fn counters(counts: &Counts, flaws: &Flaws, reloads: &Reloads) -> Vec<Counter> {
    let ended =
        Phase::ALL.iter().map(|phase| (format!("ended-{}", phase.word()), counts.ended_in(*phase)));
    [
        ("targets", counts.targets),
        ("bad-lines", flaws.bad_lines()),
        ("repeated-lines", flaws.repeats()),
        ("blocklist-reloads", reloads.taken()),
        ("blocklist-reloads-refused", reloads.refused()),
        ("endpoints", counts.done),
        ("passed-over", counts.passed_over),
        ("abandoned", counts.abandoned),
        ("connections", counts.connections),
        ("shortages", counts.shortages),
        ("tls-completed", counts.tls_completed),
        ("bytes-in", counts.bytes_in),
        ("bytes-out", counts.bytes_out),
    ]
    .map(|(name, count)| (name.to_owned(), count))
    .into_iter()
    .chain(ended)
    .map(|(name, count)| Counter { name, count })
    .collect()
}
