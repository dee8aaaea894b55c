//! What keeps a discovery from beginning or going on, and what to do about it.

use std::fmt;
use std::net::IpAddr;

use tlscensus_link as link;
use tlscensus_link::MacAddress;

/// Why a discovery cannot begin, or had to end.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The system does not let us connect.
    Connections(std::io::Error),
    /// The system had no random numbers for the key.
    Entropy(getrandom::Error),
    /// An address to send from that is not ours, as far as the interface knows.
    ForeignSource {
        /// The interface.
        interface: String,
        /// The address.
        source: IpAddr,
    },
    /// The kernel does not do what is asked of an interface or a socket.
    Link(link::Error),
    /// Targets on loopback: frames put there are dropped by the kernel.
    Loopback {
        /// One of them.
        target: IpAddr,
    },
    /// No router leads to the targets.
    NoGateway {
        /// The interface.
        interface: String,
        /// One of them.
        target: IpAddr,
    },
    /// No address of ours to send from.
    NoSource {
        /// The interface.
        interface: String,
        /// One of the targets.
        target: IpAddr,
    },
    /// Behind an interface that came up again another router answers than before.
    OtherRouter {
        /// The router's address.
        address: IpAddr,
        /// The hardware address that probes are made for.
        known: MacAddress,
        /// The one that answered.
        found: MacAddress,
    },
    /// Sending to or hearing from an interface failed while the discovery went on.
    Wire {
        /// The interface.
        interface: String,
        /// What was tried.
        attempt: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connections(error) => write!(f, "no connections: {error}"),
            Self::Entropy(error) => write!(f, "no random key: {error}"),
            Self::ForeignSource { interface, source } => write!(
                f,
                "{interface} does not have the address {source}: answers would go to whoever has it; if it is routed to you, say \
                 --routed-source"
            ),
            Self::Link(error) => error.fmt(f),
            Self::Loopback { target } => write!(
                f,
                "{target} is on loopback, where the kernel drops SYNs that are not its own: connect instead (--connect)"
            ),
            Self::NoGateway { interface, target } => write!(
                f,
                "{target} is reached over {interface} without a router: name one with --gateway ADDRESS or --gateway-mac MAC, or \
                 connect instead (--connect)"
            ),
            Self::NoSource { interface, target } => write!(
                f,
                "{interface} has no address to reach {target} from: name one with --source-ip ADDRESS"
            ),
            Self::OtherRouter { address, known, found } => write!(
                f,
                "{address} answered from {found} when the interface was up again, and probes are made for {known}: resume the run"
            ),
            Self::Wire { interface, attempt, source } => {
                write!(f, "{interface}: {attempt}: {source}")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Link(error) => Some(error),
            Self::Connections(source) | Self::Wire { source, .. } => Some(source),
            Self::Entropy(_)
            | Self::ForeignSource { .. }
            | Self::Loopback { .. }
            | Self::NoGateway { .. }
            | Self::NoSource { .. }
            | Self::OtherRouter { .. } => None,
        }
    }
}

impl From<link::Error> for Error {
    fn from(error: link::Error) -> Self {
        Self::Link(error)
    }
}

impl From<getrandom::Error> for Error {
    fn from(error: getrandom::Error) -> Self {
        Self::Entropy(error)
    }
}
