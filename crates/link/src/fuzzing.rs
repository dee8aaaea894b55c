//! What must hold for any capture: the body of a fuzz target, replayed by a plain test.

use std::io;
use std::io::Read;

use crate::CaptureCounts;
use crate::CaptureError;
use crate::CaptureReader;
use crate::Captured;
use crate::Polled;

/// A fuzz target: its name and its body.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// The fuzz targets of this crate.
pub const TARGETS: &[FuzzTarget] = &[("link_capture", capture)];

/// Of any bytes, packets come until an error or the end, and the same ones however the bytes come in; where compressed data is
/// damaged, as many of them as came out before the decompressor found it.
pub fn capture(data: &[u8]) {
    let whole = read(data, usize::MAX);
    let piece = data.first().map_or(1, |byte| usize::from(byte % 31) + 1);
    let pieces = read(data, piece);
    if [&whole, &pieces].iter().any(|outcome| outcome.2.as_deref() == Some(DAMAGED)) {
        let both = whole.0.len().min(pieces.0.len());
        assert_eq!(whole.0.get(..both), pieces.0.get(..both), "pieces of {piece}");
    } else {
        assert_eq!(whole, pieces, "pieces of {piece}");
    }
}

/// Packets, what was counted, and how it ended.
type Outcome = (Vec<Packet>, CaptureCounts, Option<String>);
/// Time, nanoseconds, link type, captured bytes, length on the wire.
type Packet = (i64, u16, u32, Vec<u8>, u32);

fn read(data: &[u8], piece: usize) -> Outcome {
    let pieces = Pieces { rest: data.to_vec().into(), piece, blocks: false };
    let mut reader = CaptureReader::new(pieces);
    let mut packets = Vec::new();
    let error = loop {
        match reader.poll() {
            Ok(Polled::Packet(packet)) => packets.push(keep(packet)),
            Ok(Polled::NotYet) => {}
            Ok(Polled::End) => break None,
            Err(error) => break Some(describe(&error)),
        }
    };
    assert!(matches!(reader.poll(), Ok(Polled::End)), "behind the end is the end");
    let counts = reader.counts();
    assert_eq!(usize::try_from(counts.packets), Ok(packets.len()));
    (packets, counts, error)
}

fn keep(packet: Captured<'_>) -> Packet {
    assert!(packet.nanoseconds < 1_000 && packet.tag.is_none());
    assert!(usize::try_from(packet.length).is_ok_and(|length| length >= packet.bytes.len()));
    (packet.at, packet.nanoseconds, packet.link_type, packet.bytes.to_vec(), packet.length)
}

const DAMAGED: &str = "damaged";

fn describe(error: &CaptureError) -> String {
    match error {
        CaptureError::Compression { .. } => DAMAGED.to_owned(),
        other => other.to_string(),
    }
}

/// Bytes that come in pieces of a length, with nothing yet before each.
struct Pieces {
    rest: std::collections::VecDeque<u8>,
    piece: usize,
    blocks: bool,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.blocks = !self.blocks;
        if self.blocks {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let bytes = buffer.len().min(self.piece);
        self.rest.read(buffer.get_mut(..bytes).unwrap_or_default())
    }
}

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_inputs_hold() {
        replay::all(TARGETS);
    }
}
