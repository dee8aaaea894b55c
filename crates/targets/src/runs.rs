//! The IPv4 addresses of a set by number, in as little memory as can be: what a look-up costs is the memory that it waits for.
//!
//! A run is a stretch of addresses without a gap. It begins at a rank, how many addresses of the set are before it, and lies at an
//! offset, how many addresses that are not in the set are before it: address = rank + offset. Both are counted in units, the
//! largest power of two that all runs begin and end at (256 for most tables of routes), and told as differences of 16 bits to
//! the first run of a [`Line`]. Twelve runs are a line of 64 bytes, one piece of a processor's cache; a table leads from a rank to
//! its line. A table of routes with 240,000 runs takes 1.2 MiB of lines and 1 MiB of table, and a look-up one look at each.

#[cfg(target_arch = "x86_64")]
mod compared;

use crate::address_set::Ranges;
use crate::lanes::Batch;
use crate::lanes::LANES;
use crate::lanes::low;

/// All runs of a set.
#[derive(Clone, Debug)]
pub(super) struct Runs {
    /// How many addresses there are.
    count: u64,
    /// Addresses in a unit: 2 to the power of this.
    unit_bits: u32,
    lines: Vec<Line>,
    /// For each stretch of 2^shift units the last line that begins at or before its start, and where the next one begins.
    table: Vec<(u32, u32)>,
    shift: u32,
}

/// Some runs behind each other.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Line {
    /// The ranks of the second to the last run, less the first one's. Behind them, in the fields of runs that it does not have,
    /// the next line's, or [`FAR`].
    ranks: [u16; RANKS],
    /// The first run's rank and its offset.
    rank: u32,
    offset: u32,
    /// The offsets of all runs, less the first one's.
    offsets: [u16; RUNS],
}

impl Runs {
    pub(super) fn new(ranges: &Ranges<u32>) -> Self {
        let ranges = ranges.as_slice();
        let borders = ranges.iter().flat_map(|(first, last)| [*first, last.wrapping_add(1)]);
        let unit_bits = borders.map(u32::trailing_zeros).fold(MOST_UNIT_BITS, u32::min);
        let mut building = Building::default();
        for (first, last) in ranges {
            building.add(first >> unit_bits, (u64::from(last - first) + 1) >> unit_bits);
        }
        let units = building.rank;
        let lines = building.finish();
        let fields = u64::try_from(FIELDS_PER_LINE * lines.len().max(1)).expect("in memory");
        let shift = (units / fields).checked_ilog2().unwrap_or(0).min(MOST_SHIFT);
        let table = if lines.is_empty() { Vec::new() } else { table(&lines, units, shift) };
        Self { count: units << unit_bits, unit_bits, lines, table, shift }
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// The address with this index, below the count.
    pub(super) fn address(&self, index: u64) -> u32 {
        let mut found = [0];
        self.find(&[index], &mut found, Line::passed);
        let [address] = found;
        address
    }

    /// The addresses with these indices; anything for one that is not below the count.
    #[inline]
    pub(super) fn addresses(&self, indices: &Batch, found: &mut [u32; LANES]) {
        if self.count == 0 {
            return;
        }
        #[cfg(target_arch = "x86_64")]
        if compared::find(self, indices, found) {
            return;
        }
        self.find(indices, found, Line::passed);
    }

    /// With a way to count the ranks of a line that are not above this one.
    #[inline(always)]
    fn find<const N: usize>(
        &self,
        indices: &[u64; N],
        found: &mut [u32; N],
        passed: impl Fn(&Line, u16) -> usize,
    ) {
        let last = self.count - 1;
        let (mut units, mut places, mut pasts) = ([0; N], [0_u32; N], [0_u16; N]);
        for ((unit, place), index) in units.iter_mut().zip(&mut places).zip(indices) {
            *unit = half(*index.min(&last)) >> self.unit_bits;
            let (line, next) = self.table[usize_of(*unit >> self.shift)];
            *place = line + u32::from(next <= *unit);
        }
        // A short loop of its own: as many lines as can be are waited for at once.
        for ((past, unit), place) in pasts.iter_mut().zip(&units).zip(&places) {
            *past = self.lines[usize_of(*place)].past(*unit);
        }
        for (lane, address) in found.iter_mut().enumerate() {
            let (unit, place) = (units[lane], places[lane]);
            let mut line = &self.lines[usize_of(place)];
            let mut run = passed(line, pasts[lane]);
            if run >= RUNS {
                line = self.line_behind(place, unit);
                run = passed(line, line.past(unit));
            }
            let within = half(indices[lane]) & ((1 << self.unit_bits) - 1);
            *address =
                (unit + line.offset + u32::from(line.offsets[run])) << self.unit_bits | within;
        }
    }

    /// Where a stretch of the table has more lines than the two that it knows.
    #[cold]
    fn line_behind(&self, place: u32, unit: u32) -> &Line {
        let behind = &self.lines[usize_of(place)..];
        let count = behind.iter().take_while(|line| line.rank <= unit).count();
        &behind[count - 1]
    }

    /// The index of this address; `None` where it is not in the set.
    pub(super) fn index(&self, address: u32) -> Option<u64> {
        let unit = address >> self.unit_bits;
        let behind = self.lines.partition_point(|line| line.rank + line.offset <= unit);
        let line = self.lines.get(behind.checked_sub(1)?)?;
        let next_line = self.lines.get(behind).map(|line| line.rank);
        let end = u64::from(next_line.unwrap_or(u32::MAX)).min(self.count >> self.unit_bits);
        let mut runs = line.runs().peekable();
        while let Some((rank, offset)) = runs.next() {
            let next = runs.peek().copied();
            if next.is_none_or(|(rank, offset)| unit < rank + offset) {
                let found = unit.checked_sub(offset)?;
                let end = next.map_or(end, |(rank, _)| rank.into());
                let within = address % (1 << self.unit_bits);
                let index = (u64::from(found) << self.unit_bits) + u64::from(within);
                return (found >= rank && u64::from(found) < end).then_some(index);
            }
        }
        None
    }
}

impl Line {
    /// How far a rank is behind the first run's, as far as a line can tell.
    #[inline(always)]
    fn past(&self, rank: u32) -> u16 {
        u16::try_from((rank - self.rank).min(u32::from(FAR - 1))).expect("below 2^16")
    }

    /// How many of the ranks are not above this one.
    #[inline(always)]
    fn passed(&self, rank: u16) -> usize {
        // A search by halves whose steps do not depend on their outcome. The fields behind the runs are all alike, so that
        // the last ones need no look.
        let mut passed = 0;
        for step in [8, 4, 2, 1] {
            passed += if self.ranks[passed + step - 1] <= rank { step } else { 0 };
        }
        passed
    }

    /// Rank and offset of each run.
    fn runs(&self) -> impl Iterator<Item = (u32, u32)> {
        let end = self.ranks[RANKS - 1];
        let ranks = self.ranks.iter().copied().take_while(move |rank| *rank != end);
        std::iter::once(0)
            .chain(ranks)
            .zip(self.offsets)
            .map(|(rank, offset)| (self.rank + u32::from(rank), self.offset + u32::from(offset)))
    }
}

/// Lines on the way.
#[derive(Default)]
struct Building {
    lines: Vec<Line>,
    /// Runs of the last line.
    runs: usize,
    /// Units so far.
    rank: u64,
}

impl Building {
    /// Adds a run of so many units that begins at this one.
    fn add(&mut self, first: u32, units: u64) {
        let rank = u32::try_from(self.rank).expect("there are 2^32 addresses");
        let offset = first - rank;
        let runs = self.runs;
        let fitting = self.lines.last_mut().filter(|_| runs < RUNS).and_then(|line| {
            let past = u16::try_from(rank - line.rank).ok().filter(|past| *past < FAR)?;
            Some((past, u16::try_from(offset - line.offset).ok()?, line))
        });
        if let Some((past, gaps, line)) = fitting {
            line.ranks[runs - 1] = past;
            line.offsets[runs] = gaps;
            self.runs += 1;
        } else {
            self.end_line(rank);
            self.lines.push(Line { ranks: [FAR; RANKS], rank, offset, offsets: [0; RUNS] });
            self.runs = 1;
        }
        self.rank += units;
    }

    /// The next line begins here.
    fn end_line(&mut self, rank: u32) {
        let runs = self.runs;
        if let Some(line) = self.lines.last_mut() {
            let past = u16::try_from(rank - line.rank).unwrap_or(FAR);
            line.ranks.iter_mut().skip(runs - 1).for_each(|field| *field = past);
        }
    }

    fn finish(mut self) -> Vec<Line> {
        self.lines.shrink_to_fit();
        self.lines
    }
}

fn table(lines: &[Line], units: u64, shift: u32) -> Vec<(u32, u32)> {
    let mut table = Vec::new();
    let mut place = 0;
    for field in 0..=units >> shift {
        let begins = |at: usize| lines.get(at).map(|line| u64::from(line.rank));
        while begins(place + 1).is_some_and(|rank| rank <= field << shift) {
            place += 1;
        }
        // No unit has the greatest number: all of IPv4 is 2^16 units.
        let next = lines.get(place + 1).map_or(u32::MAX, |line| line.rank);
        table.push((u32::try_from(place).expect("there are 2^32 addresses"), next));
    }
    table
}

/// An index of IPv4 is below 2^32.
#[inline(always)]
fn half(index: u64) -> u32 {
    u32::try_from(low(index)).expect("half a word")
}

fn usize_of(number: u32) -> usize {
    usize::try_from(number).expect("the runs are in memory")
}

/// Runs of a line: what 64 bytes have room for.
const RUNS: usize = 12;
/// Fields of ranks: a vector of 32 bytes.
const RANKS: usize = 16;
/// Farther behind a line's first rank than 16 bits can tell.
const FAR: u16 = u16::MAX;
/// With fewer a stretch of the table often has more lines than the two it knows, with more the table fits worse into a cache.
const FIELDS_PER_LINE: usize = 4;
/// A stretch of the table ends before [`FAR`], so that a line which is followed by one that far behind is the last it can mean.
const MOST_SHIFT: u32 = 15;
/// So that all of IPv4 is a line with few enough units.
const MOST_UNIT_BITS: u32 = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Each address of the set, found by number one by one.
    fn by_hand(ranges: &[(u32, u32)], mut index: u64) -> u32 {
        for (first, last) in ranges {
            let length = u64::from(last - first) + 1;
            match u32::try_from(index) {
                Ok(behind) if index < length => return first + behind,
                _ => index -= length,
            }
        }
        panic!("not in the set");
    }

    proptest! {
        /// Runs and gaps of very different length, in units of very different size: lines that end early, stretches of the
        /// table with many lines, and with none.
        #[test]
        fn numbers_and_addresses_go_there_and_back(
            pieces in proptest::collection::vec(
                (prop_oneof![1..3_u32, 1..100_000_u32], prop_oneof![4 => 1..3_u32, 1 => 1..100_000_u32]), 1..400),
            unit_bits in prop_oneof![Just(0), Just(3), Just(8)],
            probes in proptest::collection::vec(any::<u64>(), LANES * 3),
        ) {
            let (mut next, mut ranges) = (0_u32, Vec::new());
            for (gap, length) in pieces {
                let first = next + gap;
                let Some(end) = (first + length).checked_mul(1 << unit_bits) else { break };
                ranges.push((first << unit_bits, end - 1));
                next = first + length;
            }
            let runs = Runs::new(&Ranges::new(ranges.clone()));
            prop_assert!(runs.unit_bits >= unit_bits);
            let borders = (0..runs.lines.len()).map(|line| u64::from(runs.lines[line].rank) << runs.unit_bits);
            let around = borders.flat_map(|border| [border.saturating_sub(1), border, border + 1]);
            let numbers: Vec<u64> = around.chain(probes).map(|number| number % runs.count()).collect();
            for numbers in numbers.chunks(LANES) {
                let (mut batch, mut found) = ([u64::MAX; LANES], [0; LANES]);
                batch[..numbers.len()].copy_from_slice(numbers);
                runs.addresses(&batch, &mut found);
                for (number, address) in numbers.iter().zip(found) {
                    prop_assert_eq!(address, by_hand(&ranges, *number));
                    prop_assert_eq!(runs.address(*number), address, "without vectors");
                    prop_assert_eq!(runs.index(address), Some(*number));
                }
            }
            for (first, last) in ranges {
                prop_assert_eq!(first.checked_sub(1).and_then(|before| runs.index(before)), None);
                prop_assert_eq!(last.checked_add(1).and_then(|behind| runs.index(behind)), None);
            }
        }
    }

    /// What 16 bits can tell ends between these ranks, and stretches of the table end before.
    #[test]
    fn ranks_far_behind_a_line_s_first() {
        for far in [65_533, 65_534, 65_535, 65_536, 200_000] {
            for third in [1, far] {
                let second = far + 1;
                let last = second + third + 1;
                let ranges = vec![(0, far - 1), (second, second + third - 1), (last, u32::MAX - 1)];
                let runs = Runs::new(&Ranges::new(ranges.clone()));
                assert_eq!(runs.unit_bits, 0);
                let borders = [far, far + third, far + third + 32_768, 1 << 30, u32::MAX - 10];
                for index in borders.into_iter().flat_map(|border| [border - 1, border, border + 1])
                {
                    let (index, mut found) = (u64::from(index), [0; LANES]);
                    runs.addresses(&[index; LANES], &mut found);
                    let expected = by_hand(&ranges, index);
                    assert_eq!(
                        (found[0], runs.address(index)),
                        (expected, expected),
                        "{far} {index}"
                    );
                    assert_eq!(runs.index(expected), Some(index));
                }
            }
        }
    }

    #[test]
    fn everything_and_nothing() {
        let all = Runs::new(&Ranges::new(vec![(0, u32::MAX)]));
        assert_eq!(all.count(), 1 << 32);
        for address in [0, 1, 65_534 << 16, u32::MAX - 65_536, u32::MAX - 1, u32::MAX] {
            assert_eq!(all.index(address), Some(address.into()));
            assert_eq!(all.address(address.into()), address);
        }
        let none = Runs::new(&Ranges::default());
        assert_eq!((none.count(), none.index(0), none.index(u32::MAX)), (0, None, None));
        let mut found = [7; LANES];
        none.addresses(&[0; LANES], &mut found);
        assert_eq!(found, [7; LANES]);
        // One address less than everything is told in single addresses.
        let most = Runs::new(&Ranges::new(vec![(0, u32::MAX - 1)]));
        assert_eq!((most.count(), most.unit_bits), ((1 << 32) - 1, 0));
        assert_eq!(most.address((1 << 32) - 2), u32::MAX - 1);
        assert_eq!(most.index(u32::MAX), None);
    }
}
