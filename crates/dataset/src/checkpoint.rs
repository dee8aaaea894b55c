//! How far a run has come that goes through its targets in order: a text of its own making, replaced as a whole.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::disk::Disk;
use crate::error::Error;
use crate::segment::JOURNALS;

/// Replaces the checkpoint; what it vouches for has to be durable already.
pub(crate) fn write(disk: &Disk, dataset: &Path, run_id: &str, text: &str) -> Result<(), Error> {
    disk.replace(&path(dataset, run_id), text.as_bytes())
}

/// The last checkpoint, if there is one.
pub(crate) fn read(dataset: &Path, run_id: &str) -> Result<Option<String>, Error> {
    let path = path(dataset, run_id);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::io(&path, "read", source)),
    }
}

/// Removes it: the run is complete.
pub(crate) fn remove(disk: &Disk, dataset: &Path, run_id: &str) -> Result<(), Error> {
    disk.remove(&path(dataset, run_id))
}

fn path(dataset: &Path, run_id: &str) -> PathBuf {
    dataset.join(JOURNALS).join(format!("{run_id}.checkpoint"))
}
