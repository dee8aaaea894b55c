//! The row of a run: one small file each, replaced as a whole.

use std::fs::File;
use std::path::Path;
use std::path::PathBuf;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tlscensus_records::RUNS;
use tlscensus_records::Row;
use tlscensus_records::RunRow;
use tlscensus_records::SCHEMA_VERSION;

use crate::columns::RowBuffer;
use crate::disk::Disk;
use crate::disk::names_in;
use crate::error::Error;
use crate::error::MAX_RUN_ID;
use crate::part;
use crate::rows::rows;

/// Writes the newest state of a run.
pub(crate) fn write(disk: &Disk, dataset: &Path, run: &RunRow) -> Result<(), Error> {
    let path = path(dataset, &run.run_id);
    disk.replace(&path, &encoded(&path, run)?)
}

/// The content of a run's file.
pub(crate) fn encoded(path: &Path, run: &RunRow) -> Result<Vec<u8>, Error> {
    let mut buffer = RowBuffer::new(&RUNS);
    buffer.push(run);
    part::in_memory(&RUNS, SCHEMA_VERSION, &buffer.take())
        .map_err(|error| part::failure(path, error))
}

/// The newest state of every run, by identifier.
pub(crate) fn read_all(dataset: &Path) -> Result<Vec<RunRow>, Error> {
    let mut runs = Vec::new();
    for path in paths(dataset)? {
        runs.extend(read_rows::<RunRow>(&path)?);
    }
    Ok(runs)
}

/// The files of all runs.
pub(crate) fn paths(dataset: &Path) -> Result<Vec<PathBuf>, Error> {
    let folder = dataset.join(RUNS.name);
    let names = names_in(&folder)?;
    let finished = names.iter().filter(|name| name.ends_with(EXTENSION));
    Ok(finished.map(|name| folder.join(name)).collect())
}

/// All rows of a small Parquet file.
pub(crate) fn read_rows<R: Row>(path: &Path) -> Result<Vec<R>, Error> {
    let mut found = Vec::new();
    for_each_row(path, |row| found.push(row))?;
    Ok(found)
}

/// Gives each row of a Parquet file to `each`.
pub(crate) fn for_each_row<R: Row>(path: &Path, mut each: impl FnMut(R)) -> Result<(), Error> {
    let file = File::open(path).map_err(|source| Error::io(path, "open", source))?;
    let damaged = |error| part::failure(path, error);
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .map_err(damaged)?;
    for batch in reader {
        let batch = batch.map_err(|error| Error::damaged(path, error))?;
        let these = rows(&batch)
            .map_err(|column| Error::damaged(path, format!("column {column} does not fit")))?;
        these.into_iter().for_each(&mut each);
    }
    Ok(())
}

/// Refuses identifiers that are no file names.
pub(crate) fn check_id(run_id: &str) -> Result<(), Error> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let good = (1..=MAX_RUN_ID).contains(&run_id.len())
        && !run_id.starts_with('.')
        && run_id.bytes().all(allowed);
    if good {
        return Ok(());
    }
    Err(Error::RunId { run_id: run_id.to_owned() })
}

pub(crate) fn path(dataset: &Path, run_id: &str) -> PathBuf {
    dataset.join(RUNS.name).join(format!("{run_id}{EXTENSION}"))
}

const EXTENSION: &str = ".parquet";
