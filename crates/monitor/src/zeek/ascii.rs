//! Zeek's own format: columns between tabs, with a header that says what they are
//! (<https://docs.zeek.org/en/master/log-formats.html>).
//!
//! | | written |
//! |---|---|
//! | no value | `-` |
//! | empty text, empty vector | `(empty)` |
//! | those two as text | `\x2d`, `\x28empty)` |
//! | a backslash | `\\`; Zeek before 4.0 wrote `\x5c`, and its readers take both |
//! | a control character, a tab with them | `\x09` |
//! | a comma inside of a vector or set | `\x2c` |

use time::OffsetDateTime;
use tlscensus_records::Timestamp;

use super::column::Column;
use super::column::SECOND;
use super::column::Text;
use super::column::Value;
use super::column::put;

/// The lines before the first.
pub(super) fn header(path: &str, columns: &[Column<'_>], opened: Timestamp, out: &mut String) {
    out.push_str("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n");
    put(out, format_args!("#path\t{path}\n#open\t{}\n#fields", moment(opened)));
    for column in columns {
        put(out, format_args!("\t{}", column.name));
    }
    out.push_str("\n#types");
    for column in columns {
        put(out, format_args!("\t{}", column.kind.word()));
    }
    out.push('\n');
}

/// The last line.
pub(super) fn close(closed: Timestamp, out: &mut String) {
    put(out, format_args!("#close\t{}\n", moment(closed)));
}

/// A line.
pub(super) fn line(columns: &[Column<'_>], out: &mut String) {
    for (place, column) in columns.iter().enumerate() {
        if place > 0 {
            out.push('\t');
        }
        value(&column.value, out);
    }
    out.push('\n');
}

fn value(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Unset => out.push_str(UNSET),
        Value::Bool(true) => out.push('T'),
        Value::Bool(false) => out.push('F'),
        Value::Count(count) => put(out, format_args!("{count}")),
        Value::Interval(micros) => {
            put(out, format_args!("{}.{:06}", micros / SECOND, micros % SECOND));
        }
        Value::Time(micros) => {
            let (sign, micros) = (if *micros < 0 { "-" } else { "" }, micros.unsigned_abs());
            put(out, format_args!("{sign}{}.{:06}", micros / SECOND, micros % SECOND));
        }
        Value::Text(one) => text(one, Within::Field, out),
        Value::Counts(counts) => list(counts, out, |count, out| put(out, format_args!("{count}"))),
        Value::Texts(texts) => list(texts, out, |one, out| text(one, Within::Vector, out)),
    }
}

fn list<T>(items: &[T], out: &mut String, each: impl Fn(&T, &mut String)) {
    if items.is_empty() {
        out.push_str(EMPTY);
    }
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        each(item, out);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Field,
    Vector,
}

fn text(text: &Text<'_>, within: Within, out: &mut String) {
    let (text, escaped) = match text {
        Text::Plain(text) => (text.as_ref(), false),
        Text::Escaped(text) => (*text, true),
    };
    if text.is_empty() {
        return out.push_str(EMPTY);
    }
    let mut letters = text.chars();
    if [UNSET, EMPTY].contains(&text) {
        letters.next().into_iter().for_each(|letter| hexadecimal(letter, out));
    }
    for letter in letters {
        match letter {
            '\\' if !escaped => out.push_str(r"\\"),
            ',' if within == Within::Vector => hexadecimal(letter, out),
            letter if letter.is_ascii_control() => hexadecimal(letter, out),
            letter => out.push(letter),
        }
    }
}

fn hexadecimal(letter: char, out: &mut String) {
    let mut buffer = [0; 4];
    for byte in letter.encode_utf8(&mut buffer).bytes() {
        put(out, format_args!("\\x{byte:02x}"));
    }
}

/// As `2026-11-23-21-45-00`. Zeek has the machine's own time there, and we UTC.
fn moment(at: Timestamp) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at.0.div_euclid(1_000_000));
    let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02}-{:02}-{:02}-{:02}",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

const UNSET: &str = "-";
const EMPTY: &str = "(empty)";
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_zeek_writes_them() {
        let plain = |text: &'static str| Text::Plain(text.into());
        let cases = [
            (Value::Unset, "-"),
            (Value::Bool(true), "T"),
            (Value::Count(7), "7"),
            (Value::Counts(vec![]), "(empty)"),
            (Value::Counts(vec![4865, 49195]), "4865,49195"),
            (Value::Interval(1_000_001), "1.000001"),
            (Value::Time(1_300_475_168_892_936), "1300475168.892936"),
            (Value::Time(-1_500_000), "-1.500000"),
            (Value::Text(plain("")), "(empty)"),
            (Value::Text(plain("-")), r"\x2d"),
            (Value::Text(plain("(empty)")), r"\x28empty)"),
            (Value::Text(plain("a\tb\\c,d\u{7f}é")), r"a\x09b\\c,d\x7fé"),
            (Value::Text(Text::Escaped(r"a\x09b\\c")), r"a\x09b\\c"),
            (Value::Texts(vec![plain("a,b"), plain("-"), plain("")]), r"a\x2cb,\x2d,(empty)"),
        ];
        for (of, expected) in cases {
            let mut out = String::new();
            value(&of, &mut out);
            assert_eq!(out, expected, "{of:?}");
        }
    }

    #[test]
    fn moments_are_written_to_the_second() {
        assert_eq!(moment(Timestamp(1_300_475_168_892_936)), "2011-03-18-19-06-08");
        assert_eq!(moment(Timestamp(-1)), "1969-12-31-23-59-59");
    }
}
