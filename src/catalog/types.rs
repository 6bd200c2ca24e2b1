//! Types as written in a script to Hive's types. Pure.

use dialect::ast::{DataType, TypeKind};
use formats::types::{HiveType, StructField};

/// Gives the Hive type of a type as written; Flink's spellings are taken as Hive's.
///
/// # Errors
/// The reason why no table can have such a column, in words.
pub fn hive_type(written: &DataType) -> Result<HiveType, String> {
    Ok(match &written.kind {
        TypeKind::TinyInt => HiveType::TinyInt,
        TypeKind::SmallInt => HiveType::SmallInt,
        TypeKind::Int => HiveType::Int,
        TypeKind::BigInt => HiveType::BigInt,
        TypeKind::Boolean => HiveType::Boolean,
        TypeKind::Float => HiveType::Float,
        TypeKind::Double => HiveType::Double,
        TypeKind::Decimal { precision, scale } => decimal(*precision, *scale)?,
        TypeKind::String => HiveType::String,
        TypeKind::Varchar(length) => HiveType::Varchar(*length),
        TypeKind::Char(length) => HiveType::Char(*length),
        TypeKind::Binary => HiveType::Binary,
        TypeKind::Date => HiveType::Date,
        TypeKind::Timestamp { .. } => HiveType::Timestamp,
        TypeKind::TimestampLocalTz { .. } => HiveType::TimestampLocalTz,
        TypeKind::Datetime => return Err("DATETIME is not supported by Hive: use TIMESTAMP".into()),
        TypeKind::Time { .. } => return Err("TIME is not a type of Hive: use STRING".into()),
        TypeKind::Array(element) => HiveType::Array(Box::new(hive_type(element)?)),
        TypeKind::Map(key, value) => {
            HiveType::Map(Box::new(hive_type(key)?), Box::new(hive_type(value)?))
        }
        TypeKind::Struct(fields) => HiveType::Struct(
            fields
                .iter()
                .map(|f| {
                    let name = f.name.value.to_lowercase();
                    Ok(StructField { name, ty: hive_type(&f.data_type)? })
                })
                .collect::<Result<_, String>>()?,
        ),
        TypeKind::Union(types) => {
            HiveType::Union(types.iter().map(hive_type).collect::<Result<_, _>>()?)
        }
    })
}

/// Source: Hive `HiveDecimal`: `DECIMAL` is `DECIMAL(10,0)`, at most 38 digits.
fn decimal(precision: Option<u32>, scale: Option<u32>) -> Result<HiveType, String> {
    let (precision, scale) = (precision.unwrap_or(10), scale.unwrap_or(0));
    if precision == 0 || precision > 38 || scale > precision {
        return Err(format!(
            "DECIMAL({precision},{scale}) is not possible: precision is 1 to 38, scale at most the precision"
        ));
    }
    let small = |n: u32| u8::try_from(n).unwrap_or(u8::MAX);
    Ok(HiveType::Decimal { precision: small(precision), scale: small(scale) })
}
