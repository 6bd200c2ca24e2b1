//! Conversions between types, written or implied.
//!
//! A value that cannot be converted is NULL. Whole numbers wrap around when they are narrowed, as
//! in Java; text and decimals that do not fit become NULL.
//!
//! Source: Hive `PrimitiveObjectInspectorConverter`, `HiveCharWritable`, `HiveDecimal`.

mod number;
mod text;
mod time;

use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, GenericListArray, MapArray, StructArray, new_null_array,
};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion_common::{Result, ScalarValue, internal_err, plan_err};
use datafusion_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use formats::types::HiveType;

pub(super) use number::{decimal_fits, parse_double, rescale, scaled};
pub(super) use text::write_double;
pub(super) use time::{Local, instant, local, zone_name};

use super::Session;
use super::def::{external, is_number, is_text, is_time};

/// Tells whether Hive can convert values of one type to another.
///
/// Whole numbers to dates, and anything but text to bytes, cannot be converted.
pub fn can_cast(from: &HiveType, to: &HiveType) -> bool {
    use HiveType as H;
    match (from, to) {
        (from, to) if from == to => true,
        (H::Void, _) => true,
        (H::Array(from), H::Array(to)) => can_cast(from, to),
        (H::Map(k, v), H::Map(to_k, to_v)) => can_cast(k, to_k) && can_cast(v, to_v),
        (H::Struct(from), H::Struct(to)) => {
            from.len() == to.len() && from.iter().zip(to).all(|(f, t)| can_cast(&f.ty, &t.ty))
        }
        (from, to) if !from.is_primitive() || !to.is_primitive() => false,
        (H::IntervalYearMonth | H::IntervalDayTime, _)
        | (_, H::IntervalYearMonth | H::IntervalDayTime | H::Void) => false,
        (from, H::Binary) => is_text(from),
        (H::Binary, to) => is_text(to),
        (from, H::Date) => is_text(from) || is_time(from),
        (H::Date, to) => is_text(to) || is_time(to),
        (from, to) => [from, to]
            .into_iter()
            .all(|ty| is_number(ty) || is_text(ty) || is_time(ty) || matches!(ty, H::Boolean)),
    }
}

/// Returns the function that converts values to a type.
pub fn udf(target: &HiveType, session: Session) -> ScalarUDF {
    ScalarUDF::new_from_impl(Cast {
        name: format!("cast_{target}"),
        target: target.clone(),
        session,
        signature: Signature::any(1, Volatility::Immutable),
    })
}

/// Converts a column.
///
/// # Errors
/// If the types cannot be converted ([`can_cast`]).
pub fn cast_array(array: &ArrayRef, to: &HiveType, session: Session) -> Result<ArrayRef> {
    let target = to.to_arrow();
    let plain = !matches!(to, HiveType::Varchar(_) | HiveType::Char(_)) && to.is_primitive();
    if plain && *array.data_type() == target {
        return Ok(Arc::clone(array));
    }
    if array.null_count() == array.len() {
        return Ok(new_null_array(&target, array.len()));
    }
    match to {
        HiveType::Boolean => number::to_boolean(array),
        HiveType::TinyInt | HiveType::SmallInt | HiveType::Int | HiveType::BigInt => {
            number::to_whole(array, to)
        }
        HiveType::Float | HiveType::Double => number::to_floating(array, to),
        HiveType::Decimal { precision, scale } => number::to_decimal(array, *precision, *scale),
        HiveType::String => text::to_string(array, session),
        HiveType::Varchar(n) => text::cut(text::to_string(array, session)?, *n, text::Tail::Keep),
        HiveType::Char(n) => text::cut(text::to_string(array, session)?, *n, text::Tail::Trim),
        HiveType::Binary => text::to_binary(array),
        HiveType::Date => time::to_date(array, session),
        HiveType::Timestamp => time::to_timestamp(array, session),
        HiveType::TimestampLocalTz => time::to_instant(array, session),
        HiveType::Array(element) => cast_list(array, element, &target, session),
        HiveType::Map(key, value) => cast_map(array, [&**key, &**value], &target, session),
        HiveType::Struct(fields) => {
            let types: Vec<&HiveType> = fields.iter().map(|f| &f.ty).collect();
            cast_struct(array, &types, &target, session)
        }
        HiveType::Void
        | HiveType::IntervalYearMonth
        | HiveType::IntervalDayTime
        | HiveType::Union(_) => refuse(array, to),
    }
}

fn refuse(array: &dyn Array, to: &HiveType) -> Result<ArrayRef> {
    internal_err!("no conversion from {} to {to}", array.data_type())
}

fn cast_list(
    array: &ArrayRef,
    element: &HiveType,
    target: &DataType,
    session: Session,
) -> Result<ArrayRef> {
    let (Some(list), DataType::List(field)) = (array.as_list_opt::<i32>(), target) else {
        return internal_err!("no conversion from {} to {target}", array.data_type());
    };
    let values = cast_array(list.values(), element, session)?;
    let list = GenericListArray::<i32>::try_new(
        Arc::clone(field),
        list.offsets().clone(),
        values,
        list.nulls().cloned(),
    );
    Ok(Arc::new(list.map_err(external)?))
}

fn cast_map(
    array: &ArrayRef,
    types: [&HiveType; 2],
    target: &DataType,
    session: Session,
) -> Result<ArrayRef> {
    let (Some(map), DataType::Map(field, sorted)) = (array.as_map_opt(), target) else {
        return internal_err!("no conversion from {} to {target}", array.data_type());
    };
    let entries: ArrayRef = Arc::new(map.entries().clone());
    let entries = cast_struct(&entries, &types, field.data_type(), session)?;
    let map = MapArray::try_new(
        Arc::clone(field),
        map.offsets().clone(),
        entries.as_struct().clone(),
        map.nulls().cloned(),
        *sorted,
    );
    Ok(Arc::new(map.map_err(external)?))
}

fn cast_struct(
    array: &ArrayRef,
    types: &[&HiveType],
    target: &DataType,
    session: Session,
) -> Result<ArrayRef> {
    let (Some(from), DataType::Struct(fields)) = (array.as_struct_opt(), target) else {
        return internal_err!("no conversion from {} to {target}", array.data_type());
    };
    let columns = from.columns().iter().zip(types).map(|(c, ty)| cast_array(c, ty, session));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    if fields.is_empty() {
        return Ok(Arc::clone(array));
    }
    let cast = StructArray::try_new(fields.clone(), columns, from.nulls().cloned());
    Ok(Arc::new(cast.map_err(external)?))
}

/// A conversion as DataFusion sees it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Cast {
    name: String,
    target: HiveType,
    session: Session,
    signature: Signature,
}

impl ScalarUDFImpl for Cast {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.target.to_arrow())
    }

    fn return_field_from_args(
        &self,
        args: datafusion_expr::ReturnFieldArgs<'_>,
    ) -> Result<FieldRef> {
        let [from] = args.arg_fields else { return plan_err!("a cast has one argument") };
        let from = HiveType::from_arrow(from.data_type()).map_err(external)?;
        if !can_cast(&from, &self.target) {
            return plan_err!("no conversion from {from} to {}", self.target);
        }
        Ok(Arc::new(Field::new(self.name(), self.target.to_arrow(), true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match args.args.as_slice() {
            [ColumnarValue::Array(array)] => {
                Ok(ColumnarValue::Array(cast_array(array, &self.target, self.session)?))
            }
            [ColumnarValue::Scalar(value)] => {
                let array = cast_array(&value.to_array()?, &self.target, self.session)?;
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
            }
            _ => internal_err!("a cast has one argument"),
        }
    }
}
