//! What is probed: one service of one target.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::OnceCell;

use tlscensus_dialog::Service;
use tlscensus_targets::Target;

use crate::Plan;
use crate::resolve::Resolution;

/// One service of one target.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub(crate) asked: Arc<Asked>,
    /// The TCP port.
    pub port: u16,
    /// What is asked for there.
    pub service: &'static Service,
}

/// A target and, once somebody needed it, its address: looked up once for all services.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) target: Target,
    pub(crate) resolution: OnceCell<Resolution>,
}

impl Endpoint {
    /// The target it belongs to.
    pub fn target(&self) -> &Target {
        &self.asked.target
    }

    /// The address, if the target names one.
    pub fn addr(&self) -> Option<IpAddr> {
        self.asked.target.addr
    }
}

/// The endpoints of a target.
pub(crate) fn endpoints(plan: &Plan, target: Target) -> impl Iterator<Item = Endpoint> + use<'_> {
    let places = places(&plan.services, plan.port_offset, target.port);
    let asked = Arc::new(Asked { target, resolution: OnceCell::new() });
    places.map(move |(port, service)| Endpoint { asked: asked.clone(), port, service })
}

/// Where a target is asked, and for what: each service at its port (`port_offset` added; none beyond 65535).
///
/// A port that the target names means the services that live there; if none does, all services, since the user knows what
/// runs on a port of his own.
pub fn places(
    services: &[&'static Service],
    port_offset: u16,
    wanted: Option<u16>,
) -> impl Iterator<Item = (u16, &'static Service)> {
    let own_port = move |service: &Service| service.port.checked_add(port_offset);
    let lives_there = services.iter().any(|service| own_port(service) == wanted);
    services.iter().filter_map(move |service| match wanted {
        None => own_port(service).map(|port| (port, *service)),
        Some(port) if !lives_there || own_port(service) == wanted => Some((port, *service)),
        Some(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use tlscensus_targets::Line;
    use tlscensus_targets::LineParser;

    use super::*;
    use crate::testing::plan;

    #[test]
    fn a_target_is_asked_for_each_service_at_its_port() {
        let cases = [
            ("127.0.0.1", 0, "smtp imaps", "smtp:25 imaps:993"),
            ("127.0.0.1", 1000, "smtp imaps", "smtp:1025 imaps:1993"),
            ("127.0.0.1", 65_000, "smtp imaps", "smtp:65025"),
            ("127.0.0.1:993", 0, "smtp imaps", "imaps:993"),
            ("127.0.0.1:1993", 1000, "smtp imaps", "imaps:1993"),
            ("127.0.0.1:2525", 0, "smtp", "smtp:2525"),
            ("127.0.0.1:2525", 0, "smtp imaps", "smtp:2525 imaps:2525"),
        ];
        for (line, offset, services, expected) in cases {
            let mut plan = plan(services);
            plan.port_offset = offset;
            let Ok(Line::One(target)) = LineParser::new().line(line.as_bytes()) else {
                panic!("{line}")
            };
            let found: Vec<String> = endpoints(&plan, target)
                .map(|endpoint| format!("{}:{}", endpoint.service.word, endpoint.port))
                .collect();
            assert_eq!(found.join(" "), expected, "{line} + {offset}");
        }
    }
}
