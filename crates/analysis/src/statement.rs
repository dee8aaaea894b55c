//! One statement as typed, and whether it only reads.

use datafusion::sql::parser::DFParserBuilder;
use datafusion::sql::parser::Statement as EngineStatement;
use datafusion::sql::sqlparser::ast::ObjectName;
use datafusion::sql::sqlparser::ast::ShowStatementOptions;
use datafusion::sql::sqlparser::ast::Statement as SqlStatement;

use crate::Error;

/// What a statement asks for.
#[derive(Debug)]
pub(crate) enum Statement {
    /// What the columns of this table mean.
    Describe(String),
    /// Rows.
    Query(Box<EngineStatement>),
    /// Which tables there are.
    ShowTables,
}

impl Statement {
    /// Reads exactly one statement; refuses those that would change something.
    pub(crate) fn parse(sql: &str) -> Result<Self, Error> {
        let mut statements = DFParserBuilder::new(sql).build()?.parse_statements()?;
        let found = statements.len();
        let (1, Some(statement)) = (found, statements.pop_front()) else {
            return Err(Error::StatementCount { found });
        };
        let described = match &statement {
            EngineStatement::Explain(explain) => {
                return match only_reads(&explain.statement) {
                    true => Ok(Self::Query(Box::new(statement))),
                    false => Err(refused(&statement)),
                };
            }
            EngineStatement::Statement(inner) => match inner.as_ref() {
                SqlStatement::Query(_) | SqlStatement::Explain { .. } => None,
                SqlStatement::ShowTables { .. } => return Ok(Self::ShowTables),
                SqlStatement::ExplainTable { table_name, .. } => Some(name(table_name)),
                SqlStatement::ShowColumns { show_options, .. } => {
                    Some(shown(show_options).ok_or_else(|| refused(&statement))?)
                }
                _ => return Err(refused(&statement)),
            },
            _ => return Err(refused(&statement)),
        };
        Ok(described.map_or_else(|| Self::Query(Box::new(statement)), Self::Describe))
    }
}

fn only_reads(statement: &EngineStatement) -> bool {
    match statement {
        EngineStatement::Statement(inner) => matches!(**inner, SqlStatement::Query(_)),
        _ => false,
    }
}

fn name(name: &ObjectName) -> String {
    let last = name.0.last().and_then(|part| part.as_ident());
    last.map_or_else(|| name.to_string(), |ident| ident.value.to_lowercase())
}

/// The table of `SHOW COLUMNS FROM table`.
fn shown(options: &ShowStatementOptions) -> Option<String> {
    options.show_in.as_ref()?.parent_name.as_ref().map(name)
}

/// The statement's first words: what it is, without its text.
fn refused(statement: &EngineStatement) -> Error {
    let text = statement.to_string();
    let words: Vec<_> = text.split_whitespace().take(2).collect();
    Error::ReadOnly { statement: words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_is_let_through() {
        for sql in [
            "SELECT 1",
            "select * from probes;",
            "-- a comment\nWITH a AS (SELECT 1) SELECT * FROM a",
            "VALUES (1), (2)",
            "(SELECT 1) UNION ALL SELECT 2",
            "EXPLAIN SELECT 1",
            "EXPLAIN ANALYZE SELECT 1",
        ] {
            let parsed = Statement::parse(sql);
            assert!(matches!(parsed, Ok(Statement::Query(_))), "{sql}: {parsed:?}");
        }
        for sql in
            ["DESCRIBE probes", "desc Probes", "SHOW COLUMNS FROM probes", "describe \"probes\""]
        {
            let parsed = Statement::parse(sql);
            assert!(
                matches!(&parsed, Ok(Statement::Describe(name)) if name == "probes"),
                "{sql}: {parsed:?}"
            );
        }
        assert!(matches!(Statement::parse("show tables"), Ok(Statement::ShowTables)));
    }

    #[test]
    fn what_changes_is_refused() {
        for sql in [
            "CREATE TABLE a AS SELECT 1",
            "CREATE VIEW a AS SELECT 1",
            "CREATE EXTERNAL TABLE a STORED AS PARQUET LOCATION '/etc'",
            "INSERT INTO probes VALUES (1)",
            "UPDATE probes SET port = 1",
            "DELETE FROM probes",
            "DROP TABLE probes",
            "COPY probes TO '/tmp/x.parquet'",
            "COPY (SELECT 1) TO '/tmp/x.csv'",
            "SET datafusion.execution.batch_size = 1",
            "RESET datafusion.execution.batch_size",
            "EXPLAIN ANALYZE INSERT INTO probes VALUES (1)",
            "EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/x.csv'",
            "TRUNCATE TABLE probes",
            "PREPARE p AS SELECT 1",
            "BEGIN",
        ] {
            let parsed = Statement::parse(sql);
            assert!(matches!(parsed, Err(Error::ReadOnly { .. })), "{sql}: {parsed:?}");
        }
    }

    #[test]
    fn exactly_one_statement_is_run() {
        for (sql, expected) in [("", 0), (";", 0), ("SELECT 1; DROP TABLE probes", 2)] {
            let parsed = Statement::parse(sql);
            assert!(
                matches!(parsed, Err(Error::StatementCount { found }) if found == expected),
                "{sql}: {parsed:?}"
            );
        }
    }
}
