//! What can be wrong with a capture: where, what was expected, what was found.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why no more can be read of a capture. All offsets are of the capture itself: where it is compressed, of what comes out.
#[derive(Debug)]
#[non_exhaustive]
pub enum CaptureError {
    /// Compressed data ends before its end, or is damaged. Of data that just ends, all came out that was there; before a damage,
    /// up to 256 KiB of what came out may be missing.
    Compression {
        /// How many bytes of the capture came out.
        offset: u64,
        /// What the decompressor said.
        source: io::Error,
    },
    /// A field holds what it cannot hold.
    Malformed {
        /// Where the record or block begins that has the field.
        offset: u64,
        /// The field.
        field: &'static str,
        /// What it may be.
        expected: Bound,
        /// What it is.
        found: u64,
    },
    /// The first bytes are those of no format of captures.
    NotACapture {
        /// The first bytes.
        found: [u8; 4],
    },
    /// The capture could not be opened.
    Open {
        /// Its name.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system could not read on.
    Read {
        /// How many bytes were read before.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The input ends in the middle of a record or block; everything before it was handed over.
    Truncated {
        /// Where the record or block begins.
        offset: u64,
        /// Bytes that it has at least.
        expected: u64,
        /// Bytes of it that are there.
        found: u64,
    },
    /// The version of the format is none that is known.
    Version {
        /// Where the header stands.
        offset: u64,
        /// Major and minor version.
        found: (u16, u16),
    },
}

/// What a field may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// This or more.
    AtLeast(u64),
    /// This or less.
    AtMost(u64),
    /// Less than this.
    Below(u64),
    /// This.
    Exactly(u64),
}

impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(formatter, "at least {bound}"),
            Self::AtMost(bound) => write!(formatter, "at most {bound}"),
            Self::Below(bound) => write!(formatter, "less than {bound}"),
            Self::Exactly(bound) => write!(formatter, "{bound}"),
        }
    }
}

impl fmt::Display for CaptureError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compression { offset, source } => {
                write!(
                    formatter,
                    "compressed data broken off or damaged behind byte {offset} of what is in it: {source}"
                )
            }
            Self::Malformed { offset, field, expected, found } => {
                write!(formatter, "at byte {offset}: {field} is {found}, and must be {expected}")
            }
            Self::NotACapture { found } => write!(
                formatter,
                "neither pcap nor pcapng, and not compressed by gzip or zstd: it begins with {found:02x?}"
            ),
            Self::Open { path, source } => write!(formatter, "{}: {source}", path.display()),
            Self::Read { offset, source } => write!(formatter, "behind byte {offset}: {source}"),
            Self::Truncated { offset, expected, found } => write!(
                formatter,
                "truncated at byte {}: what begins at byte {offset} has at least {expected} bytes, of which {found} are there",
                offset.saturating_add(*found)
            ),
            Self::Version { offset, found: (major, minor) } => {
                write!(
                    formatter,
                    "at byte {offset}: version {major}.{minor} of the format is not known"
                )
            }
        }
    }
}

impl std::error::Error for CaptureError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Compression { source, .. }
            | Self::Open { source, .. }
            | Self::Read { source, .. } => Some(source),
            _ => None,
        }
    }
}
