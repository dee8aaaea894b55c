//! Addresses and ports, and the keyed hash that stands for a flow.

use std::net::IpAddr;
use std::net::SocketAddr;

use siphasher::sip128::SipHasher13;

/// Where a packet comes from and goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Addresses {
    V4 { source: [u8; 4], destination: [u8; 4] },
    V6 { source: [u8; 16], destination: [u8; 16] },
}

/// Where a segment comes from and goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) addresses: Addresses,
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
}

impl Endpoints {
    pub(crate) fn source(&self) -> SocketAddr {
        let address = match self.addresses {
            Addresses::V4 { source, .. } => IpAddr::from(source),
            Addresses::V6 { source, .. } => IpAddr::from(source),
        };
        SocketAddr::new(address, self.source_port)
    }

    pub(crate) fn destination(&self) -> SocketAddr {
        let address = match self.addresses {
            Addresses::V4 { destination, .. } => IpAddr::from(destination),
            Addresses::V6 { destination, .. } => IpAddr::from(destination),
        };
        SocketAddr::new(address, self.destination_port)
    }

    /// The other way around.
    pub(crate) fn reversed(&self) -> Self {
        let addresses = match self.addresses {
            Addresses::V4 { source, destination } => {
                Addresses::V4 { source: destination, destination: source }
            }
            Addresses::V6 { source, destination } => {
                Addresses::V6 { source: destination, destination: source }
            }
        };
        Self { addresses, source_port: self.destination_port, destination_port: self.source_port }
    }
}

/// Stands for a flow, in either direction: 128 bits of a keyed hash. Who does not know the key cannot make two flows the same, and
/// among a billion of flows the odds of it are below 1 in 10^20; so addresses and ports need not be kept to compare them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Print {
    /// Finds the place in a table.
    pub(crate) place: u64,
    /// Distributes among tables.
    pub(crate) share: u64,
}

/// One of the two ends of a flow, told apart by nothing but their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The smaller address, or port where they are the same.
    Low,
    /// The other.
    High,
}

impl Side {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Low => Self::High,
            Self::High => Self::Low,
        }
    }
}

/// Hashes flows under a key: SipHash-1-3, as the flood to be feared writes headers as it likes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hashing(SipHasher13);

impl Hashing {
    pub(crate) fn new(seed: [u64; 2]) -> Self {
        let [first, second] = seed;
        Self(SipHasher13::new_with_keys(first, second))
    }

    /// The print of a flow, and which of its sides the packet is from.
    #[inline]
    pub(crate) fn flow(&self, endpoints: &Endpoints) -> (Print, Side) {
        let ports = (endpoints.source_port, endpoints.destination_port);
        match endpoints.addresses {
            Addresses::V4 { source, destination } => {
                let side = side((source, ports.0), (destination, ports.1));
                let (low, high, ports) = ordered(side, source, destination, ports);
                let mut message = [0; 12];
                fill(&mut message, &[&low, &high, &ports]);
                (self.print(&message), side)
            }
            Addresses::V6 { source, destination } => {
                let side = side((source, ports.0), (destination, ports.1));
                let (low, high, ports) = ordered(side, source, destination, ports);
                let mut message = [0; 36];
                fill(&mut message, &[&low, &high, &ports]);
                (self.print(&message), side)
            }
        }
    }

    #[inline]
    fn print(&self, message: &[u8]) -> Print {
        let hash = self.0.hash(message);
        Print { place: hash.h1, share: hash.h2 }
    }
}

#[inline]
fn side<T: Ord>(source: T, destination: T) -> Side {
    if source <= destination { Side::Low } else { Side::High }
}

#[inline]
fn ordered<T>(side: Side, source: T, destination: T, ports: (u16, u16)) -> (T, T, [u8; 4]) {
    let (low, high, low_port, high_port) = match side {
        Side::Low => (source, destination, ports.0, ports.1),
        Side::High => (destination, source, ports.1, ports.0),
    };
    let ([a, b], [c, d]) = (low_port.to_be_bytes(), high_port.to_be_bytes());
    (low, high, [a, b, c, d])
}

#[inline]
fn fill(message: &mut [u8], parts: &[&[u8]]) {
    let mut rest = message;
    for part in parts {
        let Some((here, behind)) = rest.split_at_mut_checked(part.len()) else {
            return;
        };
        here.copy_from_slice(part);
        rest = behind;
    }
}
