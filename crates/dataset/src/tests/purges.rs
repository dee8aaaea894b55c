//! Purges: what is to be forgotten goes everywhere, what others have stays, and a kill leaves all or nothing of it.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::Ordering;

use tlscensus_records::CapabilityRow;
use tlscensus_records::CertificateDer;
use tlscensus_records::CertificateRow;
use tlscensus_records::FlowRow;
use tlscensus_records::ListUsed;
use tlscensus_records::ProbeRow;
use tlscensus_records::ResponderRow;
use tlscensus_records::RunKind;
use tlscensus_records::RunRow;
use tlscensus_records::RunState;
use tlscensus_records::Sha256;

use super::support::SMALL;
use super::support::check_invariants;
use super::support::copy_tree;
use super::support::endpoint;
use super::support::failing_after;
use super::support::listed;
use super::support::read;
use super::support::run;
use crate::Dataset;
use crate::Error;
use crate::disk::Disk;
use crate::run_writer::Limits;

/// Endpoints of each run.
const ROWS: usize = 8;
/// One segment for each run.
const LONG_JOURNAL: Limits = Limits { journal_rows: 1 << 20, ..SMALL };

/// Runs over the same endpoints, with responders and capabilities; every third endpoint has a certificate of its own.
fn filled(path: &Path, runs: &[&str]) -> Dataset {
    let dataset = Dataset::create_with(path, Disk::default(), LONG_JOURNAL).expect("made");
    for &run_id in runs {
        let mut writer = dataset.begin(run(run_id)).expect("a writer");
        for n in 0..ROWS {
            let (mut row, chain) = endpoint(run_id, n);
            row.addr = Some(row.target.clone());
            let capability = CapabilityRow {
                run_id: run_id.to_owned(),
                target: row.target.clone(),
                addr: row.addr.clone(),
                port: 25,
                protocol: "smtp".to_owned(),
                // Nobody but 192.0.2.5 has shown this one in a handshake of its own.
                cert_sha256: (n == 4).then(|| Sha256::of(b"second")),
                ..CapabilityRow::default()
            };
            let flow = FlowRow {
                run_id: run_id.to_owned(),
                flow_id: n.to_string(),
                server_addr: row.target.clone(),
                client_chain: Some(vec![Sha256::of(b"shared")]),
                ..FlowRow::default()
            };
            writer.append_flow(&flow, &[]).expect("appended");
            let mut certificates = chain.clone();
            if n == 5 {
                certificates.push(b"second"[..].into());
                row.server_sent.chain = row.server_sent.chain.map(|mut chain| {
                    chain.push(Sha256::of(b"second"));
                    chain
                });
            }
            writer.append_enumerated(&row, &certificates, &[capability]).expect("appended");
            let responder = ResponderRow {
                run_id: run_id.to_owned(),
                addr: row.target.clone(),
                port: 25,
                icmp_from: (n == 7).then(|| "192.0.2.3".to_owned()),
                ..ResponderRow::default()
            };
            writer.append_responder(&responder).expect("appended");
        }
        writer.finish(RunState::Complete, vec![]).expect("finished");
    }
    dataset
}

fn blocked(addr: IpAddr) -> bool {
    ["192.0.2.3", "192.0.2.5"].iter().any(|blocked| blocked.parse() == Ok(addr))
}

fn purge_run(run_id: &str) -> RunRow {
    let list = ListUsed {
        purpose: "blocklist".to_owned(),
        source: "asked.txt".to_owned(),
        sha256: Some(Sha256::of(b"asked")),
        entries: Some(2),
    };
    RunRow { lists: vec![list], ..run(run_id) }
}

/// All that a dataset says, in an order of its own.
fn content(dataset: &Dataset) -> Vec<BTreeSet<String>> {
    let probes = read::<ProbeRow>(dataset, "probes");
    let responders = read::<ResponderRow>(dataset, "responders");
    let flows = read::<FlowRow>(dataset, "flows");
    let capabilities = read::<CapabilityRow>(dataset, "capabilities");
    let certificates = read::<CertificateRow>(dataset, "certificates");
    let ders = read::<CertificateDer>(dataset, "certificates_der");
    vec![
        probes.iter().map(|row| format!("{row:?}")).collect(),
        responders.iter().map(|row| format!("{row:?}")).collect(),
        flows.iter().map(|row| format!("{row:?}")).collect(),
        capabilities.iter().map(|row| format!("{row:?}")).collect(),
        certificates.iter().map(|row| format!("{row:?}")).collect(),
        ders.iter().map(|row| format!("{row:?}")).collect(),
    ]
}

fn purges(dataset: &Dataset) -> Vec<RunRow> {
    let runs = dataset.runs().expect("runs").into_iter();
    runs.filter(|run| run.kind == RunKind::Purge).collect()
}

#[test]
fn what_is_blocked_goes_and_what_others_have_stays() {
    let directory = tempfile::tempdir().expect("a directory");
    let dataset = filled(directory.path(), &["a", "b"]);
    let before = content(&dataset);
    let expected = dataset.purge_would(blocked).expect("counted");
    assert_eq!(content(&dataset), before, "counting changes nothing");
    let purged = dataset.purge(purge_run("p"), blocked).expect("purged");
    assert_eq!(purged, expected);
    let rows: Vec<_> = purged.rows.iter().map(|(relation, rows)| (*relation, *rows)).collect();
    let gone = [
        ("capabilities", 4),
        // 192.0.2.3's own; `second` has been seen at 192.0.2.4 too, `shared` everywhere.
        ("certificates", 1),
        ("certificates_der", 1),
        ("flows", 4),
        ("probes", 4),
        // And what the blocked router said about 192.0.2.7.
        ("responders", 6),
    ];
    assert_eq!(rows, gone);
    assert_eq!(purged.total(), 20);
    check_invariants(&dataset);
    let after = content(&dataset);
    for (place, (before, after)) in before.iter().zip(&after).enumerate() {
        assert!(after.is_subset(before), "relation {place}");
        for text in after {
            assert!(!text.contains("192.0.2.3\"") && !text.contains("192.0.2.5\""), "{text}");
        }
    }
    let notes = purges(&dataset);
    assert_eq!(notes.len(), 1);
    assert_eq!((notes[0].state, &notes[0].lists), (RunState::Complete, &purge_run("p").lists));
    let counted = notes[0].counters.iter().find(|counter| counter.name == "purged-probes");
    assert_eq!(counted.map(|counter| counter.count), Some(4));
    // The manifest tells the truth about the parts.
    for entry in crate::manifest::entries(directory.path()).expect("entries") {
        for part in entry.parts {
            let length = std::fs::metadata(part.path(directory.path())).expect("there").len();
            assert_eq!(part.bytes, length, "{}", part.file);
        }
    }
}

#[test]
fn a_purge_of_nobody_says_so_and_changes_nothing_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let dataset = filled(directory.path(), &["a", "b"]);
    let before = content(&dataset);
    let purged = dataset.purge(purge_run("p"), |_| false).expect("purged");
    assert_eq!(purged.total(), 0);
    assert_eq!(content(&dataset), before);
    assert_eq!(purges(&dataset).len(), 1);
    assert!(matches!(dataset.purge(purge_run("p"), blocked), Err(Error::RunExists { .. })));
    let writer = dataset.begin(run("c")).expect("a writer");
    assert!(matches!(dataset.purge(purge_run("q"), blocked), Err(Error::Locked { .. })));
    drop(writer);
}

#[test]
fn a_certificate_that_was_forgotten_is_written_again_when_it_is_seen_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let dataset = filled(directory.path(), &["a", "b"]);
    dataset.purge(purge_run("p"), blocked).expect("purged");
    let mut writer = dataset.begin(run("c")).expect("a writer");
    let (row, chain) = endpoint("c", 3);
    writer.append(&row, &chain).expect("appended");
    writer.finish(RunState::Complete, vec![]).expect("finished");
    check_invariants(&dataset);
}

/// A run that was killed: its rows are recovered, then those that are to go do.
#[test]
fn a_journal_is_brought_in_before_it_is_purged() {
    let directory = tempfile::tempdir().expect("a directory");
    let dataset = filled(directory.path(), &["a", "b"]);
    let mut writer = dataset.begin(run("killed")).expect("a writer");
    for n in 0..4 {
        let (mut row, chain) = endpoint("killed", n);
        row.addr = Some(row.target.clone());
        writer.append(&row, &chain).expect("appended");
    }
    writer.sync().expect("synced");
    drop(writer);
    let purged = dataset.purge(purge_run("p"), blocked).expect("purged");
    assert_eq!(purged.rows["probes"], 5);
    check_invariants(&dataset);
}

#[test]
fn a_kill_before_any_step_leaves_all_or_nothing_of_a_purge() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("dataset");
    let dataset = filled(&path, &["a"]);
    let old = content(&dataset);
    let done = directory.path().join("done");
    copy_tree(&path, &done);
    let done = Dataset::open(&done).expect("opened");
    done.purge(purge_run("p"), blocked).expect("purged");
    let new = content(&done);
    let (mut olds, mut news) = (0, 0);
    for operations in 0.. {
        let copy = directory.path().join(format!("copy-{operations}"));
        copy_tree(&path, &copy);
        let (disk, asked) = failing_after(operations);
        let ended = Dataset::open_with(&copy, disk, SMALL)
            .and_then(|dataset| dataset.purge(purge_run("p"), blocked));
        let dataset = Dataset::open(&copy).expect("opened");
        check_invariants(&dataset);
        for folder in crate::compact::FOLDERS {
            let drafts = listed(&copy.join(folder));
            assert!(drafts.iter().all(|name| !name.ends_with(".tmp")), "{operations}: {drafts:?}");
        }
        let found = content(&dataset);
        match purges(&dataset).len() {
            0 => assert_eq!(found, old, "{operations}"),
            _ => assert_eq!(found, new, "{operations}"),
        }
        olds += usize::from(found == old);
        news += usize::from(found == new);
        assert!(ended.is_err() || found == new, "{operations}");
        if operations % 4 == 0 {
            dataset.purge(purge_run("again"), blocked).expect("purged");
            assert_eq!(content(&dataset), new, "{operations}");
        }
        std::fs::remove_dir_all(&copy).expect("removed");
        if ended.is_ok() {
            assert!(asked.load(Ordering::SeqCst) <= operations);
            break;
        }
    }
    assert!(olds > 20 && news > 12, "{olds} and {news}");
}

/// The recovery of a purge can be killed too.
#[test]
fn a_kill_before_any_step_of_finishing_a_purge_changes_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("dataset");
    filled(&path, &["a"]);
    // The first operation behind the commit is the one that removes a draft from its name.
    let mut committed = None;
    for operations in 0.. {
        let copy = directory.path().join(format!("copy-{operations}"));
        copy_tree(&path, &copy);
        let (disk, _) = failing_after(operations);
        let _ = Dataset::open_with(&copy, disk, SMALL)
            .and_then(|dataset| dataset.purge(purge_run("p"), blocked));
        if copy.join("journal/p.purge").exists() {
            committed = Some(copy);
            break;
        }
    }
    let committed = committed.expect("a purge that was committed and not finished");
    for operations in 0.. {
        let copy = directory.path().join(format!("again-{operations}"));
        copy_tree(&committed, &copy);
        let (disk, _) = failing_after(operations);
        let opened = Dataset::open_with(&copy, disk, SMALL);
        let dataset = Dataset::open_with(&copy, Disk::default(), SMALL).expect("opened");
        check_invariants(&dataset);
        assert_eq!(purges(&dataset).len(), 1);
        assert_eq!(dataset.purge_would(blocked).expect("counted").total(), 0, "{operations}");
        std::fs::remove_dir_all(&copy).expect("removed");
        if opened.is_ok() {
            assert!(operations > 12, "finishing has more steps");
            break;
        }
    }
}
