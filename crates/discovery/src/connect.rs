//! Connections instead of raw SYNs, for those without root: thousands at once on one thread, each with one word at its end.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::time::Duration;
use std::time::Instant;

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll;
use rustix::io::Errno;
use rustix::net;
use rustix::net::AddressFamily;
use rustix::net::SocketFlags;
use rustix::net::SocketType;
use rustix::net::sockopt::socket_error;

use crate::in_flight::InFlight;

/// Asks for TCP handshakes, and nothing else.
///
/// Calls come in any order: [`begin`](Self::begin) while there is room, [`poll`](Self::poll) to hear what became of what was
/// begun; each connection begun has one outcome. Nothing is decided here of who may be asked, when, or how often.
///
/// What differs from SYNs of one's own: the kernel keeps a socket for each connection and repeats a SYN after 1, 3 and 7
/// seconds, as far as the timeout lets it; it answers a SYN-ACK with an ACK, and a completed connection is closed in order
/// (FIN) before its outcome is told. A server then sees a client that changed its mind and not an error, as a RST would be. The price
/// is a TIME_WAIT entry for a minute on our side, without a descriptor; only completed connections leave one.
pub struct Connector {
    readiness: OwnedFd,
    events: Vec<epoll::Event>,
    limit: usize,
    timeout: Duration,
    sources: Vec<IpAddr>,
    in_flight: InFlight<Pending>,
    /// What the system said at once.
    settled: VecDeque<(u64, Outcome)>,
}

/// A SYN is out.
#[derive(Debug)]
struct Pending {
    tag: u64,
    socket: OwnedFd,
    deadline: Instant,
}

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The handshake was completed.
    Connected,
    /// A RST, or an ICMP error that says as much (port unreachable).
    Refused,
    /// The handshake was completed, and a RST came right behind it.
    Reset,
    /// The network says that there is no way.
    Unreachable(Unreachable),
    /// Nothing was heard within the timeout.
    TimedOut,
    /// We are short of something: it says nothing of the endpoint.
    LocalLimit(Errno),
}

/// Why there is no way to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// A router or host says: administratively prohibited; or a packet filter of our own.
    Admin,
    /// A router says: host unreachable.
    Host,
    /// A router, or our own table of routes, says: network unreachable.
    Network,
}

/// Why a connection was not begun. It can be begun later; nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotBegun {
    /// As many as the limit allows are in flight, or wait to be polled.
    Full,
    /// We are short of descriptors, ports or memory.
    LocalLimit(Errno),
}

impl fmt::Display for NotBegun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("as many connections as allowed are in flight"),
            Self::LocalLimit(errno) => {
                write!(f, "short of descriptors, ports or memory: {errno}")
            }
        }
    }
}

impl std::error::Error for NotBegun {}

impl Connector {
    /// One that has at most `limit` connections in flight, and gives each `timeout` to be completed.
    ///
    /// # Errors
    /// When the system has no descriptor left for it.
    pub fn new(limit: usize, timeout: Duration) -> io::Result<Self> {
        Ok(Self {
            readiness: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            events: Vec::with_capacity(MOST_EVENTS),
            limit,
            timeout,
            sources: Vec::new(),
            in_flight: InFlight::new(),
            settled: VecDeque::new(),
        })
    }

    /// Connects from this address to those of its family; without one, the system chooses.
    ///
    /// The kernel then gives each socket a port that no other one from this address has: connections in flight and those in
    /// TIME_WAIT share the ephemeral ports (28,232 by default), and one too many is a [`NotBegun::LocalLimit`].
    ///
    /// # Errors
    /// When it is no address of this machine.
    pub fn from_source(mut self, source: IpAddr) -> io::Result<Self> {
        net::bind(tcp_socket(source)?, &SocketAddr::new(source, 0))?;
        self.sources.retain(|other| other.is_ipv4() != source.is_ipv4());
        self.sources.push(source);
        Ok(self)
    }

    /// How many were begun whose outcome was not told yet.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len() + self.settled.len()
    }

    /// How many more can be begun.
    pub fn room(&self) -> usize {
        self.limit.saturating_sub(self.in_flight())
    }

    /// Sends a SYN to this address; [`poll`](Self::poll) tells its outcome with this tag.
    ///
    /// # Errors
    /// [`NotBegun`], which says nothing of the endpoint.
    pub fn begin(&mut self, tag: u64, addr: SocketAddr) -> Result<(), NotBegun> {
        if self.room() == 0 {
            return Err(NotBegun::Full);
        }
        match self.try_begin(tag, addr).map_err(outcome) {
            Ok(None) => Ok(()),
            Ok(Some(at_once)) => {
                self.settled.push_back((tag, at_once));
                Ok(())
            }
            Err(Outcome::LocalLimit(errno)) => Err(NotBegun::LocalLimit(errno)),
            Err(at_once) => {
                self.settled.push_back((tag, at_once));
                Ok(())
            }
        }
    }

    /// `Some`: the system knew the outcome at once, as it does on loopback.
    fn try_begin(&mut self, tag: u64, addr: SocketAddr) -> Result<Option<Outcome>, Errno> {
        let socket = tcp_socket(addr.ip())?;
        let same_family = |source: &&IpAddr| source.is_ipv4() == addr.is_ipv4();
        if let Some(source) = self.sources.iter().find(same_family) {
            net::bind(&socket, &SocketAddr::new(*source, 0))?;
        }
        match net::connect(&socket, &addr) {
            Ok(()) => return Ok(Some(completed(&socket))),
            Err(Errno::INPROGRESS | Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
        let deadline = Instant::now() + self.timeout;
        let place = self.in_flight.insert(Pending { tag, socket, deadline });
        let watched = self.watch(place);
        if watched.is_err() {
            self.in_flight.remove(place);
        }
        watched.map(|()| None)
    }

    fn watch(&self, place: usize) -> Result<(), Errno> {
        let Some(pending) = self.in_flight.get(place) else {
            return Ok(());
        };
        let data = u64::try_from(place).map_err(|_| Errno::OVERFLOW)?;
        let data = epoll::EventData::new_u64(data);
        epoll::add(&self.readiness, &pending.socket, data, epoll::EventFlags::OUT)
    }

    /// Tells what ended, and waits for it up to `wait` if nothing did; returns early when something does, or a timeout passes.
    ///
    /// With nothing in flight it is a sleep.
    ///
    /// # Errors
    /// Never in practice: when the system cannot wait.
    pub fn poll(&mut self, wait: Duration, each: &mut dyn FnMut(u64, Outcome)) -> io::Result<()> {
        let wait =
            if self.settled.is_empty() { self.until_next_deadline(wait) } else { Duration::ZERO };
        for (tag, outcome) in self.settled.drain(..) {
            each(tag, outcome);
        }
        let mut events = std::mem::take(&mut self.events);
        let waited = self.wait_for(&mut events, wait);
        for event in &events {
            let place = usize::try_from(event.data.u64()).ok();
            if let Some(pending) = place.and_then(|place| self.in_flight.remove(place)) {
                each(pending.tag, ended(&pending.socket));
            }
        }
        let heard_all = events.len() < MOST_EVENTS;
        self.events = events;
        // First all that answered: if it was we who were late (a stopped process, say), nobody is called silent for it.
        if heard_all {
            self.expire(each);
        }
        waited
    }

    fn until_next_deadline(&self, wait: Duration) -> Duration {
        let left = |pending: &Pending| pending.deadline.saturating_duration_since(Instant::now());
        self.in_flight.oldest().map_or(wait, |(_, pending)| wait.min(left(pending)))
    }

    fn wait_for(&self, events: &mut Vec<epoll::Event>, wait: Duration) -> io::Result<()> {
        events.clear();
        let wait = Timespec::try_from(wait).map_err(io::Error::other)?;
        match epoll::wait(&self.readiness, spare_capacity(events), Some(&wait)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// All have the same patience, so that the oldest is the first to be given up.
    fn expire(&mut self, each: &mut dyn FnMut(u64, Outcome)) {
        let now = Instant::now();
        while let Some((place, pending)) = self.in_flight.oldest() {
            if pending.deadline > now {
                break;
            }
            if let Some(pending) = self.in_flight.remove(place) {
                // A socket that waits for a SYN-ACK is closed without a word; one that comes later meets a RST.
                drop(pending.socket);
                each(pending.tag, Outcome::TimedOut);
            }
        }
    }
}

fn tcp_socket(addr: IpAddr) -> Result<OwnedFd, Errno> {
    let family = if addr.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    net::socket_with(family, SocketType::STREAM, flags, None)
}

/// How a connection ended that the system has something to say of.
fn ended(socket: &OwnedFd) -> Outcome {
    match socket_error(socket) {
        Ok(Ok(())) => completed(socket),
        Ok(Err(errno)) | Err(errno) => outcome(errno),
    }
}

/// A handshake that was completed. On loopback a SYN to a port that nobody listens on can meet itself, if the kernel chose that
/// very port for it (simultaneous open, RFC 9293 section 3.5): nobody listens there all the same.
fn completed(socket: impl AsFd) -> Outcome {
    let ours = net::getsockname(&socket).ok();
    let theirs = net::getpeername(&socket).ok().flatten();
    if ours.is_some() && ours == theirs { Outcome::Refused } else { Outcome::Connected }
}

/// The one word for an error of `connect`, the same as in rows of probes.
///
/// Linux turns ICMP into these: [RFC 1122 section 3.2.2.1] "administratively prohibited" arrives as EHOSTUNREACH with IPv4 and
/// as EACCES with IPv6; EPERM is a packet filter of our own. It says ECONNREFUSED to a RST in answer to our SYN, and ECONNRESET or
/// EPIPE to one behind the handshake.
///
/// [RFC 1122 section 3.2.2.1]: https://www.rfc-editor.org/rfc/rfc1122#section-3.2.2.1
const fn outcome(errno: Errno) -> Outcome {
    match errno {
        Errno::CONNREFUSED => Outcome::Refused,
        Errno::CONNRESET | Errno::CONNABORTED | Errno::PIPE => Outcome::Reset,
        Errno::TIMEDOUT => Outcome::TimedOut,
        Errno::MFILE
        | Errno::NFILE
        | Errno::NOBUFS
        | Errno::NOMEM
        | Errno::NOSPC
        | Errno::AGAIN
        | Errno::ADDRNOTAVAIL
        | Errno::ADDRINUSE => Outcome::LocalLimit(errno),
        Errno::ACCESS | Errno::PERM => Outcome::Unreachable(Unreachable::Admin),
        Errno::HOSTUNREACH | Errno::HOSTDOWN | Errno::NONET | Errno::NOPROTOOPT => {
            Outcome::Unreachable(Unreachable::Host)
        }
        // ENETUNREACH, ENETDOWN; EINVAL, EAFNOSUPPORT and the like: there is no way from here to there.
        _ => Outcome::Unreachable(Unreachable::Network),
    }
}

/// Heard of in one go: enough that waiting costs nothing beside connecting.
const MOST_EVENTS: usize = 1024;

#[cfg(test)]
mod tests;
