//! A set of numbers that takes two bytes for each where they lie thick enough, and never much more than that while it grows.
//!
//! Blocks of 2^16 numbers, as roaring bitmaps have them: a sorted list of the low halves, or a bit for each number once that is
//! smaller. Lists grow by an eighth and not to their double, which is what makes half the memory of a set of hundreds of
//! millions. Pages of blocks come into being with their first number.

use std::collections::BTreeMap;

/// Numbers, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct NumberSet {
    pages: BTreeMap<u64, Box<[Block]>>,
    count: u64,
    bytes: usize,
}

impl NumberSet {
    /// Adds a number; whether it is new.
    pub(crate) fn insert(&mut self, number: u64) -> bool {
        let Place { page, block, low } = Place::of(number);
        let page = self.pages.entry(page).or_insert_with(|| {
            self.bytes += PAGE_BLOCKS * size_of::<Block>();
            vec![Block::default(); PAGE_BLOCKS].into_boxed_slice()
        });
        let block = page.get_mut(block).expect("a place in a page");
        let before = block.heap_bytes();
        let is_new = block.insert(low);
        if is_new {
            self.bytes += block.heap_bytes();
            self.bytes -= before;
            self.count += 1;
        }
        is_new
    }

    /// Whether it has this number.
    #[inline]
    pub(crate) fn contains(&self, number: u64) -> bool {
        let Place { page, block, low } = Place::of(number);
        let block = self.pages.get(&page).and_then(|page| page.get(block));
        block.is_some_and(|block| block.contains(low))
    }

    /// How many numbers it has.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// How many bytes it has asked for.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Where a number belongs.
#[derive(Clone, Copy, Debug)]
struct Place {
    page: u64,
    block: usize,
    low: u16,
}

impl Place {
    #[inline]
    fn of(number: u64) -> Self {
        let [.., high, low] = number.to_be_bytes();
        let block = number >> BLOCK_BITS;
        Self {
            page: block >> PAGE_BITS,
            block: usize::try_from(block % (1 << PAGE_BITS)).expect("a small number"),
            low: u16::from_be_bytes([high, low]),
        }
    }
}

/// The low halves of numbers that share the high one.
#[derive(Clone, Debug)]
enum Block {
    /// In order.
    Few(Vec<u16>),
    /// A bit for each number.
    Many(Box<[u64; WORDS]>),
}

impl Default for Block {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Block {
    fn insert(&mut self, low: u16) -> bool {
        match self {
            Self::Few(list) => {
                let Err(at) = list.binary_search(&low) else {
                    return false;
                };
                if list.len() == MOST_LISTED {
                    *self = Self::Many(spread(list));
                    return self.insert(low);
                }
                if list.len() == list.capacity() {
                    list.reserve_exact((list.len() / 8).max(LEAST_GROWTH));
                }
                list.insert(at, low);
                true
            }
            Self::Many(words) => {
                let (at, bit) = bit_of(low);
                let word = words.get_mut(at).expect("2^10 words");
                let is_new = *word & bit == 0;
                *word |= bit;
                is_new
            }
        }
    }

    #[inline]
    fn contains(&self, low: u16) -> bool {
        match self {
            Self::Few(list) => list.binary_search(&low).is_ok(),
            Self::Many(words) => {
                let (at, bit) = bit_of(low);
                words.get(at).is_some_and(|word| word & bit != 0)
            }
        }
    }

    const fn heap_bytes(&self) -> usize {
        match self {
            Self::Few(list) => list.capacity() * size_of::<u16>(),
            Self::Many(_) => WORDS * size_of::<u64>(),
        }
    }
}

fn spread(list: &[u16]) -> Box<[u64; WORDS]> {
    let mut words = Box::new([0; WORDS]);
    for low in list {
        let (at, bit) = bit_of(*low);
        if let Some(word) = words.get_mut(at) {
            *word |= bit;
        }
    }
    words
}

#[inline]
fn bit_of(low: u16) -> (usize, u64) {
    (usize::from(low / 64), 1 << (low % 64))
}

/// A number's bits within its block.
const BLOCK_BITS: u32 = 16;

/// 2^22 numbers are a page: 1.5 kB, of which nearly all blocks are used where numbers come in order.
const PAGE_BITS: u32 = 6;
const PAGE_BLOCKS: usize = 1 << PAGE_BITS;

/// Words of a block with a bit for each number.
const WORDS: usize = (1 << BLOCK_BITS) / 64;

/// A list this long is as large as the bits.
const MOST_LISTED: usize = WORDS * size_of::<u64>() / size_of::<u16>();

/// A list grows by so many at least: 16 bytes are what allocators give in any case.
const LEAST_GROWTH: usize = 8;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn heap(set: &NumberSet) -> usize {
        let pages = set.pages.values();
        let blocks = pages.flat_map(|page| page.iter().map(Block::heap_bytes));
        blocks.sum::<usize>() + set.pages.len() * PAGE_BLOCKS * size_of::<Block>()
    }

    #[test]
    fn a_block_fills_up() {
        let mut set = NumberSet::default();
        let base = 5 << 40;
        // Odd factor: every number of the block once, in no order.
        let numbers = (0..1 << 16).map(|n: u64| base + n * 40_503 % (1 << 16));
        for (count, number) in (1..).zip(numbers) {
            assert!(!set.contains(number));
            assert!(set.insert(number) && !set.insert(number));
            assert!(set.contains(number));
            assert_eq!(set.count(), count);
        }
        assert_eq!(set.bytes(), heap(&set));
        assert_eq!(set.bytes(), 8192 + PAGE_BLOCKS * 24);
        for outside in [base - 1, base + (1 << 16), 0, u64::MAX] {
            assert!(!set.contains(outside));
        }
    }

    #[test]
    fn lists_grow_by_little() {
        let mut set = NumberSet::default();
        for number in 0..4_000 {
            set.insert(number * 16);
            let needed = usize::try_from(number + 1).expect("small") * 2;
            let lists = set.bytes() - PAGE_BLOCKS * 24;
            assert!(lists <= needed + needed / 8 + 16, "{number}: {lists}");
        }
    }

    proptest! {
        #[test]
        fn it_is_a_set(
            numbers in proptest::collection::vec(
                prop_oneof![0..200_u64, (1 << 22) - 50..(1 << 22) + 50_u64, any::<u64>()], 0..150),
        ) {
            let (mut set, mut model) = (NumberSet::default(), BTreeSet::new());
            for number in numbers {
                prop_assert_eq!(set.contains(number), model.contains(&number));
                prop_assert_eq!(set.insert(number), model.insert(number));
                prop_assert!(set.contains(number));
            }
            prop_assert_eq!(set.count(), u64::try_from(model.len()).expect("small"));
            prop_assert_eq!(set.bytes(), heap(&set));
        }
    }
}
