//! `round`, `bround`, `floor`, `ceil`, and `trunc` of numbers and of dates.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use datafusion_common::{Result, ScalarValue, internal_err};
use formats::types::HiveType;

use super::Arg;
use super::cast::{decimal_fits, parse_double, scaled, write_double};
use super::civil::Date;
use super::coerce::decimal;
use super::def::{Call, Def, Plan, Takes, Types, is_number, is_text, is_time, is_whole};
use super::values::{Numbers, decimals, numbers, texts};

pub(super) static DEFS: &[Def] = &[
    Def {
        names: &["round"],
        usage: "(number [, constant int])",
        types: Types::Other(|args| round_types(args, Mode::HalfUp)),
        eval: |c| round(c, Mode::HalfUp),
    },
    Def {
        names: &["bround"],
        usage: "(number [, constant int])",
        types: Types::Other(|args| round_types(args, Mode::HalfEven)),
        eval: |c| round(c, Mode::HalfEven),
    },
    Def {
        names: &["trunc"],
        usage: "(number [, constant int]), or (date, timestamp or string, string)",
        types: Types::Other(trunc_types),
        eval: trunc,
    },
    Def {
        names: &["floor"],
        usage: "(number)",
        types: Types::Other(whole_types),
        eval: |c| to_whole(c, f64::floor, i128::div_euclid),
    },
    Def {
        names: &["ceil", "ceiling"],
        usage: "(number)",
        types: Types::Other(whole_types),
        eval: |c| to_whole(c, f64::ceil, |n, unit| -(-n).div_euclid(unit)),
    },
];

/// Where a number goes that lies between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// To the nearer one; from the middle away from zero.
    HalfUp,
    /// To the nearer one; from the middle to the even one.
    HalfEven,
    /// Towards zero.
    Down,
}

/// Finds how many digits are kept: `None` if that is no constant.
fn kept_digits(args: &[Arg<'_>]) -> Option<i32> {
    match args.get(1).map(|arg| arg.value) {
        None => Some(0),
        Some(Some(value)) if value.is_null() => Some(0),
        Some(Some(ScalarValue::Int8(Some(n)))) => Some((*n).into()),
        Some(Some(ScalarValue::Int16(Some(n)))) => Some((*n).into()),
        Some(Some(ScalarValue::Int32(Some(n)))) => Some(*n),
        Some(Some(ScalarValue::Int64(Some(n)))) => i32::try_from(*n).ok(),
        Some(_) => None,
    }
}

fn round_types(args: &[Arg<'_>], mode: Mode) -> Result<Option<Plan>, String> {
    let Some(number) = args.first().filter(|_| args.len() <= 2) else { return Ok(None) };
    let ty = match number.ty {
        HiveType::Void => return Plan::of(void_args(args), HiveType::Void),
        ty if is_text(ty) => HiveType::Double,
        ty if is_number(ty) => ty.clone(),
        _ => return Ok(None),
    };
    let Some(kept) = kept_digits(args) else { return Ok(None) };
    let returns = match ty {
        HiveType::Decimal { precision, scale } => {
            let whole = u16::from(precision - scale);
            let kept = u16::try_from(kept.clamp(0, 38)).unwrap_or(0);
            // One digit more in front of the point, where rounding up may need it.
            let carry = u16::from(kept < u16::from(scale) && mode != Mode::Down);
            let kept = if mode == Mode::Down { kept.min(scale.into()) } else { kept };
            decimal(whole + carry + kept, kept)
        }
        ref other => other.clone(),
    };
    Plan::of([ty, HiveType::Int].into_iter().take(args.len()), returns)
}

fn void_args(args: &[Arg<'_>]) -> Vec<HiveType> {
    args.iter().map(|arg| arg.ty.clone()).collect()
}

fn round(call: &Call<'_>, mode: Mode) -> Result<ArrayRef> {
    let array = call.array(0)?;
    let kept = if call.has(1) { call.ints(1)? } else { Numbers::One(Some(0)) };
    macro_rules! whole {
        ($ty:ty, $native:ty) => {{
            let array = array.as_primitive::<$ty>();
            Ok(numbers::<$ty>(call.rows, |i| {
                let kept = kept.get(i)?;
                let n = array.is_valid(i).then(|| array.value(i))?;
                // Wraps around, as Hive's own arithmetic does.
                Some(if kept >= 0 { n } else { round_whole(n.into(), kept, mode) as $native })
            }))
        }};
    }
    match array.data_type() {
        DataType::Null => Ok(array),
        DataType::Int8 => whole!(Int8Type, i8),
        DataType::Int16 => whole!(Int16Type, i16),
        DataType::Int32 => whole!(Int32Type, i32),
        DataType::Int64 => whole!(Int64Type, i64),
        DataType::Float32 => {
            let array = array.as_primitive::<Float32Type>();
            Ok(numbers::<Float32Type>(call.rows, |i| {
                let n = array.is_valid(i).then(|| array.value(i))?;
                Some(round_double(n.into(), kept.get(i)?, mode) as f32)
            }))
        }
        DataType::Float64 => {
            let array = array.as_primitive::<Float64Type>();
            Ok(numbers::<Float64Type>(call.rows, |i| {
                let n = array.is_valid(i).then(|| array.value(i))?;
                Some(round_double(n, kept.get(i)?, mode))
            }))
        }
        DataType::Decimal128(_, from) => {
            let DataType::Decimal128(precision, to) = *call.returns else {
                return internal_err!("a decimal is not rounded to {}", call.returns);
            };
            let (from, array) = (i32::from(*from), array.as_primitive::<Decimal128Type>());
            Ok(decimals(call.returns, call.rows, |i| {
                let n = array.is_valid(i).then(|| array.value(i))?;
                let n = round_decimal(n, from, kept.get(i)?, mode)?;
                let n = super::cast::rescale(n, i8::try_from(from).ok()?, to)?;
                decimal_fits(n, precision).then_some(n)
            }))
        }
        other => internal_err!("{other} cannot be rounded"),
    }
}

/// Rounds to a multiple of `10^-kept`, where `kept` is negative.
fn round_whole(number: i64, kept: i32, mode: Mode) -> i64 {
    let unit = u32::try_from(kept.saturating_neg()).ok().and_then(|n| 10i128.checked_pow(n));
    unit.map_or(0, |unit| round_to(number.into(), unit, mode) as i64)
}

/// Rounds to a multiple of a unit.
fn round_to(number: i128, unit: i128, mode: Mode) -> i128 {
    let (quotient, rest) = (number / unit, (number % unit).unsigned_abs());
    let twice = rest.saturating_mul(2);
    let up = match mode {
        Mode::Down => false,
        Mode::HalfUp => rest != 0 && twice >= unit.unsigned_abs(),
        Mode::HalfEven => {
            twice > unit.unsigned_abs() || twice == unit.unsigned_abs() && quotient % 2 != 0
        }
    };
    (quotient + if up { number.signum() } else { 0 }) * unit
}

/// Rounds a decimal of `scale` digits behind the point; it keeps its scale.
fn round_decimal(number: i128, scale: i32, kept: i32, mode: Mode) -> Option<i128> {
    if kept >= scale {
        return Some(number);
    }
    let dropped = u32::try_from(scale.saturating_sub(kept)).ok()?;
    match 10i128.checked_pow(dropped) {
        Some(unit) if dropped < 38 => Some(round_to(number, unit, mode)),
        _ => Some(0),
    }
}

/// Rounds the shortest text of a double, as Java's `BigDecimal.valueOf` does.
fn round_double(number: f64, kept: i32, mode: Mode) -> f64 {
    if !number.is_finite() || kept >= 17 && number.abs() >= 1.0 {
        return number;
    }
    if kept == 0 && number.abs() < 9e15 {
        // Halves of small numbers are exact, so no text is needed; there is no negative zero.
        return match mode {
            Mode::HalfUp => number.round() + 0.0,
            Mode::HalfEven => number.round_ties_even() + 0.0,
            Mode::Down => number.trunc() + 0.0,
        };
    }
    if mode != Mode::Down
        && kept > 0
        && let Some(whole) = scaled(number, kept)
    {
        // Both are exact, so the quotient is the double nearest to the rounded number.
        let unit = 10f64.powi(kept);
        return whole as f64 / unit;
    }
    let mut text = String::new();
    write_double(number, &mut text);
    let (mantissa, exponent) = text.split_once('E').unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().unwrap_or(0);
    let scale = i32::try_from(fraction.len()).unwrap_or(0) - exponent.parse::<i32>().unwrap_or(0);
    match round_decimal(digits, scale, kept, mode) {
        Some(rounded) if rounded == digits => number,
        Some(rounded) => parse_double(&format!("{rounded}e{}", -scale)).unwrap_or(number),
        None => number,
    }
}

fn trunc_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    match args {
        [time, unit] if is_text(unit.ty) && (is_time(time.ty) || is_text(time.ty)) => {
            Plan::of([HiveType::Date, HiveType::String], HiveType::String)
        }
        _ => round_types(args, Mode::Down),
    }
}

fn trunc(call: &Call<'_>) -> Result<ArrayRef> {
    if !matches!(call.arg(0)?.data_type(), DataType::Date32) {
        return round(call, Mode::Down);
    }
    let (dates, units) = (call.dates(0)?, call.text(1)?);
    texts(call.rows, |i, out| {
        let date = Date::from_days(dates.get(i)?.into());
        let first = Date { day: 1, ..date };
        let start = match units.get(i)? {
            "MONTH" | "MON" | "MM" => first,
            "YEAR" | "YYYY" | "YY" => Date { month: 1, ..first },
            "QUARTER" | "Q" => Date { month: (date.month - 1) / 3 * 3 + 1, ..first },
            _ => return None,
        };
        start.write(out);
        Some(())
    })
}

fn whole_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let [arg] = args else { return Ok(None) };
    match arg.ty {
        HiveType::Decimal { precision, scale } => {
            let returns = decimal(u16::from(precision - scale) + 1, 0);
            Plan::of([arg.ty.clone()], returns)
        }
        ty if is_whole(ty) => Plan::of([HiveType::BigInt], HiveType::BigInt),
        ty => match Takes::Double.target(ty) {
            Some(double) => Plan::of([double], HiveType::BigInt),
            None => Ok(None),
        },
    }
}

fn to_whole(
    call: &Call<'_>,
    double: impl Fn(f64) -> f64,
    exact: impl Fn(i128, i128) -> i128,
) -> Result<ArrayRef> {
    let array = call.array(0)?;
    match array.data_type() {
        DataType::Int64 => Ok(array),
        DataType::Float64 => {
            // Java's conversion stops at the largest number, as this one does.
            let array = array.as_primitive::<Float64Type>();
            Ok(Arc::new(array.unary::<_, Int64Type>(|n| double(n) as i64)))
        }
        DataType::Decimal128(_, scale) => {
            let unit = 10i128.pow(u32::try_from(*scale).unwrap_or(0));
            let array = array.as_primitive::<Decimal128Type>();
            let array = array.unary::<_, Decimal128Type>(|n| exact(n, unit));
            Ok(Arc::new(array.with_data_type(call.returns.clone())))
        }
        other => internal_err!("{other} cannot be rounded"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Rounding without the text gives what rounding the text gives.
        #[test]
        fn short_cuts_change_nothing(number in -1e10f64..1e10, kept in 1i32..8) {
            let text = format!("{number:.*}", usize::try_from(kept).unwrap());
            let shown: f64 = text.parse().unwrap();
            let rounded = round_double(number, kept, Mode::HalfUp);
            // The middle is where they may differ by one in the last digit, and by what a double cannot hold of it.
            let last = 1.01 * 0.1f64.powi(kept) + number.abs() * f64::EPSILON;
            prop_assert!((rounded - shown).abs() < last);
            if scaled(number, kept).is_some() {
                prop_assert_eq!(rounded, shown);
            }
        }
    }
}
