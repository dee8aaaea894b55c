//! A line's columns as Zeek types them; how they are written is the formats' business.

use std::fmt::Arguments;
use std::fmt::Write;
use std::net::IpAddr;

use tlscensus_records::DecimalCode;
use tlscensus_records::Sha256;

/// Zeek's types, as far as the logs here have them (<https://docs.zeek.org/en/master/script-reference/types.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Addr,
    Bool,
    Count,
    Enum,
    Interval,
    Port,
    SetOfString,
    String,
    Time,
    VectorOfAddr,
    VectorOfCount,
    VectorOfString,
}

impl Kind {
    /// The word in the line `#types`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Addr => "addr",
            Self::Bool => "bool",
            Self::Count => "count",
            Self::Enum => "enum",
            Self::Interval => "interval",
            Self::Port => "port",
            Self::SetOfString => "set[string]",
            Self::String => "string",
            Self::Time => "time",
            Self::VectorOfAddr => "vector[addr]",
            Self::VectorOfCount => "vector[count]",
            Self::VectorOfString => "vector[string]",
        }
    }
}

/// Text, and whether it went through [`tlscensus_records::text::escape`] on its way into a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text<'a> {
    /// As it is: a backslash is one.
    Plain(&'a str),
    /// A peer's words: a backslash is two, and what cannot be printed is `\xNN`, which is how Zeek has it too.
    Escaped(&'a str),
}

/// Numbers, as rows have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counts<'a> {
    Codes(&'a [DecimalCode]),
    /// The upper octets of numbers.
    High(&'a [u16]),
    /// Their lower octets.
    Low(&'a [u16]),
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
}

impl Counts<'_> {
    /// Writes them with commas between; says whether there are any.
    pub(super) fn put(self, out: &mut String) -> bool {
        let mut first = true;
        self.each(|count| {
            separate(&mut first, out);
            put_number(out, count);
        });
        !first
    }

    fn each(self, mut take: impl FnMut(u64)) {
        match self {
            Self::Codes(codes) => codes.iter().for_each(|code| take(code.0.into())),
            Self::High(numbers) => numbers.iter().for_each(|number| take((number >> 8).into())),
            Self::Low(numbers) => numbers.iter().for_each(|number| take((number & 0xff).into())),
            Self::U8(numbers) => numbers.iter().for_each(|number| take((*number).into())),
            Self::U16(numbers) => numbers.iter().for_each(|number| take((*number).into())),
            Self::U32(numbers) => numbers.iter().for_each(|number| take((*number).into())),
        }
    }
}

/// Words, as rows have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texts<'a> {
    /// Of peers.
    Escaped(&'a [String]),
    /// Those of them that begin with a word, without it.
    EscapedBehind(&'a str, &'a [String]),
    Hashes(&'a [Sha256]),
    Plain(&'a [String]),
}

impl Texts<'_> {
    /// Has them written with commas between; says whether there are any.
    pub(super) fn put(self, out: &mut String, write: impl Fn(Text<'_>, &mut String)) -> bool {
        let mut first = true;
        self.each(|text| {
            separate(&mut first, out);
            write(text, out);
        });
        !first
    }

    fn each(self, mut take: impl FnMut(Text<'_>)) {
        match self {
            Self::Escaped(all) => all.iter().for_each(|text| take(Text::Escaped(text))),
            Self::EscapedBehind(word, all) => {
                let behind = all.iter().filter_map(|text| text.strip_prefix(word));
                behind.for_each(|text| take(Text::Escaped(text)));
            }
            Self::Hashes(hashes) => hashes.iter().for_each(|hash| {
                let digits = hash.digits();
                take(Text::Plain(str::from_utf8(&digits).expect("digits are ASCII")));
            }),
            Self::Plain(all) => all.iter().for_each(|text| take(Text::Plain(text))),
        }
    }

    fn is_empty(self) -> bool {
        let mut is_empty = true;
        self.each(|_| is_empty = false);
        is_empty
    }
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Value<'a> {
    #[default]
    Unset,
    Address(IpAddr),
    Bool(bool),
    Count(u64),
    Counts(Counts<'a>),
    /// Microseconds.
    Interval(u64),
    Text(Text<'a>),
    Texts(Texts<'a>),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Time(i64),
}

/// A column of a line: its name is Zeek's where Zeek has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column<'a> {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) value: Value<'a>,
}

impl<'a> Column<'a> {
    /// An address, or the text of one.
    pub(super) const fn address(name: &'static str, value: Value<'a>) -> Self {
        Self { name, kind: Kind::Addr, value }
    }

    pub(super) fn bool(name: &'static str, value: impl Into<Option<bool>>) -> Self {
        Self { name, kind: Kind::Bool, value: value.into().map_or(Value::Unset, Value::Bool) }
    }

    pub(super) fn count<N: Into<u64>>(name: &'static str, value: Option<N>) -> Self {
        let value = value.map_or(Value::Unset, |count| Value::Count(count.into()));
        Self { name, kind: Kind::Count, value }
    }

    pub(super) fn port(name: &'static str, port: u16) -> Self {
        Self { name, kind: Kind::Port, value: Value::Count(u64::from(port)) }
    }

    pub(super) fn counts(name: &'static str, counts: Option<Counts<'a>>) -> Self {
        Self { name, kind: Kind::VectorOfCount, value: counts.map_or(Value::Unset, Value::Counts) }
    }

    pub(super) fn interval(name: &'static str, micros: u64) -> Self {
        Self { name, kind: Kind::Interval, value: Value::Interval(micros) }
    }

    pub(super) fn time(name: &'static str, micros: impl Into<Option<i64>>) -> Self {
        Self { name, kind: Kind::Time, value: micros.into().map_or(Value::Unset, Value::Time) }
    }

    /// Words of ours.
    pub(super) fn word(name: &'static str, word: Option<&'a str>) -> Self {
        Self::of_kind(name, Kind::String, word)
    }

    /// Words of ours that are no plain string to Zeek.
    pub(super) fn of_kind(name: &'static str, kind: Kind, word: Option<&'a str>) -> Self {
        let value = word.map_or(Value::Unset, |word| Value::Text(Text::Plain(word)));
        Self { name, kind, value }
    }

    /// A peer's words, as rows have them.
    pub(super) fn escaped(name: &'static str, text: Option<&'a str>) -> Self {
        let value = text.map_or(Value::Unset, |text| Value::Text(Text::Escaped(text)));
        Self { name, kind: Kind::String, value }
    }

    /// Several words.
    pub(super) fn texts(name: &'static str, kind: Kind, texts: Option<Texts<'a>>) -> Self {
        Self { name, kind, value: texts.map_or(Value::Unset, Value::Texts) }
    }

    /// Several words, if there are any: Zeek has no value where nothing came.
    pub(super) fn listed(name: &'static str, kind: Kind, texts: Texts<'a>) -> Self {
        Self::texts(name, kind, Some(texts).filter(|texts| !texts.is_empty()))
    }

    /// Always unset: Zeek has it, and nothing here can fill it.
    pub(super) const fn unset(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, value: Value::Unset }
    }
}

/// Writes a comma before all items but the first.
pub(super) fn separate(first: &mut bool, out: &mut String) {
    if !std::mem::take(first) {
        out.push(',');
    }
}

/// Writes words behind others.
pub(super) fn put(out: &mut String, words: Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(words);
}

/// Writes a number behind words, in decimal.
pub(super) fn put_number(out: &mut String, number: u64) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// Writes an address behind words.
pub(super) fn put_address(out: &mut String, address: IpAddr) {
    match address {
        // Where nothing can be left out it needs none of what makes writing one slow (RFC 5952, section 4.2).
        IpAddr::V6(address) if !address.segments().contains(&0) => {
            for (place, group) in address.segments().into_iter().enumerate() {
                if place > 0 {
                    out.push(':');
                }
                put_group(out, group);
            }
        }
        _ => put(out, format_args!("{address}")),
    }
}

/// Writes a number in hexadecimal, without zeros before it.
fn put_group(out: &mut String, group: u16) {
    let digit = |shift: u32| b"0123456789abcdef"[usize::from(group >> shift & 0xf)];
    let digits = [12, 8, 4, 0].map(digit);
    let [_, b, c, d] = digits;
    let digits: &[u8] = match group {
        0..=0xf => &[d],
        0x10..=0xff => &[c, d],
        0x100..=0xfff => &[b, c, d],
        _ => &digits,
    };
    out.push_str(str::from_utf8(digits).expect("digits are ASCII"));
}

/// Writes microseconds as seconds, with six digits behind the point.
pub(super) fn put_seconds(out: &mut String, micros: u64) {
    put_number(out, micros / SECOND);
    // A million more, so that zeros before the others are there.
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(SECOND + micros % SECOND);
    out.push('.');
    out.push_str(digits.get(1..).unwrap_or_default());
}

/// Microseconds.
const SECOND: u64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_everybody_does() {
        for text in [
            "192.0.2.1",
            "::",
            "::1",
            "fd00:1122:3344:5566:7788:99aa:bbcc:ddee",
            "fd00:1:22:333:4444:5:6:f",
            "1:0:2:3:4:5:6:7",
            "1::2:0:0:3",
            "::ffff:192.0.2.1",
        ] {
            let mut out = String::new();
            put_address(&mut out, text.parse().expect("an address"));
            assert_eq!(out, text);
        }
    }
}
