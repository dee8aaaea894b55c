//! Where a client's randoms, session ids, IVs and premaster secrets come from: a fast generator with a seed, because no secret hangs on it.

use aws_lc_rs::rand;

/// SplitMix64 (Steele, Lea and Flood, 2014). Two clients with different seeds do not send the same randoms.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Seeded by the operating system.
    pub(crate) fn new() -> Self {
        let mut seed = [0; 8];
        rand::fill(&mut seed).expect("the operating system has randomness");
        Self::seeded(u64::from_ne_bytes(seed))
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
    fn any_length_can_be_filled() {
        let mut random = Random::new();
        let bytes: [u8; 13] = random.array();
        assert_ne!(bytes, [0; 13]);
    }
}
