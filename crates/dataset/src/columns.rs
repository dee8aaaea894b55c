//! Rows into record batches: one growing array per column, shaped by the column's kind.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::Array;
use arrow::array::ArrayRef;
use arrow::array::ArrowPrimitiveType;
use arrow::array::BinaryBuilder;
use arrow::array::BooleanBuilder;
use arrow::array::ListArray;
use arrow::array::NullBufferBuilder;
use arrow::array::PrimitiveBuilder;
use arrow::array::RecordBatch;
use arrow::array::StringBuilder;
use arrow::array::StructArray;
use arrow::array::TimestampMicrosecondBuilder;
use arrow::array::UInt8Builder;
use arrow::array::UInt16Builder;
use arrow::array::UInt32Builder;
use arrow::array::UInt64Builder;
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::DataType;
use arrow::datatypes::SchemaRef;
use tlscensus_records::Column;
use tlscensus_records::Items;
use tlscensus_records::Kind;
use tlscensus_records::Relation;
use tlscensus_records::Row;
use tlscensus_records::Sink;
use tlscensus_records::Value;

use crate::schema::bare_schema;
use crate::schema::data_type;
use crate::schema::item_field;

/// Rows of one relation waiting to be written.
pub(crate) struct RowBuffer {
    schema: SchemaRef,
    columns: Vec<Growing>,
    rows: usize,
    bytes: usize,
}

impl RowBuffer {
    pub(crate) fn new(relation: &Relation) -> Self {
        Self {
            schema: bare_schema(relation.columns),
            columns: growing(relation.columns),
            rows: 0,
            bytes: 0,
        }
    }

    pub(crate) fn push<R: Row>(&mut self, row: &R) {
        let mut columns = Filling { columns: self.columns.iter_mut(), row: self.rows, bytes: 0 };
        row.give_all(&mut columns);
        self.bytes += columns.bytes;
        self.rows += 1;
    }

    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// An estimate of the memory held.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes the rows out.
    pub(crate) fn take(&mut self) -> RecordBatch {
        let rows = std::mem::take(&mut self.rows);
        let arrays = self.columns.iter_mut().map(|column| column.finish(rows)).collect();
        self.bytes = 0;
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .expect("the arrays follow the schema, which follows the same columns")
    }
}

/// Columns while they take one row.
struct Filling<'a> {
    columns: std::slice::IterMut<'a, Growing>,
    row: usize,
    bytes: usize,
}

impl Sink for Filling<'_> {
    fn take(&mut self, value: Value<'_>) {
        let column = self.columns.next().expect("a row has one value per column");
        self.bytes += column.push(self.row, value);
    }

    /// The column is not even looked at: it learns at its next value, or at the end, how many it missed.
    #[inline]
    fn pass(&mut self) {
        self.columns.next();
        self.bytes += NULL;
    }
}

/// One column while it grows.
struct Growing {
    values: Values,
    /// Rows that the values reach to. Those behind them, up to the row that is being filled, are NULL.
    reach: usize,
}

/// The values of a column, and the NULLs before the last of them.
enum Values {
    Binary(BinaryBuilder),
    Bool(BooleanBuilder),
    List {
        kind: Kind,
        lengths: Vec<usize>,
        valid: NullBufferBuilder,
        items: Box<Growing>,
        count: usize,
    },
    Struct {
        columns: &'static [Column],
        fields: Vec<Growing>,
        rows: usize,
    },
    Text(StringBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    U8(UInt8Builder),
    U16(UInt16Builder),
    U32(UInt32Builder),
    U64(UInt64Builder),
}

fn growing(columns: &[Column]) -> Vec<Growing> {
    columns.iter().map(|column| Growing::new(column.kind)).collect()
}

impl Growing {
    fn new(kind: Kind) -> Self {
        Self { values: Values::new(kind), reach: 0 }
    }

    /// Takes the value of a row, and tells about how many bytes it fills.
    ///
    /// A value that is not of the column's kind becomes NULL, which a column that must not be NULL then refuses. Items are taken
    /// by lists and structs alike. `Cell` gives kind and value from one definition, so neither happens.
    fn push(&mut self, row: usize, value: Value<'_>) -> usize {
        if matches!(value, Value::Null) {
            return NULL;
        }
        self.catch_up(row);
        let Some(bytes) = self.values.push(value) else {
            return NULL;
        };
        self.reach = row + 1;
        bytes
    }

    /// Takes the items of a list behind so many of others, counts them, and tells about how many bytes they fill.
    fn push_all(&mut self, count: &mut usize, values: &dyn Items) -> usize {
        if let (Values::U16(builder), Some(codes)) = (&mut self.values, values.code_points()) {
            builder.append_nulls(*count - self.reach);
            builder.append_slice(codes);
            *count += codes.len();
            self.reach = *count;
            return size_of_val(codes);
        }
        let mut bytes = 0;
        values.each(&mut |value| {
            bytes += self.push(*count, value);
            *count += 1;
        });
        bytes
    }

    /// Puts NULLs into the rows before this one that have no value.
    #[inline]
    fn catch_up(&mut self, row: usize) {
        if self.reach < row {
            self.values.append_nulls(row - self.reach);
            self.reach = row;
        }
    }

    /// Takes the values of so many rows out.
    fn finish(&mut self, rows: usize) -> ArrayRef {
        self.catch_up(rows);
        self.reach = 0;
        self.values.finish()
    }
}

impl Values {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Binary => Self::Binary(BinaryBuilder::new()),
            Kind::Bool => Self::Bool(BooleanBuilder::new()),
            Kind::Hash | Kind::Text | Kind::Word => Self::Text(StringBuilder::new()),
            Kind::List(item) => Self::List {
                kind: *item,
                lengths: Vec::new(),
                valid: NullBufferBuilder::new(0),
                items: Box::new(Growing::new(*item)),
                count: 0,
            },
            Kind::Struct(columns) => Self::Struct { columns, fields: growing(columns), rows: 0 },
            Kind::Timestamp => {
                Self::Timestamp(TimestampMicrosecondBuilder::new().with_data_type(data_type(kind)))
            }
            Kind::U8 => Self::U8(UInt8Builder::new()),
            Kind::U16 => Self::U16(UInt16Builder::new()),
            Kind::U32 => Self::U32(UInt32Builder::new()),
            Kind::U64 => Self::U64(UInt64Builder::new()),
        }
    }

    /// Takes a value, and tells about how many bytes it fills; `None`: it is not of this kind, and was not taken.
    #[inline]
    fn push(&mut self, value: Value<'_>) -> Option<usize> {
        match (self, value) {
            (Self::Binary(builder), Value::Bytes(bytes)) => {
                builder.append_value(bytes);
                Some(OFFSET + bytes.len())
            }
            (Self::Bool(builder), Value::Bool(value)) => {
                builder.append_value(value);
                Some(1)
            }
            (Self::Text(builder), Value::Text(text)) => {
                builder.append_value(text);
                Some(OFFSET + text.len())
            }
            (Self::Text(builder), Value::Decimal(code)) => Some(decimal(builder, code)),
            (Self::Text(builder), Value::Hash(hash)) => {
                let digits = hash.digits();
                builder.append_value(str::from_utf8(&digits).expect("digits are ASCII"));
                Some(OFFSET + digits.len())
            }
            (Self::Timestamp(builder), Value::Timestamp(micros)) => {
                builder.append_value(micros);
                Some(size_of::<i64>())
            }
            (Self::U8(builder), Value::Unsigned(value)) => unsigned(builder, value),
            (Self::U16(builder), Value::Unsigned(value)) => unsigned(builder, value),
            (Self::U32(builder), Value::Unsigned(value)) => unsigned(builder, value),
            (Self::U64(builder), Value::Unsigned(value)) => unsigned(builder, value),
            (Self::List { lengths, valid, items, count, .. }, Value::Items(values)) => {
                let before = *count;
                let bytes = items.push_all(count, values);
                lengths.push(*count - before);
                valid.append_non_null();
                Some(size_of::<usize>() + bytes)
            }
            (Self::Struct { fields, rows, .. }, Value::Items(values)) => {
                let (mut fields, mut bytes) = (fields.iter_mut(), 0);
                values.each(&mut |value| {
                    let field = fields.next().expect("a struct has one value per field");
                    bytes += field.push(*rows, value);
                });
                *rows += 1;
                Some(bytes)
            }
            _ => None,
        }
    }

    fn append_nulls(&mut self, count: usize) {
        match self {
            Self::Binary(builder) => builder.append_nulls(count),
            Self::Bool(builder) => builder.append_nulls(count),
            Self::Text(builder) => builder.append_nulls(count),
            Self::Timestamp(builder) => builder.append_nulls(count),
            Self::U8(builder) => builder.append_nulls(count),
            Self::U16(builder) => builder.append_nulls(count),
            Self::U32(builder) => builder.append_nulls(count),
            Self::U64(builder) => builder.append_nulls(count),
            Self::List { lengths, valid, .. } => {
                lengths.resize(lengths.len() + count, 0);
                valid.append_n_nulls(count);
            }
            Self::Struct { rows, .. } => *rows += count,
        }
    }

    /// Takes the values out. Room for as many is made again: the next rows are about as long.
    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Binary(builder) => {
                let array = builder.finish();
                *builder = BinaryBuilder::with_capacity(array.len(), array.value_data().len());
                Arc::new(array)
            }
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => {
                let array = builder.finish();
                *builder = StringBuilder::with_capacity(array.len(), array.value_data().len());
                Arc::new(array)
            }
            Self::Timestamp(builder) => finished(builder),
            Self::U8(builder) => finished(builder),
            Self::U16(builder) => finished(builder),
            Self::U32(builder) => finished(builder),
            Self::U64(builder) => finished(builder),
            Self::List { kind, lengths, valid, items, count } => Arc::new(ListArray::new(
                Arc::new(item_field(*kind)),
                OffsetBuffer::from_lengths(lengths.drain(..)),
                items.finish(std::mem::take(count)),
                valid.finish(),
            )),
            Self::Struct { columns, fields, rows } => {
                let DataType::Struct(names) = data_type(Kind::Struct(columns)) else {
                    unreachable!("a struct's type is a struct");
                };
                let length = std::mem::take(rows);
                let arrays = fields.iter_mut().map(|field| field.finish(length)).collect();
                Arc::new(
                    StructArray::try_new_with_length(names, arrays, None, length)
                        .expect("every field got one value per row"),
                )
            }
        }
    }
}

fn finished<T: ArrowPrimitiveType>(builder: &mut PrimitiveBuilder<T>) -> ArrayRef {
    let array = builder.finish();
    let next = PrimitiveBuilder::with_capacity(array.len());
    *builder = next.with_data_type(array.data_type().clone());
    Arc::new(array)
}

/// Takes a number as decimal text, written where it will stand.
fn decimal(builder: &mut StringBuilder, code: u16) -> usize {
    let before = builder.values_slice().len();
    // Writing to memory cannot fail.
    let _ = write!(builder, "{code}");
    // What was written and has no end yet begins this value.
    builder.append_value("");
    OFFSET + builder.values_slice().len() - before
}

fn unsigned<T>(builder: &mut PrimitiveBuilder<T>, value: u64) -> Option<usize>
where
    T: ArrowPrimitiveType<Native: TryFrom<u64>>,
{
    builder.append_value(T::Native::try_from(value).ok()?);
    Some(size_of::<T::Native>())
}

/// Bytes beside a value whose length is its own.
const OFFSET: usize = size_of::<i32>();
/// Those of a NULL, about: as much as the widest number.
const NULL: usize = size_of::<u64>();

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use tlscensus_records::Attempt;
    use tlscensus_records::Bytes;
    use tlscensus_records::DecimalCode;
    use tlscensus_records::FLOWS;
    use tlscensus_records::FlowRow;
    use tlscensus_records::OfferColumns;
    use tlscensus_records::PROBES;
    use tlscensus_records::ProbeRow;
    use tlscensus_records::ServerSent;
    use tlscensus_records::Sha256;
    use tlscensus_records::TlsColumns;

    use super::*;
    use crate::rows::rows;

    /// What goes in comes out, in one batch, and in two of the same buffer.
    fn check<R: Row + PartialEq + Debug>(relation: &Relation, given: &[R]) {
        let mut buffer = RowBuffer::new(relation);
        for _ in 0..2 {
            given.iter().for_each(|row| buffer.push(row));
            assert_eq!(buffer.rows(), given.len());
            let batch = buffer.take();
            assert_eq!(batch.schema(), bare_schema(relation.columns));
            assert_eq!(rows::<R>(&batch).as_deref(), Ok(given));
            assert_eq!((buffer.rows(), buffer.bytes()), (0, 0));
        }
    }

    fn offering(suites: Option<Vec<u16>>) -> FlowRow {
        let offer = OfferColumns { suites, ..OfferColumns::default() };
        FlowRow { offer, ..FlowRow::default() }
    }

    /// A value in a column of every kind that can be NULL.
    fn full() -> FlowRow {
        FlowRow {
            offer: OfferColumns {
                versions: Some(vec![0x0304, 0x0303]),
                ssl2_ciphers: Some(vec![0x01_0080]),
                compressions: Some(vec![0]),
                alpn: Some(vec!["imap".to_owned(), String::new()]),
                early_data: Some(true),
                psks_count: Some(u32::MAX),
                ..OfferColumns::default()
            },
            tls: TlsColumns {
                sni: Some("mail.example".to_owned()),
                version_code: Some(u16::MAX),
                compression: Some(u8::MAX),
                server_public_sha256: Some(Sha256::of(b"key")),
                extensions: Some([0, 43, u16::MAX].map(DecimalCode).into()),
                ocsp_staple: Some(Bytes(vec![0, 0xff])),
                ..TlsColumns::default()
            },
            server_sent: ServerSent {
                chain: Some(vec![Sha256::of(b"a"), Sha256::of(b"b")]),
                ..ServerSent::default()
            },
            ..FlowRow::default()
        }
    }

    #[test]
    fn a_value_is_found_where_it_was_put_among_nulls() {
        let none = FlowRow::default;
        check(&FLOWS, &[none(), none()]);
        check(&FLOWS, &[full(), full()]);
        check(&FLOWS, &[none(), none(), none(), full()]);
        check(&FLOWS, &[full(), none(), none(), none()]);
        check(&FLOWS, &[none(), full(), none(), full(), full(), none()]);
    }

    #[test]
    fn an_empty_list_is_not_null() {
        let lists = [None, Some(vec![]), Some(vec![1, 2]), None, None, Some(vec![]), Some(vec![3])];
        check(&FLOWS, &lists.map(offering));
    }

    #[test]
    fn lists_of_records_keep_what_each_field_has() {
        let said = Attempt { bytes_in: 7, detail: Some("no".to_owned()), ..Attempt::default() };
        let tried = |attempts| ProbeRow { attempts, ..ProbeRow::default() };
        let none = Attempt::default;
        check(
            &PROBES,
            &[
                tried(vec![]),
                tried(vec![none(), said.clone(), none()]),
                tried(vec![]),
                tried(vec![said]),
            ],
        );
    }

    #[test]
    fn what_a_column_never_had_is_known_to_its_array() {
        let mut buffer = RowBuffer::new(&FLOWS);
        (0..100).for_each(|_| buffer.push(&FlowRow::default()));
        let batch = buffer.take();
        for name in ["tls_sni", "offer_suites", "offer_psks_count", "tls_ocsp_staple"] {
            let array = batch.column_by_name(name).expect("a column");
            assert_eq!((array.len(), array.null_count()), (100, 100), "{name}");
        }
    }

    #[test]
    fn decimal_code_points_are_stored_as_their_text() {
        let (mut numbers, mut texts) = (Growing::new(Kind::Text), Growing::new(Kind::Text));
        for (row, code) in [0, 9, 10, 65281, u16::MAX].into_iter().enumerate() {
            let bytes = texts.push(2 * row, Value::Text(&code.to_string()));
            assert_eq!(numbers.push(2 * row, Value::Decimal(code)), bytes);
        }
        assert_eq!(&numbers.finish(10), &texts.finish(10));
    }

    #[test]
    fn a_value_of_another_kind_is_null() {
        let mut column = Growing::new(Kind::U8);
        for (row, value) in
            [Value::Unsigned(256), Value::Text("1"), Value::Unsigned(255)].iter().enumerate()
        {
            column.push(row, *value);
        }
        let array = column.finish(3);
        assert_eq!((array.len(), array.null_count()), (3, 2));
    }
}
