//! Whom we leave alone: prefixes with a reason, the longest match deciding.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use ipnet::IpNet;

use crate::AddressSet;
use crate::Scope;
use crate::special::LOOPBACK;
use crate::special::REACHABLE;
use crate::special::SPECIAL;
use crate::target::MAX_LINE;
use crate::target::excerpt;

/// One prefix we leave alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The prefix.
    pub prefix: IpNet,
    /// Why: what the list says behind `#`, or what the registry says.
    pub reason: String,
    /// Who says so.
    pub origin: Origin,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.prefix)?;
        if !self.reason.is_empty() {
            write!(f, " {}", self.reason)?;
        }
        Ok(())
    }
}

/// Who says that a prefix is to be left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A blocklist of ours: somebody asked, or we chose so.
    List,
    /// The scope of the run.
    Scope,
    /// IANA's special-purpose registries.
    SpecialPurpose,
}

/// A line of a blocklist that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlocklistError {
    /// Its number, from 1.
    pub number: u64,
    /// What it says, bounded, what cannot be printed escaped.
    pub text: String,
}

impl fmt::Display for BlocklistError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}: \"{}\": not a prefix; write 192.0.2.0/24 # reason",
            self.number, self.text
        )
    }
}

impl std::error::Error for BlocklistError {}

/// A prefix that lies in no special-purpose range as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSpecial(pub IpNet);

impl fmt::Display for NotSpecial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a special-purpose network, such as 10.1.0.0/16", self.0)
    }
}

impl std::error::Error for NotSpecial {}

/// All prefixes a run leaves alone.
///
/// What a list blocks stays blocked. What is blocked as special-purpose only can be opened for tests with
/// [`allow`](Self::allow); the longer prefix of the two decides, and the opening if they are equal.
#[derive(Clone, Debug)]
pub struct Blocklist {
    entries: Vec<Entry>,
    listed: Table,
    special: Table,
    allowed: Table,
}

impl Blocklist {
    /// What is blocked in this scope whatever else is.
    pub fn new(scope: Scope) -> Self {
        let mut list = Self::empty();
        match scope {
            Scope::Internet => {
                for (prefix, purpose) in SPECIAL {
                    list.block_special(constant(prefix), purpose, Origin::SpecialPurpose);
                }
                for (prefix, _) in REACHABLE {
                    list.open(constant(prefix));
                }
            }
            Scope::Loopback => {
                for all in ["0.0.0.0/0", "::/0"] {
                    list.block_special(constant(all), NO_CONTACT, Origin::Scope);
                }
                for prefix in LOOPBACK {
                    list.open(constant(prefix));
                }
            }
        }
        list
    }

    /// One that blocks nothing yet, special-purpose networks included: for looking at a list by itself.
    pub fn empty() -> Self {
        Self {
            entries: Vec::new(),
            listed: Table::default(),
            special: Table::default(),
            allowed: Table::default(),
        }
    }

    /// Everything that was blocked, in the order in which it was.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Blocks a prefix; of two equal ones the first keeps its reason. An IPv4-mapped one is the IPv4 prefix that it stands for.
    pub fn block(&mut self, prefix: IpNet, reason: &str) {
        let prefix = canonical(prefix);
        let place = self.push(prefix, reason, Origin::List);
        self.listed.insert(prefix, place);
    }

    /// Opens a special-purpose prefix (a test network of one's own).
    ///
    /// # Errors
    /// [`NotSpecial`] where part of it is anybody's: only a contact opens that, and for the Internet as a whole.
    pub fn allow(&mut self, prefix: IpNet) -> Result<(), NotSpecial> {
        let within = |(special, _): &(&str, &str)| constant(special).contains(&prefix);
        if !SPECIAL.iter().any(within) {
            return Err(NotSpecial(prefix));
        }
        self.open(prefix);
        Ok(())
    }

    fn open(&mut self, prefix: IpNet) {
        self.allowed.insert(prefix, 0);
    }

    /// One line of a blocklist: `prefix # reason`; an address alone is a prefix of full length.
    ///
    /// # Errors
    /// [`BlocklistError`] for what is none: a run does not start with a blocklist it does not understand.
    pub fn line(&mut self, number: u64, bytes: &[u8]) -> Result<(), BlocklistError> {
        let error = || BlocklistError { number, text: excerpt(bytes) };
        if bytes.len() > MAX_LINE {
            return Err(error());
        }
        let line = String::from_utf8_lossy(bytes);
        let (prefix, reason) = line.split_once('#').unwrap_or((&line, ""));
        let prefix = prefix.trim_start_matches('\u{feff}').trim();
        if prefix.is_empty() {
            return Ok(());
        }
        let prefix: IpNet = match prefix.parse::<IpAddr>() {
            Ok(addr) => addr.into(),
            Err(_) => prefix.parse().map_err(|_| error())?,
        };
        self.block(prefix, reason.trim());
        Ok(())
    }

    /// The longest entry that blocks this address. An IPv4-mapped address is the IPv4 address that it stands for.
    pub fn check(&self, addr: IpAddr) -> Option<&Entry> {
        let addr = addr.to_canonical();
        if let Some((_, place)) = self.listed.longest(addr) {
            return self.entries.get(place);
        }
        let (length, place) = self.special.longest(addr)?;
        match self.allowed.longest(addr) {
            Some((allowed, _)) if allowed >= length => None,
            _ => self.entries.get(place),
        }
    }

    /// Every address that [`check`](Self::check) finds blocked, but for those that are IPv4-mapped.
    pub fn addresses(&self) -> AddressSet {
        let mut blocked = AddressSet::default();
        // From the shortest prefix to the longest, openings behind blocks of the same length: the last one decides.
        for length in 0..=128 {
            blocked = blocked.union(&self.special.of_length(length));
            blocked = blocked.minus(&self.allowed.of_length(length));
        }
        let listed = self.entries.iter().filter(|entry| entry.origin == Origin::List);
        blocked.union(&listed.map(|entry| entry.prefix).collect())
    }

    /// What this list blocks and an earlier reading of it did not: what a run that is under way has to leave alone from now on. Its
    /// [`contains`](AddressSet::contains) is quick enough to be asked before each packet.
    ///
    /// The other way round there is nothing to do: a run does not come back to what was blocked when it began.
    pub fn newly_blocked(&self, before: &Self) -> AddressSet {
        self.addresses().minus(&before.addresses())
    }

    /// How many prefixes lists of ours block.
    pub fn listed(&self) -> usize {
        self.entries.iter().filter(|entry| entry.origin == Origin::List).count()
    }

    /// The entry that came last.
    pub(crate) fn latest(&self) -> Option<&Entry> {
        self.entries.last()
    }

    fn block_special(&mut self, prefix: IpNet, reason: &str, origin: Origin) {
        let place = self.push(prefix, reason, origin);
        self.special.insert(prefix, place);
    }

    fn push(&mut self, prefix: IpNet, reason: &str, origin: Origin) -> usize {
        self.entries.push(Entry { prefix: prefix.trunc(), reason: reason.to_owned(), origin });
        self.entries.len() - 1
    }
}

/// Prefixes by length, one hash table per length that occurs, longest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    v4: Vec<(u8, HashMap<u128, usize>)>,
    v6: Vec<(u8, HashMap<u128, usize>)>,
}

impl Table {
    pub(crate) fn insert(&mut self, prefix: IpNet, place: usize) {
        let (key, lengths) = match prefix.trunc() {
            IpNet::V4(net) => (u128::from(net.network().to_bits()), &mut self.v4),
            IpNet::V6(net) => (net.network().to_bits(), &mut self.v6),
        };
        let length = prefix.prefix_len();
        let at = match lengths.binary_search_by(|(other, _)| length.cmp(other)) {
            Ok(at) => at,
            Err(at) => {
                lengths.insert(at, (length, HashMap::new()));
                at
            }
        };
        if let Some((_, table)) = lengths.get_mut(at) {
            table.entry(key).or_insert(place);
        }
    }

    fn of_length(&self, length: u8) -> AddressSet {
        let keys = |lengths: &[(u8, HashMap<u128, usize>)]| {
            let table = lengths.iter().find(|(other, _)| *other == length);
            table.map(|(_, table)| table.keys().copied().collect()).unwrap_or_default()
        };
        let (v4, v6): (Vec<u128>, Vec<u128>) = (keys(&self.v4), keys(&self.v6));
        let v4 = v4.into_iter().filter_map(|bits| {
            let addr = Ipv4Addr::from_bits(u32::try_from(bits).ok()?);
            IpNet::new(addr.into(), length).ok()
        });
        let v6 = v6
            .into_iter()
            .filter_map(|bits| IpNet::new(Ipv6Addr::from_bits(bits).into(), length).ok());
        v4.chain(v6).collect()
    }

    pub(crate) fn longest(&self, addr: IpAddr) -> Option<(u8, usize)> {
        let (bits, width, lengths) = match addr {
            IpAddr::V4(addr) => (u128::from(addr.to_bits()), 32_u8, &self.v4),
            IpAddr::V6(addr) => (addr.to_bits(), 128, &self.v6),
        };
        lengths.iter().find_map(|(length, table)| {
            let host_bits = u32::from(width.saturating_sub(*length));
            let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
            table.get(&(bits & mask)).map(|place| (*length, *place))
        })
    }
}

/// The IPv4 prefix that an IPv4-mapped one stands for (RFC 4291, section 2.5.5.2); any other as it is.
pub(crate) fn canonical(prefix: IpNet) -> IpNet {
    match (prefix.network().to_canonical(), prefix.prefix_len().checked_sub(96)) {
        (addr @ IpAddr::V4(_), Some(length)) if matches!(prefix, IpNet::V6(_)) => {
            IpNet::new(addr, length).unwrap_or(prefix)
        }
        _ => prefix,
    }
}

pub(crate) fn constant(prefix: &str) -> IpNet {
    prefix.parse().expect("a constant that tests parse")
}

const NO_CONTACT: &str = "not loopback, and no operator contact was given";

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(list: &Blocklist, addr: &str) -> Option<String> {
        let addr = addr.parse().expect("an address");
        list.check(addr).map(|entry| entry.reason.clone())
    }

    #[test]
    fn an_ipv4_mapped_entry_blocks_what_it_stands_for() {
        for (line, prefix) in [
            ("::ffff:8.8.8.8", "8.8.8.8/32"),
            ("::ffff:8.8.0.0/112", "8.8.0.0/16"),
            ("::/0", "::/0"),
        ] {
            let mut list = Blocklist::empty();
            list.line(1, line.as_bytes()).expect("a line");
            let entry = list.entries().next().expect("an entry");
            assert_eq!(entry.prefix.to_string(), prefix);
            let blocks = |addr: &str| list.check(addr.parse().expect("an address")).is_some();
            assert_eq!(blocks("8.8.8.8"), line != "::/0", "{line}");
            assert_eq!(blocks("::ffff:8.8.8.8"), line != "::/0", "{line}");
        }
    }

    /// A register, its set, and what both say near every border of every prefix.
    #[test]
    fn the_set_of_blocked_addresses_is_what_check_blocks() {
        for scope in [Scope::Internet, Scope::Loopback] {
            let mut list = Blocklist::new(scope);
            for (number, line) in
                (1..).zip(["8.8.0.0/16 # asked", "8.8.8.8", "2a00::/12 # asked", "192.0.0.9/32"])
            {
                list.line(number, line.as_bytes()).expect("a line");
            }
            for range in ["10.1.0.0/16", "10.1.2.0/24", "fd00:1::/32"] {
                list.allow(range.parse().expect("a prefix")).expect("special");
            }
            list.block("10.1.2.3/32".parse().expect("a prefix"), "asked");
            let set = list.addresses();
            for (first, last) in AddressSet::ranges(&set) {
                for addr in [first, last] {
                    assert!(list.check(addr).is_some(), "{addr} is in the set");
                }
            }
            let borders = list
                .entries
                .iter()
                .map(|entry| entry.prefix)
                .chain(["10.1.0.0/16", "10.1.2.0/24", "fd00:1::/32"].map(constant));
            for prefix in borders {
                for addr in near(prefix.network()).into_iter().chain(near(prefix.broadcast())) {
                    assert_eq!(set.contains(addr), list.check(addr).is_some(), "{addr}");
                }
            }
        }
    }

    #[test]
    fn a_list_read_again_says_what_it_blocks_in_addition() {
        let list = |lines: &[&str]| {
            let mut list = Blocklist::new(Scope::Internet);
            for (number, line) in (1..).zip(lines) {
                list.line(number, line.as_bytes()).expect("a line");
            }
            list
        };
        let before = list(&["8.8.0.0/16", "9.9.9.9"]);
        let cases: [(&[&str], &str); 4] = [
            (&["8.8.0.0/16", "9.9.9.9 # again"], ""),
            (&["9.9.9.9"], ""),
            (
                &["8.8.8.0/23", "9.9.9.8/31", "10.0.0.0/7"],
                "9.9.9.8-9.9.9.8 11.0.0.0-11.255.255.255",
            ),
            (&["2a00::/127", "::ffff:1.1.1.1"], "1.1.1.1-1.1.1.1 2a00::-2a00::1"),
        ];
        for (lines, expected) in cases {
            let new = list(lines).newly_blocked(&before);
            let ranges: Vec<_> =
                new.ranges().map(|(first, last)| format!("{first}-{last}")).collect();
            assert_eq!(ranges.join(" "), expected, "{lines:?}");
            assert_eq!(new.is_empty(), expected.is_empty());
        }
    }

    /// The address and those beside it, IPv4-mapped ones left out.
    fn near(addr: IpAddr) -> Vec<IpAddr> {
        let all: Vec<IpAddr> = match addr {
            IpAddr::V4(addr) => {
                let bits = addr.to_bits();
                [bits.wrapping_sub(1), bits, bits.wrapping_add(1)]
                    .map(|bits| Ipv4Addr::from_bits(bits).into())
                    .to_vec()
            }
            IpAddr::V6(addr) => {
                let bits = addr.to_bits();
                [bits.wrapping_sub(1), bits, bits.wrapping_add(1)]
                    .map(|bits| Ipv6Addr::from_bits(bits).into())
                    .to_vec()
            }
        };
        all.into_iter().filter(|addr| addr.to_canonical() == *addr).collect()
    }

    #[test]
    fn special_purpose_addresses_are_blocked_on_the_internet() {
        let list = Blocklist::new(Scope::Internet);
        let blocked = [
            "0.0.0.0",
            "10.1.2.3",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.1.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "2001:db8::1",
            "2001:0:1::1",
            "2002::1",
            "3fff:fff::1",
            "fc00::1",
            "fe80::1",
            "ff02::1",
        ];
        for addr in blocked {
            assert!(reason(&list, addr).is_some(), "{addr}");
        }
        let open = [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.32.0.1",
            "192.0.0.9",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "2001:4:112::1",
            "2001:200::1",
            "2606:4700::1111",
        ];
        for addr in open {
            assert_eq!(reason(&list, addr), None, "{addr}");
        }
    }

    #[test]
    fn without_contact_only_loopback_is_open() {
        let list = Blocklist::new(Scope::Loopback);
        for addr in ["127.0.0.1", "127.255.3.4", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(reason(&list, addr), None, "{addr}");
        }
        for addr in ["1.1.1.1", "10.0.0.1", "2606:4700::1111", "126.255.255.255"] {
            assert_eq!(reason(&list, addr).as_deref(), Some(NO_CONTACT), "{addr}");
        }
    }

    #[test]
    fn the_longest_listed_prefix_gives_the_reason() {
        let mut list = Blocklist::new(Scope::Internet);
        let file = "# opt-outs\n\n1.0.0.0/8 # the /8\n1.2.0.0/16#the /16\n  1.2.3.4  # one host\n\
                    2606:4700::/32 # six\n1.2.0.0/16 # again";
        for (number, line) in (1..).zip(file.lines()) {
            list.line(number, line.as_bytes()).expect("a blocklist");
        }
        let cases = [
            ("1.2.3.4", Some("one host")),
            ("1.2.3.5", Some("the /16")),
            ("1.3.0.0", Some("the /8")),
            ("::ffff:1.2.3.4", Some("one host")),
            ("2.0.0.0", None),
            ("2606:4700:1::", Some("six")),
            ("2606:4701::", None),
        ];
        for (addr, expected) in cases {
            assert_eq!(reason(&list, addr).as_deref(), expected, "{addr}");
        }
        assert_eq!(list.listed(), 5);
    }

    #[test]
    fn allowing_opens_the_special_but_never_the_listed() {
        let mut list = Blocklist::new(Scope::Internet);
        assert_eq!(list.allow(constant("10.99.0.0/16")), Ok(()));
        assert_eq!(list.allow(constant("127.0.0.0/8")), Ok(()));
        list.block(constant("10.99.7.0/24"), "asked us to stop");
        assert_eq!(reason(&list, "10.99.1.1"), None);
        assert_eq!(reason(&list, "127.0.0.1"), None);
        assert!(reason(&list, "10.98.1.1").is_some());
        assert_eq!(list.allow(constant("10.99.7.7/32")), Ok(()));
        assert_eq!(reason(&list, "10.99.7.7").as_deref(), Some("asked us to stop"));
        list.block(constant("0.0.0.0/0"), "stop everything");
        assert_eq!(reason(&list, "8.8.8.8").as_deref(), Some("stop everything"));
    }

    #[test]
    fn allowing_opens_nothing_that_is_anybodys() {
        for scope in [Scope::Loopback, Scope::Internet] {
            let mut list = Blocklist::new(scope);
            for prefix in ["8.8.8.0/24", "10.0.0.0/7", "0.0.0.0/0", "::/0", "2606:4700::/32"] {
                assert_eq!(list.allow(constant(prefix)), Err(NotSpecial(constant(prefix))));
            }
        }
        let list = Blocklist::new(Scope::Loopback);
        assert!(reason(&list, "8.8.8.8").is_some());
    }

    #[test]
    fn a_line_that_is_no_prefix_is_an_error() {
        let mut list = Blocklist::new(Scope::Internet);
        for line in ["1.2.3", "1.2.3.4/33", "example.net # no", "1.2.3.4 1.2.3.5"] {
            let error = list.line(7, line.as_bytes()).expect_err(line);
            assert_eq!(error.number, 7);
        }
        assert!(list.line(8, &[b' '; 5000]).is_err());
    }

    proptest::proptest! {
        #[test]
        fn the_longest_match_is_what_a_search_of_all_finds(
            prefixes in proptest::collection::vec((0_u32.., 0_u8..=32), 0..40),
            addr in 0_u32..,
            near in 0_usize..40,
            flipped in 0_u32..32,
        ) {
            let mut list = Blocklist::new(Scope::Internet);
            let nets: Vec<IpNet> = prefixes
                .iter()
                .map(|(bits, length)| IpNet::new(IpAddr::from(bits.to_be_bytes()), *length))
                .map(|net| net.expect("a length").trunc())
                .collect();
            for net in &nets {
                list.block(*net, "");
            }
            let beside = prefixes.get(near).map_or(addr, |(bits, _)| bits ^ (1 << flipped));
            for bits in [addr, beside] {
                let addr = IpAddr::from(bits.to_be_bytes());
                let longest = nets.iter().filter(|net| net.contains(&addr)).max_by_key(|net| net.prefix_len());
                let found = list.check(addr).filter(|entry| entry.origin == Origin::List);
                proptest::prop_assert_eq!(found.map(|entry| entry.prefix), longest.copied());
            }
        }
    }
}
