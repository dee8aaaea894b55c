//! Which entries are idle longest, and which too long: a wheel for each class of entries.
//!
//! An entry is filed by the beat of its last packet when it enters a class and not moved by each packet that follows: who takes it out,
//! looks at the beat it has by then and files it again. So a packet costs nothing here, and nothing ever looks at all entries.
//!
//! ```text
//!            cursor                       now
//!   | empty | [id ⇄ id ⇄ id] | … | [id] | [id ⇄ id] | empty |      64 buckets, the last beats of a class's time-out
//! ```

use crate::number::usize_from;

/// Kinds of entries that wait for different times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    HalfOpen,
    Established,
    /// Established, with a hole that is waited for.
    Waiting,
    Closing,
    Tombstone,
}

impl Class {
    pub(crate) const ALL: [Self; 5] =
        [Self::HalfOpen, Self::Established, Self::Waiting, Self::Closing, Self::Tombstone];

    const fn number(self) -> usize {
        match self {
            Self::HalfOpen => 0,
            Self::Established => 1,
            Self::Waiting => 2,
            Self::Closing => 3,
            Self::Tombstone => 4,
        }
    }
}

/// Wheels of all classes, over ids below 2^32 - 1.
#[derive(Debug)]
pub(crate) struct Calendar {
    wheels: [Wheel; 5],
    links: Vec<Link>,
}

/// Neighbours in a bucket.
#[derive(Clone, Copy, Debug)]
struct Link {
    previous: u32,
    next: u32,
    class: Option<Class>,
    bucket: u8,
}

#[derive(Clone, Copy, Debug)]
struct Wheel {
    /// Beats after which an entry is due.
    timeout: u32,
    /// Beats of one bucket.
    width: u32,
    /// Number of the oldest bucket, counted from the first beat.
    cursor: u32,
    /// A bit for each bucket that is not empty.
    occupied: u64,
    heads: [u32; BUCKETS],
    tails: [u32; BUCKETS],
    count: usize,
}

impl Calendar {
    /// With a time-out, in beats, for each class in the order of [`Class::ALL`].
    pub(crate) fn new(timeouts: [u32; 5]) -> Self {
        Self { wheels: timeouts.map(Wheel::new), links: Vec::new() }
    }

    /// Beats after which an entry of a class is due.
    pub(crate) fn timeout(&self, class: Class) -> u32 {
        self.wheel(class).timeout
    }

    /// Entries of a class.
    pub(crate) fn count(&self, class: Class) -> usize {
        self.wheel(class).count
    }

    /// Files an entry, which leaves the place where it was.
    pub(crate) fn file(&mut self, id: u32, class: Class, beat: u32) {
        self.remove(id);
        let at = usize_from(id);
        if self.links.len() <= at {
            self.links.resize(at + 1, Link::NONE);
        }
        let wheel = self.wheel_mut(class);
        let bucket = wheel.bucket(beat);
        let place = usize::from(bucket);
        let last = std::mem::replace(&mut wheel.tails[place], id);
        if last == NOBODY {
            wheel.heads[place] = id;
        }
        wheel.occupied |= 1 << bucket;
        wheel.count += 1;
        self.links[at] = Link { previous: last, next: NOBODY, class: Some(class), bucket };
        if last != NOBODY {
            self.links[usize_from(last)].next = id;
        }
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, id: u32) {
        let Some(link) = self.links.get_mut(usize_from(id)) else {
            return;
        };
        let Link { previous, next, class: Some(class), bucket } =
            std::mem::replace(link, Link::NONE)
        else {
            return;
        };
        let place = usize::from(bucket);
        match previous {
            NOBODY => self.wheel_mut(class).heads[place] = next,
            previous => self.links[usize_from(previous)].next = next,
        }
        match next {
            NOBODY => self.wheel_mut(class).tails[place] = previous,
            next => self.links[usize_from(next)].previous = previous,
        }
        let wheel = self.wheel_mut(class);
        wheel.count -= 1;
        if wheel.heads[place] == NOBODY {
            wheel.occupied &= !(1 << bucket);
        }
    }

    /// True where an entry is where it would be filed with this beat.
    pub(crate) fn is_filed(&self, id: u32, class: Class, beat: u32) -> bool {
        let bucket = self.wheel(class).bucket(beat);
        let link = self.links.get(usize_from(id));
        link.is_some_and(|link| link.class == Some(class) && link.bucket == bucket)
    }

    /// An entry of a class whose time may be up; it stays where it is, to be filed again or removed.
    pub(crate) fn due(&mut self, class: Class, now: u32) -> Option<u32> {
        self.wheel_mut(class).due(now)
    }

    /// The entry of a class that was filed with the smallest beat, to within a bucket.
    pub(crate) fn oldest(&self, class: Class) -> Option<u32> {
        let wheel = self.wheel(class);
        if wheel.count == 0 {
            return None;
        }
        let turned = wheel.occupied.rotate_right(wheel.cursor % BUCKETS_U32);
        let bucket = (wheel.cursor.wrapping_add(turned.trailing_zeros())) % BUCKETS_U32;
        wheel.heads.get(usize_from(bucket)).copied()
    }

    fn wheel(&self, class: Class) -> &Wheel {
        &self.wheels[class.number()]
    }

    fn wheel_mut(&mut self, class: Class) -> &mut Wheel {
        &mut self.wheels[class.number()]
    }
}

impl Link {
    const NONE: Self = Self { previous: NOBODY, next: NOBODY, class: None, bucket: 0 };
}

impl Wheel {
    fn new(timeout: u32) -> Self {
        Self {
            timeout,
            // Entries of a time-out and of a bucket to either side are there at once.
            width: timeout / (BUCKETS_U32 - 4) + 1,
            cursor: 0,
            occupied: 0,
            heads: [NOBODY; BUCKETS],
            tails: [NOBODY; BUCKETS],
            count: 0,
        }
    }

    /// The bucket of a beat; what is older than the oldest or newer than the newest goes there.
    fn bucket(&self, beat: u32) -> u8 {
        let last = self.cursor.saturating_add(BUCKETS_U32 - 1);
        let number = (beat / self.width).clamp(self.cursor, last);
        u8::try_from(number % BUCKETS_U32).unwrap_or(0)
    }

    fn due(&mut self, now: u32) -> Option<u32> {
        // The first bucket that holds a beat that is not due.
        let end = now.checked_sub(self.timeout)?.saturating_add(1) / self.width;
        // A jump of time, as between captures of different years, is not walked: whole turns leave everything in its place, and
        // all of it due.
        let ahead = end.saturating_sub(self.cursor).saturating_sub(BUCKETS_U32);
        self.cursor += ahead - ahead % BUCKETS_U32;
        while self.cursor < end {
            if self.count == 0 {
                self.cursor = end;
                break;
            }
            let head = self.heads[usize_from(self.cursor % BUCKETS_U32)];
            if head != NOBODY {
                return Some(head);
            }
            self.cursor += 1;
        }
        None
    }
}

/// Of each wheel: a bit each in a word, and a byte numbers them.
const BUCKETS: usize = 64;
const BUCKETS_U32: u32 = 64;

/// No entry.
const NOBODY: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUTS: [u32; 5] = [0, 60, 1000, 7, u32::MAX];

    #[test]
    fn entries_are_due_in_their_time_and_never_before() {
        for (class, timeout) in Class::ALL.into_iter().zip(TIMEOUTS).take(4) {
            let mut calendar = Calendar::new(TIMEOUTS);
            let mut last = vec![0; 100];
            let mut gone = Vec::new();
            for now in 0..3000_u32 {
                if now % 3 == 0 && now < 300 {
                    calendar.file(now / 3, class, now);
                    last[usize_from(now / 3)] = now;
                }
                // Some speak again, which moves nothing.
                if now % 7 == 0 && now < 500 {
                    last.iter_mut()
                        .step_by(2)
                        .filter(|last| **last > 0)
                        .for_each(|last| *last = now);
                }
                while let Some(id) = calendar.due(class, now) {
                    let seen = last[usize_from(id)];
                    if now - seen < timeout {
                        calendar.file(id, class, seen);
                        continue;
                    }
                    assert!(now <= seen + timeout + timeout / 30 + 3, "{id}: {now}, {seen}");
                    calendar.remove(id);
                    last[usize_from(id)] = 0;
                    gone.push(id);
                }
            }
            gone.sort_unstable();
            assert_eq!(gone, (0..100).collect::<Vec<_>>(), "{timeout}");
            assert_eq!((calendar.count(class), calendar.oldest(class)), (0, None));
        }
    }

    #[test]
    fn a_jump_of_years_costs_a_turn() {
        let mut calendar = Calendar::new(TIMEOUTS);
        let class = Class::Closing;
        for id in 0..200 {
            calendar.file(id, class, id / 4);
        }
        // One is not due yet when its bucket is: it waits for something that began meanwhile.
        let (now, young) = (u32::MAX, u32::MAX - 1);
        let mut looks = 0;
        while let Some(id) = calendar.due(class, now) {
            looks += 1;
            assert!(looks < 300, "{looks}");
            match id {
                77 => calendar.file(id, class, young),
                _ => calendar.remove(id),
            }
        }
        assert_eq!((calendar.count(class), calendar.oldest(class)), (1, Some(77)));
        assert!(calendar.is_filed(77, class, young));
    }

    #[test]
    fn the_oldest_is_found_wherever_the_wheel_stands() {
        let mut calendar = Calendar::new([100; 5]);
        let class = Class::Closing;
        for round in 0..20_u32 {
            let now = round * 37;
            while let Some(id) = calendar.due(class, now) {
                calendar.remove(id);
            }
            calendar.file(round, class, now);
            calendar.file(1000 + round, class, now + 2);
            let oldest = calendar.oldest(class).expect("some are there");
            assert!(now - oldest % 1000 * 37 <= 103, "{round}: {oldest}");
        }
    }

    #[test]
    fn an_entry_is_in_one_class_at_a_time() {
        let mut calendar = Calendar::new([10; 5]);
        for id in [3, 1, 2] {
            calendar.file(id, Class::HalfOpen, 5);
        }
        calendar.file(1, Class::Tombstone, 5);
        assert_eq!(calendar.count(Class::HalfOpen), 2);
        assert_eq!(calendar.oldest(Class::HalfOpen), Some(3));
        assert_eq!(calendar.oldest(Class::Tombstone), Some(1));
        assert!(
            calendar.is_filed(2, Class::HalfOpen, 5) && !calendar.is_filed(2, Class::HalfOpen, 6)
        );
        calendar.remove(3);
        calendar.remove(3);
        calendar.remove(77);
        assert_eq!(calendar.oldest(Class::HalfOpen), Some(2));
    }
}
