//! What is written is read back, column by column and run by run.

use std::fs;
use std::fs::File;
use std::path::PathBuf;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tlscensus_records::Attempt;
use tlscensus_records::Bytes;
use tlscensus_records::CapabilityKind;
use tlscensus_records::CapabilityRow;
use tlscensus_records::CertificateRow;
use tlscensus_records::Counter;
use tlscensus_records::DialogColumns;
use tlscensus_records::FlowRow;
use tlscensus_records::ListUsed;
use tlscensus_records::OfferColumns;
use tlscensus_records::Outcome;
use tlscensus_records::ParseStatus;
use tlscensus_records::Phase;
use tlscensus_records::ProbeRow;
use tlscensus_records::ResponderKind;
use tlscensus_records::ResponderRow;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;
use tlscensus_records::SCHEMA_VERSION;
use tlscensus_records::ServerSent;
use tlscensus_records::Sha256;
use tlscensus_records::Timestamp;
use tlscensus_records::TlsColumns;

use super::support::check_invariants;
use super::support::copy_tree;
use super::support::endpoint;
use super::support::read;
use super::support::run;
use super::support::small;
use super::support::targets;
use crate::DOC_KEY;
use crate::Dataset;
use crate::RELATIONS;
use crate::VERSION_KEY;

/// A row in which every kind of column holds something unlike its default.
fn full() -> ProbeRow {
    ProbeRow {
        run_id: "full".to_owned(),
        target: "mx.example:25".to_owned(),
        name: Some("mx.example".to_owned()),
        addr: Some("2001:db8::25".to_owned()),
        port: 25,
        origin_as: Some(u32::MAX),
        protocol: "smtp".to_owned(),
        mode: "starttls".to_owned(),
        started_at: Timestamp(1_438_000_000_123_456),
        duration_us: u64::MAX,
        connect_us: Some(0),
        attempts: vec![
            Attempt {
                profile: "modern".to_owned(),
                sni: Some("mx.example".to_owned()),
                phase: Phase::Tls,
                outcome: Outcome::Alert,
                detail: Some("fatal handshake_failure".to_owned()),
                bytes_in: 7,
                ..Attempt::default()
            },
            Attempt::default(),
        ],
        counted_attempt: Some(0),
        phase: Phase::Tls,
        outcome: Outcome::Alert,
        tcp_completed: true,
        leftover: Some(Bytes(vec![0, 0xff])),
        dialog: DialogColumns {
            capabilities_before: Some(vec![]),
            mechanisms_before: Some(vec!["PLAIN".to_owned(), "Ü".to_owned()]),
            ..DialogColumns::default()
        },
        tls: TlsColumns { compression: Some(0), ..TlsColumns::default() },
        server_sent: ServerSent {
            chain: Some(vec![Sha256::of(b"a"), Sha256::of(b"b")]),
            ..ServerSent::default()
        },
        ..ProbeRow::default()
    }
}

#[test]
fn every_kind_of_value_reads_back() {
    let directory = tempfile::tempdir().expect("a directory");
    let dataset = small(directory.path()).expect("a dataset");
    let rows = [full(), ProbeRow { target: "2".to_owned(), ..ProbeRow::default() }];
    let mut writer = dataset.begin(run("full")).expect("a writer");
    for row in &rows {
        writer.append(row, &[]).expect("appended");
    }
    assert_eq!(writer.sync().expect("synced"), 2);
    writer.finish(RunState::Complete, vec![]).expect("finished");
    assert_eq!(read::<ProbeRow>(&dataset, "probes"), rows);
}

#[test]
fn certificates_are_stored_once_across_runs() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("new/dataset");
    for name in ["first", "second"] {
        let dataset = small(&path).expect("a dataset");
        let mut writer = dataset.begin(run(name)).expect("a writer");
        for n in 0..20 {
            let (row, chain) = endpoint(name, n);
            writer.append(&row, &chain).expect("appended");
        }
        writer.finish(RunState::Complete, vec![]).expect("finished");
    }
    let dataset = Dataset::open(&path).expect("opened");
    check_invariants(&dataset);
    let certificates: Vec<CertificateRow> = read(&dataset, "certificates");
    assert_eq!(certificates.len(), 1 + 7);
    assert!(certificates.iter().all(|row| row.first_seen_run == "first"));
    assert!(certificates.iter().all(|row| row.parse_status == ParseStatus::Failed));
    assert_eq!(targets(&dataset, "second").len(), 20);
    assert!(dataset.files("probes").expect("files").len() > 2, "several segments");
}

#[test]
fn responders_and_how_far_their_run_had_come_survive_a_kill() {
    let directory = tempfile::tempdir().expect("a directory");
    let dataset = small(directory.path()).expect("a dataset");
    let responder = |run: &str, n: u16| ResponderRow {
        run_id: run.to_owned(),
        addr: format!("10.0.0.{n}"),
        port: 25,
        kind: ResponderKind::Icmp,
        icmp_type: Some(3),
        icmp_code: Some(13),
        options: Some(vec![2, 4, 8, 1, 3]),
        ..ResponderRow::default()
    };
    for name in ["other", "killed"] {
        let mut writer = dataset.begin(run(name)).expect("a writer");
        for n in 0..20 {
            writer.append_responder(&responder(name, n)).expect("appended");
        }
        assert_eq!(writer.checkpoint("step 20").expect("durable"), 20);
        writer.append_responder(&responder(name, 20)).expect("appended");
        if name == "other" {
            writer.finish(RunState::Complete, vec![]).expect("finished");
        }
    }
    let dataset = small(directory.path()).expect("a dataset");
    let found = |run: &str| {
        let mut rows = Vec::new();
        dataset.responders(run, |row| rows.push(row)).expect("rows");
        rows.sort_by_key(|row| row.addr.clone());
        rows
    };
    let mut expected: Vec<_> = (0..20).map(|n| responder("killed", n)).collect();
    expected.sort_by_key(|row| row.addr.clone());
    assert_eq!(found("killed"), expected);
    assert_eq!(found("other").len(), 21);
    assert_eq!(dataset.checkpoint("killed").expect("read").as_deref(), Some("step 20"));
    assert_eq!(dataset.checkpoint("other").expect("read"), None, "it is complete");
}

#[test]
fn flows_read_back_and_their_certificates_are_stored_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let dataset = small(directory.path()).expect("a dataset");
    let mut writer = dataset.begin(run("w")).expect("a writer");
    let der: std::sync::Arc<[u8]> = (&b"certificate"[..]).into();
    let name = Sha256::of(&der);
    let flow = |n: u64| FlowRow {
        run_id: "w".to_owned(),
        flow_id: n.to_string(),
        bytes_server: n,
        plaintext_authentication: vec!["PLAIN".to_owned()],
        offer: OfferColumns {
            suites: Some(vec![0x0a0a, 0x1301]),
            compressions: Some(vec![0]),
            ..OfferColumns::default()
        },
        server_sent: ServerSent { chain: Some(vec![name]), ..ServerSent::default() },
        ..FlowRow::default()
    };
    let rows: Vec<_> = (0..20).map(flow).collect();
    for row in &rows {
        writer.append_flow(row, &[(name, der.clone())]).expect("appended");
    }
    assert_eq!(writer.sync().expect("synced"), 20);
    // A kill: what was acknowledged is there when the dataset is opened next.
    drop(writer);
    let dataset = small(directory.path()).expect("a dataset");
    let mut found = read::<FlowRow>(&dataset, "flows");
    found.sort_by_key(|row| row.bytes_server);
    assert_eq!(found, rows);
    assert_eq!(read::<CertificateRow>(&dataset, "certificates").len(), 1);
}

#[test]
fn a_run_has_one_row_with_its_newest_state() {
    let directory = tempfile::tempdir().expect("a directory");
    let dataset = small(directory.path()).expect("a dataset");
    let mut described = run("r-1.a_b");
    described.lists = vec![ListUsed {
        purpose: "targets".to_owned(),
        sha256: Some(Sha256::of(b"")),
        entries: Some(3),
        ..ListUsed::default()
    }];
    let writer = dataset.begin(described.clone()).expect("a writer");
    let [running] = dataset.runs().expect("runs").try_into().expect("one run");
    assert_eq!((running.state, running.ended_at), (RunState::Running, None));
    let counters = vec![Counter { name: "rows".to_owned(), count: 0 }];
    writer.finish(RunState::Interrupted, counters.clone()).expect("finished");

    let (mut writer, covered) = dataset.resume("r-1.a_b").expect("resumed");
    assert!(covered.is_empty());
    let changed = ListUsed { sha256: Some(Sha256::of(b"changed")), ..described.lists[0].clone() };
    writer.goes_on_with([described.lists[0].clone(), changed.clone()]).expect("noted");
    described.lists.push(changed);
    assert_eq!(writer.run().state, RunState::Running);
    writer.finish(RunState::Complete, counters.clone()).expect("finished");
    let [done] = dataset.runs().expect("runs").try_into().expect("one run");
    assert_eq!((done.state, done.counters), (RunState::Complete, counters));
    assert_eq!(done.lists, described.lists);
    assert!(done.ended_at > Some(done.started_at));

    // A clock that was set back since does not end a run before its start.
    let ahead = Timestamp(i64::MAX / 2);
    let late = RunRow { started_at: ahead, ..run("r-2") };
    let done = dataset.begin(late).expect("a writer").finish(RunState::Complete, Vec::new());
    assert_eq!(done.expect("finished").ended_at, Some(ahead));
    assert_eq!(dataset.files("runs").expect("files").len(), 2);
}

#[test]
fn files_say_what_their_columns_mean_and_which_version_wrote_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let dataset = small(directory.path()).expect("a dataset");
    let mut writer = dataset.begin(run("r")).expect("a writer");
    let (row, chain) = endpoint("r", 0);
    let fact = CapabilityRow::default();
    writer.append_enumerated(&row, &chain, &[fact]).expect("appended");
    writer.append_responder(&ResponderRow::default()).expect("appended");
    writer.append_flow(&FlowRow::default(), &[]).expect("appended");
    writer.finish(RunState::Complete, vec![]).expect("finished");
    for relation in RELATIONS {
        let files = dataset.files(relation.name).expect("files");
        assert_eq!(files.len(), 1, "{}", relation.name);
        for file in files {
            let file = File::open(file).expect("opened");
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
            let schema = reader.schema();
            assert_eq!(schema.as_ref(), dataset.schema(relation.name).expect("known").as_ref());
            assert!(schema.fields().iter().all(|f| f.metadata().contains_key(DOC_KEY)));
            let metadata = reader.metadata().file_metadata().key_value_metadata();
            let version = metadata.expect("metadata").iter().find(|kv| kv.key == VERSION_KEY);
            let version = version.and_then(|kv| kv.value.clone());
            assert_eq!(version, Some(SCHEMA_VERSION.to_string()));
        }
    }
}

#[test]
fn a_reader_sees_what_is_committed_while_a_writer_works() {
    let directory = tempfile::tempdir().expect("a directory");
    let dataset = small(directory.path()).expect("a dataset");
    let mut writer = dataset.begin(run("r")).expect("a writer");
    for n in 0..40 {
        let (row, chain) = endpoint("r", n);
        writer.append(&row, &chain).expect("appended");
        let seen = Dataset::open(directory.path()).expect("opened beside the writer");
        assert!(targets(&seen, "r").values().all(|count| *count == 1));
    }
    writer.finish(RunState::Complete, vec![]).expect("finished");
    assert_eq!(targets(&dataset, "r").len(), 40);
}

#[test]
fn samples_of_every_schema_version_keep_reading() {
    let testdata = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata");
    for version in 1..=SCHEMA_VERSION {
        let directory = tempfile::tempdir().expect("a directory");
        copy_tree(&testdata.join(format!("schema-v{version}")), directory.path());
        let dataset = Dataset::open(directory.path()).expect("opened");
        check_invariants(&dataset);
        assert_eq!(read::<ProbeRow>(&dataset, "probes").first(), Some(&full()));
        let runs = dataset.runs().expect("runs");
        let states: Vec<_> = runs.iter().map(|run| run.state).collect();
        // The second run was killed: its rows are in a journal of that version.
        assert_eq!(states, [RunState::Complete, RunState::Recovered]);
        assert_eq!(targets(&dataset, "killed").len(), 9);
    }
}

/// Writes the sample of this version where `TLSCENSUS_WRITE_SAMPLE` is set and there is none yet.
#[test]
fn a_sample_of_this_version_is_frozen() {
    let name = format!("testdata/schema-v{SCHEMA_VERSION}");
    let sample = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("TLSCENSUS_WRITE_SAMPLE").is_some() && !sample.exists() {
        let dataset = small(&sample).expect("a dataset");
        let mut writer = dataset.begin(run("full")).expect("a writer");
        writer.append(&full(), &[b"a"[..].into(), b"b"[..].into()]).expect("appended");
        writer.finish(RunState::Complete, vec![]).expect("finished");
        let mut writer = dataset.begin(run("killed")).expect("a writer");
        for n in 0..9 {
            let (row, chain) = endpoint("killed", n);
            writer.append(&row, &chain).expect("appended");
        }
        writer.sync().expect("synced");
        drop(writer);
        fs::remove_file(sample.join("lock")).expect("removed");
    }
    assert!(sample.join("tlscensus.json").exists(), "{}", sample.display());
}

#[test]
fn what_was_enumerated_comes_back_with_its_probe() {
    let folder = tempfile::tempdir().expect("a folder");
    let dataset = Dataset::create(folder.path()).expect("a dataset");
    let mut writer = dataset.begin(run("enumerated")).expect("a run");
    let (row, chain) = endpoint("enumerated", 1);
    let fact = CapabilityRow {
        run_id: row.run_id.clone(),
        target: row.target.clone(),
        port: row.port,
        protocol: row.protocol.clone(),
        kind: CapabilityKind::Suite,
        version: Some("TLS 1.2".to_owned()),
        code: Some(0xc02f),
        rank: Some(3),
        ..CapabilityRow::default()
    };
    let facts = [fact.clone(), CapabilityRow { kind: CapabilityKind::SuiteList, ..fact }];
    writer.append_enumerated(&row, &chain, &facts).expect("appended");
    assert_eq!(writer.sync().expect("durable"), 1, "a fact is no probe");
    writer.finish(RunState::Complete, Vec::new()).expect("finished");
    let found: Vec<CapabilityRow> = read(&dataset, "capabilities");
    assert_eq!(found, facts);
}
