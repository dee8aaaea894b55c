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
    /// A line may have been torn: nothing is written behind it.
    failed: bool,
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
        Self { path, format, name, out, lines: String::new(), failed: false }
    }

    /// Takes the file away again; what is shared stays.
    pub(super) fn withdraw(self) {
        if self.name.is_none() {
            // It holds nothing; that it cannot be removed is told whenever it is found there again.
            let _ = fs::remove_file(&self.path);
        }
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

    /// Hands all lines over. What failed once is told once.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        let written = match self.failed {
            true => Ok(()),
            false => self.out.write_all(self.lines.as_bytes()).and_then(|()| self.out.flush()),
        };
        self.lines.clear();
        self.failed |= written.is_err();
        written.map_err(|source| Error::Log { path: self.path.clone(), source })
    }

    fn put(&mut self, write: impl FnOnce(&mut String)) -> Result<(), Error> {
        write(&mut self.lines);
        if self.lines.len() >= WRITTEN_TOGETHER { self.flush() } else { Ok(()) }
    }
}

/// Bytes of lines that are written at once.
const WRITTEN_TOGETHER: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::Mutex;

    use super::super::column::Column;
    use super::*;

    /// Takes some bytes, then none, then all.
    #[derive(Clone, Default)]
    struct Full(Arc<Mutex<Vec<u8>>>);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut taken = self.0.lock().expect("nobody panicked");
            if taken.len() == 3 {
                taken.clear();
                return Err(io::ErrorKind::StorageFull.into());
            }
            let some = bytes.get(..3).unwrap_or(bytes);
            taken.extend(some);
            Ok(some.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nothing_is_written_behind_a_torn_line() {
        let full = Full::default();
        let mut file = LogFile::shared(Path::new("-"), "ssl", Box::new(full.clone()));
        file.line(|put| put(Column::bool("a", true))).expect("not written yet");
        let told = file.flush().expect_err("full").to_string();
        assert_eq!(told, "-");
        file.line(|put| put(Column::bool("b", true))).expect("told already");
        file.close(Timestamp(0)).expect("told already");
        assert!(full.0.lock().expect("nobody panicked").is_empty());
    }
}
