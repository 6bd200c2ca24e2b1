//! Roots, powers, logarithms, angles, signs, and the bits of numbers.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Decimal128Type, Float32Type, Float64Type, Int32Type, Int64Type};
use datafusion_common::{Result, internal_err};
use formats::types::HiveType;

use super::Arg;
use super::arithmetic::negate;
use super::def::{Call, Def, Plan, Takes, Types, is_number, is_text, is_whole};
use super::values::numbers;

const ONE: Types = Types::Fixed { takes: &[Takes::Double], required: 1, returns: HiveType::Double };
const TWO: Types =
    Types::Fixed { takes: &[Takes::Double, Takes::Double], required: 2, returns: HiveType::Double };
const NUMBER: &str = "(number)";
const NUMBERS: &str = "(number, number)";
const SHIFT_USAGE: &str = "(whole number, int)";

/// Makes a function of one double.
macro_rules! double {
    ($names:expr, $f:expr) => {
        Def { names: $names, usage: NUMBER, types: ONE, eval: |c| one(c, $f) }
    };
}

pub(super) static DEFS: &[Def] = &[
    double!(&["sqrt"], |x: f64| (x >= 0.0).then(|| x.sqrt())),
    double!(&["cbrt"], |x: f64| Some(x.cbrt())),
    double!(&["exp"], |x: f64| Some(x.exp())),
    double!(&["ln"], |x: f64| (x > 0.0).then(|| x.ln())),
    double!(&["log10"], |x: f64| (x > 0.0).then(|| x.log10())),
    double!(&["log2"], |x: f64| (x > 0.0).then(|| x.log2())),
    double!(&["sin"], |x: f64| Some(x.sin())),
    double!(&["cos"], |x: f64| Some(x.cos())),
    double!(&["tan"], |x: f64| Some(x.tan())),
    double!(&["asin"], |x: f64| (x.abs() <= 1.0).then(|| x.asin())),
    double!(&["acos"], |x: f64| (x.abs() <= 1.0).then(|| x.acos())),
    double!(&["atan"], |x: f64| Some(x.atan())),
    double!(&["degrees"], |x: f64| Some(x.to_degrees())),
    double!(&["radians"], |x: f64| Some(x.to_radians())),
    Def {
        names: &["pow", "power"],
        usage: NUMBERS,
        types: TWO,
        eval: |c| {
            let (a, b) = (c.doubles(0)?, c.doubles(1)?);
            Ok(numbers::<Float64Type>(c.rows, |i| Some(a.get(i)?.powf(b.get(i)?))))
        },
    },
    Def {
        names: &["log"],
        usage: "(number), or (base, number)",
        types: Types::Fixed {
            takes: &[Takes::Double, Takes::Double],
            required: 1,
            returns: HiveType::Double,
        },
        eval: log,
    },
    Def { names: &["sign"], usage: NUMBER, types: Types::Other(sign_types), eval: sign },
    Def { names: &["abs"], usage: NUMBER, types: Types::Other(abs_types), eval: abs },
    Def {
        names: &["negative"],
        usage: NUMBER,
        types: Types::Other(|args| one_number(args, Clone::clone)),
        eval: |c| negate(&c.array(0)?),
    },
    Def {
        names: &["positive"],
        usage: NUMBER,
        types: Types::Other(|args| one_number(args, Clone::clone)),
        eval: |c| c.array(0),
    },
    Def {
        names: &["factorial"],
        usage: "(int)",
        types: Types::Fixed { takes: &[Takes::Int], required: 1, returns: HiveType::BigInt },
        eval: |c| {
            let number = c.ints(0)?;
            Ok(numbers::<Int64Type>(c.rows, |i| {
                let n = number.get(i)?;
                (0..=20).contains(&n).then(|| (1..=i64::from(n)).product())
            }))
        },
    },
    Def {
        names: &["~"],
        usage: "(whole number)",
        types: Types::Other(|args| match args {
            [arg] if is_whole(arg.ty) => Plan::of([arg.ty.clone()], arg.ty.clone()),
            _ => Ok(None),
        }),
        eval: |c| {
            // The complement is one less than the negative.
            let array = c.array(0)?;
            let one = arrow::array::Int8Array::from_value(1, 1);
            let one = arrow::compute::cast(&one, array.data_type())?;
            let one = arrow::array::Scalar::new(one);
            Ok(arrow::compute::kernels::numeric::sub_wrapping(&negate(&array)?, &one)?)
        },
    },
    Def {
        names: &["shiftleft"],
        usage: SHIFT_USAGE,
        types: Types::Other(shift_types),
        eval: |c| shift(c, i32::wrapping_shl, i64::wrapping_shl),
    },
    Def {
        names: &["shiftright"],
        usage: SHIFT_USAGE,
        types: Types::Other(shift_types),
        eval: |c| shift(c, i32::wrapping_shr, i64::wrapping_shr),
    },
    Def {
        names: &["shiftrightunsigned"],
        usage: SHIFT_USAGE,
        types: Types::Other(shift_types),
        eval: |c| {
            shift(
                c,
                |n, by| n.cast_unsigned().wrapping_shr(by).cast_signed(),
                |n, by| n.cast_unsigned().wrapping_shr(by).cast_signed(),
            )
        },
    },
];

fn one(call: &Call<'_>, f: impl Fn(f64) -> Option<f64>) -> Result<ArrayRef> {
    let number = call.doubles(0)?;
    Ok(numbers::<Float64Type>(call.rows, |i| f(number.get(i)?)))
}

/// A base of one or less has no logarithms.
fn log(call: &Call<'_>) -> Result<ArrayRef> {
    let (a, b) = (call.doubles(0)?, if call.has(1) { Some(call.doubles(1)?) } else { None });
    Ok(numbers::<Float64Type>(call.rows, |i| {
        let (base, x) = match &b {
            Some(b) => (Some(a.get(i)?), b.get(i)?),
            None => (None, a.get(i)?),
        };
        match base {
            _ if x <= 0.0 => None,
            None => Some(x.ln()),
            Some(base) => (base > 1.0).then(|| x.ln() / base.ln()),
        }
    }))
}

/// Takes one number; text counts as a double.
fn one_number(
    args: &[Arg<'_>],
    returns: impl Fn(&HiveType) -> HiveType,
) -> Result<Option<Plan>, String> {
    let [arg] = args else { return Ok(None) };
    let ty = match arg.ty {
        ty if is_text(ty) || *ty == HiveType::Void => HiveType::Double,
        ty if is_number(ty) => ty.clone(),
        _ => return Ok(None),
    };
    let returns = returns(&ty);
    Plan::of([ty], returns)
}

fn sign_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    match args {
        [arg] if matches!(arg.ty, HiveType::Decimal { .. }) => {
            Plan::of([arg.ty.clone()], HiveType::Int)
        }
        [arg] => match Takes::Double.target(arg.ty) {
            Some(ty) => Plan::of([ty], HiveType::Double),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

fn sign(call: &Call<'_>) -> Result<ArrayRef> {
    if matches!(call.returns, DataType::Int32) {
        let number = call.numbers::<Decimal128Type>(0)?;
        return Ok(numbers::<Int32Type>(call.rows, |i| {
            i32::try_from(number.get(i)?.signum()).ok()
        }));
    }
    one(call, |x| Some(if x == 0.0 || x.is_nan() { x } else { x.signum() }))
}

fn abs_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let small = |ty: &HiveType| matches!(ty, HiveType::TinyInt | HiveType::SmallInt);
    match args {
        [arg] if small(arg.ty) => Plan::of([HiveType::Int], HiveType::Int),
        [arg] if *arg.ty == HiveType::Float => Plan::of([HiveType::Double], HiveType::Double),
        _ => one_number(args, Clone::clone),
    }
}

fn abs(call: &Call<'_>) -> Result<ArrayRef> {
    let array = call.array(0)?;
    Ok(match array.data_type() {
        DataType::Int32 => {
            Arc::new(array.as_primitive::<Int32Type>().unary::<_, Int32Type>(i32::wrapping_abs))
        }
        DataType::Int64 => {
            Arc::new(array.as_primitive::<Int64Type>().unary::<_, Int64Type>(i64::wrapping_abs))
        }
        DataType::Float32 => {
            Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float32Type>(f32::abs))
        }
        DataType::Float64 => {
            Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(f64::abs))
        }
        ty @ DataType::Decimal128(..) => {
            let size = array.as_primitive::<Decimal128Type>();
            let size = size.unary::<_, Decimal128Type>(i128::wrapping_abs);
            Arc::new(size.with_data_type(ty.clone()))
        }
        other => return internal_err!("no size of {other}"),
    })
}

fn shift_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let [number, by] = args else { return Ok(None) };
    let ty = match number.ty {
        HiveType::BigInt => HiveType::BigInt,
        ty if is_whole(ty) || *ty == HiveType::Void => HiveType::Int,
        _ => return Ok(None),
    };
    match Takes::Int.target(by.ty) {
        Some(by) => Plan::of([ty.clone(), by], ty),
        None => Ok(None),
    }
}

fn shift(
    call: &Call<'_>,
    int: impl Fn(i32, u32) -> i32,
    long: impl Fn(i64, u32) -> i64,
) -> Result<ArrayRef> {
    let by = call.ints(1)?;
    let by = |i| by.get(i).map(i32::cast_unsigned);
    if matches!(call.returns, DataType::Int64) {
        let number = call.longs(0)?;
        return Ok(numbers::<Int64Type>(call.rows, |i| Some(long(number.get(i)?, by(i)?))));
    }
    let number = call.ints(0)?;
    Ok(numbers::<Int32Type>(call.rows, |i| Some(int(number.get(i)?, by(i)?))))
}
