//! One log's file.

use std::fs;
use std::fs::File;
use std::io;
use std::io::BufWriter;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use tlscensus_records::Timestamp;

use super::Format;
use super::ascii;
use super::column::Column;
use super::json;
use crate::error::Error;

/// Lines on their way into a file.
pub(super) struct LogFile {
    path: PathBuf,
    format: Format,
    file: BufWriter<File>,
    /// The line at hand, kept for its room.
    line: String,
}

impl LogFile {
    /// A new file, which must not be there yet.
    pub(super) fn create(folder: &Path, name: &str, format: Format) -> Result<Self, Error> {
        let path = folder.join(name).with_extension("log");
        let file = match File::create_new(&path) {
            Ok(file) => BufWriter::new(file),
            Err(source) => return Err(Error::Log { path, source }),
        };
        Ok(Self { path, format, file, line: String::new() })
    }

    /// Takes the file away again.
    pub(super) fn withdraw(self) {
        // It holds nothing; that it cannot be removed is told whenever it is found there again.
        let _ = fs::remove_file(&self.path);
    }

    pub(super) fn header(
        &mut self,
        path: &str,
        columns: &[Column<'_>],
        opened: Timestamp,
    ) -> Result<(), Error> {
        match self.format {
            Format::Json => Ok(()),
            Format::Tsv => self.put(|out| ascii::header(path, columns, opened, out)),
        }
    }

    pub(super) fn line(&mut self, columns: &[Column<'_>]) -> Result<(), Error> {
        match self.format {
            Format::Json => self.put(|out| json::line(columns, out)),
            Format::Tsv => self.put(|out| ascii::line(columns, out)),
        }
    }

    pub(super) fn close(&mut self, closed: Timestamp) -> Result<(), Error> {
        if self.format == Format::Tsv {
            self.put(|out| ascii::close(closed, out))?;
        }
        self.flush()
    }

    pub(super) fn flush(&mut self) -> Result<(), Error> {
        let flushed = self.file.flush();
        flushed.map_err(|source| self.failed(source))
    }

    fn put(&mut self, write: impl FnOnce(&mut String)) -> Result<(), Error> {
        self.line.clear();
        write(&mut self.line);
        let written = self.file.write_all(self.line.as_bytes());
        written.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Log { path: self.path.clone(), source }
    }
}
