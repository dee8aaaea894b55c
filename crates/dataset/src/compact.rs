//! Compaction and recovery: journals become parts, exactly once, whenever the power goes.
//!
//! # Protocol
//!
//! A *segment* is a stretch of one run's rows. Its journal `journal/S.journal` holds groups of frames that can be believed or not
//! (see [`crate::frame`]). Compaction, under the dataset's lock:
//!
//! 1. write `R/S.parquet.tmp` for each relation `R`, fsync each, fsync the folders;
//! 2. **commit**: write `manifest/S.json.tmp`, fsync, rename to `manifest/S.json`, fsync the folder;
//! 3. publish: rename each draft to `R/S.parquet`, fsync the folder (certificates first, probes last);
//! 4. retire: remove the journal, fsync its folder.
//!
//! The rename of step 2 is the only moment of decision. Before it the journal counts, after it the parts do. A
//! `*.parquet` therefore exists only once its manifest entry does, and a plain glob can never count a row twice; at
//! worst, between 2 and 3, it does not see the last segment yet.
//!
//! | crash | left behind | recovery |
//! |---|---|---|
//! | while a journal is written | torn last group | reads up to the last good group: all that was acknowledged, perhaps more |
//! | during 1 | journal, drafts | removes drafts, compacts |
//! | during 2, before the rename | journal, drafts, draft entry | removes drafts, compacts |
//! | after 2, during 3 | journal, entry, drafts and parts | publishes the drafts that remain, retires |
//! | after 3, during 4 | journal, entry, parts | retires |
//! | during recovery | one of the above | the same again |
//!
//! A part that an entry names and that is there neither as draft nor as part was removed by somebody: that is damage, and
//! said so. What a purge replaces has drafts of another name, and a commit of its own (see [`crate::purge`]). The row of a run is a file of its own, replaced as a whole, so that the newest state is the only one.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;

use tlscensus_records::CAPABILITIES;
use tlscensus_records::CERTIFICATES;
use tlscensus_records::CERTIFICATES_DER;
use tlscensus_records::FLOWS;
use tlscensus_records::PROBES;
use tlscensus_records::RESPONDERS;
use tlscensus_records::RUNS;
use tlscensus_records::Relation;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;

use crate::disk::DRAFT_SUFFIX;
use crate::disk::Disk;
use crate::disk::draft_of;
use crate::disk::names_in;
use crate::error::Error;
use crate::frame;
use crate::frame::Frame;
use crate::manifest;
use crate::manifest::Entry;
use crate::part::PartWriter;
use crate::purge;
use crate::run_file;
use crate::segment;
use crate::segment::Segment;

/// What recovery found to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Runs that were killed.
    pub runs: Vec<String>,
    /// Rows that were in journals only and are in parts now, all relations together.
    pub rows: u64,
    /// Bytes at the ends of journals that were no whole group of frames.
    pub torn_bytes: u64,
}

/// Brings a dataset whose writer is gone into order. Doing it again changes nothing.
pub(crate) fn recover(disk: &Disk, dataset: &Path) -> Result<Recovery, Error> {
    let mut found = Recovery::default();
    purge::finish_all(disk, dataset)?;
    for entry in manifest::entries(dataset)? {
        publish_and_retire(disk, dataset, &entry)?;
    }
    remove_drafts(disk, dataset)?;
    for segment in segment::journaled(dataset)? {
        let compacted = compact(disk, dataset, &segment)?;
        found.rows += compacted.rows;
        found.torn_bytes += compacted.torn_bytes;
    }
    for mut run in run_file::read_all(dataset)? {
        if run.state == RunState::Running {
            run.state = RunState::Recovered;
            run_file::write(disk, dataset, &run)?;
            found.runs.push(run.run_id);
        }
    }
    Ok(found)
}

/// Whether there is nothing for [`recover`] to do. Looking takes no lock, so that readers do not stand in a writer's way.
pub(crate) fn in_order(dataset: &Path) -> Result<bool, Error> {
    for folder in FOLDERS {
        let folder = dataset.join(folder);
        let is_draft = |name: &String| name.ends_with(DRAFT_SUFFIX);
        if !folder.is_dir() || names_in(&folder)?.iter().any(is_draft) {
            return Ok(false);
        }
    }
    let running = |run: &RunRow| run.state == RunState::Running;
    let is_quiet = segment::journaled(dataset)?.is_empty() && purge::committed(dataset)?.is_empty();
    Ok(is_quiet && !run_file::read_all(dataset)?.iter().any(running))
}

/// What one compaction did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Compacted {
    pub(crate) rows: u64,
    pub(crate) torn_bytes: u64,
}

/// Turns a journal that nobody writes to any more into parts.
pub(crate) fn compact(disk: &Disk, dataset: &Path, segment: &Segment) -> Result<Compacted, Error> {
    let (parts, torn_bytes) = write_drafts(disk, dataset, segment)?;
    let journal = segment.journal(dataset);
    if parts.is_empty() {
        disk.remove(&journal)?;
        return Ok(Compacted { rows: 0, torn_bytes });
    }
    let entry = Entry {
        format: manifest::FORMAT,
        run_id: segment.run_id.clone(),
        segment: segment.name(),
        parts,
    };
    disk.replace(&Entry::path(dataset, &entry.segment), &entry.to_json())?;
    publish_and_retire(disk, dataset, &entry)?;
    Ok(Compacted { rows: entry.parts.iter().map(|part| part.rows).sum(), torn_bytes })
}

/// Step 1. Returns the parts in the order of publication, and how many bytes of the journal's end were no
/// group of frames.
fn write_drafts(
    disk: &Disk,
    dataset: &Path,
    segment: &Segment,
) -> Result<(Vec<manifest::Part>, u64), Error> {
    let journal = segment.journal(dataset);
    let fail = |source| Error::io(&journal, "read", source);
    let file = File::open(&journal).map_err(fail)?;
    let length = file.metadata().map_err(fail)?.len();
    let mut reader = BufReader::new(file);
    let mut writers: Vec<PartWriter<'_>> = Vec::new();
    let mut believed = 0;
    while let Some(group) = frame::decode_group(&mut reader).map_err(fail)? {
        believed += group.length;
        for frame in group.frames {
            let path = dataset.join(frame.relation.name).join(segment.part_file());
            writer_for(&frame, path, disk, &mut writers)?.write(frame.batch)?;
        }
    }
    writers.sort_by_key(|writer| publication_rank(writer.relation()));
    let parts = writers.into_iter().map(PartWriter::finish).collect::<Result<Vec<_>, _>>()?;
    for part in &parts {
        disk.sync_directory(&dataset.join(&part.relation))?;
    }
    Ok((parts, length.saturating_sub(believed)))
}

fn writer_for<'w, 'd>(
    frame: &Frame,
    path: PathBuf,
    disk: &'d Disk,
    writers: &'w mut Vec<PartWriter<'d>>,
) -> Result<&'w mut PartWriter<'d>, Error> {
    let of_relation = |writer: &PartWriter<'_>| writer.relation().name == frame.relation.name;
    let at = writers.iter().position(of_relation).unwrap_or(writers.len());
    if at == writers.len() {
        writers.push(PartWriter::begin(disk, path, frame)?);
    }
    Ok(writers.get_mut(at).expect("it was found or pushed"))
}

/// Steps 3 and 4.
fn publish_and_retire(disk: &Disk, dataset: &Path, entry: &Entry) -> Result<(), Error> {
    for part in &entry.parts {
        let path = part.path(dataset);
        let draft = draft_of(&path);
        if draft.exists() {
            disk.publish(&draft, &path)?;
        } else if !path.exists() {
            let what =
                format!("the manifest of segment {} names it, and it is gone", entry.segment);
            return Err(Error::damaged(&path, what));
        }
    }
    let Some(segment) = Segment::from_name(&entry.segment) else {
        let path = Entry::path(dataset, &entry.segment);
        return Err(Error::damaged(&path, "its segment has no number"));
    };
    let journal = segment.journal(dataset);
    if journal.exists() {
        disk.remove(&journal)?;
        disk.sync_directory(&dataset.join(segment::JOURNALS))?;
    }
    Ok(())
}

fn remove_drafts(disk: &Disk, dataset: &Path) -> Result<(), Error> {
    for folder in FOLDERS {
        let folder = dataset.join(folder);
        for name in names_in(&folder)? {
            if name.ends_with(DRAFT_SUFFIX) {
                disk.remove(&folder.join(name))?;
            }
        }
    }
    Ok(())
}

/// What others refer to becomes visible before what refers to it.
fn publication_rank(relation: &Relation) -> usize {
    [&CERTIFICATES_DER, &CERTIFICATES, &CAPABILITIES, &RESPONDERS, &PROBES, &FLOWS]
        .iter()
        .position(|known| known.name == relation.name)
        .unwrap_or(0)
}

/// Every folder of a dataset.
pub(crate) const FOLDERS: [&str; 9] = [
    manifest::FOLDER,
    segment::JOURNALS,
    PROBES.name,
    FLOWS.name,
    CAPABILITIES.name,
    RESPONDERS.name,
    CERTIFICATES.name,
    CERTIFICATES_DER.name,
    RUNS.name,
];
