//! Sets of addresses as sorted ranges: united, subtracted, counted.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use ipnet::IpNet;

/// An address as a number.
pub(crate) trait Address: Copy + Ord + std::fmt::Debug {
    /// The one after it; `None` after the last.
    fn successor(self) -> Option<Self>;
    /// The one before it; `None` before the first.
    fn predecessor(self) -> Option<Self>;
    /// How many addresses from `first` to here, less one.
    fn distance(self, first: Self) -> u128;
}

impl Address for u32 {
    fn successor(self) -> Option<Self> {
        self.checked_add(1)
    }
    fn predecessor(self) -> Option<Self> {
        self.checked_sub(1)
    }
    fn distance(self, first: Self) -> u128 {
        u128::from(self - first)
    }
}

impl Address for u128 {
    fn successor(self) -> Option<Self> {
        self.checked_add(1)
    }
    fn predecessor(self) -> Option<Self> {
        self.checked_sub(1)
    }
    fn distance(self, first: Self) -> u128 {
        self - first
    }
}

/// Addresses of one family: ranges, both ends inside, in order, apart by at least one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ranges<A>(Vec<(A, A)>);

impl<A> Default for Ranges<A> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<A: Address> Ranges<A> {
    /// Of ranges in any order, overlapping or not; one whose end is before its start is empty.
    pub(crate) fn new(mut ranges: Vec<(A, A)>) -> Self {
        ranges.retain(|(first, last)| first <= last);
        ranges.sort_unstable();
        let mut merged: Vec<(A, A)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some((_, end)) if end.successor().is_none_or(|next| first <= next) => {
                    *end = last.max(*end);
                }
                _ => merged.push((first, last)),
            }
        }
        merged.shrink_to_fit();
        Self(merged)
    }

    pub(crate) fn as_slice(&self) -> &[(A, A)] {
        &self.0
    }

    fn union(&self, other: &Self) -> Self {
        Self::new([self.as_slice(), other.as_slice()].concat())
    }

    fn minus(&self, other: &Self) -> Self {
        let mut left = Vec::with_capacity(self.0.len());
        let mut holes = other.0.iter().peekable();
        for &(first, last) in &self.0 {
            let mut first = Some(first);
            while let (Some(start), Some(&&(hole, hole_end))) = (first, holes.peek()) {
                if hole > last {
                    break;
                }
                if let Some(before) = hole.predecessor().filter(|before| start <= *before) {
                    left.push((start, before));
                }
                first = match hole_end.successor() {
                    Some(next) if hole_end >= start => (next <= last).then_some(next),
                    Some(_) => Some(start),
                    None => None,
                };
                // A hole that reaches over the end may cut the next range too.
                if hole_end <= last {
                    holes.next();
                }
            }
            left.extend(first.map(|start| (start, last)));
        }
        Self(left)
    }

    fn contains(&self, address: A) -> bool {
        let behind = self.0.partition_point(|(first, _)| *first <= address);
        behind
            .checked_sub(1)
            .and_then(|at| self.0.get(at))
            .is_some_and(|(_, last)| address <= *last)
    }

    fn count(&self) -> u128 {
        let lengths = self.0.iter().map(|(first, last)| last.distance(*first).saturating_add(1));
        lengths.fold(0, u128::saturating_add)
    }
}

/// Addresses of both families.
///
/// IPv4-mapped IPv6 addresses are IPv6 addresses here: who reads a list has made them canonical.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressSet {
    pub(crate) v4: Ranges<u32>,
    pub(crate) v6: Ranges<u128>,
}

impl AddressSet {
    /// What is in one of them or both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    /// What is in this one and not in the other.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self { v4: self.v4.minus(&other.v4), v6: self.v6.minus(&other.v6) }
    }

    /// Whether it has this address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.contains(address.to_bits()),
            IpAddr::V6(address) => self.v6.contains(address.to_bits()),
        }
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.v4.0.is_empty() && self.v6.0.is_empty()
    }

    /// How many addresses it has; 2^128 - 1 stands for more as well.
    pub fn count(&self) -> u128 {
        self.v4.count().saturating_add(self.v6.count())
    }

    /// How many of them are IPv4.
    pub fn count_v4(&self) -> u64 {
        u64::try_from(self.v4.count()).expect("there are 2^32 addresses")
    }

    /// The ranges it is made of, both ends inside, IPv4 first, each in order.
    pub fn ranges(&self) -> impl Iterator<Item = (IpAddr, IpAddr)> + '_ {
        let v4 = |(first, last): &(u32, u32)| {
            (Ipv4Addr::from_bits(*first).into(), Ipv4Addr::from_bits(*last).into())
        };
        let v6 = |(first, last): &(u128, u128)| {
            (Ipv6Addr::from_bits(*first).into(), Ipv6Addr::from_bits(*last).into())
        };
        self.v4.as_slice().iter().map(v4).chain(self.v6.as_slice().iter().map(v6))
    }
}

/// Collects ranges in any order, overlapping or not; one of two families, or whose end is before its start, is empty.
impl FromIterator<(IpAddr, IpAddr)> for AddressSet {
    fn from_iter<I: IntoIterator<Item = (IpAddr, IpAddr)>>(ranges: I) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for range in ranges {
            match range {
                (IpAddr::V4(first), IpAddr::V4(last)) => v4.push((first.to_bits(), last.to_bits())),
                (IpAddr::V6(first), IpAddr::V6(last)) => v6.push((first.to_bits(), last.to_bits())),
                _ => {}
            }
        }
        Self { v4: Ranges::new(v4), v6: Ranges::new(v6) }
    }
}

impl FromIterator<IpNet> for AddressSet {
    fn from_iter<I: IntoIterator<Item = IpNet>>(prefixes: I) -> Self {
        prefixes.into_iter().map(|prefix| (prefix.network(), prefix.broadcast())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Ranges near both ends of the family, where arithmetic could run over.
    fn ranges() -> impl Strategy<Value = Vec<(u32, u32)>> {
        let place = prop_oneof![0..60_u32, (u32::MAX - 60)..=u32::MAX];
        proptest::collection::vec((place, 0..12_u32), 0..14).prop_map(|pairs| {
            pairs.into_iter().map(|(first, length)| (first, first.saturating_add(length))).collect()
        })
    }

    fn members(ranges: &[(u32, u32)]) -> BTreeSet<u32> {
        ranges.iter().flat_map(|(first, last)| *first..=*last).collect()
    }

    proptest! {
        #[test]
        fn sets_are_those_of_their_members(a in ranges(), b in ranges()) {
            let (of_a, of_b) = (members(&a), members(&b));
            let (a, b) = (Ranges::new(a), Ranges::new(b));
            prop_assert_eq!(&members(a.as_slice()), &of_a);
            prop_assert_eq!(a.count(), u128::try_from(of_a.len()).expect("small"));
            prop_assert_eq!(members(a.union(&b).as_slice()), &of_a | &of_b);
            let difference = a.minus(&b);
            prop_assert_eq!(members(difference.as_slice()), &of_a - &of_b);
            prop_assert_eq!(difference.clone(), Ranges::new(difference.as_slice().to_vec()));
            for address in (0..80).chain(u32::MAX - 80..=u32::MAX) {
                prop_assert_eq!(a.contains(address), of_a.contains(&address));
            }
        }
    }

    #[test]
    fn whole_families_are_counted() {
        let nets = |texts: &[&str]| -> AddressSet {
            texts.iter().map(|text| text.parse::<IpNet>().expect("a prefix")).collect()
        };
        let all = nets(&["0.0.0.0/0", "::/0"]);
        assert_eq!((all.count_v4(), all.count()), (1 << 32, u128::MAX));
        assert_eq!(nets(&["0.0.0.0/0"]).count(), 1 << 32);
        let left = all.minus(&nets(&["0.0.0.0/1", "::/1", "255.255.255.255/32"]));
        let ranges: Vec<_> = left.ranges().map(|(a, b)| format!("{a}-{b}")).collect();
        assert_eq!(
            ranges,
            ["128.0.0.0-255.255.255.254", "8000::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]
        );
        assert_eq!(all.minus(&all), AddressSet::default());
    }
}
