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

use super::Put;
use super::column::Text;
use super::column::Value;
use super::column::put;
use super::column::put_address;
use super::column::put_number;
use super::column::put_seconds;

/// The lines before the first; `give` gives the columns of a line, whatever their values.
pub(super) fn header(
    path: &str,
    give: impl FnOnce(&mut Put<'_>),
    opened: Timestamp,
    out: &mut String,
) {
    let (mut fields, mut types) = (String::new(), String::new());
    give(&mut |column| {
        put(&mut fields, format_args!("\t{}", column.name));
        put(&mut types, format_args!("\t{}", column.kind.word()));
    });
    out.push_str("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n");
    put(out, format_args!("#path\t{path}\n#open\t{}\n", moment(opened)));
    put(out, format_args!("#fields{fields}\n#types{types}\n"));
}

/// The last line.
pub(super) fn close(closed: Timestamp, out: &mut String) {
    put(out, format_args!("#close\t{}\n", moment(closed)));
}

/// A line of the columns that `give` gives.
pub(super) fn line(give: impl FnOnce(&mut Put<'_>), out: &mut String) {
    let mut first = true;
    give(&mut |column| {
        if !std::mem::take(&mut first) {
            out.push('\t');
        }
        value(column.value, out);
    });
    out.push('\n');
}

fn value(value: Value<'_>, out: &mut String) {
    match value {
        Value::Unset => out.push_str(UNSET),
        Value::Address(address) => put_address(out, address),
        Value::Bool(true) => out.push('T'),
        Value::Bool(false) => out.push('F'),
        Value::Count(count) => put_number(out, count),
        Value::Interval(micros) => put_seconds(out, micros),
        Value::Time(micros) => {
            if micros < 0 {
                out.push('-');
            }
            put_seconds(out, micros.unsigned_abs());
        }
        Value::Text(one) => text(one, Within::Field, out),
        Value::Counts(counts) => {
            if !counts.put(out) {
                out.push_str(EMPTY);
            }
        }
        Value::Texts(texts) => {
            if !texts.put(out, |one, out| text(one, Within::Vector, out)) {
                out.push_str(EMPTY);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Field,
    Vector,
}

fn text(text: Text<'_>, within: Within, out: &mut String) {
    let (text, escaped) = match text {
        Text::Plain(text) => (text, false),
        Text::Escaped(text) => (text, true),
    };
    if text.is_empty() {
        return out.push_str(EMPTY);
    }
    let is_special = |byte: u8| {
        (byte == b'\\' && !escaped)
            | (byte == b',' && within == Within::Vector)
            | byte.is_ascii_control()
    };
    let is_taken = [UNSET, EMPTY].contains(&text);
    // Hardly any text has one; all bytes are looked at, which a processor does for many at a time.
    if !is_taken && !text.bytes().fold(false, |found, byte| found | is_special(byte)) {
        return out.push_str(text);
    }
    let mut letters = text.chars();
    if is_taken {
        letters.next().into_iter().for_each(|letter| hexadecimal(letter, out));
    }
    for letter in letters {
        match u8::try_from(letter).ok().filter(u8::is_ascii).filter(|byte| is_special(*byte)) {
            Some(b'\\') => out.push_str(r"\\"),
            Some(_) => hexadecimal(letter, out),
            None => out.push(letter),
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
    use std::net::Ipv6Addr;

    use super::*;
    use crate::zeek::column::Counts;
    use crate::zeek::column::Texts;

    #[test]
    fn values_are_written_as_zeek_writes_them() {
        let words = ["a,b", "-", ""].map(str::to_owned);
        let cases = [
            (Value::Unset, "-"),
            (Value::Bool(true), "T"),
            (Value::Count(7), "7"),
            (Value::Address(Ipv6Addr::LOCALHOST.into()), "::1"),
            (Value::Counts(Counts::U8(&[])), "(empty)"),
            (Value::Counts(Counts::U16(&[4865, 49195])), "4865,49195"),
            (Value::Counts(Counts::High(&[0x0403, 0x0804])), "4,8"),
            (Value::Counts(Counts::Low(&[0x0403, 0x0804])), "3,4"),
            (Value::Interval(1), "0.000001"),
            (Value::Interval(1_000_001), "1.000001"),
            (Value::Time(1_300_475_168_892_936), "1300475168.892936"),
            (Value::Time(-1_500_000), "-1.500000"),
            (Value::Text(Text::Plain("")), "(empty)"),
            (Value::Text(Text::Plain("-")), r"\x2d"),
            (Value::Text(Text::Plain("(empty)")), r"\x28empty)"),
            (Value::Text(Text::Plain("a\tb\\c,d\u{7f}é")), r"a\x09b\\c,d\x7fé"),
            (Value::Text(Text::Escaped(r"a\x09b\\c")), r"a\x09b\\c"),
            (Value::Text(Text::Plain(r"\,\\")), r"\\,\\\\"),
            (Value::Texts(Texts::Plain(&words)), r"a\x2cb,\x2d,(empty)"),
            (Value::Texts(Texts::Hashes(&[])), "(empty)"),
        ];
        for (of, expected) in cases {
            let mut out = String::new();
            value(of, &mut out);
            assert_eq!(out, expected, "{of:?}");
        }
    }

    #[test]
    fn moments_are_written_to_the_second() {
        assert_eq!(moment(Timestamp(1_300_475_168_892_936)), "2011-03-18-19-06-08");
        assert_eq!(moment(Timestamp(-1)), "1969-12-31-23-59-59");
    }
}
