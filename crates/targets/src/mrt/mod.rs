//! Routing tables as route collectors publish them: the prefixes that are routed, and by which AS.
//!
//! Read are TABLE_DUMP, TABLE_DUMP_V2 (RFC 6396, sections 4.2 and 4.3; with additional paths, RFC 8050) and the BGP4MP_ENTRY of
//! older daemons. Dumps of messages are refused by name: they tell what changed, not what is there.

mod attributes;
mod input;
mod routes;
mod table;

use std::fmt;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use ipnet::IpNet;

pub use self::routes::Routes;
use self::table::Record;

/// A prefix of the table with the systems that announce it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// What is announced.
    pub prefix: IpNet,
    /// The ASes at the end of the paths that the collector's peers sent, each once, in the order of the dump, the first
    /// thousand; empty where
    /// the collector itself announces the prefix.
    pub origins: Vec<u32>,
}

/// Reads a dump that is plain or packed with gzip or bzip2, as its first bytes say.
///
/// # Errors
/// What the system says of the first bytes; later errors come with the routes.
pub fn open<'a>(mut input: impl BufRead + 'a) -> io::Result<RibReader<Box<dyn Read + 'a>>> {
    let start = input.fill_buf()?;
    let unpacked: Box<dyn Read> = if start.starts_with(GZIP) {
        Box::new(BufReader::new(MultiGzDecoder::new(input)))
    } else if start.starts_with(BZIP2) {
        Box::new(BufReader::new(MultiBzDecoder::new(input)))
    } else {
        Box::new(input)
    };
    Ok(RibReader::new(unpacked))
}

/// RFC 1952, section 2.3.1.
const GZIP: &[u8] = &[0x1f, 0x8b];
const BZIP2: &[u8] = b"BZh";

/// Reads a dump record by record, in the memory of one record.
///
/// Yields a route per record that has one; a table of the first format has a record per peer, so that prefixes come more
/// than once. After an error there is nothing more.
#[derive(Debug)]
pub struct RibReader<R> {
    input: R,
    record: Vec<u8>,
    offset: u64,
    over: bool,
}

impl<R: Read> RibReader<R> {
    /// Of a dump that is not compressed.
    pub fn new(input: R) -> Self {
        Self { input, record: Vec::new(), offset: 0, over: false }
    }

    /// How many bytes of the dump, decompressed, were understood.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    fn route(&mut self) -> Result<Option<Route>, MrtProblem> {
        loop {
            let Some((kind, subtype, length)) = self.header()? else {
                return Ok(None);
            };
            if length > MAX_RECORD {
                return Err(MrtProblem::TooLong { length });
            }
            self.record.clear();
            let taken = self.input.by_ref().take(u64::from(length)).read_to_end(&mut self.record);
            if taken.map_err(MrtProblem::Unreadable)?
                != usize::try_from(length).unwrap_or(usize::MAX)
            {
                return Err(MrtProblem::Truncated);
            }
            let record = table::record(kind, subtype, &self.record)?;
            self.offset += HEADER_LENGTH + u64::from(length);
            if let Record::Route(route) = record {
                return Ok(Some(route));
            }
        }
    }

    /// Type, subtype and length of the next record (RFC 6396, section 2); `None` at the end of the dump.
    fn header(&mut self) -> Result<Option<(u16, u16, u32)>, MrtProblem> {
        let mut header = Vec::new();
        let taken = self.input.by_ref().take(HEADER_LENGTH).read_to_end(&mut header);
        if taken.map_err(MrtProblem::Unreadable)? == 0 {
            return Ok(None);
        }
        let mut header = input::Input::new(&header);
        let fields =
            header.u32().and_then(|_timestamp| Some((header.u16()?, header.u16()?, header.u32()?)));
        fields.map(Some).ok_or(MrtProblem::Truncated)
    }
}

impl<R: Read> Iterator for RibReader<R> {
    type Item = Result<Route, MrtError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let route = self.route();
        self.over = !matches!(route, Ok(Some(_)));
        let offset = self.offset;
        route.map_err(|problem| MrtError { offset, problem }).transpose()
    }
}

/// A dump that cannot be read on.
#[derive(Debug)]
pub struct MrtError {
    /// Where the record at fault begins: bytes of the decompressed dump.
    pub offset: u64,
    /// What is wrong with it.
    pub problem: MrtProblem,
}

/// What is wrong with a record.
#[derive(Debug)]
#[non_exhaustive]
pub enum MrtProblem {
    /// A field does not fit into the record, or has a value that there is not.
    Malformed {
        /// What was being read.
        what: &'static str,
    },
    /// A record of messages or of states, not of a table: its name in RFC 6396.
    NotATable(String),
    /// Longer than any record of a table is.
    TooLong {
        /// What its header says, in bytes.
        length: u32,
    },
    /// The dump ends within the record.
    Truncated,
    /// The system or the decompressor says so.
    Unreadable(io::Error),
}

impl fmt::Display for MrtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: ", self.offset)?;
        match &self.problem {
            MrtProblem::Malformed { what } => write!(f, "malformed {what}"),
            MrtProblem::NotATable(name) => write!(
                f,
                "a record of {name}: that is no table of routes; take a dump of the whole table (RIB)"
            ),
            MrtProblem::TooLong { length } => {
                write!(f, "a record of {length} bytes: this is no MRT dump, or it is damaged")
            }
            MrtProblem::Truncated => write!(f, "the dump ends within a record"),
            MrtProblem::Unreadable(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for MrtError {}

/// Of a record's header.
const HEADER_LENGTH: u64 = 12;

/// A prefix with the paths of a thousand peers has some 100 KB.
const MAX_RECORD: u32 = 2 << 20;

#[cfg(test)]
mod tests;
