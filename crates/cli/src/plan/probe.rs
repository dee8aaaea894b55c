//! A run of probes, new or resumed, with everything opened.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use tlscensus_dataset::Dataset;
use tlscensus_dataset::RunWriter;
use tlscensus_probe::Covered;
use tlscensus_probe::Plan;
use tlscensus_probe::Routes;
use tlscensus_records::ListUsed;
use tlscensus_records::RunKind;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;
use tlscensus_targets::Blocklist;
use tlscensus_targets::Shard;

use crate::args::ProbeArguments;
use crate::console;
use crate::plan::BlocklistFile;
use crate::plan::List;
use crate::plan::Settings;
use crate::plan::blocklist::BLOCKLIST;
use crate::plan::consent::Agreed;
use crate::plan::consent::consent_of;
use crate::plan::descriptors;
use crate::plan::discovery;
use crate::plan::discovery::ROUTES;
use crate::plan::list::TARGETS;
use crate::plan::resumed;
use crate::plan::unusable;
use crate::progress;
use crate::utc;

/// Ready to run.
pub(crate) struct ProbePlan {
    pub(crate) plan: Arc<Plan>,
    pub(crate) list: List,
    /// Its seed and part where it is shuffled.
    pub(crate) order: Option<(u64, Shard)>,
    pub(crate) writer: RunWriter,
    /// Whence the blocklist is, to be watched, and what it was.
    pub(crate) blocklist: Option<(BlocklistFile, ListUsed)>,
    /// Endpoints that will be asked for, if that is known.
    pub(crate) endpoints: Option<u64>,
    pub(crate) quiet: bool,
    pub(crate) json_status: Option<PathBuf>,
}

impl ProbePlan {
    /// Opens the list and the dataset.
    ///
    /// # Errors
    /// What is missing, and what to do about it.
    pub(crate) fn new(typed: &ProbeArguments) -> anyhow::Result<Self> {
        match &typed.resume {
            None => Self::begin(typed),
            Some(run) => Self::resume(typed, run),
        }
    }

    fn begin(typed: &ProbeArguments) -> anyhow::Result<Self> {
        status_can_be_written(typed)?;
        let settings = Settings::typed(typed)?;
        let order = settings.order()?;
        let (blocklist, file) = blocklist(&settings, typed.blocklist.as_deref())?;
        let used = file.as_ref().map(|(_, used)| used.clone());
        let agreed = Agreed::read(&settings, typed.consent.as_deref())?;
        let list = List::open(&typed.list, &settings, agreed.all_have_to(&settings))?;
        let dataset = Dataset::create(&typed.out)?;
        let (routes, table) = routes(typed, None)?;
        let lists =
            std::iter::once(list.used()).chain(used).chain(agreed.used).chain(table).collect();
        let run = run_row(&settings, lists)?;
        let mut plan = settings.plan(&run.run_id, blocklist)?;
        plan.routes = routes;
        plan.intrusive = settings.intrusive(agreed.consent);
        let writer = dataset.begin(run)?;
        Ok(Self { blocklist: file, ..Self::ready(typed, plan, list, order, writer) })
    }

    fn resume(typed: &ProbeArguments, word: &str) -> anyhow::Result<Self> {
        status_can_be_written(typed)?;
        let dataset = Dataset::open(&typed.out)?;
        let run = unfinished(&dataset, word)?;
        let settings: Settings = serde_json::from_str(&run.config)
            .with_context(|| format!("run {}: its settings cannot be read back", run.run_id))?;
        let settings = resumed::settings(settings, typed, &run.run_id)?;
        let order = settings.order()?;
        let (blocklist, file) = blocklist(&settings, blocklist_of(&run, typed).as_deref())?;
        let used = file.as_ref().map(|(_, used)| used.clone());
        let agreed = Agreed::read(&settings, consent_of(&run, typed).as_deref())?;
        let list = List::open(&typed.list, &settings, agreed.all_have_to(&settings))?;
        same_list(&run, &list)?;
        let (routes, table) = routes(typed, Some(&run))?;
        let mut plan = settings.plan(&run.run_id, blocklist)?;
        plan.routes = routes;
        plan.intrusive = settings.intrusive(agreed.consent);
        let (mut writer, covered) = dataset.resume(&run.run_id)?;
        writer.goes_on_with(used.into_iter().chain(agreed.used).chain(table))?;
        plan.covered = Covered::by(move |endpoint| {
            covered.contains(&endpoint.target().text, endpoint.port, endpoint.service.word)
        });
        Ok(Self { blocklist: file, ..Self::ready(typed, plan, list, order, writer) })
    }

    fn ready(
        typed: &ProbeArguments,
        mut plan: Plan,
        list: List,
        order: Option<(u64, Shard)>,
        writer: RunWriter,
    ) -> Self {
        // Of a part nobody knows before how many endpoints its targets come to.
        let part = order.is_some_and(|(_, shard)| shard != Shard::WHOLE);
        let endpoints = list.endpoints().filter(|_| !part);
        let most = endpoints.and_then(|all| usize::try_from(all).ok()).unwrap_or(usize::MAX);
        let wanted = plan.concurrency.min(most).max(1);
        plan.concurrency = descriptors::make_room(wanted);
        if plan.concurrency < wanted && !typed.output.quiet {
            console::say(&format!(
                "too few file descriptors for {wanted} endpoints in flight: {} at once (raise ulimit -n)",
                plan.concurrency
            ));
        }
        Self {
            endpoints,
            plan: Arc::new(plan),
            list,
            order,
            writer,
            blocklist: None,
            quiet: typed.output.quiet,
            json_status: typed.output.json_status.clone(),
        }
    }
}

/// A new run's row.
///
/// # Errors
/// Never in practice: settings are plain values.
pub(crate) fn run_row(settings: &Settings, lists: Vec<ListUsed>) -> anyhow::Result<RunRow> {
    let started_at = utc::now();
    Ok(RunRow {
        run_id: format!("probe-{}-{}", utc::compact_now(), std::process::id()),
        kind: RunKind::Probe,
        started_at,
        state: RunState::Running,
        config: serde_json::to_string(settings)?,
        seed: settings.seed,
        contact: settings.contact.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        lists,
        ..RunRow::default()
    })
}

/// Where addresses belong, by the table typed now, or else by the one that the run began with.
fn routes(
    typed: &ProbeArguments,
    before: Option<&RunRow>,
) -> anyhow::Result<(Routes, Option<ListUsed>)> {
    let began_with = before.and_then(|run| run.lists.iter().rfind(|used| used.purpose == ROUTES));
    let path = typed.routes.clone().or_else(|| Some(PathBuf::from(&began_with?.source)));
    let Some(path) = path else {
        return Ok((Routes::default(), None));
    };
    let (table, used) = discovery::routes(&path)?;
    let routes = Routes::by(move |addr| table.route(table.lookup(addr)?));
    Ok((routes, Some(used)))
}

/// Whom to leave alone, and the file that says so, if there is one.
fn blocklist(
    settings: &Settings,
    path: Option<&Path>,
) -> anyhow::Result<(Blocklist, Option<(BlocklistFile, ListUsed)>)> {
    let anyway = settings.blocklist()?;
    let Some(path) = path else {
        return Ok((anyway, None));
    };
    let file = BlocklistFile::new(path, anyway);
    let (blocklist, used) = file.read()?;
    Ok((blocklist, Some((file, used))))
}

/// Whom to leave alone in a resumed run: the list typed now, or else the one it began with.
fn blocklist_of(run: &RunRow, typed: &ProbeArguments) -> Option<PathBuf> {
    let before = run.lists.iter().rfind(|used| used.purpose == BLOCKLIST);
    typed.blocklist.clone().or_else(|| Some(PathBuf::from(&before?.source)))
}

/// The run with this name, or the newest that is not complete.
fn unfinished(dataset: &Dataset, word: &str) -> anyhow::Result<RunRow> {
    let mut runs = dataset.runs()?;
    runs.sort_by_key(|run| run.started_at);
    let known: Vec<_> = runs.iter().map(|run| run.run_id.clone()).collect();
    let found = runs.into_iter().rev().find(|run| match word {
        "latest" => run.state != RunState::Complete,
        name => run.run_id == name,
    });
    let path = dataset.path().display();
    match found {
        Some(run) if run.state == RunState::Complete => Err(unusable(format!(
            "--resume {word}: that run is complete; leave --resume away to begin another one"
        ))),
        Some(run) => Ok(run),
        None if known.is_empty() => Err(unusable(format!(
            "--resume {word}: {path} has no runs yet; leave --resume away to begin one"
        ))),
        None if word == "latest" => Err(unusable(format!(
            "--resume latest: every run of {path} is complete; leave --resume away to begin another one"
        ))),
        None => Err(unusable(format!(
            "--resume {word}: {path} has no such run; it has {}",
            known.join(", ")
        ))),
    }
}

/// Refused at once rather than missed for hours.
fn status_can_be_written(typed: &ProbeArguments) -> anyhow::Result<()> {
    let Some(path) = &typed.output.json_status else {
        return Ok(());
    };
    fs::write(progress::draft_of(path), "{}\n").map(drop).map_err(|error| {
        unusable(format!(
            "--json-status {}: {error}; name a file in a folder that is there",
            path.display()
        ))
    })
}

/// Positions in a list mean something only in the same list.
fn same_list(run: &RunRow, list: &List) -> anyhow::Result<()> {
    let before = run.lists.iter().find(|used| used.purpose == TARGETS);
    let (Some(before), now) = (before, list.used()) else {
        return Ok(());
    };
    if before.sha256.is_some() && now.sha256.is_some() && before.sha256 != now.sha256 {
        return Err(unusable(format!(
            "the list is not the one that run {} began with ({}): give that one, or begin a new run",
            run.run_id, before.source
        )));
    }
    Ok(())
}
