//! What goes wrong on our side of a capture.

use std::fmt;
use std::path::PathBuf;

use tlscensus_link as link;

/// Why watching came to an early end.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A capture cannot be read to its end; what stands before counts.
    Capture {
        /// The file, `-` for standard input.
        path: PathBuf,
        /// What is wrong with it.
        source: link::CaptureError,
    },
    /// An interface cannot be listened to.
    Interface {
        /// Its name.
        name: String,
        /// Why not.
        source: link::Error,
    },
    /// An interface can no longer be listened to.
    Listening {
        /// Its name.
        name: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A log of Zeek's form cannot be written.
    Log {
        /// The file, or its folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Whoever takes the rows does not take any more.
    Sink,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Capture { path, .. } => write!(f, "{}", path.display()),
            Self::Log { path, source } if source.kind() == std::io::ErrorKind::AlreadyExists => {
                write!(f, "{}: never written over; name another folder", path.display())
            }
            Self::Log { path, .. } => write!(f, "{}", path.display()),
            Self::Interface { name, .. } | Self::Listening { name, .. } => write!(f, "{name}"),
            Self::Sink => f.write_str("rows are not taken any more"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Capture { source, .. } => Some(source),
            Self::Interface { source, .. } => Some(source),
            Self::Listening { source, .. } | Self::Log { source, .. } => Some(source),
            Self::Sink => None,
        }
    }
}
