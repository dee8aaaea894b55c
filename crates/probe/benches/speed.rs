//! Completed probes per CPU-second of the client, beside an array of `openssl s_client` on the same servers.
//!
//! `cargo bench -p tlscensus-probe --bench speed [-- ROUNDS HOSTS S_CLIENTS]`; README.md in this folder says what is measured
//! and how to see where the time goes.

#[path = "support/child.rs"]
mod child;
#[path = "support/cpu.rs"]
mod cpu;
#[path = "support/figures.rs"]
mod figures;
#[path = "support/prober.rs"]
mod prober;

use std::error::Error;
use std::fs;
use std::io;
use std::io::Write;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;
use tlscensus_lab::Flavour;
use tlscensus_lab::Lab;
use tlscensus_lab::LabPlan;
use tlscensus_lab::Mix;
use tlscensus_lab::SERVICES;
use tlscensus_lab::Service;

use crate::child::Role;
use crate::cpu::Cpu;
use crate::figures::Figures;

/// As in the program.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A way to TLS: its name, its services, and what each is called by `s_client -starttls`.
struct Kind {
    name: &'static str,
    services: &'static [(&'static str, Option<&'static str>)],
}

const KINDS: [Kind; 2] = [
    Kind {
        name: "STARTTLS",
        services: &[
            ("smtp", Some("smtp")),
            ("imap", Some("imap")),
            ("pop3", Some("pop3")),
            ("xmpp-c2s", Some("xmpp")),
            ("irc", Some("irc")),
        ],
    },
    Kind {
        name: "direct",
        services: &[
            ("smtps", None),
            ("imaps", None),
            ("pop3s", None),
            ("xmpps-c2s", None),
            ("ircs", None),
        ],
    },
];

fn main() -> Outcome<()> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match arguments.split_first() {
        Some((role, rest)) if role == SERVE => serve(rest),
        Some((role, rest)) if role == PROBE => probe(rest),
        _ => conduct(&arguments),
    }
}

/// Measures, round by round.
fn conduct(arguments: &[String]) -> Outcome<()> {
    let mut numbers = arguments.iter().filter_map(|word| word.parse().ok());
    let rounds: u32 = numbers.next().unwrap_or(5);
    let hosts: u32 = numbers.next().unwrap_or(1800);
    let s_clients: usize = usize::try_from(numbers.next().unwrap_or(100))?;
    let folder = tempfile::tempdir()?;
    let list = folder.path().join("hosts.txt");
    let nobody = folder.path().join("nobody.txt");
    fs::write(&nobody, "")?;
    let mut servers = Role::start(SERVE, &[hosts.to_string(), list.display().to_string()])?;
    let ready = servers.heard()?;
    let mut out = io::stdout();
    writeln!(out, "{} endpoints on {hosts} hosts; {rounds} rounds", ready["endpoints"])?;
    let mut results = KINDS.each_ref().map(|_| Results::default());
    let mut idle = Figures::default();
    for round in 1..=rounds {
        for (kind, results) in KINDS.iter().zip(&mut results) {
            idle.push(our_cpu(&nobody, kind, 1, folder.path())?.cpu * 1e3);
            let ours = our_cpu(&list, kind, 1, folder.path())?;
            let two = our_cpu(&list, kind, 2, folder.path())?;
            let theirs = their_cpu(&list, kind, s_clients)?;
            results.add(&ours, &two, &theirs);
            writeln!(out, "round {round} {:8} probe       {ours}", kind.name)?;
            writeln!(out, "{:16} s_client    {theirs}", "")?;
        }
    }
    servers.end()?;
    writeln!(out, "\nmedians (least–greatest)")?;
    writeln!(out, "a run without endpoints: {idle:.0} ms of CPU")?;
    for (kind, results) in KINDS.iter().zip(&results) {
        let Results { ours, two, theirs, ratio } = results;
        writeln!(
            out,
            "{:8} probes per CPU-second: {ours:.0}; with two workers: {two:.0}",
            kind.name
        )?;
        writeln!(out, "{:8} s_clients per CPU-second: {theirs:.1}; ratio: {ratio:.0}", "")?;
    }
    Ok(())
}

#[derive(Default)]
struct Results {
    ours: Figures,
    two: Figures,
    theirs: Figures,
    ratio: Figures,
}

impl Results {
    fn add(&mut self, ours: &Spent, two: &Spent, theirs: &Spent) {
        self.ours.push(ours.completed / ours.cpu);
        self.two.push(two.completed / two.cpu);
        self.theirs.push(theirs.completed / theirs.cpu);
        self.ratio.push((ours.completed / ours.cpu) / (theirs.completed / theirs.cpu));
    }
}

/// What a number of visits cost.
struct Spent {
    completed: f64,
    asked: f64,
    cpu: f64,
    system: f64,
    wall: f64,
}

impl std::fmt::Display for Spent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { completed, asked, cpu, system, wall } = self;
        let each = cpu * 1e6 / asked;
        let share = 100.0 * system / cpu;
        write!(
            f,
            "{completed} of {asked} completed, {each:.0} µs of CPU each ({share:.0} % in the kernel), {wall:.1} s"
        )
    }
}

/// All endpoints of this kind, probed by a child of its own.
fn our_cpu(list: &Path, kind: &Kind, workers: u8, folder: &Path) -> Outcome<Spent> {
    let dataset = folder.join("dataset");
    let services: Vec<_> = kind.services.iter().map(|(word, _)| *word).collect();
    let arguments = [
        list.display().to_string(),
        services.join(","),
        dataset.display().to_string(),
        workers.to_string(),
    ];
    let (before, start) = (Cpu::of_children()?, Instant::now());
    let mut client = Role::start(PROBE, &arguments)?;
    let heard = client.heard()?;
    client.end()?;
    let used = Cpu::of_children()? - before;
    fs::remove_dir_all(&dataset)?;
    Ok(Spent {
        completed: heard["completed"].as_f64().unwrap_or(0.0),
        asked: heard["rows"].as_f64().unwrap_or(0.0),
        cpu: used.total().as_secs_f64(),
        system: used.system.as_secs_f64(),
        wall: start.elapsed().as_secs_f64(),
    })
}

/// So many visits, each by an `s_client` that leaves once TLS is up, a few at once.
fn their_cpu(list: &Path, kind: &Kind, visits: usize) -> Outcome<Spent> {
    let hosts = fs::read_to_string(list)?;
    let hosts: Vec<&str> = hosts.lines().collect();
    let mut endpoints = (0..visits).map(|visit| {
        let (word, starttls) = kind.services[visit % kind.services.len()];
        (hosts[visit % hosts.len()], word, starttls)
    });
    let (before, start) = (Cpu::of_children()?, Instant::now());
    let mut completed: u32 = 0;
    loop {
        let batch = endpoints.by_ref().take(S_CLIENTS_AT_ONCE);
        let batch: Vec<_> = batch.map(|(host, word, way)| s_client(host, word, way)).collect();
        if batch.is_empty() {
            break;
        }
        for child in batch {
            completed += u32::from(ends_well(child?)?);
        }
    }
    let used = Cpu::of_children()? - before;
    Ok(Spent {
        completed: f64::from(completed),
        asked: f64::from(u32::try_from(visits)?),
        cpu: used.total().as_secs_f64(),
        system: used.system.as_secs_f64(),
        wall: start.elapsed().as_secs_f64(),
    })
}

/// With `-brief`, stdin at its end and nobody reading: it does nothing but shake hands and leave.
fn s_client(host: &str, word: &str, starttls: Option<&str>) -> io::Result<Child> {
    let service = SERVICES.iter().find(|service| service.word == word);
    let port = service.map_or(0, |service| service.port) + PORT_OFFSET;
    let mut command = Command::new("openssl");
    command.args(["s_client", "-brief", "-connect", &format!("{host}:{port}")]);
    if let Some(word) = starttls {
        command.args(["-starttls", word]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

/// It has no patience of its own: a reply that comes in pieces can make it wait for ever.
fn ends_well(mut child: Child) -> io::Result<bool> {
    let start = Instant::now();
    while start.elapsed() < S_CLIENT_PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill()?;
    child.wait()?;
    Ok(false)
}

/// The role of the servers: `HOSTS LIST`.
fn serve(arguments: &[String]) -> Outcome<()> {
    let [hosts, list] = arguments else {
        return Err("serve HOSTS LIST".into());
    };
    // Another seed, other addresses: several of these can serve on one machine.
    let mut plan = LabPlan::new(hosts.parse()?, u64::from(std::process::id()));
    plan.port_offset = PORT_OFFSET;
    plan.served_permille = 1000;
    // At a reply in pieces an s_client fails or hangs.
    plan.cut_permille = 0;
    plan.mix =
        Mix::Healthy(vec![Flavour::RustlsTls13, Flavour::RustlsTls12, Flavour::OpensslTls13]);
    let asked = |service: &Service| {
        KINDS.iter().flat_map(|kind| kind.services).any(|(word, _)| *word == service.word)
    };
    plan.services.retain(asked);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let lab = runtime.block_on(Lab::start(plan))?;
    let mut addresses: Vec<Ipv4Addr> = lab.truth().iter().map(|row| row.addr).collect();
    addresses.sort_unstable();
    addresses.dedup();
    fs::write(list, addresses.iter().map(|addr| format!("{addr}\n")).collect::<String>())?;
    say(&json!({ "endpoints": lab.listeners() }))?;
    child::until_dismissed();
    Ok(())
}

/// The role of the client: `LIST SERVICES DATASET WORKERS`.
fn probe(arguments: &[String]) -> Outcome<()> {
    let [list, services, dataset, workers] = arguments else {
        return Err("probe LIST SERVICES DATASET WORKERS".into());
    };
    let mut plan = prober::plan(services);
    plan.port_offset = PORT_OFFSET;
    plan.concurrency = IN_FLIGHT;
    let tally = prober::probe(plan, workers.parse()?, Path::new(list), Path::new(dataset))?;
    say(&json!({
        "rows": tally.rows,
        "completed": tally.completed,
        "most_in_flight": tally.most_in_flight,
        "shortages": tally.shortages,
        "longest_hold": tally.longest_hold.as_secs_f64(),
        "longest_duration": tally.longest_duration.as_secs_f64(),
        "took": tally.took.as_secs_f64(),
    }))
}

fn say(value: &Value) -> Outcome<()> {
    Ok(writeln!(io::stdout(), "{value}")?)
}

const SERVE: &str = "serve";
const PROBE: &str = "probe";

/// High ports, for those who may not bind low ones.
const PORT_OFFSET: u16 = 21_000;

/// Endpoints in flight: the servers share the machine.
const IN_FLIGHT: usize = 256;

const S_CLIENTS_AT_ONCE: usize = 4;

const S_CLIENT_PATIENCE: Duration = Duration::from_secs(5);
