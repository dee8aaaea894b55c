//! The static list of result tables: one `.sql` file and one line here for each.

use std::sync::LazyLock;

use crate::head::Head;

/// The files, in the order of the catalogue.
static FILES: [&str; 36] = [
    include_str!("../sql/t01_dataset_active.sql"),
    include_str!("../sql/t01b_noise.sql"),
    include_str!("../sql/t01c_dense_networks.sql"),
    include_str!("../sql/t02_dataset_passive.sql"),
    include_str!("../sql/t03_starttls.sql"),
    include_str!("../sql/t03b_starttls_passive.sql"),
    include_str!("../sql/t03c_starttls_both.sql"),
    include_str!("../sql/t04_versions.sql"),
    include_str!("../sql/t04b_version_codes.sql"),
    include_str!("../sql/t04c_versions_supported.sql"),
    include_str!("../sql/t04d_versions_both.sql"),
    include_str!("../sql/t04e_versions_offered.sql"),
    include_str!("../sql/t05_suites.sql"),
    include_str!("../sql/t05b_suite_properties.sql"),
    include_str!("../sql/t05c_suites_supported.sql"),
    include_str!("../sql/t05d_preference.sql"),
    include_str!("../sql/t05e_suites_passive.sql"),
    include_str!("../sql/t05f_suite_properties_both.sql"),
    include_str!("../sql/t05g_suites_offered.sql"),
    include_str!("../sql/t06_finite_fields.sql"),
    include_str!("../sql/t06b_finite_field_sizes.sql"),
    include_str!("../sql/t06c_finite_fields_passive.sql"),
    include_str!("../sql/t06d_finite_field_sizes_both.sql"),
    include_str!("../sql/t07_groups.sql"),
    include_str!("../sql/t07b_groups_supported.sql"),
    include_str!("../sql/t07c_values_shared.sql"),
    include_str!("../sql/t07d_groups_both.sql"),
    include_str!("../sql/t07e_groups_offered.sql"),
    include_str!("../sql/t07f_values_passive.sql"),
    include_str!("../sql/t08_authentication.sql"),
    include_str!("../sql/t08b_combinations.sql"),
    include_str!("../sql/t08c_authentication_flags.sql"),
    include_str!("../sql/t08d_authentication_both.sql"),
    include_str!("../sql/t08e_combinations_passive.sql"),
    include_str!("../sql/t08f_passwords_passive.sql"),
    include_str!("../sql/t08g_authentication_flags_passive.sql"),
];

/// Every result table.
pub fn catalogue() -> &'static [Table] {
    static TABLES: LazyLock<Vec<Table>> =
        LazyLock::new(|| FILES.into_iter().map(Table::read).collect());
    &TABLES
}

/// A named result table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its identifier: `T01`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The question it answers.
    pub question: String,
    /// Its columns; denominators belong to the count before them.
    pub columns: Vec<TableColumn>,
    /// How many of the last rows are totals.
    pub total_rows: usize,
    /// The columns that people see in the short form, by name; none: all of them.
    pub short: Vec<String>,
    /// What is to be said of the short form: the notes speak of columns that it does not have. Empty: nothing.
    pub short_note: String,
    /// What a reader has to know.
    pub notes: Vec<String>,
    /// The query, with its head.
    pub sql: &'static str,
}

/// A column of a result table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableColumn {
    /// The name in the query.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// The name people read.
    pub heading: String,
    /// What it means.
    pub doc: String,
    /// What its counts are shares of: the query has a column `NAME_of_SHARE` for each.
    pub shares: Vec<Share>,
}

/// What a column of a result table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// How many.
    Count,
    /// A number that counts nothing.
    Number,
    /// Words for people.
    Text,
    /// A stable word or an exact time that only machines need.
    Word,
}

/// A denominator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The word behind `_of_`.
    pub name: String,
    /// The words behind "% of".
    pub heading: String,
    /// What it counts.
    pub doc: String,
}

impl Table {
    /// The table whose identifier this is, in upper or lower case.
    pub(crate) fn find(id: &str) -> Option<&'static Self> {
        catalogue().iter().find(|table| table.id.eq_ignore_ascii_case(id))
    }

    /// The names of the query's columns, denominators included, in order.
    pub(crate) fn result_columns(&self) -> Vec<String> {
        let names = self.columns.iter().flat_map(|column| {
            let shares = column.shares.iter();
            let denominators = shares.map(|share| format!("{}_of_{}", column.name, share.name));
            std::iter::once(column.name.clone()).chain(denominators)
        });
        names.collect()
    }

    fn read(sql: &'static str) -> Self {
        let head = Head::read(sql);
        let (id, title) = head.title.split_once(" · ").unwrap_or_default();
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            question: head.question,
            columns: columns(&head.columns),
            total_rows: head.totals,
            short: head.short,
            short_note: head.short_note,
            notes: head.notes,
            sql,
        }
    }
}

/// Columns with their denominators; lines that cannot be read are left out, which the tests below notice.
fn columns(lines: &[Vec<String>]) -> Vec<TableColumn> {
    let mut columns: Vec<TableColumn> = Vec::new();
    for line in lines {
        let [name, kind, heading, doc] = line.as_slice() else {
            continue;
        };
        let kind = match kind.as_str() {
            "count" => ColumnKind::Count,
            "number" => ColumnKind::Number,
            "text" => ColumnKind::Text,
            "word" => ColumnKind::Word,
            _ => {
                if let Some(column) = columns.last_mut()
                    && let Some((_, share)) = name.split_once("_of_")
                {
                    column.shares.push(Share {
                        name: share.to_owned(),
                        heading: heading.clone(),
                        doc: doc.clone(),
                    });
                }
                continue;
            }
        };
        columns.push(TableColumn {
            name: name.clone(),
            kind,
            heading: heading.clone(),
            doc: doc.clone(),
            shares: Vec::new(),
        });
    }
    columns
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_head_is_read_whole() {
        for (table, sql) in catalogue().iter().zip(FILES) {
            let id = &table.id;
            let names: Vec<_> =
                Head::read(sql).columns.iter().map(|line| line[0].clone()).collect();
            assert_eq!(table.result_columns(), names, "{id}: a line of its columns is odd");
            assert!(table.question.ends_with('?'), "{id}: {}", table.question);
            assert!(!table.title.is_empty() && !table.notes.is_empty(), "{id}");
            for name in &table.short {
                assert!(names.contains(name), "{id}: {name} is no column of its own");
            }
            for column in &table.columns {
                let counted = column.kind == ColumnKind::Count || column.shares.is_empty();
                assert!(counted, "{id}.{} has shares but no counts", column.name);
                assert!(column.doc.len() > 5 && !column.heading.is_empty(), "{id}.{}", column.name);
            }
        }
    }

    #[test]
    fn identifiers_are_distinct_and_found_in_either_case() {
        let ids: BTreeSet<_> = catalogue().iter().map(|table| table.id.to_lowercase()).collect();
        assert_eq!(ids.len(), FILES.len());
        for id in ids {
            assert!(Table::find(&id).is_some());
        }
    }
}
