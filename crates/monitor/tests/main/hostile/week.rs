//! A week of sessions, a few at a time: on its last day no more is kept than on its first.

#![expect(clippy::as_conversions, reason = "numbers made here fit")]

use allocation_counter::measure;
use tlscensus_flows::Settings;
use tlscensus_flows::Timeouts;

use crate::storm::START;
use crate::storm::Sessions;
use crate::storm::Watch;

const DAY: i64 = 86_400_000_000;
/// Microseconds between two sessions: so many that tombstones, which stay for half an hour, are always some.
const APART: i64 = 60_000_000;

/// What a day came to.
#[derive(Debug)]
struct Day {
    /// The most that the table had, and held.
    flows: usize,
    held: usize,
    /// Bytes that stayed behind it.
    grown: i64,
    rows: usize,
}

#[test]
fn the_seventh_day_is_as_the_first() {
    let mut sessions = Sessions::new();
    let mut watch = Watch::new(Settings { count_to_end: true, ..Settings::default() });
    let days: Vec<Day> =
        (0..7).map(|day| play(&mut watch, &mut sessions, START + day * DAY)).collect();
    let a_day = usize::try_from(DAY / APART).expect("a small number");
    let half_open_and_dead = i64::from(Timeouts::default().tombstone_ms) * 1000 / APART + 3;
    for day in &days {
        assert_eq!(day.rows, a_day, "{days:?}");
        assert!(day.flows as i64 <= half_open_and_dead, "{days:?}");
        assert_eq!(day.held, 0, "{days:?}");
    }
    // What the first day made room for does for the others.
    assert!(days[1..].iter().all(|day| day.grown.abs() < 16 << 10), "{days:?}");
    let (desk, statistics) = watch.stop();
    assert_eq!((desk.done, desk.closed), (7 * a_day as u64, 7 * a_day as u64));
    assert_eq!(statistics.enough, desk.done);
}

fn play(watch: &mut Watch, sessions: &mut Sessions, begin: i64) -> Day {
    let mut day = Day { flows: 0, held: 0, grown: 0, rows: 0 };
    let allocated = measure(|| {
        for at in (begin..begin + DAY).step_by(usize::try_from(APART).expect("a small number")) {
            for packet in 0..sessions.length() {
                let at = at + i64::try_from(packet).expect("a small number") * 10_000;
                watch.packet(at, &sessions.next());
                day.flows = day.flows.max(watch.table.flows());
                day.held = day.held.max(watch.table.held());
            }
        }
        // Who watches hands rows on.
        let rows = std::mem::take(&mut watch.desk.rows);
        day.rows = rows.iter().filter(|row| row.established).count();
    });
    day.grown = allocated.bytes_current;
    day
}
