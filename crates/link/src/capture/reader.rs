//! The reader of captures: bytes from an input, packets by their format.

use std::fs::File;
use std::io;
use std::io::Read;
use std::ops::Add;
use std::os::fd::AsFd;
use std::path::Path;

use super::error::CaptureError;
use super::format::Format;
use super::format::Found;
use super::format::Step;
use super::source::Source;
use super::stream::Fill;
use super::stream::Stream;

/// Bytes without a packet behind which who reads is asked whether to go on.
const MOST_SKIPPED: usize = 64 << 20;
/// The name by which [`CaptureReader::open`] knows standard input.
const STANDARD_INPUT: &str = "-";

/// A frame as it was captured, from a file or an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Captured<'a> {
    /// When: microseconds since the epoch.
    pub at: i64,
    /// Nanoseconds behind that microsecond, 0 to 999; 0 where the capture does not know.
    pub nanoseconds: u16,
    /// What the frame begins with: a number of [the registry](https://www.tcpdump.org/linktypes.html).
    pub link_type: u32,
    /// What was kept of the frame, without a frame check sequence.
    pub bytes: &'a [u8],
    /// Bytes that it had on the wire, at least as many as were kept.
    pub length: u32,
    /// The VLAN tag that the network card took out of the frame; those that are in the bytes are not named here.
    pub tag: Option<VlanTag>,
}

/// A VLAN tag ([IEEE 802.1Q](https://1.ieee802.org/tsn/802-1q/)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VlanTag {
    /// Its EtherType, as 0x8100.
    pub protocol: u16,
    /// Priority (3 bits), drop eligibility (1 bit), identifier (12 bits).
    pub control: u16,
}

/// What [`CaptureReader::poll`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polled<'a> {
    /// A packet.
    Packet(Captured<'a>),
    /// There is nothing yet, or much that holds no packet was passed over, and there may be some later: wait, or do something else,
    /// and ask again.
    NotYet,
    /// The capture is at its end.
    End,
}

/// What [`CaptureReader::poll_some`] came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolledSome<'a> {
    /// Packets, at least one.
    Packets(Vec<Captured<'a>>),
    /// As [`Polled::NotYet`].
    NotYet,
    /// As [`Polled::End`].
    End,
}

/// What was read so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CaptureCounts {
    /// Packets handed over.
    pub packets: u64,
    /// Of these, packets without a time of their own (simple packets of pcapng): they got that of the packet before, or
    /// the epoch.
    pub untimed: u64,
    /// Sections of pcapng; 1 for pcap.
    pub sections: u64,
    /// Descriptions of interfaces, of all sections; 1 for pcap.
    pub interfaces: u64,
    /// Blocks passed over: names, secrets, journals, custom and unknown ones.
    pub other_blocks: u64,
    /// Packets that the interfaces dropped, by the latest statistics of each in the capture (`isb_ifdrop`).
    pub interface_drops: u64,
    /// Packets that the capturing system dropped, by the latest statistics of each interface (`isb_osdrop`).
    pub system_drops: u64,
    /// Packets that are missing between others, by what the packets themselves say (`epb_dropcount`).
    pub packet_drops: u64,
}

impl Add for CaptureCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            packets: self.packets + other.packets,
            untimed: self.untimed + other.untimed,
            sections: self.sections + other.sections,
            interfaces: self.interfaces + other.interfaces,
            other_blocks: self.other_blocks + other.other_blocks,
            interface_drops: self.interface_drops.saturating_add(other.interface_drops),
            system_drops: self.system_drops.saturating_add(other.system_drops),
            packet_drops: self.packet_drops.saturating_add(other.packet_drops),
        }
    }
}

/// Reads a capture: pcap of microseconds or nanoseconds and its modified form, or pcapng; of either order of bytes; plain, or
/// compressed by gzip or zstd. What it is, its first bytes say.
///
/// Call [`poll`](Self::poll) until it says [`Polled::End`] or fails; then look at [`counts`](Self::counts).
#[derive(Debug)]
pub struct CaptureReader {
    input: Stream,
    format: Format,
    counts: CaptureCounts,
    is_over: bool,
    /// Packets that are polled together: where their records begin behind the first of them.
    places: Vec<(usize, Found)>,
}

/// What the next record or block was, with its bytes.
enum Advance {
    Packet(usize, Found),
    NotYet,
    End,
}

impl CaptureReader {
    /// Opens a file or a pipe; `-` is standard input.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, CaptureError> {
        let failed = |source| CaptureError::Open { path: path.to_owned(), source };
        let source = open(path).and_then(Source::of_file).map_err(failed)?;
        Ok(Self::of(source))
    }

    /// Opens a file that still grows: at its end there is nothing *yet*, and half a record is no error. What the name
    /// stands for later does not matter: it is this file that is followed.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn follow(path: &Path) -> Result<Self, CaptureError> {
        let failed = |source| CaptureError::Open { path: path.to_owned(), source };
        let source = open(path).and_then(Source::growing).map_err(failed)?;
        Ok(Self::of(source))
    }

    /// Reads from anything. An input that would block, or was interrupted by a signal, has nothing yet.
    pub fn new(input: impl Read + Send + 'static) -> Self {
        Self::of(Source::new(Box::new(input)))
    }

    fn of(source: Source) -> Self {
        Self {
            input: Stream::new(source),
            format: Format::default(),
            counts: CaptureCounts::default(),
            is_over: false,
            places: Vec::new(),
        }
    }

    /// The next packet. Behind an error there is only the end.
    ///
    /// # Errors
    /// When the capture is malformed, ends within a record, or cannot be read or decompressed: everything before was
    /// handed over.
    pub fn poll(&mut self) -> Result<Polled<'_>, CaptureError> {
        Ok(match self.next()? {
            Advance::Packet(bytes, found) => {
                Polled::Packet(captured(self.input.taken(bytes), &found))
            }
            Advance::NotYet => Polled::NotYet,
            Advance::End => Polled::End,
        })
    }

    /// The next packet, and with it those behind it that are there without waiting: at most so many in all. Who looks at
    /// several at once need not wait for each one's memory.
    ///
    /// # Errors
    /// As [`poll`](Self::poll).
    pub fn poll_some(&mut self, most: usize) -> Result<PolledSome<'_>, CaptureError> {
        let (bytes, found) = match self.next()? {
            Advance::Packet(bytes, found) => (bytes, found),
            Advance::NotYet => return Ok(PolledSome::NotYet),
            Advance::End => return Ok(PolledSome::End),
        };
        self.places.clear();
        self.places.push((0, found));
        let all = self.go_on(bytes, most);
        let taken = self.input.taken(all);
        let places = self.places.iter();
        let packet =
            |(at, found): &(usize, Found)| captured(taken.get(*at..).unwrap_or_default(), found);
        Ok(PolledSome::Packets(places.map(packet).collect()))
    }

    /// Takes further packets, as long as nothing has to be read for them; gives the bytes taken since the first.
    fn go_on(&mut self, mut taken: usize, most: usize) -> usize {
        while self.places.len() < most {
            // An error stands there the next time too.
            let unread = self.input.unread();
            match self.format.step(unread, self.input.offset(), &mut self.counts) {
                Ok(Step::Packet(bytes, found)) => {
                    self.input.take(bytes);
                    self.counts.packets += 1;
                    self.places.push((taken, found));
                    taken += bytes;
                }
                Ok(Step::Skip(bytes)) => {
                    self.input.take(bytes);
                    taken += bytes;
                }
                Ok(Step::Short(_)) | Err(_) => break,
            }
        }
        taken
    }

    /// What was read so far.
    pub fn counts(&self) -> CaptureCounts {
        self.counts
    }

    /// How many bytes of the capture were read as records, headers and blocks; of a compressed one, of what came out.
    pub fn offset(&self) -> u64 {
        self.input.offset()
    }

    /// As [`advance`](Self::advance); behind the end and behind an error there is only the end.
    fn next(&mut self) -> Result<Advance, CaptureError> {
        if self.is_over {
            return Ok(Advance::End);
        }
        let advance = self.advance();
        self.is_over = matches!(advance, Err(_) | Ok(Advance::End));
        advance
    }

    fn advance(&mut self) -> Result<Advance, CaptureError> {
        let mut skipped = 0;
        while skipped < MOST_SKIPPED {
            let unread = self.input.unread();
            match self.format.step(unread, self.input.offset(), &mut self.counts)? {
                Step::Packet(bytes, found) => {
                    self.input.take(bytes);
                    self.counts.packets += 1;
                    return Ok(Advance::Packet(bytes, found));
                }
                Step::Skip(bytes) => {
                    self.input.take(bytes);
                    skipped += bytes;
                }
                Step::Short(needed) => match self.input.fill(needed)? {
                    Fill::More => {}
                    Fill::NotYet => return Ok(Advance::NotYet),
                    Fill::End => return self.end(needed),
                },
            }
        }
        Ok(Advance::NotYet)
    }

    /// The input is at its end, where so many bytes more would be a record.
    fn end(&self, needed: usize) -> Result<Advance, CaptureError> {
        let found = self.input.unread().len();
        if found == 0 && self.format.has_begun() {
            return Ok(Advance::End);
        }
        let number = |bytes| u64::try_from(bytes).unwrap_or(u64::MAX);
        let (offset, expected) = (self.input.offset(), number(needed));
        Err(CaptureError::Truncated { offset, expected, found: number(found) })
    }
}

/// A packet as it lies in its record or block.
fn captured<'a>(record: &'a [u8], found: &Found) -> Captured<'a> {
    Captured {
        at: found.at.microseconds,
        nanoseconds: found.at.nanoseconds,
        link_type: found.link_type,
        bytes: record.get(found.data.clone()).unwrap_or_default(),
        length: found.length,
        tag: None,
    }
}

fn open(path: &Path) -> io::Result<File> {
    if path == Path::new(STANDARD_INPUT) {
        return Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?));
    }
    File::open(path)
}
