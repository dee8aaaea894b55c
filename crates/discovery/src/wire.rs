//! Over which interfaces probes leave and answers come, found out and asked for before the first one is sent.

use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use tlscensus_link::Interface;
use tlscensus_link::LinkKind;
use tlscensus_link::MacAddress;
use tlscensus_link::Method;
use tlscensus_link::Route;
use tlscensus_link::Transmit;
use tlscensus_link::fastest_transmitter;
use tlscensus_link::route_to;
use tlscensus_link::transmitter;

use crate::Error;
use crate::Framing;
use crate::Options;
use crate::PortRange;
use crate::Template;
use crate::hop::Hop;
use crate::hop::Router;

/// What the operator says of the wire; the rest is found out.
#[derive(Clone, Debug)]
pub struct WireOptions {
    /// The interface; `None`: where the route leads.
    pub interface: Option<String>,
    /// Our addresses, of both families; empty: that of the route.
    pub sources: Vec<IpAddr>,
    /// Whether these may be others than the interface has: answers to somebody else's address go to somebody else.
    pub sources_are_routed: bool,
    /// Routers, one of a family at most; empty: that of the route.
    pub gateways: Vec<IpAddr>,
    /// The router's hardware address; `None`: asked for.
    pub gateway_mac: Option<MacAddress>,
    /// Our ports.
    pub ports: PortRange,
    /// TCP options of the probes.
    pub options: Options,
    /// How frames are handed to the kernel; `None`: the fastest way that there is.
    pub method: Option<Method>,
    /// Frames handed over at once, at most.
    pub batch: usize,
}

/// A wire, or one for each family.
#[derive(Clone, Debug)]
pub struct Wire {
    pub(crate) v4: Option<Lane<Ipv4Addr>>,
    pub(crate) v6: Option<Lane<Ipv6Addr>>,
    pub(crate) ports: PortRange,
    pub(crate) method: Option<Method>,
    pub(crate) batch: usize,
}

/// The wire of one family.
#[derive(Clone, Debug)]
pub(crate) struct Lane<A> {
    pub(crate) hop: Hop,
    pub(crate) sources: Vec<A>,
    pub(crate) template: Template<A>,
}

impl Wire {
    /// Finds the wire to these targets, one of each family that is to be visited.
    ///
    /// # Errors
    /// When there is no way to them, or nobody there who would take a frame.
    pub fn find(options: &WireOptions, samples: &[IpAddr]) -> Result<Self, Error> {
        let mut wire = Self {
            v4: None,
            v6: None,
            ports: options.ports,
            method: options.method,
            batch: options.batch.max(1),
        };
        for sample in samples {
            let way = Way::find(options, *sample)?;
            match sample {
                IpAddr::V4(_) if wire.v4.is_none() => {
                    let sources = way.sources.iter().filter_map(v4).collect();
                    let template = Template::<Ipv4Addr>::new(way.framing, options.options);
                    wire.v4 = Some(Lane { hop: way.hop, sources, template });
                }
                IpAddr::V6(_) if wire.v6.is_none() => {
                    let sources = way.sources.iter().filter_map(v6).collect();
                    let template = Template::<Ipv6Addr>::new(way.framing, options.options);
                    wire.v6 = Some(Lane { hop: way.hop, sources, template });
                }
                IpAddr::V4(_) | IpAddr::V6(_) => {}
            }
        }
        Ok(wire)
    }

    /// No wire at all.
    pub(crate) fn none() -> Self {
        let ports = PortRange::EPHEMERAL;
        Self { v4: None, v6: None, ports, method: None, batch: 1 }
    }

    /// Whether it is that.
    pub(crate) const fn is_none(&self) -> bool {
        self.v4.is_none() && self.v6.is_none()
    }

    /// The first step of the way of each family.
    pub(crate) fn hops(&self) -> impl Iterator<Item = &Hop> {
        let v4 = self.v4.as_ref().map(|lane| &lane.hop);
        let v6 = self.v6.as_ref().map(|lane| &lane.hop);
        v4.into_iter().chain(v6)
    }

    /// The interfaces, each once, in the order of the families.
    pub fn interfaces(&self) -> Vec<&Interface> {
        let mut both: Vec<_> = self.hops().map(|hop| &hop.interface).collect();
        both.dedup_by_key(|interface| interface.index);
        both
    }

    /// Our addresses that probes are sent from.
    pub fn sources(&self) -> Vec<IpAddr> {
        let v4 = self.v4.iter().flat_map(|lane| &lane.sources).map(|addr| IpAddr::from(*addr));
        let v6 = self.v6.iter().flat_map(|lane| &lane.sources).map(|addr| IpAddr::from(*addr));
        v4.chain(v6).collect()
    }

    /// One of them for each family, for connections.
    pub fn sources_for_connections(&self) -> Vec<IpAddr> {
        let v4 = self.v4.as_ref().and_then(|lane| lane.sources.first());
        let v6 = self.v6.as_ref().and_then(|lane| lane.sources.first());
        v4.copied().map(IpAddr::from).into_iter().chain(v6.copied().map(IpAddr::from)).collect()
    }

    /// The length of the longest probe on the wire, its check sequence not counted.
    pub fn frame_octets(&self) -> u16 {
        let v4 = self.v4.as_ref().map_or(0, |lane| lane.template.bytes().len());
        let v6 = self.v6.as_ref().map_or(0, |lane| lane.template.bytes().len());
        u16::try_from(v4.max(v6)).unwrap_or(u16::MAX)
    }
}

/// The way to the targets of one family.
struct Way {
    hop: Hop,
    sources: Vec<IpAddr>,
    framing: Framing,
}

impl Way {
    fn find(options: &WireOptions, sample: IpAddr) -> Result<Self, Error> {
        let (interface, route) = match &options.interface {
            Some(name) => (Interface::named(name)?, route_to(sample).ok()),
            None => {
                let route = route_to(sample)?;
                (Interface::named(&route.interface)?, Some(route))
            }
        };
        // A route over another interface tells nothing about this one.
        let route = route.filter(|route| route.interface == interface.name);
        let sources = sources(options, &interface, route.as_ref(), sample)?;
        if interface.kind == LinkKind::Loopback {
            return Err(Error::Loopback { target: sample });
        }
        // Whether frames may be sent at all is asked first: where not, nothing else matters.
        transmit(Some(Method::Messages), &interface, &[0; LEAST_FRAME], 1)?;
        let ethernet = |gateway_mac: MacAddress| {
            let source_mac = interface.mac.unwrap_or(MacAddress::ZERO);
            Framing::Ethernet { source_mac: source_mac.0, gateway_mac: gateway_mac.0 }
        };
        let (framing, router) = match (interface.kind, options.gateway_mac) {
            (LinkKind::Ip | LinkKind::Loopback, _) => (Framing::Ip, None),
            (LinkKind::Ethernet, Some(mac)) => (ethernet(mac), None),
            (LinkKind::Ethernet, None) => {
                let router = router(options, &interface, route.as_ref(), sample, &sources)?;
                (ethernet(router.mac), Some(router))
            }
        };
        Ok(Self { hop: Hop { interface, router }, sources, framing })
    }
}

fn sources(
    options: &WireOptions,
    interface: &Interface,
    route: Option<&Route>,
    sample: IpAddr,
) -> Result<Vec<IpAddr>, Error> {
    let same_family = |addr: &&IpAddr| addr.is_ipv4() == sample.is_ipv4();
    let given: Vec<_> = options.sources.iter().filter(same_family).copied().collect();
    let foreign = given.iter().find(|addr| !interface.addresses.contains(addr));
    if let Some(source) = foreign.filter(|_| !options.sources_are_routed) {
        return Err(Error::ForeignSource { interface: interface.name.clone(), source: *source });
    }
    if !given.is_empty() {
        return Ok(given);
    }
    let own = || interface.addresses.iter().find(same_family).copied();
    match route.map(|route| route.source).or_else(own) {
        Some(source) => Ok(vec![source]),
        None => Err(Error::NoSource { interface: interface.name.clone(), target: sample }),
    }
}

/// A sender of frames like this one.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn transmit(
    method: Option<Method>,
    interface: &Interface,
    template: &[u8],
    batch: usize,
) -> Result<Box<dyn Transmit>, Error> {
    match method {
        Some(method) => Ok(transmitter(method, interface, template, batch)?),
        None => Ok(fastest_transmitter(interface, template, batch)?.1),
    }
}

/// Who takes the frames.
fn router(
    options: &WireOptions,
    interface: &Interface,
    route: Option<&Route>,
    sample: IpAddr,
    sources: &[IpAddr],
) -> Result<Router, Error> {
    let given = options.gateways.iter().find(|addr| addr.is_ipv4() == sample.is_ipv4());
    let Some(gateway) = given.copied().or_else(|| route?.gateway) else {
        return Err(Error::NoGateway { interface: interface.name.clone(), target: sample });
    };
    let source = sources.first().copied().unwrap_or(gateway);
    Router::find(interface, source, gateway)
}

const fn v4(addr: &IpAddr) -> Option<Ipv4Addr> {
    match addr {
        IpAddr::V4(addr) => Some(*addr),
        IpAddr::V6(_) => None,
    }
}

const fn v6(addr: &IpAddr) -> Option<Ipv6Addr> {
    match addr {
        IpAddr::V4(_) => None,
        IpAddr::V6(addr) => Some(*addr),
    }
}

/// As long as the shortest probe.
const LEAST_FRAME: usize = 58;
