//! `PACKET_TX_RING`: frames in memory shared with the kernel, one system call without arguments a batch.
//!
//! The kernel takes frames in the order of the ring, each at the next place, so slots are copied there when they are sent:
//!
//! ```text
//! place  | tpacket2_hdr | virtio_net_hdr | frame | unused |
//!        0              32               42
//! ```
//!
//! The second header makes the kernel copy the whole frame into its packet. Without it the packet refers to these pages, and
//! drivers that let go of a packet's owner early (veth, virtio) would have it changed under their hands.

use std::io;
use std::ops::Range;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::sync::atomic::Ordering;

use super::Sent;
use super::Transmit;
use super::patience::Patience;
use super::protocol;
use crate::error::Error;
use crate::interface::Interface;
use crate::mapping::Mapping;
use crate::socket::Socket;
use crate::socket::length_of;

/// `TPACKET_V2`, which libc has as an enum of its own.
const TPACKET_V2: i32 = 1;
/// A multiple of all page sizes.
const BLOCK_BYTES: usize = 64 * 1_024;
/// How many batches the ring holds: those that a device still sends, and the next.
const BATCHES: usize = 4;

/// Where `struct tpacket2_hdr` has its fields, and where the kernel looks for what is to be sent.
const STATUS: usize = 0;
const LENGTH: usize = 4;
const BODY: usize = libc::TPACKET2_HDRLEN - size_of::<libc::sockaddr_ll>();
/// `struct virtio_net_hdr`, and where it says how much is to be copied.
const OFFLOAD_HEADER: usize = 10;
const COPIED_LENGTH: usize = BODY + 2;
const FRAME: usize = BODY + OFFLOAD_HEADER;

/// The sender.
pub(super) struct Ring {
    slots: Box<[u8]>,
    length: usize,
    places: Places,
    sent: Sent,
}

impl Ring {
    pub(super) fn open(
        interface: &Interface,
        template: &[u8],
        batch: usize,
    ) -> Result<Self, Error> {
        let socket = Socket::packet(interface)?;
        let set =
            |option, value: i32, attempt| socket.set(libc::SOL_PACKET, option, &value, attempt);
        set(libc::PACKET_VERSION, TPACKET_V2, "choose the format of the ring")?;
        set(libc::PACKET_VNET_HDR, 1, "have frames copied")?;
        socket.bypass_queues()?;
        let bytes = (FRAME + template.len()).next_power_of_two();
        let block = bytes.max(BLOCK_BYTES);
        let blocks = (BATCHES * batch * bytes).div_ceil(block);
        let count = blocks * (block / bytes);
        let request = libc::tpacket_req {
            tp_block_size: small(block),
            tp_block_nr: small(blocks),
            tp_frame_size: small(bytes),
            tp_frame_nr: small(count),
        };
        socket.set(libc::SOL_PACKET, libc::PACKET_TX_RING, &request, "make the transmit ring")?;
        let ring = Mapping::of_socket(socket.as_fd(), block * blocks, 0)
            .map_err(|error| socket.failed("map the transmit ring", error))?;
        socket.bind(0)?;
        let address = socket.address(protocol(interface, template));
        let mut places = Places { socket, ring, address, bytes, count, next: 0 };
        for place in 0..count {
            places.prepare(place, template);
        }
        Ok(Self {
            slots: template.repeat(batch).into_boxed_slice(),
            length: template.len(),
            places,
            sent: Sent::default(),
        })
    }
}

impl Transmit for Ring {
    fn room(&self) -> usize {
        self.slots.len() / self.length
    }

    fn frame(&mut self, slot: usize) -> &mut [u8] {
        &mut self.slots[slot * self.length..][..self.length]
    }

    fn send(&mut self, slots: Range<usize>) -> io::Result<usize> {
        let frames = &self.slots[slots.start * self.length..slots.end * self.length];
        if frames.is_empty() {
            return Ok(0);
        }
        let Self { places, sent, .. } = self;
        let mut patience = Patience::default();
        let taken = loop {
            sent.calls += 1;
            match places.send(frames.chunks_exact(self.length)) {
                Ok(taken) => break taken,
                Err(error) if patience.allows(&error, &mut sent.waits) => {}
                Err(error) => return Err(places.socket.telling(error)),
            }
        };
        self.sent.frames += u64::try_from(taken).unwrap_or(u64::MAX);
        Ok(taken)
    }

    fn statistics(&self) -> Sent {
        self.sent
    }
}

/// The ring.
#[derive(Debug)]
struct Places {
    socket: Socket,
    ring: Mapping,
    /// Tells the protocol where the kernel cannot know it.
    address: libc::sockaddr_ll,
    bytes: usize,
    count: usize,
    /// Where the kernel will look next.
    next: usize,
}

impl Places {
    /// Writes the headers, which stay.
    fn prepare(&mut self, place: usize, template: &[u8]) {
        let start = place * self.bytes;
        let whole = u32::try_from(OFFLOAD_HEADER + template.len()).expect("a frame's length");
        let copied = u16::try_from(template.len()).expect("an MTU has 16 bits");
        // SAFETY: the kernel looks at no place before the first call of `send`.
        let place = unsafe { self.ring.bytes_mut(start..start + self.bytes) };
        place[LENGTH..][..4].copy_from_slice(&whole.to_ne_bytes());
        place[COPIED_LENGTH..][..2].copy_from_slice(&copied.to_ne_bytes());
        place[FRAME..][..template.len()].copy_from_slice(template);
    }

    /// Puts frames into the ring, calls the kernel, and says how many it took.
    fn send<'a>(&mut self, frames: impl Iterator<Item = &'a [u8]>) -> io::Result<usize> {
        let mut put = 0;
        for frame in frames.take(self.count) {
            if self.status(put) != libc::TP_STATUS_AVAILABLE {
                break;
            }
            let start = self.start(put) + FRAME;
            // SAFETY: the place's status says that it is ours.
            unsafe { self.ring.bytes_mut(start..start + frame.len()) }.copy_from_slice(frame);
            self.set_status(put, libc::TP_STATUS_SEND_REQUEST);
            put += 1;
        }
        if put == 0 {
            return Err(io::Error::from_raw_os_error(libc::EAGAIN));
        }
        let outcome = self.call();
        // The call may have failed at any of them; those before it are on their way.
        let is_taken = |place: &usize| self.status(*place) != libc::TP_STATUS_SEND_REQUEST;
        let taken = (0..put).take_while(is_taken).count();
        for place in taken..put {
            self.set_status(place, libc::TP_STATUS_AVAILABLE);
        }
        self.next = (self.next + taken) % self.count;
        match outcome {
            Err(error) if taken == 0 => Err(error),
            _ if taken == 0 => Err(io::Error::from_raw_os_error(libc::EAGAIN)),
            _ => Ok(taken),
        }
    }

    fn call(&self) -> io::Result<()> {
        let address = (&raw const self.address).cast();
        let length =
            if self.address.sll_protocol == 0 { 0 } else { length_of::<libc::sockaddr_ll>() };
        let address = if length == 0 { std::ptr::null() } else { address };
        let socket = self.socket.as_raw_fd();
        // SAFETY: no bytes, and an address that lives as long as `self`, or none.
        let outcome = unsafe {
            libc::sendto(socket, std::ptr::null(), 0, libc::MSG_DONTWAIT, address, length)
        };
        if outcome < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Where a place lies, counted from the next one.
    const fn start(&self, place: usize) -> usize {
        (self.next + place) % self.count * self.bytes
    }

    fn status(&self, place: usize) -> u32 {
        self.ring.word(self.start(place) + STATUS).load(Ordering::Acquire)
    }

    fn set_status(&self, place: usize, status: u32) {
        self.ring.word(self.start(place) + STATUS).store(status, Ordering::Release);
    }
}

fn small(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::*;

    #[test]
    fn fields_lie_where_the_kernel_looks() {
        assert_eq!(STATUS, offset_of!(libc::tpacket2_hdr, tp_status));
        assert_eq!(LENGTH, offset_of!(libc::tpacket2_hdr, tp_len));
        assert_eq!(BODY, 32);
    }
}
