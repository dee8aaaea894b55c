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
