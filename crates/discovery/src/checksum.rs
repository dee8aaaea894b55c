//! The Internet checksum (RFC 1071) as a sum that fields are added to.

/// A sum of 16-bit words that has not been folded yet.
///
/// As 2^16 is 1 modulo 2^16 - 1, words of 32 bits go in as they are, and the carries of 64 bits leave room for more fields than
/// any frame has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum(u64);

impl Sum {
    /// With these bytes, from an even place on; an odd one at the end has a zero behind it.
    #[must_use]
    pub(crate) fn bytes(self, bytes: &[u8]) -> Self {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let sum = pairs.iter().fold(self, |sum, pair| sum.short(u16::from_be_bytes(*pair)));
        rest.iter().fold(sum, |sum, byte| sum.short(u16::from_be_bytes([*byte, 0])))
    }

    /// With a field of 16 bits, at an even place.
    #[inline]
    #[must_use]
    pub(crate) fn short(self, field: u16) -> Self {
        Self(self.0 + u64::from(field))
    }

    /// With a field of 32 bits, at an even place.
    #[inline]
    #[must_use]
    pub(crate) fn long(self, field: u32) -> Self {
        Self(self.0 + u64::from(field))
    }

    /// With a field of 128 bits, at an even place.
    #[inline]
    #[must_use]
    pub(crate) fn octets(self, field: [u8; 16]) -> Self {
        let (words, _) = field.as_chunks::<4>();
        words.iter().fold(self, |sum, word| sum.long(u32::from_be_bytes(*word)))
    }

    /// With another sum.
    #[inline]
    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    /// What goes into the header: the complement of the sum, folded to 16 bits.
    #[inline]
    pub(crate) fn checksum(self) -> [u8; 2] {
        let mut sum = (self.0 >> 32) + (self.0 & 0xffff_ffff);
        // 33 bits, then 18, then 17, then 16
        for _ in 0..3 {
            sum = (sum >> 16) + (sum & 0xffff);
        }
        let [.., high, low] = (!sum).to_be_bytes();
        [high, low]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As RFC 1071 section 4.1 does it.
    fn slowly(bytes: &[u8]) -> [u8; 2] {
        let mut sum: u32 = 0;
        for pair in bytes.chunks(2) {
            sum += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
            if sum > 0xffff {
                sum -= 0xffff;
            }
        }
        u16::try_from(!sum & 0xffff).expect("16 bits").to_be_bytes()
    }

    #[test]
    fn the_example_of_rfc_1071() {
        let sum = Sum::default().bytes(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
        assert_eq!(sum.checksum(), [!0xdd, !0xf2]);
    }

    proptest! {
        #[test]
        fn fields_of_any_width_are_their_bytes(
            bytes in proptest::collection::vec(any::<u8>(), 1..80), long: u32, octets: [u8; 16],
        ) {
            prop_assert_eq!(Sum::default().bytes(&bytes).checksum(), slowly(&bytes));
            let whole = [&long.to_be_bytes(), octets.as_slice(), &bytes].concat();
            let parts = Sum::default().long(long).octets(octets);
            prop_assert_eq!(Sum::default().bytes(&bytes).plus(parts).checksum(), slowly(&whole));
        }

        #[test]
        fn no_sum_is_too_large_to_fold(sum: u64) {
            let sum = sum >> 1;
            let words = sum.to_be_bytes();
            prop_assert_eq!(Sum(sum).checksum(), slowly(&words));
        }
    }
}
