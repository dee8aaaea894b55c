//! The neutral description of a result table: what was asked, the columns, the typed cells. How it looks is left to
//! the renderers.

use std::io;
use std::io::Write;

use crate::Format;

/// A result table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The identifier in the catalogue (`T01`); empty for a query of the user's own.
    pub id: String,
    /// What the table is called.
    pub title: String,
    /// The question it answers, one sentence; may be empty.
    pub question: String,
    /// The columns, left to right.
    pub columns: Vec<Column>,
    /// The rows; each has one cell per column.
    pub rows: Vec<Vec<Cell>>,
    /// How many of the last rows are totals, to be set apart.
    pub total_rows: usize,
    /// What a reader has to know, one sentence each.
    pub notes: Vec<String>,
}

impl Table {
    /// A table without columns and rows.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), ..Self::default() }
    }

    /// Writes the table in `format`.
    pub fn render(&self, format: Format, out: &mut dyn Write) -> io::Result<()> {
        format.renderer().render(self, out)
    }

    /// The columns that people see, each with its place in a row.
    pub(crate) fn shown(&self) -> Vec<(usize, &Column)> {
        let all = self.columns.iter().enumerate();
        all.filter(|(_, column)| !column.machine_only).collect()
    }

    /// The rows before the totals, and the totals.
    pub(crate) fn body_and_totals(&self) -> (&[Vec<Cell>], &[Vec<Cell>]) {
        let totals_start = self.rows.len().saturating_sub(self.total_rows);
        self.rows.split_at(totals_start)
    }

    /// `T01 · Title`, or the title alone.
    pub(crate) fn headline(&self) -> String {
        match (self.id.as_str(), self.title.as_str()) {
            ("", title) => title.to_owned(),
            (id, "") => id.to_owned(),
            (id, title) => format!("{id} · {title}"),
        }
    }
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name machines read: lower case, underscores.
    pub name: String,
    /// The name people read.
    pub heading: String,
    /// Where the cells stand.
    pub align: Align,
    /// The unit of the numbers, where the heading does not say it (`ms`, `bytes`).
    pub unit: Option<String>,
    /// Whether only machines read it (CSV, JSON): a stable word beside a printed name, an exact time beside a date.
    pub machine_only: bool,
    /// Whether integers are counts, which people read in groups of three digits (a port is not).
    pub grouped: bool,
    /// What the counts in this column are shares of; machines read each as the column `NAME_of_SHARE`.
    pub shares: Vec<Share>,
}

impl Column {
    /// A column of words.
    pub fn text(name: impl Into<String>, heading: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            heading: heading.into(),
            align: Align::Left,
            unit: None,
            machine_only: false,
            grouped: false,
            shares: Vec::new(),
        }
    }

    /// A column of numbers that are not counts (ports, years, measured values).
    pub fn number(name: impl Into<String>, heading: impl Into<String>) -> Self {
        Self { align: Align::Right, ..Self::text(name, heading) }
    }

    /// A column of counts.
    pub fn count(name: impl Into<String>, heading: impl Into<String>) -> Self {
        Self { grouped: true, ..Self::number(name, heading) }
    }

    /// The same column, left out where people read.
    #[must_use]
    pub fn for_machines(mut self) -> Self {
        self.machine_only = true;
        self
    }

    /// The same column, its counts also shown as a share: "% of `heading`".
    #[must_use]
    pub fn of(mut self, name: impl Into<String>, heading: impl Into<String>) -> Self {
        self.shares.push(Share { name: name.into(), heading: heading.into() });
        self
    }

    /// The name under which machines find the denominator of `share`.
    pub(crate) fn denominator_name(&self, share: &Share) -> String {
        format!("{}_of_{}", self.name, share.name)
    }

    /// The heading with its unit.
    pub(crate) fn heading_with_unit(&self) -> String {
        match &self.unit {
            Some(unit) => format!("{} [{unit}]", self.heading),
            None => self.heading.clone(),
        }
    }

    /// `(% of a, % of b)`, or nothing.
    pub(crate) fn share_heading(&self) -> Option<String> {
        if self.shares.is_empty() {
            return None;
        }
        let shares: Vec<_> =
            self.shares.iter().map(|share| format!("% of {}", share.heading)).collect();
        Some(format!("({})", shares.join(", ")))
    }
}

/// What a column's counts are a share of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The word machines read.
    pub name: String,
    /// The word people read, behind "% of".
    pub heading: String,
}

/// Where the cells of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Yes or no.
    Boolean(bool),
    /// A measured value.
    Float(f64),
    /// A count, a port, a code point.
    Integer(i128),
    /// Several values, in order.
    List(Vec<Self>),
    /// No value; not zero, not empty.
    Null,
    /// Named values, in order.
    Record(Vec<(String, Self)>),
    /// A count beside its denominators, one per entry of the column's shares.
    Share {
        /// The numerator.
        count: u64,
        /// The denominators; `None` where there is none for this row.
        of: Vec<Option<u64>>,
    },
    /// Words; bytes of a peer come escaped, but renderers do not rely on it.
    Text(String),
}

impl Cell {
    /// A count beside its denominators.
    pub fn share(count: u64, of: impl IntoIterator<Item = Option<u64>>) -> Self {
        Self::Share { count, of: of.into_iter().collect() }
    }

    /// The denominator for the column's share at `index`.
    pub(crate) fn denominator(&self, index: usize) -> Option<u64> {
        match self {
            Self::Share { of, .. } => of.get(index).copied().flatten(),
            _ => None,
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Self::Integer(i128::from(count))
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}
