//! `discover --audit`: every position of every shard gone through, and each target marked on a bitmap.

use indicatif::ProgressBar;
use indicatif::ProgressStyle;
use tlscensus_targets::Audit;
use tlscensus_targets::AuditReport;
use tlscensus_targets::Shard;

use crate::console;
use crate::exit::Exit;
use crate::plan::discovery::DiscoveryPlan;
use crate::plan::discovery::DiscoverySettings;
use crate::plan::unusable;

/// Proves that the shards of this configuration together visit each target once, and nobody else.
pub(crate) fn audit(settings: &DiscoverySettings, ready: &DiscoveryPlan) -> anyhow::Result<Exit> {
    let (visits, order) = (&ready.plan.visits, &ready.plan.order);
    let of = settings.shard()?.of();
    let shards: Vec<_> = (1..=of).filter_map(|number| Shard::new(number, of)).collect();
    let parts: Vec<_> = Audit::parts(visits.len()).collect();
    let steps = visits.len() * u64::try_from(parts.len())?;
    let bar = bar(steps);
    let mut all = AuditReport::default();
    for part in parts {
        let mut audit = Audit::new(visits, &ready.blocked, part)
            .map_err(|error| unusable(error.to_string()))?;
        for shard in &shards {
            let positions = shard.positions(visits.len());
            let mut start = positions.start;
            while start < positions.end {
                let end = positions.end.min(start + STEP);
                audit.mark(visits.walk(order, start..end));
                bar.inc(end - start);
                start = end;
            }
        }
        all = all.and(audit.report());
    }
    bar.finish_and_clear();
    let exact = all.is_exact();
    console::results(|out| {
        writeln!(out, "{all}")?;
        let verdict = if exact { "exact: each target once, nobody else" } else { "NOT exact" };
        writeln!(
            out,
            "{verdict}; seed {}, {}",
            settings.seed,
            console::count(u64::from(of), "shard")
        )?;
        if let Some((address, port)) = all.first_fault {
            writeln!(out, "first fault: {address} port {port}")?;
        }
        Ok(())
    })?;
    Ok(if exact { Exit::Done } else { Exit::Failed })
}

fn bar(steps: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} % audited, ETA {eta}");
    ProgressBar::new(steps).with_style(style.expect("the template is well formed"))
}

/// Positions between two looks of the bar.
const STEP: u64 = 1 << 20;
