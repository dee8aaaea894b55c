//! A ring between us and the kernel: one side puts entries in, the other takes them out, and both count.

use std::os::fd::AsFd;
use std::sync::atomic::AtomicU32;

use crate::error::Error;
use crate::mapping::Mapping;
use crate::socket::Socket;

/// A ring of entries of this many bytes, one side of which is the kernel's.
#[derive(Debug)]
pub(super) struct Queue<const ENTRY: usize> {
    ring: Mapping,
    producer: usize,
    consumer: usize,
    entries: usize,
    count: usize,
}

impl<const ENTRY: usize> Queue<ENTRY> {
    pub(super) fn map(
        socket: &Socket,
        offsets: &libc::xdp_ring_offset,
        count: usize,
        offset: libc::off_t,
    ) -> Result<Self, Error> {
        let [producer, consumer, entries] = [offsets.producer, offsets.consumer, offsets.desc]
            .map(|offset| usize::try_from(offset).unwrap_or(usize::MAX));
        let bytes = entries.saturating_add(count * ENTRY);
        let ring = Mapping::of_socket(socket.as_fd(), bytes, offset)
            .map_err(|error| socket.failed("map a ring", error))?;
        Ok(Self { ring, producer, consumer, entries, count })
    }

    /// How many entries there are room for.
    pub(super) const fn len(&self) -> usize {
        self.count
    }

    /// How many entries were ever put in, in 32 bits.
    pub(super) fn producer(&self) -> &AtomicU32 {
        self.ring.word(self.producer)
    }

    /// How many entries were ever taken out, in 32 bits.
    pub(super) fn consumer(&self) -> &AtomicU32 {
        self.ring.word(self.consumer)
    }

    /// The entry of this number.
    pub(super) fn entry(&mut self, number: u32) -> &mut [u8; ENTRY] {
        let place = usize::try_from(number).expect("at least 32 bits") & (self.count - 1);
        let start = self.entries + place * ENTRY;
        // SAFETY: producer and consumer say that it is ours, as the callers have read them.
        let entry = unsafe { self.ring.bytes_mut(start..start + ENTRY) };
        entry.try_into().expect("of this length")
    }
}
