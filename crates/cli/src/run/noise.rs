//! `noise`: how many hosts answer on ports on which nobody offers anything.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use anyhow::Context;
use serde::Deserialize;
use serde::Serialize;
use tlscensus_dataset::Dataset;
use tlscensus_discovery::Ended;
use tlscensus_discovery::Event;
use tlscensus_records::Counter;
use tlscensus_records::ListUsed;
use tlscensus_records::ResponderKind;
use tlscensus_records::RunKind;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;

use crate::args::NoiseArguments;
use crate::console;
use crate::exit::Exit;
use crate::plan::discovery::DiscoverySettings;
use crate::plan::discovery::Ways;
use crate::plan::discovery::ports;
use crate::plan::unusable;
use crate::run::discovery::Job;
use crate::run::discovery::Rows;
use crate::run::discovery::Sink;
use crate::run::discovery::Tools;
use crate::run::discovery::dry_run;
use crate::run::discovery::finish;
use crate::run::discovery::follow_up;
use crate::run::discovery::tune;
use crate::utc;

/// What shapes a part of an experiment; the JSON in `runs.config`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct NoiseSettings {
    /// Names the experiment: its runs, one for each seed, have it in common.
    experiment: String,
    /// All of its seeds.
    seeds: Vec<u64>,
    /// How many they are: an experiment is complete with so many complete runs.
    repetitions: usize,
    /// Whether those that answered are connected to.
    follow_up: bool,
    discovery: DiscoverySettings,
}

/// Carries the experiment out, seed by seed.
pub(crate) fn noise(typed: &NoiseArguments) -> anyhow::Result<Exit> {
    if typed.dry_run {
        return estimate(typed);
    }
    let (dataset, plan) = if typed.resume { gone_on_with(typed)? } else { begun(typed)? };
    for part in &plan {
        if part.before.as_ref().is_some_and(|run| run.state == RunState::Complete) {
            continue;
        }
        if !typed.output.quiet {
            let ports = part.settings.discovery.ports.len();
            console::say(&format!(
                "{}: seed {}, {}",
                part.settings.experiment,
                part.settings.discovery.seed,
                console::count(u64::try_from(ports)?, "port")
            ));
        }
        let exit = part.run(typed, &dataset)?;
        if exit != Exit::Done {
            return Ok(exit);
        }
    }
    if !typed.output.quiet {
        console::say(&format!("next: tlscensus tables {} T01b", typed.out.display()));
    }
    Ok(Exit::Done)
}

/// The part of one seed.
struct Part {
    settings: NoiseSettings,
    before: Option<RunRow>,
}

/// Says how much each part would be, and sends nothing.
fn estimate(typed: &NoiseArguments) -> anyhow::Result<Exit> {
    for part in parts(typed)? {
        let job = part.job(typed, None)?;
        let ways = Ways::find(&typed.wire, &job.ready.samples, job.ready.plan.answer_window);
        let exit = dry_run(&job.settings, &job.ready, ways.as_ref())?;
        if exit != Exit::Done {
            return Ok(exit);
        }
    }
    Ok(Exit::Done)
}

fn begun(typed: &NoiseArguments) -> anyhow::Result<(Dataset, Vec<Part>)> {
    let parts = parts(typed)?;
    // What cannot be begun leaves no dataset behind.
    parts.iter().try_for_each(|part| part.job(typed, None).map(drop))?;
    Ok((Dataset::create(&typed.out)?, parts))
}

fn parts(typed: &NoiseArguments) -> anyhow::Result<Vec<Part>> {
    let ports = ports(&typed.ports, &[])?;
    let mut discovery = DiscoverySettings::typed(&typed.space, &typed.sending, ports)?;
    check_words(typed)?;
    let most = u64::try_from(discovery.ports.len())?.saturating_mul(typed.targets_per_port);
    // Positions of an order over all ports together: about as many targets of each.
    discovery.max_targets = Some(most);
    let experiment = format!("noise-{}-{}", utc::compact_now(), std::process::id());
    let part = |seed: &u64| Part {
        settings: NoiseSettings {
            experiment: experiment.clone(),
            seeds: typed.seeds.clone(),
            repetitions: typed.seeds.len(),
            follow_up: typed.follow_up,
            discovery: DiscoverySettings { seed: *seed, ..discovery.clone() },
        },
        before: None,
    };
    Ok(typed.seeds.iter().map(part).collect())
}

/// What `noise` has words of its own for cannot be said by others.
fn check_words(typed: &NoiseArguments) -> anyhow::Result<()> {
    let seeds: BTreeSet<_> = typed.seeds.iter().collect();
    if seeds.is_empty() || seeds.len() < typed.seeds.len() {
        return Err(unusable(
            "--seeds: at least one, and each once: a seed again is the same sample again",
        ));
    }
    if typed.space.max_targets.is_some() {
        return Err(unusable("--max-targets: say --targets-per-port N"));
    }
    if typed.space.seed != 0 {
        return Err(unusable("--seed: say --seeds N,M; each draws a sample of its own"));
    }
    Ok(())
}

/// The newest experiment that is not complete.
fn gone_on_with(typed: &NoiseArguments) -> anyhow::Result<(Dataset, Vec<Part>)> {
    let dataset = Dataset::open(&typed.out)?;
    let mut runs = dataset.runs()?;
    runs.retain(|run| run.kind == RunKind::Noise);
    runs.sort_by_key(|run| run.started_at);
    let settings = |run: &RunRow| {
        serde_json::from_str::<NoiseSettings>(&run.config)
            .with_context(|| format!("run {}: its settings cannot be read back", run.run_id))
    };
    let Some(last) = runs.last() else {
        return Err(unusable(format!("--resume: {} has no experiment yet", typed.out.display())));
    };
    let last = settings(last)?;
    let mut parts = Vec::new();
    for seed in &last.seeds {
        let own = |run: &&RunRow| {
            settings(run).is_ok_and(|other| {
                other.experiment == last.experiment && other.discovery.seed == *seed
            })
        };
        let before = runs.iter().rfind(own).cloned();
        let now =
            DiscoverySettings::typed(&typed.space, &typed.sending, ports(&typed.ports, &[])?)?;
        let run_id = before.as_ref().map_or(&last.experiment, |run| &run.run_id);
        let mut discovery = last.discovery.gone_on_with(&now, &typed.given, run_id)?;
        discovery.seed = *seed;
        parts.push(Part { settings: NoiseSettings { discovery, ..last.clone() }, before });
    }
    let complete =
        |part: &Part| part.before.as_ref().is_some_and(|run| run.state == RunState::Complete);
    if parts.iter().all(complete) {
        return Err(unusable(format!(
            "--resume: the experiment {} is complete; leave --resume away to begin another one",
            last.experiment
        )));
    }
    Ok((dataset, parts))
}

impl Part {
    fn job(&self, typed: &NoiseArguments, dataset: Option<&Dataset>) -> anyhow::Result<Job> {
        let blocklist = typed.space.blocklist.as_deref();
        let settings = self.settings.discovery.clone();
        match (&self.before, dataset) {
            (Some(run), Some(dataset)) => Job::go_on(settings, dataset, run.clone(), blocklist),
            _ => Job::new(settings, blocklist),
        }
    }

    fn run(&self, typed: &NoiseArguments, dataset: &Dataset) -> anyhow::Result<Exit> {
        let mut job = self.job(typed, Some(dataset))?;
        let ways = Ways::find(&typed.wire, &job.ready.samples, job.ready.plan.answer_window)?;
        tune(&mut job.ready, &typed.wire);
        let (writer, _) = job.writer(dataset, RunKind::Noise, &self.settings)?;
        let run_id = writer.run().run_id.clone();
        let how_on = "the same command with --resume goes on".to_owned();
        let routes = job.ready.plan.routes.clone();
        let rows = Rows { writer: Some(writer), run_id: run_id.clone(), routes };
        let found = Found::before(dataset, &run_id)?;
        let tools = Tools {
            ways,
            sending: &typed.sending,
            output: &typed.output,
            emitter: None,
            how_on: how_on.clone(),
        };
        let sink = Watched { rows, found: found.clone() };
        let mut outcome = job.run(tools, Box::new(sink), Some(&run_id))?;
        if self.settings.follow_up && outcome.ended == Ended::Complete {
            if !typed.output.quiet {
                console::say("connecting to those that answered");
            }
            let asked = found.to_be_asked();
            outcome.course.more.push(("followed-up".to_owned(), u64::try_from(asked.len())?));
            outcome.ended = follow_up(&mut outcome.course, asked)?;
        }
        finish(outcome, &how_on, typed.output.quiet)
    }
}

/// Endpoints that answered with SYN-ACK, and those of them that a connection was completed with.
#[derive(Clone, Default)]
struct Found(Arc<Mutex<(BTreeSet<Pair>, BTreeSet<Pair>)>>);

type Pair = (IpAddr, u16);

impl Found {
    /// What an earlier start of the run wrote.
    fn before(dataset: &Dataset, run_id: &str) -> anyhow::Result<Self> {
        let found = Self::default();
        dataset.responders(run_id, |row| {
            if let Ok(addr) = row.addr.parse() {
                found.note(row.kind, (addr, row.port));
            }
        })?;
        Ok(found)
    }

    fn note(&self, kind: ResponderKind, pair: Pair) {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kind {
            ResponderKind::SynAck => found.0.insert(pair),
            ResponderKind::Connected => found.1.insert(pair),
            ResponderKind::Rst | ResponderKind::Icmp => false,
        };
    }

    fn to_be_asked(&self) -> Vec<Pair> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.0.difference(&found.1).copied().collect()
    }
}

/// Rows, with a note of who answered.
struct Watched {
    rows: Rows,
    found: Found,
}

impl Sink for Watched {
    fn take(&mut self, event: Event) -> anyhow::Result<()> {
        self.found.note(event.answer.kind, (event.answer.addr, event.answer.port));
        self.rows.take(event)
    }

    fn checkpoint(&mut self, text: &str) -> anyhow::Result<()> {
        self.rows.checkpoint(text)
    }

    fn note(&mut self, lists: Vec<ListUsed>) -> anyhow::Result<()> {
        self.rows.note(lists)
    }

    fn finish(self: Box<Self>, state: RunState, counters: Vec<Counter>) -> anyhow::Result<()> {
        Box::new(self.rows).finish(state, counters)
    }
}
