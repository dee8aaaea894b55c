//! x509.log: a line for each certificate, the first time that it is seen.
//!
//! One that cannot be read has a line too, with what could be salvaged, where Zeek has none. Certificates of clients are there
//! only if they are kept. `certificate.key_type` has Zeek's three words and no value for other kinds of keys.

use tlscensus_records::CertificateRow;
use tlscensus_records::FlowRow;

use super::Definition;
use super::Memory;
use super::Put;
use super::certificate_words as words;
use super::column::Column;
use super::column::Kind;
use crate::audience::Harvest;
use crate::error::Error;
use crate::monitor::Batch;

/// The log.
pub(super) const LOG: Definition = Definition { path: "x509", blank, lines };

fn blank(put: &mut Put<'_>) -> Result<(), Error> {
    put(&columns(0, &CertificateRow::default(), Role::default()))
}

fn lines(batch: &Batch, memory: &mut Memory, put: &mut Put<'_>) -> Result<(), Error> {
    for Harvest { row, certificates } in &batch.harvests {
        for (hash, der) in certificates {
            if !memory.is_new(hash) {
                continue;
            }
            let certificate = CertificateRow::from_der(der, &row.run_id);
            put(&columns(row.started_at.0, &certificate, Role::of(&certificate, row)))?;
        }
    }
    Ok(())
}

/// What a certificate was sent for, where it was seen first.
#[derive(Clone, Copy, Debug, Default)]
struct Role {
    /// It stands first, and so names the end.
    host: bool,
    client: bool,
}

impl Role {
    fn of(certificate: &CertificateRow, row: &FlowRow) -> Self {
        let hash = &certificate.cert_sha256;
        let server = row.server_sent.chain.as_deref().unwrap_or_default();
        let client = !server.contains(hash);
        let chain = if client { row.client_chain.as_deref().unwrap_or_default() } else { server };
        Self { host: chain.first() == Some(hash), client }
    }
}

fn columns<'a>(ts: i64, certificate: &'a CertificateRow, role: Role) -> Vec<Column<'a>> {
    let mut columns = vec![
        Column::time("ts", ts),
        Column::word("fingerprint", Some(certificate.cert_sha256.to_string())),
    ];
    columns.extend(facts(certificate));
    columns.extend(key(certificate));
    columns.extend(names(certificate));
    columns.extend([
        Column::bool("basic_constraints.ca", certificate.ca),
        Column::count("basic_constraints.path_len", certificate.path_length),
        Column::bool("host_cert", role.host),
        Column::bool("client_cert", role.client),
    ]);
    columns
}

fn facts(certificate: &CertificateRow) -> [Column<'_>; 6] {
    [
        Column::count("certificate.version", certificate.version),
        Column::word("certificate.serial", certificate.serial.as_deref().map(words::serial)),
        Column::word("certificate.subject", certificate.subject.as_deref().map(words::name)),
        Column::word("certificate.issuer", certificate.issuer.as_deref().map(words::name)),
        Column::time("certificate.not_valid_before", certificate.not_before.map(|at| at.0)),
        Column::time("certificate.not_valid_after", certificate.not_after.map(|at| at.0)),
    ]
}

fn key(certificate: &CertificateRow) -> [Column<'_>; 6] {
    let algorithm = certificate.key_algorithm.as_deref();
    let signature = certificate.signature_algorithm_oid.as_deref();
    let exponent = certificate.key_exponent.as_deref();
    [
        Column::word("certificate.key_alg", algorithm.map(words::key_algorithm)),
        Column::word("certificate.sig_alg", signature.map(words::signature_algorithm)),
        Column::word("certificate.key_type", algorithm.and_then(words::key_type)),
        Column::count("certificate.key_length", certificate.key_bits),
        Column::word("certificate.exponent", exponent.map(words::exponent)),
        Column::word("certificate.curve", certificate.key_curve.as_deref().and_then(words::curve)),
    ]
}

fn names(certificate: &CertificateRow) -> [Column<'_>; 4] {
    let listed = |names: Vec<_>| (!names.is_empty()).then_some(names);
    let other = |kind: &str| {
        let all = certificate.other_names.as_deref().unwrap_or_default().iter();
        listed(all.filter_map(|name| name.strip_prefix(kind)).collect::<Vec<_>>())
    };
    let dns = certificate.dns_names.as_deref().unwrap_or_default();
    let addresses = certificate.ip_addresses.clone().filter(|all| !all.is_empty());
    [
        Column::all_escaped("san.dns", listed(dns.iter().map(String::as_str).collect())),
        Column::all_escaped("san.uri", other("uri:")),
        Column::all_escaped("san.email", other("email:")),
        Column::words("san.ip", Kind::VectorOfAddr, addresses),
    ]
}
