//! ssl.log: a line for each connection that spoke TLS, with what Zeek's script ssl-log-ext adds.
//!
//! | column | differs from Zeek |
//! |---|---|
//! | ts | when the connection began, not when TLS did |
//! | cipher | of SSL 2: the client's choice, not the first that the server takes |
//! | resumed | F also where it cannot be told |
//! | ssl_history | never `D`: rows have it for all that is protected, and Zeek for what it can read of it, which is as good as nothing |
//! | dh_param_size | bits of the prime; Zeek has those of the public value, which are fewer at times |
//! | via and those behind it | ours: `ja3`, `ja3s` and `ja4` are called as Zeek's packages for them do |

use tlscensus_records::CertificateRow;
use tlscensus_records::FlowRow;
use tlscensus_records::Sha256;

use super::Definition;
use super::Memory;
use super::Put;
use super::column::Column;
use super::column::Kind;
use super::host_name;
use super::identity::Identity;
use super::words;
use crate::audience::Harvest;
use crate::error::Error;
use crate::monitor::Batch;

/// The log.
pub(super) const LOG: Definition = Definition { path: "ssl", blank, lines };

fn blank(put: &mut Put<'_>) -> Result<(), Error> {
    put(&columns(&FlowRow::default(), None))
}

fn lines(batch: &Batch, _: &mut Memory, put: &mut Put<'_>) -> Result<(), Error> {
    for harvest in &batch.harvests {
        if harvest.row.tls.history.is_some() {
            put(&columns(&harvest.row, sni_matches(harvest)))?;
        }
    }
    Ok(())
}

/// The connection that a row is about.
fn identity(row: &FlowRow) -> Identity<'_> {
    Identity {
        began: row.started_at.0,
        flow_id: &row.flow_id,
        client: &row.client,
        server: row.server_addr.as_str().into(),
        port: row.server_port,
    }
}

/// `None`: no name was asked for, or no certificate was seen.
fn sni_matches(harvest: &Harvest) -> Option<bool> {
    let asked = harvest.row.tls.sni.as_deref()?;
    let leaf = harvest.row.server_sent.chain.as_ref()?.first()?;
    let (_, der) = harvest.certificates.iter().find(|(hash, _)| hash == leaf)?;
    host_name::matches(&CertificateRow::from_der(der, &harvest.row.run_id), asked)
}

fn columns(row: &FlowRow, sni_matches: Option<bool>) -> Vec<Column<'_>> {
    let mut columns = Vec::from(identity(row).columns());
    columns.extend(outcome(row));
    columns.extend(chains(row));
    columns.push(Column::bool("sni_matches_cert", sni_matches));
    columns.extend(hellos(row));
    columns.extend(offer(row));
    columns.extend(ours(row));
    columns
}

fn outcome(row: &FlowRow) -> [Column<'_>; 9] {
    let tls = &row.tls;
    let suite = tls.suite_code.map(words::suite);
    let cipher = suite.or_else(|| row.tls_ssl2_cipher.as_deref().map(words::ssl2_cipher));
    let history = tls.history.as_deref().unwrap_or_default();
    let flipped = if row.roles_flipped { "^" } else { "" };
    let handshake = history.chars().filter(|letter| !letter.eq_ignore_ascii_case(&PROTECTED));
    let history: String = flipped.chars().chain(handshake).take(MAX_HISTORY_LETTERS).collect();
    [
        Column::word("version", tls.version_code.map(words::version)),
        Column::word("cipher", cipher),
        Column::word("curve", tls.group_code.map(words::group)),
        Column::escaped("server_name", tls.sni.as_deref()),
        Column::bool("resumed", tls.session_resumed.unwrap_or(false)),
        Column::word("last_alert", tls.alerts.iter().rev().find_map(|text| words::alert(text))),
        Column::escaped("next_protocol", tls.alpn.as_deref()),
        Column::bool("established", row.tls_seen_established),
        Column::word("ssl_history", Some(history)),
    ]
}

/// Both or neither, as in Zeek: the side that sent no certificate has an empty one where the other did.
fn chains(row: &FlowRow) -> [Column<'static>; 2] {
    let (server, client) = (&row.server_sent.chain, &row.client_chain);
    let seen = server.is_some() || client.is_some();
    let words = |chain: &Option<Vec<Sha256>>| {
        let hashes = chain.as_deref().unwrap_or_default().iter();
        seen.then(|| hashes.map(ToString::to_string).collect())
    };
    [
        Column::words("cert_chain_fps", Kind::VectorOfString, words(server)),
        Column::words("client_cert_chain_fps", Kind::VectorOfString, words(client)),
    ]
}

fn hellos(row: &FlowRow) -> [Column<'_>; 7] {
    let (tls, offer) = (&row.tls, &row.offer);
    let server_extensions = server_extensions(row);
    let suites = match &offer.suites {
        Some(suites) => Column::counts("client_ciphers", Some(suites)),
        None => Column::counts("client_ciphers", offer.ssl2_ciphers.as_deref()),
    };
    [
        Column::count("server_version", tls.legacy_version_code),
        Column::count("client_version", offer.version_code),
        suites,
        Column::counts("ssl_client_exts", listed(offer.extensions.as_deref())),
        Column::counts("ssl_server_exts", listed(Some(&server_extensions))),
        Column::count("ticket_lifetime_hint", tls.ticket_lifetime_s),
        Column::count("dh_param_size", tls.dh_bits),
    ]
}

fn offer(row: &FlowRow) -> [Column<'_>; 13] {
    let (tls, offer) = (&row.tls, &row.offer);
    let has_versions =
        offer.extensions.as_ref().is_some_and(|kinds| kinds.contains(&SUPPORTED_VERSIONS));
    let versions = offer.versions.as_deref().filter(|_| has_versions);
    let server_has = |kind: u16| server_extensions(row).contains(&kind);
    let alpn = offer.alpn.as_ref().filter(|names| !names.is_empty());
    let schemes = listed(offer.signature_schemes.as_deref());
    let octets = |place: usize| -> Option<Vec<u8>> {
        schemes.map(|all| {
            all.iter().filter_map(|scheme| scheme.to_be_bytes().get(place).copied()).collect()
        })
    };
    [
        Column::counts("point_formats", listed(offer.point_formats.as_deref())),
        Column::counts("client_curves", listed(offer.groups.as_deref())),
        Column::all_escaped(
            "orig_alpn",
            alpn.map(|names| names.iter().map(String::as_str).collect()),
        ),
        Column::counts("client_supported_versions", versions),
        Column::count(
            "server_supported_version",
            tls.version_code.filter(|_| server_has(SUPPORTED_VERSIONS)),
        ),
        Column::counts("psk_key_exchange_modes", listed(offer.psk_modes.as_deref())),
        Column::counts("client_key_share_groups", listed(offer.key_share_groups.as_deref())),
        Column::count("server_key_share_group", tls.group_code.filter(|_| server_has(KEY_SHARE))),
        Column::counts("client_comp_methods", offer.compressions.as_deref()),
        Column::counts("sigalgs", octets(1).as_deref()),
        Column::counts("hashalgs", octets(0).as_deref()),
        Column::count("ech_kdf_id", offer.ech_kdf_code),
        Column::count("ech_aead_id", offer.ech_aead_code),
    ]
}

fn ours(row: &FlowRow) -> [Column<'_>; 12] {
    let offer = row.dialog.starttls_offer.map(|offer| offer.word());
    [
        Column::word("via", Some(row.via.as_ref())),
        Column::word("protocol", Some(row.protocol.as_ref())),
        Column::bool("off_port", row.off_port),
        Column::word("starttls_state", Some(row.dialog.starttls_state.word())),
        Column::word("starttls_offer", offer),
        Column::word("not_established", row.tls_not_established.as_deref()),
        Column::word("key_exchange", row.tls.key_exchange.as_deref()),
        Column::word("dh_group_name", row.tls.dh_group_name.as_deref()),
        Column::word("ja3", row.tls.ja3.as_deref()),
        Column::word("ja3s", row.tls.ja3s.as_deref()),
        Column::word("ja4", row.tls.ja4.as_deref()),
        Column::word("sensor", Some(row.sensor.as_str())),
    ]
}

/// Zeek has no value where a list did not come; in rows that is an empty one.
fn listed<T>(items: Option<&[T]>) -> Option<&[T]> {
    items.filter(|items| !items.is_empty())
}

fn server_extensions(row: &FlowRow) -> Vec<u16> {
    let all = row.tls.extensions.as_deref().unwrap_or_default();
    all.iter().map(|code| code.0).collect()
}

/// The letter of what is protected in a row's history.
const PROTECTED: char = 'D';
/// Zeek's `max_ssl_history_length`.
const MAX_HISTORY_LETTERS: usize = 100;
/// The extension supported_versions (RFC 9846, section 4.2.1).
const SUPPORTED_VERSIONS: u16 = 43;
/// The extension key_share (RFC 9846, section 4.2.8).
const KEY_SHARE: u16 = 51;
