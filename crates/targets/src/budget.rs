//! How many connections one host gets in all, however its services and fall-backs share them.

use std::collections::HashMap;
use std::net::IpAddr;

/// Counts connections per host and says when it is enough.
///
/// Memory is bounded: when as many hosts are known as it holds, those met longest ago are forgotten, half of them at once. A list
/// that comes back to a host after so many others asks it anew.
#[derive(Debug)]
pub struct Budget {
    per_host: u32,
    recent: HashMap<IpAddr, u32>,
    before: HashMap<IpAddr, u32>,
    half: usize,
}

impl Budget {
    /// With nothing spent.
    pub fn new(per_host: u32) -> Self {
        Self { per_host, recent: HashMap::new(), before: HashMap::new(), half: HALF_OF_THE_HOSTS }
    }

    /// Spends a connection to this host; false, and nothing spent, where it has had its share.
    pub fn spend(&mut self, addr: IpAddr) -> bool {
        self.spend_above(addr, 0)
    }

    /// The same for what is less important: the last `reserve` connections of the share are not for it.
    pub fn spend_above(&mut self, addr: IpAddr, reserve: u32) -> bool {
        let addr = addr.to_canonical();
        let spent = self.spent(addr);
        if spent >= self.per_host.saturating_sub(reserve) {
            return false;
        }
        self.note(addr, spent + 1);
        true
    }

    /// Takes a connection back that was not made.
    pub fn give_back(&mut self, addr: IpAddr) {
        let addr = addr.to_canonical();
        let spent = self.spent(addr);
        self.note(addr, spent.saturating_sub(1));
    }

    fn spent(&self, addr: IpAddr) -> u32 {
        let known = self.recent.get(&addr).or_else(|| self.before.get(&addr));
        known.copied().unwrap_or_default()
    }

    fn note(&mut self, addr: IpAddr, spent: u32) {
        if self.recent.len() >= self.half && !self.recent.contains_key(&addr) {
            self.before = std::mem::take(&mut self.recent);
        }
        self.recent.insert(addr, spent);
    }
}

/// About 50 MiB for both halves.
const HALF_OF_THE_HOSTS: usize = 1 << 19;

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    #[test]
    fn a_host_gets_its_share_and_no_more() {
        let mut budget = Budget::new(2);
        let (host, mapped) = (addr(1), IpAddr::from([0, 0, 0, 0, 0, 0xffff, 0, 1]));
        assert!(budget.spend(host) && budget.spend(mapped));
        assert!(!budget.spend(host) && !budget.spend(mapped));
        assert!(budget.spend(addr(2)), "another host has its own");
        budget.give_back(host);
        assert!(budget.spend(host) && !budget.spend(host));
    }

    #[test]
    fn a_reserve_is_for_what_counts_more() {
        let mut budget = Budget::new(5);
        let host = addr(1);
        assert!(budget.spend_above(host, 3) && budget.spend_above(host, 3));
        assert!(!budget.spend_above(host, 3) && !budget.spend_above(host, 9));
        assert!(budget.spend(host) && budget.spend(host) && budget.spend(host));
        assert!(!budget.spend(host));
    }

    #[test]
    fn hosts_met_long_ago_are_forgotten_the_others_are_not() {
        let mut budget = Budget { half: 100, ..Budget::new(1) };
        for number in 0..1000 {
            assert!(budget.spend(addr(number)));
            assert!(budget.recent.len() <= 100 && budget.before.len() <= 100);
            for back in 0..100.min(number) {
                assert!(!budget.spend(addr(number - back)), "{back} hosts ago");
            }
        }
        assert!(budget.spend(addr(0)));
    }
}
