//! How cells look to people: groups of three digits, percentages, control characters made visible.

use crate::Cell;
use crate::Column;

/// A cell for people's eyes: its main figure, and one percentage per share of its column.
pub(crate) struct Figure {
    /// The value or the numerator, control characters made visible.
    pub(crate) value: String,
    /// The percentages with their sign; [`NOTHING`] where there is no denominator.
    pub(crate) percentages: Vec<String>,
}

impl Figure {
    /// `cell` of `column`, its digits grouped by `separator` where the column holds counts.
    pub(crate) fn new(cell: &Cell, column: &Column, separator: &str) -> Self {
        let percentages = match cell {
            Cell::Share { count, of } => column
                .shares
                .iter()
                .enumerate()
                .map(|(index, _)| percent(*count, of.get(index).copied().flatten()))
                .map(|share| share.map_or_else(|| NOTHING.to_owned(), |share| share + " %"))
                .collect(),
            _ => Vec::new(),
        };
        Self { value: value(cell, if column.grouped { separator } else { "" }), percentages }
    }

    /// `1,234 (5.60 %, 7.80 %)`.
    pub(crate) fn joined(&self) -> String {
        if self.percentages.is_empty() {
            return self.value.clone();
        }
        format!("{} ({})", self.value, self.percentages.join(", "))
    }
}

fn value(cell: &Cell, separator: &str) -> String {
    match cell {
        Cell::Boolean(true) => "yes".to_owned(),
        Cell::Boolean(false) => "no".to_owned(),
        Cell::Float(value) => value.to_string(),
        Cell::Integer(value) => grouped(*value, separator),
        Cell::List(values) => {
            let values: Vec<_> = values.iter().map(|cell| value(cell, separator)).collect();
            format!("[{}]", values.join(", "))
        }
        Cell::Null => NOTHING.to_owned(),
        Cell::Record(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, cell)| format!("{}: {}", visible(name), value(cell, separator)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Cell::Share { count, .. } => grouped(i128::from(*count), separator),
        Cell::Text(text) => visible(text),
    }
}

/// What stands where there is no value.
pub(crate) const NOTHING: &str = "–";

/// `1234567` → `1,234,567` with `separator` for the comma.
pub(crate) fn grouped(value: i128, separator: &str) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::from(if value < 0 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push_str(separator);
        }
        out.push(digit);
    }
    out
}

/// The share of `count` in `of`, in percent with two decimals, rounded half up; `None` where there is no denominator.
///
/// What is not nothing does not show as `0.00`, and what is not all does not show as `100.00`.
pub(crate) fn percent(count: u64, of: Option<u64>) -> Option<String> {
    let of = of.filter(|&of| of > 0)?;
    let (count_wide, of_wide) = (u128::from(count), u128::from(of));
    let hundredths = (count_wide * 20_000 + of_wide) / (of_wide * 2);
    Some(match hundredths {
        0 if count > 0 => "<0.01".to_owned(),
        10_000 if count < of => ">99.99".to_owned(),
        _ => format!("{}.{:02}", hundredths / 100, hundredths % 100),
    })
}

/// Text that cannot move the cursor, ring the bell or turn the line around.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if character.is_control() && character.is_ascii() => {
                out.push_str(&format!("\\x{:02x}", u32::from(character)));
            }
            _ if character.is_control() || is_invisible(character) => {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(character)));
            }
            _ => out.push(character),
        }
    }
    out
}

/// Characters that change direction, join or break lines without being seen.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        for (value, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (42_676_912, "42,676,912"),
            (-1_234, "-1,234"),
        ] {
            assert_eq!(grouped(value, ","), expected);
        }
    }

    #[test]
    fn percentages_round_but_never_to_none_or_all() {
        for (count, of, expected) in [
            (3_848_843, Some(12_488_000), Some("30.82")),
            (1, Some(3), Some("33.33")),
            (2, Some(3), Some("66.67")),
            (0, Some(7), Some("0.00")),
            (7, Some(7), Some("100.00")),
            (1, Some(1_000_000), Some("<0.01")),
            (999_999, Some(1_000_000), Some(">99.99")),
            (3, Some(2), Some("150.00")),
            (0, Some(0), None),
            (1, None, None),
            (u64::MAX, Some(u64::MAX), Some("100.00")),
        ] {
            assert_eq!(percent(count, of).as_deref(), expected, "{count} of {of:?}");
        }
    }

    #[test]
    fn control_characters_are_made_visible() {
        assert_eq!(
            visible("a\x1b[31m\r\n\t\u{202e}b\u{85}"),
            "a\\x1b[31m\\r\\n\\t\\u{202e}b\\u{85}"
        );
        assert_eq!(visible("Zürich †"), "Zürich †");
    }
}
