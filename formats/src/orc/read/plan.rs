//! Which columns of a file are read, and as what.
//!
//! Source: ORC `SchemaEvolution`: fields of structs are found by name without regard to case; by
//! position if asked for, or if the file's columns have no names but `_col0`, `_col1` and so on.

use arrow::datatypes::{DataType, Field, Fields, TimeUnit, UnionFields, UnionMode};

use super::convert::Conversion;
use super::leaf::TimestampUnit;
use crate::orc::meta::{Kind, Type};
use crate::orc::schema::hive_type;
use crate::types::{HiveType, StructField};
use crate::{FormatError, Result};

/// Says how one column is read.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Its number in the file; nothing if the file does not have it.
    pub(super) column: Option<usize>,
    pub(super) step: Step,
    pub(super) children: Vec<Plan>,
    /// The type of the arrays before the conversion.
    pub(super) arrow: DataType,
    pub(super) convert: Option<Conversion>,
}

/// Names how a column is decoded.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Leaf(Type),
    Struct,
    List,
    Map,
    Union,
}

impl Plan {
    /// Returns the type of the arrays.
    pub(super) fn output(&self) -> &DataType {
        self.convert.as_ref().map_or(&self.arrow, Conversion::output)
    }

    /// Collects the numbers of all columns that are read.
    pub(super) fn columns(&self, all: &mut Vec<usize>) {
        all.extend(self.column);
        self.children.iter().for_each(|child| child.columns(all));
    }
}

/// Says how columns are found and shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    pub(super) types: &'a [Type],
    /// Whether columns (not fields below them) are found by their positions.
    pub(super) positional: bool,
    pub(super) unit: TimestampUnit,
}

/// Returns the Arrow type of a Hive type, with timestamps in a unit.
pub(super) fn arrow_type(ty: &HiveType, unit: TimestampUnit) -> DataType {
    in_unit(&ty.to_arrow(), unit)
}

fn in_unit(ty: &DataType, unit: TimestampUnit) -> DataType {
    if unit == TimestampUnit::Microsecond {
        return ty.clone();
    }
    let field = |f: &Field| f.clone().with_data_type(in_unit(f.data_type(), unit));
    match ty {
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Nanosecond, zone.clone()),
        DataType::List(f) => DataType::List(field(f).into()),
        DataType::Map(f, sorted) => DataType::Map(field(f).into(), *sorted),
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|f| field(f)).collect::<Fields>())
        }
        DataType::Union(fields, _) => {
            let fields = fields.iter().map(|(tag, f)| (tag, field(f).into()));
            DataType::Union(fields.collect::<UnionFields>(), UnionMode::Dense)
        }
        _ => ty.clone(),
    }
}

/// Plans the columns `want` of a file, or all that it has.
///
/// # Errors
/// [`ErrorKind::Schema`](crate::ErrorKind::Schema) if a column cannot become what is wanted.
pub(super) fn plan(rules: Rules<'_>, want: Option<&[StructField]>) -> Result<Plan> {
    let all;
    let want = match want {
        Some(want) => want,
        None => {
            let HiveType::Struct(fields) = hive_type(rules.types, 0)? else {
                return Err(FormatError::internal("an orc file whose rows are not structs"));
            };
            all = fields;
            &all
        }
    };
    let root = &rules.types[0];
    let has = |f: &StructField| root.names.iter().any(|n| n.eq_ignore_ascii_case(&f.name));
    let unnamed = unnamed(root) && !want.iter().all(has);
    structs(rules, 0, want, rules.positional || unnamed)
}

/// Tells whether the columns have no names of their own.
fn unnamed(root: &Type) -> bool {
    let numbered = |(i, name): (usize, &String)| *name == format!("_col{i}");
    !root.names.is_empty() && root.names.iter().enumerate().all(numbered)
}

fn missing(ty: &HiveType, unit: TimestampUnit) -> Plan {
    let arrow = arrow_type(ty, unit);
    Plan { column: None, step: Step::Struct, children: Vec::new(), arrow, convert: None }
}

fn structs(
    rules: Rules<'_>,
    column: usize,
    want: &[StructField],
    positional: bool,
) -> Result<Plan> {
    let ty = &rules.types[column];
    let named = |name: &str| ty.names.iter().position(|n| n.eq_ignore_ascii_case(name));
    let mut children = Vec::with_capacity(want.len());
    for (position, field) in want.iter().enumerate() {
        let place = if positional { Some(position) } else { named(&field.name) };
        let child = place.and_then(|n| ty.children.get(n));
        children.push(match child {
            None => missing(&field.ty, rules.unit),
            Some(child) => {
                one(rules, *child, &field.ty).map_err(|e| e.with("field", &field.name))?
            }
        });
    }
    let fields = want.iter().zip(&children);
    let fields = fields.map(|(f, plan)| Field::new(&f.name, plan.output().clone(), true));
    let arrow = DataType::Struct(fields.collect());
    Ok(Plan { column: Some(column), step: Step::Struct, children, arrow, convert: None })
}

fn one(rules: Rules<'_>, column: usize, want: &HiveType) -> Result<Plan> {
    let ty = &rules.types[column];
    let plain =
        |step, children, arrow| Plan { column: Some(column), step, children, arrow, convert: None };
    Ok(match (ty.kind, want) {
        (Kind::Struct, HiveType::Struct(fields)) => structs(rules, column, fields, false)?,
        (Kind::List, HiveType::Array(element)) => {
            let child = one(rules, ty.children[0], element)?;
            let item = Field::new("item", child.output().clone(), true);
            plain(Step::List, vec![child], DataType::List(item.into()))
        }
        (Kind::Map, HiveType::Map(key, value)) => {
            let key = one(rules, ty.children[0], key)?;
            let value = one(rules, ty.children[1], value)?;
            let entries = DataType::Struct(Fields::from(vec![
                Field::new("key", key.output().clone(), false),
                Field::new("value", value.output().clone(), true),
            ]));
            let entries = Field::new("entries", entries, false);
            plain(Step::Map, vec![key, value], DataType::Map(entries.into(), false))
        }
        (Kind::Union, HiveType::Union(parts)) if parts.len() == ty.children.len() => {
            let children = ty.children.iter().zip(parts).map(|(c, part)| one(rules, *c, part));
            let children = children.collect::<Result<Vec<_>>>()?;
            let fields = children.iter().enumerate().map(|(tag, child)| {
                let field = Field::new(tag.to_string(), child.output().clone(), true);
                (tag as i8, field.into())
            });
            let arrow = DataType::Union(fields.collect(), UnionMode::Dense);
            plain(Step::Union, children, arrow)
        }
        (Kind::Struct | Kind::List | Kind::Map | Kind::Union, _) => {
            return Err(FormatError::schema("an orc column cannot be read as the table's type")
                .with("type", hive_type(rules.types, column)?)
                .with("wanted", want));
        }
        _ => {
            let have = hive_type(rules.types, column)?;
            let mut plan = plain(Step::Leaf(ty.clone()), Vec::new(), arrow_type(&have, rules.unit));
            plan.convert = Conversion::new(&have, want, rules.unit)?;
            plan
        }
    })
}
