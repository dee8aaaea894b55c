//! The two address families, for what is written once and has to be quick in both.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::field::put;

/// An address of one family, as bytes of a length known beforehand.
pub trait Family: Copy + Eq + Into<IpAddr> {
    /// An address.
    type One: AsRef<[u8]>;
    /// Two addresses and a port.
    type Pair: AsRef<[u8]>;

    /// The address.
    fn one(self) -> Self::One;
    /// This address, another and a port.
    fn pair(self, other: Self, port: u16) -> Self::Pair;
}

impl Family for Ipv4Addr {
    type One = [u8; 4];
    type Pair = [u8; 10];

    fn one(self) -> [u8; 4] {
        self.octets()
    }

    #[inline]
    fn pair(self, other: Self, port: u16) -> [u8; 10] {
        let mut bytes = [0; 10];
        put(&mut bytes, 0, self.octets());
        put(&mut bytes, 4, other.octets());
        put(&mut bytes, 8, port.to_be_bytes());
        bytes
    }
}

impl Family for Ipv6Addr {
    type One = [u8; 16];
    type Pair = [u8; 34];

    fn one(self) -> [u8; 16] {
        self.octets()
    }

    #[inline]
    fn pair(self, other: Self, port: u16) -> [u8; 34] {
        let mut bytes = [0; 34];
        put(&mut bytes, 0, self.octets());
        put(&mut bytes, 16, other.octets());
        put(&mut bytes, 32, port.to_be_bytes());
        bytes
    }
}
