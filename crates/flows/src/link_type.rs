//! What the frames of a capture begin with.

/// A link type by its number in the registry of capture files (<https://www.tcpdump.org/linktypes.html>). A number that is not
/// named here is kept as it is; its frames are counted, not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u32);

impl LinkType {
    /// BSD loopback: four bytes of address family, in the byte order of who captured.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// PPP, with or without its HDLC header.
    pub const PPP: Self = Self(9);
    /// Bare IP as some BSDs write it.
    pub const RAW_BSD: Self = Self(12);
    /// Bare IP as OpenBSD writes it.
    pub const RAW_OPENBSD: Self = Self(14);
    /// PPP in HDLC-like framing.
    pub const PPP_HDLC: Self = Self(50);
    /// The header of a PPPoE session, and PPP.
    pub const PPP_ETHER: Self = Self(51);
    /// Bare IP, either version.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: as [`NULL`](Self::NULL), in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux "any" device.
    pub const LINUX_SLL: Self = Self(113);
    /// Bare IPv4.
    pub const IPV4: Self = Self(228);
    /// Bare IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux "any" device, version 2.
    pub const LINUX_SLL2: Self = Self(276);
}
