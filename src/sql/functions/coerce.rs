//! Which type two values meet at.

use datafusion_common::ScalarValue;
use formats::types::{HiveType, MAX_DECIMAL_PRECISION};

use super::Arg;
use super::def::{is_number, is_text, is_time, is_whole};

/// Fewest digits behind the point that are kept when a result would be too long.
const KEPT_SCALE: u8 = 6;

/// Returns the type two values are compared at, if Hive can compare them.
///
/// Source: Hive `FunctionRegistry.getCommonClassForComparison`; a number and a text meet at double.
pub fn for_comparison(a: &HiveType, b: &HiveType) -> Option<HiveType> {
    use HiveType as H;
    match (a, b) {
        (a, b) if a == b => Some(a.clone()),
        (H::Void, other) | (other, H::Void) => Some(other.clone()),
        (a, b) if is_text(a) && is_text(b) => Some(H::String),
        (a, b) if is_time(a) && is_text(b) => Some(a.clone()),
        (a, b) if is_text(a) && is_time(b) => Some(b.clone()),
        (a, b) if is_number(a) && is_number(b) => Some(numeric(a, b)),
        (a, b) if is_scalar(a) && is_scalar(b) => Some(H::Double),
        (H::Binary, b) if is_text(b) => Some(H::Binary),
        (a, H::Binary) if is_text(a) => Some(H::Binary),
        _ => for_times(a, b).or_else(|| nested(a, b)),
    }
}

/// Numbers, texts and booleans are compared as numbers if nothing better fits.
fn is_scalar(ty: &HiveType) -> bool {
    is_number(ty) || is_text(ty) || matches!(ty, HiveType::Boolean)
}

/// Returns the type of a column that holds both, as in `CASE`, `coalesce` and `UNION ALL`.
///
/// Source: Hive `FunctionRegistry.getCommonClassForUnionAll`; anything and a text meet at string.
pub fn common(a: &HiveType, b: &HiveType) -> Option<HiveType> {
    use HiveType as H;
    match (a, b) {
        (a, b) if a == b => Some(a.clone()),
        (H::Void, other) | (other, H::Void) => Some(other.clone()),
        (H::Varchar(m), H::Varchar(n)) => Some(H::Varchar(*m.max(n))),
        (H::Char(m), H::Char(n)) => Some(H::Char(*m.max(n))),
        (a, b) if is_number(a) && is_number(b) => Some(numeric(a, b)),
        (a, b) if (is_text(a) || is_text(b)) && a.is_primitive() && b.is_primitive() => {
            (!matches!((a, b), (H::Binary, _) | (_, H::Binary))).then_some(H::String)
        }
        _ => for_times(a, b).or_else(|| nested(a, b)),
    }
}

fn for_times(a: &HiveType, b: &HiveType) -> Option<HiveType> {
    if !is_time(a) || !is_time(b) {
        return None;
    }
    let zoned = [a, b].contains(&&HiveType::TimestampLocalTz);
    Some(if zoned { HiveType::TimestampLocalTz } else { HiveType::Timestamp })
}

fn nested(a: &HiveType, b: &HiveType) -> Option<HiveType> {
    use HiveType as H;
    Some(match (a, b) {
        (H::Array(a), H::Array(b)) => H::Array(Box::new(common(a, b)?)),
        (H::Map(ak, av), H::Map(bk, bv)) => {
            H::Map(Box::new(common(ak, bk)?), Box::new(common(av, bv)?))
        }
        (H::Struct(a), H::Struct(b)) if a.len() == b.len() => {
            let fields = a.iter().zip(b).map(|(a, b)| {
                let ty = common(&a.ty, &b.ty)?;
                Some(formats::types::StructField { name: a.name.clone(), ty })
            });
            H::Struct(fields.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// Returns the number type that holds both.
fn numeric(a: &HiveType, b: &HiveType) -> HiveType {
    use HiveType as H;
    if let (Some((ap, a_scale)), Some((bp, b_scale))) = (digits(a), digits(b))
        && (matches!(a, H::Decimal { .. }) || matches!(b, H::Decimal { .. }))
    {
        let scale = a_scale.max(b_scale);
        let whole = (ap - a_scale).max(bp - b_scale);
        return decimal(u16::from(whole) + u16::from(scale), scale.into());
    }
    let rank = |ty: &H| match ty {
        H::TinyInt => 0,
        H::SmallInt => 1,
        H::Int => 2,
        H::BigInt => 3,
        H::Float => 5,
        H::Double => 6,
        // A decimal beside a floating point number becomes one.
        _ => 4,
    };
    if rank(a) >= rank(b) { a.clone() } else { b.clone() }
}

/// Returns precision and scale of the decimal that holds all values; floating point has none.
pub(super) fn digits(ty: &HiveType) -> Option<(u8, u8)> {
    match ty {
        HiveType::Decimal { precision, scale } => Some((*precision, *scale)),
        HiveType::TinyInt => Some((3, 0)),
        HiveType::SmallInt => Some((5, 0)),
        HiveType::Int => Some((10, 0)),
        HiveType::BigInt => Some((19, 0)),
        _ => None,
    }
}

/// As [`digits`], but a constant needs only as many as it has.
pub(super) fn arg_digits(arg: &Arg<'_>) -> Option<(u8, u8)> {
    let constant = match arg.value {
        Some(ScalarValue::Int8(Some(n))) => Some(i64::from(*n)),
        Some(ScalarValue::Int16(Some(n))) => Some(i64::from(*n)),
        Some(ScalarValue::Int32(Some(n))) => Some(i64::from(*n)),
        Some(ScalarValue::Int64(Some(n))) => Some(*n),
        _ => None,
    };
    match constant {
        Some(n) => {
            let count = n.unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
            Some((u8::try_from(count).unwrap_or(MAX_DECIMAL_PRECISION), 0))
        }
        None => digits(arg.ty),
    }
}

/// Returns a decimal type; digits behind the point are given up before those in front of it.
///
/// Source: Hive `HiveDecimalUtils`, `GenericUDFBaseNumeric.adjustPrecScale`.
pub(super) fn decimal(precision: u16, scale: u16) -> HiveType {
    let most = u16::from(MAX_DECIMAL_PRECISION);
    let (precision, scale) = if precision <= most {
        (precision, scale)
    } else {
        let whole = precision.saturating_sub(scale);
        let least = scale.min(KEPT_SCALE.into());
        (most, most.saturating_sub(whole).max(least).min(scale))
    };
    let small = |n: u16| u8::try_from(n).unwrap_or(MAX_DECIMAL_PRECISION);
    HiveType::Decimal { precision: small(precision.max(1)), scale: small(scale) }
}

/// Returns the larger of two whole number types.
pub(super) fn wider_whole(a: &HiveType, b: &HiveType) -> Option<HiveType> {
    let void = |ty: &HiveType| matches!(ty, HiveType::Void);
    let fits = |ty: &HiveType| is_whole(ty) || void(ty);
    if !fits(a) || !fits(b) || void(a) && void(b) {
        return None;
    }
    Some(match (void(a), void(b)) {
        (true, _) => b.clone(),
        (_, true) => a.clone(),
        _ => numeric(a, b),
    })
}
