//! The journal of the segment that is being written.

use std::fs::File;
use std::io::Seek;
use std::io::SeekFrom;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use crate::disk::Disk;
use crate::error::Error;
use crate::segment::JOURNALS;
use crate::segment::Segment;

/// Appends frames and makes them durable.
pub(crate) struct Journal {
    disk: Disk,
    path: PathBuf,
    file: File,
    length: u64,
    /// After a failed fsync nobody knows what is on the disk, and a second fsync would not tell.
    poisoned: bool,
}

impl Journal {
    /// Begins a segment's journal; its name is durable.
    pub(crate) fn begin(disk: &Disk, dataset: &Path, segment: &Segment) -> Result<Self, Error> {
        let path = segment.journal(dataset);
        let file = disk.create(&path)?;
        disk.sync_directory(&dataset.join(JOURNALS))?;
        Ok(Self { disk: disk.clone(), path, file, length: 0, poisoned: false })
    }

    /// Length of what was appended.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// Appends whole frames, or nothing.
    pub(crate) fn append(&mut self, frames: &[u8]) -> Result<(), Error> {
        self.refuse_if_poisoned()?;
        let file = &mut self.file;
        let written = self.disk.act("write", &self.path, || file.write_all(frames));
        if let Err(error) = written {
            let end = SeekFrom::Start(self.length);
            let cut = file.set_len(self.length).and_then(|()| file.seek(end));
            self.poisoned = cut.is_err();
            return Err(error);
        }
        self.length += u64::try_from(frames.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Makes everything appended durable.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        self.refuse_if_poisoned()?;
        let file = &self.file;
        let synced = self.disk.act("sync", &self.path, || file.sync_data());
        self.poisoned = synced.is_err();
        synced
    }

    fn refuse_if_poisoned(&self) -> Result<(), Error> {
        if self.poisoned {
            return Err(Error::Poisoned { path: self.path.clone() });
        }
        Ok(())
    }
}
