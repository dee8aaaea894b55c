//! The same rows, however many work on them.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use tlscensus_monitor::Error;
use tlscensus_monitor::Gauges;
use tlscensus_monitor::Input;
use tlscensus_monitor::read;
use tlscensus_records::EndReason;
use tlscensus_testkit::capture::Capture;
use tlscensus_testkit::capture::Layout;

use crate::support::Watched;
use crate::support::frames;
use crate::support::monitor;
use crate::support::watch_whole;

/// The link type of Ethernet, which most captures have.
const ETHERNET: u32 = 1;
/// The client of all captures.
const CLIENT: [u8; 4] = [192, 0, 2, 10];
/// Bytes of a frame in which its headers end, tunnels included.
const HEADERS: usize = 120;
/// Microseconds from one capture to the next: with all of them, flows that merely stop are over before the end, but for the last.
const APART: i64 = 10_000_000;

#[test]
fn a_merged_capture_gives_the_same_rows_to_one_worker_and_to_several() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), merged().pcap(Layout::Micro)).unwrap();
    let one = by_name(watch_whole(1, file.path()));
    assert!(one.rows.len() > 140, "{} rows", one.rows.len());
    for reason in [EndReason::TimedOut, EndReason::Stopped] {
        assert!(one.rows.iter().any(|row| row.end_reason == reason), "none {}", reason.word());
    }
    for workers in [2, 4] {
        let several = by_name(watch_whole(workers, file.path()));
        assert_eq!(several.rows.len(), one.rows.len(), "{workers} workers");
        for (ours, theirs) in several.rows.iter().zip(&one.rows) {
            assert_eq!(ours, theirs, "{workers} workers");
        }
        assert_eq!(several.certificates, one.certificates, "{workers} workers");
    }
}

#[test]
fn who_refuses_rows_is_not_asked_again() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), merged().pcap(Layout::Micro)).unwrap();
    let inputs = [Input { path: file.path().to_owned(), follow: false }];
    for workers in [1, 2] {
        let (gauges, stop, mut asked) = (Gauges::default(), AtomicBool::new(false), 0);
        let ended = read(&monitor(workers), &inputs, &gauges, &stop, &mut |_| {
            asked += 1;
            asked < 2
        });
        assert!(matches!(ended, Err(Error::Sink)), "{workers} workers: {ended:?}");
        assert_eq!(asked, 2, "{workers} workers");
    }
}

fn by_name(mut watched: Watched) -> Watched {
    watched.rows.sort_by(|a, b| a.flow_id.cmp(&b.flow_id));
    watched
}

/// All captures on Ethernet, one after the other and each with a client of its own; the first half of each once more, with another.
fn merged() -> Capture {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/captures");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let captures = paths.iter().map(|path| frames(path)).filter(|one| one.link_type == ETHERNET);
    Capture::merged((0_u8..).zip(captures).flat_map(|(place, capture)| {
        let mut half = capture.clone();
        half.frames.truncate(capture.frames.len() / 2);
        [moved(capture, [100, place]), moved(half, [101, place])]
    }))
}

/// The same later, and from another client. Checksums are then wrong, and are not looked at.
fn moved(mut capture: Capture, client: [u8; 2]) -> Capture {
    for frame in &mut capture.frames {
        frame.at += i64::from(client[1]) * APART;
        let ends = 0..frame.bytes.len().min(HEADERS).saturating_sub(CLIENT.len());
        for at in ends {
            if frame.bytes[at..].starts_with(&CLIENT) {
                frame.bytes[at + 2..at + 4].copy_from_slice(&client);
            }
        }
    }
    capture
}
