//! A file that says how a discovery goes on: its rate, or that it stops.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use tlscensus_targets::Rate;

/// What the file says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    /// Go on at this rate.
    Rate(Rate),
    /// Stop in order.
    Stop,
}

/// The file.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    path: PathBuf,
    /// What was read last.
    text: String,
}

impl Control {
    /// What stands in the file now is old; there need not be one yet.
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), text: fs::read_to_string(path).unwrap_or_default() }
    }

    /// What is new in it: the last line that says something.
    ///
    /// # Errors
    /// For a line that says nothing known; what holds goes on to hold.
    pub(crate) fn look(&mut self) -> anyhow::Result<Option<Order>> {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        if text == self.text {
            return Ok(None);
        }
        self.text.clone_from(&text);
        let last =
            text.lines().map(str::trim).rfind(|line| !line.is_empty() && !line.starts_with('#'));
        last.map(order).transpose()
    }
}

fn order(line: &str) -> anyhow::Result<Order> {
    if line == "stop" {
        return Ok(Order::Stop);
    }
    let rate = line.strip_prefix("rate").map(|rate| rate.trim().parse());
    match rate {
        Some(Ok(rate)) => Ok(Order::Rate(rate)),
        Some(Err(error)) => Err(anyhow::anyhow!("{line:?}: {error}")),
        None => Err(anyhow::anyhow!("{line:?}: not known; write rate 5k, or stop")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_counts_and_each_text_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("control");
        let mut control = Control::new(&path);
        assert_eq!(control.look().expect("nothing"), None);
        fs::write(&path, "rate 5k\n# a comment\nrate 7\n").expect("a file");
        assert_eq!(control.look().expect("a rate"), Some(Order::Rate(Rate::Packets(7.0))));
        assert_eq!(control.look().expect("nothing new"), None);
        fs::write(&path, "rate fast\n").expect("a file");
        assert!(control.look().is_err());
        assert_eq!(control.look().expect("said once"), None);
        fs::write(&path, "stop").expect("a file");
        assert_eq!(control.look().expect("an order"), Some(Order::Stop));
    }
}
