//! Widening of numbers, said once.

/// A length of 32 bits as one of memory.
pub(crate) fn usize_from(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// A length of memory as a counter.
pub(crate) fn u64_from(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// A length of memory as one of 32 bits; what is longer than that is no packet.
pub(crate) fn u32_from(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
