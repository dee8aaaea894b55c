//! All routes of one or several dumps, each prefix once.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::Route;
use super::table::add_origin;
use crate::AddressSet;

/// Prefixes with the systems that announce them, in order of address, IPv4 first.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    origins: BTreeMap<IpNet, Vec<u32>>,
    /// Routes for (nearly) everything that were left out.
    defaults: u64,
}

impl Routes {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a route. One for everything, or for more than anybody was ever given, says nothing about what is routed: prefixes
    /// shorter than /8 (IPv4) and /16 (IPv6) are counted and left out.
    pub fn add(&mut self, route: Route) {
        let least = if matches!(route.prefix, IpNet::V4(_)) { 8 } else { 16 };
        if route.prefix.prefix_len() < least {
            self.defaults += 1;
            return;
        }
        let known = self.origins.entry(route.prefix).or_default();
        for origin in route.origins {
            add_origin(known, origin);
        }
    }

    /// How many prefixes there are.
    pub fn len(&self) -> usize {
        self.origins.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.origins.is_empty()
    }

    /// How many routes were too wide to be taken.
    pub const fn defaults(&self) -> u64 {
        self.defaults
    }

    /// Each prefix with its origins.
    pub fn iter(&self) -> impl Iterator<Item = (IpNet, &[u32])> {
        self.origins.iter().map(|(prefix, origins)| (*prefix, origins.as_slice()))
    }

    /// The addresses that are routed.
    pub fn addresses(&self) -> AddressSet {
        self.origins.keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_comes_once_with_all_its_origins() {
        let mut routes = Routes::new();
        for (prefix, origins) in [
            ("198.51.100.0/24", &[64_500][..]),
            ("2001:db8::/32", &[]),
            ("192.0.2.0/24", &[64_501, 64_500]),
            ("198.51.100.0/24", &[64_502, 64_500]),
            ("0.0.0.0/0", &[1]),
            ("2000::/3", &[1]),
        ] {
            let prefix = prefix.parse().expect("a prefix");
            routes.add(Route { prefix, origins: origins.to_vec() });
        }
        let told: Vec<_> =
            routes.iter().map(|(prefix, origins)| format!("{prefix} {origins:?}")).collect();
        assert_eq!(
            told,
            ["192.0.2.0/24 [64501, 64500]", "198.51.100.0/24 [64500, 64502]", "2001:db8::/32 []"]
        );
        assert_eq!((routes.len(), routes.defaults()), (3, 2));
        assert_eq!(routes.addresses().count_v4(), 512);
    }
}
