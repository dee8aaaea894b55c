//! The counters of a run of probes as metrics.

use tlscensus_probe::Counts;
use tlscensus_records::Phase;

use crate::plan::Flaws;
use crate::run::metrics::Kind;
use crate::run::metrics::Metric;
use crate::run::reload::Reloads;

/// All of them, those of one name beside each other.
pub(crate) fn figures(
    counts: &Counts,
    acknowledged: u64,
    flaws: &Flaws,
    reloads: &Reloads,
) -> Vec<Metric> {
    let one = Metric::one;
    let counter = |name, help, value| one(name, help, Kind::Counter, value);
    let mut figures = vec![
        counter("tlscensus_targets_total", "Targets taken from the list", counts.targets),
        counter(
            "tlscensus_bad_lines_total",
            "Lines of the list that are no target",
            flaws.bad_lines(),
        ),
        counter("tlscensus_repeated_lines_total", "Lines that repeat a target", flaws.repeats()),
        counter(
            "tlscensus_endpoints_passed_over_total",
            "Endpoints with a row before",
            counts.passed_over,
        ),
        counter("tlscensus_endpoints_started_total", "Endpoints begun", counts.started),
        counter("tlscensus_endpoints_done_total", "Endpoints with their row", counts.done),
        counter(
            "tlscensus_endpoints_abandoned_total",
            "Endpoints given up at a stop",
            counts.abandoned,
        ),
        one(
            "tlscensus_endpoints_in_flight",
            "Endpoints begun and not ended",
            Kind::Gauge,
            counts.in_flight(),
        ),
        counter("tlscensus_rows_acknowledged_total", "Rows made durable", acknowledged),
        counter("tlscensus_connections_total", "Connections tried", counts.connections),
        counter(
            "tlscensus_tls_completed_total",
            "Endpoints with a complete TLS handshake",
            counts.tls_completed,
        ),
        counter(
            "tlscensus_shortages_total",
            "Times we were short of descriptors, ports or memory",
            counts.shortages,
        ),
        counter("tlscensus_received_bytes_total", "Bytes received", counts.bytes_in),
        counter("tlscensus_sent_bytes_total", "Bytes sent", counts.bytes_out),
        counter(
            "tlscensus_blocklist_reloads_total",
            "Blocklists that took effect meanwhile",
            reloads.taken(),
        ),
        counter(
            "tlscensus_blocklist_reloads_refused_total",
            "Changed blocklists that could not be read",
            reloads.refused(),
        ),
    ];
    figures.extend(Phase::ALL.iter().map(|phase| Metric {
        labels: vec![("phase", phase.word().to_owned())],
        ..counter(
            "tlscensus_endpoints_ended_total",
            "Rows by the phase they ended in",
            counts.ended_in(*phase),
        )
    }));
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_and_stand_together() {
        let figures = figures(&Counts::default(), 0, &Flaws::default(), &Reloads::default());
        let mut names: Vec<_> = figures.iter().map(|metric| metric.name).collect();
        names.dedup();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "each name in one place");
        for metric in &figures {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            assert!(metric.name.bytes().all(plain), "{}", metric.name);
            assert_eq!(metric.name.ends_with("_total"), metric.kind == Kind::Counter);
        }
    }
}
