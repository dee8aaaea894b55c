//! Replays the inputs that searches kept: part of the tests of every crate that has fuzz targets.

use std::path::Path;

/// A fuzz target: its name and its body.
type FuzzTarget = (&'static str, fn(&[u8]));

/// Runs each target's body on its kept inputs (`fuzz/run --keep`). A target without any fails.
pub(crate) fn all(targets: &[FuzzTarget]) {
    for (target, body) in targets {
        let kept = inputs(target);
        assert!(kept.len() >= FEWEST, "{target}: only {} inputs are kept", kept.len());
        kept.iter().for_each(|input| body(input));
    }
}

/// The inputs kept of a target, one a line in hexadecimal.
fn inputs(target: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/testdata");
    let path = path.join(format!("{target}.hex"));
    let text = std::fs::read_to_string(&path);
    let text = text.unwrap_or_else(|error| panic!("{target}: {}: {error}", path.display()));
    text.lines().map(bytes).collect()
}

/// The bytes of a line of hexadecimal.
fn bytes(line: &str) -> Vec<u8> {
    let digits = (0..line.len()).step_by(2);
    let byte = |at: usize| u8::from_str_radix(&line[at..at + 2], 16).expect("hexadecimal");
    digits.map(byte).collect()
}

/// Fewer are no search's result.
const FEWEST: usize = 10;
