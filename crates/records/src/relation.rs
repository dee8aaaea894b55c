//! The relations of a dataset: one line each, and nothing else in the project lists them.

use crate::capability_row::CapabilityRow;
use crate::certificate_row::CertificateDer;
use crate::certificate_row::CertificateRow;
use crate::column::Relation;
use crate::column::Row;
use crate::flow_row::FlowRow;
use crate::probe_row::ProbeRow;
use crate::responder_row::ResponderRow;
use crate::run_row::RunRow;

/// Version of all relations together; any change of a column or a word raises it.
pub const SCHEMA_VERSION: u16 = 1;

/// Endpoints probed.
pub static PROBES: Relation = Relation {
    name: "probes",
    doc: "one row per endpoint probed (one service of one host), with its list of attempts",
    columns: ProbeRow::COLUMNS,
    key: &["run_id", "target", "port", "protocol"],
};

/// Connections watched.
pub static FLOWS: Relation = Relation {
    name: "flows",
    doc: "one row per connection that the monitor saw, in a protocol that is measured",
    columns: FlowRow::COLUMNS,
    key: &["run_id", "flow_id"],
};

/// Endpoints that answered a discovery.
pub static RESPONDERS: Relation = Relation {
    name: "responders",
    doc: "one row per endpoint that answered discovery, and kind of answer",
    columns: ResponderRow::COLUMNS,
    key: &["run_id", "addr", "port", "kind"],
};

/// What endpoints can do, where they were enumerated.
pub static CAPABILITIES: Relation = Relation {
    name: "capabilities",
    doc: "one row per endpoint enumerated and thing found out, or asked intrusively and question",
    columns: CapabilityRow::COLUMNS,
    key: &["run_id", "target", "port", "protocol", "kind"],
};

/// Certificates as facts.
pub static CERTIFICATES: Relation = Relation {
    name: "certificates",
    doc: "one row per distinct certificate",
    columns: CertificateRow::COLUMNS,
    key: &["cert_sha256"],
};

/// Certificates as bytes.
pub static CERTIFICATES_DER: Relation = Relation {
    name: "certificates_der",
    doc: "the bytes of each certificate, apart so that counting never reads them",
    columns: CertificateDer::COLUMNS,
    key: &["cert_sha256"],
};

/// Runs.
pub static RUNS: Relation = Relation {
    name: "runs",
    doc: "one row per start of a campaign, monitor or import, and per purge",
    columns: RunRow::COLUMNS,
    key: &["run_id"],
};

/// Columns that hold the address of a host that was touched or answered, in whichever relation has them.
pub static ADDRESSES: [&str; 3] = ["addr", "icmp_from", "server_addr"];

/// Columns that name certificates of a peer, in whichever relation has them.
pub static CERTIFICATE_NAMES: [&str; 3] = ["chain", "client_chain", "cert_sha256"];

/// All relations.
pub static RELATIONS: [&Relation; 7] =
    [&RESPONDERS, &PROBES, &FLOWS, &CAPABILITIES, &CERTIFICATES, &CERTIFICATES_DER, &RUNS];

/// The relation of this name.
pub fn relation(name: &str) -> Option<&'static Relation> {
    RELATIONS.iter().copied().find(|relation| relation.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::column::Column;
    use crate::column::Kind;

    #[test]
    fn names_are_distinct_and_every_column_says_what_it_means() {
        for relation in RELATIONS {
            check(relation.columns, relation.name);
            for key in relation.key {
                assert!(relation.column(key).is_some_and(|c| !c.nullable), "{key}");
            }
        }
    }

    fn check(columns: &[Column], of: &str) {
        let names: BTreeSet<_> = columns.iter().map(|column| column.name).collect();
        assert_eq!(names.len(), columns.len(), "{of}");
        for column in columns {
            assert!(column.doc.len() > 8, "{of}.{}", column.name);
            assert!(!column.doc.contains("  "), "{of}.{}", column.name);
            if let Kind::List(Kind::Struct(fields)) = column.kind {
                check(fields, column.name);
            }
        }
    }

    #[test]
    fn a_presence_word_stands_beside_a_value_or_a_group_of_values() {
        for relation in RELATIONS {
            for column in relation.columns {
                if let Some(value) = column.name.strip_suffix("_seen") {
                    assert!(relation.column(value).is_some_and(|c| c.nullable), "{value}");
                }
            }
        }
    }
}
