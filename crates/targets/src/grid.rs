//! Every address of a space with every port of a list, by one index.

use std::net::IpAddr;
use std::ops::Range;

use crate::Permutation;
use crate::Space;
use crate::TooLarge;
use crate::Walk;
use crate::division::Divided;
use crate::division::Divisor;
use crate::division::SHORT;
use crate::lanes::Batch;
use crate::lanes::LANES;
use crate::lanes::widest;

/// What a discovery visits: each address with each port. Index 0 is the first address with the first port, index 1 the same
/// address with the second port, and so on: an exact product, whatever the number of ports.
#[derive(Clone, Debug)]
pub struct Grid {
    space: Space,
    ports: Vec<u16>,
    /// For each port its place in the list, or [`NO_PLACE`].
    places: Vec<u32>,
    /// How many ports, at least 1.
    divisor: Divisor,
    len: u64,
}

impl Grid {
    /// All of these addresses with all of these ports; a port named twice counts once, in its first place.
    ///
    /// # Errors
    /// [`TooLarge`] for more than [`Permutation::MAX_SIZE`].
    pub fn new(space: Space, ports: &[u16]) -> Result<Self, TooLarge> {
        let mut once = Vec::new();
        let mut places = vec![NO_PLACE; 1 << u16::BITS];
        for port in ports {
            if let Some(place @ &mut NO_PLACE) = places.get_mut(usize::from(*port)) {
                *place = u32::try_from(once.len()).map_err(|_| TooLarge)?;
                once.push(*port);
            }
        }
        let count = u64::try_from(once.len()).map_err(|_| TooLarge)?;
        let len = space.len().checked_mul(count).ok_or(TooLarge)?;
        if len > Permutation::MAX_SIZE {
            return Err(TooLarge);
        }
        let divisor = Divisor::new(count.max(1)).ok_or(TooLarge)?;
        Ok(Self { space, ports: once, places, divisor, len })
    }

    /// How many pairs there are.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many of the pairs are of IPv4; they have the first indices.
    pub fn len_v4(&self) -> u64 {
        self.space.len_v4() * u64::try_from(self.ports.len()).expect("there are 2^16 ports")
    }

    /// The addresses.
    pub const fn space(&self) -> &Space {
        &self.space
    }

    /// The ports, each once.
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }

    /// The pairs whose indices an order has at these positions, in their order.
    ///
    /// Quicker than one [`at`](Self::at) after the other: each step is taken for a batch of them, so that they wait for memory
    /// together.
    ///
    /// # Panics
    /// When the order is of more pairs than there are.
    pub fn walk<'a>(&'a self, order: &'a Permutation, positions: Range<u64>) -> Pairs<'a> {
        assert!(order.size() <= self.len, "an order of a larger grid");
        Pairs {
            grid: self,
            numbers: order.walk(positions),
            indices: [0; LANES],
            places: [0; LANES],
            found: [0; LANES],
            next: 0,
            end: 0,
        }
    }

    /// The pair with this index.
    pub fn at(&self, index: u64) -> Option<(IpAddr, u16)> {
        if index >= self.len {
            return None;
        }
        let (address, port) = self.divisor.divide(index);
        let port = self.ports.get(usize::try_from(port).ok()?)?;
        Some((self.space.address(address)?, *port))
    }

    /// The index of this pair; `None` where it is none of them.
    pub fn index(&self, address: IpAddr, port: u16) -> Option<u64> {
        let place = *self.places.get(usize::from(port))?;
        if place == NO_PLACE {
            return None;
        }
        Some(self.space.index(address)? * self.divisor.get() + u64::from(place))
    }
}

/// The pairs at consecutive positions of an order.
#[derive(Clone, Debug)]
pub struct Pairs<'a> {
    grid: &'a Grid,
    numbers: Walk<'a>,
    /// Of a batch of pairs the addresses' indices, the ports' places, and the addresses of IPv4.
    indices: Batch,
    places: Batch,
    found: [u32; LANES],
    next: usize,
    end: usize,
}

impl Pairs<'_> {
    fn refill(&mut self) {
        self.next = 0;
        self.end = self.numbers.fill(&mut self.indices);
        if self.end == 0 {
            return;
        }
        let Self { grid, indices, places, found, .. } = self;
        let (divisor, are_short) = (grid.divisor, grid.len <= SHORT);
        widest(Divided { divisor, are_short, numbers: indices, remainders: places });
        grid.space.v4_addresses(indices, found);
    }
}

impl Iterator for Pairs<'_> {
    type Item = (IpAddr, u16);

    #[inline]
    fn next(&mut self) -> Option<(IpAddr, u16)> {
        if self.next == self.end {
            self.refill();
            if self.end == 0 {
                return None;
            }
        }
        // The remainder is what it was: it spares three looks at whether it is a lane.
        let lane = self.next % LANES;
        self.next += 1;
        let place = usize::try_from(self.places[lane]).expect("there are 2^16 ports");
        let address = self.grid.space.address_found(self.indices[lane], self.found[lane]);
        Some((address, self.grid.ports[place]))
    }
}

/// More than there are ports.
const NO_PLACE: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;
    use crate::AddressSet;

    fn grid(prefixes: &[&str], ports: &[u16]) -> Grid {
        let set: AddressSet =
            prefixes.iter().map(|text| text.parse::<ipnet::IpNet>().expect("a prefix")).collect();
        Grid::new(Space::new(&set).expect("small enough"), ports).expect("small enough")
    }

    #[test]
    fn each_pair_once() {
        let grid = grid(&["192.0.2.0/30", "2001:db8::/127"], &[25, 443, 25, 7]);
        let pairs: Vec<_> = (0..grid.len()).map(|index| grid.at(index).expect("inside")).collect();
        let mut expected = Vec::new();
        for address in
            ["192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::", "2001:db8::1"]
        {
            let address: IpAddr = address.parse().expect("an address");
            expected.extend([25, 443, 7].map(|port| (address, port)));
        }
        assert_eq!(pairs, expected);
        assert_eq!(grid.at(grid.len()), None);
        for (index, (address, port)) in (0..).zip(pairs) {
            assert_eq!(grid.index(address, port), Some(index));
        }
        assert_eq!(grid.index("192.0.2.1".parse().expect("an address"), 8), None);
    }

    #[test]
    fn no_ports_or_no_addresses_are_no_pairs() {
        for grid in [grid(&["192.0.2.0/30"], &[]), grid(&[], &[25])] {
            assert!(grid.is_empty() && grid.at(0).is_none());
        }
    }

    proptest! {
        /// Both families, and pieces of very different length.
        #[test]
        fn a_walk_is_the_pairs_one_by_one(
            lengths in proptest::collection::vec((8..=32_u8, any::<u32>()), 1..200), seed: u64, start: u64,
        ) {
            let v4 = lengths.iter().map(|(length, bits)| {
                ipnet::Ipv4Net::new_assert(Ipv4Addr::from_bits(*bits), *length).trunc().into()
            });
            let v6 = lengths.iter().map(|(length, bits)| {
                let address = std::net::Ipv6Addr::from_bits(u128::from(*bits) << 90);
                ipnet::Ipv6Net::new_assert(address, 96 + length).trunc().into()
            });
            let set: AddressSet = v4.chain(v6).collect::<Vec<ipnet::IpNet>>().into_iter().collect();
            let grid = Grid::new(Space::new(&set).expect("small enough"), &[25, 143, 443]);
            let grid = grid.expect("small enough");
            let order = Permutation::new(grid.len(), seed).expect("small enough");
            let positions = start % grid.len()..(start % grid.len() + 200).min(grid.len());
            let walked: Vec<_> = grid.walk(&order, positions.clone()).collect();
            let single: Vec<_> = order.walk(positions).filter_map(|index| grid.at(index)).collect();
            prop_assert_eq!(walked.len(), single.len());
            for (index, (address, port)) in order.walk(start % grid.len()..grid.len()).zip(&walked) {
                prop_assert!(set.contains(*address));
                prop_assert_eq!(grid.index(*address, *port), Some(index));
            }
            prop_assert_eq!(walked, single);
        }
    }

    /// ZMap 4 walks a group whose products do not fit into 64 bits once addresses × ports pass 2^40, and then repeats 840,325
    /// targets for ever: full IPv4 with 512 ports, seed 7.
    #[test]
    fn full_ipv4_with_512_ports_does_not_repeat() {
        let ports: Vec<u16> = (0..512).collect();
        let grid = grid(&["0.0.0.0/0"], &ports);
        assert_eq!(grid.len(), 1 << 41);
        let order = Permutation::new(grid.len(), 7).expect("small enough");
        let mut drawn: Vec<u64> = order.walk(0..1_000_000).collect();
        for (position, number) in (0..).zip(&drawn).step_by(997) {
            assert_eq!(order.position(*number), Some(position));
        }
        drawn.sort_unstable();
        drawn.dedup();
        assert_eq!(drawn.len(), 1_000_000);
    }

    /// ZMap 4 with a list of addresses and several ports doubles some pairs and loses others: four addresses, three ports.
    #[test]
    fn a_list_with_several_ports_is_a_whole_product() {
        let grid = grid(
            &["10.0.0.1/32", "10.7.0.9/32", "10.200.3.77/32", "10.255.255.254/32"],
            &[25, 143, 443],
        );
        for seed in 0..100 {
            let order = Permutation::new(grid.len(), seed).expect("small");
            let mut pairs: Vec<_> = grid.walk(&order, 0..grid.len()).collect();
            pairs.sort_unstable();
            pairs.dedup();
            assert_eq!(pairs.len(), 12, "{seed}");
        }
    }
}
