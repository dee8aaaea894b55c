//! Reading `testdata/tls/*.tsv`, and telling the streams to an ear.

use std::collections::BTreeMap;
use std::path::Path;

use tlscensus_dissect::tls::Ear;
use tlscensus_tls_wire::observer::Side;

/// The segments of one connection, in the order of the capture.
#[derive(Default)]
pub(crate) struct Stream {
    pub(crate) segments: Vec<(Side, Vec<u8>)>,
}

impl Stream {
    /// Bytes of one side.
    pub(crate) fn length(&self, side: Side) -> usize {
        self.of(side).map(<[u8]>::len).sum()
    }

    /// Segments of one side.
    pub(crate) fn of(&self, side: Side) -> impl Iterator<Item = &[u8]> {
        self.segments.iter().filter(move |(from, _)| *from == side).map(|(_, bytes)| &**bytes)
    }

    /// Heard whole.
    pub(crate) fn heard(&self) -> Ear {
        let mut ear = Ear::new();
        for (side, bytes) in &self.segments {
            let _ = ear.hear(*side, bytes);
        }
        ear
    }

    /// Heard in pieces of this size.
    pub(crate) fn heard_in_pieces(&self, size: usize) -> Ear {
        let mut ear = Ear::new();
        for (side, bytes) in &self.segments {
            for piece in bytes.chunks(size) {
                let _ = ear.hear(*side, piece);
            }
        }
        ear
    }

    /// Heard with a split, a hole or an end at this place of a side's bytes.
    pub(crate) fn heard_cut(&self, side: Side, at: usize, cut: Cut) -> Ear {
        let mut ear = Ear::new();
        let mut offset = 0;
        for (from, bytes) in &self.segments {
            if *from != side {
                let _ = ear.hear(*from, bytes);
                continue;
            }
            let (start, end) = (offset, offset + bytes.len());
            offset = end;
            let hole = match cut {
                Cut::Split => at..at,
                Cut::Hole(length) => at..at + length,
                Cut::End => at..usize::MAX,
            };
            let head = &bytes[..hole.start.clamp(start, end) - start];
            let tail = &bytes[hole.end.clamp(start, end) - start..];
            let _ = ear.hear(*from, head);
            let missing = bytes.len() - head.len() - tail.len();
            if matches!(cut, Cut::Hole(_)) {
                let _ = ear.miss(*from, u64::try_from(missing).expect("short"));
            }
            let _ = ear.hear(*from, tail);
        }
        ear
    }
}

/// What happens at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    Split,
    Hole(usize),
    End,
}

/// Every stream by its name.
pub(crate) fn all() -> BTreeMap<String, Stream> {
    let mut streams = BTreeMap::<String, Stream>::new();
    for cells in rows("streams.tsv") {
        let side = if cells[1] == "C" { Side::Client } else { Side::Server };
        let stream = streams.entry(cells[0].clone()).or_default();
        stream.segments.push((side, bytes(&cells[2])));
    }
    assert!(streams.len() >= 25, "no stream got lost");
    streams
}

/// What others say of the streams: keys and values by name.
pub(crate) fn expected() -> BTreeMap<String, BTreeMap<String, String>> {
    let values = |cells: &[String]| {
        let pairs = cells[1].split(';').filter_map(|pair| pair.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    };
    rows("expected.tsv").map(|cells| (cells[0].clone(), values(&cells))).collect()
}

/// True for servers that answer with something else: HTTP, and nonsense.
pub(crate) fn is_other(name: &str) -> bool {
    name.contains("ssl-to-http-server") || name.contains("tls-1.2-protocol-error")
}

fn rows(file: &str) -> impl Iterator<Item = Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/tls").join(file);
    let text = std::fs::read_to_string(path).expect("readable");
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let lines = lines.into_iter().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').map(str::to_owned).collect())
}

/// Bytes out of hexadecimal.
pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}
