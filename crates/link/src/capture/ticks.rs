//! Times of pcapng: ticks of any length, from any start.

use super::format::Moment;

/// How the ticks of an interface become a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticks {
    a_second: u128,
    offset_seconds: i64,
}

/// The shortest tick with a power of ten that fits: any number of shorter ones is less than a nanosecond.
const MOST_DIGITS: u8 = 38;
const BINARY: u8 = 0x80;

impl Default for Ticks {
    /// Microseconds since the epoch.
    fn default() -> Self {
        Self { a_second: MICROSECONDS, offset_seconds: 0 }
    }
}

const MICROSECONDS: u128 = 1_000_000;
const NANOSECONDS: u128 = 1_000_000_000;

impl Ticks {
    /// As the option `if_tsresol` says: a negative power of ten, or of two with the highest bit.
    pub(super) fn resolution(&mut self, option: u8) {
        let exponent = u32::from(option & !BINARY);
        self.a_second = if option & BINARY == 0 {
            10_u128.pow(exponent.min(MOST_DIGITS.into()))
        } else {
            1_u128 << exponent
        };
    }

    /// As the option `if_tsoffset` says: seconds to be added.
    pub(super) fn offset(&mut self, seconds: i64) {
        self.offset_seconds = seconds;
    }

    /// The time of so many ticks; the latest or earliest that can be told, where it is beyond.
    pub(super) fn moment(&self, ticks: u64) -> Moment {
        let (microseconds, nanoseconds) = match self.a_second {
            // What nearly all captures have, without long division.
            MICROSECONDS => (i64::try_from(ticks).unwrap_or(i64::MAX), 0),
            NANOSECONDS => (i64::try_from(ticks / 1_000).unwrap_or(i64::MAX), ticks % 1_000),
            a_second => {
                // At most 2^64 times 2^30.
                let nanoseconds = u128::from(ticks) * NANOSECONDS / a_second;
                let microseconds = i64::try_from(nanoseconds / 1_000).unwrap_or(i64::MAX);
                (microseconds, u64::try_from(nanoseconds % 1_000).expect("less than 1,000"))
            }
        };
        Moment {
            microseconds: microseconds
                .saturating_add(self.offset_seconds.saturating_mul(1_000_000)),
            nanoseconds: u16::try_from(nanoseconds).expect("less than 1,000"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_any_length_become_times() {
        for (resolution, offset, ticks, expected) in [
            (6, 0, 1_234_567, (1_234_567, 0)),
            (9, 0, 1_234_567_891, (1_234_567, 891)),
            (0, 0, 7, (7_000_000, 0)),
            (3, -2, 7_001, (5_001_000, 0)),
            (7, 0, 12_345_678, (1_234_567, 800)),
            (12, 0, 1_234_567_891_999, (1_234_567, 891)),
            (0x8a, 1, 1_536, (2_500_000, 0)),
            (0x80 | 31, 0, 3 << 30, (1_500_000, 0)),
            (127, 0, u64::MAX, (0, 0)),
            (0xff, 0, u64::MAX, (0, 0)),
            (6, 0, u64::MAX, (i64::MAX, 0)),
            (9, i64::MAX, 0, (i64::MAX, 0)),
            (6, i64::MIN, 0, (i64::MIN, 0)),
            (0, 0, u64::MAX, (i64::MAX, 0)),
        ] {
            let mut clock = Ticks::default();
            clock.resolution(resolution);
            clock.offset(offset);
            let moment = clock.moment(ticks);
            let found = (moment.microseconds, moment.nanoseconds);
            assert_eq!(found, expected, "{ticks} ticks of {resolution:#x} and {offset} s");
        }
    }
}
