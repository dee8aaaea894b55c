//! All that an interface carries, in both directions, spread over several rings by flow.

use std::io;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::ring::Received;
use super::ring::Ring;
use super::ring::RingFrame;
use super::ring::RingSize;
use crate::capture::Captured;
use crate::capture::VlanTag;
use crate::error::Error;
use crate::filter::Filter;
use crate::interface::Interface;
use crate::interface::LinkKind;
use crate::socket::Socket;

/// The EtherType of a tag, where the kernel does not tell.
const VLAN: u16 = 0x8100;

/// What to hear of an interface, and how.
#[derive(Clone, Debug)]
pub struct LiveOptions {
    /// Among how many sockets the frames are divided: [`MOST_SOCKETS`](Self::MOST_SOCKETS) at most.
    pub sockets: NonZeroUsize,
    /// The ring of each. Frames that are longer than a block are cut.
    pub ring: RingSize,
    /// Whether to hear frames to other machines' link addresses.
    pub promiscuous: bool,
    /// Which frames are heard.
    pub filter: Filter,
    /// What nobody outside knows, so that nobody knows which socket hears him.
    pub seed: u32,
}

impl LiveOptions {
    /// As many as the kernel has room for in a group where nobody asks for more.
    pub const MOST_SOCKETS: usize = 256;
}

/// Hears an interface: one socket of a group with its ring, for one thread.
///
/// Both directions of a flow come to the same socket, whatever carries them: the kernel divides by the innermost packet
/// (`Filter::spread` says how). Fragments of IPv4 behind a MAC header and no more than one tag come put together
/// (`PACKET_FANOUT_FLAG_DEFRAG`; the kernel does that once for all who hear in a namespace), others to the socket of their flow.
///
/// What this machine sends is heard as well, often longer than a frame can be and without its checksums, which the card
/// would have made.
#[derive(Debug)]
pub struct LiveCapture {
    ring: Ring,
    link_type: u32,
    /// It was, when it last told.
    is_down: bool,
}

impl LiveCapture {
    /// Begins to hear. When this returns, each frame comes to exactly one of the captures; on a loopback interface, where each
    /// packet passes twice, only as it is received.
    ///
    /// # Errors
    /// When the kernel refuses: for lack of rights, of memory, or because of sizes that do not fit.
    pub fn open(interface: &Interface, options: &LiveOptions) -> Result<Vec<Self>, Error> {
        let mut captures = Vec::new();
        let mut group = None;
        for _ in 0..options.sockets.get() {
            let socket = Socket::packet(interface)?;
            // Between being bound and joining the group, a socket would hear what others of the group hear.
            socket.attach(&Filter::nothing())?;
            if options.promiscuous {
                socket.hear_all_addresses()?;
            }
            let ring = Ring::make(socket, options.ring)?;
            ring.socket().bind(libc::ETH_P_ALL)?;
            let begins = group.is_none();
            group = Some(ring.socket().join(group)?);
            if begins {
                ring.socket().spread(&Filter::spread(interface.kind, options.seed))?;
            }
            let link_type = interface.kind.link_type();
            captures.push(Self { ring, link_type, is_down: false });
        }
        let filter = match interface.kind {
            LinkKind::Loopback => options.filter.clone().without_outgoing(),
            LinkKind::Ethernet | LinkKind::Ip => options.filter.clone(),
        };
        captures.iter().try_for_each(|capture| capture.ring.socket().attach(&filter))?;
        Ok(captures)
    }

    /// Hands over all frames that are there; if there are none, waits for the first ones. Says how many there were: none
    /// when the time is over, or a signal came.
    ///
    /// # Errors
    /// `NetworkDown` once when the interface goes down: when it is up again, frames come again. `NotFound` if it was
    /// deleted: nothing will ever come. `InvalidData` if a block of the kernel's does not make sense; the rest of it is
    /// passed over.
    pub fn wait(
        &mut self,
        timeout: Duration,
        each: &mut dyn FnMut(Captured<'_>),
    ) -> io::Result<usize> {
        let link_type = self.link_type;
        let heard = self.ring.wait(timeout, &mut |frame| each(captured(frame, link_type)));
        match heard {
            Ok(0) if self.is_down && !self.ring.socket().has_interface()? => {
                Err(io::Error::new(io::ErrorKind::NotFound, "the interface was deleted"))
            }
            Ok(0) => Ok(0),
            Ok(frames) => {
                self.is_down = false;
                Ok(frames)
            }
            Err(error) => {
                self.is_down |= error.kind() == io::ErrorKind::NetworkDown;
                Err(error)
            }
        }
    }

    /// What the kernel has counted of this socket since the start: those of a group add up ([`Received`] can be summed).
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn statistics(&mut self) -> io::Result<Received> {
        self.ring.statistics()
    }
}

fn captured(frame: RingFrame<'_>, link_type: u32) -> Captured<'_> {
    let (protocol, control) = frame.tag;
    let knows_protocol = frame.status & libc::TP_STATUS_VLAN_TPID_VALID != 0;
    let tag = VlanTag { protocol: if knows_protocol { protocol } else { VLAN }, control };
    let nanoseconds = u16::try_from(frame.nanoseconds % 1_000).expect("less than 1,000");
    Captured {
        at: i64::from(frame.seconds) * 1_000_000 + i64::from(frame.nanoseconds / 1_000),
        nanoseconds,
        link_type,
        bytes: frame.bytes,
        length: frame.length,
        tag: (frame.status & libc::TP_STATUS_VLAN_VALID != 0).then_some(tag),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_only_where_the_status_says_so() {
        let both = libc::TP_STATUS_VLAN_VALID | libc::TP_STATUS_VLAN_TPID_VALID;
        for (status, expected) in [
            (0, None),
            (libc::TP_STATUS_VLAN_TPID_VALID, None),
            (libc::TP_STATUS_VLAN_VALID, Some((0x8100, 7))),
            (both, Some((0x88a8, 7))),
        ] {
            let tag = (0x88a8, 7);
            let frame =
                RingFrame { bytes: b"", seconds: 7, nanoseconds: 8_009, length: 0, status, tag };
            let found = captured(frame, 1);
            let tag = found.tag.map(|tag| (tag.protocol, tag.control));
            assert_eq!((tag, found.at, found.nanoseconds), (expected, 7_000_008, 9), "{status:#x}");
        }
    }
}
