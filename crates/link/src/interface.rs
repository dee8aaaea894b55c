//! A network interface as the kernel describes it: kind, addresses, whether it is up.

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::os::fd::OwnedFd;

use crate::error::Error;
use crate::mac_address::MacAddress;
use crate::socket::result;

/// Bytes of an Ethernet header without tags.
pub(crate) const ETHERNET_HEADER: usize = 14;
/// `ARPHRD_RAWIP`: modems of phones (linux/if_arp.h); libc does not have it.
const RAW_IP: u16 = 519;
const LINKTYPE_ETHERNET: u32 = 1;
const LINKTYPE_RAW: u32 = 101;
/// linux/ethtool.h; libc does not have it.
const ETHTOOL_GLINK: u32 = 0x0a;

/// What a frame begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// An Ethernet header.
    Ethernet,
    /// An Ethernet header with zeroes for addresses.
    Loopback,
    /// The IP header itself: tun devices, PPP.
    Ip,
}

impl LinkKind {
    /// Bytes before the IP header.
    pub const fn header_bytes(self) -> usize {
        match self {
            Self::Ethernet | Self::Loopback => ETHERNET_HEADER,
            Self::Ip => 0,
        }
    }

    /// How captures call it: its number in [the registry](https://www.tcpdump.org/linktypes.html).
    pub const fn link_type(self) -> u32 {
        match self {
            Self::Ethernet | Self::Loopback => LINKTYPE_ETHERNET,
            Self::Ip => LINKTYPE_RAW,
        }
    }

    fn of_hardware(hardware: u16) -> Option<Self> {
        match hardware {
            libc::ARPHRD_ETHER => Some(Self::Ethernet),
            libc::ARPHRD_LOOPBACK => Some(Self::Loopback),
            libc::ARPHRD_NONE | libc::ARPHRD_PPP | RAW_IP => Some(Self::Ip),
            _ => None,
        }
    }
}

/// An interface as it was when it was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// The kernel's number of it.
    pub index: u32,
    /// What its frames begin with.
    pub kind: LinkKind,
    /// Its own link address; `None` where the kind has none.
    pub mac: Option<MacAddress>,
    /// The longest packet that it carries, without the link's header.
    pub mtu: u32,
    /// Its own IP addresses, in the kernel's order.
    pub addresses: Vec<IpAddr>,
    /// Whether it was up and had a carrier.
    pub is_up: bool,
}

impl Interface {
    /// Looks an interface up.
    ///
    /// # Errors
    /// When there is none of this name, or its frames are of a kind that is not known to us.
    pub fn named(name: &str) -> Result<Self, Error> {
        let failed = |error| Error::system("look at the interface", name, error);
        let socket = question_socket().map_err(failed)?;
        let index = match rustix::net::netdevice::name_to_index(&socket, name) {
            Ok(index) => index,
            Err(rustix::io::Errno::NODEV) => {
                return Err(Error::NoInterface { name: name.to_owned() });
            }
            Err(error) => return Err(failed(error.into())),
        };
        let hardware = ask(socket.as_fd(), name, libc::SIOCGIFHWADDR).map_err(failed)?;
        // SAFETY: this is the member that the kernel fills in for this question; all bytes are a value of it.
        let hardware = unsafe { hardware.ifr_ifru.ifru_hwaddr };
        let kind = LinkKind::of_hardware(hardware.sa_family).ok_or_else(|| Error::LinkKind {
            interface: name.to_owned(),
            hardware: hardware.sa_family,
        })?;
        let mtu = ask(socket.as_fd(), name, libc::SIOCGIFMTU).map_err(failed)?;
        // SAFETY: as above.
        let mtu = unsafe { mtu.ifr_ifru.ifru_mtu };
        Ok(Self {
            name: name.to_owned(),
            index,
            kind,
            mac: (kind == LinkKind::Ethernet).then(|| mac_of(&hardware)),
            mtu: u32::try_from(mtu).map_err(|_| Error::Nonsense { attempt: "read the MTU" })?,
            addresses: addresses_of(name).map_err(failed)?,
            is_up: is_up(socket.as_fd(), name).map_err(failed)?,
        })
    }

    /// Whether it is up and has a carrier now; an interface that is gone is not.
    pub fn is_up(&self) -> bool {
        question_socket().and_then(|socket| is_up(socket.as_fd(), &self.name)).unwrap_or(false)
    }

    /// The longest frame that it carries.
    pub(crate) fn longest_frame(&self) -> usize {
        usize::try_from(self.mtu).unwrap_or(usize::MAX).saturating_add(self.kind.header_bytes())
    }
}

/// Any socket will do for questions about interfaces.
pub(crate) fn question_socket() -> io::Result<OwnedFd> {
    let flags = rustix::net::SocketFlags::CLOEXEC;
    let family = rustix::net::AddressFamily::UNIX;
    Ok(rustix::net::socket_with(family, rustix::net::SocketType::DGRAM, flags, None)?)
}

/// Whether an interface is up and has a carrier, asked of any socket of its namespace.
pub(crate) fn is_up(socket: BorrowedFd<'_>, name: &str) -> io::Result<bool> {
    let answer = ask(socket, name, libc::SIOCGIFFLAGS)?;
    // SAFETY: this is the member that the kernel fills in for this question.
    let flags = i32::from(unsafe { answer.ifr_ifru.ifru_flags });
    Ok(flags & libc::IFF_UP != 0 && has_carrier(socket, name)?)
}

/// `struct ethtool_value`.
#[repr(C)]
struct EthtoolValue {
    command: u32,
    value: u32,
}

/// Asks the driver: `IFF_RUNNING` among the flags may be a second late.
fn has_carrier(socket: BorrowedFd<'_>, name: &str) -> io::Result<bool> {
    let mut carrier = EthtoolValue { command: ETHTOOL_GLINK, value: 0 };
    let mut request = request(name)?;
    request.ifr_ifru.ifru_data = (&raw mut carrier).cast();
    // SAFETY: this question reads the structure, and reads and writes what it points to.
    let outcome = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCETHTOOL, &raw mut request) };
    match result(outcome) {
        Ok(_) => Ok(carrier.value != 0),
        // A driver that cannot tell has none to lose.
        Err(error) if error.raw_os_error() == Some(libc::EOPNOTSUPP) => Ok(true),
        Err(error) => Err(error),
    }
}

fn mac_of(hardware: &libc::sockaddr) -> MacAddress {
    let mut bytes = [0; 6];
    for (byte, given) in bytes.iter_mut().zip(hardware.sa_data) {
        *byte = u8::from_ne_bytes(given.to_ne_bytes());
    }
    MacAddress(bytes)
}

fn ask(socket: BorrowedFd<'_>, name: &str, question: libc::Ioctl) -> io::Result<libc::ifreq> {
    let mut request = request(name)?;
    // SAFETY: these questions read and write one structure of this type.
    let outcome = unsafe { libc::ioctl(socket.as_raw_fd(), question, &raw mut request) };
    result(outcome).map(|_| request)
}

fn request(name: &str) -> io::Result<libc::ifreq> {
    // SAFETY: a structure of integers and a pointer that stays null.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    if name.len() >= request.ifr_name.len() {
        return Err(io::Error::from_raw_os_error(libc::ENODEV));
    }
    for (place, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *place = libc::c_char::from_ne_bytes([byte]);
    }
    Ok(request)
}

fn addresses_of(name: &str) -> io::Result<Vec<IpAddr>> {
    let mut first = MaybeUninit::<*mut libc::ifaddrs>::uninit();
    // SAFETY: the pointer is to a place for the answer.
    result(unsafe { libc::getifaddrs(first.as_mut_ptr()) })?;
    // SAFETY: written by the call that succeeded.
    let first = unsafe { first.assume_init() };
    let mut addresses = Vec::new();
    let mut next = first;
    // SAFETY: a list that ends with null, which nobody changes before it is freed below.
    while let Some(entry) = unsafe { next.as_ref() } {
        next = entry.ifa_next;
        // SAFETY: names are texts of C that live as long as the list.
        let is_ours = unsafe { CStr::from_ptr(entry.ifa_name) }.to_bytes() == name.as_bytes();
        if is_ours && !entry.ifa_addr.is_null() {
            // SAFETY: not null, and as long as its family says.
            addresses.extend(unsafe { ip_of(entry.ifa_addr) });
        }
    }
    // SAFETY: made by getifaddrs, and freed once.
    unsafe { libc::freeifaddrs(first) };
    Ok(addresses)
}

/// The IP address in a socket address of any family.
///
/// # Safety
/// The address must be readable, and as long as its family says.
unsafe fn ip_of(address: *const libc::sockaddr) -> Option<IpAddr> {
    // SAFETY: every socket address begins with its family.
    let family = i32::from(unsafe { (*address).sa_family });
    match family {
        libc::AF_INET => {
            // SAFETY: of this family, so of this type.
            let address = unsafe { address.cast::<libc::sockaddr_in>().read_unaligned() };
            Some(Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: of this family, so of this type.
            let address = unsafe { address.cast::<libc::sockaddr_in6>().read_unaligned() };
            Some(Ipv6Addr::from(address.sin6_addr.s6_addr).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_what_it_is_everywhere() {
        let loopback = Interface::named("lo").unwrap();
        assert_eq!(loopback.kind, LinkKind::Loopback);
        assert_eq!(loopback.mac, None);
        assert!(loopback.index > 0 && loopback.mtu >= 1_500, "{loopback:?}");
        assert!(loopback.addresses.contains(&Ipv4Addr::LOCALHOST.into()), "{loopback:?}");
        assert!(loopback.is_up && loopback.is_up());
    }

    #[test]
    fn names_of_nothing_are_refused_by_name() {
        for name in ["", "nothing0", "a-name-that-is-too-long-for-an-interface"] {
            let error = Interface::named(name).unwrap_err();
            assert!(
                matches!(&error, Error::NoInterface { name: named } if named == name),
                "{error}"
            );
        }
    }
}
