//! An object a line, as Zeek's scripts have it with `LogAscii::use_json`: names with their dots, times as seconds since 1970,
//! nothing for what has no value.

use super::column::Column;
use super::column::SECOND;
use super::column::Text;
use super::column::Value;
use super::column::put;

/// A line.
pub(super) fn line(columns: &[Column<'_>], out: &mut String) {
    out.push('{');
    let mut first = true;
    for column in columns.iter().filter(|column| column.value != Value::Unset) {
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        string(column.name, out);
        out.push(':');
        value(&column.value, out);
    }
    out.push_str("}\n");
}

fn value(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Unset => out.push_str("null"),
        Value::Bool(value) => put(out, format_args!("{value}")),
        Value::Count(count) => put(out, format_args!("{count}")),
        Value::Interval(micros) => seconds(*micros, out),
        Value::Time(micros) => {
            if *micros < 0 {
                out.push('-');
            }
            seconds(micros.unsigned_abs(), out);
        }
        Value::Text(one) => text(one, out),
        Value::Counts(counts) => list(counts, out, |count, out| put(out, format_args!("{count}"))),
        Value::Texts(texts) => list(texts, out, text),
    }
}

/// As a double is printed: at least one digit behind the point, and no zeros behind others.
fn seconds(micros: u64, out: &mut String) {
    put(out, format_args!("{}.{:06}", micros / SECOND, micros % SECOND));
    let kept = out.trim_end_matches('0').len();
    out.truncate(kept);
    if out.ends_with('.') {
        out.push('0');
    }
}

fn list<T>(items: &[T], out: &mut String, each: impl Fn(&T, &mut String)) {
    out.push('[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        each(item, out);
    }
    out.push(']');
}

fn text(text: &Text<'_>, out: &mut String) {
    match text {
        Text::Plain(text) => string(text, out),
        Text::Escaped(text) => string(&unescaped(text), out),
    }
}

/// Bytes that are no text stay `\xNN`, as in Zeek, and so do letters that reorder or hide others, as in rows; JSON has its own
/// way with the rest.
fn unescaped(text: &str) -> String {
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
    out
}

fn string(text: &str, out: &mut String) {
    let quoted = serde_json::to_string(text);
    out.push_str(&quoted.expect("text is text in JSON, whatever it is"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_zeek_writes_them() {
        let plain = |text: &'static str| Text::Plain(text.into());
        let cases = [
            (Value::Bool(true), "true"),
            (Value::Counts(vec![]), "[]"),
            (Value::Counts(vec![4865, 49195]), "[4865,49195]"),
            (Value::Interval(0), "0.0"),
            (Value::Interval(1_200_000), "1.2"),
            (Value::Time(1_021_953_600_000_000), "1021953600.0"),
            (Value::Time(1_300_475_168_892_936), "1300475168.892936"),
            (Value::Time(-1_500_000), "-1.5"),
            (Value::Text(plain("")), r#""""#),
            (Value::Text(plain("a\t\"\\,é")), r#""a\t\"\\,é""#),
            (Value::Text(Text::Escaped(r"a\xff\\x09\x09c")), r#""a\\xff\\x09\tc""#),
            (Value::Texts(vec![plain("a,b"), plain("-")]), r#"["a,b","-"]"#),
        ];
        for (of, expected) in cases {
            let mut out = String::new();
            value(&of, &mut out);
            assert_eq!(out, expected, "{of:?}");
        }
    }

    #[test]
    fn what_has_no_value_is_left_out() {
        let columns = [Column::bool("a", None), Column::bool("b", true), Column::bool("c", false)];
        let mut out = String::new();
        line(&columns, &mut out);
        assert_eq!(out, "{\"b\":true,\"c\":false}\n");
    }
}
