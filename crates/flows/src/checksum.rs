//! The internet checksum (RFC 1071).

use crate::endpoints::Addresses;
use crate::number::u32_from;

/// True where the checksum of an IPv4 header is right.
pub(crate) fn is_right_header(header: &[u8]) -> bool {
    folded(sum(header)) == ALL_ONES
}

/// True where the checksum of a TCP segment is right, its pseudo-header (RFC 9293, section 3.1; RFC 8200, section 8.1) with it.
pub(crate) fn is_right_segment(addresses: &Addresses, segment: &[u8]) -> bool {
    let pseudo = match addresses {
        Addresses::V4 { source, destination } => sum(source) + sum(destination),
        Addresses::V6 { source, destination } => sum(source) + sum(destination),
    };
    let length = u64::from(u32_from(segment.len()));
    folded(pseudo + u64::from(crate::unwrap::TCP) + length + sum(segment)) == ALL_ONES
}

/// The checksum to be written over a header whose field holds 0.
pub(crate) fn of_header(header: &[u8]) -> u16 {
    !folded(sum(header))
}

fn sum(bytes: &[u8]) -> u64 {
    let mut pairs = bytes.chunks_exact(2);
    let whole: u64 = pairs
        .by_ref()
        .map(|pair| pair.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
        .sum();
    let odd: u64 = pairs.remainder().iter().map(|byte| u64::from(*byte) << 8).sum();
    whole + odd
}

fn folded(mut sum: u64) -> u16 {
    while sum > u64::from(ALL_ONES) {
        sum = (sum & u64::from(ALL_ONES)) + (sum >> 16);
    }
    u16::try_from(sum).unwrap_or(ALL_ONES)
}

const ALL_ONES: u16 = 0xffff;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_checked() {
        // The example of Wikipedia's article on the header's checksum: 0xb861.
        let mut header = [
            0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0xb8, 0x61, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8,
            0, 0xc7,
        ];
        assert!(is_right_header(&header));
        header[10] = 0;
        header[11] = 0;
        assert_eq!(of_header(&header), 0xb861);
        header[3] ^= 1;
        assert_ne!(of_header(&header), 0xb861);
    }

    #[test]
    fn an_odd_byte_stands_for_a_pair() {
        assert_eq!(of_header(&[1, 2, 3]), of_header(&[1, 2, 3, 0]));
        assert_eq!(of_header(&[]), 0xffff);
    }
}
