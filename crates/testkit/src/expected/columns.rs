//! Captures of our own making: a table of `trace`, `what_it_shows`, `expected`, with the columns of a row as keys.

use super::file::Unreadable;

/// One capture of our own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The file's name.
    pub trace: String,
    /// What it shows, in words.
    pub what_it_shows: String,
    /// Columns with their values as text: lists joined by commas, an empty value for an empty list.
    pub columns: Vec<(String, String)>,
}

/// The first line of the table.
const HEAD: &str = "trace\twhat_it_shows\texpected";

/// All captures of a table.
///
/// # Errors
/// At the first line that is none.
pub fn made(text: &str) -> Result<Vec<Made>, Unreadable> {
    let mut lines = text.lines().enumerate();
    match lines.next() {
        Some((_, HEAD)) => {}
        _ => return Err(Unreadable { line: 1, reason: "not the head of such a table" }),
    }
    lines
        .map(|(place, line)| one(line).map_err(|reason| Unreadable { line: place + 1, reason }))
        .collect()
}

fn one(line: &str) -> Result<Made, &'static str> {
    let cells: Vec<_> = line.split('\t').collect();
    let [trace, what_it_shows, expected] = cells[..] else {
        return Err("not three cells");
    };
    let pair = |text: &str| {
        let (column, value) = text.split_once('=').ok_or("a pair without an equals sign")?;
        Ok((column.to_owned(), value.to_owned()))
    };
    let columns = expected.split(';').map(pair).collect::<Result<Vec<_>, _>>()?;
    Ok(Made { trace: trace.to_owned(), what_it_shows: what_it_shows.to_owned(), columns })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_captures_with_columns() {
        let text = format!("{HEAD}\na.pcap\tshows\tvia=smtp;mechanisms_before=\n");
        let all = made(&text).unwrap();
        let columns = [("via", "smtp"), ("mechanisms_before", "")];
        assert_eq!(all[0].columns, columns.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(made(&format!("{HEAD}\na\tb\n")).unwrap_err().line, 2);
    }
}
