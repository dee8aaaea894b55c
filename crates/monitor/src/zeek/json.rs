//! An object a line, as Zeek's scripts have it with `LogAscii::use_json`: names with their dots, times as seconds since 1970,
//! nothing for what has no value.

use std::borrow::Cow;

use super::Put;
use super::column::Text;
use super::column::Value;
use super::column::put;
use super::column::put_address;
use super::column::put_number;
use super::column::put_seconds;
use super::column::separate;

/// A line of the columns that `give` gives, with the name of its log before them where several go the same way, as Zeek's package
/// json-streaming-logs has it.
pub(super) fn line(log: Option<&str>, give: impl FnOnce(&mut Put<'_>), out: &mut String) {
    out.push('{');
    if let Some(log) = log {
        put(out, format_args!("\"_path\":\"{log}\""));
    }
    let mut first = log.is_none();
    give(&mut |column| {
        if column.value == Value::Unset {
            return;
        }
        separate(&mut first, out);
        // Names are ours, and have nothing to be escaped.
        put(out, format_args!("\"{}\":", column.name));
        value(column.value, out);
    });
    out.push_str("}\n");
}

fn value(value: Value<'_>, out: &mut String) {
    match value {
        Value::Unset => out.push_str("null"),
        Value::Address(address) => {
            out.push('"');
            put_address(out, address);
            out.push('"');
        }
        Value::Bool(value) => put(out, format_args!("{value}")),
        Value::Count(count) => put_number(out, count),
        Value::Interval(micros) => seconds(micros, out),
        Value::Time(micros) => {
            if micros < 0 {
                out.push('-');
            }
            seconds(micros.unsigned_abs(), out);
        }
        Value::Text(one) => text(one, out),
        Value::Counts(counts) => {
            out.push('[');
            counts.put(out);
            out.push(']');
        }
        Value::Texts(texts) => {
            out.push('[');
            texts.put(out, text);
            out.push(']');
        }
    }
}

/// As a double is printed: at least one digit behind the point, and no zeros behind others.
fn seconds(micros: u64, out: &mut String) {
    put_seconds(out, micros);
    let kept = out.trim_end_matches('0').len();
    out.truncate(kept);
    if out.ends_with('.') {
        out.push('0');
    }
}

fn text(text: Text<'_>, out: &mut String) {
    match text {
        Text::Plain(text) => string(text, out),
        Text::Escaped(text) => string(&unescaped(text), out),
    }
}

/// Bytes that are no text stay `\xNN`, as in Zeek, and so do letters that reorder or hide others, as in rows; JSON has its own
/// way with the rest.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        out.push_str(plain);
        let digits = escaped.strip_prefix('x').and_then(|digits| digits.get(..2));
        let octet = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let (letter, taken) = match octet.filter(u8::is_ascii) {
            Some(octet) => (char::from(octet), 3),
            None => ('\\', usize::from(escaped.starts_with('\\'))),
        };
        out.push(letter);
        rest = escaped.get(taken..).unwrap_or_default();
    }
    out.push_str(rest);
    out.into()
}

fn string(text: &str, out: &mut String) {
    let quoted = serde_json::to_string(text);
    out.push_str(&quoted.expect("text is text in JSON, whatever it is"));
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;
    use crate::zeek::column::Column;
    use crate::zeek::column::Counts;
    use crate::zeek::column::Texts;

    #[test]
    fn values_are_written_as_zeek_writes_them() {
        let words = ["a,b", "-"].map(str::to_owned);
        let cases = [
            (Value::Bool(true), "true"),
            (Value::Address(Ipv6Addr::LOCALHOST.into()), r#""::1""#),
            (Value::Counts(Counts::U8(&[])), "[]"),
            (Value::Counts(Counts::U16(&[4865, 49195])), "[4865,49195]"),
            (Value::Interval(0), "0.0"),
            (Value::Interval(1_200_000), "1.2"),
            (Value::Time(1_021_953_600_000_000), "1021953600.0"),
            (Value::Time(1_300_475_168_892_936), "1300475168.892936"),
            (Value::Time(-1_500_000), "-1.5"),
            (Value::Text(Text::Plain("")), r#""""#),
            (Value::Text(Text::Plain("a\t\"\\,é")), r#""a\t\"\\,é""#),
            (Value::Text(Text::Escaped(r"a\xff\\x09\x09c")), r#""a\\xff\\x09\tc""#),
            (Value::Texts(Texts::Plain(&words)), r#"["a,b","-"]"#),
        ];
        for (of, expected) in cases {
            let mut out = String::new();
            value(of, &mut out);
            assert_eq!(out, expected, "{of:?}");
        }
    }

    #[test]
    fn what_has_no_value_is_left_out() {
        let columns = [Column::bool("a", None), Column::bool("b", true), Column::bool("c", false)];
        let mut out = String::new();
        line(None, |put| columns.into_iter().for_each(put), &mut out);
        line(Some("ssl"), |put| columns.into_iter().for_each(put), &mut out);
        assert_eq!(out, "{\"b\":true,\"c\":false}\n{\"_path\":\"ssl\",\"b\":true,\"c\":false}\n");
    }
}
