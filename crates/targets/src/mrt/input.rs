//! The bytes of one record, taken field by field.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use ipnet::IpNet;

/// What is left of a record; each method takes a field, or says that there is not enough.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'a>(&'a [u8]);

/// The family of an address (AFI).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

impl Family {
    pub(super) fn of(number: u16) -> Option<Self> {
        match number {
            1 => Some(Self::V4),
            2 => Some(Self::V6),
            _ => None,
        }
    }

    pub(super) const fn address_len(self) -> usize {
        match self {
            Self::V4 => 4,
            Self::V6 => 16,
        }
    }
}

impl<'a> Input<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, length: usize) -> Option<Self> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Self(taken))
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// An AS number of two bytes or four.
    pub(super) fn system(&mut self, wide: bool) -> Option<u32> {
        if wide { self.u32() } else { self.u16().map(u32::from) }
    }

    /// A length in bits, and as many bytes as that needs (RFC 4271, section 4.3).
    pub(super) fn prefix(&mut self, family: Family) -> Option<IpNet> {
        let length = self.u8()?;
        let bytes = self.take(usize::from(length).div_ceil(8))?;
        bytes.network(family, length)
    }

    /// A whole address, and the length behind it.
    pub(super) fn address_and_length(&mut self, family: Family) -> Option<IpNet> {
        let bytes = self.take(family.address_len())?;
        let length = self.u8()?;
        bytes.network(family, length)
    }

    /// Bits behind the length are not looked at, as the RFC says.
    fn network(self, family: Family, length: u8) -> Option<IpNet> {
        let mut padded = [0; 16];
        padded.get_mut(..self.0.len())?.copy_from_slice(self.0);
        let address = u128::from_be_bytes(padded);
        let prefix = match family {
            Family::V4 => {
                let address = u32::try_from(address >> 96).ok()?;
                IpNet::new(Ipv4Addr::from_bits(address).into(), length)
            }
            Family::V6 => IpNet::new(Ipv6Addr::from_bits(address).into(), length),
        };
        prefix.ok().map(|prefix| prefix.trunc())
    }
}
