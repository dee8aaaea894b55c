//! What most frames are, in one look: TCP in IPv4 without options in Ethernet without tags.

use crate::endpoints::Addresses;
use crate::endpoints::Endpoints;
use crate::frame::Frame;
use crate::link_type::LinkType;

/// From where to where such a frame goes; none: [`packet`](super::packet) may know. It need not be whole, nor right further on, so
/// this says whose a frame is once that is known to be a segment.
#[inline]
pub(crate) fn plain(frame: &Frame<'_>) -> Option<Endpoints> {
    if frame.link_type != LinkType::ETHERNET {
        return None;
    }
    let (_, rest) = frame.bytes.split_first_chunk::<MAC_ADDRESSES>()?;
    let (&[t0, t1, first, _, _, _, _, _, f0, f1, _, protocol, _, _], rest) =
        rest.split_first_chunk()?;
    let &[s0, s1, s2, s3, d0, d1, d2, d3, sp0, sp1, dp0, dp1] = rest.first_chunk()?;
    let is_v4 = [t0, t1, first] == [0x08, 0x00, 0x45];
    let is_whole = [f0 & !DO_NOT_FRAGMENT, f1] == [0, 0];
    (is_v4 && is_whole && protocol == super::TCP).then_some(Endpoints {
        addresses: Addresses::V4 { source: [s0, s1, s2, s3], destination: [d0, d1, d2, d3] },
        source_port: u16::from_be_bytes([sp0, sp1]),
        destination_port: u16::from_be_bytes([dp0, dp1]),
    })
}

const MAC_ADDRESSES: usize = 12;
/// The flag of RFC 791 that says so, and the one above it, which is reserved and which nobody looks at.
const DO_NOT_FRAGMENT: u8 = 0xc0;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::listen::Time;
    use crate::tcp::Segment;
    use crate::unwrap::packet;

    fn of(bytes: &[u8]) -> Frame<'_> {
        let wire_length = u32::try_from(bytes.len()).expect("short");
        Frame { at: Time(0), link_type: LinkType::ETHERNET, bytes, wire_length }
    }

    /// Ethernet, IPv4 and TCP with nothing in them.
    fn whole() -> Vec<u8> {
        let mut bytes = vec![0; 54];
        bytes[12..15].copy_from_slice(&[8, 0, 0x45]);
        bytes[17] = 40;
        bytes[23] = 6;
        bytes[26..38].copy_from_slice(&[10, 0, 0, 1, 10, 0, 0, 2, 1, 2, 0, 25]);
        bytes[46] = 0x50;
        bytes
    }

    #[test]
    fn a_plain_frame_is_known() {
        let found = plain(&of(&whole())).expect("plain");
        assert_eq!(found.source().to_string(), "10.0.0.1:258");
        assert_eq!(found.destination().to_string(), "10.0.0.2:25");
    }

    proptest! {
        /// Wherever something is changed, and wherever the frame is cut, it says what the whole way says, if that finds a segment.
        #[test]
        fn it_is_never_of_another_opinion(at in 0..54_usize, to: u8, length in 0..54_usize) {
            let mut bytes = whole();
            bytes[at] = to;
            for bytes in [&bytes[..], &bytes[..length]] {
                let frame = of(bytes);
                let packet = packet(frame.link_type, frame.span()).ok();
                let packet = packet.filter(|packet| packet.protocol == crate::unwrap::TCP);
                let packet = packet.filter(|packet| packet.fragment.is_none());
                let segment = packet.and_then(|packet| {
                    let segment = Segment::read(packet.payload).ok()?;
                    Some((packet.addresses, segment.source_port, segment.destination_port))
                });
                if let (Some(plain), Some(segment)) = (plain(&frame), segment) {
                    let plain = (plain.addresses, plain.source_port, plain.destination_port);
                    prop_assert_eq!(plain, segment);
                }
            }
        }
    }
}
