//! `scan`: who answers is found out and probed at once, by one command or by a campaign's file.

mod campaign_file;
mod probing;
mod sink;

use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use serde::Serialize;
use tlscensus_dataset::Dataset;
use tlscensus_records::Counter;
use tlscensus_records::RunKind;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;

use self::campaign_file::CampaignFile;
use self::sink::ScanSink;
use crate::args::ScanArguments;
use crate::console;
use crate::exit::Exit;
use crate::plan::Settings;
use crate::plan::discovery::DiscoverySettings;
use crate::plan::discovery::Ways;
use crate::plan::unusable;
use crate::run::discovery::Job;
use crate::run::discovery::Outcome;
use crate::run::discovery::Tools;
use crate::run::discovery::counters;
use crate::run::discovery::dry_run;
use crate::run::discovery::ending;
use crate::run::discovery::say_ending;
use crate::run::discovery::summary;
use crate::run::discovery::tune;
use crate::run::discovery::unfinished;

/// What shapes a scan; the JSON in `runs.config`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScanSettings {
    /// The campaign's name and which of its stages this is, from 1; none: a scan by itself.
    campaign: Option<(String, usize)>,
    discovery: DiscoverySettings,
    probing: Settings,
}

/// Scans, as typed or as a campaign's file says.
pub(crate) fn scan(typed: &ScanArguments) -> anyhow::Result<Exit> {
    match typed.space.prefixes.as_slice() {
        [file] if file.ends_with(".toml") => campaign(Path::new(file), typed),
        _ => {
            let dataset = dataset(typed, typed.resume.is_some())?;
            let run = match &typed.resume {
                Some(word) => Some(unfinished(&dataset, word, RunKind::Scan)?),
                None => None,
            };
            Stage { typed, campaign: None }.run(&dataset, run)
        }
    }
}

/// Runs the stages of a campaign that are not complete yet, one after the other.
fn campaign(file: &Path, typed: &ScanArguments) -> anyhow::Result<Exit> {
    let file = CampaignFile::read(file, typed)?;
    let Some((first, _)) = file.stages.first() else {
        return Err(unusable("the campaign has no stages"));
    };
    let dataset = dataset(first, typed.resume.is_some())?;
    let known = stages_of(&dataset, &file.name)?;
    let begun = known.iter().any(|(_, run)| run.state != RunState::Complete);
    if begun && typed.resume.is_none() && !typed.dry_run {
        return Err(unusable(format!(
            "the campaign {} was begun and is not complete: --resume latest goes on with it; give it another name to begin anew",
            file.name
        )));
    }
    for (number, (stage, not_before)) in (1..).zip(&file.stages) {
        let run = known.iter().rfind(|(known, _)| *known == number).map(|(_, run)| run.clone());
        if typed.resume.is_some() && run.as_ref().is_some_and(|run| run.state == RunState::Complete)
        {
            continue;
        }
        if !typed.output.quiet {
            console::say(&format!(
                "{}: stage {number} of {}, {}",
                file.name,
                file.stages.len(),
                stage.protocols.join(", ")
            ));
        }
        if !typed.dry_run {
            campaign_file::wait_until(*not_before, typed.output.quiet)?;
        }
        let campaign = Some((file.name.clone(), number));
        let run = run.filter(|run| run.state != RunState::Complete);
        let exit = Stage { typed: stage, campaign }.run(&dataset, run)?;
        if exit != Exit::Done {
            return Ok(exit);
        }
    }
    Ok(Exit::Done)
}

fn dataset(typed: &ScanArguments, is_there: bool) -> anyhow::Result<Dataset> {
    let out = typed.out.as_deref().ok_or_else(|| {
        unusable(
            "where to? name a dataset with --out DATASET (in a campaign's file: out = \"census\")",
        )
    })?;
    Ok(if is_there { Dataset::open(out)? } else { Dataset::create(out)? })
}

/// The runs of a campaign, by their stage.
fn stages_of(dataset: &Dataset, name: &str) -> anyhow::Result<Vec<(usize, RunRow)>> {
    let mut runs = dataset.runs()?;
    runs.sort_by_key(|run| run.started_at);
    let stage = |run: RunRow| {
        let settings: ScanSettings = serde_json::from_str(&run.config).ok()?;
        let (campaign, number) = settings.campaign?;
        (campaign == name).then_some((number, run))
    };
    Ok(runs.into_iter().filter(|run| run.kind == RunKind::Scan).filter_map(stage).collect())
}

/// One scan.
struct Stage<'a> {
    typed: &'a ScanArguments,
    campaign: Option<(String, usize)>,
}

impl Stage<'_> {
    fn run(self, dataset: &Dataset, before: Option<RunRow>) -> anyhow::Result<Exit> {
        let typed = self.typed;
        let (mut job, settings) = self.open(dataset, before)?;
        let ways = Ways::find(&typed.wire, &job.ready.samples, job.ready.plan.answer_window);
        if typed.dry_run {
            return dry_run(&job.settings, &job.ready, ways.as_ref());
        }
        tune(&mut job.ready, &typed.wire);
        let (writer, covered) = job.writer(dataset, RunKind::Scan, &settings)?;
        let run_id = writer.run().run_id.clone();
        let how_on = format!(
            "the same command with --resume {} goes on",
            match settings.campaign {
                Some(_) => "latest",
                None => &run_id,
            }
        );
        let sink = ScanSink::begin(&settings.probing, &job, (writer, covered), dataset)?;
        let ended = sink.ended();
        let tools = Tools {
            ways: ways?,
            sending: &typed.sending,
            output: &typed.output,
            emitter: None,
            how_on: how_on.clone(),
        };
        let outcome = job.run(tools, Box::new(sink), Some(&run_id))?;
        finish(outcome, &ended, &how_on, typed)
    }

    fn open(
        &self,
        dataset: &Dataset,
        before: Option<RunRow>,
    ) -> anyhow::Result<(Job, ScanSettings)> {
        let typed = self.typed;
        let blocklist = typed.space.blocklist.as_deref();
        let Some(run) = before else {
            let probing = Settings::of_scan(typed)?;
            // A pair has its port.
            let ports = match typed.space.pairs {
                Some(_) => Vec::new(),
                None => ports_of(&probing)?,
            };
            let discovery = DiscoverySettings::typed(&typed.space, &typed.sending, ports)?;
            let settings = ScanSettings { campaign: self.campaign.clone(), discovery, probing };
            let job = Job::new(settings.discovery.clone(), blocklist)?;
            return Ok((job, settings));
        };
        let mut settings: ScanSettings = serde_json::from_str(&run.config)
            .with_context(|| format!("run {}: its settings cannot be read back", run.run_id))?;
        settings.discovery = settings.discovery.at_pace(&typed.sending)?;
        let job = Job::go_on(settings.discovery.clone(), dataset, run, blocklist)?;
        Ok((job, settings))
    }
}

/// The ports of the services, as they are offset.
fn ports_of(probing: &Settings) -> anyhow::Result<Vec<u16>> {
    let services = probing.services();
    let ports = services.iter().map(|service| service.port.checked_add(probing.port_offset));
    ports.collect::<Option<_>>().context("a port above 65535")
}

fn finish(
    outcome: Outcome,
    probing: &probing::Ended,
    how_on: &str,
    typed: &ScanArguments,
) -> anyhow::Result<Exit> {
    let quiet = typed.output.quiet;
    let Outcome { ended, mut course } = outcome;
    // What was found is probed to its end, unless somebody wants to stop.
    course.drain()?;
    course.display.end(&course.discovery);
    let counts = course.discovery.counts();
    let mut all = counters(&course, &counts);
    all.extend(probing.counters());
    let (state, exit) = ending(&ended);
    let whole = probing.is_complete();
    let state = if whole { state } else { RunState::Interrupted };
    course.sink.finish(state, all)?;
    if !quiet {
        console::say(&summary(&counts, &course.discovery));
        console::say(&probing.summary());
    }
    say_ending(&ended, how_on, quiet);
    let exit = if exit == Exit::Done && !whole { Exit::Interrupted } else { exit };
    if !quiet
        && exit == Exit::Done
        && let Some(out) = &typed.out
    {
        console::say(&format!("next: tlscensus tables {}", out.display()));
    }
    Ok(exit)
}

/// Counters of probing, beside those of discovery.
fn counter(name: &str, count: u64) -> Counter {
    Counter { name: name.to_owned(), count }
}
