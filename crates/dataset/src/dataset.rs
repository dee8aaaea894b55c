//! A dataset as its users hold it: opened, begun, resumed, listed.

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use serde::Deserialize;
use serde::Serialize;
use tlscensus_records::RESPONDERS;
use tlscensus_records::RUNS;
use tlscensus_records::ResponderRow;
use tlscensus_records::RunRow;
use tlscensus_records::relation;

use crate::checkpoint;
use crate::compact;
use crate::compact::Recovery;
use crate::disk::DRAFT_SUFFIX;
use crate::disk::Disk;
use crate::disk::names_in;
use crate::error::Error;
use crate::lock;
use crate::lock::Lock;
use crate::manifest;
use crate::purge;
use crate::purge::Purged;
use crate::run_file;
use crate::run_writer::Limits;
use crate::run_writer::RunWriter;
use crate::schema::schema;
use crate::sets::Covered;

/// A directory of Parquet files with a writer's protocol around it.
#[derive(Clone)]
pub struct Dataset {
    path: PathBuf,
    disk: Disk,
    limits: Limits,
    recovery: Arc<Recovery>,
}

impl std::fmt::Debug for Dataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dataset").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Dataset {
    /// Opens what is there, to be read or written.
    ///
    /// If a writer was killed, its rows are brought into order first; if one is at work, what it has committed so far is
    /// what is seen.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_with(path.as_ref(), Disk::default(), Limits::default())
    }

    /// Makes a dataset in a new or an empty directory, or opens the one that is there.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::create_with(path.as_ref(), Disk::default(), Limits::default())
    }

    /// Begins a run. Its identifier must be new.
    pub fn begin(&self, run: RunRow) -> Result<RunWriter, Error> {
        run_file::check_id(&run.run_id)?;
        let lock = self.lock(&run.run_id)?;
        if run_file::path(&self.path, &run.run_id).exists() {
            return Err(Error::RunExists { run_id: run.run_id });
        }
        RunWriter::begin(&self.path, &self.disk, lock, run, self.limits)
    }

    /// Goes on with a run that was interrupted or killed, and tells which endpoints need no second visit.
    pub fn resume(&self, run_id: &str) -> Result<(RunWriter, Covered), Error> {
        run_file::check_id(run_id)?;
        let lock = self.lock(run_id)?;
        let mut runs = self.runs()?;
        let Some(at) = runs.iter().position(|run| run.run_id == run_id) else {
            return Err(Error::RunUnknown {
                run_id: run_id.to_owned(),
                known: runs.into_iter().map(|run| run.run_id).collect(),
            });
        };
        let run = runs.swap_remove(at);
        let covered = Covered::load(&self.path, run_id)?;
        let writer = RunWriter::begin(&self.path, &self.disk, lock, run, self.limits)?;
        Ok((writer, covered))
    }

    /// Removes every row of the addresses that are `blocked`, and the certificates that nobody else has shown, and leaves `run`,
    /// complete, with what was removed among its counters (`purged-RELATION`). All of it happens, or nothing.
    pub fn purge(&self, run: RunRow, blocked: impl Fn(IpAddr) -> bool) -> Result<Purged, Error> {
        run_file::check_id(&run.run_id)?;
        let _lock = self.lock(&run.run_id)?;
        if run_file::path(&self.path, &run.run_id).exists() {
            return Err(Error::RunExists { run_id: run.run_id });
        }
        purge::purge(&self.disk, &self.path, run, &blocked)
    }

    /// What [`purge`](Self::purge) would remove.
    pub fn purge_would(&self, blocked: impl Fn(IpAddr) -> bool) -> Result<Purged, Error> {
        purge::would(&self.path, &blocked)
    }

    /// How far a run had come by its last checkpoint; none: it has made none, or is complete.
    pub fn checkpoint(&self, run_id: &str) -> Result<Option<String>, Error> {
        run_file::check_id(run_id)?;
        checkpoint::read(&self.path, run_id)
    }

    /// Gives each responder of a run to `each`, in no order that means anything.
    pub fn responders(
        &self,
        run_id: &str,
        mut each: impl FnMut(ResponderRow),
    ) -> Result<(), Error> {
        for path in self.files(RESPONDERS.name)? {
            run_file::for_each_row(&path, |row: ResponderRow| {
                if row.run_id == run_id {
                    each(row);
                }
            })?;
        }
        Ok(())
    }

    /// The newest state of every run, by identifier.
    pub fn runs(&self) -> Result<Vec<RunRow>, Error> {
        run_file::read_all(&self.path)
    }

    /// The files that hold a relation's rows, all that are committed and no others.
    pub fn files(&self, name: &str) -> Result<Vec<PathBuf>, Error> {
        if relation(name).is_none() {
            return Err(Error::UnknownRelation { name: name.to_owned() });
        }
        if name == RUNS.name {
            return run_file::paths(&self.path);
        }
        let entries = manifest::entries(&self.path)?;
        let parts = entries.iter().flat_map(|entry| &entry.parts);
        // While a writer works a part can be committed and not yet published: it counts a moment later.
        Ok(parts
            .filter(|part| part.relation == name)
            .map(|part| part.path(&self.path))
            .filter(|path| path.exists())
            .collect())
    }

    /// The schema of a relation as this version writes it.
    pub fn schema(&self, name: &str) -> Result<SchemaRef, Error> {
        match relation(name) {
            Some(relation) => Ok(schema(relation)),
            None => Err(Error::UnknownRelation { name: name.to_owned() }),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What opening it found to do.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    pub(crate) fn open_with(path: &Path, disk: Disk, limits: Limits) -> Result<Self, Error> {
        match found_at(path)? {
            Found::Dataset => {}
            Found::Nothing | Found::EmptyDirectory => {
                return Err(Error::Missing { path: path.to_owned() });
            }
        }
        let recovery = bring_into_order(&disk, path)?;
        Ok(Self { path: path.to_owned(), disk, limits, recovery: Arc::new(recovery) })
    }

    pub(crate) fn create_with(path: &Path, disk: Disk, limits: Limits) -> Result<Self, Error> {
        if let Found::Nothing | Found::EmptyDirectory = found_at(path)? {
            disk.make_directory(path)?;
            let marker = Marker {
                format: MARK.to_owned(),
                version: FORMAT_VERSION,
                written_by: concat!("tlscensus ", env!("CARGO_PKG_VERSION")).to_owned(),
            };
            let text = serde_json::to_vec_pretty(&marker).expect("text and numbers are JSON");
            disk.replace(&path.join(MARKER), &text)?;
        }
        Self::open_with(path, disk, limits)
    }

    /// The writer's lock, on a dataset in order.
    fn lock(&self, run_id: &str) -> Result<Lock, Error> {
        let lock = Lock::take(&self.path, &format!("run {run_id}"))?;
        compact::recover(&self.disk, &self.path)?;
        Ok(lock)
    }
}

/// Says of a directory that it is a dataset.
#[derive(Serialize, Deserialize)]
struct Marker {
    format: String,
    version: u64,
    written_by: String,
}

enum Found {
    Nothing,
    EmptyDirectory,
    Dataset,
}

fn found_at(path: &Path) -> Result<Found, Error> {
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            return Err(Error::NotADirectory { path: path.to_owned() });
        }
        Err(source) => return Err(Error::io(path, "look at", source)),
        Ok(metadata) if !metadata.is_dir() => {
            return Err(Error::NotADirectory { path: path.to_owned() });
        }
        Ok(_) => {}
    }
    let marker = path.join(MARKER);
    match fs::read_to_string(&marker) {
        Ok(text) => check_marker(&marker, &text).map(|()| Found::Dataset),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // A marker's draft alone is a dataset that was killed at its birth.
            let ours = [format!("{MARKER}{DRAFT_SUFFIX}"), lock::NAME.to_owned()];
            match names_in(path)?.into_iter().find(|name| !ours.contains(name)) {
                None => Ok(Found::EmptyDirectory),
                Some(found) => Err(Error::Foreign { path: path.to_owned(), found }),
            }
        }
        Err(source) => Err(Error::io(&marker, "read", source)),
    }
}

fn check_marker(path: &Path, text: &str) -> Result<(), Error> {
    let marker: Marker = serde_json::from_str(text).map_err(|error| Error::damaged(path, error))?;
    if marker.format != MARK {
        return Err(Error::damaged(path, "it is not the mark of a dataset"));
    }
    if marker.version > FORMAT_VERSION {
        return Err(Error::TooNew {
            path: path.to_owned(),
            found: marker.version,
            supported: FORMAT_VERSION,
        });
    }
    Ok(())
}

fn bring_into_order(disk: &Disk, path: &Path) -> Result<Recovery, Error> {
    if compact::in_order(path)? {
        return Ok(Recovery::default());
    }
    match Lock::take(path, "recovery") {
        Ok(_lock) => {
            make_folders(disk, path)?;
            compact::recover(disk, path)
        }
        // Somebody writes, or we may only read: what is committed can be read all the same.
        Err(Error::Locked { .. } | Error::NotWritable { .. }) => Ok(Recovery::default()),
        Err(error) => Err(error),
    }
}

fn make_folders(disk: &Disk, path: &Path) -> Result<(), Error> {
    compact::FOLDERS.iter().try_for_each(|folder| disk.make_directory(&path.join(folder)))
}

const MARKER: &str = "tlscensus.json";
const MARK: &str = "tlscensus dataset";
/// Version of the layout; schema versions are counted apart, in each file.
const FORMAT_VERSION: u64 = 1;
