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
use super::column::Texts;
use super::file::LogFile;
use crate::audience::Harvest;
use crate::error::Error;
use crate::monitor::Batch;

/// The log.
pub(super) static LOG: Definition = Definition { path: "x509", blank, lines };

fn blank(put: &mut Put<'_>) {
    give(0, &CertificateRow::default(), Role::default(), put);
}

fn lines(batch: &Batch, memory: &mut Memory, file: &mut LogFile) -> Result<(), Error> {
    for Harvest { row, certificates } in &batch.harvests {
        for (hash, der) in certificates {
            if !memory.is_new(hash) {
                continue;
            }
            let certificate = CertificateRow::from_der(der, &row.run_id);
            let role = Role::of(&certificate, row);
            file.line(|put| give(row.started_at.0, &certificate, role, put))?;
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

fn give(ts: i64, certificate: &CertificateRow, role: Role, put: &mut Put<'_>) {
    put(Column::time("ts", ts));
    put(Column::word("fingerprint", Some(&certificate.cert_sha256.to_string())));
    facts(certificate, put);
    key(certificate, put);
    names(certificate, put);
    put(Column::bool("basic_constraints.ca", certificate.ca));
    put(Column::count("basic_constraints.path_len", certificate.path_length));
    put(Column::bool("host_cert", role.host));
    put(Column::bool("client_cert", role.client));
}

fn facts(certificate: &CertificateRow, put: &mut Put<'_>) {
    let serial = certificate.serial.as_deref().map(words::serial);
    let subject = certificate.subject.as_deref().map(words::name);
    let issuer = certificate.issuer.as_deref().map(words::name);
    put(Column::count("certificate.version", certificate.version));
    put(Column::word("certificate.serial", serial.as_deref()));
    put(Column::word("certificate.subject", subject.as_deref()));
    put(Column::word("certificate.issuer", issuer.as_deref()));
    put(Column::time("certificate.not_valid_before", certificate.not_before.map(|at| at.0)));
    put(Column::time("certificate.not_valid_after", certificate.not_after.map(|at| at.0)));
}

fn key(certificate: &CertificateRow, put: &mut Put<'_>) {
    let algorithm = certificate.key_algorithm.as_deref();
    let signature = certificate.signature_algorithm_oid.as_deref();
    let exponent = certificate.key_exponent.as_deref().map(words::exponent);
    let curve = certificate.key_curve.as_deref().and_then(words::curve);
    put(Column::word("certificate.key_alg", algorithm.map(words::key_algorithm)));
    put(Column::word("certificate.sig_alg", signature.map(words::signature_algorithm)));
    put(Column::word("certificate.key_type", algorithm.and_then(words::key_type)));
    put(Column::count("certificate.key_length", certificate.key_bits));
    put(Column::word("certificate.exponent", exponent.as_deref()));
    put(Column::word("certificate.curve", curve));
}

fn names(certificate: &CertificateRow, put: &mut Put<'_>) {
    let dns = certificate.dns_names.as_deref().unwrap_or_default();
    let other = certificate.other_names.as_deref().unwrap_or_default();
    let addresses = certificate.ip_addresses.as_deref().unwrap_or_default();
    put(Column::listed("san.dns", Kind::VectorOfString, Texts::Escaped(dns)));
    put(Column::listed("san.uri", Kind::VectorOfString, Texts::EscapedBehind("uri:", other)));
    put(Column::listed("san.email", Kind::VectorOfString, Texts::EscapedBehind("email:", other)));
    put(Column::listed("san.ip", Kind::VectorOfAddr, Texts::Plain(addresses)));
}
