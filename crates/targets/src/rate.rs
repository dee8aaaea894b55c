//! When an endpoint may be touched: spacing for all, per host and per network, with time given.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::net::IpAddr;

/// How many connections may be made; `None` does not limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Per second, of the whole run.
    pub global: Option<f64>,
    /// Per second, to one address.
    pub host: Option<f64>,
    /// Per second, to one network: a /24 of IPv4, a /48 of IPv6.
    pub network: Option<f64>,
    /// In all, to one address: see [`Budget`](crate::Budget).
    pub host_budget: Option<u32>,
}

impl Limits {
    /// For servers of one's own.
    pub const UNLIMITED: Self = Self { global: None, host: None, network: None, host_budget: None };
}

impl Default for Limits {
    /// Slow on purpose: a host sees no more than a busy mail client would cause. Its budget is enough for each service of
    /// the study with a whole fall-back.
    fn default() -> Self {
        Self { global: Some(500.0), host: Some(2.0), network: Some(20.0), host_budget: Some(100) }
    }
}

/// The answer to a wish to connect. Times are on the caller's clock, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The slot is reserved: connect.
    Now,
    /// The slot at this time is reserved: wait for it. Whoever comes later than [`Limiter::SLACK_US`] after it has lost it
    /// and asks again, so that a stall is not made up for by a burst.
    At(u64),
    /// Nothing is reserved, because the slot would be later than wanted, or because too many hosts wait already; it
    /// would be here at this time.
    NotBefore(u64),
}

/// Hands out slots so that no limit is ever exceeded: two connections of one host, one network or the run are at least
/// the inverse of their limit apart.
///
/// Memory is bounded: an address whose last slot lies one interval in the past says nothing more and is forgotten.
#[derive(Debug)]
pub struct Limiter {
    run: Option<Calendar>,
    networks: Option<Keyed<Calendar>>,
    hosts: Option<Keyed<Follower>>,
}

impl Limiter {
    /// How late a reserved slot may be used.
    pub const SLACK_US: u64 = 20_000;

    /// With nothing reserved.
    pub fn new(limits: &Limits) -> Self {
        Self {
            run: interval_us(limits.global).map(Calendar::new),
            networks: interval_us(limits.network).map(Keyed::new),
            hosts: interval_us(limits.host).map(Keyed::new),
        }
    }

    /// Whether every answer will be [`Decision::Now`].
    pub const fn is_unlimited(&self) -> bool {
        self.run.is_none() && self.networks.is_none() && self.hosts.is_none()
    }

    /// Reserves the earliest slot for this address, unless it were later than `latest_us`.
    pub fn reserve(&mut self, now_us: u64, latest_us: u64, addr: IpAddr) -> Decision {
        if self.is_unlimited() {
            return Decision::Now;
        }
        let addr = addr.to_canonical();
        let host_key = u128_of(addr);
        let mut full = None;
        let mut slots: [Option<&mut dyn Slots>; 3] = [None, None, None];
        if let Some(run) = &mut self.run {
            run.forget(now_us);
            slots[0] = Some(run);
        }
        if let Some(networks) = &mut self.networks {
            match networks.entry(network_of(addr), now_us) {
                Ok(network) => slots[1] = Some(network),
                Err(again_us) => full = Some(again_us),
            }
        }
        if let Some(hosts) = &mut self.hosts {
            match hosts.entry(host_key, now_us) {
                Ok(host) => slots[2] = Some(host),
                Err(again_us) => full = full.max(Some(again_us)),
            }
        }
        if let Some(again_us) = full {
            return Decision::NotBefore(again_us);
        }
        let at = common_slot(&slots, now_us);
        if at > latest_us {
            return Decision::NotBefore(at);
        }
        for slots in slots.iter_mut().flatten() {
            slots.take(at);
        }
        if at <= now_us { Decision::Now } else { Decision::At(at) }
    }
}

/// The earliest time that is free everywhere. Each step goes to where the last one was not free, so it ends behind the
/// last reservation at the latest.
fn common_slot(slots: &[Option<&mut dyn Slots>], now_us: u64) -> u64 {
    let mut at = now_us;
    loop {
        let next = slots.iter().flatten().fold(at, |at, slots| slots.first_free(at));
        if next == at {
            return at;
        }
        at = next;
    }
}

/// Reserved times that keep a distance.
trait Slots {
    /// The earliest free time that is not before this one.
    fn first_free(&self, at_us: u64) -> u64;
    /// Reserves a time that is free.
    fn take(&mut self, at_us: u64);
    /// Forgets what is past; `true` if nothing is left to remember.
    fn forget(&mut self, now_us: u64) -> bool;
}

/// Reservations in any order: one host's slot may lie far ahead, and everyone else's in between.
#[derive(Debug)]
struct Calendar {
    interval_us: u64,
    /// First → last reserved time of runs between whose members nothing fits.
    runs: BTreeMap<u64, u64>,
}

impl Calendar {
    const fn new(interval_us: u64) -> Self {
        Self { interval_us, runs: BTreeMap::new() }
    }
}

impl Slots for Calendar {
    fn first_free(&self, at_us: u64) -> u64 {
        let reach = at_us.saturating_add(self.interval_us);
        match self.runs.range(..reach).next_back() {
            // Between two runs there are at least two intervals: behind the last of one is room for one more.
            Some((_, last)) => at_us.max(last.saturating_add(self.interval_us)),
            None => at_us,
        }
    }

    fn take(&mut self, at_us: u64) {
        let two = self.interval_us.saturating_mul(2);
        let mut run = (at_us, at_us);
        if let Some((first, last)) = self.runs.range(..=at_us).next_back()
            && at_us - *last < two
        {
            run.0 = *first;
        }
        if let Some((first, last)) = self.runs.range(at_us..).next()
            && *first - at_us < two
        {
            run.1 = *last;
            let first = *first;
            self.runs.remove(&first);
        }
        self.runs.insert(run.0, run.1);
    }

    fn forget(&mut self, now_us: u64) -> bool {
        while let Some(run) = self.runs.first_entry()
            && run.get().saturating_add(self.interval_us) <= now_us
        {
            run.remove();
        }
        self.runs.is_empty()
    }
}

impl From<u64> for Calendar {
    fn from(interval_us: u64) -> Self {
        Self::new(interval_us)
    }
}

/// Reservations one behind the other: half the memory of a calendar, and enough for one host.
#[derive(Debug)]
struct Follower {
    interval_us: u64,
    next_us: u64,
}

impl Slots for Follower {
    fn first_free(&self, at_us: u64) -> u64 {
        at_us.max(self.next_us)
    }

    fn take(&mut self, at_us: u64) {
        self.next_us = at_us.saturating_add(self.interval_us);
    }

    fn forget(&mut self, now_us: u64) -> bool {
        self.next_us <= now_us
    }
}

impl From<u64> for Follower {
    fn from(interval_us: u64) -> Self {
        Self { interval_us, next_us: 0 }
    }
}

/// The slots of each host or network, a bounded number of them.
#[derive(Debug)]
struct Keyed<S> {
    interval_us: u64,
    slots: HashMap<u128, S>,
    sweep_at: usize,
}

impl<S: Slots + From<u64>> Keyed<S> {
    fn new(interval_us: u64) -> Self {
        Self { interval_us, slots: HashMap::new(), sweep_at: FIRST_SWEEP }
    }

    /// The slots of this key; if the table is full, when to ask again.
    fn entry(&mut self, key: u128, now_us: u64) -> Result<&mut S, u64> {
        if self.slots.len() >= self.sweep_at {
            self.slots.retain(|_, slots| !slots.forget(now_us));
            self.sweep_at = (self.slots.len() * 2).clamp(FIRST_SWEEP, MAX_KEYS);
        }
        if self.slots.len() >= MAX_KEYS && !self.slots.contains_key(&key) {
            return Err(now_us.saturating_add(self.interval_us));
        }
        let interval_us = self.interval_us;
        let slots = self.slots.entry(key).or_insert_with(|| interval_us.into());
        slots.forget(now_us);
        Ok(slots)
    }
}

fn interval_us(per_second: Option<f64>) -> Option<u64> {
    let rate = per_second.filter(|rate| rate.is_finite() && *rate > 0.0)?;
    let interval = std::time::Duration::try_from_secs_f64(rate.recip()).ok()?;
    Some(u64::try_from(interval.as_micros()).unwrap_or(u64::MAX).max(1))
}

fn u128_of(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(addr) => addr.to_ipv6_mapped().to_bits(),
        IpAddr::V6(addr) => addr.to_bits(),
    }
}

fn network_of(addr: IpAddr) -> u128 {
    let host_bits = match addr {
        IpAddr::V4(_) => 32 - 24,
        IpAddr::V6(_) => 128 - 48,
    };
    u128_of(addr) >> host_bits << host_bits
}

/// Below this many keys a table is not worth sweeping.
const FIRST_SWEEP: usize = 4096;

/// Most keys of a table, about 100 MiB of them. More hosts than this within one interval have to wait.
const MAX_KEYS: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    const LATE: u64 = u64::MAX;

    fn limits(global: f64, host: f64, network: f64) -> Limiter {
        let limit = |rate: f64| (rate > 0.0).then_some(rate);
        Limiter::new(&Limits {
            global: limit(global),
            host: limit(host),
            network: limit(network),
            host_budget: None,
        })
    }

    fn addr(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn when(limiter: &mut Limiter, now: u64, text: &str) -> u64 {
        match limiter.reserve(now, LATE, addr(text)) {
            Decision::Now => now,
            Decision::At(at) => at,
            Decision::NotBefore(at) => panic!("held until {at}"),
        }
    }

    #[test]
    fn without_limits_everything_is_now() {
        let mut limiter = limits(0.0, 0.0, 0.0);
        assert!(limiter.is_unlimited());
        for _ in 0..100 {
            assert_eq!(limiter.reserve(5, 5, addr("127.0.0.1")), Decision::Now);
        }
    }

    #[test]
    fn the_run_is_spaced_and_never_catches_up() {
        let mut limiter = limits(10.0, 0.0, 0.0);
        let hosts = ["192.0.2.1", "198.51.100.1", "203.0.113.1"];
        let times = hosts.map(|host| when(&mut limiter, 0, host));
        assert_eq!(times, [0, 100_000, 200_000]);
        // ten seconds of stall: the slots that went by are gone
        let times = hosts.map(|host| when(&mut limiter, 10_000_000, host));
        assert_eq!(times, [10_000_000, 10_100_000, 10_200_000]);
    }

    #[test]
    fn a_host_and_a_network_are_spaced_on_their_own() {
        let mut limiter = limits(0.0, 1.0, 4.0);
        assert_eq!(when(&mut limiter, 0, "192.0.2.1"), 0);
        assert_eq!(when(&mut limiter, 0, "192.0.2.1"), 1_000_000);
        assert_eq!(when(&mut limiter, 0, "192.0.2.2"), 250_000);
        assert_eq!(when(&mut limiter, 0, "192.0.3.1"), 0);
        assert_eq!(when(&mut limiter, 0, "2001:db8:1::1"), 0);
        assert_eq!(when(&mut limiter, 0, "2001:db8:1:ffff::2"), 250_000);
        assert_eq!(when(&mut limiter, 0, "2001:db8:2::2"), 0);
        assert_eq!(when(&mut limiter, 0, "::ffff:192.0.2.1"), 2_000_000);
    }

    #[test]
    fn a_host_far_ahead_does_not_hold_up_the_others() {
        let mut limiter = limits(10.0, 0.1, 0.0);
        assert_eq!(when(&mut limiter, 0, "192.0.2.1"), 0);
        assert_eq!(when(&mut limiter, 0, "192.0.2.1"), 10_000_000);
        for n in 1..=99 {
            let host = format!("198.51.{n}.1");
            assert_eq!(when(&mut limiter, 0, &host), n * 100_000);
        }
        // the slot at 10 s is taken already
        assert_eq!(when(&mut limiter, 0, "203.0.113.1"), 10_100_000);
    }

    #[test]
    fn a_network_is_filled_by_its_hosts_together() {
        let mut limiter = limits(0.0, 2.0, 20.0);
        let mut last = 0;
        for host in 0..100 {
            for _ in 0..14 {
                last = last.max(when(&mut limiter, 0, &format!("192.0.2.{host}")));
            }
        }
        // 1,400 connections at 20 per second
        assert!((69_000_000..77_000_000).contains(&last), "{last}");
    }

    #[test]
    fn what_would_come_too_late_reserves_nothing() {
        let mut limiter = limits(0.0, 1.0, 0.0);
        assert_eq!(when(&mut limiter, 0, "192.0.2.1"), 0);
        for _ in 0..3 {
            assert_eq!(
                limiter.reserve(0, 999_999, addr("192.0.2.1")),
                Decision::NotBefore(1_000_000)
            );
        }
        assert_eq!(when(&mut limiter, 0, "192.0.2.1"), 1_000_000);
    }

    #[test]
    fn no_order_of_wishes_exceeds_a_limit() {
        let mut limiter = limits(100.0, 2.0, 5.0);
        let mut seen: Vec<(u64, u32)> = Vec::new();
        let mut state: u32 = 1;
        for step in 0..2_000_u64 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let host = (state >> 24) % 40;
            let text = format!("192.0.{}.{}", host / 10, host);
            seen.push((when(&mut limiter, step * 1_000, &text), host));
        }
        seen.sort_unstable();
        let close = |pairs: Vec<u64>, least: u64| pairs.windows(2).all(|w| w[1] - w[0] >= least);
        assert!(close(seen.iter().map(|s| s.0).collect(), 10_000));
        for host in 0..40 {
            let times = seen.iter().filter(|s| s.1 == host).map(|s| s.0);
            assert!(close(times.collect(), 500_000), "host {host}");
        }
        for network in 0..4 {
            let times = seen.iter().filter(|s| s.1 / 10 == network).map(|s| s.0);
            assert!(close(times.collect(), 200_000), "network {network}");
        }
    }

    #[test]
    fn tables_forget_what_says_nothing_more() {
        let mut limiter = limits(0.0, 1000.0, 0.0);
        for n in 0..1_000_000_u32 {
            let host = IpAddr::from(n.to_be_bytes());
            assert_eq!(limiter.reserve(u64::from(n), LATE, host), Decision::Now);
        }
        let hosts = limiter.hosts.expect("a limit per host");
        assert!(hosts.slots.len() <= FIRST_SWEEP, "{}", hosts.slots.len());
        let mut run = limits(1000.0, 0.0, 0.0);
        for n in 0..10_000 {
            when(&mut run, n * 3_000, "192.0.2.1");
        }
        let calendar = run.run.expect("a limit of the run");
        assert!(calendar.runs.len() <= 2);
    }

    #[test]
    fn a_full_table_makes_newcomers_wait() {
        let mut limiter = limits(0.0, 1.0, 0.0);
        let fill = u32::try_from(MAX_KEYS).expect("fits");
        for n in 0..fill {
            limiter.reserve(0, LATE, IpAddr::from(n.to_be_bytes()));
        }
        let newcomer = addr("203.0.113.1");
        assert_eq!(limiter.reserve(0, LATE, newcomer), Decision::NotBefore(1_000_000));
        assert_eq!(limiter.reserve(1_000_001, LATE, newcomer), Decision::Now);
    }
}
