//! One log's file.

use std::fs;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use tlscensus_records::Timestamp;

use super::Format;
use super::Put;
use super::ascii;
use super::json;
use crate::error::Error;

/// Lines on their way into a file or a pipe, where they arrive whole: several logs may go into one.
pub(super) struct LogFile {
    path: PathBuf,
    format: Format,
    /// Objects say which log they are of.
    name: Option<&'static str>,
    out: Box<dyn Write + Send>,
    /// Lines that are not written yet.
    lines: String,
}

impl LogFile {
    /// A new file, which must not be there yet.
    pub(super) fn create(folder: &Path, name: &str, format: Format) -> Result<Self, Error> {
        let path = folder.join(name).with_extension("log");
        match File::create_new(&path) {
            Ok(file) => Ok(Self::new(path, format, None, Box::new(file))),
            Err(source) => Err(Error::Log { path, source }),
        }
    }

    /// Objects into what others write to as well; errors call it by this name.
    pub(super) fn shared(path: &Path, name: &'static str, out: Box<dyn Write + Send>) -> Self {
        Self::new(path.to_owned(), Format::Json, Some(name), out)
    }

    fn new(
        path: PathBuf,
        format: Format,
        name: Option<&'static str>,
        out: Box<dyn Write + Send>,
    ) -> Self {
        Self { path, format, name, out, lines: String::new() }
    }

    /// Takes the file away again.
    pub(super) fn withdraw(self) {
        // It holds nothing; that it cannot be removed is told whenever it is found there again.
        let _ = fs::remove_file(&self.path);
    }

    /// Writes what stands before the first line, for the columns that `give` gives.
    pub(super) fn header(
        &mut self,
        path: &str,
        opened: Timestamp,
        give: impl FnOnce(&mut Put<'_>),
    ) -> Result<(), Error> {
        match self.format {
            Format::Json => Ok(()),
            Format::Tsv => self.put(|out| ascii::header(path, give, opened, out)),
        }
    }

    /// Writes a line of the columns that `give` gives.
    pub(super) fn line(&mut self, give: impl FnOnce(&mut Put<'_>)) -> Result<(), Error> {
        match self.format {
            Format::Json => {
                let name = self.name;
                self.put(|out| json::line(name, give, out))
            }
            Format::Tsv => self.put(|out| ascii::line(give, out)),
        }
    }

    pub(super) fn close(&mut self, closed: Timestamp) -> Result<(), Error> {
        if self.format == Format::Tsv {
            self.put(|out| ascii::close(closed, out))?;
        }
        self.flush()
    }

    pub(super) fn flush(&mut self) -> Result<(), Error> {
        let written = self.out.write_all(self.lines.as_bytes()).and_then(|()| self.out.flush());
        self.lines.clear();
        written.map_err(|source| Error::Log { path: self.path.clone(), source })
    }

    fn put(&mut self, write: impl FnOnce(&mut String)) -> Result<(), Error> {
        write(&mut self.lines);
        if self.lines.len() >= WRITTEN_TOGETHER { self.flush() } else { Ok(()) }
    }
}

/// Bytes of lines that are written at once.
const WRITTEN_TOGETHER: usize = 1 << 16;
