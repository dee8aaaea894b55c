//! A plain file in memory, as long as nobody writes to it.
//!
//! Bytes of a mapped file that somebody cuts off are not there any more: touching them ends the process. So the file is mapped
//! only under a read lease (`fcntl(2)`): the kernel grants one where nobody has the file open for writing, holds back who wants to for
//! `/proc/sys/fs/lease-break-time` (45 seconds), and tells us meanwhile. A caller that rests for longer than that in the middle of a file
//! which somebody cuts is not saved: such a file is for [`CaptureReader::follow`](super::CaptureReader::follow).

use std::fs::File;
use std::io;
use std::io::Seek;
use std::io::SeekFrom;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;

use crate::mapping::Mapping;
use crate::socket::result;

/// How far is read before the lease is looked at again: a system call for every so many bytes is nothing.
const LOOK_EVERY: usize = 1_024 * 1_024;

/// A file in memory, and how far it was read.
#[derive(Debug)]
pub(super) struct Mapped {
    mapping: Mapping,
    lease: Lease,
    at: usize,
    looked_at: usize,
}

impl Mapped {
    /// Maps a file that is at its start; none that is empty, no file, or may change under us.
    pub(super) fn begin(file: &File) -> io::Result<Option<Self>> {
        let mut file = file.try_clone()?;
        if !file.metadata()?.is_file() || file.stream_position()? > 0 {
            return Ok(None);
        }
        let Some(lease) = Lease::take(file) else { return Ok(None) };
        // Only now is it sure not to change. What is empty or longer than memory can be is for reading.
        let bytes = usize::try_from(lease.file.metadata()?.len()).unwrap_or(0);
        let mapping =
            if bytes == 0 { None } else { Mapping::of_file(lease.file.as_fd(), bytes).ok() };
        Ok(mapping.map(|mapping| Self { mapping, lease, at: 0, looked_at: 0 }))
    }

    pub(super) fn unread(&self) -> &[u8] {
        self.bytes().get(self.at..).unwrap_or_default()
    }

    pub(super) fn offset(&self) -> u64 {
        u64::try_from(self.at).unwrap_or(u64::MAX)
    }

    pub(super) fn take(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// The bytes that were just taken.
    pub(super) fn taken(&self, bytes: usize) -> &[u8] {
        self.bytes().get(self.at - bytes..self.at).unwrap_or_default()
    }

    /// Whether still nobody else wants to write.
    pub(super) fn is_ours(&mut self) -> bool {
        if self.at - self.looked_at < LOOK_EVERY {
            return true;
        }
        self.looked_at = self.at;
        self.lease.is_ours()
    }

    /// The file, for reading on where we are, without the lease once this value is gone.
    pub(super) fn file_at_offset(&self) -> io::Result<File> {
        // Opened anew: a copy of the descriptor would keep the lease.
        let mut file = File::open(format!("/proc/self/fd/{}", self.lease.file.as_raw_fd()))?;
        file.seek(SeekFrom::Start(self.offset()))?;
        Ok(file)
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: under the lease nobody writes to the file or cuts it.
        unsafe { self.mapping.bytes(0..self.mapping.len()) }
    }
}

/// A file with a read lease.
#[derive(Debug)]
struct Lease {
    file: File,
}

impl Lease {
    /// Takes it: who opens the file for writing from now on waits for us. None where somebody has it open so, where the file
    /// is neither ours nor we are privileged, or its file system knows no leases.
    fn take(file: File) -> Option<Self> {
        let lease = Self { file };
        lease.control(libc::F_SETLEASE, libc::F_RDLCK).ok()?;
        // We ask; the signal that the kernel would send ends processes that do not expect it.
        lease.control(libc::F_SETOWN, 0).ok()?;
        Some(lease)
    }

    fn is_ours(&self) -> bool {
        self.control(libc::F_GETLEASE, 0).is_ok_and(|held| held == libc::F_RDLCK)
    }

    fn control(&self, question: i32, argument: i32) -> io::Result<i32> {
        // SAFETY: no memory is involved.
        result(unsafe { libc::fcntl(self.file.as_raw_fd(), question, argument) })
    }
}

impl Drop for Lease {
    /// Other descriptors of the same opening would keep it.
    fn drop(&mut self) {
        let _outcome = self.control(libc::F_SETLEASE, libc::F_UNLCK);
    }
}
