//! Aligned columns for people: `n (p %)`, thousands in groups, a rule under the head and above the totals. A table
//! wider than the terminal is cut into panels that repeat the first columns.

use std::io;
use std::io::Write;

use crate::Render;
use crate::Table;
use crate::figure::visible;
use crate::layout::GAP;
use crate::layout::Laid;
use crate::layout::laid;
use crate::layout::panels;
use crate::layout::wrapped;

/// Renders aligned text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text {
    /// How many columns the terminal has; `None` cuts nothing.
    pub width: Option<usize>,
    /// Rules of ASCII characters instead of box-drawing ones.
    pub ascii: bool,
}

impl Render for Text {
    fn render(&self, table: &Table, out: &mut dyn Write) -> io::Result<()> {
        let headline = visible(&table.headline());
        if !headline.is_empty() {
            writeln!(out, "{headline}")?;
        }
        if !table.question.is_empty() {
            self.write_wrapped(out, "", &visible(&table.question))?;
        }
        if !headline.is_empty() || !table.question.is_empty() {
            writeln!(out)?;
        }
        let columns = laid(table);
        let numbers = Laid::numbers(table.rows.len());
        for (number, panel) in
            panels(&columns, &numbers, self.width.unwrap_or(usize::MAX)).iter().enumerate()
        {
            if number > 0 {
                writeln!(out)?;
            }
            self.write_panel(out, table, panel)?;
        }
        if !table.notes.is_empty() {
            writeln!(out)?;
        }
        for note in &table.notes {
            self.write_wrapped(out, "  ", &visible(note))?;
        }
        Ok(())
    }
}

impl Text {
    fn write_panel(&self, out: &mut dyn Write, table: &Table, panel: &[&Laid]) -> io::Result<()> {
        let head_lines = panel.iter().map(|column| column.head.len()).max().unwrap_or(0);
        for line in 0..head_lines {
            // Headings stand on the rule: short ones begin lower.
            write_line(
                out,
                panel.iter().map(|column| {
                    let missing = head_lines - column.head.len();
                    let text = line.checked_sub(missing).and_then(|line| column.head.get(line));
                    column.padded(text.map_or("", String::as_str))
                }),
            )?;
        }
        let rule = if self.ascii { "-" } else { "─" };
        write_line(out, panel.iter().map(|column| rule.repeat(column.width)))?;
        if table.rows.is_empty() {
            writeln!(out, "(no rows)")?;
        }
        let totals_start = table.rows.len().saturating_sub(table.total_rows);
        for row in 0..table.rows.len() {
            if row == totals_start && row > 0 {
                write_line(out, panel.iter().map(|column| rule.repeat(column.width)))?;
            }
            write_line(
                out,
                panel
                    .iter()
                    .map(|column| column.padded(column.body.get(row).map_or("", String::as_str))),
            )?;
        }
        Ok(())
    }

    /// Writes prose, broken at spaces to the width of the terminal.
    fn write_wrapped(&self, out: &mut dyn Write, indent: &str, text: &str) -> io::Result<()> {
        let width = self.width.unwrap_or(PROSE_WIDTH).saturating_sub(indent.len());
        for line in wrapped(text, width) {
            writeln!(out, "{indent}{line}")?;
        }
        Ok(())
    }
}

fn write_line(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    let cells: Vec<_> = cells.collect();
    writeln!(out, "{}", cells.join(GAP).trim_end())
}

/// Prose is wrapped here where the terminal's width is unknown.
const PROSE_WIDTH: usize = 110;
