//! The counters of a discovery as metrics.

use std::net::SocketAddr;
use std::sync::Arc;

use tlscensus_discovery::Discovery;

use super::course::Figures;
use crate::console;
use crate::run::metrics::Kind;
use crate::run::metrics::Metric;
use crate::run::metrics::MetricsPage;

/// Serves them, and more, while the page lives.
///
/// # Errors
/// When the address cannot be bound.
pub(super) fn serve(
    at: SocketAddr,
    discovery: &Arc<Discovery>,
    more: Figures,
    quiet: bool,
) -> anyhow::Result<MetricsPage> {
    let discovery = discovery.clone();
    let all = move || figures(&discovery).into_iter().chain(more()).collect();
    let page = MetricsPage::begin(at, all)?;
    if !quiet {
        console::say(&format!("metrics at http://{}/metrics", page.addr()));
    }
    Ok(page)
}

fn figures(discovery: &Discovery) -> Vec<Metric> {
    let counts = discovery.counts();
    let one = Metric::one;
    let counter = |name, help, value| one(name, help, Kind::Counter, value);
    let gauge = |name, help, value| one(name, help, Kind::Gauge, value);
    vec![
        counter("tlscensus_discovery_probes_total", "Probes sent", counts.probes_sent),
        counter("tlscensus_discovery_targets_total", "Targets asked", counts.targets),
        gauge("tlscensus_discovery_targets_left", "Targets to be asked yet", discovery.left()),
        counter("tlscensus_discovery_synacks_total", "Endpoints that answered", counts.synacks),
        counter("tlscensus_discovery_resets_total", "Resets", counts.resets),
        counter("tlscensus_discovery_icmp_errors_total", "ICMP errors", counts.icmp_errors),
        counter(
            "tlscensus_discovery_prohibited_total",
            "ICMP errors that say: administratively prohibited",
            counts.admin_prohibited,
        ),
        counter("tlscensus_discovery_repeats_total", "Answers that came again", counts.repeats),
        counter(
            "tlscensus_discovery_foreign_total",
            "Frames that answer no probe of ours",
            counts.foreign,
        ),
        counter(
            "tlscensus_discovery_kernel_drops_total",
            "Frames that the kernel dropped",
            counts.kernel_drops,
        ),
        counter(
            "tlscensus_discovery_send_failures_total",
            "Batches that the kernel refused",
            counts.send_failures,
        ),
        counter(
            "tlscensus_discovery_deferred_total",
            "Times that a target waited for its network",
            counts.deferred,
        ),
        counter(
            "tlscensus_discovery_held_total",
            "Times that sending waited for slow writing",
            counts.held,
        ),
        counter(
            "tlscensus_discovery_blocked_total",
            "Targets that came to be blocked meanwhile",
            counts.blocked,
        ),
        gauge(
            "tlscensus_discovery_link_down",
            "1 while the interface is down",
            u64::from(counts.link_down),
        ),
    ]
}
