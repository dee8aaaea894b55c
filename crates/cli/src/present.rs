//! Answers of the query engine as tables for the renderers.

use std::io;
use std::io::Write;

use tlscensus_analysis as analysis;
use tlscensus_analysis::ColumnKind;
use tlscensus_analysis::QueryResult;
use tlscensus_analysis::ResultColumn;
use tlscensus_analysis::TableResult;
use tlscensus_report as report;
use tlscensus_report::Column;
use tlscensus_report::Format;
use tlscensus_report::Render;
use tlscensus_report::Table;
use tlscensus_report::Text;

use crate::console;

/// Writes a table; aligned text fits the terminal if it goes to one, and `elsewhere` if it does not.
///
/// # Errors
/// The stream's.
pub(crate) fn write(
    table: &Table,
    format: Format,
    elsewhere: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match (format == Format::TEXT, console::width().or(elsewhere)) {
        (true, width @ Some(_)) => Text { width, ascii: false }.render(table, out),
        _ => table.render(format, out),
    }
}

/// A result table of the catalogue.
pub(crate) fn table(result: TableResult) -> Table {
    let definition = result.table;
    let mut table = Table::new(definition.id.clone(), definition.title.clone());
    table.question.clone_from(&definition.question);
    table.columns = definition.columns.iter().map(column).collect();
    table.rows = result.rows.into_iter().map(|row| row.into_iter().map(entry).collect()).collect();
    table.total_rows = result.total_rows;
    table.notes = result.notes;
    table
}

/// The headline of a result table: its columns that tell most, and of tables with several rows for each service the first
/// rows of the block over all services. The last note says what is left out, and that `whole` has it.
pub(crate) fn headline(result: TableResult, whole: &str) -> Table {
    let definition = result.table;
    let mut table = table(result);
    let (rows, columns) = (table.rows.len(), shown(&table));
    keep_first_rows(&mut table);
    keep_columns(&mut table, &definition.short);
    let left_out: Vec<String> =
        [(rows - table.rows.len(), "row"), (columns - shown(&table), "column")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} more {what}{}", if count > 1 { "s" } else { "" }))
            .collect();
    table.notes.clear();
    table.notes.extend(Some(&definition.short_note).filter(|note| !note.is_empty()).cloned());
    table.notes.push(match left_out.as_slice() {
        [] => format!("With all notes: {whole}"),
        some => format!("… {}: {whole}", some.join(", ")),
    });
    table
}

fn shown(table: &Table) -> usize {
    table.columns.iter().filter(|column| !column.machine_only).count()
}

fn keep_first_rows(table: &mut Table) {
    let place = table.columns.iter().position(|column| column.name == "protocol");
    let all = report::Cell::from("all");
    let is_over_all =
        |row: &Vec<report::Cell>| place.and_then(|place| row.get(place)) == Some(&all);
    let most = match table.total_rows == 0 && table.rows.iter().any(is_over_all) {
        true => {
            table.rows.retain(is_over_all);
            FIRST_ROWS
        }
        false => ONE_ROW_EACH,
    };
    let totals = table.rows.split_off(table.rows.len() - table.total_rows);
    table.rows.truncate(most);
    table.rows.extend(totals);
}

fn keep_columns(table: &mut Table, names: &[String]) {
    if names.is_empty() {
        return;
    }
    let keeps: Vec<bool> =
        table.columns.iter().map(|column| names.contains(&column.name)).collect();
    let mut places = keeps.iter();
    table.columns.retain(|_| places.next() == Some(&true));
    for row in &mut table.rows {
        let mut places = keeps.iter();
        row.retain(|_| places.next() == Some(&true));
    }
}

/// Rows of a headline where each service has several.
const FIRST_ROWS: usize = 8;
/// Rows of a headline where each service has one, or one per stage: all services have room.
const ONE_ROW_EACH: usize = 24;

/// The answer to a query of the user's own.
pub(crate) fn answer(result: QueryResult) -> Table {
    Table {
        columns: result.columns.into_iter().map(free_column).collect(),
        rows: result.rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect(),
        ..Table::default()
    }
}

fn column(definition: &analysis::TableColumn) -> Column {
    let (name, heading) = (&definition.name, &definition.heading);
    let column = match definition.kind {
        ColumnKind::Count => Column::count(name, heading),
        ColumnKind::Number => Column::number(name, heading),
        ColumnKind::Text => Column::text(name, heading),
        ColumnKind::Word => Column::text(name, heading).for_machines(),
    };
    let shares = definition.shares.iter();
    shares.fold(column, |column, share| column.of(&share.name, &share.heading))
}

/// Numbers to the right; a query of one's own has no counts that we know of.
fn free_column(column: ResultColumn) -> Column {
    let number = ["int", "uint", "float", "decimal"];
    if number.iter().any(|kind| column.kind.starts_with(kind)) {
        Column::number(column.name.clone(), column.name)
    } else {
        Column::text(column.name.clone(), column.name)
    }
}

fn entry(entry: analysis::Entry) -> report::Cell {
    match entry.value {
        analysis::Cell::Integer(count) if !entry.of.is_empty() => match u64::try_from(count) {
            Ok(count) => report::Cell::share(count, entry.of),
            Err(_) => report::Cell::Integer(count),
        },
        other => cell(other),
    }
}

fn cell(cell: analysis::Cell) -> report::Cell {
    match cell {
        analysis::Cell::Boolean(value) => report::Cell::Boolean(value),
        analysis::Cell::Float(value) => report::Cell::Float(value),
        analysis::Cell::Integer(value) => report::Cell::Integer(value),
        analysis::Cell::List(cells) => {
            report::Cell::List(cells.into_iter().map(self::cell).collect())
        }
        analysis::Cell::Null => report::Cell::Null,
        analysis::Cell::Record(fields) => report::Cell::Record(
            fields.into_iter().map(|(name, value)| (name, self::cell(value))).collect(),
        ),
        analysis::Cell::Text(text) => report::Cell::Text(text),
    }
}
