//! `tables`: the result tables of a dataset.

use std::fs;
use std::fs::File;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;

use tlscensus_analysis::Engine;
use tlscensus_analysis::Runs;
use tlscensus_analysis::catalogue;
use tlscensus_report::Format;
use tlscensus_report::Render;
use tlscensus_report::Text;

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
    if typed.short && [Format::CSV, Format::JSON].contains(&format) {
        return Err(unusable(format!(
            "--short is for people: --format {} has whole tables only",
            format.word()
        )));
    }
    let blocked = super::purge::unread(typed.blocklist.as_deref())?;
    let engine = super::together(&typed.dataset, &typed.with, blocked.as_ref())?;
    engine.count(&runs)?;
    let options = options(typed);
    let whole = |id: &str| format!("tables {} {id}{options}", typed.dataset.display());
    let extent = if typed.short { Extent::Headline(&whole) } else { Extent::Whole };
    let (wanted, empty) = match typed.tables.is_empty() && format != Format::JSON {
        true => with_rows(&engine, &wanted)?,
        false => (wanted, Vec::new()),
    };
    print(&engine, &wanted, format, &extent, None)?;
    if !empty.is_empty() {
        console::say(&format!("without rows, and left out: {}", empty.join(", ")));
    }
    Ok(Exit::Done)
}

/// What was typed beside the dataset and decides what counts, to be typed again.
fn options(typed: &TablesArguments) -> String {
    let with = typed.with.iter().map(|path| format!(" --with {}", path.display()));
    let run = typed.run.iter().map(|run| format!(" --run {run}"));
    let blocklist = typed.blocklist.iter().map(|path| format!(" --blocklist {}", path.display()));
    with.chain(run).chain(blocklist).collect()
}

/// Of all tables those that have rows, and those left out; all where none has: who asks for none by name wants to see what
/// there is.
fn with_rows<'a>(engine: &Engine, ids: &[&'a str]) -> anyhow::Result<(Vec<&'a str>, Vec<&'a str>)> {
    let (mut full, mut empty) = (Vec::new(), Vec::new());
    for id in ids {
        if engine.table(id)?.rows.is_empty() { empty.push(*id) } else { full.push(*id) }
    }
    Ok(if full.is_empty() { (empty, full) } else { (full, empty) })
}

/// How much of each table is printed.
pub(crate) enum Extent<'a> {
    /// The headline, with where the whole of this table is.
    Headline(&'a dyn Fn(&str) -> String),
    /// All.
    Whole,
}

/// Prints tables: a blank line between them, or one JSON array if there are several. Text that does not go to a terminal is
/// kept within `elsewhere` columns.
///
/// # Errors
/// When the dataset cannot be read or stdout not be written.
pub(crate) fn print(
    engine: &Engine,
    ids: &[&str],
    format: Format,
    extent: &Extent<'_>,
    elsewhere: Option<usize>,
) -> anyhow::Result<()> {
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
            let result = engine.table(id)?;
            let table = match extent {
                Extent::Headline(whole) => present::headline(result, &whole(id)),
                Extent::Whole => present::table(result),
            };
            present::write(&table, format, elsewhere, out)?;
        }
        Ok(write!(out, "{close}")?)
    })
}

/// Writes every table that has rows into a folder, which is made: `ID.txt` of so many columns, and `ID.csv`.
///
/// # Errors
/// When the dataset cannot be read or the folder not be written.
pub(crate) fn write_all(engine: &Engine, folder: &Path, width: usize) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let text = Text { width: Some(width), ascii: false };
    for definition in catalogue() {
        let table = present::table(engine.table(&definition.id)?);
        if table.rows.is_empty() {
            continue;
        }
        let forms: [(&dyn Render, &str); 2] = [(&text, "txt"), (Format::CSV.renderer(), "csv")];
        for (render, ending) in forms {
            let path = folder.join(format!("{}.{ending}", definition.id));
            let mut out = BufWriter::new(File::create(path)?);
            render.render(&table, &mut out)?;
            out.flush()?;
        }
    }
    Ok(())
}
