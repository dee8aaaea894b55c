//! A seeded order over `0..size` that is computed, not stored: each number exactly once, from any place on, there and back.
//!
//! The number at a position is written in mixed radix as `left × height + right`, with `width × height` just above the size, and
//! goes through rounds that add to one half a keyed function of the other: a generalised Feistel network (Black and
//! Rogaway, “Ciphers with Arbitrary Finite Domains”, 2002). Each round can be undone, so the whole is a permutation of
//! `0..width × height`; what falls behind the size goes through it again until it does not (cycle walking, in the same paper), which
//! leaves a permutation of `0..size`. As `width × height - size < width`, that happens once in √size times.
//!
//! No product of two numbers of the size is ever taken, so nothing overflows at any size, and nothing in here knows of shards,
//! threads or rates: see [`Shard`](crate::Shard).

use std::ops::Range;

use pulp::Simd;
use pulp::WithSimd;

use crate::lanes::Batch;
use crate::lanes::LANES;
use crate::lanes::low;
use crate::lanes::widest;

/// A permutation of `0..size`, the same for the same size and seed wherever it is made.
///
/// Statistically even, not secret: who knows the seed knows the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permutation {
    size: u64,
    /// How many values the left half has.
    width: u64,
    /// How many the right half has; at most as many.
    height: u64,
    keys: [Key; ROUNDS],
}

/// A number as its two halves, both below 2^32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Halves {
    left: u64,
    right: u64,
}

/// What a round mixes into a half: two numbers below 2^32, the factor odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    mask: u64,
    factor: u64,
}

impl Permutation {
    /// The largest size there is an order for.
    pub const MAX_SIZE: u64 = 1 << 62;

    /// The order of `0..size` that belongs to this seed.
    ///
    /// # Errors
    /// [`TooLarge`] for more than [`MAX_SIZE`](Self::MAX_SIZE).
    pub fn new(size: u64, seed: u64) -> Result<Self, TooLarge> {
        if size > Self::MAX_SIZE {
            return Err(TooLarge);
        }
        let width = ceiling_root(size).max(1);
        let height = size.div_ceil(width).max(1);
        let mut state = seed;
        let keys = std::array::from_fn(|_| next_key(&mut state));
        Ok(Self { size, width, height, keys })
    }

    /// How many numbers there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The number at this position; `None` behind the end.
    pub fn at(&self, position: u64) -> Option<u64> {
        (position < self.size).then(|| self.forth(self.halves(position)))
    }

    /// Where this number stands; `None` where it is none of them.
    pub fn position(&self, number: u64) -> Option<u64> {
        (number < self.size).then(|| self.back(self.halves(number)))
    }

    /// The numbers at these positions, in their order; those behind the end are left out.
    pub fn walk(&self, positions: Range<u64>) -> Walk<'_> {
        let end = positions.end.min(self.size);
        let next = self.halves(positions.start.min(end));
        Walk { permutation: self, next, left: end.saturating_sub(positions.start) }
    }

    fn halves(&self, number: u64) -> Halves {
        Halves { left: number / self.height, right: number % self.height }
    }

    const fn number(&self, halves: Halves) -> u64 {
        halves.left * self.height + halves.right
    }

    fn forth(&self, mut halves: Halves) -> u64 {
        loop {
            for (to_left, to_right) in self.rounds() {
                halves.left = add(halves.left, draw(halves.right, to_left, self.width), self.width);
                halves.right =
                    add(halves.right, draw(halves.left, to_right, self.height), self.height);
            }
            let number = self.number(halves);
            if number < self.size {
                return number;
            }
        }
    }

    fn back(&self, mut halves: Halves) -> u64 {
        loop {
            for (to_left, to_right) in self.rounds().rev() {
                let drawn = draw(halves.left, to_right, self.height);
                halves.right = add(halves.right, self.height - drawn, self.height);
                let drawn = draw(halves.right, to_left, self.width);
                halves.left = add(halves.left, self.width - drawn, self.width);
            }
            let position = self.number(halves);
            if position < self.size {
                return position;
            }
        }
    }

    /// The keys in pairs.
    #[inline]
    fn rounds(&self) -> impl DoubleEndedIterator<Item = (Key, Key)> {
        let (pairs, _) = self.keys.as_chunks::<2>();
        pairs.iter().map(|[to_left, to_right]| (*to_left, *to_right))
    }
}

/// The numbers at consecutive positions.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    permutation: &'a Permutation,
    next: Halves,
    left: u64,
}

impl Walk<'_> {
    /// The next numbers; how many there are, fewer than the batch only at the end, behind which are others, none of them too large.
    ///
    /// Quicker than one after the other: each step is taken for all of them, in the processor's vectors.
    pub(crate) fn fill(&mut self, numbers: &mut Batch) -> usize {
        let count = usize::try_from(self.left).map_or(LANES, |left| left.min(LANES));
        if count == 0 {
            return 0;
        }
        let permutation = self.permutation;
        let halves = self.halves_of_next(count);
        let above = widest(Rounds { permutation, halves, numbers });
        if above > 0 {
            for number in numbers.iter_mut().filter(|number| **number >= permutation.size) {
                *number = permutation.forth(permutation.halves(*number));
            }
        }
        count
    }

    /// The halves of this many positions.
    fn halves_of_next(&mut self, count: usize) -> Start {
        let next = self.next;
        let lanes = u64::try_from(LANES).expect("a small number");
        if count == LANES && next.right + lanes < self.permutation.height {
            self.left -= lanes;
            self.next.right += lanes;
            return Start::InRow(next);
        }
        let mut halves = [next; LANES];
        halves.iter_mut().take(count).for_each(|halves| *halves = self.step());
        Start::Each(Box::new(halves))
    }

    /// The halves of the next position; to be called no more often than there are positions left.
    #[inline]
    fn step(&mut self) -> Halves {
        let halves = self.next;
        self.left -= 1;
        self.next.right += 1;
        if self.next.right == self.permutation.height {
            self.next = Halves { left: halves.left + 1, right: 0 };
        }
        halves
    }
}

impl Iterator for Walk<'_> {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        (self.left > 0).then(|| {
            let halves = self.step();
            self.permutation.forth(halves)
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match usize::try_from(self.left) {
            Ok(left) => (left, Some(left)),
            Err(_) => (usize::MAX, None),
        }
    }
}

/// The halves that a batch begins with.
enum Start {
    /// Those of consecutive positions, with the same left half.
    InRow(Halves),
    /// At a row's end.
    Each(Box<[Halves; LANES]>),
}

/// All rounds over a batch of halves, once: how many of the numbers are not below the size.
struct Rounds<'a> {
    permutation: &'a Permutation,
    halves: Start,
    numbers: &'a mut Batch,
}

impl WithSimd for Rounds<'_> {
    type Output = u64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> u64 {
        let Self { permutation, halves, numbers } = self;
        let (width, height) = (permutation.width, permutation.height);
        let (mut left, mut right) = match halves {
            Start::InRow(Halves { left, right }) => {
                ([left; LANES], IN_ROW.map(|lane| right + lane))
            }
            Start::Each(halves) => (halves.map(|it| it.left), halves.map(|it| it.right)),
        };
        for (to_left, to_right) in permutation.rounds() {
            for (left, right) in left.iter_mut().zip(&right) {
                *left = add(*left, draw(*right, to_left, width), width);
            }
            for (left, right) in left.iter().zip(&mut right) {
                *right = add(*right, draw(*left, to_right, height), height);
            }
        }
        for ((number, left), right) in numbers.iter_mut().zip(left).zip(right) {
            *number = low(left) * low(height) + right;
        }
        numbers.iter().map(|number| u64::from(*number >= permutation.size)).sum()
    }
}

/// How far each number of a batch is behind the first.
const IN_ROW: Batch = {
    let (mut lanes, mut lane) = ([0; LANES], 1);
    while lane < LANES {
        lanes[lane] = lanes[lane - 1] + 1;
        lane += 1;
    }
    lanes
};

/// More numbers than there is an order for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "more than 2^62 targets: nobody can visit so many; name fewer addresses or ports")
    }
}

impl std::error::Error for TooLarge {}

/// A sum modulo `modulus`, of a number below it and one not above it. Without a branch, so that it can be taken in vectors.
#[inline(always)]
const fn add(a: u64, b: u64, modulus: u64) -> u64 {
    let rest = (a + b).wrapping_sub(modulus);
    let short = (rest >> (u64::BITS - 1)).wrapping_neg();
    rest.wrapping_add(modulus & short)
}

/// A number below `below` that depends on all bits of `half` and `key`: both halves of a product folded onto each other (as
/// in Wang Yi's wyhash, with words of half the length: vectors multiply no longer ones), then the upper half of the product
/// with `below`.
#[inline(always)]
const fn draw(half: u64, key: Key, below: u64) -> u64 {
    let product = low(half ^ key.mask) * low(key.factor);
    let folded = product ^ (product >> 32);
    (low(folded) * low(below)) >> 32
}

/// SplitMix64 (Steele, Lea and Flood, “Fast Splittable Pseudorandom Number Generators”, 2014).
fn next_key(state: &mut u64) -> Key {
    *state = state.wrapping_add(GOLDEN_GAMMA);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(SPREAD_1);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(SPREAD_2);
    let mixed = mixed ^ (mixed >> 31);
    Key { mask: low(mixed), factor: mixed >> 32 | 1 }
}

/// The least number whose square is not below this one.
fn ceiling_root(number: u64) -> u64 {
    let floor = number.isqrt();
    if floor * floor == number { floor } else { floor + 1 }
}

/// Even. With four, the tests below see a pattern in spaces of a million.
const ROUNDS: usize = 6;
const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
/// The multipliers of SplitMix64's finaliser.
const SPREAD_1: u64 = 0xbf58_476d_1ce4_e5b9;
const SPREAD_2: u64 = 0x94d0_49bb_1331_11eb;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn permutation(size: u64, seed: u64) -> Permutation {
        Permutation::new(size, seed).expect("small enough")
    }

    #[test]
    fn each_number_once_at_every_small_size() {
        for size in 0..600 {
            for seed in 0..4 {
                let order = permutation(size, seed);
                let mut seen = vec![false; usize::try_from(size).expect("small")];
                for (position, number) in (0..).zip(order.walk(0..size)) {
                    assert_eq!(order.at(position), Some(number), "{size} {seed}");
                    assert_eq!(order.position(number), Some(position), "{size} {seed}");
                    let seen = &mut seen[usize::try_from(number).expect("small")];
                    assert!(!std::mem::replace(seen, true), "{number} twice: {size} {seed}");
                }
                assert!(seen.into_iter().all(|seen| seen), "{size} {seed}");
                assert_eq!((order.at(size), order.position(size)), (None, None));
            }
        }
    }

    proptest! {
        #[test]
        fn there_and_back_at_any_size(size in 1..=Permutation::MAX_SIZE, seed: u64, place: u64) {
            let order = permutation(size, seed);
            let position = place % size;
            let number = order.at(position).expect("inside");
            prop_assert!(number < size);
            prop_assert_eq!(order.position(number), Some(position));
            prop_assert_eq!(order.at(order.position(position).expect("inside")), Some(position));
        }

        #[test]
        fn a_walk_is_the_positions_one_by_one(
            size in 1..=Permutation::MAX_SIZE, seed: u64, start: u64, length in 0..200_u64,
        ) {
            let order = permutation(size, seed);
            let start = start % size;
            let walked: Vec<_> = order.walk(start..start + length).collect();
            let single: Vec<_> = (start..start + length).map_while(|at| order.at(at)).collect();
            prop_assert_eq!(&walked, &single);
            let (mut walk, mut filled) = (order.walk(start..start + length), Vec::new());
            let mut batch = [0; LANES];
            loop {
                let count = walk.fill(&mut batch);
                filled.extend_from_slice(&batch[..count]);
                if count < LANES {
                    break;
                }
            }
            prop_assert_eq!(filled, single);
        }
    }

    #[test]
    fn the_halves_always_hold_the_size_and_little_more() {
        for bits in 0..=62 {
            for size in [1_u64 << bits, (1 << bits) - 1, (1_u64 << bits) / 3 * 2 + 1] {
                let order = permutation(size, 0);
                let whole = order.width * order.height;
                assert!(size <= whole && whole - size <= order.width, "{size}");
                assert!(order.width < 1 << 32 && order.height <= order.width, "{size}");
            }
        }
        assert_eq!(Permutation::new(Permutation::MAX_SIZE + 1, 0), Err(TooLarge));
    }

    /// Runs that are gone on with and parts of one division count on it: a version that changes this says so in CHANGELOG.md.
    #[test]
    fn the_order_of_a_seed_does_not_change() {
        let first = |size, seed| permutation(size, seed).walk(0..4).collect::<Vec<_>>();
        assert_eq!(first(10, 1), FIRST_OF_10);
        assert_eq!(first((1 << 32) * 14, 7), FIRST_OF_ALL);
    }

    const FIRST_OF_10: [u64; 4] = [8, 5, 7, 2];
    const FIRST_OF_ALL: [u64; 4] = [25_669_115_056, 20_103_856_729, 55_827_028_107, 36_533_263_307];

    /// How far counts are from even ones, in standard deviations of chi-squared.
    fn unevenness(counts: &[u32]) -> f64 {
        let fields = f64::from(u32::try_from(counts.len()).expect("few"));
        let expected = f64::from(counts.iter().sum::<u32>()) / fields;
        let chi: f64 =
            counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
        (chi - (fields - 1.0)) / (2.0 * (fields - 1.0)).sqrt()
    }

    /// Where numbers fall, and where they fall a few positions later: 4,096 fields of a square. A scan that is stopped early is
    /// a sample, and neighbours in time are no neighbours in space.
    #[test]
    fn any_stretch_is_an_even_sample() {
        for (size, seed) in [(1 << 32, 1), ((1 << 32) * 14, 2), (3_700_000_003, 3), (1 << 20, 4)] {
            let order = permutation(size, seed);
            let field = |number: u64| {
                usize::try_from(u128::from(number) * 64 / u128::from(size)).expect("below 64")
            };
            for start in [0, size / 3] {
                let fields: Vec<_> = order.walk(start..start + SAMPLE).map(field).collect();
                for lag in [1, 2, 3, 16, 256, 1000] {
                    let mut counts = vec![0; 64 * 64];
                    for (now, later) in fields.iter().zip(fields.iter().skip(lag)) {
                        counts[now * 64 + later] += 1;
                    }
                    let unevenness = unevenness(&counts);
                    assert!(unevenness < 5.0, "{size} {seed} {start} {lag}: {unevenness}");
                }
            }
        }
    }

    const SAMPLE: u64 = 200_000;
}
