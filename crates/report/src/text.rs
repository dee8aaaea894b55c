//! Aligned columns for people: `n (p %)`, thousands in groups, a rule under the head and above the totals. A table
//! wider than the terminal is cut into panels that repeat the first columns.

use std::io;
use std::io::Write;

use unicode_width::UnicodeWidthStr;

use crate::Align;
use crate::Cell;
use crate::Column;
use crate::Render;
use crate::Table;
use crate::figure::Figure;
use crate::figure::visible;

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
        let columns: Vec<_> = table
            .shown()
            .into_iter()
            .map(|(index, column)| Laid::new(column, table.rows.iter().map(|row| row.get(index))))
            .collect();
        let numbers = Laid::numbers(table.rows.len());
        for (number, panel) in self.panels(&columns, &numbers).iter().enumerate() {
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
    /// The columns of each panel: one panel if all fit or the width is unknown.
    fn panels<'a>(&self, columns: &'a [Laid], numbers: &'a Laid) -> Vec<Vec<&'a Laid>> {
        let limit = self.width.unwrap_or(usize::MAX);
        let words = columns.iter().take_while(|column| column.align == Align::Left);
        let leading = words.count();
        let (keys, rest) = columns.split_at(leading);
        // Keys that eat the line are not worth repeating: numbers then say which rows belong together.
        let (keys, rest) = if width_of(columns.iter()) > limit && width_of(keys.iter()) > limit / 2
        {
            (std::slice::from_ref(numbers), columns)
        } else {
            (keys, rest)
        };
        let mut panels: Vec<Vec<&Laid>> = vec![keys.iter().collect()];
        for column in rest {
            let panel = panels.last_mut().expect("one panel from the start");
            let fits = width_of(panel.iter().copied().chain([column])) <= limit;
            if fits || panel.len() <= keys.len() {
                panel.push(column);
            } else {
                panels.push(keys.iter().chain([column]).collect());
            }
        }
        panels
    }

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

/// One column, its texts ready.
struct Laid {
    align: Align,
    width: usize,
    head: Vec<String>,
    body: Vec<String>,
}

impl Laid {
    fn new<'a>(column: &Column, cells: impl Iterator<Item = Option<&'a Cell>>) -> Self {
        let figures: Vec<_> =
            cells.map(|cell| Figure::new(cell.unwrap_or(&Cell::Null), column, ",")).collect();
        let body = aligned(&figures);
        let heading = visible(&column.heading_with_unit());
        let shares = visible(&column.share_heading().unwrap_or_default());
        let body_width = body.iter().map(|text| text.width()).max().unwrap_or(0);
        let word_width = heading.split(' ').map(|word| word.width()).max().unwrap_or(0);
        let head_width = body_width.max(word_width).max(HEAD_MINIMUM);
        let mut head = wrapped(&heading, head_width);
        head.extend(wrapped(&shares, head_width));
        let width = head.iter().map(|text| text.width()).max().unwrap_or(0).max(body_width);
        Self { align: column.align, width, head, body }
    }

    /// Stands for the keys where they are too wide.
    fn numbers(rows: usize) -> Self {
        let body: Vec<_> = (1..=rows).map(|row| row.to_string()).collect();
        let width = body.last().map_or(1, String::len);
        Self { align: Align::Right, width, head: vec!["#".to_owned()], body }
    }

    fn padded(&self, text: &str) -> String {
        let space = " ".repeat(self.width.saturating_sub(text.width()));
        match self.align {
            Align::Left => format!("{text}{space}"),
            Align::Right => format!("{space}{text}"),
        }
    }
}

/// The figures of one column as text, the percentages one under the other.
fn aligned(figures: &[Figure]) -> Vec<String> {
    let mut widths: Vec<usize> = Vec::new();
    for figure in figures {
        for (index, percentage) in figure.percentages.iter().enumerate() {
            let width = percentage.width();
            match widths.get_mut(index) {
                Some(widest) => *widest = width.max(*widest),
                None => widths.push(width),
            }
        }
    }
    figures.iter().map(|figure| joined(figure, &widths)).collect()
}

fn joined(figure: &Figure, widths: &[usize]) -> String {
    let mut out = figure.value.clone();
    for (index, (percentage, width)) in figure.percentages.iter().zip(widths).enumerate() {
        out.push_str(if index == 0 { " " } else { ", " });
        out.push_str(&" ".repeat(width.saturating_sub(percentage.width())));
        out.push_str(if index == 0 { "(" } else { "" });
        out.push_str(percentage);
    }
    if !figure.percentages.is_empty() {
        out.push(')');
    }
    out
}

fn width_of<'a>(columns: impl Iterator<Item = &'a Laid>) -> usize {
    columns.map(|column| column.width + GAP.len()).sum::<usize>().saturating_sub(GAP.len())
}

fn write_line(out: &mut dyn Write, cells: impl Iterator<Item = String>) -> io::Result<()> {
    let cells: Vec<_> = cells.collect();
    writeln!(out, "{}", cells.join(GAP).trim_end())
}

/// `text` in lines of at most `width`, broken at spaces; a longer word has a line of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// What stands between two columns.
const GAP: &str = "  ";
/// Headings are not wrapped narrower than this, lest every word gets a line.
const HEAD_MINIMUM: usize = 9;
/// Prose is wrapped here where the terminal's width is unknown.
const PROSE_WIDTH: usize = 110;
