//! Small words about lines, shared by both readings.

use tlscensus_dialog::find;
use tlscensus_dialog::first_line;

/// The lines of a side's first bytes, without their ends; what was begun behind them is one too, if nothing more comes.
#[derive(Clone, Debug)]
pub(super) struct Lines<'a> {
    whole: &'a [u8],
    /// Lines of those that are looked at.
    left: usize,
    begun: &'a [u8],
}

impl<'a> Lines<'a> {
    /// The lines of these bytes.
    pub(super) fn of(bytes: &'a [u8], last: bool) -> Self {
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (whole, rest) = bytes.split_at(end);
        let begun = if last && is_text(rest) { rest } else { b"" };
        Self { whole, left: MAX_LINES, begun }
    }

    /// There are none.
    pub(super) fn is_empty(&self) -> bool {
        (self.left == 0 || self.whole.is_empty()) && self.begun.is_empty()
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.left == 0 || self.whole.is_empty() {
            self.whole = b"";
            return Some(std::mem::take(&mut self.begun)).filter(|line| !line.is_empty());
        }
        self.left -= 1;
        let end = find(self.whole, b'\n');
        let (line, behind) = self.whole.split_at(end.map_or(self.whole.len(), |at| at + 1));
        self.whole = behind;
        Some(line.trim_ascii_end())
    }
}

/// Words between runs of spaces and tabs.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty()).take(MAX_WORDS)
}

/// The first word, empty where there is none.
pub(super) fn first_word(line: &[u8]) -> &[u8] {
    words(line).next().unwrap_or_default()
}

/// The words of a line at once.
pub(super) struct Words<'a> {
    words: [&'a [u8]; MAX_WORDS],
    count: usize,
}

impl<'a> Words<'a> {
    /// The words of this line.
    pub(super) fn of(line: &'a [u8]) -> Self {
        let mut found = Self { words: [b""; MAX_WORDS], count: 0 };
        for (place, word) in found.words.iter_mut().zip(words(line)) {
            *place = word;
            found.count += 1;
        }
        found
    }

    /// All of them.
    pub(super) fn all(&self) -> &[&'a [u8]] {
        self.words.get(..self.count).unwrap_or_default()
    }
}

/// A word in capital letters, to be looked up among known ones; one that is longer than any of those is cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capitals {
    letters: [u8; LONGEST],
    length: usize,
}

impl Capitals {
    /// Those of this word.
    pub(super) fn of(word: &[u8]) -> Self {
        let mut letters = [0; LONGEST];
        for (capital, letter) in letters.iter_mut().zip(word) {
            *capital = letter.to_ascii_uppercase();
        }
        Self { letters, length: word.len().min(LONGEST) }
    }

    /// The letters.
    pub(super) fn letters(&self) -> &[u8] {
        self.letters.get(..self.length).unwrap_or_default()
    }
}

/// Whether a word is one of these, whatever its case.
pub(super) fn is_one_of(word: &[u8], of: &[&[u8]]) -> bool {
    of.iter().any(|one| word.eq_ignore_ascii_case(one))
}

/// Starts with, whatever the case.
pub(super) fn starts_with(bytes: &[u8], start: &[u8]) -> bool {
    bytes.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// As the first line of a protocol in lines begins: printable, but for some slips behind the first byte. UTF-8 goes through, and
/// the marks of IRC's formats and CTCP.
///
/// What is no text is none with more behind it.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    let is_printable = |byte: &u8| {
        *byte >= 0x20
            || matches!(byte, b'\t' | b'\r' | b'\n')
            || matches!(byte, 0x01..=0x04 | 0x0f | 0x11 | 0x16 | 0x1d..=0x1f)
    };
    let slips = bytes.iter().take(LOOK).filter(|byte| !is_printable(byte)).count();
    bytes.first().is_none_or(is_printable) && slips <= MOST_SLIPS
}

/// Whether the first line of these bytes is text.
pub(super) fn opens_as_text(bytes: &[u8]) -> bool {
    let start = bytes.get(..LOOK).unwrap_or(bytes);
    is_text(first_line(start))
}

/// Bytes of a line that are looked at for text: what has no lines shows in so many, and banners come in colours behind them.
const LOOK: usize = 16;
/// One NUL in a banner is met (`nul-bytes.txt` and `bare-lf-and-nul.txt` of the dialogues' transcripts); what has no lines has
/// more of the kind.
const MOST_SLIPS: usize = 3;

/// Lines that are looked at.
const MAX_LINES: usize = 64;

/// Words of a line that are looked at: IRC's USER has four.
const MAX_WORDS: usize = 8;

/// Letters of a word that are looked at: more than the longest known one has.
const LONGEST: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_and_one_that_was_begun_counts_at_the_end() {
        type Case = (&'static [u8], &'static [&'static [u8]], &'static [&'static [u8]]);
        let cases: [Case; 5] = [
            (b"", &[], &[]),
            (b"a", &[], &[b"a"]),
            (b"a \r\n\nb\nc ", &[b"a", b"", b"b"], &[b"a", b"", b"b", b"c "]),
            (b"a\n\0\0\0\0", &[b"a"], &[b"a"]),
            (b"a\n", &[b"a"], &[b"a"]),
        ];
        for (bytes, lines, with_last) in cases {
            assert_eq!(Lines::of(bytes, false).collect::<Vec<_>>(), lines, "{bytes:?}");
            assert_eq!(Lines::of(bytes, true).collect::<Vec<_>>(), with_last, "{bytes:?}");
            assert_eq!(Lines::of(bytes, true).is_empty(), with_last.is_empty(), "{bytes:?}");
        }
        let many = [b"x\n".repeat(MAX_LINES + 1), b"y".to_vec()].concat();
        assert_eq!(Lines::of(&many, true).count(), MAX_LINES + 1);
        let mut whole = Lines::of(&many, false);
        assert_eq!((whole.by_ref().count(), whole.is_empty()), (MAX_LINES, true));
    }

    #[test]
    fn words_are_as_many_as_are_looked_at() {
        assert_eq!(Words::of(b" a\tbc  d ").all(), [&b"a"[..], b"bc", b"d"]);
        assert_eq!(Words::of(b"1 2 3 4 5 6 7 8 9").all().len(), MAX_WORDS);
        assert_eq!((first_word(b"  "), first_word(b" a b")), (&b""[..], &b"a"[..]));
    }

    #[test]
    fn a_word_longer_than_all_known_ones_is_none_of_them() {
        assert_eq!(Capitals::of(b"x-AnonymousTls").letters(), b"X-ANONYMOUSTLS");
        assert_eq!(Capitals::of(b"").letters(), b"");
        assert_eq!(Capitals::of(&[b'a'; 40]).letters().len(), LONGEST);
    }
}
