//! Types that stand in columns.

use std::borrow::Cow;
use std::fmt;

use tlscensus_certs::Sha256;

use crate::column::Cell;
use crate::column::Items;
use crate::column::Kind;
use crate::column::Sink;
use crate::column::Stored;
use crate::column::Value;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Out of seconds since 1970-01-01T00:00:00Z; saturates.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }
}

impl Cell for Timestamp {
    const KIND: Kind = Kind::Timestamp;
    fn value(&self) -> Value<'_> {
        Value::Timestamp(self.0)
    }
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Timestamp(micros) => Some(Self(micros)),
            _ => None,
        }
    }
}

impl Cell for bool {
    const KIND: Kind = Kind::Bool;
    fn value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }
}

impl Cell for String {
    const KIND: Kind = Kind::Text;
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

/// Words that are nearly always constants of ours: rows are full of them, and those need no memory of their own.
impl Cell for Cow<'static, str> {
    const KIND: Kind = Kind::Text;
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
    fn from_value(value: Value<'_>) -> Option<Self> {
        String::from_value(value).map(Self::Owned)
    }
}

/// A code point whose column has it as decimal text.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecimalCode(pub u16);

impl fmt::Debug for DecimalCode {
    /// As the column has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

impl Cell for DecimalCode {
    const KIND: Kind = Kind::Text;
    fn value(&self) -> Value<'_> {
        Value::Decimal(self.0)
    }
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Decimal(code) => Some(Self(code)),
            Value::Text(text) => text.parse().ok().map(Self),
            _ => None,
        }
    }
}

impl Cell for Sha256 {
    const KIND: Kind = Kind::Hash;
    fn value(&self) -> Value<'_> {
        Value::Hash(self)
    }
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Hash(hash) => Some(*hash),
            Value::Text(text) => Self::from_hex(text),
            _ => None,
        }
    }
}

/// Bytes as they were on the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Bytes(pub Vec<u8>);

impl Cell for Bytes {
    const KIND: Kind = Kind::Binary;
    fn value(&self) -> Value<'_> {
        Value::Bytes(&self.0)
    }
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(Self(bytes.to_vec())),
            _ => None,
        }
    }
}

impl<T: Cell> Cell for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Cell::value)
    }
    #[inline]
    fn give<S: Sink + ?Sized>(&self, sink: &mut S) {
        match self {
            Some(value) => value.give(sink),
            None => sink.pass(),
        }
    }
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
    fn from_stored(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Plain(Value::Null) => Some(None),
            stored => T::from_stored(stored).map(Some),
        }
    }
}

impl<T: Cell> Items for Vec<T> {
    fn each(&self, sink: &mut dyn FnMut(Value<'_>)) {
        self.iter().for_each(|item| sink(item.value()));
    }
    fn code_points(&self) -> Option<&[u16]> {
        T::code_points(self)
    }
}

impl<T: Cell + 'static> Cell for Vec<T> {
    const KIND: Kind = Kind::List(&T::KIND);
    fn value(&self) -> Value<'_> {
        Value::Items(self)
    }
    fn from_value(_: Value<'_>) -> Option<Self> {
        None
    }
    fn from_stored(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Items(values) => values.into_iter().map(T::from_stored).collect(),
            Stored::Plain(_) => None,
        }
    }
}

macro_rules! unsigned {
    ($($type:ty => $kind:ident $({ $($more:item)+ })?),+ $(,)?) => {$(
        impl Cell for $type {
            const KIND: Kind = Kind::$kind;
            $( $($more)+ )?
            fn value(&self) -> Value<'_> {
                Value::Unsigned(u64::from(*self))
            }
            fn from_value(value: Value<'_>) -> Option<Self> {
                match value {
                    Value::Unsigned(value) => Self::try_from(value).ok(),
                    _ => None,
                }
            }
        }
    )+};
}
unsigned! {
    u8 => U8,
    u16 => U16 {
        fn code_points(items: &[Self]) -> Option<&[u16]> {
            Some(items)
        }
    },
    u32 => U32,
    u64 => U64,
}
