//! `hash`: Hive's hash, which also places rows in buckets of old tables.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType,
};
use datafusion_common::{Result, internal_err};
use formats::types::HiveType;

use super::Arg;
use super::civil::SECOND;
use super::def::{Call, Def, Plan, Types};
use super::values::numbers;

pub(super) static DEFS: &[Def] = &[Def {
    names: &["hash"],
    usage: "one or more values",
    types: Types::Other(types),
    eval: hash,
}];

fn types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let hashed = |ty: &HiveType| {
        !matches!(
            ty,
            HiveType::IntervalDayTime
                | HiveType::IntervalYearMonth
                | HiveType::TimestampLocalTz
                | HiveType::Union(_)
        )
    };
    if args.is_empty() || !args.iter().all(|arg| hashed(arg.ty)) {
        return Ok(None);
    }
    let types = args.iter().map(|arg| match arg.ty {
        // Texts of limited length are hashed as their bytes.
        HiveType::Varchar(_) | HiveType::Char(_) => HiveType::Binary,
        ty => ty.clone(),
    });
    Plan::of(types.collect::<Vec<_>>(), HiveType::Int)
}

fn hash(call: &Call<'_>) -> Result<ArrayRef> {
    let arrays = (0..call.args.len()).map(|i| call.array(i)).collect::<Result<Vec<_>>>()?;
    if let Some(other) = arrays.iter().find(|array| !can_hash(array.data_type())) {
        return internal_err!("no hash of {}", other.data_type());
    }
    Ok(numbers::<Int32Type>(call.rows, |row| Some(combine(0, &arrays, row))))
}

fn can_hash(ty: &DataType) -> bool {
    match ty {
        DataType::List(field) | DataType::Map(field, _) => can_hash(field.data_type()),
        DataType::Struct(fields) => fields.iter().all(|field| can_hash(field.data_type())),
        DataType::Interval(_) | DataType::Union(..) => false,
        _ => true,
    }
}

fn combine(seed: i32, columns: &[ArrayRef], row: usize) -> i32 {
    columns.iter().fold(seed, |h, column| next(h, value_hash(column, row)))
}

fn next(hash: i32, value: i32) -> i32 {
    hash.wrapping_mul(31).wrapping_add(value)
}

/// Folds a long as Java's `Long.hashCode` does.
fn fold(bits: i64) -> i32 {
    (bits ^ (bits.cast_unsigned() >> 32).cast_signed()) as i32
}

fn bytes_hash(seed: i32, bytes: &[u8]) -> i32 {
    bytes.iter().fold(seed, |h, byte| next(h, byte.cast_signed().into()))
}

/// Returns the hash of one value; NULL is 0.
///
/// Source: Hive `ObjectInspectorUtils.hashCode`.
fn value_hash(array: &ArrayRef, row: usize) -> i32 {
    if array.is_null(row) {
        return 0;
    }
    match array.data_type() {
        DataType::Boolean => i32::from(array.as_boolean().value(row)),
        DataType::Int8 => array.as_primitive::<Int8Type>().value(row).into(),
        DataType::Int16 => array.as_primitive::<Int16Type>().value(row).into(),
        DataType::Int32 => array.as_primitive::<Int32Type>().value(row),
        DataType::Int64 => fold(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => match array.as_primitive::<Float32Type>().value(row) {
            0.0 => 0,
            number => number.to_bits().cast_signed(),
        },
        DataType::Float64 => match array.as_primitive::<Float64Type>().value(row) {
            0.0 => 0,
            number => fold(number.to_bits().cast_signed()),
        },
        DataType::Decimal128(_, scale) => {
            decimal_hash(array.as_primitive::<Decimal128Type>().value(row), *scale)
        }
        DataType::Date32 => array.as_primitive::<Date32Type>().value(row),
        DataType::Timestamp(..) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            let nanos = micros.rem_euclid(SECOND) * 1000;
            fold((micros.div_euclid(SECOND) << 30) | nanos)
        }
        DataType::Utf8 => bytes_hash(0, array.as_string::<i32>().value(row).as_bytes()),
        DataType::Binary => bytes_hash(1, array.as_binary::<i32>().value(row)),
        DataType::List(_) => {
            let values = array.as_list::<i32>().value(row);
            (0..values.len()).fold(0, |h, i| next(h, value_hash(&values, i)))
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            (0..entries.len())
                .fold(0i32, |h, i| h.wrapping_add(value_hash(keys, i) ^ value_hash(values, i)))
        }
        DataType::Struct(_) => combine(0, array.as_struct().columns(), row),
        _ => 0,
    }
}

/// Source: Java `BigDecimal.hashCode`, without zeros at the end of the fraction.
fn decimal_hash(mut value: i128, mut scale: i8) -> i32 {
    while scale > 0 && value % 10 == 0 {
        value /= 10;
        scale -= 1;
    }
    let mut magnitude = value.unsigned_abs();
    let mut words = Vec::new();
    while magnitude != 0 {
        words.push(magnitude as u32);
        magnitude >>= 32;
    }
    let unscaled = words.iter().rev().fold(0i32, |h, word| next(h, word.cast_signed()));
    let signed = if value < 0 { unscaled.wrapping_neg() } else { unscaled };
    next(signed, scale.into())
}
