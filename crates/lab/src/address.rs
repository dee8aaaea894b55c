//! Loopback addresses of the hosts: distinct, scattered, all inside 127.64.0.0/10.

use std::net::Ipv4Addr;

/// Addresses that can be dealt: all of 127.64.0.0/10 (22 bits).
pub(crate) const CAPACITY: u64 = 1 << SUFFIX_BITS;

/// The address of the `index`th host: an affine map with an odd factor permutes the 22 suffix bits.
pub(crate) fn address(seed: u64, index: u32) -> Ipv4Addr {
    let factor = (mix(seed) << 1) | 1;
    let shift = mix(seed ^ 0x5bd1_e995);
    let suffix = u64::from(index).wrapping_mul(factor).wrapping_add(shift) % CAPACITY;
    let suffix = u32::try_from(suffix).expect("22 bits fit");
    Ipv4Addr::from_bits(PREFIX | suffix)
}

/// SplitMix64's finaliser.
pub(crate) fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

const SUFFIX_BITS: u32 = 22;
const PREFIX: u32 = 0x7f40_0000;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn addresses_are_distinct_loopback_and_scattered() {
        for seed in [0, 1, u64::MAX] {
            let dealt: BTreeSet<_> = (0..20_000).map(|index| address(seed, index)).collect();
            assert_eq!(dealt.len(), 20_000);
            assert!(dealt.iter().all(Ipv4Addr::is_loopback));
            assert!(dealt.iter().all(|a| (64..128).contains(&a.octets()[1])));
            let networks: BTreeSet<_> = dealt.iter().map(|a| a.to_bits() >> 8).collect();
            assert!(networks.len() > 5_000, "{}", networks.len());
        }
        assert_ne!(address(1, 0), address(2, 0));
    }
}
