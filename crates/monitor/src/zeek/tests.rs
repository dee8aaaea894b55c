//! Whole logs of rows made by hand: what they look like, and that a reader gets the same out of both forms.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use tlscensus_flows::Counts;
use tlscensus_flows::End;
use tlscensus_flows::Opened;
use tlscensus_flows::Summary;
use tlscensus_flows::Time;
use tlscensus_records::DecimalCode;
use tlscensus_records::FlowRow;
use tlscensus_records::LocalSide;
use tlscensus_records::Sha256;
use tlscensus_records::StarttlsOffer;
use tlscensus_records::StarttlsState;
use tlscensus_records::text;

use super::*;
use crate::audience::Closed;
use crate::audience::Connection;
use crate::audience::Harvest;

/// Its subject has a comma, its SANs none.
const LEAF: &[u8] = include_bytes!("../../../certs/testdata/sct-leaf.der");
const CLIENT: &str = "00112233445566778899aabbccddeeff";
const FLOW: &str = "ffeeddccbbaa99887766554433221100";
const BEGAN: i64 = 1_300_475_168_892_936;

fn logs(format: Format, batches: &[Batch]) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut logs =
        ZeekLogs::create(folder.path(), &Log::ALL, format, Timestamp(BEGAN)).expect("new files");
    for batch in batches {
        logs.write(batch).expect("room");
    }
    logs.close(Timestamp(BEGAN + 1_000_000)).expect("room");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a log");
    ["conn.log", "ssl.log", "x509.log"].map(|name| (name.to_owned(), read(name))).into()
}

/// TLS 1.2 behind SMTP, with everything.
fn upgraded() -> Harvest {
    let mut row = FlowRow {
        run_id: "r".to_owned(),
        flow_id: FLOW.to_owned(),
        sensor: "uplink".to_owned(),
        started_at: Timestamp(BEGAN),
        client: CLIENT.to_owned(),
        server_addr: "192.0.2.25".to_owned(),
        server_port: 25,
        protocol: "smtp".into(),
        via: "smtp".into(),
        tls_seen_established: true,
        client_chain: Some(vec![Sha256::of(b"client")]),
        ..FlowRow::default()
    };
    row.dialog.starttls_state = StarttlsState::Upgraded;
    row.dialog.starttls_offer = Some(StarttlsOffer::Yes);
    row.server_sent.chain = Some(vec![Sha256::of(LEAF), Sha256::of(b"no certificate")]);
    offered(&mut row);
    let tls = &mut row.tls;
    tls.sni = Some(r"mx\x09\\.example".to_owned());
    tls.version_code = Some(0x0303);
    tls.legacy_version_code = Some(0x0303);
    tls.suite_code = Some(0xc02f);
    tls.group_code = Some(23);
    tls.dh_bits = Some(1024);
    tls.session_resumed = Some(false);
    tls.alpn = Some("-".to_owned());
    tls.extensions = Some([65281, 16].map(DecimalCode).into());
    tls.ticket_lifetime_s = Some(7200);
    tls.alerts =
        ["client warning close_notify", "server SSL 2 no_cipher"].map(str::to_owned).into();
    tls.history = Some("CsxrknXGYITiID".to_owned());
    tls.ja4 = Some("t12d1_2".to_owned());
    let certificates = [LEAF, b"no certificate"];
    let certificates = certificates.map(|der| (Sha256::of(der), Arc::from(der))).into();
    Harvest { row: Box::new(row), certificates }
}

fn offered(row: &mut FlowRow) {
    let offer = &mut row.offer;
    offer.version_code = Some(0x0303);
    offer.versions = Some(vec![0x0304, 0x0303]);
    offer.suites = Some(vec![0x0a0a, 0x1301, 0xc02f]);
    offer.compressions = Some(vec![0]);
    offer.extensions = Some(vec![0, 10, 11, 13, 16, 43, 45, 51]);
    offer.groups = Some(vec![29, 23]);
    offer.key_share_groups = Some(vec![29]);
    offer.signature_schemes = Some(vec![0x0403, 0x0804]);
    offer.point_formats = Some(vec![0]);
    offer.psk_modes = Some(vec![1]);
    offer.alpn = Some(vec!["a,b".to_owned(), r"\xff".to_owned()]);
}

/// TLS 1.3 from the first byte, whose server opened the connection; hidden is what can be.
fn hidden() -> Harvest {
    let mut row = FlowRow {
        flow_id: "1".repeat(32),
        started_at: Timestamp(BEGAN + 500_000),
        client: CLIENT.to_owned(),
        server_addr: "2001:db8::1".to_owned(),
        server_port: 993,
        protocol: "imaps".into(),
        via: "direct".into(),
        roles_flipped: true,
        tls_not_established: Some("ended-in-handshake".into()),
        ..FlowRow::default()
    };
    row.tls.version_code = Some(0x0304);
    row.tls.legacy_version_code = Some(0x0303);
    row.tls.suite_code = Some(0x1301);
    row.tls.group_code = Some(4588);
    row.tls.extensions = Some([43, 51].map(DecimalCode).into());
    row.tls.history = Some("Cs".to_owned());
    Harvest { row: Box::new(row), certificates: Vec::new() }
}

/// No word of TLS.
fn refused() -> Harvest {
    let row = FlowRow { client: CLIENT.to_owned(), via: "pop3".into(), ..FlowRow::default() };
    Harvest { row: Box::new(row), certificates: Vec::new() }
}

fn closed(flipped: bool) -> Closed {
    let counts = |packets, bytes, missed| Counts { packets, bytes, missed, conflicting: 0 };
    let (client, server) = ("203.0.113.9:49152", "192.0.2.25:25");
    let end = |text: &str| text.parse().expect("an end");
    let (opener, responder) = if flipped { (server, client) } else { (client, server) };
    Closed {
        connection: Connection {
            flow_id: FLOW.to_owned(),
            client: CLIENT.to_owned(),
            via: "smtp".into(),
            tls_spoken: true,
            roles_flipped: flipped,
            local_side: LocalSide::Client,
        },
        summary: Summary {
            opened: Opened {
                number: 3,
                at: Time(BEGAN),
                opener: end(opener),
                responder: end(responder),
                midstream: false,
            },
            last: Time(BEGAN + 1_250_000),
            opener: counts(7, 1000, 0),
            responder: counts(6, 4000, 96),
            syn: true,
            syn_ack: true,
            history: "ShADadgR".to_owned(),
            end: End::Reset,
        },
    }
}

/// In two batches: what was seen in one is remembered in the next.
fn batches() -> [Batch; 2] {
    [
        Batch { harvests: vec![upgraded(), hidden(), refused()], closed: vec![closed(false)] },
        Batch { harvests: vec![upgraded()], closed: vec![closed(true)] },
    ]
}

#[test]
fn logs_look_like_zeeks() {
    for (name, text) in logs(Format::Tsv, &batches()) {
        insta::assert_snapshot!(format!("tsv-{name}"), text);
    }
    for (name, text) in logs(Format::Json, &batches()) {
        insta::assert_snapshot!(format!("json-{name}"), text);
    }
}

#[test]
fn a_reader_gets_the_same_out_of_both_forms() {
    let (tsv, json) = (logs(Format::Tsv, &batches()), logs(Format::Json, &batches()));
    for (name, text) in tsv {
        let objects = json[&name].lines().map(|line| serde_json::from_str(line).expect("JSON"));
        let objects: Vec<Map<String, Value>> = objects.collect();
        assert!(!objects.is_empty(), "{name}");
        assert_eq!(read(&text), objects, "{name}");
    }
}

/// A pipe that several write to.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panicked").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_stream_has_whole_lines_of_all_logs() {
    let pipe = Pipe::default();
    let mut logs = ZeekLogs::stream(Path::new("-"), &Log::ALL, || pipe.clone());
    // More than is written at once.
    for batch in batches().iter().cycle().take(200) {
        logs.write(batch).expect("room");
    }
    logs.close(Timestamp(0)).expect("room");
    let bytes = pipe.0.lock().expect("nobody panicked").clone();
    let text = String::from_utf8(bytes).expect("text");
    let mut streamed: BTreeMap<String, Vec<Map<String, Value>>> = BTreeMap::new();
    for line in text.lines() {
        let mut object: Map<String, Value> = serde_json::from_str(line).expect("JSON");
        let Some(Value::String(log)) = object.remove("_path") else {
            panic!("of no log: {line}");
        };
        streamed.entry(format!("{log}.log")).or_default().push(object);
    }
    let all: Vec<_> = batches().into_iter().chain(batches()).collect();
    let lines = logs_of(&all);
    assert_eq!(streamed["conn.log"].len(), 100 * lines["conn.log"].len() / 2);
    for (name, objects) in lines {
        // Certificates have a line once.
        let first = streamed[&name].iter().take(objects.len());
        assert_eq!(first.collect::<Vec<_>>(), objects.iter().collect::<Vec<_>>(), "{name}");
    }
}

fn logs_of(batches: &[Batch]) -> BTreeMap<String, Vec<Map<String, Value>>> {
    let objects =
        |text: &str| text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let logs = logs(Format::Json, batches);
    logs.into_iter().map(|(name, text)| (name, objects(&text))).collect()
}

#[test]
fn no_address_or_port_of_a_client_is_written() {
    for format in [Format::Tsv, Format::Json] {
        for (name, text) in logs(format, &batches()) {
            assert!(!text.contains("203.0.113.9") && !text.contains("49152"), "{name}: {text}");
        }
    }
}

#[test]
fn a_certificate_has_one_line_and_a_client_is_told_from_a_server() {
    let mut first = upgraded();
    first.row.client_chain = Some(vec![Sha256::of(b"client")]);
    first.certificates.push((Sha256::of(b"client"), Arc::from(&b"client"[..])));
    let again = upgraded();
    let batch = Batch { harvests: vec![first, again], closed: Vec::new() };
    let lines = read(&logs(Format::Tsv, &[batch])["x509.log"]);
    let roles: Vec<_> =
        lines.iter().map(|line| (&line["host_cert"], &line["client_cert"])).collect();
    let (yes, no) = (&json!(true), &json!(false));
    assert_eq!(roles, [(yes, no), (no, no), (yes, yes)]);
}

#[test]
fn logs_that_are_there_are_never_written_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let conn = folder.path().join("conn.log");
    fs::write(&conn, "mine").expect("room");
    let refused = ZeekLogs::create(folder.path(), &Log::ALL, Format::Tsv, Timestamp(0));
    let told = refused.err().expect("one is there").to_string();
    assert!(told.starts_with(&conn.display().to_string()), "{told}");
    assert_eq!(fs::read_to_string(&conn).expect("a file"), "mine");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "{told}");
}

#[test]
fn lines_can_be_read_once_they_are_flushed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut logs =
        ZeekLogs::create(folder.path(), &Log::ALL, Format::Tsv, Timestamp(0)).expect("new files");
    logs.write(&batches()[0]).expect("room");
    logs.flush().expect("room");
    let text = fs::read_to_string(folder.path().join("ssl.log")).expect("a log");
    assert_eq!(read(&text).len(), 2);
    assert!(!text.contains("#close"));
}

/// As a reader of Zeek's logs goes about it: by the header alone.
fn read(log: &str) -> Vec<Map<String, Value>> {
    let line = |key: &str| {
        let found = log.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('\t'));
        found.expect("a header").split('\t').collect::<Vec<_>>()
    };
    assert!(log.starts_with("#separator \\x09\n"));
    let (names, types) = (line("#fields"), line("#types"));
    assert_eq!(names.len(), types.len());
    let lines = log.lines().filter(|line| !line.starts_with('#'));
    let object = |line: &str| {
        let fields: Vec<_> = line.split('\t').collect();
        assert_eq!(fields.len(), names.len(), "{line}");
        let typed = fields.iter().zip(&types).map(|(field, kind)| value(field, kind));
        let named = names.iter().map(|name| (*name).to_owned()).zip(typed);
        named.filter(|(_, value)| !value.is_null()).collect()
    };
    lines.map(object).collect()
}

fn value(field: &str, kind: &str) -> Value {
    let inner = kind.strip_prefix("vector[").or_else(|| kind.strip_prefix("set["));
    match (field, inner) {
        ("-", _) => Value::Null,
        ("(empty)", Some(_)) => json!([]),
        ("(empty)", None) => json!(""),
        (all, Some(inner)) => {
            let inner = inner.trim_end_matches(']');
            all.split(',').map(|one| value(one, inner)).collect()
        }
        (one, None) => match kind {
            "bool" => json!(one == "T"),
            "count" | "port" => json!(one.parse::<u64>().expect("a number")),
            "time" | "interval" => json!(one.parse::<f64>().expect("seconds")),
            // JSON has `\xNN` where bytes are no text: so does whoever reads them here.
            "string" => json!(
                String::from_utf8(text::unescape(one).expect("escaped"))
                    .unwrap_or_else(|_| one.replace(r"\\", r"\"))
            ),
            _ => json!(one),
        },
    }
}
