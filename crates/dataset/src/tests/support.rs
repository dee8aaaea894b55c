//! Rows to write, and a look at what a dataset holds.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use tlscensus_records::CertificateDer;
use tlscensus_records::CertificateRow;
use tlscensus_records::ProbeRow;
use tlscensus_records::Row;
use tlscensus_records::RunRow;
use tlscensus_records::ServerSent;
use tlscensus_records::Sha256;

use crate::Dataset;
use crate::Error;
use crate::disk::Disk;
use crate::run_file::read_rows;
use crate::run_writer::Limits;

/// Limits so small that a few rows go through every path.
pub(super) const SMALL: Limits =
    Limits { buffer_rows: 3, buffer_bytes: 1 << 20, journal_bytes: 1 << 30, journal_rows: 5 };

pub(super) fn run(run_id: &str) -> RunRow {
    RunRow {
        run_id: run_id.to_owned(),
        config: "{}".to_owned(),
        version: "0".to_owned(),
        ..RunRow::default()
    }
}

/// The row of the `n`th endpoint of a run; every third has a certificate of its own, all share one.
pub(super) fn endpoint(run_id: &str, n: usize) -> (ProbeRow, Vec<Arc<[u8]>>) {
    let mut chain: Vec<Arc<[u8]>> = vec![Arc::from(&b"shared"[..])];
    if n.is_multiple_of(3) {
        chain.push(format!("own {n}").into_bytes().into());
    }
    let row = ProbeRow {
        run_id: run_id.to_owned(),
        target: format!("192.0.2.{n}"),
        port: 25,
        protocol: "smtp".to_owned(),
        mode: "starttls".to_owned(),
        server_sent: ServerSent {
            chain: Some(chain.iter().map(|der| Sha256::of(der)).collect()),
            ..ServerSent::default()
        },
        ..ProbeRow::default()
    };
    (row, chain)
}

pub(super) fn read<R: Row>(dataset: &Dataset, relation: &str) -> Vec<R> {
    let files = dataset.files(relation).expect("files");
    let rows = files.iter().map(|file| read_rows(file).expect("rows"));
    rows.flatten().collect()
}

/// How often each target of a run has a row.
pub(super) fn targets(dataset: &Dataset, run_id: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for row in read::<ProbeRow>(dataset, "probes") {
        if row.run_id == run_id {
            *counts.entry(row.target).or_insert(0) += 1;
        }
    }
    counts
}

/// Checks what holds of every dataset in order: each row once, each certificate once and with its bytes, nothing
/// left behind, and a plain glob that sees what the manifests name.
pub(super) fn check_invariants(dataset: &Dataset) {
    for run in dataset.runs().expect("runs") {
        let targets = targets(dataset, &run.run_id);
        assert!(targets.values().all(|count| *count == 1), "{targets:?}");
    }
    let mut facts: Vec<_> = read::<CertificateRow>(dataset, "certificates")
        .into_iter()
        .map(|row| row.cert_sha256)
        .collect();
    let mut bytes: Vec<_> = read::<CertificateDer>(dataset, "certificates_der")
        .into_iter()
        .map(|row| row.cert_sha256)
        .collect();
    facts.sort_unstable();
    bytes.sort_unstable();
    assert_eq!(facts, bytes);
    let stored = facts.len();
    facts.dedup();
    assert_eq!(facts.len(), stored, "a certificate twice");
    for row in read::<ProbeRow>(dataset, "probes") {
        for name in row.server_sent.chain.unwrap_or_default() {
            assert!(facts.binary_search(&name).is_ok(), "a chain without its certificate");
        }
    }
    for relation in ["probes", "certificates", "certificates_der"] {
        let folder = dataset.path().join(relation);
        let mut named = dataset.files(relation).expect("files");
        named.sort_unstable();
        assert_eq!(named, globbed(&folder), "{relation}");
    }
    assert_eq!(listed(&dataset.path().join("journal")), [""; 0]);
}

/// What `FOLDER/*.parquet` matches.
fn globbed(folder: &Path) -> Vec<std::path::PathBuf> {
    let names = listed(folder).into_iter();
    names.filter(|name| name.ends_with(".parquet")).map(|name| folder.join(name)).collect()
}

pub(super) fn listed(folder: &Path) -> Vec<String> {
    crate::disk::names_in(folder).expect("listed")
}

/// A disk that loses power before its `n`th operation, for good.
pub(super) fn failing_after(operations: usize) -> (Disk, Arc<AtomicUsize>) {
    let done = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&done);
    let plug = move |_: &'static str, _: &Path| {
        if counter.fetch_add(1, Ordering::SeqCst) < operations {
            return Ok(());
        }
        Err(io::Error::other("no power"))
    };
    (Disk::with_plug(Arc::new(plug)), done)
}

pub(super) fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("listed") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

pub(super) fn small(path: &Path) -> Result<Dataset, Error> {
    Dataset::create_with(path, Disk::default(), SMALL)
}
