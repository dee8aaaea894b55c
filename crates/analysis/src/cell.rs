//! Values of a result, out of Arrow arrays.

use datafusion::arrow::array::Array;
use datafusion::arrow::array::AsArray;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::datatypes::Float32Type;
use datafusion::arrow::datatypes::Float64Type;
use datafusion::arrow::datatypes::Int8Type;
use datafusion::arrow::datatypes::Int16Type;
use datafusion::arrow::datatypes::Int32Type;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::datatypes::UInt8Type;
use datafusion::arrow::datatypes::UInt16Type;
use datafusion::arrow::datatypes::UInt32Type;
use datafusion::arrow::datatypes::UInt64Type;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::display::ArrayFormatter;
use datafusion::arrow::util::display::FormatOptions;

/// One value of a result.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Yes or no.
    Boolean(bool),
    /// A floating-point number.
    Float(f64),
    /// A whole number.
    Integer(i128),
    /// Values in order.
    List(Vec<Self>),
    /// No value.
    Null,
    /// Named values in order.
    Record(Vec<(String, Self)>),
    /// Text; bytes as lower-case hexadecimal, times as `2026-11-23T21:00:00.123456Z`.
    Text(String),
}

impl Cell {
    /// The value as a count.
    pub(crate) fn count(&self) -> Option<u64> {
        match self {
            Self::Integer(value) => u64::try_from(*value).ok(),
            _ => None,
        }
    }

    /// The text, if it is text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The rows of `batch`.
pub(crate) fn rows(batch: &RecordBatch) -> Result<Vec<Vec<Cell>>, ArrowError> {
    (0..batch.num_rows())
        .map(|row| batch.columns().iter().map(|array| cell(array, row)).collect())
        .collect()
}

fn cell(array: &dyn Array, row: usize) -> Result<Cell, ArrowError> {
    if array.is_null(row) {
        return Ok(Cell::Null);
    }
    Ok(match array.data_type() {
        DataType::Null => Cell::Null,
        DataType::Boolean => Cell::Boolean(array.as_boolean().value(row)),
        DataType::Int8 => integer(array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => integer(array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => integer(array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => integer(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt8 => integer(array.as_primitive::<UInt8Type>().value(row)),
        DataType::UInt16 => integer(array.as_primitive::<UInt16Type>().value(row)),
        DataType::UInt32 => integer(array.as_primitive::<UInt32Type>().value(row)),
        DataType::UInt64 => integer(array.as_primitive::<UInt64Type>().value(row)),
        DataType::Float32 => Cell::Float(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => Cell::Float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => text(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => text(array.as_string::<i64>().value(row)),
        DataType::Utf8View => text(array.as_string_view().value(row)),
        DataType::Binary => hexadecimal(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => hexadecimal(array.as_binary::<i64>().value(row)),
        DataType::BinaryView => hexadecimal(array.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => hexadecimal(array.as_fixed_size_binary().value(row)),
        DataType::List(_) => list(&array.as_list::<i32>().value(row))?,
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(row))?,
        DataType::FixedSizeList(..) => list(&array.as_fixed_size_list().value(row))?,
        DataType::Struct(fields) => Cell::Record(
            fields
                .iter()
                .zip(array.as_struct().columns())
                .map(|(field, values)| Ok((field.name().clone(), cell(values, row)?)))
                .collect::<Result<_, ArrowError>>()?,
        ),
        _ => {
            let formatter = ArrayFormatter::try_new(array, &FormatOptions::default())?;
            Cell::Text(formatter.value(row).try_to_string()?)
        }
    })
}

fn list(values: &dyn Array) -> Result<Cell, ArrowError> {
    let cells = (0..values.len()).map(|at| cell(values, at));
    cells.collect::<Result<_, _>>().map(Cell::List)
}

fn integer(value: impl Into<i128>) -> Cell {
    Cell::Integer(value.into())
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn hexadecimal(bytes: &[u8]) -> Cell {
    Cell::Text(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
