//! SipHash-1-3 with 128 bits, of messages that are words already.
//!
//! Aumasson and Bernstein, *SipHash: a fast short-input PRF* (INDOCRYPT 2012), and the authors' reference code for the longer
//! output. Each frame has one such hash, and a hasher that takes bytes as they come spends more on them than on the rounds.

/// A key as the state that each hash begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sip([u64; 4]);

impl Sip {
    pub(crate) fn new([first, second]: [u64; 2]) -> Self {
        Self([
            first ^ 0x736f_6d65_7073_6575,
            // The longer output has a state of its own.
            second ^ 0x646f_7261_6e64_6f6d ^ 0xee,
            first ^ 0x6c79_6765_6e65_7261,
            second ^ 0x7465_6462_7974_6573,
        ])
    }

    /// Hashes whole words and four bytes behind them, all of them little-endian.
    #[inline]
    pub(crate) fn hash<const WORDS: usize>(&self, words: [u64; WORDS], tail: u32) -> [u64; 2] {
        let mut state = self.0;
        for word in words {
            state = absorbed(state, word);
        }
        let [v0, v1, v2, v3] = absorbed(state, u64::from(tail) | (length(WORDS * 8 + 4) << 56));
        let [v0, v1, v2, v3] = finished([v0, v1, v2 ^ 0xee, v3]);
        let first = v0 ^ v1 ^ v2 ^ v3;
        let [v0, v1, v2, v3] = finished([v0, v1 ^ 0xdd, v2, v3]);
        [first, v0 ^ v1 ^ v2 ^ v3]
    }
}

/// The last byte of a message is its length.
const fn length(bytes: usize) -> u64 {
    let [low, ..] = bytes.to_le_bytes();
    u64::from_le_bytes([low, 0, 0, 0, 0, 0, 0, 0])
}

#[inline]
fn absorbed([v0, v1, v2, v3]: [u64; 4], word: u64) -> [u64; 4] {
    let [v0, v1, v2, v3] = round([v0, v1, v2, v3 ^ word]);
    [v0 ^ word, v1, v2, v3]
}

#[inline]
fn finished(state: [u64; 4]) -> [u64; 4] {
    round(round(round(state)))
}

#[inline]
fn round([mut v0, mut v1, mut v2, mut v3]: [u64; 4]) -> [u64; 4] {
    v0 = v0.wrapping_add(v1);
    v2 = v2.wrapping_add(v3);
    v1 = v1.rotate_left(13) ^ v0;
    v3 = v3.rotate_left(16) ^ v2;
    v0 = v0.rotate_left(32);
    v2 = v2.wrapping_add(v1);
    v0 = v0.wrapping_add(v3);
    v1 = v1.rotate_left(17) ^ v2;
    v3 = v3.rotate_left(21) ^ v0;
    v2 = v2.rotate_left(32);
    [v0, v1, v2, v3]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use siphasher::sip128::SipHasher13;

    use super::*;

    fn theirs(key: [u64; 2], words: &[u64], tail: u32) -> [u64; 2] {
        let mut message: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        message.extend(tail.to_le_bytes());
        let hash = SipHasher13::new_with_keys(key[0], key[1]).hash(&message);
        [hash.h1, hash.h2]
    }

    proptest! {
        #[test]
        fn it_is_the_hash_of_a_library(key: [u64; 2], word: u64, words: [u64; 4], tail: u32) {
            let sip = Sip::new(key);
            prop_assert_eq!(sip.hash([word], tail), theirs(key, &[word], tail));
            prop_assert_eq!(sip.hash(words, tail), theirs(key, &words, tail));
        }
    }
}
