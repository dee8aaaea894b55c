//! A line's columns as Zeek types them; how they are written is the formats' business.

use std::borrow::Cow;
use std::fmt::Arguments;
use std::fmt::Write;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Text<'a> {
    /// As it is: a backslash is one.
    Plain(Cow<'a, str>),
    /// A peer's words: a backslash is two, and what cannot be printed is `\xNN`, which is how Zeek has it too.
    Escaped(&'a str),
}

/// What stands in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Unset,
    Bool(bool),
    Count(u64),
    Counts(Vec<u64>),
    /// Microseconds.
    Interval(u64),
    Text(Text<'a>),
    Texts(Vec<Text<'a>>),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Time(i64),
}

/// A column of a line: its name is Zeek's where Zeek has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column<'a> {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) value: Value<'a>,
}

impl<'a> Column<'a> {
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

    pub(super) fn counts<N: Copy + Into<u64>>(name: &'static str, counts: Option<&[N]>) -> Self {
        let all = |counts: &[N]| counts.iter().map(|count| (*count).into()).collect();
        let value = counts.map_or(Value::Unset, |counts| Value::Counts(all(counts)));
        Self { name, kind: Kind::VectorOfCount, value }
    }

    pub(super) fn interval(name: &'static str, micros: u64) -> Self {
        Self { name, kind: Kind::Interval, value: Value::Interval(micros) }
    }

    pub(super) fn time(name: &'static str, micros: impl Into<Option<i64>>) -> Self {
        Self { name, kind: Kind::Time, value: micros.into().map_or(Value::Unset, Value::Time) }
    }

    /// Words of ours.
    pub(super) fn word<W: Into<Cow<'a, str>>>(name: &'static str, word: Option<W>) -> Self {
        Self::of_kind(name, Kind::String, word)
    }

    /// Words of ours that are no plain string to Zeek.
    pub(super) fn of_kind<W: Into<Cow<'a, str>>>(
        name: &'static str,
        kind: Kind,
        word: Option<W>,
    ) -> Self {
        let word = word.map(|word| Value::Text(Text::Plain(word.into())));
        Self { name, kind, value: word.unwrap_or(Value::Unset) }
    }

    /// A peer's words, as rows have them.
    pub(super) fn escaped(name: &'static str, text: Option<&'a str>) -> Self {
        let value = text.map_or(Value::Unset, |text| Value::Text(Text::Escaped(text)));
        Self { name, kind: Kind::String, value }
    }

    /// Several of them.
    pub(super) fn all_escaped(name: &'static str, texts: Option<Vec<&'a str>>) -> Self {
        let all = |texts: Vec<&'a str>| texts.into_iter().map(Text::Escaped).collect();
        let value = texts.map_or(Value::Unset, |texts| Value::Texts(all(texts)));
        Self { name, kind: Kind::VectorOfString, value }
    }

    /// Several words of ours.
    pub(super) fn words(name: &'static str, kind: Kind, words: Option<Vec<String>>) -> Self {
        let plain = |word: String| Text::Plain(word.into());
        let all = |words: Vec<String>| Value::Texts(words.into_iter().map(plain).collect());
        Self { name, kind, value: words.map_or(Value::Unset, all) }
    }

    /// Always unset: Zeek has it, and nothing here can fill it.
    pub(super) const fn unset(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, value: Value::Unset }
    }
}

/// Writes words behind others.
pub(super) fn put(out: &mut String, words: Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(words);
}

/// Microseconds.
pub(super) const SECOND: u64 = 1_000_000;
