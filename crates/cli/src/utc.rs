//! Moments in UTC, as the dataset counts and as people read them.

use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use time::OffsetDateTime;
use tlscensus_records::Timestamp;

/// Now, in microseconds since 1970.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Now, as `20261123T214500Z`: sorts by time, and is a file name everywhere.
pub(crate) fn compact_now() -> String {
    compact(OffsetDateTime::now_utc())
}

/// Today, as `2026-11-23`.
pub(crate) fn today() -> String {
    let at = OffsetDateTime::now_utc();
    format!("{:04}-{:02}-{:02}", at.year(), u8::from(at.month()), at.day())
}

fn compact(at: OffsetDateTime) -> String {
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_compactly() {
        assert_eq!(compact(OffsetDateTime::UNIX_EPOCH), "19700101T000000Z");
    }
}
