//! The kernel's way to an address: interface, source address and gateway, by one question over rtnetlink.

use std::io;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::os::fd::OwnedFd;

use rustix::net::AddressFamily;
use rustix::net::RecvFlags;
use rustix::net::SendFlags;
use rustix::net::SocketFlags;
use rustix::net::SocketType;

use crate::error::Error;

const QUESTION: &str = "ask the kernel for a route";
/// `struct nlmsghdr`: length, type, flags, sequence number, port.
const MESSAGE_HEADER: usize = 16;
/// `struct rtmsg`: family, two prefix lengths, service, table, protocol, scope, type, flags.
const ROUTE_HEADER: usize = 12;
/// More than the kernel says about one route.
const ANSWER_BYTES: usize = 8_192;

/// How packets to a destination leave this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The interface's name.
    pub interface: String,
    /// The address that they would come from.
    pub source: IpAddr,
    /// The next hop; `None` if the destination is on the link.
    pub gateway: Option<IpAddr>,
}

/// Asks the kernel how it would reach a destination.
///
/// # Errors
/// [`Error::NoRoute`] if it would not.
pub fn route_to(destination: IpAddr) -> Result<Route, Error> {
    let no_route = |source: io::Error| Error::NoRoute { destination, source };
    let answer = ask(destination).map_err(no_route)?;
    let told = Told::read(&answer).map_err(|silence| match silence {
        Silence::Refused(error) => no_route(error),
        Silence::Nonsense => Error::Nonsense { attempt: QUESTION },
    })?;
    let socket = open().map_err(no_route)?;
    let interface = rustix::net::netdevice::index_to_name_inlined(&socket, told.interface)
        .map_err(|error| no_route(error.into()))?;
    Ok(Route { interface: interface.to_string(), source: told.source, gateway: told.gateway })
}

fn open() -> io::Result<OwnedFd> {
    let family = AddressFamily::NETLINK;
    // Protocol 0 of netlink is routing.
    Ok(rustix::net::socket_with(family, SocketType::RAW, SocketFlags::CLOEXEC, None)?)
}

fn ask(destination: IpAddr) -> io::Result<Vec<u8>> {
    let socket = open()?;
    rustix::net::send(&socket, &question(destination), SendFlags::empty())?;
    let mut answer = vec![0; ANSWER_BYTES];
    // The kernel answers inside `send`.
    let (length, _) = rustix::net::recv(&socket, answer.as_mut_slice(), RecvFlags::DONTWAIT)?;
    answer.truncate(length);
    Ok(answer)
}

fn question(destination: IpAddr) -> Vec<u8> {
    let (family, octets) = match destination {
        IpAddr::V4(address) => (libc::AF_INET, address.octets().to_vec()),
        IpAddr::V6(address) => (libc::AF_INET6, address.octets().to_vec()),
    };
    let attribute = 4 + octets.len();
    let length = MESSAGE_HEADER + ROUTE_HEADER + attribute;
    let mut message = Vec::with_capacity(length);
    message.extend(u32::try_from(length).expect("a short message").to_ne_bytes());
    message.extend(libc::RTM_GETROUTE.to_ne_bytes());
    message.extend(u16::try_from(libc::NLM_F_REQUEST).expect("a flag of 16 bits").to_ne_bytes());
    message.extend([0; 8]);
    message.push(u8::try_from(family).expect("a small constant"));
    message.push(u8::try_from(8 * octets.len()).expect("at most 128"));
    message.extend([0; ROUTE_HEADER - 2]);
    message.extend(u16::try_from(attribute).expect("at most 20").to_ne_bytes());
    message.extend(libc::RTA_DST.to_ne_bytes());
    message.extend(octets);
    message
}

/// What the kernel's answer holds.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    interface: u32,
    source: IpAddr,
    gateway: Option<IpAddr>,
}

/// Why an answer holds no route.
#[derive(Debug)]
enum Silence {
    Refused(io::Error),
    Nonsense,
}

impl Told {
    fn read(answer: &[u8]) -> Result<Self, Silence> {
        let kind = u16_at(answer, 4).ok_or(Silence::Nonsense)?;
        if i32::from(kind) == libc::NLMSG_ERROR {
            let code = u32_at(answer, MESSAGE_HEADER).ok_or(Silence::Nonsense)?;
            let code = i32::from_ne_bytes(code.to_ne_bytes());
            return Err(Silence::Refused(io::Error::from_raw_os_error(code.saturating_neg())));
        }
        let mut rest = answer.get(MESSAGE_HEADER + ROUTE_HEADER..).ok_or(Silence::Nonsense)?;
        let (mut interface, mut source, mut gateway) = (None, None, None);
        while let Some((attribute, value, behind)) = next_attribute(rest) {
            match attribute {
                libc::RTA_OIF => interface = u32_at(value, 0),
                libc::RTA_PREFSRC => source = address(value),
                libc::RTA_GATEWAY => gateway = address(value),
                // A family of 16 bits, then the address: a next hop of the other family.
                libc::RTA_VIA => gateway = value.get(2..).and_then(address),
                _ => {}
            }
            rest = behind;
        }
        let (Some(interface), Some(source)) = (interface, source) else {
            return Err(Silence::Nonsense);
        };
        Ok(Self { interface, source, gateway })
    }
}

/// Kind, value, and what is behind: lengths count their own four bytes, and the next begins at a multiple of four.
fn next_attribute(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let length = usize::from(u16_at(bytes, 0)?);
    let kind = u16_at(bytes, 2)?;
    let value = bytes.get(4..length)?;
    let behind = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some((kind, value, behind))
}

fn address(value: &[u8]) -> Option<IpAddr> {
    let v4 = || Some(Ipv4Addr::from(<[u8; 4]>::try_from(value).ok()?).into());
    let v6 = || Some(Ipv6Addr::from(<[u8; 16]>::try_from(value).ok()?).into());
    v4().or_else(v6)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + value.len()).unwrap();
        let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn answer(attributes: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = vec![0; MESSAGE_HEADER + ROUTE_HEADER];
        bytes[4..6].copy_from_slice(&libc::RTM_NEWROUTE.to_ne_bytes());
        bytes.extend(attributes.concat());
        bytes
    }

    #[test]
    fn answers_are_read_whole_and_cut_ones_are_nonsense() {
        let interface = attribute(libc::RTA_OIF, &3_u32.to_ne_bytes());
        let source = attribute(libc::RTA_PREFSRC, &[192, 0, 2, 1]);
        let odd = attribute(99, &[1, 2, 3, 4, 5]);
        let via = attribute(libc::RTA_VIA, &[[10, 0].as_slice(), &[0xfe; 16]].concat());
        let whole = answer(&[odd, interface.clone(), via, source.clone()]);
        let told = Told::read(&whole).unwrap();
        assert_eq!(told.interface, 3);
        assert_eq!(told.source, IpAddr::from([192, 0, 2, 1]));
        assert_eq!(told.gateway, Some(IpAddr::from([0xfe; 16])));
        for length in 0..whole.len() {
            assert!(matches!(Told::read(&whole[..length]), Err(Silence::Nonsense)), "{length}");
        }
        let on_link = Told::read(&answer(&[interface, source])).unwrap();
        assert_eq!(on_link.gateway, None);
    }

    #[test]
    fn refusals_carry_the_kernels_code() {
        let mut bytes = vec![0; MESSAGE_HEADER];
        bytes[4..6].copy_from_slice(&2_u16.to_ne_bytes());
        bytes.extend((-libc::ENETUNREACH).to_ne_bytes());
        let Err(Silence::Refused(error)) = Told::read(&bytes) else { panic!("{bytes:?}") };
        assert_eq!(error.raw_os_error(), Some(libc::ENETUNREACH));
    }

    #[test]
    fn loopback_is_reached_over_loopback() {
        for text in ["127.0.0.1", "127.9.9.9"] {
            let route = route_to(text.parse().unwrap()).unwrap();
            assert_eq!((route.interface.as_str(), route.gateway), ("lo", None), "{text}");
            assert!(route.source.is_loopback());
        }
    }
}
