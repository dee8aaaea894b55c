//! Whose operators agreed to be asked what others are not: networks, and names.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::Target;
use crate::blocklist::Table;
use crate::blocklist::canonical;
use crate::blocklist::constant;
use crate::special::LOOPBACK;
use crate::target::MAX_LINE;
use crate::target::excerpt;
use crate::target::name;

/// Who may be asked intrusively. Loopback always may.
#[derive(Clone, Debug)]
pub struct Consent {
    networks: Table,
    names: BTreeSet<String>,
    listed: usize,
}

/// A line of a consent list that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentError {
    /// Its number, from 1.
    pub number: u64,
    /// What it says, bounded, what cannot be printed escaped.
    pub text: String,
}

impl fmt::Display for ConsentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}: \"{}\": neither a network whose operator could agree (192.0.2.0/24; at least /{SHORTEST_V4}, IPv6 \
             /{SHORTEST_V6}) nor a name (mail.example.net); who agreed, and when, behind #",
            self.number, self.text
        )
    }
}

impl std::error::Error for ConsentError {}

impl Default for Consent {
    fn default() -> Self {
        let mut consent = Self { networks: Table::default(), names: BTreeSet::new(), listed: 0 };
        for prefix in LOOPBACK {
            consent.allow(constant(prefix));
        }
        consent
    }
}

impl Consent {
    /// Takes up a network, such as a test range of one's own.
    pub fn allow(&mut self, prefix: IpNet) {
        self.networks.insert(prefix, 0);
    }

    /// One line: a network, an address or a name, a comment behind `#`.
    ///
    /// # Errors
    /// [`ConsentError`] for what is none, and for a network so large that nobody could agree for all of it.
    pub fn line(&mut self, number: u64, bytes: &[u8]) -> Result<(), ConsentError> {
        let error = || ConsentError { number, text: excerpt(bytes) };
        if bytes.len() > MAX_LINE {
            return Err(error());
        }
        let line = String::from_utf8_lossy(bytes);
        let (entry, _) = line.split_once('#').unwrap_or((&line, ""));
        let entry = entry.trim_start_matches('\u{feff}').trim();
        if entry.is_empty() {
            return Ok(());
        }
        let prefix = match entry.parse::<IpAddr>() {
            Ok(addr) => Some(IpNet::from(addr)),
            Err(_) => entry.parse().ok(),
        };
        match prefix {
            // A slip of the pen must not agree for all who share a prefix with the address that was meant.
            Some(prefix) if prefix.addr() != prefix.network() => return Err(error()),
            Some(prefix) if prefix.prefix_len() >= shortest(&prefix) => {
                self.allow(canonical(prefix))
            }
            None if !entry.contains('/') => {
                self.names.insert(name(entry).map_err(|_| error())?);
            }
            _ => return Err(error()),
        }
        self.listed += 1;
        Ok(())
    }

    /// Whether this target, at the address that it has or was found to have, may be asked.
    ///
    /// A name counts where its own zone led to the address: whoever writes a name beside an address in a list does not
    /// speak for the address.
    pub fn covers(&self, target: &Target, addr: IpAddr) -> bool {
        let by_name = target.addr.is_none() && self.has_name(target);
        by_name || self.networks.longest(addr.to_canonical()).is_some()
    }

    /// Whether that is known before any name is looked up.
    pub fn covers_as_listed(&self, target: &Target) -> bool {
        match target.addr {
            Some(addr) => self.covers(target, addr),
            None => self.has_name(target),
        }
    }

    /// How many lines agreed.
    pub fn listed(&self) -> usize {
        self.listed
    }

    fn has_name(&self, target: &Target) -> bool {
        target.name.as_ref().is_some_and(|name| self.names.contains(name))
    }
}

fn shortest(prefix: &IpNet) -> u8 {
    match prefix {
        IpNet::V4(_) => SHORTEST_V4,
        IpNet::V6(_) => SHORTEST_V6,
    }
}

/// The largest network that was ever given to one operator.
const SHORTEST_V4: u8 = 8;
/// The same of IPv6 (RFC 6177 speaks of sites; registries give operators /19 and longer).
const SHORTEST_V6: u8 = 19;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Line;
    use crate::LineParser;

    fn target(line: &str) -> Target {
        match LineParser::new().line(line.as_bytes()) {
            Ok(Line::One(target)) => target,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn consent(lines: &str) -> Consent {
        let mut consent = Consent::default();
        for (number, line) in (1..).zip(lines.lines()) {
            consent.line(number, line.as_bytes()).expect("a consent");
        }
        consent
    }

    #[test]
    fn networks_addresses_and_names_agree_for_themselves() {
        let list = "# by letter, 2026-03-01\n192.0.2.0/24 # example.net\n2001:db8::7\nMail.Example.org. # by phone\n";
        let consent = consent(list);
        assert_eq!(consent.listed(), 3);
        let cases = [
            ("192.0.2.9:25", "192.0.2.9", true, true),
            ("::ffff:192.0.2.9", "::ffff:192.0.2.9", true, true),
            ("192.0.3.1", "192.0.3.1", false, false),
            ("2001:db8::7", "2001:db8::7", true, true),
            ("2001:db8::8", "2001:db8::8", false, false),
            ("mail.example.org:587", "198.51.100.1", true, true),
            ("other.example.org", "198.51.100.1", false, false),
            ("other.example.org", "192.0.2.200", false, true),
            ("mail.example.org,198.51.100.1", "198.51.100.1", false, false),
            ("127.0.0.1:25", "127.0.0.1", true, true),
            ("[::1]:25", "::1", true, true),
            ("localhost", "127.0.0.1", false, true),
        ];
        for (line, addr, as_listed, found) in cases {
            let target = target(line);
            assert_eq!(consent.covers_as_listed(&target), as_listed, "{line}");
            let addr = addr.parse().expect("an address");
            assert_eq!(consent.covers(&target, addr), found, "{line} at {addr}");
        }
    }

    #[test]
    fn nobody_agrees_for_the_internet_and_a_line_that_is_none_is_an_error() {
        for line in
            ["0.0.0.0/0", "8.0.0.0/7", "::/0", "2000::/3", "not a name", "a/b", "*.example.net"]
        {
            let error = Consent::default().line(7, line.as_bytes()).expect_err(line);
            assert_eq!(error.number, 7, "{line}");
        }
        assert!(Consent::default().line(8, &[b'a'; 5000]).is_err());
    }

    #[test]
    fn who_listed_nothing_has_loopback() {
        let mut consent = Consent::default();
        assert!(!consent.covers_as_listed(&target("10.1.2.3")));
        consent.allow("10.1.0.0/16".parse().expect("a prefix"));
        assert!(consent.covers_as_listed(&target("10.1.2.3")));
        assert!(consent.covers_as_listed(&target("127.9.9.9")));
    }
}
