//! Record batches back into rows, whatever version wrote them.

use arrow::array::Array;
use arrow::array::ArrayRef;
use arrow::array::AsArray;
use arrow::array::RecordBatch;
use arrow::datatypes::TimestampMicrosecondType;
use arrow::datatypes::UInt8Type;
use arrow::datatypes::UInt16Type;
use arrow::datatypes::UInt32Type;
use arrow::datatypes::UInt64Type;
use tlscensus_records::Column;
use tlscensus_records::Kind;
use tlscensus_records::Row;
use tlscensus_records::Stored;
use tlscensus_records::Value;

/// The rows of a batch. Columns are found by name; one that the batch does not have reads as NULL. The error names the
/// column that does not fit.
pub fn rows<R: Row>(batch: &RecordBatch) -> Result<Vec<R>, &'static str> {
    let arrays: Vec<_> =
        R::COLUMNS.iter().map(|column| (column.kind, batch.column_by_name(column.name))).collect();
    (0..batch.num_rows())
        .map(|row| {
            let mut columns = arrays.iter();
            R::from_values(&mut || match columns.next() {
                Some((kind, Some(array))) => value(array, *kind, row),
                _ => Stored::NULL,
            })
        })
        .collect()
}

fn value(array: &ArrayRef, kind: Kind, row: usize) -> Stored<'_> {
    if array.is_null(row) {
        return Stored::NULL;
    }
    read(array, kind, row).unwrap_or(Stored::NULL)
}

/// `None`: the array is not of this kind.
fn read(array: &ArrayRef, kind: Kind, row: usize) -> Option<Stored<'_>> {
    Some(Stored::Plain(match kind {
        Kind::Binary => Value::Bytes(array.as_binary_opt::<i32>()?.value(row)),
        Kind::Bool => Value::Bool(array.as_boolean_opt()?.value(row)),
        Kind::Hash | Kind::Text | Kind::Word => {
            Value::Text(array.as_string_opt::<i32>()?.value(row))
        }
        Kind::List(item) => {
            let list = array.as_list_opt::<i32>()?;
            let offsets = list.value_offsets();
            let start = usize::try_from(*offsets.get(row)?).ok()?;
            let end = usize::try_from(*offsets.get(row + 1)?).ok()?;
            let items = list.values();
            return Some(Stored::Items((start..end).map(|at| value(items, *item, at)).collect()));
        }
        Kind::Struct(columns) => {
            let fields = array.as_struct_opt()?;
            let field = |column: &Column| match fields.column_by_name(column.name) {
                Some(array) => value(array, column.kind, row),
                None => Stored::NULL,
            };
            return Some(Stored::Items(columns.iter().map(field).collect()));
        }
        Kind::Timestamp => {
            let micros = array.as_primitive_opt::<TimestampMicrosecondType>()?;
            Value::Timestamp(micros.value(row))
        }
        Kind::U8 => Value::Unsigned(array.as_primitive_opt::<UInt8Type>()?.value(row).into()),
        Kind::U16 => Value::Unsigned(array.as_primitive_opt::<UInt16Type>()?.value(row).into()),
        Kind::U32 => Value::Unsigned(array.as_primitive_opt::<UInt32Type>()?.value(row).into()),
        Kind::U64 => Value::Unsigned(array.as_primitive_opt::<UInt64Type>()?.value(row)),
    }))
}
