//! The table that people read, made of the kept lists.

use crate::matrix::kept::Line;

pub(crate) fn matrix(lists: &[Vec<Line>]) -> String {
    let mut out = String::new();
    for (list, entry) in lists.iter().zip(crate::matrix::peers::PEERS) {
        let count = |word: &str| list.iter().filter(|line| line.ending.starts_with(word)).count();
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            entry.letter,
            entry.title,
            list.len(),
            count("completed"),
            count("not served"),
            count("not completable"),
            count("FAILED")
        ));
    }
    out
}
