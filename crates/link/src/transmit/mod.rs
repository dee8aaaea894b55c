//! Frames out: batches of slots, changed in place, handed to the kernel by one of three system interfaces.

mod messages;
mod patience;
mod ring;
mod xdp;

use std::io;
use std::ops::Range;

use crate::error::Error;
use crate::interface::Interface;
use crate::interface::LinkKind;

/// What a sender has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Frames that the kernel took.
    pub frames: u64,
    /// System calls that handed them over.
    pub calls: u64,
    /// Waits for room in the kernel or the device.
    pub waits: u64,
}

/// A batch of frames of one template, and a way to the wire.
///
/// Write into [`Transmit::frame`], then [`Transmit::send`]; begin again.
pub trait Transmit: Send {
    /// Slots of the batch.
    fn room(&self) -> usize;

    /// The bytes of a slot: the template, or an earlier frame made of it, not necessarily of this slot.
    ///
    /// # Panics
    /// If there is no such slot.
    fn frame(&mut self, slot: usize) -> &mut [u8];

    /// Hands these slots to the kernel, in order, and says how many it took, from the start of the range. What it did not
    /// take stays in its slots, to be sent again. Full queues are waited for, shortly.
    ///
    /// # Errors
    /// If it took none: `ENETDOWN` when the interface is down; it may come up again.
    ///
    /// # Panics
    /// If there are no such slots.
    fn send(&mut self, slots: Range<usize>) -> io::Result<usize>;

    /// Counts since the start.
    fn statistics(&self) -> Sent;
}

/// The kernel's interfaces for raw frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `sendmmsg` on a packet socket, without a queueing discipline.
    Messages,
    /// A ring of a packet socket (`PACKET_TX_RING`), without a queueing discipline.
    Ring,
    /// A ring of an `AF_XDP` socket, in copy mode: any driver, no BPF program. Ethernet only.
    Xdp,
}

impl Method {
    /// All of them, in the order of what a frame costs: `benches/README.md` has the figures.
    pub const FASTEST_FIRST: [Self; 3] = [Self::Xdp, Self::Ring, Self::Messages];
}

/// A sender on this interface whose slots all begin as the template.
///
/// # Errors
/// When the kernel refuses, or the interface cannot carry the template.
pub fn transmitter(
    method: Method,
    interface: &Interface,
    template: &[u8],
    batch: usize,
) -> Result<Box<dyn Transmit>, Error> {
    let most = interface.longest_frame();
    let least = interface.kind.header_bytes().max(1);
    if template.len() < least || template.len() > most {
        let interface = interface.name.clone();
        return Err(Error::FrameLength { interface, bytes: template.len(), least, most });
    }
    let batch = batch.max(1);
    Ok(match method {
        Method::Messages => Box::new(messages::Messages::open(interface, template, batch)?),
        Method::Ring => Box::new(ring::Ring::open(interface, template, batch)?),
        Method::Xdp => Box::new(xdp::Xdp::open(interface, template, batch)?),
    })
}

/// As [`transmitter`], by the fastest method that this interface and kernel offer; says which.
///
/// # Errors
/// When none of them can be had: what [`Method::Messages`], which asks least, failed of.
pub fn fastest_transmitter(
    interface: &Interface,
    template: &[u8],
    batch: usize,
) -> Result<(Method, Box<dyn Transmit>), Error> {
    let [others @ .., last] = Method::FASTEST_FIRST;
    for method in others {
        if let Ok(sender) = transmitter(method, interface, template, batch) {
            return Ok((method, sender));
        }
    }
    Ok((last, transmitter(last, interface, template, batch)?))
}

/// The EtherType that the kernel is to be told: it reads that of an Ethernet header by itself (0), and cannot know that of
/// a bare IP packet.
fn protocol(interface: &Interface, template: &[u8]) -> i32 {
    match (interface.kind, template.first().map(|byte| byte >> 4)) {
        (LinkKind::Ip, Some(6)) => libc::ETH_P_IPV6,
        (LinkKind::Ip, _) => libc::ETH_P_IP,
        (LinkKind::Ethernet | LinkKind::Loopback, _) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_told_the_protocol_where_no_header_tells_it() {
        let told = |kind, first| {
            let interface = Interface::named("lo").unwrap();
            protocol(&Interface { kind, ..interface }, &[first, 0, 0, 0])
        };
        assert_eq!(told(LinkKind::Ip, 0x45), libc::ETH_P_IP);
        assert_eq!(told(LinkKind::Ip, 0x60), libc::ETH_P_IPV6);
        assert_eq!(told(LinkKind::Ethernet, 0x60), 0);
        assert_eq!(told(LinkKind::Loopback, 0x45), 0);
    }
}
