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

use tlscensus_records::DecimalCode;
use tlscensus_records::FlowRow;

use super::Definition;
use super::Memory;
use super::Put;
use super::column::Column;
use super::column::Counts;
use super::column::Kind;
use super::column::Text;
use super::column::Texts;
use super::column::Value;
use super::file::LogFile;
use super::host_name::Leaves;
use super::identity::Identity;
use super::words;
use crate::audience::Harvest;
use crate::error::Error;
use crate::monitor::Batch;

/// The log.
pub(super) static LOG: Definition = Definition { path: "ssl", blank, lines };

fn blank(put: &mut Put<'_>) {
    give(&FlowRow::default(), None, put);
}

fn lines(batch: &Batch, memory: &mut Memory, file: &mut LogFile) -> Result<(), Error> {
    for harvest in &batch.harvests {
        if harvest.row.tls.history.is_some() {
            let sni_matches = sni_matches(harvest, &mut memory.leaves);
            file.line(|put| give(&harvest.row, sni_matches, put))?;
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
        server: Value::Text(Text::Plain(&row.server_addr)),
        port: row.server_port,
    }
}

/// `None`: no name was asked for, or no certificate was seen.
fn sni_matches(harvest: &Harvest, leaves: &mut Leaves) -> Option<bool> {
    let asked = harvest.row.tls.sni.as_deref()?;
    let leaf = harvest.row.server_sent.chain.as_ref()?.first()?;
    let (_, der) = harvest.certificates.iter().find(|(hash, _)| hash == leaf)?;
    leaves.matches(leaf, der, asked)
}

fn give(row: &FlowRow, sni_matches: Option<bool>, put: &mut Put<'_>) {
    identity(row).give(put);
    outcome(row, put);
    chains(row, put);
    put(Column::bool("sni_matches_cert", sni_matches));
    hellos(row, put);
    offer(row, put);
    ours(row, put);
}

fn outcome(row: &FlowRow, put: &mut Put<'_>) {
    let tls = &row.tls;
    let suite = tls.suite_code.map(words::suite);
    let cipher = suite.or_else(|| row.tls_ssl2_cipher.as_deref().map(words::ssl2_cipher));
    let history = tls.history.as_deref().unwrap_or_default();
    let flipped = if row.roles_flipped { "^" } else { "" };
    let handshake = history.chars().filter(|letter| !letter.eq_ignore_ascii_case(&PROTECTED));
    let history: String = flipped.chars().chain(handshake).take(MAX_HISTORY_LETTERS).collect();
    let last_alert = tls.alerts.iter().rev().find_map(|text| words::alert(text));
    put(Column::word("version", tls.version_code.map(words::version).as_deref()));
    put(Column::word("cipher", cipher.as_deref()));
    put(Column::word("curve", tls.group_code.map(words::group).as_deref()));
    put(Column::escaped("server_name", tls.sni.as_deref()));
    put(Column::bool("resumed", tls.session_resumed.unwrap_or(false)));
    put(Column::word("last_alert", last_alert.as_deref()));
    put(Column::escaped("next_protocol", tls.alpn.as_deref()));
    put(Column::bool("established", row.tls_seen_established));
    put(Column::word("ssl_history", Some(&history)));
}

/// Both or neither, as in Zeek: the side that sent no certificate has an empty one where the other did.
fn chains(row: &FlowRow, put: &mut Put<'_>) {
    let (server, client) = (row.server_sent.chain.as_deref(), row.client_chain.as_deref());
    let seen = server.is_some() || client.is_some();
    let hashes = |chain: Option<_>| seen.then_some(Texts::Hashes(chain.unwrap_or_default()));
    put(Column::texts("cert_chain_fps", Kind::VectorOfString, hashes(server)));
    put(Column::texts("client_cert_chain_fps", Kind::VectorOfString, hashes(client)));
}

fn hellos(row: &FlowRow, put: &mut Put<'_>) {
    let (tls, offer) = (&row.tls, &row.offer);
    let suites = match &offer.suites {
        Some(suites) => Some(Counts::U16(suites)),
        None => offer.ssl2_ciphers.as_deref().map(Counts::U32),
    };
    put(Column::count("server_version", tls.legacy_version_code));
    put(Column::count("client_version", offer.version_code));
    put(Column::counts("client_ciphers", suites));
    put(Column::counts("ssl_client_exts", listed(offer.extensions.as_deref(), Counts::U16)));
    put(Column::counts("ssl_server_exts", listed(tls.extensions.as_deref(), Counts::Codes)));
    put(Column::count("ticket_lifetime_hint", tls.ticket_lifetime_s));
    put(Column::count("dh_param_size", tls.dh_bits));
}

fn offer(row: &FlowRow, put: &mut Put<'_>) {
    let (tls, offer) = (&row.tls, &row.offer);
    let has_versions =
        offer.extensions.as_ref().is_some_and(|kinds| kinds.contains(&SUPPORTED_VERSIONS));
    let versions = offer.versions.as_deref().filter(|_| has_versions).map(Counts::U16);
    let server_kinds = tls.extensions.as_deref().unwrap_or_default();
    let server_has = |kind| server_kinds.contains(&DecimalCode(kind));
    let version = tls.version_code.filter(|_| server_has(SUPPORTED_VERSIONS));
    let group = tls.group_code.filter(|_| server_has(KEY_SHARE));
    let alpn = Texts::Escaped(offer.alpn.as_deref().unwrap_or_default());
    let schemes = offer.signature_schemes.as_deref();
    let u16s = |list| listed(list, Counts::U16);
    put(Column::counts("point_formats", listed(offer.point_formats.as_deref(), Counts::U8)));
    put(Column::counts("client_curves", u16s(offer.groups.as_deref())));
    put(Column::listed("orig_alpn", Kind::VectorOfString, alpn));
    put(Column::counts("client_supported_versions", versions));
    put(Column::count("server_supported_version", version));
    put(Column::counts("psk_key_exchange_modes", listed(offer.psk_modes.as_deref(), Counts::U8)));
    put(Column::counts("client_key_share_groups", u16s(offer.key_share_groups.as_deref())));
    put(Column::count("server_key_share_group", group));
    put(Column::counts("client_comp_methods", offer.compressions.as_deref().map(Counts::U8)));
    put(Column::counts("sigalgs", listed(schemes, Counts::Low)));
    put(Column::counts("hashalgs", listed(schemes, Counts::High)));
    put(Column::count("ech_kdf_id", offer.ech_kdf_code));
    put(Column::count("ech_aead_id", offer.ech_aead_code));
}

fn ours(row: &FlowRow, put: &mut Put<'_>) {
    let offer = row.dialog.starttls_offer.map(|offer| offer.word());
    let (tls, dialog) = (&row.tls, &row.dialog);
    put(Column::word("via", Some(row.via.as_ref())));
    put(Column::word("protocol", Some(row.protocol.as_ref())));
    put(Column::bool("off_port", row.off_port));
    put(Column::word("starttls_state", Some(dialog.starttls_state.word())));
    put(Column::word("starttls_offer", offer));
    put(Column::word("not_established", row.tls_not_established.as_deref()));
    put(Column::word("key_exchange", tls.key_exchange.as_deref()));
    put(Column::word("dh_group_name", tls.dh_group_name.as_deref()));
    put(Column::word("ja3", tls.ja3.as_deref()));
    put(Column::word("ja3s", tls.ja3s.as_deref()));
    put(Column::word("ja4", tls.ja4.as_deref()));
    put(Column::word("sensor", Some(row.sensor.as_str())));
}

/// Zeek has no value where a list did not come; in rows that is an empty one.
fn listed<'a, T>(items: Option<&'a [T]>, counts: fn(&'a [T]) -> Counts<'a>) -> Option<Counts<'a>> {
    items.filter(|items| !items.is_empty()).map(counts)
}

/// The letter of what is protected in a row's history.
const PROTECTED: char = 'D';
/// Zeek's `max_ssl_history_length`.
const MAX_HISTORY_LETTERS: usize = 100;
/// The extension supported_versions (RFC 9846, section 4.2.1).
const SUPPORTED_VERSIONS: u16 = 43;
/// The extension key_share (RFC 9846, section 4.2.8).
const KEY_SHARE: u16 = 51;
