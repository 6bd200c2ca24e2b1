//! `+ - * / % DIV & | ^ ~`, `pmod`, and the arithmetic of times.
//!
//! Whole numbers wrap around, `/` of whole numbers is a double, a division by zero is NULL.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, i256,
};
use datafusion_common::{Result, internal_err};
use formats::types::HiveType;

use super::cast::{decimal_fits, rescale};
use super::coerce::{arg_digits, decimal, for_comparison, wider_whole};
use super::def::{Call, Def, Plan, Types, is_number, is_text, is_time, is_whole};
use super::values::{decimals, numbers, try_zip, zip};
use super::{Arg, interval};

const NUMBERS: &str = "(number, number)";

pub(super) static DEFS: &[Def] = &[
    Def {
        names: &["+"],
        usage: "(number, number), or a time and an interval",
        types: Types::Other(|args| plus_types(args, Sign::Plus)),
        eval: |c| plus(c, Sign::Plus),
    },
    Def {
        names: &["-"],
        usage: "(number, number), two times, or a time and an interval",
        types: Types::Other(|args| plus_types(args, Sign::Minus)),
        eval: |c| plus(c, Sign::Minus),
    },
    Def {
        names: &["*"],
        usage: NUMBERS,
        types: Types::Other(|args| arithmetic(args, |p, s, q, t| (p + q + 1, s + t))),
        eval: times,
    },
    Def { names: &["/"], usage: NUMBERS, types: Types::Other(divide_types), eval: divide },
    Def {
        names: &["%", "mod"],
        usage: NUMBERS,
        types: Types::Other(|args| arithmetic(args, remainder_digits)),
        eval: |c| modulo(c, Rest::OfDividend),
    },
    Def {
        names: &["pmod"],
        usage: NUMBERS,
        types: Types::Other(|args| arithmetic(args, remainder_digits)),
        eval: |c| modulo(c, Rest::OfDivisor),
    },
    Def {
        names: &["div"],
        usage: "(whole number, whole number)",
        types: Types::Other(|args| whole_types(args, Some(HiveType::BigInt))),
        eval: |c| try_zip::<Int64Type>(c, |a, b| (b != 0).then(|| a.wrapping_div(b))),
    },
    Def {
        names: &["&"],
        usage: "(whole number, whole number)",
        types: Types::Other(|args| whole_types(args, None)),
        eval: |c| bits(c, |a, b| a & b),
    },
    Def {
        names: &["|"],
        usage: "(whole number, whole number)",
        types: Types::Other(|args| whole_types(args, None)),
        eval: |c| bits(c, |a, b| a | b),
    },
    Def {
        names: &["^"],
        usage: "(whole number, whole number)",
        types: Types::Other(|args| whole_types(args, None)),
        eval: |c| bits(c, |a, b| a ^ b),
    },
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
}

/// Which sign a remainder has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// That of the dividend: `%`.
    OfDividend,
    /// That of the divisor: `pmod`.
    OfDivisor,
}

fn whole_types(args: &[Arg<'_>], at: Option<HiveType>) -> Result<Option<Plan>, String> {
    let [a, b] = args else { return Ok(None) };
    let Some(ty) = wider_whole(a.ty, b.ty) else { return Ok(None) };
    let ty = at.unwrap_or(ty);
    Plan::of([ty.clone(), ty.clone()], ty)
}

fn remainder_digits(p: u16, s: u16, q: u16, t: u16) -> (u16, u16) {
    ((p - s).min(q - t) + s.max(t), s.max(t))
}

/// Finds the types of an operation on numbers: decimals keep theirs, others meet at one.
fn arithmetic(
    args: &[Arg<'_>],
    result: impl Fn(u16, u16, u16, u16) -> (u16, u16),
) -> Result<Option<Plan>, String> {
    let [a, b] = args else { return Ok(None) };
    let counts = |ty: &HiveType| is_number(ty) || is_text(ty) || *ty == HiveType::Void;
    if !counts(a.ty) || !counts(b.ty) {
        return Ok(None);
    }
    if let Some(((p, s), (q, t))) = both_decimal(a, b) {
        let (precision, scale) = result(p.into(), s.into(), q.into(), t.into());
        let exact = |precision, scale| HiveType::Decimal { precision, scale };
        return Plan::of([exact(p, s), exact(q, t)], decimal(precision, scale));
    }
    let meet = match (a.ty, b.ty) {
        (HiveType::Void, HiveType::Void) => HiveType::Double,
        (a, b) if is_text(a) || is_text(b) => HiveType::Double,
        (a, b) => for_comparison(a, b).unwrap_or(HiveType::Double),
    };
    Plan::of([meet.clone(), meet.clone()], meet)
}

/// Returns the digits of two exact numbers, at least one of them a decimal.
fn both_decimal(a: &Arg<'_>, b: &Arg<'_>) -> Option<((u8, u8), (u8, u8))> {
    let is_decimal = |arg: &Arg<'_>| matches!(arg.ty, HiveType::Decimal { .. });
    let void = |arg: &Arg<'_>| (*arg.ty == HiveType::Void).then_some((1, 0));
    if !is_decimal(a) && !is_decimal(b) {
        return None;
    }
    Some((arg_digits(a).or_else(|| void(a))?, arg_digits(b).or_else(|| void(b))?))
}

fn plus_types(args: &[Arg<'_>], sign: Sign) -> Result<Option<Plan>, String> {
    use HiveType as H;
    let [a, b] = args else { return Ok(None) };
    let interval = |ty: &H| matches!(ty, H::IntervalDayTime | H::IntervalYearMonth);
    let types = match (a.ty, b.ty) {
        (a, b) if a == b && interval(a) => Some(([a, b], a.clone())),
        (H::Date, H::IntervalYearMonth) => Some(([a.ty, b.ty], H::Date)),
        (H::Timestamp | H::Date, b) if interval(b) => Some(([&H::Timestamp, b], H::Timestamp)),
        (H::IntervalYearMonth, H::Date) if sign == Sign::Plus => Some(([a.ty, b.ty], H::Date)),
        (a, H::Timestamp | H::Date) if interval(a) && sign == Sign::Plus => {
            Some(([a, &H::Timestamp], H::Timestamp))
        }
        (a, b) if is_time(a) && is_time(b) && sign == Sign::Minus => {
            Some(([&H::Timestamp, &H::Timestamp], H::IntervalDayTime))
        }
        _ => None,
    };
    let days = |ty: &H| is_whole(ty) && *ty != H::BigInt;
    if *a.ty == H::Date && days(b.ty) {
        return Plan::of([H::Date, H::Int], H::Date);
    }
    if let Some((args, returns)) = types {
        return Plan::of(args.map(Clone::clone), returns);
    }
    arithmetic(args, |p, s, q, t| ((p - s).max(q - t) + s.max(t) + 1, s.max(t)))
}

fn plus(call: &Call<'_>, sign: Sign) -> Result<ArrayRef> {
    use DataType as D;
    let add = sign == Sign::Plus;
    let [a, b] = [0, 1].map(|i| call.arg(i).map(datafusion_expr::ColumnarValue::data_type));
    match (a?, b?, call.returns) {
        (_, _, D::Int8) => {
            zip::<Int8Type>(call, |a, b| if add { a.wrapping_add(b) } else { a.wrapping_sub(b) })
        }
        (_, _, D::Int16) => {
            zip::<Int16Type>(call, |a, b| if add { a.wrapping_add(b) } else { a.wrapping_sub(b) })
        }
        (_, _, D::Int32) => {
            zip::<Int32Type>(call, |a, b| if add { a.wrapping_add(b) } else { a.wrapping_sub(b) })
        }
        (_, _, D::Int64) => {
            zip::<Int64Type>(call, |a, b| if add { a.wrapping_add(b) } else { a.wrapping_sub(b) })
        }
        (_, _, D::Float32) => zip::<Float32Type>(call, |a, b| if add { a + b } else { a - b }),
        (_, _, D::Float64) => zip::<Float64Type>(call, |a, b| if add { a + b } else { a - b }),
        (D::Decimal128(_, s), D::Decimal128(_, t), returns) => {
            let scale = s.max(t);
            exact(call, returns, scale, |a, b| {
                let (a, b) = (rescale(a, s, scale)?, rescale(b, t, scale)?);
                if add { a.checked_add(b) } else { a.checked_sub(b) }
            })
        }
        (D::Timestamp(..), D::Timestamp(..), _) => interval::difference(call),
        (D::Date32, D::Int32, _) => {
            let (dates, days) = (call.dates(0)?, call.ints(1)?);
            Ok(numbers::<Date32Type>(call.rows, |i| match sign {
                Sign::Plus => dates.get(i)?.checked_add(days.get(i)?),
                Sign::Minus => dates.get(i)?.checked_sub(days.get(i)?),
            }))
        }
        (D::Interval(_), D::Interval(_), _) => interval::sum(call, sign),
        (D::Interval(unit), _, _) => interval::shift(call, (1, 0), unit, sign),
        (_, D::Interval(unit), _) => interval::shift(call, (0, 1), unit, sign),
        (a, b, _) => internal_err!("no sum of {a} and {b}"),
    }
}

/// Computes decimals: `f` gives a number of `scale` digits behind the point.
fn exact(
    call: &Call<'_>,
    returns: &DataType,
    scale: i8,
    f: impl Fn(i128, i128) -> Option<i128>,
) -> Result<ArrayRef> {
    let DataType::Decimal128(precision, to) = returns else {
        return internal_err!("a decimal is not returned as {returns}");
    };
    let (a, b) = (call.numbers::<Decimal128Type>(0)?, call.numbers::<Decimal128Type>(1)?);
    Ok(decimals(returns, call.rows, |i| {
        let value = rescale(f(a.get(i)?, b.get(i)?)?, scale, *to)?;
        decimal_fits(value, *precision).then_some(value)
    }))
}

fn scales(call: &Call<'_>) -> Result<(i8, i8)> {
    let scale = |i| match call.arg(i)?.data_type() {
        DataType::Decimal128(_, scale) => Ok(scale),
        other => internal_err!("{other} is no decimal"),
    };
    Ok((scale(0)?, scale(1)?))
}

fn times(call: &Call<'_>) -> Result<ArrayRef> {
    match call.returns {
        DataType::Int8 => zip::<Int8Type>(call, i8::wrapping_mul),
        DataType::Int16 => zip::<Int16Type>(call, i16::wrapping_mul),
        DataType::Int32 => zip::<Int32Type>(call, i32::wrapping_mul),
        DataType::Int64 => zip::<Int64Type>(call, i64::wrapping_mul),
        DataType::Float32 => zip::<Float32Type>(call, |a, b| a * b),
        DataType::Float64 => zip::<Float64Type>(call, |a, b| a * b),
        returns @ DataType::Decimal128(_, to) => {
            let (s, t) = scales(call)?;
            let (to, from) = (*to, s + t);
            exact(call, returns, to, |a, b| match a.checked_mul(b) {
                Some(product) => rescale(product, from, to),
                None => {
                    let product = i256::from_i128(a).checked_mul(i256::from_i128(b))?;
                    rounded_quotient(product, power_256(from - to)?)
                }
            })
        }
        other => internal_err!("no product of {other}"),
    }
}

/// Returns `10^n`, if `n` is not negative and the power fits.
fn power_256(n: i8) -> Option<i256> {
    i256::from_i128(10).checked_pow(u32::try_from(n).ok()?)
}

/// Divides, rounding half away from zero.
fn rounded_quotient(a: i256, b: i256) -> Option<i128> {
    let (quotient, rest) = (a.checked_div(b)?, a.checked_rem(b)?);
    let doubled = rest.wrapping_abs().checked_add(rest.wrapping_abs())?;
    let up = doubled >= b.wrapping_abs();
    let away = if a.is_negative() == b.is_negative() { i256::ONE } else { i256::MINUS_ONE };
    (if up { quotient.checked_add(away)? } else { quotient }).to_i128()
}

fn divide_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let plan = arithmetic(args, |p, s, q, t| {
        let scale = (s + q + 1).max(6);
        (p - s + t + scale, scale)
    })?;
    Ok(plan.map(|plan| match plan.returns {
        HiveType::Decimal { .. } => plan,
        _ => Plan { args: vec![HiveType::Double; 2], returns: HiveType::Double },
    }))
}

fn divide(call: &Call<'_>) -> Result<ArrayRef> {
    let returns @ DataType::Decimal128(_, to) = call.returns else {
        return try_zip::<Float64Type>(call, |a, b| (b != 0.0).then(|| a / b));
    };
    let (s, t) = scales(call)?;
    // The quotient gets `to` digits behind the point.
    let shift = i16::from(*to) + i16::from(t) - i16::from(s);
    let unit = u32::try_from(shift).ok().and_then(|n| i256::from_i128(10).checked_pow(n));
    exact(call, returns, *to, |a, b| {
        if b == 0 {
            return None;
        }
        match unit {
            Some(unit) => {
                rounded_quotient(i256::from_i128(a).checked_mul(unit)?, i256::from_i128(b))
            }
            None => {
                let down = i256::from_i128(10).checked_pow(u32::from(shift.unsigned_abs()))?;
                rounded_quotient(i256::from_i128(a), i256::from_i128(b).checked_mul(down)?)
            }
        }
    })
}

fn modulo(call: &Call<'_>, rest: Rest) -> Result<ArrayRef> {
    macro_rules! whole {
        ($ty:ty) => {
            try_zip::<$ty>(call, |a, b| {
                (b != 0).then(|| match rest {
                    Rest::OfDividend => a.wrapping_rem(b),
                    Rest::OfDivisor => a.wrapping_rem(b).wrapping_add(b).wrapping_rem(b),
                })
            })
        };
    }
    macro_rules! floating {
        ($ty:ty) => {
            try_zip::<$ty>(call, |a, b| {
                (b != 0.0).then(|| match rest {
                    Rest::OfDividend => a % b,
                    Rest::OfDivisor => (a % b + b) % b,
                })
            })
        };
    }
    match call.returns {
        DataType::Int8 => whole!(Int8Type),
        DataType::Int16 => whole!(Int16Type),
        DataType::Int32 => whole!(Int32Type),
        DataType::Int64 => whole!(Int64Type),
        DataType::Float32 => floating!(Float32Type),
        DataType::Float64 => floating!(Float64Type),
        returns @ DataType::Decimal128(..) => {
            let (s, t) = scales(call)?;
            let scale = s.max(t);
            exact(call, returns, scale, |a, b| {
                let (a, b) = (rescale(a, s, scale)?, rescale(b, t, scale)?);
                let remainder = a.checked_rem(b)?;
                match rest {
                    Rest::OfDividend => Some(remainder),
                    Rest::OfDivisor => remainder.checked_add(b)?.checked_rem(b),
                }
            })
        }
        other => internal_err!("no remainder of {other}"),
    }
}

/// Combines the bits of whole numbers; wide enough for all of them.
fn bits(call: &Call<'_>, f: impl Fn(i64, i64) -> i64) -> Result<ArrayRef> {
    macro_rules! narrow {
        ($ty:ty, $native:ty) => {
            // Bits of a sign-extended number are its own bits.
            zip::<$ty>(call, |a, b| f(a.into(), b.into()) as $native)
        };
    }
    match call.returns {
        DataType::Int8 => narrow!(Int8Type, i8),
        DataType::Int16 => narrow!(Int16Type, i16),
        DataType::Int32 => narrow!(Int32Type, i32),
        DataType::Int64 => zip::<Int64Type>(call, f),
        other => internal_err!("no bits of {other}"),
    }
}

/// Computes the negative of each number; the smallest whole number stays as it is.
pub(super) fn negate(array: &ArrayRef) -> Result<ArrayRef> {
    Ok(match array.data_type() {
        DataType::Int8 => {
            Arc::new(array.as_primitive::<Int8Type>().unary::<_, Int8Type>(i8::wrapping_neg))
        }
        DataType::Int16 => {
            Arc::new(array.as_primitive::<Int16Type>().unary::<_, Int16Type>(i16::wrapping_neg))
        }
        DataType::Int32 => {
            Arc::new(array.as_primitive::<Int32Type>().unary::<_, Int32Type>(i32::wrapping_neg))
        }
        DataType::Int64 => {
            Arc::new(array.as_primitive::<Int64Type>().unary::<_, Int64Type>(i64::wrapping_neg))
        }
        DataType::Float32 => {
            Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float32Type>(|n| -n))
        }
        DataType::Float64 => {
            Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(|n| -n))
        }
        ty @ DataType::Decimal128(..) => {
            let negated = array.as_primitive::<Decimal128Type>().unary::<_, Decimal128Type>(|n| -n);
            Arc::new(negated.with_data_type(ty.clone()))
        }
        other => return internal_err!("no negative of {other}"),
    })
}
