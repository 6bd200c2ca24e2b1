//! Comparisons, `greatest` and `least`.
//!
//! Floating point: 0.0 and -0.0 are equal, NaN equals itself and is the largest number, as in Java.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Datum, new_null_array,
};
use arrow::compute::kernels::{boolean, cmp, nullif, zip};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::error::ArrowError;
use datafusion_common::Result;
use datafusion_expr::ColumnarValue;
use formats::types::HiveType;

use super::Arg;
use super::coerce::for_comparison;
use super::def::{Call, Def, Plan, Types};
use super::values::{Numbers, flags};

const USAGE: &str = "two values that can be compared";

/// Makes a comparison from Arrow's kernel and what it means for floating point.
macro_rules! comparison {
    ($name:expr, $kernel:expr, $floating:expr) => {
        Def {
            names: &[$name],
            usage: USAGE,
            types: Types::Other(comparison_types),
            eval: |c| compare(c, $kernel, $floating),
        }
    };
}

pub(super) static DEFS: &[Def] = &[
    comparison!("=", cmp::eq, equal),
    comparison!("<>", cmp::neq, |a, b| !equal(a, b)),
    comparison!("<", cmp::lt, less),
    comparison!("<=", cmp::lt_eq, |a, b| !less(b, a)),
    comparison!(">", cmp::gt, |a, b| less(b, a)),
    comparison!(">=", cmp::gt_eq, |a, b| !less(a, b)),
    Def {
        names: &["<=>"],
        usage: USAGE,
        types: Types::Other(comparison_types),
        eval: null_safe_equal,
    },
    Def {
        names: &["greatest"],
        usage: "two or more values of one type",
        types: Types::Other(extreme_types),
        eval: |c| extreme(c, Which::Greatest),
    },
    Def {
        names: &["least"],
        usage: "two or more values of one type",
        types: Types::Other(extreme_types),
        eval: |c| extreme(c, Which::Least),
    },
];

fn equal(a: f64, b: f64) -> bool {
    a == b || a.is_nan() && b.is_nan()
}

fn less(a: f64, b: f64) -> bool {
    a < b || b.is_nan() && !a.is_nan()
}

fn comparison_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let [a, b] = args else { return Ok(None) };
    match for_comparison(a.ty, b.ty).filter(HiveType::is_primitive) {
        // Two bare NULLs are compared as any other type's.
        Some(HiveType::Void) => Plan::of([HiveType::String, HiveType::String], HiveType::Boolean),
        Some(ty) => Plan::of([ty.clone(), ty], HiveType::Boolean),
        None => Ok(None),
    }
}

type Kernel = fn(&dyn Datum, &dyn Datum) -> Result<BooleanArray, ArrowError>;

fn compare(call: &Call<'_>, kernel: Kernel, f: impl Fn(f64, f64) -> bool) -> Result<ArrayRef> {
    match call.arg(0)?.data_type() {
        DataType::Float32 => compare_as::<Float32Type>(call, f),
        DataType::Float64 => compare_as::<Float64Type>(call, f),
        _ => Ok(Arc::new(datums(call, kernel)?)),
    }
}

/// Runs a kernel; constants are not copied to every row.
fn datums(call: &Call<'_>, kernel: Kernel) -> Result<BooleanArray> {
    let [a, b] = [call.arg(0)?, call.arg(1)?];
    Ok(match (a, b) {
        (ColumnarValue::Array(a), ColumnarValue::Array(b)) => kernel(a, b)?,
        (ColumnarValue::Array(a), ColumnarValue::Scalar(b)) => kernel(a, &b.to_scalar()?)?,
        (ColumnarValue::Scalar(a), ColumnarValue::Array(b)) => kernel(&a.to_scalar()?, b)?,
        (ColumnarValue::Scalar(a), ColumnarValue::Scalar(b)) => {
            kernel(&a.to_array()?, &b.to_array()?)?
        }
    })
}

/// Equal, or both NULL; never NULL itself.
fn null_safe_equal(call: &Call<'_>) -> Result<ArrayRef> {
    let floating = match call.arg(0)?.data_type() {
        DataType::Float32 => compare_as::<Float32Type>(call, equal)?,
        DataType::Float64 => compare_as::<Float64Type>(call, equal)?,
        _ => return Ok(Arc::new(datums(call, cmp::not_distinct)?)),
    };
    let (a, b) = (call.array(0)?, call.array(1)?);
    let both = boolean::and(&boolean::is_null(&a)?, &boolean::is_null(&b)?)?;
    let floating = floating.as_boolean();
    let known = |i: usize| floating.is_valid(i) && floating.value(i);
    let equal: BooleanArray = (0..floating.len()).map(|i| Some(known(i))).collect();
    Ok(Arc::new(boolean::or(&equal, &both)?))
}

fn compare_as<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    f: impl Fn(f64, f64) -> bool,
) -> Result<ArrayRef>
where
    T::Native: Into<f64>,
{
    let (a, b) = (call.numbers::<T>(0)?, call.numbers::<T>(1)?);
    Ok(match (&a, &b) {
        (Numbers::Many(a), Numbers::Many(b)) => {
            Arc::new(BooleanArray::from_binary(*a, *b, |a, b| f(a.into(), b.into())))
        }
        (Numbers::Many(a), Numbers::One(Some(b))) => {
            let b = (*b).into();
            Arc::new(BooleanArray::from_unary(*a, |a| f(a.into(), b)))
        }
        _ => flags(call.rows, |i| Some(f(a.get(i)?.into(), b.get(i)?.into()))),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Greatest,
    Least,
}

fn extreme_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let [first, rest @ ..] = args else { return Ok(None) };
    if rest.is_empty() {
        return Ok(None);
    }
    let meet = rest.iter().try_fold(first.ty.clone(), |ty, arg| for_comparison(&ty, arg.ty));
    match meet.filter(HiveType::is_primitive) {
        Some(ty) => Plan::of(vec![ty.clone(); args.len()], ty),
        None => Ok(None),
    }
}

/// Returns the largest or smallest argument, NULL if one is NULL.
fn extreme(call: &Call<'_>, which: Which) -> Result<ArrayRef> {
    let mut best = call.array(0)?;
    if *best.data_type() == DataType::Null {
        return Ok(new_null_array(call.returns, call.rows));
    }
    let mut missing = boolean::is_null(&best)?;
    for index in 1..call.args.len() {
        let other = call.array(index)?;
        missing = boolean::or(&missing, &boolean::is_null(&other)?)?;
        let take = match other.data_type() {
            DataType::Float32 => take_float::<Float32Type>(&other, &best, which),
            DataType::Float64 => take_float::<Float64Type>(&other, &best, which),
            _ if which == Which::Greatest => cmp::gt(&other, &best)?,
            _ => cmp::lt(&other, &best)?,
        };
        best = zip::zip(&take, &other, &best)?;
    }
    Ok(nullif::nullif(&best, &missing)?)
}

fn take_float<T: ArrowPrimitiveType>(a: &dyn Array, b: &dyn Array, which: Which) -> BooleanArray
where
    T::Native: Into<f64>,
{
    BooleanArray::from_binary(a.as_primitive::<T>(), b.as_primitive::<T>(), |a, b| match which {
        Which::Greatest => less(b.into(), a.into()),
        Which::Least => less(a.into(), b.into()),
    })
}
