//! Conversions to numbers and booleans.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray};
use arrow::datatypes::{
    DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use datafusion_common::{Result, internal_err};
use formats::types::HiveType;

use super::super::civil::SECOND;

/// Computes one value for each value that is not null.
fn map<S: ArrowPrimitiveType, T: ArrowPrimitiveType>(
    array: &dyn Array,
    f: impl Fn(S::Native) -> T::Native,
) -> PrimitiveArray<T> {
    array.as_primitive::<S>().unary(f)
}

/// Computes one value, or NULL, for each value that is not null.
fn try_map<S: ArrowPrimitiveType, T: ArrowPrimitiveType>(
    array: &dyn Array,
    f: impl Fn(S::Native) -> Option<T::Native>,
) -> PrimitiveArray<T> {
    array.as_primitive::<S>().unary_opt(f)
}

/// Computes one value, or NULL, for each text that is not null.
fn map_text<T: ArrowPrimitiveType>(
    array: &dyn Array,
    f: impl Fn(&str) -> Option<T::Native>,
) -> PrimitiveArray<T> {
    array.as_string::<i32>().iter().map(|text| text.and_then(&f)).collect()
}

pub(super) fn to_boolean(array: &ArrayRef) -> Result<ArrayRef> {
    fn nonzero<T: ArrowPrimitiveType>(array: &dyn Array) -> BooleanArray {
        let zero = T::Native::default();
        BooleanArray::from_unary(array.as_primitive::<T>(), |n| n != zero)
    }
    Ok(Arc::new(match array.data_type() {
        DataType::Int8 => nonzero::<Int8Type>(array),
        DataType::Int16 => nonzero::<Int16Type>(array),
        DataType::Int32 => nonzero::<Int32Type>(array),
        DataType::Int64 => nonzero::<Int64Type>(array),
        DataType::Float32 => nonzero::<Float32Type>(array),
        DataType::Float64 => nonzero::<Float64Type>(array),
        DataType::Decimal128(..) => nonzero::<Decimal128Type>(array),
        DataType::Timestamp(..) => nonzero::<TimestampMicrosecondType>(array),
        DataType::Utf8 => {
            let texts = array.as_string::<i32>().iter();
            texts.map(|text| text.map(parse_boolean)).collect()
        }
        other => return internal_err!("no conversion from {other} to boolean"),
    }))
}

/// Source: Hive `PrimitiveObjectInspectorUtils.parseBoolean`.
fn parse_boolean(text: &str) -> bool {
    !["", "false", "no", "off", "0"].iter().any(|no| text.eq_ignore_ascii_case(no))
}

pub(super) fn to_whole(array: &ArrayRef, to: &HiveType) -> Result<ArrayRef> {
    match to {
        HiveType::TinyInt => whole::<Int8Type>(array, |n| n as i8, |n| i8::try_from(n).ok()),
        HiveType::SmallInt => whole::<Int16Type>(array, |n| n as i16, |n| i16::try_from(n).ok()),
        HiveType::Int => whole::<Int32Type>(array, |n| n as i32, |n| i32::try_from(n).ok()),
        _ => whole::<Int64Type>(array, |n| n, Some),
    }
}

/// Converts to whole numbers: `wrap` keeps the lower bits, `fit` refuses what is too large.
fn whole<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    wrap: impl Fn(i64) -> T::Native,
    fit: impl Fn(i64) -> Option<T::Native>,
) -> Result<ArrayRef> {
    // Java narrows a double to 32 bits first unless a long is wanted, and each time to the nearest.
    let wide = T::DATA_TYPE == DataType::Int64;
    let floating = |n: f64| wrap(if wide { n as i64 } else { i64::from(n as i32) });
    Ok(Arc::new(match array.data_type() {
        DataType::Boolean => {
            array.as_boolean().iter().map(|b| b.map(|b| wrap(i64::from(b)))).collect()
        }
        DataType::Int8 => map::<Int8Type, T>(array, |n| wrap(n.into())),
        DataType::Int16 => map::<Int16Type, T>(array, |n| wrap(n.into())),
        DataType::Int32 => map::<Int32Type, T>(array, |n| wrap(n.into())),
        DataType::Int64 => map::<Int64Type, T>(array, wrap),
        DataType::Float32 => map::<Float32Type, T>(array, |n| floating(n.into())),
        DataType::Float64 => map::<Float64Type, T>(array, floating),
        DataType::Decimal128(_, scale) => {
            let unit = power_of_ten(*scale);
            try_map::<Decimal128Type, T>(array, |n| fit(i64::try_from(n / unit).ok()?))
        }
        DataType::Timestamp(..) => {
            map::<TimestampMicrosecondType, T>(array, |n| wrap(n.div_euclid(SECOND)))
        }
        DataType::Utf8 => map_text::<T>(array, |text| fit(parse_whole(text)?)),
        other => return internal_err!("no conversion from {other} to {}", T::DATA_TYPE),
    }))
}

/// Reads a whole number; digits behind a point are read and ignored.
///
/// Source: Hive `LazyLong.parseLong` with trimming.
pub(super) fn parse_whole(text: &str) -> Option<i64> {
    let text = text.trim_matches(' ').as_bytes();
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let point = digits.iter().position(|b| *b == b'.').unwrap_or(digits.len());
    let (whole, fraction) = digits.split_at(point);
    let valid = digits.len() > usize::from(point < digits.len())
        && fraction.iter().skip(1).chain(whole).all(u8::is_ascii_digit);
    if !valid {
        return None;
    }
    // Negative numbers reach one further than positive ones.
    let sum = whole
        .iter()
        .try_fold(0i64, |n, digit| n.checked_mul(10)?.checked_sub(i64::from(digit - b'0')))?;
    if negative { Some(sum) } else { sum.checked_neg() }
}

pub(super) fn to_floating(array: &ArrayRef, to: &HiveType) -> Result<ArrayRef> {
    if *to == HiveType::Double {
        floating::<Float64Type>(array, |n| n, |n| n as f64)
    } else if matches!(array.data_type(), DataType::Utf8) {
        Ok(Arc::new(map_text::<Float32Type>(array, |text| java_number(text)?.parse().ok())))
    } else {
        floating::<Float32Type>(array, |n| n as f32, |n| n as f32)
    }
}

/// Converts to floating point numbers: by `f` from a double, by `w` from a whole number.
fn floating<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    f: impl Fn(f64) -> T::Native,
    w: impl Fn(i64) -> T::Native,
) -> Result<ArrayRef> {
    Ok(Arc::new(match array.data_type() {
        DataType::Boolean => {
            array.as_boolean().iter().map(|b| b.map(|b| w(i64::from(b)))).collect()
        }
        DataType::Int8 => map::<Int8Type, T>(array, |n| w(n.into())),
        DataType::Int16 => map::<Int16Type, T>(array, |n| w(n.into())),
        DataType::Int32 => map::<Int32Type, T>(array, |n| w(n.into())),
        DataType::Int64 => map::<Int64Type, T>(array, w),
        DataType::Float32 => map::<Float32Type, T>(array, |n| f(n.into())),
        DataType::Float64 => map::<Float64Type, T>(array, f),
        DataType::Decimal128(_, scale) => {
            let scale = *scale;
            map::<Decimal128Type, T>(array, |n| f(decimal_to_double(n, scale)))
        }
        DataType::Timestamp(..) => {
            map::<TimestampMicrosecondType, T>(array, |n| f(n as f64 / SECOND as f64))
        }
        DataType::Utf8 => map_text::<T>(array, |text| Some(f(parse_double(text)?))),
        other => return internal_err!("no conversion from {other} to {}", T::DATA_TYPE),
    }))
}

/// Largest power of ten that a double holds exactly.
const EXACT_POWER: i8 = 22;
/// Largest whole number below which a double holds all.
const EXACT_DIGITS: u128 = 1 << 53;

/// Returns the double that is nearest to a decimal.
pub(super) fn decimal_to_double(value: i128, scale: i8) -> f64 {
    if value.unsigned_abs() <= EXACT_DIGITS && scale <= EXACT_POWER {
        // Both are exact, so the quotient is rounded once.
        return value as f64 / power_of_ten(scale) as f64;
    }
    format!("{value}e-{scale}").parse().unwrap_or(f64::NAN)
}

/// Reads a floating point number as Java's `Double.parseDouble` does, except for hexadecimal ones.
pub(crate) fn parse_double(text: &str) -> Option<f64> {
    java_number(text)?.parse().ok()
}

/// Returns what Rust reads the same way, or nothing if Java refuses the text.
fn java_number(text: &str) -> Option<&str> {
    let text = text.trim_matches(|c| c <= ' ');
    let digits = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    match unsigned.as_bytes() {
        [b'0'..=b'9' | b'.', ..] => Some(digits),
        _ if ["NaN", "Infinity"].contains(&unsigned) && digits.len() == text.len() => Some(text),
        _ => None,
    }
}

/// Rounds `number * 10^digits` to a whole number, half away from zero, if that can be told without
/// the number's text: where the product is small and not close to the middle.
///
/// Source: Java `BigDecimal.valueOf(double)` rounds the shortest text, which differs from the number
/// itself by less than the margin here.
pub(crate) fn scaled(number: f64, digits: i32) -> Option<i64> {
    /// Below this, doubles still have several digits behind the point.
    const LARGEST: f64 = 1e12;
    const MARGIN: f64 = 1e-3;
    if !(0..=15).contains(&digits) {
        return None;
    }
    let product = number * 10f64.powi(digits);
    let safe = product.abs() < LARGEST && (product.abs().fract() - 0.5).abs() > MARGIN;
    safe.then(|| product.round() as i64)
}

pub(super) fn to_decimal(array: &ArrayRef, precision: u8, scale: u8) -> Result<ArrayRef> {
    let to = scale.cast_signed();
    let fit = |n: Option<i128>| n.filter(|n| decimal_fits(*n, precision));
    let from_whole = |n: i64| fit(i128::from(n).checked_mul(power_of_ten(to)));
    let from_double = |n: f64| match scaled(n, to.into()) {
        Some(whole) => fit(Some(whole.into())),
        None => fit(parse_decimal(&format!("{n:e}"), to)),
    };
    let array: PrimitiveArray<Decimal128Type> = match array.data_type() {
        DataType::Boolean => {
            array.as_boolean().iter().map(|b| b.and_then(|b| from_whole(i64::from(b)))).collect()
        }
        DataType::Int8 => try_map::<Int8Type, _>(array, |n| from_whole(n.into())),
        DataType::Int16 => try_map::<Int16Type, _>(array, |n| from_whole(n.into())),
        DataType::Int32 => try_map::<Int32Type, _>(array, |n| from_whole(n.into())),
        DataType::Int64 => try_map::<Int64Type, _>(array, from_whole),
        // The shortest text of a float is that of Java's BigDecimal here.
        DataType::Float32 => {
            try_map::<Float32Type, _>(array, |n| fit(parse_decimal(&format!("{n:e}"), to)))
        }
        DataType::Float64 => try_map::<Float64Type, _>(array, from_double),
        DataType::Decimal128(_, from) => {
            let from = *from;
            try_map::<Decimal128Type, _>(array, |n| fit(rescale(n, from, to)))
        }
        DataType::Timestamp(..) => {
            try_map::<TimestampMicrosecondType, _>(array, |n| fit(rescale(n.into(), 6, to)))
        }
        DataType::Utf8 => map_text(array, |text| fit(parse_decimal(text.trim(), to))),
        other => return internal_err!("no conversion from {other} to decimal"),
    };
    Ok(Arc::new(array.with_data_type(DataType::Decimal128(precision, to))))
}

/// Tells whether a decimal has no more than so many digits.
pub(crate) fn decimal_fits(value: i128, precision: u8) -> bool {
    let digits = i8::try_from(precision).unwrap_or(i8::MAX);
    value.unsigned_abs() < power_of_ten(digits).unsigned_abs()
}

/// Returns `10^n`; the largest power that fits if `n` is too large.
fn power_of_ten(n: i8) -> i128 {
    10i128.pow(u32::try_from(n.clamp(0, 38)).unwrap_or(0))
}

/// Changes the number of digits behind the point, rounding half away from zero.
pub(crate) fn rescale(value: i128, from: i8, to: i8) -> Option<i128> {
    let shift = i16::from(to) - i16::from(from);
    if shift >= 0 {
        return value.checked_mul(10i128.checked_pow(u32::try_from(shift).ok()?)?);
    }
    let Some(unit) = 10i128.checked_pow(u32::from(shift.unsigned_abs())) else { return Some(0) };
    let (whole, rest) = (value / unit, (value % unit).unsigned_abs());
    let up = rest >= unit.unsigned_abs().div_ceil(2);
    Some(whole + if up { value.signum() } else { 0 })
}

/// Reads a decimal, perhaps with an exponent, rounding half away from zero to `scale` digits.
pub(super) fn parse_decimal(text: &str, scale: i8) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let negative = mantissa.starts_with('-');
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut digits = whole.bytes().chain(fraction.bytes());
    if unsigned.len() == usize::from(unsigned.contains('.')) || !digits.all(|b| b.is_ascii_digit())
    {
        return None;
    }
    // How many of the digits are kept; the one behind them decides about rounding.
    let whole_digits = i32::try_from(whole.len()).ok()?;
    let keep = whole_digits.checked_add(exponent)?.checked_add(scale.into())?;
    let mut value = 0i128;
    let mut position = 0i32;
    let mut round = false;
    for digit in whole.bytes().chain(fraction.bytes()).map(|b| b - b'0') {
        if position < keep {
            value = value.checked_mul(10)?.checked_add(digit.into())?;
        } else if position == keep {
            round = digit >= 5;
        }
        position = position.checked_add(1)?;
    }
    if value != 0 && position < keep {
        value = value.checked_mul(10i128.checked_pow(u32::try_from(keep - position).ok()?)?)?;
    }
    let value = value + i128::from(round && keep >= 0);
    Some(if negative { -value } else { value })
}
