//! `lab`: a population served until somebody stops it.

use std::collections::BTreeSet;
use std::fs;

use anyhow::Context;
use tlscensus_lab::Lab;
use tlscensus_lab::LabPlan;
use tlscensus_lab::TruthRow;

use crate::args::LabArguments;
use crate::console;
use crate::exit::Exit;
use crate::plan::unusable;

/// Serves a population.
pub(crate) fn lab(typed: &LabArguments) -> anyhow::Result<Exit> {
    let mut plan = LabPlan::new(typed.hosts, typed.seed);
    plan.port_offset = typed.port_offset;
    plan.network = typed
        .network
        .parse()
        .map_err(|error| unusable(format!("--network {}: {error}", typed.network)))?;
    let runtime = super::runtime()?;
    runtime.block_on(async {
        let lab = Lab::start(plan).await?;
        lab.write_truth(&typed.truth).with_context(|| typed.truth.display().to_string())?;
        if let Some(list) = &typed.list {
            fs::write(list, host_list(lab.truth())).with_context(|| list.display().to_string())?;
        }
        console::say(&format!(
            "serving {} of {} in {}; ground truth in {}; Ctrl-C ends it",
            console::count(u64::try_from(lab.listeners())?, "endpoint"),
            console::count(typed.hosts, "host"),
            typed.network,
            typed.truth.display()
        ));
        tokio::signal::ctrl_c().await?;
        lab.stop().await;
        Ok(Exit::Done)
    })
}

/// The addresses of a population, one a line: the list to be probed.
pub(crate) fn host_list(truth: &[TruthRow]) -> String {
    let hosts: BTreeSet<_> = truth.iter().map(|row| row.addr).collect();
    hosts.iter().map(|addr| format!("{addr}\n")).collect()
}
