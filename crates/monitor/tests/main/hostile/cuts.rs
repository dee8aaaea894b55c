//! Captures cut behind every packet: what is found in a part was there in the whole.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use tlscensus_flows::Settings;

use crate::storm::Captured;
use crate::storm::Row;
use crate::storm::Watch;
use crate::storm::captures;
use crate::storm::frames;

/// Packets that all parts of one capture have together, at most: of long ones, some parts are taken.
const MOST_PACKETS: usize = 30_000;
/// Captures of others lie beside the project; they are no part of it.
const CORPUS: &str = "../../../shared/corpus/passive";

#[test]
fn captures_cut_behind_every_packet_show_nothing_that_is_not_in_them() {
    let (mut parts, mut established) = (0, 0);
    for (name, file) in captures() {
        let (tried, found) = cut(&name, &frames(&file));
        parts += tried;
        established += found;
    }
    assert!(parts > 1500 && established > 50, "{parts} {established}");
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn captures_of_others_cut_behind_their_packets_show_nothing_that_is_not_in_them() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join(CORPUS);
    if !corpus.is_dir() {
        eprintln!("SKIPPED: {} is not there", corpus.display());
        return;
    }
    let (mut captures, mut established) = (0, 0);
    walk(&corpus, &mut |path| {
        let file = std::fs::read(path).expect("a capture");
        established += cut(&path.display().to_string(), &frames(&file)).1;
        captures += 1;
    });
    assert!(captures > 200 && established > 100, "{captures} {established}");
}

fn walk(folder: &Path, each: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let extension = path.extension().and_then(OsStr::to_str);
        if path.is_dir() {
            walk(&path, each);
        } else if matches!(extension, Some("pcap" | "pcapng" | "gz")) {
            each(&path);
        }
    }
}

/// Cuts a capture wherever it can be cut within reason; gives how many parts there were, and how many connections were seen
/// established in the whole.
fn cut(name: &str, frames: &[Captured]) -> (usize, usize) {
    let whole = rows(frames);
    let step = (frames.len() * frames.len()).div_ceil(2 * MOST_PACKETS).max(1);
    let mut parts = 0;
    for end in (0..frames.len()).step_by(step) {
        parts += 1;
        for (of, established) in rows(&frames[..end]) {
            let then = whole.get(&of);
            assert!(
                !established || then == Some(&true),
                "{name} cut behind {end}: {of:?} is established, in the whole {then:?}"
            );
        }
    }
    (parts, whole.into_values().filter(|established| *established).count())
}

/// The connections of which there are rows, and whether each was established.
fn rows(frames: &[Captured]) -> BTreeMap<([std::net::SocketAddr; 2], i64), bool> {
    let mut watch = Watch::new(Settings::default());
    frames.iter().for_each(|frame| watch.frame(frame));
    let (desk, _) = watch.stop();
    desk.rows.into_iter().map(|Row { of, established }| (of, established)).collect()
}
