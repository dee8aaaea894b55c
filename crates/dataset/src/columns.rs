//! Rows into record batches: one growing array per column, shaped by the column's kind.

use std::sync::Arc;

use arrow::array::Array;
use arrow::array::ArrayRef;
use arrow::array::BinaryBuilder;
use arrow::array::BooleanBuilder;
use arrow::array::ListArray;
use arrow::array::RecordBatch;
use arrow::array::StringBuilder;
use arrow::array::StructArray;
use arrow::array::TimestampMicrosecondBuilder;
use arrow::array::UInt8Builder;
use arrow::array::UInt16Builder;
use arrow::array::UInt32Builder;
use arrow::array::UInt64Builder;
use arrow::buffer::NullBuffer;
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::DataType;
use arrow::datatypes::SchemaRef;
use tlscensus_records::Column;
use tlscensus_records::Kind;
use tlscensus_records::Relation;
use tlscensus_records::Row;
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
        let mut columns = self.columns.iter_mut();
        let mut bytes = 0;
        row.values(&mut |value| {
            let column = columns.next().expect("a row has one value per column");
            bytes += size(&value);
            column.push(value);
        });
        self.rows += 1;
        self.bytes += bytes;
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
        let arrays = self.columns.iter_mut().map(Growing::finish).collect();
        self.rows = 0;
        self.bytes = 0;
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
            .expect("the arrays follow the schema, which follows the same columns")
    }
}

/// One column while it grows.
enum Growing {
    Binary(BinaryBuilder),
    Bool(BooleanBuilder),
    List { kind: Kind, lengths: Vec<usize>, valid: Vec<bool>, items: Box<Self> },
    Struct { columns: &'static [Column], fields: Vec<Self>, rows: usize },
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
        match kind {
            Kind::Binary => Self::Binary(BinaryBuilder::new()),
            Kind::Bool => Self::Bool(BooleanBuilder::new()),
            Kind::Hash | Kind::Text | Kind::Word => Self::Text(StringBuilder::new()),
            Kind::List(item) => Self::List {
                kind: *item,
                lengths: Vec::new(),
                valid: Vec::new(),
                items: Box::new(Self::new(*item)),
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

    /// A value that is not of the column's kind becomes NULL, which a column that must not be NULL then refuses: `Cell`
    /// gives kind and value from one definition, so it does not happen.
    fn push(&mut self, value: Value<'_>) {
        match self {
            Self::Binary(builder) => builder.append_option(match value {
                Value::Bytes(bytes) => Some(bytes),
                _ => None,
            }),
            Self::Bool(builder) => builder.append_option(match value {
                Value::Bool(value) => Some(value),
                _ => None,
            }),
            Self::Text(builder) => match value {
                Value::Text(text) => builder.append_value(text),
                Value::Hash(hash) => {
                    let digits = hash.digits();
                    builder.append_value(str::from_utf8(&digits).expect("digits are ASCII"));
                }
                _ => builder.append_null(),
            },
            Self::Timestamp(builder) => builder.append_option(match value {
                Value::Timestamp(micros) => Some(micros),
                _ => None,
            }),
            Self::U8(builder) => builder.append_option(unsigned(&value)),
            Self::U16(builder) => builder.append_option(unsigned(&value)),
            Self::U32(builder) => builder.append_option(unsigned(&value)),
            Self::U64(builder) => builder.append_option(unsigned(&value)),
            Self::List { lengths, valid, items, .. } => {
                let values = match value {
                    Value::List(values) => Some(values),
                    _ => None,
                };
                valid.push(values.is_some());
                let values = values.unwrap_or_default();
                lengths.push(values.len());
                values.into_iter().for_each(|value| items.push(value));
            }
            Self::Struct { fields, rows, .. } => {
                let mut values = match value {
                    Value::Struct(values) => values.into_iter(),
                    _ => Vec::new().into_iter(),
                };
                *rows += 1;
                for field in fields {
                    field.push(values.next().unwrap_or(Value::Null));
                }
            }
        }
    }

    /// Takes the values out. What held many bytes is made as large again: the next rows are about as long.
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
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::U8(builder) => Arc::new(builder.finish()),
            Self::U16(builder) => Arc::new(builder.finish()),
            Self::U32(builder) => Arc::new(builder.finish()),
            Self::U64(builder) => Arc::new(builder.finish()),
            Self::List { kind, lengths, valid, items } => Arc::new(ListArray::new(
                Arc::new(item_field(*kind)),
                OffsetBuffer::from_lengths(std::mem::take(lengths)),
                items.finish(),
                Some(NullBuffer::from(std::mem::take(valid))),
            )),
            Self::Struct { columns, fields, rows } => {
                let DataType::Struct(names) = data_type(Kind::Struct(columns)) else {
                    unreachable!("a struct's type is a struct");
                };
                let arrays = fields.iter_mut().map(Self::finish).collect();
                let length = std::mem::take(rows);
                Arc::new(
                    StructArray::try_new_with_length(names, arrays, None, length)
                        .expect("every field got one value per row"),
                )
            }
        }
    }
}

fn unsigned<T: TryFrom<u64>>(value: &Value<'_>) -> Option<T> {
    match value {
        Value::Unsigned(value) => T::try_from(*value).ok(),
        _ => None,
    }
}

fn size(value: &Value<'_>) -> usize {
    const FIXED: usize = 8;
    FIXED
        + match value {
            Value::Null | Value::Bool(_) | Value::Timestamp(_) | Value::Unsigned(_) => 0,
            Value::Bytes(bytes) => bytes.len(),
            Value::Hash(_) => 64,
            Value::List(values) | Value::Struct(values) => values.iter().map(size).sum(),
            Value::Text(text) => text.len(),
        }
}
