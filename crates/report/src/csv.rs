//! RFC 4180: one header line, CRLF, quotes doubled. A share's denominators stand in columns of their own behind the
//! numerator; nothing is rounded, grouped or left out. No value is an empty field, empty text is `""`.

use std::io;
use std::io::Write;

use crate::Cell;
use crate::Render;
use crate::Table;
use crate::json;

/// Renders comma-separated values.
#[derive(Clone, Copy, Debug)]
pub struct Csv;

impl Render for Csv {
    fn render(&self, table: &Table, out: &mut dyn Write) -> io::Result<()> {
        let mut header = Vec::new();
        for column in &table.columns {
            header.push(field(&column.name));
            for share in &column.shares {
                header.push(field(&column.denominator_name(share)));
            }
        }
        write!(out, "{}\r\n", header.join(","))?;
        for row in &table.rows {
            let mut fields = Vec::with_capacity(header.len());
            for (column, cell) in table.columns.iter().zip(row) {
                fields.push(value(cell));
                for index in 0..column.shares.len() {
                    let denominator = cell.denominator(index);
                    fields.push(denominator.map_or_else(String::new, |of| of.to_string()));
                }
            }
            write!(out, "{}\r\n", fields.join(","))?;
        }
        Ok(())
    }
}

fn value(cell: &Cell) -> String {
    match cell {
        Cell::Boolean(value) => value.to_string(),
        Cell::Float(value) => value.to_string(),
        Cell::Integer(value) => value.to_string(),
        Cell::List(_) | Cell::Record(_) => field(&json::value(cell)),
        Cell::Null => String::new(),
        Cell::Share { count, .. } => count.to_string(),
        Cell::Text(text) => field(text),
    }
}

/// Quotes what RFC 4180 section 2 wants quoted, and the empty text, which is not "no value".
fn field(text: &str) -> String {
    let edge_space = text.starts_with(' ') || text.ends_with(' ');
    if text.is_empty() || edge_space || text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
