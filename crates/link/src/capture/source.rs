//! Where the bytes of a capture come from, decompressed where they have to be.

use std::fmt;
use std::fs::File;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;

/// [RFC 1952 section 2.3.1](https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// [RFC 8878 section 3.1.1](https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The first byte of a frame to be passed over may be any from 0x50 to 0x5f
/// ([RFC 8878 section 3.1.2](https://www.rfc-editor.org/rfc/rfc8878#section-3.1.2)).
const ZSTD_SKIPPABLE: [u8; 3] = [0x2a, 0x4d, 0x18];
/// How long a pipe is waited for, so that who reads can be told to stop.
const PIPE_PATIENCE: Duration = Duration::from_millis(100);

type Bytes = Box<dyn Read + Send>;

/// Bytes of a capture. Which compression they have is not known before the first of them came.
pub(super) struct Source(Stage);

enum Stage {
    /// So many of the first bytes have come.
    Beginning(Bytes, Vec<u8>),
    Plain(Bytes),
    Compressed(Bytes),
}

impl Source {
    pub(super) fn new(input: Bytes) -> Self {
        Self(Stage::Beginning(input, Vec::new()))
    }

    /// A file or pipe that ends where it ends.
    pub(super) fn of_file(file: File) -> io::Result<Self> {
        let input: Bytes =
            if file.metadata()?.is_file() { Box::new(file) } else { Box::new(Pipe(file)) };
        Ok(Self::new(input))
    }

    /// A file that may grow; a pipe tells by itself when it is at its end.
    pub(super) fn growing(mut file: File) -> io::Result<Self> {
        if !file.metadata()?.is_file() {
            return Self::of_file(file);
        }
        let read = file.stream_position()?;
        Ok(Self::new(Box::new(Growing { file, read })))
    }

    pub(super) fn is_compressed(&self) -> bool {
        matches!(self.0, Stage::Compressed(_))
    }

    /// Takes the first bytes, and decides.
    fn begin(&mut self) -> io::Result<()> {
        let Stage::Beginning(input, first) = &mut self.0 else { return Ok(()) };
        while first.len() < ZSTD.len() {
            let mut more = [0; ZSTD.len()];
            let room = more.get_mut(first.len()..).unwrap_or_default();
            let bytes = input.read(room)?;
            if bytes == 0 {
                break;
            }
            first.extend(room.iter().take(bytes));
        }
        let first = std::mem::take(first);
        let input = std::mem::replace(input, Box::new(io::empty()));
        let kind = Compression::of(&first);
        let input = io::Cursor::new(first).chain(input);
        self.0 = match kind {
            None => Stage::Plain(Box::new(input)),
            Some(Compression::Gzip) => Stage::Compressed(Box::new(MultiGzDecoder::new(input))),
            Some(Compression::Zstd) => {
                Stage::Compressed(Box::new(zstd::stream::read::Decoder::new(input)?))
            }
        };
        Ok(())
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.begin()?;
        match &mut self.0 {
            Stage::Beginning(..) => Ok(0),
            Stage::Plain(input) | Stage::Compressed(input) => input.read(buffer),
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.0 {
            Stage::Beginning(..) => "beginning",
            Stage::Plain(_) => "plain",
            Stage::Compressed(_) => "compressed",
        };
        write!(formatter, "Source({stage})")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    fn of(first: &[u8]) -> Option<Self> {
        match first {
            [a, b, ..] if [*a, *b] == GZIP => Some(Self::Gzip),
            [a, b, c, d, ..] if [*a, *b, *c, *d] == ZSTD => Some(Self::Zstd),
            [0x50..=0x5f, a, b, c, ..] if [*a, *b, *c] == ZSTD_SKIPPABLE => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// A file that may have more later.
struct Growing {
    file: File,
    read: u64,
}

impl Read for Growing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.file.read(buffer)?;
        self.read = self.read.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if bytes > 0 || buffer.is_empty() {
            return Ok(bytes);
        }
        // Waiting for a file to grow to where it was would be waiting for ever, or for bytes of something else.
        if self.file.metadata()?.len() < self.read {
            let text = "the file became shorter than what was read of it";
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        Err(io::ErrorKind::WouldBlock.into())
    }
}

/// What can be waited for: a pipe, a terminal, a socket.
struct Pipe(File);

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let patience = Timespec::try_from(PIPE_PATIENCE).map_err(io::Error::other)?;
        let mut entries = [PollFd::new(&self.0, PollFlags::IN)];
        if rustix::event::poll(&mut entries, Some(&patience))? == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.0.read(buffer)
    }
}
