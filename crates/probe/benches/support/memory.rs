//! The memory of this process.

use std::fs;
use std::io;

/// A line of this process's `status` that counts kilobytes: `VmRSS`, or `VmHWM` for the most there ever was.
pub(crate) fn kilobytes(name: &str) -> io::Result<u64> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find(|line| line.starts_with(name));
    let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    number.ok_or_else(|| io::Error::other(format!("/proc/self/status: no {name}")))
}
