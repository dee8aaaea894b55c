//! TLS flows, packets and bytes per CPU-second of the monitor, beside `tshark` on the same sessions: into a dataset, and into logs.
//!
//! `cargo bench -p tlscensus-monitor --bench speed [-- ROUNDS SESSIONS BULK_MEGABYTES]`; README.md in this folder says
//! what is measured and how to see where the time goes.

#[expect(dead_code, reason = "roles of other benches wait to be dismissed")]
#[path = "../../probe/benches/support/child.rs"]
mod child;
#[path = "../../probe/benches/support/cpu.rs"]
mod cpu;
#[path = "../../probe/benches/support/figures.rs"]
mod figures;
#[expect(dead_code, reason = "examples make other loads of it")]
mod support;

use std::error::Error;
use std::fmt;
use std::fs;
use std::fs::File;
use std::io;
use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::AddAssign;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;
use support::mix;
use tlscensus_dataset::Dataset;
use tlscensus_dataset::RunWriter;
use tlscensus_monitor::Batch;
use tlscensus_monitor::ClientKey;
use tlscensus_monitor::FlowSettings;
use tlscensus_monitor::Gauges;
use tlscensus_monitor::Harvest;
use tlscensus_monitor::Input;
use tlscensus_monitor::Monitor;
use tlscensus_monitor::Sessions;
use tlscensus_monitor::ZeekFormat;
use tlscensus_monitor::ZeekLog;
use tlscensus_monitor::ZeekLogs;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;
use tlscensus_records::Timestamp;
use tlscensus_testkit::load::Bulk;
use tlscensus_testkit::load::Load;
use tlscensus_testkit::load::Written;
use tlscensus_testkit::tshark;

use crate::child::Role;
use crate::cpu::Cpu;
use crate::figures::Figures;

/// As in the program.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match arguments.split_first() {
        Some((role, rest)) if role == MONITOR => monitor(rest),
        _ => conduct(&arguments),
    }
}

/// Measures, round by round.
fn conduct(arguments: &[String]) -> Outcome<()> {
    let mut numbers = arguments.iter().filter_map(|word| word.parse().ok());
    let mut next = |otherwise: u64| numbers.next().unwrap_or(otherwise);
    let (rounds, sessions, megabytes) = (next(3), next(100_000), next(2_000));
    let folder = tempfile::tempdir()?;
    let captures = Captures::write(folder.path(), sessions, megabytes)?;
    let mut results = Results::default();
    for round in 1..=rounds {
        let measured = Round::measure(&captures, folder.path())?;
        writeln!(io::stdout(), "round {round}\n{measured}")?;
        results.add(&measured);
    }
    writeln!(io::stdout(), "\nmedians (least–greatest)\n{results}")?;
    Ok(())
}

/// What is read. It was just written, so it lies in memory.
struct Captures {
    mixed: PathBuf,
    bulk: PathBuf,
}

impl Captures {
    fn write(folder: &Path, sessions: u64, megabytes: u64) -> Outcome<Self> {
        let captures = Self { mixed: folder.join("mixed.pcap"), bulk: folder.join("bulk.pcap") };
        let load = Load { templates: &mix::mixed(), sessions, per_second: 2000, seed: 1 };
        told(&captures.mixed, load.write(&mut File::create(&captures.mixed)?)?)?;
        let handshake = &mix::one_handshake();
        let bulk = Bulk { handshake, flows: 20, bytes: megabytes * 1_000_000, frame: 1448 };
        told(&captures.bulk, bulk.write(&mut File::create(&captures.bulk)?)?)?;
        Ok(captures)
    }
}

fn told(path: &Path, written: Written) -> io::Result<()> {
    let Written { sessions, packets, bytes, .. } = written;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    writeln!(io::stdout(), "{name}: {sessions} sessions, {packets} packets, {bytes} bytes")
}

/// All measurements.
#[derive(Default)]
struct Round {
    mixed: Spent,
    logs: Spent,
    without_dataset: Spent,
    bulk: Spent,
    tshark: Spent,
}

impl Round {
    /// Ours come by turns before and behind `tshark`, which takes minutes: what other machines' work does to a run of seconds
    /// changes as fast.
    fn measure(captures: &Captures, folder: &Path) -> Outcome<Self> {
        let mut round = Self::default();
        round.turns(captures, folder)?;
        // It is taken to have found as many as we have, though it does not follow the upgrade of IRC.
        let ours = our_cpu(&captures.mixed, Rows::Nowhere)?;
        round.tshark = Spent { cpu: tshark_cpu(&captures.mixed)?, ..ours };
        round.turns(captures, folder)?;
        Ok(round)
    }

    fn turns(&mut self, captures: &Captures, folder: &Path) -> Outcome<()> {
        let (dataset, logs) = (folder.join("dataset"), folder.join("logs"));
        for _ in 0..TURNS {
            self.mixed += our_cpu(&captures.mixed, Rows::Dataset(&dataset))?;
            self.logs += our_cpu(&captures.mixed, Rows::Logs(&logs))?;
            self.without_dataset += our_cpu(&captures.mixed, Rows::Nowhere)?;
            self.bulk += our_cpu(&captures.bulk, Rows::Dataset(&dataset))?;
        }
        Ok(())
    }

    fn each(&self) -> [(&'static str, &Spent); 5] {
        [
            ("mixed", &self.mixed),
            ("mixed, as logs", &self.logs),
            ("mixed, rows thrown away", &self.without_dataset),
            ("tshark", &self.tshark),
            ("bulk", &self.bulk),
        ]
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, spent) in self.each() {
            writeln!(f, "  {name:24} {spent}")?;
        }
        Ok(())
    }
}

/// What readings cost, and how much was read.
#[derive(Clone, Copy, Default)]
struct Spent {
    readings: u32,
    /// Flows with a message of TLS.
    flows: f64,
    packets: f64,
    /// Of the capture.
    bytes: f64,
    cpu: Cpu,
}

impl Spent {
    fn per_second(&self, number: f64) -> f64 {
        number / self.cpu.total().as_secs_f64()
    }
}

impl AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.readings += other.readings;
        self.flows += other.flows;
        self.packets += other.packets;
        self.bytes += other.bytes;
        self.cpu += other.cpu;
    }
}

/// For one of the readings.
impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |all: f64| all / f64::from(self.readings);
        let [flows, packets, bytes] = [self.flows, self.packets, self.bytes].map(each);
        let [user, system] = [self.cpu.user, self.cpu.system].map(|time| each(time.as_secs_f64()));
        write!(
            f,
            "{flows:6} TLS flows, {packets:8} packets, {bytes:10} bytes: {user:.2} s + {system:.2} s in the kernel"
        )
    }
}

#[derive(Default)]
struct Results {
    flows: Figures,
    logs: Figures,
    theirs: Figures,
    ratio: Figures,
    ratio_of_logs: Figures,
    packets: Figures,
    packets_alone: Figures,
    bulk: Figures,
}

impl Results {
    fn add(&mut self, round: &Round) {
        let (ours, theirs) = (&round.mixed, &round.tshark);
        let (our_flows, their_flows) =
            (ours.per_second(ours.flows), theirs.per_second(theirs.flows));
        let log_flows = round.logs.per_second(round.logs.flows);
        self.flows.push(our_flows);
        self.logs.push(log_flows);
        self.theirs.push(their_flows);
        self.ratio.push(our_flows / their_flows);
        self.ratio_of_logs.push(log_flows / their_flows);
        self.packets.push(ours.per_second(ours.packets) / 1e6);
        let alone = &round.without_dataset;
        self.packets_alone.push(alone.per_second(alone.packets) / 1e6);
        self.bulk.push(round.bulk.per_second(round.bulk.bytes) / 1e9);
    }
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flows, logs, theirs, ratio, ratio_of_logs, packets, packets_alone, bulk } = self;
        writeln!(f, "TLS flows per CPU-second of tshark: {theirs:.0}")?;
        writeln!(f, "the same into Zeek's logs: {logs:.0}; ratio: {ratio_of_logs:.1}")?;
        writeln!(f, "the same into a dataset: {flows:.0}; ratio: {ratio:.1}")?;
        writeln!(f, "millions of packets per CPU-second, many handshakes: {packets:.2}")?;
        writeln!(f, "the same without a dataset: {packets_alone:.2}")?;
        write!(f, "GB per CPU-second, bulk: {bulk:.2}")
    }
}

/// Where rows go.
#[derive(Clone, Copy)]
enum Rows<'a> {
    /// Into Parquet, as the program writes it.
    Dataset(&'a Path),
    /// Into Zeek's logs of handshakes and certificates, as the program writes them when no dataset is asked for.
    Logs(&'a Path),
    /// To nowhere.
    Nowhere,
}

/// A capture read by a child of its own.
fn our_cpu(capture: &Path, rows: Rows<'_>) -> Outcome<Spent> {
    let capture = capture.display().to_string();
    let arguments = match rows {
        Rows::Dataset(path) => vec![capture, path.display().to_string()],
        Rows::Logs(path) => vec![capture, path.display().to_string(), LOGS.to_owned()],
        Rows::Nowhere => vec![capture],
    };
    let before = Cpu::of_children()?;
    let mut reader = Role::start(MONITOR, &arguments)?;
    let heard = reader.heard()?;
    reader.end()?;
    let cpu = Cpu::of_children()? - before;
    if let Rows::Dataset(path) | Rows::Logs(path) = rows {
        fs::remove_dir_all(path)?;
    }
    let number = |name: &str| heard[name].as_f64().unwrap_or(f64::NAN);
    let (flows, packets, bytes) = (number("flows"), number("packets"), number("bytes"));
    Ok(Spent { readings: 1, flows, packets, bytes, cpu })
}

/// The usual way to get what our main columns have, its lines to nowhere.
fn tshark_cpu(capture: &Path) -> Outcome<Cpu> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-Y", "tls.handshake || tls.alert_message", "-T", "fields"]);
    command.args(tshark::FIELDS.iter().flat_map(|field| ["-e", field])).arg("-r").arg(capture);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let before = Cpu::of_children()?;
    let status = command.status()?;
    let cpu = Cpu::of_children()? - before;
    if status.success() { Ok(cpu) } else { Err(format!("tshark: {status}").into()) }
}

/// The role of the monitor: `CAPTURE [DATASET | FOLDER logs]`.
fn monitor(arguments: &[String]) -> Outcome<()> {
    let (capture, taker) = match arguments {
        [capture] => (capture, Taker::Nobody),
        [capture, dataset] => (capture, Taker::dataset(dataset)?),
        [capture, folder, word] if word == LOGS => (capture, Taker::logs(folder)?),
        _ => return Err("monitor CAPTURE [DATASET | FOLDER logs]".into()),
    };
    let mut rows = Taking { taker, flows: 0, failure: None };
    let inputs = [Input { path: capture.into(), follow: false }];
    let (gauges, stop) = (Gauges::default(), AtomicBool::new(false));
    let sink = &mut |batch| rows.take(&batch);
    let outcome = tlscensus_monitor::read(&plan(), &inputs, &gauges, &stop, sink);
    let flows = rows.finish()?;
    outcome?;
    let totals = gauges.totals();
    say(&json!({ "flows": flows, "packets": totals.flows.frames, "bytes": totals.bytes_read }))
}

/// As the program has it when nothing else is said.
fn plan() -> Monitor {
    Monitor {
        run_id: RUN.to_owned(),
        sensor: String::new(),
        key: ClientKey::new(&[7; ClientKey::LENGTH]),
        flows: FlowSettings::default(),
        seed: [1, 2],
        workers: NonZeroUsize::MIN,
        sessions: Sessions::All,
        is_local: None,
        is_blocked: None,
        route: None,
        keep_client_certificates: false,
    }
}

/// Who takes rows.
enum Taker {
    Dataset { writer: Box<RunWriter>, synced: Instant },
    Logs { logs: Box<ZeekLogs>, flushed: Instant },
    Nobody,
}

impl Taker {
    fn dataset(path: &str) -> Outcome<Self> {
        let run = RunRow { run_id: RUN.to_owned(), ..RunRow::default() };
        let writer = Box::new(Dataset::create(path)?.begin(run)?);
        Ok(Self::Dataset { writer, synced: Instant::now() })
    }

    fn logs(folder: &str) -> Outcome<Self> {
        let folder = Path::new(folder);
        let logs = ZeekLogs::create(folder, &HANDSHAKES, ZeekFormat::Tsv, Timestamp(0))?;
        Ok(Self::Logs { logs: Box::new(logs), flushed: Instant::now() })
    }

    fn take(&mut self, batch: &Batch) -> Outcome<()> {
        match self {
            Self::Dataset { writer, synced } => {
                for Harvest { row, certificates } in &batch.harvests {
                    writer.append_flow(row, certificates)?;
                }
                if synced.elapsed() >= SYNC_EVERY {
                    writer.sync()?;
                    *synced = Instant::now();
                }
            }
            Self::Logs { logs, flushed } => {
                logs.write(batch)?;
                if flushed.elapsed() >= SYNC_EVERY {
                    logs.flush()?;
                    *flushed = Instant::now();
                }
            }
            Self::Nobody => {}
        }
        Ok(())
    }

    /// All of it durable and in Parquet, or written.
    fn finish(self) -> Outcome<()> {
        match self {
            Self::Dataset { writer, .. } => {
                writer.finish(RunState::Complete, Vec::new())?;
            }
            Self::Logs { logs, .. } => logs.close(Timestamp(0))?,
            Self::Nobody => {}
        }
        Ok(())
    }
}

/// Rows on their way.
struct Taking {
    taker: Taker,
    /// With TLS, so far.
    flows: u64,
    failure: Option<Box<dyn Error>>,
}

impl Taking {
    fn take(&mut self, batch: &Batch) -> bool {
        let found = batch.harvests.iter().filter(|harvest| has_tls(harvest)).count();
        self.flows += u64::try_from(found).unwrap_or(u64::MAX);
        if self.failure.is_none() {
            self.failure = self.taker.take(batch).err();
        }
        self.failure.is_none()
    }

    /// Gives the number of flows with TLS.
    fn finish(self) -> Outcome<u64> {
        match self.failure {
            Some(failure) => Err(failure),
            None => self.taker.finish().map(|()| self.flows),
        }
    }
}

fn has_tls(harvest: &Harvest) -> bool {
    harvest.row.tls.history.is_some()
}

fn say(value: &Value) -> Outcome<()> {
    Ok(writeln!(io::stdout(), "{value}")?)
}

const MONITOR: &str = "monitor";
/// The logs of what `tshark` is asked for.
const HANDSHAKES: [ZeekLog; 2] = [ZeekLog::Ssl, ZeekLog::X509];

/// Asks for logs instead of a dataset.
const LOGS: &str = "logs";

/// The run's name in the dataset.
const RUN: &str = "bench";

/// Readings of each kind before `tshark`'s, and as many behind it.
const TURNS: u32 = 4;

/// As in the program.
const SYNC_EVERY: Duration = Duration::from_secs(1);
