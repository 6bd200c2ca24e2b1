//! Reading arguments row by row and building columns.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, BooleanArray, NullBufferBuilder,
    PrimitiveArray, StringArray,
};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::compute::kernels::arity;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use datafusion_common::{Result, ScalarValue, exec_datafusion_err, internal_datafusion_err};
use datafusion_expr::ColumnarValue;

use super::def::{Call, external};

/// A text argument: the same for all rows, or one for each.
#[derive(Debug, Clone, Copy)]
pub(super) enum Text<'a> {
    One(Option<&'a str>),
    Many(&'a StringArray),
}

impl<'a> Text<'a> {
    pub(super) fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::One(text) => *text,
            Self::Many(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}

/// A bytes argument: the same for all rows, or one for each.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bytes<'a> {
    One(Option<&'a [u8]>),
    Many(&'a BinaryArray),
}

impl<'a> Bytes<'a> {
    pub(super) fn get(&self, row: usize) -> Option<&'a [u8]> {
        match self {
            Self::One(bytes) => *bytes,
            Self::Many(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}

/// A boolean argument: the same for all rows, or one for each.
#[derive(Debug, Clone, Copy)]
pub(super) enum Flags<'a> {
    One(Option<bool>),
    Many(&'a BooleanArray),
}

impl Flags<'_> {
    pub(super) fn get(&self, row: usize) -> Option<bool> {
        match self {
            Self::One(flag) => *flag,
            Self::Many(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}

/// A number argument: the same for all rows, or one for each.
#[derive(Debug, Clone)]
pub(super) enum Numbers<'a, T: ArrowPrimitiveType> {
    One(Option<T::Native>),
    Many(&'a PrimitiveArray<T>),
}

impl<T: ArrowPrimitiveType> Numbers<'_, T> {
    pub(super) fn get(&self, row: usize) -> Option<T::Native> {
        match self {
            Self::One(number) => *number,
            Self::Many(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}

impl<'a> Call<'a> {
    /// Returns an argument as it is.
    pub(super) fn arg(&self, index: usize) -> Result<&'a ColumnarValue> {
        self.args.get(index).ok_or_else(|| internal_datafusion_err!("argument {index} is missing"))
    }

    /// Tells whether the call has such an argument.
    pub(super) fn has(&self, index: usize) -> bool {
        index < self.args.len()
    }

    /// Returns an argument as one value for each row.
    pub(super) fn array(&self, index: usize) -> Result<ArrayRef> {
        self.arg(index)?.to_array(self.rows)
    }

    pub(super) fn text(&self, index: usize) -> Result<Text<'a>> {
        match self.arg(index)? {
            ColumnarValue::Scalar(ScalarValue::Utf8(text)) => Ok(Text::One(text.as_deref())),
            ColumnarValue::Array(array) => {
                array.as_string_opt().map(Text::Many).ok_or_else(|| wrong(index, "text"))
            }
            ColumnarValue::Scalar(_) => Err(wrong(index, "text")),
        }
    }

    pub(super) fn bytes(&self, index: usize) -> Result<Bytes<'a>> {
        match self.arg(index)? {
            ColumnarValue::Scalar(ScalarValue::Binary(bytes)) => Ok(Bytes::One(bytes.as_deref())),
            ColumnarValue::Array(array) => {
                array.as_binary_opt().map(Bytes::Many).ok_or_else(|| wrong(index, "bytes"))
            }
            ColumnarValue::Scalar(_) => Err(wrong(index, "bytes")),
        }
    }

    pub(super) fn flags(&self, index: usize) -> Result<Flags<'a>> {
        match self.arg(index)? {
            ColumnarValue::Scalar(ScalarValue::Boolean(flag)) => Ok(Flags::One(*flag)),
            ColumnarValue::Array(array) => {
                array.as_boolean_opt().map(Flags::Many).ok_or_else(|| wrong(index, "a boolean"))
            }
            ColumnarValue::Scalar(_) => Err(wrong(index, "a boolean")),
        }
    }

    pub(super) fn ints(&self, index: usize) -> Result<Numbers<'a, Int32Type>> {
        self.numbers(index)
    }

    pub(super) fn longs(&self, index: usize) -> Result<Numbers<'a, Int64Type>> {
        self.numbers(index)
    }

    pub(super) fn doubles(&self, index: usize) -> Result<Numbers<'a, Float64Type>> {
        self.numbers(index)
    }

    pub(super) fn dates(&self, index: usize) -> Result<Numbers<'a, Date32Type>> {
        self.numbers(index)
    }

    /// Returns a timestamp, with or without a zone, in microseconds.
    pub(super) fn times(&self, index: usize) -> Result<Numbers<'a, TimestampMicrosecondType>> {
        self.numbers(index)
    }

    pub(super) fn numbers<T: ArrowPrimitiveType>(&self, index: usize) -> Result<Numbers<'a, T>> {
        let found = match self.arg(index)? {
            ColumnarValue::Array(array) => array.as_primitive_opt().map(Numbers::Many),
            ColumnarValue::Scalar(value) => {
                let one = value.to_array()?;
                let one = one.as_primitive_opt::<T>();
                one.map(|one| Numbers::One(one.is_valid(0).then(|| one.value(0))))
            }
        };
        found.ok_or_else(|| wrong(index, "another number"))
    }
}

fn wrong(index: usize, wanted: &str) -> datafusion_common::DataFusionError {
    internal_datafusion_err!("argument {index} is not {wanted}")
}

/// Builds a text column; each value is written at the end of the buffer, `None` is NULL.
///
/// Limit: 2 GiB of text.
pub(super) fn texts(
    rows: usize,
    mut value: impl FnMut(usize, &mut String) -> Option<()>,
) -> Result<ArrayRef> {
    try_texts(rows, |row, out| Ok(value(row, out)))
}

/// Builds a text column as [`texts`] does, from a computation that can fail.
pub(super) fn try_texts(
    rows: usize,
    mut value: impl FnMut(usize, &mut String) -> Result<Option<()>>,
) -> Result<ArrayRef> {
    let mut buffer = String::new();
    let mut offsets = Vec::with_capacity(rows + 1);
    let mut nulls = NullBufferBuilder::new(rows);
    offsets.push(0i32);
    for row in 0..rows {
        let start = buffer.len();
        if value(row, &mut buffer)?.is_some() {
            nulls.append_non_null();
        } else {
            buffer.truncate(start);
            nulls.append_null();
        }
        let end = i32::try_from(buffer.len());
        offsets.push(end.map_err(|_| exec_datafusion_err!("more than 2 GiB of text in a batch"))?);
    }
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    let buffer = Buffer::from_vec(buffer.into_bytes());
    Ok(Arc::new(StringArray::try_new(offsets, buffer, nulls.finish()).map_err(external)?))
}

/// Builds a column of bytes; `None` is NULL.
pub(super) fn byte_strings(
    rows: usize,
    mut value: impl FnMut(usize) -> Option<Vec<u8>>,
) -> ArrayRef {
    Arc::new((0..rows).map(&mut value).collect::<BinaryArray>())
}

/// Builds a column of numbers; `None` is NULL.
pub(super) fn numbers<T: ArrowPrimitiveType>(
    rows: usize,
    value: impl FnMut(usize) -> Option<T::Native>,
) -> ArrayRef {
    Arc::new((0..rows).map(value).collect::<PrimitiveArray<T>>())
}

/// Builds a column of booleans; `None` is NULL.
pub(super) fn flags(rows: usize, value: impl FnMut(usize) -> Option<bool>) -> ArrayRef {
    Arc::new((0..rows).map(value).collect::<BooleanArray>())
}

/// Builds a column of decimals of the given type; `None` is NULL.
pub(super) fn decimals(
    ty: &DataType,
    rows: usize,
    value: impl FnMut(usize) -> Option<i128>,
) -> ArrayRef {
    let array: PrimitiveArray<Decimal128Type> = (0..rows).map(value).collect();
    Arc::new(array.with_data_type(ty.clone()))
}

/// Combines two columns of numbers where both are there; `f` never fails.
pub(super) fn zip<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    f: impl Fn(T::Native, T::Native) -> T::Native,
) -> Result<ArrayRef> {
    Ok(Arc::new(match (call.numbers::<T>(0)?, call.numbers::<T>(1)?) {
        (Numbers::Many(a), Numbers::Many(b)) => arity::binary::<_, _, _, T>(a, b, f)?,
        (Numbers::Many(a), Numbers::One(Some(b))) => a.unary(|a| f(a, b)),
        (Numbers::One(Some(a)), Numbers::Many(b)) => b.unary(|b| f(a, b)),
        (a, b) => (0..call.rows).map(|i| Some(f(a.get(i)?, b.get(i)?))).collect(),
    }))
}

/// Combines two columns of numbers where both are there; `f` may give NULL.
pub(super) fn try_zip<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    f: impl Fn(T::Native, T::Native) -> Option<T::Native>,
) -> Result<ArrayRef> {
    let (a, b) = (call.numbers::<T>(0)?, call.numbers::<T>(1)?);
    Ok(numbers::<T>(call.rows, |i| f(a.get(i)?, b.get(i)?)))
}
