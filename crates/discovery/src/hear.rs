//! Frames as they were received, read leniently: what they say, before anybody asks whether it answers us.
//!
//! Checksums are not looked at: a packet socket sees local traffic before they are filled in, and an answer proves itself by numbers
//! that only a probe of ours carried.

use std::net::IpAddr;

use etherparse::IpNumber;
use etherparse::LaxIpSlice;

/// A packet that may be an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Who sent it.
    pub from: IpAddr,
    /// To whom.
    pub to: IpAddr,
    /// Time to live or hop limit as it arrived.
    pub ttl: u8,
    /// What it says.
    pub what: What,
}

/// What a packet says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An ICMP or ICMPv6 error about a TCP segment.
    Error(IcmpError),
    /// A TCP segment.
    Segment(Segment),
}

/// A TCP header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The sender's port.
    pub source_port: u16,
    /// Ours.
    pub destination_port: u16,
    /// The sequence number.
    pub sequence: u32,
    /// The acknowledgement number, whether or not the flag says that it counts.
    pub acknowledgement: u32,
    /// The flags.
    pub flags: Flags,
    /// The window, not scaled.
    pub window: u16,
    /// The first maximum segment size among the options.
    pub mss: Option<u16>,
    /// Kinds of the options in their order, as far as they were received and their lengths make sense.
    pub options: Vec<u8>,
}

/// The eight flags of TCP (RFC 9293 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// No more data from the sender.
    pub const FIN: Self = Self(0x01);
    /// Synchronise sequence numbers.
    pub const SYN: Self = Self(0x02);
    /// Reset the connection.
    pub const RST: Self = Self(0x04);
    /// The acknowledgement number counts.
    pub const ACK: Self = Self(0x10);

    /// Whether this one is set.
    pub const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }
}

/// An error about a segment of ours, perhaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError {
    /// Type of ICMP (RFC 792) or of ICMPv6 (RFC 4443), by the family of the packet.
    pub icmp_type: u8,
    /// Code.
    pub icmp_code: u8,
    /// The segment that it is about.
    pub quoted: Quoted,
}

/// As much of a segment as an error has to quote (RFC 792: 64 bits behind the IP header).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// Who sent the segment.
    pub source: IpAddr,
    /// To whom.
    pub destination: IpAddr,
    /// From which port.
    pub source_port: u16,
    /// To which port.
    pub destination_port: u16,
    /// Its sequence number.
    pub sequence: u32,
}

impl Heard {
    /// Reads an Ethernet frame, with VLAN tags or without.
    pub fn in_ethernet(frame: &[u8]) -> Option<Self> {
        let mut rest = frame.get(2 * MAC..)?;
        for _ in 0..=MAX_TAGS {
            let (ether_type, behind) = rest.split_first_chunk()?;
            match u16::from_be_bytes(*ether_type) {
                IPV4 | IPV6 => return Self::in_ip(behind),
                VLAN | SERVICE_VLAN => rest = behind.get(2..)?,
                _ => return None,
            }
        }
        None
    }

    /// Reads an IP packet.
    pub fn in_ip(packet: &[u8]) -> Option<Self> {
        let (packet, _) = LaxIpSlice::from_slice(packet).ok()?;
        let payload = packet.payload();
        if payload.fragmented {
            return None;
        }
        let what = match payload.ip_number {
            IpNumber::TCP => What::Segment(Segment::read(payload.payload)?),
            IpNumber::ICMP if packet.ipv4().is_some() => {
                What::Error(IcmpError::read(payload.payload, &ICMP_ERRORS)?)
            }
            IpNumber::IPV6_ICMP if packet.ipv6().is_some() => {
                What::Error(IcmpError::read(payload.payload, &ICMPV6_ERRORS)?)
            }
            _ => return None,
        };
        let ttl = match &packet {
            LaxIpSlice::Ipv4(packet) => packet.header().ttl(),
            LaxIpSlice::Ipv6(packet) => packet.header().hop_limit(),
        };
        Some(Self { from: packet.source_addr(), to: packet.destination_addr(), ttl, what })
    }
}

impl Segment {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (header, behind) = bytes.split_first_chunk::<20>()?;
        let [s1, s2, d1, d2, q1, q2, q3, q4, a1, a2, a3, a4, offset, flags, w1, w2, ..] = *header;
        // The offset counts words of four bytes, the first five of which are read already.
        let length = usize::from(offset >> 4).checked_sub(5)? * 4;
        let (mss, options) = read_options(behind.get(..length).unwrap_or(behind));
        Some(Self {
            source_port: u16::from_be_bytes([s1, s2]),
            destination_port: u16::from_be_bytes([d1, d2]),
            sequence: u32::from_be_bytes([q1, q2, q3, q4]),
            acknowledgement: u32::from_be_bytes([a1, a2, a3, a4]),
            flags: Flags(flags),
            window: u16::from_be_bytes([w1, w2]),
            mss,
            options,
        })
    }
}

/// The first maximum segment size, and all kinds up to the end of the list (kind 0, itself told) or to an option whose length is
/// wrong or was cut off (told too).
fn read_options(mut bytes: &[u8]) -> (Option<u16>, Vec<u8>) {
    let (mut mss, mut kinds) = (None, Vec::new());
    while let Some((&kind, behind)) = bytes.split_first() {
        kinds.push(kind);
        if kind == END_OF_OPTIONS {
            break;
        }
        if kind == NO_OPERATION {
            bytes = behind;
            continue;
        }
        let length = behind.first().map_or(0, |length| usize::from(*length));
        let Some((option, rest)) = bytes.split_at_checked(length).filter(|_| length >= 2) else {
            break;
        };
        if let (None, &[MAXIMUM_SEGMENT_SIZE, _, high, low]) = (mss, option) {
            mss = Some(u16::from_be_bytes([high, low]));
        }
        bytes = rest;
    }
    (mss, kinds)
}

impl IcmpError {
    fn read(bytes: &[u8], errors: &[u8]) -> Option<Self> {
        // Type, code, checksum, four bytes that vary.
        let (&[icmp_type, icmp_code, ..], quote) = bytes.split_first_chunk::<8>()?;
        let quoted = Quoted::read(quote).filter(|_| errors.contains(&icmp_type))?;
        Some(Self { icmp_type, icmp_code, quoted })
    }
}

impl Quoted {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (packet, _) = LaxIpSlice::from_slice(bytes).ok()?;
        let payload = packet.payload();
        if payload.ip_number != IpNumber::TCP {
            return None;
        }
        let [s1, s2, d1, d2, q1, q2, q3, q4] = *payload.payload.first_chunk()?;
        Some(Self {
            source: packet.source_addr(),
            destination: packet.destination_addr(),
            source_port: u16::from_be_bytes([s1, s2]),
            destination_port: u16::from_be_bytes([d1, d2]),
            sequence: u32::from_be_bytes([q1, q2, q3, q4]),
        })
    }
}

/// Bytes of an Ethernet address.
const MAC: usize = 6;

/// Most VLAN tags in front of a packet: one of the provider's and one of the customer's (IEEE 802.1ad).
const MAX_TAGS: usize = 2;

/// EtherType of IPv4.
const IPV4: u16 = 0x0800;

/// EtherType of IPv6.
const IPV6: u16 = 0x86dd;

/// EtherType of a VLAN tag (IEEE 802.1Q).
const VLAN: u16 = 0x8100;

/// EtherType of a provider's VLAN tag (IEEE 802.1ad).
const SERVICE_VLAN: u16 = 0x88a8;

/// The errors of RFC 792: unreachable, source quench, redirect, time exceeded, parameter problem.
const ICMP_ERRORS: [u8; 5] = [3, 4, 5, 11, 12];

/// The errors of RFC 4443: unreachable, packet too big, time exceeded, parameter problem.
const ICMPV6_ERRORS: [u8; 4] = [1, 2, 3, 4];

/// Kinds of TCP options (RFC 9293 section 3.2).
const END_OF_OPTIONS: u8 = 0;
const NO_OPERATION: u8 = 1;
const MAXIMUM_SEGMENT_SIZE: u8 = 2;
