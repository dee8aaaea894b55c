//! Columns laid out in characters: their texts, their widths, and which of them stand side by side.

use unicode_width::UnicodeWidthStr;

use crate::Align;
use crate::Cell;
use crate::Column;
use crate::Table;
use crate::figure::Figure;
use crate::figure::visible;

/// The columns that people see.
pub(crate) fn laid(table: &Table) -> Vec<Laid> {
    let shown = table.shown().into_iter();
    shown
        .map(|(index, column)| Laid::new(column, table.rows.iter().map(|row| row.get(index))))
        .collect()
}

/// The columns of each panel: one panel if all fit into `limit` characters.
pub(crate) fn panels<'a>(
    columns: &'a [Laid],
    numbers: &'a Laid,
    limit: usize,
) -> Vec<Vec<&'a Laid>> {
    let words = columns.iter().take_while(|column| column.align == Align::Left);
    let leading = words.count();
    let (keys, rest) = columns.split_at(leading);
    // Keys that eat the line are not worth repeating: numbers then say which rows belong together.
    let (keys, rest) = if width_of(columns.iter()) > limit && width_of(keys.iter()) > limit / 2 {
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

/// One column, its texts ready.
pub(crate) struct Laid {
    pub(crate) align: Align,
    pub(crate) width: usize,
    /// The heading in lines, what its shares are of among them.
    pub(crate) head: Vec<String>,
    /// A text per row.
    pub(crate) body: Vec<String>,
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
    pub(crate) fn numbers(rows: usize) -> Self {
        let body: Vec<_> = (1..=rows).map(|row| row.to_string()).collect();
        let width = body.last().map_or(1, String::len);
        Self { align: Align::Right, width, head: vec!["#".to_owned()], body }
    }

    pub(crate) fn padded(&self, text: &str) -> String {
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

pub(crate) fn width_of<'a>(columns: impl Iterator<Item = &'a Laid>) -> usize {
    columns.map(|column| column.width + GAP.len()).sum::<usize>().saturating_sub(GAP.len())
}

/// `text` in lines of at most `width`, broken at spaces; a longer word has a line of its own.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
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
pub(crate) const GAP: &str = "  ";
/// Headings are not wrapped narrower than this, lest every word gets a line.
const HEAD_MINIMUM: usize = 9;
