//! Reading an `expected.tsv`.

use std::fmt;

/// One row: what a test of some suite says of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedRow {
    /// Path of the capture, below the folder of the file.
    pub trace: String,
    /// The suite.
    pub origin: String,
    /// The suite's test.
    pub origin_test: String,
    /// What the capture shows, in words.
    pub what_it_shows: String,
    /// Keys and values in the order of the file.
    pub pairs: Vec<(String, String)>,
}

impl ExpectedRow {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// The class of the row, which is its first key.
    pub fn class(&self) -> &str {
        self.get("class").unwrap_or_default()
    }
}

/// A line that is no row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for Unreadable {}

/// The first line of the file.
const HEAD: &str = "trace\torigin\torigin_test\twhat_it_shows\texpected";

/// All rows of a file.
///
/// # Errors
/// At the first line that is no row.
pub fn rows(text: &str) -> Result<Vec<ExpectedRow>, Unreadable> {
    let mut lines = text.lines().enumerate();
    match lines.next() {
        Some((_, head)) if head == HEAD => {}
        _ => return Err(Unreadable { line: 1, reason: "not the head of such a file" }),
    }
    lines
        .map(|(place, line)| row(line).map_err(|reason| Unreadable { line: place + 1, reason }))
        .collect()
}

fn row(line: &str) -> Result<ExpectedRow, &'static str> {
    let cells: Vec<_> = line.split('\t').collect();
    let [trace, origin, origin_test, what_it_shows, expected] = cells[..] else {
        return Err("not five cells");
    };
    let pair = |text: &str| {
        let (key, value) = text.split_once('=').ok_or("a pair without an equals sign")?;
        Ok((key.to_owned(), value.to_owned()))
    };
    let pairs = expected.split(';').map(pair).collect::<Result<Vec<_>, _>>()?;
    if pairs.first().is_none_or(|(key, _)| key != "class") {
        return Err("the first key is not the class");
    }
    let [trace, origin, origin_test, what_it_shows] =
        [trace, origin, origin_test, what_it_shows].map(str::to_owned);
    Ok(ExpectedRow { trace, origin, origin_test, what_it_shows, pairs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_with_their_pairs_in_order() {
        let text = format!(
            "{HEAD}\na.pcap\tzeek\tt\tshows\tclass=tls;ssl.resp=::1:443;x509_1.subject=CN=a,C=b\n"
        );
        let rows = rows(&text).unwrap();
        assert_eq!(rows[0].class(), "tls");
        assert_eq!(rows[0].get("ssl.resp"), Some("::1:443"));
        assert_eq!(rows[0].get("x509_1.subject"), Some("CN=a,C=b"));
        assert_eq!(rows[0].get("absent"), None);
    }

    #[test]
    fn lines_that_are_no_rows_say_why() {
        for (line, reason) in [
            ("a\tb\tc\td", "not five cells"),
            ("a\tb\tc\td\tclass=x;y", "a pair without an equals sign"),
            ("a\tb\tc\td\tx=y", "the first key is not the class"),
        ] {
            let text = format!("{HEAD}\n{line}\n");
            assert_eq!(rows(&text).unwrap_err(), Unreadable { line: 2, reason }, "{line}");
        }
        assert_eq!(rows("else\n").unwrap_err().line, 1);
    }
}
