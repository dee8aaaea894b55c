//! The route that an address lies in: longest match over a table of all prefixes that are routed.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use ipnet::IpNet;
use ipnet::Ipv4Net;
use ipnet::Ipv6Net;

use crate::address_set::Address;
use crate::lanes::LANES;

/// Routes by number, and the number of the longest prefix that an address lies in.
///
/// The prefixes are flattened into pieces that do not overlap; a table over the upper bits of the address leads to the few that
/// may hold it. A million prefixes of IPv4 take some 32 MB, of IPv6 some 100 MB.
#[derive(Clone, Debug, Default)]
pub struct RouteTable {
    v4: Family<u32>,
    v6: Family<u128>,
}

/// A route of a [`RouteTable`]: numbers from 0, without gaps, in order of address and then of length, IPv4 first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteId(u32);

impl RouteId {
    /// As a place in a list of as many fields as there are routes.
    pub fn index(self) -> usize {
        usize::try_from(self.0).expect("the routes are in memory")
    }
}

impl RouteTable {
    /// Of prefixes in any order, each with the AS that announces it, where that is known; of a prefix that comes twice the first
    /// AS that is known counts.
    pub fn new(routes: impl IntoIterator<Item = (IpNet, Option<u32>)>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (prefix, origin) in routes {
            let origin = origin.unwrap_or(NO_ORIGIN);
            match prefix.trunc() {
                IpNet::V4(net) => v4.push(Route {
                    first: net.network().to_bits(),
                    length: net.prefix_len(),
                    origin,
                }),
                IpNet::V6(net) => v6.push(Route {
                    first: net.network().to_bits(),
                    length: net.prefix_len(),
                    origin,
                }),
            }
        }
        Self { v4: Family::new(v4), v6: Family::new(v6) }
    }

    /// How many routes there are.
    pub const fn len(&self) -> usize {
        self.v4.routes.len() + self.v6.routes.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The longest prefix that has this address.
    #[inline]
    pub fn lookup(&self, address: IpAddr) -> Option<RouteId> {
        self.found(self.go_on(self.begin(address), address), address)
    }

    /// For each address the longest prefix that has it, in place of what the list holds.
    ///
    /// Quicker than one [`lookup`](Self::lookup) after the other: each step is taken for a batch of them, so that they wait for
    /// memory together.
    pub fn lookup_all(&self, addresses: &[IpAddr], routes: &mut Vec<Option<RouteId>>) {
        routes.clear();
        for batch in addresses.chunks(LANES) {
            let mut places = [0; LANES];
            for (place, address) in places.iter_mut().zip(batch) {
                *place = self.begin(*address);
            }
            for (place, address) in places.iter_mut().zip(batch) {
                *place = self.go_on(*place, *address);
            }
            let found = places.iter().zip(batch);
            routes.extend(found.map(|(place, address)| self.found(*place, *address)));
        }
    }

    #[inline]
    fn begin(&self, address: IpAddr) -> usize {
        match address {
            IpAddr::V4(address) => self.v4.begin(address.to_bits()),
            IpAddr::V6(address) => self.v6.begin(address.to_bits()),
        }
    }

    #[inline]
    fn go_on(&self, place: usize, address: IpAddr) -> usize {
        match address {
            IpAddr::V4(address) => self.v4.go_on(place, address.to_bits()),
            IpAddr::V6(address) => self.v6.go_on(place, address.to_bits()),
        }
    }

    #[inline]
    fn found(&self, place: usize, address: IpAddr) -> Option<RouteId> {
        match address {
            IpAddr::V4(address) => self.v4.found(place, address.to_bits()).map(RouteId),
            IpAddr::V6(address) => {
                let place = self.v6.found(place, address.to_bits())?;
                Some(RouteId(number(self.v4.routes.len()) + place))
            }
        }
    }

    /// The prefix of a route and the AS that announces it; `None` for a number of another table.
    pub fn route(&self, id: RouteId) -> Option<(IpNet, Option<u32>)> {
        let origin = |origin| (origin != NO_ORIGIN).then_some(origin);
        if let Some(route) = self.v4.routes.get(id.index()) {
            let net = Ipv4Net::new(Ipv4Addr::from_bits(route.first), route.length).ok()?;
            return Some((net.into(), origin(route.origin)));
        }
        let route = self.v6.routes.get(id.index() - self.v4.routes.len())?;
        let net = Ipv6Net::new(Ipv6Addr::from_bits(route.first), route.length).ok()?;
        Some((net.into(), origin(route.origin)))
    }
}

/// A prefix as it is kept.
#[derive(Clone, Copy, Debug)]
struct Route<A> {
    first: A,
    length: u8,
    origin: u32,
}

/// Addresses whose upper bits say where to look.
trait Prefixed: Address {
    const FIRST: Self;
    const WIDTH: u8;
    /// The last address of the prefix of this length that begins here.
    fn last(self, length: u8) -> Self;
    /// The `count` upper bits, at most 32.
    fn upper_bits(self, count: u8) -> usize;
    /// Whether it is the first address with its `count` upper bits.
    fn is_first(self, count: u8) -> bool;
}

impl Prefixed for u32 {
    const FIRST: Self = 0;
    const WIDTH: u8 = 32;
    fn last(self, length: u8) -> Self {
        self | Self::MAX.checked_shr(length.into()).unwrap_or(0)
    }
    #[inline]
    fn upper_bits(self, count: u8) -> usize {
        let bits = self.checked_shr((Self::WIDTH - count).into()).unwrap_or(0);
        usize::try_from(bits).expect("the table is in memory")
    }
    fn is_first(self, count: u8) -> bool {
        self.checked_shl(count.into()).unwrap_or(0) == 0
    }
}

impl Prefixed for u128 {
    const FIRST: Self = 0;
    const WIDTH: u8 = 128;
    fn last(self, length: u8) -> Self {
        self | Self::MAX.checked_shr(length.into()).unwrap_or(0)
    }
    #[inline]
    fn upper_bits(self, count: u8) -> usize {
        let bits = self.checked_shr((Self::WIDTH - count).into()).unwrap_or(0);
        usize::try_from(bits).expect("the table is in memory")
    }
    fn is_first(self, count: u8) -> bool {
        self.checked_shl(count.into()).unwrap_or(0) == 0
    }
}

/// The routes of one family.
#[derive(Clone, Debug, Default)]
struct Family<A> {
    routes: Vec<Route<A>>,
    /// Where each piece begins, in order, and the longest prefix over it or [`NO_ROUTE`]; it reaches to the next one's start. The
    /// first begins at the first address of all.
    pieces: Vec<(A, u32)>,
    /// For each value of the upper bits the last piece that begins at or before the first address with them; and the last of all.
    table: Vec<u32>,
    table_bits: u8,
}

impl<A: Prefixed> Family<A> {
    fn new(mut routes: Vec<Route<A>>) -> Self {
        routes.sort_by_key(|route| (route.first, route.length, route.origin == NO_ORIGIN));
        routes.dedup_by_key(|route| (route.first, route.length));
        routes.shrink_to_fit();
        let pieces = flattened(&routes);
        let bits = u8::try_from(pieces.len().ilog2()).unwrap_or(MOST_TABLE_BITS);
        let table_bits = bits.min(MOST_TABLE_BITS);
        let table = table(&pieces, table_bits);
        Self { routes, pieces, table, table_bits }
    }

    /// The first step: a look into the table.
    #[inline]
    fn begin(&self, address: A) -> usize {
        let field = self.table.get(address.upper_bits(self.table_bits)).copied();
        usize::try_from(field.unwrap_or(0)).expect("the pieces are in memory")
    }

    /// The second: what it costs does not depend on the outcome, so that a processor can look for many at once.
    #[inline]
    fn go_on(&self, mut place: usize, address: A) -> usize {
        for _ in 0..STEPS {
            place += usize::from(self.begins(place + 1, address));
        }
        place
    }

    /// The last.
    #[inline]
    fn found(&self, place: usize, address: A) -> Option<u32> {
        let place =
            if self.begins(place + 1, address) { self.search(place, address) } else { place };
        let (_, cover) = self.pieces.get(place)?;
        (*cover != NO_ROUTE).then_some(*cover)
    }

    #[inline]
    fn begins(&self, place: usize, address: A) -> bool {
        self.pieces.get(place).is_some_and(|(start, _)| *start <= address)
    }

    /// Where many pieces begin in a field.
    #[cold]
    fn search(&self, place: usize, address: A) -> usize {
        let next_field = self.table.get(address.upper_bits(self.table_bits) + 1);
        let end = next_field.and_then(|last| usize::try_from(*last).ok()).unwrap_or(place) + 1;
        let behind = self.pieces.get(place + 1..end).unwrap_or_default();
        place + behind.partition_point(|(start, _)| *start <= address)
    }
}

/// The pieces that sorted prefixes come to: of those that are open at an address the last opened is the longest, as prefixes
/// lie in each other or apart.
fn flattened<A: Prefixed>(routes: &[Route<A>]) -> Vec<(A, u32)> {
    let mut pieces = vec![(A::FIRST, NO_ROUTE)];
    let mut open: Vec<(A, u32)> = Vec::new();
    for (id, route) in (0..).zip(routes) {
        while let Some((last, _)) = open.pop_if(|(last, _)| *last < route.first) {
            close(&mut pieces, last, &open);
        }
        push(&mut pieces, route.first, id);
        open.push((route.first.last(route.length), id));
    }
    while let Some((last, _)) = open.pop() {
        close(&mut pieces, last, &open);
    }
    pieces.shrink_to_fit();
    pieces
}

/// What lies behind the end of a prefix: the one around it, or none.
fn close<A: Prefixed>(pieces: &mut Vec<(A, u32)>, last: A, open: &[(A, u32)]) {
    if let Some(start) = last.successor() {
        push(pieces, start, open.last().map_or(NO_ROUTE, |(_, id)| *id));
    }
}

fn push<A: Prefixed>(pieces: &mut Vec<(A, u32)>, start: A, cover: u32) {
    pieces.pop_if(|(other, _)| *other == start);
    if pieces.last().is_none_or(|(_, other)| *other != cover) {
        pieces.push((start, cover));
    }
}

/// For each field the last piece that begins at or before its first address, and one field more with the last of all.
fn table<A: Prefixed>(pieces: &[(A, u32)], bits: u8) -> Vec<u32> {
    let mut table = Vec::with_capacity((1 << bits) + 1);
    for (place, (start, _)) in (0_u32..).zip(pieces) {
        let field = start.upper_bits(bits);
        while table.len() < field {
            table.push(place - 1);
        }
        if table.len() == field {
            table.push(if start.is_first(bits) { place } else { place - 1 });
        }
    }
    table.resize((1 << bits) + 1, number(pieces.len() - 1));
    table
}

fn number(length: usize) -> u32 {
    u32::try_from(length).expect("no table of routes is so long")
}

/// AS 0 announces nothing (RFC 7607), so it stands for an AS that is not known.
const NO_ORIGIN: u32 = 0;
const NO_ROUTE: u32 = u32::MAX;
/// A table of a million fields: of 4,096 addresses of IPv4 each, which sixteen /24 fill.
const MOST_TABLE_BITS: u8 = 20;
/// Without a jump: with about as many fields as pieces they are enough for most.
const STEPS: usize = 2;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table_of(routes: &[(&str, u32)]) -> RouteTable {
        let parsed = routes.iter().map(|(prefix, origin)| {
            (prefix.parse().expect("a prefix"), (*origin != 0).then_some(*origin))
        });
        RouteTable::new(parsed)
    }

    #[test]
    fn the_longest_prefix_has_the_address() {
        let table = table_of(&[
            ("10.1.0.0/16", 2),
            ("10.0.0.0/8", 1),
            ("10.1.2.0/24", 0),
            ("10.1.0.0/24", 4),
            ("10.1.255.0/24", 5),
            ("255.0.0.0/8", 6),
            ("10.1.2.0/24", 3),
            ("10.1.2.0/24", 9),
            ("2001:db8::/32", 7),
            ("2001:db8:1::/48", 8),
            ("ff00::/8", 9),
        ]);
        assert_eq!(table.len(), 9);
        let cases = [
            ("9.255.255.255", None),
            ("10.0.0.0", Some(("10.0.0.0/8", 1))),
            ("10.1.0.7", Some(("10.1.0.0/24", 4))),
            ("10.1.1.0", Some(("10.1.0.0/16", 2))),
            ("10.1.2.255", Some(("10.1.2.0/24", 3))),
            ("10.1.3.0", Some(("10.1.0.0/16", 2))),
            ("10.1.255.255", Some(("10.1.255.0/24", 5))),
            ("10.2.0.0", Some(("10.0.0.0/8", 1))),
            ("10.255.255.255", Some(("10.0.0.0/8", 1))),
            ("11.0.0.0", None),
            ("255.255.255.255", Some(("255.0.0.0/8", 6))),
            ("2001:db7:ffff::", None),
            ("2001:db8::1", Some(("2001:db8::/32", 7))),
            ("2001:db8:1:2::", Some(("2001:db8:1::/48", 8))),
            ("2001:db8:2::", Some(("2001:db8::/32", 7))),
            ("2001:db9::", None),
            ("ffff::ffff", Some(("ff00::/8", 9))),
        ];
        for (address, expected) in cases {
            let found = table.lookup(address.parse().expect("an address"));
            let route = found.and_then(|id| table.route(id));
            let expected =
                expected.map(|(prefix, origin)| (prefix.parse().expect("a prefix"), Some(origin)));
            assert_eq!(route, expected, "{address}");
        }
    }

    #[test]
    fn no_routes_and_the_route_for_everything() {
        let none = RouteTable::default();
        assert!(none.is_empty());
        let all = table_of(&[("0.0.0.0/0", 0), ("::/0", 5)]);
        for address in ["0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "ffff::"] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(none.lookup(address), None);
            assert_eq!(RouteTable::new([]).lookup(address), None);
            let (prefix, origin) = all.lookup(address).and_then(|id| all.route(id)).expect("all");
            assert_eq!((prefix.prefix_len(), origin), (0, address.is_ipv6().then_some(5)));
        }
        assert_eq!(all.route(RouteId(2)), None);
    }

    proptest! {
        /// Prefixes in few places, so that they lie in each other and beside each other, and enough of them for a table.
        #[test]
        fn what_is_found_is_what_a_search_of_all_finds(
            prefixes in proptest::collection::vec((0..16_u32, any::<u32>(), 0..=32_u8), 0..120),
            places in proptest::collection::vec((0..16_u32, any::<u32>()), 30),
            six: bool,
        ) {
            let bits = |(high, low): (u32, u32)| high << 28 | low >> 6;
            let address = |place| -> IpAddr {
                let bits = bits(place);
                match six {
                    true => Ipv6Addr::from_bits(u128::from(bits) << 96 | u128::from(bits)).into(),
                    false => Ipv4Addr::from_bits(bits).into(),
                }
            };
            let nets: Vec<(IpNet, Option<u32>)> = (1..)
                .zip(&prefixes)
                .map(|(origin, (high, low, length))| {
                    let length = if six { length * 4 } else { *length };
                    let net = IpNet::new(address((*high, *low)), length).expect("a length");
                    (net, (origin % 3 != 0).then_some(origin))
                })
                .collect();
            let table = RouteTable::new(nets.clone());
            let borders = nets.iter().flat_map(|(net, _)| [net.network(), net.broadcast()]);
            let addresses: Vec<_> = borders.chain(places.iter().map(|place| address(*place))).collect();
            let mut routes = vec![None; 7];
            table.lookup_all(&addresses, &mut routes);
            prop_assert_eq!(routes, addresses.iter().map(|address| table.lookup(*address)).collect::<Vec<_>>());
            for address in addresses {
                let longest = nets
                    .iter()
                    .filter(|(net, _)| net.contains(&address))
                    .map(|(net, _)| net.trunc())
                    .max_by_key(IpNet::prefix_len);
                let id = table.lookup(address);
                let found = id.and_then(|id| table.route(id));
                prop_assert_eq!(found.map(|(net, _)| net), longest, "{}", address);
                if let Some((net, origin)) = found {
                    let first = nets.iter().find(|(other, origin)| other.trunc() == net && origin.is_some());
                    prop_assert_eq!(origin, first.and_then(|(_, origin)| *origin));
                }
                prop_assert!(id.is_none_or(|id| id.index() < table.len()));
            }
        }
    }
}
