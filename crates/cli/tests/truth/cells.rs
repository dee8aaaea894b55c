//! Tables as maps of cells, shares beside their counts, so that what is found and what is expected can be held together.

use std::collections::BTreeMap;

use tlscensus_analysis::Engine;
use tlscensus_lab::TruthRow;
use tlscensus_records::SERVICES;

use crate::support::show;

/// The cells of one line by the name of their column; a denominator stands under `COLUMN_of_SHARE`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line(BTreeMap<String, String>);

impl Line {
    /// A line of this block: a service, or `all`.
    pub(super) fn of_block(block: &str) -> Self {
        let service = SERVICES.iter().find(|service| service.word == block);
        let title = service.map(|service| match service.mode.word() {
            "starttls" => format!("{} †", service.title),
            _ => service.title.to_owned(),
        });
        Self::default()
            .with("protocol", block)
            .with("service", title.unwrap_or_else(|| "all services".to_owned()))
    }

    pub(super) fn with(mut self, column: &str, value: impl ToString) -> Self {
        self.0.insert(column.to_owned(), value.to_string());
        self
    }

    /// A count beside what it is a share of.
    pub(super) fn share(self, column: &str, count: u64, of: (&str, u64)) -> Self {
        let (name, total) = of;
        self.with(column, count).with(&format!("{column}_of_{name}"), total)
    }
}

/// Lines by their key.
pub(super) type Lines = BTreeMap<String, Line>;

/// The whole of a table, its lines under the values of these columns.
pub(super) fn lines(engine: &Engine, id: &str, keys: &[&str]) -> Lines {
    let result = engine.table(id).unwrap();
    let mut lines = Lines::new();
    for row in &result.rows {
        let mut line = Line::default();
        for (column, entry) in result.table.columns.iter().zip(row) {
            line = line.with(&column.name, show(&entry.value));
            for (share, of) in column.shares.iter().zip(&entry.of) {
                let name = format!("{}_of_{}", column.name, share.name);
                line = line.with(&name, of.map(|of| of.to_string()).unwrap_or_default());
            }
        }
        let key: Vec<_> = keys.iter().map(|key| line.0[*key].as_str()).collect();
        let repeated = lines.insert(key.join("/"), line);
        assert_eq!(repeated, None, "{id} has two lines {key:?}", key = keys);
    }
    lines
}

/// What is not in both, cell by cell.
pub(super) fn held_together(table: &str, found: &Lines, expected: &Lines) -> Vec<String> {
    let mut differences = Vec::new();
    for key in found.keys().filter(|key| !expected.contains_key(*key)) {
        differences.push(format!("{table} {key}: a line too many: {:?}", found[key].0));
    }
    for (key, expected) in expected {
        let Some(found) = found.get(key) else {
            differences.push(format!("{table} {key}: no such line; expected {:?}", expected.0));
            continue;
        };
        let columns = found.0.keys().chain(expected.0.keys());
        let columns: std::collections::BTreeSet<_> = columns.collect();
        for column in columns {
            let (have, want) = (found.0.get(column), expected.0.get(column));
            if have != want {
                differences
                    .push(format!("{table} {key}/{column}: expected {want:?}, found {have:?}"));
            }
        }
    }
    differences
}

/// What `table` counts for each service, and for all of them as one under `all`.
pub(super) fn blocks<T>(
    truth: &[TruthRow],
    table: impl Fn(&[TruthRow]) -> BTreeMap<String, T>,
) -> BTreeMap<String, T> {
    let mut together = truth.to_vec();
    together.iter_mut().for_each(|row| row.service = "all".to_owned());
    let mut blocks = table(truth);
    blocks.extend(table(&together));
    blocks
}
