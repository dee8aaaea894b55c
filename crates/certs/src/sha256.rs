//! SHA-256 as a name for things: a certificate, a key, a list.

use std::fmt;

use sha2::Digest;

use crate::hexadecimal::digits;

/// A SHA-256 value, shown as lower-case hexadecimal.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut bytes = [0; 32];
        if digits.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let value = char::from(*digit).to_digit(16)?;
                *byte = *byte << 4 | u8::try_from(value).ok()?;
            }
        }
        Some(Self(bytes))
    }

    /// Its 64 digits as it is shown, in ASCII: rows hold it as text, and this needs no memory of its own.
    pub fn digits(&self) -> [u8; 64] {
        let mut text = [0; 64];
        let (pairs, _) = text.as_chunks_mut();
        for (pair, byte) in pairs.iter_mut().zip(self.0) {
            *pair = digits(byte);
        }
        text
    }

    /// The first 128 bits, enough to tell any certificates that exist apart.
    pub fn prefix(&self) -> u128 {
        let (prefix, _) = self.0.split_first_chunk().expect("32 bytes hold 16");
        u128::from_be_bytes(*prefix)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.digits()).expect("digits are ASCII"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answer_and_way_back() {
        // FIPS 180-2, appendix B.1.
        let hash = Sha256::of(b"abc");
        let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.to_string(), hex);
        assert_eq!(Sha256::from_hex(hex), Some(hash));
        assert_eq!(hash.prefix() >> 120, 0xba);
    }

    #[test]
    fn what_is_not_64_digits_is_no_hash() {
        for text in ["", "ba", &"g".repeat(64), &"é".repeat(32), &"0".repeat(65)] {
            assert_eq!(Sha256::from_hex(text), None, "{text}");
        }
    }
}
