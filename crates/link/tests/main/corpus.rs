//! Captures made by others, each read to its end: as many packets as Wireshark's own reader counts.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use tlscensus_link::CaptureError;
use tlscensus_link::CaptureReader;
use tlscensus_link::Polled;

/// Beside the project; not part of it.
const CORPUS: &str = "../../../shared/corpus/passive";

/// Files with a record of an impossible length, and the packets before it: capinfos says the same of them, and counts none.
const DAMAGED: [(&str, u64); 2] = [
    ("bug-1450-04/tls_DER-incomplete-header.pcap", 6),
    ("bug-1450-05/tls_DER-incomplete-content.pcap", 6),
];

fn captures(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension().and_then(OsStr::to_str);
        if path.is_dir() {
            captures(&path, found);
        } else if matches!(extension, Some("pcap" | "pcapng" | "gz")) {
            found.push(path);
        }
    }
}

/// The number of packets of each file, by capinfos: `None` if it is not installed.
fn counted(paths: &[PathBuf]) -> Option<BTreeMap<PathBuf, u64>> {
    // -T table, -r no header, -M machine-readable, -c count.
    let output = Command::new("capinfos").args(["-TrMc"]).args(paths).output();
    let output = match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        other => other.unwrap(),
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter_map(|line| line.rsplit_once('\t'));
    Some(lines.map(|(path, count)| (path.into(), count.parse().unwrap())).collect())
}

fn read(path: &Path) -> (u64, Result<(), CaptureError>) {
    let mut reader = CaptureReader::open(path).unwrap();
    let end = loop {
        match reader.poll() {
            Ok(Polled::Packet(_)) => {}
            Ok(Polled::NotYet) => panic!("{}: a file is all there", path.display()),
            Ok(Polled::End) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    (reader.counts().packets, end)
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn every_capture_of_others_has_as_many_packets_as_capinfos_counts() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join(CORPUS);
    if !corpus.is_dir() {
        eprintln!("SKIPPED: {} is not there", corpus.display());
        return;
    }
    let mut paths = Vec::new();
    captures(&corpus, &mut paths);
    assert!(paths.len() > 200, "{}", paths.len());
    let counted = counted(&paths);
    if counted.is_none() {
        assert!(std::env::var_os("CI").is_none(), "CI must have capinfos");
        eprintln!("SKIPPED: capinfos is not installed, so nobody else has counted");
    }
    let mut wrong = Vec::new();
    for path in &paths {
        let (packets, end) = read(path);
        let theirs = counted.as_ref().map(|counted| counted.get(path).copied());
        let damaged = DAMAGED.iter().find(|(name, _)| path.ends_with(name));
        let is_right = match damaged {
            Some((_, before)) => {
                let is_found = matches!(end, Err(CaptureError::Malformed { .. }));
                is_found && packets == *before && theirs.is_none_or(|count| count.is_none())
            }
            None => end.is_ok() && theirs.is_none_or(|count| count == Some(packets)),
        };
        if !is_right {
            let path = path.display();
            wrong.push(format!("{path}: {packets} packets, {end:?}; capinfos: {theirs:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
