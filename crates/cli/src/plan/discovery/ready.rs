//! A discovery with everything opened, new or gone on with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;
use serde::Serialize;
use tlscensus_discovery::Expected;
use tlscensus_discovery::From;
use tlscensus_discovery::Plan;
use tlscensus_discovery::Progress;
use tlscensus_discovery::Seen;
use tlscensus_records::ListUsed;
use tlscensus_records::ResponderKind;
use tlscensus_records::ResponderRow;
use tlscensus_records::Sha256;
use tlscensus_targets::AddressSet;
use tlscensus_targets::Blocklist;
use tlscensus_targets::Permutation;
use tlscensus_targets::RouteTable;
use tlscensus_targets::Visits;

use super::Targets;
use super::files;
use crate::plan::discovery::DiscoverySettings;
use crate::plan::unusable;

/// What is to be asked, by which settings, and how far it has come.
pub(crate) struct DiscoveryPlan {
    pub(crate) plan: Plan,
    /// Lists that were read.
    pub(crate) used: Vec<ListUsed>,
    /// What the targets are, for a checkpoint to be held against.
    pub(crate) space: Sha256,
    /// Ranges that the operator's own list blocked at the start.
    blocked_at_start: Vec<String>,
    /// Everything that was taken out of the targets.
    pub(crate) blocked: AddressSet,
    pub(crate) targets: Summary,
    pub(crate) samples: Vec<std::net::IpAddr>,
}

/// Numbers about the targets, for people.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    /// How many addresses that the lists name are blocked.
    pub(crate) blocked: u128,
    /// Those, as far as they were named.
    pub(crate) taken_out: AddressSet,
    /// Those that are left.
    pub(crate) addresses: AddressSet,
}

/// How far a discovery has come, as it is written beside its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    /// Every position before this one is done.
    pub(crate) position: u64,
    /// Targets asked on each port, up to there.
    pub(crate) asked: Vec<u64>,
    /// What else was counted, by all starts of the run.
    pub(crate) counted: BTreeMap<String, u64>,
    /// Hash of what the targets are.
    pub(crate) space: String,
    /// What the operator's list blocked at the start: positions mean something in the same space only.
    pub(crate) blocked_at_start: Vec<String>,
}

impl DiscoveryPlan {
    /// Reads the lists. `blocklist` is the operator's list as it is now; of a run that is gone on with, targets are what they were
    /// at its start, and what is blocked since then is passed over.
    ///
    /// # Errors
    /// What is missing, and what to do about it.
    pub(crate) fn new(
        settings: &DiscoverySettings,
        blocklist: &Blocklist,
        before: Option<&Checkpoint>,
    ) -> anyhow::Result<Self> {
        let always = settings.blocklist()?.addresses();
        let listed = match before {
            None => blocklist.addresses().minus(&always),
            Some(before) => ranges(&before.blocked_at_start)?,
        };
        let out = always.union(&listed);
        let targets = Targets::read(settings, &out)?;
        let samples = targets.samples();
        let routes = settings.routes.as_deref().map(files::routes).transpose()?;
        let Targets { visits, mut used, taken_out, addresses } = targets;
        let (routes, routes_used) = routes.map(|(table, used)| (Arc::new(table), used)).unzip();
        used.extend(routes_used);
        let plan = plan(settings, visits, routes)?;
        let space = fingerprint(&plan, &addresses, settings.seed);
        Ok(Self {
            plan,
            used,
            space,
            blocked_at_start: listed
                .ranges()
                .map(|(first, last)| format!("{first}-{last}"))
                .collect(),
            blocked: out,
            targets: Summary { blocked: taken_out.count(), taken_out, addresses },
            samples,
        })
    }

    /// Goes on from a checkpoint, with what was found up to now.
    ///
    /// # Errors
    /// When the targets are not what they were.
    pub(crate) fn go_on(
        &mut self,
        run_id: &str,
        before: &Checkpoint,
        answered: Seen,
    ) -> anyhow::Result<()> {
        if before.space != self.space.to_string() {
            return Err(unusable(format!(
                "the targets are not those that run {run_id} began with: give it the same lists and the same version of this program, or begin a new run"
            )));
        }
        self.plan.from = From { position: before.position, asked: before.asked.clone(), answered };
        Ok(())
    }

    /// The checkpoint of a run that has done nothing yet.
    pub(crate) fn at_start(&self) -> Checkpoint {
        let position = self.plan.positions.start;
        self.checkpoint(&Progress { position, asked: Vec::new() }, BTreeMap::new())
    }

    /// What stands beside the rows once a discovery has come this far.
    pub(crate) fn checkpoint(
        &self,
        progress: &Progress,
        counted: BTreeMap<String, u64>,
    ) -> Checkpoint {
        Checkpoint {
            position: progress.position,
            asked: progress.asked.clone(),
            counted,
            space: self.space.to_string(),
            blocked_at_start: self.blocked_at_start.clone(),
        }
    }

    /// Kind of an answer and the position of its target, if that is one of ours.
    pub(crate) fn answered(&self, row: &ResponderRow) -> Option<(ResponderKind, u64)> {
        let index = self.plan.visits.index(row.addr.parse().ok()?, row.port)?;
        Some((row.kind, self.plan.order.position(index)?))
    }
}

fn plan(
    settings: &DiscoverySettings,
    visits: Visits,
    routes: Option<Arc<RouteTable>>,
) -> anyhow::Result<Plan> {
    let order = Permutation::new(visits.len(), settings.seed)
        .map_err(|error| unusable(error.to_string()))?;
    let mut positions = settings.shard()?.positions(visits.len());
    if let Some(most) = settings.max_targets {
        positions.end = positions.end.min(positions.start.saturating_add(most));
    }
    let limit = |rate: f64| (rate > 0.0).then_some(rate);
    Ok(Plan {
        visits: Arc::new(visits),
        order,
        positions,
        from: From::default(),
        probes: settings.probes,
        spacing: Duration::from_millis(settings.spacing_ms.into()),
        answer_window: Duration::from_secs(settings.cooldown_s.into()),
        rate: settings.rate()?,
        network_rate: limit(settings.net_rate),
        route_rate: limit(settings.route_rate),
        routes,
        record_resets: settings.record_rst,
        record_icmp: settings.record_icmp,
        ramp: settings.ramp,
        expected: Expected {
            everything: settings.expect_everything,
            silence: settings.expect_silence,
        },
        senders: 1,
        longest: settings.max_runtime_s.map(Duration::from_secs),
        most_answers: settings.max_results,
    })
}

/// A hash of what a position means: of ranges, ports, pairs, the seed of their order, and how that order begins, which another
/// version of this program may see differently.
fn fingerprint(plan: &Plan, addresses: &AddressSet, seed: u64) -> Sha256 {
    let visits = &*plan.visits;
    let first: Vec<u64> = plan.order.walk(0..16).collect();
    let mut text = format!("{seed} {} {first:?}\n", visits.len());
    match visits {
        Visits::Grid(_) => {
            for port in visits.ports() {
                text.push_str(&format!("{port} "));
            }
            for (first, last) in addresses.ranges() {
                text.push_str(&format!("\n{first}-{last}"));
            }
        }
        Visits::List(_) => {
            for (address, port) in (0..visits.len()).filter_map(|index| visits.at(index)) {
                text.push_str(&format!("{address} {port}\n"));
            }
        }
    }
    Sha256::of(text.as_bytes())
}

fn ranges(texts: &[String]) -> anyhow::Result<AddressSet> {
    let each = texts.iter().map(|text| {
        let (first, last) = text.split_once('-')?;
        Some((first.parse().ok()?, last.parse().ok()?))
    });
    each.collect::<Option<Vec<_>>>()
        .map(|ranges| ranges.into_iter().collect())
        .context("the checkpoint's blocked ranges cannot be read back")
}
