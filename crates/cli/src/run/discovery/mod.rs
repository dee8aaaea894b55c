//! `discover`: who answers, into a dataset, onto stdout, or both.

mod audit;
mod control;
mod course;
mod display;
mod dry_run;
mod emit;
mod fields;
mod figures;
mod follow_up;
mod job;
mod signals;

use std::sync::Arc;

use anyhow::Context;
use tlscensus_dataset::Dataset;
use tlscensus_dataset::RunWriter;
use tlscensus_discovery::Ended;
use tlscensus_discovery::Event;
use tlscensus_discovery::Way;
use tlscensus_records::Counter;
use tlscensus_records::ListUsed;
use tlscensus_records::RunKind;
use tlscensus_records::RunState;
use tlscensus_targets::RouteTable;

pub(crate) use self::course::Course;
pub(crate) use self::course::Figures;
pub(crate) use self::course::Outcome;
pub(crate) use self::course::Sink;
pub(crate) use self::dry_run::dry_run;
pub(crate) use self::emit::Emitter;
pub(crate) use self::follow_up::follow_up;
pub(crate) use self::job::Job;
pub(crate) use self::job::Tools;
pub(crate) use self::job::unfinished;
pub(crate) use self::signals::ANSWERS_MAY_COME;
pub(crate) use self::signals::Signals;
use crate::args::DiscoverArguments;
use crate::args::WireArguments;
use crate::console;
use crate::exit::Exit;
use crate::plan::discovery::DiscoveryPlan;
use crate::plan::discovery::DiscoverySettings;
use crate::plan::discovery::Ways;
use crate::plan::discovery::ports;

/// Finds out who answers.
pub(crate) fn discover(typed: &DiscoverArguments) -> anyhow::Result<Exit> {
    if typed.results.list_fields {
        emit::list_fields()?;
        return Ok(Exit::Done);
    }
    let (job, dataset) = open(typed)?;
    if typed.audit {
        return audit::audit(&job.settings, &job.ready);
    }
    let ways = Ways::find(&typed.wire, &job.ready.samples, job.ready.plan.answer_window);
    if typed.dry_run {
        return dry_run(&job.settings, &job.ready, ways.as_ref());
    }
    carry_out(typed, job, dataset.as_ref(), ways?)
}

fn open(typed: &DiscoverArguments) -> anyhow::Result<(Job, Option<Dataset>)> {
    let blocklist = typed.space.blocklist.as_deref();
    let Some(word) = &typed.resume else {
        let ports = ports(&typed.ports, &typed.protocols)?;
        let settings = DiscoverySettings::typed(&typed.space, &typed.sending, ports)?;
        let job = Job::new(settings, blocklist)?;
        let sends = !typed.audit && !typed.dry_run;
        let dataset = typed.out.as_ref().filter(|_| sends).map(Dataset::create).transpose()?;
        return Ok((job, dataset));
    };
    let dataset = Dataset::open(typed.out.as_deref().context("--resume goes with --out")?)?;
    let run = unfinished(&dataset, word, RunKind::Discover)?;
    let began: DiscoverySettings = serde_json::from_str(&run.config)
        .with_context(|| format!("run {}: its settings cannot be read back", run.run_id))?;
    let now = DiscoverySettings::typed(
        &typed.space,
        &typed.sending,
        ports(&typed.ports, &typed.protocols)?,
    )?;
    let given = DiscoverySettings::ids_given(&typed.given);
    let settings = began.gone_on_with(&now, &given, &run.run_id)?;
    let job = Job::go_on(settings, &dataset, run, blocklist)?;
    Ok((job, Some(dataset)))
}

fn carry_out(
    typed: &DiscoverArguments,
    mut job: Job,
    dataset: Option<&Dataset>,
    ways: Ways,
) -> anyhow::Result<Exit> {
    tune(&mut job.ready, &typed.wire);
    let config = job.settings.clone();
    let writer = dataset.map(|dataset| job.writer(dataset, RunKind::Discover, &config));
    let writer = writer.transpose()?.map(|(writer, _)| writer);
    let run_id = writer.as_ref().map(|writer| writer.run().run_id.clone());
    let how_on = match &run_id {
        Some(run_id) => format!("the same command with --resume {run_id} goes on"),
        None => "with --out DATASET it could be gone on with".to_owned(),
    };
    let routes = job.ready.plan.routes.clone();
    let ports = job.ready.plan.visits.ports().len();
    // Who wants rows need not get lines, unless fields are asked for.
    let wants_lines = dataset.is_none() || !typed.results.output_fields.is_empty();
    let emitter = wants_lines.then(|| Emitter::new(&typed.results, ports, routes.clone()));
    let tools = Tools {
        ways,
        sending: &typed.sending,
        output: &typed.output,
        emitter: emitter.transpose()?,
        how_on: how_on.clone(),
    };
    let sink = Rows { writer, run_id: run_id.clone().unwrap_or_default(), routes };
    let outcome = job.run(tools, Box::new(sink), run_id.as_deref())?;
    finish(outcome, &how_on, typed.output.quiet)
}

/// Rows of a discovery by itself.
pub(crate) struct Rows {
    pub(crate) writer: Option<RunWriter>,
    pub(crate) run_id: String,
    pub(crate) routes: Option<Arc<RouteTable>>,
}

impl Sink for Rows {
    fn take(&mut self, event: Event) -> anyhow::Result<()> {
        if let Some(writer) = &mut self.writer {
            writer.append_responder(&event.into_row(&self.run_id, self.routes.as_deref()))?;
        }
        Ok(())
    }

    fn checkpoint(&mut self, text: &str) -> anyhow::Result<()> {
        if let Some(writer) = &mut self.writer {
            writer.checkpoint(text)?;
        }
        Ok(())
    }

    fn note(&mut self, lists: Vec<ListUsed>) -> anyhow::Result<()> {
        match &mut self.writer {
            Some(writer) => Ok(writer.goes_on_with(lists)?),
            None => Ok(()),
        }
    }

    fn finish(self: Box<Self>, state: RunState, counters: Vec<Counter>) -> anyhow::Result<()> {
        if let Some(writer) = self.writer {
            writer.finish(state, counters)?;
        }
        Ok(())
    }
}

/// What of the wire is part of the plan.
pub(crate) fn tune(ready: &mut DiscoveryPlan, typed: &WireArguments) {
    ready.plan.senders = usize::from(typed.sender_threads);
}

fn begin_line(run_id: Option<&str>, ready: &DiscoveryPlan, ways: &Ways) {
    if let Some(run_id) = run_id {
        console::say(&format!("run {run_id}"));
    }
    if let Some(said) = &ways.said {
        console::say(said);
    }
    let plan = &ready.plan;
    console::say(&format!(
        "{}: {} of {} targets, {}",
        ways.told(),
        plan.positions.end - plan.positions.start.max(plan.from.position),
        plan.visits.len(),
        plan.rate
    ));
}

/// A wire or a disk that failed: what is safe and how to go on.
pub(crate) fn failure(error: &anyhow::Error, run_id: Option<&str>, how_on: &str) -> anyhow::Error {
    let told = console::told(error);
    match run_id {
        // Whoever reads our results has enough of them.
        _ if console::is_broken_pipe(error) => {
            anyhow::Error::new(std::io::Error::from(std::io::ErrorKind::BrokenPipe))
        }
        Some(run_id) => anyhow::anyhow!(
            "{told}\n{run_id} ended early: what was found up to the last checkpoint is safe; once that is mended, {how_on}"
        ),
        None => anyhow::anyhow!("{told}"),
    }
}

pub(crate) fn finish(outcome: Outcome, how_on: &str, quiet: bool) -> anyhow::Result<Exit> {
    let Outcome { ended, mut course } = outcome;
    course.display.end(&course.discovery);
    let counters = counters(&course);
    let (state, exit) = ending(&ended);
    let summary = summary(&course);
    course.sink.finish(state, counters)?;
    if !quiet {
        console::say(&summary);
    }
    say_ending(&ended, how_on, quiet);
    Ok(exit)
}

/// What an ending means for the run and for whoever waits for the exit code.
pub(crate) const fn ending(ended: &Ended) -> (RunState, Exit) {
    match ended {
        Ended::Complete => (RunState::Complete, Exit::Done),
        Ended::Enough => (RunState::Interrupted, Exit::Done),
        Ended::Stopped => (RunState::Interrupted, Exit::Interrupted),
        Ended::Halted(_) => (RunState::Interrupted, Exit::Failed),
    }
}

pub(crate) fn say_ending(ended: &Ended, how_on: &str, quiet: bool) {
    match ended {
        Ended::Complete => {}
        Ended::Enough if quiet => {}
        Ended::Enough => console::say("ended as --max-runtime or --max-results says"),
        Ended::Stopped if quiet => {}
        Ended::Stopped => console::say(&format!("interrupted: {how_on}")),
        Ended::Halted(why) => {
            console::say(&format!(
                "halted, because answers are odd: {why}. {how_on} (without --ramp, or with --expect)"
            ));
        }
    }
}

/// What was counted, for the run's row.
pub(crate) fn counters(course: &Course) -> Vec<Counter> {
    let progress = course.discovery.progress();
    let ports = course.discovery.plan().visits.ports();
    let asked = ports
        .iter()
        .zip(&progress.asked)
        .map(|(port, asked)| (format!("asked-port-{port}"), *asked));
    course
        .counted()
        .into_iter()
        .chain(asked)
        .chain(course.more.iter().cloned())
        .map(|(name, count)| Counter { name, count })
        .collect()
}

pub(crate) fn summary(course: &Course) -> String {
    let counts = course.discovery.counts();
    // What was counted before is in the run's row, with this.
    let part = if course.before.is_empty() { "" } else { "since it went on: " };
    let how = match course.discovery.way() {
        Way::Wire(_) => "probes",
        Way::Connect(_) => "connections",
    };
    format!(
        "{part}{} {how} to {}, {} ({}), {} resets, {} ICMP errors; {} repeated answers, {} frames that answer nothing of ours, {} dropped by the kernel",
        counts.probes_sent,
        console::count(counts.targets, "target"),
        match counts.synacks {
            1 => "1 answers".to_owned(),
            many => format!("{many} answer"),
        },
        display::percent(counts.synacks, counts.targets),
        counts.resets,
        counts.icmp_errors,
        counts.repeats,
        counts.foreign,
        counts.kernel_drops
    )
}
