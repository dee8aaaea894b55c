//! One of several equal parts of a scan, by arithmetic on positions alone.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// Shard `number` of `of`, as `--shard 1/4` says it: a stretch of the positions of a [`Permutation`](crate::Permutation), and
/// so an even sample of its numbers.
///
/// Which positions it has depends on nothing else: not on rate, threads, retries or what was resumed. All shards of
/// one division together have each position once, and differ by one in length at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: u32,
    of: u32,
}

impl Shard {
    /// All there is.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// The shard with this number, from 1; `None` where there is no such.
    pub const fn new(number: u32, of: u32) -> Option<Self> {
        if number == 0 || number > of { None } else { Some(Self { number, of }) }
    }

    /// Its number, from 1.
    pub const fn number(self) -> u32 {
        self.number
    }

    /// How many there are.
    pub const fn of(self) -> u32 {
        self.of
    }

    /// Its positions among `size`.
    pub fn positions(self, size: u64) -> Range<u64> {
        let bound = |number: u32| {
            let bound = u128::from(size) * u128::from(number) / u128::from(self.of);
            u64::try_from(bound).expect("a part of a size is not above it")
        };
        bound(self.number - 1)..bound(self.number)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = NoShard;

    fn from_str(text: &str) -> Result<Self, NoShard> {
        let (number, of) = text.split_once('/').ok_or(NoShard)?;
        let (number, of) = (number.parse().ok(), of.parse().ok());
        number.zip(of).and_then(|(number, of)| Self::new(number, of)).ok_or(NoShard)
    }
}

/// Text that names no shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoShard;

impl fmt::Display for NoShard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a shard; write 1/4 for the first of four, up to 4/4")
    }
}

impl std::error::Error for NoShard {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Permutation;

    proptest! {
        #[test]
        fn shards_are_the_whole_and_overlap_nowhere(size: u64, of in 1..5_000_u32) {
            let mut end = 0;
            for number in 1..=of {
                let positions = Shard::new(number, of).expect("exists").positions(size);
                prop_assert_eq!(positions.start, end);
                prop_assert!((positions.end - positions.start).abs_diff(size / u64::from(of)) <= 1);
                end = positions.end;
            }
            prop_assert_eq!(end, size);
        }

        /// Stopped and resumed anywhere, by any number of workers that take turns of any length.
        #[test]
        fn every_number_once_whatever_happens(
            size in 1..5_000_u64, seed: u64, of in 1..7_u32, turn in 1..97_u64,
        ) {
            let order = Permutation::new(size, seed).expect("small");
            let mut seen = vec![0_u8; usize::try_from(size).expect("small")];
            for number in 1..=of {
                let Range { mut start, end } = Shard::new(number, of).expect("exists").positions(size);
                while start < end {
                    let stop = end.min(start + turn);
                    for number in order.walk(start..stop) {
                        seen[usize::try_from(number).expect("small")] += 1;
                    }
                    start = stop;
                }
            }
            prop_assert!(seen.iter().all(|times| *times == 1));
        }
    }

    #[test]
    fn shards_are_written_as_fractions() {
        let shard: Shard = "2/3".parse().expect("a shard");
        assert_eq!((shard.to_string().as_str(), shard.positions(10)), ("2/3", 3..6));
        for text in ["0/3", "4/3", "1/0", "1", "a/b", "1/2/3", "-1/2", ""] {
            assert_eq!(text.parse::<Shard>(), Err(NoShard), "{text}");
        }
        assert_eq!(Shard::WHOLE.positions(u64::MAX), 0..u64::MAX);
    }
}
