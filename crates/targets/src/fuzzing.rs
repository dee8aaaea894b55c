//! What must hold for any lists: bodies of fuzz targets, replayed by plain tests.

use crate::Blocklist;
use crate::Line;
use crate::LineParser;
use crate::Scope;
use crate::Target;

/// A fuzz target: its name and its body.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// The fuzz targets of this crate.
pub const TARGETS: &[FuzzTarget] = &[("targets_blocklist", blocklist), ("targets_list", list)];

/// Every line of a list is targets or an error, and the text of a target is a line that gives the same target.
pub fn list(data: &[u8]) {
    let mut parser = LineParser::new();
    for (number, line) in (1..).zip(data.split(|byte| *byte == b'\n')) {
        match parser.line(line) {
            Ok(line) => line.targets().take(MOST_OF_A_PREFIX).for_each(|target| check(&target)),
            Err(error) => assert_eq!(error.number, number),
        }
        assert_eq!(parser.number(), number);
    }
}

fn check(target: &Target) {
    assert!(target.name.is_some() || target.addr.is_some(), "{target:?}");
    let mut parser = LineParser::new();
    // The first line may be a header.
    assert_eq!(parser.line(b""), Ok(Line::Nothing));
    assert_eq!(parser.line(target.text.as_bytes()), Ok(Line::One(target.clone())));
}

/// Every line of a blocklist is an error, nothing, or a prefix whose first and last addresses are blocked from then on.
pub fn blocklist(data: &[u8]) {
    let mut blocklist = Blocklist::new(Scope::Internet);
    for (number, line) in (1..).zip(data.split(|byte| *byte == b'\n')) {
        let before = blocklist.listed();
        match blocklist.line(number, line) {
            Ok(()) if blocklist.listed() > before => {
                let entry = blocklist.latest().expect("one more");
                for addr in [entry.prefix.network(), entry.prefix.broadcast()] {
                    assert!(blocklist.check(addr).is_some(), "{entry} does not block {addr}");
                }
            }
            Ok(()) => {}
            Err(error) => assert_eq!(error.number, number),
        }
    }
}

/// Of a prefix of a million addresses the first ones will do.
const MOST_OF_A_PREFIX: usize = 4;

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_inputs_hold() {
        replay::all(TARGETS);
    }
}
