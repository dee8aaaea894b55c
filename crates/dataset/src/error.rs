//! What can go wrong on our side: where, why, and what to do about it.

use std::fmt;
use std::io;
use std::path::Path;
use std::path::PathBuf;

/// Why a dataset could not be read or written.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file of the dataset does not hold what it must.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// No room left (disk full, quota or file-size limit).
    Full {
        /// What was being written.
        path: PathBuf,
    },
    /// A directory with other things in it.
    Foreign {
        /// The directory.
        path: PathBuf,
        /// Something in it that is not ours.
        found: String,
    },
    /// Any other failure of the file system.
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// Another process writes to this dataset.
    Locked {
        /// The dataset.
        path: PathBuf,
        /// Who, as it wrote itself into the lock file.
        holder: String,
    },
    /// Nothing there.
    Missing {
        /// The dataset.
        path: PathBuf,
    },
    /// Something is there, but no directory.
    NotADirectory {
        /// The path given.
        path: PathBuf,
    },
    /// We may not write there.
    NotWritable {
        /// The file or directory.
        path: PathBuf,
    },
    /// This writer failed before; what it had acknowledged is safe.
    Poisoned {
        /// The journal it was writing.
        path: PathBuf,
    },
    /// A run identifier that cannot name a file.
    RunId {
        /// The identifier.
        run_id: String,
    },
    /// A new run under the name of an old one.
    RunExists {
        /// The run.
        run_id: String,
    },
    /// No such run to resume.
    RunUnknown {
        /// The run asked for.
        run_id: String,
        /// The runs there are.
        known: Vec<String>,
    },
    /// Written by a later version of this program.
    TooNew {
        /// The file.
        path: PathBuf,
        /// The version it has.
        found: u64,
        /// The latest version we read.
        supported: u64,
    },
    /// No relation of this name.
    UnknownRelation {
        /// The name.
        name: String,
    },
}

impl Error {
    /// Sorts a failure of the file system by what its reader can do about it.
    pub(crate) fn io(path: &Path, action: &'static str, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::Full { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { path }
            }
            _ => Self::Io { path, action, source },
        }
    }

    pub(crate) fn damaged(path: &Path, what: impl fmt::Display) -> Self {
        Self::Damaged { path: path.to_owned(), what: what.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged { path, what } => write!(f, "{} is damaged: {what}", path.display()),
            Self::Full { path } => write!(
                f,
                "no room left to write {}; free some space (or raise the limit) and resume the run: what was \
                 acknowledged is safe",
                path.display()
            ),
            Self::Foreign { path, found } => write!(
                f,
                "{} is not a dataset (it holds {found}); to read, name the directory that a scan wrote; to write, a new or an empty one",
                path.display()
            ),
            Self::Io { path, action, source } => {
                write!(f, "cannot {action} {}: {source}", path.display())
            }
            Self::Locked { path, holder } => write!(
                f,
                "{} is being written by {holder}; wait for it, stop it, or name another directory",
                path.display()
            ),
            Self::Missing { path } => write!(
                f,
                "there is no dataset at {}; check the path, or make one with a scan",
                path.display()
            ),
            Self::NotADirectory { path } => write!(
                f,
                "{} is a file; a dataset is a directory: to read, name one that a scan wrote; to write, a new or an empty one",
                path.display()
            ),
            Self::NotWritable { path } => write!(
                f,
                "no permission to write {}; change its permissions or name another directory",
                path.display()
            ),
            Self::Poisoned { path } => write!(
                f,
                "an earlier write to {} failed; open the dataset again and resume the run",
                path.display()
            ),
            Self::RunId { run_id } => write!(
                f,
                "{run_id:?} cannot name a run; use up to {MAX_RUN_ID} letters, digits, '-', '_' and '.', not a '.' first"
            ),
            Self::RunExists { run_id } => {
                write!(f, "there is a run {run_id} already; resume it or choose another name")
            }
            Self::RunUnknown { run_id, known } if known.is_empty() => {
                write!(f, "there is no run {run_id}: the dataset has no runs")
            }
            Self::RunUnknown { run_id, known } => {
                write!(f, "there is no run {run_id}; there are: {}", known.join(", "))
            }
            Self::TooNew { path, found, supported } => write!(
                f,
                "{} has format version {found}, this program reads up to {supported}; use a newer tlscensus",
                path.display()
            ),
            Self::UnknownRelation { name } => write!(f, "there is no relation {name}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Longest run identifier: leaves room for a sequence number and an extension in a file name.
pub(crate) const MAX_RUN_ID: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_the_file_system_are_sorted_by_what_helps() {
        use io::ErrorKind as K;
        let cases = [
            (K::StorageFull, "no room left"),
            (K::QuotaExceeded, "no room left"),
            (K::FileTooLarge, "no room left"),
            (K::PermissionDenied, "no permission to write"),
            (K::ReadOnlyFilesystem, "no permission to write"),
            (K::NotFound, "cannot open"),
        ];
        for (kind, words) in cases {
            let error = Error::io(Path::new("census/probes"), "open", kind.into());
            let text = error.to_string();
            assert!(text.starts_with(words) && text.contains("census/probes"), "{text}");
        }
    }
}
