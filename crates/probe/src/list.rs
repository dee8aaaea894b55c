//! A list of targets of any size, read line by line.

use std::collections::HashSet;
use std::hash::DefaultHasher;
use std::hash::Hash;
use std::hash::Hasher;
use std::io::BufRead;

use tlscensus_targets::Expansion;
use tlscensus_targets::Line;
use tlscensus_targets::LineError;
use tlscensus_targets::LineParser;
use tlscensus_targets::MAX_LINE;
use tlscensus_targets::Target;

/// Targets that are remembered to tell repeats: 16 million take about half a GiB. Of a longer list, targets behind
/// these are probed as often as they are listed.
const MAX_REMEMBERED: usize = 1 << 24;

/// Targets out of a file or a pipe. Bad lines are reported and passed over; when reading itself fails the list ends there
/// and says so.
pub struct TargetList<R> {
    reader: R,
    parser: LineParser,
    line: Vec<u8>,
    rest: Expansion,
    seen: HashSet<u128>,
    report: Box<dyn FnMut(ListError) + Send>,
    ended: bool,
}

/// What is wrong with a list.
#[derive(Debug)]
#[non_exhaustive]
pub enum ListError {
    /// One line of it.
    Line(LineError),
    /// A target that stood in the list before: it is passed over.
    Repeat {
        /// Its line.
        number: u64,
        /// The target.
        text: String,
    },
    /// It cannot be read any further.
    Read {
        /// How many lines were.
        after_line: u64,
        /// Why.
        error: std::io::Error,
    },
}

impl std::fmt::Display for ListError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(error) => error.fmt(f),
            Self::Repeat { number, text } => {
                write!(f, "line {number}: {text} stands in the list already; passed over")
            }
            Self::Read { after_line, error } => {
                write!(f, "the list of targets cannot be read after line {after_line}: {error}")
            }
        }
    }
}

impl std::error::Error for ListError {}

impl<R: BufRead> TargetList<R> {
    /// A list and whom to tell what is wrong with it.
    pub fn new(reader: R, report: impl FnMut(ListError) + Send + 'static) -> Self {
        Self {
            reader,
            parser: LineParser::new(),
            line: Vec::new(),
            rest: Line::Nothing.targets(),
            seen: HashSet::new(),
            report: Box::new(report),
            ended: false,
        }
    }

    /// The next line that has targets, all of them at once; `None` at the end of the list. For whoever takes lines and not targets.
    pub fn next_line(&mut self) -> Option<Line> {
        while !self.ended {
            match self.read_line() {
                Ok(true) => match self.parser.line(&self.line) {
                    Ok(Line::Nothing) => {}
                    Ok(Line::One(target)) if self.is_repeat(&target) => {
                        let number = self.parser.number();
                        (self.report)(ListError::Repeat { number, text: target.text });
                    }
                    Ok(line) => return Some(line),
                    Err(error) => (self.report)(ListError::Line(error)),
                },
                Ok(false) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    let after_line = self.parser.number();
                    (self.report)(ListError::Read { after_line, error });
                }
            }
        }
        None
    }

    /// Whether this target was there before. Only single targets are remembered: a prefix repeats nothing by itself.
    fn is_repeat(&mut self, target: &Target) -> bool {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, &target.name, target.addr, target.port).hash(&mut hasher);
            u128::from(hasher.finish())
        };
        let name = half(0) << 64 | half(1);
        if self.seen.len() >= MAX_REMEMBERED {
            return self.seen.contains(&name);
        }
        !self.seen.insert(name)
    }

    /// Reads the next line into `self.line`; what is longer than any target may be is read and cut.
    fn read_line(&mut self) -> std::io::Result<bool> {
        self.line.clear();
        let mut any = false;
        loop {
            let buffer = match self.reader.fill_buf() {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if buffer.is_empty() {
                return Ok(any);
            }
            any = true;
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(buffer.len(), |end| end + 1);
            let room = (MAX_LINE + 1).saturating_sub(self.line.len());
            self.line.extend(buffer.iter().take(taken.min(room)));
            self.reader.consume(taken);
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}

impl<R: BufRead> Iterator for TargetList<R> {
    type Item = Target;

    fn next(&mut self) -> Option<Target> {
        loop {
            if let Some(target) = self.rest.next() {
                return Some(target);
            }
            self.rest = self.next_line()?.targets();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::Mutex;

    use super::*;

    fn read(list: &[u8], capacity: usize) -> (Vec<String>, Vec<String>) {
        let bad = Arc::new(Mutex::new(Vec::new()));
        let heard = bad.clone();
        let reader = std::io::BufReader::with_capacity(capacity, list);
        let targets = TargetList::new(reader, move |error| {
            heard.lock().expect("alone").push(error.to_string());
        });
        let texts = targets.map(|target| target.text).collect();
        let bad = bad.lock().expect("alone").clone();
        (texts, bad)
    }

    #[test]
    fn a_repeated_target_is_passed_over_and_said() {
        let list = b"127.0.0.1\n127.0.0.1:25\n127.0.0.1 # again\na.example,127.0.0.1\na.example,127.0.0.1\n";
        let (targets, said) = read(list, 8192);
        assert_eq!(targets, ["127.0.0.1", "127.0.0.1:25", "a.example,127.0.0.1"]);
        assert_eq!(
            said,
            [
                "line 3: 127.0.0.1 stands in the list already; passed over",
                "line 5: a.example,127.0.0.1 stands in the list already; passed over",
            ]
        );
    }

    #[test]
    fn bad_lines_are_reported_and_the_rest_is_read() {
        let mut list = b"127.0.0.1\r\nno,no\n\n# x\n127.0.1.0/31\n".to_vec();
        list.extend(vec![b'x'; 100_000]);
        list.extend(b"\n127.0.0.2:25 # last, without an end");
        for capacity in [1, 7, 8192] {
            let (targets, bad) = read(&list, capacity);
            assert_eq!(targets, ["127.0.0.1", "127.0.1.0", "127.0.1.1", "127.0.0.2:25"]);
            assert_eq!(bad.len(), 2);
            assert!(bad[0].starts_with("line 2: \"no,no\": not an address"), "{}", bad[0]);
            assert!(bad[1].starts_with("line 6: "), "{}", bad[1]);
        }
    }

    #[test]
    fn a_reader_that_fails_ends_the_list_and_says_so() {
        struct Broken;
        impl std::io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("gone"))
            }
        }
        let bad = Arc::new(Mutex::new(Vec::new()));
        let heard = bad.clone();
        let reader = std::io::BufReader::new(Broken);
        let list = TargetList::new(reader, move |error| {
            heard.lock().expect("alone").push(error.to_string());
        });
        assert_eq!(list.count(), 0);
        assert_eq!(
            *bad.lock().expect("alone"),
            ["the list of targets cannot be read after line 0: gone"]
        );
    }
}
