//! TCP segments with their addresses, and IP packets made of them with right checksums (RFC 9293, RFC 791, RFC 8200).

use std::net::IpAddr;
use std::net::SocketAddr;

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Who opened the connection.
    Client,
    /// Who was connected to.
    Server,
}

impl Side {
    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// Flags of a segment (RFC 9293, section 3.1), as the header's byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// No more from this side.
    pub const FIN: Self = Self(0x01);
    /// The first of this side.
    pub const SYN: Self = Self(0x02);
    /// The connection is no more.
    pub const RST: Self = Self(0x04);
    /// Hand it over at once.
    pub const PSH: Self = Self(0x08);
    /// The acknowledgement field counts.
    pub const ACK: Self = Self(0x10);

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of these are set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// One TCP segment of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// When it is captured: microseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    /// Who sends it.
    pub side: Side,
    /// Where it comes from.
    pub source: SocketAddr,
    /// Where it goes.
    pub destination: SocketAddr,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgement number; 0 where [`Flags::ACK`] is not set.
    pub acknowledgement: u32,
    /// Flags.
    pub flags: Flags,
    /// Window, unscaled.
    pub window: u16,
    /// Options, a multiple of four bytes.
    pub options: Vec<u8>,
    /// Payload.
    pub payload: Vec<u8>,
}

impl Segment {
    /// The segment with its header, checksum right.
    ///
    /// # Panics
    /// If the options are no multiple of four bytes or too long, or the families of the addresses differ.
    pub fn tcp(&self) -> Vec<u8> {
        let words = u8::try_from(5 + self.options.len() / 4).expect("at most 40 bytes of options");
        assert!(self.options.len().is_multiple_of(4) && words < 16, "options of whole words");
        let mut bytes = Vec::with_capacity(20 + self.options.len() + self.payload.len());
        bytes.extend(self.source.port().to_be_bytes());
        bytes.extend(self.destination.port().to_be_bytes());
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.acknowledgement.to_be_bytes());
        bytes.extend([words << 4, self.flags.0]);
        bytes.extend(self.window.to_be_bytes());
        bytes.extend([0; 4]);
        bytes.extend(&self.options);
        bytes.extend(&self.payload);
        let sum = transport_checksum(self.source.ip(), self.destination.ip(), TCP, &bytes);
        bytes[TCP_CHECKSUM..TCP_CHECKSUM + 2].copy_from_slice(&sum.to_be_bytes());
        bytes
    }

    /// The IP packet that carries it, unfragmented.
    pub fn packet(&self) -> Vec<u8> {
        packet(self.source.ip(), self.destination.ip(), TCP, self.identification(), &self.tcp())
    }

    /// How far it moves its side's sequence number.
    ///
    /// # Panics
    /// For payload of 4 GiB.
    pub fn length(&self) -> u32 {
        let payload = u32::try_from(self.payload.len()).expect("less than 4 GiB of payload");
        payload + u32::from(self.flags.has(Flags::SYN)) + u32::from(self.flags.has(Flags::FIN))
    }

    /// An identification that differs between packets that follow each other: reassembly needs no more.
    fn identification(&self) -> u16 {
        let [.., high, low] = self.sequence.wrapping_add(self.acknowledgement).to_be_bytes();
        u16::from_be_bytes([high, low]) ^ self.source.port()
    }
}

/// The number of TCP among the protocols of IP.
pub(super) const TCP: u8 = 6;
/// The number of UDP.
pub(super) const UDP: u8 = 17;
/// Where the checksum lies in a TCP header.
const TCP_CHECKSUM: usize = 16;
/// Where the checksum lies in an IPv4 header.
const IPV4_CHECKSUM: usize = 10;
/// Hops that a packet may still go.
const HOPS: u8 = 64;

/// An IP packet around a payload, of the family of its addresses.
///
/// # Panics
/// If the families differ or the payload does not fit.
pub(super) fn packet(
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    identification: u16,
    payload: &[u8],
) -> Vec<u8> {
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let header = Ipv4Header {
                source: source.octets(),
                destination: destination.octets(),
                protocol,
                identification,
                // Do not fragment, as TCP does.
                fragment: 0x4000,
            };
            header.around(payload)
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            ipv6(source.octets(), destination.octets(), protocol, payload)
        }
        _ => panic!("addresses of two families: {source} and {destination}"),
    }
}

/// What an IPv4 header needs to be told.
pub(super) struct Ipv4Header {
    pub(super) source: [u8; 4],
    pub(super) destination: [u8; 4],
    pub(super) protocol: u8,
    pub(super) identification: u16,
    /// Flags and offset, as they stand in the header.
    pub(super) fragment: u16,
}

impl Ipv4Header {
    pub(super) fn around(&self, payload: &[u8]) -> Vec<u8> {
        // What segmentation offload hands up may be longer than the field can say; Linux writes 0 then.
        let length = u16::try_from(20 + payload.len()).unwrap_or(0);
        let mut bytes = vec![0x45, 0];
        bytes.extend(length.to_be_bytes());
        bytes.extend(self.identification.to_be_bytes());
        bytes.extend(self.fragment.to_be_bytes());
        bytes.extend([HOPS, self.protocol, 0, 0]);
        bytes.extend(self.source);
        bytes.extend(self.destination);
        let sum = checksum(&[&bytes]);
        bytes[IPV4_CHECKSUM..IPV4_CHECKSUM + 2].copy_from_slice(&sum.to_be_bytes());
        bytes.extend(payload);
        bytes
    }
}

pub(super) fn ipv6(source: [u8; 16], destination: [u8; 16], next: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap_or(0);
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend(length.to_be_bytes());
    bytes.extend([next, HOPS]);
    bytes.extend(source);
    bytes.extend(destination);
    bytes.extend(payload);
    bytes
}

/// An IP packet with a UDP datagram in it (RFC 768).
///
/// # Panics
/// If the families of the addresses differ or the payload does not fit.
pub fn udp_datagram(source: SocketAddr, destination: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).expect("a datagram of less than 64 KiB");
    let mut bytes = Vec::with_capacity(8 + payload.len());
    bytes.extend(source.port().to_be_bytes());
    bytes.extend(destination.port().to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(payload);
    let sum = transport_checksum(source.ip(), destination.ip(), UDP, &bytes);
    // A sum of 0 would say that there is none.
    let sum = if sum == 0 { 0xffff } else { sum };
    bytes[6..8].copy_from_slice(&sum.to_be_bytes());
    packet(source.ip(), destination.ip(), UDP, source.port() ^ length, &bytes)
}

/// The checksum of a segment or datagram with the pseudo-header of its addresses (RFC 9293, section 3.1; RFC 8200, section 8.1).
fn transport_checksum(source: IpAddr, destination: IpAddr, protocol: u8, bytes: &[u8]) -> u16 {
    let length = u32::try_from(bytes.len()).expect("less than 4 GiB").to_be_bytes();
    let tail = [0, 0, 0, protocol];
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            checksum(&[&source.octets(), &destination.octets(), &tail, &length, bytes])
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            checksum(&[&source.octets(), &destination.octets(), &tail, &length, bytes])
        }
        _ => panic!("addresses of two families: {source} and {destination}"),
    }
}

/// The Internet checksum (RFC 1071) of parts that, but for the last, have an even number of bytes.
pub fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u64;
    for part in parts {
        let (words, odd) = part.as_chunks::<2>();
        sum += words.iter().map(|word| u64::from(u16::from_be_bytes(*word))).sum::<u64>();
        sum += odd.first().map_or(0, |byte| u64::from(u16::from_be_bytes([*byte, 0])));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).expect("folded to 16 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(source: &str, destination: &str) -> Segment {
        Segment {
            at: 0,
            side: Side::Client,
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            sequence: 0xffff_fff0,
            acknowledgement: 7,
            flags: Flags::ACK.and(Flags::PSH),
            window: 512,
            options: vec![1, 1, 1, 0],
            payload: b"EHLO a.test\r\n".to_vec(),
        }
    }

    #[test]
    fn checksums_are_those_of_the_documents() {
        // RFC 1071, section 3: the sum of these is 0xddf2.
        assert_eq!(checksum(&[&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]]), !0xddf2);
        // A sum over what contains its own checksum is zero.
        let v4 = segment("192.0.2.1:1024", "192.0.2.2:25").packet();
        assert_eq!(checksum(&[&v4[..20]]), 0);
        let pseudo = [&[192, 0, 2, 1, 192, 0, 2, 2, 0, 0, 0, 6, 0, 0, 0, 37], &v4[20..]].concat();
        assert_eq!(checksum(&[&pseudo]), 0);
        let v6 = segment("[2001:db8::1]:1024", "[2001:db8::2]:25").packet();
        assert_eq!(v6.len(), 40 + 37);
        let pseudo = [&v6[8..40], &[0, 0, 0, 6, 0, 0, 0, 37], &v6[40..]].concat();
        assert_eq!(checksum(&[&pseudo]), 0);
    }

    #[test]
    fn a_datagram_has_its_length_and_a_sum() {
        let packet =
            udp_datagram("192.0.2.1:53".parse().unwrap(), "192.0.2.2:1053".parse().unwrap(), b"x");
        assert_eq!(packet[20..26], [0, 53, 4, 29, 0, 9]);
        let pseudo =
            [&[192, 0, 2, 1, 192, 0, 2, 2, 0, 0, 0, 17, 0, 0, 0, 9], &packet[20..]].concat();
        assert_eq!(checksum(&[&pseudo]), 0);
    }
}
