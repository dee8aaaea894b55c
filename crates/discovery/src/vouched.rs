//! How many targets were asked on each port, of those that a checkpoint vouches for.

use std::collections::BTreeMap;

/// Counts by place in the list of ports, block by block: a block counts once everything before its end is vouched for.
///
/// A run that goes on from a checkpoint sends again what lies behind it, and counts that once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vouched {
    sums: Vec<u64>,
    /// Of blocks by their first position: its end, and how many of each port.
    waiting: BTreeMap<u64, (u64, Vec<u32>)>,
}

impl Vouched {
    /// With what an earlier start of the run counted.
    pub(crate) fn new(ports: usize, before: &[u64]) -> Self {
        let mut sums = before.to_vec();
        sums.resize(ports, 0);
        Self { sums, waiting: BTreeMap::new() }
    }

    /// Notes what a block came to when it was sent for the first time; a part of it that was sent before counts once.
    pub(crate) fn note(&mut self, start: u64, end: u64, asked: &[u32]) {
        let (known_end, known) =
            self.waiting.entry(start).or_insert_with(|| (end, vec![0; self.sums.len()]));
        *known_end = end.max(*known_end);
        for (known, asked) in known.iter_mut().zip(asked) {
            *known += asked;
        }
    }

    /// Adds up all blocks that end at or before this position.
    pub(crate) fn up_to(&mut self, position: u64) -> &[u64] {
        while let Some(block) = self.waiting.first_entry()
            && block.get().0 <= position
        {
            let (_, (_, asked)) = block.remove_entry();
            for (sum, asked) in self.sums.iter_mut().zip(asked) {
                *sum += u64::from(asked);
            }
        }
        &self.sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_count_in_order_and_once() {
        let mut vouched = Vouched::new(2, &[100, 7]);
        vouched.note(8, 16, &[5, 3]);
        vouched.note(0, 8, &[2, 1]);
        vouched.note(0, 8, &[2, 3]);
        assert_eq!(vouched.up_to(7), [100, 7]);
        assert_eq!(vouched.up_to(8), [104, 11]);
        assert_eq!(vouched.up_to(8), [104, 11]);
        assert_eq!(vouched.up_to(99), [109, 14]);
    }
}
