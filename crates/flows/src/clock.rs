//! The time of a capture, made to go forward.

use crate::listen::Time;

/// How far the capture has come, in beats of 2^16 µs (66 ms) since its first frame.
///
/// Frames may be a little out of order, which does not turn the clock back, and captures may be strung together in any order, so that
/// time goes far back: then it goes on from there, and nothing becomes younger than it was.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    anchor: Option<i64>,
    elapsed: u64,
    beat: u32,
}

impl Clock {
    /// Hears of a moment; whether it is not before an earlier one.
    #[inline]
    pub(crate) fn hear(&mut self, at: Time) -> bool {
        let anchor = *self.anchor.get_or_insert(at.0);
        let onward = at.0.saturating_sub(anchor);
        if onward <= 0 {
            if onward < -REORDERING_US {
                self.anchor = Some(at.0);
            }
            return onward == 0;
        }
        self.anchor = Some(at.0);
        self.elapsed = self.elapsed.saturating_add(onward.unsigned_abs());
        self.beat = u32::try_from(self.elapsed >> BEAT_BITS).unwrap_or(u32::MAX);
        true
    }

    /// The present beat. The last one, after 8.9 years, does not end.
    #[inline]
    pub(crate) fn beat(&self) -> u32 {
        self.beat
    }
}

/// So many milliseconds in beats, rounded up.
pub(crate) fn beats(milliseconds: u32) -> u32 {
    let beats = (u64::from(milliseconds) * 1000).div_ceil(1 << BEAT_BITS);
    u32::try_from(beats).unwrap_or(u32::MAX)
}

const BEAT_BITS: u32 = 16;

/// Frames of several queues of a card are interleaved wrongly by milliseconds; more is another capture.
const REORDERING_US: i64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_forward_only() {
        let mut clock = Clock::default();
        let second = 1_000_000;
        let cases = [
            (1_000 * second, true, 0),
            (1_010 * second, true, 10),
            // A little back: nothing.
            (1_010 * second - 5, false, 10),
            (1_011 * second, true, 11),
            // Far back: on from there.
            (7 * second, false, 11),
            (8 * second, true, 12),
            (i64::MIN, false, 12),
            (i64::MIN + second, true, 13),
        ];
        for (at, forward, seconds) in cases {
            assert_eq!(clock.hear(Time(at)), forward, "{at}");
            assert_eq!(clock.beat(), u32::try_from((seconds * second) >> 16).unwrap(), "{at}");
        }
        clock.hear(Time(i64::MAX));
        assert_eq!(clock.beat(), u32::MAX);
    }

    #[test]
    fn milliseconds_round_up() {
        for (milliseconds, expected) in
            [(0, 0), (1, 1), (66, 2), (1000, 16), (u32::MAX, 65_536_000)]
        {
            assert_eq!(beats(milliseconds), expected, "{milliseconds}");
        }
    }
}
