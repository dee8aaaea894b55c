//! `sendmmsg` on a packet socket: one system call a batch, headers made once.

use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;

use super::Sent;
use super::Transmit;
use super::patience::Patience;
use super::protocol;
use crate::error::Error;
use crate::interface::Interface;
use crate::mapping::Mapping;
use crate::socket::Socket;
use crate::socket::length_of;

/// Slots begin at multiples of this, so that none shares a word with its neighbour.
const ALIGNMENT: usize = 16;

/// The sender.
pub(super) struct Messages {
    socket: Socket,
    slots: Mapping,
    stride: usize,
    length: usize,
    /// One for each slot, pointing to it through `pieces`.
    headers: Box<[libc::mmsghdr]>,
    /// Pointed to by `headers`, and not touched again.
    _pieces: Box<[libc::iovec]>,
    /// Pointed to by `headers` where the kernel cannot know the protocol, and not touched again.
    _address: Box<libc::sockaddr_ll>,
    sent: Sent,
}

// SAFETY: the pointers lead to memory that this value owns and that does not move with it.
unsafe impl Send for Messages {}

impl Messages {
    pub(super) fn open(
        interface: &Interface,
        template: &[u8],
        batch: usize,
    ) -> Result<Self, Error> {
        let socket = Socket::packet(interface)?;
        socket.bypass_queues()?;
        socket.bind(0)?;
        let length = template.len();
        let stride = length.next_multiple_of(ALIGNMENT);
        let mut slots = Mapping::anonymous(stride * batch)
            .map_err(|error| socket.failed("map memory for frames", error))?;
        for slot in 0..batch {
            let start = slot * stride;
            // SAFETY: nobody else knows of these pages yet.
            unsafe { slots.bytes_mut(start..start + length) }.copy_from_slice(template);
        }
        let mut pieces: Box<[_]> = (0..batch)
            .map(|slot| libc::iovec {
                iov_base: slots.address(slot * stride).cast(),
                iov_len: length,
            })
            .collect();
        let protocol = protocol(interface, template);
        let mut address = Box::new(socket.address(protocol));
        let headers = pieces.iter_mut().map(|piece| header(piece, &mut address, protocol != 0));
        Ok(Self {
            headers: headers.collect(),
            _pieces: pieces,
            _address: address,
            socket,
            slots,
            stride,
            length,
            sent: Sent::default(),
        })
    }
}

impl Transmit for Messages {
    fn room(&self) -> usize {
        self.headers.len()
    }

    fn frame(&mut self, slot: usize) -> &mut [u8] {
        let start = slot * self.stride;
        // SAFETY: the kernel reads slots only inside `send`.
        unsafe { self.slots.bytes_mut(start..start + self.length) }
    }

    fn send(&mut self, slots: Range<usize>) -> io::Result<usize> {
        let headers = &mut self.headers[slots];
        if headers.is_empty() {
            return Ok(0);
        }
        let count = u32::try_from(headers.len()).unwrap_or(u32::MAX);
        let first = headers.as_mut_ptr();
        let descriptor = self.socket.as_raw_fd();
        let mut patience = Patience::default();
        let taken = loop {
            self.sent.calls += 1;
            // SAFETY: `count` headers, which point to slots and an address that live as long as they.
            let taken = unsafe { libc::sendmmsg(descriptor, first, count, libc::MSG_DONTWAIT) };
            if let Ok(taken) = usize::try_from(taken) {
                break taken;
            }
            let error = io::Error::last_os_error();
            if !patience.allows(&error, &mut self.sent.waits) {
                return Err(self.socket.telling(error));
            }
        };
        self.sent.frames += u64::try_from(taken).unwrap_or(u64::MAX);
        Ok(taken)
    }

    fn statistics(&self) -> Sent {
        self.sent
    }
}

fn header(
    piece: &mut libc::iovec,
    address: &mut libc::sockaddr_ll,
    is_addressed: bool,
) -> libc::mmsghdr {
    // SAFETY: integers and pointers that may be null.
    let mut header: libc::mmsghdr = unsafe { std::mem::zeroed() };
    header.msg_hdr.msg_iov = piece;
    header.msg_hdr.msg_iovlen = 1;
    if is_addressed {
        header.msg_hdr.msg_name = std::ptr::from_mut(address).cast();
        header.msg_hdr.msg_namelen = length_of::<libc::sockaddr_ll>();
    }
    header
}
