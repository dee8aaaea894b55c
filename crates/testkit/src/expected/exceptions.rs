//! Known disagreements, each with its reason: a file of `trace`, `key`, `reason`, separated by tabs.

use super::file::Unreadable;

/// The lines of an exceptions file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions(Vec<Exception>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exception {
    /// The capture.
    pub(super) trace: String,
    /// A key, or the beginning of several, with an asterisk behind it.
    pub(super) key: String,
    /// Why we say something else.
    pub(super) reason: String,
}

impl Exceptions {
    /// Reads a file; lines that are empty or begin with `#` are skipped.
    ///
    /// # Errors
    /// At the first line without three cells, or with an empty reason.
    pub fn read(text: &str) -> Result<Self, Unreadable> {
        let mut all = Vec::new();
        for (place, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let cells: Vec<_> = line.split('\t').collect();
            let [trace, key, reason] = cells[..] else {
                return Err(Unreadable { line: place + 1, reason: "not three cells" });
            };
            if reason.trim().is_empty() {
                return Err(Unreadable {
                    line: place + 1,
                    reason: "an exception without a reason",
                });
            }
            let [trace, key, reason] = [trace, key, reason].map(str::to_owned);
            all.push(Exception { trace, key, reason });
        }
        Ok(Self(all))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Exception> {
        self.0.iter()
    }
}

impl Exception {
    pub(super) fn is_about(&self, trace: &str, key: &str) -> bool {
        let same = match self.key.strip_suffix('*') {
            Some(front) => key.starts_with(front),
            None => key == self.key,
        };
        same && self.trace == trace
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_need_a_reason() {
        let good = Exceptions::read("# head\n\na.pcap\tssl1.*\tbecause\n").unwrap();
        let one = good.iter().next().unwrap();
        assert!(one.is_about("a.pcap", "ssl1.version") && !one.is_about("a.pcap", "ssl12.version"));
        assert!(!one.is_about("b.pcap", "ssl1.version"));
        for bad in ["a\tb", "a\tb\t ", "a\tb\tc\td"] {
            assert!(Exceptions::read(bad).is_err(), "{bad}");
        }
    }
}
