//! Queries of the user's own: what they may do, what they see, what they are told.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;
use tlscensus_analysis::Cell;
use tlscensus_analysis::Engine;
use tlscensus_analysis::Error;
use tlscensus_analysis::QueryResult;
use tlscensus_analysis::catalogue;
use tlscensus_dataset::Dataset;
use tlscensus_records::RELATIONS;
use tlscensus_records::RunState;

use crate::fixture::every_state;
use crate::fixture::write;
use crate::traffic::watch_every_state;

fn engine() -> (TempDir, Engine) {
    let directory = TempDir::new().expect("a directory");
    // Characters that a careless reader takes for wildcards.
    let path = directory.path().join("data [set] *?%20");
    write(&path, "run-1", 0, RunState::Complete, every_state());
    watch_every_state(&path);
    let engine = Engine::open(&path).expect("a dataset");
    (directory, engine)
}

fn texts(result: &QueryResult, column: usize) -> Vec<&str> {
    result.rows.iter().filter_map(|row| row[column].text()).collect()
}

#[test]
fn values_are_typed() {
    let (_directory, engine) = engine();
    let result = engine
        .query(
            "SELECT port, tcp_completed, mechanisms_after, attempts, started_at, name, \
             CAST(1.5 AS DOUBLE) AS half, CAST('az' AS BYTEA) AS bytes, sum(1) OVER () AS n \
             FROM probes WHERE protocol = 'ircs'",
        )
        .expect("rows");
    let row = &result.rows[0];
    assert_eq!(row[0], Cell::Integer(6697));
    assert_eq!(row[1], Cell::Boolean(true));
    assert_eq!(row[2], Cell::List(Vec::new()));
    let Cell::List(attempts) = &row[3] else { panic!("{:?}", row[3]) };
    let Cell::Record(fields) = &attempts[0] else { panic!("{attempts:?}") };
    assert_eq!(fields[2], ("started_us".to_owned(), Cell::Integer(0)));
    assert_eq!(row[4].text(), Some("2026-11-25T05:00:00Z"));
    assert_eq!(row[5], Cell::Null);
    assert_eq!(row[6], Cell::Float(1.5));
    assert_eq!(row[7].text(), Some("617a"));
    assert_eq!(row[8], Cell::Integer(1));
    let kinds: Vec<_> = result.columns.iter().map(|column| column.kind.as_str()).collect();
    assert_eq!(kinds[..5], ["uint16", "boolean", "list of text", "list of record", "timestamp"]);
}

#[test]
fn describe_says_what_each_column_means() {
    let (_directory, engine) = engine();
    for relation in RELATIONS {
        let result = engine.query(&format!("DESCRIBE {}", relation.name)).expect("columns");
        let names = texts(&result, 0);
        for column in relation.columns {
            assert!(names.contains(&column.name), "{}.{}", relation.name, column.name);
        }
        assert!(texts(&result, 4).iter().all(|meaning| !meaning.is_empty()), "{}", relation.name);
    }
    let probes = engine.query("describe probes").expect("columns");
    assert!(texts(&probes, 0).contains(&"attempts[].outcome"));
    let row = probes.rows.iter().find(|row| row[0].text() == Some("addr")).expect("a column");
    assert_eq!((&row[1], &row[2]), (&Cell::Text("text".to_owned()), &Cell::Boolean(true)));
}

#[test]
fn every_table_that_is_shown_can_be_described_and_read() {
    let (_directory, engine) = engine();
    let shown = engine.query("SHOW TABLES").expect("tables");
    let names = texts(&shown, 0);
    assert_eq!(names.len(), RELATIONS.len() + 34, "{names:?}");
    for name in names {
        let described = engine.query(&format!("DESCRIBE {name}")).expect("columns");
        let odd: Vec<_> = described.rows.iter().filter(|row| row[4].text() == Some("")).collect();
        assert!(odd.is_empty(), "{name} has columns without meaning: {odd:?}");
        engine.query(&format!("SELECT * FROM {name} LIMIT 1")).expect("rows");
    }
    assert!(texts(&shown, 2).iter().all(|meaning| !meaning.is_empty()));
}

#[test]
fn errors_say_whose_fault_it_is() {
    let (_directory, engine) = engine();
    for sql in [
        "SELEC 1",
        "SELECT nothing FROM probes",
        "SELECT * FROM nowhere",
        "SELECT 'a' + 1",
        "SELECT CAST('x' AS INT) FROM probes",
        "DESCRIBE nowhere",
    ] {
        let found = engine.query(sql);
        assert!(matches!(found, Err(Error::Query { .. })), "{sql}: {found:?}");
    }
    let found = engine.query("SELECT adr FROM probes").expect_err("no such column").to_string();
    assert!(found.contains("addr"), "it proposes a column: {found}");
    assert!(matches!(engine.query("DROP TABLE probes"), Err(Error::ReadOnly { .. })));
    assert!(matches!(engine.table("T99"), Err(Error::UnknownTable { id }) if id == "T99"));
    assert!(matches!(Engine::open("/nonexistent".as_ref()), Err(Error::Dataset(_))));
}

#[test]
fn a_dataset_without_runs_answers() {
    let directory = TempDir::new().expect("a directory");
    Dataset::create(directory.path().join("d")).expect("a dataset");
    let engine = Engine::open(&directory.path().join("d")).expect("a dataset");
    let result = engine.query("SELECT count(*) AS n FROM probes").expect("a row");
    assert_eq!(result.rows, [[Cell::Integer(0)]]);
    let none = engine.query("SELECT run_id, port FROM counted").expect("no rows");
    assert_eq!((none.columns.len(), none.rows.len()), (2, 0));
}

#[test]
fn rows_come_in_pieces_and_can_be_refused() {
    let (_directory, engine) = engine();
    let mut seen = 0;
    engine
        .query_each("SELECT a.target FROM probes a, probes b, probes c", &mut |_, rows| {
            seen += rows.len();
            if seen > 10_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .expect("rows");
    assert!(seen > 10_000 && seen < 125_000, "{seen}");
}

#[test]
fn it_works_inside_another_runtime_and_from_many_threads() {
    let (_directory, engine) = engine();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let result = engine.query("SELECT count(*) AS n FROM certificates").expect("a row");
        assert!(matches!(result.rows[0][0], Cell::Integer(n) if n > 5));
    });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| engine.table("T01").expect("T01"));
        }
    });
    runtime.block_on(async move { drop(engine) });
}

/// Rewrites every file of probes as an older version without some columns would have written it.
fn take_columns_away(path: &Path) {
    let gone = |name: &str| {
        ["looks_like", "tls_heartbeat", "capabilities_after_truncated"].contains(&name)
    };
    for file in Dataset::open(path).and_then(|dataset| dataset.files("probes")).expect("files") {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&file).expect("a file"));
        let batches: Vec<_> = reader
            .and_then(ParquetRecordBatchReaderBuilder::build)
            .expect("Parquet")
            .map(|batch| {
                let batch = batch.expect("rows");
                let schema = batch.schema();
                let kept = (0..batch.num_columns()).filter(|at| !gone(schema.field(*at).name()));
                batch.project(&kept.collect::<Vec<_>>()).expect("columns that are there")
            })
            .collect();
        let out = File::create(&file).expect("a file");
        let mut writer = ArrowWriter::try_new(out, batches[0].schema(), None).expect("a writer");
        for batch in batches {
            writer.write(&batch).expect("rows");
        }
        writer.close().expect("a footer");
    }
}

#[test]
fn files_of_an_older_version_read_with_nulls_where_they_have_no_column() {
    let (directory, engine) = engine();
    let tables = |engine: &Engine| {
        let results = catalogue().iter().map(|table| engine.table(&table.id).expect("a result"));
        results.collect::<Vec<_>>()
    };
    let expected = tables(&engine);
    let path = directory.path().join("data [set] *?%20");
    take_columns_away(&path);
    let engine = Engine::open(&path).expect("a dataset");
    assert_eq!(tables(&engine), expected);
    let missing = engine.query("SELECT DISTINCT looks_like FROM probes").expect("rows");
    assert_eq!(missing.rows, [[Cell::Null]]);
}
