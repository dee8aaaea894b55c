//! What must hold for any bytes and any text: the body of a fuzz target, replayed by a plain test.

use crate::text;

/// A fuzz target: its name and its body.
pub type FuzzTarget = (&'static str, fn(&[u8]));

/// The fuzz targets of this crate.
pub const TARGETS: &[FuzzTarget] = &[("records_text", escaped)];

/// Any bytes are text that a terminal can bear and that gives the bytes again; text of whatever origin is read or refused.
pub fn escaped(data: &[u8]) {
    let escaped = text::escape(data);
    assert!(escaped.chars().all(|letter| !letter.is_control()), "{escaped:?}");
    assert_eq!(text::unescape(&escaped).as_deref(), Some(data));
    if let Ok(given) = std::str::from_utf8(data)
        && let Some(bytes) = text::unescape(given)
    {
        assert!(bytes.len() <= given.len(), "reading makes text longer");
        assert_eq!(text::unescape(&text::escape(&bytes)), Some(bytes));
    }
}

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
