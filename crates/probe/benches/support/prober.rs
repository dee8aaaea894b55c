//! A run of probes into a dataset, as the program `tlscensus probe` makes one.

use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use tlscensus_dataset::Dataset;
use tlscensus_dataset::RunWriter;
use tlscensus_dialog::Identity;
use tlscensus_dialog::Service;
use tlscensus_probe::Plan;
use tlscensus_probe::Probed;
use tlscensus_probe::Progress;
use tlscensus_probe::Stop;
use tlscensus_probe::TargetList;
use tlscensus_records::Counter;
use tlscensus_records::Outcome;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;
use tlscensus_records::Timestamp;
use tlscensus_targets::Blocklist;
use tlscensus_targets::Limits;
use tlscensus_targets::Scope;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// The run's name in the dataset.
pub(crate) const RUN: &str = "bench";

/// A plan for loopback, without limits of pace.
pub(crate) fn plan(services: &str) -> Plan {
    let identity =
        Identity { client_name: "prober.example".to_owned(), peer_domain: None, contact: None };
    let mut plan = Plan::new(RUN, identity, Blocklist::new(Scope::Loopback));
    plan.services = services.split(',').filter_map(Service::from_word).collect();
    plan.limits = Limits::UNLIMITED;
    plan
}

/// What came out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Rows written.
    pub(crate) rows: u64,
    /// Rows with a complete TLS handshake and a conversation that went to its end.
    pub(crate) completed: u64,
    /// The longest time from the beginning of an endpoint to its row's arrival at the writer.
    pub(crate) longest_hold: Duration,
    /// The longest `duration_us` of a row.
    pub(crate) longest_duration: Duration,
    /// Most endpoints in flight at once, seen ten times a second.
    pub(crate) most_in_flight: u64,
    /// Times the prober had to wait for descriptors, ports or memory.
    pub(crate) shortages: u64,
    /// From the first target to the last row on disk.
    pub(crate) took: Duration,
}

/// Probes all of a list with so many worker threads and leaves a dataset behind.
pub(crate) fn probe(
    plan: Plan,
    workers: usize,
    list: &Path,
    dataset: &Path,
) -> Result<Tally, Box<dyn Error>> {
    let start = Instant::now();
    let run = RunRow { run_id: RUN.to_owned(), started_at: now(), ..RunRow::default() };
    let writer = Dataset::create(dataset)?.begin(run)?;
    let targets = TargetList::new(BufReader::new(File::open(list)?), |_| ());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    let progress = Arc::new(Progress::default());
    let (writer, mut tally) = runtime.block_on(async {
        let (sender, receiver) = mpsc::channel(WAITING_ROWS);
        let handle = runtime.handle().clone();
        let writing = tokio::task::spawn_blocking(move || write(&handle, writer, receiver));
        let running =
            tlscensus_probe::run(Arc::new(plan), targets, sender, progress.clone(), Stop::new());
        let running = tokio::spawn(running);
        let mut most_in_flight = 0;
        while !running.is_finished() {
            most_in_flight = most_in_flight.max(progress.counts().in_flight());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let (writer, tally) = writing.await?.map_err(|error| error.to_string())?;
        Ok::<_, Box<dyn Error>>((writer, Tally { most_in_flight, ..tally }))
    })?;
    let counters = vec![Counter { name: "endpoints".to_owned(), count: tally.rows }];
    writer.finish(RunState::Complete, counters)?;
    tally.shortages = progress.counts().shortages;
    tally.took = start.elapsed();
    Ok(tally)
}

/// Appends rows as they come and makes them durable every second.
fn write(
    handle: &tokio::runtime::Handle,
    mut writer: RunWriter,
    mut rows: mpsc::Receiver<Probed>,
) -> Result<(RunWriter, Tally), tlscensus_dataset::Error> {
    let mut tally = Tally::default();
    let mut last_sync = Instant::now();
    let mut open = true;
    while open {
        let left = SYNC_EVERY.saturating_sub(last_sync.elapsed());
        match handle.block_on(async { timeout(left, rows.recv()).await }) {
            Ok(Some(probed)) => {
                tally.add(&probed);
                writer.append(&probed.row, &probed.chain)?;
                std::thread::sleep(GATHER);
                for probed in std::iter::from_fn(|| rows.try_recv().ok()).take(WAITING_ROWS) {
                    tally.add(&probed);
                    writer.append(&probed.row, &probed.chain)?;
                }
            }
            Ok(None) => open = false,
            Err(_elapsed) => {}
        }
        if last_sync.elapsed() >= SYNC_EVERY {
            writer.sync()?;
            last_sync = Instant::now();
        }
    }
    writer.sync()?;
    Ok((writer, tally))
}

impl Tally {
    fn add(&mut self, probed: &Probed) {
        let row = &probed.row;
        self.rows += 1;
        self.completed += u64::from(row.tls_completed && row.outcome == Outcome::Ok);
        let held = u64::try_from(now().0 - row.started_at.0).unwrap_or(0);
        self.longest_hold = self.longest_hold.max(Duration::from_micros(held));
        self.longest_duration = self.longest_duration.max(Duration::from_micros(row.duration_us));
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// As in the program.
const WAITING_ROWS: usize = 1024;

/// As in the program.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// As in the program.
const GATHER: Duration = Duration::from_millis(10);
