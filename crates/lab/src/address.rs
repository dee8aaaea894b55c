//! Addresses of the hosts: distinct, scattered, all inside one network of loopback or of one's own.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// Where a lab's hosts live. Nobody else's address can be one: only loopback and private networks (RFC 1918) are networks here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: Ipv4Addr,
    /// Bits that tell its hosts apart.
    bits: u32,
}

impl Network {
    /// 127.64.0.0/10: every machine has it, and no packet to it leaves.
    pub const LOOPBACK: Self = Self { first: Ipv4Addr::new(127, 64, 0, 0), bits: 22 };

    /// How many hosts have room.
    pub(crate) const fn capacity(self) -> u64 {
        1 << self.bits
    }

    /// The address of the `index`th host: an affine map with an odd factor permutes the bits behind the prefix.
    pub(crate) fn address(self, seed: u64, index: u32) -> Ipv4Addr {
        let factor = (mix(seed) << 1) | 1;
        let shift = mix(seed ^ 0x5bd1_e995);
        let suffix = u64::from(index).wrapping_mul(factor).wrapping_add(shift) % self.capacity();
        let suffix = u32::try_from(suffix).expect("32 bits at most");
        Ipv4Addr::from_bits(self.first.to_bits() | suffix)
    }
}

/// A prefix, as `10.7.0.0/16`.
impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let (first, length) = text.split_once('/').ok_or(NoNetwork)?;
        let first: Ipv4Addr = first.parse().map_err(|_| NoNetwork)?;
        let bits = length.parse::<u32>().ok().and_then(|length| 32_u32.checked_sub(length));
        let bits = bits.filter(|bits| (2..=24).contains(bits)).ok_or(NoNetwork)?;
        let last = first.to_bits() | ((1 << bits) - 1);
        let own = |addr: Ipv4Addr| addr.is_loopback() || addr.is_private();
        let aligned = first.to_bits().trailing_zeros() >= bits;
        let inside = own(first) && own(Ipv4Addr::from_bits(last));
        if aligned && inside { Ok(Self { first, bits }) } else { Err(NoNetwork) }
    }
}

/// Text that names no network a lab may live in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoNetwork;

impl fmt::Display for NoNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "not a network that a lab may live in; write a prefix of loopback or of a private network, from /8 to /30, like 10.7.0.0/16"
        )
    }
}

impl std::error::Error for NoNetwork {}

/// SplitMix64's finaliser.
pub(crate) fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn addresses_are_distinct_loopback_and_scattered() {
        let address = |seed, index| Network::LOOPBACK.address(seed, index);
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

    #[test]
    fn a_network_is_ones_own_and_filled_to_the_last_address() {
        let network: Network = "10.7.8.0/29".parse().expect("a network");
        let all: BTreeSet<_> = (0..8).map(|index| network.address(3, index)).collect();
        let expected: BTreeSet<_> = (0..8).map(|host| Ipv4Addr::new(10, 7, 8, host)).collect();
        assert_eq!(all, expected);
        assert_eq!("127.64.0.0/10".parse(), Ok(Network::LOOPBACK));
        for text in
            ["8.8.8.0/24", "10.0.0.0/7", "172.16.0.0/11", "10.7.0.1/16", "10.7.0.0", "10.7.0.0/31"]
        {
            assert_eq!(text.parse::<Network>(), Err(NoNetwork), "{text}");
        }
    }
}
