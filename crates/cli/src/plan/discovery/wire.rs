//! How a discovery asks: by SYNs over a wire that is found out, or by connections.

use std::fs;
use std::net::IpAddr;
use std::time::Duration;

use tlscensus_discovery as discovery;
use tlscensus_discovery::ConnectOptions;
use tlscensus_discovery::Options;
use tlscensus_discovery::PortRange;
use tlscensus_discovery::Way;
use tlscensus_discovery::Wire;
use tlscensus_discovery::WireOptions;
use tlscensus_link as link;

use crate::args::Method;
use crate::args::ProbeOptions;
use crate::args::WireArguments;
use crate::plan::unusable;

/// The way to ask, and why it is that one.
#[derive(Clone, Debug)]
pub(crate) struct Ways {
    pub(crate) way: Way,
    /// What differs from what was expected, for the operator.
    pub(crate) said: Option<String>,
}

impl Ways {
    /// Finds the wire to these targets, one of each family; where SYNs cannot be sent, connections stand in for them.
    ///
    /// # Errors
    /// When there is no way, or words are wrong.
    pub(crate) fn find(
        typed: &WireArguments,
        samples: &[IpAddr],
        answer_window: Duration,
    ) -> anyhow::Result<Self> {
        let ports = ports(typed.source_ports.as_deref())?;
        if typed.connect {
            return Ok(Self { way: connections(typed, answer_window), said: None });
        }
        if samples.iter().any(IpAddr::is_loopback) {
            let way = connections(typed, answer_window);
            return Ok(Self { way, said: Some(format!("loopback: {DIFFERENCE}")) });
        }
        let gateway_mac = typed.gateway_mac.as_deref().map(str::parse).transpose();
        let gateway_mac =
            gateway_mac.map_err(|error| unusable(format!("--gateway-mac: {error}")))?;
        let options = WireOptions {
            interface: typed.interface.clone(),
            sources: typed.source_ip.clone(),
            sources_are_routed: typed.routed_source,
            gateways: typed.gateway.clone(),
            gateway_mac,
            ports,
            options: match typed.probe_options {
                ProbeOptions::Linux => Options::Linux,
                ProbeOptions::Windows => Options::Windows,
                ProbeOptions::Smallest => Options::Smallest,
            },
            method: match typed.method {
                Method::Fastest => None,
                Method::Messages => Some(link::Method::Messages),
                Method::Ring => Some(link::Method::Ring),
                Method::Xdp => Some(link::Method::Xdp),
            },
            batch: usize::from(typed.batch),
        };
        match Wire::find(&options, samples) {
            Ok(wire) => Ok(Self { way: Way::Wire(wire), said: None }),
            Err(error) if lacks_rights(&error) => {
                let said =
                    format!("no right to send raw frames (CAP_NET_RAW; root has it): {DIFFERENCE}");
                Ok(Self { way: connections(typed, answer_window), said: Some(said) })
            }
            // Addresses of this machine's own: no frame to them ever leaves.
            Err(discovery::Error::Loopback { .. }) => {
                let way = connections(typed, answer_window);
                Ok(Self { way, said: Some(format!("this machine's own addresses: {DIFFERENCE}")) })
            }
            Err(error) => Err(unusable(error.to_string())),
        }
    }

    /// One line for the operator.
    pub(crate) fn told(&self) -> String {
        match &self.way {
            Way::Connect(options) => {
                format!("connecting, {} at once", options.limit)
            }
            Way::Wire(wire) => {
                let names: Vec<_> =
                    wire.interfaces().into_iter().map(|interface| interface.name.clone()).collect();
                let sources: Vec<_> = wire.sources().iter().map(IpAddr::to_string).collect();
                format!("SYNs over {} from {}", names.join(" and "), sources.join(", "))
            }
        }
    }
}

fn connections(typed: &WireArguments, timeout: Duration) -> Way {
    let wanted = usize::try_from(typed.connections).unwrap_or(usize::MAX);
    let limit = crate::plan::descriptors::make_room(wanted);
    Way::Connect(ConnectOptions { limit, timeout, sources: typed.source_ip.clone() })
}

fn lacks_rights(error: &discovery::Error) -> bool {
    matches!(error, discovery::Error::Link(link::Error::NotPermitted { .. }))
}

/// The ports typed, or some that the kernel does not give to connections of its own: what answers our probes is then never taken for
/// an answer to one of those.
fn ports(typed: Option<&str>) -> anyhow::Result<PortRange> {
    if let Some(text) = typed {
        let range = || {
            let (first, last) = text.split_once('-')?;
            PortRange::new(first.trim().parse().ok()?, last.trim().parse().ok()?)
        };
        return range().ok_or_else(|| {
            unusable(format!("--source-ports {text}: not a range of ports; write 61000-65095"))
        });
    }
    let text = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let mut kernels = text.split_ascii_whitespace().filter_map(|word| word.parse::<u16>().ok());
    let kernels = kernels.next().zip(kernels.next());
    Ok(beside(kernels).unwrap_or(PortRange::EPHEMERAL))
}

/// 4,096 ports beside those of the kernel, the high ones first; `None` where there is no room for half as many.
fn beside(kernels: Option<(u16, u16)>) -> Option<PortRange> {
    let (first, last) = kernels?;
    let above = u16::MAX - last;
    if above >= LEAST_PORTS {
        return PortRange::new(last + 1, last + above.min(MOST_PORTS));
    }
    let below = first.saturating_sub(LOWEST_PORT);
    (below >= LEAST_PORTS).then(|| PortRange::new(first - below.min(MOST_PORTS), first - 1))?
}

/// Enough that a port says which probe is answered, and few enough to be told apart in a log of the other side.
const MOST_PORTS: u16 = 4096;
const LEAST_PORTS: u16 = 2048;
/// Below are services, which our own machine may offer.
const LOWEST_PORT: u16 = 10_000;

/// What differs where discovery connects.
const DIFFERENCE: &str = "connecting instead of sending SYNs. The kernel completes the handshake with who answers and closes it, repeats \
     its SYNs by its own clock, and is slower; TTL, window and options of the answers are not seen";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_ports_are_beside_the_kernels() {
        let range = |kernels| beside(kernels).map(|range| (range.first(), range.last()));
        assert_eq!(range(Some((32_768, 60_999))), Some((61_000, 65_095)));
        assert_eq!(range(Some((32_768, 63_000))), Some((63_001, 65_535)));
        assert_eq!(range(Some((32_768, 65_000))), Some((28_672, 32_767)));
        assert_eq!(range(Some((1024, 65_535))), None);
        assert_eq!(range(None), None);
    }
}
