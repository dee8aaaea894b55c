//! What is refused, and that the refusal says what to do.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tlscensus_records::RunState;

use super::support::check_invariants;
use super::support::endpoint;
use super::support::run;
use super::support::small;
use super::support::targets;
use crate::Dataset;
use crate::Error;
use crate::disk::Disk;
use crate::run_writer::Limits;

#[test]
fn other_peoples_directories_are_left_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    fs::write(directory.path().join("thesis.tex"), "").expect("written");
    for result in [Dataset::create(directory.path()), Dataset::open(directory.path())] {
        let Err(Error::Foreign { found, .. }) = &result else {
            panic!("{result:?}");
        };
        assert_eq!(found, "thesis.tex");
        let text = result.expect_err("refused").to_string();
        assert!(text.contains("to write, a new or an empty one"), "{text}");
    }
    assert_eq!(fs::read_dir(directory.path()).expect("listed").count(), 1);
}

#[test]
fn what_is_no_directory_or_not_there_is_said() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    fs::write(&file, "").expect("written");
    let is_file = |result| matches!(result, Err(Error::NotADirectory { .. }));
    assert!(is_file(Dataset::create(&file)));
    assert!(is_file(Dataset::open(&file)));
    assert!(is_file(Dataset::create(file.join("below"))));
    for path in [directory.path().join("nothing"), directory.path().join("empty")] {
        if path.ends_with("empty") {
            fs::create_dir(&path).expect("made");
        }
        assert!(matches!(Dataset::open(&path), Err(Error::Missing { .. })));
        Dataset::create(&path).expect("made");
        Dataset::open(&path).expect("opened");
        Dataset::create(&path).expect("opened again");
    }
}

#[test]
fn later_formats_and_damaged_marks_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    small(directory.path()).expect("a dataset");
    let marker = directory.path().join("tlscensus.json");
    let text = fs::read_to_string(&marker).expect("read");
    fs::write(&marker, text.replace("\"version\": 1", "\"version\": 99")).expect("written");
    let refused = Dataset::open(directory.path());
    assert!(matches!(refused, Err(Error::TooNew { found: 99, supported: 1, .. })), "{refused:?}");
    for text in ["", "{}", r#"{"format":"x","version":1,"written_by":""}"#] {
        fs::write(&marker, text).expect("written");
        let refused = Dataset::open(directory.path());
        assert!(matches!(refused, Err(Error::Damaged { .. })), "{refused:?}");
    }
}

#[test]
fn a_disk_that_is_full_when_parts_are_made_is_told_as_such() {
    let directory = tempfile::tempdir().expect("a directory");
    let dataset = small(directory.path()).expect("a dataset");
    let mut writer = dataset.begin(run("r")).expect("a writer");
    let (row, chain) = endpoint("r", 0);
    writer.append(&row, &chain).expect("appended");
    writer.sync().expect("acknowledged");
    let draft = directory.path().join("probes/r-000001.parquet.tmp");
    std::os::unix::fs::symlink("/dev/full", &draft).expect("a disk that is always full");
    let refused = writer.finish(RunState::Complete, vec![]);
    assert!(matches!(&refused, Err(Error::Full { path }) if *path == draft), "{refused:?}");
    let dataset = Dataset::open(directory.path()).expect("recovered");
    check_invariants(&dataset);
    assert_eq!(targets(&dataset, "r").len(), 1);
}

#[test]
fn one_writer_at_a_time() {
    let directory = tempfile::tempdir().expect("a directory");
    let dataset = small(directory.path()).expect("a dataset");
    let writer = dataset.begin(run("first")).expect("a writer");
    let refused = dataset.begin(run("second")).map(|_| ());
    let Err(Error::Locked { holder, .. }) = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(holder, &format!("process {} (run first)", std::process::id()));
    writer.finish(RunState::Complete, vec![]).expect("finished");
    dataset.begin(run("second")).expect("a writer");
}

#[test]
fn runs_are_named_once_and_by_file_names() {
    let directory = tempfile::tempdir().expect("a directory");
    let dataset = small(directory.path()).expect("a dataset");
    dataset.begin(run("a")).expect("a writer");
    let again = dataset.begin(run("a")).map(|_| ());
    assert!(matches!(again, Err(Error::RunExists { .. })), "{again:?}");
    let unknown = dataset.resume("b").map(|_| ()).expect_err("unknown").to_string();
    assert_eq!(unknown, "there is no run b; there are: a");
    for bad in ["", ".", "../x", "a/b", "ä", &"x".repeat(65)] {
        let refused = dataset.begin(run(bad)).map(|_| ());
        assert!(matches!(refused, Err(Error::RunId { .. })), "{bad:?}");
    }
    let unknown = dataset.files("verdicts");
    assert!(matches!(unknown, Err(Error::UnknownRelation { .. })));
}

#[test]
fn a_part_that_somebody_removed_is_damage() {
    let directory = tempfile::tempdir().expect("a directory");
    let dataset = small(directory.path()).expect("a dataset");
    let mut writer = dataset.begin(run("r")).expect("a writer");
    let (row, chain) = endpoint("r", 0);
    writer.append(&row, &chain).expect("appended");
    writer.finish(RunState::Complete, vec![]).expect("finished");
    fs::remove_file(directory.path().join("probes/r-000001.parquet")).expect("removed");
    let refused = dataset.begin(run("s")).map(|_| ());
    let Err(Error::Damaged { what, .. }) = &refused else {
        panic!("{refused:?}");
    };
    assert!(what.contains("r-000001"), "{what}");
}

#[test]
fn a_directory_without_permission_is_said() {
    let directory = tempfile::tempdir().expect("a directory");
    let closed = directory.path().join("closed");
    fs::create_dir(&closed).expect("made");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).expect("closed");
    let refused = Dataset::create(closed.join("dataset"));
    if refused.is_ok() {
        say_skipped("permissions do not bind this user (root)");
        return;
    }
    assert!(matches!(refused, Err(Error::NotWritable { .. })), "{refused:?}");
}

#[test]
fn a_full_disk_is_said_and_what_was_acknowledged_is_recovered() {
    let directory = tempfile::tempdir().expect("a directory");
    let mount = directory.path();
    if !mounted(mount) {
        say_skipped("no right to mount a small file system");
        return;
    }
    let path = mount.join("dataset");
    let (acknowledged, error) = fill(&path);
    assert!(matches!(error, Error::Full { .. }), "{error:?}");
    assert!(error.to_string().contains("free some space"), "{error}");
    assert!(acknowledged > 0);
    fs::remove_file(mount.join("ballast")).expect("some space freed");
    let recovered = Dataset::open(&path).map(|dataset| {
        check_invariants(&dataset);
        targets(&dataset, "r").len()
    });
    let unmounted = Command::new("umount").arg("--lazy").arg(mount).status();
    assert!(unmounted.expect("umount").success());
    let recovered = recovered.expect("recovered");
    assert!(recovered >= usize::try_from(acknowledged).expect("few"));
}

fn mounted(mount: &Path) -> bool {
    let status = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
        .arg(mount)
        .stderr(std::process::Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// Writes until the disk is full, a third of it by ballast.
fn fill(path: &Path) -> (u64, Error) {
    let ballast = path.parent().expect("a mount").join("ballast");
    fs::write(ballast, vec![0; 2 * 1024 * 1024]).expect("ballast");
    let limits = Limits {
        buffer_rows: 8,
        buffer_bytes: 1 << 20,
        journal_bytes: 1 << 30,
        journal_rows: 1 << 30,
    };
    let dataset = Dataset::create_with(path, Disk::default(), limits).expect("made");
    let mut writer = dataset.begin(run("r")).expect("a writer");
    for n in 0..100_000 {
        let (row, chain) = endpoint("r", n);
        let done = writer.append(&row, &chain).and_then(|()| writer.sync());
        if let Err(error) = done {
            return (writer.acknowledged(), error);
        }
    }
    panic!("the disk is larger than it should be");
}

fn say_skipped(reason: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
}
