//! How many packets per second one network or one route may get, over all ports, at the speed of a sender.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use crate::RouteId;

/// Ceilings per network (a /24 of IPv4, a /48 of IPv6) and per route. Times are nanoseconds on a clock of the caller's that never
/// goes back.
///
/// Each is a bucket that holds a tenth of a second of its rate, at least one packet: a permutation comes to a network in small
/// bursts, and a strict distance would hold these up. In any stretch of time one gets its rate and one bucket at most.
///
/// Memory is bounded: 64 MiB for the networks of IPv4, 16 MiB for those of IPv6, touched where they are visited, and 8 bytes per
/// route. Networks of IPv6 are kept by a hash: two that share a field share a ceiling, which is slower for them
/// and never faster. Several senders at once share a ceiling by an equal part for each.
#[derive(Clone, Debug)]
pub struct Ceilings {
    networks: Option<Networks>,
    routes: Option<Routes>,
}

impl Ceilings {
    /// In packets per second; `None` does not limit, nor does what is no positive number.
    pub fn new(network: Option<f64>, route: Option<f64>) -> Self {
        let networks = Bucket::new(network, Networks::TICK_NS).map(Networks::new);
        let routes = Bucket::new(route, 1).map(|bucket| Routes { bucket, full: Vec::new() });
        Self { networks, routes }
    }

    /// Whether every packet is admitted.
    pub const fn is_unlimited(&self) -> bool {
        self.networks.is_none() && self.routes.is_none()
    }

    /// Whether a packet may go to this address now; then it counts. Where the route is not known, only the network limits.
    #[inline]
    pub fn admit(&mut self, now_ns: u64, address: IpAddr, route: Option<RouteId>) -> bool {
        let route = self.routes.as_mut().zip(route).map(|(routes, id)| routes.cell(id));
        let routed = match route {
            None => None,
            Some((bucket, full)) => match bucket.admit(now_ns, *full) {
                Some(later) => Some((full, later)),
                None => return false,
            },
        };
        if let Some(networks) = &mut self.networks
            && !networks.admit(now_ns, address)
        {
            return false;
        }
        if let Some((full, later)) = routed {
            *full = later;
        }
        true
    }
}

/// A bucket's measures, in ticks. What is kept of one is when it will be full again.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Between two packets, rounded up: never faster than was asked.
    interval: u64,
    /// How far ahead of now a bucket may be full again and still give a packet.
    depth: u64,
}

impl Bucket {
    fn new(per_second: Option<f64>, tick_ns: u64) -> Option<Self> {
        let rate = per_second.filter(|rate| rate.is_finite() && *rate > 0.0)?;
        let nanoseconds = Duration::from_secs_f64(rate.max(LEAST_RATE).recip()).as_nanos();
        let interval = u64::try_from(nanoseconds).ok()?.div_ceil(tick_ns).max(1);
        Some(Self { interval, depth: (BUCKET_NS / tick_ns).saturating_sub(interval) })
    }

    /// When it will be full again with one packet less; `None` where it has none to give.
    fn admit(self, now: u64, full: u64) -> Option<u64> {
        let full = full.max(now);
        (full - now <= self.depth).then(|| full + self.interval)
    }
}

#[derive(Clone, Debug)]
struct Routes {
    bucket: Bucket,
    full: Vec<u64>,
}

impl Routes {
    fn cell(&mut self, id: RouteId) -> (Bucket, &mut u64) {
        let place = id.index();
        if self.full.len() <= place {
            self.full.resize((place + 1).next_power_of_two(), 0);
        }
        (self.bucket, self.full.get_mut(place).expect("it was made"))
    }
}

/// When the bucket of each network is full again, as the lower 32 bits of ticks.
#[derive(Clone, Debug)]
struct Networks {
    bucket: Bucket,
    v4: Vec<u32>,
    v6: Vec<u32>,
}

impl Networks {
    /// About a microsecond, so that 32 bits go round in 73 minutes. Who was idle for just as long may be put off once for nothing.
    const TICK_NS: u64 = 1_024;

    const fn new(bucket: Bucket) -> Self {
        Self { bucket, v4: Vec::new(), v6: Vec::new() }
    }

    fn admit(&mut self, now_ns: u64, address: IpAddr) -> bool {
        let now = now_ns / Self::TICK_NS;
        let bucket = self.bucket;
        let cell = self.cell(address);
        let ahead = u64::from((*cell).wrapping_sub(low_word(now)));
        // Farther ahead than a bucket ever is: it was full long ago.
        let full = if ahead > bucket.depth + bucket.interval { now } else { now + ahead };
        match bucket.admit(now, full) {
            Some(later) => {
                *cell = low_word(later);
                true
            }
            None => false,
        }
    }

    fn cell(&mut self, address: IpAddr) -> &mut u32 {
        let (cells, bits, place) = match address {
            IpAddr::V4(address) => (&mut self.v4, BITS_V4, address.to_bits() >> (32 - BITS_V4)),
            IpAddr::V6(address) => {
                let network = u64::try_from(address.to_bits() >> (128 - 48)).expect("48 bits");
                let mixed = network.wrapping_mul(SPREAD) >> (64 - BITS_V6);
                (&mut self.v6, BITS_V6, low_word(mixed))
            }
        };
        if cells.is_empty() {
            // Zeroed by the system where it is touched.
            *cells = vec![0; 1 << bits];
        }
        let place = usize::try_from(place).expect("the table is in memory");
        cells.get_mut(place).expect("the table has a field for all of its bits")
    }
}

fn low_word(value: u64) -> u32 {
    u32::try_from(value & u64::from(u32::MAX)).expect("32 bits are left")
}

/// What was not admitted, first in, first out: each has its next try [`Deferred::RETRY_NS`] after the last one.
///
/// It is bounded; once it is full, the sender takes nothing new until the first one's time has come.
#[derive(Clone, Debug)]
pub struct Deferred<T> {
    capacity: usize,
    waiting: VecDeque<(u64, T)>,
}

impl<T> Deferred<T> {
    /// Half of what a bucket holds, so that a network for which many wait still gets all of its rate.
    pub const RETRY_NS: u64 = BUCKET_NS / 2;

    /// For so many at most.
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, waiting: VecDeque::new() }
    }

    /// Puts one aside.
    ///
    /// # Errors
    /// The same one, where there is no room.
    pub fn push(&mut self, now_ns: u64, one: T) -> Result<(), T> {
        if self.is_full() {
            return Err(one);
        }
        self.waiting.push_back((now_ns.saturating_add(Self::RETRY_NS), one));
        Ok(())
    }

    /// The first one, if its time has come.
    pub fn pop(&mut self, now_ns: u64) -> Option<T> {
        self.waiting.pop_front_if(|(at_ns, _)| *at_ns <= now_ns).map(|(_, one)| one)
    }

    /// When the first one's time comes.
    pub fn next_ns(&self) -> Option<u64> {
        self.waiting.front().map(|(at_ns, _)| *at_ns)
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether there is no room.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= self.capacity
    }

    /// All that wait, the first one first: what a checkpoint has to keep.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.waiting.iter().map(|(_, one)| one)
    }
}

/// What a bucket holds, as time.
const BUCKET_NS: u64 = 100_000_000;
/// Below this the ticks of a network would go round between two packets.
const LEAST_RATE: f64 = 0.001;
/// All networks of IPv4.
const BITS_V4: u32 = 24;
/// Four million fields: of a hundred thousand networks, one in forty shares its field.
const BITS_V6: u32 = 22;
/// 2^64 divided by the golden ratio: Knuth, “The Art of Computer Programming”, volume 3, section 6.4.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use ipnet::IpNet;
    use proptest::prelude::*;

    use super::*;
    use crate::RouteTable;

    const SECOND: u64 = 1_000_000_000;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    /// The most of these times that lie within a second.
    fn most_in_a_second(times: &[u64]) -> usize {
        let mut first = 0;
        let mut most = 0;
        for (place, at) in times.iter().enumerate() {
            while times[first] + SECOND <= *at {
                first += 1;
            }
            most = most.max(place + 1 - first);
        }
        most
    }

    #[test]
    fn a_network_with_all_the_traffic_gets_its_ceiling_and_no_more() {
        for rate in [1_u32, 7, 10, 1_000, 20_000] {
            for base in ["192.0.2.0", "2001:db8::"] {
                let mut ceilings = Ceilings::new(Some(rate.into()), None);
                let base = address(base);
                let mut times = Vec::new();
                // A sender at 100,000 packets a second.
                for turn in 0..1_000_000_u64 {
                    let now = 5 * SECOND + turn * 10_000;
                    if ceilings.admit(now, base, None) {
                        times.push(now);
                    }
                }
                let rate = usize::try_from(rate).expect("small");
                let bucket = (rate / 10).max(1);
                assert!(most_in_a_second(&times) <= rate + bucket, "{rate}");
                // Ticks are rounded up: of 50 by a fiftieth.
                assert!(times.len() >= 10 * rate * 98 / 100, "{rate}: {}", times.len());
            }
        }
    }

    #[test]
    fn addresses_of_a_network_share_its_ceiling_and_others_do_not() {
        let mut ceilings = Ceilings::new(Some(10.0), None);
        let cases = [
            ("192.0.2.0", true),
            ("192.0.2.255", false),
            ("192.0.3.0", true),
            ("192.0.1.255", true),
            ("2001:db8:0:1::1", true),
            ("2001:db8:0:ffff::2", false),
            ("2001:db8:1::1", true),
        ];
        for (text, admitted) in cases {
            assert_eq!(ceilings.admit(SECOND, address(text), None), admitted, "{text}");
        }
    }

    #[test]
    fn a_route_counts_over_its_networks_and_a_refusal_costs_nothing() {
        let nets =
            ["198.18.0.0/15", "192.0.2.0/24"].map(|net| net.parse::<IpNet>().expect("a net"));
        let routes = RouteTable::new(nets.map(|net| (net, None)));
        let mut ceilings = Ceilings::new(Some(10.0), Some(20.0));
        let mut admit = |now, text: &str| {
            let address = address(text);
            ceilings.admit(now, address, routes.lookup(address))
        };
        // The bucket of a route holds two, that of a network one.
        assert!(admit(SECOND, "198.18.0.1"));
        assert!(!admit(SECOND, "198.18.0.2"), "the network");
        assert!(admit(SECOND, "198.19.7.1"), "what the network refused costs the route nothing");
        assert!(!admit(SECOND, "198.18.9.1"), "the route");
        assert!(
            admit(SECOND + SECOND / 20, "198.18.9.1"),
            "what the route refused costs the network nothing"
        );
        assert!(admit(SECOND, "192.0.2.1"), "another route");
        assert!(admit(SECOND, "203.0.113.1"), "no route");
    }

    #[test]
    fn ticks_go_round_and_a_network_long_idle_is_free() {
        let round = u64::from(u32::MAX) * Networks::TICK_NS;
        let net = address("192.0.2.1");
        for idle in [round / 2, round - SECOND, round + SECOND / 2, 3 * round + SECOND] {
            let mut ceilings = Ceilings::new(Some(10.0), None);
            let mut now = round - SECOND / 4;
            let mut count = 0;
            // Over the end of the first round.
            for _ in 0..100 {
                count += u32::from(ceilings.admit(now, net, None));
                now += SECOND / 100;
            }
            assert_eq!(count, 10);
            assert!(ceilings.admit(now + idle, net, None), "{idle}");
            assert!(!ceilings.admit(now + idle, net, None), "{idle}");
        }
    }

    #[test]
    fn no_number_is_no_ceiling() {
        for none in [None, Some(0.0), Some(-1.0), Some(f64::NAN), Some(f64::INFINITY)] {
            assert!(Ceilings::new(none, none).is_unlimited());
        }
        let mut slow = Ceilings::new(Some(1e-9), None);
        assert!(slow.admit(SECOND, address("192.0.2.1"), None));
        assert!(!slow.admit(900 * SECOND, address("192.0.2.1"), None));
    }

    #[test]
    fn what_waits_comes_back_in_order_and_a_full_queue_holds_up() {
        let mut deferred = Deferred::new(2);
        assert_eq!((deferred.push(0, 'a'), deferred.push(5, 'b')), (Ok(()), Ok(())));
        assert_eq!((deferred.push(6, 'c'), deferred.is_full()), (Err('c'), true));
        assert_eq!(deferred.next_ns(), Some(Deferred::<char>::RETRY_NS));
        assert_eq!(deferred.pop(Deferred::<char>::RETRY_NS - 1), None);
        assert_eq!(deferred.pop(Deferred::<char>::RETRY_NS), Some('a'));
        assert_eq!(deferred.pop(Deferred::<char>::RETRY_NS), None);
        assert_eq!(deferred.iter().collect::<String>(), "b");
        assert_eq!(deferred.pop(SECOND), Some('b'));
        assert_eq!((deferred.is_empty(), deferred.next_ns()), (true, None));
    }

    /// A whole space within one network, and a queue that is much smaller.
    #[test]
    fn a_network_for_which_many_wait_gets_its_ceiling() {
        for rate in [10_u32, 300, 5_000] {
            let mut ceilings = Ceilings::new(Some(rate.into()), None);
            let mut deferred = Deferred::new(1_000);
            let (mut next, mut times) = (0_u32, Vec::new());
            for turn in 0..200_000_u64 {
                let now = SECOND + turn * 50_000;
                let target = deferred.pop(now).or_else(|| {
                    next += 1;
                    (!deferred.is_full()).then_some(next)
                });
                let Some(target) = target else { continue };
                if ceilings.admit(now, address("192.0.2.1"), None) {
                    times.push(now);
                } else {
                    deferred.push(now, target).expect("one was taken");
                }
            }
            let rate = usize::try_from(rate).expect("small");
            assert!(times.len() >= rate * 10 * 95 / 100, "{rate}: {}", times.len());
            assert!(most_in_a_second(&times) <= rate + (rate / 10).max(1), "{rate}");
        }
    }

    proptest! {
        /// Whatever comes when: no stretch of time has more than the rate and one bucket.
        #[test]
        fn no_stretch_has_more_than_its_part(
            rate in 0.5..50_000_f64,
            pauses in proptest::collection::vec(prop_oneof![0..1_000_u64, 0..100_000_000_u64], 1..300),
            route: bool,
        ) {
            let routes = RouteTable::new([("192.0.2.0/24".parse().expect("a prefix"), None)]);
            let id = routes.lookup(address("192.0.2.1"));
            let mut ceilings = if route { Ceilings::new(None, Some(rate)) } else { Ceilings::new(Some(rate), None) };
            let (mut now, mut times) = (SECOND, Vec::new());
            for pause in pauses {
                now += pause;
                if ceilings.admit(now, address("192.0.2.1"), id) {
                    times.push(now);
                }
            }
            let bucket = (rate / 10.0).max(1.0);
            for (place, from) in times.iter().enumerate() {
                for (count, at) in (1_u32..).zip(&times[place..]) {
                    let seconds = Duration::from_nanos(at - from + Networks::TICK_NS).as_secs_f64();
                    prop_assert!(f64::from(count) <= bucket + seconds * rate + 1e-3);
                }
            }
        }
    }
}
