//! One JSON object: what the table is, its columns described, its rows as flat typed objects, one per line. A share
//! is its numerator under the column's name and each denominator under `NAME_of_SHARE`, so rows load as a data frame.

use std::io;
use std::io::Write;

use crate::Align;
use crate::Cell;
use crate::Column;
use crate::Render;
use crate::Table;

/// Renders JSON.
#[derive(Clone, Copy, Debug)]
pub struct Json;

impl Render for Json {
    fn render(&self, table: &Table, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{{")?;
        writeln!(out, "  \"id\": {},", string(&table.id))?;
        writeln!(out, "  \"title\": {},", string(&table.title))?;
        writeln!(out, "  \"question\": {},", string(&table.question))?;
        let columns = table.columns.iter().map(description);
        write_list(out, "columns", columns, ",")?;
        writeln!(out, "  \"total_rows\": {},", table.total_rows)?;
        write_list(out, "rows", table.rows.iter().map(|cells| row(table, cells)), ",")?;
        write_list(out, "notes", table.notes.iter().map(|note| string(note)), "")?;
        writeln!(out, "}}")
    }
}

fn write_list(
    out: &mut dyn Write,
    name: &str,
    items: impl Iterator<Item = String>,
    behind: &str,
) -> io::Result<()> {
    write!(out, "  {}: [", string(name))?;
    let mut separator = "\n";
    for item in items {
        write!(out, "{separator}    {item}")?;
        separator = ",\n";
    }
    let end = if separator == "\n" { "" } else { "\n  " };
    writeln!(out, "{end}]{behind}")
}

fn description(column: &Column) -> String {
    let mut fields = vec![
        ("name", string(&column.name)),
        ("heading", string(&column.heading)),
        ("kind", string(kind(column))),
    ];
    if let Some(unit) = &column.unit {
        fields.push(("unit", string(unit)));
    }
    if !column.shares.is_empty() {
        let shares: Vec<_> = column
            .shares
            .iter()
            .map(|share| {
                object([
                    ("column", string(&column.denominator_name(share))),
                    ("heading", string(&share.heading)),
                ])
            })
            .collect();
        fields.push(("denominators", format!("[{}]", shares.join(", "))));
    }
    object(fields)
}

fn kind(column: &Column) -> &'static str {
    match (column.grouped, column.align) {
        (true, _) => "count",
        (false, Align::Right) => "number",
        (false, Align::Left) => "text",
    }
}

fn row(table: &Table, cells: &[Cell]) -> String {
    let mut fields = Vec::new();
    for (column, cell) in table.columns.iter().zip(cells) {
        fields.push((column.name.clone(), value(cell)));
        for (index, share) in column.shares.iter().enumerate() {
            let denominator = cell.denominator(index);
            fields.push((
                column.denominator_name(share),
                denominator.map_or_else(|| "null".to_owned(), |of| of.to_string()),
            ));
        }
    }
    object(fields)
}

/// A cell as JSON text.
pub(crate) fn value(cell: &Cell) -> String {
    match cell {
        Cell::Boolean(value) => value.to_string(),
        // JSON has no NaN and no infinities: they become their names.
        Cell::Float(value) if !value.is_finite() => string(&value.to_string()),
        Cell::Float(value) => format!("{value:?}"),
        Cell::Integer(value) => value.to_string(),
        Cell::List(values) => {
            let values: Vec<_> = values.iter().map(value).collect();
            format!("[{}]", values.join(", "))
        }
        Cell::Null => "null".to_owned(),
        Cell::Record(fields) => object(fields.iter().map(|(name, cell)| (name, value(cell)))),
        Cell::Share { count, .. } => count.to_string(),
        Cell::Text(text) => string(text),
    }
}

fn object<N: AsRef<str>>(fields: impl IntoIterator<Item = (N, String)>) -> String {
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(name, value)| format!("{}: {value}", string(name.as_ref())))
        .collect();
    format!("{{{}}}", fields.join(", "))
}

fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
