//! The IPv4 addresses of a set by number, in as little memory as can be: what a look-up costs is the memory that it waits for.
//!
//! A run is a stretch of addresses without a gap. It begins at a rank, how many addresses of the set are before it, and lies at an
//! offset, how many addresses that are not in the set are before it: address = rank + offset. Both are counted in units, the
//! largest power of two that all runs begin and end at (256 for most tables of routes), and told as differences of 16 bits to
//! the first run of a [`Line`]. Fourteen runs are a line of 64 bytes, one piece of a processor's cache; a table leads from a rank
//! to its line. A table of routes with 105,000 runs takes 480 kB of lines and 240 kB of table, and a look-up one look at each.

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

/// Some runs behind each other, in words of 16 bits so that half of it is a vector:
///
/// | words | |
/// |---|---|
/// | 0 to 13 | the ranks of the second run to the last, less the first one's; in all fields behind them the next line's, or [`FAR`] |
/// | 14 and 15 | the first run's rank, its lower half first |
/// | 16 to 29 | the offsets of all runs, less the first one's |
/// | 30 and 31 | the first run's offset, its lower half first |
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Line([u16; 32]);

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

    /// The addresses with these indices, below the count.
    #[inline]
    pub(super) fn addresses(&self, indices: &Batch, found: &mut [u32; LANES]) {
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
        let (table, lines) = (self.table.as_slice(), self.lines.as_slice());
        let (shift, unit_bits, within) = (self.shift, self.unit_bits, (1 << self.unit_bits) - 1);
        let (mut units, mut pasts) = ([0; N], [0_u16; N]);
        // First the line of each, and in its place then the address.
        for ((unit, place), index) in units.iter_mut().zip(&mut *found).zip(indices) {
            *unit = half(*index) >> unit_bits;
            let (line, next) = table[usize_of(*unit >> shift)];
            *place = line + u32::from(next <= *unit);
        }
        // A short loop of its own: as many lines as can be are waited for at once.
        for ((past, unit), place) in pasts.iter_mut().zip(&units).zip(&*found) {
            *past = lines[usize_of(*place)].past(*unit);
        }
        for (lane, address) in found.iter_mut().enumerate() {
            let (unit, place) = (units[lane], *address);
            let mut line = &lines[usize_of(place)];
            let mut run = passed(line, pasts[lane]);
            if run >= RUNS {
                line = line_behind(&lines[usize_of(place)..], unit);
                run = passed(line, line.past(unit));
            }
            let unit = unit + line.offset_of(run);
            *address = unit << unit_bits | half(indices[lane]) & within;
        }
    }

    /// The index of this address; `None` where it is not in the set.
    pub(super) fn index(&self, address: u32) -> Option<u64> {
        let unit = address >> self.unit_bits;
        let behind = self.lines.partition_point(|line| line.rank() + line.offset() <= unit);
        let line = self.lines.get(behind.checked_sub(1)?)?;
        let next_line = self.lines.get(behind).map(Line::rank);
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

/// Where a stretch of the table has more lines than the two that it knows: the last that begins at or before this unit.
#[cold]
fn line_behind(lines: &[Line], unit: u32) -> &Line {
    let count = lines.iter().take_while(|line| line.rank() <= unit).count();
    &lines[count - 1]
}

impl Line {
    /// Of one run.
    fn new(rank: u32, offset: u32) -> Self {
        let mut words = [0; 32];
        words[..RUNS].fill(FAR);
        [words[FIRST_RANK], words[FIRST_RANK + 1]] = halves(rank);
        [words[FIRST_OFFSET], words[FIRST_OFFSET + 1]] = halves(offset);
        Self(words)
    }

    /// The first run's rank.
    #[inline(always)]
    fn rank(&self) -> u32 {
        whole(self.0[FIRST_RANK], self.0[FIRST_RANK + 1])
    }

    /// The first run's offset.
    #[inline(always)]
    fn offset(&self) -> u32 {
        whole(self.0[FIRST_OFFSET], self.0[FIRST_OFFSET + 1])
    }

    /// The offset of a run of this line.
    #[inline(always)]
    fn offset_of(&self, run: usize) -> u32 {
        self.offset() + u32::from(self.0[OFFSETS + run])
    }

    /// How far a rank is behind the first run's, as far as a line can tell.
    #[inline(always)]
    fn past(&self, rank: u32) -> u16 {
        u16::try_from((rank - self.rank()).min(u32::from(FAR - 1))).expect("below 2^16")
    }

    /// How many of the ranks are not above this one.
    #[inline(always)]
    fn passed(&self, rank: u16) -> usize {
        self.0[..RUNS].iter().filter(|of_run| **of_run <= rank).count()
    }

    /// Adds the run of this number, from 1.
    fn add(&mut self, run: usize, past: u16, gaps: u16) {
        (self.0[run - 1], self.0[OFFSETS + run]) = (past, gaps);
    }

    /// The line has so many runs, and the next one's rank is this much farther.
    fn end(&mut self, runs: usize, past: u16) {
        self.0[runs - 1..RUNS].fill(past);
    }

    /// Rank and offset of each run.
    fn runs(&self) -> impl Iterator<Item = (u32, u32)> {
        let end = self.0[RUNS - 1];
        let ranks = self.0[..RUNS].iter().copied().take_while(move |rank| *rank != end);
        std::iter::once(0)
            .chain(ranks)
            .enumerate()
            .map(|(run, rank)| (self.rank() + u32::from(rank), self.offset_of(run)))
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
            let past = u16::try_from(rank - line.rank()).ok().filter(|past| *past < FAR)?;
            Some((past, u16::try_from(offset - line.offset()).ok()?, line))
        });
        if let Some((past, gaps, line)) = fitting {
            line.add(runs, past, gaps);
            self.runs += 1;
        } else {
            self.end_line(rank);
            self.lines.push(Line::new(rank, offset));
            self.runs = 1;
        }
        self.rank += units;
    }

    /// The next line begins here.
    fn end_line(&mut self, rank: u32) {
        let runs = self.runs;
        if let Some(line) = self.lines.last_mut() {
            line.end(runs, u16::try_from(rank - line.rank()).unwrap_or(FAR));
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
        let begins = |at: usize| lines.get(at).map(|line| u64::from(line.rank()));
        while begins(place + 1).is_some_and(|rank| rank <= field << shift) {
            place += 1;
        }
        // No unit has the greatest number: all of IPv4 is 2^16 units.
        let next = lines.get(place + 1).map_or(u32::MAX, Line::rank);
        table.push((u32::try_from(place).expect("there are 2^32 addresses"), next));
    }
    table
}

/// An index of IPv4 is below 2^32.
#[inline(always)]
fn half(index: u64) -> u32 {
    u32::try_from(low(index)).expect("half a word")
}

fn halves(word: u32) -> [u16; 2] {
    let [a, b, c, d] = word.to_le_bytes();
    [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])]
}

#[inline(always)]
fn whole(low: u16, high: u16) -> u32 {
    u32::from(high) << 16 | u32::from(low)
}

fn usize_of(number: u32) -> usize {
    usize::try_from(number).expect("the runs are in memory")
}

/// Runs of a line at most. One of its ranks is always the next line's.
const RUNS: usize = 14;
/// Where the parts of a line begin, behind the ranks.
const FIRST_RANK: usize = RUNS;
const OFFSETS: usize = FIRST_RANK + 2;
const FIRST_OFFSET: usize = OFFSETS + RUNS;
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
            let borders = (0..runs.lines.len()).map(|line| u64::from(runs.lines[line].rank()) << runs.unit_bits);
            let around = borders.flat_map(|border| [border.saturating_sub(1), border, border + 1]);
            let numbers: Vec<u64> = around.chain(probes).map(|number| number % runs.count()).collect();
            for numbers in numbers.chunks(LANES) {
                let (mut batch, mut found) = ([0; LANES], [0; LANES]);
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
        // One address less than everything is told in single addresses.
        let most = Runs::new(&Ranges::new(vec![(0, u32::MAX - 1)]));
        assert_eq!((most.count(), most.unit_bits), ((1 << 32) - 1, 0));
        assert_eq!(most.address((1 << 32) - 2), u32::MAX - 1);
        assert_eq!(most.index(u32::MAX), None);
    }
}
