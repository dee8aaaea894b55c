//! Who a line is about: the columns that all logs of a connection begin with.
//!
//! The client is the originator, whichever side opened the connection; where the server did, Zeek writes `^` into the histories,
//! and so do we. Its address is never written: in its place stands one of fd00::/8 (RFC 4193) made of the row's keyed hash,
//! equal for equal clients under one key, and its port is 0.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use super::column::Column;
use super::column::Kind;

/// The connection of a line.
#[derive(Debug, Default)]
pub(super) struct Identity<'a> {
    /// When it began, microseconds since 1970.
    pub(super) began: i64,
    /// The row's name of it.
    pub(super) flow_id: &'a str,
    /// The row's name of the client.
    pub(super) client: &'a str,
    /// The server's address.
    pub(super) server: Cow<'a, str>,
    /// The server's port.
    pub(super) port: u16,
}

impl<'a> Identity<'a> {
    pub(super) fn columns(&self) -> [Column<'a>; 6] {
        [
            Column::time("ts", self.began),
            Column::word("uid", uid(self.flow_id)),
            Column::of_kind("id.orig_h", Kind::Addr, client(self.client)),
            Column::port("id.orig_p", 0),
            Column::of_kind("id.resp_h", Kind::Addr, Some(self.server.clone())),
            Column::port("id.resp_p", self.port),
        ]
    }
}

/// A name in the shape of Zeek's: C, and 96 bits in base 62.
fn uid(flow_id: &str) -> Option<String> {
    let mut rest = u128::from_str_radix(flow_id.get(..UID_DIGITS)?, 16).ok()?;
    let mut letters = Vec::new();
    while rest > 0 {
        let digit = usize::try_from(rest % 62).ok()?;
        letters.push(*BASE_62.get(digit)?);
        rest /= 62;
    }
    Some(std::iter::once('C').chain(letters.into_iter().rev().map(char::from)).collect())
}

/// An address that nobody has: fd, and the first 120 bits of the hash.
fn client(hash: &str) -> Option<String> {
    let bits = u128::from_str_radix(hash.get(..CLIENT_DIGITS)?, 16).ok()?;
    Some(Ipv6Addr::from(LOCAL << 120 | bits).to_string())
}

/// Hexadecimal digits of 96 bits.
const UID_DIGITS: usize = 24;
/// Hexadecimal digits of 120 bits.
const CLIENT_DIGITS: usize = 30;
/// Unique local addresses that are locally assigned (RFC 4193, section 3.1).
const LOCAL: u128 = 0xfd;
const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_have_addresses_that_nobody_has() {
        let name = client("00112233445566778899aabbccddeeff");
        assert_eq!(name.as_deref(), Some("fd00:1122:3344:5566:7788:99aa:bbcc:ddee"));
        assert_eq!(client(&"0".repeat(32)).as_deref(), Some("fd00::"));
        assert_eq!(client("192.0.2.1"), None);
    }

    #[test]
    fn uids_have_the_shape_of_zeeks() {
        assert_eq!(uid(&"f".repeat(32)).as_deref(), Some("C1f2SI9UJPXvb7vdJ1"));
        assert_eq!(uid(&format!("{}1{}", "0".repeat(23), "f".repeat(8))).as_deref(), Some("C1"));
        assert_eq!(uid(""), None);
    }
}
