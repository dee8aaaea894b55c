//! The prober of a scan: it takes targets as they are found, on threads of its own.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc as blocking;

use serde_json::Value;
use serde_json::json;
use tlscensus_dataset::Covered as Stored;
use tlscensus_probe::Covered;
use tlscensus_probe::Probed;
use tlscensus_probe::Progress;
use tlscensus_probe::Reason;
use tlscensus_probe::Routes;
use tlscensus_probe::Stop;
use tlscensus_records::Counter;
use tlscensus_records::Phase;
use tlscensus_targets::Target;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::counter;
use crate::console;
use crate::plan::Settings;
use crate::plan::descriptors;
use crate::run::discovery::Job;
use crate::run::metrics::Kind;
use crate::run::metrics::Metric;

/// A prober at work.
pub(super) struct Probing {
    runtime: Option<Runtime>,
    task: JoinHandle<()>,
    /// `None`: nothing more will come.
    targets: Option<blocking::SyncSender<Target>>,
    rows: mpsc::Receiver<Probed>,
    stop: Stop,
    ended: Ended,
}

/// How a prober goes and ends.
#[derive(Clone)]
pub(super) struct Ended {
    progress: Arc<Progress>,
    reason: Arc<Mutex<Option<Reason>>>,
}

impl Probing {
    /// Begins with nothing to probe yet. What is stored already is passed over.
    pub(super) fn begin(
        settings: &Settings,
        run_id: &str,
        job: &Job,
        stored: Option<Stored>,
    ) -> anyhow::Result<Self> {
        let mut plan = settings.plan(run_id, job.live())?;
        if let Some(stored) = stored {
            plan.covered = Covered::by(move |endpoint| {
                stored.contains(&endpoint.target().text, endpoint.port, endpoint.service.word)
            });
        }
        if let Some(table) = job.ready.plan.routes.clone() {
            plan.routes = Routes::by(move |addr| table.route(table.lookup(addr)?));
        }
        plan.concurrency = descriptors::make_room(plan.concurrency);
        let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(workers).enable_all().build()?;
        let (targets, found) = blocking::sync_channel(TARGETS_AHEAD);
        let (sender, rows) = mpsc::channel(WAITING_ROWS);
        let ended =
            Ended { progress: Arc::new(Progress::default()), reason: Arc::new(Mutex::new(None)) };
        let stop = Stop::new();
        let (told, progress, heeded) = (ended.clone(), ended.progress.clone(), stop.clone());
        let task = runtime.spawn(async move {
            let targets = found.into_iter();
            let end = tlscensus_probe::run(Arc::new(plan), targets, sender, progress, heeded).await;
            *told.reason.lock().unwrap_or_else(PoisonError::into_inner) = Some(end.reason);
        });
        Ok(Self { runtime: Some(runtime), task, targets: Some(targets), rows, stop, ended })
    }

    /// Hands a target over.
    ///
    /// # Errors
    /// The same target, where there is no room for it now.
    pub(super) fn offer(&self, target: Target) -> Result<(), Target> {
        let Some(targets) = &self.targets else {
            return Err(target);
        };
        targets.try_send(target).map_err(|error| match error {
            blocking::TrySendError::Full(target) | blocking::TrySendError::Disconnected(target) => {
                target
            }
        })
    }

    /// No target will come any more.
    pub(super) fn no_more(&mut self) {
        self.targets = None;
    }

    /// The rows that are ready.
    pub(super) fn rows(&mut self) -> Vec<Probed> {
        std::iter::from_fn(|| self.rows.try_recv().ok()).collect()
    }

    pub(super) fn stop(&self) {
        self.stop.request();
    }

    pub(super) fn is_over(&self) -> bool {
        self.task.is_finished()
    }

    pub(super) fn ended(&self) -> Ended {
        self.ended.clone()
    }

    pub(super) fn said(&self) -> String {
        let counts = self.ended.progress.counts();
        format!("{} probed, {} with TLS", counts.done, counts.tls_completed)
    }

    pub(super) fn state(&self, waiting: usize) -> Value {
        let counts = self.ended.progress.counts();
        json!({
            "done": counts.done,
            "in_flight": counts.in_flight(),
            "waiting": waiting,
            "connections": counts.connections,
            "tls_completed": counts.tls_completed,
            "shortages": counts.shortages,
        })
    }
}

impl Drop for Probing {
    /// A target that is being waited for on a thread of the prober's must not keep the program from ending.
    fn drop(&mut self) {
        self.targets = None;
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Ended {
    /// Whether everything that was found was probed.
    pub(super) fn is_complete(&self) -> bool {
        let reason = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        *reason == Some(Reason::Complete)
    }

    pub(super) fn counters(&self) -> Vec<Counter> {
        let counts = self.progress.counts();
        let ended = Phase::ALL
            .iter()
            .map(|phase| counter(&format!("ended-{}", phase.word()), counts.ended_in(*phase)));
        [
            counter("endpoints", counts.done),
            counter("passed-over", counts.passed_over),
            counter("abandoned", counts.abandoned),
            counter("connections", counts.connections),
            counter("shortages", counts.shortages),
            counter("tls-completed", counts.tls_completed),
            counter("bytes-in", counts.bytes_in),
            counter("bytes-out", counts.bytes_out),
        ]
        .into_iter()
        .chain(ended)
        .collect()
    }

    /// The same as metrics.
    pub(super) fn figures(&self) -> Vec<Metric> {
        let counts = self.progress.counts();
        let one = Metric::one;
        vec![
            one(
                "tlscensus_endpoints_done_total",
                "Endpoints with their row",
                Kind::Counter,
                counts.done,
            ),
            one(
                "tlscensus_endpoints_in_flight",
                "Endpoints in flight",
                Kind::Gauge,
                counts.in_flight(),
            ),
            one("tlscensus_connections_total", "Connections", Kind::Counter, counts.connections),
            one(
                "tlscensus_tls_completed_total",
                "Endpoints with a completed TLS handshake",
                Kind::Counter,
                counts.tls_completed,
            ),
        ]
    }

    pub(super) fn summary(&self) -> String {
        let counts = self.progress.counts();
        format!(
            "{} probed, {} with TLS, {}",
            console::count(counts.done, "endpoint"),
            counts.tls_completed,
            console::count(counts.connections, "connection")
        )
    }
}

/// Targets that the prober may have before it needs them.
const TARGETS_AHEAD: usize = 64;
/// Rows that may wait to be written before the prober waits too.
const WAITING_ROWS: usize = 4096;
