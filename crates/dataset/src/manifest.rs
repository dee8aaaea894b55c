//! Manifest entries: one per segment, naming the parts that hold its rows and the journal they replace.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::disk::names_in;
use crate::error::Error;

/// A committed segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Version of this file's format.
    pub(crate) format: u64,
    /// The run whose rows these are.
    pub(crate) run_id: String,
    /// The segment; its journal is named for it and is worthless from now on.
    pub(crate) segment: String,
    /// The parts, in the order in which they are published.
    pub(crate) parts: Vec<Part>,
}

/// One Parquet file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// The relation, also the folder.
    pub(crate) relation: String,
    /// The file's name in that folder.
    pub(crate) file: String,
    /// Rows in it.
    pub(crate) rows: u64,
    /// Its length.
    pub(crate) bytes: u64,
}

impl Part {
    /// Where the file is in this dataset.
    pub(crate) fn path(&self, dataset: &Path) -> PathBuf {
        dataset.join(&self.relation).join(&self.file)
    }
}

impl Entry {
    /// Where the entry of a segment is.
    pub(crate) fn path(dataset: &Path, segment: &str) -> PathBuf {
        dataset.join(FOLDER).join(format!("{segment}{EXTENSION}"))
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("text and numbers are JSON")
    }
}

/// All entries of a dataset, by segment.
pub(crate) fn entries(dataset: &Path) -> Result<Vec<Entry>, Error> {
    let folder = dataset.join(FOLDER);
    names_in(&folder)?
        .iter()
        .filter(|name| name.ends_with(EXTENSION))
        .map(|name| read(&folder.join(name)))
        .collect()
}

fn read(path: &Path) -> Result<Entry, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::io(path, "read", source))?;
    let entry: Entry = serde_json::from_str(&text).map_err(|error| Error::damaged(path, error))?;
    if entry.format > FORMAT {
        return Err(Error::TooNew {
            path: path.to_owned(),
            found: entry.format,
            supported: FORMAT,
        });
    }
    Ok(entry)
}

/// Folder of the entries.
pub(crate) const FOLDER: &str = "manifest";
/// Version of an entry's format.
pub(crate) const FORMAT: u64 = 1;
const EXTENSION: &str = ".json";
