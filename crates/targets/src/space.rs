//! Every address of a set by its index, without drawing one that is not in it.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::AddressSet;
use crate::TooLarge;
use crate::address_set::Address;
use crate::address_set::Ranges;
use crate::lanes::Batch;
use crate::lanes::LANES;
use crate::runs::Runs;

/// The addresses of a set, numbered from 0: IPv4 first, each family in order.
///
/// A table leads from an index to its range, or close to it: finding an address of IPv4 takes two looks into memory, but for few.
#[derive(Clone, Debug)]
pub struct Space {
    v4: Runs,
    v6: Pieces,
}

impl Space {
    /// All addresses of the set.
    ///
    /// # Errors
    /// [`TooLarge`] where they are more than [`Permutation::MAX_SIZE`](crate::Permutation::MAX_SIZE).
    pub fn new(set: &AddressSet) -> Result<Self, TooLarge> {
        let count = u64::try_from(set.count()).map_err(|_| TooLarge)?;
        if count > crate::Permutation::MAX_SIZE {
            return Err(TooLarge);
        }
        Ok(Self { v4: Runs::new(&set.v4), v6: Pieces::new(&set.v6) })
    }

    /// How many addresses there are.
    pub const fn len(&self) -> u64 {
        self.v4.count() + self.v6.count
    }

    /// How many of them are IPv4.
    pub const fn len_v4(&self) -> u64 {
        self.v4.count()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The address with this index.
    pub fn address(&self, index: u64) -> Option<IpAddr> {
        match index.checked_sub(self.v4.count()) {
            None => Some(Ipv4Addr::from_bits(self.v4.address(index)).into()),
            Some(index) => (index < self.v6.count).then(|| self.v6.address(index).into()),
        }
    }

    /// The IPv4 addresses with these indices, below the length; anything for those of IPv6.
    ///
    /// Quicker than one [`address`](Self::address) after the other: they wait for memory together.
    #[inline]
    pub(crate) fn v4_addresses(&self, indices: &Batch, found: &mut [u32; LANES]) {
        if self.v6.count == 0 {
            self.v4.addresses(indices, found);
        } else if let Some(last) = self.v4.count().checked_sub(1) {
            self.v4.addresses(&indices.map(|index| index.min(last)), found);
        }
    }

    /// The address with this index, of which that is known if it is of IPv4.
    #[inline]
    pub(crate) fn address_found(&self, index: u64, v4: u32) -> IpAddr {
        match index.checked_sub(self.v4.count()) {
            None => IpAddr::V4(Ipv4Addr::from_bits(v4)),
            Some(index) => IpAddr::V6(self.v6.address(index)),
        }
    }

    /// The index of this address; `None` where it is not in the set.
    pub fn index(&self, address: IpAddr) -> Option<u64> {
        match address {
            IpAddr::V4(address) => self.v4.index(address.to_bits()),
            IpAddr::V6(address) => Some(self.v4.count() + self.v6.index(address.to_bits())?),
        }
    }
}

/// IPv6: the ranges with the index of their first address, in order, and where to look for an index.
#[derive(Clone, Debug)]
struct Pieces {
    count: u64,
    pieces: Vec<(u64, u128)>,
    /// For each stretch of 2^shift indices the last piece that begins at or before its start.
    table: Vec<u32>,
    shift: u32,
}

impl Pieces {
    fn new(ranges: &Ranges<u128>) -> Self {
        let mut pieces = Vec::with_capacity(ranges.as_slice().len());
        let mut count = 0;
        for (first, last) in ranges.as_slice() {
            pieces.push((count, *first));
            count += u64::try_from(last.distance(*first)).expect("the size was judged") + 1;
        }
        let fields = u64::try_from(FIELDS_PER_PIECE * pieces.len().max(1)).expect("in memory");
        let shift = (count / fields).checked_ilog2().unwrap_or(0);
        let table = (0..=count >> shift).map(|field| last_at(&pieces, field << shift)).collect();
        Self { count, pieces, table, shift }
    }

    /// The address with this index, below the count.
    fn address(&self, index: u64) -> Ipv6Addr {
        let field = usize::try_from(index >> self.shift).expect("the table is in memory");
        let place = usize::try_from(self.table[field]).expect("the pieces are in memory");
        let next = self.table.get(field + 1).and_then(|last| usize::try_from(*last).ok());
        let behind = &self.pieces[place + 1..next.map_or(self.pieces.len(), |last| last + 1)];
        let (first, base) =
            self.pieces[place + behind.partition_point(|(first, _)| *first <= index)];
        Ipv6Addr::from_bits(base + u128::from(index - first))
    }

    fn index(&self, address: u128) -> Option<u64> {
        let behind = self.pieces.partition_point(|(_, base)| *base <= address);
        let (first, base) = self.pieces.get(behind.checked_sub(1)?)?;
        let index = address.distance(*base).checked_add(u128::from(*first))?;
        let end = self.pieces.get(behind).map_or(self.count, |(next, _)| *next);
        u64::try_from(index).ok().filter(|index| *index < end)
    }
}

/// The place of the last piece that begins at or before this index; of the first where there is none.
fn last_at(pieces: &[(u64, u128)], index: u64) -> u32 {
    let behind = pieces.partition_point(|(first, _)| *first <= index);
    u32::try_from(behind.saturating_sub(1)).expect("no list of ranges is so long")
}

/// So that most fields of a table begin in the piece that is looked for.
const FIELDS_PER_PIECE: usize = 2;

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::*;

    fn space(ranges: &[(&str, &str)]) -> Space {
        let parse = |text: &str| text.parse::<IpAddr>().expect("an address");
        let set = ranges.iter().map(|(first, last)| (parse(first), parse(last))).collect();
        Space::new(&set).expect("small enough")
    }

    #[test]
    fn indices_run_through_the_ranges_in_order() {
        let space = space(&[
            ("10.0.0.255", "10.0.1.1"),
            ("192.0.2.7", "192.0.2.7"),
            ("255.255.255.255", "255.255.255.255"),
            ("2001:db8::ffff", "2001:db8::1:0"),
        ]);
        let addresses: Vec<_> = (0..space.len())
            .map(|index| space.address(index).expect("inside").to_string())
            .collect();
        assert_eq!(
            addresses,
            [
                "10.0.0.255",
                "10.0.1.0",
                "10.0.1.1",
                "192.0.2.7",
                "255.255.255.255",
                "2001:db8::ffff",
                "2001:db8::1:0"
            ]
        );
        assert_eq!(space.address(7), None);
        for address in
            ["10.0.0.254", "10.0.1.2", "192.0.2.8", "0.0.0.0", "::", "ffff::", "2001:db8::1:1"]
        {
            assert_eq!(space.index(address.parse().expect("an address")), None, "{address}");
        }
    }

    #[test]
    fn whole_families_and_nothing_at_all() {
        let all = space(&[("0.0.0.0", "255.255.255.255")]);
        assert_eq!(all.len(), 1 << 32);
        for index in [0, 1, 1 << 31, (1 << 32) - 1] {
            let address = all.address(index).expect("inside");
            assert_eq!(address, Ipv4Addr::from_bits(u32::try_from(index).expect("below")));
            assert_eq!(all.index(address), Some(index));
        }
        assert_eq!(all.address(1 << 32), None);
        let none = space(&[]);
        assert!(none.is_empty() && none.address(0).is_none());
        assert_eq!(none.index(Ipv4Addr::LOCALHOST.into()), None);
        let set = ["2000::/3".parse::<ipnet::IpNet>().expect("a prefix")].into_iter().collect();
        assert_eq!(Space::new(&set).err(), Some(TooLarge));
    }

    proptest! {
        /// Ranges long and short beside each other, so that some fields of the table hold many.
        #[test]
        fn there_and_back(
            lengths in proptest::collection::vec((1..2_000_u32, prop_oneof![1..3_u32, 1..2_000_000_u32]), 1..300),
            probes in proptest::collection::vec(any::<u64>(), 50),
        ) {
            let mut next = 0_u32;
            let mut ranges = Vec::new();
            for (gap, length) in lengths {
                let first = next + gap;
                let last = first + length - 1;
                ranges.push((Ipv4Addr::from_bits(first).into(), Ipv4Addr::from_bits(last).into()));
                next = last + 1;
            }
            let set: AddressSet = ranges.iter().copied().collect();
            let space = Space::new(&set).expect("small enough");
            let mut index = 0;
            for (first, last) in &ranges {
                prop_assert_eq!(space.index(*first), Some(index));
                prop_assert_eq!(space.address(index), Some(*first));
                index = space.index(*last).expect("inside") + 1;
                prop_assert_eq!(space.address(index - 1), Some(*last));
            }
            prop_assert_eq!(index, space.len());
            for probe in probes {
                let index = probe % space.len();
                let address = space.address(index).expect("inside");
                prop_assert!(set.contains(address));
                prop_assert_eq!(space.index(address), Some(index));
            }
        }
    }
}
