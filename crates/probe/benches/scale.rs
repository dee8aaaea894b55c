//! Endpoints in flight, memory for each, and time beyond deadlines; and a long list in one run.
//!
//! `cargo bench -p tlscensus-probe --bench scale [-- IN_FLIGHT LIST]`; README.md in this folder says what is measured.

#[path = "support/child.rs"]
mod child;
#[path = "support/cpu.rs"]
mod cpu;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/prober.rs"]
mod prober;

use std::error::Error;
use std::fs::File;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use parquet::file::reader::FileReader;
use parquet::file::reader::SerializedFileReader;
use rustix::process::Resource;
use rustix::process::Rlimit;
use rustix::process::getrlimit;
use rustix::process::setrlimit;
use serde_json::Value;
use serde_json::json;
use tlscensus_dataset::Dataset;
use tlscensus_testkit::crowd::Crowd;
use tlscensus_testkit::crowd::Manner;

use crate::child::Role;
use crate::cpu::Cpu;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match arguments.split_first() {
        Some((role, rest)) if role == SERVE => serve(rest),
        Some((role, rest)) if role == PROBE => probe(rest),
        _ => conduct(&arguments),
    }
}

fn conduct(arguments: &[String]) -> Outcome<()> {
    let mut numbers = arguments.iter().filter_map(|word| word.parse().ok());
    let in_flight: u32 = numbers.next().unwrap_or(10_000);
    let list: u32 = numbers.next().unwrap_or(100_000);
    let few = in_flight / 10;
    for (what, manner, service) in [
        ("a greeting, one byte a second", "drip-greeting", "smtp"),
        ("a ServerHello, one byte a second", "drip-hello", "smtps"),
    ] {
        writeln!(io::stdout(), "\n{what}, deadline {DEADLINE:?}")?;
        let some = slow(manner, service, few)?;
        let all = slow(manner, service, in_flight)?;
        let each = (all - some) / f64::from(in_flight - few);
        writeln!(
            io::stdout(),
            "  {each:.1} KB for each endpoint in flight beyond the first {few}"
        )?;
    }
    writeln!(
        io::stdout(),
        "\na list of {list}: every other one answers 421 at once, the others refuse"
    )?;
    long_list(list)
}

/// So many endpoints at once, all slow; the most memory there was, in KB.
fn slow(manner: &str, service: &str, endpoints: u32) -> Outcome<f64> {
    let visit = Visit { service, concurrency: endpoints, deadline: DEADLINE };
    let (report, most_open) = visit.pay(&[manner], endpoints)?;
    let most = report["most_kb"].as_f64().unwrap_or(f64::NAN);
    let over = |name: &str| report[name].as_f64().unwrap_or(f64::NAN) - DEADLINE.as_secs_f64();
    writeln!(
        io::stdout(),
        "  {endpoints:>6} endpoints: {most_open} open at once; {:.0} MB at most, {:.0} MB before; beyond the deadline {:.3} s \
         (duration_us), {:.3} s (row at the writer)",
        most / 1e3,
        report["before_kb"].as_f64().unwrap_or(f64::NAN) / 1e3,
        over("longest_duration"),
        over("longest_hold"),
    )?;
    Ok(most)
}

fn long_list(endpoints: u32) -> Outcome<()> {
    let visit = Visit { service: "smtp", concurrency: LONG_LIST_IN_FLIGHT, deadline: DEADLINE };
    let before = Cpu::of_children()?;
    let (report, _) = visit.pay(&["say", "refuse"], endpoints)?;
    let cpu = (Cpu::of_children()? - before).total();
    writeln!(
        io::stdout(),
        "  {} rows, each once, in {:.1} s ({:.0} µs CPU each, servers included); {:.0} MB at most",
        report["rows"],
        report["took"].as_f64().unwrap_or(f64::NAN),
        cpu.as_secs_f64() * 1e6 / f64::from(endpoints),
        report["most_kb"].as_f64().unwrap_or(f64::NAN) / 1e3,
    )?;
    Ok(())
}

/// A run of the prober in a process of its own, with servers in another.
struct Visit<'a> {
    service: &'a str,
    concurrency: u32,
    deadline: Duration,
}

impl Visit<'_> {
    /// What the prober reports, once the dataset is known to have each endpoint exactly once; and how many servers were
    /// at work at once.
    fn pay(&self, manners: &[&str], endpoints: u32) -> Outcome<(Value, u64)> {
        let folder = tempfile::tempdir()?;
        let list = folder.path().join("list.txt");
        let mut file = io::BufWriter::new(File::create(&list)?);
        let mut crowds = Vec::new();
        let share = endpoints / u32::try_from(manners.len())?;
        for manner in manners {
            let mut crowd = Role::start(SERVE, &[(*manner).to_owned(), share.to_string()])?;
            let lines = crowd.heard()?;
            file.write_all(lines["list"].as_str().unwrap_or_default().as_bytes())?;
            crowds.push(crowd);
        }
        file.flush()?;
        let dataset = folder.path().join("dataset");
        let arguments = [
            list.display().to_string(),
            self.service.to_owned(),
            self.concurrency.to_string(),
            self.deadline.as_secs().to_string(),
            dataset.display().to_string(),
        ];
        let mut prober = Role::start(PROBE, &arguments)?;
        let report = prober.heard()?;
        prober.end()?;
        let mut most_open = 0;
        for mut crowd in crowds {
            crowd.dismiss();
            most_open += crowd.heard()?["most_open"].as_u64().unwrap_or(0);
            crowd.end()?;
        }
        let found = (rows(&dataset)?, distinct(&dataset)?);
        let wanted = (u64::from(endpoints), usize::try_from(endpoints)?);
        if found != wanted {
            return Err(format!("rows, distinct: {found:?}, not {wanted:?}").into());
        }
        Ok((report, most_open))
    }
}

/// Rows of the relation `probes`, by the files' own count.
fn rows(dataset: &Path) -> Outcome<u64> {
    let mut rows = 0;
    for file in Dataset::open(dataset)?.files("probes")? {
        let reader = SerializedFileReader::new(File::open(file)?)?;
        rows += u64::try_from(reader.metadata().file_metadata().num_rows())?;
    }
    Ok(rows)
}

/// Endpoints that have a row.
fn distinct(dataset: &Path) -> Outcome<usize> {
    let (_, covered) = Dataset::open(dataset)?.resume(prober::RUN)?;
    Ok(covered.len())
}

/// The role of the servers: `MANNER NUMBER`.
fn serve(arguments: &[String]) -> Outcome<()> {
    let [manner, number] = arguments else {
        return Err("serve MANNER NUMBER".into());
    };
    let number = number.parse()?;
    if manner.starts_with("drip") {
        raise_descriptors(u64::from(number))?;
    }
    let crowd = Crowd::gather(match manner.as_str() {
        "drip-greeting" => Manner::Drip(b"220 mx.example ".repeat(100), PAUSE),
        "drip-hello" => Manner::Drip(server_hello(), PAUSE),
        "refuse" => Manner::Refuse,
        _ => Manner::Say(b"421 mx.example too busy\r\n".to_vec()),
    })?;
    say(&json!({ "list": crowd.endpoints(0..number).collect::<String>() }))?;
    child::until_dismissed();
    say(&json!({ "most_open": crowd.most_open() }))
}

/// The start of a record that never gets whole: a ServerHello of TLS 1.2 (RFC 5246, section 7.4.1.3) and zeros.
fn server_hello() -> Vec<u8> {
    let mut bytes = b"\x16\x03\x03\x02\x00\x02\x00\x00\x46\x03\x03".to_vec();
    bytes.resize(500, 0);
    bytes
}

/// The role of the client: `LIST SERVICE CONCURRENCY DEADLINE DATASET`.
fn probe(arguments: &[String]) -> Outcome<()> {
    let [list, service, concurrency, deadline, dataset] = arguments else {
        return Err("probe LIST SERVICE CONCURRENCY DEADLINE DATASET".into());
    };
    let before = memory::kilobytes("VmRSS")?;
    let mut plan = prober::plan(service);
    plan.concurrency = concurrency.parse()?;
    raise_descriptors(u64::try_from(plan.concurrency)?)?;
    plan.timeouts.total = Duration::from_secs(deadline.parse()?);
    plan.timeouts.greeting = plan.timeouts.total * 2;
    plan.timeouts.tls = plan.timeouts.total * 2;
    let tally = prober::probe(plan, WORKERS, &PathBuf::from(list), &PathBuf::from(dataset))?;
    say(&json!({
        "rows": tally.rows,
        "took": tally.took.as_secs_f64(),
        "shortages": tally.shortages,
        "most_in_flight": tally.most_in_flight,
        "longest_hold": tally.longest_hold.as_secs_f64(),
        "longest_duration": tally.longest_duration.as_secs_f64(),
        "completed": tally.completed,
        "before_kb": before,
        "most_kb": memory::kilobytes("VmHWM")?,
    }))
}

/// Room for so many connections: up to the hard limit, and beyond it for root.
fn raise_descriptors(connections: u64) -> Outcome<()> {
    let wanted = connections + RESERVE;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|now| now >= wanted) {
        return Ok(());
    }
    let maximum = limit.maximum.map(|hard| hard.max(wanted));
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
        .map_err(|error| format!("{wanted} open files are needed: {error}").into())
}

fn say(value: &Value) -> Outcome<()> {
    Ok(writeln!(io::stdout(), "{value}")?)
}

const SERVE: &str = "serve";
const PROBE: &str = "probe";

/// Longest life of an endpoint's probe: long enough for all to be in flight.
const DEADLINE: Duration = Duration::from_secs(20);

/// Between two bytes of a slow server.
const PAUSE: Duration = Duration::from_secs(1);

const LONG_LIST_IN_FLIGHT: u32 = 1000;

/// Worker threads of the prober.
const WORKERS: usize = 1;

/// Descriptors for all that is no connection.
const RESERVE: u64 = 64;
