//! ORC's flattened tree of types beside Hive's types.

use super::meta::{Kind, Type};
use crate::types::{HiveType, MAX_TYPE_DEPTH, StructField};
use crate::{FormatError, Result};

/// Appends a type and its parts in preorder, as ORC numbers columns; returns its number.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) for types that ORC does not have.
pub(super) fn flatten(ty: &HiveType, types: &mut Vec<Type>) -> Result<usize> {
    let id = types.len();
    types.push(Type::new(Kind::Struct));
    let mut flat = Type::new(Kind::Struct);
    let mut children = Vec::new();
    flat.kind = match ty {
        HiveType::Boolean => Kind::Boolean,
        HiveType::TinyInt => Kind::Byte,
        HiveType::SmallInt => Kind::Short,
        HiveType::Int => Kind::Int,
        HiveType::BigInt => Kind::Long,
        HiveType::Float => Kind::Float,
        HiveType::Double => Kind::Double,
        HiveType::Decimal { precision, scale } => {
            (flat.precision, flat.scale) = (u32::from(*precision), u32::from(*scale));
            Kind::Decimal
        }
        HiveType::String => Kind::String,
        HiveType::Varchar(length) => {
            flat.length = *length;
            Kind::Varchar
        }
        HiveType::Char(length) => {
            flat.length = *length;
            Kind::Char
        }
        HiveType::Binary => Kind::Binary,
        HiveType::Date => Kind::Date,
        HiveType::Timestamp => Kind::Timestamp,
        HiveType::TimestampLocalTz => Kind::TimestampInstant,
        HiveType::Array(element) => {
            children.push(&**element);
            Kind::List
        }
        HiveType::Map(key, value) => {
            children.extend([&**key, &**value]);
            Kind::Map
        }
        HiveType::Struct(fields) => {
            flat.names = fields.iter().map(|f| f.name.clone()).collect();
            children.extend(fields.iter().map(|f| &f.ty));
            Kind::Struct
        }
        HiveType::Union(parts) => {
            children.extend(parts);
            Kind::Union
        }
        HiveType::Void | HiveType::IntervalYearMonth | HiveType::IntervalDayTime => {
            return Err(FormatError::unsupported("orc cannot store this type").with("type", ty));
        }
    };
    for child in children {
        flat.children.push(flatten(child, types)?);
    }
    types[id] = flat;
    Ok(id)
}

/// Returns the Hive type of a column of a file.
///
/// # Errors
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if the tree of types is broken.
pub(super) fn hive_type(types: &[Type], column: usize) -> Result<HiveType> {
    let ty = &types[column];
    let child = |n: usize| hive_type(types, ty.children[n]).map(Box::new);
    Ok(match ty.kind {
        Kind::Boolean => HiveType::Boolean,
        Kind::Byte => HiveType::TinyInt,
        Kind::Short => HiveType::SmallInt,
        Kind::Int => HiveType::Int,
        Kind::Long => HiveType::BigInt,
        Kind::Float => HiveType::Float,
        Kind::Double => HiveType::Double,
        Kind::String => HiveType::String,
        Kind::Varchar => HiveType::Varchar(ty.length),
        Kind::Char => HiveType::Char(ty.length),
        Kind::Binary => HiveType::Binary,
        Kind::Date => HiveType::Date,
        Kind::Timestamp => HiveType::Timestamp,
        Kind::TimestampInstant => HiveType::TimestampLocalTz,
        Kind::Decimal => HiveType::Decimal { precision: ty.precision as u8, scale: ty.scale as u8 },
        Kind::List => HiveType::Array(child(0)?),
        Kind::Map => HiveType::Map(child(0)?, child(1)?),
        Kind::Struct => {
            let fields = ty.names.iter().zip(&ty.children).map(|(name, child)| {
                Ok(StructField { name: name.clone(), ty: hive_type(types, *child)? })
            });
            HiveType::Struct(fields.collect::<Result<_>>()?)
        }
        Kind::Union => {
            let parts = ty.children.iter().map(|child| hive_type(types, *child));
            HiveType::Union(parts.collect::<Result<_>>()?)
        }
    })
}

/// Checks a footer's tree of types, so that it can be walked without further checks: children come
/// after their parents, each once; a struct's fields have names.
///
/// A decimal without precision is one of Hive 0.11 and becomes `decimal(38,18)`.
pub(super) fn check(types: &mut [Type]) -> Result<()> {
    let broken = |what: &str| FormatError::data(format!("orc footer is broken: {what}"));
    match types.first() {
        Some(root) if root.kind == Kind::Struct => {}
        Some(_) => return Err(FormatError::unsupported("orc file whose rows are not structs")),
        None => return Err(broken("it has no types")),
    }
    let mut depths = vec![None; types.len()];
    depths[0] = Some(0);
    for id in 0..types.len() {
        let depth = depths[id].ok_or_else(|| broken("a type belongs to no other"))?;
        if depth > MAX_TYPE_DEPTH {
            return Err(broken("types are nested too deep"));
        }
        let ty = &mut types[id];
        let wanted = match ty.kind {
            Kind::List => Some(1),
            Kind::Map => Some(2),
            Kind::Struct => Some(ty.names.len()),
            Kind::Union if ty.children.len() <= 127 && !ty.children.is_empty() => None,
            _ => Some(0),
        };
        if wanted.is_some_and(|n| n != ty.children.len()) {
            return Err(broken("a type has a wrong number of parts"));
        }
        if ty.kind == Kind::Decimal {
            if ty.precision == 0 {
                (ty.precision, ty.scale) = (38, 18);
            }
            if ty.precision > 38 || ty.scale > ty.precision {
                return Err(broken("a decimal has too many digits"));
            }
        }
        for child in ty.children.clone() {
            let slot = depths.get_mut(child).filter(|_| child > id);
            let slot = slot.ok_or_else(|| broken("a type's part does not exist"))?;
            if slot.replace(depth + 1).is_some() {
                return Err(broken("a type is part of two others"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flattens_and_rebuilds() {
        let ty: HiveType = "struct<a:array<map<string,decimal(5,2)>>,b:uniontype<int,char(3)>,\
                            c:struct<d:date,e:timestamp with local time zone>,f:varchar(9)>"
            .parse()
            .unwrap();
        let mut types = Vec::new();
        flatten(&ty, &mut types).unwrap();
        assert_eq!(types[0].children, [1, 5, 8, 11]);
        check(&mut types).unwrap();
        assert_eq!(hive_type(&types, 0).unwrap(), ty);
    }

    #[test]
    fn broken_trees_are_refused() {
        let node = |kind, children: &[usize]| Type {
            children: children.to_vec(),
            names: vec!["x".to_owned(); children.len()],
            ..Type::new(kind)
        };
        for mut types in [
            vec![],
            vec![node(Kind::Int, &[])],
            vec![node(Kind::Struct, &[1])],
            vec![node(Kind::Struct, &[0])],
            vec![node(Kind::Struct, &[1, 1]), node(Kind::Int, &[])],
            vec![node(Kind::Struct, &[1]), node(Kind::List, &[])],
            vec![node(Kind::Struct, &[]), node(Kind::Int, &[])],
        ] {
            assert!(check(&mut types).is_err(), "{types:?}");
        }
    }
}
