//! Kills at every step and cuts at every byte: nothing acknowledged is lost, nothing is there twice.

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;

use proptest::prelude::*;
use tlscensus_records::RunState;

use super::support::SMALL;
use super::support::check_invariants;
use super::support::copy_tree;
use super::support::endpoint;
use super::support::failing_after;
use super::support::listed;
use super::support::run;
use super::support::small;
use super::support::targets;
use crate::Dataset;
use crate::disk::Disk;
use crate::run_writer::Limits;

/// No compaction before the end.
const LONG_JOURNAL: Limits = Limits { journal_rows: 1 << 20, ..SMALL };

const ROWS: usize = 6;

/// Writes rows until the power goes; returns how many were acknowledged.
fn write_until_crash(path: &Path, disk: Disk, limits: Limits) -> u64 {
    let mut acknowledged = 0;
    let mut work = || {
        let dataset = Dataset::create_with(path, disk.clone(), limits)?;
        let mut writer = dataset.begin(run("r"))?;
        for n in 0..ROWS {
            let (row, chain) = endpoint("r", n);
            writer.append(&row, &chain)?;
            if n % 2 == 1 {
                acknowledged = writer.sync()?;
            }
        }
        writer.finish(RunState::Complete, vec![])?;
        acknowledged = u64::try_from(ROWS).expect("few");
        Ok::<_, crate::Error>(())
    };
    let _ = work();
    acknowledged
}

/// Resumes as a scan would, and checks that everything is there once.
fn resume_and_check(path: &Path, acknowledged: u64) {
    let Ok(dataset) = Dataset::open(path) else {
        // Killed before there was a dataset at all.
        assert_eq!(acknowledged, 0);
        small(path).expect("made after all");
        return;
    };
    check_invariants(&dataset);
    let recovered = targets(&dataset, "r");
    assert!(recovered.len() >= usize::try_from(acknowledged).expect("few"));
    for n in 0..recovered.len() {
        assert!(recovered.contains_key(&format!("192.0.2.{n}")), "a prefix of the rows");
    }
    let runs = dataset.runs().expect("runs");
    if runs.is_empty() {
        assert!(recovered.is_empty());
        return;
    }
    let (mut writer, covered) = dataset.resume("r").expect("resumed");
    assert_eq!(covered.len(), recovered.len());
    for n in 0..ROWS {
        let (row, chain) = endpoint("r", n);
        if !covered.contains(&row.target, row.port, &row.protocol) {
            writer.append(&row, &chain).expect("appended");
        }
    }
    writer.finish(RunState::Complete, vec![]).expect("finished");
    check_invariants(&dataset);
    assert_eq!(targets(&dataset, "r").len(), ROWS);
}

#[test]
fn a_kill_before_any_step_loses_nothing() {
    for operations in 0.. {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("dataset");
        let (disk, done) = failing_after(operations);
        let acknowledged = write_until_crash(&path, disk, SMALL);
        resume_and_check(&path, acknowledged);
        if done.load(Ordering::SeqCst) <= operations {
            assert!(operations > 30, "the whole run has more steps");
            break;
        }
    }
}

#[test]
fn a_kill_before_any_step_of_recovery_changes_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("dataset");
    let dataset = Dataset::create_with(&path, Disk::default(), LONG_JOURNAL).expect("made");
    let mut writer = dataset.begin(run("r")).expect("a writer");
    for n in 0..ROWS - 1 {
        let (row, chain) = endpoint("r", n);
        writer.append(&row, &chain).expect("appended");
    }
    let acknowledged = writer.sync().expect("synced");
    drop(writer);
    assert_eq!(listed(&path.join("journal")), ["r-000001.journal"]);
    for operations in 0.. {
        let copy = directory.path().join(format!("copy-{operations}"));
        copy_tree(&path, &copy);
        let (disk, done) = failing_after(operations);
        let opened = Dataset::open_with(&copy, disk, SMALL);
        resume_and_check(&copy, acknowledged);
        if opened.is_ok() {
            assert!(done.load(Ordering::SeqCst) <= operations);
            assert!(operations > 10, "recovery has more steps");
            break;
        }
    }
}

#[test]
fn a_journal_cut_at_any_byte_keeps_its_whole_groups() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("dataset");
    let mut ends = vec![(0, 0)];
    {
        let dataset = Dataset::create_with(&path, Disk::default(), LONG_JOURNAL).expect("made");
        let mut writer = dataset.begin(run("r")).expect("a writer");
        for n in 0..3 {
            let (row, chain) = endpoint("r", n);
            writer.append(&row, &chain).expect("appended");
            let rows = writer.sync().expect("synced");
            let length = fs::metadata(path.join("journal/r-000001.journal"));
            ends.push((length.expect("there").len(), rows));
        }
    }
    let journal = fs::read(path.join("journal/r-000001.journal")).expect("read");
    // Compacting at each of some tens of thousands of lengths would take minutes: that the cut group is not believed is
    // checked at every length, the whole recovery runs around the ends of groups and at a sample of the others.
    for cut in 0..=journal.len() {
        let length = u64::try_from(cut).expect("short");
        let kept = ends.iter().rev().find(|(end, _)| *end <= length);
        let (end, rows) = kept.expect("the empty journal is an end");
        let end = usize::try_from(*end).expect("short");
        assert_eq!(rows_in(journal.get(end..cut).expect("inside")), 0, "cut at {cut}");
        let near_an_end = ends.iter().any(|(end, _)| end.abs_diff(length) <= 1);
        if near_an_end || cut % 16_384 == 7 {
            let copy = directory.path().join(format!("cut-{cut}"));
            copy_tree(&path, &copy);
            fs::write(copy.join("journal/r-000001.journal"), &journal[..cut]).expect("cut");
            resume_and_check(&copy, *rows);
            fs::remove_dir_all(copy).expect("removed");
        }
    }
}

/// Probes in the believable frames of a journal.
fn rows_in(mut journal: &[u8]) -> u64 {
    let mut rows = 0;
    while let Some(group) = crate::frame::decode_group(&mut journal).expect("readable") {
        for frame in group.frames.iter().filter(|frame| frame.relation.name == "probes") {
            rows += u64::try_from(frame.batch.num_rows()).expect("few");
        }
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_work_kills_and_resumes_keeps_every_acknowledged_row(
        lives in proptest::collection::vec((0_usize..90, 1_usize..6, 1_u64..9), 1..5),
    ) {
        const TARGETS: usize = 30;
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("dataset");
        small(&path).expect("made").begin(run("r")).expect("begun");
        let mut acknowledged = 0;
        for (operations, sync_every, journal_rows) in lives {
            let limits = Limits { journal_rows, ..SMALL };
            let (disk, _) = failing_after(operations);
            let work = || {
                let dataset = Dataset::open_with(&path, disk, limits)?;
                let (mut writer, covered) = dataset.resume("r")?;
                let before = u64::try_from(covered.len()).expect("few");
                for n in 0..TARGETS {
                    let (row, chain) = endpoint("r", n);
                    if covered.contains(&row.target, row.port, &row.protocol) {
                        continue;
                    }
                    writer.append(&row, &chain)?;
                    if n % sync_every == 0 {
                        acknowledged = before + writer.sync()?;
                    }
                }
                writer.finish(RunState::Complete, vec![]).map(|_| ())
            };
            let _: Result<(), crate::Error> = work();
            let dataset = Dataset::open(&path).expect("opened");
            check_invariants(&dataset);
            let rows = u64::try_from(targets(&dataset, "r").len()).expect("few");
            prop_assert!(rows >= acknowledged, "{rows} of {acknowledged}");
        }
    }
}
