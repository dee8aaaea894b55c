//! Segments: a stretch of one run's rows, first a journal, then parts.

use std::path::Path;
use std::path::PathBuf;

use crate::disk::names_in;
use crate::error::Error;
use crate::manifest;

/// Names a stretch of one run's rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Segment {
    pub(crate) run_id: String,
    pub(crate) number: u32,
}

impl Segment {
    /// The name that its journal, manifest entry and parts share.
    pub(crate) fn name(&self) -> String {
        format!("{}-{:06}", self.run_id, self.number)
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let (run_id, number) = name.rsplit_once('-')?;
        Some(Self { run_id: run_id.to_owned(), number: number.parse().ok()? })
    }

    /// Where its journal is.
    pub(crate) fn journal(&self, dataset: &Path) -> PathBuf {
        dataset.join(JOURNALS).join(format!("{}{EXTENSION}", self.name()))
    }

    /// Where its part of a relation is.
    pub(crate) fn part_file(&self) -> String {
        format!("{}.parquet", self.name())
    }

    pub(crate) fn next(&self) -> Self {
        Self { run_id: self.run_id.clone(), number: self.number + 1 }
    }
}

/// Segments that have a journal, in order.
pub(crate) fn journaled(dataset: &Path) -> Result<Vec<Segment>, Error> {
    let mut segments: Vec<_> = names_in(&dataset.join(JOURNALS))?
        .iter()
        .filter_map(|name| Segment::from_name(name.strip_suffix(EXTENSION)?))
        .collect();
    segments.sort_unstable();
    Ok(segments)
}

/// The first segment of a run that nothing is named for yet.
pub(crate) fn unused(dataset: &Path, run_id: &str) -> Result<Segment, Error> {
    let committed = manifest::entries(dataset)?;
    let committed = committed.iter().filter_map(|entry| Segment::from_name(&entry.segment));
    let last = committed
        .chain(journaled(dataset)?)
        .filter(|segment| segment.run_id == run_id)
        .map(|segment| segment.number)
        .max();
    Ok(Segment { run_id: run_id.to_owned(), number: last.unwrap_or(0) + 1 })
}

/// Folder of the journals.
pub(crate) const JOURNALS: &str = "journal";
const EXTENSION: &str = ".journal";
