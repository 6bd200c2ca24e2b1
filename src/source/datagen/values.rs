//! Values of every type, column-wise.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array,
    Int8Array, Int16Array, Int32Array, Int64Array, ListArray, MapArray, NullArray, StringArray,
    StructArray, TimestampMicrosecondArray, UInt64Array, make_comparator,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::{SortOptions, take};
use arrow::datatypes::{DataType, FieldRef, Fields};

use super::column::Column;
use super::random::{Cell, Key, unit, up_to};
use super::{Length, Number};
use crate::error::{Error, Result};

const MICROS_PER_DAY: i64 = 86_400_000_000;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// How the values of a column are made; all of it checked.
#[derive(Debug)]
pub(super) enum Values {
    Null,
    Boolean(Key),
    /// Integers of a type between two bounds.
    Whole(Key, DataType, i64, i64),
    /// Floating point numbers of a type between two bounds.
    Real(Key, DataType, f64, f64),
    /// Decimals between two unscaled bounds.
    Decimal(Key, DataType, i128, i128),
    /// Text of hexadecimal digits.
    Text(Key, Length),
    Bytes(Key, Length),
    /// The day of the row.
    Date,
    /// The time of the row, less up to so many microseconds.
    Time(Key, Option<Arc<str>>, u64),
    /// Numbers of a type, one a row, from the first one on.
    Sequence(DataType, i64),
    List(Key, Length, FieldRef, Box<Column>),
    Map(Key, Length, FieldRef, Box<[Column; 2]>),
    Struct(Fields, Vec<Column>),
}

/// Precision and scale of a decimal type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    precision: u32,
    scale: u32,
}

impl Scale {
    /// Gives `None` for a scale that no table has.
    pub(super) fn new(precision: u8, scale: i8) -> Option<Self> {
        let (precision, scale) = (u32::from(precision), u32::try_from(scale).ok()?);
        (precision <= 38 && scale <= precision).then_some(Self { precision, scale })
    }

    /// Gives the unscaled value of 1.
    pub(super) fn one(self) -> i128 {
        10_i128.pow(self.scale)
    }

    /// Gives the largest unscaled value.
    pub(super) fn largest(self) -> i128 {
        10_i128.pow(self.precision) - 1
    }

    /// Gives the unscaled value of a number, or `None` if the type cannot hold it.
    pub(super) fn unscaled(self, number: Number) -> Option<i128> {
        let value = match number {
            Number::Whole(whole) => i128::from(whole).checked_mul(self.one())?,
            Number::Real(real) => {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "a bound is as exact as it was given"
                )]
                let scaled = (real * self.one() as f64).round();
                // Too large a number becomes the largest one, which is refused below.
                #[expect(clippy::cast_possible_truncation, reason = "see above")]
                let value = scaled as i128;
                value
            }
        };
        (value.unsigned_abs() <= self.largest().unsigned_abs()).then_some(value)
    }
}

impl Number {
    /// Gives the nearest floating point number.
    #[expect(clippy::cast_precision_loss, reason = "the nearest one is what is asked for")]
    pub(super) fn to_f64(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }
}

impl Length {
    fn most(self) -> u32 {
        match self {
            Self::Fixed(length) | Self::UpTo(length) => length,
        }
    }

    fn of(self, bits: u64) -> usize {
        let length = match self {
            Self::Fixed(length) => u64::from(length),
            Self::UpTo(most) => 1 + up_to(u64::from(most.max(1)) - 1, bits),
        };
        usize::try_from(length).unwrap_or(usize::MAX)
    }
}

impl Values {
    /// Makes the values of some cells.
    pub(super) fn make(&self, cells: &[Cell], nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        let array: ArrayRef = match self {
            Self::Null => Arc::new(NullArray::new(cells.len())),
            Self::Boolean(key) => {
                let bits = cells.iter().map(|cell| key.bits(cell) >> 63 == 1).collect();
                Arc::new(BooleanArray::new(bits, nulls))
            }
            Self::Whole(key, data_type, min, max) => {
                let most = min.abs_diff(*max);
                let value = |cell: &Cell| min.wrapping_add_unsigned(up_to(most, key.bits(cell)));
                return numbers(data_type, cells.iter().map(value), nulls);
            }
            Self::Real(key, data_type, min, max) => {
                let value = |cell: &Cell| {
                    let share = unit(key.bits(cell));
                    // Written so that the distance of the bounds cannot overflow.
                    min * (1.0 - share) + max * share
                };
                return Ok(reals(data_type, cells.iter().map(value), nulls));
            }
            Self::Decimal(key, data_type, min, max) => {
                // Far fewer values than 128 bits have, so the remainder is all but even.
                let count = max.abs_diff(*min) + 1;
                let value = |cell: &Cell| {
                    let mut words = key.words(cell);
                    let wide =
                        words.by_ref().take(2).fold(0, |wide, word| wide << 64 | u128::from(word));
                    min.wrapping_add_unsigned(wide % count)
                };
                let values = cells.iter().map(value).collect();
                Arc::new(Decimal128Array::new(values, nulls).with_data_type(data_type.clone()))
            }
            Self::Text(key, length) => {
                let (offsets, text) = texts(*key, *length, cells, nulls.as_ref(), hex)?;
                Arc::new(StringArray::try_new(offsets, text.into(), nulls).map_err(internal)?)
            }
            Self::Bytes(key, length) => {
                let (offsets, bytes) =
                    texts(*key, *length, cells, nulls.as_ref(), u64::to_le_bytes)?;
                Arc::new(BinaryArray::try_new(offsets, bytes.into(), nulls).map_err(internal)?)
            }
            Self::Date => {
                let day = |cell: &Cell| cell.micros.div_euclid(MICROS_PER_DAY);
                let days = cells.iter().map(|cell| i32::try_from(day(cell)).unwrap_or(i32::MAX));
                Arc::new(Date32Array::new(days.collect(), nulls))
            }
            Self::Time(key, zone, past) => {
                let time = |cell: &Cell| {
                    let before = up_to(*past, key.bits(cell));
                    cell.micros.saturating_sub_unsigned(before)
                };
                let times = cells.iter().map(time).collect();
                Arc::new(
                    TimestampMicrosecondArray::new(times, nulls).with_timezone_opt(zone.clone()),
                )
            }
            Self::Sequence(data_type, start) => {
                let value = |cell: &Cell| start.wrapping_add_unsigned(cell.row);
                return numbers(data_type, cells.iter().map(value), nulls);
            }
            Self::List(..) | Self::Map(..) | Self::Struct(..) => self.nested(cells, nulls)?,
        };
        Ok(array)
    }

    fn nested(&self, cells: &[Cell], nulls: Option<NullBuffer>) -> Result<ArrayRef> {
        Ok(match self {
            Self::List(key, length, field, items) => {
                let (offsets, inner) = elements(*key, *length, cells, nulls.as_ref())?;
                let items = items.make(&inner)?;
                Arc::new(
                    ListArray::try_new(Arc::clone(field), offsets, items, nulls)
                        .map_err(internal)?,
                )
            }
            Self::Map(key, length, entries, columns) => {
                let (offsets, inner) = elements(*key, *length, cells, nulls.as_ref())?;
                let [keys, values] = columns.as_ref();
                map(entries, &offsets, [keys.make(&inner)?, values.make(&inner)?], nulls)?
            }
            Self::Struct(fields, columns) => {
                let columns = columns.iter().map(|column| column.make(cells));
                let columns = columns.collect::<Result<Vec<_>>>()?;
                let array =
                    StructArray::try_new_with_length(fields.clone(), columns, nulls, cells.len());
                Arc::new(array.map_err(internal)?)
            }
            _ => return Err(Error::internal("column has no parts")),
        })
    }

    /// Gives the bytes of a value at most, about.
    pub(super) fn width(&self) -> u64 {
        let many = |length: &Length, each: u64| {
            u64::from(length.most()).saturating_mul(each).saturating_add(4)
        };
        match self {
            Self::Null | Self::Boolean(_) => 1,
            Self::Whole(..) | Self::Real(..) | Self::Date | Self::Time(..) => 8,
            Self::Decimal(..) => 16,
            Self::Sequence(..) => 24,
            Self::Text(_, length) | Self::Bytes(_, length) => many(length, 1),
            // An element's cell counts as well.
            Self::List(_, length, _, items) => many(length, items.width().saturating_add(24)),
            Self::Map(_, length, _, columns) => {
                let pair = columns.iter().map(Column::width).fold(24, u64::saturating_add);
                many(length, pair)
            }
            Self::Struct(_, columns) => {
                columns.iter().map(Column::width).fold(0, u64::saturating_add)
            }
        }
    }
}

/// Makes numbers of a type from whole numbers that it can hold.
fn numbers(
    data_type: &DataType,
    values: impl Iterator<Item = i64>,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    Ok(match data_type {
        DataType::Int8 => {
            let values = values.map(|v| i8::try_from(v).unwrap_or_default());
            Arc::new(Int8Array::new(values.collect(), nulls))
        }
        DataType::Int16 => {
            let values = values.map(|v| i16::try_from(v).unwrap_or_default());
            Arc::new(Int16Array::new(values.collect(), nulls))
        }
        DataType::Int32 => {
            let values = values.map(|v| i32::try_from(v).unwrap_or_default());
            Arc::new(Int32Array::new(values.collect(), nulls))
        }
        DataType::Int64 => Arc::new(Int64Array::new(values.collect(), nulls)),
        DataType::Float32 | DataType::Float64 => {
            reals(data_type, values.map(|v| Number::Whole(v).to_f64()), nulls)
        }
        DataType::Decimal128(precision, scale) => {
            let one = Scale::new(*precision, *scale).map_or(1, Scale::one);
            let values = values.map(|v| i128::from(v).wrapping_mul(one)).collect();
            Arc::new(Decimal128Array::new(values, nulls).with_data_type(data_type.clone()))
        }
        DataType::Utf8 => {
            let texts: Vec<Option<String>> = values
                .enumerate()
                .map(|(i, v)| nulls.as_ref().is_none_or(|n| n.is_valid(i)).then(|| v.to_string()))
                .collect();
            Arc::new(StringArray::from(texts))
        }
        other => return Err(Error::internal("no numbers of this type").with("type", other)),
    })
}

fn reals(
    data_type: &DataType,
    values: impl Iterator<Item = f64>,
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    if *data_type == DataType::Float64 {
        return Arc::new(Float64Array::new(values.collect(), nulls));
    }
    #[expect(clippy::cast_possible_truncation, reason = "rounds to the nearest one; bounds fit")]
    let values = values.map(|v| v as f32);
    Arc::new(Float32Array::new(values.collect(), nulls))
}

/// Gives the hexadecimal digits of 64 bits.
fn hex(word: u64) -> [u8; 16] {
    std::array::from_fn(|digit| HEX[usize::try_from((word >> (4 * digit)) & 15).unwrap_or(0)])
}

/// Makes values of bytes out of random words; those that are NULL stay empty.
fn texts<const N: usize>(
    key: Key,
    length: Length,
    cells: &[Cell],
    nulls: Option<&NullBuffer>,
    chunk: fn(u64) -> [u8; N],
) -> Result<(OffsetBuffer<i32>, Vec<u8>)> {
    let lengths = lengths(key, length, cells, nulls);
    let offsets = offsets(&lengths)?;
    let mut bytes = Vec::with_capacity(lengths.iter().sum());
    for (cell, &length) in cells.iter().zip(&lengths) {
        let end = bytes.len() + length;
        for word in key.words(cell).take(length.div_ceil(N)) {
            bytes.extend_from_slice(&chunk(word));
        }
        bytes.truncate(end);
    }
    Ok((offsets, bytes))
}

/// Makes the cells of the elements of collections; those that are NULL have none.
fn elements(
    key: Key,
    length: Length,
    cells: &[Cell],
    nulls: Option<&NullBuffer>,
) -> Result<(OffsetBuffer<i32>, Vec<Cell>)> {
    let lengths = lengths(key, length, cells, nulls);
    let offsets = offsets(&lengths)?;
    let inner = cells
        .iter()
        .zip(&lengths)
        .flat_map(|(cell, &length)| key.words(cell).take(length).map(|id| Cell { id, ..*cell }));
    Ok((offsets, inner.collect()))
}

fn lengths(key: Key, length: Length, cells: &[Cell], nulls: Option<&NullBuffer>) -> Vec<usize> {
    let valid = |i| nulls.is_none_or(|nulls| nulls.is_valid(i));
    let of = |(i, cell)| if valid(i) { length.of(key.bits(cell)) } else { 0 };
    cells.iter().enumerate().map(of).collect()
}

fn offsets(lengths: &[usize]) -> Result<OffsetBuffer<i32>> {
    let total = lengths.iter().try_fold(0_usize, |sum, length| sum.checked_add(*length));
    let fits = total.is_some_and(|total| i32::try_from(total).is_ok());
    crate::ensure!(fits, "a batch of generated rows is too large");
    Ok(OffsetBuffer::from_lengths(lengths.iter().copied()))
}

/// Makes maps; of equal keys of one map only the first stays, so a map may be shorter.
fn map(
    entries: &FieldRef,
    offsets: &OffsetBuffer<i32>,
    [keys, values]: [ArrayRef; 2],
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(Error::internal("a map's entries are no struct"));
    };
    let compare =
        make_comparator(keys.as_ref(), keys.as_ref(), SortOptions::default()).map_err(internal)?;
    let (mut kept, mut lengths) = (Vec::with_capacity(keys.len()), Vec::new());
    let ends = offsets.iter().map(|offset| usize::try_from(*offset).unwrap_or(0));
    let ends: Vec<usize> = ends.collect();
    for range in ends.windows(2) {
        let first = kept.len();
        for at in range[0]..range[1] {
            let again = kept[first..].iter().any(|other| compare(*other, at).is_eq());
            if !again {
                kept.push(at);
            }
        }
        lengths.push(kept.len() - first);
    }
    let kept = UInt64Array::from_iter_values(kept.into_iter().map(|at| at as u64));
    let columns = vec![
        take(&keys, &kept, None).map_err(internal)?,
        take(&values, &kept, None).map_err(internal)?,
    ];
    let pairs = StructArray::try_new(fields.clone(), columns, None).map_err(internal)?;
    let offsets = OffsetBuffer::from_lengths(lengths);
    let map = MapArray::try_new(Arc::clone(entries), offsets, pairs, nulls, false);
    Ok(Arc::new(map.map_err(internal)?))
}

fn internal(e: arrow::error::ArrowError) -> Error {
    Error::internal("generated values make no column").with_source(e)
}
