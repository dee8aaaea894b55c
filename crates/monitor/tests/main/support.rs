//! A monitor over a capture, and what it finds in the shape that expectations are held against.

use std::borrow::Cow;
use std::fmt::Write;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use aws_lc_rs::digest;

use tlscensus_link::CaptureReader;
use tlscensus_link::Polled;
use tlscensus_monitor::ClientKey;
use tlscensus_monitor::Closed;
use tlscensus_monitor::Connection;
use tlscensus_monitor::Error;
use tlscensus_monitor::FlowSettings;
use tlscensus_monitor::Gauges;
use tlscensus_monitor::Input;
use tlscensus_monitor::Monitor;
use tlscensus_monitor::Sessions;
use tlscensus_records::CertificateRow;
use tlscensus_records::FlowRow;
use tlscensus_records::Row;
use tlscensus_records::Sha256;
use tlscensus_records::Value;
use tlscensus_records::registry::Ssl2CipherKind;
use tlscensus_testkit::capture::Capture;
use tlscensus_testkit::capture::Frame;
use tlscensus_testkit::expected::Seen;
use tlscensus_testkit::expected::SeenCertificate;
use tlscensus_testkit::expected::SeenFlow;
use tlscensus_testkit::expected::SeenOffer;

/// What came out of a capture.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Watched {
    /// Rows in the order in which their connections began, and by name where several began at once.
    pub(crate) rows: Vec<FlowRow>,
    /// Distinct certificates of both sides, by their hashes.
    pub(crate) certificates: Vec<(Sha256, Arc<[u8]>)>,
    /// Connections that were counted to their ends: name, bytes missing of both sides.
    pub(crate) closed: Vec<(String, [u64; 2])>,
}

/// A monitor that everything is of interest to. Its key is fixed, so that names are the same in each run.
pub(crate) fn monitor(workers: usize) -> Monitor {
    Monitor {
        run_id: "run".to_owned(),
        sensor: "test".to_owned(),
        key: ClientKey::new(&[7; ClientKey::LENGTH]),
        flows: FlowSettings::default(),
        seed: [1, 2],
        workers: NonZeroUsize::new(workers).unwrap(),
        sessions: Sessions::All,
        is_local: None,
        is_blocked: None,
        route: None,
        keep_client_certificates: true,
    }
}

/// Runs a monitor over a capture; what stands before an error in it counts.
pub(crate) fn watch(monitor: &Monitor, path: &Path) -> (Watched, Result<(), Error>) {
    let inputs = [Input { path: PathBuf::from(path), follow: false }];
    let mut watched = Watched::default();
    let read = tlscensus_monitor::read(
        monitor,
        &inputs,
        &Gauges::default(),
        &AtomicBool::new(false),
        &mut |batch| {
            for harvest in batch.harvests {
                watched.rows.push(*harvest.row);
                watched.certificates.extend(harvest.certificates);
            }
            for Closed { connection: Connection { flow_id, .. }, summary } in batch.closed {
                let missed = [summary.opener.missed, summary.responder.missed];
                watched.closed.push((flow_id, missed));
            }
            true
        },
    );
    watched.rows.sort_by(|a, b| (a.started_at, &a.flow_id).cmp(&(b.started_at, &b.flow_id)));
    watched.certificates.sort_by_key(|(hash, _)| hash.to_string());
    watched.certificates.dedup();
    watched.closed.sort();
    (watched, read)
}

/// Runs a monitor over a capture that can be read to its end.
pub(crate) fn watch_whole(workers: usize, path: &Path) -> Watched {
    let (watched, read) = watch(&monitor(workers), path);
    if let Err(error) = read {
        panic!("{error}: {:?}", std::error::Error::source(&error));
    }
    watched
}

/// The frames of a capture.
pub(crate) fn frames(path: &Path) -> Capture {
    let mut capture = Capture::default();
    let mut reader = CaptureReader::open(path).unwrap();
    loop {
        match reader.poll().unwrap() {
            Polled::Packet(packet) => {
                capture.link_type = packet.link_type;
                capture.frames.push(Frame {
                    at: packet.at,
                    bytes: packet.bytes.to_vec(),
                    length: usize::try_from(packet.length).unwrap(),
                });
            }
            _ => return capture,
        }
    }
}

/// A column of a row as text: lists joined by commas, NULL for no value.
pub(crate) fn text(row: &FlowRow, column: &str) -> Option<String> {
    let mut columns = FlowRow::COLUMNS.iter();
    let mut found = None;
    row.values(&mut |value| {
        if columns.next().is_some_and(|known| known.name == column) {
            found = Some(in_words(&value));
        }
    });
    found
}

fn in_words(value: &Value<'_>) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Bytes(bytes) => hex(bytes),
        Value::Decimal(code) => code.to_string(),
        Value::Hash(hash) => hash.to_string(),
        Value::Items(items) => {
            let mut words = Vec::new();
            items.each(&mut |value| words.push(in_words(&value)));
            words.join(",")
        }
        Value::Text(text) => (*text).to_owned(),
        Value::Timestamp(micros) => micros.to_string(),
        Value::Unsigned(value) => value.to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// What was found, in plain values. What is missing is that of the whole connection, where it was counted to its end.
pub(crate) fn seen(watched: &Watched) -> Seen {
    let flows = watched.rows.iter().map(|row| {
        let mut flow = seen_flow(row);
        let whole = watched.closed.iter().find(|(flow_id, _)| *flow_id == row.flow_id);
        flow.missed = whole.map_or(flow.missed, |(_, missed)| *missed);
        flow
    });
    Seen {
        flows: flows.collect(),
        certificates: watched.certificates.iter().map(|(_, der)| seen_certificate(der)).collect(),
    }
}

fn seen_flow(row: &FlowRow) -> SeenFlow {
    let (tls, dialog) = (&row.tls, &row.dialog);
    let server = SocketAddr::new(row.server_addr.parse().unwrap(), row.server_port);
    let hashes = |chain: &Option<Vec<Sha256>>| {
        chain.as_ref().map(|chain| chain.iter().map(Sha256::to_string).collect())
    };
    SeenFlow {
        started_at: row.started_at.0,
        protocol: row.protocol.clone().into_owned(),
        via: row.via.clone().into_owned(),
        starttls_state: dialog.starttls_state.word().to_owned(),
        starttls_offer: dialog.starttls_offer.map(|offer| offer.word().to_owned()),
        capabilities: dialog.capabilities_before.clone(),
        tls: tls.history.is_some(),
        version: tls.version_code,
        legacy_version: tls.legacy_version_code,
        suite: tls.suite_code.zip(tls.suite.clone().map(Cow::into_owned)),
        group: tls.group_code.zip(tls.group.clone().map(Cow::into_owned)),
        dh_bits: tls.dh_bits,
        sni: tls.sni.clone(),
        alpn: tls.alpn.clone(),
        resumed: tls.session_resumed,
        established: row.tls_seen_established,
        history: tls.history.clone(),
        alerts: tls.alerts.clone(),
        server_extensions: tls
            .extensions
            .as_ref()
            .map(|all| all.iter().map(|code| code.0).collect()),
        ticket_lifetime_s: tls.ticket_lifetime_s,
        authorities: tls.client_certificate_authorities.clone(),
        ssl2_ciphers: tls
            .ssl2_ciphers
            .as_ref()
            .map(|names| names.iter().map(|name| ssl2_cipher(name)).collect()),
        ssl2_cipher: row.tls_ssl2_cipher.as_deref().map(ssl2_cipher),
        ja3: tls.ja3.clone(),
        ja3s: tls.ja3s.clone(),
        ja4: tls.ja4.clone(),
        chain: hashes(&row.server_sent.chain),
        client_chain: hashes(&row.client_chain),
        offer: row.offer.version_code.is_some().then(|| seen_offer(row)),
        missed: [row.missed_client, row.missed_server],
        ..SeenFlow::new(server)
    }
}

fn seen_offer(row: &FlowRow) -> SeenOffer {
    let offer = &row.offer;
    let listed = offer.extensions.as_ref().is_some_and(|all| all.contains(&SUPPORTED_VERSIONS));
    SeenOffer {
        record_version: offer.record_version_code,
        version: offer.version_code,
        versions: offer.versions.clone().filter(|_| listed).unwrap_or_default(),
        suites: offer.suites.clone().unwrap_or_default(),
        ssl2_ciphers: offer.ssl2_ciphers.clone().unwrap_or_default(),
        compressions: offer.compressions.clone().unwrap_or_default(),
        extensions: offer.extensions.clone().unwrap_or_default(),
        key_share_groups: offer.key_share_groups.clone().unwrap_or_default(),
        signature_schemes: offer.signature_schemes.clone().unwrap_or_default(),
        psk_modes: offer.psk_modes.clone().unwrap_or_default(),
        alpn: offer.alpn.clone().unwrap_or_default(),
        ech: offer.ech_kdf_code.zip(offer.ech_aead_code),
    }
}

/// The code point of a cipher of SSL 2, which the row has by name, or in hexadecimal.
fn ssl2_cipher(name: &str) -> u32 {
    let known = (1..=9).flat_map(|kind| [0x0040, 0x0080, 0x00c0].map(|bits| kind << 16 | bits));
    let named = known.into_iter().find(|code| Ssl2CipherKind(*code).to_string() == name);
    named.unwrap_or_else(|| u32::from_str_radix(name.trim_start_matches("0x"), 16).unwrap())
}

fn seen_certificate(der: &[u8]) -> SeenCertificate {
    let row = CertificateRow::from_der(der, "run");
    let seconds = |at: tlscensus_records::Timestamp| at.0.div_euclid(1_000_000);
    SeenCertificate {
        sha256: row.cert_sha256.to_string(),
        sha1: Some(hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der).as_ref())),
        size: row.size,
        subject: row.subject,
        issuer: row.issuer,
        serial: row.serial,
        not_before: row.not_before.map(seconds),
        not_after: row.not_after.map(seconds),
        key_algorithm: row.key_algorithm,
        key_bits: row.key_bits,
        key_curve: row.key_curve,
        signature_algorithm: row.signature_algorithm.or(row.signature_algorithm_oid),
        dns_names: row.dns_names.unwrap_or_default(),
    }
}

const SUPPORTED_VERSIONS: u16 = 43;
