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
use crate::plan::resumed;
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
use crate::utc;

/// What shapes a scan; the JSON in `runs.config`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScanSettings {
    /// Where in a campaign it is; none: a scan by itself.
    campaign: Option<Place>,
    discovery: DiscoverySettings,
    probing: Settings,
}

/// A stage of one round of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    /// The campaign's name.
    name: String,
    /// Tells this round from those before and after it.
    round: String,
    /// The stage, from 1.
    stage: usize,
}

/// Scans, as typed or as a campaign's file says.
pub(crate) fn scan(typed: &ScanArguments) -> anyhow::Result<Exit> {
    if let [file] = typed.space.prefixes.as_slice()
        && file.ends_with(".toml")
    {
        return campaign(Path::new(file), typed);
    }
    let before = match &typed.resume {
        None => None,
        Some(word) => {
            let dataset = Dataset::open(out(typed)?)?;
            let run = unfinished(&dataset, word, RunKind::Scan)?;
            Some((dataset, run))
        }
    };
    Stage { typed, place: None }.run(before)
}

/// Runs the stages of a campaign that are not complete yet, one after the other.
fn campaign(path: &Path, typed: &ScanArguments) -> anyhow::Result<Exit> {
    let file = CampaignFile::read(path, typed)?;
    let first =
        file.stages.first().context("a campaign without stages is refused when it is read")?;
    let out = out(&first.0)?;
    // What is wrong with a later stage is not found out days later.
    for (number, (stage, _)) in (1..).zip(&file.stages) {
        let place = Some(Place { name: file.name.clone(), round: String::new(), stage: number });
        Stage { typed: stage, place }.open(None).with_context(|| format!("stage {number}"))?;
    }
    let known = match Dataset::open(out) {
        Ok(dataset) => rounds_of(&dataset, &file.name)?,
        Err(_) if typed.resume.is_none() => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let newest = known.last().map(|(place, _)| place.round.clone());
    let of_newest = |stage: usize| {
        let own = |(place, _): &&(Place, RunRow)| {
            Some(&place.round) == newest.as_ref() && place.stage == stage
        };
        known.iter().rfind(own).map(|(_, run)| run)
    };
    let is_complete =
        |stage: usize| of_newest(stage).is_some_and(|run| run.state == RunState::Complete);
    let all_complete = (1..=file.stages.len()).all(is_complete);
    if typed.resume.is_some() && (newest.is_none() || all_complete) {
        return Err(unusable(format!(
            "--resume: no round of the campaign {} is incomplete in {}; leave --resume away to begin one",
            file.name,
            out.display()
        )));
    }
    if typed.resume.is_none() && newest.is_some() && !all_complete && !typed.dry_run {
        return Err(unusable(format!(
            "the campaign {} was begun and is not complete: --resume latest goes on with it; give it another name to begin anew",
            file.name
        )));
    }
    let resumed = newest.clone().filter(|_| typed.resume.is_some());
    let round =
        resumed.clone().unwrap_or_else(|| format!("{}-{}", utc::compact_now(), std::process::id()));
    for (number, (stage, not_before)) in (1..).zip(&file.stages) {
        if resumed.is_some() && is_complete(number) {
            continue;
        }
        if !typed.output.quiet {
            let (all, protocols) = (file.stages.len(), stage.protocols.join(", "));
            console::say(&format!("{}: stage {number} of {all}, {protocols}", file.name));
        }
        if !typed.dry_run && !campaign_file::wait_until(*not_before, typed.output.quiet)? {
            return Ok(Exit::Interrupted);
        }
        let place = Some(Place { name: file.name.clone(), round: round.clone(), stage: number });
        let run = of_newest(number).filter(|_| resumed.is_some()).cloned();
        let before = run.map(|run| anyhow::Ok((Dataset::open(out)?, run))).transpose()?;
        let exit = Stage { typed: stage, place }.run(before)?;
        if exit != Exit::Done {
            return Ok(exit);
        }
    }
    Ok(Exit::Done)
}

fn out(typed: &ScanArguments) -> anyhow::Result<&Path> {
    typed.out.as_deref().ok_or_else(|| {
        unusable(
            "where to? name a dataset with --out DATASET (in a campaign's file: out = \"census\")",
        )
    })
}

/// The runs of a campaign with their places, the newest last.
fn rounds_of(dataset: &Dataset, name: &str) -> anyhow::Result<Vec<(Place, RunRow)>> {
    let mut runs = dataset.runs()?;
    runs.sort_by_key(|run| run.started_at);
    let place = |run: RunRow| {
        let settings: ScanSettings = serde_json::from_str(&run.config).ok()?;
        let place = settings.campaign.filter(|place| place.name == name)?;
        Some((place, run))
    };
    Ok(runs.into_iter().filter(|run| run.kind == RunKind::Scan).filter_map(place).collect())
}

/// One scan.
struct Stage<'a> {
    typed: &'a ScanArguments,
    place: Option<Place>,
}

impl Stage<'_> {
    /// Begins a run, or goes on with this one.
    fn run(self, before: Option<(Dataset, RunRow)>) -> anyhow::Result<Exit> {
        let typed = self.typed;
        let (mut job, settings) = self.open(before.as_ref())?;
        let ways = Ways::find(&typed.wire, &job.ready.samples, job.ready.plan.answer_window);
        if typed.dry_run {
            return dry_run(&job.settings, &job.ready, ways.as_ref());
        }
        // What cannot be begun leaves no dataset and no run behind.
        let ways = ways?;
        let dataset = match before {
            Some((dataset, _)) => dataset,
            None => Dataset::create(out(typed)?)?,
        };
        tune(&mut job.ready, &typed.wire);
        let (writer, covered) = job.writer(&dataset, RunKind::Scan, &settings)?;
        let run_id = writer.run().run_id.clone();
        let word = if settings.campaign.is_some() { "latest" } else { &run_id };
        let how_on = format!("the same command with --resume {word} goes on");
        let sink = ScanSink::begin(&settings.probing, &job, (writer, covered), &dataset)?;
        let ended = sink.ended();
        let tools = Tools {
            ways,
            sending: &typed.sending,
            output: &typed.output,
            emitter: None,
            how_on: how_on.clone(),
        };
        let outcome = job.run(tools, Box::new(sink), Some(&run_id))?;
        finish(outcome, &ended, &how_on, typed)
    }

    fn open(&self, before: Option<&(Dataset, RunRow)>) -> anyhow::Result<(Job, ScanSettings)> {
        let typed = self.typed;
        let blocklist = typed.space.blocklist.as_deref();
        let probing = Settings::of_scan(typed)?;
        // A pair has its port.
        let ports = match typed.space.pairs {
            Some(_) => Vec::new(),
            None => ports_of(&probing)?,
        };
        let discovery = DiscoverySettings::typed(&typed.space, &typed.sending, ports)?;
        let now = ScanSettings { campaign: self.place.clone(), discovery, probing };
        let Some((dataset, run)) = before else {
            return Ok((Job::new(now.discovery.clone(), blocklist)?, now));
        };
        let began: ScanSettings = serde_json::from_str(&run.config)
            .with_context(|| format!("run {}: its settings cannot be read back", run.run_id))?;
        let ids = DiscoverySettings::ids_given(&typed.given);
        let settings = ScanSettings {
            discovery: began.discovery.gone_on_with(&now.discovery, &ids, &run.run_id)?,
            probing: resumed::probing(&began.probing, &now.probing, &typed.given, &run.run_id)?,
            ..began
        };
        let job = Job::go_on(settings.discovery.clone(), dataset, run.clone(), blocklist)?;
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
    let mut all = counters(&course);
    all.extend(probing.counters());
    let (state, exit) = ending(&ended);
    let whole = probing.is_complete();
    let state = if whole { state } else { RunState::Interrupted };
    let summary = summary(&course);
    course.sink.finish(state, all)?;
    if !quiet {
        console::say(&summary);
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
