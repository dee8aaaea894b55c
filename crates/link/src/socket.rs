//! The few system calls that packet sockets need and no safe crate offers.

use std::io;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::fd::FromRawFd;
use std::os::fd::OwnedFd;
use std::time::Duration;

use crate::error::Error;
use crate::filter::Filter;
use crate::interface::Interface;
use crate::interface::is_up;
use crate::interface::question_socket;

/// Frames under way count against it, some 700 bytes each; the kernel takes what `net.core.wmem_max` permits.
const SEND_BUFFER: i32 = 4 * 1_024 * 1_024;

/// A raw socket, of which no frame comes or goes before it is bound.
#[derive(Debug)]
pub(crate) struct Socket {
    descriptor: OwnedFd,
    /// For questions about the interface: not every family answers them, and the thread may come to be in another namespace.
    questions: OwnedFd,
    interface: String,
    index: i32,
}

impl Socket {
    /// A packet socket that hears nothing: protocol 0 until [`Socket::bind`].
    pub(crate) fn packet(interface: &Interface) -> Result<Self, Error> {
        Self::open(libc::AF_PACKET, "open a packet socket", interface)
    }

    /// A socket of this family for raw frames.
    pub(crate) fn open(
        family: i32,
        attempt: &'static str,
        interface: &Interface,
    ) -> Result<Self, Error> {
        // SAFETY: no memory is involved.
        let descriptor = unsafe { libc::socket(family, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
        let name = &interface.name;
        let opened = result(descriptor).map_err(|error| Error::system(attempt, name, error))?;
        // SAFETY: fresh from the kernel, and nobody else's.
        let descriptor = unsafe { OwnedFd::from_raw_fd(opened) };
        let index = i32::try_from(interface.index)
            .map_err(|_| Error::Nonsense { attempt: "read the interface's index" })?;
        let questions = question_socket().map_err(|error| Error::system(attempt, name, error))?;
        Ok(Self { descriptor, questions, interface: name.clone(), index })
    }

    /// The error of something tried on this socket.
    pub(crate) fn failed(&self, attempt: &'static str, error: io::Error) -> Error {
        Error::system(attempt, &self.interface, error)
    }

    /// `ENETDOWN` in place of full queues if they stay full because the interface is down: without a carrier, frames are
    /// refused as if there were no room.
    pub(crate) fn telling(&self, error: io::Error) -> io::Error {
        let is_full = matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::ENOBUFS));
        if is_full && !is_up(self.questions.as_fd(), &self.interface).unwrap_or(false) {
            return io::Error::from_raw_os_error(libc::ENETDOWN);
        }
        error
    }

    /// Sets an option to a plain value of C.
    pub(crate) fn set<T: PlainData>(
        &self,
        level: i32,
        option: i32,
        value: &T,
        attempt: &'static str,
    ) -> Result<(), Error> {
        // SAFETY: the pointer and the length are of one living value.
        let outcome = unsafe {
            libc::setsockopt(
                self.descriptor.as_raw_fd(),
                level,
                option,
                std::ptr::from_ref(value).cast(),
                length_of::<T>(),
            )
        };
        result(outcome).map(|_| ()).map_err(|error| self.failed(attempt, error))
    }

    /// Sends past the queueing discipline, straight to the driver, and as far ahead of it as the kernel permits.
    pub(crate) fn bypass_queues(&self) -> Result<(), Error> {
        self.set(libc::SOL_SOCKET, libc::SO_SNDBUF, &SEND_BUFFER, "widen the send buffer")?;
        let one = 1_i32;
        self.set(libc::SOL_PACKET, libc::PACKET_QDISC_BYPASS, &one, "bypass the queues")
    }

    /// Reads an option.
    pub(crate) fn get<T: PlainData>(&self, level: i32, option: i32) -> io::Result<T> {
        // SAFETY: all zeroes are a value of plain data.
        let mut value: T = unsafe { std::mem::zeroed() };
        let mut length = length_of::<T>();
        // SAFETY: the kernel writes at most `length` bytes to one living value.
        let outcome = unsafe {
            libc::getsockopt(
                self.descriptor.as_raw_fd(),
                level,
                option,
                std::ptr::from_mut(&mut value).cast(),
                &raw mut length,
            )
        };
        result(outcome).map(|_| value)
    }

    /// Lets only frames through that the filter accepts, in place of an earlier filter. What comes between [`Socket::bind`] and the
    /// first filter, gets through.
    pub(crate) fn attach(&self, filter: &Filter) -> Result<(), Error> {
        self.set_program(libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, filter, "attach the filter")
    }

    /// Divides the frames of its group by the numbers that a program gives them.
    pub(crate) fn spread(&self, program: &Filter) -> Result<(), Error> {
        let attempt = "say how to divide the frames";
        self.set_program(libc::SOL_PACKET, libc::PACKET_FANOUT_DATA, program, attempt)
    }

    fn set_program(
        &self,
        level: i32,
        name: i32,
        filter: &Filter,
        attempt: &'static str,
    ) -> Result<(), Error> {
        let mut program = filter.instructions().to_vec();
        let length = u16::try_from(program.len())
            .map_err(|_| Error::FilterTooLong { instructions: program.len() })?;
        let program = libc::sock_fprog { len: length, filter: program.as_mut_ptr() };
        self.set(level, name, &program, attempt)
    }

    /// Sends and hears frames of this protocol (host's byte order; 0 hears nothing) on the interface.
    pub(crate) fn bind(&self, protocol: i32) -> Result<(), Error> {
        let address = self.address(protocol);
        // SAFETY: the pointer and the length are of one living value.
        let outcome = unsafe {
            libc::bind(
                self.descriptor.as_raw_fd(),
                (&raw const address).cast(),
                length_of::<libc::sockaddr_ll>(),
            )
        };
        result(outcome).map(|_| ()).map_err(|error| self.failed("bind", error))
    }

    /// Hears frames to other link addresses, too, until it is closed.
    pub(crate) fn hear_all_addresses(&self) -> Result<(), Error> {
        let request = libc::packet_mreq {
            mr_ifindex: self.index,
            mr_type: u16::try_from(libc::PACKET_MR_PROMISC).expect("a small constant"),
            mr_alen: 0,
            mr_address: [0; 8],
        };
        let attempt = "hear frames to others";
        self.set(libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &request, attempt)
    }

    /// Joins a group of sockets that divide the frames of the interface, or begins one; says its number. To be called once
    /// bound. Until the group is told how ([`Socket::spread`]), its first socket has them all.
    pub(crate) fn join(&self, group: Option<u16>) -> Result<u16, Error> {
        let kind = libc::PACKET_FANOUT_CBPF | libc::PACKET_FANOUT_FLAG_DEFRAG;
        // The kernel finds a number that nobody has.
        let new = if group.is_none() { libc::PACKET_FANOUT_FLAG_UNIQUEID } else { 0 };
        let request = ((kind | new) << 16 | u32::from(group.unwrap_or(0))).cast_signed();
        let attempt = "divide the frames among sockets";
        self.set(libc::SOL_PACKET, libc::PACKET_FANOUT, &request, attempt)?;
        let joined: i32 = self
            .get(libc::SOL_PACKET, libc::PACKET_FANOUT)
            .map_err(|error| self.failed(attempt, error))?;
        Ok(u16::try_from(joined & 0xffff).expect("16 bits"))
    }

    /// Whether its interface still exists, up or down: one that is made anew under the same name is another.
    pub(crate) fn has_interface(&self) -> io::Result<bool> {
        let mut address = self.address(0);
        let mut length = length_of::<libc::sockaddr_ll>();
        // SAFETY: the kernel writes at most `length` bytes to one living value of integers.
        let outcome = unsafe {
            libc::getsockname(
                self.descriptor.as_raw_fd(),
                (&raw mut address).cast(),
                &raw mut length,
            )
        };
        result(outcome).map(|_| address.sll_ifindex == self.index)
    }

    /// The interface, as packet sockets name it, for frames of this protocol.
    pub(crate) fn address(&self, protocol: i32) -> libc::sockaddr_ll {
        let protocol = u16::try_from(protocol).expect("EtherTypes have 16 bits");
        libc::sockaddr_ll {
            sll_family: u16::try_from(libc::AF_PACKET).expect("a small constant"),
            sll_protocol: protocol.to_be(),
            sll_ifindex: self.index,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 0,
            sll_addr: [0; 8],
        }
    }

    /// Waits until there is something to read or the time is over; an error that the socket was left with is an error.
    pub(crate) fn readable(&self, timeout: Duration) -> io::Result<bool> {
        // Rounded up: a wait of half a millisecond must not become a loop without any.
        let milliseconds = i32::try_from(timeout.as_micros().div_ceil(1_000)).unwrap_or(i32::MAX);
        let mut entry =
            libc::pollfd { fd: self.descriptor.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one living entry.
        let outcome = unsafe { libc::poll(&raw mut entry, 1, milliseconds) };
        match result(outcome) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(false),
            other => other?,
        };
        if entry.revents & libc::POLLERR != 0 {
            let code: i32 = self.get(libc::SOL_SOCKET, libc::SO_ERROR)?;
            if code != 0 {
                return Err(io::Error::from_raw_os_error(code));
            }
        }
        Ok(entry.revents & libc::POLLIN != 0)
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> i32 {
        self.descriptor.as_raw_fd()
    }
}

/// The kernel's way to say that a call failed.
pub(crate) fn result(outcome: i32) -> io::Result<i32> {
    if outcome < 0 { Err(io::Error::last_os_error()) } else { Ok(outcome) }
}

/// Structures of C that any bytes are a value of, or that we only hand to the kernel.
///
/// # Safety
/// All zeroes must be a value of the type, and so must be whatever the kernel writes there.
pub(crate) unsafe trait PlainData {}

// SAFETY: integers.
unsafe impl PlainData for i32 {}
// SAFETY: integers only.
unsafe impl PlainData for libc::packet_mreq {}
// SAFETY: a length and a pointer, both of which may be zero; never read back.
unsafe impl PlainData for libc::sock_fprog {}
// SAFETY: integers only.
unsafe impl PlainData for libc::tpacket_req {}
// SAFETY: integers only.
unsafe impl PlainData for libc::tpacket_req3 {}
// SAFETY: integers only.
unsafe impl PlainData for libc::tpacket_stats_v3 {}
// SAFETY: integers only.
unsafe impl PlainData for libc::xdp_mmap_offsets {}
// SAFETY: integers only.
unsafe impl PlainData for libc::xdp_umem_reg {}

/// As system calls want it.
pub(crate) fn length_of<T>() -> libc::socklen_t {
    libc::socklen_t::try_from(size_of::<T>()).expect("a structure of a few bytes")
}
