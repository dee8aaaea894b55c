//! What a probe carries so that its answer proves itself: numbers that only we can compute, so that nothing is kept per probe.

use std::fmt;

use siphasher::sip::SipHasher24;

use crate::Family;

/// Local ports that probes are sent from, both ends inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    first: u16,
    count: u32,
}

impl PortRange {
    /// What Linux uses for connections of its own by default, but for its lowest ports: an ordinary client's.
    pub const EPHEMERAL: Self = Self { first: 32768, count: 60999 - 32768 + 1 };

    /// From the first to the last; `None` where there are none between, or port 0 were one.
    pub fn new(first: u16, last: u16) -> Option<Self> {
        let count = u32::from(last).checked_sub(u32::from(first))? + 1;
        (first > 0).then_some(Self { first, count })
    }

    /// The first.
    pub const fn first(self) -> u16 {
        self.first
    }

    /// The last.
    pub fn last(self) -> u16 {
        self.port(self.count - 1)
    }

    /// How many there are.
    pub const fn count(self) -> u32 {
        self.count
    }

    #[inline]
    fn port(self, place: u32) -> u16 {
        let port = u32::from(self.first) + place;
        u16::try_from(port).expect("the range ends below 2^16")
    }

    fn place(self, port: u16) -> Option<u32> {
        let place = u32::from(port).checked_sub(u32::from(self.first))?;
        (place < self.count).then_some(place)
    }
}

/// What a probe carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its sequence number: the same for all probes to an endpoint.
    pub sequence: u32,
    /// Its source port, which says which of the probes to the endpoint it is.
    pub source_port: u16,
    /// Its IPv4 identification; IPv6 has none.
    pub identification: u16,
}

/// Makes marks, and knows them again.
///
/// SipHash-2-4 under a secret key of our address, their address and their port, which are messages of another length for each family and
/// purpose. The key is drawn for each run and never derived from the seed of the order: who knows the seed cannot forge
/// answers. 32 bits of the hash are the sequence number, 16 choose the port.
#[derive(Clone)]
pub struct Cookie {
    hasher: SipHasher24,
    ports: PortRange,
}

impl Cookie {
    /// With a key of the system's.
    ///
    /// # Errors
    /// Where the system has no random numbers to give.
    pub fn random(ports: PortRange) -> Result<Self, getrandom::Error> {
        let mut secret = [0; 16];
        getrandom::fill(&mut secret)?;
        Ok(Self::new(&secret, ports))
    }

    /// With this key.
    pub fn new(secret: &[u8; 16], ports: PortRange) -> Self {
        Self { hasher: SipHasher24::new_with_key(secret), ports }
    }

    /// The ports that probes are sent from.
    pub const fn ports(&self) -> PortRange {
        self.ports
    }

    /// The mark of one of the probes to an endpoint, counted from 0.
    #[inline]
    pub fn mark<A: Family>(&self, ours: A, theirs: A, port: u16, probe_number: u8) -> Mark {
        let parts = self.parts(ours, theirs, port);
        let place = (parts.place + u32::from(probe_number)) % self.ports.count;
        Mark {
            sequence: parts.sequence,
            source_port: self.ports.port(place),
            identification: parts.identification,
        }
    }

    /// The sequence number of all probes to this endpoint, and which of them one from this local port is; `None` where no probe of
    /// fewer than 256 is.
    pub fn recognise<A: Family>(
        &self,
        ours: A,
        theirs: A,
        port: u16,
        local_port: u16,
    ) -> Option<(u32, u8)> {
        let parts = self.parts(ours, theirs, port);
        let place = self.ports.place(local_port)?;
        let number = (place + self.ports.count - parts.place) % self.ports.count;
        Some((parts.sequence, u8::try_from(number).ok()?))
    }

    /// Which of our addresses speaks to this one: always the same, whatever the port.
    #[inline]
    pub fn choose<A: Family>(&self, ours: &[A], theirs: A) -> Option<A> {
        match ours {
            [] => None,
            [only] => Some(*only),
            several => {
                let count = u64::try_from(several.len()).ok()?;
                let hash = self.hasher.hash(theirs.one().as_ref());
                several.get(usize::try_from(hash % count).ok()?).copied()
            }
        }
    }

    #[inline]
    fn parts<A: Family>(&self, ours: A, theirs: A, port: u16) -> Parts {
        let hash = self.hasher.hash(ours.pair(theirs, port).as_ref());
        let [a, b, c, d, e, f, g, h] = hash.to_be_bytes();
        Parts {
            sequence: u32::from_be_bytes([a, b, c, d]),
            place: (u32::from(u16::from_be_bytes([e, f])) * self.ports.count) >> 16,
            identification: u16::from_be_bytes([g, h]),
        }
    }
}

/// The key is a secret: nothing of it is shown.
impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookie").field("ports", &self.ports).finish_non_exhaustive()
    }
}

/// What the hash of an endpoint says.
#[derive(Clone, Copy, Debug)]
struct Parts {
    sequence: u32,
    /// Of the first probe's port in the range.
    place: u32,
    identification: u16,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::Ipv4Addr;
    use std::net::Ipv6Addr;

    use proptest::prelude::*;

    use super::*;

    /// The key of SipHash's own test vectors (Aumasson and Bernstein, “SipHash: a fast short-input PRF”, appendix A).
    const KEY: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    #[test]
    fn the_hash_is_siphash_2_4() {
        let message: [u8; 15] = std::array::from_fn(|at| u8::try_from(at).expect("small"));
        assert_eq!(SipHasher24::new_with_key(&KEY).hash(&message), 0xa129_ca61_49be_45e5);
    }

    #[test]
    fn a_mark_is_the_hash_of_addresses_and_port() {
        let cookie = Cookie::new(&KEY, PortRange::EPHEMERAL);
        let (ours, theirs) = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(198, 51, 100, 7));
        let hash = SipHasher24::new_with_key(&KEY).hash(&[192, 0, 2, 1, 198, 51, 100, 7, 1, 187]);
        let mark = cookie.mark(ours, theirs, 443, 0);
        assert_eq!(u64::from(mark.sequence), hash >> 32);
        assert_eq!(u64::from(mark.identification), hash & 0xffff);
        let place = ((hash >> 16 & 0xffff) * 28232) >> 16;
        assert_eq!(u64::from(mark.source_port), 32768 + place);
        for other in [
            cookie.mark(theirs, ours, 443, 0),
            cookie.mark(ours, theirs, 444, 0),
            Cookie::new(&[0; 16], PortRange::EPHEMERAL).mark(ours, theirs, 443, 0),
        ] {
            assert_ne!(other.sequence, mark.sequence);
        }
    }

    #[test]
    fn the_key_is_not_shown() {
        let shown = format!("{:?}", Cookie::new(&[0x5a; 16], PortRange::EPHEMERAL));
        assert_eq!(shown, "Cookie { ports: PortRange { first: 32768, count: 28232 }, .. }");
    }

    #[test]
    fn two_runs_have_two_keys() {
        let address = Ipv4Addr::LOCALHOST;
        let marks: BTreeSet<u32> = (0..8)
            .map(|_| Cookie::random(PortRange::EPHEMERAL).expect("random numbers"))
            .map(|cookie| cookie.mark(address, address, 25, 0).sequence)
            .collect();
        assert!(marks.len() >= 7, "{marks:?}");
    }

    #[test]
    fn ranges_of_ports() {
        for (first, last, count) in
            [(0, 9, None), (9, 8, None), (7, 7, Some(1)), (1, u16::MAX, Some(65_535))]
        {
            let range = PortRange::new(first, last);
            assert_eq!(range.map(PortRange::count), count, "{first}-{last}");
            assert!(range.is_none_or(|range| (range.first(), range.last()) == (first, last)));
        }
        assert_eq!(PortRange::new(32768, 60999), Some(PortRange::EPHEMERAL));
    }

    #[test]
    fn all_of_our_addresses_speak() {
        let cookie = Cookie::new(&KEY, PortRange::EPHEMERAL);
        let ours: Vec<Ipv4Addr> = (1..=4).map(|host| Ipv4Addr::new(192, 0, 2, host)).collect();
        let mut shares = [0_u32; 4];
        for theirs in (0..4_000).map(Ipv4Addr::from_bits) {
            let chosen = cookie.choose(&ours, theirs).expect("there are some");
            assert_eq!(cookie.choose(&ours, theirs), Some(chosen));
            shares[usize::from(chosen.octets()[3] - 1)] += 1;
        }
        assert!(shares.iter().all(|share| (900..1_100).contains(share)), "{shares:?}");
        assert_eq!(cookie.choose(&ours[..1], ours[3]), Some(ours[0]));
        assert_eq!(cookie.choose(&[], ours[0]), None);
    }

    fn check<A: Family>(cookie: &Cookie, ours: A, theirs: A, port: u16, number: u8) {
        let mark = cookie.mark(ours, theirs, port, number);
        let range = cookie.ports();
        assert!((range.first()..=range.last()).contains(&mark.source_port));
        let known = cookie.recognise(ours, theirs, port, mark.source_port);
        // A small range comes round again.
        let expected = u8::try_from(u32::from(number) % range.count()).expect("no larger");
        assert_eq!(known, Some((mark.sequence, expected)));
        for outside in [range.first().checked_sub(1), range.last().checked_add(1)] {
            let known = outside.and_then(|port| cookie.recognise(ours, theirs, 25, port));
            assert_eq!(known, None);
        }
    }

    proptest! {
        #[test]
        fn the_local_port_tells_the_number(
            secret: [u8; 16], first in 1_u16.., more: u16, v4: [u32; 2], v6: [u128; 2], port: u16, number: u8,
        ) {
            let range = PortRange::new(first, first.saturating_add(more)).expect("not empty");
            let cookie = Cookie::new(&secret, range);
            let [ours, theirs] = v4.map(Ipv4Addr::from_bits);
            check(&cookie, ours, theirs, port, number);
            let [ours, theirs] = v6.map(Ipv6Addr::from_bits);
            check(&cookie, ours, theirs, port, number);
        }
    }
}
