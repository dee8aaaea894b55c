//! What a direction remembers of segments that were handed over, so that another content is noticed when they come again.

use crate::number::u32_from;

/// The last segments, each by its sequence number and a check of its first bytes.
///
/// Bytes that were handed over are gone; to keep them would cost a flow thousands of bytes. What comes again mostly comes in the
/// same pieces, and who forges a segment forges its beginning.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory([Mark; REMEMBERED]);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    sequence: u32,
    /// A hash above, the number of bytes it is of below.
    check: u32,
}

impl Memory {
    /// Remembers a segment, and forgets the oldest.
    #[inline]
    pub(crate) fn keep(&mut self, sequence: u32, bytes: &[u8]) {
        self.0.rotate_right(1);
        if let Some(first) = self.0.first_mut() {
            *first = Mark { sequence, check: check(bytes) };
        }
    }

    /// True where a segment that begins here was of another content, as far as that is remembered.
    pub(crate) fn contradicts(&self, sequence: u32, bytes: &[u8]) -> bool {
        let known = |mark: &&Mark| mark.sequence == sequence && mark.check & LENGTH != 0;
        self.0.iter().find(known).is_some_and(|mark| {
            let length = usize::try_from(mark.check & LENGTH).unwrap_or(0);
            bytes.get(..length).is_some_and(|beginning| check(beginning) != mark.check)
        })
    }
}

/// Of the first bytes of a segment.
#[inline]
fn check(bytes: &[u8]) -> u32 {
    let beginning = bytes.get(..CHECKED).unwrap_or(bytes);
    let mut words = beginning.chunks_exact(8);
    let mut hash = 0_u64;
    for word in words.by_ref() {
        let word = word.first_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        hash = (hash.rotate_left(5) ^ word).wrapping_mul(MULTIPLIER);
    }
    for byte in words.remainder() {
        hash = (hash.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(MULTIPLIER);
    }
    let hash = u32::try_from(hash >> 32).unwrap_or(0);
    hash & !LENGTH | u32_from(beginning.len())
}

/// Segments of a direction that are remembered, eight bytes each.
const REMEMBERED: usize = 4;

/// Bytes of each that are checked.
const CHECKED: usize = 64;

/// The bits of a check that say how many.
const LENGTH: u32 = 0x7f;

/// An odd number without pattern: the golden ratio's digits.
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_content_is_noticed_as_far_as_it_is_remembered() {
        let long = [7; 100];
        let mut changed = long;
        changed[3] = 8;
        let mut changed_behind = long;
        changed_behind[80] = 8;
        let mut memory = Memory::default();
        memory.keep(10, b"hello");
        memory.keep(15, &long);
        let cases: [(u32, &[u8], bool); 10] = [
            (10, b"hello", false),
            (10, b"jello", true),
            (10, b"hello and more", false),
            (10, b"jello and more", true),
            (10, b"jell", false),
            (11, b"xxxx", false),
            (15, &long, false),
            (15, &changed, true),
            (15, &changed_behind, false),
            (0, b"nothing", false),
        ];
        for (sequence, bytes, expected) in cases {
            assert_eq!(memory.contradicts(sequence, bytes), expected, "{sequence} {bytes:?}");
        }
        (0..4).for_each(|more| memory.keep(200 + more, b"x"));
        assert!(!memory.contradicts(10, b"jello"));
    }
}
