//! Frames in: a ring of blocks that the kernel fills and we read without a copy (`TPACKET_V3`).

mod live;
mod ring;

use std::io;
use std::time::Duration;

use self::ring::Ring;
use crate::error::Error;
use crate::filter::Filter;
use crate::interface::Interface;
use crate::socket::Socket;

pub use live::LiveCapture;
pub use live::LiveOptions;
pub use ring::Received;
pub use ring::RingSize;

/// A frame, as it lies in the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// As much of it as the filter keeps.
    pub bytes: &'a [u8],
    /// When the kernel saw it: microseconds since the epoch.
    pub at: u64,
    /// Bytes that it had on the wire.
    pub length: u32,
}

/// Hears an interface through a filter.
#[derive(Debug)]
pub struct Receiver {
    ring: Ring,
}

impl Receiver {
    /// Begins to hear. Nothing that the filter does not accept gets in, not even at the start; what this machine sends is
    /// not heard.
    ///
    /// # Errors
    /// When the kernel refuses: for lack of rights, of memory, or because of sizes that do not fit.
    pub fn open(interface: &Interface, filter: &Filter, ring: RingSize) -> Result<Self, Error> {
        let socket = Socket::packet(interface)?;
        socket.attach(filter)?;
        let one = 1_i32;
        socket.set(
            libc::SOL_PACKET,
            libc::PACKET_IGNORE_OUTGOING,
            &one,
            "not hear what is sent",
        )?;
        let ring = Ring::make(socket, ring)?;
        ring.socket().bind(libc::ETH_P_ALL)?;
        Ok(Self { ring })
    }

    /// Hands over all frames that are there; if there are none, waits for the first ones. Says how many there were: none
    /// when the time is over, or a signal came.
    ///
    /// # Errors
    /// `ENETDOWN` once when the interface goes down: when it is up again, frames come again. `InvalidData` if a
    /// block of the kernel's does not make sense; the rest of it is passed over.
    pub fn wait(
        &mut self,
        timeout: Duration,
        each: &mut dyn FnMut(Frame<'_>),
    ) -> io::Result<usize> {
        self.ring.wait(timeout, &mut |frame| {
            let seconds = u64::from(frame.seconds);
            let at = seconds * 1_000_000 + u64::from(frame.nanoseconds / 1_000);
            each(Frame { bytes: frame.bytes, at, length: frame.length });
        })
    }

    /// Counts since the start.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn statistics(&mut self) -> io::Result<Received> {
        self.ring.statistics()
    }
}
