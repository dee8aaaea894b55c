//! The first step of the way to the targets: the interface that probes leave by, and the router behind it that takes them.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tlscensus_link as link;
use tlscensus_link::Interface;
use tlscensus_link::MacAddress;
use tlscensus_link::neighbour;

use crate::Error;

/// An interface, and who takes its frames.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    pub(crate) interface: Interface,
    /// Nobody where there is no Ethernet, or where the operator has said the hardware address: then nobody is asked.
    pub(crate) router: Option<Router>,
}

/// A router that was asked for its hardware address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Router {
    /// Our address that it was asked from.
    source: IpAddr,
    address: IpAddr,
    pub(crate) mac: MacAddress,
}

impl Router {
    /// Asks for it.
    ///
    /// # Errors
    /// When nobody answers, or the interface takes no questions.
    pub(crate) fn find(
        interface: &Interface,
        source: IpAddr,
        address: IpAddr,
    ) -> Result<Self, Error> {
        let mac = neighbour(interface, source, address, FIRST_PATIENCE)?;
        Ok(Self { source, address, mac })
    }
}

impl Hop {
    /// What keeps frames from the router, or its own from us; `None`: nothing does.
    ///
    /// A link that came up again may not carry anything yet: a switch learns, queues are still detached. And a router that lost
    /// our hardware address with the link keeps few packets until it has it again; it learns it from the question.
    ///
    /// # Errors
    /// When another one answers in its place: the frames are made for the old one.
    pub(crate) fn obstacle(&self) -> Result<Option<link::Error>, Error> {
        if !self.interface.is_up() {
            let interface = self.interface.name.clone();
            let source = io::ErrorKind::NetworkDown.into();
            return Ok(Some(link::Error::System { attempt: WAIT, interface, source }));
        }
        let Some(Router { source, address, mac }) = self.router else {
            return Ok(None);
        };
        match neighbour(&self.interface, source, address, AGAIN_PATIENCE) {
            Ok(found) if found == mac => Ok(None),
            Ok(found) => Err(Error::OtherRouter { address, known: mac, found }),
            Err(error @ (link::Error::NoNeighbour { .. } | link::Error::System { .. })) => {
                Ok(Some(error))
            }
            Err(error) => Err(error.into()),
        }
    }
}

const WAIT: &str = "wait until it is up";
/// How long a router may take to say its hardware address: three questions, a second each.
const FIRST_PATIENCE: Duration = Duration::from_secs(3);
/// The same for one of the many times that it is asked until it answers again.
const AGAIN_PATIENCE: Duration = Duration::from_millis(300);
