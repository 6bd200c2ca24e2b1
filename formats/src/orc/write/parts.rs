//! Arrow arrays to the values that columns collect.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, MapArray, PrimitiveArray,
    RecordBatch, StructArray, UInt32Array, UnionArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{cast, filter, take};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UnionMode,
};
use arrow::error::ArrowError;

use super::super::decimal::power_of_ten;
use super::super::meta::{Kind, Type};
use super::column::{Column, Data, Numbers};
use super::numbers;
use super::text::Texts;
use crate::types::HiveType;
use crate::{FormatError, Result};

fn internal(e: ArrowError) -> FormatError {
    FormatError::internal("cannot take rows apart for orc").with_source(e)
}

fn mismatch(ty: &Type, array: &dyn Array) -> FormatError {
    FormatError::schema("an array does not have its column's type")
        .with("array", array.data_type())
        .with("column", format!("{:?}", ty.kind).to_lowercase())
}

/// Returns the array in the one form in which [`append`] takes the type.
pub(super) fn as_stored(array: &ArrayRef, ty: &Type) -> Result<ArrayRef> {
    let have = array.data_type();
    let want = match ty.kind {
        Kind::Boolean => DataType::Boolean,
        Kind::Byte => DataType::Int8,
        Kind::Short => DataType::Int16,
        Kind::Int => DataType::Int32,
        Kind::Long => DataType::Int64,
        Kind::Float => DataType::Float32,
        Kind::Double => DataType::Float64,
        Kind::String | Kind::Varchar | Kind::Char => DataType::Utf8,
        Kind::Binary => DataType::Binary,
        Kind::Date => DataType::Date32,
        Kind::Decimal => DataType::Decimal128(ty.precision as u8, ty.scale as i8),
        Kind::List => match have {
            DataType::LargeList(item)
            | DataType::FixedSizeList(item, _)
            | DataType::ListView(item)
            | DataType::LargeListView(item) => DataType::List(Arc::clone(item)),
            _ => return Ok(Arc::clone(array)),
        },
        Kind::Timestamp | Kind::TimestampInstant | Kind::Map | Kind::Struct | Kind::Union => {
            return Ok(Arc::clone(array));
        }
    };
    if *have == want {
        return Ok(Arc::clone(array));
    }
    let same = HiveType::from_arrow(have).ok() == HiveType::from_arrow(&want).ok();
    if ty.kind != Kind::List && !same {
        return Err(mismatch(ty, array));
    }
    let stored = cast(array, &want).map_err(|e| mismatch(ty, array).with_source(e))?;
    if stored.null_count() != array.logical_null_count() {
        return Err(FormatError::data("a value does not fit its column's type")
            .with("column type", format!("{:?}", ty.kind).to_lowercase())
            .with("values", have));
    }
    Ok(stored)
}

/// Appends the values of an array that are not null.
pub(super) fn append(column: &mut Column, array: &ArrayRef) -> Result<()> {
    let ty = &column.ty;
    match &mut column.data {
        Data::Struct => append_struct(column, array),
        Data::Lengths(_) if ty.kind == Kind::Map => append_map(column, array),
        Data::Lengths(_) => append_list(column, array),
        Data::Bytes { .. } if ty.kind == Kind::Union => append_union(column, array),
        Data::Boolean(bits) => {
            let array = array.as_boolean();
            each_run(array.nulls(), array.len(), |start, len| {
                bits.append(&array.values().slice(start, len));
            });
            Ok(())
        }
        Data::Bytes { group, .. } => {
            extend::<Int8Type, _>(group, array, i8::cast_unsigned);
            Ok(())
        }
        Data::Integers(values) => {
            let group = &mut values.group;
            match ty.kind {
                Kind::Short => extend::<Int16Type, _>(group, array, i64::from),
                Kind::Int => extend::<Int32Type, _>(group, array, i64::from),
                Kind::Date => extend::<Date32Type, _>(group, array, i64::from),
                _ => extend::<Int64Type, _>(group, array, |v| v),
            }
            Ok(())
        }
        Data::Floats { group, .. } => {
            extend::<Float32Type, _>(group, array, |v| v);
            Ok(())
        }
        Data::Doubles { group, .. } => {
            extend::<Float64Type, _>(group, array, |v| v);
            Ok(())
        }
        Data::Decimals { group, .. } => {
            let start = group.len();
            extend::<Decimal128Type, _>(group, array, |v| v);
            let limit = power_of_ten(ty.precision).unwrap_or(i128::MAX);
            if group[start..].iter().any(|v| *v >= limit || *v <= -limit) {
                return Err(FormatError::data("a decimal has more digits than its type")
                    .with("precision", ty.precision));
            }
            Ok(())
        }
        Data::Timestamps { seconds, nanos } => {
            append_timestamps(array, seconds, nanos).ok_or_else(|| mismatch(&column.ty, array))
        }
        Data::Texts(texts) => {
            append_texts(texts, array, ty);
            Ok(())
        }
        Data::Binary { bytes, lengths, .. } => {
            let array = array.as_binary::<i32>();
            let offsets = array.value_offsets();
            each_run(array.nulls(), array.len(), |start, len| {
                let span = &offsets[start..=start + len];
                bytes.extend_from_slice(&array.value_data()[span[0] as usize..span[len] as usize]);
                lengths.group.extend(span.windows(2).map(|w| i64::from(w[1] - w[0])));
            });
            Ok(())
        }
    }
}

/// Calls for each run of values that are not null: where it starts, how long it is.
fn each_run(nulls: Option<&NullBuffer>, len: usize, mut run: impl FnMut(usize, usize)) {
    match nulls.filter(|nulls| nulls.null_count() > 0) {
        None if len > 0 => run(0, len),
        None => {}
        Some(nulls) => nulls.valid_slices().for_each(|(start, end)| run(start, end - start)),
    }
}

fn extend<T: ArrowPrimitiveType, U>(
    group: &mut Vec<U>,
    array: &ArrayRef,
    value: impl Fn(T::Native) -> U + Copy,
) {
    let array: &PrimitiveArray<T> = array.as_primitive();
    each_run(array.nulls(), array.len(), |start, len| {
        group.extend(array.values()[start..start + len].iter().map(|v| value(*v)));
    });
}

fn append_timestamps(array: &ArrayRef, seconds: &mut Numbers, nanos: &mut Numbers) -> Option<()> {
    fn all<T: ArrowPrimitiveType<Native = i64>>(
        array: &ArrayRef,
        seconds: &mut Numbers,
        nanos: &mut Numbers,
        per_second: i64,
    ) {
        let array: &PrimitiveArray<T> = array.as_primitive();
        each_run(array.nulls(), array.len(), |start, len| {
            for value in &array.values()[start..start + len] {
                let (second, nano) = numbers::split(*value, per_second);
                seconds.group.push(second);
                nanos.group.push(nano);
            }
        });
    }
    let DataType::Timestamp(unit, _) = array.data_type() else { return None };
    match unit {
        TimeUnit::Second => all::<TimestampSecondType>(array, seconds, nanos, 1),
        TimeUnit::Millisecond => all::<TimestampMillisecondType>(array, seconds, nanos, 1000),
        TimeUnit::Microsecond => all::<TimestampMicrosecondType>(array, seconds, nanos, 1_000_000),
        TimeUnit::Nanosecond => {
            all::<TimestampNanosecondType>(array, seconds, nanos, 1_000_000_000);
        }
    }
    Some(())
}

/// Appends texts; those of a `char` are filled up with spaces, and no text is longer than its type.
///
/// Source: ORC `CharTreeWriter`, `VarcharTreeWriter`.
fn append_texts(texts: &mut Texts, array: &ArrayRef, ty: &Type) {
    let array = array.as_string::<i32>();
    if ty.kind == Kind::String {
        let (bytes, offsets) = (array.value_data(), array.value_offsets());
        each_run(array.nulls(), array.len(), |start, len| {
            texts.add_all(bytes, &offsets[start..=start + len]);
        });
        return;
    }
    let length = ty.length as usize;
    let mut filled = String::new();
    for text in array.iter().flatten() {
        let mut chars = text.chars();
        let cut = match chars.by_ref().take(length).count() {
            count if count == length => &text[..text.len() - chars.as_str().len()],
            count => {
                if ty.kind == Kind::Char {
                    filled.clear();
                    filled.push_str(text);
                    filled.extend(std::iter::repeat_n(' ', length - count));
                    texts.add(filled.as_bytes());
                    continue;
                }
                text
            }
        };
        texts.add(cut.as_bytes());
    }
}

fn append_struct(column: &mut Column, array: &ArrayRef) -> Result<()> {
    let Some(array) = array.as_any().downcast_ref::<StructArray>() else {
        return Err(mismatch(&column.ty, array));
    };
    if array.num_columns() != column.children.len() {
        return Err(mismatch(&column.ty, array));
    }
    let kept = array.nulls().filter(|n| n.null_count() > 0);
    let kept = kept.map(|nulls| BooleanArray::new(nulls.inner().clone(), None));
    for (child, values) in column.children.iter_mut().zip(array.columns()) {
        match &kept {
            None => child.append(values)?,
            Some(kept) => child.append(&filter(values, kept).map_err(internal)?)?,
        }
    }
    Ok(())
}

/// Takes the lengths of lists that are not null; returns the elements of all of them in order.
fn elements(
    lengths: &mut Numbers,
    offsets: &OffsetBuffer<i32>,
    nulls: Option<&NullBuffer>,
    values: &ArrayRef,
) -> Result<ArrayRef> {
    let rows = offsets.len() - 1;
    let first = offsets[0] as usize;
    let span = offsets[rows] as usize - first;
    let before = lengths.group.len();
    each_run(nulls, rows, |start, len| {
        let offsets = &offsets[start..=start + len];
        lengths.group.extend(offsets.windows(2).map(|w| i64::from(w[1] - w[0])));
    });
    let used: i64 = lengths.group[before..].iter().sum();
    let all = values.slice(first, span);
    if used as usize == span {
        return Ok(all);
    }
    // Some list that is null has elements all the same.
    let mut kept = vec![false; span];
    each_run(nulls, rows, |start, len| {
        let (from, to) = (offsets[start] as usize - first, offsets[start + len] as usize - first);
        kept[from..to].fill(true);
    });
    filter(&all, &BooleanArray::from(kept)).map_err(internal)
}

fn append_list(column: &mut Column, array: &ArrayRef) -> Result<()> {
    let Some(array) = array.as_list_opt::<i32>() else { return Err(mismatch(&column.ty, array)) };
    let (Data::Lengths(lengths), [child]) = (&mut column.data, &mut *column.children) else {
        return Err(FormatError::internal("an orc list without an element"));
    };
    child.append(&elements(lengths, array.offsets(), array.nulls(), array.values())?)
}

fn append_map(column: &mut Column, array: &ArrayRef) -> Result<()> {
    let Some(array) = array.as_any().downcast_ref::<MapArray>() else {
        return Err(mismatch(&column.ty, array));
    };
    let (Data::Lengths(lengths), [key, value]) = (&mut column.data, &mut *column.children) else {
        return Err(FormatError::internal("an orc map without key and value"));
    };
    let entries: ArrayRef = Arc::new(array.entries().clone());
    let entries = elements(lengths, array.offsets(), array.nulls(), &entries)?;
    let entries = entries.as_struct();
    key.append(entries.column(0))?;
    value.append(entries.column(1))
}

fn append_union(column: &mut Column, array: &ArrayRef) -> Result<()> {
    let Some(array) = array.as_any().downcast_ref::<UnionArray>() else {
        return Err(mismatch(&column.ty, array));
    };
    let DataType::Union(fields, mode) = array.data_type() else {
        return Err(mismatch(&column.ty, array));
    };
    let Data::Bytes { group, .. } = &mut column.data else {
        return Err(FormatError::internal("an orc union without tags"));
    };
    if fields.len() != column.children.len() {
        return Err(mismatch(&column.ty, array));
    }
    let tags: Vec<i8> = fields.iter().map(|(tag, _)| tag).collect();
    for (tag, child) in tags.iter().zip(&mut column.children) {
        let rows = array.type_ids().iter().enumerate().filter(|(_, id)| *id == tag);
        let indices: UInt32Array = match (mode, array.offsets()) {
            (UnionMode::Dense, Some(offsets)) => rows.map(|(i, _)| offsets[i] as u32).collect(),
            _ => rows.map(|(i, _)| i as u32).collect(),
        };
        let values = take(array.child(*tag), &indices, None).map_err(internal)?;
        child.append(&values)?;
    }
    for id in array.type_ids() {
        let number = tags.iter().position(|tag| tag == id);
        let number = number.ok_or_else(|| FormatError::data("a union has an unknown tag"))?;
        group.push(number as u8);
    }
    Ok(())
}

/// Returns rows of a batch as one struct, for the root of the tree of types.
pub(super) fn rows_of(batch: &RecordBatch, row: usize, len: usize) -> ArrayRef {
    Arc::new(StructArray::from(batch.slice(row, len)))
}
