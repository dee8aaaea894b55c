//! One run of a discovery, whatever it is for: opened, gone on with, carried out.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tlscensus_dataset::Covered;
use tlscensus_dataset::Dataset;
use tlscensus_dataset::RunWriter;
use tlscensus_discovery::Discovery;
use tlscensus_discovery::Seen;
use tlscensus_records::ListUsed;
use tlscensus_records::ResponderKind;
use tlscensus_records::RunKind;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;
use tlscensus_targets::LiveBlocklist;

use super::Outcome;
use super::begin_line;
use super::control::Control;
use super::course::Course;
use super::course::Sink;
use super::display::Display;
use super::emit::Emitter;
use super::failure;
use super::figures;
use super::signals::ANSWERS_MAY_COME;
use super::signals::Signals;
use crate::args::OutputArguments;
use crate::args::SendingArguments;
use crate::plan::BLOCKLIST;
use crate::plan::BlocklistFile;
use crate::plan::discovery::Checkpoint;
use crate::plan::discovery::DiscoveryPlan;
use crate::plan::discovery::DiscoverySettings;
use crate::plan::discovery::Ways;
use crate::plan::unusable;
use crate::run::reload::Reload;
use crate::run::reload::Reloads;
use crate::utc;

/// A discovery with its lists read, and nothing written or sent yet.
pub(crate) struct Job {
    pub(crate) settings: DiscoverySettings,
    pub(crate) ready: DiscoveryPlan,
    blocklist: Blocked,
    /// The run that is gone on with, and how far it had come.
    before: Option<(RunRow, Checkpoint)>,
}

/// What a job needs to be carried out.
pub(crate) struct Tools<'a> {
    pub(crate) ways: Ways,
    pub(crate) sending: &'a SendingArguments,
    pub(crate) output: &'a OutputArguments,
    pub(crate) emitter: Option<Emitter>,
    /// How the operator goes on after an interruption.
    pub(crate) how_on: String,
}

/// Who is left alone: the list, and its file if there is one.
struct Blocked {
    live: LiveBlocklist,
    file: Option<(BlocklistFile, ListUsed)>,
}

impl Job {
    /// Begins anew.
    ///
    /// # Errors
    /// What is missing, and what to do about it.
    pub(crate) fn new(
        settings: DiscoverySettings,
        blocklist: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let blocklist = Blocked::read(&settings, blocklist)?;
        let ready = DiscoveryPlan::new(&settings, &blocklist.live.now(), None)?;
        Ok(Self { settings, ready, blocklist, before: None })
    }

    /// Goes on with a run. A run that was killed before its first checkpoint has sent nothing: it begins at its start.
    ///
    /// # Errors
    /// When the targets are not those it began with, or what it wrote cannot be read back.
    pub(crate) fn go_on(
        settings: DiscoverySettings,
        dataset: &Dataset,
        run: RunRow,
        blocklist: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let list = blocklist_of(&run, blocklist);
        let blocklist = Blocked::read(&settings, list.as_deref().map(Path::new))?;
        let mut checkpoint: Checkpoint = match dataset.checkpoint(&run.run_id)? {
            Some(text) => serde_json::from_str(&text).with_context(|| {
                format!("run {}: its checkpoint cannot be read back", run.run_id)
            })?,
            None => DiscoveryPlan::new(&settings, &blocklist.live.now(), None)?.at_start(),
        };
        let mut ready = DiscoveryPlan::new(&settings, &blocklist.live.now(), Some(&checkpoint))?;
        let mut answered = Seen::new(ready.plan.record_resets || ready.plan.record_icmp);
        let (mut resets, mut errors) = (0, 0);
        dataset.responders(&run.run_id, |row| {
            if let Some((kind, position)) = ready.answered(&row) {
                answered.first(kind, position);
                resets += u64::from(kind == ResponderKind::Rst);
                errors += u64::from(kind == ResponderKind::Icmp);
            }
        })?;
        // Answers that were written after the checkpoint count too; a connection that was made is a SYN-ACK here.
        for (name, written) in [("synack", answered.successes()), ("rst", resets), ("icmp", errors)]
        {
            if written > 0 {
                let count = checkpoint.counted.entry(name.to_owned()).or_default();
                *count = written.max(*count);
            }
        }
        ready.go_on(&run.run_id, &checkpoint, answered)?;
        Ok(Self { settings, ready, blocklist, before: Some((run, checkpoint)) })
    }

    /// The list of those who are left alone, which may change while the job is carried out.
    pub(crate) fn live(&self) -> LiveBlocklist {
        self.blocklist.live.clone()
    }

    /// The writer of the run, and what it has of probes: the one that is gone on with, or a new one of this kind and configuration.
    ///
    /// # Errors
    /// When the dataset does not let us write.
    pub(crate) fn writer(
        &self,
        dataset: &Dataset,
        kind: RunKind,
        config: &impl serde::Serialize,
    ) -> anyhow::Result<(RunWriter, Option<Covered>)> {
        let lists = self.ready.used.iter().cloned().chain(self.blocklist.used());
        if let Some((run, _)) = &self.before {
            let (mut writer, covered) = dataset.resume(&run.run_id)?;
            writer.goes_on_with(lists)?;
            return Ok((writer, Some(covered)));
        }
        let run = RunRow {
            run_id: format!("{}-{}-{}", kind.word(), utc::compact_now(), std::process::id()),
            kind,
            started_at: utc::now(),
            state: RunState::Running,
            config: serde_json::to_string(config)?,
            seed: self.settings.seed,
            contact: self.settings.contact.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lists: lists.collect(),
            ..RunRow::default()
        };
        Ok((dataset.begin(run)?, None))
    }

    /// Carries it out, and gives everything back for the end to be written.
    ///
    /// # Errors
    /// When the wire fails, or rows cannot be written.
    pub(crate) fn run(
        mut self,
        tools: Tools<'_>,
        sink: Box<dyn Sink>,
        run_id: Option<&str>,
    ) -> anyhow::Result<Outcome> {
        let Tools { ways, sending, output, emitter, how_on } = tools;
        let quiet = output.quiet;
        if !quiet {
            begin_line(run_id, &self.ready, &ways);
        }
        let before = self.before.map(|(_, checkpoint)| checkpoint.counted).unwrap_or_default();
        // There may be a hundred million of those who have answered: they are not held twice.
        let answered = std::mem::take(&mut self.ready.plan.from.answered);
        let mut plan = self.ready.plan.clone();
        plan.from.answered = answered;
        let discovery = Arc::new(Discovery::new(plan, ways.way)?);
        let reloads = Arc::new(Reloads::default());
        let metrics = output
            .metrics
            .map(|at| figures::serve(at, &discovery, sink.figures(), quiet))
            .transpose()?;
        let live = self.blocklist.live.clone();
        let watching = self.blocklist.watch(&reloads, quiet)?;
        let course = Course {
            discovery,
            ready: self.ready,
            sink,
            emitter,
            display: Display::new(quiet, output.json_status.clone()),
            control: sending.control.as_deref().map(Control::new),
            live,
            reloads,
            stop: Signals::heed(ANSWERS_MAY_COME, &how_on, quiet)?,
            before,
            more: Vec::new(),
            known: None,
            _helpers: (watching, metrics),
        };
        course.run().map_err(|error| failure(&error, run_id, &how_on))
    }
}

impl Blocked {
    fn read(settings: &DiscoverySettings, path: Option<&Path>) -> anyhow::Result<Self> {
        let anyway = settings.blocklist()?;
        let Some(path) = path else {
            return Ok(Self { live: anyway.into(), file: None });
        };
        let file = BlocklistFile::new(path, anyway);
        let (list, used) = file.read()?;
        Ok(Self { live: list.into(), file: Some((file, used)) })
    }

    fn used(&self) -> Option<ListUsed> {
        self.file.as_ref().map(|(_, used)| used.clone())
    }

    /// Watches the file from now on; a pipe cannot be read twice.
    fn watch(self, reloads: &Arc<Reloads>, quiet: bool) -> anyhow::Result<Option<Reload>> {
        let Self { live, file } = self;
        file.filter(|(file, _)| file.path().is_file())
            .map(|(file, used)| Reload::begin(file, live, used, reloads.clone(), quiet))
            .transpose()
    }
}

/// Whom to leave alone in a run that is gone on with: the list typed now, or else the one it began with.
fn blocklist_of(run: &RunRow, typed: Option<&Path>) -> Option<String> {
    let before = run.lists.iter().rfind(|used| used.purpose == BLOCKLIST);
    let typed = typed.map(|path| path.display().to_string());
    typed.or_else(|| before.map(|used| used.source.clone()))
}

/// The newest of these runs that is not complete, or the one with this name.
///
/// # Errors
/// When there is none, with those there are.
pub(crate) fn unfinished(dataset: &Dataset, word: &str, kind: RunKind) -> anyhow::Result<RunRow> {
    let mut runs = dataset.runs()?;
    runs.retain(|run| run.kind == kind);
    runs.sort_by_key(|run| run.started_at);
    let known: Vec<_> = runs.iter().map(|run| run.run_id.clone()).collect();
    let found = runs.into_iter().rev().find(|run| match word {
        "latest" => run.state != RunState::Complete,
        name => run.run_id == name,
    });
    match found {
        Some(run) if run.state == RunState::Complete => Err(unusable(format!(
            "--resume {word}: that run is complete; leave --resume away to begin another one"
        ))),
        Some(run) => Ok(run),
        None if word == "latest" && !known.is_empty() => Err(unusable(format!(
            "--resume latest: every {} of {} is complete; leave --resume away to begin another one",
            kind.word(),
            dataset.path().display()
        ))),
        None => Err(unusable(format!(
            "--resume {word}: {} has no such {} (it has: {})",
            dataset.path().display(),
            kind.word(),
            if known.is_empty() { "none".to_owned() } else { known.join(", ") }
        ))),
    }
}
