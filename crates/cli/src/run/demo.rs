//! `demo`: a lab on loopback → a scan of it → the tables.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::net::TcpListener;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use tlscensus_analysis::Engine;
use tlscensus_dataset::Dataset;
use tlscensus_lab::Lab;
use tlscensus_lab::LabPlan;
use tlscensus_probe::Progress;
use tlscensus_records::ListUsed;
use tlscensus_report::Format;
use tlscensus_targets::Target;

use crate::args::DemoArguments;
use crate::console;
use crate::exit::Exit;
use crate::plan::Flaws;
use crate::plan::Settings;
use crate::plan::run_row;
use crate::plan::unusable;
use crate::progress::Display;
use crate::run::campaign::Campaign;
use crate::run::tables;
use crate::run::tables::Extent;

/// What the demo prints.
const TABLES: [&str; 9] = ["T01", "T03", "T04", "T05", "T05b", "T06", "T06b", "T07", "T08c"];
/// Where in the dataset the whole tables are.
const WHOLE_TABLES: &str = "tables";
/// Columns of its text where that does not go to a terminal.
const WIDTH: usize = 100;
/// Added to ports where low ones cannot be bound.
const HIGH_PORTS: u16 = 20_000;
/// The lab has servers that only the last rung completes.
const LADDER: &str = "exhaustive";
/// Endpoints in flight: the lab's servers share this machine.
const IN_FLIGHT: usize = 512;
/// Servers that say nothing, or too slowly, are given up after this many seconds. Real campaigns wait longer.
const PATIENCE_S: u32 = 5;

/// Shows the whole product on one machine.
pub(crate) fn demo(typed: &DemoArguments) -> anyhow::Result<Exit> {
    let out = dataset_path(typed.out.as_deref())?;
    let say = |line: &str| {
        if !typed.quiet {
            console::say(line);
        }
    };
    let runtime = super::runtime()?;
    let mut plan = LabPlan::new(typed.hosts, typed.seed);
    plan.port_offset = if low_ports_are_free() { 0 } else { HIGH_PORTS };
    let offset = plan.port_offset;
    say(&format!(
        "starting {} on loopback, ports as assigned + {offset} …",
        console::count(typed.hosts, "host")
    ));
    let lab = runtime.block_on(Lab::start(plan))?;
    let answer = console::count(u64::try_from(lab.listeners())?, "endpoint");
    say(&format!("probing {answer} that answer and those that do not …"));
    let began = Instant::now();
    let campaign = campaign(typed, &lab, offset, &out)?;
    let summary = runtime.block_on(campaign.run())?;
    let seconds = began.elapsed().as_secs_f64();
    runtime.block_on(lab.stop());
    say(&format!("{} in {seconds:.0} s\n", console::count(summary.counts.done, "endpoint")));
    if summary.exit == Exit::Interrupted {
        return Ok(summary.exit);
    }
    show(&out, typed.full)?;
    say(&hints(&out));
    Ok(summary.exit)
}

/// Prints the tables, and leaves the whole of all that have rows beside the dataset's own files.
fn show(out: &Path, full: bool) -> anyhow::Result<()> {
    let engine = Engine::open(out)?;
    let folder = out.join(WHOLE_TABLES);
    tables::write_all(&engine, &folder, WIDTH)?;
    let whole = |id: &str| folder.join(format!("{id}.txt")).display().to_string();
    let extent = if full { Extent::Whole } else { Extent::Headline(&whole) };
    tables::print(&engine, &TABLES, Format::TEXT, &extent, Some(WIDTH))
}

fn campaign(
    typed: &DemoArguments,
    lab: &Lab,
    port_offset: u16,
    out: &Path,
) -> anyhow::Result<Campaign> {
    let hosts: BTreeSet<_> = lab.truth().iter().map(|row| row.addr).collect();
    let settings = settings(typed, port_offset);
    let list = ListUsed {
        purpose: "targets".to_owned(),
        source: format!("lab of {} hosts, seed {}", typed.hosts, typed.seed),
        sha256: None,
        entries: u64::try_from(hosts.len()).ok(),
    };
    let run = run_row(&settings, vec![list])?;
    let plan = settings.plan(&run.run_id, settings.blocklist()?)?;
    let endpoints = u64::try_from(hosts.len() * plan.services.len()).ok();
    let writer = Dataset::create(out)?.begin(run)?;
    let progress = Arc::new(Progress::default());
    let acknowledged = Arc::new(AtomicU64::new(0));
    let display = Display::new(
        progress.clone(),
        acknowledged.clone(),
        endpoints,
        IN_FLIGHT,
        typed.quiet,
        None,
    );
    let targets = hosts.into_iter().map(|addr| Target::from(std::net::IpAddr::V4(addr)));
    Ok(Campaign {
        plan: Arc::new(plan),
        targets: Box::new(targets),
        writer,
        progress,
        acknowledged,
        display,
        reloads: Arc::default(),
        flaws: Arc::new(Flaws::default()),
        resumable: false,
        quiet: typed.quiet,
    })
}

/// No rate limits: all these servers are ours.
fn settings(typed: &DemoArguments, port_offset: u16) -> Settings {
    Settings {
        port_offset,
        seed: typed.seed,
        concurrency: IN_FLIGHT,
        deadline_s: 4 * PATIENCE_S,
        connect_timeout_s: PATIENCE_S,
        phase_timeout_s: PATIENCE_S,
        ladder: LADDER.to_owned(),
        ..Settings::loopback()
    }
}

/// The path asked for, or the first free of `demo-dataset`, `demo-dataset-2`, …
fn dataset_path(asked: Option<&Path>) -> anyhow::Result<PathBuf> {
    match asked {
        Some(path) if path.exists() => Err(unusable(format!(
            "--out {}: is there already; the demo begins a dataset of its own",
            path.display()
        ))),
        Some(path) => Ok(path.to_owned()),
        None => (1_u32..)
            .map(|n| match n {
                1 => PathBuf::from("demo-dataset"),
                n => PathBuf::from(format!("demo-dataset-{n}")),
            })
            .find(|path| !path.exists())
            .ok_or_else(|| unusable("no free name demo-dataset-N: give --out")),
    }
}

fn low_ports_are_free() -> bool {
    TcpListener::bind((Ipv4Addr::new(127, 64, 0, 1), 25)).is_ok()
}

fn hints(out: &Path) -> String {
    let out = out.display();
    let program = std::env::args().next().unwrap_or_else(|| "tlscensus".to_owned());
    format!(
        "\nThe dataset is in {out}, the whole of every table in {out}/{WHOLE_TABLES}, for people and as CSV. Three things to try:\n  \
         {program} sql {out} \"DESCRIBE probes\"\n  \
         {program} sql {out} \"SELECT protocol, phase, outcome, count(*) AS n FROM probes GROUP BY protocol, phase, outcome ORDER BY n DESC LIMIT 20\"\n  \
         {program} sql {out} \"SELECT subject, key_algorithm, key_bits, not_after, parse_status FROM certificates ORDER BY not_after LIMIT 10\""
    )
}
