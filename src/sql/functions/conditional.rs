//! `coalesce`, `nvl`, `nullif`, and tests for NULL.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::compute::kernels::{boolean, cmp, nullif, zip};
use datafusion_common::Result;
use formats::types::HiveType;

use super::Arg;
use super::coerce::{common, for_comparison};
use super::def::{Call, Def, Plan, Types};

const ANY: Types = Types::Other(|args| match args {
    [arg] => Plan::of([arg.ty.clone()], HiveType::Boolean),
    _ => Ok(None),
});

pub(super) static DEFS: &[Def] = &[
    Def {
        names: &["coalesce"],
        usage: "one or more values of one type",
        types: Types::Other(common_types),
        eval: coalesce,
    },
    Def {
        names: &["nvl"],
        usage: "two values of one type",
        types: Types::Other(|args| if args.len() == 2 { common_types(args) } else { Ok(None) }),
        eval: coalesce,
    },
    Def {
        names: &["nullif"],
        usage: "two values of one type",
        types: Types::Other(nullif_types),
        eval: null_if,
    },
    Def {
        names: &["isnull"],
        usage: "(any value)",
        types: ANY,
        eval: |c| Ok(Arc::new(boolean::is_null(&c.array(0)?)?)),
    },
    Def {
        names: &["isnotnull"],
        usage: "(any value)",
        types: ANY,
        eval: |c| Ok(Arc::new(boolean::is_not_null(&c.array(0)?)?)),
    },
];

fn common_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let [first, rest @ ..] = args else { return Ok(None) };
    match rest.iter().try_fold(first.ty.clone(), |ty, arg| common(&ty, arg.ty)) {
        Some(ty) => Plan::of(vec![ty.clone(); args.len()], ty),
        None => Ok(None),
    }
}

/// Returns the first argument that is not NULL.
fn coalesce(call: &Call<'_>) -> Result<ArrayRef> {
    let mut found = call.array(0)?;
    for index in 1..call.args.len() {
        if found.logical_null_count() == 0 {
            break;
        }
        let valid = boolean::is_not_null(&found)?;
        found = zip::zip(&valid, &found, &call.array(index)?)?;
    }
    Ok(found)
}

/// The values are compared as by `=`, and the first one keeps its type.
fn nullif_types(args: &[Arg<'_>]) -> Result<Option<Plan>, String> {
    let [a, b] = args else { return Ok(None) };
    match for_comparison(a.ty, b.ty).filter(HiveType::is_primitive) {
        Some(meet) => Plan::of([a.ty.clone(), meet], a.ty.clone()),
        None => Ok(None),
    }
}

fn null_if(call: &Call<'_>) -> Result<ArrayRef> {
    let (a, b) = (call.array(0)?, call.array(1)?);
    let meet = HiveType::from_arrow(b.data_type()).map_err(super::def::external)?;
    let compared = super::cast::cast_array(&a, &meet, call.session)?;
    if *compared.data_type() == arrow::datatypes::DataType::Null {
        return Ok(a);
    }
    Ok(nullif::nullif(&a, &cmp::eq(&compared, &b)?)?)
}
