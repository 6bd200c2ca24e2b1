//! Growing columns of Hive's types.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, BooleanBufferBuilder, Date32Array, Decimal128Array,
    Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array,
    IntervalMonthDayNanoArray, IntervalYearMonthArray, ListArray, MapArray, NullArray,
    NullBufferBuilder, StringArray, StructArray, TimestampMicrosecondArray, UnionArray,
};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, IntervalMonthDayNano};
use arrow::error::ArrowError;

use crate::types::HiveType;
use crate::{FormatError, Result};

/// Bytes of text after which a batch is full, whatever its rows; offsets of 32 bits must hold them.
const BATCH_BYTES: usize = 64 << 20;

/// Values of one nested column after which a batch is full.
const BATCH_VALUES: usize = 16 << 20;

/// One growing column; every append adds one row.
#[derive(Debug)]
pub(crate) struct Column {
    ty: HiveType,
    pub(crate) data: Data,
    nulls: NullBufferBuilder,
}

/// The values of a column by its type.
#[derive(Debug)]
pub(crate) enum Data {
    Void(usize),
    Bool(BooleanBufferBuilder),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Date(Vec<i32>),
    /// Microseconds.
    Timestamp(Vec<i64>),
    Decimal(Vec<i128>),
    Text(Bytes),
    Binary(Bytes),
    Months(Vec<i32>),
    /// Seconds and nanoseconds.
    Interval(Vec<(i64, i32)>),
    List(Vec<i32>, Box<Column>),
    Map(Vec<i32>, Box<(Column, Column)>),
    Struct(usize, Vec<Column>),
    Union(Vec<i8>, Vec<i32>, Vec<Column>),
}

/// Byte strings one behind another.
#[derive(Debug)]
pub(crate) struct Bytes {
    offsets: Vec<i32>,
    pub(crate) bytes: Vec<u8>,
}

impl Bytes {
    fn new(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { offsets, bytes: Vec::new() }
    }

    /// Ends the value whose bytes were appended to `bytes`.
    #[inline]
    pub(crate) fn end_value(&mut self) {
        self.offsets.push(self.bytes.len() as i32);
    }

    /// Drops the bytes of a value that was begun.
    pub(crate) fn drop_value(&mut self) {
        self.bytes.truncate(self.offsets.last().map_or(0, |end| *end as usize));
    }

    #[inline]
    pub(crate) fn push(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        self.end_value();
    }

    fn value(&self, row: usize) -> &[u8] {
        let offset = |row: usize| self.offsets.get(row).map_or(0, |at| *at as usize);
        self.bytes.get(offset(row)..offset(row + 1)).unwrap_or_default()
    }

    fn take(&mut self) -> (OffsetBuffer<i32>, Vec<u8>) {
        // The next batch will be about as large.
        let mut offsets = Vec::with_capacity(self.offsets.len());
        offsets.push(0);
        let offsets = std::mem::replace(&mut self.offsets, offsets);
        (OffsetBuffer::new(offsets.into()), again(&mut self.bytes))
    }
}

/// Runs one expression over the plain vector of any kind of column.
macro_rules! each {
    ($data:expr, $v:ident => $plain:expr, $($other:tt)*) => {
        match $data {
            Data::I8($v) => $plain,
            Data::I16($v) => $plain,
            Data::I32($v) | Data::Date($v) | Data::Months($v) => $plain,
            Data::I64($v) | Data::Timestamp($v) => $plain,
            Data::F32($v) => $plain,
            Data::F64($v) => $plain,
            Data::Decimal($v) => $plain,
            Data::Interval($v) => $plain,
            $($other)*
        }
    };
}

impl Column {
    /// Makes an empty column with room for so many rows.
    pub(crate) fn new(ty: &HiveType, rows: usize) -> Self {
        let data = Data::new(ty, rows);
        Self { ty: ty.clone(), data, nulls: NullBufferBuilder::new(rows) }
    }

    pub(crate) fn ty(&self) -> &HiveType {
        &self.ty
    }

    /// Returns the type, the values and which of them are null, for appending to both.
    #[inline]
    pub(crate) fn parts(&mut self) -> (&HiveType, &mut Data, &mut NullBufferBuilder) {
        (&self.ty, &mut self.data, &mut self.nulls)
    }

    /// Rows held; a value that is being built does not count.
    pub(crate) fn len(&self) -> usize {
        self.nulls.len()
    }

    /// Counts the value that was just pushed to `data` as a row.
    #[inline]
    pub(crate) fn valid(&mut self) {
        self.nulls.append_non_null();
    }

    /// Appends a NULL.
    pub(crate) fn push_null(&mut self) {
        self.nulls.append_null();
        each!(&mut self.data, v => v.push(Default::default()),
            Data::Void(rows) => *rows += 1,
            Data::Bool(v) => v.append(false),
            Data::Text(t) | Data::Binary(t) => {
                t.drop_value();
                t.end_value();
            }
            Data::List(offsets, items) => offsets.push(items.len() as i32),
            Data::Map(offsets, pair) => offsets.push(pair.0.len() as i32),
            Data::Struct(rows, fields) => {
                *rows += 1;
                fields.iter_mut().for_each(Self::push_null);
            }
            Data::Union(tags, offsets, children) => {
                tags.push(0);
                if let Some(first) = children.first_mut() {
                    offsets.push(first.len() as i32);
                    first.push_null();
                }
            }
        );
    }

    /// Tells whether a row that was appended is NULL.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        !self.nulls.is_valid(row)
    }

    /// Tells whether two rows of a primitive column are equal.
    pub(crate) fn equal(&self, a: usize, b: usize) -> bool {
        each!(&self.data, v => v.get(a) == v.get(b),
            Data::Text(t) | Data::Binary(t) => t.value(a) == t.value(b),
            Data::Bool(v) => v.get_bit(a) == v.get_bit(b),
            _ => false
        )
    }

    /// Cuts the column back to so many rows, and drops what was begun of another.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.nulls.truncate(rows);
        each!(&mut self.data, v => v.truncate(rows),
            Data::Text(t) | Data::Binary(t) => {
                t.offsets.truncate(rows + 1);
                t.drop_value();
            }
            Data::Bool(v) => v.truncate(rows),
            Data::Void(n) => *n = rows.min(*n),
            Data::List(offsets, items) => {
                offsets.truncate(rows + 1);
                items.truncate(last(offsets));
            }
            Data::Map(offsets, pair) => {
                offsets.truncate(rows + 1);
                pair.0.truncate(last(offsets));
                pair.1.truncate(last(offsets));
            }
            Data::Struct(n, fields) => {
                *n = rows.min(*n);
                for field in fields {
                    field.truncate(rows);
                }
            }
            // The members keep values that nothing points to.
            Data::Union(tags, offsets, _) => {
                tags.truncate(rows);
                offsets.truncate(rows);
            }
        );
    }

    /// Ends a list, map or struct whose parts were appended.
    pub(crate) fn end_nested(&mut self) {
        match &mut self.data {
            Data::List(offsets, items) => offsets.push(items.len() as i32),
            Data::Map(offsets, pair) => offsets.push(pair.0.len() as i32),
            Data::Struct(rows, fields) => {
                *rows += 1;
                for field in fields {
                    while field.len() < *rows {
                        field.push_null();
                    }
                }
            }
            _ => {}
        }
        self.valid();
    }

    /// Appends a value of a union's member, which the closure must append.
    pub(crate) fn push_union(
        &mut self,
        tag: usize,
        push: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let Data::Union(tags, offsets, children) = &mut self.data else {
            return Err(FormatError::internal("column is no union"));
        };
        let Some(child) = children.get_mut(tag) else {
            return Err(FormatError::data("union has no such member").with("tag", tag));
        };
        tags.push(tag as i8);
        offsets.push(child.len() as i32);
        push(child)?;
        self.valid();
        Ok(())
    }

    /// Tells whether 32 bit offsets and memory call for a new batch.
    pub(crate) fn is_full(&self) -> bool {
        match &self.data {
            Data::Text(t) | Data::Binary(t) => t.bytes.len() >= BATCH_BYTES,
            Data::List(_, items) => items.len() >= BATCH_VALUES || items.is_full(),
            Data::Map(_, pair) => {
                pair.0.len() >= BATCH_VALUES || pair.0.is_full() || pair.1.is_full()
            }
            Data::Struct(_, fields) | Data::Union(_, _, fields) => fields.iter().any(Self::is_full),
            _ => false,
        }
    }

    /// Takes the rows out.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        let nulls = self.nulls.finish();
        let ty = self.ty.to_arrow();
        Ok(match &mut self.data {
            Data::Void(rows) => Arc::new(NullArray::new(std::mem::take(rows))),
            Data::Bool(v) => Arc::new(BooleanArray::new(v.finish(), nulls)),
            Data::I8(v) => Arc::new(Int8Array::try_new(again(v).into(), nulls)?),
            Data::I16(v) => Arc::new(Int16Array::try_new(again(v).into(), nulls)?),
            Data::I32(v) => Arc::new(Int32Array::try_new(again(v).into(), nulls)?),
            Data::I64(v) => Arc::new(Int64Array::try_new(again(v).into(), nulls)?),
            Data::F32(v) => Arc::new(Float32Array::try_new(again(v).into(), nulls)?),
            Data::F64(v) => Arc::new(Float64Array::try_new(again(v).into(), nulls)?),
            Data::Date(v) => Arc::new(Date32Array::try_new(again(v).into(), nulls)?),
            Data::Months(v) => Arc::new(IntervalYearMonthArray::try_new(again(v).into(), nulls)?),
            Data::Timestamp(v) => {
                let array = TimestampMicrosecondArray::try_new(again(v).into(), nulls)?;
                Arc::new(array.with_data_type(ty))
            }
            Data::Decimal(v) => {
                let array = Decimal128Array::try_new(again(v).into(), nulls)?;
                Arc::new(array.with_data_type(ty))
            }
            Data::Interval(v) => {
                let values: ScalarBuffer<_> = v.drain(..).map(|(s, n)| interval(s, n)).collect();
                Arc::new(IntervalMonthDayNanoArray::try_new(values, nulls)?)
            }
            Data::Text(t) => {
                let (offsets, bytes) = t.take();
                Arc::new(StringArray::try_new(offsets, bytes.into(), nulls)?)
            }
            Data::Binary(t) => {
                let (offsets, bytes) = t.take();
                Arc::new(BinaryArray::try_new(offsets, bytes.into(), nulls)?)
            }
            Data::List(offsets, items) => {
                let offsets = std::mem::replace(offsets, vec![0]);
                let field = Arc::new(Field::new("item", items.ty.to_arrow(), true));
                let offsets = OffsetBuffer::new(offsets.into());
                Arc::new(ListArray::try_new(field, offsets, items.finish()?, nulls)?)
            }
            Data::Map(offsets, pair) => {
                let offsets = OffsetBuffer::new(std::mem::replace(offsets, vec![0]).into());
                let DataType::Map(entries, sorted) = ty else {
                    return Err(ArrowError::SchemaError("map column is no map".to_owned()));
                };
                let DataType::Struct(fields) = entries.data_type() else {
                    return Err(ArrowError::SchemaError("map has no entries".to_owned()));
                };
                let arrays = vec![pair.0.finish()?, pair.1.finish()?];
                let pairs = StructArray::try_new(fields.clone(), arrays, None)?;
                Arc::new(MapArray::try_new(entries, offsets, pairs, nulls, sorted)?)
            }
            Data::Struct(rows, fields) => {
                let DataType::Struct(names) = ty else {
                    return Err(ArrowError::SchemaError("struct column is no struct".to_owned()));
                };
                let arrays = fields.iter_mut().map(Self::finish).collect::<Result<_, _>>()?;
                let rows = std::mem::take(rows);
                Arc::new(StructArray::try_new_with_length(names, arrays, nulls, rows)?)
            }
            Data::Union(tags, offsets, children) => {
                let DataType::Union(fields, _) = ty else {
                    return Err(ArrowError::SchemaError("union column is no union".to_owned()));
                };
                let arrays = children.iter_mut().map(Self::finish).collect::<Result<_, _>>()?;
                let (tags, offsets) = (std::mem::take(tags), std::mem::take(offsets));
                Arc::new(UnionArray::try_new(fields, tags.into(), Some(offsets.into()), arrays)?)
            }
        })
    }
}

/// Takes values out and leaves room for as many.
fn again<T>(values: &mut Vec<T>) -> Vec<T> {
    let room = Vec::with_capacity(values.len());
    std::mem::replace(values, room)
}

/// Returns where the last value ends.
fn last(offsets: &[i32]) -> usize {
    offsets.last().map_or(0, |end| *end as usize)
}

/// Puts an interval into Arrow's type: days and nanoseconds.
fn interval(seconds: i64, nanos: i32) -> IntervalMonthDayNano {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    IntervalMonthDayNano::new(0, days as i32, rest * 1_000_000_000 + i64::from(nanos))
}

impl Data {
    fn new(ty: &HiveType, rows: usize) -> Self {
        let offsets = || {
            let mut offsets = Vec::with_capacity(rows + 1);
            offsets.push(0);
            offsets
        };
        match ty {
            HiveType::Void => Self::Void(0),
            HiveType::Boolean => Self::Bool(BooleanBufferBuilder::new(rows)),
            HiveType::TinyInt => Self::I8(Vec::with_capacity(rows)),
            HiveType::SmallInt => Self::I16(Vec::with_capacity(rows)),
            HiveType::Int => Self::I32(Vec::with_capacity(rows)),
            HiveType::BigInt => Self::I64(Vec::with_capacity(rows)),
            HiveType::Float => Self::F32(Vec::with_capacity(rows)),
            HiveType::Double => Self::F64(Vec::with_capacity(rows)),
            HiveType::Decimal { .. } => Self::Decimal(Vec::with_capacity(rows)),
            HiveType::String | HiveType::Varchar(_) | HiveType::Char(_) => {
                Self::Text(Bytes::new(rows))
            }
            HiveType::Binary => Self::Binary(Bytes::new(rows)),
            HiveType::Date => Self::Date(Vec::with_capacity(rows)),
            HiveType::Timestamp | HiveType::TimestampLocalTz => {
                Self::Timestamp(Vec::with_capacity(rows))
            }
            HiveType::IntervalYearMonth => Self::Months(Vec::new()),
            HiveType::IntervalDayTime => Self::Interval(Vec::new()),
            HiveType::Array(item) => Self::List(offsets(), Box::new(Column::new(item, rows))),
            HiveType::Map(key, value) => {
                let pair = (Column::new(key, rows), Column::new(value, rows));
                Self::Map(offsets(), Box::new(pair))
            }
            HiveType::Struct(fields) => {
                Self::Struct(0, fields.iter().map(|f| Column::new(&f.ty, rows)).collect())
            }
            HiveType::Union(types) => Self::Union(
                Vec::new(),
                Vec::new(),
                types.iter().map(|ty| Column::new(ty, rows)).collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Array;

    use super::*;

    #[test]
    fn nested_columns_keep_their_rows() {
        let ty: HiveType =
            "struct<l:array<int>,m:map<string,double>,u:uniontype<int,string>>".parse().unwrap();
        let mut column = Column::new(&ty, 2);
        column.push_null();
        if let Data::Struct(_, fields) = &mut column.data {
            if let Data::List(_, items) = &mut fields[0].data {
                items.push_null();
            }
            fields[0].end_nested();
            fields[2]
                .push_union(1, |member| {
                    let Data::Text(text) = &mut member.data else { unreachable!() };
                    text.push(b"x");
                    member.valid();
                    Ok(())
                })
                .unwrap();
        }
        column.end_nested();
        let array = column.finish().unwrap();
        assert_eq!((array.len(), array.null_count()), (2, 1));
        assert_eq!(array.data_type(), &ty.to_arrow());
        let array: &StructArray = array.as_any().downcast_ref().unwrap();
        assert_eq!((array.column(0).is_null(0), array.column(1).is_null(1)), (true, true));
        assert_eq!(column.finish().unwrap().len(), 0);
    }
}
