//! Conversions to text and bytes.

use std::fmt::{LowerExp, Write};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, StringArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType,
};
use datafusion_common::{Result, internal_err};

use super::super::Session;
use super::super::civil::{Date, write_timestamp};
use super::super::def::external;
use super::super::values::texts;
use super::time::{local, zone_name};

pub(super) fn to_string(array: &ArrayRef, session: Session) -> Result<ArrayRef> {
    match array.data_type() {
        DataType::Utf8 => Ok(Arc::clone(array)),
        DataType::Boolean => {
            let flags = array.as_boolean();
            texts(flags.len(), |row, out| {
                flags.is_valid(row).then(|| {
                    out.push_str(if flags.value(row) { "TRUE" } else { "FALSE" });
                })
            })
        }
        DataType::Int8 => write_all::<Int8Type>(array, write_display),
        DataType::Int16 => write_all::<Int16Type>(array, write_display),
        DataType::Int32 => write_all::<Int32Type>(array, write_display),
        DataType::Int64 => write_all::<Int64Type>(array, write_display),
        DataType::Float32 => {
            write_all::<Float32Type>(array, |n, out| write_floating(n, n.into(), out))
        }
        DataType::Float64 => write_all::<Float64Type>(array, write_double),
        DataType::Decimal128(_, scale) => {
            let scale = *scale;
            write_all::<Decimal128Type>(array, |n, out| write_decimal(n, scale, out))
        }
        DataType::Date32 => {
            write_all::<Date32Type>(array, |n, out| Date::from_days(n.into()).write(out))
        }
        DataType::Timestamp(_, None) => {
            write_all::<TimestampMicrosecondType>(array, write_timestamp)
        }
        DataType::Timestamp(_, Some(_)) => {
            write_all::<TimestampMicrosecondType>(array, |n, out| {
                write_timestamp(local(n, session.time_zone), out);
                out.push(' ');
                out.push_str(zone_name(session.time_zone));
            })
        }
        DataType::Binary => {
            let bytes = array.as_binary::<i32>();
            if let Ok(text) = StringArray::try_from_binary(bytes.clone()) {
                return Ok(Arc::new(text));
            }
            texts(bytes.len(), |row, out| {
                bytes
                    .is_valid(row)
                    .then(|| out.push_str(&String::from_utf8_lossy(bytes.value(row))))
            })
        }
        other => internal_err!("no conversion from {other} to string"),
    }
}

fn write_all<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    write: impl Fn(T::Native, &mut String),
) -> Result<ArrayRef> {
    let values = array.as_primitive::<T>();
    texts(values.len(), |row, out| values.is_valid(row).then(|| write(values.value(row), out)))
}

fn write_display(number: impl std::fmt::Display, out: &mut String) {
    // Writing to a string cannot fail.
    let _ok = write!(out, "{number}");
}

/// Writes a double as Java's `Double.toString` does.
pub(crate) fn write_double(number: f64, out: &mut String) {
    write_floating(number, number, out);
}

/// Writes the shortest digits of `number`, laid out as Java does; `value` is the same number.
fn write_floating(number: impl LowerExp, value: f64, out: &mut String) {
    if value.is_nan() {
        return out.push_str("NaN");
    }
    if value.is_infinite() {
        return out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
    if value == 0.0 {
        return out.push_str(if value.is_sign_negative() { "-0.0" } else { "0.0" });
    }
    let start = out.len();
    let _ok = write!(out, "{number:e}");
    let text = out.split_off(start);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", mantissa),
    };
    let (first, rest) = digits.split_once('.').unwrap_or((digits, ""));
    out.push_str(sign);
    let written = match usize::try_from(exponent) {
        Ok(e) if e < 7 => {
            let whole = rest.get(..e).unwrap_or(rest);
            let zeros = "0".repeat(e - whole.len());
            let fraction = rest.get(e..).filter(|f| !f.is_empty()).unwrap_or("0");
            write!(out, "{first}{whole}{zeros}.{fraction}")
        }
        Err(_) if exponent >= -3 => {
            let zeros = "0".repeat(usize::try_from(-exponent - 1).unwrap_or(0));
            write!(out, "0.{zeros}{first}{rest}")
        }
        _ => {
            let rest = if rest.is_empty() { "0" } else { rest };
            write!(out, "{first}.{rest}E{exponent}")
        }
    };
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
}

/// Writes a decimal with all digits of its scale.
pub(crate) fn write_decimal(value: i128, scale: i8, out: &mut String) {
    let scale = usize::try_from(scale).unwrap_or(0);
    if value < 0 {
        out.push('-');
    }
    let start = out.len();
    let _ok = write!(out, "{:0width$}", value.unsigned_abs(), width = scale + 1);
    if scale > 0 {
        let point = out.len().saturating_sub(scale).max(start);
        out.insert(point, '.');
    }
}

/// What happens to spaces at the end of a text that is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tail {
    /// They stay.
    Keep,
    /// They go: a `char` is filled with spaces only when it is shown.
    Trim,
}

/// Cuts texts to a number of characters.
pub(super) fn cut(array: ArrayRef, length: u32, tail: Tail) -> Result<ArrayRef> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let cut = |text: &str| -> usize {
        // A text of so few bytes has no more characters.
        let end = if text.len() <= length {
            text.len()
        } else {
            text.char_indices().nth(length).map_or(text.len(), |(end, _)| end)
        };
        match tail {
            Tail::Keep => end,
            Tail::Trim => text.get(..end).unwrap_or(text).trim_end_matches(' ').len(),
        }
    };
    let texts_in = array.as_string::<i32>();
    if texts_in.iter().flatten().all(|text| cut(text) == text.len()) {
        return Ok(array);
    }
    texts(texts_in.len(), |row, out| {
        texts_in.is_valid(row).then(|| {
            let text = texts_in.value(row);
            out.push_str(text.get(..cut(text)).unwrap_or(text));
        })
    })
}

pub(super) fn to_binary(array: &ArrayRef) -> Result<ArrayRef> {
    match array.as_string_opt::<i32>() {
        Some(text) => {
            let (offsets, values, nulls) = text.clone().into_parts();
            Ok(Arc::new(BinaryArray::try_new(offsets, values, nulls).map_err(external)?))
        }
        None => internal_err!("no conversion from {} to binary", array.data_type()),
    }
}
