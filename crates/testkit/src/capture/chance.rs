//! Chance that comes out the same for the same seed.

/// A generator of numbers that only look random (SplitMix64): tests need repetition, not secrecy.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Starts at a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, of 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit that is not 0.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// A place in a list of that length, which is not 0.
    ///
    /// # Panics
    /// Never: what is below a `usize` is one.
    pub fn place(&mut self, length: usize) -> usize {
        let limit = u64::try_from(length).expect("a length has at most 64 bits");
        usize::try_from(self.below(limit)).expect("below a usize")
    }

    /// True that often in a thousand times.
    pub const fn permille(&mut self, often: u64) -> bool {
        self.below(1000) < often
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let draw = |seed| {
            let mut chance = Chance::new(seed);
            [chance.next(), chance.next(), chance.next()]
        };
        assert_eq!(draw(0), [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]);
        assert_ne!(draw(1), draw(2));
    }
}
