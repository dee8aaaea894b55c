//! LaTeX `table`s with the rules of the `booktabs` package; UTF-8, for LaTeX of 2018 and later. What is wider than a page
//! stands across it (`pdflscape`) and is cut into tables that repeat the first columns; what is longer than a page goes on
//! on the next (`longtable`). The first line, a comment, names the packages.

use std::io;
use std::io::Write;

use crate::Align;
use crate::Render;
use crate::Table;
use crate::figure::visible;
use crate::layout::Laid;
use crate::layout::laid;
use crate::layout::panels;
use crate::layout::width_of;

/// Renders LaTeX.
#[derive(Clone, Copy, Debug)]
pub struct Latex;

impl Render for Latex {
    fn render(&self, table: &Table, out: &mut dyn Write) -> io::Result<()> {
        let columns = laid(table);
        let numbers = Laid::numbers(table.rows.len());
        let page = Page::of(&columns, table.rows.len());
        let panels = panels(&columns, &numbers, page.characters());
        writeln!(out, "% \\usepackage{{{}}}", page.packages())?;
        if page.across {
            writeln!(out, "\\begin{{landscape}}")?;
        }
        for (number, panel) in panels.iter().enumerate() {
            let part = Part { table, panel, number, of: panels.len() };
            if page.long { part.write_long(out)? } else { part.write_float(out)? }
        }
        if page.across {
            writeln!(out, "\\end{{landscape}}")?;
        }
        Ok(())
    }
}

/// How a table stands on its page.
#[derive(Clone, Copy)]
struct Page {
    /// Turned by a quarter.
    across: bool,
    /// On several pages.
    long: bool,
}

impl Page {
    fn of(columns: &[Laid], rows: usize) -> Self {
        let across = width_of(columns.iter()) > UPRIGHT_CHARACTERS;
        Self { across, long: rows > if across { ACROSS_ROWS } else { UPRIGHT_ROWS } }
    }

    fn characters(self) -> usize {
        if self.across { ACROSS_CHARACTERS } else { UPRIGHT_CHARACTERS }
    }

    fn packages(self) -> String {
        let more = [(self.long, "longtable"), (self.across, "pdflscape")];
        let more = more.into_iter().filter(|(used, _)| *used).map(|(_, package)| package);
        std::iter::once("booktabs").chain(more).collect::<Vec<_>>().join(",")
    }
}

/// Columns of a table that stand side by side.
struct Part<'a> {
    table: &'a Table,
    panel: &'a [&'a Laid],
    number: usize,
    of: usize,
}

impl Part<'_> {
    fn write_float(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\\begin{{table}}")?;
        writeln!(out, "  \\centering\\footnotesize")?;
        if !self.table.title.is_empty() {
            writeln!(out, "  {}", self.caption())?;
        }
        if !self.table.id.is_empty() {
            writeln!(out, "  {}", self.label())?;
        }
        writeln!(out, "  \\begin{{tabular}}{}", self.alignment())?;
        self.write_head(out)?;
        self.write_rows(out)?;
        writeln!(out, "    \\bottomrule")?;
        writeln!(out, "  \\end{{tabular}}")?;
        self.write_notes("  \\par", out)?;
        writeln!(out, "\\end{{table}}")
    }

    fn write_long(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\\begingroup\\footnotesize")?;
        writeln!(out, "  \\begin{{longtable}}{}", self.alignment())?;
        if !self.table.title.is_empty() {
            writeln!(out, "    {}{} \\\\", self.caption(), self.label())?;
        }
        self.write_head(out)?;
        writeln!(out, "    \\endfirsthead")?;
        self.write_head(out)?;
        writeln!(out, "    \\endhead")?;
        writeln!(out, "    \\bottomrule")?;
        writeln!(out, "    \\endfoot")?;
        self.write_rows(out)?;
        writeln!(out, "  \\end{{longtable}}")?;
        self.write_notes("  \\par\\noindent", out)?;
        writeln!(out, "\\endgroup")
    }

    fn caption(&self) -> String {
        let part = match self.of {
            1 => String::new(),
            of => format!(" ({} of {of})", self.number + 1),
        };
        format!("\\caption{{{}{part}}}", escape(&self.table.title))
    }

    /// Label names take letters and digits; anything else would end them.
    fn label(&self) -> String {
        let id = self.table.id.chars().filter(char::is_ascii_alphanumeric);
        let part = if self.number == 0 { String::new() } else { format!("-{}", self.number + 1) };
        format!("\\label{{tab:{}{part}}}", id.collect::<String>().to_lowercase())
    }

    fn alignment(&self) -> String {
        let letters = self.panel.iter().map(|column| match column.align {
            Align::Left => 'l',
            Align::Right => 'r',
        });
        format!("{{@{{}}{}@{{}}}}", letters.collect::<String>())
    }

    /// Headings stand on the rule: short ones begin lower.
    fn write_head(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "    \\toprule")?;
        let lines = self.panel.iter().map(|column| column.head.len()).max().unwrap_or(0);
        for line in 0..lines {
            let words = self.panel.iter().map(|column| {
                let place = line.checked_sub(lines - column.head.len());
                place.and_then(|place| column.head.get(place)).map_or("", String::as_str)
            });
            write_row(out, words)?;
        }
        writeln!(out, "    \\midrule")
    }

    fn write_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.table.rows.len();
        let totals = rows.saturating_sub(self.table.total_rows);
        for row in 0..rows {
            if row == totals && row > 0 {
                writeln!(out, "    \\midrule")?;
            }
            let texts = self.panel.iter().map(|column| column.body.get(row));
            write_row(out, texts.map(|text| text.map_or("", String::as_str)))?;
        }
        Ok(())
    }

    /// Behind the last part: they are about all of them.
    fn write_notes(&self, paragraph: &str, out: &mut dyn Write) -> io::Result<()> {
        for note in self.table.notes.iter().filter(|_| self.number + 1 == self.of) {
            writeln!(out, "{paragraph} {}", escape(note))?;
        }
        Ok(())
    }
}

fn write_row<'a>(out: &mut dyn Write, texts: impl Iterator<Item = &'a str>) -> io::Result<()> {
    let cells: Vec<_> = texts.map(escape).collect();
    writeln!(out, "    {} \\\\", cells.join(" & "))
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

/// Characters of a line in `\footnotesize`, gaps of two characters between columns, in the text of an `article` of 10 pt.
const UPRIGHT_CHARACTERS: usize = 80;
/// The same along the longer side of the page.
const ACROSS_CHARACTERS: usize = 130;
/// Rows that a page has room for, with heading and notes.
const UPRIGHT_ROWS: usize = 45;
/// The same on a page that is turned.
const ACROSS_ROWS: usize = 25;
