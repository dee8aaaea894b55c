//! The comment that heads every `.sql` file: its title, and what its columns mean.
//!
//! ```text
//! -- T01 · Title
//! --
//! -- Question: One sentence, possibly
//! -- on several lines.
//! --
//! -- Columns:
//! --   NAME : kind : Heading : meaning          kinds: word, text, number, count, share
//! --
//! -- Totals: 1
//! -- Short: NAME, NAME                       columns of the short form
//! -- Short note: One line                    what is to be said of the short form
//! --
//! -- Notes:
//! --   One note a line.
//! ```

/// The head of a file, split into its parts but not interpreted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The first line.
    pub(crate) title: String,
    /// The question, on one line.
    pub(crate) question: String,
    /// The columns, each in its fields.
    pub(crate) columns: Vec<Vec<String>>,
    /// How many of the last rows are totals.
    pub(crate) totals: usize,
    /// The columns of the short form; none: all of them.
    pub(crate) short: Vec<String>,
    /// What is to be said of the short form; empty: nothing.
    pub(crate) short_note: String,
    /// The notes.
    pub(crate) notes: Vec<String>,
}

impl Head {
    /// Reads the comment lines at the top of `sql`.
    pub(crate) fn read(sql: &str) -> Self {
        let mut head = Self::default();
        let mut section = Section::Title;
        for line in sql.lines().map_while(|line| line.strip_prefix("--")) {
            let text = line.trim();
            if text.is_empty() {
                section = Section::None;
            } else if let Some(question) = text.strip_prefix("Question: ") {
                section = Section::Question;
                question.clone_into(&mut head.question);
            } else if text == "Columns:" {
                section = Section::Columns;
            } else if let Some(totals) = text.strip_prefix("Totals: ") {
                head.totals = totals.parse().unwrap_or_default();
            } else if let Some(note) = text.strip_prefix("Short note: ") {
                note.clone_into(&mut head.short_note);
            } else if let Some(names) = text.strip_prefix("Short: ") {
                head.short = names.split(", ").map(str::to_owned).collect();
            } else if text == "Notes:" {
                section = Section::Notes;
            } else {
                head.push(section, text);
            }
        }
        head
    }

    fn push(&mut self, section: Section, text: &str) {
        match section {
            Section::Title => text.clone_into(&mut self.title),
            Section::Question => {
                self.question.push(' ');
                self.question.push_str(text);
            }
            Section::Columns => {
                self.columns.push(text.splitn(4, " : ").map(str::to_owned).collect());
            }
            Section::Notes => self.notes.push(text.to_owned()),
            Section::None => {}
        }
    }
}

#[derive(Clone, Copy)]
enum Section {
    Title,
    Question,
    Columns,
    Notes,
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_split_into_its_parts() {
        let head = Head::read(
            "-- T00 · A title\n--\n-- Question: One,\n-- two?\n--\n-- Columns:\n--   a : count : A : what: it is\n\
             --\n-- Totals: 1\n-- Short: a, b\n-- Short note: Some.\n--\n-- Notes:\n--   Mind the gap.\n\nSELECT 1 -- Notes:\n",
        );
        let expected = Head {
            title: "T00 · A title".to_owned(),
            question: "One, two?".to_owned(),
            columns: vec![["a", "count", "A", "what: it is"].map(str::to_owned).to_vec()],
            totals: 1,
            short: ["a", "b"].map(str::to_owned).to_vec(),
            short_note: "Some.".to_owned(),
            notes: vec!["Mind the gap.".to_owned()],
        };
        assert_eq!(head, expected);
    }
}
