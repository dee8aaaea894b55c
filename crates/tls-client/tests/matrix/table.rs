//! The table that people read, made of the kept lists.

use crate::matrix::kept::Line;

const HEAD: &str = "\
# Completion matrix

Each cell is one version, suite, kind of certificate, group or size of a prime that a server of others says it can serve, met by this client
alone with that. The cells themselves, one a line with its ending, are in `testdata/matrix/`; both are written by
`TLSCENSUS_MATRIX=all TLSCENSUS_WRITE_MATRIX=1 cargo test -p tlscensus-tls-client matrix`. Facts of each cell are held against the server's own
words and against what `tshark` reads in the same bytes.

| | server | cells | completed | not served | not completable | failed |
|---|---|--:|--:|--:|--:|--:|
";

pub(crate) fn matrix(lists: &[Vec<Line>]) -> String {
    let mut out = HEAD.to_owned();
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
