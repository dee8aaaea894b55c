//! Where a client's randoms, session ids, IVs and premaster secrets come from: a fast generator with a seed, because no secret hangs on it.

use std::cell::Cell;

use aws_lc_rs::rand;

/// SplitMix64 (Steele, Lea and Flood, 2014). Two clients with different seeds do not send the same randoms.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Seeded by the library, which is asked for many seeds at once: one call for each client would cost a hundredth of a probe.
    /// No seed follows from another.
    pub(crate) fn new() -> Self {
        thread_local! {
            static SEEDS: Cell<Vec<u64>> = const { Cell::new(Vec::new()) };
        }
        let mut seeds = SEEDS.take();
        if seeds.is_empty() {
            seeds = library_seeds();
        }
        let seed = seeds.pop().expect("there were some");
        SEEDS.set(seeds);
        Self::seeded(seed)
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next().to_be_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

fn library_seeds() -> Vec<u64> {
    let mut bytes = [0; 8 * SEEDS_AT_ONCE];
    rand::fill(&mut bytes).expect("the library has randomness");
    let (words, _) = bytes.as_chunks();
    words.iter().map(|word| u64::from_ne_bytes(*word)).collect()
}

const SEEDS_AT_ONCE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// The first outputs for seed 1234567 as the public-domain reference gives them.
    #[test]
    fn the_generator_gives_the_reference_sequence() {
        let mut random = Random::seeded(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973];
        assert_eq!([random.next(), random.next()], expected);
    }

    #[test]
    fn no_two_are_alike() {
        let mut all: Vec<_> = (0..1000).map(|_| Random::new().next()).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 1000);
    }

    #[test]
    fn any_length_can_be_filled() {
        let mut random = Random::new();
        let bytes: [u8; 13] = random.array();
        assert_ne!(bytes, [0; 13]);
    }
}
