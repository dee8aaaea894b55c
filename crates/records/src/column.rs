//! Columns: one definition each, from which the struct, its documentation and its way into a file all follow.
//!
//! [`rows!`](crate::rows::rows) declares a relation. A new column is one line there: the writer, the reader,
//! `DESCRIBE` and the tests loop over [`Row::COLUMNS`].

use std::fmt;

use tlscensus_certs::Sha256;

/// One column of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The stable name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it can be NULL.
    pub nullable: bool,
    /// Which half of the tool fills it.
    pub half: Half,
    /// Meaning, unit and source, as `DESCRIBE` shows it.
    pub doc: &'static str,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes as they were on the wire.
    Binary,
    /// True or false.
    Bool,
    /// SHA-256 as lower-case hexadecimal text.
    Hash,
    /// An ordered list.
    List(&'static Self),
    /// A record of named fields.
    Struct(&'static [Column]),
    /// Text; what came from a peer is escaped, see [`crate::text`].
    Text,
    /// A point in time, microseconds, UTC.
    Timestamp,
    /// Unsigned, 8 bits.
    U8,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// A word of a closed set.
    Word,
}

/// Which half of the tool fills a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The scanner.
    Active,
    /// Either.
    Both,
    /// The monitor.
    Passive,
}

impl Half {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Both => "both",
            Self::Passive => "passive",
        }
    }
}

/// One value on its way into a file. It owns nothing, so that a row of many columns is handed over without a copy.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// See [`Kind::Bool`].
    Bool(bool),
    /// See [`Kind::Binary`].
    Bytes(&'a [u8]),
    /// See [`DecimalCode`]; read back as [`Value::Text`].
    Decimal(u16),
    /// See [`Kind::Hash`]; read back as [`Value::Text`].
    Hash(&'a Sha256),
    /// See [`Kind::List`], and [`Kind::Struct`]: one value per field; read back as [`Stored::Items`].
    Items(&'a dyn Items),
    /// See [`Kind::Text`] and [`Kind::Word`].
    Text(&'a str),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// Any of the unsigned kinds.
    Unsigned(u64),
}

/// One value on its way out of a file.
#[derive(Clone, Debug)]
pub enum Stored<'a> {
    /// See [`Kind::List`], and [`Kind::Struct`]: one value per field.
    Items(Vec<Self>),
    /// Any other.
    Plain(Value<'a>),
}

impl Stored<'_> {
    /// No value.
    pub const NULL: Self = Self::Plain(Value::Null);
}

/// Values one behind the other, such as those of a list or a struct.
pub trait Items {
    /// Gives each, in order.
    fn each(&self, sink: &mut dyn FnMut(Value<'_>));
    /// All at once, if they are code points: lists of these are the longest of a row.
    fn code_points(&self) -> Option<&[u16]> {
        None
    }
}

impl fmt::Debug for dyn Items + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        self.each(&mut |value| {
            list.entry(&value);
        });
        list.finish()
    }
}

/// Takes the values of a row, one per column, in order.
pub trait Sink {
    /// Takes the next column's value.
    fn take(&mut self, value: Value<'_>);
    /// Takes NULL for the next column: most columns of most rows have none, and passing over is cheaper than telling.
    fn pass(&mut self) {
        self.take(Value::Null);
    }
}

impl<F: FnMut(Value<'_>) + ?Sized> Sink for F {
    fn take(&mut self, value: Value<'_>) {
        self(value);
    }
}

/// A Rust type that can stand in a column.
pub trait Cell: Sized {
    /// What the column holds.
    const KIND: Kind;
    /// Whether the column can be NULL.
    const NULLABLE: bool = false;
    /// The value as it goes into a file.
    fn value(&self) -> Value<'_>;
    /// Gives the value to what takes those of a row.
    #[inline]
    fn give<S: Sink + ?Sized>(&self, sink: &mut S) {
        sink.take(self.value());
    }
    /// See [`Items::code_points`].
    fn code_points(_: &[Self]) -> Option<&[u16]> {
        None
    }
    /// The value as it comes out of a file; `None` if it is not of this kind.
    fn from_value(value: Value<'_>) -> Option<Self>;
    /// The same, of what may be a list or a struct.
    fn from_stored(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Items(_) => None,
            Stored::Plain(value) => Self::from_value(value),
        }
    }
}

/// One row of a relation, or one element of a list of structs.
pub trait Row: Sized {
    /// Its columns, in order.
    const COLUMNS: &'static [Column];
    /// Gives its values, one per column, in order.
    fn give_all<S: Sink + ?Sized>(&self, sink: &mut S);
    /// The same, to a function.
    fn values(&self, sink: &mut dyn FnMut(Value<'_>)) {
        self.give_all(sink);
    }
    /// A row out of one value per column, in order; the name of the first column that does not fit otherwise.
    fn from_values<'a>(source: &mut dyn FnMut() -> Stored<'a>) -> Result<Self, &'static str>;
}

/// A table of the dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relation {
    /// Its name, also of its folder.
    pub name: &'static str,
    /// One row per what.
    pub doc: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    /// The columns that name a row.
    pub key: &'static [&'static str],
}

impl Relation {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability_row::CapabilityRow;
    use crate::capability_row::IntrusiveAnswer;
    use crate::cell::Bytes;
    use crate::cell::DecimalCode;
    use crate::certificate_row::CertificateDer;
    use crate::certificate_row::CertificateRow;
    use crate::dialog_columns::DialogColumns;
    use crate::flow_row::FlowRow;
    use crate::offer_columns::OfferColumns;
    use crate::probe_row::Attempt;
    use crate::probe_row::ProbeRow;
    use crate::run_row::RunRow;
    use crate::server_sent::ServerSent;
    use crate::tls_columns::TlsColumns;

    /// A row gives one value per column, of the column's kind, and is made of them again.
    fn check<R: Row + PartialEq + fmt::Debug>(row: &R) {
        let mut columns = R::COLUMNS.iter();
        row.values(&mut |value| {
            let column = columns.next().expect("one value per column");
            assert!(fits(column.kind, column.nullable, &value), "{} {value:?}", column.name);
        });
        assert_eq!(columns.next(), None);

        // Values borrow from the row: the second pass takes them in the order of the first.
        let mut at = 0;
        let again = R::from_values(&mut || {
            at += 1;
            nth(row, at - 1)
        });
        assert_eq!(again.as_ref(), Ok(row));
    }

    fn nth<R: Row>(row: &R, wanted: usize) -> Stored<'static> {
        let mut at = 0;
        let mut found = Stored::NULL;
        row.values(&mut |value| {
            if at == wanted {
                found = leaked(value);
            }
            at += 1;
        });
        found
    }

    /// As it is read back.
    fn leaked(value: Value<'_>) -> Stored<'static> {
        Stored::Plain(match value {
            Value::Null => Value::Null,
            Value::Bool(value) => Value::Bool(value),
            Value::Bytes(bytes) => Value::Bytes(bytes.to_vec().leak()),
            Value::Decimal(code) => Value::Text(code.to_string().leak()),
            Value::Hash(hash) => Value::Text(hash.to_string().leak()),
            Value::Items(items) => {
                let mut values = Vec::new();
                items.each(&mut |value| values.push(leaked(value)));
                return Stored::Items(values);
            }
            Value::Text(text) => Value::Text(text.to_owned().leak()),
            Value::Timestamp(micros) => Value::Timestamp(micros),
            Value::Unsigned(value) => Value::Unsigned(value),
        })
    }

    fn fits(kind: Kind, nullable: bool, value: &Value<'_>) -> bool {
        match (kind, value) {
            (_, Value::Null) => nullable,
            (Kind::Binary, Value::Bytes(_))
            | (Kind::Bool, Value::Bool(_))
            | (Kind::Hash, Value::Hash(_))
            | (Kind::Text, Value::Decimal(_))
            | (Kind::Text | Kind::Word, Value::Text(_))
            | (Kind::Timestamp, Value::Timestamp(_))
            | (Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64, Value::Unsigned(_)) => true,
            (Kind::List(item), Value::Items(items)) => {
                let mut all = true;
                items.each(&mut |value| all &= fits(*item, false, &value));
                all
            }
            (Kind::Struct(columns), Value::Items(items)) => {
                let (mut columns, mut all) = (columns.iter(), true);
                items.each(&mut |value| {
                    all &= columns.next().is_some_and(|c| fits(c.kind, c.nullable, &value));
                });
                all && columns.next().is_none()
            }
            _ => false,
        }
    }

    #[test]
    fn rows_are_their_values() {
        check(&ProbeRow::default());
        check(&ProbeRow {
            attempts: vec![Attempt::default(), Attempt { bytes_in: 7, ..Attempt::default() }],
            leftover: Some(Bytes(vec![1])),
            server_sent: ServerSent { chain: Some(vec![Sha256::of(b"")]), ..ServerSent::default() },
            dialog: DialogColumns { mechanisms_before: Some(vec![]), ..DialogColumns::default() },
            ..ProbeRow::default()
        });
        check(&FlowRow::default());
        check(&FlowRow {
            plaintext_authentication: vec!["PLAIN".to_owned()],
            offer: OfferColumns { suites: Some(vec![0x1301]), ..OfferColumns::default() },
            tls: TlsColumns {
                version: Some("TLS 1.3".into()),
                version_code: Some(0x0304),
                extensions: Some([0, 43, u16::MAX].map(DecimalCode).into()),
                sct_carriers: Some(vec!["certificate".into()]),
                ..TlsColumns::default()
            },
            ..FlowRow::default()
        });
        check(&CapabilityRow::default());
        check(&CapabilityRow {
            answer: Some(IntrusiveAnswer::Discarded),
            attempts: vec![Attempt::default()],
            ..CapabilityRow::default()
        });
        check(&RunRow::default());
        check(&CertificateRow::from_der(b"no certificate", "r"));
        check(&CertificateDer::default());
    }

    #[test]
    fn code_points_in_decimal_are_text() {
        assert_eq!(<Vec<DecimalCode>>::KIND, <Vec<String>>::KIND);
        assert_eq!(format!("{:?}", [DecimalCode(65281)]), format!("{:?}", ["65281"]));
        assert_eq!(DecimalCode::from_value(Value::Text("65281")), Some(DecimalCode(65281)));
        assert_eq!(DecimalCode::from_value(Value::Text("65536")), None);
        assert_eq!(DecimalCode::from_value(Value::Unsigned(1)), None);
    }

    #[test]
    fn groups_follow_and_their_columns_bear_the_name_of_the_group() {
        let names: Vec<_> = FlowRow::COLUMNS.iter().map(|column| column.name).collect();
        assert_eq!(names.first(), Some(&"run_id"));
        for name in ["starttls_state", "offer_suites", "tls_version", "chain"] {
            assert!(names.contains(&name), "{name}");
        }
        let failed = TlsColumns::from_values(&mut || Stored::Plain(Value::Bool(true)));
        assert_eq!(failed, Err("tls_sni"));
    }

    #[test]
    fn a_value_of_another_kind_names_its_column() {
        let failed = CertificateDer::from_values(&mut || Stored::Plain(Value::Bool(true)));
        assert_eq!(failed, Err("cert_sha256"));
        let failed = ProbeRow::from_values(&mut || Stored::NULL);
        assert_eq!(failed, Err("run_id"));
        let failed = TlsColumns::from_values(&mut || Stored::Items(vec![]));
        assert_eq!(failed, Err("tls_sni"));
        assert_eq!(<Option<Vec<u16>>>::from_stored(Stored::Plain(Value::Unsigned(1))), None);
    }
}
