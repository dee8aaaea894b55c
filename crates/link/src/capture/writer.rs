//! Captures written: the classic format, microseconds.

use std::io;
use std::io::Write;

use super::classic::MAGIC_MICROSECONDS;

/// The version of the format that all readers know.
const VERSION: [u16; 2] = [2, 4];
/// What readers are told that packets are cut to: not at all.
const SNAPLEN: u32 = 256 * 1_024;

/// Writes a capture. What it writes is small pieces: give it a buffered output.
#[derive(Debug)]
pub struct PcapWriter<W> {
    output: W,
}

impl<W: Write> PcapWriter<W> {
    /// Writes the header of a capture with frames of this [link type](https://www.tcpdump.org/linktypes.html).
    ///
    /// # Errors
    /// When the output fails.
    pub fn new(mut output: W, link_type: u32) -> io::Result<Self> {
        output.write_all(&MAGIC_MICROSECONDS.to_le_bytes())?;
        for half in VERSION {
            output.write_all(&half.to_le_bytes())?;
        }
        for word in [0, 0, SNAPLEN, link_type] {
            output.write_all(&word.to_le_bytes())?;
        }
        Ok(Self { output })
    }

    /// Writes a frame of so many bytes on the wire, of which these were kept; the time is in microseconds since the epoch.
    ///
    /// # Errors
    /// When the output fails, or the time is not within the 136 years that the format can tell.
    pub fn write(&mut self, at: i64, bytes: &[u8], length: u32) -> io::Result<()> {
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidInput, error);
        let seconds = u32::try_from(at.div_euclid(1_000_000)).map_err(invalid)?;
        let microseconds = u32::try_from(at.rem_euclid(1_000_000)).map_err(invalid)?;
        let kept = u32::try_from(bytes.len()).map_err(invalid)?;
        for word in [seconds, microseconds, kept, length] {
            self.output.write_all(&word.to_le_bytes())?;
        }
        self.output.write_all(bytes)
    }

    /// The output, with all that was written given to it; not flushed.
    pub fn into_inner(self) -> W {
        self.output
    }
}
