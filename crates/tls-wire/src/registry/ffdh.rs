//! Finite fields that many servers share: the standards' and programs' own, recognised by the hash of their prime.

use sha2::Digest;
use sha2::Sha256;

use super::NamedGroup;
use super::ffdh_groups::GROUPS;

/// A finite field that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FfdhGroup {
    /// The stable name: standard or program, and bits.
    pub name: &'static str,
    /// Bits of the prime.
    pub bits: u16,
    /// Whether half of the prime, rounded down, is prime too, so that there are no small subgroups.
    pub is_safe: bool,
    /// SHA-256 of the prime without leading zeros.
    pub prime_sha256: [u8; 32],
}

impl FfdhGroup {
    /// Every field known, in order of the hash.
    pub const ALL: &'static [Self] = GROUPS;

    /// The field of this prime, leading zeros or not.
    pub fn of_prime(prime: &[u8]) -> Option<&'static Self> {
        let zeros = prime.iter().take_while(|byte| **byte == 0).count();
        let hash: [u8; 32] = Sha256::digest(prime.get(zeros..)?).into();
        let at = Self::ALL.binary_search_by_key(&hash, |group| group.prime_sha256).ok()?;
        Self::ALL.get(at)
    }

    /// The field of this code point (RFC 7919), whose name is the same.
    pub fn of_named(group: NamedGroup) -> Option<&'static Self> {
        let name = group.is_finite_field().then(|| group.name()).flatten()?;
        Self::ALL.iter().find(|known| known.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_point_of_a_field_leads_to_it() {
        for (code, name) in NamedGroup::ENTRIES {
            let found = FfdhGroup::of_named(NamedGroup(*code)).map(|group| group.name);
            assert_eq!(found, name.starts_with("ffdhe").then_some(*name));
        }
    }

    #[test]
    fn what_is_not_known_has_no_name() {
        for prime in [&b""[..], b"\0\0", b"\x17"] {
            assert_eq!(FfdhGroup::of_prime(prime), None);
        }
        assert!(FfdhGroup::ALL.is_sorted_by(|a, b| a.prime_sha256 < b.prime_sha256));
    }
}
