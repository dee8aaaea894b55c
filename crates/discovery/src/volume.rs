//! What a scan would send, before it sends anything.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use tlscensus_targets::AddressSet;

use crate::share::to_f64;
use crate::share::wide_to_f64;

/// A scan as it is planned.
#[derive(Clone, Copy, Debug)]
pub struct Intent<'a> {
    /// The addresses asked for.
    pub listed: &'a AddressSet,
    /// What is left of them after blocking.
    pub allowed: &'a AddressSet,
    /// How many ports of each.
    pub ports: u64,
    /// How many of these pairs are visited: all, or those of a shard.
    pub targets: u64,
    /// How many probes each gets at most.
    pub probes_per_target: u8,
    /// Bytes of a frame as it is handed to the interface.
    pub frame_bytes: usize,
    /// Whether it goes over an Ethernet, which adds to it.
    pub is_ethernet: bool,
    /// Probes per second.
    pub rate: f64,
}

/// What it comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Volume {
    /// Probes, if nobody answers before the last one.
    pub packets: u128,
    /// Bytes that an Ethernet is busy with, with padding, preamble and gap; of another interface the bytes of the packets.
    pub wire_bytes: u128,
    /// How long sending takes.
    pub seconds: f64,
    /// Bits per second on the wire.
    pub bits_per_second: f64,
    /// How much of what was asked for is blocked.
    pub blocked_share: f64,
    /// The IPv4 /24 that gets most.
    pub busiest_v4: Option<Busiest>,
    /// The IPv6 /48 that gets most.
    pub busiest_v6: Option<Busiest>,
}

/// The network that gets most probes: the first of those that have most addresses allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Busiest {
    /// Its first address.
    pub network: IpAddr,
    /// How many of its addresses may be visited.
    pub addresses: u128,
    /// How many probes they get per second, on average.
    pub packets_per_second: f64,
}

impl Intent<'_> {
    /// Reckons it up.
    pub fn volume(&self) -> Volume {
        let packets = u128::from(self.targets) * u128::from(self.probes_per_target);
        let frame = u128::try_from(self.frame_bytes).unwrap_or(u128::MAX);
        let wire = if self.is_ethernet { frame.max(LEAST_FRAME) + OVERHEAD } else { frame };
        let listed = self.listed.count();
        let blocked = listed.saturating_sub(self.allowed.count());
        let [v4, v6] = busiest(self.allowed);
        Volume {
            packets,
            wire_bytes: packets.saturating_mul(wire),
            seconds: wide_to_f64(packets) / self.rate,
            bits_per_second: wide_to_f64(wire) * 8.0 * self.rate,
            blocked_share: if listed == 0 {
                0.0
            } else {
                wide_to_f64(blocked) / wide_to_f64(listed)
            },
            busiest_v4: v4.map(|most| self.busiest(most)),
            busiest_v6: v6.map(|most| self.busiest(most)),
        }
    }

    /// Of all probes a network gets the share that its addresses are, be it a shard or not.
    fn busiest(&self, (network, addresses): (IpAddr, u128)) -> Busiest {
        let pairs = wide_to_f64(self.allowed.count()) * to_f64(self.ports);
        let of_network = wide_to_f64(addresses) * to_f64(self.ports);
        Busiest { network, addresses, packets_per_second: self.rate * of_network / pairs }
    }
}

/// The first address of the busiest network of each family, IPv4 first, and how many addresses it has.
fn busiest(set: &AddressSet) -> [Option<(IpAddr, u128)>; 2] {
    let (mut v4, mut v6) = (Tally::new(8), Tally::new(80));
    for range in set.ranges() {
        match range {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                v4.add(first.to_bits().into(), last.to_bits().into());
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => v6.add(first.to_bits(), last.to_bits()),
            _ => {}
        }
    }
    let narrow = |network| Ipv4Addr::from_bits(u32::try_from(network).expect("an IPv4 address"));
    [
        v4.most().map(|(network, count)| (narrow(network).into(), count)),
        v6.most().map(|(network, count)| (Ipv6Addr::from_bits(network).into(), count)),
    ]
}

/// Counts addresses per network of one size; ranges come in order.
#[derive(Clone, Copy, Debug)]
struct Tally {
    host_bits: u32,
    current: (u128, u128),
    most: (u128, u128),
}

impl Tally {
    const fn new(host_bits: u32) -> Self {
        Self { host_bits, current: (0, 0), most: (0, 0) }
    }

    /// A range has part of its first network, whole ones, and part of its last.
    fn add(&mut self, first: u128, last: u128) {
        let network = |address: u128| address >> self.host_bits << self.host_bits;
        let size = 1 << self.host_bits;
        let (head, tail) = (network(first), network(last));
        if head == tail {
            self.count(head, last - first + 1);
            return;
        }
        self.count(head, size - (first - head));
        if tail - head > size {
            self.count(head + size, size);
        }
        self.count(tail, last - tail + 1);
    }

    fn count(&mut self, network: u128, addresses: u128) {
        if self.current.0 == network {
            self.current.1 += addresses;
        } else {
            self.current = (network, addresses);
        }
        if self.current.1 > self.most.1 {
            self.most = self.current;
        }
    }

    fn most(self) -> Option<(u128, u128)> {
        (self.most.1 > 0).then_some(self.most)
    }
}

/// Bytes of the shortest Ethernet frame without its checksum (IEEE 802.3 clause 3.2.7).
const LEAST_FRAME: u128 = 60;

/// Checksum, preamble with delimiter, and gap between frames (IEEE 802.3 clauses 3.1.1 and 4.4.2): 4 + 8 + 12 bytes.
const OVERHEAD: u128 = 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ranges: &[(&str, &str)]) -> AddressSet {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        ranges.iter().map(|(first, last)| (address(first), address(last))).collect()
    }

    #[test]
    fn a_scan_of_a_quarter_of_ipv4() {
        let listed = set(&[("64.0.0.0", "127.255.255.255")]);
        let allowed = listed.minus(&set(&[("127.0.0.0", "127.255.255.255")]));
        let plan = Intent {
            listed: &listed,
            allowed: &allowed,
            ports: 14,
            targets: allowed.count_v4() * 14,
            probes_per_target: 2,
            frame_bytes: 66,
            is_ethernet: true,
            rate: 1e6,
        };
        let volume = plan.volume();
        assert_eq!(volume.packets, 63 * (1 << 24) * 28);
        assert_eq!(volume.wire_bytes, volume.packets * 90);
        assert_eq!(volume.seconds, 29_595.009_024);
        assert_eq!(volume.bits_per_second, 720e6);
        assert_eq!(volume.blocked_share, 1.0 / 64.0);
        let busiest = volume.busiest_v4.expect("there is one");
        assert_eq!((busiest.network, busiest.addresses), ("64.0.0.0".parse().expect("one"), 256));
        // 256 × 28 probes in 29,595 s
        let expected = 256.0 * 28.0 / volume.seconds;
        assert!((busiest.packets_per_second - expected).abs() < 1e-9);
        // A shard sends less, in less time, at the same rate.
        let shard = Intent { targets: plan.targets / 4, ..plan }.volume();
        assert_eq!((shard.seconds, shard.busiest_v4), (volume.seconds / 4.0, volume.busiest_v4));
        let tunnel = Intent { frame_bytes: 52, is_ethernet: false, ..plan }.volume();
        assert_eq!(tunnel.wire_bytes, volume.packets * 52);
        let smallest = Intent { frame_bytes: 58, ..plan }.volume();
        assert_eq!(smallest.wire_bytes, volume.packets * 84);
    }

    #[test]
    fn nothing_left() {
        let listed = set(&[("192.0.2.0", "192.0.2.255")]);
        let allowed = AddressSet::default();
        let volume = Intent {
            listed: &listed,
            allowed: &allowed,
            ports: 1,
            targets: 0,
            probes_per_target: 1,
            frame_bytes: 66,
            is_ethernet: true,
            rate: 10.0,
        }
        .volume();
        assert_eq!((volume.packets, volume.seconds, volume.blocked_share), (0, 0.0, 1.0));
        assert_eq!((volume.busiest_v4, volume.busiest_v6), (None, None));
    }

    #[test]
    fn the_busiest_network() {
        for (ranges, v4, v6) in [
            (vec![("192.0.2.5", "192.0.2.5")], Some(("192.0.2.0", 1)), None),
            (vec![("192.0.2.250", "192.0.3.9")], Some(("192.0.3.0", 10)), None),
            (vec![("192.0.2.250", "192.0.4.9")], Some(("192.0.3.0", 256)), None),
            // Three pieces of one network, one of another.
            (
                vec![
                    ("192.0.2.0", "192.0.2.9"),
                    ("192.0.2.20", "192.0.2.29"),
                    ("192.0.2.255", "192.0.3.14"),
                ],
                Some(("192.0.2.0", 21)),
                None,
            ),
            (vec![("0.0.0.0", "255.255.255.255")], Some(("0.0.0.0", 256)), None),
            (
                vec![("255.255.255.255", "255.255.255.255"), ("2001:db8::", "2001:db8::ff")],
                Some(("255.255.255.0", 1)),
                Some(("2001:db8::", 256)),
            ),
            (vec![("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")], None, Some(("::", 1 << 80))),
        ] {
            let set = set(&ranges);
            let expected = [v4, v6].map(|network: Option<(&str, u128)>| {
                network.map(|(text, count)| (text.parse::<IpAddr>().expect("an address"), count))
            });
            assert_eq!(busiest(&set), expected, "{ranges:?}");
        }
    }
}
