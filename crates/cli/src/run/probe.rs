//! `probe`: a list of endpoints into a dataset.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use tlscensus_probe::Progress;
use tlscensus_records::Phase;

use crate::args::ProbeArguments;
use crate::console;
use crate::exit::Exit;
use crate::plan::Flaws;
use crate::plan::ProbePlan;
use crate::progress::Display;
use crate::run::campaign::Campaign;
use crate::run::campaign::Summary;
use crate::run::figures::figures;
use crate::run::metrics::MetricsPage;
use crate::run::reload::Reload;
use crate::run::reload::Reloads;

/// Probes a list.
pub(crate) fn probe(typed: &ProbeArguments) -> anyhow::Result<Exit> {
    let counters = Counters::default();
    // Both go on for as long as they live.
    let _page =
        typed.output.metrics.map(|addr| counters.serve(addr, typed.output.quiet)).transpose()?;
    let mut ready = ProbePlan::new(typed)?;
    let quiet = ready.quiet;
    if !quiet {
        console::say(&format!("run {}", ready.writer.run().run_id));
    }
    let _watching = match ready.blocklist.take() {
        // A pipe cannot be read twice.
        Some((file, used)) if file.path().is_file() => {
            let live = ready.plan.blocklist.clone();
            Some(Reload::begin(file, live, used, counters.reloads.clone(), quiet)?)
        }
        _ => None,
    };
    let runtime = super::probing_runtime(ready.plan.limits.global)?;
    let campaign = campaign(ready, &counters)?;
    let summary = runtime.block_on(campaign.run())?;
    // A blocked read of stdin must not keep the program from ending.
    runtime.shutdown_background();
    if !quiet {
        say_summary(&summary);
    }
    say_what_is_missing(&summary);
    if !quiet && summary.exit != Exit::Interrupted {
        console::say(&format!("next: tlscensus tables {}", typed.out.display()));
    }
    Ok(summary.exit)
}

/// What is counted while it runs.
#[derive(Clone, Default)]
struct Counters {
    progress: Arc<Progress>,
    acknowledged: Arc<AtomicU64>,
    flaws: Arc<Flaws>,
    reloads: Arc<Reloads>,
}

impl Counters {
    fn serve(&self, addr: SocketAddr, quiet: bool) -> anyhow::Result<MetricsPage> {
        let Self { progress, acknowledged, flaws, reloads } = self.clone();
        let page = MetricsPage::begin(addr, move || {
            figures(&progress.counts(), acknowledged.load(Relaxed), &flaws, &reloads)
        })?;
        if !quiet {
            console::say(&format!("metrics at http://{}/metrics", page.addr()));
        }
        Ok(page)
    }
}

fn campaign(ready: ProbePlan, counters: &Counters) -> anyhow::Result<Campaign> {
    let Counters { progress, acknowledged, flaws, reloads } = counters.clone();
    let display = Display::new(
        progress.clone(),
        acknowledged.clone(),
        ready.endpoints,
        ready.plan.concurrency,
        ready.quiet,
        ready.json_status,
    );
    Ok(Campaign {
        plan: ready.plan,
        targets: ready.list.stream(ready.order, flaws.clone())?,
        writer: ready.writer,
        progress,
        acknowledged,
        display,
        reloads,
        flaws,
        resumable: true,
        quiet: ready.quiet,
    })
}

fn say_summary(summary: &Summary) {
    let counts = &summary.counts;
    console::say(&format!(
        "{}: {}, {} with TLS, {}; {} passed over as covered, {}, {}",
        summary.run_id,
        console::count(counts.done, "endpoint"),
        counts.tls_completed,
        console::count(counts.connections, "connection"),
        counts.passed_over,
        console::count(summary.bad_lines, "bad line"),
        console::count(summary.repeats, "repeat")
    ));
    let held = counts.ended_in(Phase::Permit);
    if held > 0 {
        console::say(&format!(
            "{} not touched (blocked, or held back by our limits); why: SELECT detail, count(*) FROM probes WHERE \
             phase = 'permit' GROUP BY detail",
            console::count(held, "endpoint")
        ));
    }
    if summary.exit == Exit::Interrupted {
        console::say(&format!(
            "interrupted: the same command with --resume {} goes on",
            summary.run_id
        ));
    }
}

/// Explains an exit code of 1, to the quiet as well.
fn say_what_is_missing(summary: &Summary) {
    match summary.bad_lines {
        0 => {}
        1 => console::say("1 line of the list is no target and was passed over"),
        bad => {
            console::say(&format!("{bad} lines of the list are no targets and were passed over"))
        }
    }
    if summary.is_empty() {
        console::say("no endpoint in the list");
    }
    if let Some(why) = &summary.cut_short {
        console::say(&format!(
            "{why}; the run is not complete: once the list can be read, the same command with --resume {} goes on",
            summary.run_id
        ));
    }
}
