//! The same rows, however many work on them.

use std::path::Path;

use tlscensus_testkit::capture::Capture;
use tlscensus_testkit::capture::Layout;

use crate::support::frames;
use crate::support::watch_whole;

/// The link type of Ethernet, which most captures have.
const ETHERNET: u32 = 1;

#[test]
fn a_merged_capture_gives_the_same_rows_to_one_worker_and_to_several() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/captures");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let captures = paths.iter().map(|path| frames(path)).filter(|one| one.link_type == ETHERNET);
    let merged = Capture::merged(captures);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), merged.pcap(Layout::Micro)).unwrap();

    let mut one = watch_whole(1, file.path());
    one.rows.sort_by(|a, b| a.flow_id.cmp(&b.flow_id));
    assert!(one.rows.len() > 50, "{} rows", one.rows.len());
    for workers in [2, 4] {
        let mut several = watch_whole(workers, file.path());
        several.rows.sort_by(|a, b| a.flow_id.cmp(&b.flow_id));
        assert_eq!(several.rows.len(), one.rows.len(), "{workers} workers");
        for (ours, theirs) in several.rows.iter().zip(&one.rows) {
            assert_eq!(ours, theirs, "{workers} workers");
        }
        assert_eq!(several.certificates, one.certificates, "{workers} workers");
    }
}
