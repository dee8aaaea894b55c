//! The verbs: each takes a plan, does its work, and says how it ended.

mod blocklist;
mod campaign;
mod demo;
mod discovery;
mod figures;
mod lab;
pub(crate) mod metrics;
mod monitor;
mod noise;
mod prefixes;
mod probe;
mod purge;
pub(crate) mod reload;
mod scan;
mod sql;
mod tables;
mod words;

pub(crate) use blocklist::blocklist;
pub(crate) use demo::demo;
pub(crate) use discovery::discover;
pub(crate) use lab::lab;
pub(crate) use monitor::monitor;
pub(crate) use noise::noise;
pub(crate) use prefixes::prefixes;
pub(crate) use probe::probe;
pub(crate) use purge::purge;
pub(crate) use scan::scan;
pub(crate) use sql::sql;
pub(crate) use tables::tables;
pub(crate) use words::completions;
pub(crate) use words::manual;

use std::num::NonZero;
use std::path::Path;
use std::path::PathBuf;

use tlscensus_analysis::Blocked;
use tlscensus_analysis::Engine;
use tlscensus_report::FORMATS;
use tlscensus_report::Format;

use crate::plan::unusable;

/// Opens a dataset to be read, and others as if their runs were in it.
///
/// # Errors
/// When one cannot be read, or two have the same run.
fn together(dataset: &Path, with: &[PathBuf], blocked: Option<&Blocked>) -> anyhow::Result<Engine> {
    let all: Vec<_> = std::iter::once(dataset.to_owned()).chain(with.iter().cloned()).collect();
    Ok(Engine::open_together(&all, blocked)?)
}

/// Worker threads for sockets and timers, one per core.
///
/// # Errors
/// When the system has no threads left.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// The same for a prober of so many connections a second: no more workers than that keeps busy. Idle ones wake each
/// other up for nothing, which costs a tenth of all CPU time.
///
/// # Errors
/// When the system has no threads left.
fn probing_runtime(rate: Option<f64>) -> anyhow::Result<tokio::runtime::Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let suffice = |workers: &u32| rate.is_some_and(|rate| f64::from(*workers) * PER_WORKER >= rate);
    let workers = (1..).take(cores).find(suffice).and_then(|workers| workers.try_into().ok());
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    Ok(builder.worker_threads(workers.unwrap_or(cores)).enable_all().build()?)
}

/// Connections a second that one worker thread brings to their end and still has time left: it can do twice as many.
const PER_WORKER: f64 = 1000.0;

/// The format with this word.
fn format(word: &str) -> anyhow::Result<Format> {
    let word = if word == "markdown" { "md" } else { word };
    Format::from_word(word).ok_or_else(|| {
        let known: Vec<_> = FORMATS.iter().map(|format| format.word()).collect();
        unusable(format!("--format {word}: not known; there are {}", known.join(", ")))
    })
}
