//! A Markdown pipe table (GitHub Flavored Markdown, "Tables (extension)") under a heading.

use std::io;
use std::io::Write;

use crate::Align;
use crate::Cell;
use crate::Column;
use crate::Render;
use crate::Table;
use crate::figure::Figure;
use crate::figure::visible;

/// Renders Markdown.
#[derive(Clone, Copy, Debug)]
pub struct Markdown;

impl Render for Markdown {
    fn render(&self, table: &Table, out: &mut dyn Write) -> io::Result<()> {
        let headline = table.headline();
        if !headline.is_empty() {
            writeln!(out, "### {}\n", escape(&headline))?;
        }
        if !table.question.is_empty() {
            writeln!(out, "{}\n", escape(&table.question))?;
        }
        let shown = table.shown();
        write_row(out, shown.iter().map(|(_, column)| heading(column)))?;
        write_row(out, shown.iter().map(|(_, column)| rule(column)))?;
        let (body, totals) = table.body_and_totals();
        for cells in body {
            write_row(out, figures(&shown, cells))?;
        }
        for cells in totals {
            write_row(out, figures(&shown, cells).map(|figure| format!("**{figure}**")))?;
        }
        if !table.notes.is_empty() {
            writeln!(out)?;
        }
        for note in &table.notes {
            writeln!(out, "- {}", escape(note))?;
        }
        Ok(())
    }
}

fn write_row(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    let cells: Vec<_> = cells.collect();
    writeln!(out, "| {} |", cells.join(" | "))
}

fn heading(column: &Column) -> String {
    let heading = escape(&column.heading_with_unit());
    match column.share_heading() {
        Some(shares) => format!("{heading} {}", escape(&shares)),
        None => heading,
    }
}

fn rule(column: &Column) -> String {
    match column.align {
        Align::Left => ":---".to_owned(),
        Align::Right => "---:".to_owned(),
    }
}

fn figures<'a>(
    shown: &'a [(usize, &'a Column)],
    cells: &'a [Cell],
) -> impl Iterator<Item = String> + 'a {
    shown.iter().map(|(index, column)| {
        let cell = cells.get(*index).unwrap_or(&Cell::Null);
        escape(&Figure::new(cell, column, ",").joined())
    })
}

/// Takes the meaning of mark-up from every character that could have one.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in visible(text).chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '!' | '$' => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}
