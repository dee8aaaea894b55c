//! The address of a station on an Ethernet.

use std::fmt;
use std::str::FromStr;

/// Six bytes, as they stand in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    /// Every station.
    pub const BROADCAST: Self = Self([0xff; 6]);
    /// What stands in frames on the loopback interface.
    pub const ZERO: Self = Self([0; 6]);
}

impl fmt::Display for MacAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, f] = self.0;
        write!(formatter, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
    }
}

/// A text is not six bytes in hex with colons or hyphens between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAMacAddress(pub String);

impl fmt::Display for NotAMacAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is not a MAC address such as 02:00:5e:10:00:01", self.0)
    }
}

impl std::error::Error for NotAMacAddress {}

impl FromStr for MacAddress {
    type Err = NotAMacAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotAMacAddress(text.to_owned());
        let separator = if text.contains('-') { '-' } else { ':' };
        let mut bytes = [0; 6];
        let mut parts = text.split(separator);
        for byte in &mut bytes {
            let part = parts.next().ok_or_else(wrong)?;
            // `from_str_radix` alone would take a sign.
            let is_hex = part.len() == 2 && part.bytes().all(|digit| digit.is_ascii_hexdigit());
            *byte = u8::from_str_radix(part, 16).ok().filter(|_| is_hex).ok_or_else(wrong)?;
        }
        if parts.next().is_some() { Err(wrong()) } else { Ok(Self(bytes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_are_the_same_address() {
        let address = MacAddress([0x02, 0, 0x5e, 0x10, 0, 0xfe]);
        assert_eq!(address.to_string(), "02:00:5e:10:00:fe");
        for text in ["02:00:5e:10:00:fe", "02-00-5E-10-00-FE"] {
            assert_eq!(text.parse(), Ok(address), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "02:00:5e:10:00",
            "02:00:5e:10:00:fe:01",
            "2:0:5e:10:0:fe",
            "02:00:5e:10:00:+e",
            "02:00:5e:10:00:fg",
            "02:00-5e:10:00:fe",
            "02005e1000fe",
        ] {
            assert_eq!(text.parse::<MacAddress>(), Err(NotAMacAddress(text.to_owned())), "{text}");
        }
    }
}
