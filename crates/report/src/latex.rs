//! A LaTeX `table` with the rules of the `booktabs` package; UTF-8, for LaTeX of 2018 and later.

use std::io;
use std::io::Write;

use crate::Align;
use crate::Cell;
use crate::Column;
use crate::Render;
use crate::Table;
use crate::figure::Figure;
use crate::figure::visible;

/// Renders LaTeX.
#[derive(Clone, Copy, Debug)]
pub struct Latex;

impl Render for Latex {
    fn render(&self, table: &Table, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\\begin{{table}}")?;
        writeln!(out, "  \\centering")?;
        if !table.title.is_empty() {
            writeln!(out, "  \\caption{{{}}}", escape(&table.title))?;
        }
        if !table.id.is_empty() {
            writeln!(out, "  \\label{{tab:{}}}", label(&table.id))?;
        }
        let shown = table.shown();
        let alignment: String = shown.iter().map(|(_, column)| letter(column)).collect();
        writeln!(out, "  \\begin{{tabular}}{{@{{}}{alignment}@{{}}}}")?;
        writeln!(out, "    \\toprule")?;
        let headings = shown.iter().map(|(_, column)| column.heading_with_unit());
        write_row(out, headings.map(|heading| escape(&heading)))?;
        let shares: Vec<_> = shown.iter().map(|(_, column)| column.share_heading()).collect();
        if shares.iter().any(Option::is_some) {
            let shares = shares.iter().map(|share| share.as_deref().unwrap_or(""));
            write_row(out, shares.map(escape))?;
        }
        writeln!(out, "    \\midrule")?;
        let (body, totals) = table.body_and_totals();
        for cells in body {
            write_row(out, figures(&shown, cells))?;
        }
        if !totals.is_empty() {
            writeln!(out, "    \\midrule")?;
        }
        for cells in totals {
            write_row(out, figures(&shown, cells))?;
        }
        writeln!(out, "    \\bottomrule")?;
        writeln!(out, "  \\end{{tabular}}")?;
        for note in &table.notes {
            writeln!(out, "  \\par\\footnotesize {}", escape(note))?;
        }
        writeln!(out, "\\end{{table}}")
    }
}

fn write_row(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    let cells: Vec<_> = cells.collect();
    writeln!(out, "    {} \\\\", cells.join(" & "))
}

fn letter(column: &Column) -> char {
    match column.align {
        Align::Left => 'l',
        Align::Right => 'r',
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

/// Label names take letters and digits; anything else would end them.
fn label(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in visible(text).chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => {
                out.push('\\');
                out.push(character);
            }
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '\\' => out.push_str("\\textbackslash{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            '"' => out.push_str("\\textquotedbl{}"),
            '–' => out.push_str("--"),
            // A row that begins with `[` would be read as the optional argument of the `\\` before it.
            '[' => out.push_str("{[}"),
            _ => out.push(character),
        }
    }
    out
}
