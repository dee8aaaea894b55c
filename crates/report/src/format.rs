//! The static list of output formats, and the trait behind which each lives.

use std::fmt;
use std::io;
use std::io::Write;

use crate::Csv;
use crate::Json;
use crate::Latex;
use crate::Markdown;
use crate::Table;
use crate::Text;

/// Writes tables in one format.
pub trait Render: Sync {
    /// Writes `table`.
    fn render(&self, table: &Table, out: &mut dyn Write) -> io::Result<()>;
}

/// Every format, the default first.
pub static FORMATS: [Format; 5] =
    [Format::TEXT, Format::MARKDOWN, Format::LATEX, Format::CSV, Format::JSON];

/// One output format.
#[derive(Clone, Copy)]
pub struct Format {
    word: &'static str,
    about: &'static str,
    renderer: &'static dyn Render,
}

impl Format {
    /// Aligned columns for people.
    pub const TEXT: Self = Self {
        word: "text",
        about: "aligned columns, counts with their shares",
        renderer: &Text { width: None, ascii: false },
    };
    /// A pipe table.
    pub const MARKDOWN: Self =
        Self { word: "md", about: "a Markdown pipe table", renderer: &Markdown };
    /// `booktabs` tables that fit their pages.
    pub const LATEX: Self = Self {
        word: "latex",
        about: "LaTeX tables (package booktabs; for large ones longtable and pdflscape)",
        renderer: &Latex,
    };
    /// RFC 4180.
    pub const CSV: Self = Self {
        word: "csv",
        about: "RFC 4180, numerators and denominators in columns of their own",
        renderer: &Csv,
    };
    /// Typed rows with a description of the columns.
    pub const JSON: Self = Self {
        word: "json",
        about: "typed rows and a description of the columns",
        renderer: &Json,
    };

    /// The format whose word this is.
    pub fn from_word(word: &str) -> Option<Self> {
        FORMATS.iter().find(|format| format.word == word).copied()
    }

    /// The word typed on the command line, which is also a good file extension but for LaTeX.
    pub const fn word(self) -> &'static str {
        self.word
    }

    /// One line of help.
    pub const fn about(self) -> &'static str {
        self.about
    }

    /// The renderer.
    pub fn renderer(self) -> &'static dyn Render {
        self.renderer
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl Eq for Format {}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Format").field(&self.word).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn words_are_distinct_and_found() {
        let words: BTreeSet<_> = FORMATS.iter().map(|format| format.word()).collect();
        assert_eq!(words.len(), FORMATS.len());
        for format in FORMATS {
            assert_eq!(Format::from_word(format.word()), Some(format));
            assert!(!format.about().is_empty());
        }
        assert_eq!(Format::from_word("html"), None);
    }
}
