//! An open socket with its rings: descriptors out, places back, and what the kernel says of them.

use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use super::CHUNK_BYTES;
use super::Memory;
use super::PLACES;
use super::queue::Queue;
use super::wide;
use crate::error::Error;
use crate::interface::Interface;
use crate::socket::Socket;
use crate::socket::length_of;
use crate::socket::result;
use crate::transmit::Sent;
use crate::transmit::patience::Patience;

/// How long the kernel may take to let go of a queue.
const LETTING_GO: Duration = Duration::from_secs(2);
/// Frames that older kernels send in one call, and newer ones too unless told otherwise.
const USUAL_BUDGET: usize = 32;
/// `XDP_MAX_TX_SKB_BUDGET` of Linux 6.17; libc does not have it yet.
const MAX_TX_SKB_BUDGET: i32 = 9;

/// The address in a descriptor of nothing.
const VOID: u64 = u64::MAX;
/// Bytes of an entry: `struct xdp_desc` or an address.
const DESCRIPTOR: usize = size_of::<libc::xdp_desc>();
const ADDRESS: usize = size_of::<u64>();

/// An open socket with its rings.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) socket: Socket,
    transmit: Queue<DESCRIPTOR>,
    completion: Queue<ADDRESS>,
}

impl Port {
    pub(super) fn open(interface: &Interface, memory: &Memory) -> Result<Self, Error> {
        let socket = Socket::open(libc::AF_XDP, "open an AF_XDP socket", interface)?;
        let region = libc::xdp_umem_reg {
            addr: wide(memory.bytes.address(0).addr()),
            len: wide(memory.bytes.len()),
            chunk_size: u32::try_from(CHUNK_BYTES).expect("a small constant"),
            headroom: 0,
            flags: 0,
            tx_metadata_len: 0,
        };
        socket.set(libc::SOL_XDP, libc::XDP_UMEM_REG, &region, "register memory for frames")?;
        let entries = (PLACES * memory.of_slot.len()).next_power_of_two();
        let size = i32::try_from(entries)
            .map_err(|_| socket.failed("make rings", io::ErrorKind::OutOfMemory.into()))?;
        for ring in [libc::XDP_UMEM_FILL_RING, libc::XDP_UMEM_COMPLETION_RING, libc::XDP_TX_RING] {
            socket.set(libc::SOL_XDP, ring, &size, "make rings")?;
        }
        // Older kernels do not know it, and send fewer frames a call.
        let _outcome = socket.set(libc::SOL_XDP, MAX_TX_SKB_BUDGET, &size, "send whole batches");
        let offsets: libc::xdp_mmap_offsets = socket
            .get(libc::SOL_XDP, libc::XDP_MMAP_OFFSETS)
            .map_err(|error| socket.failed("ask where the rings lie", error))?;
        let transmit = Queue::map(&socket, &offsets.tx, entries, libc::XDP_PGOFF_TX_RING)?;
        let offset = libc::off_t::try_from(libc::XDP_UMEM_PGOFF_COMPLETION_RING)
            .map_err(|_| Error::Nonsense { attempt: "map the completion ring" })?;
        let completion = Queue::map(&socket, &offsets.cr, entries, offset)?;
        let port = Self { socket, transmit, completion };
        port.bind(interface).map_err(|error| {
            port.socket.failed("bind to a queue that no other AF_XDP socket has", error)
        })?;
        Ok(port)
    }

    /// Binds to the first queue that no other socket has. The kernel lets go of a closed socket's a little later.
    fn bind(&self, interface: &Interface) -> io::Result<()> {
        let since = Instant::now();
        let mut queue = 0;
        loop {
            let error = match self.bind_to(interface, queue) {
                Err(error) => error,
                bound => return bound,
            };
            match error.raw_os_error() {
                Some(libc::EBUSY) => queue += 1,
                // There is no such queue: all that exist are taken.
                Some(libc::EINVAL) if queue > 0 => {
                    if since.elapsed() >= LETTING_GO {
                        return Err(io::Error::from_raw_os_error(libc::EBUSY));
                    }
                    queue = 0;
                    std::thread::sleep(Duration::from_millis(1));
                }
                _ => return Err(error),
            }
        }
    }

    fn bind_to(&self, interface: &Interface, queue: u32) -> io::Result<()> {
        let address = libc::sockaddr_xdp {
            sxdp_family: u16::try_from(libc::AF_XDP).expect("a small constant"),
            sxdp_flags: libc::XDP_COPY | libc::XDP_USE_NEED_WAKEUP,
            sxdp_ifindex: interface.index,
            sxdp_queue_id: queue,
            sxdp_shared_umem_fd: 0,
        };
        let length = length_of::<libc::sockaddr_xdp>();
        // SAFETY: the pointer and the length are of one living value.
        let outcome =
            unsafe { libc::bind(self.socket.as_raw_fd(), (&raw const address).cast(), length) };
        result(outcome).map(|_| ())
    }

    /// Has the kernel send these slots, and says how many it took.
    pub(super) fn send(
        &mut self,
        memory: &mut Memory,
        slots: Range<usize>,
        sent: &mut Sent,
    ) -> io::Result<usize> {
        self.settle()?;
        self.collect(memory);
        let pushed = self.push(memory, slots.clone())?;
        let (taken, error) = self.call(pushed, sent);
        let Some(error) = error else { return Ok(taken) };
        self.withdraw();
        let is_refused = error.raw_os_error() == Some(libc::EBUSY);
        if is_refused {
            memory.refused.push(memory.of_slot[slots.start + taken]);
        }
        match taken {
            0 if is_refused => Err(io::Error::from_raw_os_error(libc::ENOBUFS)),
            0 => Err(error),
            _ => Ok(taken),
        }
    }

    /// Writes descriptors of as many slots as there are free places, and says how many.
    fn push(&mut self, memory: &Memory, slots: Range<usize>) -> io::Result<usize> {
        let slots = &memory.of_slot[slots];
        let count = slots.len().min(memory.free.len());
        if count == 0 {
            return Err(io::Error::from_raw_os_error(libc::EAGAIN));
        }
        let length = u32::try_from(memory.length).expect("at most a chunk");
        let producer = self.transmit.producer().load(Ordering::Relaxed);
        for (at, place) in (0..).zip(&slots[..count]) {
            self.describe(producer.wrapping_add(at), wide(memory.start(*place)), length);
        }
        let next = producer.wrapping_add(u32::try_from(count).expect("at most a batch"));
        self.transmit.producer().store(next, Ordering::Release);
        Ok(count)
    }

    fn describe(&mut self, number: u32, address: u64, length: u32) {
        let entry = self.transmit.entry(number);
        entry[..8].copy_from_slice(&address.to_ne_bytes());
        entry[8..12].copy_from_slice(&length.to_ne_bytes());
        entry[12..].fill(0);
    }

    /// Makes descriptors void that the kernel did not take: it may have read how many there are, so they cannot be taken back.
    fn withdraw(&mut self) {
        let producer = self.transmit.producer().load(Ordering::Relaxed);
        let mut number = self.transmit.consumer().load(Ordering::Acquire);
        while number != producer {
            self.describe(number, VOID, 0);
            number = number.wrapping_add(1);
        }
    }

    /// Has the kernel pass over void descriptors, so that both sides agree where the next one lies. In copy mode it looks
    /// at the ring only when it is called.
    fn settle(&self) -> io::Result<()> {
        for _ in 0..=2 * self.transmit.len() {
            if self.left() == 0 {
                return Ok(());
            }
            match self.wake() {
                Err(error) if !matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EBUSY)) => {
                    return Err(error);
                }
                _ => {}
            }
        }
        Err(io::Error::other("the kernel does not pass over void descriptors"))
    }

    /// Takes back places that the device has done with.
    fn collect(&mut self, memory: &mut Memory) {
        let producer = self.completion.producer().load(Ordering::Acquire);
        let mut consumer = self.completion.consumer().load(Ordering::Relaxed);
        while consumer != producer {
            let address = u64::from_ne_bytes(*self.completion.entry(consumer));
            // Some kernels hand back void descriptors as well.
            if address != VOID {
                let place = u32::try_from(address / wide(memory.stride));
                memory.take_back(place.expect("one of our places"));
            }
            consumer = consumer.wrapping_add(1);
        }
        self.completion.consumer().store(consumer, Ordering::Release);
    }

    /// Calls the kernel until it has taken all descriptors: how many it sent, and why not all.
    fn call(&self, pushed: usize, sent: &mut Sent) -> (usize, Option<io::Error>) {
        let mut patience = Patience::default();
        let mut at_once = pushed / USUAL_BUDGET;
        let mut before = pushed;
        while before > 0 {
            sent.calls += 1;
            let outcome = self.wake();
            let left = self.left();
            let error = match outcome {
                Ok(()) if left < before => {
                    before = left;
                    continue;
                }
                Ok(()) => io::Error::from_raw_os_error(libc::EAGAIN),
                Err(error) => error,
            };
            let is_news = left < before;
            before = left;
            match error.raw_os_error() {
                // Sent as many as it does in one call.
                Some(libc::EAGAIN) if at_once > 0 => at_once -= 1,
                // The device refused one, which is gone; the ring shows it only if this call sent others before it.
                Some(libc::EBUSY) => return (pushed - left - usize::from(is_news), Some(error)),
                _ if patience.allows(&error, &mut sent.waits) => {}
                _ => return (pushed - left, Some(error)),
            }
        }
        (pushed, None)
    }

    /// Descriptors that the kernel has not passed yet.
    fn left(&self) -> usize {
        let producer = self.transmit.producer().load(Ordering::Relaxed);
        let consumer = self.transmit.consumer().load(Ordering::Acquire);
        usize::try_from(producer.wrapping_sub(consumer)).expect("at least 32 bits")
    }

    fn wake(&self) -> io::Result<()> {
        let socket = self.socket.as_raw_fd();
        // SAFETY: neither bytes nor an address.
        let outcome = unsafe {
            libc::sendto(socket, std::ptr::null(), 0, libc::MSG_DONTWAIT, std::ptr::null(), 0)
        };
        if outcome < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}
