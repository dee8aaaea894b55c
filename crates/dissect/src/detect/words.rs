//! Small words about lines, shared by both readings.

/// The lines of a side's first bytes, without their ends; what was begun behind them is one too, if nothing more comes.
pub(super) fn lines(bytes: &[u8], last: bool) -> Vec<&[u8]> {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (whole, rest) = bytes.split_at(end);
    let mut lines: Vec<&[u8]> = whole
        .split_inclusive(|byte| *byte == b'\n')
        .take(MAX_LINES)
        .map(|line| line.trim_ascii_end())
        .collect();
    if last && !rest.is_empty() && is_text(rest) {
        lines.push(rest);
    }
    lines
}

/// Words between runs of spaces and tabs.
pub(super) fn words(line: &[u8]) -> Vec<&[u8]> {
    line.split(|byte| matches!(byte, b' ' | b'\t'))
        .filter(|word| !word.is_empty())
        .take(MAX_WORDS)
        .collect()
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

/// Bytes of a line that are looked at for text: what has no lines shows in so many, and banners come in colours behind them.
const LOOK: usize = 16;
/// One NUL in a banner is met (`nul-bytes.txt` and `bare-lf-and-nul.txt` of the dialogues' transcripts); what has no lines has
/// more of the kind.
const MOST_SLIPS: usize = 3;

/// Lines that are looked at.
const MAX_LINES: usize = 64;

/// Words of a line that are looked at: IRC's USER has four.
const MAX_WORDS: usize = 8;
