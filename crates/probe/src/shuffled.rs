//! A list of targets in an order that only its seed knows, and a part of it: kept line by line, put in order by arithmetic.

use std::io::BufRead;
use std::ops::Range;

use tlscensus_targets::Line;
use tlscensus_targets::LineParser;
use tlscensus_targets::Permutation;
use tlscensus_targets::Shard;
use tlscensus_targets::Target;

use crate::TargetList;

/// A whole list in memory, its targets numbered in the order of the list. A prefix is one line, however many targets it has.
pub struct ShuffledList {
    /// The lines' texts, one behind the other.
    texts: String,
    lines: Vec<Kept>,
    targets: u64,
}

/// Where the text of a line ends, and the number of its first target.
struct Kept {
    end: usize,
    first: u64,
}

/// Why a list cannot be shuffled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotShuffled {
    /// It has more lines than are kept.
    Lines,
    /// It has more targets than there is an order for.
    Targets,
}

impl std::fmt::Display for NotShuffled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lines => write!(
                f,
                "more than {} lines, which are kept in memory to shuffle them: cut the list in parts, or take it as listed",
                ShuffledList::MOST_LINES
            ),
            Self::Targets => write!(f, "more targets than can be put in order"),
        }
    }
}

impl std::error::Error for NotShuffled {}

impl ShuffledList {
    /// Lines of a list at most: short ones take half a GiB.
    pub const MOST_LINES: usize = 1 << 24;

    /// Reads a list to its end; what is wrong with it is reported as ever.
    ///
    /// # Errors
    /// [`NotShuffled`] when it is too long.
    pub fn read<R: BufRead>(list: &mut TargetList<R>) -> Result<Self, NotShuffled> {
        let mut read = Self { texts: String::new(), lines: Vec::new(), targets: 0 };
        while let Some(line) = list.next_line() {
            read.push(&line)?;
        }
        read.texts.shrink_to_fit();
        read.lines.shrink_to_fit();
        Ok(read)
    }

    fn push(&mut self, line: &Line) -> Result<(), NotShuffled> {
        match line {
            Line::Nothing => return Ok(()),
            Line::One(target) => self.texts.push_str(&target.text),
            Line::Prefix(prefix) => self.texts.push_str(&prefix.to_string()),
            Line::Range(first, last) => self.texts.push_str(&format!("{first}-{last}")),
        }
        if self.lines.len() >= Self::MOST_LINES {
            return Err(NotShuffled::Lines);
        }
        self.lines.push(Kept { end: self.texts.len(), first: self.targets });
        self.targets = self.targets.checked_add(line.len()).ok_or(NotShuffled::Targets)?;
        if self.targets > Permutation::MAX_SIZE { Err(NotShuffled::Targets) } else { Ok(()) }
    }

    /// How many targets it has.
    pub const fn targets(&self) -> u64 {
        self.targets
    }

    /// The targets of this part, in the order of this seed. All parts of one division together are the list.
    pub fn walk(self, seed: u64, shard: Shard) -> ShuffledWalk {
        let order = Permutation::new(self.targets, seed).expect("as many were let in");
        let positions = shard.positions(self.targets);
        ShuffledWalk { list: self, order, positions }
    }

    fn target(&self, number: u64) -> Option<Target> {
        let place = self.lines.partition_point(|line| line.first <= number).checked_sub(1)?;
        let begin = place.checked_sub(1).and_then(|before| self.lines.get(before));
        let kept = self.lines.get(place)?;
        let text = self.texts.get(begin.map_or(0, |line| line.end)..kept.end)?;
        let mut parser = LineParser::new();
        // Only a first line may be a header, and these are none.
        parser.line(b"").ok()?;
        parser.line(text.as_bytes()).ok()?.target(number - kept.first)
    }
}

/// The targets of one part of a list, in its order.
pub struct ShuffledWalk {
    list: ShuffledList,
    order: Permutation,
    positions: Range<u64>,
}

impl Iterator for ShuffledWalk {
    type Item = Target;

    fn next(&mut self) -> Option<Target> {
        let number = self.order.at(self.positions.next()?)?;
        let target = self.list.target(number);
        Some(target.expect("the text of a line that was read is read again"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(list: &str) -> ShuffledList {
        let mut list = TargetList::new(list.as_bytes(), |error| panic!("{error}"));
        ShuffledList::read(&mut list).expect("a short list")
    }

    fn walked(list: &str, seed: u64, shard: &str) -> Vec<String> {
        let shard = shard.parse().expect("a shard");
        read(list).walk(seed, shard).map(|target| target.text).collect()
    }

    const LIST: &str = "mail.example.net,192.0.2.1 # first\n192.0.2.0/29\n\n198.51.100.254-198.51.101.3\n[2001:db8::1]:25\nmail.example.net\n";

    #[test]
    fn it_has_the_targets_of_the_list_in_another_order() {
        let listed: Vec<_> = TargetList::new(LIST.as_bytes(), |error| panic!("{error}")).collect();
        let list = read(LIST);
        assert_eq!(list.targets(), 17);
        let numbered: Vec<_> = (0..17).filter_map(|number| list.target(number)).collect();
        assert_eq!(numbered, listed);
        let mut found: Vec<_> = list.walk(7, Shard::WHOLE).collect();
        assert_ne!(found, listed);
        let mut listed = listed;
        for list in [&mut found, &mut listed] {
            list.sort_by(|one, other| one.text.cmp(&other.text));
        }
        assert_eq!(found, listed);
        assert_eq!(walked(LIST, 7, "1/1"), walked(LIST, 7, "1/1"));
        assert_ne!(walked(LIST, 7, "1/1"), walked(LIST, 8, "1/1"));
    }

    #[test]
    fn lines_of_others_and_a_header_s_name_come_back_as_they_were() {
        let list = "saddr,sport\n192.0.2.1,25\n2001:db8::1,25\n";
        let mut found = walked(list, 0, "1/1");
        found.sort();
        assert_eq!(found, ["192.0.2.1:25", "[2001:db8::1]:25"]);
        assert_eq!(walked("# names\nsaddr\n", 0, "1/1"), ["saddr"]);
        assert_eq!(walked("# nothing\n", 0, "1/1"), [""; 0]);
    }

    #[test]
    fn a_prefix_of_all_addresses_takes_one_line() {
        let list = read("0.0.0.0/0\n::/108\n");
        assert_eq!((list.lines.len(), list.targets()), (2, (1 << 32) + (1 << 20)));
        assert_eq!(list.target(1 << 32).map(|target| target.text).as_deref(), Some("::"));
        assert_eq!(list.walk(1, "3/1000000".parse().expect("a shard")).count(), 4296);
    }

    proptest! {
        #[test]
        fn the_parts_of_a_list_are_the_list(seed: u64, of in 1_u32..30) {
            let mut parts: Vec<_> =
                (1..=of).flat_map(|number| walked(LIST, seed, &format!("{number}/{of}"))).collect();
            prop_assert_eq!(&parts, &walked(LIST, seed, "1/1"));
            parts.sort();
            let mut listed: Vec<_> =
                TargetList::new(LIST.as_bytes(), |error| panic!("{error}")).map(|target| target.text).collect();
            listed.sort();
            prop_assert_eq!(parts, listed);
        }
    }
}
