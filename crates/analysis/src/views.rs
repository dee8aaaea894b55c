//! The views of the query engine: some stand on the relations alone, most on the runs that count.

use tlscensus_dataset::records;
use tlscensus_dataset::records::Relation;

use crate::head::Head;

/// A view whose query depends on which runs count.
pub(crate) struct Decided {
    /// Its name in queries.
    pub(crate) name: &'static str,
    /// One row per what.
    pub(crate) doc: &'static str,
}

/// The probes that count: every table stands on them.
pub(crate) const COUNTED: Decided = Decided {
    name: "counted",
    doc: "the probes of the runs that count: by default, for each service, those of its newest complete run",
};

/// The connections that count.
pub(crate) const COUNTED_FLOWS: Decided = Decided {
    name: "counted_flows",
    doc: "the connections of the monitor runs that count: by default, for each sensor, those of its newest complete run",
};

/// The answers to the discoveries that count.
pub(crate) const COUNTED_RESPONDERS: Decided = Decided {
    name: "counted_responders",
    doc: "the responders of the runs that count: by default, for each port, those of the run whose probes count, else of the newest complete run",
};

/// Where these runs looked.
pub(crate) const DISCOVERIES: Decided = Decided {
    name: "discoveries",
    doc: "one row per run that counts and port on which it looked for hosts",
};

/// The noise experiment that counts.
pub(crate) const NOISE_RUNS: Decided = Decided {
    name: "noise_runs",
    doc: "one row per run and port of the noise experiment that counts: the newest complete one",
};

/// The views whose queries are decided, those before them in the list first.
pub(crate) static DECIDED: [Decided; 5] =
    [COUNTED, COUNTED_FLOWS, COUNTED_RESPONDERS, DISCOVERIES, NOISE_RUNS];

/// The views that stand on relations alone, or on nothing, each with its query; a view may stand on those before it.
pub(crate) static OF_RELATIONS: [(&str, &str); 3] = [
    ("fresh_key_exchanges", include_str!("../sql/views/fresh_key_exchanges.sql")),
    ("run_counters", include_str!("../sql/views/run_counters.sql")),
    ("searched", include_str!("../sql/views/searched.sql")),
];

/// The views that stand on the decided ones, each with its query; a view may stand on those before it.
pub(crate) static OF_COUNTED: [(&str, &str); 12] = [
    ("authentication_lists", include_str!("../sql/views/authentication_lists.sql")),
    ("authentication_offers", include_str!("../sql/views/authentication_offers.sql")),
    ("blocks", include_str!("../sql/views/blocks.sql")),
    ("chain_certificates", include_str!("../sql/views/chain_certificates.sql")),
    ("enumerated", include_str!("../sql/views/enumerated.sql")),
    ("networks", include_str!("../sql/views/networks.sql")),
    ("noise", include_str!("../sql/views/noise.sql")),
    ("service_ports", include_str!("../sql/views/service_ports.sql")),
    ("discovered", include_str!("../sql/views/discovered.sql")),
    ("shown_values", include_str!("../sql/views/shown_values.sql")),
    ("supported", include_str!("../sql/views/supported.sql")),
    ("tls_choices", include_str!("../sql/views/tls_choices.sql")),
];

/// The views that have a row for a connection, each with its query; a view may stand on those before it and on all above.
pub(crate) static OF_FLOWS: [(&str, &str); 11] = [
    ("flow_authentication", include_str!("../sql/views/flow_authentication.sql")),
    ("flow_certificates", include_str!("../sql/views/flow_certificates.sql")),
    ("flow_choices", include_str!("../sql/views/flow_choices.sql")),
    ("flow_mechanisms", include_str!("../sql/views/flow_mechanisms.sql")),
    ("flow_offers", include_str!("../sql/views/flow_offers.sql")),
    ("flow_passwords", include_str!("../sql/views/flow_passwords.sql")),
    ("flow_upgrades", include_str!("../sql/views/flow_upgrades.sql")),
    ("flow_values", include_str!("../sql/views/flow_values.sql")),
    ("offered_groups", include_str!("../sql/views/offered_groups.sql")),
    ("offered_suites", include_str!("../sql/views/offered_suites.sql")),
    ("choices_of_both", include_str!("../sql/views/choices_of_both.sql")),
];

/// Every view with its query, but for those that are decided.
pub(crate) fn written() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    OF_RELATIONS.iter().chain(of_counted())
}

/// Every view that stands on the decided ones, those before it in the list first.
pub(crate) fn of_counted() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    OF_COUNTED.iter().chain(&OF_FLOWS)
}

/// Whether the runs that count have to be decided before this name means anything.
pub(crate) fn needs_decision(name: &str) -> bool {
    DECIDED.iter().any(|view| view.name == name) || of_counted().any(|(view, _)| *view == name)
}

/// What a query of the catalogue reads, so that its foot can name the runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    /// Probes.
    pub(crate) probes: bool,
    /// What discoveries or noise runs found.
    pub(crate) searches: bool,
    /// Connections that were watched.
    pub(crate) flows: bool,
}

impl Reads {
    /// What `sql` reads. A query that names none of the views below counts probes.
    pub(crate) fn of(sql: &str) -> Self {
        let searches = reads(sql, &["discovered", "networks", "noise"]);
        let flows = reads(sql, &[COUNTED_FLOWS.name])
            || OF_FLOWS.iter().any(|(view, _)| reads(sql, &[view]));
        let probes = !flows || reads(sql, &["counted", "authentication_offers", "choices_of_both"]);
        Self { probes, searches, flows }
    }
}

fn reads(sql: &str, views: &[&str]) -> bool {
    views.iter().any(|view| {
        [format!("FROM {view}\n"), format!("FROM {view} "), format!("JOIN {view} ")]
            .iter()
            .any(|words| sql.contains(words.as_str()))
    })
}

/// What a column of a view means; empty: nobody says.
pub(crate) fn meaning(view: &str, column: &str) -> String {
    // Those columns of decided views that no relation has are those of `searched`.
    let own = if view == DISCOVERIES.name || view == NOISE_RUNS.name { "searched" } else { view };
    let written = written().find(|(name, _)| *name == own);
    let told = written.and_then(|(_, sql)| {
        let lines = Head::read(sql).columns;
        let line =
            lines.into_iter().find(|line| line.first().is_some_and(|name| name == column))?;
        line.get(1).cloned()
    });
    // Every other column of a view comes through from a relation.
    let relations: [&Relation; 3] = match view {
        view if view == COUNTED_RESPONDERS.name => {
            [&records::RESPONDERS, &records::PROBES, &records::FLOWS]
        }
        view if OF_FLOWS.iter().any(|(name, _)| *name == view) || view == COUNTED_FLOWS.name => {
            [&records::FLOWS, &records::PROBES, &records::RESPONDERS]
        }
        _ => [&records::PROBES, &records::RESPONDERS, &records::FLOWS],
    };
    let through = || relations.iter().find_map(|relation| relation.column(column));
    told.or_else(|| through().map(|column| column.doc.to_owned())).unwrap_or_default()
}
