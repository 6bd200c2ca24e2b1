//! Sizes of rows: in memory, to cut stripes, and as Hive reckons them.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;

use super::super::meta::{Kind, Type};
use super::super::statistics::{Detail, Statistics};

/// Returns the bytes of a batch's values; the same for the same rows, however they are sliced.
pub(super) fn of_batch(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(of_array).sum()
}

fn of_array(array: &ArrayRef) -> usize {
    let rows = array.len();
    let span = |offsets: &[i32]| (offsets[rows] - offsets[0]) as usize;
    let children = |columns: &[ArrayRef]| columns.iter().map(of_array).sum::<usize>();
    match array.data_type() {
        DataType::Utf8 => span(array.as_string::<i32>().value_offsets()) + 4 * rows,
        DataType::Binary => span(array.as_binary::<i32>().value_offsets()) + 4 * rows,
        DataType::Struct(_) => children(array.as_struct().columns()),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let first = list.value_offsets()[0] as usize;
            of_array(&list.values().slice(first, span(list.value_offsets()))) + 4 * rows
        }
        DataType::Map(..) => {
            let map = array.as_map();
            let first = map.value_offsets()[0] as usize;
            let entries = map.entries().slice(first, span(map.value_offsets()));
            children(entries.columns()) + 4 * rows
        }
        ty => ty.primitive_width().unwrap_or(16) * rows,
    }
}

/// Returns Hive's `rawDataSize`: what the values would take as Java objects.
///
/// Limit: `u64::MAX`, whatever the statistics of a broken file say.
///
/// Source: ORC `ReaderImpl.getRawDataSizeOfColumn`, Hive `JavaDataModel.JAVA64`.
pub(in crate::orc) fn raw_data(types: &[Type], statistics: &[Statistics]) -> u64 {
    let columns = types.iter().zip(statistics).map(|(ty, column)| raw_column(ty, column));
    columns.fold(0, u64::saturating_add)
}

fn raw_column(ty: &Type, column: &Statistics) -> u64 {
    const TEXT: u64 = 32 + 3 * 4 + 40;
    let each = match ty.kind {
        Kind::Boolean | Kind::Byte | Kind::Short | Kind::Int | Kind::Float => 4,
        Kind::Long | Kind::Double => 8,
        Kind::Timestamp | Kind::TimestampInstant => 40,
        Kind::Date => 56,
        Kind::Decimal => 112,
        Kind::String | Kind::Varchar | Kind::Char => match &column.detail {
            Detail::Text { sum, .. } if column.count > 0 => {
                TEXT.saturating_add(sum.unsigned_abs() / column.count)
            }
            _ => TEXT,
        },
        Kind::Binary => match &column.detail {
            Detail::Binary { sum } => return sum.unsigned_abs(),
            _ => 0,
        },
        Kind::List | Kind::Map | Kind::Struct | Kind::Union => 0,
    };
    each.saturating_mul(column.count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_no_file_has_do_not_overflow() {
        let column = || Statistics { count: u64::MAX / 2, ..Statistics::default() };
        let types = [Kind::Decimal, Kind::Boolean].map(Type::new);
        assert_eq!(raw_data(&types, &[column(), column()]), u64::MAX);
    }
}
