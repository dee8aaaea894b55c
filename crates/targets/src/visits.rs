//! What a discovery visits, by index: a whole product or a list of pairs.

use std::net::IpAddr;
use std::ops::Range;

use crate::Grid;
use crate::PairList;
use crate::Pairs;
use crate::Permutation;
use crate::Walk;

/// Pairs of address and port, each with an index from 0.
#[derive(Clone, Debug)]
pub enum Visits {
    /// Each address with each port.
    Grid(Grid),
    /// These pairs.
    List(PairList),
}

impl Visits {
    /// How many pairs there are.
    pub fn len(&self) -> u64 {
        match self {
            Self::Grid(grid) => grid.len(),
            Self::List(list) => list.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ports that occur, each once.
    pub fn ports(&self) -> &[u16] {
        match self {
            Self::Grid(grid) => grid.ports(),
            Self::List(list) => list.ports(),
        }
    }

    /// How many of the pairs are of IPv4; the others are of IPv6.
    pub fn len_v4(&self) -> u64 {
        match self {
            Self::Grid(grid) => grid.len_v4(),
            Self::List(list) => list.len_v4(),
        }
    }

    /// The pair with this index.
    pub fn at(&self, index: u64) -> Option<(IpAddr, u16)> {
        match self {
            Self::Grid(grid) => grid.at(index),
            Self::List(list) => list.at(index),
        }
    }

    /// The index of this pair; `None` where it is none of them.
    pub fn index(&self, address: IpAddr, port: u16) -> Option<u64> {
        match self {
            Self::Grid(grid) => grid.index(address, port),
            Self::List(list) => list.index(address, port),
        }
    }

    /// The pairs whose indices an order of as many has at these positions, in their order.
    ///
    /// # Panics
    /// When the order is of more pairs than there are.
    pub fn walk<'a>(&'a self, order: &'a Permutation, positions: Range<u64>) -> VisitWalk<'a> {
        match self {
            Self::Grid(grid) => VisitWalk::Grid(grid.walk(order, positions)),
            Self::List(list) => VisitWalk::List { list, numbers: order.walk(positions) },
        }
    }
}

/// The pairs at consecutive positions of an order.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one lives at a time, and a box is a look into memory"
)]
pub enum VisitWalk<'a> {
    /// Of a product.
    Grid(Pairs<'a>),
    /// Of a list.
    List {
        /// The list.
        list: &'a PairList,
        /// What is left of the order.
        numbers: Walk<'a>,
    },
}

impl Iterator for VisitWalk<'_> {
    type Item = (IpAddr, u16);

    #[inline]
    fn next(&mut self) -> Option<(IpAddr, u16)> {
        match self {
            Self::Grid(pairs) => pairs.next(),
            Self::List { list, numbers } => {
                let number = numbers.next()?;
                Some(list.at(number).expect("an order of as many as there are pairs"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::AddressSet;
    use crate::Space;

    /// A product, and the list of its pairs: the same visits.
    fn both(prefixes: &[&str], ports: &[u16]) -> [Visits; 2] {
        let set: AddressSet =
            prefixes.iter().map(|text| text.parse::<ipnet::IpNet>().expect("a prefix")).collect();
        let grid = Grid::new(Space::new(&set).expect("small"), ports).expect("small");
        let list = (0..grid.len()).filter_map(|index| grid.at(index)).collect();
        [Visits::Grid(grid), Visits::List(list)]
    }

    proptest! {
        /// Also where the walk ends before a batch of the grid is full, and begins anywhere.
        #[test]
        fn a_list_is_permuted_as_a_product_is(seed: u64, start in 0..300_u64, length in 0..300_u64) {
            let [grid, list] = both(&["10.0.0.0/27", "192.0.2.7/32", "2001:db8::/126"], &[25, 110, 443]);
            prop_assert_eq!(grid.len(), (32 + 1 + 4) * 3);
            prop_assert_eq!((grid.len(), grid.len_v4(), grid.ports()), (list.len(), list.len_v4(), list.ports()));
            let order = Permutation::new(grid.len(), seed).expect("small");
            let of_grid: Vec<_> = grid.walk(&order, start..start + length).collect();
            let of_list: Vec<_> = list.walk(&order, start..start + length).collect();
            prop_assert_eq!(&of_grid, &of_list);
            for (number, (address, port)) in order.walk(start..start + length).zip(of_grid) {
                prop_assert_eq!(grid.index(address, port), Some(number));
                prop_assert_eq!(list.index(address, port), Some(number));
                prop_assert_eq!((grid.at(number), list.at(number)), (Some((address, port)), Some((address, port))));
            }
        }
    }

    #[test]
    fn nothing_to_visit() {
        for visits in both(&[], &[25]) {
            assert!(visits.is_empty());
            let order = Permutation::new(0, 1).expect("small");
            assert_eq!(visits.walk(&order, 0..10).next(), None);
        }
    }
}
