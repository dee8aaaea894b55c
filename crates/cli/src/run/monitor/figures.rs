//! The counters of a monitor, as the run's row, the metrics page and the JSON status have them.

use tlscensus_monitor::Totals;
use tlscensus_records::Counter;

use crate::run::metrics::Kind;
use crate::run::metrics::Metric;
use crate::run::metrics::Value;

/// Packets that somebody counted and nobody has: the kernel's, and those that captures tell of.
pub(super) fn drops(totals: &Totals) -> u64 {
    let captures = &totals.captures;
    let told = captures.interface_drops.saturating_add(captures.system_drops);
    totals.received.drops.saturating_add(told.max(captures.packet_drops))
}

/// Everything that was counted, with its name.
pub(super) fn named(totals: &Totals) -> Vec<(String, u64)> {
    let tally = &totals.tally;
    let own = [
        ("packets", totals.flows.frames),
        ("capture-drops", drops(totals)),
        ("capture-bytes", totals.bytes_read),
        ("rows", tally.rows),
        ("tls-established", tally.established),
        ("blocked", tally.blocked),
        ("other-sessions", tally.other_sessions),
    ];
    let own = own.into_iter().map(|(name, count)| (name.to_owned(), count));
    let not_ours = tally.not_ours().map(|(word, count)| (format!("not-measured-{word}"), count));
    let flows = totals.flows.named();
    let flows = flows.map(|(name, count)| (format!("flows-{}", name.replace('_', "-")), count));
    own.chain(not_ours).chain(flows).collect()
}

/// For the run's row.
pub(super) fn counters(totals: &Totals) -> Vec<Counter> {
    named(totals).into_iter().map(|(name, count)| Counter { name, count }).collect()
}

/// For Prometheus; rows are acknowledged by a dataset alone.
pub(super) fn metrics(totals: &Totals, acknowledged: Option<u64>) -> Vec<Metric> {
    let one = Metric::one;
    let counter = |name, help, value| one(name, help, Kind::Counter, value);
    let mut metrics = vec![
        counter("tlscensus_packets_total", "Packets taken", totals.flows.frames),
        counter("tlscensus_packet_drops_total", "Packets dropped before us", drops(totals)),
        counter("tlscensus_connections_opened_total", "Connections seen", totals.flows.opened),
        one(
            "tlscensus_connections_tracked",
            "Connections in mind, those done with included",
            Kind::Gauge,
            totals.tracked,
        ),
        counter("tlscensus_rows_total", "Connections with a row", totals.tally.rows),
        counter(
            "tlscensus_tls_established_total",
            "Rows with TLS seen established",
            totals.tally.established,
        ),
    ];
    metrics.extend(
        acknowledged
            .map(|rows| counter("tlscensus_rows_acknowledged_total", "Rows made durable", rows)),
    );
    metrics.extend(totals.flows.named().map(|(name, count)| Metric {
        name: "tlscensus_flow_events_total",
        help: "What became of packets and connections",
        kind: Kind::Counter,
        labels: vec![("event", name.replace('_', "-"))],
        value: Value::Whole(count),
    }));
    metrics.extend(totals.tally.not_ours().map(|(word, count)| Metric {
        name: "tlscensus_not_measured_total",
        help: "Connections that are not measured, by what they speak",
        kind: Kind::Counter,
        labels: vec![("speaks", word.to_owned())],
        value: Value::Whole(count),
    }));
    metrics
}
