//! Zeek's logs, beside the dataset or instead of it, for whoever has scripts that read them.
//!
//! A log is one file here and a variant of [`Log`]. What its columns mean is Zeek's documentation's to say
//! (<https://docs.zeek.org/en/master/logs/index.html>); where ours differ, the log's file does.

mod ascii;
mod certificate_words;
mod column;
mod conn;
mod file;
mod host_name;
mod identity;
mod json;
mod ssl;
#[cfg(test)]
mod tests;
mod words;
mod x509;

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use tlscensus_records::Sha256;
use tlscensus_records::Timestamp;

use self::column::Column;
use self::file::LogFile;
use self::host_name::Leaves;
use crate::error::Error;
use crate::monitor::Batch;

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An object a line, without a header.
    Json,
    /// Columns between tabs, with Zeek's header.
    Tsv,
}

/// A log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// A line for each connection, at its end; takes connections that are counted to their end
    /// ([`FlowSettings::count_to_end`](tlscensus_flows::Settings::count_to_end)).
    Conn,
    /// A line for each connection with TLS.
    Ssl,
    /// A line for each certificate.
    X509,
}

impl Log {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ssl, Self::X509, Self::Conn];

    const fn definition(self) -> &'static Definition {
        match self {
            Self::Conn => &conn::LOG,
            Self::Ssl => &ssl::LOG,
            Self::X509 => &x509::LOG,
        }
    }
}

/// Some logs. [`write`](Self::write) takes what the monitor hands over; [`flush`](Self::flush) is to be called now and then, so
/// that who reads along sees it; [`close`](Self::close) ends them.
///
/// No address of a client is written, and no port: see the columns `id.orig_h` and `id.orig_p`.
pub struct ZeekLogs {
    files: Vec<(&'static Definition, LogFile)>,
    memory: Memory,
}

impl ZeekLogs {
    /// New files in a folder, which is made if it does not exist. Files that are there already are never written over: logs of
    /// another run go into another folder.
    ///
    /// # Errors
    /// The file that is there already or cannot be made, or the folder; none is left then that was not there before.
    pub fn create(
        folder: &Path,
        logs: &[Log],
        format: Format,
        opened: Timestamp,
    ) -> Result<Self, Error> {
        fs::create_dir_all(folder)
            .map_err(|source| Error::Log { path: folder.to_owned(), source })?;
        let mut files: Vec<(&'static Definition, LogFile)> = Vec::with_capacity(logs.len());
        for log in logs.iter().map(|log| log.definition()) {
            match LogFile::create(folder, log.path, format) {
                Ok(file) => files.push((log, file)),
                Err(error) => {
                    files.into_iter().for_each(|(_, file)| file.withdraw());
                    return Err(error);
                }
            }
        }
        for (log, file) in &mut files {
            file.header(log.path, opened, log.blank)?;
        }
        Ok(Self { files, memory: Memory::default() })
    }

    /// Objects of all logs into one stream, each with the name of its log under `_path`. `open` gives a way into the stream for each
    /// log, which write whole lines; errors call it by this name.
    pub fn stream<W>(name: &Path, logs: &[Log], open: impl Fn() -> W) -> Self
    where
        W: Write + Send + 'static,
    {
        let file = |log: &Log| {
            let log = log.definition();
            (log, LogFile::shared(name, log.path, Box::new(open())))
        };
        Self { files: logs.iter().map(file).collect(), memory: Memory::default() }
    }

    /// Writes the lines of a batch.
    ///
    /// # Errors
    /// The file that does not take them.
    pub fn write(&mut self, batch: &Batch) -> Result<(), Error> {
        let Self { files, memory } = self;
        for (log, file) in files {
            (log.lines)(batch, memory, file)?;
        }
        Ok(())
    }

    /// Hands all lines so far to the system.
    ///
    /// # Errors
    /// The first file that does not take them; the others have theirs.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.each(LogFile::flush)
    }

    /// Writes what is left, and the last line.
    ///
    /// # Errors
    /// As [`flush`](Self::flush).
    pub fn close(mut self, closed: Timestamp) -> Result<(), Error> {
        self.each(|file| file.close(closed))
    }

    /// Takes the files away: nothing came of what was to be written.
    pub fn withdraw(self) {
        self.files.into_iter().for_each(|(_, file)| file.withdraw());
    }

    fn each(&mut self, act: impl Fn(&mut LogFile) -> Result<(), Error>) -> Result<(), Error> {
        self.files.iter_mut().map(|(_, file)| act(file)).fold(Ok(()), Result::and)
    }
}

/// Takes the columns of a line, one after the other.
type Put<'p> = dyn FnMut(Column<'_>) + 'p;

/// A log: its name, a line without values, from which the header follows, and the lines of a batch.
struct Definition {
    path: &'static str,
    blank: fn(&mut Put<'_>),
    lines: fn(&Batch, &mut Memory, &mut LogFile) -> Result<(), Error>,
}

/// What outlives a batch.
#[derive(Default)]
struct Memory {
    /// The first halves of fingerprints of certificates that have a line.
    certificates: HashSet<[u8; FINGERPRINT_BYTES]>,
    leaves: Leaves,
}

impl Memory {
    /// Whether a certificate has no line yet, as far as is remembered; now it has.
    fn is_new(&mut self, hash: &Sha256) -> bool {
        let Some(half) = hash.0.first_chunk().copied() else {
            return true;
        };
        if self.certificates.len() < MAX_CERTIFICATES {
            self.certificates.insert(half)
        } else {
            !self.certificates.contains(&half)
        }
    }
}

/// Of a fingerprint remembered: enough not to be met by chance, nor to be met on purpose with less than 2^64 tries.
const FINGERPRINT_BYTES: usize = 16;
/// Certificates remembered: as many as Zeek remembers (`known_log_certs_maximum_size`). Beyond, new ones have a line each time
/// that they come, as there.
const MAX_CERTIFICATES: usize = 1_000_000;
