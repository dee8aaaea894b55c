//! A list of targets in, rows out, a bounded number in flight.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinError;
use tokio::task::JoinSet;
use tokio::time::timeout;

use tlscensus_records::CapabilityRow;
use tlscensus_records::ProbeRow;
use tlscensus_targets::Target;

use crate::Counts;
use crate::Endpoint;
use crate::Plan;
use crate::Progress;
use crate::Stop;
use crate::endpoint::endpoints;
use crate::pace::Pace;
use crate::resolve::Names;
use crate::work::Shared;
use crate::work::work;
use tlscensus_tls_client::KeyShares;

/// One endpoint, probed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Its row.
    pub row: ProbeRow,
    /// The certificates the row names, DER, wire order, and behind them those that its capabilities name.
    pub chain: Vec<Arc<[u8]>>,
    /// What an enumeration and intrusive questions found out; empty where the plan did not ask for them.
    pub capabilities: Vec<CapabilityRow>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Why.
    pub reason: Reason,
    /// What it did.
    pub counts: Counts,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Every target of the list was dealt with.
    Complete,
    /// Nobody takes the rows any more.
    RowsUnwanted,
    /// Somebody asked to stop; what was not begun or was given up has no row.
    Stopped,
}

/// Probes every target for every service of the plan and hands a row over for each endpoint.
///
/// Targets are taken from the iterator on a thread of its own, as fast as they can be probed: it may block and may never
/// end. Rows come in the order in which endpoints end. When `rows` is full the run waits.
pub async fn run<T>(
    plan: Arc<Plan>,
    targets: T,
    rows: mpsc::Sender<Probed>,
    progress: Arc<Progress>,
    stop: Stop,
) -> Ended
where
    T: Iterator<Item = Target> + Send + 'static,
{
    let shared = Arc::new(Shared {
        names: Names::new(&plan.name_servers, plan.timeouts.resolve),
        pace: Pace::new(&plan.limits),
        keys: KeyShares::generate(),
        plan: plan.clone(),
        progress: progress.clone(),
        stop,
    });
    let mut crew = Crew { shared, rows, tasks: JoinSet::new() };
    let reason = match crew.take_all(feed(targets)).await {
        Ok(()) => crew.finish().await,
        Err(reason) => reason,
    };
    if reason != Reason::Complete {
        crew.give_up().await;
    }
    Ended { reason, counts: progress.counts() }
}

/// Takes targets on a thread of its own, which ends with the list or when nobody takes them any more.
fn feed(targets: impl Iterator<Item = Target> + Send + 'static) -> mpsc::Receiver<Target> {
    let (sender, receiver) = mpsc::channel(TARGETS_AHEAD);
    std::thread::spawn(move || {
        for target in targets {
            if sender.blocking_send(target).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The endpoints in flight.
struct Crew {
    shared: Arc<Shared>,
    rows: mpsc::Sender<Probed>,
    /// Each ends with whether its endpoint has a row.
    tasks: JoinSet<bool>,
}

impl Crew {
    async fn take_all(&mut self, mut targets: mpsc::Receiver<Target>) -> Result<(), Reason> {
        let shared = self.shared.clone();
        while let Some(target) = self.unless_over(targets.recv()).await? {
            shared.progress.target();
            for endpoint in endpoints(&shared.plan, target) {
                if shared.plan.covered.contains(&endpoint) {
                    shared.progress.passed_over();
                    continue;
                }
                self.make_room().await?;
                self.begin(endpoint);
            }
        }
        Ok(())
    }

    fn begin(&mut self, endpoint: Endpoint) {
        let shared = self.shared.clone();
        let rows = self.rows.clone();
        shared.progress.started();
        self.tasks.spawn(async move {
            let Some(probed) = work(&shared, &endpoint).await else {
                return false;
            };
            // Nothing of the endpoint is held while its row waits to be taken.
            drop(endpoint);
            let Ok(permit) = rows.reserve().await else {
                return false;
            };
            shared.progress.done(&probed.row);
            permit.send(probed);
            true
        });
    }

    /// Waits until one more may be in flight.
    async fn make_room(&mut self) -> Result<(), Reason> {
        while let Some(ended) = self.tasks.try_join_next() {
            account(&self.shared.progress, &ended);
        }
        while self.tasks.len() >= self.shared.plan.concurrency.max(1) {
            self.join_one().await?;
        }
        match (self.shared.stop.is_requested(), self.rows.is_closed()) {
            (true, _) => Err(Reason::Stopped),
            (false, true) => Err(Reason::RowsUnwanted),
            (false, false) => Ok(()),
        }
    }

    async fn join_one(&mut self) -> Result<bool, Reason> {
        let mut tasks = std::mem::take(&mut self.tasks);
        let ended = self.unless_over(tasks.join_next()).await;
        self.tasks = tasks;
        let ended = ended?;
        let any = ended.is_some();
        if let Some(ended) = ended {
            account(&self.shared.progress, &ended);
        }
        Ok(any)
    }

    /// All targets are begun: waits for their ends.
    async fn finish(&mut self) -> Reason {
        loop {
            match self.join_one().await {
                Ok(true) => {}
                Ok(false) => return Reason::Complete,
                Err(reason) => return reason,
            }
        }
    }

    /// Lets what is in flight end within the grace, then drops it.
    async fn give_up(&mut self) {
        let Self { shared, tasks, .. } = self;
        let drained = timeout(shared.plan.grace, async {
            while let Some(ended) = tasks.join_next().await {
                account(&shared.progress, &ended);
            }
        });
        if drained.await.is_err() {
            tasks.abort_all();
            while let Some(ended) = tasks.join_next().await {
                account(&shared.progress, &ended);
            }
        }
    }

    async fn unless_over<F: Future>(&self, future: F) -> Result<F::Output, Reason> {
        tokio::select! {
            biased;
            () = self.shared.stop.requested() => Err(Reason::Stopped),
            () = self.rows.closed() => Err(Reason::RowsUnwanted),
            output = future => Ok(output),
        }
    }
}

/// A probe that panicked has said so through the panic hook; like one that was stopped, its endpoint has no row.
fn account(progress: &Progress, ended: &Result<bool, JoinError>) {
    if !matches!(ended, Ok(true)) {
        progress.abandoned(1);
    }
}

/// Targets read before they are needed.
const TARGETS_AHEAD: usize = 1024;
