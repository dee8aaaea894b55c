//! SYN frames: a template, and what is patched into a copy of it for each probe.
//!
//! Nothing of a frame is read to send it again: what varies is overwritten, and both checksums come from sums over the
//! template with the varying fields added (RFC 1624), so that it does not matter which probe was in the frame before.

use std::marker::PhantomData;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::Mark;
use crate::checksum::Sum;
use crate::field::put;

/// What stands before the IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// An Ethernet header.
    Ethernet {
        /// Of the interface that sends.
        source_mac: [u8; 6],
        /// Of the gateway, or of the neighbour itself.
        gateway_mac: [u8; 6],
    },
    /// Nothing: the interface takes IP packets, as tunnels do.
    Ip,
}

impl Framing {
    fn header(self, ether_type: u16) -> Vec<u8> {
        match self {
            Self::Ethernet { source_mac, gateway_mac } => {
                [gateway_mac.as_slice(), &source_mac, &ether_type.to_be_bytes()].concat()
            }
            Self::Ip => Vec::new(),
        }
    }
}

/// Whose SYN a probe looks like: TCP options, window and time to live.
///
/// A SYN without options is dropped by some hosts and filters that answer each of these three; more options than that find
/// hardly more, and each byte costs rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Options {
    /// Linux 6: segment size, selective acknowledgements, timestamps, window scale 7; 74 bytes on Ethernet for IPv4. The timestamp is
    /// the same in all probes: it tells nothing about this machine.
    Linux,
    /// Windows 10: segment size, window scale 8, selective acknowledgements; 66 bytes. The options of the most common client that
    /// asks for no timestamps, and so the default.
    #[default]
    Windows,
    /// Segment size only; 58 bytes, which Ethernet pads to 60: the quickest.
    Smallest,
}

impl Options {
    /// All of them, by their words.
    pub const ALL: [(&'static str, Self); 3] =
        [("linux", Self::Linux), ("windows", Self::Windows), ("smallest", Self::Smallest)];

    /// As they stand in the header, with this maximum segment size.
    fn bytes(self, mss: u16) -> Vec<u8> {
        let [high, low] = mss.to_be_bytes();
        let mut bytes = vec![2, 4, high, low];
        match self {
            Self::Linux => {
                bytes.extend([4, 2, 8, 10]);
                bytes.extend(TIMESTAMP.to_be_bytes());
                bytes.extend([0, 0, 0, 0, 1, 3, 3, 7]);
            }
            Self::Windows => bytes.extend([1, 3, 3, 8, 1, 1, 4, 2]),
            Self::Smallest => {}
        }
        bytes
    }

    const fn window(self) -> u16 {
        match self {
            Self::Linux | Self::Windows => 64_240,
            Self::Smallest => 65_535,
        }
    }

    const fn ttl(self) -> u8 {
        match self {
            Self::Linux | Self::Smallest => 64,
            Self::Windows => 128,
        }
    }
}

/// One probe, as far as it differs from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe<A> {
    /// From which of our addresses.
    pub source: A,
    /// To whom.
    pub destination: A,
    /// To which port.
    pub port: u16,
    /// What it carries.
    pub mark: Mark,
}

/// A SYN without addresses, ports and sequence number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template<A> {
    bytes: Vec<u8>,
    /// Where the IP header begins.
    start: usize,
    /// Of the IPv4 header; of nothing in IPv6.
    header: Sum,
    /// Of the TCP segment and of its pseudo-header.
    segment: Sum,
    family: PhantomData<A>,
}

impl<A> Template<A> {
    /// The frame that a slot is filled with once, before probes are patched into it; it is no probe yet.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn build(framing: Vec<u8>, header: Vec<u8>, segment: Vec<u8>) -> Self {
        let length = u16::try_from(segment.len()).expect("a header of 60 bytes at most");
        Self {
            start: framing.len(),
            header: Sum::default().bytes(&header),
            segment: Sum::default().bytes(&segment).short(TCP.into()).short(length),
            bytes: [framing, header, segment].concat(),
            family: PhantomData,
        }
    }

    /// The IP header and the first 20 bytes of the TCP header in a copy of the template.
    #[inline]
    fn headers<'a, const LENGTH: usize>(&self, frame: &'a mut [u8]) -> &'a mut [u8; LENGTH] {
        let packet = frame.get_mut(self.start..);
        packet.and_then(<[u8]>::first_chunk_mut).expect("a frame as long as the template")
    }
}

impl Template<Ipv4Addr> {
    /// A SYN in IPv4.
    pub fn new(framing: Framing, options: Options) -> Self {
        let segment = segment(options, MSS_V4);
        let length = u16::try_from(V4_HEADER + segment.len()).expect("80 bytes at most");
        let [high, low] = length.to_be_bytes();
        let mut header = vec![0x45, 0, high, low, 0, 0, DO_NOT_FRAGMENT, 0, options.ttl(), TCP];
        header.resize(V4_HEADER, 0);
        Self::build(framing.header(0x0800), header, segment)
    }

    /// Makes a copy of the template this probe, whatever probe it was before.
    ///
    /// # Panics
    /// Where the frame is shorter than the template.
    #[inline]
    pub fn patch(&self, frame: &mut [u8], probe: &Probe<Ipv4Addr>) {
        let headers: &mut [u8; V4_HEADER + TCP_HEADER] = self.headers(frame);
        let Mark { sequence, source_port, identification } = probe.mark;
        let addresses =
            Sum::default().long(probe.source.to_bits()).long(probe.destination.to_bits());
        let header = self.header.plus(addresses).short(identification);
        let segment = self.segment.plus(addresses).plus(varying(sequence, source_port, probe.port));
        put(headers, 4, identification.to_be_bytes());
        put(headers, 10, header.checksum());
        put(headers, 12, probe.source.octets());
        put(headers, 16, probe.destination.octets());
        put(headers, 20, source_port.to_be_bytes());
        put(headers, 22, probe.port.to_be_bytes());
        put(headers, 24, sequence.to_be_bytes());
        put(headers, 36, segment.checksum());
    }
}

impl Template<Ipv6Addr> {
    /// A SYN in IPv6.
    pub fn new(framing: Framing, options: Options) -> Self {
        let segment = segment(options, MSS_V6);
        let length = u16::try_from(segment.len()).expect("60 bytes at most");
        let [high, low] = length.to_be_bytes();
        let mut header = vec![0x60, 0, 0, 0, high, low, TCP, options.ttl()];
        header.resize(V6_HEADER, 0);
        Self::build(framing.header(0x86dd), header, segment)
    }

    /// Makes a copy of the template this probe, whatever probe it was before.
    ///
    /// # Panics
    /// Where the frame is shorter than the template.
    #[inline]
    pub fn patch(&self, frame: &mut [u8], probe: &Probe<Ipv6Addr>) {
        let headers: &mut [u8; V6_HEADER + TCP_HEADER] = self.headers(frame);
        let Mark { sequence, source_port, .. } = probe.mark;
        let (source, destination) = (probe.source.octets(), probe.destination.octets());
        let addresses = Sum::default().octets(source).octets(destination);
        let segment = self.segment.plus(addresses).plus(varying(sequence, source_port, probe.port));
        put(headers, 8, source);
        put(headers, 24, destination);
        put(headers, 40, source_port.to_be_bytes());
        put(headers, 42, probe.port.to_be_bytes());
        put(headers, 44, sequence.to_be_bytes());
        put(headers, 56, segment.checksum());
    }
}

/// What varies in a TCP header.
#[inline]
fn varying(sequence: u32, source_port: u16, port: u16) -> Sum {
    Sum::default().long(sequence).short(source_port).short(port)
}

/// A TCP header with these options and SYN.
fn segment(options: Options, mss: u16) -> Vec<u8> {
    let options_bytes = options.bytes(mss);
    let words = u8::try_from((TCP_HEADER + options_bytes.len()) / 4).expect("15 at most");
    let [high, low] = options.window().to_be_bytes();
    let mut segment = vec![0; 12];
    segment.extend([words << 4, SYN, high, low, 0, 0, 0, 0]);
    segment.extend(options_bytes);
    segment
}

/// Bytes of an IPv4 header without options.
const V4_HEADER: usize = 20;

/// Bytes of an IPv6 header.
const V6_HEADER: usize = 40;

/// Bytes of a TCP header without options.
const TCP_HEADER: usize = 20;

/// TCP's number among IP protocols.
const TCP: u8 = 6;

/// The flag of TCP.
const SYN: u8 = 0x02;

/// The flag of IPv4, in the byte it shares with the fragment offset.
const DO_NOT_FRAGMENT: u8 = 0x40;

/// What fits into Ethernet's 1,500 bytes behind headers of 40 bytes.
const MSS_V4: u16 = 1460;

/// What fits into Ethernet's 1,500 bytes behind headers of 60 bytes.
const MSS_V6: u16 = 1440;

/// The timestamp of each probe that has one (RFC 7323); not 0, which some take for none.
const TIMESTAMP: u32 = 0x0100_0000;

#[cfg(test)]
mod tests {
    use etherparse::IpNumber;
    use etherparse::SlicedPacket;
    use etherparse::TcpOptionElement;
    use etherparse::TransportSlice;
    use proptest::prelude::*;

    use super::*;

    const ETHERNET: Framing =
        Framing::Ethernet { source_mac: [2, 0, 0, 0, 0, 1], gateway_mac: [2, 0, 0, 0, 0, 2] };

    fn probe<A>((source, destination): (A, A), numbers: (u16, u32, u16, u16)) -> Probe<A> {
        let (port, sequence, source_port, identification) = numbers;
        Probe { source, destination, port, mark: Mark { sequence, source_port, identification } }
    }

    /// By another reader, with the checksums computed over all bytes.
    fn check<A: Into<std::net::IpAddr> + Copy>(frame: &[u8], ethernet: bool, probe: &Probe<A>) {
        let packet = if ethernet {
            SlicedPacket::from_ethernet(frame)
        } else {
            SlicedPacket::from_ip(frame)
        };
        let packet = packet.expect("a packet");
        let Some(TransportSlice::Tcp(tcp)) = &packet.transport else { panic!("no TCP") };
        assert_eq!(tcp.source_port(), probe.mark.source_port);
        assert_eq!(tcp.destination_port(), probe.port);
        assert_eq!(tcp.sequence_number(), probe.mark.sequence);
        assert_eq!(tcp.acknowledgment_number(), 0);
        assert!(tcp.syn() && !tcp.ack() && !tcp.rst() && !tcp.fin() && tcp.payload().is_empty());
        let sum = match packet.net.as_ref().expect("IP") {
            etherparse::NetSlice::Ipv4(ip) => {
                let header = ip.header();
                assert_eq!(probe.source.into(), header.source_addr());
                assert_eq!(probe.destination.into(), header.destination_addr());
                assert_eq!(header.identification(), probe.mark.identification);
                assert!(header.dont_fragment() && !header.is_fragmenting_payload());
                assert_eq!(header.header_checksum(), header.to_header().calc_header_checksum());
                tcp.calc_checksum_ipv4(header.source(), header.destination())
            }
            etherparse::NetSlice::Ipv6(ip) => {
                let header = ip.header();
                assert_eq!(probe.source.into(), header.source_addr());
                assert_eq!(probe.destination.into(), header.destination_addr());
                assert_eq!(header.next_header(), IpNumber::TCP);
                tcp.calc_checksum_ipv6(header.source(), header.destination())
            }
            _ => panic!("no IP"),
        };
        assert_eq!(tcp.checksum(), sum.expect("short"));
    }

    #[test]
    fn lengths_options_and_lifetimes() {
        use TcpOptionElement::MaximumSegmentSize;
        use TcpOptionElement::Noop;
        use TcpOptionElement::SelectiveAcknowledgementPermitted;
        use TcpOptionElement::Timestamp;
        use TcpOptionElement::WindowScale;
        let linux = |mss| {
            let time = Timestamp(TIMESTAMP, 0);
            vec![
                MaximumSegmentSize(mss),
                SelectiveAcknowledgementPermitted,
                time,
                Noop,
                WindowScale(7),
            ]
        };
        let windows = |mss| {
            let sack = SelectiveAcknowledgementPermitted;
            vec![MaximumSegmentSize(mss), Noop, WindowScale(8), Noop, Noop, sack]
        };
        let smallest = |mss| vec![MaximumSegmentSize(mss)];
        for (options, length, ttl, window, v4, v6) in [
            (Options::Linux, 74, 64, 64_240, linux(1460), linux(1440)),
            (Options::Windows, 66, 128, 64_240, windows(1460), windows(1440)),
            (Options::Smallest, 58, 64, 65_535, smallest(1460), smallest(1440)),
        ] {
            let v4_template = Template::<Ipv4Addr>::new(ETHERNET, options);
            let v6_template = Template::<Ipv6Addr>::new(ETHERNET, options);
            for (bytes, length, at, options) in
                [(v4_template.bytes(), length, 22, v4), (v6_template.bytes(), length + 20, 21, v6)]
            {
                assert_eq!((bytes.len(), bytes[at]), (length, ttl));
                let packet = SlicedPacket::from_ethernet(bytes).expect("a packet");
                let Some(TransportSlice::Tcp(tcp)) = packet.transport else { panic!("no TCP") };
                assert_eq!(tcp.window_size(), window);
                let seen: Result<Vec<_>, _> = tcp.options_iterator().collect();
                assert_eq!(seen, Ok(options));
            }
        }
    }

    #[test]
    fn a_known_frame() {
        let template = Template::<Ipv4Addr>::new(ETHERNET, Options::Smallest);
        let mut frame = template.bytes().to_vec();
        let pair = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(198, 51, 100, 7));
        template.patch(&mut frame, &probe(pair, (443, 0x0102_0304, 40_000, 0xabcd)));
        let expected = [
            // to the gateway, from us, IPv4
            &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0][..],
            &[
                0x45, 0, 0, 44, 0xab, 0xcd, 0x40, 0, 64, 6, 0xa2, 0xc2, 192, 0, 2, 1, 198, 51, 100,
                7,
            ],
            &[0x9c, 0x40, 1, 187, 1, 2, 3, 4, 0, 0, 0, 0, 0x60, 2, 0xff, 0xff, 0x09, 0xe9, 0, 0],
            &[2, 4, 5, 0xb4],
        ];
        assert_eq!(frame, expected.concat());
    }

    proptest! {
        /// Into the same slot, whatever was there before.
        #[test]
        fn patched_frames_are_whole_frames(
            v4: [[u32; 2]; 3], v6: [[u128; 2]; 3], numbers: [(u16, u32, u16, u16); 3], which in 0..3_usize, ethernet: bool,
        ) {
            let framing = if ethernet { ETHERNET } else { Framing::Ip };
            let options = Options::ALL[which].1;
            let template = Template::<Ipv4Addr>::new(framing, options);
            let mut frame = template.bytes().to_vec();
            for (pair, numbers) in v4.iter().zip(numbers) {
                let [source, destination] = pair.map(Ipv4Addr::from_bits);
                let probe = probe((source, destination), numbers);
                template.patch(&mut frame, &probe);
                check(&frame, ethernet, &probe);
            }
            let template = Template::<Ipv6Addr>::new(framing, options);
            let mut frame = template.bytes().to_vec();
            for (pair, numbers) in v6.iter().zip(numbers) {
                let [source, destination] = pair.map(Ipv6Addr::from_bits);
                let probe = probe((source, destination), numbers);
                template.patch(&mut frame, &probe);
                check(&frame, ethernet, &probe);
            }
        }
    }
}
