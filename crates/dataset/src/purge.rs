//! Purge: the rows of those who asked to be forgotten go, out of every part that has them, all of them or none.
//!
//! # Protocol
//!
//! Under the dataset's lock, on a dataset in order (no journal, no draft):
//!
//! 1. for each file `F` that is to change – parts that hold such rows, their manifest entries, the row of the purge's own run –
//!    write what it will be to `F.purged.tmp`, fsync each, fsync the folders;
//! 2. **commit**: write `journal/RUN.purge`, which names these files, as one step;
//! 3. publish: rename each draft over its file, fsync its folder (probes first, certificates after what names them);
//! 4. retire: remove `journal/RUN.purge`.
//!
//! Before step 2 the drafts are worthless, and recovery removes them; after it recovery does steps 3 and 4 again. A file is
//! the old or the new one at any moment, so a plain glob sees no row twice and no chain without its certificates.

use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::net::IpAddr;
use std::path::Path;
use std::path::PathBuf;

use arrow::array::Array;
use arrow::array::AsArray;
use arrow::array::BooleanArray;
use arrow::array::RecordBatch;
use arrow::compute::filter_record_batch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Deserialize;
use serde::Serialize;
use tlscensus_records::ADDRESSES;
use tlscensus_records::CAPABILITIES;
use tlscensus_records::CERTIFICATE_NAMES;
use tlscensus_records::CERTIFICATES;
use tlscensus_records::CERTIFICATES_DER;
use tlscensus_records::Counter;
use tlscensus_records::FLOWS;
use tlscensus_records::PROBES;
use tlscensus_records::RESPONDERS;
use tlscensus_records::Relation;
use tlscensus_records::RunKind;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;
use tlscensus_records::SCHEMA_VERSION;
use tlscensus_records::Sha256;

use crate::disk::DRAFT_SUFFIX;
use crate::disk::Disk;
use crate::disk::names_in;
use crate::error::Error;
use crate::manifest;
use crate::manifest::Entry;
use crate::manifest::Part;
use crate::part;
use crate::part::PartWriter;
use crate::run_file;
use crate::run_writer::now;
use crate::schema::VERSION_KEY;
use crate::segment::JOURNALS;
use crate::sets::Names;
use crate::sets::for_each_batch;

/// What a purge removed, or would remove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Rows by relation; those that had none to lose are there with 0.
    pub rows: BTreeMap<&'static str, u64>,
}

impl Purged {
    /// All relations together.
    pub fn total(&self) -> u64 {
        self.rows.values().sum()
    }
}

/// Says of an address whether its rows go.
type Blocked<'a> = dyn Fn(IpAddr) -> bool + 'a;

/// What a purge would remove.
pub(crate) fn would(dataset: &Path, blocked: &Blocked<'_>) -> Result<Purged, Error> {
    Ok(Doom::find(dataset, &manifest::entries(dataset)?, blocked)?.purged)
}

/// Purges a dataset that is in order and locked.
pub(crate) fn purge(
    disk: &Disk,
    dataset: &Path,
    mut run: RunRow,
    blocked: &Blocked<'_>,
) -> Result<Purged, Error> {
    let entries = manifest::entries(dataset)?;
    let doom = Doom::find(dataset, &entries, blocked)?;
    let mut files = rewrite_parts(disk, dataset, entries, &doom)?;
    let purged = doom.purged;
    run.kind = RunKind::Purge;
    run.state = RunState::Complete;
    run.ended_at = Some(now().max(run.started_at));
    run.counters = purged
        .rows
        .iter()
        .map(|(relation, count)| Counter { name: format!("purged-{relation}"), count: *count })
        .collect();
    let path = run_file::path(dataset, &run.run_id);
    disk.write_draft(&draft_of(&path), &run_file::encoded(&path, &run)?)?;
    files.push(path);
    commit(disk, dataset, &run.run_id, &files)?;
    finish(disk, dataset, &journal(dataset, &run.run_id))?;
    Ok(purged)
}

/// Step 1 for parts and manifest entries; the files in the order of publication.
fn rewrite_parts(
    disk: &Disk,
    dataset: &Path,
    mut entries: Vec<Entry>,
    doom: &Doom<'_>,
) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for relation in IN_ORDER {
        let parts = entries.iter_mut().flat_map(|entry| &mut entry.parts);
        for part in parts.filter(|part| part.relation == relation.name) {
            let path = part.path(dataset);
            if doom.parts.contains_key(&path) {
                *part = rewrite(disk, &path, relation, doom)?;
                files.push(path);
            }
        }
    }
    let is_changed = |part: &Part| doom.parts.contains_key(&part.path(dataset));
    let changed: Vec<_> =
        entries.iter().filter(|entry| entry.parts.iter().any(is_changed)).collect();
    for entry in changed {
        let path = Entry::path(dataset, &entry.segment);
        disk.write_draft(&draft_of(&path), &entry.to_json())?;
        files.push(path);
    }
    Ok(files)
}

/// Writes the draft of a part without the rows that go.
fn rewrite(
    disk: &Disk,
    path: &Path,
    relation: &'static Relation,
    doom: &Doom<'_>,
) -> Result<Part, Error> {
    let file = File::open(path).map_err(|source| Error::io(path, "open", source))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| part::failure(path, error))?;
    let schema = builder.schema().clone();
    let version = schema.metadata().get(VERSION_KEY).and_then(|version| version.parse().ok());
    let version = version.unwrap_or(SCHEMA_VERSION);
    let draft = draft_of(path);
    let mut writer =
        PartWriter::begin_at(disk, path.to_owned(), draft, relation, (&schema, version))?;
    for batch in builder.build().map_err(|error| part::failure(path, error))? {
        let batch = batch.map_err(|error| Error::damaged(path, error))?;
        let keep: BooleanArray =
            doom.rows(relation, &batch).into_iter().map(|goes| Some(!goes)).collect();
        let kept =
            filter_record_batch(&batch, &keep).map_err(|error| Error::damaged(path, error))?;
        writer.write(kept)?;
    }
    writer.finish()
}

/// Step 2: what it names is durable.
fn commit(disk: &Disk, dataset: &Path, run_id: &str, files: &[PathBuf]) -> Result<(), Error> {
    let mut folders: Vec<_> = files.iter().filter_map(|file| file.parent()).collect();
    folders.dedup();
    folders.into_iter().try_for_each(|folder| disk.sync_directory(folder))?;
    let relative = files.iter().map(|file| file.strip_prefix(dataset).unwrap_or(file).to_owned());
    let purge = Journal { format: FORMAT, files: relative.collect() };
    let text = serde_json::to_vec_pretty(&purge)
        .map_err(|error| Error::damaged(&journal(dataset, run_id), error))?;
    disk.replace(&journal(dataset, run_id), &text)
}

/// Steps 3 and 4.
fn finish(disk: &Disk, dataset: &Path, journal: &Path) -> Result<(), Error> {
    let text = fs::read_to_string(journal).map_err(|source| Error::io(journal, "read", source))?;
    let purge: Journal =
        serde_json::from_str(&text).map_err(|error| Error::damaged(journal, error))?;
    if purge.format > FORMAT {
        return Err(Error::TooNew {
            path: journal.to_owned(),
            found: purge.format,
            supported: FORMAT,
        });
    }
    for file in &purge.files {
        let path = dataset.join(file);
        let draft = draft_of(&path);
        if draft.exists() {
            disk.publish(&draft, &path)?;
        } else if !path.exists() {
            return Err(Error::damaged(&path, "a purge has replaced it, and it is gone"));
        }
    }
    disk.remove(journal)?;
    disk.sync_directory(&dataset.join(JOURNALS))
}

/// Finishes every purge that was committed.
pub(crate) fn finish_all(disk: &Disk, dataset: &Path) -> Result<(), Error> {
    committed(dataset)?.iter().try_for_each(|journal| finish(disk, dataset, journal))
}

/// Purges that were committed and are not finished.
pub(crate) fn committed(dataset: &Path) -> Result<Vec<PathBuf>, Error> {
    let folder = dataset.join(JOURNALS);
    let names = names_in(&folder)?;
    let committed = names.iter().filter(|name| name.ends_with(EXTENSION));
    Ok(committed.map(|name| folder.join(name)).collect())
}

/// What a committed purge replaces.
#[derive(Serialize, Deserialize)]
struct Journal {
    /// Version of this file's format.
    format: u64,
    /// Files, as paths inside the dataset, in the order in which they are published.
    files: Vec<PathBuf>,
}

/// What goes.
struct Doom<'a> {
    blocked: &'a Blocked<'a>,
    /// Certificates that only rows that go have named.
    certificates: Names,
    /// Rows that go, by part that has any.
    parts: BTreeMap<PathBuf, u64>,
    purged: Purged,
}

impl<'a> Doom<'a> {
    fn find(dataset: &Path, entries: &[Entry], blocked: &'a Blocked<'a>) -> Result<Self, Error> {
        let mut doom = Self {
            blocked,
            certificates: Names::default(),
            parts: BTreeMap::new(),
            purged: Purged::default(),
        };
        let mut named = Names::default();
        let with_addresses = [&RESPONDERS, &PROBES, &FLOWS, &CAPABILITIES];
        for relation in with_addresses {
            let going = doom.count(dataset, entries, relation, |batch, row, goes| {
                if goes {
                    named.extend(certificates_of(batch, row));
                }
            })?;
            doom.add(relation, going);
        }
        // Few go and many stay: what stays is not kept in memory, but gone through once more.
        let again = with_addresses.into_iter().filter(|_| !named.is_empty()).collect::<Vec<_>>();
        for relation in again {
            doom.count(dataset, entries, relation, |batch, row, goes| {
                if !goes {
                    for name in certificates_of(batch, row) {
                        named.remove(&name);
                    }
                }
            })?;
        }
        doom.certificates = named;
        for relation in [&CERTIFICATES, &CERTIFICATES_DER] {
            let going = doom.count(dataset, entries, relation, |_, _, _| {})?;
            doom.add(relation, going);
        }
        Ok(doom)
    }

    /// Counts the rows of a relation that go, by part; `each` is told of every row whether it does.
    fn count(
        &self,
        dataset: &Path,
        entries: &[Entry],
        relation: &'static Relation,
        mut each: impl FnMut(&RecordBatch, usize, bool),
    ) -> Result<BTreeMap<PathBuf, u64>, Error> {
        let names = ADDRESSES.iter().chain(&CERTIFICATE_NAMES).copied();
        let columns: Vec<_> = names.filter(|name| relation.column(name).is_some()).collect();
        let parts = entries.iter().flat_map(|entry| &entry.parts);
        let parts = parts.filter(|part| part.relation == relation.name);
        let mut going = BTreeMap::new();
        // While a writer works a part can be committed and not yet published.
        for path in parts.map(|part| part.path(dataset)).filter(|path| path.exists()) {
            let mut rows: u64 = 0;
            for_each_batch(&path, &columns, |batch| {
                for (row, goes) in self.rows(relation, batch).into_iter().enumerate() {
                    rows += u64::from(goes);
                    each(batch, row, goes);
                }
                Some(())
            })?;
            going.insert(path, rows);
        }
        Ok(going)
    }

    fn add(&mut self, relation: &Relation, going: BTreeMap<PathBuf, u64>) {
        self.purged.rows.insert(relation.name, going.values().sum());
        self.parts.extend(going.into_iter().filter(|(_, rows)| *rows > 0));
    }

    /// Of each row of a batch, whether it goes.
    fn rows(&self, relation: &Relation, batch: &RecordBatch) -> Vec<bool> {
        let is_certificate = [CERTIFICATES.name, CERTIFICATES_DER.name].contains(&relation.name);
        if is_certificate {
            return (0..batch.num_rows())
                .map(|row| {
                    certificates_of(batch, row).any(|name| self.certificates.contains(&name))
                })
                .collect();
        }
        let is_blocked = |text: &str| text.parse().is_ok_and(|addr| (self.blocked)(addr));
        let mut rows = vec![false; batch.num_rows()];
        for name in ADDRESSES {
            let Some(texts) = batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>())
            else {
                continue;
            };
            for (goes, text) in rows.iter_mut().zip(texts) {
                *goes |= text.is_some_and(is_blocked);
            }
        }
        rows
    }
}

/// The certificates that a row names.
fn certificates_of(batch: &RecordBatch, row: usize) -> impl Iterator<Item = u128> {
    let mut names = Vec::new();
    for column in CERTIFICATE_NAMES.iter().filter_map(|name| batch.column_by_name(name)) {
        if column.is_null(row) {
            continue;
        }
        if let Some(texts) = column.as_string_opt::<i32>() {
            names.extend(Sha256::from_hex(texts.value(row)));
        } else if let Some(lists) = column.as_list_opt::<i32>()
            && let Some(texts) = lists.value(row).as_string_opt::<i32>()
        {
            names.extend(texts.iter().flatten().filter_map(Sha256::from_hex));
        }
    }
    names.into_iter().map(|name| name.prefix())
}

/// The file that a purge would put in the place of this one.
fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".purged");
    name.push(DRAFT_SUFFIX);
    PathBuf::from(name)
}

fn journal(dataset: &Path, run_id: &str) -> PathBuf {
    dataset.join(JOURNALS).join(format!("{run_id}{EXTENSION}"))
}

/// What refers to others goes before what it refers to.
const IN_ORDER: [&Relation; 6] =
    [&PROBES, &FLOWS, &CAPABILITIES, &RESPONDERS, &CERTIFICATES, &CERTIFICATES_DER];
/// Version of the journal's format.
const FORMAT: u64 = 1;
const EXTENSION: &str = ".purge";
