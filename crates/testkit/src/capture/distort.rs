//! What happens to segments between a connection and a capture of it: each function takes a list and gives it changed.
//!
//! Times are those of a capture: where order changes, the segments change places and the times stay in order.

use super::chance::Chance;
use super::segment::Flags;
use super::segment::Segment;
use super::segment::Side;

/// Without the segments at these places.
pub fn drop_at(segments: Vec<Segment>, places: &[usize]) -> Vec<Segment> {
    let kept = segments.into_iter().enumerate().filter(|(place, _)| !places.contains(place));
    kept.map(|(_, segment)| segment).collect()
}

/// Without the segments of which this is true.
pub fn drop_where(segments: Vec<Segment>, gone: impl Fn(&Segment) -> bool) -> Vec<Segment> {
    segments.into_iter().filter(|segment| !gone(segment)).collect()
}

/// Each segment is lost that often in a thousand times.
pub fn drop_some(segments: Vec<Segment>, permille: u64, seed: u64) -> Vec<Segment> {
    let mut chance = Chance::new(seed);
    segments.into_iter().filter(|_| !chance.permille(permille)).collect()
}

/// Only what this side sent.
pub fn one_side(segments: Vec<Segment>, side: Side) -> Vec<Segment> {
    segments.into_iter().filter(|segment| segment.side == side).collect()
}

/// The capture begins that many segments into the connection.
pub fn cut_start(segments: Vec<Segment>, first: usize) -> Vec<Segment> {
    segments.into_iter().skip(first).collect()
}

/// The capture ends behind that many segments.
pub fn cut_end(mut segments: Vec<Segment>, behind: usize) -> Vec<Segment> {
    segments.truncate(behind);
    segments
}

/// That many bytes from an offset of a side's stream are not in the capture: segments are cut where it begins and ends.
pub fn gap(segments: Vec<Segment>, side: Side, offset: u32, length: u32) -> Vec<Segment> {
    let base = stream_start(&segments, side);
    let hole = offset..offset + length;
    let mut left = Vec::new();
    for segment in segments {
        if segment.side != side || segment.payload.is_empty() || segment.flags.has(Flags::SYN) {
            left.push(segment);
            continue;
        }
        let start = segment.sequence.wrapping_sub(base);
        let end = start + segment.length() - u32::from(segment.flags.has(Flags::FIN));
        if end <= hole.start || start >= hole.end {
            left.push(segment);
            continue;
        }
        if start < hole.start {
            left.push(part(&segment, 0, hole.start - start));
        }
        if end > hole.end {
            left.push(part(&segment, hole.end - start, end - hole.end));
        }
    }
    left
}

/// Each segment comes again right away that often in a thousand times.
pub fn duplicate_some(segments: Vec<Segment>, permille: u64, seed: u64) -> Vec<Segment> {
    let mut chance = Chance::new(seed);
    let mut more = Vec::with_capacity(segments.len());
    for segment in segments {
        let again = chance.permille(permille).then(|| segment.clone());
        more.push(segment);
        more.extend(again);
    }
    more
}

/// The segment at a place comes that many places later.
///
/// # Panics
/// If there is none.
pub fn delay(mut segments: Vec<Segment>, place: usize, later: usize) -> Vec<Segment> {
    let times: Vec<_> = segments.iter().map(|segment| segment.at).collect();
    let moved = segments.remove(place);
    segments.insert((place + later).min(segments.len()), moved);
    keep_times(segments, &times)
}

/// Segments change places with others at most that far away.
pub fn shuffle(mut segments: Vec<Segment>, reach: usize, seed: u64) -> Vec<Segment> {
    let times: Vec<_> = segments.iter().map(|segment| segment.at).collect();
    let mut chance = Chance::new(seed);
    for place in 0..segments.len() {
        let other = (place + chance.place(reach + 1)).min(segments.len() - 1);
        segments.swap(place, other);
    }
    keep_times(segments, &times)
}

/// Every segment with payload is captured behind the first one of the other side that acknowledges it.
pub fn data_behind_its_ack(mut segments: Vec<Segment>) -> Vec<Segment> {
    let times: Vec<_> = segments.iter().map(|segment| segment.at).collect();
    let mut place = 0;
    while place < segments.len() {
        let told = &segments[place];
        let end = told.sequence.wrapping_add(told.length());
        let answered = |later: &Segment| {
            later.side != told.side
                && later.flags.has(Flags::ACK)
                && later.acknowledgement.wrapping_sub(end) < HALF
        };
        let is_data = !told.payload.is_empty() && !told.flags.has(Flags::SYN);
        let ack = segments[place + 1..].iter().position(answered);
        match ack.filter(|_| is_data) {
            // What was held back already stays behind the same acknowledgement, in its order.
            Some(ahead) if segments[place + 1 + ahead].payload.is_empty() => {
                let acknowledging = segments.remove(place + 1 + ahead);
                segments.insert(place, acknowledging);
                place += ahead + 2;
            }
            _ => place += 1,
        }
    }
    keep_times(segments, &times)
}

/// The segment at a place comes again at once, with other bytes: every one of them is changed.
///
/// # Panics
/// If there is none.
pub fn contradict(mut segments: Vec<Segment>, place: usize) -> Vec<Segment> {
    let mut other = segments[place].clone();
    other.at += 1;
    for byte in &mut other.payload {
        *byte ^= 0xff;
    }
    segments.insert(place + 1, other);
    segments
}

/// Behind the segment at a place comes one that repeats its last bytes, as they were or changed, and all of its follower.
///
/// # Panics
/// If there is none, or no later one of the same side with payload.
pub fn overlap(
    mut segments: Vec<Segment>,
    place: usize,
    bytes: usize,
    changed: bool,
) -> Vec<Segment> {
    let first = segments[place].clone();
    let tail = &first.payload[first.payload.len() - bytes..];
    let mut repeated: Vec<u8> =
        tail.iter().map(|byte| if changed { byte ^ 0xff } else { *byte }).collect();
    let next = segments[place + 1..]
        .iter_mut()
        .find(|later| later.side == first.side && !later.payload.is_empty())
        .expect("a later segment of this side");
    repeated.extend(&next.payload);
    let back = u32::try_from(bytes).expect("less than 4 GiB");
    next.sequence = next.sequence.wrapping_sub(back);
    next.payload = repeated;
    segments
}

/// A side's FIN comes with its last words and not behind them.
///
/// # Panics
/// If it says nothing, or does not close.
pub fn finish_with_data(mut segments: Vec<Segment>, side: Side) -> Vec<Segment> {
    let of_side = |one: &Segment| one.side == side;
    let bare = segments.iter().position(|one| of_side(one) && one.flags.has(Flags::FIN));
    segments.remove(bare.expect("a FIN"));
    let last = segments.iter_mut().rfind(|one| of_side(one) && !one.payload.is_empty());
    let last = last.expect("some words");
    last.flags = last.flags.and(Flags::FIN);
    segments
}

const HALF: u32 = 1 << 31;

/// Sequence number of the first byte of a side's stream.
fn stream_start(segments: &[Segment], side: Side) -> u32 {
    let of_side = segments.iter().find(|segment| segment.side == side);
    of_side.map_or(0, |first| first.sequence.wrapping_add(u32::from(first.flags.has(Flags::SYN))))
}

fn part(segment: &Segment, offset: u32, length: u32) -> Segment {
    let from = usize::try_from(offset).expect("within a segment");
    let to = from + usize::try_from(length).expect("within a segment");
    let mut part = segment.clone();
    part.sequence = segment.sequence.wrapping_add(offset);
    part.payload = segment.payload[from..to].to_vec();
    if to < segment.payload.len() {
        part.flags = Flags(part.flags.0 & !Flags::FIN.0);
    }
    part
}

fn keep_times(mut segments: Vec<Segment>, times: &[i64]) -> Vec<Segment> {
    for (segment, at) in segments.iter_mut().zip(times) {
        segment.at = *at;
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Conversation;

    fn told() -> Vec<Segment> {
        let [client, server] =
            ["192.0.2.1:40000", "192.0.2.2:25"].map(|text| text.parse().unwrap());
        Conversation::new(client, server).mss(4).client("abcdefghij").server("klmnop").segments()
    }

    /// Offset and bytes of every segment of a side that has some.
    fn payloads(segments: &[Segment], side: Side) -> Vec<(u32, String)> {
        let of_side = segments.iter().filter(|one| one.side == side && !one.payload.is_empty());
        of_side
            .map(|one| {
                let base = if side == Side::Client { 0x1000_0001 } else { 0x2000_0001 };
                let text = one
                    .payload
                    .iter()
                    .map(|byte| if byte.is_ascii() { char::from(*byte) } else { '~' });
                (one.sequence.wrapping_sub(base), text.collect())
            })
            .collect()
    }

    fn expect(pairs: &[(u32, &str)]) -> Vec<(u32, String)> {
        pairs.iter().map(|(offset, text)| (*offset, (*text).to_owned())).collect()
    }

    #[test]
    fn a_gap_takes_these_bytes_of_one_side_and_no_others() {
        let left = gap(told(), Side::Client, 2, 7);
        assert_eq!(payloads(&left, Side::Client), expect(&[(0, "ab"), (9, "j")]));
        assert_eq!(payloads(&left, Side::Server), expect(&[(0, "klmn"), (4, "op")]));
        let inside = gap(told(), Side::Server, 1, 2);
        assert_eq!(payloads(&inside, Side::Server), expect(&[(0, "k"), (3, "n"), (4, "op")]));
    }

    #[test]
    fn what_is_repeated_may_say_something_else() {
        let contradicted = contradict(told(), 3);
        let client = payloads(&contradicted, Side::Client);
        assert_eq!(client[..2], expect(&[(0, "abcd"), (0, "~~~~")])[..]);
        let overlapping = payloads(&overlap(told(), 3, 2, true), Side::Client);
        assert_eq!(overlapping, expect(&[(0, "abcd"), (2, "~~efgh"), (8, "ij")]));
        let agreeing = payloads(&overlap(told(), 3, 2, false), Side::Client);
        assert_eq!(agreeing[1], (2, "cdefgh".to_owned()));
    }

    #[test]
    fn order_changes_and_times_do_not() {
        let plain = told();
        for changed in [shuffle(told(), 3, 1), delay(told(), 3, 2), data_behind_its_ack(told())] {
            assert_ne!(changed, plain);
            assert!(changed.iter().map(|one| one.at).eq(plain.iter().map(|one| one.at)));
            let mut sorted: Vec<_> =
                changed.iter().map(|one| (one.sequence, one.payload.clone())).collect();
            let mut before: Vec<_> =
                plain.iter().map(|one| (one.sequence, one.payload.clone())).collect();
            sorted.sort();
            before.sort();
            assert_eq!(sorted, before);
        }
        assert_eq!(shuffle(told(), 3, 1), shuffle(told(), 3, 1));
    }

    #[test]
    fn data_stands_behind_what_acknowledges_it() {
        let late = data_behind_its_ack(told());
        let first_data = late.iter().position(|one| one.payload == b"abcd").unwrap();
        let acked = late
            .iter()
            .position(|one| one.side == Side::Server && one.acknowledgement == 0x1000_000b);
        assert!(acked.unwrap() < first_data, "{late:#?}");
    }

    #[test]
    fn a_fin_may_come_with_the_last_words() {
        let segments = finish_with_data(told(), Side::Client);
        assert_eq!(segments.len(), told().len() - 1);
        let closing: Vec<_> = segments
            .iter()
            .filter(|one| one.side == Side::Client && one.flags.has(Flags::FIN))
            .map(|one| one.payload.as_slice())
            .collect();
        assert_eq!(closing, [b"ij"]);
    }

    #[test]
    fn losses_and_cuts_leave_the_rest() {
        let count = told().len();
        assert_eq!(drop_at(told(), &[0, 1]).len(), count - 2);
        assert_eq!(cut_start(told(), 3).len(), count - 3);
        assert_eq!(cut_end(told(), 3).len(), 3);
        assert!(one_side(told(), Side::Client).iter().all(|one| one.side == Side::Client));
        assert_eq!(drop_where(told(), |one| one.payload.is_empty()).len(), 5);
        assert_eq!(drop_some(told(), 1000, 1).len(), 0);
        assert_eq!(duplicate_some(told(), 1000, 1).len(), 2 * count);
    }
}
