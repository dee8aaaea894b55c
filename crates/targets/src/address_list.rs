//! Lists of addresses, as ZMap and masscan take and write them, and hitlists of IPv6.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::AddressSet;
use crate::LineError;
use crate::Problem;
use crate::address_set::Ranges;
use crate::answers::Header;
use crate::answers::listed;
use crate::blocklist::canonical;
use crate::target::excerpt;
use crate::target::text_of;

/// Reads what may be visited, line by line. An IPv4-mapped address is the IPv4 address that it stands for.
///
/// | line | addresses |
/// |---|---|
/// | `192.0.2.1`, `2001:db8::1` | one |
/// | `192.0.2.0/24`, `2001:db8::/32` | those of a prefix; bits behind its length are taken off, as ZMap does, and [counted](Self::masked) |
/// | `192.0.2.1-192.0.2.9` | a range, both ends inside |
/// | `192.0.2.1, 192.0.2.7 198.51.100.0/24` | several of them |
/// | `open tcp 25 192.0.2.1 1700000000` | one, of masscan's `-oL`; `banner …` likewise, `closed …` none |
/// | a CSV of ZMap's, its header first | the field `saddr` |
/// | `# …`, `; …`, nothing | none; comments may stand behind addresses too |
#[derive(Clone, Debug, Default)]
pub struct AddressListParser {
    number: u64,
    header: Option<Header>,
    masked: u64,
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

impl AddressListParser {
    /// At the start of a list.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next line, its end cut off or not.
    ///
    /// # Errors
    /// A [`LineError`] for this line; the next one can be read all the same. What stands before the fault in the line
    /// is taken.
    pub fn line(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        self.number += 1;
        let number = self.number;
        self.read(bytes).map_err(|problem| LineError { number, text: excerpt(bytes), problem })
    }

    /// How many prefixes had bits behind their length, which makes them wider than their address looks.
    pub const fn masked(&self) -> u64 {
        self.masked
    }

    /// All that was read.
    pub fn finish(self) -> AddressSet {
        AddressSet { v4: Ranges::new(self.v4), v6: Ranges::new(self.v6) }
    }

    fn read(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        if bytes.len() > MAX_ADDRESS_LINE {
            return Err(Problem::LineTooLong);
        }
        let line = text_of(bytes, self.number)?;
        if line.is_empty() || line.starts_with(COMMENT) {
            return Ok(());
        }
        if self.number == 1 {
            self.header = Header::read(line);
            if self.header.is_some() {
                return Ok(());
            }
        }
        if let Some(header) = self.header {
            let address = header.address(line)?.to_canonical();
            return self.push(address, address);
        }
        if let Some(answer) = listed(line) {
            return answer?.map_or(Ok(()), |(address, _)| {
                let address = address.to_canonical();
                self.push(address, address)
            });
        }
        let line = line.split(COMMENT).next().unwrap_or_default();
        // Registries write ranges with blanks.
        if line.contains(" - ") { self.items(&line.replace(" - ", "-")) } else { self.items(line) }
    }

    fn items(&mut self, line: &str) -> Result<(), Problem> {
        let items = line.split(|c: char| c == ',' || c.is_ascii_whitespace());
        items.filter(|item| !item.is_empty()).try_for_each(|item| self.item(item))
    }

    fn item(&mut self, item: &str) -> Result<(), Problem> {
        if let Some((first, last)) = item.split_once('-') {
            return self.push(address(first)?, address(last)?);
        }
        if !item.contains('/') {
            let address = address(item)?;
            return self.push(address, address);
        }
        let prefix: IpNet = item.parse().map_err(|_| Problem::Addresses)?;
        self.masked += u64::from(prefix.addr() != prefix.network());
        let prefix = canonical(prefix);
        self.push(prefix.network(), prefix.broadcast())
    }

    fn push(&mut self, first: IpAddr, last: IpAddr) -> Result<(), Problem> {
        match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => {
                self.v4.push((first.to_bits(), last.to_bits()));
            }
            (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => {
                self.v6.push((first.to_bits(), last.to_bits()));
            }
            _ => return Err(Problem::Range),
        }
        Ok(())
    }
}

fn address(text: &str) -> Result<IpAddr, Problem> {
    text.parse().map(|address: IpAddr| address.to_canonical()).map_err(|_| Problem::Addresses)
}

const COMMENT: [char; 2] = ['#', ';'];

/// Lists of masscan's can be one line; this one has some thousand addresses.
const MAX_ADDRESS_LINE: usize = 65_536;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(list: &str) -> (String, u64) {
        let mut parser = AddressListParser::new();
        for line in list.lines() {
            parser.line(line.as_bytes()).expect("a list");
        }
        let masked = parser.masked();
        let set = parser.finish();
        let ranges: Vec<_> = set.ranges().map(|(first, last)| format!("{first}-{last}")).collect();
        (ranges.join(" "), masked)
    }

    #[test]
    fn lists_of_others_are_read() {
        let one = |address: &str| format!("{address}-{address}");
        let cases = [
            ("192.0.2.1", one("192.0.2.1")),
            ("\u{feff}192.0.2.1\r", one("192.0.2.1")),
            ("2001:DB8::1", one("2001:db8::1")),
            ("::ffff:192.0.2.1", one("192.0.2.1")),
            ("::ffff:192.0.2.0/127", "192.0.2.0-192.0.2.1".to_owned()),
            ("192.0.2.0/25", "192.0.2.0-192.0.2.127".to_owned()),
            ("192.0.2.3-192.0.2.9 # some", "192.0.2.3-192.0.2.9".to_owned()),
            ("192.0.2.3 - 192.0.2.9 ; some", "192.0.2.3-192.0.2.9".to_owned()),
            ("2001:db8::-2001:db8::ff", "2001:db8::-2001:db8::ff".to_owned()),
            ("192.0.2.1,192.0.2.2, 192.0.2.3\t192.0.2.4", "192.0.2.1-192.0.2.4".to_owned()),
            ("192.0.2.7\n192.0.2.0/29\n192.0.2.8", "192.0.2.0-192.0.2.8".to_owned()),
            ("# nobody\n\n ; nobody\n", String::new()),
            ("saddr\n192.0.2.1\n192.0.2.2", "192.0.2.1-192.0.2.2".to_owned()),
            ("classification,\"saddr\"\n\"synack;#\",\"192.0.2.1\"", one("192.0.2.1")),
            (
                "#masscan\nopen tcp 25 192.0.2.1 1700000000\nopen tcp 443 2001:db8::1 1700000000\n\
                 banner tcp 25 192.0.2.2 1700000000 smtp 220 # ; hello\n\
                 closed tcp 25 192.0.2.3 1700000000\n# end",
                "192.0.2.1-192.0.2.2 2001:db8::1-2001:db8::1".to_owned(),
            ),
        ];
        for (list, expected) in cases {
            assert_eq!(read(list), (expected, 0), "{list}");
        }
        let masked = read("10.1.2.3/8 192.0.2.1/32 2001:db8::1/32");
        let wide = "10.0.0.0-10.255.255.255 192.0.2.1-192.0.2.1 2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff";
        assert_eq!(masked, (wide.to_owned(), 2));
    }

    #[test]
    fn what_is_no_address_is_an_error_of_its_line() {
        let cases = [
            ("192.0.2", Problem::Addresses),
            ("192.0.2.0/33", Problem::Addresses),
            ("192.0.2.1:25", Problem::Addresses),
            ("mail.example.net", Problem::Addresses),
            ("192.0.2.9-192.0.2.1", Problem::Range),
            ("192.0.2.1-2001:db8::", Problem::Range),
            ("192.0.2.1-", Problem::Addresses),
            ("192.0.2.1, oops", Problem::Addresses),
            ("open tcp 25 nobody 1700000000", Problem::Address),
        ];
        for (line, problem) in cases {
            let mut parser = AddressListParser::new();
            parser.line(b"192.0.2.1").expect("an address");
            let error = parser.line(line.as_bytes()).expect_err(line);
            assert_eq!((error.number, error.problem), (2, problem), "{line}");
            assert_eq!(error.text, line);
        }
        let mut parser = AddressListParser::new();
        parser.line(b"saddr,sport").expect("a header");
        let error = parser.line(b"25").expect_err("no address");
        assert_eq!(error.problem, Problem::Address);
        let error = parser.line(&[b' '; MAX_ADDRESS_LINE + 1]).expect_err("too long");
        assert_eq!((error.number, error.problem), (3, Problem::LineTooLong));
        assert_eq!(parser.line(b"\xff").expect_err("not text").problem, Problem::NotText);
    }

    proptest! {
        /// What a set writes as ranges, one or several a line, is read as the same set.
        #[test]
        fn a_set_comes_back(
            prefixes in proptest::collection::vec((any::<u32>(), 0..=32_u8, any::<bool>()), 0..40),
            separator in prop_oneof![Just("\n"), Just(","), Just(" "), Just(" # then\n")],
        ) {
            let set: AddressSet = prefixes
                .iter()
                .map(|(bits, length, six)| {
                    let address: IpAddr = match six {
                        true => std::net::Ipv6Addr::from_bits(u128::from(*bits) << 96).into(),
                        false => std::net::Ipv4Addr::from_bits(*bits).into(),
                    };
                    IpNet::new(address, if *six { length * 4 } else { *length }).expect("a length")
                })
                .collect();
            let ranges: Vec<_> = set.ranges().map(|(first, last)| format!("{first}-{last}")).collect();
            let mut parser = AddressListParser::new();
            for line in ranges.join(separator).lines() {
                prop_assert_eq!(parser.line(line.as_bytes()), Ok(()));
            }
            prop_assert_eq!(parser.finish(), set);
        }
    }
}
