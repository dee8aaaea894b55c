//! The file of those who are left alone, read at the start of a run and again whenever it changes.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use tlscensus_records::ListUsed;
use tlscensus_records::Sha256;
use tlscensus_targets::Blocklist;

use crate::plan::unusable;

/// The purpose of a list of networks that are left alone, in the row of a run.
pub(crate) const BLOCKLIST: &str = "blocklist";

/// A file of networks that are left alone, beside those that are left alone anyway.
#[derive(Clone, Debug)]
pub(crate) struct BlocklistFile {
    path: PathBuf,
    anyway: Blocklist,
}

impl BlocklistFile {
    pub(crate) fn new(path: &Path, anyway: Blocklist) -> Self {
        Self { path: path.to_owned(), anyway }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What it says now.
    ///
    /// # Errors
    /// When it cannot be read, or a line of it is no prefix: file, line and what is wrong.
    pub(crate) fn read(&self) -> anyhow::Result<(Blocklist, ListUsed)> {
        let path = self.path.display();
        let bytes = fs::read(&self.path).map_err(|error| {
            unusable(format!("the blocklist {path}: {error}; name the file with --blocklist"))
        })?;
        let mut blocklist = self.anyway.clone();
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            blocklist.line(number, line).map_err(|error| unusable(format!("{path}: {error}")))?;
        }
        let used = ListUsed {
            purpose: BLOCKLIST.to_owned(),
            source: path.to_string(),
            sha256: Some(Sha256::of(&bytes)),
            entries: u64::try_from(blocklist.listed()).ok(),
        };
        Ok((blocklist, used))
    }
}
