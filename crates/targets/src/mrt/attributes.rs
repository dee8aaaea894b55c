//! Where a route comes from, by its path attributes (RFC 4271, sections 4.3 and 5.1.2; RFC 6793).

use super::input::Input;

/// The origins that a route's attributes tell: the last system of the path, or all of them where the path ends in a set. Empty for
/// an empty path. `None` where the attributes do not fit together.
///
/// `wide` says whether numbers in AS_PATH have four bytes.
pub(super) fn origins(mut attributes: Input<'_>, wide: bool) -> Option<Vec<u32>> {
    let mut path = Vec::new();
    let mut wide_path = Vec::new();
    while !attributes.is_empty() {
        let (flags, kind) = (attributes.u8()?, attributes.u8()?);
        let length = if flags & EXTENDED_LENGTH == 0 {
            usize::from(attributes.u8()?)
        } else {
            usize::from(attributes.u16()?)
        };
        let value = attributes.take(length)?;
        match kind {
            AS_PATH => path = end(value, wide)?,
            AS4_PATH => wide_path = end(value, true)?,
            _ => {}
        }
    }
    // Who speaks two bytes only says AS_TRANS for what does not fit, and sends the numbers beside it.
    let stands_in = path.contains(&AS_TRANS) && !wide_path.is_empty();
    Some(if stands_in { wide_path } else { path })
}

/// The last segment that is not of a confederation (RFC 5065): its last system if it is a sequence, all if it is a set.
fn end(mut path: Input<'_>, wide: bool) -> Option<Vec<u32>> {
    let mut end = Vec::new();
    while !path.is_empty() {
        let (kind, count) = (path.u8()?, path.u8()?);
        let systems = (0..count).map(|_| path.system(wide)).collect::<Option<Vec<_>>>()?;
        match kind {
            AS_SET => end = systems,
            AS_SEQUENCE => end = systems.last().copied().into_iter().collect(),
            AS_CONFED_SEQUENCE | AS_CONFED_SET => {}
            _ => return None,
        }
    }
    Some(end)
}

/// A flag: the length has two bytes.
const EXTENDED_LENGTH: u8 = 0x10;
const AS_PATH: u8 = 2;
const AS4_PATH: u8 = 17;
const AS_SET: u8 = 1;
const AS_SEQUENCE: u8 = 2;
const AS_CONFED_SEQUENCE: u8 = 3;
const AS_CONFED_SET: u8 = 4;
/// Stands for a number that does not fit into two bytes (RFC 6793, section 9).
const AS_TRANS: u32 = 23_456;
