//! `tables`: the result tables of a dataset.

use std::path::Path;

use tlscensus_analysis::Engine;
use tlscensus_analysis::Runs;
use tlscensus_analysis::catalogue;
use tlscensus_report::Format;

use crate::args::TablesArguments;
use crate::console;
use crate::exit::Exit;
use crate::plan::unusable;
use crate::present;

/// Prints the tables asked for, or all.
pub(crate) fn tables(typed: &TablesArguments) -> anyhow::Result<Exit> {
    let format = super::format(&typed.format)?;
    let runs = typed.run.as_deref().map_or_else(Runs::default, Runs::from_word);
    let known: Vec<_> = catalogue().iter().map(|table| table.id.as_str()).collect();
    let wanted: Vec<&str> = match typed.tables.as_slice() {
        [] => known.clone(),
        some => some.iter().map(String::as_str).collect(),
    };
    let strange = wanted.iter().find(|id| !known.iter().any(|have| have.eq_ignore_ascii_case(id)));
    if let Some(id) = strange {
        return Err(unusable(format!("{id}: no such table; there are {}", known.join(", "))));
    }
    if format == Format::CSV && wanted.len() > 1 {
        return Err(unusable(format!(
            "--format csv holds one table: name one of {}",
            wanted.join(", ")
        )));
    }
    print(&typed.dataset, &runs, &wanted, format, None)?;
    Ok(Exit::Done)
}

/// Prints tables: a blank line between them, or one JSON array if there are several. Text that does not go to a terminal is
/// kept within `elsewhere` columns.
///
/// # Errors
/// When the dataset cannot be read or stdout not be written.
pub(crate) fn print(
    dataset: &Path,
    runs: &Runs,
    ids: &[&str],
    format: Format,
    elsewhere: Option<usize>,
) -> anyhow::Result<()> {
    let engine = Engine::open(dataset)?;
    engine.count(runs)?;
    let (open, between, close) = match (format == Format::JSON, ids.len()) {
        (true, 2..) => ("[\n", ",\n", "]\n"),
        _ => ("", "\n", ""),
    };
    console::results(|out| {
        write!(out, "{open}")?;
        for (place, id) in ids.iter().enumerate() {
            if place > 0 {
                write!(out, "{between}")?;
            }
            present::write(&present::table(engine.table(id)?), format, elsewhere, out)?;
        }
        Ok(write!(out, "{close}")?)
    })
}
