//! Columns of keys in a form that is hashed and compared without an allocation for each row.

use std::hash::BuildHasher;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimeUnit, TimestampMicrosecondType,
};

use crate::error::{Error, Result};

/// What a NULL counts as in a hash, where it can be equal to another.
const NULL_HASH: u64 = 0x9e37_79b9_7f4a_7c15;

/// One column of a key.
#[derive(Debug, Clone)]
pub(super) struct KeyColumn {
    values: Values,
    nulls: Option<NullBuffer>,
    /// Whether NULL equals NULL (`<=>`); else it equals nothing.
    null_safe: bool,
}

/// Equal values have equal bits here. Buffers of the array are shared where it has them in this form.
#[derive(Debug, Clone)]
enum Values {
    Small(ScalarBuffer<i32>),
    Large(ScalarBuffer<i64>),
    Huge(ScalarBuffer<i128>),
    Bytes(OffsetBuffer<i32>, Buffer),
}

/// Tells whether values of a type can be looked up.
pub fn can_be_key(ty: &DataType) -> bool {
    matches!(
        ty,
        DataType::Boolean
            | DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::Float32
            | DataType::Float64
            | DataType::Decimal128(..)
            | DataType::Date32
            | DataType::Timestamp(TimeUnit::Microsecond, _)
            | DataType::Utf8
            | DataType::Binary
    )
}

impl KeyColumn {
    /// Takes a column of one of the types of [`can_be_key`].
    ///
    /// # Errors
    /// `Internal` for another type.
    pub(super) fn of(array: &ArrayRef, null_safe: bool) -> Result<Self> {
        let values = match array.data_type() {
            DataType::Boolean => {
                let flags = array.as_boolean().values().iter().map(i32::from);
                Values::Small(flags.collect())
            }
            DataType::Int8 => {
                let values = array.as_primitive::<Int8Type>().values().iter();
                Values::Small(values.map(|v| i32::from(*v)).collect())
            }
            DataType::Int16 => {
                let values = array.as_primitive::<Int16Type>().values().iter();
                Values::Small(values.map(|v| i32::from(*v)).collect())
            }
            DataType::Int32 => Values::Small(array.as_primitive::<Int32Type>().values().clone()),
            DataType::Date32 => Values::Small(array.as_primitive::<Date32Type>().values().clone()),
            DataType::Int64 => Values::Large(array.as_primitive::<Int64Type>().values().clone()),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                Values::Large(array.as_primitive::<TimestampMicrosecondType>().values().clone())
            }
            DataType::Float32 => {
                let values = array.as_primitive::<Float32Type>().values().iter();
                Values::Small(values.map(|v| canonical_32(*v)).collect())
            }
            DataType::Float64 => {
                let values = array.as_primitive::<Float64Type>().values().iter();
                Values::Large(values.map(|v| canonical_64(*v)).collect())
            }
            DataType::Decimal128(..) => {
                Values::Huge(array.as_primitive::<Decimal128Type>().values().clone())
            }
            DataType::Utf8 => {
                let texts = array.as_string::<i32>();
                Values::Bytes(texts.offsets().clone(), texts.values().clone())
            }
            DataType::Binary => {
                let bytes = array.as_binary::<i32>();
                Values::Bytes(bytes.offsets().clone(), bytes.values().clone())
            }
            other => {
                return Err(Error::internal("a key of a type without equality").with("type", other));
            }
        };
        Ok(Self { values, nulls: array.logical_nulls(), null_safe })
    }

    /// Tells whether NULL equals NULL.
    pub(super) fn null_safe(&self) -> bool {
        self.null_safe
    }

    fn is_null(&self, row: usize) -> bool {
        self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// Tells whether a value equals one of a column of the same type; both are not NULL.
    #[inline]
    fn same(&self, row: usize, other: &Self, other_row: usize) -> bool {
        match (&self.values, &other.values) {
            (Values::Small(a), Values::Small(b)) => a[row] == b[other_row],
            (Values::Large(a), Values::Large(b)) => a[row] == b[other_row],
            (Values::Huge(a), Values::Huge(b)) => a[row] == b[other_row],
            (Values::Bytes(at, a), Values::Bytes(bt, b)) => {
                bytes(at, a, row) == bytes(bt, b, other_row)
            }
            _ => false,
        }
    }

    /// Tells whether a value equals one of a column of the same type, as the join means it.
    #[inline]
    fn equal(&self, row: usize, other: &Self, other_row: usize) -> bool {
        match (self.is_null(row), other.is_null(other_row)) {
            (false, false) => self.same(row, other, other_row),
            (true, true) => self.null_safe,
            _ => false,
        }
    }

    /// Tells whether values are of the same kind, so that they can be compared.
    pub(super) fn fits(&self, other: &Self) -> bool {
        std::mem::discriminant(&self.values) == std::mem::discriminant(&other.values)
    }

    fn hash_into(&self, hasher: &impl BuildHasher, hashes: &mut [u64]) {
        match &self.values {
            Values::Small(values) => self.mix(hashes, |row| hasher.hash_one(values[row])),
            Values::Large(values) => self.mix(hashes, |row| hasher.hash_one(values[row])),
            Values::Huge(values) => self.mix(hashes, |row| hasher.hash_one(values[row])),
            Values::Bytes(at, data) => {
                self.mix(hashes, |row| hasher.hash_one(bytes(at, data, row)));
            }
        }
    }

    fn mix(&self, hashes: &mut [u64], hash: impl Fn(usize) -> u64) {
        for (row, slot) in hashes.iter_mut().enumerate() {
            let own = if self.is_null(row) { NULL_HASH } else { hash(row) };
            // Those of earlier columns are moved on, so that the order of columns counts.
            *slot = slot.rotate_left(23).wrapping_mul(NULL_HASH) ^ own;
        }
    }

    /// Bytes it holds that the array it was made of does not.
    pub(super) fn own_bytes(&self, of: &DataType) -> usize {
        match (&self.values, of) {
            (Values::Small(_), DataType::Int32 | DataType::Date32) => 0,
            (Values::Large(_), DataType::Int64 | DataType::Timestamp(..)) => 0,
            (Values::Small(values), _) => values.len() * 4,
            (Values::Large(values), _) => values.len() * 8,
            (Values::Huge(_) | Values::Bytes(..), _) => 0,
        }
    }
}

fn bytes<'a>(offsets: &OffsetBuffer<i32>, data: &'a Buffer, row: usize) -> &'a [u8] {
    &data[offsets[row] as usize..offsets[row + 1] as usize]
}

/// Source: `sql::functions::compare`: -0.0 equals 0.0, and NaN equals NaN.
fn canonical_64(value: f64) -> i64 {
    let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
    value.to_bits() as i64
}

fn canonical_32(value: f32) -> i32 {
    let value = if value.is_nan() { f32::NAN } else { value + 0.0 };
    value.to_bits() as i32
}

/// Hashes the keys of all rows.
pub(super) fn hashes(columns: &[KeyColumn], rows: usize, hasher: &impl BuildHasher) -> Vec<u64> {
    let mut hashes = vec![0; rows];
    for column in columns {
        column.hash_into(hasher, &mut hashes);
    }
    hashes
}

/// Tells which rows can equal another: those without a NULL where it equals nothing; `None` for all.
pub(super) fn comparable(columns: &[KeyColumn]) -> Option<NullBuffer> {
    let strict = columns.iter().filter(|column| !column.null_safe);
    strict.fold(None, |all, column| NullBuffer::union(all.as_ref(), column.nulls.as_ref()))
}

/// Tells whether two rows have the same key.
#[inline]
pub(super) fn equal(a: &[KeyColumn], row: usize, b: &[KeyColumn], other: usize) -> bool {
    a.iter().zip(b).all(|(a, b)| a.equal(row, b, other))
}

/// Calls back with the fastest way to compare rows `a` and `b` that are [`comparable`].
pub(super) fn with_equality<R>(a: &[KeyColumn], b: &[KeyColumn], run: impl WithEquality<R>) -> R {
    if let ([one], [other]) = (a, b)
        && !one.null_safe
    {
        match (&one.values, &other.values) {
            (Values::Large(x), Values::Large(y)) => return run.run(|i, j| x[i] == y[j]),
            (Values::Small(x), Values::Small(y)) => return run.run(|i, j| x[i] == y[j]),
            (Values::Bytes(xs, x), Values::Bytes(ys, y)) => {
                return run.run(|i, j| bytes(xs, x, i) == bytes(ys, y, j));
            }
            _ => {}
        }
    }
    run.run(|i, j| equal(a, i, b, j))
}

/// What is done with an equality of rows.
pub(super) trait WithEquality<R> {
    /// Does it.
    fn run(self, equal: impl Fn(usize, usize) -> bool) -> R;
}
