//! What can go wrong between us and the wire: what was tried, where, and what helps.

use std::fmt;
use std::io;
use std::net::IpAddr;

/// Our own failure to reach the wire.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The filter would be longer than the kernel takes: too many local addresses.
    FilterTooLong {
        /// Instructions that it would have.
        instructions: usize,
    },
    /// A frame that the interface cannot carry.
    FrameLength {
        /// The interface.
        interface: String,
        /// Bytes of the frame.
        bytes: usize,
        /// Bytes that it must have: the link's header.
        least: usize,
        /// Bytes that it may have.
        most: usize,
    },
    /// Frames of this hardware are not known to us.
    LinkKind {
        /// The interface.
        interface: String,
        /// The kernel's number of it (`ARPHRD_…`).
        hardware: u16,
    },
    /// What was asked needs link addresses, and this kind of interface has none.
    NoLinkAddresses {
        /// The interface.
        interface: String,
        /// What was asked.
        attempt: &'static str,
    },
    /// There is no interface of this name.
    NoInterface {
        /// The name.
        name: String,
    },
    /// Nobody answered for an address on the link.
    NoNeighbour {
        /// The interface.
        interface: String,
        /// The address.
        address: IpAddr,
    },
    /// The kernel knows no way to a destination.
    NoRoute {
        /// The destination.
        destination: IpAddr,
        /// What the kernel said.
        source: io::Error,
    },
    /// The kernel answered a question with something that it should not say.
    Nonsense {
        /// What was asked.
        attempt: &'static str,
    },
    /// The kernel refused for lack of rights.
    NotPermitted {
        /// What was tried.
        attempt: &'static str,
        /// The interface.
        interface: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The kernel refused for another reason.
    System {
        /// What was tried.
        attempt: &'static str,
        /// The interface.
        interface: String,
        /// What the kernel said.
        source: io::Error,
    },
}

impl Error {
    /// The kernel's refusal of what was tried on an interface.
    pub(crate) fn system(attempt: &'static str, interface: &str, source: io::Error) -> Self {
        let interface = interface.to_owned();
        match source.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => Self::NotPermitted { attempt, interface, source },
            _ => Self::System { attempt, interface, source },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FilterTooLong { instructions } => write!(
                formatter,
                "a filter for so many local addresses has {instructions} instructions, and the kernel takes {}: use fewer source addresses",
                crate::filter::MOST_INSTRUCTIONS
            ),
            Self::FrameLength { interface, bytes, least, most } => write!(
                formatter,
                "{interface}: a frame of {bytes} bytes, and it carries {least} to {most}"
            ),
            Self::LinkKind { interface, hardware } => write!(
                formatter,
                "{interface}: hardware of type {hardware} is not known: use an Ethernet, tun, PPP or loopback interface"
            ),
            Self::NoLinkAddresses { interface, attempt } => {
                write!(formatter, "{interface}: {attempt}: an interface without link addresses")
            }
            Self::NoInterface { name } => {
                write!(formatter, "{name}: no such interface (`ip link` lists them)")
            }
            Self::NoNeighbour { interface, address } => write!(
                formatter,
                "{interface}: nobody answered for {address}: is the gateway right and up, or give its MAC address"
            ),
            Self::NoRoute { destination, source } => write!(
                formatter,
                "no route to {destination}: {source}: add one, or name interface and gateway"
            ),
            Self::Nonsense { attempt } => {
                write!(formatter, "{attempt}: the kernel's answer could not be understood")
            }
            Self::NotPermitted { attempt, interface, source } => write!(
                formatter,
                "{interface}: {attempt}: {source}: raw frames need CAP_NET_RAW: run as root or `setcap cap_net_raw+ep` the program"
            ),
            Self::System { attempt, interface, source } => {
                write!(formatter, "{interface}: {attempt}: {source}")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoRoute { source, .. }
            | Self::NotPermitted { source, .. }
            | Self::System { source, .. } => Some(source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lack_of_rights_names_its_remedy() {
        let refused =
            |code| Error::system("open", "eth0", io::Error::from_raw_os_error(code)).to_string();
        assert!(refused(libc::EPERM).contains("CAP_NET_RAW"), "{}", refused(libc::EPERM));
        assert!(refused(libc::EACCES).contains("setcap"));
        assert!(!refused(libc::ENODEV).contains("setcap"));
        assert!(refused(libc::ENODEV).starts_with("eth0: open: "));
    }
}
