//! Lists of addresses with a port each: what a discovery visits where it is no product of the two.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;

use crate::AddressSet;
use crate::LineError;
use crate::Problem;
use crate::answers::Header;
use crate::answers::listed;
use crate::target::MAX_LINE;
use crate::target::excerpt;
use crate::target::text_of;

/// Pairs of address and port, each once: IPv4 first, in order of address and then of port. A pair takes 8 bytes, of IPv6 18.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PairList {
    /// Address and port, in the lowest 48 bits.
    v4: Vec<u64>,
    /// Beside each other, as together each would take 32 bytes.
    v6: Vec<u128>,
    v6_ports: Vec<u16>,
    ports: Vec<u16>,
}

impl PairList {
    /// How many pairs there are.
    pub fn len(&self) -> u64 {
        u64::try_from(self.v4.len() + self.v6.len()).expect("in memory")
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// The ports that occur, in order.
    pub fn ports(&self) -> &[u16] {
        &self.ports
    }

    /// How many of the pairs are of IPv4; they have the first indices.
    pub fn len_v4(&self) -> u64 {
        u64::try_from(self.v4.len()).expect("in memory")
    }

    /// The pair with this index.
    #[inline]
    pub fn at(&self, index: u64) -> Option<(IpAddr, u16)> {
        let place = usize::try_from(index).ok()?;
        if let Some(pair) = self.v4.get(place) {
            return Some(unpacked(*pair));
        }
        let place = place - self.v4.len();
        Some((Ipv6Addr::from_bits(*self.v6.get(place)?).into(), *self.v6_ports.get(place)?))
    }

    /// The index of this pair; `None` where it is none of them.
    pub fn index(&self, address: IpAddr, port: u16) -> Option<u64> {
        let place = match address {
            IpAddr::V4(address) => self.v4.binary_search(&packed(address, port)).ok()?,
            IpAddr::V6(address) => {
                let bits = address.to_bits();
                let first = self.v6.partition_point(|other| *other < bits);
                let same = self.v6.partition_point(|other| *other <= bits);
                let within = self.v6_ports.get(first..same)?.binary_search(&port).ok()?;
                self.v4.len() + first + within
            }
        };
        u64::try_from(place).ok()
    }

    /// The pairs whose address is not in the set.
    #[must_use]
    pub fn minus(&self, blocked: &AddressSet) -> Self {
        let left = (0..self.len()).filter_map(|index| self.at(index));
        left.filter(|(address, _)| !blocked.contains(*address)).collect()
    }

    /// The pairs whose address is in the set.
    #[must_use]
    pub fn within(&self, allowed: &AddressSet) -> Self {
        let left = (0..self.len()).filter_map(|index| self.at(index));
        left.filter(|(address, _)| allowed.contains(*address)).collect()
    }
}

/// Collects pairs in any order, some of them more than once; an IPv4-mapped address is the IPv4 address that it stands for.
impl FromIterator<(IpAddr, u16)> for PairList {
    fn from_iter<I: IntoIterator<Item = (IpAddr, u16)>>(pairs: I) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (address, port) in pairs {
            match address.to_canonical() {
                IpAddr::V4(address) => v4.push(packed(address, port)),
                IpAddr::V6(address) => v6.push((address.to_bits(), port)),
            }
        }
        v4.sort_unstable();
        v4.dedup();
        v4.shrink_to_fit();
        v6.sort_unstable();
        v6.dedup();
        let (v6, v6_ports): (Vec<u128>, Vec<u16>) = v6.into_iter().unzip();
        let ports = ports_of(&v4, &v6_ports);
        Self { v4, v6, v6_ports, ports }
    }
}

fn packed(address: Ipv4Addr, port: u16) -> u64 {
    u64::from(address.to_bits()) << 16 | u64::from(port)
}

#[inline]
fn unpacked(pair: u64) -> (IpAddr, u16) {
    let address = u32::try_from(pair >> 16).expect("48 bits were packed");
    let port = u16::try_from(pair & u64::from(u16::MAX)).expect("16 bits");
    (Ipv4Addr::from_bits(address).into(), port)
}

fn ports_of(v4: &[u64], v6_ports: &[u16]) -> Vec<u16> {
    let mut occurs = vec![false; 1 << 16];
    for port in v4.iter().map(|pair| unpacked(*pair).1).chain(v6_ports.iter().copied()) {
        if let Some(occurs) = occurs.get_mut(usize::from(port)) {
            *occurs = true;
        }
    }
    (0..=u16::MAX).zip(occurs).filter_map(|(port, occurs)| occurs.then_some(port)).collect()
}

/// Reads pairs line by line.
///
/// | line | pair |
/// |---|---|
/// | `192.0.2.1:25`, `[2001:db8::1]:25` | an address and its port |
/// | `192.0.2.1,25`, `2001:db8::1 25` | the same |
/// | `open tcp 25 192.0.2.1 1700000000` | the same, of masscan's `-oL`; `banner …` likewise, `closed …` none |
/// | a CSV of ZMap's, its header first | the fields `saddr` and `sport`; `dport` where there is no `sport` |
/// | `# …`, `; …`, nothing | none |
#[derive(Clone, Debug, Default)]
pub struct PairListParser {
    number: u64,
    header: Option<Header>,
    pairs: Vec<(IpAddr, u16)>,
}

impl PairListParser {
    /// At the start of a list.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next line, its end cut off or not.
    ///
    /// # Errors
    /// A [`LineError`] for this line; the next one can be read all the same.
    pub fn line(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        self.number += 1;
        let number = self.number;
        self.read(bytes).map_err(|problem| LineError { number, text: excerpt(bytes), problem })
    }

    /// All that was read.
    pub fn finish(self) -> PairList {
        self.pairs.into_iter().collect()
    }

    fn read(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        if bytes.len() > MAX_LINE {
            return Err(Problem::TooLong);
        }
        let line = text_of(bytes, self.number)?;
        if line.is_empty() || line.starts_with(['#', ';']) {
            return Ok(());
        }
        if self.number == 1 {
            self.header = Header::read(line);
            if let Some(header) = self.header {
                return header.port.map(|_| ()).ok_or(Problem::Pair);
            }
        }
        let pair = match (self.header, listed(line)) {
            (Some(header), _) => Some(header.pair(line)?),
            (None, Some(answer)) => answer?,
            (None, None) => Some(plain(line)?),
        };
        self.pairs.extend(pair);
        Ok(())
    }
}

fn plain(line: &str) -> Result<(IpAddr, u16), Problem> {
    let line = line.split(['#', ';']).next().unwrap_or_default().trim();
    if let Ok(socket) = line.parse::<SocketAddr>() {
        return if socket.port() == 0 {
            Err(Problem::Port)
        } else {
            Ok((socket.ip(), socket.port()))
        };
    }
    let mut fields =
        line.split(|c: char| c == ',' || c.is_whitespace()).filter(|field| !field.is_empty());
    match (fields.next(), fields.next(), fields.next()) {
        (Some(address), Some(port), None) => {
            let address = address.parse().map_err(|_| Problem::Pair)?;
            Ok((address, crate::target::port(port)?))
        }
        _ => Err(Problem::Pair),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(list: &str) -> Result<Vec<String>, String> {
        let mut parser = PairListParser::new();
        for line in list.lines() {
            parser.line(line.as_bytes()).map_err(|error| error.to_string())?;
        }
        let list = parser.finish();
        let pairs = (0..list.len()).filter_map(|index| list.at(index));
        Ok(pairs.map(|(address, port)| SocketAddr::new(address, port).to_string()).collect())
    }

    #[test]
    fn each_form_reads_as_the_same_pairs() {
        let expected = ["192.0.2.1:25", "192.0.2.1:443", "192.0.2.2:25", "[2001:db8::1]:25"];
        for list in [
            "192.0.2.2:25\n[2001:db8::1]:25\n192.0.2.1:443\n192.0.2.1:25\n192.0.2.2:25",
            "\u{feff}# pairs\n\n192.0.2.2,25 # one\n2001:db8::1 25\r\n192.0.2.1\t443\n; more\n192.0.2.1, 25 ; two",
            "saddr,sport\n192.0.2.1,25\n192.0.2.1,443\n192.0.2.2,25\n2001:db8::1,25",
            "classification,\"sport\",saddr,dport\nsynack,\"25\",\"192.0.2.1\",61000\n\
             synack,443,192.0.2.1,61000\nsynack,25,::ffff:192.0.2.2,61000\nsynack,25,2001:db8::1,61000",
            "#masscan\nopen tcp 25 192.0.2.1 17\nopen tcp 443 192.0.2.1 17\nopen tcp 25 2001:db8::1 17\n\
             closed tcp 22 192.0.2.1 17\nbanner tcp 25 192.0.2.2 17 smtp 220 hello # ;\n# end",
            "saddr,dport\n192.0.2.1,25\n192.0.2.1,443\n192.0.2.2,25\n2001:db8::1,25",
        ] {
            assert_eq!(read(list).as_deref(), Ok(&expected.map(str::to_owned)[..]), "{list}");
        }
    }

    #[test]
    fn what_is_no_pair_is_an_error_of_its_line() {
        for (list, at) in [
            ("192.0.2.1", "line 1"),
            ("192.0.2.1:0", "line 1"),
            ("192.0.2.1,0", "line 1"),
            ("192.0.2.1,65536", "line 1"),
            ("192.0.2.0/24,25", "line 1"),
            ("192.0.2.1:25\nmail.example.net:25", "line 2"),
            ("192.0.2.1,25,443", "line 1"),
            ("saddr,classification\n192.0.2.1,synack", "line 1"),
            ("saddr,sport\n192.0.2.1", "line 2"),
            ("saddr,sport\n,25", "line 2"),
        ] {
            let error = read(list).expect_err(list);
            assert!(error.starts_with(at), "{list}: {error}");
        }
    }

    fn pairs() -> impl Strategy<Value = Vec<(IpAddr, u16)>> {
        let v4 = (0..6_u32).prop_map(|bits| Ipv4Addr::from_bits(bits << 29).into());
        let v6 = (0..6_u128).prop_map(|bits| Ipv6Addr::from_bits(bits << 125).into());
        proptest::collection::vec((prop_oneof![v4, v6], 1..5_u16), 0..60)
    }

    proptest! {
        #[test]
        fn a_list_is_its_pairs_each_once(pairs in pairs()) {
            let list: PairList = pairs.iter().copied().collect();
            let mut expected: Vec<_> =
                pairs.iter().map(|(address, port)| (address.to_canonical(), *port)).collect();
            expected.sort_unstable();
            expected.dedup();
            let found: Vec<_> = (0..list.len()).filter_map(|index| list.at(index)).collect();
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(list.at(list.len()), None);
            for (index, (address, port)) in (0..).zip(&found) {
                prop_assert_eq!(list.index(*address, *port), Some(index));
                prop_assert_eq!(list.index(*address, port + 5), None);
            }
            prop_assert_eq!(list.index(Ipv4Addr::LOCALHOST.into(), 1), None);
            let v4 = expected.iter().filter(|(address, _)| address.is_ipv4()).count();
            prop_assert_eq!(usize::try_from(list.len_v4()).expect("few"), v4);
            let blocked: AddressSet =
                expected.iter().step_by(3).map(|(address, _)| (*address, *address)).collect();
            let left = list.minus(&blocked);
            prop_assert!((0..left.len()).filter_map(|at| left.at(at)).all(|(a, _)| !blocked.contains(a)));
            prop_assert_eq!(left.len() + list.within(&blocked).len(), list.len());
            let mut ports: Vec<_> = expected.iter().map(|(_, port)| *port).collect();
            ports.sort_unstable();
            ports.dedup();
            prop_assert_eq!(list.ports(), &ports[..]);
        }
    }
}
