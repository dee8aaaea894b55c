//! Who a line is about: the columns that all logs of a connection begin with.
//!
//! The client is the originator, whichever side opened the connection; where the server did, Zeek writes `^` into the histories,
//! and so do we. Its address is never written: in its place stands one of fd00::/8 (RFC 4193) made of the row's keyed hash,
//! equal for equal clients under one key, and its port is 0.

use std::net::IpAddr;
use std::net::Ipv6Addr;

use super::Put;
use super::column::Column;
use super::column::Value;

/// The connection of a line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Identity<'a> {
    /// When it began, microseconds since 1970.
    pub(super) began: i64,
    /// The row's name of it.
    pub(super) flow_id: &'a str,
    /// The row's name of the client.
    pub(super) client: &'a str,
    /// The server's address.
    pub(super) server: Value<'a>,
    /// The server's port.
    pub(super) port: u16,
}

impl Identity<'_> {
    pub(super) fn give(&self, put: &mut Put<'_>) {
        put(Column::time("ts", self.began));
        put(Column::word("uid", uid(self.flow_id).as_deref()));
        let client = client(self.client);
        put(Column::address("id.orig_h", client.map_or(Value::Unset, Value::Address)));
        put(Column::port("id.orig_p", 0));
        put(Column::address("id.resp_h", self.server));
        put(Column::port("id.resp_p", self.port));
    }
}

/// A name in the shape of Zeek's: C, and 96 bits in base 62.
fn uid(flow_id: &str) -> Option<String> {
    let bits = u128::from_str_radix(flow_id.get(..UID_DIGITS)?, 16).ok()?;
    // Two halves, as numbers of 128 bits are slow to divide.
    let halves = [u64::try_from(bits % LOW_HALF).ok()?, u64::try_from(bits / LOW_HALF).ok()?];
    let mut letters = [b'0'; 1 + 2 * HALF_LETTERS];
    for (half, mut rest) in letters.rchunks_exact_mut(HALF_LETTERS).zip(halves) {
        for letter in half.iter_mut().rev() {
            *letter = *BASE_62.get(usize::try_from(rest % 62).ok()?)?;
            rest /= 62;
        }
    }
    // The first is there for the C where all others are needed.
    let first = letters.iter().position(|letter| *letter != b'0').unwrap_or(letters.len());
    *letters.get_mut(first.checked_sub(1)?)? = b'C';
    str::from_utf8(letters.get(first - 1..)?).ok().map(str::to_owned)
}

/// An address that nobody has: fd, and the first 120 bits of the hash.
fn client(hash: &str) -> Option<IpAddr> {
    let bits = u128::from_str_radix(hash.get(..CLIENT_DIGITS)?, 16).ok()?;
    Some(Ipv6Addr::from(LOCAL << 120 | bits).into())
}

/// Hexadecimal digits of 96 bits.
const UID_DIGITS: usize = 24;
/// Hexadecimal digits of 120 bits.
const CLIENT_DIGITS: usize = 30;
/// Unique local addresses that are locally assigned (RFC 4193, section 3.1).
const LOCAL: u128 = 0xfd;
/// Letters of half a name, and what they can tell apart: 62 to the tenth power.
const HALF_LETTERS: usize = 10;
const LOW_HALF: u128 = 839_299_365_868_340_224;
const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_have_addresses_that_nobody_has() {
        let name = |hash: &str| client(hash).map(|address| address.to_string());
        let of = name("00112233445566778899aabbccddeeff");
        assert_eq!(of.as_deref(), Some("fd00:1122:3344:5566:7788:99aa:bbcc:ddee"));
        assert_eq!(name(&"0".repeat(32)).as_deref(), Some("fd00::"));
        assert_eq!(client("192.0.2.1"), None);
    }

    #[test]
    fn uids_have_the_shape_of_zeeks() {
        assert_eq!(uid(&"f".repeat(32)).as_deref(), Some("C1f2SI9UJPXvb7vdJ1"));
        assert_eq!(uid(&format!("{}1{}", "0".repeat(23), "f".repeat(8))).as_deref(), Some("C1"));
        // Its low half begins with zeros: 62 to the tenth power and 1.
        let with_zeros = format!("{:024x}{}", 62_u128.pow(10) + 1, "0".repeat(8));
        assert_eq!(uid(&with_zeros).as_deref(), Some("C10000000001"));
        assert_eq!(uid(""), None);
    }
}
