//! How many targets were asked on each port, of those that a checkpoint vouches for.

use std::collections::BTreeMap;
use std::ops::Range;

/// Counts by place in the list of ports, block by block: a block counts once everything before its end is vouched for.
///
/// A run that goes on from a checkpoint sends again what lies behind it, and counts that once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vouched {
    sums: Vec<u64>,
    /// Of blocks by their first position.
    waiting: BTreeMap<u64, Block>,
}

/// What a block came to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    end: u64,
    /// Places of ports, and how many of each: a block is much smaller than the list of all ports.
    asked: Vec<(usize, u32)>,
}

impl Vouched {
    /// With what an earlier start of the run counted.
    pub(crate) fn new(ports: usize, before: &[u64]) -> Self {
        let mut sums = before.to_vec();
        sums.resize(ports, 0);
        Self { sums, waiting: BTreeMap::new() }
    }

    /// Notes what a block came to when it was sent for the first time.
    pub(crate) fn note(&mut self, positions: Range<u64>, asked: &[u32]) {
        let asked = asked.iter().copied().enumerate().filter(|(_, asked)| *asked > 0).collect();
        self.waiting.insert(positions.start, Block { end: positions.end, asked });
    }

    /// Adds up all blocks that end at or before this position. A block that it lies in counts in part: `count` adds that part's.
    pub(crate) fn up_to(
        &mut self,
        position: u64,
        count: impl FnOnce(Range<u64>, &mut [u64]),
    ) -> Vec<u64> {
        while let Some(block) = self.waiting.first_entry()
            && block.get().end <= position
        {
            for (place, asked) in block.remove().asked {
                if let Some(sum) = self.sums.get_mut(place) {
                    *sum += u64::from(asked);
                }
            }
        }
        let mut sums = self.sums.clone();
        if let Some((start, _)) = self.waiting.first_key_value()
            && *start < position
        {
            count(*start..position, &mut sums);
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_count_in_order_and_once() {
        let mut vouched = Vouched::new(2, &[100, 7]);
        vouched.note(8..16, &[5, 3]);
        vouched.note(0..8, &[0, 4]);
        let no_part = |_: Range<u64>, _: &mut [u64]| panic!("no block in part");
        assert_eq!(vouched.up_to(0, no_part), [100, 7]);
        assert_eq!(vouched.up_to(8, no_part), [100, 11]);
        assert_eq!(vouched.up_to(8, no_part), [100, 11]);
        let part = vouched.up_to(11, |positions, sums: &mut [u64]| {
            assert_eq!(positions, 8..11);
            sums[1] += 3;
        });
        assert_eq!(part, [100, 14]);
        assert_eq!(vouched.up_to(99, no_part), [105, 14]);
    }
}
