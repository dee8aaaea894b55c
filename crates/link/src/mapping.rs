//! Pages of memory outside Rust's own: rings shared with the kernel, slots whose addresses it is told.

use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;

/// A mapped piece of memory; unmapped when dropped.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: the pages belong to this value alone, wherever it goes; all access through `&self` is atomic or `unsafe`.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Fresh zeroed pages that the kernel is told of by address.
    pub(crate) fn anonymous(bytes: usize) -> io::Result<Self> {
        Self::map(bytes, (READ_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | NOW), -1, 0)
    }

    /// A ring of a socket, from this offset on.
    pub(crate) fn of_socket(
        socket: BorrowedFd<'_>,
        bytes: usize,
        offset: libc::off_t,
    ) -> io::Result<Self> {
        Self::map(bytes, (READ_WRITE, libc::MAP_SHARED | NOW), socket.as_raw_fd(), offset)
    }

    fn map(
        bytes: usize,
        (protection, flags): (i32, i32),
        descriptor: i32,
        offset: libc::off_t,
    ) -> io::Result<Self> {
        // SAFETY: no address is asked for, so nothing that exists is replaced; the kernel checks the rest.
        let start = unsafe {
            libc::mmap(std::ptr::null_mut(), bytes, protection, flags, descriptor, offset)
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, bytes })
    }

    /// How many bytes are mapped.
    pub(crate) const fn len(&self) -> usize {
        self.bytes
    }

    /// Where byte `at` lies.
    ///
    /// # Panics
    /// If it lies outside.
    pub(crate) fn address(&self, at: usize) -> *mut u8 {
        assert!(at < self.bytes, "offset {at} of a mapping of {} bytes", self.bytes);
        // SAFETY: inside the mapping, as just checked.
        unsafe { self.start.as_ptr().add(at) }
    }

    /// A word that the kernel reads and writes at the same time.
    ///
    /// # Panics
    /// If it lies outside or across.
    pub(crate) fn word(&self, at: usize) -> &AtomicU32 {
        self.check(&(at..at.saturating_add(4)));
        let word = self.address(at).cast::<u32>();
        assert!(word.is_aligned(), "offset {at} of a word");
        // SAFETY: inside the mapping and aligned, as just checked; shared access is atomic on both sides.
        unsafe { AtomicU32::from_ptr(word) }
    }

    /// Bytes that nobody writes meanwhile.
    ///
    /// # Safety
    /// The protocol of the ring must have handed these bytes to us, until the slice is gone.
    ///
    /// # Panics
    /// If they do not lie inside.
    pub(crate) unsafe fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.check(&range);
        // SAFETY: inside the mapping, as just checked; that they are ours is the caller's promise.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(range.start), range.len()) }
    }

    /// Bytes that are ours to write.
    ///
    /// # Safety
    /// The protocol of the ring must have handed these bytes to us, until the slice is gone.
    ///
    /// # Panics
    /// If they do not lie inside.
    pub(crate) unsafe fn bytes_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        self.check(&range);
        // SAFETY: inside the mapping, as just checked; that they are ours is the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr().add(range.start), range.len()) }
    }

    fn check(&self, range: &Range<usize>) {
        assert!(
            range.start <= range.end && range.end <= self.bytes,
            "bytes {range:?} of a mapping of {}",
            self.bytes
        );
    }
}

const READ_WRITE: i32 = libc::PROT_READ | libc::PROT_WRITE;
/// Page faults in the middle of a scan would cost more than all pages now.
const NOW: i32 = libc::MAP_POPULATE;

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: exactly what `map` mapped; no reference outlives `self`.
        let _result = unsafe { libc::munmap(self.start.as_ptr().cast(), self.bytes) };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;

    #[test]
    fn pages_keep_what_is_written_and_refuse_what_lies_outside() {
        let mut pages = Mapping::anonymous(4_096).unwrap();
        // SAFETY: nobody else knows of these pages.
        unsafe { pages.bytes_mut(8..12) }.copy_from_slice(&7_u32.to_ne_bytes());
        assert_eq!(pages.word(8).load(Ordering::Relaxed), 7);
        for at in [4_093, 4_096, usize::MAX - 1, 2] {
            let outside = std::panic::catch_unwind(|| pages.word(at).load(Ordering::Relaxed));
            assert!(outside.is_err(), "{at}");
        }
    }
}
